//! Emit, for functions: how their bodies begin, and what is known of them without entering.

use super::{Emitter, ranks};
use crate::resolve::curried;
use frazil_base::sym;
use frazil_bytecode::{Formal, Formals, FunctionInfo, Kind, Op, Src};
use frazil_syntax::ast::{self, Expr, ExprId};

impl Emitter<'_> {
    /// The body of the function at `node`.
    pub(super) fn function_body(&mut self, node: ExprId) {
        let Expr::Lambda(id) = self.ast.expr(node) else { return };
        let lambda = self.ast.lambda(id);
        let Some(formals) = lambda.formals else {
            let further = curried(self.ast, lambda.body);
            self.arguments(1 + further.len());
            let body = further.last().map_or(lambda.body, |(_, inner)| inner.body);
            return self.tail(body);
        };
        let formals = self.ast.formals(formals.formals);
        if formals.len() >= Src::MAX_SLOT as usize {
            self.too_large = true;
            return;
        }
        self.arguments(1 + formals.len());
        // The machine fills slots in the order of the names, locals stand in the order of the text.
        let ranks = ranks(formals, |formal| formal.name);
        for (slot, rank) in self.slots.iter_mut().skip(1).zip(&ranks) {
            *slot = 1 + rank;
        }
        self.code.formals.resize(formals.len(), sym::EMPTY);
        for (rank, formal) in ranks.iter().zip(formals) {
            self.code.formals[usize::from(*rank)] = formal.name;
        }
        self.push_at(Op::BindFormals { first: 1 }, self.ast.pos(node));
        let mut fresh = Vec::new();
        for (slot, formal) in ranks.iter().map(|rank| 1 + rank).zip(formals) {
            let Some(default) = formal.default else { continue };
            if let Some(body) = self.body_of(default) {
                let proto = self.proto(body);
                self.push(Op::AllocDefault { dst: slot, proto });
                fresh.push((slot, body, proto));
            } else {
                // A constant or another variable needs no thunk: if the argument has it, the copy is skipped.
                let name = self.site(formal.name);
                self.push(Op::TrySelect { dst: slot, src: Src::slot(0), name });
                self.into(default, slot);
            }
        }
        for (slot, body, proto) in fresh {
            if self.unit.capture_count(body) > 0 {
                self.push(Op::FillDefault { slot, proto });
            }
        }
        self.tail(lambda.body);
    }

    /// Arguments and formals are the first locals, in the first slots.
    fn arguments(&mut self, count: usize) {
        let first = self.take(count as u32);
        for (slot, local) in (first..).zip(self.slots.iter_mut().take(count)) {
            *local = slot;
        }
    }

    /// What a function is, for those who make it.
    pub(super) fn function_kind(&self, node: ExprId) -> Kind {
        let Expr::Lambda(id) = self.ast.expr(node) else { return Kind::Thunk };
        let lambda = self.ast.lambda(id);
        let mut lambdas = vec![self.ast.pos(node)];
        let mut parameters = vec![lambda.arg];
        let formals = lambda.formals.map(|formals| Formals {
            formals: sorted_formals(self.ast, &formals)
                .iter()
                .map(|formal| Formal {
                    name: formal.name,
                    pos: formal.pos,
                    has_default: formal.default.is_some(),
                })
                .collect(),
            ellipsis: formals.ellipsis,
        });
        if formals.is_none() {
            for (node, inner) in curried(self.ast, lambda.body) {
                lambdas.push(self.ast.pos(node));
                parameters.push(inner.arg);
            }
        }
        Kind::Function(Box::new(FunctionInfo {
            arity: lambdas.len() as u16,
            name: lambda.name,
            formals,
            lambdas: lambdas.into(),
            parameters: parameters.into(),
        }))
    }
}

fn sorted_formals(ast: &ast::Ast, formals: &ast::Formals) -> Vec<ast::Formal> {
    let mut sorted = ast.formals(formals.formals).to_vec();
    sorted.sort_unstable_by_key(|formal| formal.name);
    sorted
}
