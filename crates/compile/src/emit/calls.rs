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
            let first = self.take(run.len() as u32);
            for (slot, arg) in (first..).zip(run) {
                self.lazy(*arg, slot);
            }
            self.push_at(Op::Call { dst, func, args: first, count: run.len() as u8 }, pos);
            self.top = mark;
            func = Src::slot(dst);
        }
    }
}
