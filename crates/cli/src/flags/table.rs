//! The tables: commands with their flags and examples.
//!
//! To add a flag: one row here, an `Id`, and the arm in the command that takes it.

use super::{Flag, Id};

/// A command.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) usage: &'static str,
    /// One line.
    pub(crate) about: &'static str,
    /// Its flags, in the groups in which help shows them.
    pub(crate) flags: &'static [(&'static str, &'static [Flag])],
    /// Whether it is one of Nix's older commands, whose flags are read by older rules.
    pub(crate) old: bool,
    /// Calls to learn from.
    pub(crate) examples: &'static [Example],
}

/// A call and what it does.
#[derive(Debug)]
pub(crate) struct Example {
    /// The call.
    pub(crate) call: &'static str,
    /// What it does.
    pub(crate) does: &'static str,
}

const fn flag(id: Id, long: &'static [&'static str], help: &'static str) -> Flag {
    Flag { id, long, short: None, values: &[], help }
}

impl Flag {
    const fn short(self, letter: u8) -> Flag {
        Flag { short: Some(letter), ..self }
    }
    const fn takes(self, values: &'static [&'static str]) -> Flag {
        Flag { values, ..self }
    }
}

/// What every command takes.
pub(crate) const COMMON: &[Flag] = &[
    flag(Id::Help, &["help"], "Show this text"),
    flag(Id::Version, &["version"], "Show the version"),
    flag(Id::ShowTrace, &["show-trace"], "Show the whole trace of an error"),
    flag(Id::Color, &["color"], "Colour in messages: auto, always, never").takes(&["when"]),
    flag(Id::ErrorFormat, &["error-format"], "How errors are written: text, json")
        .takes(&["format"]),
    flag(Id::Option, &["option"], "Set a setting, as in nix.conf").takes(&["name", "value"]),
    flag(Id::Verbose, &["verbose"], "Say more").short(b'v'),
    flag(Id::Quiet, &["quiet"], "Say less"),
    flag(Id::Debug, &["debug"], ""),
    flag(Id::LogFormat, &["log-format"], "").takes(&["format"]),
    flag(Id::Ignored, &["no-build-output"], "").short(b'Q'),
    flag(Id::Ignored, &["keep-failed"], "").short(b'K'),
    flag(Id::Ignored, &["keep-going"], "").short(b'k'),
    flag(Id::Ignored, &["fallback"], ""),
    flag(Id::Ignored, &["repair"], ""),
    flag(Id::MaxJobs, &["max-jobs"], "").short(b'j').takes(&["jobs"]),
    flag(Id::Number, &["max-silent-time", "timeout", "cores"], "").takes(&["number"]),
    flag(Id::EvalStore, &["eval-store"], "").takes(&["store"]),
    flag(Id::OverrideFlake, &["override-flake"], "").takes(&["from", "to"]),
];

/// What every command that evaluates takes.
pub(crate) const EVALUATION: &[Flag] = &[
    flag(Id::Include, &["include"], "Add to the search path: PATH or NAME=PATH")
        .short(b'I')
        .takes(&["path"]),
    flag(Id::Arg, &["arg"], "Call functions with this argument").takes(&["name", "expression"]),
    flag(Id::ArgStr, &["argstr"], "The same, as a string").takes(&["name", "string"]),
    flag(Id::ArgFromFile, &["arg-from-file"], "The same, with a file's contents")
        .takes(&["name", "path"]),
    flag(Id::ArgFromStdin, &["arg-from-stdin"], "The same, with what is on standard input")
        .takes(&["name"]),
    flag(Id::Impure, &["impure"], "Allow access to files, environment and time"),
    flag(Id::Store, &["store"], "Where derivations are written: a folder").takes(&["store"]),
    flag(Id::ReadOnly, &["readonly-mode"], "Write nothing into a store"),
    flag(Id::Stats, &["stats"], "Print counters of the evaluation"),
    flag(Id::NoCodeCache, &["no-code-cache"], "Read and parse every file again, keep none"),
];

const INSTANTIATE: &[Flag] = &[
    flag(Id::Eval, &["eval", "eval-only"], "Print values, write nothing"),
    flag(Id::Strict, &["strict"], "Evaluate all parts of the value too"),
    flag(Id::Json, &["json"], "Print as JSON"),
    flag(Id::Xml, &["xml"], "Print as XML"),
    flag(Id::NoLocation, &["no-location"], "Without positions in XML"),
    flag(Id::Raw, &["raw"], "Print a string as it is"),
    flag(Id::Parse, &["parse", "parse-only"], "Print the syntax tree"),
    flag(Id::Expr, &["expr"], "Operands are expressions").short(b'E'),
    flag(Id::Attr, &["attr"], "Select this attribute").short(b'A').takes(&["path"]),
    flag(Id::FindFile, &["find-file"], "Look operands up in the search path"),
    flag(Id::ReadWrite, &["read-write-mode"], "Write into the store even with --eval"),
    flag(Id::DryRun, &["dry-run"], "Write nothing"),
    flag(Id::AddRoot, &["add-root"], "Link the result here").takes(&["path"]),
    flag(Id::Ignored, &["indirect"], ""),
    flag(Id::NoGcWarning, &["no-gc-warning"], ""),
];

const EVAL: &[Flag] = &[
    flag(Id::ExprValue, &["expr"], "Evaluate this text").short(b'E').takes(&["expression"]),
    flag(Id::File, &["file"], "Evaluate this file").short(b'f').takes(&["path"]),
    flag(Id::Attr, &["attr"], "Select this attribute").short(b'A').takes(&["path"]),
    flag(Id::Apply, &["apply"], "Apply this function to the value").takes(&["expression"]),
    flag(Id::Strict, &["strict"], "Fail if any part of the value fails"),
    flag(Id::Json, &["json"], "Print as JSON"),
    flag(Id::Xml, &["xml"], "Print as XML"),
    flag(Id::Raw, &["raw"], "Print a string as it is"),
    flag(Id::Pretty, &["pretty"], "Print over several lines"),
    flag(Id::NoPretty, &["no-pretty"], "Print on one line"),
    flag(Id::WriteTo, &["write-to"], "Write strings as files here, sets as folders")
        .takes(&["path"]),
    flag(Id::ReadWrite, &["read-write-mode"], "Write derivations into the store"),
    flag(Id::Ignored, &["read-only", "refresh", "offline"], ""),
    flag(Id::Ignored, &["print-build-logs"], "").short(b'L'),
    flag(Id::Timeout, &["timeout"], "End the evaluation after so many seconds").takes(&["seconds"]),
];

const CHECK: &[Flag] = &[
    flag(Id::ExprValue, &["expr"], "Check this text").short(b'E').takes(&["expression"]),
    flag(Id::Deny, &["deny"], "Fail for warnings too"),
    flag(Id::Explain, &["explain"], "Say what a code means").takes(&["code"]),
];

const REPL: &[Flag] = &[
    flag(Id::ExprValue, &["expr"], "Load this set").short(b'E').takes(&["expression"]),
    flag(Id::File, &["file"], "Load this file").short(b'f').takes(&["path"]),
];

const SOURCE: &[Flag] =
    &[flag(Id::ExprValue, &["expr"], "This text").short(b'E').takes(&["expression"])];

/// All commands.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "eval",
        usage: "[FILE… | -] [ATTRIBUTE…]",
        about: "Evaluate expressions and print their values",
        flags: &[("What", EVAL), ("How", EVALUATION), ("Common", COMMON)],
        old: false,
        examples: &[
            Example { call: "frazil eval -E '1 + 2'", does: "An expression" },
            Example {
                call: "frazil eval default.nix -A hello.name",
                does: "An attribute of a file",
            },
            Example { call: "frazil eval --json -E '{ a = 1; }'", does: "As JSON" },
            Example {
                call: "echo 'map (x: x + 1) [ 1 2 ]' | frazil eval -",
                does: "From standard input",
            },
            Example {
                call: "frazil eval a.nix b.nix --apply builtins.attrNames",
                does: "What is in two files",
            },
        ],
    },
    Command {
        name: "nix-instantiate",
        usage: "[FILE… | -E EXPRESSION… | -]",
        about: "What Nix's command of this name does",
        flags: &[("What", INSTANTIATE), ("How", EVALUATION), ("Common", COMMON)],
        old: true,
        examples: &[
            Example {
                call: "frazil nix-instantiate --eval --strict -E '[ 1 2 ]'",
                does: "Print a value",
            },
            Example {
                call: "frazil nix-instantiate '<nixpkgs>' -A hello",
                does: "Print the path of a derivation",
            },
        ],
    },
    Command {
        name: "repl",
        usage: "[FILE…]",
        about: "Evaluate line by line",
        flags: &[("What", REPL), ("How", EVALUATION), ("Common", COMMON)],
        old: false,
        examples: &[
            Example { call: "frazil repl", does: "Start; :? shows the commands" },
            Example {
                call: "frazil repl default.nix",
                does: "With the attributes of a file in scope",
            },
        ],
    },
    Command {
        name: "parse",
        usage: "[FILE | -]",
        about: "Print the syntax tree of a text",
        flags: &[("What", SOURCE), ("Common", COMMON)],
        old: false,
        examples: &[Example { call: "frazil parse -E 'a: a + 1'", does: "As Nix prints it" }],
    },
    Command {
        name: "dump",
        usage: "tokens|ast|bytecode|drv [FILE | -]",
        about: "Show what a stage makes of a text",
        flags: &[("What", SOURCE), ("Common", COMMON)],
        old: false,
        examples: &[Example {
            call: "frazil dump bytecode -E 'x: x + 1'",
            does: "The instructions",
        }],
    },
    Command {
        name: "check",
        usage: "[FILE… | -]",
        about: "Find errors and doubtful things without evaluating",
        flags: &[("What", CHECK), ("Common", COMMON)],
        old: false,
        examples: &[
            Example { call: "frazil check default.nix", does: "A file" },
            Example { call: "frazil check --explain unused-binding", does: "What a code means" },
        ],
    },
    Command {
        name: "man",
        usage: "[COMMAND]",
        about: "Print a manual page",
        flags: &[("Common", COMMON)],
        old: false,
        examples: &[Example { call: "frazil man eval | man -l -", does: "Read a page" }],
    },
    Command {
        name: "completions",
        usage: "bash|zsh|fish",
        about: "Print a shell's completions",
        flags: &[("Common", COMMON)],
        old: false,
        examples: &[Example { call: "source <(frazil completions bash)", does: "Use them now" }],
    },
];
