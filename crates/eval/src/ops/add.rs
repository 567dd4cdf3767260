//! `a + b` where at least one side is a path or must be coerced to a string.
//!
//! In: operands in weak head normal form, the first no number. Out: a path if the first is a path, else a string.
//! Not here: numbers and two plain strings (`vm/scalar.rs`).

use super::{CoerceMode, CoerceTask, long_canonical_path};
use crate::heap::Tracer;
use crate::{Next, Step, Task, Value, Vm};

/// See the module's text.
pub struct AddTask {
    a: Value,
    b: Value,
    /// What the first operand was before it was coerced.
    first: First,
    done: u8,
}

impl AddTask {
    /// The sum of `a` and `b`.
    pub fn new(a: Value, b: Value) -> AddTask {
        AddTask { a, b, first: First::Other, done: 0 }
    }

    fn next(&mut self, vm: &mut Vm) -> Step {
        if self.done == 0 {
            self.done = 1;
            if self.first == First::Other {
                return Ok(Next::Task(Box::new(CoerceTask::new(self.a, CoerceMode::WEAK))));
            }
        }
        if self.done == 1 {
            self.done = 2;
            if !self.b.is_string() {
                // Paths are copied to the store only where the first operand is a string.
                let mode = if self.first == First::String {
                    CoerceMode::INTERPOLATION
                } else {
                    CoerceMode::WEAK
                };
                return Ok(Next::Task(Box::new(CoerceTask::new(self.b, mode))));
            }
        }
        if self.first != First::Path {
            return vm.concat_strings(&[self.a, self.b]).map(Next::Done);
        }
        let Some(string) = vm.heap.as_string(&self.b) else { return Ok(Next::Done(self.b)) };
        if string.context != 0 {
            return Err(vm.context_in_path(self.b).into());
        }
        let path = [vm.heap.as_path(self.a).unwrap_or_default(), string.bytes].concat();
        vm.work_on_bytes(path.len())?;
        let path = long_canonical_path(&path, || vm.look())?;
        Ok(Next::Done(vm.heap.path(&path)))
    }
}

impl Task for AddTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        match (self.done, input.is_empty_slot()) {
            (0, _) => {
                if self.a.is_string() {
                    self.first = First::String;
                } else if vm.heap.as_path(self.a).is_some() {
                    self.first = First::Path;
                }
            }
            (1, false) => self.a = input,
            (2, false) => self.b = input,
            _ => {}
        }
        self.next(vm)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.a);
        tracer.visit(&mut self.b);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    String,
    Path,
    Other,
}
