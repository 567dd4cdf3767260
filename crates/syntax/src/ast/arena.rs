//! The tree's vectors and the way from ids to what they name.
//!
//! In: ids and slices. Out: nodes, children, positions. Only the parser writes here.

use super::{
    AttrName, AttrSet, Binding, Bytes, DynamicBinding, Expr, ExprId, Formal, Lambda, LambdaId,
    Part, SelectOr, SelectOrId, SetId, Slice,
};
use frazil_base::{Pos, Span};

/// A tree. It belongs to one text and one interner.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    pub(crate) nodes: Vec<Expr>,
    /// The position Nix reports for a node.
    pub(crate) positions: Vec<Pos>,
    /// The extent of a node, with the parentheses around it.
    pub(crate) spans: Vec<Span>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) exprs: Vec<ExprId>,
    pub(crate) parts: Vec<Part>,
    pub(crate) names: Vec<AttrName>,
    pub(crate) selects: Vec<SelectOr>,
    pub(crate) lambdas: Vec<Lambda>,
    pub(crate) formals: Vec<Formal>,
    pub(crate) sets: Vec<AttrSet>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) dynamics: Vec<DynamicBinding>,
}

impl Ast {
    /// A node.
    #[inline]
    #[must_use]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.nodes[id.index()]
    }

    /// The position Nix reports for a node: of an infix operator the operator, of everything else the start.
    #[inline]
    #[must_use]
    pub fn pos(&self, id: ExprId) -> Pos {
        self.positions[id.index()]
    }

    /// The extent of a node, with the parentheses around it: its start is what Nix reports for an operand of `+`.
    #[inline]
    #[must_use]
    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.index()]
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The bytes of a literal.
    #[inline]
    #[must_use]
    pub fn bytes(&self, slice: Bytes) -> &[u8] {
        slice.of(&self.bytes)
    }

    /// List elements, arguments or the sources of `inherit (…)`.
    #[inline]
    #[must_use]
    pub fn exprs(&self, slice: Slice<ExprId>) -> &[ExprId] {
        slice.of(&self.exprs)
    }

    /// The pieces of a string or path.
    #[inline]
    #[must_use]
    pub fn parts(&self, slice: Slice<Part>) -> &[Part] {
        slice.of(&self.parts)
    }

    /// The steps of an attribute path.
    #[inline]
    #[must_use]
    pub fn names(&self, slice: Slice<AttrName>) -> &[AttrName] {
        slice.of(&self.names)
    }

    /// A selection with a default.
    #[inline]
    #[must_use]
    pub fn select_or(&self, id: SelectOrId) -> SelectOr {
        self.selects[id.0 as usize]
    }

    /// A function.
    #[inline]
    #[must_use]
    pub fn lambda(&self, id: LambdaId) -> Lambda {
        self.lambdas[id.0 as usize]
    }

    /// The formals of a set pattern.
    #[inline]
    #[must_use]
    pub fn formals(&self, slice: Slice<Formal>) -> &[Formal] {
        slice.of(&self.formals)
    }

    /// A set of bindings.
    #[inline]
    #[must_use]
    pub fn set(&self, id: SetId) -> AttrSet {
        self.sets[id.0 as usize]
    }

    /// The bindings with a static name of a set.
    #[inline]
    #[must_use]
    pub fn bindings(&self, slice: Slice<Binding>) -> &[Binding] {
        slice.of(&self.bindings)
    }

    /// The bindings with a static name of all sets.
    #[must_use]
    pub fn all_bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The bindings with a dynamic name of a set.
    #[inline]
    #[must_use]
    pub fn dynamics(&self, slice: Slice<DynamicBinding>) -> &[DynamicBinding] {
        slice.of(&self.dynamics)
    }

    /// The bytes held, for memory reports.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        fn of<T>(all: &Vec<T>) -> usize {
            all.capacity() * size_of::<T>()
        }
        of(&self.nodes)
            + of(&self.positions)
            + of(&self.spans)
            + of(&self.bytes)
            + of(&self.exprs)
            + of(&self.parts)
            + of(&self.names)
            + of(&self.selects)
            + of(&self.lambdas)
            + of(&self.formals)
            + of(&self.sets)
            + of(&self.bindings)
            + of(&self.dynamics)
    }
}
