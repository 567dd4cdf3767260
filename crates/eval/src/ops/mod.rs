//! Operations of the language on values that may need the machine: tasks, and small pure pieces they share.
//!
//! In: values. Out: values, bytes, errors in Nix's words. Each file is one operation.
//! Not here: operations that never force (`vm/scalar.rs`, `vm/attrs_ops.rs`), builtins.

mod add;
mod coerce;
mod copy;
mod deep;
mod difference;
mod equal;
mod long_sort;
mod order;
mod path;
mod show;
mod show_text;
mod show_walk;
mod suggest;

pub use add::AddTask;
pub use coerce::{CoerceMode, CoerceTask, Coerced};
pub use deep::DeepForceTask;
pub use difference::DifferenceTask;
pub use equal::EqualTask;
pub use long_sort::sort_long;
pub use order::LessTask;
pub use path::{base_name, canonical_path, long_canonical_path, parent};
pub use show::{ShowForm, ShowOptions, ShowTask};
pub use show_text::attribute_name;
pub(crate) use show_text::push_attribute_name;
pub use suggest::suggest;

use crate::heap::Tracer;
use crate::{Next, Step, Task, Value, Vm};

/// Forces one value.
pub struct ForceTask(pub Value);

impl Task for ForceTask {
    fn step(&mut self, _: &mut Vm, input: Value) -> Step {
        Ok(if input.is_empty_slot() { Next::Force(self.0) } else { Next::Done(input) })
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.0);
    }
}
