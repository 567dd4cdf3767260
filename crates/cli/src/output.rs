//! The only place that writes to standard output and standard error.

use crate::failure::Failure;
use crate::json_log;
use crate::progress;
use frazil::host::Message;
use frazil::{indented, terminal_text};
use std::io::Write;

/// Writes to standard output at once.
///
/// # Errors
/// It is closed.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    progress::clear();
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|_| Failure::Silent)
}

/// Writes to standard error; that nobody may be reading it changes nothing.
pub(crate) fn complain(bytes: &[u8]) {
    progress::clear();
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(bytes).and_then(|()| err.flush());
}

/// A warning of this program.
pub(crate) fn warn(text: &str) {
    if json_log::is_on() {
        return complain(&json_log::warning(text.as_bytes()));
    }
    complain(format!("warning: {text}\n").as_bytes());
}

/// A message of the evaluation: whole lines. Those of `builtins.trace` and `builtins.warn` say what they are; further lines of
/// the latter stand below its first.
pub(crate) fn message(kind: Message, text: &[u8]) {
    if json_log::is_on() {
        return complain(&json_log::message(kind, text));
    }
    const OF_PROGRAM: &[u8] = b"evaluation warning: ";
    let text = match kind {
        Message::Warning if text.starts_with(OF_PROGRAM) => indented(text, OF_PROGRAM.len()),
        Message::Warning => [b"warning: ", text].concat(),
        Message::Trace => text.to_vec(),
    };
    complain(&[&terminal_text(&text, false), b"\n".as_slice()].concat());
}
