//! Infix and prefix operators by precedence.
//!
//! In: a complete operand and the token after it. Out: operator nodes; open operators wait as frames.
//!
//! Invariants
//! - Operators on the frame stack above the innermost other frame bind ever tighter, or are prefix operators.

use super::frames::{Frame, State};
use super::{Parser, Step};
use crate::ast::{BinaryOp, Expr, ExprId};
use crate::lexer::TokenKind;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Associates {
    Left,
    Right,
    Not,
}

/// How tight `?` binds.
const QUESTION: u8 = 11;
/// How tight a prefix `!` binds.
const BANG: u8 = 7;
/// How tight a prefix `-` binds.
const MINUS: u8 = 12;

const fn infix(kind: TokenKind) -> Option<BinaryOp> {
    Some(match kind {
        TokenKind::PlusPlus => BinaryOp::Concat,
        TokenKind::Star => BinaryOp::Multiply,
        TokenKind::Slash => BinaryOp::Divide,
        TokenKind::Plus => BinaryOp::Add,
        TokenKind::Minus => BinaryOp::Subtract,
        TokenKind::SlashSlash => BinaryOp::Update,
        TokenKind::Less => BinaryOp::Less,
        TokenKind::LessEqual => BinaryOp::LessEqual,
        TokenKind::Greater => BinaryOp::Greater,
        TokenKind::GreaterEqual => BinaryOp::GreaterEqual,
        TokenKind::EqualEqual => BinaryOp::Equal,
        TokenKind::NotEqual => BinaryOp::NotEqual,
        TokenKind::AndAnd => BinaryOp::And,
        TokenKind::OrOr => BinaryOp::Or,
        TokenKind::Arrow => BinaryOp::Implies,
        TokenKind::PipeInto => BinaryOp::PipeInto,
        TokenKind::PipeFrom => BinaryOp::PipeFrom,
        _ => return None,
    })
}

/// How tight an operator binds (more is tighter), and to which side.
const fn precedence(op: BinaryOp) -> (u8, Associates) {
    match op {
        BinaryOp::PipeInto => (0, Associates::Left),
        BinaryOp::PipeFrom => (0, Associates::Right),
        BinaryOp::Implies => (1, Associates::Right),
        BinaryOp::Or => (2, Associates::Left),
        BinaryOp::And => (3, Associates::Left),
        BinaryOp::Equal | BinaryOp::NotEqual => (4, Associates::Not),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            (5, Associates::Not)
        }
        BinaryOp::Update => (6, Associates::Right),
        BinaryOp::Add | BinaryOp::Subtract => (8, Associates::Left),
        BinaryOp::Multiply | BinaryOp::Divide => (9, Associates::Left),
        BinaryOp::Concat => (10, Associates::Right),
    }
}

impl Parser<'_> {
    /// What follows an operand: an infix operator, `?`, or something that ends the expression.
    pub(super) fn operator(&mut self, operand: ExprId) -> Step<State> {
        if let Some(op) = infix(self.token.kind) {
            let (tightness, associates) = precedence(op);
            let left = self.reduce(operand, tightness, associates == Associates::Left);
            self.forbid_mixing(op, tightness, associates)?;
            let pos = self.advance().start;
            self.frames.push(Frame::Binary { op, pos, left });
            return Ok(State::Operand);
        }
        if self.token.kind == TokenKind::Question {
            let base = self.reduce(operand, QUESTION, false);
            self.advance();
            let names = self.open_names.len() as u32;
            self.frames.push(Frame::HasAttrPath { base, names });
            return Ok(State::Name);
        }
        Ok(State::Done(self.reduce(operand, 0, true)))
    }

    /// Refuses `a == b == c` and `a |> b <| c`, and pipes where they are not enabled.
    fn forbid_mixing(&mut self, op: BinaryOp, tightness: u8, associates: Associates) -> Step<()> {
        if tightness == 0 && !self.options.pipe_operators {
            return Err(self.disabled("pipe-operators"));
        }
        let Some(&Frame::Binary { op: open, .. }) = self.frames.last() else {
            return Ok(());
        };
        if precedence(open).0 != tightness {
            return Ok(());
        }
        if associates == Associates::Not {
            return Err(self.unexpected(&[]));
        }
        if tightness == 0 && open != op {
            return Err(self.unexpected_after_operators());
        }
        Ok(())
    }

    /// Closes the open operators that bind tighter than `tightness`, or as tight if `equal`.
    fn reduce(&mut self, operand: ExprId, tightness: u8, equal: bool) -> ExprId {
        let mut operand = operand;
        while let Some(&frame) = self.frames.last() {
            let open = match frame {
                Frame::Binary { op, .. } => precedence(op).0,
                Frame::Not { .. } => BANG,
                Frame::Negate { .. } => MINUS,
                _ => break,
            };
            if open < tightness || (open == tightness && !equal) {
                break;
            }
            // Of two pipes that look the other way, neither is closed before the complaint about them.
            if let (Frame::Binary { op: BinaryOp::PipeFrom, .. }, TokenKind::PipeInto) =
                (frame, self.token.kind)
            {
                break;
            }
            self.frames.pop();
            let end = self.ast.spans[operand.index()].end.0 - self.base.0;
            operand = match frame {
                Frame::Not { pos } => self.node(Expr::Not(operand), pos, pos, end),
                Frame::Negate { pos } => self.node(Expr::Negate(operand), pos, pos, end),
                Frame::Binary { op, pos, left } => {
                    let start = self.start_of(left);
                    let right = operand;
                    self.node(Expr::Binary { op, left, right }, pos, start, end)
                }
                _ => operand,
            };
        }
        operand
    }
}
