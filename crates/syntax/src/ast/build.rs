//! Building a tree from outside the parser: the compiler takes trees apart and puts the part it needs together again.
//!
//! In: nodes whose children are in the tree already, and runs of what lies in the side vectors. Out: ids and slices.
//! Not here: what the parser does on its own vectors.

use super::{
    Ast, AttrName, AttrSet, Binding, Bytes, DynamicBinding, Expr, ExprId, Formal, Formals, Lambda,
    LambdaId, Part, SelectOr, SelectOrId, SetId, Slice,
};
use frazil_base::{Pos, Span};

/// Appends `items` to the side vector `all`.
fn run<T>(all: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Slice<T> {
    let start = all.len();
    all.extend(items);
    Slice::new(start as u32, (all.len() - start) as u32)
}

impl Ast {
    /// Forgets all nodes and keeps the room they had.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.positions.clear();
        self.spans.clear();
        self.bytes.clear();
        self.exprs.clear();
        self.parts.clear();
        self.names.clear();
        self.selects.clear();
        self.lambdas.clear();
        self.formals.clear();
        self.sets.clear();
        self.bindings.clear();
        self.dynamics.clear();
    }

    /// Adds a node that Nix reports at `pos`; its extent is not known any more.
    #[inline]
    pub fn add(&mut self, expr: Expr, pos: Pos) -> ExprId {
        let id = ExprId(self.nodes.len() as u32);
        self.nodes.push(expr);
        self.positions.push(pos);
        self.spans.push(Span { start: pos, end: pos });
        id
    }

    /// Adds the text of a literal.
    pub fn add_bytes(&mut self, text: &[u8]) -> Bytes {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        Slice::new(start as u32, text.len() as u32)
    }

    /// Adds list elements, arguments or the sources of `inherit (…)`.
    pub fn add_exprs(&mut self, exprs: &[ExprId]) -> Slice<ExprId> {
        run(&mut self.exprs, exprs.iter().copied())
    }

    /// Adds the pieces of a string or path.
    pub fn add_parts(&mut self, parts: impl IntoIterator<Item = Part>) -> Slice<Part> {
        run(&mut self.parts, parts)
    }

    /// Adds the steps of an attribute path.
    pub fn add_names(&mut self, names: impl IntoIterator<Item = AttrName>) -> Slice<AttrName> {
        run(&mut self.names, names)
    }

    /// Adds formals, in the order they are written.
    pub fn add_formals(&mut self, formals: impl IntoIterator<Item = Formal>) -> Slice<Formal> {
        run(&mut self.formals, formals)
    }

    /// Adds bindings, in the order their names first appear.
    pub fn add_bindings(&mut self, all: impl IntoIterator<Item = Binding>) -> Slice<Binding> {
        run(&mut self.bindings, all)
    }

    /// Adds bindings with computed names.
    pub fn add_dynamics(
        &mut self,
        all: impl IntoIterator<Item = DynamicBinding>,
    ) -> Slice<DynamicBinding> {
        run(&mut self.dynamics, all)
    }

    /// Adds a set.
    pub fn add_set(&mut self, set: AttrSet) -> SetId {
        self.sets.push(set);
        SetId(self.sets.len() as u32 - 1)
    }

    /// Adds a selection with a default.
    pub fn add_select_or(&mut self, select: SelectOr) -> SelectOrId {
        self.selects.push(select);
        SelectOrId(self.selects.len() as u32 - 1)
    }

    /// Adds a function.
    pub fn add_lambda(&mut self, lambda: Lambda) -> LambdaId {
        self.lambdas.push(lambda);
        LambdaId(self.lambdas.len() as u32 - 1)
    }

    /// Gives a function its set pattern.
    pub fn set_formals(&mut self, id: LambdaId, formals: Formals) {
        if let Some(lambda) = self.lambdas.get_mut(id.0 as usize) {
            lambda.formals = Some(formals);
        }
    }

    /// Gives a function its body and its formals their defaults, in their order, once these are in the tree.
    pub fn complete_lambda(&mut self, id: LambdaId, body: ExprId, defaults: &[ExprId]) {
        let Some(lambda) = self.lambdas.get_mut(id.0 as usize) else { return };
        lambda.body = body;
        let Some(formals) = lambda.formals else { return };
        let formals = self.formals.iter_mut().skip(formals.formals.start as usize);
        let with_default = formals.filter(|formal| formal.default.is_some());
        for (formal, default) in with_default.zip(defaults) {
            formal.default = Some(*default);
        }
    }
}
