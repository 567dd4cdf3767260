//! Where two values differ, for a failed `assert a == b`.
//!
//! In: two values that were found to be unequal. Out: always an error, of the kind of a failed assertion, in Nix's words; the
//! path to the first difference is in the trace. Nested values have an explicit stack. Not here: equality (`equal.rs`).

use super::show_text::ShowText;
use crate::heap::Tracer;
use crate::task::line;
use crate::{Error, ErrorKind, Held, Next, Step, Task, TraceLine, Value, Vm};
use frazil_base::{Pos, Symbol, sym};

/// Finds the first difference and fails with it.
pub struct DifferenceTask {
    start: Option<(Value, Value)>,
    text: Vec<u8>,
    levels: Held<Level>,
    pending: Option<(Value, Value)>,
}

/// Containers whose elements are being compared; `next` is one past the element at hand.
struct Level {
    a: Value,
    b: Value,
    next: usize,
    /// Two derivations, compared by their `outPath`.
    derivations: bool,
}

impl DifferenceTask {
    /// The difference of `a` and `b`; `text` is the condition's.
    pub fn new(a: Value, b: Value, text: Vec<u8>) -> DifferenceTask {
        DifferenceTask { start: Some((a, b)), text, levels: Held::new(), pending: None }
    }

    /// The next pair of the innermost containers; `None` if no further pair is left at all.
    fn next_pair(&mut self, vm: &mut Vm) -> Option<(Value, Value)> {
        loop {
            let level = self.levels.last_mut()?;
            let (x, y) = match vm.heap.as_list(level.a) {
                _ if level.derivations => (&[][..], &[][..]),
                Some(elements) => (elements, vm.heap.as_list(level.b).unwrap_or_default()),
                None => (vm.attrs_values(level.a), vm.attrs_values(level.b)),
            };
            let pair = x.get(level.next).copied().zip(y.get(level.next).copied());
            if pair.is_some() {
                level.next += 1;
                return pair;
            }
            self.levels.pop();
        }
    }

    /// Compares a pair in weak head normal form: an error, something to force, or it is equal or continued with its elements.
    fn compare(&mut self, vm: &mut Vm, a: Value, b: Value) -> Result<Option<Value>, Error> {
        if a.is_attrs() && b.is_attrs() {
            let (a, b) = (vm.whole(a), vm.whole(b));
            return self.sets(vm, a, b);
        }
        if a.is_list() && b.is_list() {
            let (x, y) = (
                vm.heap.as_list(a).unwrap_or_default().len(),
                vm.heap.as_list(b).unwrap_or_default().len(),
            );
            if x != y {
                let (a, b) = (vm.show_short(a), vm.show_short(b));
                let sizes = format!("list of size '{x}' is not equal to list of size '{y}'");
                let text = [
                    sizes.as_bytes(),
                    b", left hand side is '",
                    &a,
                    b"', right hand side is '",
                    &b,
                    b"'",
                ];
                return Err(failed(text.concat()));
            }
            self.levels.push(vm, Level { a, b, next: 0, derivations: false })?;
            return Ok(None);
        }
        if vm.equal_now(a, b) == Some(true) || vm.long_equal(a, b)? {
            return Ok(None);
        }
        Err(unequal(vm, a, b))
    }

    fn sets(&mut self, vm: &mut Vm, a: Value, b: Value) -> Result<Option<Value>, Error> {
        let mut derivations = true;
        for set in [a, b] {
            let Some(kind) = vm.attr(set, sym::TYPE) else {
                derivations = false;
                break;
            };
            let kind = vm.heap.follow(kind);
            if !kind.is_whnf() {
                return Ok(Some(kind));
            }
            derivations &= vm.heap.as_string(&kind).is_some_and(|kind| kind.bytes == b"derivation");
        }
        if derivations
            && let (Some(x), Some(y)) = (vm.attr(a, sym::OUT_PATH), vm.attr(b, sym::OUT_PATH))
        {
            self.levels.push(vm, Level { a, b, next: 0, derivations: true })?;
            self.pending = Some((x, y));
            return Ok(None);
        }
        if vm.attrs_len(a) != vm.attrs_len(b) {
            let (a, b) = (vm.show_short(a), vm.show_short(b));
            let text = [
                b"attribute names of attribute set '",
                &*a,
                b"' differs from attribute set '",
                &b,
                b"'",
            ];
            return Err(failed(text.concat()));
        }
        self.levels.push(vm, Level { a, b, next: 0, derivations: false })?;
        Ok(None)
    }

    /// The names at the place that comes next must be equal too.
    fn names(&mut self, vm: &mut Vm) -> Result<(), Error> {
        let Some(level) = self.levels.last() else { return Ok(()) };
        let (a, b, index) = (level.a, level.b, level.next);
        if level.derivations || !a.is_attrs() {
            return Ok(());
        }
        let (x, y) = (vm.attrs_keys(a).get(index).copied(), vm.attrs_keys(b).get(index).copied());
        if x == y {
            return Ok(());
        }
        // The list of names is ordered alike on both sides: the smaller one is missing on the other.
        let (name, has, lacks) = match (x, y) {
            (Some(x), Some(y)) if y < x && vm.attr_slot(b, x).is_some() => (y, b, a),
            (Some(x), _) => (x, a, b),
            (None, Some(y)) => (y, b, a),
            (None, None) => return Ok(()),
        };
        let (has, lacks) = (vm.show_short(has), vm.show_short(lacks));
        let text = [
            b"attribute name '",
            vm.symbols.resolve(name),
            b"' is contained in '",
            &*has,
            b"', but not in '",
            &*lacks,
            b"'",
        ];
        // The element before is done with: it does not belong to the path.
        if let Some(level) = self.levels.last_mut() {
            level.next = 0;
        }
        Err(failed(text.concat()))
    }
}

fn failed(text: Vec<u8>) -> Error {
    Error::new(ErrorKind::Assertion, text)
}

/// Two different scalars, or values of different types.
fn unequal(vm: &mut Vm, a: Value, b: Value) -> Error {
    let (kind_a, kind_b) = (vm.type_phrase(a), vm.type_phrase(b));
    let is_number =
        |value: Value| vm.heap.as_int(value).is_some() || vm.heap.as_float(value).is_some();
    let numbers = is_number(a) && is_number(b);
    let (x, y) = (vm.show_short(a), vm.show_short(b));
    let pair = |kind_a: &str, of: &str, kind_b: &str| {
        [
            kind_a.as_bytes(),
            of.as_bytes(),
            b" '",
            &*x,
            b"' is not equal to ",
            kind_b.as_bytes(),
            of.as_bytes(),
            b" '",
            &*y,
            b"'",
        ]
        .concat()
    };
    failed(if numbers {
        pair(&kind_a, " with value", &kind_b)
    } else if a.is_function() && b.is_function() {
        b"distinct functions and immediate comparisons of identical functions compare as unequal"
            .to_vec()
    } else if a.is_string() && b.is_string() {
        pair("string", "", "string")
    } else if a.as_bool().is_some() && b.as_bool().is_some() {
        pair("boolean", "", "boolean")
    } else if vm.heap.as_path(a).is_some() && vm.heap.as_path(b).is_some() {
        pair("path", "", "path")
    } else {
        pair(&kind_a, " of value", &kind_b)
    })
}

impl Task for DifferenceTask {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        if let Some(start) = self.start.take() {
            self.pending = Some(start);
        }
        loop {
            if let Some((first, second)) = self.pending {
                let (a, b) = (vm.heap.follow(first), vm.heap.follow(second));
                for value in [a, b] {
                    if !value.is_whnf() {
                        return Ok(Next::Force(value));
                    }
                }
                // The same cell is equal to itself, whatever it holds.
                if first == second && !self.levels.is_empty() {
                    self.pending = None;
                } else {
                    self.pending = None;
                    if let Some(value) = self.compare(vm, a, b)? {
                        self.pending = Some((first, second));
                        return Ok(Next::Force(value));
                    }
                    if self.pending.is_some() {
                        continue;
                    }
                }
            }
            self.names(vm)?;
            self.pending = self.next_pair(vm);
            if self.pending.is_none() {
                let text = [b"assertion '", &*self.text, b"' failed"].concat();
                return Err(failed(text).into());
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        for (a, b) in self.start.iter().chain(&self.pending) {
            tracer.visit_fixed(*a);
            tracer.visit_fixed(*b);
        }
        for level in &self.levels {
            tracer.visit_fixed(level.a);
            tracer.visit_fixed(level.b);
        }
    }
    fn describe(&mut self, vm: &mut Vm, most: usize) -> Vec<TraceLine> {
        let mut lines = Vec::new();
        for level in self.levels.iter().rev().take(most) {
            if level.derivations {
                lines.push(line(
                    "while comparing a derivation by its 'outPath' attribute",
                    Pos::NONE,
                ));
                continue;
            }
            let Some(index) = level.next.checked_sub(1) else { continue };
            if level.a.is_list() {
                lines.push(line(format!("while comparing list element {index}"), Pos::NONE));
            } else if let Some(name) = vm.attrs_keys(level.a).get(index).copied() {
                attribute_lines(vm, level, name, &mut lines);
            }
        }
        lines
    }
}

fn attribute_lines(vm: &mut Vm, level: &Level, name: Symbol, lines: &mut Vec<TraceLine>) {
    for (side, set) in [("right", level.b), ("left", level.a)] {
        if let Some(pos) = vm.attr_pos(set, name) {
            lines.push(line(format!("where {side} hand side is"), pos));
        }
    }
    let mut text = b"while comparing attribute '".to_vec();
    text.push_attribute_name(vm.symbols.resolve(name));
    text.push(b'\'');
    lines.push(line(text, Pos::NONE));
}
