//! How the output of a case is judged.
//!
//! A succeeding case passes if status and standard output agree, and standard error where the suite has one.
//! A failing case passes if it fails with status 1 and its last `error:` line is the expected one; whether the whole
//! text agrees as well is counted separately, for it depends on how much of a trace is kept.

use super::cases::{Case, Group, Suite};
use crate::diff;
use crate::process::Ran;

/// What came of one case.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) name: String,
    pub(super) group: Group,
    pub(super) passes: bool,
    /// The last `error:` line agrees (trivially so where nothing fails).
    pub(super) same_message: bool,
    /// All that is printed agrees.
    pub(super) same_text: bool,
    pub(super) difference: String,
}

/// Judges a case by the files beside it.
pub(super) fn of(case: &Case, ran: &Ran, suite: &Suite) -> Result<Verdict, String> {
    let text = |ending: &str| {
        let bytes = std::fs::read(suite.beside(&case.name, ending)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let stdout = String::from_utf8_lossy(&ran.stdout).into_owned();
    let stderr = processed(suite, case, String::from_utf8_lossy(&ran.stderr).into_owned());
    let (passes, same_message, same_text, difference) = match case.group {
        Group::ParseFail | Group::EvalFail => {
            let expected = text("err.exp");
            let same = stderr == expected;
            let message = ran.status == Some(1) && last_error(&stderr) == last_error(&expected);
            (message, message, same && message, diff::lines(&expected, &stderr))
        }
        Group::ParseOkay | Group::EvalOkay => {
            let (out, err) = (text("exp"), text("err.exp"));
            let passes = ran.success() && stdout == out && stderr == err;
            let difference = diff::lines(&out, &stdout) + &diff::lines(&err, &stderr);
            (passes, passes, passes, difference)
        }
        Group::EvalXml => {
            let expected = text("exp.xml");
            let passes = ran.success() && stdout == expected;
            (passes, passes, passes, diff::lines(&expected, &stdout) + &stderr)
        }
        Group::Tree => (false, false, false, String::new()),
    };
    let difference = format!("({})\n{difference}", ran.ending());
    let (name, group) = (case.name.clone(), case.group);
    Ok(Verdict { name, group, passes, same_message, same_text, difference })
}

/// Judges a printed tree by another program's.
pub(super) fn of_tree(case: &Case, theirs: &Ran, ours: &Ran) -> Verdict {
    let expected = String::from_utf8_lossy(&theirs.stdout).into_owned();
    let came = String::from_utf8_lossy(&ours.stdout).into_owned();
    let passes = theirs.success() == ours.success() && expected == came;
    Verdict {
        name: case.name.clone(),
        group: case.group,
        passes,
        same_message: passes,
        same_text: passes,
        difference: diff::lines(&expected, &came),
    }
}

/// The suite has one case whose line numbers are made unreadable before comparing: those of Nix's own source.
fn processed(suite: &Suite, case: &Case, stderr: String) -> String {
    if !suite.beside(&case.name, "postprocess").exists() {
        return stderr;
    }
    let mut out = String::new();
    for line in stderr.lines() {
        let bare = line.trim_start();
        let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let indent = line.len() - bare.len();
        if digits > 0 && indent + digits >= 8 {
            let kept = indent + digits - 8;
            out.push_str(&line[..kept]);
            out.push_str("<number>");
            out.push_str(&numbers(&bare[digits..]));
        } else {
            out.push_str(&numbers(line));
        }
        out.push('\n');
    }
    out
}

/// Every run of digits as `<number>`.
fn numbers(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in text.chars() {
        if character.is_ascii_digit() {
            if !inside {
                out.push_str("<number>");
            }
            inside = true;
        } else {
            out.push(character);
            inside = false;
        }
    }
    out
}

fn last_error(text: &str) -> Option<String> {
    let error = text.lines().rev().find(|line| line.trim_start().starts_with("error:"))?;
    Some(error.trim().to_string())
}
