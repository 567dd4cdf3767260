//! The results file: what was measured, where, on which commit. Lines of JSON, only ever appended to.
//!
//! In:  samples.   Out: a line per workload and command.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::measure::{Command, Sample};
use super::workload::Workload;
use crate::binary;

/// Where results go unless said otherwise: a folder that is not kept in the repository, since they speak of one machine.
pub(super) fn default_file() -> PathBuf {
    binary::repository().join("target/bench/results.jsonl")
}

pub(super) fn append(
    file: &Path,
    workload: &Workload,
    commands: &[Command],
    samples: &[Vec<Sample>],
) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut open = OpenOptions::new().create(true).append(true).open(file).map_err(fail)?;
    let (commit, machine) = (commit(), machine());
    for (command, samples) in commands.iter().zip(samples) {
        let line = json!({
            "time": SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            "machine": machine,
            "commit": commit,
            "workload": workload.name,
            "command": command.name,
            "program": command.program,
            "seconds": samples.iter().map(|sample| sample.seconds).collect::<Vec<_>>(),
            "peak": samples.iter().map(|sample| sample.peak).collect::<Vec<_>>(),
        });
        writeln!(open, "{line}").map_err(fail)?;
    }
    Ok(())
}

/// The commit of the working tree, with `+` if files differ from it. It says what was built only if it was built just before.
fn commit() -> String {
    let git = |args: &[&str]| {
        let ran = Program::new("git").args(args).current_dir(binary::repository()).output().ok()?;
        Some(String::from_utf8_lossy(&ran.stdout).trim().to_string())
    };
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_default();
    let changed = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
    format!("{commit}{}", if changed { "+" } else { "" })
}

/// Processor, cores, memory, system.
fn machine() -> Json {
    let line = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map_or("", |(_, value)| value.trim()).to_string()
    };
    json!({
        "processor": line("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": line("/proc/meminfo", "MemTotal"),
        "system": std::fs::read_to_string("/proc/version").unwrap_or_default().trim(),
    })
}
