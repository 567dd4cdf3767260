//! The commands of the REPL: one table, from which help and completion are made too.
//!
//! In: a line. Out: what Nix prints for it. Commands that build say that they cannot.

use super::scope::is_binding;
use super::{Session, Trouble, docs};
use crate::input::Input;
use crate::output;
use crate::value::derivations::is_derivation;
use frazil::{Origin, Pos, ShowOptions, Value, Vm};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What comes after a line.
pub(super) enum Outcome {
    /// The next one.
    Done,
    /// The end.
    Quit,
}

/// A command.
pub(super) struct Command {
    /// Its names.
    pub(super) names: &'static [&'static str],
    /// What it takes.
    takes: &'static str,
    /// What it does.
    help: &'static str,
    run: fn(&mut Session, &[u8]) -> Result<Outcome, Trouble>,
}

/// All commands.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["a", "add"],
        takes: "<expr>",
        help: "Add attributes from resulting set to scope",
        run: add,
    },
    Command { names: &["b"], takes: "<expr>", help: "Build a derivation", run: build },
    Command {
        names: &["bl"],
        takes: "<expr>",
        help: "Build a derivation, creating GC roots in the\nworking directory",
        run: build,
    },
    Command {
        names: &["e", "edit"],
        takes: "<expr>",
        help: "Open package or function in $EDITOR",
        run: edit,
    },
    Command {
        names: &["i"],
        takes: "<expr>",
        help: "Build derivation, then install result into\ncurrent profile",
        run: build,
    },
    Command {
        names: &["l", "load"],
        takes: "<path>",
        help: "Load Nix expression and add it to scope",
        run: load,
    },
    Command {
        names: &["lf", "load-flake"],
        takes: "<ref>",
        help: "Load Nix flake and add it to scope",
        run: load_flake,
    },
    Command {
        names: &["ll", "last-loaded"],
        takes: "",
        help: "Show most recently loaded variables added to scope",
        run: last_loaded,
    },
    Command {
        names: &["p", "print"],
        takes: "<expr>",
        help: "Evaluate and print expression recursively\nStrings are printed directly, without escaping.",
        run: print,
    },
    Command {
        names: &["q", "quit"],
        takes: "",
        help: "Exit nix-repl",
        run: |_, _| Ok(Outcome::Quit),
    },
    Command { names: &["r", "reload"], takes: "", help: "Reload all files", run: reload },
    Command {
        names: &["sh"],
        takes: "<expr>",
        help: "Build dependencies of derivation, then start\nnix-shell",
        run: build,
    },
    Command {
        names: &["t"],
        takes: "<expr>",
        help: "Describe result of evaluation",
        run: describe,
    },
    Command {
        names: &["u"],
        takes: "<expr>",
        help: "Build derivation, then start nix-shell",
        run: build,
    },
    Command {
        names: &["doc"],
        takes: "<expr>",
        help: "Show documentation of a builtin function",
        run: doc,
    },
    Command { names: &["log"], takes: "<expr>", help: "Show logs for a derivation", run: build },
    Command {
        names: &["te", "trace-enable"],
        takes: "[bool]",
        help: "Enable, disable or toggle showing traces for\nerrors",
        run: trace,
    },
    Command { names: &["?", "help"], takes: "", help: "Brings up this help menu", run: help },
];

impl Session {
    /// Does what a line says.
    ///
    /// # Errors
    /// Why it was not done.
    pub(super) fn line(&mut self, text: &[u8]) -> Result<Outcome, Trouble> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(Outcome::Done);
        }
        if let Some(rest) = text.strip_prefix(b":") {
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            let command = COMMANDS
                .iter()
                .find(|command| command.names.iter().any(|known| known.as_bytes() == name));
            let Some(command) = command else {
                let name = String::from_utf8_lossy(name).into_owned();
                return Err(Trouble::Text(format!("unknown command ':{name}'")));
            };
            return (command.run)(self, rest.trim_ascii());
        }
        if is_binding(text) {
            self.bind(text)?;
            return Ok(Outcome::Done);
        }
        let value = self.value(text)?;
        self.show(value, ShowOptions::REPL)?;
        Ok(Outcome::Done)
    }

    fn show(&mut self, value: Value, options: ShowOptions) -> Result<(), Trouble> {
        let options = ShowOptions { color: self.color, ..options };
        let mut text = self.evaluator.vm.show(value, options)?;
        text.push(b'\n');
        Ok(output::print(&text)?)
    }
}

fn add(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    session.add(value)?;
    Ok(Outcome::Done)
}

fn build(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    let vm = &mut session.evaluator.vm;
    if is_derivation(vm, value)? {
        let text = "this program does not build: use nix-build with the derivation's path, which ':p' shows";
        return Err(Trouble::Text(text.into()));
    }
    Err(Trouble::Text("expression does not evaluate to a derivation, so I can't build it".into()))
}

fn load(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let input = Input::File(text.to_vec());
    session.loaded.retain(|known| !matches!(known, Input::File(name) if name == text));
    session.loaded.push(input.clone());
    session.load(&input).inspect_err(|_| {
        session.loaded.pop();
    })?;
    Ok(Outcome::Done)
}

fn load_flake(session: &mut Session, reference: &[u8]) -> Result<Outcome, Trouble> {
    let text = if reference.is_empty() {
        "cannot use ':load-flake' without a path specified. (Use '.' for the current working directory.)"
    } else if !session.evaluator.vm.has_feature("flakes") {
        "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it"
    } else {
        "flakes cannot be loaded yet; ':l' loads files"
    };
    Err(Trouble::Text(text.into()))
}

fn last_loaded(session: &mut Session, _: &[u8]) -> Result<Outcome, Trouble> {
    let vm = &session.evaluator.vm;
    let mut text = Vec::new();
    for name in session.scope.last() {
        text.extend_from_slice(vm.symbols.resolve(*name));
        text.push(b'\n');
    }
    output::print(&text)?;
    Ok(Outcome::Done)
}

fn print(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    session.show(value, ShowOptions::REPL_PRINT)?;
    Ok(Outcome::Done)
}

fn reload(session: &mut Session, _: &[u8]) -> Result<Outcome, Trouble> {
    session.reload()?;
    Ok(Outcome::Done)
}

fn describe(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    let phrase = phrase(&mut session.evaluator.vm, value);
    output::print(format!("{phrase}\n").as_bytes())?;
    Ok(Outcome::Done)
}

/// What a value is; builtins are named.
fn phrase(vm: &mut Vm, value: Value) -> String {
    if let Some(id) = value.as_builtin() {
        return format!("the built-in function '{}'", vm.builtin(id).name);
    }
    let general = vm.type_phrase(value);
    if general == "a partially applied built-in function" {
        // As shown: «partially applied primop NAME».
        let shown = String::from_utf8_lossy(&vm.show_now(value, ShowOptions::EVAL)).into_owned();
        let name = shown.trim_end_matches('»').rsplit(' ').next().unwrap_or_default();
        return format!("the partially applied built-in function '{name}'");
    }
    general.into()
}

fn doc(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    match docs::of(&mut session.evaluator.vm, value) {
        Some(text) => {
            output::print(&text)?;
            Ok(Outcome::Done)
        }
        None => Err(Trouble::Text("value does not have documentation".into())),
    }
}

fn trace(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    session.show_trace = match text {
        b"" => !session.show_trace,
        b"true" => true,
        b"false" => false,
        other => {
            let other = String::from_utf8_lossy(other).into_owned();
            return Err(Trouble::Text(format!("unexpected argument '{other}' to :te")));
        }
    };
    let text =
        if session.show_trace { "showing error traces\n" } else { "not showing error traces\n" };
    output::print(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn help(_: &mut Session, _: &[u8]) -> Result<Outcome, Trouble> {
    let mut text = String::from("The following commands are available:\n\n");
    let mut row = |left: &str, help: &str| {
        for (index, line) in help.lines().enumerate() {
            let left = if index == 0 { left } else { "" };
            text.push_str(&format!("  {left:<28} {line}\n"));
        }
    };
    row("<expr>", "Evaluate and print expression");
    row("<x> = <expr>", "Bind expression to variable");
    for command in COMMANDS {
        let names: Vec<String> = command.names.iter().map(|name| format!(":{name}")).collect();
        let left = format!("{} {}", names.join(", "), command.takes);
        row(left.trim_end(), command.help);
    }
    output::print(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn edit(session: &mut Session, text: &[u8]) -> Result<Outcome, Trouble> {
    let value = session.value(text)?;
    let Some((file, line)) = place(session, value) else {
        let text = String::from_utf8_lossy(text);
        return Err(Trouble::Text(format!("package '{text}' has no source location information")));
    };
    let editor = std::env::var_os("EDITOR").unwrap_or_else(|| OsStr::new("nano").into());
    let words: Vec<&[u8]> =
        editor.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let Some((program, arguments)) = words.split_first() else {
        return Err(Trouble::Text("EDITOR is empty".into()));
    };
    let mut call = std::process::Command::new(OsStr::from_bytes(program));
    call.args(arguments.iter().map(|word| OsStr::from_bytes(word)));
    call.arg(format!("+{line}")).arg(OsStr::from_bytes(&file));
    match call.status() {
        Ok(_) => reload(session, b""),
        Err(error) => {
            let text =
                format!("cannot start the editor: {}", crate::eval_flags::system_text(&error));
            Err(Trouble::Text(text))
        }
    }
}

/// The file and line that a value comes from: where a function stands, or what `meta.position` says.
fn place(session: &mut Session, value: Value) -> Option<(Vec<u8>, u32)> {
    let vm = &mut session.evaluator.vm;
    if let Some(path) = vm.heap.as_path(value) {
        return Some((path.to_vec(), 1));
    }
    if let Some((_, pos)) = vm.function_info(value) {
        return file_of(session, pos);
    }
    if !value.is_attrs() {
        return None;
    }
    let meta = vm.attr(value, frazil::stages::base::sym::META);
    if let Some(meta) = meta.and_then(|meta| vm.force(meta).ok()).filter(|meta| meta.is_attrs())
        && let Some(name) = vm.symbols.get(b"position")
        && let Some(position) = vm.attr(meta, name)
        && let Ok(position) = vm.force(position)
        && let Some(text) = vm.heap.as_string(&position)
    {
        let at = text.bytes.iter().rposition(|byte| *byte == b':')?;
        let line = std::str::from_utf8(&text.bytes[at + 1..]).ok()?.parse().ok()?;
        return Some((text.bytes[..at].to_vec(), line));
    }
    let name = *vm.attrs_keys(value).first()?;
    let pos = vm.attr_pos(value, name)?;
    file_of(session, pos)
}

fn file_of(session: &Session, pos: Pos) -> Option<(Vec<u8>, u32)> {
    let sources = &session.evaluator.vm.sources;
    let at = sources.locate(pos)?;
    match sources.origin(at.source)? {
        Origin::File(path) => Some((path.to_vec(), at.line)),
        _ => None,
    }
}
