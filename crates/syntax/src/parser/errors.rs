//! The wording of complaints, as Nix 2.34 has it.
//!
//! In: what was met and what could have stood there. Out: diagnostics.

use super::frames::Frame;
use super::{Halt, Parser};
use crate::lexer::{Token, TokenKind};
use crate::show::show_attr_name;
use frazil_base::{Diagnostic, Pos, Span, Symbol};

impl Parser<'_> {
    pub(super) fn complain(&mut self, message: impl Into<Vec<u8>>, span: Span) {
        self.errors.push(Diagnostic::new(message, span));
    }

    /// The token cannot stand here.
    #[cold]
    pub(super) fn unexpected(&mut self, expecting: &[&str]) -> Halt {
        let token = self.token;
        if token.kind == TokenKind::Int && self.is_too_big(token) {
            return self.invalid_literal("integer", token);
        }
        let halt = self.unexpected_at(token.kind.name(), token.start, expecting);
        if let Some(error) = self.errors.last_mut() {
            error.span.end =
                error.span.start.offset(token.end.saturating_sub(token.start) as usize);
        }
        halt
    }

    /// Something called `found` cannot stand at `at`.
    #[cold]
    pub(super) fn unexpected_at(&mut self, found: &str, at: u32, expecting: &[&str]) -> Halt {
        let mut message = format!("syntax error, unexpected {found}");
        for (index, expected) in expecting.iter().enumerate() {
            message.push_str(if index == 0 { ", expecting " } else { " or " });
            message.push_str(expected);
        }
        let span = self.span(at, at);
        self.complain(message, span);
        Halt
    }

    /// The token cannot follow the operators before it: what could is what ends the form around them.
    #[cold]
    pub(super) fn unexpected_after_operators(&mut self) -> Halt {
        let ends = self.frames.iter().rev().find_map(|frame| {
            Some(match frame {
                Frame::Root => &["end of file"][..],
                Frame::Paren { .. } | Frame::InheritSource => &["')'"],
                Frame::AssertCondition { .. }
                | Frame::WithEnv { .. }
                | Frame::BindingValue { .. } => &["';'"],
                Frame::IfCondition { .. } => &["'then'"],
                Frame::IfConsequent { .. } => &["'else'"],
                Frame::FormalDefault => &["'}'", "','"],
                Frame::StringPiece { .. }
                | Frame::IndentedPiece { .. }
                | Frame::PathPiece { .. }
                | Frame::NameExpr { .. } => &["'}'"],
                _ => return None,
            })
        });
        self.unexpected(ends.unwrap_or_default())
    }

    /// A string does not end.
    #[cold]
    pub(super) fn unterminated(&mut self, expecting: &[&str]) -> Halt {
        self.unexpected_at(TokenKind::End.name(), self.text.len() as u32, expecting)
    }

    fn is_too_big(&self, token: Token) -> bool {
        let text = self.token_text(token);
        std::str::from_utf8(text).is_ok_and(|text| text.parse::<i64>().is_err())
    }

    #[cold]
    pub(super) fn invalid_literal(&mut self, what: &str, token: Token) -> Halt {
        let mut message = format!("invalid {what} '").into_bytes();
        message.extend_from_slice(self.token_text(token));
        message.push(b'\'');
        let span = self.span(token.start, token.end);
        self.complain(message, span);
        Halt
    }

    #[cold]
    pub(super) fn null_byte(&mut self, at: u32, bytes: &[u8]) -> Halt {
        let mut message = b"input string '".to_vec();
        for byte in bytes {
            match byte {
                0 => message.extend_from_slice("␀".as_bytes()),
                other => message.push(*other),
            }
        }
        message.extend_from_slice(
            b"' cannot be represented as Nix string because it contains null bytes",
        );
        let span = self.span(at, at);
        self.complain(message, span);
        Halt
    }

    #[cold]
    pub(super) fn trailing_slash(&mut self, at: u32) -> Halt {
        let span = self.span(at, at);
        self.complain("path has a trailing slash", span);
        Halt
    }

    #[cold]
    pub(super) fn home_is_unknown(&mut self, token: Token) -> Halt {
        let mut message = b"the path '".to_vec();
        message.extend_from_slice(self.token_text(token));
        message.extend_from_slice(b"' can not be resolved in pure mode");
        let span = self.span(token.start, token.end);
        self.complain(message, span);
        Halt
    }

    #[cold]
    pub(super) fn disabled(&mut self, feature: &str) -> Halt {
        let message = format!(
            "experimental Nix feature '{feature}' is disabled; \
             add '--extra-experimental-features {feature}' to enable it"
        );
        let span = self.span(self.token.start, self.token.end);
        self.complain(message, span);
        Halt
    }

    #[cold]
    pub(super) fn complain_of_duplicate(&mut self, path: &[Symbol], before: Pos, pos: Pos) {
        let mut message = b"attribute '".to_vec();
        for (index, name) in path.iter().enumerate() {
            if index > 0 {
                message.push(b'.');
            }
            show_attr_name(self.symbols.resolve(*name), &mut message);
        }
        message.extend_from_slice(b"' already defined");
        self.errors.push(Diagnostic {
            message,
            refers_to: Some(before),
            span: Span { start: pos, end: pos },
            notes: Vec::new(),
        });
    }

    /// `or` as an argument, where a later Nix will read it otherwise.
    pub(super) fn warn_of_or(&mut self, applied: crate::ast::ExprId) {
        let doubtful = matches!(
            self.frames.last(),
            Some(Frame::List { .. } | Frame::Apply { .. } | Frame::Default { .. })
        );
        if !doubtful {
            return;
        }
        let span = self.ast.span(applied);
        let start = (span.start.0 - self.base.0) as usize;
        let end = (span.end.0 - self.base.0) as usize;
        let mut message = b"This expression uses `or` as an identifier in a way that will change \
            in a future Nix release.\n\
            Wrap this entire expression in parentheses to preserve its current meaning:\n    ("
            .to_vec();
        message.extend_from_slice(&self.text[start..end]);
        message.extend_from_slice(b")\nGive feedback at https://github.com/NixOS/nix/pull/11121");
        self.warnings.push(Diagnostic::new(message, span));
    }
}
