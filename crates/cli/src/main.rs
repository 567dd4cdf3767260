//! The `frazil` command, and the programs it stands in for when called by their names.
//!
//! In: words, environment, files, standard input. Out: results on standard output, everything else on standard error, and the
//! exit status of the program it stands in for. Only this crate prints and exits.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "the command line is where arguments, environment and files come from"
)]

mod check;
mod config;
mod dump;
mod eval;
mod eval_flags;
mod failure;
mod flags;
mod gc_root;
mod help;
mod input;
mod instantiate;
mod json_log;
mod json_text;
mod manual;
mod output;
mod progress;
mod repl;
mod search_path;
mod settings;
mod stats;
mod store_choice;
mod tool_host;
mod value;
mod world;
mod write_to;

use failure::Failure;
use flags::{COMMANDS, Command, Id, Said};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: frazil_allocator::Small = frazil_allocator::Small;

/// The version of Nix whose answers are given.
const NIX_VERSION: &str = "2.34.8";

fn main() -> ExitCode {
    let mut words: Vec<Vec<u8>> = std::env::args_os().map(OsStringExt::into_vec).collect();
    let called = if words.is_empty() { Vec::new() } else { words.remove(0) };
    let called = called.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
    if called != b"nix-instantiate" {
        if words.is_empty() || matches!(words[0].as_slice(), b"help" | b"--help" | b"-h") {
            return ended("frazil", false, output::print(help::overview().as_bytes()));
        }
        if words[0] == b"--version" {
            let text = format!("frazil {} (Nix {NIX_VERSION})\n", env!("CARGO_PKG_VERSION"));
            return ended("frazil", false, output::print(text.as_bytes()));
        }
    }
    let name = if called == b"nix-instantiate" { called } else { words.remove(0) };
    match COMMANDS.iter().find(|command| command.name.as_bytes() == name) {
        Some(command) => {
            let shown =
                if command.old { command.name } else { &format!("frazil {}", command.name) };
            match flags::parse(command, words) {
                Ok(said) => {
                    let json = said.contains(&Said::Flag(Id::ErrorFormat, vec![b"json".to_vec()]));
                    ended(shown, json, run(command, said))
                }
                Err(text) => ended(shown, false, Err(Failure::Usage(text))),
            }
        }
        None => {
            let text = format!("'{}' is no command", String::from_utf8_lossy(&name));
            ended("frazil", false, Err(Failure::Usage(text)))
        }
    }
}

fn run(command: &Command, said: Vec<Said>) -> Result<(), Failure> {
    for said in &said {
        match said {
            Said::Flag(Id::Help, _) => return output::print(help::of(command).as_bytes()),
            Said::Flag(Id::Version, _) => {
                let text = format!("{} (Nix) {NIX_VERSION}\n", command.name);
                return output::print(text.as_bytes());
            }
            _ => {}
        }
    }
    match command.name {
        "nix-instantiate" => instantiate::run(said),
        "eval" => eval::run(said),
        "check" => check::run(said),
        "man" => manual::run_man(said),
        "completions" => manual::run_completions(said),
        "repl" => repl::run(said),
        "parse" => dump::run_parse(said),
        _ => dump::run(said),
    }
}

fn ended(command: &str, json: bool, result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.text(command, json));
            ExitCode::from(failure.status())
        }
    }
}
