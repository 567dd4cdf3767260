//! What an evaluator makes of programs, many in one process.
//!
//! In:  an evaluator, programs as files of one folder.   Out: an `Answer` for each, in order.
//!
//! `eval` shows an error inside of a value where the value would stand and goes on, so one list of all programs with a
//! mark before each is one process; the folder is shown as `/here`. What ends the process nevertheless (too many nested calls) is found by halving.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::binary;
use crate::golden::final_error;
use crate::process::{Call, Ran};

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// What is printed, errors inside of it included.
    Value(String),
    Error(String),
    /// It was ended by a signal or for taking too long.
    Broken(String),
}

impl Answer {
    /// Something in it failed.
    pub(super) fn fails(&self) -> bool {
        !matches!(self, Self::Value(text) if !text.contains(ERROR))
    }

    /// This is part of what is printed.
    pub(super) fn has(&self, part: &str) -> bool {
        let (Self::Value(text) | Self::Error(text) | Self::Broken(text)) = self;
        text.contains(part)
    }

    /// One line of a cache.
    pub(super) fn written(&self) -> String {
        let (kind, text) = match self {
            Self::Value(text) => ("value", text),
            Self::Error(text) => ("error", text),
            Self::Broken(text) => ("broken", text),
        };
        format!("{}\n", Json::from(vec![kind, text.as_str()]))
    }

    /// Such a line.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (kind, text) = serde_json::from_str::<(String, String)>(line).ok()?;
        Some(match kind.as_str() {
            "value" => Self::Value(text),
            "error" => Self::Error(text),
            _ => Self::Broken(text),
        })
    }
}

/// How an error inside of a value begins.
const ERROR: &str = "«error: ";

/// How either is asked.
const WORDS: &[&str] = &[
    "--extra-experimental-features",
    "nix-command pipe-operators",
    "--store",
    "dummy://",
    "--impure",
    "--read-only",
    "--no-pretty",
    "-f",
    "all.nix",
];

/// One that is asked.
#[derive(Clone, Debug)]
pub(super) struct Evaluator {
    program: String,
    /// The words for `eval`.
    eval: &'static [&'static str],
}

impl Evaluator {
    /// Ours.
    pub(super) fn ours(program: String) -> Self {
        Self { program, eval: &["eval"] }
    }

    /// A reference Nix.
    pub(super) fn reference(program: String) -> Self {
        Self { program, eval: &["nix", "eval"] }
    }

    /// One answer per file.
    pub(super) fn answers(&self, folder: &Path, files: &[PathBuf]) -> Result<Vec<Answer>, String> {
        let text: String = files
            .iter()
            .enumerate()
            .map(|(at, file)| format!("\"@@{at}\" (import ./{})\n", file.display()))
            .collect();
        std::fs::write(folder.join("all.nix"), format!("[\n{text}]\n"))
            .map_err(|error| error.to_string())?;
        let ran = self.run(folder, WORDS)?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        let printed = printed.replace(&folder.display().to_string(), "/here");
        if let Some(answers) = ran.success().then(|| parts(&printed, files.len())).flatten() {
            return Ok(answers);
        }
        if files.len() > 1 {
            let (first, second) = files.split_at(files.len() / 2);
            let mut answers = self.answers(folder, first)?;
            answers.extend(self.answers(folder, second)?);
            return Ok(answers);
        }
        let stderr = String::from_utf8_lossy(&ran.stderr);
        Ok(vec![match ran.status {
            Some(1) => Answer::Error(final_error(&stderr).0),
            _ => Answer::Broken(format!("{}: {}", ran.ending(), stderr.trim_end())),
        }])
    }

    fn run(&self, folder: &Path, words: &[&str]) -> Result<Ran, String> {
        let mut call = Call::new(&self.program, folder).args(self.eval.to_vec());
        call = call.args(words.to_vec());
        call.env = binary::environment(folder);
        call.limit = Duration::from_secs(120);
        call.run()
    }
}

/// The list's elements by the marks before them.
fn parts(printed: &str, expected: usize) -> Option<Vec<Answer>> {
    let mut rest = printed.strip_prefix("[ ")?.trim_end().strip_suffix(" ]")?;
    let mut answers = Vec::new();
    for at in 0..expected {
        rest = rest.strip_prefix(&format!("\"@@{at}\" "))?;
        let next = format!(" \"@@{}\" ", at + 1);
        let end = if at + 1 == expected { rest.len() } else { rest.find(&next)? };
        answers.push(Answer::Value(rest[..end].to_string()));
        rest = rest[end..].trim_start();
    }
    Some(answers)
}

#[cfg(test)]
mod tests {
    use super::{Answer, parts};

    #[test]
    fn a_list_comes_apart_at_its_marks() {
        let printed = "[ \"@@0\" [ 1 ] \"@@1\" «error: of\ntwo lines» ]\n";
        let answers = parts(printed, 2).unwrap();
        assert_eq!(answers[0], Answer::Value("[ 1 ]".into()));
        assert!(answers[1].fails() && !answers[0].fails());
        assert!(parts(printed, 3).is_none());
    }

    #[test]
    fn a_cached_answer_reads_as_it_was_written() {
        let answer = Answer::Error("error: a\n\"b\"".into());
        assert_eq!(Answer::read(answer.written().trim_end()), Some(answer));
    }
}
