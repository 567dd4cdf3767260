//! Every way in which a value or a program is printed, with data a million levels deep, on a native stack of 256 KiB.
//!
//! Whatever a printer says of it, it ends by itself, and in bounded memory. What exactly comes of the usual ones stands in
//! `tests/hostile/deep.txt`.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use xtask::binary::environment;
use xtask::process::Call;
use xtask::scratch::Scratch;

/// Values that are deep.
const VALUES: [(&str, &str); 4] = [
    ("lists", "builtins.foldl' (a: _: [ a ]) [ ] (builtins.genList (x: x) 1000000)"),
    ("sets", "builtins.foldl' (a: _: { inherit a; }) { } (builtins.genList (x: x) 1000000)"),
    ("lazy lists", "let f = n: if n == 0 then [ ] else [ (f (n - 1)) ]; in f 1000000"),
    ("lazy sets", "let f = n: if n == 0 then { } else { a = f (n - 1); b = 1; }; in f 1000000"),
];

/// Calls that print the value in the file `PROGRAM`.
const PRINTERS: [&str; 13] = [
    "eval -f PROGRAM",
    "eval -f PROGRAM --strict",
    "eval -f PROGRAM --json",
    "eval -f PROGRAM --xml",
    "eval -f PROGRAM --raw",
    "eval -f PROGRAM --pretty",
    "nix-instantiate --eval PROGRAM",
    "nix-instantiate --eval --strict PROGRAM",
    "nix-instantiate --eval --json PROGRAM",
    "nix-instantiate --eval --strict --json PROGRAM",
    "nix-instantiate --eval --xml PROGRAM",
    "nix-instantiate --eval --strict --xml PROGRAM",
    "nix-instantiate PROGRAM",
];

/// What is typed in the REPL, `VALUE` being the value.
const TYPED: [&str; 5] = [
    "VALUE",
    ":p VALUE",
    ":t VALUE",
    "builtins.trace (VALUE) 1",
    "(builtins.deepSeq (VALUE) (VALUE)) + 1",
];

/// Other places where values get into texts.
const WRAPPED: [&str; 6] = [
    "builtins.trace (VALUE) 1",
    "let it = VALUE; in builtins.trace (builtins.deepSeq it it) 1",
    "let it = VALUE; in builtins.deepSeq it (it + 1)",
    "let it = VALUE; in builtins.deepSeq it (assert it == [ it ]; 1)",
    "let it = VALUE; in builtins.addErrorContext it (throw \"x\")",
    "{ ${VALUE} = 1; }",
];

/// Calls that print the program in the file `PROGRAM`.
const TEXT_PRINTERS: [&str; 6] = [
    "parse PROGRAM",
    "nix-instantiate --parse PROGRAM",
    "dump tokens PROGRAM",
    "dump ast PROGRAM",
    "dump bytecode PROGRAM",
    "check PROGRAM",
];

/// Programs that are deep: what stands before, in the middle, and behind.
const PROGRAMS: [(&str, &str, &str); 6] = [
    ("[", "1", "]"),
    ("{a=", "1", ";}"),
    ("(", "1", ")"),
    ("x: ", "x", ""),
    ("1+", "1", ""),
    ("if true then 1 else ", "1", ""),
];

const LIMITS: [&str; 8] = [
    "--option",
    "max-call-depth",
    "100000000",
    "--option",
    "max-heap",
    "256M",
    "--option",
    "max-steps",
];

/// Runs a call on a small stack and says how it ended if not by itself.
fn run(scratch: &Scratch, words: &[String], stdin: &str) -> Option<String> {
    // What is printed stays out of this process.
    let script = "ulimit -s 256; exec \"$@\" > out";
    let mut call = Call::new("sh", scratch.path())
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_frazil")])
        .args(words.to_vec())
        .args(LIMITS)
        .args(["30000000"]);
    call.env = environment(scratch.path());
    call.stdin = stdin.as_bytes().to_vec();
    let ran = call.run().expect("the program starts");
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let ended = matches!(ran.status, Some(0 | 1 | 120 | 121 | 122)) && !stderr.contains("panicked");
    let peak = ran.usage.peak >> 20;
    (!ended || peak > 256 / 5 * 6)
        .then(|| format!("{words:?}: {}, {peak} MiB: {stderr:.300}", ran.ending()))
}

#[test]
fn every_printer_bears_depth() {
    let scratch = Scratch::new("printers").expect("a folder of our own");
    let file = scratch.path().join("it.nix");
    let words = |call: &str| -> Vec<String> {
        let path = file.display().to_string();
        call.split(' ').map(|word| word.replace("PROGRAM", &path)).collect()
    };
    let mut wrong = Vec::new();
    for (before, middle, after) in PROGRAMS {
        const DEPTH: usize = 200_000;
        let text = [&*before.repeat(DEPTH), middle, &*after.repeat(DEPTH)].concat();
        std::fs::write(&file, text).expect("room on the disk");
        for printer in TEXT_PRINTERS {
            wrong.extend(run(&scratch, &words(printer), "").map(|why| format!("{before}: {why}")));
        }
    }
    for (name, value) in VALUES {
        std::fs::write(&file, value).expect("room on the disk");
        for printer in PRINTERS {
            wrong.extend(run(&scratch, &words(printer), "").map(|why| format!("{name}: {why}")));
        }
        for program in WRAPPED {
            std::fs::write(&file, program.replace("VALUE", value)).expect("room on the disk");
            let told = run(&scratch, &words("eval -f PROGRAM"), "");
            wrong.extend(told.map(|why| format!("{name}: {program}: {why}")));
        }
        for typed in TYPED {
            let line = typed.replace("VALUE", value) + "\n";
            let told = run(&scratch, &words("repl"), &line);
            wrong.extend(told.map(|why| format!("{name}: {typed}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
