//! Emit, for conditions: branches, boolean operators, assertions.
//!
//! `&&`, `||`, `->` and `!` in a condition become jumps; elsewhere their value is put together from jumps.

use super::Emitter;
use crate::note::Note;
use frazil_base::Pos;
use frazil_bytecode::{Constant, Op};
use frazil_syntax::ast::{BinaryOp, Expr, ExprId};

/// Jumps to be landed, by the truth that takes them.
#[derive(Default)]
struct Exits {
    on_true: Vec<u32>,
    on_false: Vec<u32>,
}

impl Emitter<'_> {
    /// Goes on if the condition of an `if` at `pos` is true; says the jumps taken if it is false.
    pub(super) fn branch(&mut self, condition: ExprId, pos: Pos) -> Vec<u32> {
        let mut exits = Exits::default();
        let start = self.pc();
        self.test(condition, false, &mut exits);
        self.region(start, "while evaluating a branch condition", pos);
        self.land_all(&exits.on_true);
        exits.on_false
    }

    /// Tests `node`: leaves by `exits` if its truth is `leave`, may also leave by the other exits, or goes on.
    fn test(&mut self, node: ExprId, leave: bool, exits: &mut Exits) {
        let mark = self.top;
        let plain = self.body_of(node).is_none();
        let pos = self.ast.pos(node);
        match self.ast.expr(node) {
            Expr::Not(operand) if plain => {
                let mut inner = Exits::default();
                let start = self.pc();
                self.test(operand, !leave, &mut inner);
                let place = self.pos_of_value(operand);
                self.region(start, "in the argument of the not operator", place);
                exits.on_true.append(&mut inner.on_false);
                exits.on_false.append(&mut inner.on_true);
            }
            Expr::Binary { op, left, right } if plain && is_logic(op) => {
                // The truth of the left operand that decides, and the texts.
                let (decides, result) = match op {
                    BinaryOp::And => (false, false),
                    BinaryOp::Or => (true, true),
                    _ => (false, true),
                };
                let mut first = Exits::default();
                let start = self.pc();
                self.test(left, decides, &mut first);
                self.region(start, left_text(op), pos);
                let (decided, open) = if decides {
                    (&mut first.on_true, std::mem::take(&mut first.on_false))
                } else {
                    (&mut first.on_false, std::mem::take(&mut first.on_true))
                };
                let to = if result { &mut exits.on_true } else { &mut exits.on_false };
                to.append(decided);
                self.land_all(&open);
                let start = self.pc();
                self.test(right, leave, exits);
                self.region(start, right_text(op), pos);
            }
            _ => {
                let cond = self.operand(node);
                let op = if leave {
                    Op::JumpIfTrue { cond, to: u32::MAX }
                } else {
                    Op::JumpIfFalse { cond, to: u32::MAX }
                };
                self.push_at(op, pos);
                let at = self.pc() - 1;
                if leave { exits.on_true.push(at) } else { exits.on_false.push(at) }
            }
        }
        self.top = mark;
    }

    /// `&&`, `||`, `->` as a value.
    pub(super) fn logic(&mut self, op: BinaryOp, left: ExprId, right: ExprId, dst: u16, pos: Pos) {
        let (decides, result) = match op {
            BinaryOp::And => (false, false),
            BinaryOp::Or => (true, true),
            _ => (false, true),
        };
        let mut exits = Exits::default();
        let start = self.pc();
        self.test(left, decides, &mut exits);
        self.region(start, left_text(op), pos);
        let (decided, open) =
            if decides { (exits.on_true, exits.on_false) } else { (exits.on_false, exits.on_true) };
        self.land_all(&open);
        let start = self.pc();
        let src = self.operand_in(right, dst);
        self.push_at(Op::CheckBool { dst, src }, self.ast.pos(right));
        self.region(start, right_text(op), pos);
        let end = self.jump();
        self.land_all(&decided);
        self.constant_into(Constant::Bool(result), dst);
        self.land(end);
    }

    /// Goes on if the assertion at `node` holds, else throws.
    pub(super) fn assert(&mut self, node: ExprId, condition: ExprId) {
        let mark = self.top;
        let pos = self.ast.pos(node);
        let message = self.text(condition);
        let start = self.pc();
        if self.body_of(condition).is_none()
            && let Expr::Binary { op: BinaryOp::Equal, left, right } = self.ast.expr(condition)
            && self.unit.raw_note(condition) == Note::NOTHING
        {
            let first = self.take(1);
            let a = self.operand_before(left, right, first);
            let b = self.operand(right);
            let dst = self.take(1);
            let cond = frazil_bytecode::Src::slot(dst);
            self.push_at(Op::Equal { dst, a, b }, self.ast.pos(condition));
            self.push(Op::JumpIfTrue { cond, to: u32::MAX });
            let holds = self.pc() - 1;
            self.region(start, ASSERTION, pos);
            self.push_at(Op::FailEqual { a, b, message }, pos);
            self.land(holds);
        } else {
            let mut exits = Exits::default();
            self.test(condition, true, &mut exits);
            self.region(start, ASSERTION, pos);
            self.land_all(&exits.on_false);
            self.push_at(Op::Fail { message }, pos);
            self.land_all(&exits.on_true);
        }
        self.top = mark;
    }
}

const ASSERTION: &str = "in the condition of the assert statement";

fn is_logic(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Implies)
}

fn left_text(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "in the left operand of the AND (&&) operator",
        BinaryOp::Or => "in the left operand of the OR (||) operator",
        _ => "in the left operand of the IMPL (->) operator",
    }
}

fn right_text(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "in the right operand of the AND (&&) operator",
        BinaryOp::Or => "in the right operand of the OR (||) operator",
        _ => "in the right operand of the IMPL (->) operator",
    }
}
