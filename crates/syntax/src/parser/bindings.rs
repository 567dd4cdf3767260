//! Bindings: of sets, `rec` sets, `let` and legacy `let`.
//!
//! In: the token after the opening. Out: bindings in the open set, then the node it belongs to.

use super::frames::{Frame, SetForm, State};
use super::{Parser, Step};
use crate::ast::{AttrNameKind, Binding, BindingKind, Expr, ExprId, SetId};
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Opens a set whose opening tokens are consumed.
    pub(super) fn open_set(&mut self, start: u32, form: SetForm) -> State {
        let set = self.sets.open(form != SetForm::Plain);
        self.frames.push(Frame::Set { start, form, set });
        State::Bindings
    }

    /// `bindings: path '=' expr ';' | 'inherit' names ';' | 'inherit' '(' expr ')' names ';'`, any number.
    pub(super) fn bindings(&mut self) -> Step<State> {
        let Some(&Frame::Set { start, form, set }) = self.frames.last() else {
            return Err(self.unexpected(&[]));
        };
        match self.token.kind {
            TokenKind::BraceClose if form != SetForm::Let => {
                self.frames.pop();
                self.advance();
                let expr = match form {
                    SetForm::LegacyLet => Expr::LegacyLet(set),
                    _ => Expr::Set(set),
                };
                Ok(State::AfterSimple(self.node_from(expr, start)))
            }
            TokenKind::In if form == SetForm::Let => {
                self.frames.pop();
                self.advance();
                self.frames.push(Frame::LetBody { start, set });
                Ok(State::Expr)
            }
            TokenKind::Inherit => {
                self.advance();
                if self.token.kind == TokenKind::ParenOpen {
                    self.advance();
                    self.frames.push(Frame::InheritSource);
                    return Ok(State::Expr);
                }
                let names = self.open_names.len() as u32;
                self.frames.push(Frame::InheritNames { from: None, names });
                self.inherited_name()
            }
            TokenKind::Name | TokenKind::Or | TokenKind::Quote | TokenKind::DollarBrace => {
                let names = self.open_names.len() as u32;
                let start = self.token.start;
                self.frames.push(Frame::BindingPath { start, names });
                self.name()
            }
            _ => Err(self.unexpected(match form {
                SetForm::Plain => &["'inherit'"],
                SetForm::Recursive | SetForm::LegacyLet => &["'inherit'", "'}'"],
                SetForm::Let => &["'in'", "'inherit'"],
            })),
        }
    }

    pub(super) fn close_let(&mut self, start: u32, set: SetId, body: ExprId) -> ExprId {
        if self.sets.has_dynamic(set) {
            let span = self.span(start, self.last_end);
            self.complain("dynamic attributes not allowed in let", span);
        }
        let bindings = set;
        self.node_from(Expr::Let { bindings, body }, start)
    }

    /// Ends `path = value`.
    pub(super) fn done_binding(&mut self, start: u32, names: u32, value: ExprId) -> Step<State> {
        self.expect(TokenKind::Semicolon)?;
        if let Some(&Frame::Set { set, .. }) = self.frames.last() {
            self.bind(set, names as usize, start, value);
        }
        self.open_names.truncate(names as usize);
        self.bindings()
    }

    /// Ends `inherit (e`.
    pub(super) fn done_inherit_source(&mut self, source: ExprId) -> Step<State> {
        self.expect(TokenKind::ParenClose)?;
        let from = match self.frames.last() {
            Some(&Frame::Set { set, .. }) => Some(self.sets.add_from(set, source)),
            _ => None,
        };
        let names = self.open_names.len() as u32;
        self.frames.push(Frame::InheritNames { from, names });
        self.inherited_name()
    }

    /// The next name of an `inherit`, or its end.
    pub(super) fn inherited_name(&mut self) -> Step<State> {
        match self.token.kind {
            TokenKind::Name | TokenKind::Or | TokenKind::Quote | TokenKind::DollarBrace => {
                Ok(State::Name)
            }
            TokenKind::Semicolon => {
                let Some(Frame::InheritNames { from, names }) = self.frames.pop() else {
                    return Err(self.unexpected(&[]));
                };
                if let Some(&Frame::Set { set, .. }) = self.frames.last() {
                    self.inherit(set, from, names as usize);
                }
                self.open_names.truncate(names as usize);
                self.advance();
                Ok(State::Bindings)
            }
            _ => Err(self.unexpected(&[])),
        }
    }

    fn inherit(&mut self, set: SetId, from: Option<u32>, names: usize) {
        for at in names..self.open_names.len() {
            let name = self.open_names[at];
            let start = name.pos.0 - self.base.0;
            let AttrNameKind::Static(symbol) = name.kind else {
                let span = self.span(start, start);
                self.complain("dynamic attributes not allowed in inherit", span);
                continue;
            };
            if let Some(before) = self.sets.find(set, symbol) {
                self.complain_of_duplicate(&[symbol], before.pos, name.pos);
                continue;
            }
            let (kind, value) = match from {
                None => {
                    let end = start + self.symbols.resolve(symbol).len() as u32;
                    let variable = self.node(Expr::Var(symbol), start, start, end);
                    (BindingKind::Inherited, variable)
                }
                Some(index) => (BindingKind::InheritedFrom(index), self.sets.from(set, index)),
            };
            self.sets.add(set, Binding { name: symbol, pos: name.pos, kind, value });
        }
    }
}
