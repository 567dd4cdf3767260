//! The REPL on scripted input: what it prints is what `nix repl` prints.
//!
//! In: `tests/repl/*.txt`, whole transcripts: lines after a prompt are typed, all others are expected. `/here` is the folder of
//! `tests/calls/tree`. What goes to standard error is not looked at, but for the lines `! text`, which must occur there in order.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use std::ffi::OsString;
use std::path::Path;
use xtask::binary::environment;
use xtask::process::Call;
use xtask::scratch::Scratch;

const PROMPTS: [&str; 2] = ["nix-repl> ", "        > "];

fn check(name: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = std::fs::read_to_string(tests.join("repl").join(name)).expect("the script is there");
    let mut typed = String::new();
    let (mut expected, mut complaints) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(complaint) = line.strip_prefix("! ") {
            complaints.push(complaint);
            continue;
        }
        if let Some(input) = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt)) {
            typed.push_str(input);
            typed.push('\n');
        }
        expected.push_str(line);
        expected.push('\n');
    }
    let scratch = Scratch::new("repl").expect("a folder of our own");
    let mut call =
        Call::new(env!("CARGO_BIN_EXE_frazil"), &tests.join("calls/tree")).args(["repl"]);
    call.env = environment(scratch.path());
    call.env.push(("TERM".into(), OsString::from("dumb")));
    call.stdin = typed.into_bytes();
    let ran = call.run().expect("the program starts");
    let here = tests.join("calls/tree").display().to_string();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&here, "/here");
    assert_eq!(shown(&ran.stdout).trim_end(), expected.trim_end(), "{}", shown(&ran.stderr));
    let stderr = shown(&ran.stderr);
    let mut rest = stderr.as_str();
    for complaint in complaints {
        let Some(at) = rest.find(complaint) else {
            panic!("'{complaint}' is not said (in this order):\n{stderr}")
        };
        rest = &rest[at + complaint.len()..];
    }
    assert!(ran.success());
}

#[test]
fn values_and_names() {
    check("values.txt");
}

#[test]
fn commands() {
    check("commands.txt");
}

#[test]
fn lines_that_go_on() {
    check("continued.txt");
}
