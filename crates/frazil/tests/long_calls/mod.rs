//! Calls that are each one long piece of native work: a name, what is made beforehand as `it`, the call.
//!
//! `text N S` is `S` repeated as often as the next smaller power of two. Sizes are such that each takes a tenth of a second or more.

use std::sync::LazyLock;

/// A large program of many parts.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let part = |n| format!("  name{n} = {{ a = [ {n} \"text ${{f 1}}\" ]; b = x: x + {n}; }};\n");
    let set = |_| format!("rec {{ f = x: x;\n{}}}\n", (0..1000).map(part).collect::<String>());
    format!("[ {}]", (0..250).map(set).collect::<String>())
});
static LIST: LazyLock<String> = LazyLock::new(|| format!("[ {}]", "1 ".repeat(4_000_000)));
static LITERAL: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", "a".repeat(128 << 20)));
static LINES: LazyLock<String> =
    LazyLock::new(|| format!("''\n{}''", "  a line\n".repeat(8_000_000)));

/// The file at a path; they are made once, before anything is measured.
pub(crate) fn file(path: &[u8]) -> Vec<u8> {
    let text = match path {
        b"/program.nix" => &PROGRAM,
        b"/list.nix" => &LIST,
        b"/literal.nix" => &LITERAL,
        b"/lines.nix" => &LINES,
        _ => return vec![b'x'; 400_000_000],
    };
    text.as_bytes().to_vec()
}

const NUMBERS: &str = "builtins.genList (x: x) 4000000";
const TEXTS: &str = "map toString (builtins.genList (x: 0 - x) 1000000)";
const PAIRS: &str = "builtins.genList (x: { name = \"name${toString x}\"; value = x; }) 500000";
const SET: &str = "builtins.listToAttrs (builtins.genList (x: { name = \"name${toString x}\"; value = x; }) 500000)";
const TEXT: &str = "text 268435456 \"a\"";

pub(crate) const LONG: &[(&str, &str, &str)] = &[
    // Regular expressions.
    ("match", "text 262144 \"a\"", "builtins.match \"((((((a*)*)*)*)*)*)*b\" it"),
    ("match, groups", TEXT, "builtins.length (builtins.match \"(a*)\" it)"),
    ("split, no match", "text 16777216 \"a\"", "builtins.length (builtins.split \"(a*)*b\" it)"),
    ("split, many", "text 4194304 \"a,\"", "builtins.length (builtins.split \"(,)\" it)"),
    // Lists.
    ("++", NUMBERS, "builtins.length (it ++ it ++ it ++ it)"),
    (
        "concatLists",
        NUMBERS,
        "builtins.length (builtins.concatLists (builtins.genList (_: it) 10))",
    ),
    ("genList", "null", "builtins.length (builtins.genList (x: x) 10000000)"),
    ("map", NUMBERS, "builtins.length (map (x: x) it)"),
    ("filter", NUMBERS, "builtins.length (builtins.filter (x: x > 5) it)"),
    ("partition", NUMBERS, "builtins.length (builtins.partition (x: x > 5) it).right"),
    ("concatMap", NUMBERS, "builtins.length (builtins.concatMap (x: [ x x ]) it)"),
    ("groupBy", NUMBERS, "builtins.length (builtins.attrNames (builtins.groupBy (x: \"a\") it))"),
    ("elem", NUMBERS, "builtins.elem (-1) it"),
    (
        "sort",
        "builtins.genList (x: 0 - x) 4000000",
        "builtins.length (builtins.sort builtins.lessThan it)",
    ),
    ("sort of texts", TEXTS, "builtins.length (builtins.sort builtins.lessThan it)"),
    ("sort, called", NUMBERS, "builtins.length (builtins.sort (a: b: a < b) it)"),
    ("foldl'", NUMBERS, "builtins.foldl' (a: b: a + b) 0 it"),
    (
        "== of lists",
        "{ a = builtins.genList (x: x) 4000000; b = builtins.genList (x: x) 4000000; }",
        "it.a == it.b",
    ),
    (
        "< of lists",
        "{ a = builtins.genList (x: x) 4000000; b = builtins.genList (x: x) 4000000; }",
        "it.a < it.b",
    ),
    ("deepSeq", "builtins.genList (x: [ x ]) 4000000", "builtins.deepSeq it 1"),
    ("printing a list", NUMBERS, "it"),
    // Sets.
    ("listToAttrs", PAIRS, "builtins.length (builtins.attrNames (builtins.listToAttrs it))"),
    ("attrNames", SET, "builtins.length (builtins.attrNames it)"),
    ("attrValues", SET, "builtins.length (builtins.attrValues it)"),
    ("mapAttrs", SET, "builtins.length (builtins.attrNames (builtins.mapAttrs (n: v: v) it))"),
    (
        "removeAttrs",
        SET,
        "builtins.length (builtins.attrNames (removeAttrs it (builtins.attrNames it)))",
    ),
    (
        "removeAttrs, half",
        SET,
        "builtins.length (builtins.attrNames (removeAttrs it (builtins.genList (x: \"name${toString x}\") 250000)))",
    ),
    ("intersectAttrs", SET, "builtins.length (builtins.attrNames (builtins.intersectAttrs it it))"),
    (
        "// of sets",
        "{ a = builtins.listToAttrs (builtins.genList (x: { name = \"name${toString x}\"; value = x; }) 400000); b = builtins.listToAttrs (builtins.genList (x: { name = \"other${toString x}\"; value = x; }) 400000); }",
        "builtins.length (builtins.attrNames (it.a // it.b))",
    ),
    (
        "zipAttrsWith",
        SET,
        "builtins.length (builtins.attrNames (builtins.zipAttrsWith (n: v: v) [ it it ]))",
    ),
    ("catAttrs", PAIRS, "builtins.length (builtins.catAttrs \"name\" it)"),
    ("== of sets", SET, "it == builtins.mapAttrs (n: v: v) it"),
    (
        "genericClosure",
        "null",
        "builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: if x.key < 300000 then [ { key = x.key + 1; } ] else []; })",
    ),
    ("printing a set", SET, "it"),
    ("functionArgs", "1", "builtins.functionArgs ({ a, b ? 1 }: a)"),
    // Texts.
    ("+ of texts", TEXT, "builtins.stringLength (it + it)"),
    ("interpolation", TEXT, "builtins.stringLength \"${it}${it}\""),
    ("substring", TEXT, "builtins.stringLength (builtins.substring 1 250000000 it)"),
    (
        "concatStringsSep",
        TEXTS,
        "builtins.stringLength (builtins.concatStringsSep \", \" (it ++ it ++ it ++ it))",
    ),
    (
        "concatStringsSep, long",
        TEXT,
        "builtins.stringLength (builtins.concatStringsSep \", \" [ it it ])",
    ),
    (
        "concatMapStrings",
        NUMBERS,
        "builtins.stringLength (builtins.concatStringsSep \", \" (map toString it))",
    ),
    ("toString of a list", NUMBERS, "builtins.stringLength (toString it)"),
    (
        "replaceStrings",
        "text 33554432 \"ab\"",
        "builtins.stringLength (builtins.replaceStrings [ \"a\" \"b\" ] [ \"cd\" \"\" ] it)",
    ),
    (
        "replaceStrings, none",
        TEXT,
        "builtins.stringLength (builtins.replaceStrings [ \"b\" ] [ \"cd\" ] it)",
    ),
    (
        "== of texts",
        "{ a = text 268435456 \"a\"; b = text 268435456 \"aa\"; }",
        "builtins.substring 0 268435456 it.b == it.a",
    ),
    ("< of texts", "{ a = text 268435456 \"a\"; b = text 268435456 \"aa\"; }", "it.a < it.b"),
    ("splitVersion", "text 4194304 \"1.\"", "builtins.length (builtins.splitVersion it)"),
    ("compareVersions", "text 4194304 \"1.\"", "builtins.compareVersions it (it + \"1\")"),
    (
        "parseDrvName",
        "text 67108864 \"a-\"",
        "builtins.stringLength (builtins.parseDrvName it).name",
    ),
    ("hashString", TEXT, "builtins.hashString \"sha512\" it"),
    ("hashString md5", TEXT, "builtins.hashString \"md5\" it"),
    (
        "convertHash",
        "text 33554432 \"a\"",
        "(builtins.tryEval (builtins.convertHash { hash = \"sha256:\" + it; toHashFormat = \"sri\"; })).success or 1 == 1 || true",
    ),
    ("printing a text", TEXT, "it"),
    (
        "unsafeDiscardStringContext",
        TEXT,
        "builtins.stringLength (builtins.unsafeDiscardStringContext it)",
    ),
    ("baseNameOf", TEXT, "builtins.stringLength (baseNameOf it)"),
    ("dirOf", "text 268435456 \"a\" + \"/b\"", "builtins.stringLength (dirOf it)"),
    ("toPath", "\"/\" + text 67108864 \"a/\"", "builtins.stringLength (builtins.toPath it)"),
    ("a path", "text 67108864 \"a/\"", "builtins.stringLength (toString (/. + it))"),
    ("a long name", "text 67108864 \"a\"", "{ ${it} = 1; }.${it}"),
    // Data.
    (
        "fromJSON, list",
        "\"[\" + text 8388608 \"1,\" + \"1]\"",
        "builtins.length (builtins.fromJSON it)",
    ),
    (
        "fromJSON, text",
        "\"\\\"\" + text 134217728 \"a\" + \"\\\"\"",
        "builtins.stringLength (builtins.fromJSON it)",
    ),
    (
        "fromJSON, escapes",
        "\"\\\"\" + text 33554432 \"\\\\n\" + \"\\\"\"",
        "builtins.stringLength (builtins.fromJSON it)",
    ),
    (
        "fromJSON, set",
        "builtins.toJSON (builtins.listToAttrs (builtins.genList (x: { name = \"name${toString x}\"; value = x; }) 500000))",
        "builtins.length (builtins.attrNames (builtins.fromJSON it))",
    ),
    (
        "toJSON, list",
        "builtins.genList (x: x) 8000000",
        "builtins.stringLength (builtins.toJSON it)",
    ),
    ("toJSON, text", TEXT, "builtins.stringLength (builtins.toJSON it)"),
    ("toJSON, set", SET, "builtins.stringLength (builtins.toJSON it)"),
    ("toXML, list", NUMBERS, "builtins.stringLength (builtins.toXML it)"),
    ("toXML, text", TEXT, "builtins.stringLength (builtins.toXML it)"),
    (
        "fromTOML",
        "\"a = [\" + text 4194304 \"1,\" + \"]\"",
        "builtins.length (builtins.fromTOML it).a",
    ),
    (
        "fromTOML, keys",
        "builtins.concatStringsSep \"\\n\" (builtins.genList (x: \"name${toString x} = 1\") 500000)",
        "builtins.length (builtins.attrNames (builtins.fromTOML it))",
    ),
    (
        "fromTOML, text",
        "\"a = \\\"\" + text 67108864 \"b\" + \"\\\"\"",
        "builtins.stringLength (builtins.fromTOML it).a",
    ),
    (
        "fromTOML, lines",
        "\"a = '''\" + text 8388608 \"a line\\n\" + \"'''\"",
        "builtins.stringLength (builtins.fromTOML it).a",
    ),
    // Files.
    ("hashFile", "null", "builtins.hashFile \"sha512\" /large"),
    ("readFile", "null", "builtins.stringLength (builtins.readFile /large)"),
    ("readDir", "null", "builtins.length (builtins.attrNames (builtins.readDir /folder))"),
    ("import", "null", "builtins.length (import /program.nix)"),
    ("import, list", "null", "builtins.length (import /list.nix)"),
    ("import, text", "null", "builtins.stringLength (import /literal.nix)"),
    ("import, lines", "null", "builtins.stringLength (import /lines.nix)"),
    ("path of a file", "null", "builtins.stringLength \"${/large}\""),
    ("toFile", TEXT, "builtins.stringLength (builtins.toFile \"x\" it)"),
    (
        "derivation",
        TEXT,
        "(derivation { name = \"x\"; system = \"y\"; builder = \"z\"; inherit it; }).drvPath",
    ),
    (
        "derivation, list",
        NUMBERS,
        "(derivation { name = \"x\"; system = \"y\"; builder = \"z\"; inherit it; }).drvPath",
    ),
    // The heap.
    (
        "collecting large heaps",
        "builtins.genList (x: [ x [ x ] ]) 6000000",
        "builtins.foldl' (a: b: builtins.seq (builtins.genList (x: x) 50000) b) null (builtins.genList (x: x) 400)",
    ),
    ("a deep recursion", "null", "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 9000"),
    (
        "a chain of thunks",
        "null",
        "let go = n: acc: if n == 0 then acc else go (n - 1) (acc + 1); in builtins.foldl' (a: n: n) 0 (builtins.genList (n: n) 100)",
    ),
];
