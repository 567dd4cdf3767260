//! Nix's own language suite, run from a checkout of Nix the way its `lang.sh` does.
//!
//! In:  a checkout of NixOS/nix (never copied into this repository), a binary that serves `nix-instantiate`.
//! Out: per group how many cases pass; for failing programs how many end in the same message, how many print the very
//! same text, and how many printed trees agree.
//!
//! `cases.rs` says how each case is run, `verdict.rs` how its output is judged.
//!
//! Invariants
//! - The suite is copied to a folder of our own and run there, as `lang/NAME.nix` seen from its parent.
//! - A difference in `xtask/conform-known.txt` does not fail the run; an entry that passes does.

mod cases;
mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::golden::Known;
use crate::options::Options;
use crate::scratch::Scratch;
use crate::{Outcome, binary};
use cases::{Case, Suite};
use verdict::Verdict;

/// `cargo xtask conform`.
pub fn command(mut options: Options) -> Outcome {
    let nix = PathBuf::from(options.required("--nix-src")?);
    let program = options.value("--bin")?.map_or_else(binary::beside, Ok)?;
    let show = options.value("--show")?;
    let list = options.flag("--list");
    let parse = options.value("--parse-reference")?;
    options.operands()?;

    let scratch = Scratch::new("conform")?;
    let suite = Suite::lay_out(&nix.join("tests/functional/lang"), scratch.path())?;
    let mut verdicts = run(&suite, &program)?;
    if let Some(reference) = parse {
        verdicts.extend(trees(&suite, &program, &reference)?);
    }
    if let Some(name) = show {
        for verdict in verdicts.iter().filter(|verdict| verdict.name.contains(&name)) {
            println!("── {}\n{}", verdict.name, verdict.difference);
        }
    }
    let known = Known::load(&binary::repository().join("xtask/conform-known.txt"))?;
    Ok(report(&verdicts, &known, list))
}

fn run(suite: &Suite, program: &str) -> Result<Vec<Verdict>, String> {
    in_turn(&suite.cases, |case| verdict::of(case, &suite.run(case, program)?, suite))
}

/// The printed tree of every file that parses, ours against a reference's.
fn trees(suite: &Suite, program: &str, reference: &str) -> Result<Vec<Verdict>, String> {
    let parsing: Vec<Case> = suite.trees();
    in_turn(&parsing, |case| {
        let theirs = suite.run(case, reference)?;
        let ours = suite.run(case, program)?;
        Ok(verdict::of_tree(case, &theirs, &ours))
    })
}

/// Two threads; results in the order of the cases.
fn in_turn<T: Send>(
    cases: &[Case],
    work: impl Fn(&Case) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let result = work(case);
                    if let Ok(mut all) = results.lock() {
                        all.insert(at, result);
                    }
                }
            });
        }
    });
    results.into_inner().map_err(|_| "a thread failed")?.into_values().collect()
}

fn report(verdicts: &[Verdict], known: &Known, list: bool) -> bool {
    let mut well = true;
    let mut groups: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for verdict in verdicts {
        let counts = groups.entry(verdict.group.name()).or_default();
        counts[0] += 1;
        counts[1] += usize::from(verdict.passes);
        counts[2] += usize::from(verdict.same_message);
        counts[3] += usize::from(verdict.same_text);
        match (known.reason(&verdict.name, ""), verdict.passes) {
            (None, false) => {
                well = false;
                println!("differs: {}", verdict.name);
            }
            (Some(_), true) => {
                well = false;
                println!("passes now, take it out of conform-known.txt: {}", verdict.name);
            }
            (Some(reason), false) => {
                counts[4] += 1;
                if list {
                    println!("known: {}: {reason}", verdict.name);
                }
            }
            (None, true) => {}
        }
    }
    for name in known.names() {
        if !verdicts.iter().any(|verdict| verdict.name == name) && !name.starts_with("tree/") {
            well = false;
            println!("conform-known.txt names a case that is not there: {name}");
        }
    }
    println!("group         cases  passed  same final error  same output  known");
    for (group, [all, passed, message, text, known]) in groups {
        println!("{group:<12} {all:>6} {passed:>7} {message:>17} {text:>12} {known:>6}");
    }
    well
}

/// A folder and everything in it, links as links.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(fail)?;
    for entry in std::fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            link(&std::fs::read_link(entry.path()).map_err(fail)?, &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(fail)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(points_to: &Path, at: &Path) -> Result<(), String> {
    std::os::unix::fs::symlink(points_to, at).map_err(|error| format!("{}: {error}", at.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, at: &Path) -> Result<(), String> {
    Err(format!("cannot make the link {}", at.display()))
}
