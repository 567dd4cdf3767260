//! `NIX_SHOW_STATS`: the members that Nix has are there, and ours; read back by the evaluator itself.
#![allow(clippy::disallowed_methods, reason = "tests start programs")]

use std::process::{Command, Output};

fn frazil(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frazil"));
    command.args(args).env_remove("NIX_SHOW_STATS").env_remove("NIX_SHOW_STATS_PATH");
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

const PROGRAM: &str =
    "builtins.foldl' (sum: x: sum + x.n) 0 (map (i: { n = i; } // { m = i; }) [ 1 2 3 4 ])";

/// The value of a function of the statistics of `PROGRAM`.
fn asked(function: &str) -> String {
    let counted = run(frazil(&["eval", "-E", PROGRAM]).env("NIX_SHOW_STATS", "1"));
    assert_eq!(counted.stdout, b"10\n");
    let stats = String::from_utf8(counted.stderr).expect("text");
    let read = format!("({function}) (builtins.fromJSON ''{stats}'')");
    let answer = run(&mut frazil(&["eval", "--json", "-E", &read]));
    String::from_utf8(answer.stdout).expect("text").trim().to_string()
}

#[test]
fn the_members_of_nix_are_there() {
    let names = r#"["cpuTime","envs","frazil","gc","list","nrAvoided","nrExprs","nrFunctionCalls","nrLookups","nrOpUpdateValuesCopied","nrOpUpdates","nrPrimOpCalls","nrThunks","sets","sizes","symbols","time","values"]"#;
    assert_eq!(asked("builtins.attrNames"), names);
    assert_eq!(asked("s: builtins.attrNames s.envs"), r#"["bytes","elements","number"]"#);
    assert_eq!(asked("s: builtins.attrNames s.time"), r#"["cpu","gc","gcFraction"]"#);
}

#[test]
fn what_was_done_was_counted() {
    assert_eq!(asked("s: [ s.nrOpUpdates s.nrOpUpdateValuesCopied ]"), "[4,8]");
    // Four calls of each of the two functions.
    assert_eq!(asked("s: s.nrFunctionCalls"), "8");
    assert_eq!(asked("s: s.frazil.calls.saturated"), "8");
    assert_eq!(
        asked("s: s.sets.number >= 12 && s.frazil.thunks.made >= s.frazil.thunks.finished"),
        "true"
    );
    assert_eq!(asked("s: s.frazil.seconds.run > 0 && s.frazil.seconds.parse > 0"), "true");
}

#[test]
fn nothing_is_printed_unless_asked() {
    assert!(run(&mut frazil(&["eval", "-E", PROGRAM])).stderr.is_empty());
    assert!(run(frazil(&["eval", "-E", PROGRAM]).env("NIX_SHOW_STATS", "0")).stderr.is_empty());
    let said = run(&mut frazil(&["eval", "--stats", "-E", PROGRAM])).stderr;
    assert!(said.starts_with(b"{\"cpuTime\":"), "{}", String::from_utf8_lossy(&said));
}
