//! Emit, for applications: the function first, then the arguments in the topmost slots.

use super::Emitter;
use frazil_base::Pos;
use frazil_bytecode::{Op, Src};
use frazil_syntax::ast::ExprId;

/// How many arguments one call takes.
const MOST: usize = 255;

impl Emitter<'_> {
    /// `func args…`
    pub(super) fn call(&mut self, func: ExprId, args: &[ExprId], dst: u16, pos: Pos) {
        let mut func = self.operand_in(func, dst);
        for run in args.chunks(MOST) {
            let mark = self.top;
            if let [arg] = run {
                let arg = self.argument(*arg);
                self.calls_one = true;
                self.push_at(Op::Call1 { dst, func, arg }, pos);
            } else {
                let first = self.take(run.len() as u32);
                self.arguments_in_row(run, first);
                self.push_at(Op::Call { dst, func, args: first, count: run.len() as u8 }, pos);
            }
            self.top = mark;
            func = Src::slot(dst);
        }
    }

    /// An argument as an operand, not computed.
    fn argument(&mut self, arg: ExprId) -> Src {
        if let Some(src) = self.at_hand(arg) {
            return src;
        }
        let slot = self.take(1);
        self.lazy(arg, slot);
        Src::slot(slot)
    }

    /// Arguments into slots in a row, not computed; two at a time where nothing is to be made.
    fn arguments_in_row(&mut self, args: &[ExprId], first: u16) {
        let mut slot = first;
        let mut rest = args;
        while let [arg, after @ ..] = rest {
            let pair = after.first().and_then(|next| {
                let a = self.at_hand(*arg)?;
                Some((a, self.at_hand(*next)?))
            });
            match pair {
                Some((a, b)) => {
                    self.push(Op::Move2 { dst: slot, a, b });
                    (slot, rest) = (slot.saturating_add(2), &after[1..]);
                }
                None => {
                    self.lazy(*arg, slot);
                    (slot, rest) = (slot.saturating_add(1), after);
                }
            }
        }
    }
}
