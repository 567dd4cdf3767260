//! The cases of the suite and how each is run.
//!
//! A file's name says its group: `parse-fail-*`, `parse-okay-*`, `eval-fail-*`, `eval-okay-*`. Beside it may stand
//! `.flags`, `.exp` (standard output), `.err.exp` (standard error), `.exp.xml`, and `.postprocess`.

use std::path::{Path, PathBuf};

use super::copy;
use crate::process::{Call, Ran};

/// What is expected of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    ParseFail,
    ParseOkay,
    EvalFail,
    EvalOkay,
    EvalXml,
    Tree,
}

impl Group {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ParseFail => "parse-fail",
            Self::ParseOkay => "parse-okay",
            Self::EvalFail => "eval-fail",
            Self::EvalOkay => "eval-okay",
            Self::EvalXml => "eval-okay-xml",
            Self::Tree => "parse-tree",
        }
    }
}

/// One file of the suite.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) group: Group,
}

/// The suite in a folder of our own.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) root: PathBuf,
    pub(super) cases: Vec<Case>,
}

impl Suite {
    /// Copies the suite and lists its cases.
    pub(super) fn lay_out(lang: &Path, scratch: &Path) -> Result<Self, String> {
        let root = scratch.join("suite");
        copy(lang, &root.join("lang"))?;
        let etc = scratch.join("etc");
        std::fs::create_dir_all(&etc).map_err(|error| error.to_string())?;
        let settings =
            "show-trace = true\nexperimental-features = nix-command flakes\nsubstituters =\n";
        std::fs::write(etc.join("nix.conf"), settings).map_err(|error| error.to_string())?;
        let mut suite = Self { root, cases: Vec::new() };
        for name in suite.names()? {
            let group = match name.split('-').take(2).collect::<Vec<_>>().join("-").as_str() {
                "parse-fail" => Group::ParseFail,
                "parse-okay" => Group::ParseOkay,
                "eval-fail" => Group::EvalFail,
                "eval-okay" if suite.beside(&name, "exp.xml").exists() => Group::EvalXml,
                "eval-okay" if suite.beside(&name, "exp-disabled").exists() => continue,
                "eval-okay" => Group::EvalOkay,
                _ => continue,
            };
            suite.cases.push(Case { name, group });
        }
        Ok(suite)
    }

    /// Every file that should parse, to have its tree printed.
    pub(super) fn trees(&self) -> Vec<Case> {
        let parsing = self.cases.iter().filter(|case| case.group != Group::ParseFail);
        parsing
            .map(|case| Case { name: format!("tree/{}", case.name), group: Group::Tree })
            .collect()
    }

    fn names(&self) -> Result<Vec<String>, String> {
        let folder = self.root.join("lang");
        let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".nix").map(String::from))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The file of a case with another ending.
    pub(super) fn beside(&self, name: &str, ending: &str) -> PathBuf {
        self.root.join(format!("lang/{name}.{ending}"))
    }

    /// Runs a case; the folder of the suite is printed as `/pwd`.
    pub(super) fn run(&self, case: &Case, program: &str) -> Result<Ran, String> {
        let name = case.name.trim_start_matches("tree/");
        let file = format!("lang/{name}.nix");
        let flags = std::fs::read_to_string(self.beside(name, "flags")).ok();
        let words = |text: &str| -> Vec<String> {
            let bare = text.lines().map(|line| line.split('#').next().unwrap_or(line));
            bare.flat_map(str::split_whitespace).map(String::from).collect()
        };
        let mut call = Call::new(program, &self.root).args(["nix-instantiate"]);
        call.env = self.environment();
        match case.group {
            Group::ParseFail | Group::ParseOkay | Group::Tree => {
                call = call.args(["--parse", "-"]);
                call.stdin =
                    std::fs::read(self.root.join(&file)).map_err(|error| error.to_string())?;
            }
            Group::EvalFail => {
                let flags = flags.unwrap_or_else(|| "--eval --strict --show-trace".into());
                call = call.args(words(&flags)).args([file]);
            }
            Group::EvalXml => {
                call = call.args(["--eval", "--xml", "--no-location", "--strict"]).args([file]);
            }
            Group::EvalOkay => {
                let first =
                    flags.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
                let first = first.split_whitespace().map(String::from).collect::<Vec<_>>();
                call = call.args(first).args(["--eval", "--strict"]).args([file]);
                call.env.retain(|(name, _)| name != "HOME");
                call.env.push(("NIX_PATH".into(), "lang/dir3:lang/dir4".into()));
                call.env.push(("HOME".into(), "/fake-home".into()));
            }
        }
        let mut ran = call.run()?;
        ran.stdout = self.without_folder(&ran.stdout);
        ran.stderr = self.without_folder(&ran.stderr);
        Ok(ran)
    }

    fn environment(&self) -> Vec<(String, std::ffi::OsString)> {
        let scratch = self.root.parent().unwrap_or(&self.root);
        let mut env = crate::binary::environment(scratch);
        env.retain(|(name, _)| name != "NIX_PATH" && name != "NIX_USER_CONF_FILES");
        for (name, value) in
            [("TEST_VAR", "foo"), ("IMPURE_VAR1", "foo"), ("IMPURE_VAR2", "bar"), ("PAGER", "cat")]
        {
            env.push((name.into(), value.into()));
        }
        env
    }

    fn without_folder(&self, bytes: &[u8]) -> Vec<u8> {
        let folder = self.root.display().to_string();
        replace(bytes, folder.as_bytes(), b"/pwd")
    }
}

/// All occurrences of `from`.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out
}
