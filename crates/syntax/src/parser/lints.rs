//! Literals that may be written but are not liked: URLs, absolute paths, paths that look like a division.
//!
//! In: a literal's token and what the options say of its kind. Out: nothing, a warning, or the end of parsing.

use super::{Halt, Parser, Step};
use crate::lexer::{Token, TokenKind};
use frazil_base::Diagnostic;

/// What is done about a kind of literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lint {
    /// Nothing.
    #[default]
    Ignore,
    /// A warning.
    Warn,
    /// An error.
    Fatal,
}

/// What is done about each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lints {
    /// `https://example.org`
    pub urls: Lint,
    /// `a/b`
    pub short_paths: Lint,
    /// `/a`, `~/a`
    pub absolute_paths: Lint,
}

impl Parser<'_> {
    /// Looks at a literal.
    #[inline]
    pub(super) fn lint(&mut self, token: Token) -> Step<()> {
        if self.options.lints == Lints::default() { Ok(()) } else { self.lint_literal(token) }
    }

    #[cold]
    fn lint_literal(&mut self, token: Token) -> Step<()> {
        let lints = self.options.lints;
        let text = self.token_text(token);
        let not_portable = |kind: &str| {
            let start =
                format!("{kind} path literals are not portable. Consider replacing path literal '");
            let end = b"' by a string, relative path, or parameter (lint-absolute-path-literals)";
            [start.as_bytes(), text, end].concat()
        };
        let (lint, message) = match (token.kind, text.first()) {
            (TokenKind::Uri, _) => {
                let word = if lints.urls == Lint::Fatal { "disallowed" } else { "discouraged" };
                let start = format!("URL literals are {word}. Consider using a string literal \"");
                let end = b"\" instead (lint-url-literals)";
                (lints.urls, [start.as_bytes(), text, end].concat())
            }
            (TokenKind::HomePath, _) => (lints.absolute_paths, not_portable("home")),
            (_, Some(b'/')) => (lints.absolute_paths, not_portable("absolute")),
            (_, Some(b'.')) => return Ok(()),
            _ => {
                let middle = b"' should be prefixed with '.' for clarity: './";
                let end = b"' (lint-short-path-literals)";
                let parts = [b"relative path literal '", text, middle, text, end];
                (lints.short_paths, parts.concat())
            }
        };
        let span = self.span(token.start, token.end);
        match lint {
            Lint::Ignore => Ok(()),
            Lint::Warn => {
                self.lints.push(Diagnostic::new(message, span));
                Ok(())
            }
            Lint::Fatal => {
                self.complain(message, span);
                Err(Halt)
            }
        }
    }
}
