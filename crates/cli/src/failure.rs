//! Why a command ended without success, and the status that says so.
//!
//! In: what the stages report. Out: text on standard error, status 1. Errors of an evaluation are turned into text while the
//! evaluator that knows their sources is at hand.

use frazil::{Error, RenderOptions, Vm, render};

/// See the module's text.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// Something outside of the evaluation is wrong; the text without `error: `.
    Plain(String),
    /// The evaluation failed; the whole text.
    Evaluation(Vec<u8>),
    /// Standard output is closed: there is nobody to tell.
    Closed,
}

impl Failure {
    /// An error of an evaluation, with the lines of source it names.
    pub(crate) fn of(error: &Error, vm: &mut Vm, show_trace: bool) -> Failure {
        let options = RenderOptions { show_trace, ..RenderOptions::default() };
        let Vm { sources, host, .. } = vm;
        let mut fetch = |path: &[u8]| host.read_file(path).ok();
        Failure::Evaluation(render(error, sources, options, &mut fetch))
    }

    /// What is written to standard error for `command`.
    pub(crate) fn text(&self, command: &str) -> Vec<u8> {
        match self {
            Failure::Usage(text) => {
                format!("error: {text}\nTry '{command} --help' for more information.\n")
                    .into_bytes()
            }
            Failure::Plain(text) => format!("error: {text}\n").into_bytes(),
            Failure::Evaluation(text) => {
                let mut text = text.clone();
                if text.last() != Some(&b'\n') {
                    text.push(b'\n');
                }
                text
            }
            Failure::Closed => Vec::new(),
        }
    }
}
