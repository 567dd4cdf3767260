//! A complaint about a source text: what is wrong and where.
//!
//! In: the parser's and the resolver's findings. Out: the message as bytes, to be rendered by the front end.
//!
//! Not here: run-time errors with traces (`frazil-eval`), terminal rendering (`frazil`).

use crate::{Pos, SourceMap, Span};

/// One complaint. The first one of a text is the one that Nix would print.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The message, without the place it is about.
    pub message: Vec<u8>,
    /// A second place that belongs at the end of the message, as in `attribute 'x' already defined at FILE:1:2`.
    pub refers_to: Option<Pos>,
    /// What it is about; `span.start` is the position Nix reports.
    pub span: Span,
    /// Further remarks.
    pub notes: Vec<Note>,
}

/// A remark that belongs to a diagnostic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The remark.
    pub message: Vec<u8>,
    /// What it is about, if it is about a place.
    pub span: Option<Span>,
}

impl Diagnostic {
    /// A complaint without notes.
    #[must_use]
    pub fn new(message: impl Into<Vec<u8>>, span: Span) -> Self {
        Diagnostic { message: message.into(), refers_to: None, span, notes: Vec::new() }
    }

    /// The position Nix reports.
    #[must_use]
    pub fn pos(&self) -> Pos {
        self.span.start
    }

    /// The whole message, with the second place written out.
    #[must_use]
    pub fn text(&self, sources: &SourceMap) -> Vec<u8> {
        let mut text = self.message.clone();
        if let Some(pos) = self.refers_to {
            text.extend_from_slice(b" at ");
            text.extend_from_slice(&sources.describe(pos));
        }
        text
    }
}
