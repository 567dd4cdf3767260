//! How values and errors look.
//!
//! In: expressions. Out: the bytes that `nix eval`, `nix repl` and `nix-instantiate` print for them.

use frazil::{Error, Evaluator, RenderOptions, Settings, ShowOptions, render};

fn shown(text: &str, options: ShowOptions) -> String {
    let mut evaluator = Evaluator::new(Settings::default());
    let value = evaluator.eval_text(text.as_bytes(), b"/").expect("evaluates");
    String::from_utf8(evaluator.vm.show(value, options).expect("shows")).expect("text")
}

fn failure(evaluator: &mut Evaluator, text: &str) -> Error {
    match evaluator.eval_text(text.as_bytes(), b"/") {
        Ok(_) => panic!("{text} evaluates"),
        Err(error) => error,
    }
}

fn rendered(text: &str, show_trace: bool) -> String {
    let mut evaluator = Evaluator::new(Settings::default());
    let error = failure(&mut evaluator, text);
    let options = RenderOptions { show_trace, ..RenderOptions::default() };
    String::from_utf8(render(&error, &evaluator.vm.sources, options, &mut |_| None)).expect("text")
}

const MIXED: &str = r#"{ a = 1; "if" = [ 1.5 "a\n${"\${b}"}" null true [ ] { } ]; f = x: x; m = map; p = builtins.add 1; }"#;

#[test]
fn instantiate_form() {
    assert_eq!(
        shown(MIXED, ShowOptions::STRICT),
        r#"{ a = 1; f = <LAMBDA>; "if" = [ 1.5 "a\n\${b}" null true [ ] { } ]; m = <PRIMOP>; p = <PRIMOP-APP>; }"#
    );
    assert_eq!(shown("{ a = throw \"x\"; }", ShowOptions::INSTANTIATE), "{ a = <CODE>; }");
}

#[test]
fn eval_form() {
    assert_eq!(
        shown(MIXED, ShowOptions::EVAL),
        r#"{ a = 1; f = «lambda f @ «string»:1:64»; "if" = [ 1.5 "a\n\${b}" null true [ ] { } ]; m = «primop map»; p = «partially applied primop add»; }"#
    );
    assert_eq!(
        shown("[ (throw \"x\\ny\") { a = 1 + \"\"; } ]", ShowOptions::EVAL),
        "[ «error: x\ny» { a = «error: cannot add a string to an integer»; } ]"
    );
    assert_eq!(
        shown("let x = { a = x; b = { }; c = { }; }; in x", ShowOptions::EVAL),
        "{ a = «repeated»; b = { }; c = «repeated»; }"
    );
    assert_eq!(shown("let x = [ x ]; in x", ShowOptions::EVAL), "[ [ «repeated» ] ]");
    let derivation = "{ type = \"derivation\"; drvPath = \"/nix/store/g76zcpqc540lrc8i6g7xy6ip0npn2hnp-a.drv\"; }";
    assert_eq!(
        shown(derivation, ShowOptions::EVAL),
        "«derivation /nix/store/g76zcpqc540lrc8i6g7xy6ip0npn2hnp-a.drv»"
    );
    assert_eq!(
        shown("{ type = \"derivation\"; drvPath = \"x\"; }", ShowOptions::EVAL),
        "«error: path 'x' is not in the Nix store»"
    );
}

#[test]
fn repl_form() {
    assert_eq!(
        shown("{ a = { }; b = [ 1 ]; c = 2; }", ShowOptions::REPL),
        "{\n  a = { ... };\n  b = [ ... ];\n  c = 2;\n}"
    );
    assert_eq!(
        shown("{ a.b.c = [ (1 + 1) ]; }", ShowOptions::REPL_PRINT),
        "{\n  a = {\n    b = {\n      c = [ 2 ];\n    };\n  };\n}"
    );
    assert_eq!(shown("\"a\\nb\"", ShowOptions::REPL_PRINT), "a\nb");
}

#[test]
fn depth_costs_no_native_stack() {
    let nest = "builtins.foldl' (a: _: [ a ]) [ ] (builtins.genList (x: x) 50000)";
    let text = shown(nest, ShowOptions::EVAL);
    assert_eq!(text.len(), 50_000 * 4 + 3);
}

#[test]
fn values_in_errors_are_bounded() {
    let text = rendered("(builtins.genList (x: x) 12) 1", false);
    let items = ["«thunk»"; 10].join(" ");
    assert!(text.starts_with(&format!(
        "error: attempt to call something which is not a function but a list: [ {items} «2 items elided» ]\n"
    )), "{text}");
}

#[test]
fn differences_have_a_path() {
    let text = rendered("assert { a = [ 1 { b = 2; } ]; } == { a = [ 1 { b = 3; } ]; }; 1", true);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('…') || line.starts_with("error"))
        .collect();
    assert_eq!(
        lines,
        [
            "error:",
            "… while evaluating the condition of the assertion '({ a = [ (1) ({ b = 2; }) ]; } == { a = [ (1) ({ b = 3; }) ]; })'",
            "… while comparing attribute 'a'",
            "… where left hand side is",
            "… where right hand side is",
            "… while comparing list element 1",
            "… while comparing attribute 'b'",
            "… where left hand side is",
            "… where right hand side is",
            "error: an integer with value '2' is not equal to an integer with value '3'",
        ]
    );
}

#[test]
fn calls_are_told_of_in_whole_traces() {
    let program = "let f = x: 1 + x; in f \"a\"";
    assert_eq!(
        rendered(program, false),
        "error: cannot add a string to an integer\n       at «string»:1:16:\n            1| let f = x: 1 + x; in f \"a\"\n             |                ^"
    );
    assert!(rendered(program, true).contains("… from call site\n         at «string»:1:22:"));
    assert!(rendered(program, true).contains("… while calling 'f'\n         at «string»:1:9:"));
}
