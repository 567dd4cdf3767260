//! Deep forcing: every element and attribute, each container once.
//!
//! In: a value. Out: the same value, in normal form. Depth costs a stack on the heap; cycles end.

use crate::heap::Tracer;
use crate::task::line;
use crate::{Charge, Held, Next, Step, Task, TraceLine, Value, Vm};
use hashbrown::HashSet;

/// See the module's text.
pub struct DeepForceTask {
    start: Value,
    result: Value,
    containers: Held<(Value, usize)>,
    seen: HashSet<u64>,
    seen_room: Charge,
}

impl DeepForceTask {
    /// Forces `value` and all it contains; comes to `result`, or the forced value if that is empty.
    pub fn new(value: Value, result: Value) -> DeepForceTask {
        DeepForceTask {
            start: value,
            result,
            containers: Held::new(),
            seen: HashSet::new(),
            seen_room: Charge::default(),
        }
    }
}

impl Task for DeepForceTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut current = if input.is_empty_slot() { self.start } else { input };
        loop {
            vm.work(1)?;
            current = vm.heap.follow(current);
            vm.nest(self.containers.len() + 1)?;
            if !current.is_whnf() {
                return Ok(Next::Force(current));
            }
            if self.containers.is_empty() && self.seen.is_empty() {
                self.start = current;
            }
            current = vm.whole(current);
            if current.is_attrs() || current.is_list() {
                self.seen_room.one_more(vm, self.seen.len(), self.seen.capacity(), 8)?;
                if self.seen.insert(current.0) {
                    self.containers.push(vm, (current, 0))?;
                }
            }
            loop {
                let Some((container, index)) = self.containers.last_mut() else {
                    return Ok(Next::Done(if self.result.is_empty_slot() {
                        self.start
                    } else {
                        self.result
                    }));
                };
                let values =
                    vm.heap.as_list(*container).unwrap_or_else(|| vm.heap.attrs_values(*container));
                match values.get(*index) {
                    Some(value) => {
                        *index += 1;
                        current = *value;
                        break;
                    }
                    None => {
                        self.containers.pop();
                    }
                }
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.start);
        tracer.visit(&mut self.result);
        for (container, _) in &mut self.containers {
            tracer.visit_fixed(*container);
        }
    }
    fn forces_deeply(&self) -> bool {
        true
    }
    fn describe(&mut self, vm: &mut Vm, most: usize) -> Vec<TraceLine> {
        let mut lines = Vec::new();
        for (container, index) in self.containers.iter().rev().take(most) {
            let Some(index) = index.checked_sub(1) else { continue };
            if container.is_list() {
                let text = format!("while evaluating list element at index {index}");
                lines.push(line(text, frazil_base::Pos::NONE));
            } else if let Some(name) = vm.attrs_keys(*container).get(index).copied() {
                let pos = vm.attr_pos(*container, name).unwrap_or(frazil_base::Pos::NONE);
                lines.push(line(
                    [b"while evaluating the attribute '", &*vm.shown_name(name), b"'"].concat(),
                    pos,
                ));
            }
        }
        lines
    }
}
