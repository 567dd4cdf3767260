//! The pages of `docs/`: every command of the tour is run, and prints what the page says.
//!
//! In: `docs/tour.md`, blocks marked `console`: `$ command` and what a terminal then shows; `…` stands for anything. They run in a
//! copy of `examples/`. Blocks marked `console nixpkgs` are run where `FRAZIL_NIXPKGS` names a checkout of nixpkgs.
//! `docs/check.md` is what `frazil check --explain all` prints; `FRAZIL_BLESS=1` writes it.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use std::path::{Path, PathBuf};
use xtask::binary::{environment, repository};
use xtask::process::Call;
use xtask::scratch::{Scratch, copy_tree};

struct Block {
    needs_nixpkgs: bool,
    command: String,
    shown: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    let mut needs_nixpkgs = false;
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            is_inside = !is_inside && kind.starts_with("console");
            needs_nixpkgs = kind.ends_with("nixpkgs");
        } else if !is_inside {
        } else if let Some(command) = line.strip_prefix("$ ") {
            blocks.push(Block { needs_nixpkgs, command: command.into(), shown: String::new() });
        } else if let Some(block) = blocks.last_mut() {
            block.shown.push_str(line);
            block.shown.push('\n');
        }
    }
    blocks
}

/// Whether a text is as written, where `…` is anything.
fn is_as_written(text: &str, written: &str) -> bool {
    let mut parts = written.trim_end().split('…');
    let Some(mut rest) = parts.next().and_then(|part| text.trim_end().strip_prefix(part)) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = if part.is_empty() { "" } else { &rest[at + part.len()..] };
    }
    rest.is_empty()
}

/// A folder in which the program is found under its name.
fn programs(scratch: &Scratch) -> PathBuf {
    let folder = scratch.path().join("bin");
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    let program = env!("CARGO_BIN_EXE_frazil");
    std::os::unix::fs::symlink(program, folder.join("frazil")).expect("a link of our own");
    folder
}

#[test]
fn the_tour_shows_what_happens() {
    let page = std::fs::read_to_string(repository().join("docs/tour.md")).expect("the page");
    let nixpkgs = std::env::var_os("FRAZIL_NIXPKGS");
    let scratch = Scratch::new("tour").expect("a folder of our own");
    let here = scratch.path().join("examples");
    copy_tree(&repository().join("examples"), &here);
    let programs = programs(&scratch);
    let blocks = blocks(&page);
    assert_eq!(blocks.len(), 10, "ten commands");
    for block in blocks {
        let mut env = environment(scratch.path());
        let path = std::env::var("PATH").unwrap_or_default();
        env.retain(|(name, _)| name != "PATH");
        env.push(("PATH".into(), format!("{}:{path}", programs.display()).into()));
        if block.needs_nixpkgs {
            let Some(nixpkgs) = &nixpkgs else {
                eprintln!("skipped, FRAZIL_NIXPKGS is not set: {}", block.command);
                continue;
            };
            env.retain(|(name, _)| name != "NIX_PATH");
            let entry = format!("nixpkgs={}", Path::new(nixpkgs).display());
            env.push(("NIX_PATH".into(), entry.into()));
        }
        let mut call = Call::new("/bin/sh", &here);
        call = call.args(["-c".to_string(), format!("{{ {}; }} 2>&1", block.command)]);
        call.env = env;
        let ran = call.run().expect("there is a shell");
        let text = String::from_utf8_lossy(&ran.stdout);
        assert!(
            is_as_written(&text, &block.shown),
            "$ {}\n{text}--- the page says\n{}",
            block.command,
            block.shown
        );
    }
}

#[test]
fn codes_have_their_pages() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_frazil"))
        .args(["check", "--explain", "all"])
        .output()
        .expect("the program starts");
    let printed = String::from_utf8(output.stdout).expect("text");
    let page = repository().join("docs/check.md");
    if std::env::var_os("FRAZIL_BLESS").is_some() {
        std::fs::write(&page, &printed).expect("the page can be written");
    }
    assert_eq!(std::fs::read_to_string(page).expect("the page"), printed);
    assert!(printed.matches("\n## ").count() >= 8);
}

#[test]
fn anything_may_stand_for_dots() {
    assert!(is_as_written("a-1-b", "a-…-b"));
    assert!(!is_as_written("a-1-c", "a-…-b"));
    assert!(is_as_written("a\n", "a"));
}
