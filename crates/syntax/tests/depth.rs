//! Deeply nested texts are read, printed and dropped on a small stack.
//!
//! The depth is far beyond what any recursive parser could do on the stack given here.

use frazil_base::{Interner, Pos};
use frazil_syntax::{ParseOptions, parse, show, show_tree};

const DEPTH: usize = 10_000;
const STACK: usize = 128 * 1024;

fn nested(before: &str, middle: &str, after: &str) {
    let text = [before.repeat(DEPTH), middle.to_owned(), after.repeat(DEPTH)].concat();
    let name = format!("{before}{middle}{after}");
    let work = move || {
        let mut symbols = Interner::new();
        let options = ParseOptions { pipe_operators: true, ..ParseOptions::default() };
        let parsed = parse(text.as_bytes(), Pos(1), &mut symbols, &options);
        assert!(parsed.errors.is_empty(), "{name}: {:?}", parsed.errors);
        assert!(!show(&parsed.ast, parsed.root, &symbols).is_empty());
        assert!(!show_tree(&parsed.ast, parsed.root, Pos(1), &symbols).is_empty());
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no panic");
}

#[test]
fn brackets() {
    nested("(", "1", ")");
    nested("[", "1", "]");
    nested("{a=", "1", ";}");
    nested("rec{a=", "1", ";}");
    nested("let{a=", "1", ";}");
}

#[test]
fn operators() {
    nested("1+", "1", "");
    nested("a++", "a", "");
    nested("a//", "a", "");
    nested("a -> ", "a", "");
    nested("a <| ", "a", "");
    nested("", "a", " |> a");
    nested("", "a", " ? a");
    nested("-", "1", "");
    nested("!", "a", "");
    nested("(", "f", " x)");
    nested("f (", "x", ")");
    nested("", "f", " x");
    nested("", "f", ".x");
    nested("a.b or ", "c", "");
}

#[test]
fn keywords() {
    nested("x: ", "x", "");
    nested("{x?", "1", "}: x");
    nested("let a = ", "1", "; in a");
    nested("let a = 1; in ", "a", "");
    nested("with a; ", "a", "");
    nested("assert a; ", "a", "");
    nested("if a then b else ", "a", "");
    nested("if ", "a", " then b else c");
    nested("{ inherit (", "a", ") b; }");
}

#[test]
fn interpolations() {
    nested("\"${", "a", "}\"");
    nested("''${", "a", "}''");
    nested("./a${", "a", "}");
    nested("a.${", "a", "}");
    nested("{ ${", "a", "} = 1; }");
    nested("{ \"a${", "a", "}\" = 1; }");
}

#[test]
fn merged_sets() {
    let path = "a.".repeat(DEPTH);
    nested("", &format!("{{ {path}b = 1; {path}c = 2; }}"), "");
}

#[test]
fn names_that_look_like_paths() {
    nested("a.", "b", "");
    nested("a+", "b", "");
}
