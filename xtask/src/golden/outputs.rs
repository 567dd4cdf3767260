//! What each kind of block shows, and the call that produces it.
//!
//! | block | call |
//! |---|---|
//! | `value` | `nix-instantiate --eval --strict` |
//! | `lazy` | `nix-instantiate --eval` |
//! | `json`, `xml` | `--eval --strict --json`, `--eval --strict --xml --no-location` |
//! | `parse` | `--parse` |
//! | `error`, `at` | the final message of a failing `--eval --strict`, and the position it names |
//! | `stderr`, `trace` | the whole standard error of `--eval --strict`, without and with `--show-trace` |
//! | `drv` | the derivation as text |
//! | `tokens`, `ast`, `bytecode` | `dump KIND` |
//! | `stdout` | what the `run` block prints, or `nix-instantiate` with the `flags` block only |
//!
//! Invariants
//! - `file` and `link` blocks lay out what a program reads; a `tree` block copies a folder of the repository (`examples`).
//! - The folder of the case is printed as `/here`, and `/here` in `flags`, `run` and `env` means that folder.
//! - Bytes that are no text are printed as `\xHH`, so that a case file is always UTF-8.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::document::Document;
use crate::binary;
use crate::process::{Call, Ran};
use crate::scratch::{Scratch, copy_tree};

/// How the evaluator is made to work; the answers are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// As users run it.
    Default,
    /// Collecting garbage at every step.
    GcStress,
    /// With optimisations off.
    NoOpt,
}

impl Regime {
    /// The regimes a name stands for.
    pub fn parse(name: &str) -> Result<Vec<Self>, String> {
        Ok(match name {
            "default" => vec![Self::Default],
            "gc-stress" => vec![Self::GcStress],
            "no-opt" => vec![Self::NoOpt],
            "all" => vec![Self::Default, Self::GcStress, Self::NoOpt],
            other => return Err(format!("there is no regime '{other}'")),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::GcStress => "gc-stress",
            Self::NoOpt => "no-opt",
        }
    }

    fn variable(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Default => None,
            Self::GcStress => Some(("FRAZIL_GC", "stress")),
            Self::NoOpt => Some(("FRAZIL_OPT", "off")),
        }
    }
}

/// The program that answers.
#[derive(Clone, Debug)]
pub struct Driver {
    program: String,
    /// The regime it runs under.
    pub regime: Regime,
    /// It is a reference Nix: it has no `dump`, and is believed.
    pub reference: bool,
}

impl Driver {
    /// Our own binary.
    #[must_use]
    pub fn ours(program: &str, regime: Regime) -> Self {
        Self { program: program.into(), regime, reference: false }
    }

    /// A reference Nix.
    #[must_use]
    pub fn reference(program: &str) -> Self {
        Self { program: program.into(), regime: Regime::Default, reference: true }
    }

    /// Whether this driver can be asked for a kind of block.
    #[must_use]
    pub fn answers(&self, kind: &str) -> bool {
        match kind {
            "value" | "lazy" | "json" | "xml" | "parse" | "error" | "at" | "stderr" | "trace"
            | "drv" => true,
            "stdout" => true,
            "tokens" | "ast" | "bytecode" => !self.reference && self.regime == Regime::Default,
            _ => false,
        }
    }
}

/// A case laid out in a folder, with the answers got so far.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    driver: &'a Driver,
    document: &'a Document,
    scratch: Scratch,
    here: PathBuf,
    ran: RefCell<HashMap<Vec<String>, Ran>>,
}

impl<'a> Layout<'a> {
    /// Writes the files of a case.
    pub(super) fn new(driver: &'a Driver, document: &'a Document) -> Result<Self, String> {
        let scratch = Scratch::new("golden")?;
        let here = scratch.path().join("here");
        std::fs::create_dir_all(&here).map_err(|error| error.to_string())?;
        if let Some(block) = document.block("nix") {
            write(&here.join("main.nix"), &block.bytes()?)?;
        }
        for block in document.blocks().filter(|block| block.kind == "file") {
            let name = block.words.first().ok_or("a file block without a name")?;
            if name.starts_with('/') || name.split('/').any(|part| part == "..") {
                return Err(format!("file '{name}' is outside the case"));
            }
            write(&here.join(name), &block.bytes()?)?;
        }
        for block in document.blocks().filter(|block| block.kind == "tree") {
            let name = block.words.first().ok_or("a tree block without a name")?;
            copy_tree(&binary::repository().join(name), &here.join(name));
        }
        for block in document.blocks().filter(|block| block.kind == "link") {
            link(&here, block.words.first(), block.body.trim())?;
        }
        Ok(Self { driver, document, scratch, here, ran: RefCell::default() })
    }

    /// What the driver says for a kind of block.
    pub(super) fn output(&self, kind: &str) -> Result<String, String> {
        let eval: &[&str] = match kind {
            "lazy" => &["--eval"],
            "json" => &["--eval", "--strict", "--json"],
            "xml" => &["--eval", "--strict", "--xml", "--no-location"],
            "parse" => &["--parse"],
            "trace" => &["--eval", "--strict", "--show-trace"],
            _ => &["--eval", "--strict"],
        };
        match kind {
            "value" | "lazy" | "json" | "xml" | "parse" => {
                Ok(self.answer(&self.run(&self.instantiate(eval))?))
            }
            "error" => Ok(match self.failure(eval)? {
                Ok((message, _)) => message,
                Err(text) => text,
            }),
            "at" => Ok(match self.failure(eval)? {
                Ok((_, at)) => at,
                Err(text) => text,
            }),
            "stderr" | "trace" => Ok(self.text(&self.run(&self.instantiate(eval))?.stderr)),
            "drv" if self.driver.reference => self.derivation_of_reference(),
            "drv" => self.dump("drv"),
            "tokens" | "ast" | "bytecode" => self.dump(kind),
            "stdout" => {
                let words = match self.document.block("run") {
                    Some(block) => self.words(&block.body),
                    None => self.instantiate(&[]),
                };
                Ok(self.answer(&self.run(&words)?))
            }
            other => Err(format!("'{other}' is no kind of output")),
        }
    }

    /// Whether `--eval --strict` succeeds.
    pub(super) fn succeeds(&self) -> Result<bool, String> {
        Ok(self.run(&self.instantiate(&["--eval", "--strict"]))?.success())
    }

    fn failure(&self, eval: &[&str]) -> Result<Result<(String, String), String>, String> {
        let ran = self.run(&self.instantiate(eval))?;
        if ran.success() {
            return Ok(Err(format!("(no error)\n{}", self.text(&ran.stdout))));
        }
        if ran.status != Some(1) {
            return Ok(Err(format!("({})\n{}", ran.ending(), self.text(&ran.stderr))));
        }
        Ok(Ok(final_error(&self.text(&ran.stderr))))
    }

    fn dump(&self, kind: &str) -> Result<String, String> {
        let mut words = ["dump", kind, "main.nix"].map(String::from).to_vec();
        if let Some(block) = self.document.block("flags") {
            words.extend(self.words(&block.body));
        }
        Ok(self.answer(&self.run(&words)?))
    }

    /// A reference shows a derivation by writing it into a store.
    fn derivation_of_reference(&self) -> Result<String, String> {
        let store = self.scratch.path().join("store");
        let store_words = ["--store".to_string(), store.display().to_string()];
        let mut words = self.instantiate(&[]);
        words.splice(1..1, store_words);
        let ran = self.run(&words)?;
        let printed = self.text(&ran.stdout);
        let Some(path) = printed.lines().next().filter(|_| ran.success()) else {
            return Ok(self.answer(&ran));
        };
        let path = path.split('!').next().unwrap_or(path);
        let file = store.join(path.trim_start_matches('/'));
        let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(self.text(&bytes))
    }

    /// `nix-instantiate`, the flags of the case, those of the block, the file.
    fn instantiate(&self, eval: &[&str]) -> Vec<String> {
        let mut words = vec!["nix-instantiate".to_string()];
        words.extend(eval.iter().map(ToString::to_string));
        if let Some(block) = self.document.block("flags") {
            words.extend(self.words(&block.body));
        }
        words.push("main.nix".into());
        words
    }

    /// The lines of a block, one word each, with `/here` made real.
    fn words(&self, body: &str) -> Vec<String> {
        let here = self.here.display().to_string();
        body.lines().map(|line| line.replace("/here", &here)).collect()
    }

    fn run(&self, words: &[String]) -> Result<Ran, String> {
        if let Some(ran) = self.ran.borrow().get(words) {
            return Ok(ran.clone());
        }
        let mut call = Call::new(&self.driver.program, &self.here).args(words);
        call.env = binary::environment(self.scratch.path());
        if let Some((name, value)) = self.driver.regime.variable() {
            call.env.push((name.into(), value.into()));
        }
        if let Some(block) = self.document.block("env") {
            for line in self.words(&block.body) {
                let (name, value) = line.split_once('=').ok_or("an env line without '='")?;
                call.env.push((name.into(), OsString::from(value)));
            }
        }
        if let Some(block) = self.document.block("stdin") {
            call.stdin = block.bytes()?;
        }
        let ran = call.run()?;
        self.ran.borrow_mut().insert(words.to_vec(), ran.clone());
        Ok(ran)
    }

    /// Standard output, or how it failed.
    fn answer(&self, ran: &Ran) -> String {
        if ran.success() {
            return self.text(&ran.stdout);
        }
        format!("({})\n{}", ran.ending(), self.text(&ran.stderr))
    }

    /// Printed bytes as a block's body.
    fn text(&self, bytes: &[u8]) -> String {
        let mut text = readable(bytes);
        text = text.replace(&self.here.display().to_string(), "/here");
        text = text.replace(&self.scratch.path().display().to_string(), "/home");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// Text as it is; bytes that are no text, and control characters, as `\xHH`.
fn readable(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_ascii_control() && !matches!(character, '\n' | '\t') {
                out.push_str(&format!("\\x{:02x}", u32::from(character)));
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The last `error:` of a standard error without the lines of source shown, and the position it names.
#[must_use]
pub fn final_error(stderr: &str) -> (String, String) {
    let lines: Vec<&str> = stderr.lines().collect();
    let is_error = |line: &&str| line.trim_start().starts_with("error:");
    let Some(start) = lines.iter().rposition(is_error) else {
        return (stderr.to_string(), String::new());
    };
    let indent = lines[start].len() - lines[start].trim_start().len();
    let (mut message, mut at) = (String::new(), String::new());
    for line in &lines[start..] {
        let bare = line.trim_start();
        if bare.is_empty() || is_source(bare) {
            continue;
        }
        if bare.starts_with("at ") && bare.ends_with(':') {
            at.push_str(bare.trim_end_matches(':'));
            at.push('\n');
            continue;
        }
        let spaces = line.len() - bare.len();
        let indent = if bare.starts_with("Did you mean ") { spaces } else { indent.max(7) };
        message.push_str(&line[indent.min(spaces)..]);
        message.push('\n');
    }
    (message, at)
}

/// `12| let` and `  |     ^`.
fn is_source(bare: &str) -> bool {
    let after = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    after.starts_with("| ") || after == "|"
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |error| format!("cannot write {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(path, bytes).map_err(fail)
}

#[cfg(unix)]
fn link(here: &Path, name: Option<&String>, target: &str) -> Result<(), String> {
    let name = name.ok_or("a link block without a name")?;
    std::os::unix::fs::symlink(target, here.join(name)).map_err(|error| format!("{name}: {error}"))
}

#[cfg(not(unix))]
fn link(_: &Path, _: Option<&String>, _: &str) -> Result<(), String> {
    Err("links cannot be made here".into())
}

#[cfg(test)]
mod tests {
    use super::final_error;

    #[test]
    fn the_last_error_counts() {
        let text = "error:\n       … while calling\n         at /here/main.nix:1:1:\n            1| f 1\n             | ^\n\n       error: no\n       at /here/main.nix:2:3:\n            2| x\n             | ^\n       Did you mean y?\n";
        let (message, at) = final_error(text);
        assert_eq!(message, "error: no\nDid you mean y?\n");
        assert_eq!(at, "at /here/main.nix:2:3\n");
    }
}
