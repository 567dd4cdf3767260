//! Many cases, run on two threads, and what came of them.
//!
//! Invariant: the report lists cases in the order of their paths, however the threads took turns.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::document::Document;
use super::known::Known;
use super::outputs::{Driver, Layout};
use crate::diff;

const THREADS: usize = 2;
/// Folders that exist on one machine and not on another: an output must not name them.
const OUTSIDE: [&str; 4] = ["/tmp/", "/root/", "/usr/", "/var/"];

/// A case with its place.
#[derive(Debug)]
pub struct Case {
    /// Relative to the folder of all cases, without `.md`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its contents.
    pub document: Document,
}

/// The cases of a folder.
#[derive(Debug)]
pub struct Suite {
    /// In order of their names.
    pub cases: Vec<Case>,
    known: Known,
}

impl Suite {
    /// Reads the cases whose names contain one of the filters; all without filters.
    pub fn load(folder: &Path, filters: &[String]) -> Result<Self, String> {
        let mut paths = Vec::new();
        collect(folder, &mut paths)?;
        paths.sort();
        let mut cases = Vec::new();
        for path in paths {
            let relative = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
            let name = relative.display().to_string().replace('\\', "/");
            let wanted = |filter: &String| {
                let filter = filter.trim_start_matches("tests/golden/");
                name.contains(filter.trim_end_matches(".md"))
            };
            if !filters.is_empty() && !filters.iter().any(wanted) {
                continue;
            }
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            let document = Document::parse(&text).map_err(|error| format!("{name}: {error}"))?;
            cases.push(Case { name, path, document });
        }
        Ok(Self { cases, known: Known::load(&folder.join("known.txt"))? })
    }

    /// What is wrong with the form of the cases, without running them.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut out = Vec::new();
        for case in &self.cases {
            out.extend(
                case.document.complaints().into_iter().map(|text| format!("{}: {text}", case.name)),
            );
            let outputs = case.document.blocks().filter(|block| is_output(&block.kind));
            let outputs: Vec<_> = outputs.collect();
            if outputs.is_empty() {
                out.push(format!("{}: no output block: nothing is checked", case.name));
            }
            for block in
                outputs.iter().filter(|block| OUTSIDE.iter().any(|path| block.body.contains(path)))
            {
                out.push(format!(
                    "{}: the {} block names a path of the machine",
                    case.name, block.kind
                ));
            }
        }
        out
    }

    /// Asks the driver for every block of every case.
    pub fn run(&self, driver: &Driver) -> Result<Report, String> {
        let results = self.each(|case| {
            if !runs_under(&case.document, driver) {
                return Vec::new();
            }
            check(case, driver).unwrap_or_else(|error| vec![error])
        });
        let mut report = Report::new(driver.regime.name());
        for (case, complaints) in self.cases.iter().zip(results) {
            match (self.known.reason(&case.name, driver.regime.name()), complaints.is_empty()) {
                (None, true) => report.passed += 1,
                (None, false) => report.failures.push((case.name.clone(), complaints)),
                (Some(_), false) => report.known += 1,
                (Some(_), true) => {
                    let complaint = "passes now: take it out of known.txt".to_string();
                    report.failures.push((case.name.clone(), vec![complaint]));
                }
            }
        }
        Ok(report)
    }

    /// Applies `work` to each case on two threads; results in order.
    pub fn each<T: Send>(&self, work: impl Fn(&Case) -> T + Sync) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while let Some(case) = self.cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let result = work(case);
                        if let Ok(mut all) = results.lock() {
                            all.push((case.name.as_str(), result));
                        }
                    }
                });
            }
        });
        let mut all = results.into_inner().unwrap_or_default();
        all.sort_by(|left, right| left.0.cmp(right.0));
        let order = |case: &Case| all.binary_search_by(|entry| entry.0.cmp(&case.name)).ok();
        let places: Vec<Option<usize>> = self.cases.iter().map(order).collect();
        let mut slots: Vec<Option<T>> = all.into_iter().map(|(_, result)| Some(result)).collect();
        places.into_iter().filter_map(|place| slots.get_mut(place?)?.take()).collect()
    }
}

/// A `regimes` block names the only regimes a case runs under, for cases that would take all day under the others.
fn runs_under(document: &Document, driver: &Driver) -> bool {
    let Some(block) = document.block("regimes") else { return true };
    block.body.split_whitespace().any(|name| name == driver.regime.name())
}

fn check(case: &Case, driver: &Driver) -> Result<Vec<String>, String> {
    let mut complaints = case.document.complaints();
    let layout = Layout::new(driver, &case.document)?;
    let mut outputs = 0;
    for block in case.document.blocks() {
        if !is_output(&block.kind) {
            continue;
        }
        outputs += 1;
        if !driver.answers(&block.kind) {
            continue;
        }
        let came = layout.output(&block.kind)?;
        if came != block.body {
            complaints.push(format!("{}:\n{}", block.kind, diff::lines(&block.body, &came)));
        }
    }
    if outputs == 0 {
        complaints.push("no output block: nothing is checked".into());
    }
    Ok(complaints)
}

/// Inputs are not compared; any other kind of block is an output.
fn is_output(kind: &str) -> bool {
    !matches!(
        kind,
        "nix" | "file" | "link" | "flags" | "env" | "run" | "stdin" | "regimes" | "text"
    )
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let fail = |error| format!("cannot list {}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "md")
            && path.file_name().is_some_and(|name| name != "README.md")
        {
            paths.push(path);
        }
    }
    Ok(())
}

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    regime: &'static str,
    passed: usize,
    known: usize,
    failures: Vec<(String, Vec<String>)>,
}

impl Report {
    fn new(regime: &'static str) -> Self {
        Self { regime, passed: 0, known: 0, failures: Vec::new() }
    }

    /// Nothing failed, and something ran.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.failures.is_empty() && self.passed > 0
    }

    /// The failures, then one line with the counts.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (name, complaints) in &self.failures {
            out.push_str(&format!("── {name} ({})\n", self.regime));
            for complaint in complaints {
                out.push_str(complaint);
                out.push('\n');
            }
        }
        out.push_str(&format!(
            "golden ({}): {} passed, {} failed, {} known to differ\n",
            self.regime,
            self.passed,
            self.failures.len(),
            self.known
        ));
        out
    }
}
