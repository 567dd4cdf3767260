//! Packing, for sets and `let`: the sources of `inherit (…)`, the values and the computed names as operands, then the
//! bindings.

use super::write::{Packer, Step};
use crate::note::{Note, Noted};
use frazil_syntax::ast::{BindingKind, SetId};

impl Packer<'_, '_> {
    pub(super) fn visit_set(&mut self, set: SetId) {
        let ast = &self.resolved.ast;
        let set = ast.set(set);
        self.open.extend(ast.exprs(set.froms).iter().map(|from| Step::Visit(*from)));
        for binding in ast.bindings(set.bindings) {
            if !matches!(binding.kind, BindingKind::InheritedFrom(_)) {
                self.open.push(Step::Visit(binding.value));
            }
        }
        for dynamic in ast.dynamics(set.dynamics) {
            self.open.extend([Step::Visit(dynamic.name), Step::Visit(dynamic.value)]);
        }
    }

    pub(super) fn finish_set(&mut self, set: SetId, note: Note) {
        let ast = &self.resolved.ast;
        let set = ast.set(set);
        let group = match note.take() {
            Noted::Group(group) => Some(self.resolved.groups[group as usize]),
            _ => None,
        };
        let counts = [set.froms.len(), set.bindings.len(), set.dynamics.len()];
        let has_more = u32::from(counts[0] + counts[2] > 0);
        let flags = u32::from(set.recursive) | u32::from(group.is_some()) << 1 | has_more << 2;
        self.out.number((counts[1] as u32) << 3 | flags);
        if has_more > 0 {
            self.out.number(counts[0] as u32);
            self.out.number(counts[2] as u32);
        }
        for binding in ast.bindings(set.bindings) {
            self.out.pos(binding.pos);
            let kind = match binding.kind {
                BindingKind::Plain => 0,
                BindingKind::Inherited => 1,
                BindingKind::InheritedFrom(_) => 2,
            };
            let name = self.name(binding.name, binding.pos);
            self.out.long(u64::from(name) << 2 | kind);
            if let BindingKind::InheritedFrom(from) = binding.kind {
                self.out.number(from);
            }
        }
        for dynamic in ast.dynamics(set.dynamics) {
            self.out.pos(dynamic.pos);
            // Of a suspended value nothing but this is there when its maker is emitted.
            self.out.byte(u8::from(dynamic.names));
        }
        if let Some(group) = group {
            self.out.number(group.first_local);
            self.out.number(group.first_inherit);
            self.out.number(group.first_alias.map_or(0, |alias| alias + 1));
        }
    }
}
