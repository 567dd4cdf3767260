//! Running one command on one workload.
//!
//! In:  a command that takes `nix-instantiate …` as its arguments.   Out: what it printed, processor time, peak memory.
//! Invariant: the same arguments and the same environment for every command.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::workload::Workload;
use crate::binary;
use crate::process::{Call, Ran};

/// Nothing we measure takes longer; a safety net.
const LIMIT: Duration = Duration::from_secs(3600);

/// An evaluator and its name in the tables.
pub(super) struct Command {
    pub(super) name: String,
    pub(super) program: String,
    home: PathBuf,
}

/// What one run used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// User and system.
    pub(super) seconds: f64,
    /// Bytes.
    pub(super) peak: f64,
}

impl Command {
    pub(super) fn new(name: &str, program: &str, home: &Path) -> Self {
        Self { name: name.into(), program: program.into(), home: home.into() }
    }

    /// The answer and the price.
    pub(super) fn run(&self, workload: &Workload) -> Result<(String, Sample), String> {
        let ran = self.call("", workload)?;
        let seconds = ran.usage.processor.as_secs_f64();
        Ok((answer(&ran), Sample { seconds, peak: ran.usage.peak as f64 }))
    }

    /// The command below another program (`wrapper`, words separated by spaces, may be empty).
    pub(super) fn call(&self, wrapper: &str, workload: &Workload) -> Result<Ran, String> {
        let program = format!("{wrapper} {}", self.program);
        let mut call = Call::new(&program, &self.home)
            .args(["nix-instantiate", "--eval", "--readonly-mode"])
            .args([workload.file.clone()])
            .args(workload.args.clone());
        call.env = binary::environment(&self.home);
        if !wrapper.is_empty() {
            // What is counted is counted from the text on; what is timed is what users meet from the second run on.
            call.env.push(("FRAZIL_CODE_CACHE".into(), "off".into()));
        }
        call.limit = LIMIT;
        let ran = call.run()?;
        if ran.success() {
            return Ok(ran);
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        let last = said.lines().rev().take(3).collect::<Vec<_>>();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n  ");
        Err(format!("{}: {}: {}\n  {last}", workload.name, self.name, ran.ending()))
    }
}

/// What was printed, without the end of the line.
pub(super) fn answer(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stdout).trim_end().into()
}
