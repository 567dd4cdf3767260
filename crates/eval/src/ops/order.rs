//! `<` on lists: lexicographic, an element pair is skipped while equal and decides when it is not.
//!
//! In: two lists. Out: a boolean. Nested lists continue in the same task, so depth costs nothing.

use super::EqualTask;
use crate::heap::Tracer;
use crate::{Next, Step, Task, Value, Vm};

/// See the module's text.
pub struct LessTask {
    a: Value,
    b: Value,
    index: usize,
    state: State,
    negate: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Elements,
    Equality,
}

impl LessTask {
    /// Whether `a` is less than `b` (negated if asked).
    pub fn new(a: Value, b: Value, negate: bool) -> LessTask {
        LessTask { a, b, index: 0, state: State::Elements, negate }
    }
}

impl Task for LessTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if self.state == State::Equality {
            self.state = State::Elements;
            if input == Value::TRUE {
                self.index += 1;
            } else {
                // The first pair that differs decides.
                let a = vm
                    .heap
                    .as_list(self.a)
                    .and_then(|list| list.get(self.index))
                    .copied()
                    .unwrap_or(self.a);
                let b = vm
                    .heap
                    .as_list(self.b)
                    .and_then(|list| list.get(self.index))
                    .copied()
                    .unwrap_or(self.b);
                (self.a, self.b, self.index) = (vm.heap.follow(a), vm.heap.follow(b), 0);
                if !(self.a.is_list() && self.b.is_list()) {
                    let less = vm.less_now(self.a, self.b).map_err(|mut error| {
                        error.push(crate::task::line(
                            "while comparing two list elements",
                            frazil_base::Pos::NONE,
                        ));
                        error
                    })?;
                    return Ok(Next::Done(Value::bool(less != self.negate)));
                }
            }
        }
        let (x, y) = (
            vm.heap.as_list(self.a).unwrap_or_default(),
            vm.heap.as_list(self.b).unwrap_or_default(),
        );
        if self.index >= y.len() {
            return Ok(Next::Done(Value::bool(self.negate)));
        }
        if self.index >= x.len() {
            return Ok(Next::Done(Value::bool(!self.negate)));
        }
        let (a, b) = (x[self.index], y[self.index]);
        self.state = State::Equality;
        Ok(Next::Task(Box::new(EqualTask::nested(a, b))))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.a);
        tracer.visit(&mut self.b);
    }
}
