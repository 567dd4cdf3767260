//! Generated programs, ours against a reference's answer, differences made small.
//!
//! In:  the reference's command, our binary, how many programs, a seed.
//! Out: the differing programs, the first few shrunk, and a count.
//!
//! With `--cache FILE` the reference's answers are kept (and found again) there, so that it need not be asked twice.
//!
//! One process evaluates many files and prints a line for each; a program that fails ends it, so its error is noted and
//! a new process goes on behind it. Where both fail, the final messages have to agree.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::chance::Chance;
use super::grammar::Generator;
use super::tree::Tree;
use crate::golden::final_error;
use crate::options::Options;
use crate::process::Call;
use crate::scratch::Scratch;
use crate::{Outcome, binary};

/// Programs per process.
const BATCH: usize = 400;
/// Differences made small and shown.
const SHOWN: usize = 8;
/// Attempts at making one program smaller.
const PATIENCE: usize = 600;

/// Programs in a row that may break an evaluator before we give up on it.
const PATIENCE_WITH_BROKEN: usize = 20;

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Value(String),
    Error(String),
    /// It was ended by a signal or for taking too long.
    Broken(String),
}

/// `cargo xtask compare random …`.
pub(super) fn command(mut options: Options) -> Outcome {
    let reference = options.required("--reference")?;
    let program = options.value("--bin")?.map_or_else(binary::beside, Ok)?;
    let number = usize::try_from(options.number("--number", 1000)?).unwrap_or(1000);
    let seed = options.number("--seed", 1)?;
    let print = options.flag("--print");
    let values_only = options.flag("--values-only");
    let mut cache = Cache::open(options.value("--cache")?.map(PathBuf::from), seed);
    options.operands()?;

    let scratch = Scratch::new("random")?;
    let (mut differ, mut failing, mut done) = (0, 0, 0);
    let start = Instant::now();
    while done < number {
        let count = BATCH.min(number - done);
        let programs: Vec<Tree> = (done..done + count).map(|at| generate(seed, at)).collect();
        if print {
            programs.iter().for_each(|tree| println!("{}\n", tree.text()));
        }
        let files = write(scratch.path(), &programs)?;
        let theirs = match cache.get(done, count) {
            Some(known) => known,
            None => cache.keep(answers(&reference, scratch.path(), &files)?)?,
        };
        let ours = answers(&program, scratch.path(), &files)?;
        for (at, tree) in programs.iter().enumerate() {
            failing += usize::from(!matches!(theirs[at], Answer::Value(_)));
            if agree(&theirs[at], &ours[at], values_only) {
                continue;
            }
            differ += 1;
            if differ <= SHOWN {
                let small = shrink(tree, &reference, &program, scratch.path(), values_only)?;
                show(seed, done + at, &small);
            }
        }
        done += count;
    }
    println!(
        "random: {done} programs (seed {seed}) in {:.0} s, {failing} of them fail, {differ} differ",
        start.elapsed().as_secs_f64()
    );
    Ok(differ == 0)
}

/// The reference's answers, in order from the first program of a seed.
struct Cache {
    file: Option<PathBuf>,
    seed: u64,
    answers: Vec<Answer>,
}

impl Cache {
    fn open(file: Option<PathBuf>, seed: u64) -> Self {
        let text =
            file.as_ref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        let mut lines = text.lines();
        let same = lines.next().is_some_and(|line| line == seed.to_string());
        let answers = if same { lines.map_while(Answer::read).collect() } else { Vec::new() };
        Self { file, seed, answers }
    }

    fn get(&self, from: usize, count: usize) -> Option<Vec<Answer>> {
        self.answers.get(from..from + count).map(<[Answer]>::to_vec)
    }

    /// Appends answers just got; they are written out each time, so that a run may be broken off.
    fn keep(&mut self, new: Vec<Answer>) -> Result<Vec<Answer>, String> {
        self.answers.extend(new.iter().cloned());
        if let Some(file) = &self.file {
            let lines: String = self.answers.iter().map(Answer::written).collect();
            std::fs::write(file, format!("{}\n{lines}", self.seed))
                .map_err(|error| error.to_string())?;
        }
        Ok(new)
    }
}

impl Answer {
    fn written(&self) -> String {
        let (kind, text) = match self {
            Self::Value(text) => ("value", text),
            Self::Error(text) => ("error", text),
            Self::Broken(text) => ("broken", text),
        };
        format!("{}\n", Json::from(vec![kind, text.as_str()]))
    }

    fn read(line: &str) -> Option<Self> {
        let (kind, text) = serde_json::from_str::<(String, String)>(line).ok()?;
        Some(match kind.as_str() {
            "value" => Self::Value(text),
            "error" => Self::Error(text),
            _ => Self::Broken(text),
        })
    }
}

/// Each program has a seed of its own, so that it can be made again alone.
fn generate(seed: u64, at: usize) -> Tree {
    let mut chance = Chance::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(at as u64));
    chance.next();
    Generator::new(&mut chance).program()
}

fn agree(theirs: &Answer, ours: &Answer, values_only: bool) -> bool {
    match (theirs, ours) {
        (Answer::Error(_), Answer::Error(_)) if values_only => true,
        _ => theirs == ours,
    }
}

fn write(folder: &Path, programs: &[Tree]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for (at, tree) in programs.iter().enumerate() {
        let file = PathBuf::from(format!("p{at:03}.nix"));
        std::fs::write(folder.join(&file), tree.text()).map_err(|error| error.to_string())?;
        files.push(file);
    }
    Ok(files)
}

/// One answer per file.
fn answers(program: &str, folder: &Path, files: &[PathBuf]) -> Result<Vec<Answer>, String> {
    let mut out: Vec<Answer> = Vec::new();
    while out.len() < files.len() {
        let left = files[out.len()..].to_vec();
        let expected = left.len();
        let mut call =
            Call::new(program, folder).args(["nix-instantiate", "--eval", "--strict"]).args(left);
        call.env = binary::environment(folder);
        call.limit = Duration::from_secs(120);
        let ran = call.run()?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        out.extend(printed.lines().take(expected).map(|line| Answer::Value(line.to_string())));
        if out.len() < files.len() {
            let stderr = String::from_utf8_lossy(&ran.stderr);
            let in_vain =
                out.iter().rev().take_while(|answer| matches!(answer, Answer::Broken(_))).count();
            if in_vain > PATIENCE_WITH_BROKEN {
                return Err(format!("{program} does not work: {stderr}"));
            }
            out.push(match ran.status {
                Some(1) => Answer::Error(final_error(&stderr).0),
                _ => Answer::Broken(format!("{}: {}", ran.ending(), stderr.trim_end())),
            });
        }
    }
    Ok(out)
}

/// A smaller program on which the two still differ in the same way (value against error, or the like).
fn shrink(
    tree: &Tree,
    reference: &str,
    program: &str,
    folder: &Path,
    values_only: bool,
) -> Result<(Tree, Answer, Answer), String> {
    let ask = |trees: &[Tree]| -> Result<Vec<(Answer, Answer)>, String> {
        let files = write(folder, trees)?;
        let theirs = answers(reference, folder, &files)?;
        Ok(theirs.into_iter().zip(answers(program, folder, &files)?).collect())
    };
    let whole = ask(std::slice::from_ref(tree))?.pop().ok_or("no answer")?;
    let mut best = (tree.clone(), whole.0, whole.1);
    // A program that differs only in company of others is shown as it is.
    if agree(&best.1, &best.2, values_only) {
        return Ok(best);
    }
    let mut left = PATIENCE;
    'smaller: while left > 0 {
        for candidate in best.0.smaller() {
            if left == 0 {
                break;
            }
            left -= 1;
            let Some((theirs, ours)) = ask(std::slice::from_ref(&candidate))?.pop() else {
                continue;
            };
            if !agree(&theirs, &ours, values_only) && same_kind(&best.1, &theirs) {
                best = (candidate, theirs, ours);
                continue 'smaller;
            }
        }
        break;
    }
    Ok(best)
}

fn same_kind(one: &Answer, other: &Answer) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn show(seed: u64, at: usize, (tree, theirs, ours): &(Tree, Answer, Answer)) {
    let text = |answer: &Answer| match answer {
        Answer::Value(text) => text.clone(),
        Answer::Error(text) => text.trim_end().to_string(),
        Answer::Broken(text) => format!("BROKEN {text}"),
    };
    println!(
        "── program {at} of seed {seed}\n{}\n- {}\n+ {}\n",
        tree.text(),
        text(theirs),
        text(ours)
    );
}
