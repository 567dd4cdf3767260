//! Every builtin of the table, with data and texts nested very deeply in every argument, on a small native stack.
//!
//! Whatever comes of a call, the process lives on and the evaluator can be used afterwards. A builtin that is added is tried without
//! being named here.

use frazil::{ErrorKind, Evaluator, Options, Settings};
use frazil_hosts::MemoryHost;

/// Levels: no recursion of the native stack gets so far on a stack of this size.
const DEPTH: usize = 20_000;
const STACK: usize = 256 << 10;

/// What is deep, as attributes of `/deep.nix`.
const DEEP: &str = r#"
let
  numbers = builtins.genList (x: x) DEPTH;
  fold = step: start: builtins.foldl' step start numbers;
  text = s: builtins.concatStringsSep "" (map (_: s) numbers);
in {
  lists = fold (a: _: [ a ]) [ ];
  sets = fold (a: _: { inherit a; }) { };
  named = fold (a: _: { name = "x"; value = a; key = a; path = a; system = "x"; builder = "x"; }) "x";
  outPaths = fold (a: _: { outPath = a; }) "x";
  toStrings = fold (a: _: { __toString = _: a; }) "x";
  functors = fold (f: _: { __functor = _: f; }) (x: x);
  functions = fold (f: _: x: f x) (x: x);
  brackets = text "[";
  parentheses = text "(";
  objects = text "{\"a\":";
  tables = "a = " + text "{ a = ";
  folders = "/" + text "a/";
  dots = "/" + text "../";
  versions = text "1.";
  derivations = "/nix/store/" + text "a^";
  query = "github:a/b?" + text "a=b&";
}
"#;

/// What is deep and not computed yet: computed anew for each call.
const LAZY: [&str; 4] = [
    "(let f = n: if n == 0 then [ ] else [ (f (n - 1)) ]; in f DEPTH)",
    "(let f = n: if n == 0 then { } else { a = f (n - 1); }; in f DEPTH)",
    "(let f = n: if n == 0 then 0 else 1 + f (n - 1); in f DEPTH)",
    "(x: let f = n: if n == 0 then x else f (n - 1) + 0; in f DEPTH)",
];

/// What other arguments are, so that one of them lets the call go on.
const OTHERS: [&str; 6] =
    ["(x: x)", "(a: b: a)", "[ deep.lists ]", "{ a = deep.sets; }", "\"a\"", "1"];

/// What makes further builtins exist, or do more.
const FEATURES: [&str; 7] = [
    "flakes",
    "fetch-tree",
    "fetch-closure",
    "ca-derivations",
    "dynamic-derivations",
    "impure-derivations",
    "parse-toml-timestamps",
];

fn evaluator() -> Evaluator {
    let settings = Settings {
        max_call_depth: 100_000_000,
        max_heap: Some(256 << 20),
        max_steps: Some(1_000_000),
        features: FEATURES.map(String::from).to_vec(),
        ..Settings::default()
    };
    let text = DEEP.replace("DEPTH", &DEPTH.to_string());
    let mut host = MemoryHost::new();
    host.write(b"/deep.nix", text.into_bytes());
    Evaluator::with_host(settings, Box::new(host), Options::default())
}

/// All calls of a builtin that have something deep in one argument.
fn calls(name: &str, arity: usize, deep: &[String]) -> Vec<String> {
    let mut calls = Vec::new();
    for place in 0..arity {
        for value in deep {
            let ways = OTHERS.len().pow(arity as u32 - 1);
            for mut way in 0..ways {
                let mut call = format!("builtins.{name}");
                for argument in 0..arity {
                    call.push(' ');
                    if argument == place {
                        call.push_str(value);
                    } else {
                        call.push_str(OTHERS[way % OTHERS.len()]);
                        way /= OTHERS.len();
                    }
                }
                calls.push(call);
            }
        }
    }
    calls
}

fn try_all() {
    let names = DEEP.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(" = "));
    let names = names.map(|(name, _)| name).filter(|name| !name.contains(' '));
    let known = ["numbers", "fold", "text"];
    let mut deep: Vec<String> =
        names.filter(|name| !known.contains(name)).map(|name| format!("deep.{name}")).collect();
    assert_eq!(deep.len(), 16);
    deep.extend(["named", "lists", "outPaths"].map(|name| format!("[ deep.{name} ]")));
    deep.extend(LAZY.map(|text| text.replace("DEPTH", &DEPTH.to_string())));
    let rows = evaluator().vm.builtin_table().to_vec();
    assert!(rows.len() > 100);
    for row in rows {
        let mut evaluator = evaluator();
        for call in calls(row.name, usize::from(row.arity), &deep) {
            // What a call comes to may be a suspended one.
            let text = format!("let deep = import /deep.nix; in builtins.deepSeq ({call}) 1");
            if let Err(error) = evaluator.eval_text(text.as_bytes(), b"/") {
                assert!(!error.message().is_empty(), "{call}");
            }
        }
        let after = evaluator.eval_text(b"1 + 1", b"/").and_then(|value| evaluator.show(value));
        match after {
            Ok(two) => assert_eq!(two, b"2", "{}", row.name),
            Err(error) => assert_eq!(error.kind(), ErrorKind::HeapLimit, "{}", row.name),
        }
    }
}

#[test]
fn every_builtin_bears_depth() {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(try_all).expect("a thread");
    thread.join().expect("no panic");
}
