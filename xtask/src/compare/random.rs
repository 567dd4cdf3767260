//! Generated programs, ours against a reference's answer, differences made small.
//!
//! In:  the reference's command, our binary, how many programs, a seed.
//! Out: the differing programs, the first few shrunk, and a count.
//!
//! With `--cache FILE` the reference's answers are kept (and found again) there, so that it need not be asked twice.
//! Errors are part of an answer: their messages have to agree. Differences in `xtask/random-known.txt` do not fail the run.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::answers::{Answer, Evaluator};
use super::chance::Chance;
use super::grammar::Generator;
use super::tree::Tree;
use crate::options::Options;
use crate::scratch::Scratch;
use crate::{Outcome, binary};

/// Programs per process.
const BATCH: usize = 500;
/// Differences made small and shown, unless it is said how many.
const SHOWN: u64 = 12;
/// Smaller programs asked for at once, and how often, when one is made smaller.
const CANDIDATES: usize = 60;
const ROUNDS: usize = 40;

/// `cargo xtask compare random …`.
pub(super) fn command(mut options: Options) -> Outcome {
    let reference = Evaluator::reference(options.required("--reference")?);
    let ours = Evaluator::ours(options.value("--bin")?.map_or_else(binary::beside, Ok)?);
    let number = usize::try_from(options.number("--number", 1000)?).unwrap_or(1000);
    let seed = options.number("--seed", 1)?;
    let shown = options.number("--show", SHOWN)?;
    let print = options.flag("--print");
    let mut cache = Cache::open(options.value("--cache")?.map(PathBuf::from), seed);
    options.operands()?;

    let scratch = Scratch::new("random")?;
    let pair = Pair { reference, ours, folder: scratch.path() };
    let known = known()?;
    let (mut differ, mut expected, mut failing, mut done) = (0, 0, 0, 0);
    let start = Instant::now();
    while done < number {
        let count = BATCH.min(number - done);
        let programs: Vec<Tree> = (done..done + count).map(|at| generate(seed, at)).collect();
        if print {
            programs.iter().for_each(|tree| println!("{}\n", tree.text()));
        }
        let files = write(pair.folder, &programs)?;
        let theirs = match cache.get(done, count) {
            Some(known) => known,
            None => cache.keep(pair.reference.answers(pair.folder, &files)?)?,
        };
        let ours = pair.ours.answers(pair.folder, &files)?;
        for (at, tree) in programs.iter().enumerate() {
            failing += usize::from(theirs[at].fails());
            if theirs[at] == ours[at] {
                continue;
            }
            if known.iter().any(|text| theirs[at].has(text)) {
                expected += 1;
                continue;
            }
            // What stands before it in a list may show: an empty set that was printed already.
            let Some(first) = pair.alone(tree)? else { continue };
            differ += 1;
            if differ <= shown {
                show(seed, done + at, &pair.shrink(first)?);
            }
        }
        done += count;
    }
    println!(
        "random: {done} programs (seed {seed}) in {:.0} s, {failing} of them fail, {differ} differ, {expected} as listed",
        start.elapsed().as_secs_f64()
    );
    Ok(differ == 0)
}

/// Texts of answers that are known to differ: what stands before the colon in each line of the list.
fn known() -> Result<Vec<String>, String> {
    let file = binary::repository().join("xtask/random-known.txt");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| match line.rsplit_once(": ") {
            Some((text, reason)) if !reason.is_empty() => Ok(text.to_string()),
            _ => Err(format!("{}: no reason in '{line}'", file.display())),
        })
        .collect()
}

/// A program and the two answers.
#[derive(Clone)]
struct Difference {
    tree: Tree,
    theirs: Answer,
    ours: Answer,
}

/// The two that are compared, and a folder for programs.
struct Pair<'f> {
    reference: Evaluator,
    ours: Evaluator,
    folder: &'f Path,
}

impl Pair<'_> {
    /// The difference on a program that nothing stands before.
    fn alone(&self, tree: &Tree) -> Result<Option<Difference>, String> {
        let files = write(self.folder, std::slice::from_ref(tree))?;
        let theirs = self.reference.answers(self.folder, &files)?;
        let ours = self.ours.answers(self.folder, &files)?;
        let answers = theirs.into_iter().zip(ours).next();
        Ok(answers.filter(|(theirs, ours)| theirs != ours).map(|(theirs, ours)| Difference {
            tree: tree.clone(),
            theirs,
            ours,
        }))
    }

    /// A smaller program on which the two still differ, and the same of them fails.
    fn shrink(&self, first: Difference) -> Result<Difference, String> {
        let mut best = first;
        for _ in 0..ROUNDS {
            let candidates = best.tree.smaller();
            let mut found = None;
            for some in candidates.chunks(CANDIDATES) {
                found = self.first_difference(some, &best)?;
                if found.is_some() {
                    break;
                }
            }
            match found {
                Some(smaller) => best = smaller,
                None => break,
            }
        }
        Ok(best)
    }

    fn first_difference(
        &self,
        trees: &[Tree],
        like: &Difference,
    ) -> Result<Option<Difference>, String> {
        let files = write(self.folder, trees)?;
        let theirs = self.reference.answers(self.folder, &files)?;
        let ours = self.ours.answers(self.folder, &files)?;
        let answers = theirs.into_iter().zip(ours);
        let mut all = trees.iter().zip(answers);
        Ok(all.find_map(|(tree, (theirs, ours))| {
            let alike = theirs.fails() == like.theirs.fails() && ours.fails() == like.ours.fails();
            (theirs != ours && alike).then(|| Difference { tree: tree.clone(), theirs, ours })
        }))
    }
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

/// Each program has a seed of its own, so that it can be made again alone.
fn generate(seed: u64, at: usize) -> Tree {
    let mut chance = Chance::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(at as u64));
    chance.next();
    Generator::new(&mut chance).program()
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

fn show(seed: u64, at: usize, found: &Difference) {
    let text = |answer: &Answer| match answer {
        Answer::Value(text) => text.clone(),
        Answer::Error(text) => format!("fails: {}", text.trim_end()),
        Answer::Broken(text) => format!("BROKEN {text}"),
    };
    let Difference { tree, theirs, ours } = found;
    println!("── program {at} of seed {seed}");
    println!("{}\n- {}\n+ {}\n", tree.text(), text(theirs), text(ours));
}
