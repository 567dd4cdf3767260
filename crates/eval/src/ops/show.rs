//! Values as text. To be written by its owner; the pieces here let the rest compile.

use crate::heap::Tracer;
use crate::{Next, Step, Task, Value, Vm};

/// How to show a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShowOptions {}

/// Shows a value.
pub struct ShowTask(pub Value);

impl Task for ShowTask {
    fn step(&mut self, _: &mut Vm, _: Value) -> Step {
        Ok(Next::Done(self.0))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.0);
    }
}

impl Vm {
    /// A value as error messages show it: nothing is forced, depth and length are bounded.
    pub fn show_short(&mut self, value: Value) -> Vec<u8> {
        if let Some(int) = self.heap.as_int(value) {
            return int.to_string().into_bytes();
        }
        if let Some(string) = self.heap.as_string(&value) {
            return [b"\"", string.bytes, b"\""].concat();
        }
        b"...".to_vec()
    }
}
