//! Where two values differ, for a failed `assert a == b`. To be written by its owner.

use crate::heap::Tracer;
use crate::{Error, ErrorKind, Next, Step, Task, Value, Vm};

/// Finds the first difference and fails with it.
pub struct DifferenceTask {
    /// Left value.
    pub a: Value,
    /// Right value.
    pub b: Value,
    /// The condition's text.
    pub text: Vec<u8>,
}

impl Task for DifferenceTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if !input.is_empty_slot() {
            return Ok(Next::Done(input));
        }
        let text = [b"assertion '", &*self.text, b"' failed"].concat();
        Err(Error::new(ErrorKind::Assertion, text).or_at(vm.current_pos()).into())
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.a);
        tracer.visit(&mut self.b);
    }
}
