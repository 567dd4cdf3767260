//! Emit, for the last thing a body does: its value is returned where it is found.

use super::Emitter;
use frazil_bytecode::{Op, Src};
use frazil_syntax::ast::{Expr, ExprId};

impl Emitter<'_> {
    /// Computes `node` and returns it. Nothing after it is reached.
    pub(super) fn tail(&mut self, mut node: ExprId) {
        loop {
            if self.body_of(node).is_some() {
                break;
            }
            match self.ast.expr(node) {
                Expr::Let { bindings, body } => {
                    self.let_group(node, bindings);
                    node = body;
                }
                Expr::With { env, body } => {
                    self.with_set(node, env);
                    node = body;
                }
                Expr::Assert { condition, body } => {
                    self.assert(node, condition);
                    node = body;
                }
                Expr::If { condition, consequent, alternative } => {
                    let mark = self.top;
                    let otherwise = self.branch(condition, self.ast.pos(node));
                    self.top = mark;
                    self.tail(consequent);
                    self.land_all(&otherwise);
                    self.top = mark;
                    node = alternative;
                }
                Expr::SelectOr(id) => {
                    let select = self.ast.select_or(id);
                    let mark = self.top;
                    let dst = self.take(1);
                    let missing = self.try_path(select.base, select.path, dst);
                    self.push_at(Op::Return { src: Src::slot(dst) }, self.ast.pos(node));
                    self.land_all(&missing);
                    self.top = mark;
                    node = select.default;
                }
                _ => break,
            }
        }
        let mark = self.top;
        let src = self.operand(node);
        self.push_at(Op::Return { src }, self.ast.pos(node));
        self.top = mark;
    }
}
