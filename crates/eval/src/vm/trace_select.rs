//! The trace line of a selection: `while evaluating the attribute 'a.b'`, placed where the attribute was defined.
//!
//! In: a frame waiting in a selection. Out: the line, if an attribute was found before the error. Selections of one path
//! are instructions in a row that hand on their destination; what was found is found again from the first operand, which is
//! possible unless that operand's slot was written over.

use super::Vm;
use super::frame::{Frame, Loaded};
use super::trace::From;
use crate::task::line;
use crate::{Error, Value};
use frazil_base::{Origin, Pos};
use frazil_bytecode::{Code, Op, Src};

/// A step of a path.
#[derive(Clone, Copy)]
struct Step {
    dst: u16,
    src: Src,
    name: Name,
    /// Instructions up to the next step.
    stride: usize,
}

#[derive(Clone, Copy)]
enum Name {
    Site(u16),
    Value(Src),
}

fn step(op: Op) -> Option<Step> {
    Some(match op {
        Op::Select { dst, src, name } => Step { dst, src, name: Name::Site(name), stride: 1 },
        Op::SelectDynamic { dst, src, name } => {
            Step { dst, src, name: Name::Value(name), stride: 1 }
        }
        Op::TrySelect { dst, src, name } => Step { dst, src, name: Name::Site(name), stride: 2 },
        Op::TrySelectDynamic { dst, src, name } => {
            Step { dst, src, name: Name::Value(name), stride: 2 }
        }
        _ => return None,
    })
}

impl Vm {
    /// The line for the selection that the frame is in, or whose result it forces.
    pub(super) fn trace_select(
        &mut self,
        frame: &Frame,
        code: &Loaded,
        from: From,
        error: &mut Error,
    ) {
        let pc = frame.pc as usize;
        let Some(at) = selection_at(code, pc) else { return };
        if from.direct && error.message().starts_with(b"expected a string") {
            error.push(line("while evaluating an attribute name", error.pos()));
            return;
        }
        let steps = path(code, self.told(code), at);
        // How many of them are behind: their attributes were found.
        let here = if at == pc { at } else { usize::MAX };
        if steps.iter().any(|(_, step)| step.stride == 2) && tests(code, &steps) {
            return;
        }
        let whole = self.names(frame, code, &steps);
        let (found, place) = self.last_found(frame, code, &steps, here, from);
        let pos = self.pos_at(code, steps[0].0 as u32);
        if from.direct && at == pc && error.message().starts_with(b"expected a set") {
            error.push(line("while selecting an attribute", pos));
        }
        if !found {
            return;
        }
        let text = [b"while evaluating the attribute '", &*whole, b"'"].concat();
        match place {
            Some(place) if !place.is_some() || self.is_internal(place) => {}
            Some(place) => error.push(line(text, place)),
            None => error.push(line(text, pos)),
        }
    }

    /// Where the attribute was defined whose value the frame's selection forces.
    pub(super) fn selected_pos(&mut self, frame: &Frame, code: &Loaded) -> Pos {
        let pc = frame.pc as usize;
        let Some(at) = selection_at(code, pc) else { return Pos::NONE };
        let steps = path(code, self.told(code), at);
        let from = From { direct: false, slot: None };
        self.last_found(frame, code, &steps, at, from).1.unwrap_or(Pos::NONE)
    }

    fn is_internal(&self, pos: Pos) -> bool {
        let origin = self.sources.source_of(pos).and_then(|source| self.sources.origin(source));
        let internal = "«nix-internal»".as_bytes();
        matches!(origin, Some(Origin::Other(name)) if name.starts_with(internal))
            || matches!(origin, Some(Origin::File(name)) if name.starts_with(internal))
    }

    fn names(&self, frame: &Frame, code: &Loaded, steps: &[(usize, Step)]) -> Vec<u8> {
        let mut text = Vec::new();
        for (index, (_, step)) in steps.iter().enumerate() {
            if index > 0 {
                text.push(b'.');
            }
            match step.name {
                Name::Site(site) => {
                    let symbol = code.selects[site as usize].symbol;
                    crate::ops::push_attribute_name(&mut text, self.symbols.resolve(symbol));
                }
                Name::Value(src) => {
                    let name = self.heap.follow(self.operand_value(frame, code, src));
                    let name = self.heap.as_string(&name).map_or(&b"..."[..], |name| name.bytes);
                    crate::ops::push_attribute_name(&mut text, name);
                }
            }
        }
        text
    }

    /// Whether an attribute of the path was found when the machine came to instruction `here`, and where the last of them
    /// was defined (nothing if that cannot be told any more).
    fn last_found(
        &mut self,
        frame: &Frame,
        code: &Loaded,
        steps: &[(usize, Step)],
        here: usize,
        from: From,
    ) -> (bool, Option<Pos>) {
        // The steps before the waiting one are done; a step that waits for its value has found it too.
        let done = steps.iter().take_while(|(at, _)| *at < here).count();
        let mut place = None;
        let mut current = match steps.get(done) {
            // Its own operand is there; what was found before is gone unless it can be walked again.
            Some((_, step)) if done == 0 => Some(self.operand_value(frame, code, step.src)),
            _ => {
                let first = steps[0].1;
                let kept = !steps[..done].iter().any(|(_, step)| Src::slot(step.dst) == first.src);
                kept.then(|| self.operand_value(frame, code, first.src))
            }
        };
        for (index, (_, step)) in steps.iter().enumerate().take(done + 1) {
            let Some(set) = current.map(|value| self.heap.follow(value)) else { break };
            // At the waiting step only a value that is being computed counts.
            if !set.is_attrs() || index == done && (from.direct || step.stride == 2) {
                break;
            }
            let Some((value, pos)) = self.attribute_of(frame, code, set, step.name) else { break };
            place = Some(pos);
            current = Some(value);
            if index == done {
                return (true, place);
            }
        }
        // At the waiting step of a path whose start is gone: its own operand may still hold the set.
        if let Some((_, step)) = steps.get(done)
            && place.is_none()
            && done > 0
            && !from.direct
            && step.stride == 1
        {
            let set = self.heap.follow(self.operand_value(frame, code, step.src));
            if set.is_attrs()
                && let Some((_, pos)) = self.attribute_of(frame, code, set, step.name)
            {
                return (true, Some(pos));
            }
        }
        (done > 0, place)
    }

    fn attribute_of(
        &mut self,
        frame: &Frame,
        code: &Loaded,
        set: Value,
        name: Name,
    ) -> Option<(Value, Pos)> {
        let symbol = match name {
            Name::Site(site) => code.selects[site as usize].symbol,
            Name::Value(src) => {
                let name = self.heap.follow(self.operand_value(frame, code, src));
                self.name_symbol(name).ok()?
            }
        };
        let value = self.attr(set, symbol)?;
        Some((value, self.attr_pos(set, symbol).unwrap_or(Pos::NONE)))
    }
}

/// The selection that the instruction at `pc` is, or whose value it forces.
fn selection_at(code: &Loaded, pc: usize) -> Option<usize> {
    let op = *code.ops.get(pc)?;
    if step(op).is_some() {
        return Some(pc);
    }
    let (Op::Force { src, .. } | Op::Return { src }) = op else { return None };
    let before = pc.checked_sub(2)?;
    let found = step(*code.ops.get(before)?)?;
    let jumps = matches!(code.ops.get(before + 1), Some(Op::Jump { .. }));
    (found.stride == 2 && jumps && Src::slot(found.dst) == src).then_some(before)
}

/// All steps of the path that the selection at `at` belongs to.
fn path(code: &Loaded, told: &Code, at: usize) -> Vec<(usize, Step)> {
    let get = |at: usize| code.ops.get(at).copied().and_then(step);
    let mut steps = Vec::new();
    let mut first = at;
    while let Some(here) = get(first)
        && let Some(before) = first.checked_sub(here.stride)
        && let Some(previous) = get(before)
        && previous.stride == here.stride
        && Src::slot(previous.dst) == here.src
        && same_place(told, before, first, here.stride)
    {
        first = before;
    }
    let mut next = first;
    while let Some(here) = get(next) {
        if let Some((before, previous)) = steps.last().copied() {
            let previous: Step = previous;
            if Src::slot(previous.dst) != here.src
                || previous.stride != here.stride
                || !same_place(told, before, next, here.stride)
            {
                break;
            }
        }
        steps.push((next, here));
        next += here.stride;
    }
    steps
}

/// Selections of one path have one position (tests with a default have those of their names).
fn same_place(told: &Code, a: usize, b: usize, stride: usize) -> bool {
    stride == 2 || told.positions.get(a as u32) == told.positions.get(b as u32)
}

/// Whether the path is that of a `?`, which has no line.
fn tests(code: &Loaded, steps: &[(usize, Step)]) -> bool {
    steps.last().is_some_and(|(at, step)| {
        matches!(
            code.ops.get(at + step.stride),
            Some(Op::HasAttr { src, .. } | Op::HasAttrDynamic { src, .. }) if *src == Src::slot(step.dst)
        )
    })
}
