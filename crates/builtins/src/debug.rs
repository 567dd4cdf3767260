//! Builtins that show something: traces, warnings, remarks on errors, positions.
//!
//! In: values. Out: the values they pass on; messages through the host. A message is sent by a task's step, since a builtin
//! itself may be run twice.

use crate::args::{Attrs, Forced, PlainStr, Str, fail, take, task};
use frazil_base::{Origin, Pos, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::host::Message;
use frazil_eval::ops::{CoerceMode, CoerceTask, ShowOptions};
use frazil_eval::task::line;
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Next, Step, Task, TraceLine, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[TRACE, TRACE_VERBOSE, WARN, ADD_ERROR_CONTEXT, UNSAFE_GET_ATTR_POS];

/// Shows the first value as a message, as far as it is computed, and gives the second.
///
/// ```nix
/// builtins.trace "computing" (1 + 1)
/// ```
#[builtin(name = "trace")]
fn trace(_vm: &mut Vm, message: Forced, value: Value) -> Answer {
    task(Show { message: message.0, value, kind: Kind::Trace })
}

/// As `trace` if the setting `trace-verbose` is on; else the first value is not even computed.
///
/// ```nix
/// builtins.traceVerbose "computing" (1 + 1)
/// ```
#[builtin(name = "traceVerbose")]
fn trace_verbose(vm: &mut Vm, message: Value, value: Value) -> Answer {
    if !vm.settings.trace_verbose {
        return Ok(value);
    }
    let message = take::<Forced>(vm, message, "")?;
    task(Show { message: message.0, value, kind: Kind::Trace })
}

/// Shows a string as a warning and gives the second value.
///
/// ```nix
/// builtins.warn "this is old" 1
/// ```
#[builtin(
    name = "warn",
    contexts = ["while evaluating the first argument; the message passed to builtins.warn", ""],
)]
fn warn(_vm: &mut Vm, message: Str, value: Value) -> Answer {
    task(Show { message: message.0, value, kind: Kind::Warning })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trace,
    Warning,
}

struct Show {
    message: Value,
    value: Value,
    kind: Kind,
}

impl Task for Show {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        if vm.settings.plain_code_at_hand && (self.message.is_attrs() || self.message.is_list()) {
            return fail(ErrorKind::PlainCode, "optimised code is to show the parts of a value");
        }
        let shown = vm.show_message(self.message, ShowOptions::TRACE)?;
        match self.kind {
            Kind::Trace => vm.host.message(Message::Trace, &[b"trace: ", &*shown].concat()),
            Kind::Warning => {
                let text = [b"evaluation warning: ", &*shown].concat();
                vm.host.message(Message::Warning, &text);
                if vm.settings.abort_on_warn {
                    let text = "aborting to reveal stack trace of warning, as abort-on-warn is set";
                    return Err(Error::new(ErrorKind::Abort, text).into());
                }
            }
        }
        Ok(Next::Done(self.value))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.message);
        tracer.visit(&mut self.value);
    }
}

/// Gives the second value; an error while it is computed gets the first as a remark, which is always shown.
///
/// ```nix
/// builtins.addErrorContext "while adding" (1 + 1)
/// ```
#[builtin(name = "addErrorContext")]
fn add_error_context(vm: &mut Vm, context: Value, value: Value) -> Answer {
    let known = vm.heap.follow(value);
    if known.is_whnf() {
        return Ok(known);
    }
    task(WithContext { context, value })
}

struct WithContext {
    context: Value,
    value: Value,
}

impl Task for WithContext {
    fn step(&mut self, _: &mut Vm, input: Value) -> Step {
        Ok(if input.is_empty_slot() { Next::Force(self.value) } else { Next::Done(input) })
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.context);
        tracer.visit(&mut self.value);
    }
    fn on_error(&mut self, _: &mut Vm, error: &Error) -> Option<Box<dyn Task>> {
        // What ends the evaluation from outside gets no remark: computing it would go on.
        if error.kind().is_transient() {
            return None;
        }
        let next =
            Remark { context: self.context, error: error.clone(), phase: RemarkPhase::Force };
        Some(Box::new(next))
    }
}

/// Computes the remark of an error, then fails with it.
struct Remark {
    context: Value,
    error: Error,
    phase: RemarkPhase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RemarkPhase {
    Force,
    Coerce,
    Done,
}

impl Task for Remark {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if input.is_empty_slot() {
            return Ok(Next::Force(self.context));
        }
        if self.phase == RemarkPhase::Force {
            self.phase = RemarkPhase::Coerce;
            if !input.is_string() {
                return Ok(Next::Task(Box::new(CoerceTask::new(input, CoerceMode::WEAK))));
            }
        }
        self.phase = RemarkPhase::Done;
        let text = crate::control::message_text(vm, input)?;
        let mut error = self.error.clone();
        error.push(TraceLine { text, pos: Pos::NONE, always: true });
        Err(error.into())
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.context);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        if self.phase != RemarkPhase::Coerce {
            return Vec::new();
        }
        let text = "while evaluating the error message passed to builtins.addErrorContext";
        vec![line(text, Pos::NONE)]
    }
}

/// Where an attribute is written, as `{ file, line, column }`; `null` if that is not known.
///
/// ```nix
/// builtins.unsafeGetAttrPos "a" { a = 1; }
/// ```
#[builtin(name = "unsafeGetAttrPos")]
fn unsafe_get_attr_pos(vm: &mut Vm, name: PlainStr, set: Attrs) -> Answer {
    let name = vm.name_symbol(name.0)?;
    let at = vm.attr_pos(set.0, name);
    let Some(at) = at.and_then(|pos| vm.sources.locate(pos)) else { return Ok(Value::NULL) };
    let Some(Origin::File(path)) = vm.sources.origin(at.source) else { return Ok(Value::NULL) };
    let file = vm.heap.string(path, 0);
    // As in Nix, these are computed when they are asked for, which shows where unforced values are printed.
    let head = vm.symbols.intern(b"__head");
    let head = vm.global(head).unwrap_or(Value::NULL);
    let number = |vm: &mut Vm, number: u32| {
        let number = vm.heap.int(i64::from(number));
        let list = vm.heap.list(&[number]);
        vm.heap.apply_thunk(head, &[list])
    };
    let (line, column) = (number(vm, at.line), number(vm, at.column));
    Ok(vm.make_attrs(vec![(sym::FILE, file), (sym::LINE, line), (sym::COLUMN, column)]))
}
