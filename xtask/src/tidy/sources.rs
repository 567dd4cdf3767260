//! Source files: a header each, a bearable length, names that say something, `unsafe` only where it is allowed.

use std::path::{Path, PathBuf};

use super::Findings;

/// Above this a file is remarked upon.
const LONG: usize = 400;
/// Above this it is complained about.
const TOO_LONG: usize = 700;
/// The machine's loop is one function, so that its state stays in registers; it may be this long.
const ONE_LOOP: (&str, usize) = ("crates/eval/src/vm/run.rs", 1000);
/// Words that name a drawer, not a thing.
const EMPTY_WORDS: [&str; 8] =
    ["util", "utils", "helper", "helpers", "manager", "misc", "common", "stuff"];
/// Crates that may hold `unsafe` code.
const UNSAFE_CRATES: [&str; 2] = ["eval", "allocator"];

pub(super) fn check(root: &Path, files: &[PathBuf], findings: &mut Findings) -> Result<(), String> {
    for file in files {
        let shown = file.display().to_string().replace('\\', "/");
        if let Some(word) = empty_word(file) {
            findings.complaints.push(format!("{shown}: '{word}' says nothing"));
        }
        if file.extension().is_none_or(|extension| extension != "rs") || shown.starts_with("fuzz/")
        {
            continue;
        }
        let text = std::fs::read_to_string(root.join(file))
            .map_err(|error| format!("{shown}: {error}"))?;
        if !text.starts_with("//! ") {
            findings
                .complaints
                .push(format!("{shown}: no header (`//! what it is`) in the first line"));
        }
        let lines = text.lines().count();
        let most = if shown == ONE_LOOP.0 { ONE_LOOP.1 } else { TOO_LONG };
        if lines > most {
            findings.complaints.push(format!("{shown}: {lines} lines, {most} at most"));
        } else if lines > LONG {
            findings.remarks.push(format!("{shown}: {lines} lines, {LONG} are better"));
        }
        if is_root(&shown) && !may_be_unsafe(&shown) && !text.contains("#![forbid(unsafe_code)]") {
            findings.complaints.push(format!("{shown}: no `#![forbid(unsafe_code)]`"));
        }
    }
    Ok(())
}

fn empty_word(file: &Path) -> Option<&'static str> {
    let stem = file.file_stem()?.to_string_lossy().to_ascii_lowercase();
    let mut words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    words.find_map(|word| EMPTY_WORDS.into_iter().find(|empty| *empty == word))
}

/// The first file of a crate.
fn is_root(shown: &str) -> bool {
    shown.ends_with("/src/lib.rs") || shown.ends_with("/src/main.rs")
}

fn may_be_unsafe(shown: &str) -> bool {
    UNSAFE_CRATES.iter().any(|name| shown.starts_with(&format!("crates/{name}/")))
}

#[cfg(test)]
mod tests {
    use super::empty_word;
    use std::path::Path;

    #[test]
    fn words_are_looked_at_whole() {
        assert_eq!(empty_word(Path::new("a/string_utils.rs")), Some("utils"));
        assert_eq!(empty_word(Path::new("a/utility.rs")), None);
    }
}
