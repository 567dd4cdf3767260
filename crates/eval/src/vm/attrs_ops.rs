//! Attribute sets as the machine works with them: reading, merging, building, binding formals.
//!
//! In: sets in weak head normal form. Out: sets, values of attributes, Nix's errors. Builtins use the public part.
//! Invariants: values are given in the order of the shape's keys; what reads all of a set at once is given a `whole` one.
//! Not here: shapes (`shape.rs`), sets in layers (`layers.rs`), the loop (`run.rs`).

use super::Vm;
use super::frame::{FormalsPlan, Loaded};
use crate::heap::Kind;
use crate::ops::sort_long;
use crate::value::tag;
use crate::{Error, ErrorKind, Value};
use frazil_base::{Pos, Symbol, sym};

impl Vm {
    /// The value of an attribute, not forced. The set is in weak head normal form.
    #[inline]
    pub fn attr(&mut self, set: Value, name: Symbol) -> Option<Value> {
        let (set, shape) = self.layer(set, name);
        let slot = self.shapes.slot(shape, name)?;
        Some(self.heap.attrs_value(set, slot))
    }
    /// The number of attributes of a whole set.
    pub fn attrs_len(&self, set: Value) -> usize {
        self.heap.attrs_values(set).len()
    }
    /// The names of a whole set, ascending by symbol number.
    pub fn attrs_keys(&self, set: Value) -> &[Symbol] {
        self.shapes.keys(self.heap.attrs_shape(set))
    }
    /// The values of a whole set in the order of `attrs_keys`.
    pub fn attrs_values(&self, set: Value) -> &[Value] {
        self.heap.attrs_values(set)
    }
    /// Makes `attrs_order` of a whole set, which may be large, be there already.
    ///
    /// # Errors
    /// The evaluation is to end.
    pub fn order_attrs(&mut self, set: Value) -> Result<(), Error> {
        let shape = self.heap.attrs_shape(set);
        self.shapes.find_order(shape, &self.symbols, || self.look())
    }
    /// Slots of a whole set in the byte-lexicographic order of the names.
    pub fn attrs_order(&self, set: Value) -> &[u32] {
        self.shapes.order(self.heap.attrs_shape(set), &self.symbols)
    }
    /// Names and values of a whole set in the byte-lexicographic order of the names.
    pub fn attrs_sorted(&self, set: Value) -> Vec<(Symbol, Value)> {
        let (keys, values) = (self.attrs_keys(set), self.attrs_values(set));
        self.attrs_order(set)
            .iter()
            .map(|slot| (keys[*slot as usize], values[*slot as usize]))
            .collect()
    }
    /// The position of an attribute.
    pub fn attr_pos(&mut self, set: Value, name: Symbol) -> Option<Pos> {
        let (set, shape) = self.layer(set, name);
        let slot = self.shapes.slot(shape, name)?;
        let pos = self.positions.get(self.heap.attrs_positions(set), slot, &self.shapes);
        pos.is_some().then_some(pos)
    }
    /// A set of these attributes; the first of equal names wins.
    pub fn make_attrs(&mut self, mut attrs: Vec<(Symbol, Value)>) -> Value {
        attrs.sort_by_key(|attr| attr.0);
        attrs.dedup_by(|later, first| later.0 == first.0);
        let names: Vec<Symbol> = attrs.iter().map(|attr| attr.0).collect();
        let shape = self.shapes.intern(&names, false);
        self.heap.attrs_with(shape, 0, attrs.len(), |to| {
            for (to, attr) in to.iter_mut().zip(&attrs) {
                *to = attr.1;
            }
        })
    }
    /// As `make_attrs`, for as many as the program wants.
    ///
    /// # Errors
    /// They are more than allowed, or the evaluation is to end.
    pub fn make_many_attrs(&mut self, mut attrs: Vec<(Symbol, Value)>) -> Result<Value, Error> {
        self.check_attrs(attrs.len())?;
        sort_long(&mut attrs, |a, b| a.0.cmp(&b.0), || self.look())?;
        Ok(self.make_attrs(attrs))
    }
    /// As `make_many_attrs`, with the position of each attribute.
    ///
    /// # Errors
    /// The same.
    pub fn make_many_attrs_at(
        &mut self,
        mut attrs: Vec<(Symbol, Value, Pos)>,
    ) -> Result<Value, Error> {
        self.check_attrs(attrs.len())?;
        sort_long(&mut attrs, |a, b| a.0.cmp(&b.0), || self.look())?;
        Ok(self.make_attrs_at(attrs))
    }
    /// As `make_attrs`, with the position of each attribute.
    pub fn make_attrs_at(&mut self, mut attrs: Vec<(Symbol, Value, Pos)>) -> Value {
        attrs.sort_by_key(|attr| attr.0);
        attrs.dedup_by(|later, first| later.0 == first.0);
        let names: Vec<Symbol> = attrs.iter().map(|attr| attr.0).collect();
        let positions: Vec<Pos> = attrs.iter().map(|attr| attr.2).collect();
        let shape = self.shapes.intern(&names, false);
        let table = if positions.iter().any(|pos| pos.is_some()) {
            self.positions.made(&positions)
        } else {
            0
        };
        self.heap.attrs_with(shape, table, attrs.len(), |to| {
            for (to, attr) in to.iter_mut().zip(&attrs) {
                *to = attr.1;
            }
        })
    }
    /// A set with the names of `set` and other values (in the order of `attrs_keys`); keeps no positions.
    pub fn attrs_like(&mut self, set: Value, values: &[Value]) -> Value {
        debug_assert_eq!(values.len(), self.attrs_len(set));
        let shape = self.heap.attrs_shape(set);
        self.heap.attrs(shape, 0, values)
    }
    /// The attributes of `set` at these slots (ascending), with their positions: a set of its own, also where it is empty or
    /// has all of them.
    pub fn attrs_subset(&mut self, set: Value, slots: &[u32]) -> Value {
        if slots.len() == self.attrs_len(set) {
            return self.attrs_copy(set);
        }
        if slots.is_empty() {
            return self.heap.fresh_empty_attrs();
        }
        let keys = self.attrs_keys(set);
        let names: Vec<Symbol> = slots.iter().map(|slot| keys[*slot as usize]).collect();
        let values: Vec<Value> =
            slots.iter().map(|slot| self.heap.attrs_value(set, *slot)).collect();
        let shape = self.shapes.intern(&names, false);
        let table = self.heap.attrs_positions(set);
        let table = if table == 0 { 0 } else { self.positions.subset(table, slots) };
        self.heap.attrs(shape, table, &values)
    }
    /// A set with the same attributes that is told apart from it where values are shown.
    pub fn attrs_copy(&mut self, set: Value) -> Value {
        let (shape, table) = (self.heap.attrs_shape(set), self.heap.attrs_positions(set));
        let values: Vec<Value> = self.attrs_values(set).to_vec();
        self.heap.attrs(shape, table, &values)
    }
    /// The slot of a name in a whole set.
    #[inline]
    pub fn attr_slot(&mut self, set: Value, name: Symbol) -> Option<u32> {
        self.shapes.slot(self.heap.attrs_shape(set), name)
    }

    /// `a // b`
    #[inline]
    pub fn update(&mut self, a: Value, b: Value) -> Value {
        let (left, right) = (self.heap.attrs_shape(a), self.heap.attrs_shape(b));
        if left == 0 {
            return b;
        }
        if right == 0 {
            return a;
        }
        self.counters.updates += 1;
        if let Some(layered) = self.update_in_layers(a, b) {
            return layered;
        }
        let (a, b) = (self.whole(a), self.whole(b));
        self.merged(a, b)
    }

    /// `a // b` as one object; neither is empty or in layers.
    pub(super) fn merged(&mut self, a: Value, b: Value) -> Value {
        let (left, right) = (self.heap.attrs_shape(a), self.heap.attrs_shape(b));
        let number = self.shapes.merge(left, right);
        let table = self.positions.merge(
            number,
            self.heap.attrs_positions(a),
            self.heap.attrs_positions(b),
        );
        let plan = self.shapes.plan(number);
        // The operands do not move, so their values may be read while the new object is filled.
        let from_left: *const [Value] = self.heap.attrs_values(a);
        let from_right: *const [Value] = self.heap.attrs_values(b);
        // SAFETY: objects neither move nor change, and are not freed within a step.
        let (from_left, from_right) = unsafe { (&*from_left, &*from_right) };
        let (shape, count) = (plan.shape, plan.count());
        self.counters.update_attributes += count as u64;
        self.heap.attrs_with(shape, table, count, |to| plan.fill(to, from_left, from_right))
    }

    /// Adds dynamic attributes: pairs of a name (a string or null, in weak head normal form) and a value.
    pub(super) fn add_dynamic(&mut self, set: Value, pairs: &[Value]) -> Result<Value, Error> {
        let pos = self.current_pos();
        let set = self.whole(set);
        self.check_attrs(self.attrs_len(set))?;
        self.work(self.attrs_len(set) >> 2)?;
        let (keys, values) = (self.attrs_keys(set), self.attrs_values(set));
        let mut attrs: Vec<(Symbol, Value)> =
            keys.iter().copied().zip(values.iter().copied()).collect();
        let mut added = Vec::new();
        for pair in pairs.chunks_exact(2) {
            let name = self.heap.follow(pair[0]);
            if name.is_null() {
                continue;
            }
            let name = self.name_symbol(name)?;
            if let Some((_, _)) = attrs.iter().find(|attr| attr.0 == name) {
                let at = self.attr_pos(set, name).unwrap_or(pos);
                let text = [
                    b"dynamic attribute '",
                    &*self.shown_name(name),
                    b"' already defined at ",
                    &*self.sources.describe(at),
                ];
                return Err(Error::new(ErrorKind::Eval, text.concat()).or_at(pos));
            }
            attrs.push((name, pair[1]));
            added.push(name);
        }
        if attrs.is_empty() {
            return Ok(self.heap.fresh_empty_attrs());
        }
        let table = self.heap.attrs_positions(set);
        let placed: Vec<(Symbol, Value, Pos)> = attrs
            .into_iter()
            .map(|(name, value)| {
                let slot = self.shapes.slot_uncached(self.heap.attrs_shape(set), name);
                let at = slot.map_or(pos, |slot| self.positions.get(table, slot, &self.shapes));
                (name, value, at)
            })
            .collect();
        self.make_many_attrs_at(placed)
    }

    /// Calls a function by the computed name it is bound to. As in Nix all functions of that place in the text share it.
    #[cold]
    pub(super) fn name_function(&mut self, function: Value, name: Value) {
        let (function, name) = (self.heap.follow(function), self.heap.follow(name));
        let Some(name) = self.heap.as_string(&name) else { return };
        let name = self.symbols.intern(name.bytes);
        if !matches!(function.tag(), tag::FUNCTION | tag::THUNK) {
            return;
        }
        let header = self.heap.header(function);
        let proto = match header.kind() {
            Kind::Closure => Some(header.number()),
            // Plain code suspends the making of the function, which is all that is suspended there.
            Kind::Thunk => self.code_of(header.number()).ok().and_then(|code| {
                // SAFETY: `code_of` gives code that `codes` keeps.
                unsafe { &*code }.protos.first().map(|made| made.number)
            }),
            _ => None,
        };
        let entry = proto.map(|proto| &mut self.protos[proto as usize]);
        if let Some(info) = entry.and_then(|entry| entry.function.as_mut()) {
            info.name = Some(name);
        }
    }

    /// The value under a dynamic name; with `must` a missing one is an error.
    pub(super) fn dynamic_slot(
        &mut self,
        set: Value,
        name: Value,
        must: bool,
    ) -> Result<Option<Value>, Error> {
        if !name.is_string() {
            return Err(self.expected("a string", name));
        }
        let name = self.name_symbol(name)?;
        if !set.is_attrs() {
            return if must { Err(self.expected("a set", set)) } else { Ok(None) };
        }
        match self.attr(set, name) {
            None if must => Err(self.missing_attribute(set, name)),
            found => Ok(found),
        }
    }

    #[cold]
    pub(super) fn missing_attribute(&mut self, set: Value, name: Symbol) -> Error {
        let text = [b"attribute '", &*self.shown_name(name), b"' missing"].concat();
        let suggestions = self.similar_names(set, name);
        Error::new(ErrorKind::MissingAttribute, text)
            .or_at(self.current_pos())
            .with_suggestions(suggestions)
    }

    /// Names of the set that `name` may have been meant to be, best first.
    pub fn similar_names(&mut self, set: Value, name: Symbol) -> Vec<Vec<u8>> {
        let set = self.whole(set);
        let names = self.attrs_keys(set).iter().map(|key| self.symbols.resolve(*key));
        crate::ops::suggest(self.symbols.resolve(name), names)
    }

    /// The `__overrides` of a set, if it has them.
    pub(super) fn overrides_of(&mut self, set: Value) -> Option<Value> {
        self.attr(set, sym::OVERRIDES)
    }

    /// `set` with its overrides, whose values also replace those in `window` (which has the set's values in order).
    pub(super) fn apply_overrides(
        &mut self,
        set: Value,
        overrides: Value,
        window: &mut [Value],
    ) -> Value {
        let (set, overrides) = (self.whole(set), self.whole(overrides));
        let shape = self.heap.attrs_shape(set);
        let keys = self.shapes.keys(self.heap.attrs_shape(overrides)).to_vec();
        for (index, name) in keys.iter().enumerate() {
            if let Some(slot) = self.shapes.slot_uncached(shape, *name)
                && let Some(place) = window.get_mut(slot as usize)
            {
                *place = self.heap.attrs_values(overrides)[index];
            }
        }
        self.update(set, overrides)
    }

    /// Binds the formals of the running function to the attributes of its argument.
    pub(super) fn bind_formals(
        &mut self,
        code: *mut Loaded,
        argument: Value,
        first: u16,
        base: *mut Value,
    ) -> Result<(), Error> {
        let argument = self.whole(argument);
        let shape = self.heap.attrs_shape(argument);
        // SAFETY: the running frame's code, which nothing else looks at now.
        let code = unsafe { &mut *code };
        if code.formals.as_ref().is_none_or(|plan| plan.shape != shape) {
            let plan = self.formals_plan(code.proto, argument, shape)?;
            code.formals = Some(Box::new(plan));
        }
        let values = self.heap.attrs_values(argument);
        let plan = code.formals.as_ref().expect("just made");
        for (index, slot) in plan.slots.iter().enumerate() {
            let value = if *slot == u32::MAX { Value::EMPTY } else { values[*slot as usize] };
            // SAFETY: the function's window has a slot for each formal from `first` on (the compiler's agreement).
            unsafe { *base.add(first as usize + index) = value };
        }
        Ok(())
    }

    fn formals_plan(
        &mut self,
        proto: u32,
        argument: Value,
        shape: u32,
    ) -> Result<FormalsPlan, Error> {
        let info =
            self.protos[proto as usize].function.as_ref().and_then(|info| info.formals.clone());
        let Some(formals) = info else {
            return Err(Error::new(
                ErrorKind::Eval,
                "the compiler bound formals of a function without any, please report it",
            ));
        };
        let mut slots = Vec::with_capacity(formals.formals.len());
        let mut matched = 0;
        for formal in &formals.formals {
            match self.shapes.slot_uncached(shape, formal.name) {
                Some(slot) => {
                    slots.push(slot);
                    matched += 1;
                }
                None if formal.has_default => slots.push(u32::MAX),
                None => {
                    return Err(self.formals_error(
                        proto,
                        b"called without required argument",
                        formal.name,
                        Vec::new(),
                    ));
                }
            }
        }
        if !formals.ellipsis && matched != self.heap.attrs_values(argument).len() {
            let mut names = formals.formals.iter().map(|formal| formal.name);
            let keys = self.shapes.keys(shape).to_vec();
            if let Some(extra) =
                keys.into_iter().find(|key| !names.clone().any(|name| name == *key))
            {
                let names: Vec<Vec<u8>> =
                    names.by_ref().map(|name| self.symbols.resolve(name).to_vec()).collect();
                let suggestions = crate::ops::suggest(
                    self.symbols.resolve(extra),
                    names.iter().map(|name| &**name),
                );
                return Err(self.formals_error(
                    proto,
                    b"called with unexpected argument",
                    extra,
                    suggestions,
                ));
            }
        }
        Ok(FormalsPlan { shape, slots: slots.into() })
    }

    #[cold]
    fn formals_error(
        &mut self,
        proto: u32,
        what: &[u8],
        name: Symbol,
        suggestions: Vec<Vec<u8>>,
    ) -> Error {
        let entry = &self.protos[proto as usize];
        let function = match entry.function.as_ref().and_then(|info| info.name) {
            Some(name) => [b"'", self.symbols.resolve(name), b"'"].concat(),
            None => b"'anonymous lambda'".to_vec(),
        };
        let name = self.shown_name(name);
        let text = [b"function ", &*function, b" ", what, b" '", &*name, b"'"].concat();
        Error::new(ErrorKind::Type, text).or_at(entry.pos).with_suggestions(suggestions)
    }
}
