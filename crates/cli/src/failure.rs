//! Why a command ended without success, and how that is told.
//!
//! In: what the stages report. Out: text on standard error, and the exit status. Errors of an evaluation are turned into text while the
//! evaluator that knows their sources is at hand. With `--error-format json` each is one line of JSON:
//!
//! `{"version":1,"kind":…,"message":…,"position":P,"trace":[{"text":…,"position":P}],"notes":[…],"suggestions":[…]}`
//! where P is `null` or `{"file":…,"line":…,"column":…,"start":S,"end":S}` (the file is `«string»` and the like for texts that
//! are no files) and S is `null` or `{"line":…,"column":…}`: the extent of the expression meant, its end excluded.

use crate::config::Refusal;
use crate::json_log;
use crate::json_text::{array, object, string};
use frazil::{Error, ErrorKind, Pos, RenderOptions, ReportOptions, Trees, Vm, render, report};
use std::io::IsTerminal;

/// See the module's text.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// Something outside of the evaluation is wrong; the text without `error: `.
    Plain(String),
    /// The evaluation failed; what kind of error, and the whole text.
    Evaluation(ErrorKind, Vec<u8>),
    /// Everything is said already.
    Silent,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Value(text) => Failure::Usage(text),
            Refusal::Fatal(text) => Failure::Plain(text),
        }
    }
}

/// How errors are told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ErrorStyle {
    /// The whole trace.
    pub(crate) show_trace: bool,
    /// For machines.
    pub(crate) json: bool,
    /// With terminal colours.
    pub(crate) color: bool,
    /// In our own form, which needs to know whose files are whose; otherwise as Nix does.
    pub(crate) report: Option<Files>,
}

/// Which files are the program's own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Files {
    /// The working folder, from which paths are shown.
    pub(crate) folder: Vec<u8>,
    /// Where own files are.
    pub(crate) own: Vec<Vec<u8>>,
    /// Where libraries are, though it be inside of those.
    pub(crate) libraries: Vec<Vec<u8>>,
}

impl Files {
    fn is_own(&self, path: &[u8]) -> bool {
        let within = |folders: &[Vec<u8>]| folders.iter().any(|folder| is_within(path, folder));
        within(&self.own) && !within(&self.libraries)
    }
}

/// Whether a path is a folder or something in it.
pub(crate) fn is_within(path: &[u8], folder: &[u8]) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// `--color`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl When {
    /// From the word on the command line.
    pub(crate) fn from_word(word: &[u8]) -> Option<When> {
        match word {
            b"auto" => Some(When::Auto),
            b"always" => Some(When::Always),
            b"never" => Some(When::Never),
            _ => None,
        }
    }

    /// Whether standard error gets colours.
    pub(crate) fn applies(self) -> bool {
        self.decide(|| std::io::stderr().is_terminal())
    }

    /// Whether standard output gets colours.
    pub(crate) fn applies_to_stdout(self) -> bool {
        self.decide(|| std::io::stdout().is_terminal())
    }

    fn decide(self, is_terminal: impl FnOnce() -> bool) -> bool {
        match self {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
                !refused && !dumb && is_terminal()
            }
        }
    }
}

impl Failure {
    /// An error of an evaluation, with the lines of source it names.
    pub(crate) fn of(error: &Error, vm: &mut Vm, style: &ErrorStyle) -> Failure {
        if style.json {
            return Failure::Evaluation(error.kind(), json(error, vm).into_bytes());
        }
        if json_log::is_on() {
            let line = json_log::error(error, vm, style.show_trace);
            return Failure::Evaluation(error.kind(), line);
        }
        Failure::Evaluation(error.kind(), text(error, vm, style))
    }

    /// The exit status: 1 as for Nix, but for evaluations ended by a limit that Nix does not have.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Evaluation(ErrorKind::HeapLimit, _) => 120,
            Failure::Evaluation(ErrorKind::StepLimit, _) => 121,
            Failure::Evaluation(ErrorKind::SizeLimit, _) => 122,
            // As the command `timeout` has it.
            Failure::Evaluation(ErrorKind::Timeout, _) => 124,
            _ => 1,
        }
    }

    /// What is written to standard error for `command`.
    pub(crate) fn text(&self, command: &str, json: bool) -> Vec<u8> {
        let mut text = match self {
            Failure::Usage(text) | Failure::Plain(text) if json => {
                let kind = if matches!(self, Failure::Usage(_)) { "usage" } else { "io" };
                let members = [
                    ("version", "1".to_string()),
                    ("kind", string(kind.as_bytes())),
                    ("message", string(text.as_bytes())),
                ];
                object(&members).into_bytes()
            }
            Failure::Usage(text) if json_log::is_on() => {
                let hint = json_log::text(0, &hint(command));
                [json_log::complaint(text.as_bytes()), hint].concat()
            }
            Failure::Plain(text) if json_log::is_on() => json_log::complaint(text.as_bytes()),
            Failure::Evaluation(ErrorKind::Usage, text) if json_log::is_on() => {
                [text.clone(), json_log::text(0, &hint(command))].concat()
            }
            Failure::Usage(text) => [b"error: ", text.as_bytes(), b"\n", &hint(command)].concat(),
            // A word that Nix reads as it reads command lines.
            Failure::Evaluation(ErrorKind::Usage, text) if !json => {
                [text.trim_ascii_end(), b"\n", &hint(command)].concat()
            }
            Failure::Plain(text) => format!("error: {text}").into_bytes(),
            Failure::Evaluation(_, text) => text.clone(),
            Failure::Silent => return Vec::new(),
        };
        if text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
        text
    }
}

fn hint(command: &str) -> Vec<u8> {
    format!("Try '{command} --help' for more information.").into_bytes()
}

/// An error for people, without a final line end.
pub(crate) fn text(error: &Error, vm: &mut Vm, style: &ErrorStyle) -> Vec<u8> {
    headed("error:", error, vm, style)
}

/// The same with other words before the message; Nix's form has always `error:`.
pub(crate) fn headed(head: &str, error: &Error, vm: &mut Vm, style: &ErrorStyle) -> Vec<u8> {
    let Vm { sources, host, .. } = vm;
    let mut fetch = |path: &[u8]| host.read_file(path).ok();
    let Some(files) = &style.report else {
        let options = RenderOptions { show_trace: style.show_trace, color: style.color };
        return render(error, sources, options, &mut fetch);
    };
    let options = ReportOptions {
        head,
        show_trace: style.show_trace,
        color: style.color,
        is_own: &|path| files.is_own(path),
        folder: &files.folder,
    };
    report(error, sources, &options, &mut fetch)
}

fn json(error: &Error, vm: &mut Vm) -> String {
    let mut trees = Trees::default();
    let mut place = |pos: Pos| position(vm, &mut trees, pos);
    let at = place(error.pos());
    let mut line =
        |text: &[u8], pos: Pos| object(&[("text", string(text)), ("position", place(pos))]);
    let trace: Vec<String> = error.trace().map(|traced| line(&traced.text, traced.pos)).collect();
    let notes: Vec<String> = error.notes().iter().map(|(text, pos)| line(text, *pos)).collect();
    object(&[
        ("version", "1".to_string()),
        ("kind", string(error.kind().code().as_bytes())),
        ("message", string(error.message())),
        ("position", at),
        ("trace", array(trace)),
        ("notes", array(notes)),
        ("suggestions", array(error.suggestions().iter().map(|name| string(name)))),
    ])
}

/// A place as JSON: where it starts and where it ends.
pub(crate) fn position(vm: &mut Vm, trees: &mut Trees, pos: Pos) -> String {
    let Vm { sources, host, .. } = vm;
    let Some(at) = sources.locate(pos) else { return "null".into() };
    let file = sources.origin(at.source).map(|origin| origin.shown().to_vec());
    let mut fetch = |path: &[u8]| host.read_file(path).ok();
    // An infix operator's place is the operator; what is meant starts before it.
    let extent = trees.extent(sources, pos, &mut fetch);
    let (start, end) =
        extent.map_or((None, None), |span| (sources.locate(span.start), sources.locate(span.end)));
    let spot = |name: &'static str, at: Option<frazil::stages::base::Location>| {
        let text = at.map_or("null".into(), |at| {
            object(&[("line", at.line.to_string()), ("column", at.column.to_string())])
        });
        (name, text)
    };
    object(&[
        ("file", string(&file.unwrap_or_default())),
        ("line", at.line.to_string()),
        ("column", at.column.to_string()),
        spot("start", start),
        spot("end", end),
    ])
}
