//! Sets in layers: a few attributes on top of a large set, without a copy of that.
//!
//! In: `a // b` with one large operand. Out: a set of which single attributes can be read; and the whole, put together when
//! something asks for all of it (its names, its values, its shape). Package sets are extended some ten times and looked up
//! in by name; hardly anything lists them.
//!
//! Invariants
//! - There are two layers, and neither is in layers: what is put on top of a set in layers is merged into the smaller one.
//! - The smaller layer stays small beside the larger one, so chains of `//` cost little a step and lookups two probes.
//! - A set that was put together is the same object as before, so that it stays equal to itself where Nix compares identities.

use super::Vm;
use crate::Value;
use crate::heap::LAYERED;
use frazil_base::Symbol;

/// Sets of fewer attributes are copied: that is as fast as finding out what is in which layer, and their lookups are cached.
const LARGE: usize = 1024;
/// What lies on top of a large set has fewer attributes than this, or than an eighth of those.
const SMALL: usize = 256;
/// So many attributes are looked for one by one rather than to put layers together.
const FEW: usize = 64;

/// From how many attributes on sets get layers; with a collection at every step, from the first one.
pub(super) const fn large(stress: bool) -> usize {
    if stress { 1 } else { LARGE }
}

impl Vm {
    /// A set as one object, which may be asked for everything; anything else as it is.
    #[inline(always)]
    pub fn whole(&mut self, value: Value) -> Value {
        if value.is_attrs() && self.heap.attrs_shape(value) == LAYERED {
            return self.put_together(value);
        }
        value
    }

    #[cold]
    fn put_together(&mut self, set: Value) -> Value {
        let (large, small) = self.heap.layers(set);
        if small.is_empty_slot() {
            return large;
        }
        let whole = self.merged(large, small);
        self.heap.put_together(set, whole);
        whole
    }

    /// The attributes of a set in layers whose names are those of `names`, a whole set, if these are few: the layers stay apart.
    pub fn few_of_layers(&mut self, set: Value, names: Value) -> Option<Value> {
        if self.heap.attrs_shape(set) != LAYERED {
            return None;
        }
        let (large, small) = self.heap.layers(set);
        let count = self.attrs_len(names);
        if small.is_empty_slot() || count == 0 || count > FEW {
            return None;
        }
        // Names ascend, so what is found in either layer does too.
        let mut found = [(large, Vec::new()), (small, Vec::new())];
        for index in 0..count {
            let name = self.attrs_keys(names)[index];
            let [of_large, of_small] = &mut found;
            match self.attr_slot(small, name) {
                Some(slot) => of_small.1.push(slot),
                None => of_large.1.extend(self.attr_slot(large, name)),
            }
        }
        let [of_large, of_small] = found
            .map(|(layer, slots)| (!slots.is_empty()).then(|| self.attrs_subset(layer, &slots)));
        Some(match (of_large, of_small) {
            (Some(large), Some(small)) => self.merged(large, small),
            (found, None) | (None, found) => found.unwrap_or_else(|| self.heap.fresh_empty_attrs()),
        })
    }

    /// The object in which an attribute of a set is, if the set has it at all, and its shape.
    #[inline(always)]
    pub(super) fn layer(&mut self, set: Value, name: Symbol) -> (Value, u32) {
        match self.heap.attrs_shape(set) {
            LAYERED => self.layer_with(set, name),
            shape => (set, shape),
        }
    }

    #[inline(never)]
    fn layer_with(&mut self, set: Value, name: Symbol) -> (Value, u32) {
        let (large, small) = self.heap.layers(set);
        if !small.is_empty_slot() {
            let shape = self.heap.attrs_shape(small);
            if self.shapes.slot(shape, name).is_some() {
                return (small, shape);
            }
        }
        (large, self.heap.attrs_shape(large))
    }

    /// `a // b` where one of them is large or in layers, and what lies on top of it stays small.
    #[inline]
    pub(super) fn update_in_layers(&mut self, a: Value, b: Value) -> Option<Value> {
        let [left, right] = [a, b].map(|set| self.large_layer(set));
        if left.is_none() && right.is_none() {
            return None;
        }
        self.on_top(a, b, left, right)
    }

    /// The larger layer of a set in layers, and how many attributes it has; of a large set, itself.
    #[inline(always)]
    fn large_layer(&self, set: Value) -> Option<(Value, usize)> {
        let large = match self.heap.attrs_shape(set) {
            LAYERED => self.heap.layers(set).0,
            _ => set,
        };
        let count = self.attrs_len(large);
        (count >= self.large).then_some((large, count))
    }

    #[inline(never)]
    fn on_top(
        &mut self,
        a: Value,
        b: Value,
        left: Option<(Value, usize)>,
        right: Option<(Value, usize)>,
    ) -> Option<Value> {
        let room = |count: usize| (count / 8).max(SMALL.min(count));
        if let Some((large, count)) = left
            && self.heap.attrs_shape(b) != LAYERED
            && self.attrs_len(b) <= room(count)
        {
            let small = match self.heap.attrs_shape(a) {
                LAYERED => self.heap.layers(a).1,
                _ => Value::EMPTY,
            };
            let small = if small.is_empty_slot() { b } else { self.merged(small, b) };
            let fits = self.attrs_len(small) <= room(count);
            return fits.then(|| self.heap.layered(large, small));
        }
        // What is already in the right operand does not count, so the rest of the left one may lie on top.
        let (_, count) = right?;
        if self.heap.attrs_shape(a) == LAYERED || self.attrs_len(a) > room(count) {
            return None;
        }
        let b = self.whole(b);
        let keys = self.attrs_keys(a).to_vec();
        let shape = self.heap.attrs_shape(b);
        let slots = (0..).zip(keys);
        let rest: Vec<u32> = slots
            .filter(|(_, name)| self.shapes.slot(shape, *name).is_none())
            .map(|(slot, _)| slot)
            .collect();
        if rest.is_empty() {
            return None;
        }
        let small = if rest.len() == self.attrs_len(a) { a } else { self.attrs_subset(a, &rest) };
        Some(self.heap.layered(b, small))
    }
}
