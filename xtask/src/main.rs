//! `cargo xtask COMMAND`: the door to the project's tools. Dispatch only.
//!
//! Exit status: 0 all well, 1 something to complain about, 2 the tool could not do its work.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a command reads its arguments and ends with a status"
)]

use std::process::ExitCode;

use xtask::Outcome;
use xtask::options::Options;

const USAGE: &str = "\
cargo xtask COMMAND

  golden   [--bin B] [--regime default|gc-stress|no-opt|all] [--bless] [--from-reference COMMAND] [FILTER…]
           run the cases under tests/golden; --bless writes what our binary printed into the blocks
           named in the files, --from-reference writes what a reference Nix printed
  conform  --nix-src DIR [--bin B] [--show NAME] [--list]
           run Nix's own language suite from a checkout
  compare  nixpkgs --nixpkgs DIR --reference COMMAND --cache FILE [--bin B] [--limit N] [--only FILTER] [--reference-only]
           derivation paths of a whole package set
  compare  random --reference COMMAND [--bin B] [--number N] [--seed S] [--show N] [--cache FILE]
           generated programs, differences made small
  compare  golden --reference COMMAND
           every golden case through a reference Nix
  bench    [--vs NAME=COMMAND]… [--nixpkgs DIR] [--also DIR] [--bin B] [--pairs N] [--results FILE] [FILTER…]
           time and memory on the programs under bench/ (and DIR), ours and others in turn, answers compared
  bench    --instructions [--functions N] …
           instructions under callgrind instead, per part of the program; COMMAND is then another build of ours
  bench    --gate [--bless]
           instructions on the small sizes against bench/instructions.txt; --bless writes it
  tidy     the shape of the tree: crate edges, headers, lengths, paths named in documents

COMMAND is a program that takes `nix-instantiate …` as its arguments, as `frazil` does.";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let options = Options::new(args.collect());
    match run(&command, options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &str, options: Options) -> Outcome {
    match command {
        "golden" => xtask::golden::command(options),
        "conform" => xtask::conform::command(options),
        "compare" => xtask::compare::command(options),
        "bench" => xtask::bench::command(options),
        "tidy" => xtask::tidy::command(options),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(true)
        }
        other => Err(format!("there is no command '{other}'\n\n{USAGE}")),
    }
}
