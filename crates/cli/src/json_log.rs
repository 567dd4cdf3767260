//! `--log-format internal-json`: everything on standard error as lines of JSON behind `@nix `, for programs that watch.
//!
//! In: messages, errors. Out: such lines, members in the order of their names as the reference has them.
//! The words that the reference colours inside of a message are not coloured here, only what stands around it.
//! Not here: `--error-format json`, which is our own form.

use crate::json_text::{array, object, string};
use frazil::host::Message;
use frazil::{Error, Pos, RenderOptions, Vm, render};
use std::sync::atomic::{AtomicBool, Ordering};

static ON: AtomicBool = AtomicBool::new(false);

/// From now on all messages of this process are such lines.
pub(crate) fn start() {
    ON.store(true, Ordering::Relaxed);
}

/// Whether they are.
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// A line from its members.
fn line(members: &[(&'static str, String)]) -> Vec<u8> {
    format!("@nix {}\n", object(members)).into_bytes()
}

fn action() -> (&'static str, String) {
    ("action", string(b"msg"))
}

/// A text as it stands.
pub(crate) fn text(level: u8, text: &[u8]) -> Vec<u8> {
    line(&[action(), ("level", level.to_string()), ("msg", string(text))])
}

/// A warning of this program.
pub(crate) fn warning(warning: &[u8]) -> Vec<u8> {
    text(1, &[b"\x1b[35;1mwarning:\x1b[0m ", warning].concat())
}

/// A message of the evaluation.
pub(crate) fn message(kind: Message, message: &[u8]) -> Vec<u8> {
    const OF_PROGRAM: &[u8] = b"evaluation warning: ";
    if kind == Message::Trace {
        return text(0, message);
    }
    let Some(raw) = message.strip_prefix(OF_PROGRAM) else { return warning(message) };
    line(&[
        action(),
        ("column", "0".into()),
        ("file", string("«none»:0".as_bytes())),
        ("level", "1".into()),
        ("line", "0".into()),
        ("msg", string(&[b"\x1b[35;1mevaluation warning:\x1b[0m ", raw].concat())),
        ("raw_msg", string(raw)),
    ])
}

/// What is wrong outside of an evaluation.
pub(crate) fn complaint(text: &[u8]) -> Vec<u8> {
    line(&[
        action(),
        ("column", "null".into()),
        ("file", "null".into()),
        ("level", "0".into()),
        ("line", "null".into()),
        ("msg", string(&[b"\x1b[31;1merror:\x1b[0m ", text].concat())),
        ("raw_msg", string(text)),
    ])
}

/// Column, file and line of a place.
fn place(vm: &Vm, pos: Pos) -> [(&'static str, String); 3] {
    let Some(at) = vm.sources.locate(pos) else {
        return ["column", "file", "line"].map(|name| (name, "null".to_string()));
    };
    [
        ("column", at.column.to_string()),
        ("file", string(&vm.sources.describe(pos))),
        ("line", at.line.to_string()),
    ]
}

/// An error of an evaluation.
pub(crate) fn error(error: &Error, vm: &mut Vm, show_trace: bool) -> Vec<u8> {
    let Vm { sources, host, .. } = vm;
    let mut fetch = |path: &[u8]| host.read_file(path).ok();
    let shown = render(error, sources, RenderOptions { show_trace, color: true }, &mut fetch);
    let [column, file, row] = place(vm, error.pos());
    let mut members = vec![
        action(),
        column,
        file,
        ("level", "0".into()),
        row,
        ("msg", string(shown.trim_ascii_end())),
        ("raw_msg", string(error.message())),
    ];
    if show_trace {
        let lines = error.trace().map(|traced| {
            let [column, file, row] = place(vm, traced.pos);
            object(&[column, file, row, ("raw_msg", string(&traced.text))])
        });
        // The innermost first.
        let mut lines: Vec<String> = lines.collect();
        lines.reverse();
        members.push(("trace", array(lines)));
    }
    line(&members)
}
