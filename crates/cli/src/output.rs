//! The only place that writes to standard output and standard error.

use crate::failure::Failure;
use crate::progress;
use frazil::host::Message;
use frazil::terminal_text;
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
    complain(format!("warning: {text}\n").as_bytes());
}

/// A message of the evaluation: whole lines. Those of `builtins.trace` and `builtins.warn` say what they are.
pub(crate) fn message(kind: Message, text: &[u8]) {
    let is_plain = kind == Message::Warning && !text.starts_with(b"evaluation warning: ");
    let prefix: &[u8] = if is_plain { b"warning: " } else { b"" };
    complain(&[&terminal_text(&[prefix, text].concat(), false), b"\n".as_slice()].concat());
}
