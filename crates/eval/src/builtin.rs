//! What a builtin is to the machine: a row with a name, an arity, which arguments to force, and a function.
//!
//! In: rows written by `#[builtin]` in `frazil-builtins`. Out: [`Builtin`], [`Stop`], [`Args`].
//!
//! Protocol: the machine forces the arguments of the mask, then calls `run` with all of them. `run` answers with a value
//! (thunks are fine: the machine forces a result), or [`Stop`]: fail; force this value first and call again from the start
//! (so nothing may have happened before); or go on with a [`Task`](crate::Task), a state machine that may force and call.
//! Not here: the builtins.

use crate::{Error, Task, Value, Vm};

/// Why a step of native code did not end with a value.
#[must_use]
pub enum Stop {
    /// It failed.
    Fail(Error),
    /// It needs this value in weak head normal form and wants to be called again.
    Force(Value),
    /// The answer is what this task comes to.
    Task(Box<dyn Task>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Fail(error)
    }
}

/// The answer of native code.
pub type Answer = Result<Value, Stop>;

/// A builtin function.
pub type BuiltinFn = fn(&mut Vm, &[Value]) -> Answer;

/// A row of the table of builtins.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// The name in `builtins`.
    pub name: &'static str,
    /// How many arguments; 0 for a constant, computed when first used.
    pub arity: u8,
    /// Bit `i`: argument `i` is forced before the call.
    pub strict: u8,
    /// Total on values at hand: cannot fail on the right types, run anything, or take long; may be done instead of suspended.
    pub cheap: bool,
    /// Also global under its own name (others are global as `__name`).
    pub global: bool,
    /// The setting that must be on for it to exist, if any.
    pub feature: Option<&'static str>,
    /// The names of its parameters.
    pub parameters: &'static [&'static str],
    /// For each argument: the trace line Nix shows when forcing it fails, if any.
    pub contexts: &'static [&'static str],
    /// Its documentation (Markdown), with an example.
    pub doc: &'static str,
    /// The function.
    pub run: BuiltinFn,
}
