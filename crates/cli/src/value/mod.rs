//! Operations of the command line on values: choosing a part, calling functions, finding derivations, printing.
//!
//! In: an evaluator's values. Out: values, texts, errors in Nix's words. A value that must live while the machine runs is kept
//! by a handle or is part of one that is. Not here: flags, files.

pub(crate) mod auto_call;
pub(crate) mod derivations;
pub(crate) mod json;
pub(crate) mod select;
pub(crate) mod xml;

use frazil::{Error, ErrorKind};

/// An error of the command line itself.
pub(crate) fn error(kind: ErrorKind, text: impl Into<Vec<u8>>) -> Error {
    Error::new(kind, text)
}
