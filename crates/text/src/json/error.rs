//! What can be wrong with a JSON text, in the words of the reference.
//!
//! In: what the lexer or the reader found and where. Out: the message.
//! Not here: the finding.

use std::fmt;

/// Which family of message an error has; the caller words the lines around it by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not JSON.
    Syntax,
    /// A float is too large.
    NumberOverflow,
    /// An integer lies between the largest signed and the largest unsigned one.
    UnsignedRange,
    /// A string holds a NUL byte, which Nix strings cannot.
    Nul,
}

/// A failed read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(super) kind: ErrorKind,
    pub(super) message: Vec<u8>,
}

impl Error {
    /// The family of the message.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message; bytes, because it may quote input that is not UTF-8.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Whether the reference puts "while decoding a JSON string" before it.
    pub fn is_decoding(&self) -> bool {
        matches!(self.kind, ErrorKind::Syntax | ErrorKind::NumberOverflow)
    }

    pub(super) fn number_overflow(token: &[u8]) -> Error {
        let mut message = b"[json.exception.out_of_range.406] number overflow parsing '".to_vec();
        message.extend_from_slice(token);
        message.push(b'\'');
        Error { kind: ErrorKind::NumberOverflow, message }
    }

    pub(super) fn unsigned_range(value: u64) -> Error {
        let message =
            format!("unsigned json number {value} outside of Nix integer range").into_bytes();
        Error { kind: ErrorKind::UnsignedRange, message }
    }

    pub(super) fn nul(text: &[u8]) -> Error {
        Error { kind: ErrorKind::Nul, message: crate::nul::message(text) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))
    }
}

impl std::error::Error for Error {}
