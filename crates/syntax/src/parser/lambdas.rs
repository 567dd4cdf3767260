//! Function heads: `x:`, `{ a, b ? e, ... }:`, `x@{ … }:`, `{ … }@x:`.
//!
//! In: the token where an expression starts. Out: a frame that waits for the body, or the set or variable it was instead.

use super::frames::{Frame, OpenFormals, SetForm, State};
use super::{Parser, Step, slice};
use crate::ast::{AttrName, AttrNameKind, Expr, ExprId, Formal, Formals, Lambda, LambdaId};
use crate::lexer::TokenKind;
use frazil_base::{Pos, Symbol};

/// From this many formals on, duplicates are looked for by sorting.
const MANY: usize = 16;

impl Parser<'_> {
    /// A name where an expression starts: a variable, or the argument of a function.
    #[inline]
    pub(super) fn name_or_lambda(&mut self) -> State {
        let token = self.advance();
        match self.token.kind {
            TokenKind::Colon => {
                self.advance();
                let arg = self.symbols.intern(self.token_text(token));
                self.open_lambda(token.start, Some((arg, token.start)), None);
                State::Expr
            }
            TokenKind::At => {
                self.advance();
                if self.token.kind != TokenKind::BraceOpen {
                    // The state reports what it needs: there is no operand that starts here.
                    return State::Formals;
                }
                self.advance();
                let arg = self.symbols.intern(self.token_text(token));
                self.open_formals(token.start, Some((arg, token.start)));
                State::Formals
            }
            _ => State::AfterSimple(self.variable(token)),
        }
    }

    /// `{` where an expression starts: a set, or the formals of a function.
    pub(super) fn brace_or_formals(&mut self) -> Step<State> {
        let start = self.advance().start;
        match self.token.kind {
            TokenKind::Ellipsis => {
                self.open_formals(start, None);
                Ok(State::Formals)
            }
            TokenKind::BraceClose => {
                self.advance();
                if matches!(self.token.kind, TokenKind::Colon | TokenKind::At) {
                    let base = self.open_formals.len() as u32;
                    let open = OpenFormals { start, arg: None, base };
                    return self.finish_formals(open, false);
                }
                let set = self.sets.open(false);
                Ok(State::AfterSimple(self.node_from(Expr::Set(set), start)))
            }
            TokenKind::Name => {
                let name = self.advance();
                let symbol = self.symbols.intern(self.token_text(name));
                let pos = self.pos(name.start);
                if matches!(
                    self.token.kind,
                    TokenKind::Comma | TokenKind::Question | TokenKind::BraceClose
                ) {
                    self.open_formals(start, None);
                    return self.formal(symbol, pos);
                }
                self.open_set(start, SetForm::Plain);
                let names = self.open_names.len() as u32;
                self.frames.push(Frame::BindingPath { start: name.start, names });
                self.open_names.push(AttrName { pos, kind: AttrNameKind::Static(symbol) });
                self.after_name()
            }
            _ => Ok(self.open_set(start, SetForm::Plain)),
        }
    }

    fn open_formals(&mut self, start: u32, arg: Option<(Symbol, u32)>) {
        let base = self.open_formals.len() as u32;
        self.frames.push(Frame::Formals(OpenFormals { start, arg, base }));
    }

    /// `formals: name [ '?' expr ] ',' formals | '...'`, possibly empty.
    pub(super) fn formals(&mut self) -> Step<State> {
        let Some(&Frame::Formals(open)) = self.frames.last() else {
            return Err(self.unexpected(&[TokenKind::BraceOpen.name()]));
        };
        match self.token.kind {
            TokenKind::Name => {
                let name = self.advance();
                let symbol = self.symbols.intern(self.token_text(name));
                let pos = self.pos(name.start);
                self.formal(symbol, pos)
            }
            TokenKind::Ellipsis => {
                self.advance();
                self.expect(TokenKind::BraceClose)?;
                self.frames.pop();
                self.finish_formals(open, true)
            }
            TokenKind::BraceClose => {
                self.advance();
                self.frames.pop();
                self.finish_formals(open, false)
            }
            _ => Err(self.unexpected(&["identifier", "'...'", "'}'"])),
        }
    }

    /// What follows the name of a formal.
    fn formal(&mut self, name: Symbol, pos: Pos) -> Step<State> {
        self.open_formals.push(Formal { name, pos, default: None });
        if self.token.kind == TokenKind::Question {
            self.advance();
            self.frames.push(Frame::FormalDefault);
            return Ok(State::Expr);
        }
        self.after_formal()
    }

    pub(super) fn done_formal_default(&mut self, default: ExprId) -> Step<State> {
        if let Some(formal) = self.open_formals.last_mut() {
            formal.default = Some(default);
        }
        self.after_formal()
    }

    fn after_formal(&mut self) -> Step<State> {
        match self.token.kind {
            TokenKind::Comma => {
                self.advance();
                Ok(State::Formals)
            }
            TokenKind::BraceClose => Ok(State::Formals),
            _ => Err(self.unexpected(&["'}'", "','"])),
        }
    }

    /// What follows the `}` of the formals.
    fn finish_formals(&mut self, open: OpenFormals, ellipsis: bool) -> Step<State> {
        let mut arg = open.arg;
        if arg.is_none() {
            match self.token.kind {
                TokenKind::Colon => {}
                TokenKind::At => {
                    self.advance();
                    let name = self.expect(TokenKind::Name)?;
                    arg = Some((self.symbols.intern(self.token_text(name)), name.start));
                }
                _ => return Err(self.unexpected(&["':'", "'@'"])),
            }
        }
        self.expect(TokenKind::Colon)?;
        let start = self.ast.formals.len();
        self.ast.formals.extend_from_slice(&self.open_formals[open.base as usize..]);
        self.open_formals.truncate(open.base as usize);
        let formals = slice(start, self.ast.formals.len());
        self.open_lambda(open.start, arg, Some(Formals { formals, ellipsis }));
        Ok(State::Expr)
    }

    fn open_lambda(&mut self, start: u32, arg: Option<(Symbol, u32)>, formals: Option<Formals>) {
        let lambda = LambdaId(self.ast.lambdas.len() as u32);
        self.ast.lambdas.push(Lambda {
            arg: arg.map(|(name, _)| name),
            arg_pos: arg.map_or(Pos::NONE, |(_, at)| self.pos(at)),
            formals,
            body: ExprId(u32::MAX),
            name: None,
        });
        self.frames.push(Frame::LambdaBody { start, lambda });
    }

    pub(super) fn close_lambda(&mut self, start: u32, id: LambdaId, body: ExprId) -> ExprId {
        let lambda = &mut self.ast.lambdas[id.0 as usize];
        lambda.body = body;
        let lambda = *lambda;
        if let Some(formals) = lambda.formals {
            self.check_formals(start, lambda, formals);
        }
        self.node_from(Expr::Lambda(id), start)
    }

    /// Complains about the first formal that repeats another one or the name of the whole argument.
    fn check_formals(&mut self, start: u32, lambda: Lambda, formals: Formals) {
        let all = self.ast.formals(formals.formals);
        let repeated = repeated_formal(all).map(|formal| (formal.name, formal.pos));
        let clash = lambda
            .arg
            .filter(|arg| all.iter().any(|formal| formal.name == *arg))
            .map(|arg| (arg, self.pos(start)));
        if let Some((name, pos)) = repeated.or(clash) {
            let mut message = b"duplicate formal function argument '".to_vec();
            message.extend_from_slice(self.symbols.resolve(name));
            message.push(b'\'');
            let at = pos.0 - self.base.0;
            let span = self.span(at, at);
            self.complain(message, span);
        }
    }

    /// Gives a function, and the functions it directly returns, the name it is bound to.
    pub(super) fn name_lambda(&mut self, value: ExprId, name: Symbol) {
        let mut value = value;
        while let Expr::Lambda(id) = self.ast.expr(value) {
            let lambda = &mut self.ast.lambdas[id.0 as usize];
            lambda.name = Some(name);
            value = lambda.body;
        }
    }
}

/// The repetition that Nix finds: the second place of the repeated name that was interned first.
fn repeated_formal(formals: &[Formal]) -> Option<Formal> {
    let repeats = |at: usize| formals[..at].iter().any(|f| f.name == formals[at].name);
    if formals.len() < MANY && !(1..formals.len()).any(repeats) {
        return None;
    }
    let mut sorted = formals.to_vec();
    sorted.sort_unstable_by_key(|formal| (formal.name, formal.pos));
    sorted.windows(2).find(|pair| pair[0].name == pair[1].name).map(|pair| pair[1])
}
