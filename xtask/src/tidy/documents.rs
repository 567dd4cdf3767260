//! Documents: every path they name exists, and every case that the table of golden cases names.
//!
//! In:  `*.md` at the root and under `docs/`.   Out: a complaint for each path in `code` or in a link that leads nowhere.
//! A word in code is a path if it begins with a folder of the root, is a file of the root by its looks, or ends in `.rs`.
//! Words with capitals only, stars, braces or dots for something are patterns, not paths.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Findings;

pub(super) fn check(root: &Path, files: &[PathBuf], findings: &mut Findings) -> Result<(), String> {
    let known = Known::new(files);
    for file in files.iter().filter(|file| is_document(file)) {
        let text = std::fs::read_to_string(root.join(file)).map_err(|error| error.to_string())?;
        for (number, line) in prose(&text) {
            let dead = words_in_code(line).filter(|word| known.is_dead(word)).collect::<Vec<_>>();
            let links =
                links(line).filter(|target| known.is_dead_link(file, target)).collect::<Vec<_>>();
            for word in dead.into_iter().chain(links) {
                findings
                    .complaints
                    .push(format!("{}:{number}: there is no {word}", file.display()));
            }
        }
    }
    cases(root, &known, findings)
}

/// The table of golden cases: folders in code with a colon behind them, and the names of their cases.
fn cases(root: &Path, known: &Known, findings: &mut Findings) -> Result<(), String> {
    let table = Path::new("tests/golden/README.md");
    let text = std::fs::read_to_string(root.join(table)).map_err(|error| error.to_string())?;
    for (number, line) in prose(&text).filter(|(_, line)| line.starts_with('|')) {
        let mut folder = "";
        let cell = line.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap_or(line);
        for (word, behind) in cell.split('`').skip(1).zip(cell.split('`').skip(2)).step_by(2) {
            if behind.starts_with(':') {
                folder = word;
            } else if !known.paths.contains(&format!("tests/golden/{folder}/{word}.md")) {
                let table = table.display();
                findings.complaints.push(format!("{table}:{number}: no case {folder}/{word}"));
            }
        }
    }
    Ok(())
}

/// At the root or under `docs/`; a changelog names what is gone.
fn is_document(file: &Path) -> bool {
    let markdown = file.extension().is_some_and(|extension| extension == "md");
    let place = file.components().count() == 1 || file.starts_with("docs");
    markdown && place && !file.ends_with("CHANGELOG.md")
}

/// The lines outside fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((at + 1, line))
    })
}

/// The words between backticks.
fn words_in_code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).flat_map(str::split_whitespace)
}

/// What `[…](target)` points at.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// All that exists.
struct Known {
    paths: BTreeSet<String>,
    tops: BTreeSet<String>,
}

impl Known {
    fn new(files: &[PathBuf]) -> Self {
        let mut paths = BTreeSet::new();
        for file in files {
            for ancestor in file.ancestors().filter(|path| path.components().next().is_some()) {
                paths.insert(ancestor.display().to_string().replace('\\', "/"));
            }
        }
        let tops = paths.iter().filter(|path| !path.contains('/')).cloned().collect();
        Self { paths, tops }
    }

    fn is_dead(&self, word: &str) -> bool {
        let word = word.trim_end_matches([',', ';', ':', '.', '/']).trim_start_matches("./");
        if word.contains(['*', '<', '>', '{', '}', '…', '$', '(', '=', '"', '\'', '|', '#', '@'])
            || word.contains("..")
        {
            return false;
        }
        let parts: Vec<&str> = word.split('/').collect();
        if parts.iter().any(|part| is_pattern(part)) {
            return false;
        }
        let folder = parts.len() > 1 && self.tops.contains(parts[0]);
        if folder {
            return !self.paths.contains(word);
        }
        let source = word.ends_with(".rs") && word.len() > 3 && !word.starts_with('.');
        source && !self.paths.iter().any(|path| path == word || path.ends_with(&format!("/{word}")))
    }

    fn is_dead_link(&self, from: &Path, target: &str) -> bool {
        let target = target.split('#').next().unwrap_or_default();
        if target.is_empty() || target.contains(':') {
            return false;
        }
        let mut parts: Vec<String> = from
            .parent()
            .into_iter()
            .flat_map(Path::components)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                other => parts.push(other.into()),
            }
        }
        !parts.is_empty() && !self.paths.contains(&parts.join("/"))
    }
}

/// `SUBJECT` and `NAME.md` stand for something else; `README.md` and its like do not.
fn is_pattern(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part);
    let real = ["README", "LICENSE", "CHANGELOG", "CONTRIBUTING", "ARCHITECTURE"];
    stem.len() > 1
        && stem.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        && !real.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::{Known, words_in_code};
    use std::path::{Path, PathBuf};

    #[test]
    fn only_paths_are_looked_for() {
        let files = ["crates/eval/src/vm.rs", "docs/a.md"].map(PathBuf::from);
        let known = Known::new(&files);
        let dead = |line| words_in_code(line).filter(|word| known.is_dead(word)).count();
        assert_eq!(dead("see `crates/eval/src/vm.rs`, `vm.rs` and `crates/eval/`"), 0);
        assert_eq!(dead("see `crates/gone.rs` and `gone.rs` and `a // b`, `crates/NAME/src`"), 2);
        assert!(known.is_dead_link(Path::new("docs/a.md"), "b.md"));
        assert!(!known.is_dead_link(Path::new("docs/a.md"), "../crates/eval"));
        assert!(!known.is_dead_link(Path::new("docs/a.md"), "https://example.org/x"));
    }
}
