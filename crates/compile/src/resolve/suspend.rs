//! Resolve, for places that do not need a value now: what becomes a thunk.
//!
//! In: an expression in such a place. Out: it is a body of its own (its note says so), or is computed where it stands
//! because computing it neither runs anything nor shows: variables, constants, functions, small literals of these.
//!
//! Not here: tests made at run time, whether a suspended expression can be had at once (`emit/cheap.rs`).

use super::{Among, Resolver, Task};
use crate::note::{Note, Noted};
use crate::resolved::BodyKind;
use frazil_syntax::ast::{Ast, BindingKind, Expr, ExprId};

/// How many entries a literal has that is made at once.
const FEW: usize = 4;
/// How deep such literals nest.
const LEVELS: u32 = 2;

impl Resolver<'_, '_> {
    /// An expression in a lazy place; `among` is said of a variable's value.
    pub(super) fn lazy(&mut self, node: ExprId, among: Option<Among>) {
        let expr = self.ast.expr(node);
        match expr {
            Expr::Error
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_) => {}
            Expr::Var(name) => match self.scopes.lookup(name) {
                // Nix gives variables their values in this order, and one that has none yet cannot be shared.
                Some(binding) if among.is_some_and(|among| binding >= among.own) => {
                    self.suspend(node);
                }
                Some(binding) => {
                    let note = self.reach(binding);
                    self.set_note(node, note);
                }
                None if (self.env.is_global)(name) => self.set_note(node, Note::global(name)),
                None => self.suspend(node),
            },
            Expr::List(elements) if elements.is_empty() => {}
            Expr::Lambda(id) if self.env.optimise => self.function(node, id),
            Expr::List(_) | Expr::Set(_)
                if self.env.optimise
                    && self.literal(&expr, among.map(|among| among.first), LEVELS) =>
            {
                self.strict(node, 0);
            }
            _ => self.suspend(node),
        }
    }

    /// Makes an expression a body of its own.
    pub(super) fn suspend(&mut self, node: ExprId) {
        debug_assert!(!matches!(self.notes[node.index()].take(), Noted::Body(_)));
        self.open(BodyKind::Thunk, node);
        self.tasks.push(Task::Close);
        self.tasks.push(Task::Strict(node, 0));
    }

    /// Whether a list or set is small and made of what is at hand.
    fn literal(&self, expr: &Expr, group: Option<u32>, levels: u32) -> bool {
        let at_hand = |node: &ExprId| self.at_hand(*node, group, levels);
        match *expr {
            Expr::List(elements) => {
                elements.len() <= FEW && self.ast.exprs(elements).iter().all(at_hand)
            }
            Expr::Set(set) => {
                let set = self.ast.set(set);
                !set.recursive
                    && set.dynamics.is_empty()
                    && set.froms.is_empty()
                    && set.bindings.len() <= FEW
                    && self.ast.bindings(set.bindings).iter().all(|binding| {
                        debug_assert!(!matches!(binding.kind, BindingKind::InheritedFrom(_)));
                        at_hand(&binding.value)
                    })
            }
            _ => false,
        }
    }

    fn at_hand(&self, node: ExprId, group: Option<u32>, levels: u32) -> bool {
        let expr = self.ast.expr(node);
        match expr {
            Expr::Int(_) | Expr::Float(_) | Expr::Str { .. } | Expr::Uri(_) | Expr::Path(_) => true,
            Expr::Var(name) => match self.scopes.lookup(name) {
                Some(binding) => group.is_none_or(|first| binding < first),
                None => (self.env.is_global)(name),
            },
            // A function may capture the group, which is not known before it has been walked.
            Expr::Lambda(_) => group.is_none(),
            Expr::List(elements) if elements.is_empty() => true,
            Expr::List(_) | Expr::Set(_) => levels > 1 && self.literal(&expr, group, levels - 1),
            _ => false,
        }
    }
}

/// The empty set, which is a constant where thunks are avoided.
pub(crate) fn is_empty_set(ast: &Ast, node: ExprId) -> bool {
    let Expr::Set(set) = ast.expr(node) else { return false };
    let set = ast.set(set);
    set.bindings.is_empty() && set.dynamics.is_empty()
}
