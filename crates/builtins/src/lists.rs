//! Lists: their parts, their concatenation, membership, and lists of applications that are not computed yet.
//!
//! In: lists in weak head normal form. Out: values, perhaps thunks. Nothing here calls a function: see `lists_calls.rs`.

use crate::args::{Function, Later, List, build_list, fail, in_context, start, take};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::EqualTask;
use frazil_eval::{Answer, Builtin, ErrorKind, Held, Next, Step, Task, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[HEAD, TAIL, LENGTH, ELEM_AT, ELEM, CONCAT_LISTS, MAP, GEN_LIST];

/// The first element of a list; an error if the list is empty.
///
/// ```nix
/// builtins.head [ 1 2 3 ]
/// ```
#[builtin(name = "head", cheap, contexts = ["while evaluating the first argument passed to 'builtins.head'"])]
fn head(vm: &mut Vm, list: List) -> Answer {
    match list.elements(vm).first() {
        Some(first) => Ok(*first),
        None => fail(ErrorKind::Eval, "'builtins.head' called on an empty list"),
    }
}

/// A list without its first element; an error if the list is empty.
///
/// ```nix
/// builtins.tail [ 1 2 3 ]
/// ```
#[builtin(name = "tail", cheap, contexts = ["while evaluating the first argument passed to 'builtins.tail'"])]
fn tail(vm: &mut Vm, list: List) -> Answer {
    match list.len(vm).checked_sub(1) {
        Some(rest) => Ok(vm.heap.list_slice(list.0, 1, rest)),
        None => fail(ErrorKind::Eval, "'builtins.tail' called on an empty list"),
    }
}

/// How many elements a list has.
///
/// ```nix
/// builtins.length [ 1 2 3 ]
/// ```
#[builtin(name = "length", cheap)]
fn length(vm: &mut Vm, list: List) -> Answer {
    let length = list.len(vm);
    Ok(vm.heap.int(length as i64))
}

/// Element number `index` of a list, the first being 0.
///
/// ```nix
/// builtins.elemAt [ "a" "b" "c" ] 1
/// ```
#[builtin(
    name = "elemAt",
    cheap,
    order = [1, 0],
    contexts = [
        "while evaluating the first argument passed to 'builtins.elemAt'",
        "while evaluating the second argument passed to 'builtins.elemAt'",
    ],
)]
fn elem_at(vm: &mut Vm, list: List, index: i64) -> Answer {
    let found = usize::try_from(index).ok().and_then(|index| list.elements(vm).get(index));
    match found {
        Some(element) => Ok(*element),
        None => out_of_range(index, list.len(vm)),
    }
}

#[cold]
fn out_of_range(index: i64, size: usize) -> Answer {
    let text = format!("'builtins.elemAt' called with index {index} on a list of size {size}");
    fail(ErrorKind::Eval, text)
}

/// Whether a list has an element that equals a value.
///
/// ```nix
/// builtins.elem 2 [ 1 2 3 ]
/// ```
#[builtin(name = "elem", order = [1, 0])]
fn elem(vm: &mut Vm, value: Value, list: List) -> Answer {
    start(vm, Elem { value, list: list.0, index: 0 })
}

struct Elem {
    value: Value,
    list: Value,
    index: usize,
}

impl Task for Elem {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        // An answer is that of a comparison, or a forced value, which is looked at again where it came from.
        match input.as_bool() {
            Some(true) if self.waits_for_comparison(vm) => return Ok(Next::Done(Value::TRUE)),
            Some(false) if self.waits_for_comparison(vm) => self.index += 1,
            _ => {}
        }
        let count = List(self.list).len(vm);
        while self.index < count {
            let value = vm.heap.follow(self.value);
            let element = List(self.list).elements(vm)[self.index];
            let found = vm.heap.follow(element);
            if !value.is_whnf() {
                return Ok(Next::Force(value));
            }
            if !found.is_whnf() {
                return Ok(Next::Force(found));
            }
            if element == self.value {
                return Ok(Next::Done(Value::TRUE));
            }
            match vm.equal_now(value, found) {
                Some(true) => return Ok(Next::Done(Value::TRUE)),
                Some(false) => {
                    self.index += 1;
                    vm.work(1)?;
                }
                None => return Ok(Next::Task(Box::new(EqualTask::nested(self.value, element)))),
            }
        }
        Ok(Next::Done(Value::FALSE))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.value);
        tracer.visit(&mut self.list);
    }
}

impl Elem {
    /// Whether the last request was a comparison: both sides are known, and only comparing them takes a task.
    fn waits_for_comparison(&self, vm: &Vm) -> bool {
        let Some(element) = List(self.list).elements(vm).get(self.index) else { return false };
        let (value, element) = (vm.heap.follow(self.value), vm.heap.follow(*element));
        // What is compared at once is not compared by a task, so an answer about anything else was a forced value.
        value.is_whnf() && element.is_whnf() && vm.equal_now(value, element).is_none()
    }
}

/// The concatenation of a list of lists.
///
/// ```nix
/// builtins.concatLists [ [ 1 2 ] [ ] [ 3 ] ]
/// ```
#[builtin(name = "concatLists")]
fn concat_lists(vm: &mut Vm, lists: List) -> Answer {
    start(vm, ConcatLists { lists: lists.0, index: 0, total: 0 })
}

struct ConcatLists {
    lists: Value,
    index: usize,
    total: usize,
}

impl Task for ConcatLists {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        while let Some(list) = List(self.lists).elements(vm).get(self.index) {
            let list = vm.heap.follow(*list);
            if !list.is_whnf() {
                return Ok(Next::Force(list));
            }
            let Some(elements) = vm.heap.as_list(list) else {
                let context = "while evaluating a value of the list passed to builtins.concatLists";
                return Err(in_context(vm.expected("a list", list), context).into());
            };
            self.total = self.total.saturating_add(elements.len());
            vm.work(1)?;
            self.index += 1;
        }
        vm.check_list_length(self.total)?;
        let lists = Held::copy_of(vm, List(self.lists).elements(vm))?;
        Ok(Next::Done(vm.concat_lists(&lists)?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.lists);
    }
}

/// A list of `function element` for each element, none of them computed yet.
///
/// ```nix
/// map (x: x * x) [ 1 2 3 ]
/// ```
#[builtin(name = "map", global, order = [1, 0])]
fn map(vm: &mut Vm, function: Later<Function>, list: List) -> Answer {
    let count = list.len(vm);
    if count == 0 {
        // The function of an empty list is not looked at.
        return Ok(list.0);
    }
    let context = "while evaluating the first argument passed to builtins.map";
    let function = take::<Function>(vm, function.0, context)?;
    let result = build_list(vm, count, 3, |vm, index| {
        let element = list.elements(vm)[index];
        vm.heap.apply_thunk(function.0, &[element])
    })?;
    Ok(result)
}

/// A list of the given length whose element number `i` is `generator i`; no element is computed yet.
///
/// ```nix
/// builtins.genList (i: i * i) 5
/// ```
#[builtin(name = "genList", order = [1, 0])]
fn gen_list(vm: &mut Vm, generator: Later<Function>, length: i64) -> Answer {
    let Ok(count) = usize::try_from(length) else {
        return fail(ErrorKind::Eval, format!("cannot create list of size {length}"));
    };
    vm.check_list_length(count)?;
    let context = "while evaluating the first argument passed to builtins.genList";
    let generator = take::<Function>(vm, generator.0, context)?;
    let result = build_list(vm, count, 2, |vm, index| {
        vm.heap.apply_thunk_to_index(generator.0, index as u32)
    })?;
    Ok(result)
}
