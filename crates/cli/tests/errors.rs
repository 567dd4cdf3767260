//! What people see when something is wrong: standard error of our own commands, byte by byte.
//!
//! In: `tests/errors/calls.txt`, blocks of a call (`$ words after frazil`) and what it writes to standard error (`> line`), run
//! in a copy of `tests/errors/tree` with `lib` in the search path. `FRAZIL_BLESS=1` writes what is printed now into the file: read
//! the difference. Errors of `nix-instantiate` are those of Nix and stand in `tests/golden`.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use std::fmt::Write;
use std::path::Path;
use xtask::binary::environment;
use xtask::process::{Call, words};
use xtask::scratch::{Scratch, copy_tree};

fn answer(line: &str, scratch: &Scratch) -> String {
    let here = scratch.path().join("here");
    let mut call = Call::new(env!("CARGO_BIN_EXE_frazil"), &here).args(words(line));
    call.env = environment(scratch.path());
    call.env.retain(|(name, _)| name != "NIX_PATH");
    call.env.push(("NIX_PATH".into(), format!("lib={}/lib", here.display()).into()));
    let ran = call.run().expect("the program starts");
    let mut out = format!("$ {line}\nexit {}\n", ran.status.unwrap_or(-1));
    let stderr = String::from_utf8_lossy(&ran.stderr).replace(&here.display().to_string(), "/here");
    for line in stderr.lines() {
        let _ = writeln!(out, "> {}", line.replace('\x1b', "\\e"));
    }
    out
}

#[test]
fn errors_look_as_written_down() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let scratch = Scratch::new("errors").expect("a folder of our own");
    copy_tree(&tests.join("tree"), &scratch.path().join("here"));
    let file = tests.join("calls.txt");
    let expected = std::fs::read_to_string(&file).expect("the calls are there");
    let calls = expected.lines().filter_map(|line| line.strip_prefix("$ "));
    let blocks: Vec<String> = calls.map(|line| answer(line, &scratch)).collect();
    let now = blocks.join("\n");
    if std::env::var_os("FRAZIL_BLESS").is_some() {
        std::fs::write(&file, &now).expect("the file can be written");
        return;
    }
    for (expected, now) in expected.split("\n\n").zip(now.split("\n\n")) {
        assert_eq!(now.trim_end(), expected.trim_end());
    }
    assert_eq!(now.trim_end(), expected.trim_end());
}
