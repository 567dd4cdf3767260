//! The declaration of commands and flags, and what a command line says in their terms.
//!
//! In: words. Out: [`Said`], one for each flag and operand, in order. Parsing, help, completions and man pages all come from
//! the tables in `table.rs`; settings (`config/`) are flags too, by their names.
//!
//! Not here: what flags do (the commands).

mod parse;
mod table;

pub(crate) use parse::{Said, parse};
pub(crate) use table::{COMMANDS, Command};

/// One flag.
#[derive(Debug)]
pub(crate) struct Flag {
    /// What the commands know it by.
    pub(crate) id: Id,
    /// Its names, the first is the one shown.
    pub(crate) long: &'static [&'static str],
    /// Its letter.
    pub(crate) short: Option<u8>,
    /// The names of the words that follow it.
    pub(crate) values: &'static [&'static str],
    /// What it does; empty for those that are accepted and mean nothing here.
    pub(crate) help: &'static str,
}

/// What a flag is to the commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Id {
    // Everywhere.
    Help,
    Version,
    Verbose,
    Quiet,
    Debug,
    Option,
    LogFormat,
    ShowTrace,
    Color,
    ErrorFormat,
    Ignored,
    MaxJobs,
    Number,
    EvalStore,
    OverrideFlake,
    // What evaluates.
    Arg,
    ArgStr,
    ArgFromFile,
    ArgFromStdin,
    Include,
    Impure,
    Store,
    ReadOnly,
    Stats,
    NoCodeCache,
    Timeout,
    // What prints.
    Eval,
    Strict,
    Json,
    Xml,
    NoLocation,
    Raw,
    Parse,
    Expr,
    Attr,
    FindFile,
    ReadWrite,
    AddRoot,
    DryRun,
    NoGcWarning,
    File,
    Apply,
    Pretty,
    NoPretty,
    WriteTo,
    ExprValue,
    Deny,
    Explain,
}
