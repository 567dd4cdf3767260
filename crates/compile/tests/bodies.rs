//! Resolve and emit, over programs that are awkward in some way: every body of each must verify, and a few are looked at
//! instruction by instruction.

use frazil_base::{Interner, Pos, Symbol};
use frazil_bytecode::{Code, Constant, Kind, Op, disassemble, verify};
use frazil_compile::{Bench, CurPos, Environment, Unit};
use frazil_syntax::{ParseOptions, parse};

const GLOBALS: [&str; 12] = [
    "builtins",
    "import",
    "map",
    "throw",
    "toString",
    "true",
    "false",
    "null",
    "isNull",
    "abort",
    "__findFile",
    "__nixPath",
];

struct Compiled {
    unit: Unit,
    names: Interner,
}

fn compile_with(
    text: &str,
    scope: Option<&[&str]>,
    optimise: bool,
) -> Result<Compiled, Vec<String>> {
    let mut names = Interner::new();
    let options = ParseOptions {
        base_dir: b"/base".to_vec(),
        home: Some(b"/home".to_vec()),
        pipe_operators: true,
        ..ParseOptions::default()
    };
    let parsed = parse(text.as_bytes(), Pos(1), &mut names, &options);
    assert!(parsed.errors.is_empty(), "{text}: {:?}", parsed.errors);
    let scope: Option<Vec<Symbol>> =
        scope.map(|scope| scope.iter().map(|name| names.intern(name.as_bytes())).collect());
    let is_global =
        |name: Symbol| GLOBALS.iter().any(|global| global.as_bytes() == names.resolve(name));
    let environment = Environment {
        names: &names,
        is_global: &is_global,
        locate: &|pos| Some(CurPos { file: (*b"/f").into(), line: 1, column: pos.0 }),
        scope: scope.as_deref(),
        optimise,
    };
    match Unit::new(parsed.ast, parsed.root, &environment, &mut Bench::default()) {
        Ok(unit) => Ok(Compiled { unit, names }),
        Err(errors) => Err(errors
            .into_iter()
            .map(|error| String::from_utf8_lossy(&error.message).into_owned())
            .collect()),
    }
}

impl Compiled {
    fn emit(&self, body: u32) -> Code {
        let code = self.unit.tell(body, 0, &self.names).expect("fits");
        let (mut untold, mut bench) = (Code::default(), Bench::default());
        self.unit.emit(body, 0, &self.names, &mut bench, &mut untold).expect("fits");
        assert_eq!((&untold.ops, &untold.constants), (&code.ops, &code.constants));
        assert_eq!(untold.texts.len(), code.texts.len());
        assert!(untold.regions.is_empty());
        if let Err(wrong) = verify(&code, self.unit.capture_count(body)) {
            panic!("body {body}: {wrong}\n{}", self.show(&code));
        }
        for proto in &code.protos {
            assert_eq!(code.captures_of(proto).len(), self.unit.capture_count(proto.body.body));
        }
        code
    }

    fn show(&self, code: &Code) -> String {
        let name = |symbol| String::from_utf8_lossy(self.names.resolve(symbol)).into_owned();
        disassemble(code, &name, &|pos| pos.0.to_string())
    }

    fn emit_all(&self) {
        for body in 0..self.unit.body_count() {
            self.emit(body);
        }
    }
}

/// The names of the file's instructions.
fn toplevel(text: &str) -> Vec<&'static str> {
    let compiled = compile_with(text, None, true).expect("resolves");
    compiled.emit_all();
    compiled.emit(0).ops.iter().map(Op::name).collect()
}

const PROGRAMS: &[&str] = &[
    "1",
    "x: x",
    "a: b: c: { d, e ? d }: f: a b c d e f",
    "args@{ a, b ? a, c ? args, ... }: b",
    "{ }: 1",
    "x: x: x",
    "let a = b; b = 1; in a",
    "let a = a; in a",
    "let f = n: if n == 0 then 0 else f (n - 1); in f 5",
    "let in 3",
    "let { a = 1; body = a; }",
    "let { body = with { x = 1; }; x; }",
    "rec { a = b; b = c; c = [ a b ]; d = { inherit a; }; }",
    "rec { inherit (builtins) a b; c = a; }",
    "rec { inherit (x) y; x = { y = 1; }; }",
    "rec { inherit (f 1) y z; f = x: { y = z; }; }",
    "let x = 1; in rec { inherit x; y = x; }",
    "x: { inherit x; inherit (x) a b; inherit (x x) c; }",
    "rec { ${a + \"b\"} = 1; a = \"c\"; }",
    "{ ${null} = 1; \"a${\"b\"}\" = 2; }",
    "rec { __overrides = { a = 2; }; a = 1; b = a; c = { inherit a b; }; d = [ 1 ]; }",
    "rec { __overrides = f a; inherit (g 1) f; g = x: { f = y: b; }; a = 1; b = a; ${b} = a; }",
    "let { __overrides = { body = 2; }; body = 1; }",
    "with { a = 1; }; a",
    "x: with x; with x.y; a b (c: a c) { inherit a; } [ b ]",
    "with builtins; with import ./x; let b = a; in rec { c = with b; d; }",
    "let __sub = a: b: 1; __lessThan = a: b: true; in [ (1 - 2) (-3) (1 < 2) (1 <= 2) (1 > 2) (1 >= 2) ]",
    "let __mul = a: b: 1; __div = a: b: true; in 1 * 2 / 3",
    "let __sub = 1; in { a = __sub - 2; }",
    "<nixpkgs/lib>",
    "let __findFile = a: b: b; __nixPath = 3; in <x>",
    "[ <x> __curPos ]",
    "__curPos",
    "assert 1 == 2 -> true; 3",
    "x: assert x.y == [ 1 x ]; x",
    "a: b: c: if a && b || !c -> a then !(a && !b) else (a -> b) && c",
    "a: b: assert a && !b; assert !(a || b); if !a then b else if a || b then a else b",
    "a: a.b.c or a.${a}.d or (a.e or 1)",
    "a: a ? b.c.${a.d} && (a ? \"${a}\")",
    "a: a.b.${a.c}.d",
    "a: [ (a.b.c.d) (a ? b) (!a) (a + 1) (a == 2) (builtins.isAttrs a) (a.lib.isList a) (a.elemAt a 1) ]",
    "a: b: (a ++ b) ++ a.c ++ (b ++ [ 1 ]) ++ [ ]",
    "a: b: a // b // { c = 1; } // a.d",
    "a: \"x${a}y${toString 1}${\"z\"}\"",
    "a: ./b + ./c/${a}/d${a}",
    "a: ''\n  x ${a}\n    y\n''",
    "x: x |> map (y: y) |> toString",
    "f: f <| f <| 1",
    "f: f 1 2.5 \"s\" ./p [ ] { } [ 1 ] { a = 1; } (f 2) (x: f) null true https://a.b",
    "{ a.b.c = 1; a.d = 2; a.e.${\"f\" + \"g\"} = 3; }",
    "let a.b = 1; a.c = a; in a",
    "let x = if x then { y = 1; } else [ ]; in x.y or (let z = x; in z)",
    "a: (if a then (let b = a; in b) else with a; c) + (assert a; 1)",
    "let true = 1; null = 2; in [ true null false ]",
    "let a = { inherit b; }; b = [ a ]; c = { x = 1; }; d = [ c ]; in { inherit a b c d; }",
    "{ f = { a, b }@c: d: a; __functor = self: x: self; }",
];

#[test]
fn every_body_of_awkward_programs_verifies() {
    for text in PROGRAMS {
        for optimise in [true, false] {
            let compiled = compile_with(text, None, optimise)
                .unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
            compiled.emit_all();
        }
    }
}

#[test]
fn unbound_names_are_found_before_anything_runs() {
    let errors = compile_with("[ a (x: b) (with x; c) { d = x: y; } ]", None, true).err();
    let expected = ["a", "b", "x", "y"].map(|name| format!("undefined variable '{name}'"));
    assert_eq!(errors, Some(expected.to_vec()));
    assert!(compile_with("if false then nope else 1", None, true).is_err());
    assert!(compile_with("with 1; nope", None, true).is_ok());
    assert!(compile_with("rec { ${\"a\" + \"\"} = 1; b = a; }", None, true).is_err());
}

#[test]
fn a_scope_lies_within_the_globals() {
    let compiled = compile_with("[ a map (x: b) ]", Some(&["a", "map", "b"]), true);
    let compiled = compiled.expect("resolves");
    compiled.emit_all();
    let code = compiled.emit(0);
    assert!(!code.constants.iter().any(|constant| matches!(constant, Constant::Global(_))));
}

#[test]
fn thunks_are_made_only_where_something_would_run() {
    assert_eq!(
        toplevel("{ a = 1; b = [ ]; c = x: x; }"),
        ["Move", "Move", "MakeClosure", "MakeAttrs", "Return"]
    );
    let thunks = |text: &str, optimise| {
        let compiled = compile_with(text, None, optimise).expect("resolves");
        let code = compiled.emit(0);
        code.ops.iter().filter(|op| matches!(op, Op::MakeThunk { .. })).count()
    };
    let text = "[ 1 { a = 1; } [ 2 ] (x: x) { } [ ] ]";
    assert_eq!(thunks(text, true), 0);
    // Nix shows all but the number and the empty list as unevaluated.
    assert_eq!(thunks(text, false), 4);
}

#[test]
fn recursive_bindings_are_allocated_only_if_they_need_each_other() {
    let ops = toplevel("let a = x: b; b = x: a; c = x: d; d = toString 1; in c");
    assert_eq!(
        ops,
        [
            "MakeThunk",
            "MakeClosure",
            "AllocClosure",
            "AllocClosure",
            "FillCaptures",
            "FillCaptures",
            "Return"
        ]
    );
}

#[test]
fn other_names_for_variables_are_copies() {
    // In the order of the symbols, as Nix gives variables their values: `b` may be `a`, but not the other way round.
    assert_eq!(toplevel("let a = toString 1; b = a; in b"), ["MakeThunk", "Move", "Return"]);
    let ops = toplevel("let a = b; b = toString 1; in b");
    assert_eq!(ops, ["MakeThunk", "MakeThunk", "Return"]);
    let ops = toplevel("let a = x: b; b = a; in b");
    assert_eq!(ops, ["AllocClosure", "Move", "FillCaptures", "Return"]);
    let compiled = compile_with("{ a ? null, b ? a, c ? [ ], d ? e, e }: a", None, true);
    let compiled = compiled.expect("resolves");
    compiled.emit_all();
    let ops: Vec<&str> = compiled.emit(1).ops.iter().map(Op::name).collect();
    assert_eq!(
        ops,
        [
            "BindFormals",
            "TrySelect",
            "Move",
            "TrySelect",
            "Move",
            "TrySelect",
            "Move",
            "AllocDefault",
            "FillDefault",
            "Return"
        ]
    );
}

#[test]
fn curried_functions_are_one_body() {
    let compiled = compile_with("a: b: { c }: d: e: f: a", None, true).expect("resolves");
    let arities: Vec<u16> = (0..compiled.unit.body_count())
        .flat_map(|body| compiled.emit(body).protos)
        .filter_map(|proto| match proto.kind {
            Kind::Function(function) => Some(function.arity),
            Kind::Thunk => None,
        })
        .collect();
    assert_eq!(arities, [2, 1, 3]);
}

#[test]
fn conditions_become_jumps() {
    let compiled = compile_with("a: b: if a && !b then 1 else 2", None, true).expect("resolves");
    let code = compiled.emit(1);
    let ops: Vec<&str> = code.ops.iter().map(Op::name).collect();
    assert_eq!(ops, ["JumpIfFalse", "JumpIfTrue", "Return", "Return"]);
}

/// A program nested `depth` deep, from what stands before and behind the middle.
fn nested(before: &str, middle: &str, behind: &str, depth: usize) -> String {
    [&*before.repeat(depth), middle, &*behind.repeat(depth)].concat()
}

#[test]
fn depth_costs_no_native_stack() {
    const DEPTH: usize = 5_000;
    let programs = [
        nested("(1 + ", "2", ")", DEPTH),
        nested("1 + ", "2", "", DEPTH),
        nested("1 - (", "2", ")", DEPTH),
        nested("[ ] ++ ", "[ ]", "", DEPTH),
        nested("{ } // ", "{ }", "", DEPTH),
        nested("true && ", "true", "", DEPTH),
        nested("true -> ", "true", "", DEPTH),
        nested("(true || ", "true", ")", DEPTH),
        nested("!", "true", "", DEPTH),
        nested("-", "1", "", DEPTH),
        nested("[ ", "1", " ]", DEPTH),
        nested("{ a = ", "1", "; }", DEPTH),
        nested("{ a = ", "1", "; }.a", DEPTH),
        nested("{ a = ", "1", "; }.b or 3", DEPTH),
        nested("toString (", "1", ")", DEPTH),
        nested("(", "toString", " 1 2) ", DEPTH),
        nested("x: ", "x", "", DEPTH),
        nested("{ x ? 1 }: ", "x", "", DEPTH),
        nested("({ x ? ", "1", " }: x)", DEPTH),
        nested("let a = 1; in ", "a", "", DEPTH),
        nested("let a = ", "1", "; in a", DEPTH),
        nested("rec { a = b; b = ", "1", "; }", DEPTH),
        nested("if true then ", "1", " else 2", DEPTH),
        nested("if true then 1 else ", "2", "", DEPTH),
        nested("if (", "true", ") then true else false", DEPTH),
        nested("assert true; ", "1", "", DEPTH),
        nested("with { }; ", "1", "", DEPTH),
        nested("with (", "{ }", "); { }", DEPTH),
        nested("\"${", "\"\"", "}\"", DEPTH),
        nested("{ ${", "null", "} = 1; }", DEPTH),
        nested("({ } ? ${", "\"a\"", "})", DEPTH),
        nested("(x: x) |> (", "toString", ")", DEPTH),
    ];
    for text in programs {
        let run = move || {
            let compiled = compile_with(&text, None, true).expect("resolves");
            compiled.emit_all();
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1024);
        thread.spawn(run).expect("a thread").join().expect("no overflow");
    }
}

#[test]
fn wide_texts_fit() {
    let list = format!("[ {} ]", "1 2 ".repeat(50_000));
    let attrs: String = (0..40_000).map(|n| format!("a{n} = {n};")).collect();
    let set = format!("{{ {attrs} }}");
    let call = format!("x: x {}", "(x 1) ".repeat(1_000));
    let string = format!("x: \"{}\"", "a${x}".repeat(20_000));
    let sum = format!("x: [ (x {}) ]", "+ x.a".repeat(70_000));
    for text in [list, set, call, string, sum] {
        compile_with(&text, None, true).expect("resolves").emit_all();
    }
    // A recursive group needs a slot per variable: past the window there is an error, not a crash.
    let many: String = (0..70_000).map(|n| format!("a{n} = {n};")).collect();
    let formals: String = (0..70_000).map(|n| format!("a{n},")).collect();
    for (text, body) in [
        (format!("rec {{ {attrs} }}"), 0),
        (format!("rec {{ {many} }}"), 0),
        (format!("let {many} in 1"), 0),
        (format!("{{ {formals} ... }}: 1"), 1),
    ] {
        let compiled = compile_with(&text, None, true).expect("resolves");
        assert!(compiled.unit.tell(body, 0, &compiled.names).is_err());
    }
}
