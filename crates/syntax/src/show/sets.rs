//! Bindings and formals, sorted by name.
//!
//! In: a set or a set pattern. Out: tasks for the printer.

use super::{Printer, Task};
use crate::ast::{AttrSet, Binding, BindingKind, Formal, Formals};

impl Printer<'_> {
    /// `inherit` first, then `inherit (…)` by source, then the others; dynamic names last, as written.
    pub(super) fn bindings(&mut self, set: AttrSet) {
        let (ast, symbols) = (self.ast, self.symbols);
        let mut sorted: Vec<&Binding> = ast.bindings(set.bindings).iter().collect();
        sorted.sort_by_key(|binding| {
            let group = match binding.kind {
                BindingKind::Inherited => 0,
                BindingKind::InheritedFrom(index) => u64::from(index) + 1,
                BindingKind::Plain => u64::MAX,
            };
            (group, symbols.resolve(binding.name))
        });
        let mut before = BindingKind::Plain;
        for binding in sorted {
            if binding.kind != before && before != BindingKind::Plain {
                self.text("; ");
            }
            match binding.kind {
                BindingKind::Plain => {
                    self.open.push(Task::AttrName(binding.name));
                    self.text(" = ");
                    self.child(binding.value);
                    self.text("; ");
                }
                _ => {
                    self.inherited(binding, before);
                }
            }
            before = binding.kind;
        }
        if before != BindingKind::Plain {
            self.text("; ");
        }
        for binding in ast.dynamics(set.dynamics) {
            self.dynamic_name(binding.name);
            self.text(" = ");
            self.child(binding.value);
            self.text("; ");
        }
    }

    fn inherited(&mut self, binding: &Binding, before: BindingKind) {
        if binding.kind != before {
            self.text("inherit");
            if let BindingKind::InheritedFrom(_) = binding.kind {
                self.text(" (");
                self.child(binding.value);
                self.text(")");
            }
        }
        self.text(" ");
        self.open.push(Task::AttrName(binding.name));
    }

    pub(super) fn formals(&mut self, formals: Formals) {
        let symbols = self.symbols;
        let mut sorted: Vec<&Formal> = self.ast.formals(formals.formals).iter().collect();
        sorted.sort_by_key(|formal| symbols.resolve(formal.name));
        self.text("{ ");
        for (index, formal) in sorted.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.open.push(Task::Name(formal.name));
            if let Some(default) = formal.default {
                self.text(" ? ");
                self.child(default);
            }
        }
        if formals.ellipsis {
            self.text(if sorted.is_empty() { "..." } else { ", ..." });
        }
        self.text(" }");
    }
}
