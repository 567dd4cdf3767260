//! What a trace says: lines for frames that an error passes, from the side tables of their code.
//!
//! In: frames being unwound. Out: trace lines in Nix's words. Only runs when something failed.
//! Not here: how traces look on a terminal.

use super::Vm;
use super::frame::{Frame, FrameKind, Loaded};
use crate::Builtin;
use crate::task::line;
use crate::{Error, ErrorKind, TraceLine, Value};
use frazil_base::{Pos, sym};
use frazil_bytecode::{Code, Op, Purpose, Region, Src, SrcKind};

/// How an error comes to a code frame.
#[derive(Clone, Copy)]
pub(super) struct From {
    /// The frame's own instruction failed, or native work done for it: no other code, no suspended value.
    pub(super) direct: bool,
    /// The slot that was waiting for the frame above.
    pub(super) slot: Option<u16>,
}

/// Whoever ends an evaluation is not to wait until code of more instructions than this was emitted again for the trace's sake.
const LONG_CODE: usize = 1 << 16;

/// The builtin whose calls are not told of.
const UNTOLD: &str = "addErrorContext";
const PATH_SEGMENT: &str = "while evaluating a path segment";
const CONCATENATION: &str = "while evaluating one of the elements to concatenate";
const ATTRIBUTE_NAME: &str = "while evaluating an attribute name";
const DYNAMIC_ATTRIBUTE: &str = "while evaluating the name of a dynamic attribute";
const NOT: &str = "in the argument of the not operator";

/// How many bytes of blanks and comments a text starts with.
fn skip_blanks(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += match rest {
            [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
            [b'#', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', inner @ ..] => {
                inner.windows(2).position(|end| end == b"*/").map_or(rest.len(), |end| end + 4)
            }
            _ => return at,
        };
    }
}

/// The trace line Nix shows when forcing an argument fails, if any.
fn context_of(row: &Builtin, index: usize) -> Option<&'static str> {
    row.contexts.get(index).copied().filter(|context| !context.is_empty())
}

fn error_context(row: &Builtin, index: usize, error: &mut Error) {
    if let Some(context) = context_of(row, index) {
        error.push(line(context, Pos::NONE));
    }
}

/// Where operand `index` of the instruction at `pc` stands.
pub(super) fn operand(told: &Code, pc: u32, index: u16) -> Option<Pos> {
    let region = told
        .regions
        .iter()
        .find(|region| region.start == pc && region.purpose == Purpose::Operand(index))?;
    Some(region.pos)
}

/// The line of a region that the error passes.
fn region_line(frame: &Frame, region: &Region, from: From, error: &mut Error) {
    let last = frame.pc + 1 == region.end;
    let (text, pos) = match region.purpose {
        // Written with their instruction.
        Purpose::Operand(_) | Purpose::Text(PATH_SEGMENT | CONCATENATION) => return,
        // Only what is no name at all is told of.
        Purpose::Text(text @ (ATTRIBUTE_NAME | DYNAMIC_ATTRIBUTE)) => {
            if !(last && from.direct && error.message().starts_with(b"expected a string")) {
                return;
            }
            (text.as_bytes().to_vec(), region.pos)
        }
        Purpose::Text(text) => (text.as_bytes().to_vec(), region.pos),
    };
    error.push(line(text, pos));
}

impl Vm {
    /// Lines for the instruction a code frame is at: the builtin it calls, and the regions around it.
    pub(super) fn trace_code(&mut self, frame: &Frame, from: From, error: &mut Error) {
        // SAFETY: a frame's code is kept by `codes`.
        let code: &Loaded = unsafe { &*frame.code };
        if code.ops.len() > LONG_CODE
            && matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Timeout)
        {
            return;
        }
        if from.direct {
            self.place(frame, code, error);
        }
        self.trace_instruction(frame, code, from, error);
        for region in self.told(code).regions.iter().rev() {
            if (region.start..region.end).contains(&frame.pc) {
                region_line(frame, region, from, error);
            }
        }
        let entry = &self.protos[code.proto as usize];
        let below = &self.frames[..self.frames.len().saturating_sub(1)];
        // The file that an evaluation starts from has no line.
        if entry.is_file() && below.iter().any(|frame| frame.kind == FrameKind::Code) {
            let source = self.sources.source_of(entry.pos);
            if let Some(frazil_base::Origin::File(path)) =
                source.and_then(|source| self.sources.origin(source))
            {
                let text = [b"while evaluating the file '", &**path, b"':"].concat();
                error.push(line(text, Pos::NONE));
            }
        }
    }

    /// Gives an error that the frame's own instruction raised its place, where Nix says one.
    fn place(&mut self, frame: &Frame, code: &Loaded, error: &mut Error) {
        if error.pos().is_some() {
            return;
        }
        let pos = self.pos_at(code, frame.pc);
        let pos = match code.ops.get(frame.pc as usize) {
            Some(Op::Add { .. })
                if error.message().starts_with(b"cannot add")
                    || error.message().starts_with(b"integer overflow") =>
            {
                self.second_operand(frame, code)
            }
            Some(Op::AddDynamic { .. }) => pos,
            Some(
                Op::SelectDynamic { .. } | Op::TrySelectDynamic { .. } | Op::HasAttrDynamic { .. },
            ) if error.message().starts_with(b"expected a string") => {
                operand(self.told(code), frame.pc, 0).unwrap_or(Pos::NONE)
            }
            Some(
                Op::JumpIfFalse { .. }
                | Op::JumpIfTrue { .. }
                | Op::CheckBool { .. }
                | Op::Not { .. },
            ) => {
                let mut around = self.told(code).regions.iter().rev();
                around
                    .find(|region| (region.start..region.end).contains(&frame.pc))
                    .map_or(Pos::NONE, |region| region.pos)
            }
            _ => Pos::NONE,
        };
        *error = error.clone().or_at(pos);
    }

    /// Where the second operand of a sum starts, which may be a bracket that the tree does not have.
    fn second_operand(&mut self, frame: &Frame, code: &Loaded) -> Pos {
        let noted = operand(self.told(code), frame.pc, 1).unwrap_or(Pos::NONE);
        let Some(plus) = self.told(code).positions.get(frame.pc) else { return noted };
        let Some((source, at)) = self.sources.offset_of(plus) else { return noted };
        let text = match (self.sources.text(source), self.sources.origin(source)) {
            (Some(text), _) => text,
            (None, Some(frazil_base::Origin::File(path))) => match self.host.read_file(path) {
                Ok(text) => text.into(),
                Err(_) => return noted,
            },
            _ => return noted,
        };
        match text.get(at..) {
            Some([b'+', rest @ ..]) => plus.offset(1 + skip_blanks(rest)),
            _ => noted,
        }
    }

    /// The lines that follow from the instruction itself.
    fn trace_instruction(&mut self, frame: &Frame, code: &Loaded, from: From, error: &mut Error) {
        let Some(op) = code.ops.get(frame.pc as usize) else { return };
        let pos = self.pos_at(code, frame.pc);
        let builtin = |error: &mut Error, name: &str| {
            error.push(line(format!("while calling the '{name}' builtin"), pos));
        };
        match *op {
            Op::Call { .. } | Op::Call1 { .. } => self.trace_builtin(frame, code, from, error),
            Op::Sub { .. } | Op::Neg { .. } => builtin(error, "sub"),
            Op::Mul { .. } => builtin(error, "mul"),
            Op::Div { .. } => builtin(error, "div"),
            Op::Less { .. } => builtin(error, "lessThan"),
            Op::NotLess { .. } => {
                builtin(error, "lessThan");
                error.push(line(NOT, pos));
            }
            Op::Add { a, .. } if from.direct => self.trace_sum(frame, code, a, error),
            Op::Coerce { .. }
                if from.direct
                    && error.message().starts_with(b"cannot coerce")
                    && error.trace().next().is_none() =>
            {
                let at = operand(self.told(code), frame.pc, 0).unwrap_or(Pos::NONE);
                error.push(line(PATH_SEGMENT, at));
            }
            Op::Interpolate { first, count, .. } | Op::InterpolatePath { first, count, .. } => {
                let slot = from.slot.unwrap_or(first);
                if from.direct
                    && (first..first + count).contains(&slot)
                    && error.message().starts_with(b"cannot coerce")
                {
                    // Where the part says itself how it is coerced, that is told instead.
                    if error.trace().next().is_none() {
                        let at = operand(self.told(code), frame.pc, slot - first).unwrap_or(pos);
                        error.push(line(PATH_SEGMENT, at));
                    }
                }
            }
            Op::ConcatLists { first, count, .. } if from.direct => {
                let wrong = (0..count).find(|index| {
                    let slot = frame.base as usize + usize::from(first + index);
                    !self.heap.follow(self.stack[slot]).is_list()
                });
                let at = wrong
                    .and_then(|index| operand(self.told(code), frame.pc, index))
                    .unwrap_or(pos);
                error.push(line(CONCATENATION, at));
            }
            Op::Update { a, b, .. } => {
                let right = self.heap.follow(self.operand_value(frame, code, b));
                let is_right = if from.direct { !right.is_attrs() } else { !right.is_whnf() };
                let _ = a;
                let (index, side) = if is_right { (1, "right") } else { (0, "left") };
                let at = operand(self.told(code), frame.pc, index);
                let text = format!("in the {side} operand of the update (//) operator");
                error.push(line(text, at.unwrap_or(Pos::NONE)));
            }
            Op::BindFormals { .. } if from.direct && error.message().starts_with(b"expected") => {
                error.push(line("while evaluating the value passed for the lambda argument", pos));
            }
            Op::Overrides { .. } if from.direct => {
                error.push(line("while evaluating the `__overrides` attribute", Pos::NONE));
            }
            Op::HasAttrDynamic { .. }
                if from.direct && error.message().starts_with(b"expected a string") =>
            {
                error.push(line(ATTRIBUTE_NAME, error.pos()));
            }
            Op::HasAttrDynamic { .. } if from.direct => {}
            Op::FailEqual { message, .. } => {
                if let Some(text) = self.told(code).texts.get(message as usize) {
                    let text =
                        [b"while evaluating the condition of the assertion '", &**text, b"'"];
                    error.push(line(text.concat(), pos));
                }
            }
            Op::Select { .. }
            | Op::SelectDynamic { .. }
            | Op::TrySelect { .. }
            | Op::TrySelectDynamic { .. }
            | Op::Return { .. }
            | Op::Force { .. } => self.trace_select(frame, code, from, error),
            _ => {}
        }
    }

    /// `a + b` that cannot be coerced: which side.
    fn trace_sum(&mut self, frame: &Frame, code: &Loaded, a: Src, error: &mut Error) {
        if !error.message().starts_with(b"cannot coerce") || error.trace().next().is_some() {
            return;
        }
        let first = self.heap.follow(self.operand_value(frame, code, a));
        let is_text = first.is_string()
            || self.heap.as_path(first).is_some()
            || first.is_attrs()
                && (self.attr(first, sym::TO_STRING).is_some()
                    || self.attr(first, sym::OUT_PATH).is_some());
        let at = if is_text {
            self.second_operand(frame, code)
        } else {
            operand(self.told(code), frame.pc, 0).unwrap_or(Pos::NONE)
        };
        error.push(line(PATH_SEGMENT, at));
    }

    /// The value of an operand of a waiting frame.
    pub(super) fn operand_value(&self, frame: &Frame, code: &Loaded, src: Src) -> Value {
        match src.kind() {
            SrcKind::Slot(slot) => self.stack[frame.base as usize + slot as usize],
            // SAFETY: the frame's callee has the captures its code names.
            SrcKind::Capture(index) => unsafe {
                *self.heap.captures(frame.callee).add(index as usize)
            },
            SrcKind::Const(index) => code.constants[index as usize],
        }
    }

    /// The line of a builtin called by the instruction, with the argument being forced.
    fn trace_builtin(&mut self, frame: &Frame, code: &Loaded, from: From, error: &mut Error) {
        let (func, count, first) = match code.ops.get(frame.pc as usize) {
            Some(Op::Call { func, args, count, .. }) => (func, *count, Src::slot(*args)),
            Some(Op::Call1 { func, arg, .. }) => (func, 1, *arg),
            _ => return,
        };
        let function = self.operand_value(frame, code, *func);
        let Some(id) = self.heap.follow(function).as_builtin() else { return };
        let row = self.builtins[id as usize];
        if row.arity != count {
            return;
        }
        let pos = self.pos_at(code, frame.pc);
        // The argument that is not computed yet is the one being forced: by the machine, or later by the builtin, which
        // looks at another one first.
        let open = |index: &usize| {
            let src = if *index == 0 { first } else { Src::slot(first.0 + *index as u16) };
            !self.heap.follow(self.operand_value(frame, code, src)).is_whnf()
        };
        let mut all = 0..usize::from(count);
        let forced = all.clone().find(|index| row.strict >> index & 1 != 0 && open(index));
        let later =
            |index: &usize| !from.direct && context_of(&row, *index).is_some() && open(index);
        if let Some(index) = forced.or_else(|| all.find(later)) {
            error_context(&row, index, error);
        }
        if row.name != UNTOLD {
            error.push(line(format!("while calling the '{}' builtin", row.name), pos));
        }
    }

    /// Lines for a call that an error leaves: the function and the place of the call. The frame is popped already.
    pub(super) fn trace_call(&mut self, frame: &Frame, error: &mut Error) {
        // SAFETY: a frame's code is kept by `codes`.
        let code = unsafe { &*frame.code };
        let entry = &self.protos[code.proto as usize];
        let Some(info) = &entry.function else { return };
        let first = info.lambdas.first().copied().unwrap_or(entry.pos);
        let site = match self.frames.last().copied() {
            Some(caller) if caller.kind == FrameKind::Code => self.called_pos(&caller, frame.thunk),
            Some(caller) if caller.kind == FrameKind::Task => {
                if frame.thunk.is_empty_slot() {
                    let site = self.site_of_task();
                    if site.is_some() { site } else { self.coerced_pos(0) }
                } else if self.tasks.last().is_some_and(|task| task.forces_deeply())
                    && self.heap.stands_at_function(frame.thunk)
                {
                    first
                } else {
                    Pos::NONE
                }
            }
            _ => Pos::NONE,
        };
        let entry = &self.protos[code.proto as usize];
        let Some(info) = &entry.function else { return };
        let binds = matches!(code.ops.get(frame.pc as usize), Some(Op::BindFormals { .. }));
        if binds {
            if site.is_some() {
                error.push(line("from call site", site));
            }
            return;
        }
        let name = match info.name {
            Some(name) => [b"'", self.symbols.resolve(name), b"'"].concat(),
            None => b"anonymous lambda".to_vec(),
        };
        let pos = info.lambdas.last().copied().unwrap_or(entry.pos);
        error.push_detail(line([b"while calling ", &*name].concat(), pos));
        if site.is_some() {
            error.push_detail(line("from call site", site));
        }
    }

    /// Where the call stands that the task on top makes, if it knows.
    fn site_of_task(&mut self) -> Pos {
        let Some(task) = self.tasks.pop() else { return Pos::NONE };
        let site = task.call_site(self);
        self.tasks.push(task);
        site
    }

    /// Where the part of a string stands that the task below `above` frames of the top coerces.
    pub(crate) fn coerced_pos(&self, above: usize) -> Pos {
        let frames = &self.frames[..self.frames.len().saturating_sub(above)];
        let [.., code, task] = frames else { return Pos::NONE };
        if code.kind != FrameKind::Code || task.kind != FrameKind::Task || !task.deliver {
            return Pos::NONE;
        }
        // SAFETY: a frame's code is kept by `codes`.
        let loaded = unsafe { &*code.code };
        match loaded.ops.get(code.pc as usize) {
            Some(Op::Interpolate { first, .. } | Op::InterpolatePath { first, .. }) => {
                let index = task.dst.checked_sub(*first);
                index
                    .and_then(|index| operand(self.told(loaded), code.pc, index))
                    .unwrap_or(Pos::NONE)
            }
            Some(Op::Coerce { .. }) => operand(self.told(loaded), code.pc, 0).unwrap_or(Pos::NONE),
            _ => Pos::NONE,
        }
    }

    /// Where the call stands that a code frame makes, or, if that forces `thunk`, where what it forces stands.
    fn called_pos(&mut self, caller: &Frame, thunk: Value) -> Pos {
        // SAFETY: a frame's code is kept by `codes`.
        let code = unsafe { &*caller.code };
        let pos = self.pos_at(code, caller.pc);
        if thunk.is_empty_slot() { pos } else { self.forced_pos(caller, thunk).unwrap_or(pos) }
    }

    /// Where the call stands that the task on top makes: nowhere, if native work makes it.
    pub(super) fn call_site(&mut self, function: Value) -> Pos {
        let [.., caller, top] = &*self.frames else { return Pos::NONE };
        let (caller, thunk) = (*caller, top.thunk);
        if caller.kind == FrameKind::Code {
            return self.called_pos(&caller, thunk);
        }
        if thunk.is_empty_slot() {
            return self.coerced_pos(1);
        }
        // The task that runs is not among the tasks just now.
        if self.tasks.last().is_some_and(|task| task.forces_deeply())
            && self.heap.stands_at_function(thunk)
        {
            let function = self.heap.follow(function);
            return self.function_place(function).1;
        }
        Pos::NONE
    }

    /// The lines for what the general application is at.
    pub(super) fn describe_apply(
        &mut self,
        function: Value,
        argument: Option<usize>,
        functor: bool,
        pos: Pos,
    ) -> Vec<TraceLine> {
        let mut lines = Vec::new();
        if let Some(id) = function.as_builtin() {
            let row = self.builtins[id as usize];
            if let Some(context) = argument.and_then(|index| context_of(&row, index)) {
                lines.push(line(context, Pos::NONE));
            }
            if row.name != UNTOLD {
                lines.push(line(format!("while calling the '{}' builtin", row.name), pos));
            }
        }
        if functor {
            let text = "while calling a functor (an attribute set with a '__functor' attribute)";
            lines.push(line(text, pos));
        }
        lines
    }

    /// Where the operand stands that a code frame forces: `None` where its instruction stands, nowhere for an argument of
    /// a builtin.
    fn forced_pos(&mut self, frame: &Frame, thunk: Value) -> Option<Pos> {
        // SAFETY: a frame's code is kept by `codes`.
        let code: &Loaded = unsafe { &*frame.code };
        let first = match code.ops.get(frame.pc as usize)? {
            Op::Add { a, .. } | Op::Update { a, .. } => {
                self.heap.follow(self.operand_value(frame, code, *a)) == thunk
            }
            Op::Interpolate { first, count, .. } => {
                let slot = (*first..first + count)
                    .find(|slot| self.stack[frame.base as usize + usize::from(*slot)] == thunk)?;
                return operand(self.told(code), frame.pc, slot - first);
            }
            Op::Call { func, .. } | Op::Call1 { func, .. } => {
                let function = self.operand_value(frame, code, *func);
                return (function != thunk).then_some(Pos::NONE);
            }
            Op::Coerce { .. } => true,
            Op::Select { .. } => return Some(self.selected_pos(frame, code)),
            _ => return None,
        };
        operand(self.told(code), frame.pc, u16::from(!first))
    }

    /// A value that needs itself: the error, with the cycle by its members' positions.
    #[cold]
    pub(super) fn infinite_recursion(&mut self, thunk: Value) -> Error {
        let pos = match self.frames.last().copied() {
            Some(frame) if frame.kind == FrameKind::Code => self.called_pos(&frame, thunk),
            _ => self.current_pos(),
        };
        let mut error =
            Error::new(ErrorKind::InfiniteRecursion, "infinite recursion encountered").or_at(pos);
        let mut seen = 0;
        for frame in self.frames.iter().rev() {
            if frame.kind == FrameKind::Code && !frame.thunk.is_empty_slot() {
                // SAFETY: a frame's code is kept by `codes`.
                let proto = unsafe { &*frame.code }.proto;
                if seen < 8 {
                    error.add_note(b"needed by".to_vec(), self.protos[proto as usize].pos);
                }
                seen += 1;
            }
            if frame.thunk == thunk {
                break;
            }
        }
        error
    }
}
