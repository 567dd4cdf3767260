//! Control of evaluation: errors on purpose, catching them, forcing.
//!
//! In: values. Out: values or errors. Not here: what only shows something (`debug.rs`).

use crate::args::{Forced, fail, task};
use crate::coerced::{NONE, on_text};
use frazil_base::sym;
use frazil_eval::heap::Tracer;
use frazil_eval::ops::{CoerceMode, DeepForceTask};
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Next, Step, Task, Value, Vm};
use frazil_macros::builtin;

/// How many times the text of a message may be in memory until it is shown.
const MESSAGE_COPIES: usize = 6;

pub(crate) const ROWS: &[Builtin] = &[THROW, ABORT, TRY_EVAL, SEQ, DEEP_SEQ, BREAK_HERE];

/// Fails with a message; `tryEval` catches it.
///
/// ```nix
/// builtins.tryEval (throw "no such thing")
/// ```
#[builtin(name = "throw", global)]
fn throw(vm: &mut Vm, message: Forced) -> Answer {
    let context = "while evaluating the error message passed to builtin.throw";
    on_text(vm, message.0, CoerceMode::INTERPOLATION, context, NONE, |vm, text, _| {
        fail(ErrorKind::Thrown, message_text(vm, text)?)
    })
}

/// The text of a message that the program makes up; it counts as printed once it is.
///
/// # Errors
/// It is more than may be printed, or there is no room for it.
pub(crate) fn message_text(vm: &Vm, text: Value) -> Result<Vec<u8>, Error> {
    let text = vm.heap.as_string(&text).map_or(&b""[..], |string| string.bytes);
    // It is put together with others, laid out, and written.
    vm.check_output(text.len())?;
    vm.check_room(text.len().saturating_mul(MESSAGE_COPIES))?;
    Ok(text.to_vec())
}

/// Ends the evaluation with a message; nothing catches it.
///
/// ```nix
/// if 1 < 2 then "fine" else abort "impossible"
/// ```
#[builtin(name = "abort", global)]
fn abort(vm: &mut Vm, message: Forced) -> Answer {
    let context = "while evaluating the error message passed to builtins.abort";
    on_text(vm, message.0, CoerceMode::INTERPOLATION, context, NONE, |vm, text, _| {
        let text = message_text(vm, text)?;
        let text =
            [b"evaluation aborted with the following error message: '", &*text, b"'"].concat();
        fail(ErrorKind::Abort, text)
    })
}

/// Computes a value (not what is in it) and says whether that went well: `{ success, value }`, the value being `false` if not.
/// Catches `throw`, failed assertions and files missing in the search path; nothing else.
///
/// ```nix
/// [ (builtins.tryEval (1 + 1)) (builtins.tryEval (throw "x")) ]
/// ```
#[builtin(name = "tryEval")]
fn try_eval(vm: &mut Vm, value: Value) -> Answer {
    let known = vm.heap.follow(value);
    if known.is_whnf() {
        return Ok(result(vm, true, known));
    }
    task(TryEval { value })
}

fn result(vm: &mut Vm, success: bool, value: Value) -> Value {
    vm.make_attrs(vec![(sym::SUCCESS, Value::bool(success)), (sym::VALUE, value)])
}

struct TryEval {
    value: Value,
}

impl Task for TryEval {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if input.is_empty_slot() {
            return Ok(Next::Force(self.value));
        }
        Ok(Next::Done(result(vm, true, input)))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.value);
    }
    fn catches(&self) -> bool {
        true
    }
    fn catch(&mut self, vm: &mut Vm, error: &Error) -> Option<Value> {
        error.kind().is_catchable().then(|| result(vm, false, Value::FALSE))
    }
}

/// Computes the first value, then gives the second.
///
/// ```nix
/// builtins.seq (1 + 1) "done"
/// ```
#[builtin(name = "seq")]
fn seq(_vm: &mut Vm, first: Forced, second: Value) -> Answer {
    let _ = first.0;
    Ok(second)
}

/// Computes the first value and everything in it, then gives the second.
///
/// ```nix
/// builtins.deepSeq [ (1 + 1) { a = 2; } ] "done"
/// ```
#[builtin(name = "deepSeq")]
fn deep_seq(_vm: &mut Vm, first: Forced, second: Value) -> Answer {
    if !first.0.is_attrs() && !first.0.is_list() {
        return Ok(second);
    }
    task(DeepForceTask::new(first.0, second))
}

/// Gives the value; a place for a debugger to stop at.
///
/// ```nix
/// builtins.break 1
/// ```
#[builtin(name = "break", global)]
fn break_here(_vm: &mut Vm, value: Value) -> Answer {
    Ok(value)
}
