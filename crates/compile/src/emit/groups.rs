//! Emit, for groups of bindings: `let`, sets, `with`.
//!
//! In a recursive group, bindings that depend on complete ones only are made in the order of their dependencies; the rest,
//! which depend on each other, are allocated first and get their captures once all of them exist. Nothing runs in between.
//!
//! Locals stand in the order of the text, the attributes of a set in ascending order of their symbols: where the variables'
//! slots become attributes, the latter says which slot a variable has (`ranks`).

use super::{Emitter, NO_SLOT, place};
use crate::note::{Note, Noted};
use crate::resolved::Group;
use frazil_base::{Pos, Symbol, sym};
use frazil_bytecode::{AttrsSite, Constant, Op, Src};
use frazil_syntax::ast::{AttrSet, Binding, BindingKind, ExprId, SetId};

/// More attributes than this are put together from several sets.
const MANY: usize = 16_384;

/// Room that one set after the other uses.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// What the bindings' slots are to hold.
    items: Vec<Item>,
    /// Their places in ascending order of their names.
    order: Vec<u64>,
}

/// What a slot of a group is to hold.
#[derive(Clone, Copy, Debug)]
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
        let bindings = self.ast.bindings(set.bindings);
        if self.fits(bindings.len(), &set) {
            let slots = self.slots_for(bindings.len(), None);
            self.variables(&set, bindings, self.group_of(node), &slots);
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
        let bindings = self.ast.bindings(set.bindings);
        if bindings.is_empty() {
            self.constant_into(Constant::EmptyAttrs, dst);
        } else if !self.fits(if set.recursive { bindings.len() } else { 0 }, &set) {
            return;
        } else if set.recursive {
            self.recursive_attrs(node, &set, bindings, dst);
        } else {
            self.plain_attrs(node, &set, bindings, dst);
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
        for (slot, from) in self.froms(set, group.first_local) {
            self.make_item(from, slot);
        }
        // Taken while this set is made: a set in it has room of its own.
        let Room { mut items, mut order } = std::mem::take(self.groups);
        self.items(bindings, group.first_inherit, &mut items);
        super::order(bindings, |binding| binding.name, &mut order);
        for (at, run) in order.chunks(MANY).enumerate() {
            let mark = self.top;
            let to = if at == 0 { dst } else { self.take(1) };
            let first = self.take(run.len() as u32);
            for (slot, key) in (first..).zip(run) {
                self.make_item(items[place(*key)], slot);
            }
            let site = self.site_of(run.iter().map(|key| &bindings[place(*key)]));
            self.push(Op::MakeAttrs { dst: to, first, site });
            if at > 0 {
                self.push(Op::Update { dst, a: Src::slot(dst), b: Src::slot(to) });
            }
            self.top = mark;
        }
        *self.groups = Room { items, order };
    }

    /// `rec { … }`: the variables' slots are the attributes'.
    fn recursive_attrs(&mut self, node: ExprId, set: &AttrSet, bindings: &[Binding], dst: u16) {
        let group = self.group_of(node);
        let mut order = std::mem::take(&mut self.groups.order);
        super::order(bindings, |binding| binding.name, &mut order);
        let site = self.site_of(order.iter().map(|key| &bindings[place(*key)]));
        let mut ranks = vec![0; bindings.len()];
        for (rank, key) in (0..).zip(&order) {
            ranks[place(*key)] = rank;
        }
        self.groups.order = order;
        let Some(first_alias) = group.first_alias else {
            let slots = self.slots_for(bindings.len(), Some(&ranks));
            let first = slots.iter().copied().min().unwrap_or(NO_SLOT);
            self.variables(set, bindings, group, &slots);
            return self.push(Op::MakeAttrs { dst, first, site });
        };
        // With `__overrides` the group is made twice. The first one's `__overrides` is computed with what the text says; in
        // the second, variables are thunks that look into that before they take the attribute's own value.
        let count = bindings.len() as u32;
        let originals = self.slots_for(bindings.len(), None);
        self.variables(set, bindings, group, &originals);
        let Some(own) = bindings.iter().position(|binding| binding.name == sym::OVERRIDES) else {
            return;
        };
        let overrides = originals[own];
        let variables = self.slots_for(bindings.len(), None);
        self.assign(group.first_local, &variables);
        let froms = self.froms(set, group.first_local + count);
        let held = group.first_local + count + froms.len() as u32;
        self.assign(held, &[overrides]);
        let values = self.slots_for(bindings.len(), Some(&ranks));
        self.assign(held + 1, &values);
        let mut items = froms;
        let mut own_items = Vec::new();
        self.items(bindings, group.first_inherit, &mut own_items);
        items.extend(values.iter().copied().zip(own_items));
        let computed = values[own];
        self.push(Op::Move { dst: computed, src: Src::slot(overrides) });
        items.retain(|(slot, _)| *slot != computed);
        for (slot, item) in &items {
            if let (None, Item::Lazy(node)) = (self.item_body(*item), *item) {
                self.lazy(node, *slot);
            }
        }
        // From here on nothing runs until all is filled.
        let mut bodies: Vec<(u16, u32)> =
            variables.into_iter().zip(first_alias..first_alias + count).collect();
        bodies
            .extend(items.iter().filter_map(|(slot, item)| Some((*slot, self.item_body(*item)?))));
        let fills: Vec<(u16, u32)> =
            bodies.iter().map(|(slot, body)| (*slot, self.alloc(*body, *slot))).collect();
        for (slot, proto) in fills {
            self.push(Op::FillCaptures { slot, proto });
        }
        let first = values.iter().copied().min().unwrap_or(NO_SLOT);
        self.push(Op::MakeAttrs { dst, first, site });
        let pos = bindings[own].pos;
        self.push_at(Op::Overrides { attrs: dst, first, site }, pos);
    }

    /// Takes a slot for each of `count` bindings, in a row, in the text's order or by `ranks`.
    fn slots_for(&mut self, count: usize, ranks: Option<&[u16]>) -> Vec<u16> {
        let first = self.take(count as u32);
        match ranks {
            None => (0..count as u16).map(|at| first.saturating_add(at)).collect(),
            Some(ranks) => ranks.iter().map(|rank| first.saturating_add(*rank)).collect(),
        }
    }

    /// Makes the variables of a recursive group, in these slots.
    fn variables(&mut self, set: &AttrSet, bindings: &[Binding], group: Group, slots: &[u16]) {
        self.assign(group.first_local, slots);
        let mut own = std::mem::take(&mut self.groups.items);
        self.items(bindings, group.first_inherit, &mut own);
        let mut items: Vec<(u16, Item)> = slots.iter().copied().zip(own.drain(..)).collect();
        self.groups.items = own;
        items.extend(self.froms(set, group.first_local + slots.len() as u32));
        self.bind(&items, group.first_local);
    }

    /// What the slots of the bindings are to hold.
    fn items(&self, bindings: &[Binding], mut inherit: u32, into: &mut Vec<Item>) {
        into.clear();
        into.extend(bindings.iter().map(|binding| match binding.kind {
            BindingKind::InheritedFrom(_) => {
                inherit += 1;
                Item::Inherit(inherit - 1)
            }
            BindingKind::Plain | BindingKind::Inherited => Item::Lazy(binding.value),
        }));
    }

    /// Takes the slots of the `e`s of `inherit (e)`, which are locals from `first_local` on; what they are to hold.
    fn froms(&mut self, set: &AttrSet, first_local: u32) -> Vec<(u16, Item)> {
        let ast = self.ast;
        let froms = ast.exprs(set.froms);
        let slots = self.slots_for(froms.len(), None);
        self.assign(first_local, &slots);
        let held = |from: &ExprId| match self.body_of(*from) {
            Some(_) => Item::Lazy(*from),
            None => Item::Nothing,
        };
        slots.into_iter().zip(froms.iter().map(held)).collect()
    }

    fn assign(&mut self, first_local: u32, slots: &[u16]) {
        let locals = self.slots.iter_mut().skip(first_local as usize);
        for (slot, local) in slots.iter().zip(locals) {
            *local = *slot;
        }
    }

    fn item_body(&self, item: Item) -> Option<u32> {
        match item {
            Item::Lazy(node) => self.body_of(node),
            Item::Inherit(body) => Some(body),
            Item::Nothing => None,
        }
    }

    /// Makes the items of a recursive group, whose locals are consecutive.
    fn bind(&mut self, items: &[(u16, Item)], first_local: u32) {
        let count = items.len();
        // For each item, how many items it waits for; and who waits for it.
        let mut waits = vec![0_u32; count];
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        for (at, (_, item)) in items.iter().enumerate() {
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
            let (slot, item) = items[at as usize];
            self.make_item(item, slot);
            let start = waiting.partition_point(|(on, _)| *on < at);
            for (_, waiter) in waiting[start..].iter().take_while(|(on, _)| *on == at) {
                waits[*waiter as usize] -= 1;
                if waits[*waiter as usize] == 0 {
                    ready.push(*waiter);
                }
            }
        }
        let mut fills = Vec::new();
        let left = items.iter().zip(&waits);
        let left: Vec<(u16, Item)> =
            left.filter_map(|(item, waits)| (*waits > 0).then_some(*item)).collect();
        for (slot, item) in &left {
            if let Some(body) = self.item_body(*item) {
                fills.push((*slot, self.alloc(body, *slot)));
            }
        }
        // Other names are for variables before them, so in this order all they copy is there.
        for (slot, item) in &left {
            if let (None, Item::Lazy(node)) = (self.item_body(*item), *item) {
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

    fn site_of<'b>(&mut self, bindings: impl Iterator<Item = &'b Binding>) -> u16 {
        self.attrs_site(bindings.map(|binding| (binding.name, binding.pos)))
    }

    pub(super) fn attrs_site(&mut self, names: impl Iterator<Item = (Symbol, Pos)>) -> u16 {
        let first = self.code.attrs_names.0.len() as u32;
        self.code.attrs_names.extend(names);
        let names = first..self.code.attrs_names.0.len() as u32;
        self.code.attrs_sites.push(AttrsSite { names, order: None });
        u16::try_from(self.code.attrs_sites.len() - 1).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }
}
