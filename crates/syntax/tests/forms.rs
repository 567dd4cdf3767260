//! What each form of the language becomes, seen through `show`, and what is said about texts that are none.
//!
//! The expected texts are what Nix 2.34 prints for the same input.

use frazil_base::{Interner, Origin, SourceMap};
use frazil_syntax::{ParseOptions, parse, show};

fn read(text: &str) -> String {
    read_with(text, true)
}

fn read_with(text: &str, pipe_operators: bool) -> String {
    let options = ParseOptions {
        base_dir: b"/base".to_vec(),
        home: Some(b"/root".to_vec()),
        pipe_operators,
        ..ParseOptions::default()
    };
    let mut symbols = Interner::new();
    let mut sources = SourceMap::new();
    let id = sources.add(Origin::String, text.as_bytes().into()).expect("room");
    let parsed = parse(text.as_bytes(), sources.base(id), &mut symbols, &options);
    let bytes = match parsed.errors.first() {
        None => show(&parsed.ast, parsed.root, &symbols),
        Some(error) => {
            let place = sources.locate(error.pos()).expect("a place");
            let mut message = error.text(&sources);
            message.extend_from_slice(format!(" @{}:{}", place.line, place.column).as_bytes());
            message
        }
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn all(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(read(text), *expected, "{text}");
    }
}

#[test]
fn operators() {
    all(&[
        ("a + b * c - d", "(__sub (a + (__mul b c)) d)"),
        ("a ++ b ++ c", "(a ++ (b ++ c))"),
        ("a // b // c", "(a // (b // c))"),
        ("a -> b -> c", "(a -> (b -> c))"),
        ("a || b && c == d", "(a || (b && (c == d)))"),
        ("!a == b", "((! a) == b)"),
        ("!a ? b", "(! ((a) ? b))"),
        ("-a ? b", "(((__sub 0 a)) ? b)"),
        ("1 ? a ? b", "((((1) ? a)) ? b)"),
        ("a + !b + c == d", "((a + (! (b + c))) == d)"),
        ("a <= b", "(! (__lessThan b a))"),
        ("a > b", "(__lessThan b a)"),
        ("a |> f b", "(f b a)"),
        ("f <| g <| a", "(f (g a))"),
        ("1 == 1 |> f", "(f (1 == 1))"),
        ("f -1", "(__sub f 1)"),
        ("(a - b) c", "(__sub a b c)"),
    ]);
}

#[test]
fn applications_and_selections() {
    all(&[
        ("(f x) y z", "(f x y z)"),
        ("f x.a.b or c.d y", "(f (x).a.b or ((c).d) y)"),
        ("f or [ x ]", "(f or [ (x) ])"),
        ("[ f x.y (f x) ]", "[ (f) ((x).y) ((f x)) ]"),
        ("x.or", "(x).or"),
        ("x.${\"a\"}.\"b c\".${k}", "(x).a.\"b c\".\"${k}\""),
        ("(x: x) 1", "((x: x) 1)"),
        ("{ }: 1", "({  }: 1)"),
        ("{ b, a ? 1, ... } @ z: a", "({ a ? 1, b, ... } @ z: a)"),
        ("z@{ ... }: z", "({ ... } @ z: z)"),
        ("{ a, }: a", "({ a }: a)"),
    ]);
}

#[test]
fn bindings_are_merged() {
    all(&[
        (
            "{ a.b = 1; a = rec { c = 2; }; a.${k} = 3; }",
            "{ a = { b = 1; c = 2; \"${k}\" = 3; }; }",
        ),
        ("{ a = (rec { b = 1; }); a.d = b; }", "{ a = rec { b = 1; d = b; }; }"),
        (
            "rec { b = 1; inherit a; inherit (x) d c; inherit (y) e; }",
            "rec { inherit a; inherit (x) c d; inherit (y) e; b = 1; }",
        ),
        (
            "{ z = { inherit (x) p; }; z = { inherit (y) q; inherit (w) r; }; }",
            "{ z = { inherit (x) p; inherit (y) q; inherit (w) r; }; }",
        ),
        ("let { body = 1; }", "(rec { body = 1; }).body"),
        (
            "let \"a\" = 1; in with a; assert b; if a then b else c",
            "(let a = 1; in (with a; assert b; (if a then b else c)))",
        ),
        ("{ \"if\" = 1; \"\" = 2; or = 3; }", "{ \"\" = 2; \"if\" = 1; or = 3; }"),
    ]);
}

#[test]
fn many_bindings_are_told_apart() {
    let mut text = String::from("{");
    for n in 0..200 {
        text.push_str(&format!("a.n{n} = {n};"));
    }
    text.push_str("a = { x = 1; n100 = 2; }; }");
    assert!(read(&text).starts_with("attribute 'a.n100' already defined"));
    let merged = text.replace("n100 = 2;", "n200 = 2;");
    assert!(read(&merged).contains("n200 = 2;"));
}

#[test]
fn strings() {
    all(&[
        ("\"\\n\\t\\q$${x}\\${ \r\n\"", "\"\\n\\tq$\\${x}\\${ \\n\""),
        ("\"a${x}b\"", "(\"a\" + x + \"b\")"),
        ("\"${x}\"", "(x)"),
        ("http://a.b/c", "\"http://a.b/c\""),
        ("''''", "\"\""),
        ("''\n  a\n    b\n  ''", "\"a\\n  b\\n\""),
        ("''\n  a\n\n    ${x}\n b''", "(\" a\\n\\n   \" + x + \"\\nb\")"),
        ("''\n\ta\n  b''", "\"\\ta\\n  b\""),
        ("''  a''", "\"a\""),
        ("'' ''\\n ''", "\"\\n\""),
        ("''a'$b$${x}$''", "(\"a\" + \"'\" + \"$b$\\${x}\" + \"$\")"),
        ("''${\"a\"}''", "\"a\""),
        ("''''$ ''' ''\\t''", "(\"$\" + \" \" + \"''\" + \" \" + \"\\t\")"),
    ]);
}

#[test]
fn paths() {
    all(&[
        ("./a/../b/.", "/base/b"),
        ("../../../a", "/a"),
        ("a/b", "/base/a/b"),
        ("~/a/../b", "/root/a/../b"),
        ("./a${x}/b", "(/base/a + x + \"/b\")"),
        ("./a/${x}//b", "(/base/a/ + x + \"/\" + \"/b\")"),
        ("/${x}", "(/ + x)"),
        ("<a/b> c", "(__findFile __nixPath \"a/b\" c)"),
        ("/a/", "path has a trailing slash @1:1"),
        ("/a/ b", "path has a trailing slash @1:4"),
        ("./a${x}/", "path has a trailing slash @1:8"),
    ]);
}

#[test]
fn numbers() {
    all(&[
        ("1.5.5", "(1.5 0.5)"),
        ("00.5", "(0 0.5)"),
        ("9223372036854775807", "9223372036854775807"),
        ("1.0e10", "1e+10"),
        ("9223372036854775808", "invalid integer '9223372036854775808' @1:1"),
        ("1.0e400", "invalid float '1.0e400' @1:1"),
        ("1.0e-400", "invalid float '1.0e-400' @1:1"),
    ]);
}

#[test]
fn syntax_errors() {
    all(&[
        ("", "syntax error, unexpected end of file @1:1"),
        ("1 )", "syntax error, unexpected ')', expecting end of file @1:3"),
        ("(1", "syntax error, unexpected end of file, expecting ')' @1:3"),
        ("{ a", "syntax error, unexpected end of file, expecting '.' or '=' @1:4"),
        ("{ a = 1 }", "syntax error, unexpected '}', expecting ';' @1:9"),
        ("{ 1", "syntax error, unexpected integer, expecting 'inherit' @1:3"),
        ("rec {", "syntax error, unexpected end of file, expecting 'inherit' or '}' @1:6"),
        ("let ;", "syntax error, unexpected ';', expecting 'in' or 'inherit' @1:5"),
        ("{ a, b", "syntax error, unexpected end of file, expecting '}' or ',' @1:7"),
        ("x@y: 1", "syntax error, unexpected identifier, expecting '{' @1:3"),
        ("{a}@b c", "syntax error, unexpected identifier, expecting ':' @1:7"),
        (
            "a.(b)",
            "syntax error, unexpected '(', expecting identifier or 'or' or '${' or '\"' @1:3",
        ),
        ("1 == 2 == 3", "syntax error, unexpected '==' @1:8"),
        ("a |> b <| c", "syntax error, unexpected '<|', expecting end of file @1:8"),
        ("(a <| b |> c)", "syntax error, unexpected '|>', expecting ')' @1:9"),
        ("1 + if a", "syntax error, unexpected 'if' @1:5"),
        ("[1 -1]", "syntax error, unexpected '-' @1:4"),
        ("\"a", "syntax error, unexpected end of file, expecting '\"' @1:3"),
        (
            "''a",
            "syntax error, unexpected end of file, expecting indented string or '${' or end of \
             an indented string @1:4",
        ),
        ("^", "syntax error, unexpected invalid token @1:1"),
        ("/* a", "syntax error, unexpected '/' @1:1"),
    ]);
}

#[test]
fn complaints_about_meaning() {
    all(&[
        ("{ a = 1;\n  a = 2; }", "attribute 'a' already defined at «string»:1:3 @2:3"),
        ("{ a.b.c=1; a.b={c=2;}; }", "attribute 'a.b.c' already defined at «string»:1:3 @1:17"),
        ("{ inherit (e) a; a.c = 1; }", "attribute 'a' already defined at «string»:1:15 @1:18"),
        ("{ x, x }: 1", "duplicate formal function argument 'x' @1:6"),
        ("x@{ x }: 1", "duplicate formal function argument 'x' @1:1"),
        ("let ${a + b} = 1; in 2", "dynamic attributes not allowed in let @1:1"),
        ("{ inherit ${k}; }", "dynamic attributes not allowed in inherit @1:11"),
        (
            "\"a\0b\"",
            "input string 'a␀b' cannot be represented as Nix string because it contains null \
             bytes @1:2",
        ),
    ]);
    assert_eq!(
        read_with("1 |> 2", false),
        "experimental Nix feature 'pipe-operators' is disabled; \
         add '--extra-experimental-features pipe-operators' to enable it @1:3"
    );
}

#[test]
fn a_warning_for_or_as_an_argument() {
    let mut symbols = Interner::new();
    let options = ParseOptions::default();
    let mut warnings = |text: &str| {
        let parsed = parse(text.as_bytes(), frazil_base::Pos(1), &mut symbols, &options);
        parsed.warnings.len()
    };
    assert_eq!(warnings("[ f or ]"), 1);
    assert_eq!(warnings("g f or"), 1);
    assert_eq!(warnings("f or x"), 0);
}
