//! What flags of a command line say about evaluation.
//!
//! In: flags, files they name. Out: [`EvalFlags`], from which a `World` is made.
//! Not here: which words are flags (`flags`), what settings mean (`settings`).

use crate::config::{self, Config, Refusal};
use crate::failure::{Failure, When};
use crate::flags::{Id, Said};
use crate::store_choice;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Where an automatic argument comes from.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// An expression.
    Expression(Vec<u8>),
    /// A string.
    Text(Vec<u8>),
}

/// What flags say about evaluation.
#[derive(Debug, Default)]
pub(crate) struct EvalFlags {
    /// Settings from files, the environment and flags.
    pub(crate) config: Config,
    /// The search path was set by a flag, which counts more than NIX_PATH.
    pub(crate) search_path_set: bool,
    /// What flags add to the search path of settings or NIX_PATH.
    pub(crate) search_path_added: Vec<Vec<u8>>,
    /// `-I`, in order.
    pub(crate) include: Vec<Vec<u8>>,
    /// `--arg` and its kin, in order.
    pub(crate) arguments: Vec<(Vec<u8>, Argument)>,
    /// `--store`
    pub(crate) store: Option<Vec<u8>>,
    /// Nothing is written.
    pub(crate) read_only: bool,
    /// Counters are printed.
    pub(crate) stats: bool,
    /// Errors are JSON.
    pub(crate) json_errors: bool,
    /// Colours in messages.
    pub(crate) color: When,
    /// Resolved files are neither looked for nor kept.
    pub(crate) no_code_cache: bool,
}

impl EvalFlags {
    /// Those of the environment.
    ///
    /// # Errors
    /// A file of settings is wrong.
    pub(crate) fn new() -> Result<EvalFlags, Failure> {
        Ok(EvalFlags { config: config::load()?, ..EvalFlags::default() })
    }

    /// Takes a flag if it is one of evaluation.
    ///
    /// # Errors
    /// Its value is wrong.
    pub(crate) fn take(&mut self, said: &Said) -> Result<bool, Failure> {
        match said {
            Said::Setting(name, value) => self.set(name, value)?,
            Said::Flag(id, values) => return self.take_flag(*id, values),
            Said::Operand(_) => return Ok(false),
        }
        Ok(true)
    }

    fn take_flag(&mut self, id: Id, values: &[Vec<u8>]) -> Result<bool, Failure> {
        let value = |index: usize| values.get(index).cloned().unwrap_or_default();
        match id {
            // Nix only warns of values it cannot use here.
            Id::Option => match self.set(&value(0), &value(1)) {
                Err(Refusal::Value(wrong)) => crate::output::warn(&wrong),
                result => result?,
            },
            Id::MaxJobs => self.set(b"max-jobs", &value(0))?,
            Id::Number => drop(config::number(&value(0)).map_err(Failure::Usage)?),
            Id::Include => self.include.push(value(0)),
            Id::Arg => self.argument(value(0), Argument::Expression(value(1))),
            Id::ArgStr => self.argument(value(0), Argument::Text(value(1))),
            Id::ArgFromFile => {
                let text = read_argument(&value(1))?;
                self.argument(value(0), Argument::Text(text));
            }
            Id::ArgFromStdin => {
                let text = read_stdin()?;
                self.argument(value(0), Argument::Text(text));
            }
            Id::Impure => self.config.set(b"pure-eval", b"false")?,
            Id::Timeout => self.set(b"eval-timeout", &value(0))?,
            Id::ShowTrace => self.config.set(b"show-trace", b"true")?,
            Id::Store => self.store = Some(store_choice::named(value(0))?),
            Id::EvalStore => drop(store_choice::named(value(0))?),
            Id::OverrideFlake => self.override_flake()?,
            Id::ReadOnly => self.read_only = true,
            Id::Stats => self.stats = true,
            Id::NoCodeCache => self.no_code_cache = true,
            Id::ErrorFormat => self.json_errors = is_json(&value(0))?,
            Id::Color => {
                let word = value(0);
                self.color = When::from_word(&word).ok_or_else(|| wrong_word("--color", &word))?;
            }
            Id::LogFormat => check_log_format(&value(0))?,
            Id::Verbose | Id::Quiet | Id::Debug | Id::Ignored => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// There are no flakes here to override; Nix does not know the flag without them.
    fn override_flake(&self) -> Result<(), Failure> {
        if self.config.has_feature("flakes") {
            return Ok(());
        }
        let text = "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it";
        Err(Failure::Plain(text.into()))
    }

    fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        if name == b"extra-nix-path" && !self.search_path_set {
            let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            self.search_path_added.extend(words.map(<[u8]>::to_vec));
            return Ok(());
        }
        self.config.set(name, value)?;
        if name == b"nix-path" {
            self.search_path_set = true;
            self.search_path_added.clear();
        }
        Ok(())
    }

    fn argument(&mut self, name: Vec<u8>, argument: Argument) {
        self.arguments.retain(|(known, _)| *known != name);
        self.arguments.push((name, argument));
    }
}

fn wrong_word(flag: &str, word: &[u8]) -> Failure {
    Failure::Usage(format!("'{}' is no value of '{flag}'", String::from_utf8_lossy(word)))
}

fn check_log_format(word: &[u8]) -> Result<(), Failure> {
    match word {
        b"raw" | b"bar" | b"bar-with-logs" => Ok(()),
        b"internal-json" => {
            crate::json_log::start();
            Ok(())
        }
        word => {
            let word = String::from_utf8_lossy(word);
            Err(Failure::Plain(format!("option 'log-format' has an invalid value '{word}'")))
        }
    }
}

fn is_json(word: &[u8]) -> Result<bool, Failure> {
    match word {
        b"json" => Ok(true),
        b"text" => Ok(false),
        word => Err(wrong_word("--error-format", word)),
    }
}

fn read_argument(path: &[u8]) -> Result<Vec<u8>, Failure> {
    let path = PathBuf::from(OsStr::from_bytes(path));
    std::fs::read(&path).map_err(|error| {
        Failure::Plain(format!("opening file \"{}\": {}", path.display(), system_text(&error)))
    })
}

/// What the system says, without Rust's number.
pub(crate) fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}

/// All of standard input.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut text);
    read.map_err(|error| {
        Failure::Plain(format!("reading standard input: {}", system_text(&error)))
    })?;
    Ok(text)
}
