//! Hundreds of calls of `nix-instantiate`: the same standard output, exit status and final error as the reference.
//!
//! The calls stand in `tests/calls/*.txt` with the answers of Nix 2.34.8. Blocks are separated by empty lines:
//!
//! ```text
//! $ --eval -E '1 + 1'          words after nix-instantiate; '…' and "…" keep blanks
//! env NIX_PATH=a=/here/lib     a variable
//! stdin 1 + 1                  what is on standard input
//! exit 0
//! | 2                          a line of standard output; `\` alone: the last line has no end
//! ! error: no                  a line of the final error
//! known REASON                 this differs from the reference; it need not
//! ```
//!
//! Those of a file run in order in one folder with the files of `tests/calls/tree`, printed as `/here`. To record them anew:
//! `FRAZIL_REFERENCE=COMMAND cargo test --profile fast -p frazil-cli --test calls -- --ignored record`, where COMMAND takes
//! `nix-instantiate …` as its arguments.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use xtask::binary::environment;
use xtask::golden::final_error;
use xtask::process::{Call, words};
use xtask::scratch::{Scratch, copy_tree};

#[derive(Default)]
struct Block {
    line: String,
    env: Vec<String>,
    stdin: String,
    answer: String,
    known: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the calls are there").flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    files.sort();
    files
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("$ ") {
            blocks.push(Block { line: words.into(), ..Block::default() });
        }
        let Some(block) = blocks.last_mut() else { continue };
        if let Some(pair) = line.strip_prefix("env ") {
            block.env.push(pair.into());
        } else if let Some(text) = line.strip_prefix("stdin ") {
            block.stdin = format!("{text}\n");
        } else if let Some(reason) = line.strip_prefix("known ") {
            block.known = Some(reason.into());
        } else if line.starts_with("exit ")
            || line.starts_with('|')
            || line.starts_with('!')
            || line == "\\"
        {
            block.answer.push_str(line);
            block.answer.push('\n');
        }
    }
    blocks
}

/// What a program answers to a call, as it is written in the files.
fn answer(program: &str, block: &Block, scratch: &Scratch) -> String {
    let here = scratch.path().join("here");
    let real = |text: &str| text.replace("/here", &here.display().to_string());
    let mut call = Call::new(program, &here).args(["nix-instantiate"]);
    call = call.args(words(&block.line).iter().map(|word| real(word)));
    call.env = environment(scratch.path());
    for pair in &block.env {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        call.env.retain(|(known, _)| known != name);
        call.env.push((name.into(), OsString::from(real(value))));
    }
    call.stdin = block.stdin.clone().into_bytes();
    let ran = call.run().expect("the program starts");
    let shown =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&here.display().to_string(), "/here");
    let mut out = match ran.status {
        Some(status) => format!("exit {status}\n"),
        None => format!("exit ({})\n", ran.ending()),
    };
    let stdout = shown(&ran.stdout);
    for line in stdout.lines() {
        let _ = writeln!(out, "| {line}");
    }
    if !stdout.is_empty() && !stdout.ends_with('\n') {
        out.push_str("\\\n");
    }
    if !ran.success() {
        for line in final_error(&shown(&ran.stderr)).0.lines() {
            let _ = writeln!(out, "! {line}");
        }
    }
    out
}

fn laid_out() -> Scratch {
    let scratch = Scratch::new("calls").expect("a folder of our own");
    copy_tree(&folder().join("tree"), &scratch.path().join("here"));
    scratch
}

#[test]
fn answers_are_those_of_the_reference() {
    let (mut wrong, mut count) = (String::new(), 0);
    for file in files() {
        let scratch = laid_out();
        let text = std::fs::read_to_string(&file).expect("the calls are there");
        for block in blocks(&text) {
            count += 1;
            let ours = answer(env!("CARGO_BIN_EXE_frazil"), &block, &scratch);
            if ours.trim_end() != block.answer.trim_end() && block.known.is_none() {
                let file = file.file_name().unwrap_or_default().display();
                let _ = write!(
                    wrong,
                    "\n{file}: {}\n--- expected\n{}--- ours\n{ours}",
                    block.line, block.answer
                );
            }
        }
    }
    assert!(count >= 300, "only {count} calls were found");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
#[ignore = "needs a reference Nix: FRAZIL_REFERENCE=COMMAND cargo test --profile fast -p frazil-cli --test calls -- --ignored record"]
fn record() {
    let reference =
        std::env::var("FRAZIL_REFERENCE").expect("FRAZIL_REFERENCE names the reference");
    for file in files() {
        let scratch = laid_out();
        let text = std::fs::read_to_string(&file).expect("the calls are there");
        let mut out = String::new();
        for block in blocks(&text) {
            let _ = writeln!(out, "$ {}", block.line);
            for pair in &block.env {
                let _ = writeln!(out, "env {pair}");
            }
            if !block.stdin.is_empty() {
                let _ = writeln!(out, "stdin {}", block.stdin.trim_end());
            }
            out.push_str(answer(&reference, &block, &scratch).trim_end());
            if let Some(reason) = block.known {
                let _ = write!(out, "\nknown {reason}");
            }
            out.push_str("\n\n");
        }
        std::fs::write(&file, out.trim_end().to_string() + "\n").expect("the file can be written");
    }
}
