//! Tasks: native work that asks the machine to force and call, as state machines on the machine's own stack.
//!
//! In: answers of the machine. Out: the next request ([`Next`]). A task is stepped first with [`Value::EMPTY`], then with
//! the answer to each request. Its values live across steps, so it traces them; nothing else roots them.
//! Not here: the tasks themselves (`ops/`, `frazil-builtins`).

use crate::builtin::Stop;
use crate::heap::Tracer;
use crate::{Error, TraceLine, Value, Vm};
use frazil_base::Pos;

/// What a task wants next.
pub enum Next {
    /// It is done with this value (forced by the machine if it is a thunk).
    Done(Value),
    /// This value in weak head normal form.
    Force(Value),
    /// The result of this call.
    Call(Value, Arguments),
    /// What another task comes to.
    Task(Box<dyn Task>),
}

/// Up to three arguments of a call.
#[derive(Clone, Copy)]
pub struct Arguments {
    values: [Value; 3],
    count: u8,
}

impl Arguments {
    /// One argument.
    pub fn one(a: Value) -> Arguments {
        Arguments { values: [a, Value::EMPTY, Value::EMPTY], count: 1 }
    }
    /// Two arguments.
    pub fn two(a: Value, b: Value) -> Arguments {
        Arguments { values: [a, b, Value::EMPTY], count: 2 }
    }
    /// Three arguments.
    pub fn three(a: Value, b: Value, c: Value) -> Arguments {
        Arguments { values: [a, b, c], count: 3 }
    }
    /// The arguments.
    #[inline]
    pub fn as_slice(&self) -> &[Value] {
        &self.values[..self.count as usize]
    }
}

/// The answer of a step.
pub type Step = Result<Next, Stop>;

/// See the module's text.
pub trait Task: Send {
    /// Goes on with the answer to the last request.
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step;
    /// Visits every value it holds.
    fn trace(&mut self, tracer: &mut Tracer<'_>);
    /// Offered an error of something it asked for: its value if it catches it. Most do not.
    fn catch(&mut self, vm: &mut Vm, error: &Error) -> Option<Value> {
        let _ = (vm, error);
        None
    }
    /// Whether it might catch (so that traces of catchable errors need not be built).
    fn catches(&self) -> bool {
        false
    }
    /// Lines for the trace of an error that passes, innermost first; of more than `most` the others are not looked at.
    fn describe(&mut self, vm: &mut Vm, most: usize) -> Vec<TraceLine> {
        let _ = (vm, most);
        Vec::new()
    }
    /// Whether its lines are for every error that passes, also out of code that it waited for.
    fn wraps(&self) -> bool {
        true
    }
    /// Whether an error that passes counts as raised by its own work; `direct` says whether it was.
    fn owns(&self, error: &Error, direct: bool) -> bool {
        let _ = error;
        direct
    }
    /// Whether it forces all that a value contains: a suspended call is then told of by its function's place.
    fn forces_deeply(&self) -> bool {
        false
    }
    /// A task to run in its place when an error passes (it adds a context that must be computed first, then fails again).
    fn on_error(&mut self, vm: &mut Vm, error: &Error) -> Option<Box<dyn Task>> {
        let _ = (vm, error);
        None
    }
    /// Where the call stands that this task makes, for the trace.
    fn call_site(&self, _: &mut Vm) -> Pos {
        Pos::NONE
    }
    /// Whether it counts as a nested call for `max-call-depth`.
    fn counts_depth(&self) -> bool {
        false
    }
}

/// A trace line at a place.
pub fn line(text: impl Into<Vec<u8>>, pos: Pos) -> TraceLine {
    TraceLine { text: text.into(), pos, always: false }
}
