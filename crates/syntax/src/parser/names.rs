//! Attribute paths: after `.`, after `?`, before `=`, after `inherit`.
//!
//! In: the token. Out: names on the open list, then what the path belongs to.

use super::frames::{Frame, State};
use super::{Parser, Step, slice};
use crate::ast::{AttrName, AttrNameKind, Expr, ExprId, Slice};
use crate::lexer::TokenKind;

/// What may stand as a name, as Nix lists it.
const NAME_STARTS: &[&str] = &["identifier", "'or'", "'${'", "'\"'"];

impl Parser<'_> {
    /// `name: identifier | 'or' | string | '${' expr '}'`
    pub(super) fn name(&mut self) -> Step<State> {
        let token = self.token;
        let start = token.start;
        match token.kind {
            TokenKind::Name | TokenKind::Or => {
                let symbol = self.symbols.intern(self.token_text(token));
                self.advance();
                self.push_name(start, AttrNameKind::Static(symbol));
                Ok(State::AfterName)
            }
            TokenKind::Quote => {
                self.frames.push(Frame::NameString { start });
                self.string()
            }
            TokenKind::DollarBrace => {
                self.advance();
                self.frames.push(Frame::NameExpr { start });
                Ok(State::Expr)
            }
            _ => Err(self.unexpected(NAME_STARTS)),
        }
    }

    fn push_name(&mut self, start: u32, kind: AttrNameKind) {
        let pos = self.pos(start);
        self.open_names.push(AttrName { pos, kind });
    }

    /// Ends `${ e }` in the place of a name.
    pub(super) fn done_name_expr(&mut self, start: u32, expr: ExprId) -> Step<State> {
        self.expect(TokenKind::BraceClose)?;
        Ok(self.done_name_string(start, expr))
    }

    /// A string without interpolation is a static name, also inside `${…}`.
    pub(super) fn done_name_string(&mut self, start: u32, expr: ExprId) -> State {
        let kind = match self.ast.expr(expr) {
            Expr::Str { text, .. } => {
                AttrNameKind::Static(self.symbols.intern(self.ast.bytes(text)))
            }
            Expr::Uri(text) => AttrNameKind::Static(self.symbols.intern(self.ast.bytes(text))),
            _ => AttrNameKind::Dynamic(expr),
        };
        self.push_name(start, kind);
        State::AfterName
    }

    /// Moves the open names from `base` on into the tree.
    fn take_names(&mut self, base: u32) -> Slice<AttrName> {
        let start = self.ast.names.len();
        self.ast.names.extend_from_slice(&self.open_names[base as usize..]);
        self.open_names.truncate(base as usize);
        slice(start, self.ast.names.len())
    }

    /// `.` and another name, or the end of the path.
    pub(super) fn after_name(&mut self) -> Step<State> {
        let Some(&frame) = self.frames.last() else {
            return Err(self.unexpected(&[]));
        };
        if let Frame::InheritNames { .. } = frame {
            return self.inherited_name();
        }
        if self.token.kind == TokenKind::Dot {
            self.advance();
            return Ok(State::Name);
        }
        self.frames.pop();
        match frame {
            Frame::SelectPath { base, names } => {
                let path = self.take_names(names);
                if self.token.kind == TokenKind::Or {
                    self.advance();
                    self.frames.push(Frame::Default { base, path });
                    return Ok(State::Simple);
                }
                let start = self.start_of(base);
                let select = self.node_from(Expr::Select { base, path }, start);
                Ok(State::AfterSelect(select))
            }
            Frame::HasAttrPath { base, names } => {
                let path = self.take_names(names);
                let start = self.start_of(base);
                Ok(State::Operator(self.node_from(Expr::HasAttr { base, path }, start)))
            }
            Frame::BindingPath { start, names } => {
                if self.token.kind != TokenKind::Equal {
                    return Err(self.unexpected(&["'.'", "'='"]));
                }
                self.advance();
                self.frames.push(Frame::BindingValue { start, names });
                Ok(State::Expr)
            }
            _ => Err(self.unexpected(&[])),
        }
    }
}
