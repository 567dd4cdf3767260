//! Resolve, for groups of bindings: sets, `rec` sets, `let`.
//!
//! Locals of a group, in this order: one for each variable (recursive groups, as the text has them), one for each
//! `inherit (e)`, and with `__overrides` one for that and one for each attribute's own value.
//!
//! Invariant: what is said of a group does not depend on the numbers of symbols, which are another evaluator's tomorrow.
//! Only the order in which unbound names are met does: ascending by symbol, as in Nix.

use super::scope::Level;
use super::{Among, Resolver, Task};
use crate::note::Note;
use crate::resolved::{BodyKind, Group, Inherit};
use frazil_base::sym;
use frazil_syntax::ast::{AttrSet, Binding, BindingKind, ExprId, SetId};

impl Resolver<'_, '_> {
    /// A group at `node`; `body` is the expression in its scope, `depth` the depth of what is computed inside.
    pub(super) fn group(&mut self, node: ExprId, set: SetId, body: Option<ExprId>, depth: u32) {
        let set = self.ast.set(set);
        if !set.recursive && set.froms.is_empty() {
            return self.plain_values(&set, depth);
        }
        let ast = self.ast;
        let bindings = ast.bindings(set.bindings);
        let mut order: Vec<u32> = (0..bindings.len() as u32).collect();
        if set.recursive {
            if self.by_symbol {
                order.sort_unstable_by_key(|at| bindings[*at as usize].name);
            }
            // `inherit x` means the `x` around the set.
            for binding in order.iter().map(|at| &bindings[*at as usize]) {
                if binding.kind == BindingKind::Inherited {
                    self.inherited(binding.value);
                }
            }
        }
        let overrides =
            set.recursive && body.is_none() && bindings.iter().any(|b| b.name == sym::OVERRIDES);
        let variables = if set.recursive { bindings.len() as u32 } else { 0 };
        let first_binding = self.scopes.next_binding();
        let first_local = self.scopes.take_locals(variables);
        if set.recursive {
            for (local, binding) in (first_local..).zip(bindings) {
                self.scopes.bind(binding.name, local);
            }
        }
        let holders = self.holders(&set);
        let first_inherit = self.scopes.bodies.len() as u32;
        for binding in bindings {
            if let BindingKind::InheritedFrom(from) = binding.kind {
                self.inherit_body(binding.name, binding.pos, holders[from as usize]);
            }
        }
        let first_alias = overrides.then(|| self.aliases(bindings));
        self.set_note(node, Note::group(self.groups.len() as u32));
        self.groups.push(Group { first_local, first_inherit, first_alias });
        self.tasks.push(Task::Unbind(first_binding));
        if let Some(body) = body {
            self.tasks.push(Task::Strict(body, depth));
        }
        if set.recursive {
            self.dynamics(&set, depth);
            for at in order.into_iter().rev() {
                let (binding, own) = (&bindings[at as usize], first_binding + at);
                if binding.kind == BindingKind::Plain {
                    self.tasks.push(if overrides {
                        Task::Suspend(binding.value)
                    } else {
                        Task::Bound(binding.value, Among { first: first_binding, own })
                    });
                }
            }
        } else {
            self.plain_values(&set, depth);
        }
        for (from, holder) in self.ast.exprs(set.froms).to_vec().iter().zip(&holders).rev() {
            if self.direct(*from).is_none() {
                debug_assert!(matches!(holder, Level::Binding(_)));
                self.tasks.push(Task::Suspend(*from));
            }
        }
    }

    /// The values of a set that is not recursive.
    fn plain_values(&mut self, set: &AttrSet, depth: u32) {
        self.dynamics(set, depth);
        for binding in self.ast.bindings(set.bindings).iter().rev() {
            if matches!(binding.kind, BindingKind::Plain | BindingKind::Inherited) {
                self.tasks.push(Task::Lazy(binding.value));
            }
        }
    }

    fn dynamics(&mut self, set: &AttrSet, depth: u32) {
        for dynamic in self.ast.dynamics(set.dynamics).iter().rev() {
            self.tasks.push(Task::Lazy(dynamic.value));
            self.tasks.push(Task::Strict(dynamic.name, depth));
        }
    }

    /// The `x` of an `inherit x` in a recursive group, before the group's scope opens.
    fn inherited(&mut self, value: ExprId) {
        let before = self.tasks.len();
        self.lazy(value, None);
        // A name found through `with` is a thunk, which is walked at once: its root is a name.
        while self.tasks.len() > before {
            if let Some(task) = self.tasks.pop() {
                self.step(task);
            }
        }
    }

    /// Who holds the set of each `inherit (e)`.
    fn holders(&mut self, set: &AttrSet) -> Vec<Level> {
        let first = self.scopes.take_locals(set.froms.len() as u32);
        let ast = self.ast;
        let froms = ast.exprs(set.froms).iter().zip(first..);
        froms
            .map(|(from, local)| match self.direct(*from) {
                Some(level) => level,
                None => Level::Binding(self.scopes.bind_anonymous(local)),
            })
            .collect()
    }

    /// The bodies of the variables of a group with `__overrides`.
    fn aliases(&mut self, bindings: &[Binding]) -> u32 {
        let held = self.scopes.take_locals(1);
        let overrides = self.scopes.bind_anonymous(held);
        let first_value = self.scopes.take_locals(bindings.len() as u32);
        let first = self.scopes.bodies.len() as u32;
        for (local, binding) in (first_value..).zip(bindings) {
            let value = self.scopes.bind_anonymous(local);
            let index = self.inherits.len() as u32;
            self.inherits.push(Inherit { name: binding.name, pos: binding.pos });
            self.scopes.open(BodyKind::Alias, index);
            self.reach(overrides);
            self.reach(value);
            self.scopes.close();
        }
        first
    }
}
