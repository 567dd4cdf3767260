//! Workloads: programs under `bench/`, each with sizes and with what must come out.
//!
//! In:  files that begin with comments: what is measured, then a line per size, `# SIZE: ARGUMENTS => ANSWER`.
//! Out: workloads, ready to be run.
//!
//! ARGUMENTS are those of `nix-instantiate`. NIXPKGS among them stands for the checkout, TEXT-n for a generated file of n
//! packages. Without ANSWER, because it depends on the checkout, the first command's answer is expected of the others.
//! Size `gate` is small, for counting instructions, and is run only if named. A file without such lines, from elsewhere,
//! has size `full` and takes the checkout.

use std::path::{Path, PathBuf};

use super::text;
use crate::binary;

/// A program at a size.
#[derive(Debug)]
pub(super) struct Workload {
    /// `fib`, `fib@gate`, `packages@100`.
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) args: Vec<String>,
    /// What must be printed, if it is known.
    pub(super) answer: Option<String>,
}

/// Where workloads are found and what stands for the capital words in them.
pub(super) struct Places {
    pub(super) folders: Vec<PathBuf>,
    nixpkgs: Option<PathBuf>,
    /// Generated files are written here.
    generated: PathBuf,
}

impl Places {
    pub(super) fn new(nixpkgs: Option<PathBuf>) -> Result<Self, String> {
        let root = binary::repository();
        let absolute = |path: PathBuf| {
            path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
        };
        let nixpkgs = nixpkgs.map(absolute).transpose()?;
        let generated = root.join("target/bench");
        Ok(Self { folders: vec![root.join("bench")], nixpkgs, generated })
    }

    /// Those that a filter names (all, without filters), as far as what they need is there.
    ///
    /// A filter is a part of a file's name, or `NAME@SIZE`, or `@SIZE`.
    pub(super) fn workloads(&self, filters: &[String]) -> Result<Vec<Workload>, String> {
        let mut found = Vec::new();
        for file in self.files()? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let read = std::fs::read_to_string(&file);
            let text = read.map_err(|error| format!("{}: {error}", file.display()))?;
            for size in sizes(&text) {
                if wanted(filters, &stem, size.name) {
                    found.extend(self.workload(&stem, &file, &size)?);
                }
            }
        }
        Ok(found)
    }

    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let mut files = Vec::new();
        for folder in &self.folders {
            let fail = |error| format!("cannot list {}: {error}", folder.display());
            let folder = folder.canonicalize().map_err(fail)?;
            let mut here = Vec::new();
            for entry in std::fs::read_dir(&folder).map_err(fail)? {
                here.push(entry.map_err(fail)?.path());
            }
            here.retain(|file| file.extension().is_some_and(|extension| extension == "nix"));
            here.sort();
            files.extend(here);
        }
        Ok(files)
    }

    /// None if it needs a checkout and there is none.
    fn workload(
        &self,
        stem: &str,
        file: &Path,
        size: &Size<'_>,
    ) -> Result<Option<Workload>, String> {
        let mut args = Vec::new();
        for word in size.args.split_whitespace() {
            if word == "NIXPKGS" {
                let Some(nixpkgs) = &self.nixpkgs else { return Ok(None) };
                args.push(nixpkgs.display().to_string());
            } else if let Some(packages) = word.strip_prefix("TEXT-") {
                args.push(text::file(&self.generated, packages)?.display().to_string());
            } else {
                args.push(word.into());
            }
        }
        let name = if size.name == "full" { stem.into() } else { format!("{stem}@{}", size.name) };
        let answer = size.answer.map(String::from);
        Ok(Some(Workload { name, file: file.to_path_buf(), args, answer }))
    }
}

impl Workload {
    /// Complains about another answer than the expected one; the first answer sets what is expected if nothing does.
    pub(super) fn check(
        &self,
        expected: &mut Option<String>,
        answer: &str,
        by: &str,
    ) -> Result<(), String> {
        let expected = expected.get_or_insert_with(|| answer.into());
        if expected == answer {
            return Ok(());
        }
        Err(format!("{}: {by} answers\n  {answer}\ninstead of\n  {expected}", self.name))
    }
}

/// One size line.
struct Size<'a> {
    name: &'a str,
    args: &'a str,
    answer: Option<&'a str>,
}

fn sizes(text: &str) -> Vec<Size<'_>> {
    let comments = text.lines().map_while(|line| line.strip_prefix("# "));
    let sizes: Vec<Size<'_>> = comments.filter_map(size).collect();
    if sizes.is_empty() {
        return vec![Size { name: "full", args: "--arg nixpkgs NIXPKGS", answer: None }];
    }
    sizes
}

fn size(line: &str) -> Option<Size<'_>> {
    let (name, rest) = line.split_once(": ")?;
    let is_size = name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && rest.starts_with("--");
    let (args, answer) = match rest.split_once(" => ") {
        Some((args, answer)) => (args, Some(answer)),
        None => (rest, None),
    };
    is_size.then_some(Size { name, args, answer })
}

fn wanted(filters: &[String], stem: &str, size: &str) -> bool {
    if filters.is_empty() {
        return size != "gate";
    }
    filters.iter().any(|filter| match filter.split_once('@') {
        Some((part, named)) => size == named && (part.is_empty() || part == stem),
        None => size != "gate" && stem.contains(filter.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::{sizes, wanted};

    #[test]
    fn sizes_are_read_from_the_comments_at_the_head() {
        let text = "# Adds: much.\n# full: --arg n 3 => \"a => b\"\n# all: --arg nixpkgs NIXPKGS\n{ n }: n\n# no: --arg n 4\n";
        let found: Vec<_> =
            sizes(text).into_iter().map(|size| (size.name, size.args, size.answer)).collect();
        let full = ("full", "--arg n 3", Some("\"a => b\""));
        assert_eq!(found, [full, ("all", "--arg nixpkgs NIXPKGS", None)]);
        assert_eq!(sizes("{ nixpkgs }: 1")[0].args, "--arg nixpkgs NIXPKGS");
    }

    #[test]
    fn filters_name_files_and_sizes() {
        let wanted = |filter: &str, stem, size| wanted(&[filter.to_string()], stem, size);
        assert!(wanted("pack", "packages", "100") && !wanted("pack", "packages", "gate"));
        assert!(wanted("packages@100", "packages", "100"));
        assert!(
            !wanted("packages@100", "packages", "1000") && !wanted("pack@100", "packages", "100")
        );
        assert!(wanted("@gate", "fib", "gate") && !wanted("@gate", "fib", "full"));
    }
}
