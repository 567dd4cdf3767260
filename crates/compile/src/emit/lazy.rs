//! Emit, for places that do not need a value now: a variable or constant is copied, a small literal made, a function made,
//! and anything else suspended, unless it can be had at once (`cheap`).

use super::Emitter;
use crate::resolved::BodyKind;
use frazil_bytecode::{Op, Src};
use frazil_syntax::ast::ExprId;

impl Emitter<'_> {
    /// The value of `node`, computed later, into `dst`.
    pub(super) fn lazy(&mut self, node: ExprId, dst: u16) {
        match self.body_of(node) {
            Some(body) => {
                let jumps = match self.unit.body(body).kind {
                    BodyKind::Thunk if self.unit.optimise => self.cheap(body, node, dst),
                    _ => Vec::new(),
                };
                self.land_all(&jumps);
                self.make(body, dst);
            }
            // What is no body is a variable, a constant or a literal of such: nothing runs.
            None => self.into(node, dst),
        }
    }

    /// A body that stands for an expression whose value is needed, or a function.
    pub(super) fn suspended(&mut self, node: ExprId, dst: u16) {
        if let Some(body) = self.body_of(node) {
            self.make(body, dst);
        }
    }

    /// One name of an `inherit (e) …`, whose body is `body`.
    pub(super) fn inherited(&mut self, body: u32, dst: u16) {
        let record = *self.unit.body(body);
        let inherit = self.unit.inherits[record.node as usize];
        if self.unit.optimise
            && let Some(src) = self.outer(body, record.note)
        {
            let name = self.site(inherit.name);
            self.push(Op::CheapSelect { dst, src, name, how: 0 });
        }
        self.make(body, dst);
    }

    pub(super) fn make(&mut self, body: u32, dst: u16) {
        let proto = self.proto(body);
        self.push(match self.unit.body(body).kind {
            BodyKind::Function => Op::MakeClosure { dst, proto },
            _ => Op::MakeThunk { dst, proto },
        });
    }

    /// As `make`, with the captures still to come.
    pub(super) fn alloc(&mut self, body: u32, dst: u16) -> u32 {
        let proto = self.proto(body);
        self.push(match self.unit.body(body).kind {
            BodyKind::Function => Op::AllocClosure { dst, proto },
            _ => Op::AllocThunk { dst, proto },
        });
        proto
    }

    /// Where this body has what `body`, which it makes, reads by `note`.
    pub(super) fn outer(&mut self, body: u32, note: crate::note::Note) -> Option<Src> {
        use crate::note::Noted;
        match note.take() {
            Noted::Capture(index) => {
                let from = self.unit.captures_of(body)[index as usize];
                Some(self.source(from))
            }
            Noted::Global(_) => Some(self.source(note)),
            _ => None,
        }
    }
}
