//! The forms of expressions, and what happens when one is complete.
//!
//! In: the token. Out: the next state; nodes and frames.

use super::frames::{Frame, SetForm, State};
use super::{Parser, Step};
use crate::ast::{Expr, ExprId, SelectOr, SelectOrId};
use crate::lexer::TokenKind;
use frazil_base::sym;

impl Parser<'_> {
    /// `expr: lambda | assert | with | let | if | operators`
    pub(super) fn expr(&mut self) -> Step<State> {
        let start = self.token.start;
        match self.token.kind {
            TokenKind::Name => return Ok(self.name_or_lambda()),
            TokenKind::BraceOpen => return self.brace_or_formals(),
            TokenKind::Assert => self.open(Frame::AssertCondition { start }),
            TokenKind::With => self.open(Frame::WithEnv { start }),
            TokenKind::If => self.open(Frame::IfCondition { start }),
            TokenKind::Let => {
                self.advance();
                if self.token.kind == TokenKind::BraceOpen {
                    self.advance();
                    return Ok(self.open_set(start, SetForm::LegacyLet));
                }
                return Ok(self.open_set(start, SetForm::Let));
            }
            _ => return self.operand(),
        }
        Ok(State::Expr)
    }

    fn open(&mut self, frame: Frame) {
        self.advance();
        self.frames.push(frame);
    }

    /// `operand: '!' operand | '-' operand | simple`
    pub(super) fn operand(&mut self) -> Step<State> {
        let pos = self.token.start;
        match self.token.kind {
            TokenKind::Bang => self.open(Frame::Not { pos }),
            TokenKind::Minus => self.open(Frame::Negate { pos }),
            _ => return self.simple(),
        }
        Ok(State::Operand)
    }

    /// `simple: literal | name | '(' expr ')' | set | list`
    pub(super) fn simple(&mut self) -> Step<State> {
        let token = self.token;
        let start = token.start;
        let expr = match token.kind {
            TokenKind::Name => {
                self.advance();
                self.variable(token)
            }
            TokenKind::Int => self.integer()?,
            TokenKind::Float => self.float()?,
            TokenKind::Uri => {
                self.lint(token)?;
                let text = self.keep_bytes(self.token_text(token));
                self.advance();
                self.node_of(Expr::Uri(text), token)
            }
            TokenKind::SearchPath => {
                let text = self.token_text(token);
                let text = self.keep_bytes(&text[1..text.len() - 1]);
                self.advance();
                self.node_of(Expr::SearchPath(text), token)
            }
            TokenKind::Quote => return self.string(),
            TokenKind::IndentedQuote => return self.indented_string(),
            TokenKind::Path | TokenKind::HomePath => return self.path(),
            TokenKind::ParenOpen => {
                self.open(Frame::Paren { start });
                return Ok(State::Expr);
            }
            TokenKind::BracketOpen => {
                let base = self.open_exprs.len() as u32;
                self.open(Frame::List { start, base });
                return self.list();
            }
            TokenKind::BraceOpen => {
                self.advance();
                return Ok(self.open_set(start, SetForm::Plain));
            }
            TokenKind::Rec => {
                self.advance();
                self.expect(TokenKind::BraceOpen)?;
                return Ok(self.open_set(start, SetForm::Recursive));
            }
            TokenKind::Let => {
                self.advance();
                self.expect(TokenKind::BraceOpen)?;
                return Ok(self.open_set(start, SetForm::LegacyLet));
            }
            _ => return Err(self.unexpected(&[])),
        };
        Ok(State::AfterSimple(expr))
    }

    /// The variable that `token`, already consumed, names.
    #[inline]
    pub(super) fn variable(&mut self, token: crate::lexer::Token) -> ExprId {
        let symbol = self.symbols.intern(self.token_text(token));
        let expr = if symbol == sym::CUR_POS { Expr::CurPos } else { Expr::Var(symbol) };
        self.node_of(expr, token)
    }

    fn integer(&mut self) -> Step<ExprId> {
        let token = self.token;
        let text = self.token_text(token);
        let value = text.iter().try_fold(0i64, |value, digit| {
            value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        });
        let Some(value) = value else {
            return Err(self.invalid_literal("integer", token));
        };
        self.advance();
        Ok(self.node_of(Expr::Int(value), token))
    }

    fn float(&mut self) -> Step<ExprId> {
        let token = self.token;
        let text = self.token_text(token);
        let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
        let mantissa = text.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
        let is_zero = mantissa.clone().all(|byte| matches!(byte, b'0' | b'.'));
        // Like strtod with its error check: neither overflow nor underflow is a number.
        match value {
            Some(value) if value.is_normal() || is_zero => {
                self.advance();
                Ok(self.node_of(Expr::Float(value), token))
            }
            _ => Err(self.invalid_literal("float", token)),
        }
    }

    /// The next element of the list on top, or its end.
    fn list(&mut self) -> Step<State> {
        if self.token.kind != TokenKind::BracketClose {
            // Not a call: `simple` calls back for a list in a list.
            return Ok(State::Simple);
        }
        self.advance();
        let Some(Frame::List { start, base }) = self.frames.pop() else {
            return Err(self.unexpected(&[]));
        };
        let elements = self.take_exprs(base);
        let list = self.node_from(Expr::List(elements), start);
        Ok(State::AfterSimple(list))
    }

    /// `select: simple | simple '.' path | simple '.' path 'or' select | simple 'or'`
    #[inline]
    pub(super) fn after_simple(&mut self, expr: ExprId) -> State {
        match self.token.kind {
            TokenKind::Dot => {
                self.advance();
                let names = self.open_names.len() as u32;
                self.frames.push(Frame::SelectPath { base: expr, names });
                State::Name
            }
            TokenKind::Or => {
                // A function may be called `or` by its argument's side: `map or [ … ]` has three parts.
                let token = self.advance();
                let or = self.node_of(Expr::Var(sym::OR), token);
                let base = self.open_exprs.len() as u32;
                self.open_exprs.push(or);
                // Unlike other arguments it does not go on with a call in parentheses.
                let args = self.take_exprs(base);
                let start = self.start_of(expr);
                let applied = self.node_from(Expr::Apply { func: expr, args }, start);
                self.warn_of_or(applied);
                State::AfterSelect(applied)
            }
            _ => State::AfterSelect(expr),
        }
    }

    /// Ends a selection as list element, argument or default, or goes on to arguments and operators.
    #[inline]
    pub(super) fn after_select(&mut self, expr: ExprId) -> Step<State> {
        match self.frames.last().copied() {
            Some(Frame::List { .. }) => {
                self.open_exprs.push(expr);
                self.list()
            }
            Some(Frame::Apply { func, base }) => {
                self.open_exprs.push(expr);
                if self.token.kind.starts_operand() {
                    return self.simple();
                }
                self.frames.pop();
                let applied = self.apply(func, base);
                self.operator(applied)
            }
            Some(Frame::Default { base, path }) => {
                self.frames.pop();
                Ok(State::AfterSelect(self.select_or(base, path, expr)))
            }
            _ if self.token.kind.starts_operand() => {
                let base = self.open_exprs.len() as u32;
                self.frames.push(Frame::Apply { func: expr, base });
                self.simple()
            }
            _ => self.operator(expr),
        }
    }

    fn select_or(
        &mut self,
        base: ExprId,
        path: crate::ast::Slice<crate::ast::AttrName>,
        default: ExprId,
    ) -> ExprId {
        let id = SelectOrId(self.ast.selects.len() as u32);
        self.ast.selects.push(SelectOr { base, path, default });
        let start = self.start_of(base);
        self.node_from(Expr::SelectOr(id), start)
    }

    /// The application of `func` to the open expressions from `base` on.
    fn apply(&mut self, func: ExprId, base: u32) -> ExprId {
        let args = self.take_exprs(base);
        let start = self.start_of(func);
        // Nix adds arguments to a call in parentheses, which so keeps its own position.
        let pos = match self.ast.expr(func) {
            Expr::Apply { .. } => self.ast.pos(func).0 - self.base.0,
            _ => start,
        };
        self.node(Expr::Apply { func, args }, pos, start, self.last_end)
    }

    /// The expression that the innermost frame waits for is complete.
    pub(super) fn done(&mut self, expr: ExprId) -> Step<State> {
        let Some(frame) = self.frames.pop() else {
            return Ok(State::Finished(expr));
        };
        match frame {
            Frame::Root => {
                if self.token.kind != TokenKind::End {
                    return Err(self.unexpected(&[TokenKind::End.name()]));
                }
                Ok(State::Finished(expr))
            }
            Frame::Paren { start } => {
                self.expect(TokenKind::ParenClose)?;
                self.ast.spans[expr.index()] = self.span(start, self.last_end);
                Ok(State::AfterSimple(expr))
            }
            Frame::AssertCondition { start } => {
                self.expect(TokenKind::Semicolon)?;
                self.frames.push(Frame::AssertBody { start, condition: expr });
                Ok(State::Expr)
            }
            Frame::WithEnv { start } => {
                self.expect(TokenKind::Semicolon)?;
                self.frames.push(Frame::WithBody { start, env: expr });
                Ok(State::Expr)
            }
            Frame::IfCondition { start } => {
                self.expect(TokenKind::Then)?;
                self.frames.push(Frame::IfConsequent { start, condition: expr });
                Ok(State::Expr)
            }
            Frame::IfConsequent { start, condition } => {
                self.expect(TokenKind::Else)?;
                self.frames.push(Frame::IfAlternative { start, condition, consequent: expr });
                Ok(State::Expr)
            }
            Frame::StringPiece { .. }
            | Frame::IndentedPiece { .. }
            | Frame::PathPiece { .. }
            | Frame::NameExpr { .. }
            | Frame::NameString { .. } => self.done_in_literal(frame, expr),
            Frame::BindingValue { start, names } => self.done_binding(start, names, expr),
            Frame::InheritSource => self.done_inherit_source(expr),
            Frame::FormalDefault => self.done_formal_default(expr),
            _ => Ok(State::Done(self.close(frame, expr))),
        }
    }

    /// Builds the node of a form that ends with its last expression.
    fn close(&mut self, frame: Frame, last: ExprId) -> ExprId {
        match frame {
            Frame::LambdaBody { start, lambda } => self.close_lambda(start, lambda, last),
            Frame::AssertBody { start, condition } => {
                self.node_from(Expr::Assert { condition, body: last }, start)
            }
            Frame::WithBody { start, env } => self.node_from(Expr::With { env, body: last }, start),
            Frame::LetBody { start, set } => self.close_let(start, set, last),
            Frame::IfAlternative { start, condition, consequent } => {
                self.node_from(Expr::If { condition, consequent, alternative: last }, start)
            }
            // The others are popped by the states that opened them.
            _ => last,
        }
    }

    /// What follows an interpolated expression.
    fn done_in_literal(&mut self, frame: Frame, expr: ExprId) -> Step<State> {
        match frame {
            Frame::NameExpr { start } => return self.done_name_expr(start, expr),
            Frame::NameString { start } => return Ok(self.done_name_string(start, expr)),
            _ => {}
        }
        if self.token.kind != TokenKind::BraceClose {
            return Err(self.unexpected(&[TokenKind::BraceClose.name()]));
        }
        let after = self.token.end as usize;
        match frame {
            Frame::StringPiece { start, base, pos } => {
                self.push_interpolation(pos, expr);
                self.string_from(after, start, base)
            }
            Frame::IndentedPiece { start, base, pos } => {
                self.push_interpolation(pos, expr);
                self.indented_string_from(after, start, base)
            }
            Frame::PathPiece { start, base, pos } => {
                self.push_interpolation(pos, expr);
                self.path_from(after, start, base)
            }
            _ => Ok(State::Done(expr)),
        }
    }
}
