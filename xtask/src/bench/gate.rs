//! The gate: instructions of our own code on the small sizes, held against a baseline in the repository.
//!
//! In:  workloads of size `gate`, `bench/instructions.txt`, the tree, which is built with profile `gate` for this.
//! Out: a line per workload; false if one needs more than the baseline allows.
//!
//! What is counted must not depend on the machine: only code of our program counts, not the C library's, and not hash functions,
//! which special instructions may do elsewhere. It does depend on the compiler and the processor's family; where those are not the
//! baseline's, or valgrind is not there, the gate says so and lets pass.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command as Program;

use super::Bench;
use crate::options::Options;
use crate::{Outcome, binary};

/// More than this above the baseline fails; as much below it asks for a new one.
const ALLOWED: f64 = 0.02;
const BLESS: &str = "cargo xtask bench --gate --bless";

/// What the counts were made with, and the counts.
#[derive(Debug, PartialEq, Eq)]
struct Baseline {
    made_with: String,
    counts: BTreeMap<String, u64>,
}

/// `cargo xtask bench --gate [--bless]`.
pub(super) fn command(mut options: Options) -> Outcome {
    let bless = options.flag("--bless");
    let Some(made_with) = made_with() else {
        println!("gate: skipped, there is no valgrind here that runs (it counts the instructions)");
        return Ok(true);
    };
    let old = Baseline::read(&std::fs::read_to_string(file()).unwrap_or_default());
    if !bless && old.made_with != made_with {
        println!(
            "gate: skipped, the baseline was made with {}, here is {made_with}",
            old.made_with
        );
        return Ok(true);
    }
    build()?;
    let bench = Bench::new(options, Some("gate"))?;
    let mut counts = BTreeMap::new();
    for workload in &bench.workloads {
        let mut expected = workload.answer.clone();
        let profile = bench.count(&bench.commands[0], workload, &mut expected)?;
        counts.insert(workload.name.clone(), profile.own);
    }
    if bless {
        let text = Baseline { made_with, counts }.text();
        std::fs::write(file(), text).map_err(|error| error.to_string())?;
        return Ok(true);
    }
    let (text, well) = compare(&old.counts, &counts);
    print!("{text}");
    Ok(well)
}

fn file() -> PathBuf {
    binary::repository().join("bench/instructions.txt")
}

/// The compiler and the processor's family; nothing if there is no valgrind, or none that runs here.
fn made_with() -> Option<String> {
    let said = |program: &str, args: &[&str]| {
        let ran = Program::new(program).args(args).output().ok()?;
        ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).trim().to_string())
    };
    said("valgrind", &["--tool=callgrind", "--callgrind-out-file=/dev/null", "true"])?;
    // Some libraries choose their loops by what the processor has.
    #[cfg(target_arch = "x86_64")]
    let processor =
        if std::is_x86_feature_detected!("avx2") { "x86_64 with avx2" } else { "x86_64" };
    #[cfg(not(target_arch = "x86_64"))]
    let processor = std::env::consts::ARCH;
    Some(format!("{}, {processor}", said("rustc", &["--version"])?))
}

fn build() -> Result<(), String> {
    let mut cargo = Program::new("cargo");
    cargo.args(["build", "--profile", "gate", "-q", "-p", "frazil-cli"]);
    let ended = cargo.current_dir(binary::repository()).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cannot build with profile gate: {status}")),
        Err(error) => Err(format!("cannot start cargo: {error}")),
    }
}

/// A line per workload, and whether all is well.
fn compare(old: &BTreeMap<String, u64>, new: &BTreeMap<String, u64>) -> (String, bool) {
    let (mut text, mut well, mut better) = (String::new(), true, false);
    for (name, count) in new {
        let before = old.get(name).copied().unwrap_or(0);
        let change = *count as f64 / before.max(1) as f64 - 1.0;
        let verdict = if before == 0 {
            "has no baseline"
        } else if *count as f64 > before as f64 * (1.0 + ALLOWED) {
            "TOO MUCH"
        } else {
            "ok"
        };
        well &= verdict == "ok";
        better |= change < -ALLOWED;
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "gate: {name}: {count} instructions, {:+.2} % ({verdict})",
            100.0 * change
        );
    }
    if !well {
        text += &format!(
            "gate: more instructions than {:.0} % above bench/instructions.txt; find out why with `cargo xtask bench --instructions --vs`, or, if it is worth it, `{BLESS}`\n",
            100.0 * ALLOWED
        );
    } else if better {
        text += &format!("gate: better than the baseline; keep it so with `{BLESS}`\n");
    }
    (text, well)
}

impl Baseline {
    fn read(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let made_with = lines.next().unwrap_or("nothing").to_string();
        let counts = lines.filter_map(|line| {
            let (name, count) = line.split_once(' ')?;
            Some((name.to_string(), count.trim().parse().ok()?))
        });
        Self { made_with, counts: counts.collect() }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Instructions of our own code on the small sizes of `bench/`: the most that `cargo xtask bench --gate` lets pass,\n# within 2 %. Written by `{BLESS}`.\n{}\n",
            self.made_with
        );
        for (name, count) in &self.counts {
            let _ = writeln!(text, "{name} {count}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, compare};
    use std::collections::BTreeMap;

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(name, count)| ((*name).to_string(), *count)).collect()
    }

    #[test]
    fn two_percent_are_allowed() {
        let old = counts(&[("a", 1000), ("b", 1000)]);
        assert!(compare(&old, &counts(&[("a", 1020), ("b", 500)])).1);
        let (text, well) = compare(&old, &counts(&[("a", 1021), ("b", 1000)]));
        assert!(!well && text.contains("a: 1021 instructions, +2.10 % (TOO MUCH)"), "{text}");
        assert!(!compare(&old, &counts(&[("c", 1)])).1, "a workload without a baseline");
    }

    #[test]
    fn a_baseline_is_written_as_read() {
        let made_with = "rustc 1.95.0, x86_64".to_string();
        let baseline = Baseline { made_with, counts: counts(&[("fib@gate", 12)]) };
        assert_eq!(Baseline::read(&baseline.text()), baseline);
    }
}
