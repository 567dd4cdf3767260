//! Lists: their parts, and lists of applications that are not computed yet.
//!
//! In: lists in weak head normal form. Out: values, perhaps thunks. Nothing here calls a function: see `lists_calls.rs`.

use crate::args::{Function, List, fail};
use frazil_eval::{Answer, Builtin, ErrorKind, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] = &[HEAD, LENGTH, GEN_LIST];

/// The first element of a list; an error if the list is empty.
///
/// ```nix
/// builtins.head [ 1 2 3 ]
/// ```
#[builtin(name = "head", contexts = ["while evaluating the first argument passed to 'builtins.head'"])]
fn head(vm: &mut Vm, list: List) -> Answer {
    match list.elements(vm).first() {
        Some(first) => Ok(*first),
        None => fail(ErrorKind::Eval, "'builtins.head' called on an empty list"),
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

/// A list of the given length whose element number `i` is `generator i`; no element is computed yet.
///
/// ```nix
/// builtins.genList (i: i * i) 5
/// ```
#[builtin(name = "genList", order = [1, 0])]
fn gen_list(vm: &mut Vm, generator: Function, length: i64) -> Answer {
    let Ok(count) = usize::try_from(length) else {
        return fail(ErrorKind::Eval, format!("cannot create list of size {length}"));
    };
    vm.check_list_length(count)?;
    let mut elements = Vec::with_capacity(count);
    for index in 0..count {
        let index = vm.heap.int(index as i64);
        elements.push(vm.heap.apply_thunk(generator.0, &[index]));
    }
    Ok(vm.heap.list(&elements))
}
