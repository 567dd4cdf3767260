//! Emit, for groups of bindings: `let`, sets, `with`.
//!
//! In a recursive group, bindings that depend on complete ones only are made in the order of their dependencies; the rest,
//! which depend on each other, are allocated first and get their captures once all of them exist. Nothing runs in between.

use super::Emitter;
use crate::note::{Note, Noted};
use crate::resolve::sorted;
use crate::resolved::Group;
use frazil_base::sym;
use frazil_bytecode::{AttrsSite, Constant, Op, Src};
use frazil_syntax::ast::{AttrSet, Binding, BindingKind, ExprId, SetId};

/// More attributes than this are put together from several sets.
const MANY: usize = 16_384;

/// What a slot of a group is to hold.
#[derive(Clone, Copy)]
enum Item {
    /// The value of an expression, computed later.
    Lazy(ExprId),
    /// One name of an `inherit (e) …`, by its body.
    Inherit(u32),
    /// The `e` is a variable: nothing to be held.
    Nothing,
}

impl Emitter<'_> {
    /// The variables of a `let`.
    pub(super) fn let_group(&mut self, node: ExprId, set: SetId) {
        let set = self.ast.set(set);
        let bindings = sorted(self.ast.bindings(set.bindings));
        let group = self.group_of(node);
        if self.fits(bindings.len(), &set) {
            self.variables(&set, &bindings, group);
        }
    }

    /// The set of a `with`, if it needs a slot.
    pub(super) fn with_set(&mut self, node: ExprId, env: ExprId) {
        if let Noted::Local(local) = self.unit.note(node) {
            let slot = self.take(1);
            self.slots[local as usize] = slot;
            self.lazy(env, slot);
        }
    }

    /// A set, into `dst`.
    pub(super) fn attrs(&mut self, node: ExprId, set: SetId, dst: u16) {
        let mark = self.top;
        let set = self.ast.set(set);
        let bindings = sorted(self.ast.bindings(set.bindings));
        if bindings.is_empty() {
            self.constant_into(Constant::EmptyAttrs, dst);
        } else if !self.fits(if set.recursive { bindings.len() } else { 0 }, &set) {
            return;
        } else if set.recursive {
            self.recursive_attrs(node, &set, &bindings, dst);
        } else {
            self.plain_attrs(node, &set, &bindings, dst);
        }
        self.dynamics(&set, dst);
        self.top = mark;
    }

    /// Whether variables and the `e`s of `inherit (e)` can have a slot each at all.
    fn fits(&mut self, variables: usize, set: &AttrSet) -> bool {
        let fits = variables + set.froms.len() < Src::MAX_SLOT as usize / 2;
        self.too_large |= !fits;
        fits
    }

    fn group_of(&self, node: ExprId) -> Group {
        match self.unit.note(node) {
            Noted::Group(group) => self.unit.groups[group as usize],
            _ => Group::default(),
        }
    }

    /// `{ … }`
    fn plain_attrs(&mut self, node: ExprId, set: &AttrSet, bindings: &[Binding], dst: u16) {
        let group = self.group_of(node);
        let (first_from, froms) = self.froms(set, group.first_local);
        for (slot, from) in (first_from..).zip(froms) {
            if let Item::Lazy(from) = from {
                self.lazy(from, slot);
            }
        }
        let mut inherit = group.first_inherit;
        for (at, run) in bindings.chunks(MANY).enumerate() {
            let mark = self.top;
            let to = if at == 0 { dst } else { self.take(1) };
            let first = self.take(run.len() as u32);
            for (slot, binding) in (first..).zip(run) {
                match binding.kind {
                    BindingKind::InheritedFrom(_) => {
                        self.inherited(inherit, slot);
                        inherit += 1;
                    }
                    BindingKind::Plain | BindingKind::Inherited => self.lazy(binding.value, slot),
                }
            }
            let site = self.site_of(run);
            self.push(Op::MakeAttrs { dst: to, first, site });
            if at > 0 {
                self.push(Op::Update { dst, a: Src::slot(dst), b: Src::slot(to) });
            }
            self.top = mark;
        }
    }

    /// `rec { … }`: the variables' slots are the attributes'.
    fn recursive_attrs(&mut self, node: ExprId, set: &AttrSet, bindings: &[Binding], dst: u16) {
        let group = self.group_of(node);
        let site = self.site_of(bindings);
        let Some(first_alias) = group.first_alias else {
            let first = self.variables(set, bindings, group);
            return self.push(Op::MakeAttrs { dst, first, site });
        };
        // With `__overrides` the group is made twice. The first one's `__overrides` is computed with what the text says; in
        // the second, variables are thunks that look into that before they take the attribute's own value.
        let count = bindings.len() as u32;
        let originals = self.variables(set, bindings, group);
        let Some(own) = bindings.iter().position(|binding| binding.name == sym::OVERRIDES) else {
            return;
        };
        let overrides = originals.saturating_add(own as u16);
        let variables = self.take(count);
        self.assign(group.first_local, variables, count);
        let (first_from, froms) = self.froms(set, group.first_local + count);
        let held = group.first_local + count + froms.len() as u32;
        self.assign(held, overrides, 1);
        let values = self.take(count);
        self.assign(held + 1, values, count);
        let mut items: Vec<(u16, Item)> = (first_from..).zip(froms).collect();
        items.extend((values..).zip(self.items(bindings, group.first_inherit)));
        let computed = values.saturating_add(own as u16);
        self.push(Op::Move { dst: computed, src: Src::slot(overrides) });
        items.retain(|(slot, _)| *slot != computed);
        for (slot, item) in &items {
            if let (None, Item::Lazy(node)) = (self.item_body(*item), *item) {
                self.lazy(node, *slot);
            }
        }
        // From here on nothing runs until all is filled.
        let mut bodies: Vec<(u16, u32)> =
            (variables..).zip(first_alias..first_alias + count).collect();
        bodies
            .extend(items.iter().filter_map(|(slot, item)| Some((*slot, self.item_body(*item)?))));
        let fills: Vec<(u16, u32)> =
            bodies.iter().map(|(slot, body)| (*slot, self.alloc(*body, *slot))).collect();
        for (slot, proto) in fills {
            self.push(Op::FillCaptures { slot, proto });
        }
        self.push(Op::MakeAttrs { dst, first: values, site });
        let pos = bindings[own].pos;
        self.push_at(Op::Overrides { attrs: dst, first: values, site }, pos);
    }

    /// Makes the variables of a recursive group; says the first one's slot.
    fn variables(&mut self, set: &AttrSet, bindings: &[Binding], group: Group) -> u16 {
        let count = bindings.len() as u32;
        let first = self.take(count);
        self.assign(group.first_local, first, count);
        let mut items = self.items(bindings, group.first_inherit);
        items.extend(self.froms(set, group.first_local + count).1);
        self.bind(&items, group.first_local, first);
        first
    }

    /// What the slots of the bindings are to hold.
    fn items(&self, bindings: &[Binding], mut inherit: u32) -> Vec<Item> {
        let items = bindings.iter().map(|binding| match binding.kind {
            BindingKind::InheritedFrom(_) => {
                inherit += 1;
                Item::Inherit(inherit - 1)
            }
            BindingKind::Plain | BindingKind::Inherited => Item::Lazy(binding.value),
        });
        items.collect()
    }

    /// Takes the slots of the `e`s of `inherit (e)`, which are locals from `first_local` on; says the first.
    fn froms(&mut self, set: &AttrSet, first_local: u32) -> (u16, Vec<Item>) {
        let ast = self.ast;
        let froms = ast.exprs(set.froms);
        let first = self.take(froms.len() as u32);
        self.assign(first_local, first, froms.len() as u32);
        let held = |from: &ExprId| match self.body_of(*from) {
            Some(_) => Item::Lazy(*from),
            None => Item::Nothing,
        };
        (first, froms.iter().map(held).collect())
    }

    fn assign(&mut self, first_local: u32, first_slot: u16, count: u32) {
        let locals = self.slots.iter_mut().skip(first_local as usize).take(count as usize);
        for (slot, local) in (first_slot..).zip(locals) {
            *local = slot;
        }
    }

    fn item_body(&self, item: Item) -> Option<u32> {
        match item {
            Item::Lazy(node) => self.body_of(node),
            Item::Inherit(body) => Some(body),
            Item::Nothing => None,
        }
    }

    /// Makes the items of a recursive group, whose locals and slots are consecutive.
    fn bind(&mut self, items: &[Item], first_local: u32, first_slot: u16) {
        let count = items.len();
        // For each item, how many items it waits for; and who waits for it.
        let mut waits = vec![0_u32; count];
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let unit = self.unit;
            let name = match item {
                // Another name for a variable of the group, maybe.
                Item::Lazy(node) => [unit.notes[node.index()]],
                _ => [Note::NOTHING],
            };
            let notes = match self.item_body(*item) {
                Some(body) => unit.captures_of(body),
                None => &name,
            };
            for note in notes {
                if let Noted::Local(local) = note.take()
                    && let Some(on) = local.checked_sub(first_local)
                    && (on as usize) < count
                {
                    waits[at] += 1;
                    waiting.push((on, at as u32));
                }
            }
        }
        waiting.sort_unstable();
        let mut ready: Vec<u32> = (0..count as u32).filter(|at| waits[*at as usize] == 0).collect();
        let mut next = 0;
        while let Some(at) = ready.get(next).copied() {
            next += 1;
            self.make_item(items[at as usize], first_slot.saturating_add(at as u16));
            let start = waiting.partition_point(|(on, _)| *on < at);
            for (_, waiter) in waiting[start..].iter().take_while(|(on, _)| *on == at) {
                waits[*waiter as usize] -= 1;
                if waits[*waiter as usize] == 0 {
                    ready.push(*waiter);
                }
            }
        }
        let mut fills = Vec::new();
        let left = items.iter().zip(first_slot..).zip(&waits);
        let left: Vec<(&Item, u16)> =
            left.filter_map(|(item, waits)| (*waits > 0).then_some(item)).collect();
        for (item, slot) in &left {
            if let Some(body) = self.item_body(**item) {
                fills.push((*slot, self.alloc(body, *slot)));
            }
        }
        // Other names are for variables before them, so in this order all they copy is there.
        for (item, slot) in &left {
            if let (None, Item::Lazy(node)) = (self.item_body(**item), **item) {
                self.lazy(node, *slot);
            }
        }
        for (slot, proto) in fills {
            self.push(Op::FillCaptures { slot, proto });
        }
    }

    fn make_item(&mut self, item: Item, slot: u16) {
        match item {
            Item::Lazy(node) => self.lazy(node, slot),
            Item::Inherit(body) => self.inherited(body, slot),
            Item::Nothing => {}
        }
    }

    /// The bindings with computed names, one after the other.
    fn dynamics(&mut self, set: &AttrSet, dst: u16) {
        let ast = self.ast;
        for dynamic in ast.dynamics(set.dynamics) {
            let mark = self.top;
            let first = self.take(2);
            let start = self.pc();
            self.into(dynamic.name, first);
            let value = first.saturating_add(1);
            self.lazy(dynamic.value, value);
            self.push_at(Op::AddDynamic { dst, attrs: dst, first, count: 1 }, dynamic.pos);
            if dynamic.names {
                self.push(Op::NameFunction { func: Src::slot(value), name: Src::slot(first) });
            }
            self.region(start, "while evaluating the name of a dynamic attribute", dynamic.pos);
            self.top = mark;
        }
    }

    fn site_of(&mut self, bindings: &[Binding]) -> u16 {
        self.attrs_site(AttrsSite {
            names: bindings.iter().map(|binding| binding.name).collect(),
            positions: bindings.iter().map(|binding| binding.pos).collect(),
        })
    }

    pub(super) fn attrs_site(&mut self, site: AttrsSite) -> u16 {
        self.code.attrs_sites.push(site);
        u16::try_from(self.code.attrs_sites.len() - 1).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }
}
