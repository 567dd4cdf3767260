//! Applying anything to any number of arguments, as a task: what the machine's loop does not do on the spot.
//!
//! In: a function (perhaps not forced) and arguments. Out: the result of the last application. Closures, builtins, partial
//! applications and functors take their turns until no arguments are left.
//! Not here: calls with just their arguments (`run.rs`, `call.rs`).

use super::Vm;
use crate::builtin::Stop;
use crate::heap::{Kind, Tracer};
use crate::value::tag;
use crate::{Error, ErrorKind, Next, Step, Task, Value};
use frazil_base::sym;

/// Passes on what it gets.
pub(crate) struct Forward;

impl Task for Forward {
    fn step(&mut self, _: &mut Vm, input: Value) -> Step {
        Ok(Next::Done(input))
    }
    fn trace(&mut self, _: &mut Tracer<'_>) {}
}

/// Applies anything to any number of arguments: forces the function, then closures, builtins, partial applications and
/// functors, as often as arguments are left.
pub(super) struct ApplyTask {
    function: Value,
    arguments: Vec<Value>,
    /// Which argument of a builtin is being forced.
    state: State,
    /// What was called first.
    called: Value,
    /// A set was called: where its `__functor` stands, if anywhere.
    functor: Option<Option<frazil_base::Pos>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Function,
    Argument(usize),
    Result,
    Functor,
    Again,
}

impl ApplyTask {
    /// The application of `function` to `arguments` as a task.
    pub(super) fn boxed(function: Value, arguments: &[Value]) -> Box<dyn Task> {
        Box::new(ApplyTask {
            function,
            arguments: arguments.to_vec(),
            state: State::Function,
            called: function,
            functor: None,
        })
    }

    fn go(&mut self, vm: &mut Vm) -> Step {
        let function = self.function;
        if self.arguments.is_empty()
            && function.as_builtin().is_none_or(|id| vm.builtins[id as usize].arity > 0)
        {
            return Ok(Next::Done(function));
        }
        if let Some(id) = function.as_builtin() {
            return self.builtin(vm, id);
        }
        if function.tag() == tag::FUNCTION {
            let header = vm.heap.header(function);
            if header.kind() == Kind::Partial {
                let (inner, before) = vm.heap.application_parts(function);
                let mut arguments = before.to_vec();
                arguments.append(&mut self.arguments);
                (self.function, self.arguments) = (inner, arguments);
                return self.go(vm);
            }
            let arity = vm.protos[header.number() as usize].arity as usize;
            if self.arguments.len() < arity {
                return Ok(Next::Done(vm.heap.partial(function, &self.arguments)));
            }
            vm.nest(self.outer_calls())?;
            self.state = State::Result;
            let call = exact_call(vm, function, &self.arguments[..arity]);
            self.arguments.drain(..arity);
            return Ok(call);
        }
        if function.is_attrs()
            && let Some(functor) = vm.attr(function, sym::FUNCTOR)
        {
            self.state = State::Functor;
            vm.nest(self.outer_calls())?;
            self.functor = Some(vm.attr_pos(function, sym::FUNCTOR));
            return Ok(Next::Force(functor));
        }
        let pos = self.call_site(vm);
        Err(Stop::Fail(vm.not_callable(function, pos)))
    }

    /// Calls around the one that is made: of the set that has a functor.
    fn outer_calls(&self) -> usize {
        usize::from(self.functor.is_some())
    }

    fn builtin(&mut self, vm: &mut Vm, id: u16) -> Step {
        let row = vm.builtins[id as usize];
        let arity = row.arity as usize;
        if self.arguments.len() < arity {
            return Ok(Next::Done(vm.heap.partial(self.function, &self.arguments)));
        }
        if let Err(error) = vm.nest(1 + self.outer_calls()) {
            return Err(error.or_at(self.call_site(vm)).into());
        }
        for index in 0..arity {
            let argument = vm.heap.follow(self.arguments[index]);
            self.arguments[index] = argument;
            if row.strict >> index & 1 != 0 && !argument.is_whnf() {
                self.state = State::Argument(index);
                return Ok(Next::Force(argument));
            }
        }
        vm.counters.builtin_calls += 1;
        match (row.run)(vm, &self.arguments[..arity]) {
            Ok(value) if self.arguments.len() == arity => Ok(Next::Done(value)),
            Ok(value) => {
                self.arguments.drain(..arity);
                self.state = State::Result;
                Ok(Next::Force(value))
            }
            Err(Stop::Task(task)) => {
                self.arguments.drain(..arity);
                self.state = State::Result;
                Ok(Next::Task(task))
            }
            Err(Stop::Force(value)) => {
                let argument = self.arguments.iter().position(|argument| *argument == value);
                self.state = argument.map_or(State::Again, State::Argument);
                Ok(Next::Force(value))
            }
            Err(stop) => Err(stop),
        }
    }
}

impl Task for ApplyTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        match self.state {
            State::Function => {
                let function = vm.heap.follow(self.function);
                if !function.is_whnf() {
                    if input.is_empty_slot() {
                        return Ok(Next::Force(function));
                    }
                    self.function = input;
                } else {
                    self.function = function;
                }
            }
            State::Argument(index) => self.arguments[index] = input,
            State::Result => self.function = input,
            State::Again => {}
            State::Functor => {
                // Each turn is a call inside of the one before, as Nix has it.
                if self.arguments.len() > vm.settings.max_call_depth as usize {
                    let text = "stack overflow; max-call-depth exceeded";
                    return Err(Error::new(ErrorKind::CallDepth, text).into());
                }
                let set = std::mem::replace(&mut self.function, input);
                self.arguments.insert(0, set);
            }
        }
        self.go(vm)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.called);
        tracer.visit_all(&mut self.arguments);
    }
    fn describe(&mut self, vm: &mut Vm, _: usize) -> Vec<crate::TraceLine> {
        let argument = match self.state {
            State::Argument(index) => Some(index),
            _ => None,
        };
        let pos = vm.call_site(self.called);
        vm.describe_apply(self.function, argument, self.functor.is_some(), pos)
    }
    fn call_site(&self, vm: &mut Vm) -> frazil_base::Pos {
        // Asked when something failed: the machine's frames are still those of the call.
        self.functor.flatten().unwrap_or_else(|| vm.call_site(self.called))
    }
}

/// The call of a closure with exactly its arguments; those beyond three go through a partial application.
fn exact_call(vm: &mut Vm, function: Value, arguments: &[Value]) -> Next {
    use crate::task::Arguments;
    match *arguments {
        [a] => Next::Call(function, Arguments::one(a)),
        [a, b] => Next::Call(function, Arguments::two(a, b)),
        [.., a, b, c] => {
            let before = &arguments[..arguments.len() - 3];
            let function =
                if before.is_empty() { function } else { vm.heap.partial(function, before) };
            Next::Call(function, Arguments::three(a, b, c))
        }
        [] => Next::Done(function),
    }
}
