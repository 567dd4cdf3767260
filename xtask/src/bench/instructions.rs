//! Counting instead of timing: instructions under callgrind, per part of the program.
//!
//! In:  workloads; commands that are programs themselves (a script around one would be counted instead of it).
//! Out: a table per workload: instructions of each command and group, and how ours compares.

use std::collections::BTreeSet;
use std::collections::HashMap;

use super::Bench;
use super::callgrind::Profile;
use super::measure::{Command, answer};
use super::workload::Workload;
use crate::Outcome;

/// Groups below this share of all are summed up in one line.
const SMALL: f64 = 0.005;

/// `cargo xtask bench --instructions`.
pub(super) fn report(bench: &Bench, functions: usize) -> Outcome {
    let mut well = true;
    for workload in &bench.workloads {
        let mut expected = workload.answer.clone();
        let mut profiles = Vec::new();
        for command in &bench.commands {
            match bench.count(command, workload, &mut expected) {
                Ok(profile) => profiles.push(profile),
                Err(message) => {
                    println!("{message}");
                    well = false;
                }
            }
        }
        if profiles.len() == bench.commands.len() {
            print(&workload.name, &bench.commands, &profiles, functions);
        }
    }
    Ok(well)
}

impl Bench {
    /// One command's instructions on one workload; its answer is looked at.
    pub(super) fn count(
        &self,
        command: &Command,
        workload: &Workload,
        expected: &mut Option<String>,
    ) -> Result<Profile, String> {
        let file = self.scratch.path().join("callgrind.out");
        let wrapper = format!("valgrind --tool=callgrind --callgrind-out-file={}", file.display());
        let ran = command.call(&wrapper, workload)?;
        workload.check(expected, &answer(&ran), &command.name)?;
        let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Profile::read(&String::from_utf8_lossy(&text)))
    }
}

fn print(name: &str, commands: &[Command], profiles: &[Profile], functions: usize) {
    let names = commands.iter().map(|command| command.name.as_str()).collect::<Vec<_>>();
    println!("\n| {name} | {} | |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len() + 1));
    let totals: Vec<u64> = profiles.iter().map(|profile| profile.total).collect();
    println!("{}", line("all", &totals, &totals));
    let groups: Vec<_> = profiles.iter().map(|profile| &profile.groups).collect();
    for (name, counts) in ranked(&groups, &totals) {
        println!("{}", line(&name, &counts, &totals));
    }
    let each: Vec<_> = profiles.iter().map(|profile| &profile.functions).collect();
    for (name, counts) in ranked(&each, &totals).into_iter().take(functions) {
        println!("{}", line(&format!("`{name}`"), &counts, &totals));
    }
}

/// Names with the counts of all profiles, greatest first; the small ones in one.
fn ranked(profiles: &[&HashMap<String, u64>], totals: &[u64]) -> Vec<(String, Vec<u64>)> {
    let names: BTreeSet<&String> = profiles.iter().flat_map(|profile| profile.keys()).collect();
    let mut rest = vec![0; profiles.len()];
    let mut rows = Vec::new();
    for name in names {
        let counts: Vec<u64> =
            profiles.iter().map(|profile| profile.get(name).copied().unwrap_or(0)).collect();
        if counts.iter().zip(totals).all(|(count, total)| share(*count, *total) < SMALL) {
            rest.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        } else {
            rows.push((name.clone(), counts));
        }
    }
    rows.sort_by_key(|(_, counts)| std::cmp::Reverse(counts[0]));
    rows.push(("less each".into(), rest));
    rows
}

fn line(name: &str, counts: &[u64], totals: &[u64]) -> String {
    let cells = counts
        .iter()
        .zip(totals)
        .map(|(count, total)| {
            format!("{:.2} M ({:.1} %)", *count as f64 / 1e6, 100.0 * share(*count, *total))
        })
        .collect::<Vec<_>>();
    let ratio = match counts {
        [ours, other, ..] if *other > 0 => format!("{:.3}×", *ours as f64 / *other as f64),
        _ => String::new(),
    };
    format!("| {name} | {} | {ratio} |", cells.join(" | "))
}

fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64
}
