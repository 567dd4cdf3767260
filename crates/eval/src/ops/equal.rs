//! Nix equality of nested values, as a task with an explicit list of pairs.
//!
//! In: two values in weak head normal form. Out: a boolean. Pairs are compared in Nix's order: elements in order, attributes
//! by symbol number; two derivations by `outPath` only. Nested values that are the same cell are equal whatever they are
//! (functions, NaN), but only after they were forced. Not here: scalars (`vm/scalar.rs`).

use crate::heap::Tracer;
use crate::{Held, Next, Step, Task, Value, Vm};
use frazil_base::sym;

/// A pair to compare, as found in its containers.
#[derive(Clone, Copy)]
struct Pair {
    a: Value,
    b: Value,
    /// Which `type` attribute of two possible derivations is looked at.
    types: u8,
    nested: bool,
    /// How many containers it is inside of.
    depth: u32,
}

/// See the module's text.
pub struct EqualTask {
    pairs: Held<Pair>,
    negate: bool,
}

impl EqualTask {
    /// Whether `a` equals `b` (negated if asked).
    pub fn new(a: Value, b: Value, negate: bool) -> EqualTask {
        let pair = Pair { a, b, types: 0, nested: false, depth: 0 };
        EqualTask { pairs: vec![pair].into(), negate }
    }

    /// Whether two values found in containers (perhaps not forced yet) are equal.
    pub fn nested(a: Value, b: Value) -> EqualTask {
        let pair = Pair { a, b, types: 0, nested: true, depth: 0 };
        EqualTask { pairs: vec![pair].into(), negate: false }
    }

    fn done(&self, equal: bool) -> Step {
        Ok(Next::Done(Value::bool(equal != self.negate)))
    }

    /// Two sets: `Some(next)` asks for something first. What is put back was taken out just before, so there is room.
    fn sets(&mut self, vm: &mut Vm, pair: Pair, a: Value, b: Value) -> Option<Step> {
        if pair.types < 2
            && let (Some(x), Some(y)) = (vm.attr(a, sym::TYPE), vm.attr(b, sym::TYPE))
        {
            let (x, y) = (vm.heap.follow(x), vm.heap.follow(y));
            for value in [x, y] {
                if !value.is_whnf() {
                    self.pairs.as_vec().push(pair);
                    return Some(Ok(Next::Force(value)));
                }
            }
            let is_derivation = |value: Value| {
                vm.heap.as_string(&value).is_some_and(|string| string.bytes == b"derivation")
            };
            if is_derivation(x)
                && is_derivation(y)
                && let (Some(x), Some(y)) = (vm.attr(a, sym::OUT_PATH), vm.attr(b, sym::OUT_PATH))
            {
                self.pairs.as_vec().push(Pair {
                    a: x,
                    b: y,
                    types: 0,
                    nested: true,
                    depth: pair.depth,
                });
                return None;
            }
        }
        let (a, b) = (vm.whole(a), vm.whole(b));
        if vm.heap.attrs_shape(a) != vm.heap.attrs_shape(b) {
            return Some(self.done(false));
        }
        self.items(vm, |vm| values(vm, a, b), pair.depth + 1)
    }

    /// What is in two containers: compared as it lies there as long as nothing has to be forced or is a container itself, and
    /// from there on put on the stack. Mostly all of it is the same cells.
    fn items(
        &mut self,
        vm: &mut Vm,
        both: impl Fn(&Vm) -> (&[Value], &[Value]),
        depth: u32,
    ) -> Option<Step> {
        let count = both(vm).0.len();
        if count > 0
            && let Err(error) = vm.nest(depth as usize)
        {
            return Some(Err(error.into()));
        }
        let mut equal = 0;
        loop {
            let (a, b) = both(vm);
            let run = equal..count.min(equal + RUN);
            let (more, differs) = settled(vm, &a[run.clone()], &b[run]);
            if differs {
                return Some(self.done(false));
            }
            equal += more;
            if let Err(error) = vm.work(more) {
                return Some(Err(error.into()));
            }
            if more < RUN {
                break;
            }
        }
        let (a, b) = both(vm);
        let rest = a[equal..].iter().zip(&b[equal..]).rev();
        let rest = rest.map(|(a, b)| Pair { a: *a, b: *b, types: 0, nested: true, depth });
        self.pairs.extend(vm, rest).err().map(|error| Err(error.into()))
    }
}

fn lists(vm: &Vm, a: Value, b: Value) -> (&[Value], &[Value]) {
    let elements = |list| vm.heap.as_list(list).unwrap_or_default();
    (elements(a), elements(b))
}

fn values(vm: &Vm, a: Value, b: Value) -> (&[Value], &[Value]) {
    (vm.attrs_values(a), vm.attrs_values(b))
}

/// How many pairs are compared between two looks at what is allowed.
const RUN: usize = 4096;

/// How many pairs at the beginning are known to be equal, and whether the next one is known not to be.
fn settled(vm: &Vm, a: &[Value], b: &[Value]) -> (usize, bool) {
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        // The same cell need not be looked into once it is computed.
        if a == b && a.is_whnf() {
            continue;
        }
        let x = vm.heap.follow(*a);
        if a == b && x.is_whnf() {
            continue;
        }
        let y = vm.heap.follow(*b);
        if !x.is_whnf() || !y.is_whnf() {
            return (at, false);
        }
        match vm.equal_now(x, y) {
            Some(true) => {}
            Some(false) => return (at, true),
            None => return (at, false),
        }
    }
    (a.len(), false)
}

impl Task for EqualTask {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        while let Some(pair) = self.pairs.pop() {
            let (a, b) = (vm.heap.follow(pair.a), vm.heap.follow(pair.b));
            vm.nest(pair.depth as usize)?;
            for value in [a, b] {
                if !value.is_whnf() {
                    self.pairs.as_vec().push(pair);
                    return Ok(Next::Force(value));
                }
            }
            if pair.nested && pair.a == pair.b {
                continue;
            }
            match vm.equal_now(a, b) {
                Some(true) => {}
                Some(false) => return self.done(false),
                None if a.is_string() => {
                    if !vm.long_equal(a, b)? {
                        return self.done(false);
                    }
                }
                None if a.is_attrs() => {
                    if let Some(step) = self.sets(vm, pair, a, b) {
                        return step;
                    }
                }
                None => {
                    // Of one length: others are known to differ.
                    let count = vm.heap.as_list(a).map_or(0, <[Value]>::len);
                    if let Some(step) = self.items(vm, |vm| lists(vm, a, b), pair.depth + 1) {
                        return step;
                    }
                    vm.work(count)?;
                }
            }
            vm.work(1)?;
            // Long comparisons of finished data still come up for air, for safepoints and limits.
            if self.pairs.len() > 1 << 16 && self.pairs.len().is_multiple_of(4096) {
                return Ok(Next::Force(Value::TRUE));
            }
        }
        self.done(true)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        for pair in &mut self.pairs {
            tracer.visit(&mut pair.a);
            tracer.visit(&mut pair.b);
        }
    }
    fn counts_depth(&self) -> bool {
        true
    }
}
