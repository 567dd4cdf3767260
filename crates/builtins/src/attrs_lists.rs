//! Sets made from lists of sets, and lists made from them: `listToAttrs`, `catAttrs`, `zipAttrsWith`.
//!
//! In: lists whose elements are forced one after another, so each is a task. Out: sets and lists of lazy values.

use crate::args::{Function, List, PlainStr, in_context, start};
use crate::attrs::missing;
use frazil_base::{Pos, Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::sort_long;
use frazil_eval::task::line;
use frazil_eval::{Answer, Builtin, Charge, Error, Held, Next, Step, Task, TraceLine, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] = &[LIST_TO_ATTRS, CAT_ATTRS, ZIP_ATTRS_WITH];

/// The set under `value`, if it is forced and one; else a request, or Nix's error with this trace line.
#[inline]
fn element_set(vm: &mut Vm, list: Value, index: usize, context: &str) -> Result<SetOrForce, Error> {
    let element = List(list).elements(vm).get(index).copied().unwrap_or(Value::EMPTY);
    let set = vm.heap.follow(element);
    if set.is_attrs() {
        Ok(SetOrForce::Set(vm.whole(set)))
    } else if set.is_whnf() {
        Err(in_context(vm.expected("a set", set), context))
    } else {
        Ok(SetOrForce::Force(set))
    }
}

enum SetOrForce {
    Set(Value),
    Force(Value),
}

/// A set from a list of sets with `name` and `value`. Of equal names the first wins.
///
/// ```nix
/// builtins.listToAttrs [ { name = "a"; value = 1; } { name = "b"; value = 2; } ]
/// ```
#[builtin(name = "listToAttrs", contexts = ["while evaluating the argument passed to builtins.listToAttrs"])]
fn list_to_attrs(vm: &mut Vm, list: List) -> Answer {
    let attrs = Held::with_capacity(vm, list.len(vm))?;
    start(vm, ListToAttrs { list: list.0, attrs, index: 0, naming: None })
}

struct ListToAttrs {
    list: Value,
    attrs: Held<(Symbol, Value, Pos)>,
    index: usize,
    /// Where the name stands that is being forced.
    naming: Option<Pos>,
}

const ELEMENT_NAME: &str = "while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs";

impl Task for ListToAttrs {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        self.naming = None;
        let count = List(self.list).len(vm);
        while self.index < count {
            let context = "while evaluating an element of the list passed to builtins.listToAttrs";
            let set = match element_set(vm, self.list, self.index, context)? {
                SetOrForce::Set(set) => set,
                SetOrForce::Force(thunk) => return Ok(Next::Force(thunk)),
            };
            const PAIR: &str = "in a {name=...; value=...;} pair";
            let Some(name) = vm.attr(set, sym::NAME) else {
                return Err(missing(vm, sym::NAME, PAIR).into());
            };
            let name = vm.heap.follow(name);
            if !name.is_whnf() {
                self.naming = vm.attr_pos(set, sym::NAME);
                return Ok(Next::Force(name));
            }
            let is_string = name.is_string();
            let name = vm.name_symbol(name).map_err(|error| {
                let pos = vm.attr_pos(set, sym::NAME).unwrap_or(Pos::NONE);
                let mut error = if is_string { error } else { error.or_at(pos) };
                error.push(line(ELEMENT_NAME, pos));
                error
            })?;
            match vm.attr(set, sym::VALUE) {
                Some(value) => {
                    let pos = vm.attr_pos(set, sym::VALUE).unwrap_or(Pos::NONE);
                    self.attrs.push(vm, (name, value, pos))?;
                }
                // A shadowed element need not have a value.
                None if self.attrs.iter().any(|attr| attr.0 == name) => {
                    vm.work(self.attrs.len() >> 4)?;
                }
                None => return Err(missing(vm, sym::VALUE, PAIR).into()),
            }
            self.index += 1;
            vm.work(1)?;
        }
        Ok(Next::Done(vm.make_many_attrs_at(std::mem::take(&mut self.attrs).into_vec())?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.list);
        for attr in &mut self.attrs {
            tracer.visit(&mut attr.1);
        }
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        self.naming.map(|pos| line(ELEMENT_NAME, pos)).into_iter().collect()
    }
}

/// The values of one attribute of all sets in a list that have it.
///
/// ```nix
/// builtins.catAttrs "a" [ { a = 1; } { b = 2; } { a = 3; } ]
/// ```
#[builtin(name = "catAttrs")]
fn cat_attrs(vm: &mut Vm, name: PlainStr, list: List) -> Answer {
    let name = vm.name_symbol(name.0)?;
    start(vm, CatAttrs { name, list: list.0, index: 0, values: Held::new() })
}

struct CatAttrs {
    name: Symbol,
    list: Value,
    index: usize,
    values: Held<Value>,
}

impl Task for CatAttrs {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        let count = List(self.list).len(vm);
        while self.index < count {
            let context = "while evaluating an element in the list passed as second argument to builtins.catAttrs";
            match element_set(vm, self.list, self.index, context)? {
                SetOrForce::Set(set) => {
                    if let Some(value) = vm.attr(set, self.name) {
                        self.values.push(vm, value)?;
                    }
                }
                SetOrForce::Force(thunk) => return Ok(Next::Force(thunk)),
            }
            self.index += 1;
            vm.work(1)?;
        }
        Ok(Next::Done(vm.long_list(&self.values)?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.list);
        tracer.visit_all(&mut self.values);
    }
}

/// One set from many: each name that any has, with `function name values`, the values being those of all that have it.
///
/// ```nix
/// builtins.zipAttrsWith (name: values: values) [ { a = 1; } { a = 2; b = 3; } ]
/// ```
#[builtin(name = "zipAttrsWith")]
fn zip_attrs_with(vm: &mut Vm, function: Function, list: List) -> Answer {
    start(vm, ZipAttrsWith { function: function.0, list: list.0, index: 0, found: Held::new() })
}

struct ZipAttrsWith {
    function: Value,
    list: Value,
    index: usize,
    /// Everything found, set by set.
    found: Held<(Symbol, Value)>,
}

impl Task for ZipAttrsWith {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        let count = List(self.list).len(vm);
        while self.index < count {
            let context = "while evaluating a value of the list passed as second argument to builtins.zipAttrsWith";
            match element_set(vm, self.list, self.index, context)? {
                SetOrForce::Set(set) => {
                    let (keys, values) = (vm.attrs_keys(set), vm.attrs_values(set));
                    let count = keys.len();
                    self.found.extend(vm, keys.iter().copied().zip(values.iter().copied()))?;
                    vm.work(1 + (count >> 4))?;
                }
                SetOrForce::Force(thunk) => return Ok(Next::Force(thunk)),
            }
            self.index += 1;
        }
        // Stable: the values of a name stay in the order of the list.
        let mut room = Charge::default();
        room.set(vm, self.found.len() / 2 * size_of::<(Symbol, Value)>())?;
        sort_long(self.found.as_vec(), |a, b| a.0.cmp(&b.0), || vm.look())?;
        drop(room);
        let mut values = Held::new();
        let mut attrs = Held::new();
        for group in self.found.chunk_by(|a, b| a.0 == b.0) {
            vm.work(1 + (group.len() >> 4))?;
            values.clear();
            values.extend(vm, group.iter().map(|found| found.1))?;
            let list = vm.long_list(&values)?;
            let name = vm.symbol_string(group[0].0);
            let value = vm.heap.apply_thunk_in_turn(self.function, &[name, list]);
            attrs.push(vm, (group[0].0, value))?;
        }
        vm.check_attrs(attrs.len())?;
        Ok(Next::Done(vm.make_many_attrs(attrs.into_vec())?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.list);
        for found in &mut self.found {
            tracer.visit(&mut found.1);
        }
    }
}
