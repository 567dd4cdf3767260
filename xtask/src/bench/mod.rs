//! Measuring: programs under `bench/` with checked answers, ours and any other evaluator in turn, time and memory as ratios.
//!
//! In:  workloads, our binary, other commands, perhaps a checkout of nixpkgs.
//! Out: a table (Markdown, so that it can be kept), and a line per workload and command in a results file.
//!
//! Invariants
//! - Nothing is measured whose answer was not looked at: each run's answer is compared, with the file's or the first command's.
//! - Commands take turns (A B, B A, A B …), so that a busy neighbour meets both; ratios are made within a pair.
//! - Time is user and system together: page faults are part of the price.
//!
//! `instructions.rs` counts instead of timing, for figures that do not depend on neighbours; `gate.rs` holds counts to a baseline.

mod callgrind;
mod gate;
mod instructions;
mod measure;
mod results;
mod table;
mod text;
mod workload;

use std::path::PathBuf;

use crate::options::Options;
use crate::scratch::Scratch;
use crate::{Outcome, binary};
use measure::{Command, Sample};
use workload::{Places, Workload};

/// What all kinds of measuring share.
struct Bench {
    commands: Vec<Command>,
    workloads: Vec<Workload>,
    /// Holds the home folder of the programs while they run.
    scratch: Scratch,
}

/// `cargo xtask bench …`.
pub fn command(mut options: Options) -> Outcome {
    if options.flag("--gate") {
        return gate::command(options);
    }
    let counts = options.flag("--instructions");
    let functions = usize::try_from(options.number("--functions", 0)?).unwrap_or(0);
    let pairs = options.number("--pairs", 5)?.max(1);
    let results = options.value("--results")?.map_or_else(results::default_file, PathBuf::from);
    let bench = Bench::new(options, None)?;
    if counts {
        return instructions::report(&bench, functions);
    }
    let mut well = true;
    println!("{}", table::head());
    for workload in &bench.workloads {
        match bench.measure(workload, pairs) {
            Ok(samples) => {
                results::append(&results, workload, &bench.commands, &samples)?;
                print!("{}", table::rows(workload, &bench.commands, &samples));
            }
            Err(message) => {
                println!("{message}");
                well = false;
            }
        }
    }
    println!("\nfigures appended to {}", results.display());
    Ok(well)
}

/// A program named by a path from here also stands there when it is started elsewhere.
fn absolute(program: &str) -> String {
    let (first, rest) = program.split_once(' ').unwrap_or((program, ""));
    let found = first.contains('/').then(|| PathBuf::from(first).canonicalize().ok()).flatten();
    let first = found.map_or_else(|| first.to_string(), |path| path.display().to_string());
    format!("{first} {rest}")
}

impl Bench {
    /// With a size, the workloads of that size, and the build of the profile of that name.
    fn new(mut options: Options, size: Option<&str>) -> Result<Self, String> {
        let scratch = Scratch::new("bench")?;
        let ours = match options.value("--bin")? {
            Some(program) => absolute(&program),
            None => binary::built(size.unwrap_or("release"))?,
        };
        let mut commands = vec![Command::new("frazil", &ours, scratch.path())];
        while let Some(other) = options.value("--vs")? {
            let (name, program) =
                other.split_once('=').ok_or_else(|| format!("--vs {other}: want NAME=COMMAND"))?;
            commands.push(Command::new(name, &absolute(program), scratch.path()));
        }
        let mut places = Places::new(options.value("--nixpkgs")?.map(PathBuf::from))?;
        while let Some(folder) = options.value("--also")? {
            places.folders.push(PathBuf::from(folder));
        }
        let mut filters = options.operands()?;
        filters.extend(size.map(|size| format!("@{size}")));
        let workloads = places.workloads(&filters)?;
        if workloads.is_empty() {
            return Err("no workload is called so, or it needs --nixpkgs DIR".into());
        }
        Ok(Self { commands, workloads, scratch })
    }

    /// The samples of each command, after one run of each that is thrown away.
    fn measure(&self, workload: &Workload, pairs: u64) -> Result<Vec<Vec<Sample>>, String> {
        let mut expected = workload.answer.clone();
        for command in &self.commands {
            let (answer, _) = command.run(workload)?;
            workload.check(&mut expected, &answer, &command.name)?;
        }
        let mut samples = vec![Vec::new(); self.commands.len()];
        for pair in 0..pairs {
            let mut order: Vec<usize> = (0..self.commands.len()).collect();
            if pair % 2 == 1 {
                order.reverse();
            }
            for which in order {
                let (answer, sample) = self.commands[which].run(workload)?;
                workload.check(&mut expected, &answer, &self.commands[which].name)?;
                samples[which].push(sample);
            }
        }
        Ok(samples)
    }
}
