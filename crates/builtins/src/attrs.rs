//! Attribute sets: names, values, selection, and sets made from sets without calling anything.
//!
//! In: sets in weak head normal form. Out: sets and lists; values stay as lazy as they are.
//! Not here: sets made from lists (`attrs_lists.rs`), the sets themselves (`frazil-eval`).

use crate::args::{Attrs, Layers, List, PlainStr, build_list, in_context, start};
use frazil_base::{Pos, Symbol};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::sort_long;
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Builtin, Error, ErrorKind, Held, Next, Step, Task, TraceLine, Value, Vm,
};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[ATTR_NAMES, ATTR_VALUES, GET_ATTR, HAS_ATTR, REMOVE_ATTRS, INTERSECT_ATTRS, MAP_ATTRS];

/// The names of a set's attributes, in alphabetical (bytewise) order.
///
/// ```nix
/// builtins.attrNames { b = 1; a = 2; }
/// ```
#[builtin(name = "attrNames", contexts = ["while evaluating the argument passed to builtins.attrNames"])]
fn attr_names(vm: &mut Vm, set: Attrs) -> Answer {
    let count = vm.attrs_len(set.0);
    vm.order_attrs(set.0)?;
    let names = build_list(vm, count, 0, |vm, index| {
        let slot = vm.attrs_order(set.0)[index] as usize;
        let name = vm.attrs_keys(set.0)[slot];
        vm.symbol_string(name)
    })?;
    Ok(names)
}

/// The values of a set's attributes, in the alphabetical order of their names.
///
/// ```nix
/// builtins.attrValues { b = 1; a = 2; }
/// ```
#[builtin(name = "attrValues", contexts = ["while evaluating the argument passed to builtins.attrValues"])]
fn attr_values(vm: &mut Vm, set: Attrs) -> Answer {
    let count = vm.attrs_len(set.0);
    vm.order_attrs(set.0)?;
    let values = build_list(vm, count, 0, |vm, index| {
        let slot = vm.attrs_order(set.0)[index] as usize;
        vm.attrs_values(set.0)[slot]
    })?;
    Ok(values)
}

/// The attribute of this name: `set.${name}` as a function.
///
/// ```nix
/// builtins.getAttr "a" { a = 1; }
/// ```
#[builtin(name = "getAttr")]
fn get_attr(vm: &mut Vm, name: PlainStr, set: Attrs) -> Answer {
    let symbol = vm.name_symbol(name.0)?;
    match vm.attr(set.0, symbol) {
        Some(value) => Ok(value),
        None => Err(missing(vm, symbol, "in the attribute set under consideration").into()),
    }
}

/// Nix's error for an attribute that a builtin needs.
#[cold]
pub(crate) fn missing(vm: &mut Vm, name: Symbol, context: &str) -> Error {
    let text = [b"attribute '", &*vm.shown_name(name), b"' missing"].concat();
    in_context(Error::new(ErrorKind::MissingAttribute, text), context)
}

/// Whether a set has an attribute of this name: `set ? ${name}`, but the set must be one.
///
/// ```nix
/// builtins.hasAttr "a" { a = 1; }
/// ```
#[builtin(name = "hasAttr", cheap)]
fn has_attr(vm: &mut Vm, name: PlainStr, set: Attrs) -> Answer {
    let symbol = vm.name_symbol(name.0)?;
    Ok(Value::bool(vm.attr_slot(set.0, symbol).is_some()))
}

/// A set without the attributes of these names; names it does not have are ignored.
///
/// ```nix
/// builtins.removeAttrs { a = 1; b = 2; } [ "a" "x" ]
/// ```
#[builtin(name = "removeAttrs", global)]
fn remove_attrs(vm: &mut Vm, set: Attrs, names: List) -> Answer {
    start(
        vm,
        RemoveAttrs { set: set.0, names: names.0, index: 0, removed: Held::new(), forcing: false },
    )
}

struct RemoveAttrs {
    set: Value,
    names: Value,
    index: usize,
    /// Slots to remove.
    removed: Held<u32>,
    forcing: bool,
}

const REMOVED_NAMES: &str =
    "while evaluating the values of the second argument passed to builtins.removeAttrs";

impl Task for RemoveAttrs {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        self.forcing = false;
        while let Some(name) = List(self.names).elements(vm).get(self.index) {
            let name = vm.heap.follow(*name);
            if !name.is_whnf() {
                self.forcing = true;
                return Ok(Next::Force(name));
            }
            let symbol = vm.name_symbol(name).map_err(|error| in_context(error, REMOVED_NAMES))?;
            if let Some(slot) = vm.attr_slot(self.set, symbol) {
                self.removed.push(vm, slot)?;
            }
            self.index += 1;
            vm.work(1)?;
        }
        if self.removed.is_empty() {
            return Ok(Next::Done(vm.attrs_copy(self.set)));
        }
        sort_long(self.removed.as_vec(), u32::cmp, || vm.look())?;
        let count = vm.attrs_len(self.set);
        vm.check_attrs(count)?;
        vm.work(count >> 2)?;
        // Both ascend, so one walk tells which are kept. A name may be given twice.
        let mut removed = self.removed.iter().copied().peekable();
        let mut kept: Vec<u32> = Vec::with_capacity(count);
        kept.extend((0..count as u32).filter(|slot| {
            while removed.next_if(|removed| removed < slot).is_some() {}
            removed.peek() != Some(slot)
        }));
        Ok(Next::Done(vm.attrs_subset(self.set, &kept)))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.set);
        tracer.visit(&mut self.names);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        self.forcing.then(|| line(REMOVED_NAMES, Pos::NONE)).into_iter().collect()
    }
}

/// The attributes of the second set whose names the first set has too.
///
/// ```nix
/// builtins.intersectAttrs { a = 1; b = 2; } { b = 3; c = 4; }
/// ```
#[builtin(name = "intersectAttrs")]
fn intersect_attrs(vm: &mut Vm, names: Attrs, set: Layers) -> Answer {
    // A package set with something on top, asked for the few arguments of a function.
    if let Some(found) = vm.few_of_layers(set.0, names.0) {
        return Ok(found);
    }
    let set = Attrs(vm.whole(set.0));
    let (few, many) = (vm.attrs_len(names.0), vm.attrs_len(set.0));
    if few == 0 {
        return Ok(vm.heap.empty_attrs());
    }
    vm.check_attrs(few.min(many))?;
    vm.work(few.min(many) >> 2)?;
    let mut slots: Vec<u32> = Vec::with_capacity(few.min(many));
    if few * 8 < many {
        for index in 0..few {
            let name = vm.attrs_keys(names.0)[index];
            slots.extend(vm.attr_slot(set.0, name));
        }
        slots.sort_unstable();
    } else {
        // Both key arrays ascend, so one walk over both finds what they share.
        let mut wanted = vm.attrs_keys(names.0).iter().peekable();
        for (slot, key) in vm.attrs_keys(set.0).iter().enumerate() {
            while wanted.peek().is_some_and(|name| *name < key) {
                wanted.next();
            }
            if wanted.peek() == Some(&key) {
                slots.push(slot as u32);
            }
        }
    }
    Ok(vm.attrs_subset(set.0, &slots))
}

/// A set with the same names, each value being `function name value`, not computed yet.
///
/// ```nix
/// builtins.mapAttrs (name: value: name + toString value) { a = 1; b = 2; }
/// ```
#[builtin(name = "mapAttrs", order = [1, 0])]
fn map_attrs(vm: &mut Vm, function: Value, set: Attrs) -> Answer {
    const SMALL: usize = 32;
    let count = vm.attrs_len(set.0);
    let mut small = [Value::EMPTY; SMALL];
    let mut large = Vec::new();
    let values = if count <= SMALL {
        &mut small[..count]
    } else {
        // A value and a suspended call for each.
        vm.check_room(count.saturating_mul(8 * 6))?;
        vm.work(count)?;
        large.resize(count, Value::EMPTY);
        &mut large[..]
    };
    for (slot, value) in values.iter_mut().enumerate() {
        let name = vm.attrs_keys(set.0)[slot];
        let name = vm.symbol_string(name);
        let old = vm.attrs_values(set.0)[slot];
        *value = vm.heap.apply_thunk(function, &[name, old]);
    }
    Ok(vm.attrs_like(set.0, values))
}
