//! Derivation paths of a whole package set, ours against a reference's.
//!
//! In:  a checkout of nixpkgs, the reference's command, a cache file for its answers, our binary.
//! Out: the attributes whose answers differ, the first few with the difference of the two derivations.
//!
//! One process looks at many attributes (`walk.nix`) and prints each answer as it goes. An error that cannot be caught
//! ends the process: the attribute after the last answer is to blame, is noted as `stops`, and a new process goes on behind it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::options::Options;
use crate::process::Call;
use crate::scratch::Scratch;
use crate::{Outcome, binary, diff};

/// Attributes per process: enough that starting up does not matter, few enough that memory stays small.
const BATCH: usize = 1200;
/// Levels below the top that are looked into.
const DEPTH: usize = 2;
/// Attributes in a row that may end the evaluation before we give up.
const PATIENCE: usize = 60;
/// Differences shown in full.
const SHOWN: usize = 5;

/// Attribute path (dots between) to what it is.
type Answers = BTreeMap<String, String>;

/// `cargo xtask compare nixpkgs …`.
pub(super) fn command(mut options: Options) -> Outcome {
    let nixpkgs = PathBuf::from(options.required("--nixpkgs")?);
    let nixpkgs =
        nixpkgs.canonicalize().map_err(|error| format!("{}: {error}", nixpkgs.display()))?;
    let reference = options.value("--reference")?;
    let cache = options.value("--cache")?.map(PathBuf::from);
    let limit = usize::try_from(options.number("--limit", u64::MAX)?).unwrap_or(usize::MAX);
    let only = options.value("--only")?;
    let reference_only = options.flag("--reference-only");
    let program = options.value("--bin")?;
    options.operands()?;

    let expected = match cache.as_deref().and_then(read) {
        Some(answers) => answers,
        None => {
            let reference =
                reference.clone().ok_or("--reference is missing, and there is no cache yet")?;
            let answers = Walker::new(&reference, &nixpkgs)?.everything()?;
            if let Some(file) = &cache {
                save(file, &answers)?;
            }
            answers
        }
    };
    if reference_only {
        return Ok(true);
    }
    let wanted: Vec<&String> = expected
        .iter()
        .filter(|(path, _)| only.as_ref().is_none_or(|only| path.contains(only)))
        .filter(|(_, answer)| answer.ends_with(".drv") || *answer == "fails")
        .map(|(path, _)| path)
        .take(limit)
        .collect();
    let program = program.map_or_else(binary::beside, Ok)?;
    let ours = Walker::new(&program, &nixpkgs)?;
    let start = Instant::now();
    let paths = wanted.iter().map(|path| split(path)).collect();
    let came = ours.look(paths)?;
    println!("looked at {} attributes in {:.1} s", wanted.len(), start.elapsed().as_secs_f64());
    report(&wanted, &expected, &came, &ours, reference.as_deref())
}

fn report(
    wanted: &[&String],
    expected: &Answers,
    came: &Answers,
    ours: &Walker,
    reference: Option<&str>,
) -> Outcome {
    let nothing = String::new();
    let differ: Vec<&&String> =
        wanted.iter().filter(|path| expected.get(**path) != came.get(**path)).collect();
    for (number, path) in differ.iter().enumerate() {
        let (theirs, mine) = (&expected[**path], came.get(**path).unwrap_or(&nothing));
        println!("{path}\n  - {theirs}\n  + {mine}");
        if number < SHOWN && theirs.ends_with(".drv") {
            match reference {
                Some(reference) => println!("{}", ours.explain(path, reference)?),
                None => println!("  (say --reference to see the difference)"),
            }
        }
    }
    let equal = wanted.len() - differ.len();
    println!("nixpkgs: {equal} of {} agree, {} differ", wanted.len(), differ.len());
    Ok(differ.is_empty() && !wanted.is_empty())
}

/// One evaluator looking at one package set.
struct Walker {
    program: String,
    nixpkgs: PathBuf,
    scratch: Scratch,
}

impl Walker {
    fn new(program: &str, nixpkgs: &Path) -> Result<Self, String> {
        let scratch = Scratch::new("nixpkgs")?;
        let walk = scratch.path().join("walk.nix");
        std::fs::write(&walk, include_str!("walk.nix")).map_err(|error| error.to_string())?;
        Ok(Self { program: program.into(), nixpkgs: nixpkgs.to_path_buf(), scratch })
    }

    /// Every attribute, sets that ask for it included.
    fn everything(&self) -> Result<Answers, String> {
        let mut answers = Answers::new();
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        for level in 0..=DEPTH {
            let found = self.walk(paths)?;
            paths = Vec::new();
            for (path, kind, more) in found {
                if let (Json::Array(names), true) = (&more, level < DEPTH) {
                    let names = names.iter().filter_map(Json::as_str);
                    paths.extend(names.map(|name| [path.as_slice(), &[name.to_string()]].concat()));
                }
                answers.insert(
                    join(&path),
                    more.as_str().filter(|text| !text.is_empty()).map_or(kind, String::from),
                );
            }
            eprintln!(
                "level {level}: {} answers so far, {} to look at",
                answers.len(),
                paths.len()
            );
        }
        Ok(answers)
    }

    fn look(&self, paths: Vec<Vec<String>>) -> Result<Answers, String> {
        let found = self.walk(paths)?.into_iter();
        Ok(found
            .map(|(path, kind, more)| {
                (
                    join(&path),
                    more.as_str().filter(|text| !text.is_empty()).map_or(kind, String::from),
                )
            })
            .collect())
    }

    /// Looks at paths in order, going on behind those that end the process.
    fn walk(&self, paths: Vec<Vec<String>>) -> Result<Vec<(Vec<String>, String, Json)>, String> {
        let mut left: VecDeque<Vec<String>> = paths.into();
        let mut found = Vec::new();
        let mut in_vain = 0;
        while !left.is_empty() {
            let batch: Vec<Vec<String>> = left.iter().take(BATCH).cloned().collect();
            let answers = self.batch(&batch)?;
            left.drain(..answers.len());
            let complete = answers.len() == batch.len();
            in_vain = if answers.is_empty() { in_vain + 1 } else { 0 };
            if in_vain == PATIENCE {
                return Err(format!(
                    "{PATIENCE} attributes one after the other end the evaluation"
                ));
            }
            found.extend(answers);
            if !complete && let Some(path) = left.pop_front() {
                eprintln!("{}: {} ends the evaluation", self.program, join(&path));
                found.push((path, "stops".into(), Json::Null));
            }
        }
        Ok(found)
    }

    /// One process; fewer answers than paths if it ended early.
    fn batch(&self, paths: &[Vec<String>]) -> Result<Vec<(Vec<String>, String, Json)>, String> {
        let list: String = paths.iter().map(|path| format!("[ {} ]\n", quote(path))).collect();
        let file = self.scratch.path().join("paths.nix");
        std::fs::write(&file, format!("[\n{list}]\n")).map_err(|error| error.to_string())?;
        let ran = self.call(&["--eval", "walk.nix", "--arg", "paths", "import ./paths.nix"])?;
        let text = String::from_utf8_lossy(&ran.stderr);
        let mut answers = Vec::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("trace: @@")) {
            let Ok((path, kind, more)) = serde_json::from_str::<(Vec<String>, String, Json)>(line)
            else {
                return Err(format!("cannot read the answer {line}"));
            };
            answers.push((path, kind, more));
        }
        if answers.is_empty() && paths.len() > 1 && !ran.success() {
            eprintln!("{}", text.lines().rev().take(12).collect::<Vec<_>>().join("\n"));
        }
        Ok(answers)
    }

    fn call(&self, words: &[&str]) -> Result<crate::process::Ran, String> {
        let mut call = Call::new(&self.program, self.scratch.path())
            .args(["nix-instantiate"])
            .args(words.to_vec());
        call = call.args(["--arg", "nixpkgs"]).args([self.nixpkgs.clone()]);
        call.env = binary::environment(self.scratch.path());
        call.env.push(("GC_INITIAL_HEAP_SIZE".into(), "1G".into()));
        call.limit = Duration::from_secs(7200);
        call.run()
    }

    /// The difference of the two derivations, each as the attributes its own evaluator says it has.
    fn explain(&self, path: &str, reference: &str) -> Result<String, String> {
        let theirs = Walker::new(reference, &self.nixpkgs)?;
        Ok(diff::lines(&theirs.attributes(path)?, &self.attributes(path)?))
    }

    fn attributes(&self, path: &str) -> Result<String, String> {
        let file = self.scratch.path().join("show.nix");
        std::fs::write(&file, include_str!("show.nix")).map_err(|error| error.to_string())?;
        let list = format!("[ {} ]", quote(&split(path)));
        let ran =
            self.call(&["--eval", "--strict", "--json", "show.nix", "--arg", "path", &list])?;
        if !ran.success() {
            return Ok(String::from_utf8_lossy(&ran.stderr).into_owned());
        }
        let json: Json = serde_json::from_slice(&ran.stdout).map_err(|error| error.to_string())?;
        serde_json::to_string_pretty(&json).map_err(|error| error.to_string())
    }
}

/// Attribute names as Nix strings.
fn quote(path: &[String]) -> String {
    let quoted = |name: &String| {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${"))
    };
    path.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Names joined by a character that no attribute of a package set has.
fn join(path: &[String]) -> String {
    path.join("\u{2192}")
}

fn split(path: &str) -> Vec<String> {
    path.split('\u{2192}').filter(|name| !name.is_empty()).map(String::from).collect()
}

fn read(file: &Path) -> Option<Answers> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

fn save(file: &Path, answers: &Answers) -> Result<(), String> {
    let text = serde_json::to_string_pretty(answers).map_err(|error| error.to_string())?;
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
