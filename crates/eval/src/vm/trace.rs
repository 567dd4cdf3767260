//! What a trace says: lines for frames that an error passes, from the side tables of their code.
//!
//! In: frames being unwound. Out: trace lines in Nix's words. Only runs when something failed.
//! Not here: how traces look on a terminal.

use super::Vm;
use super::frame::{Frame, FrameKind, Loaded};
use crate::heap::Kind;
use crate::task::line;
use crate::value::tag;
use crate::{Error, ErrorKind, TraceLine, Value};
use frazil_base::Pos;
use frazil_bytecode::{Constant, Op, Purpose, SrcKind};

impl Vm {
    /// Lines for the instruction a code frame is at: the builtin it calls, and the regions around it.
    pub(super) fn trace_code(&mut self, frame: &Frame, error: &mut Error) {
        // SAFETY: a frame's code is kept by `codes`.
        let code: &Loaded = unsafe { &*frame.code };
        self.trace_builtin(frame, code, error);
        for region in code.regions.iter().rev() {
            if !(region.start..region.end).contains(&frame.pc) {
                continue;
            }
            let text = |index: u32| match code.texts.get(index as usize) {
                Some(Constant::Str(text)) => text.to_vec(),
                _ => b"?".to_vec(),
            };
            let text = match region.purpose {
                Purpose::Attribute(index) => {
                    [b"while evaluating the attribute '", &*text(index), b"'"].concat()
                }
                Purpose::Assertion(index) => {
                    [b"while evaluating the condition of the assertion '", &*text(index), b"'"]
                        .concat()
                }
                Purpose::Text(text) => text.as_bytes().to_vec(),
            };
            error.push(line(text, region.pos));
        }
        let entry = &self.protos[code.proto as usize];
        if entry.file {
            let source = self.sources.source_of(entry.pos);
            if let Some(frazil_base::Origin::File(path)) =
                source.and_then(|source| self.sources.origin(source))
            {
                error.push(line(
                    [b"while evaluating the file '", &**path, b"':"].concat(),
                    Pos::NONE,
                ));
            }
        }
    }

    /// The line of a builtin called by the instruction, with the argument being forced.
    fn trace_builtin(&mut self, frame: &Frame, code: &Loaded, error: &mut Error) {
        let Some(Op::Call { func, args, count, .. }) = code.ops.get(frame.pc as usize) else {
            return;
        };
        let function = match func.kind() {
            SrcKind::Slot(slot) => self.stack[frame.base as usize + slot as usize],
            // SAFETY: the frame's callee has the captures its code names.
            SrcKind::Capture(index) => unsafe {
                *self.heap.captures(frame.callee).add(index as usize)
            },
            SrcKind::Const(index) => code.constants[index as usize],
        };
        let Some(id) = self.heap.follow(function).as_builtin() else { return };
        let row = self.builtins[id as usize];
        if row.arity != *count {
            return;
        }
        let pos = code.positions.get(frame.pc).unwrap_or(Pos::NONE);
        // These two pass errors on without a word.
        if matches!(row.name, "addErrorContext" | "break") {
            return;
        }
        // An argument that failed is the one that was being forced: those of the mask come before the others.
        let waiting: Vec<usize> = (0..usize::from(*count))
            .filter(|index| {
                let argument = self.stack[frame.base as usize + *args as usize + index];
                argument.tag() == tag::THUNK
                    && !argument.is_empty_slot()
                    && self.heap.header(argument).kind() == Kind::Failed
            })
            .collect();
        let context = |index: usize| row.contexts.get(index).copied().unwrap_or_default();
        let masked = waiting.iter().copied().find(|index| row.strict >> index & 1 != 0);
        let text = match masked {
            Some(index) => context(index),
            None => waiting
                .iter()
                .map(|index| context(*index))
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
        };
        if !text.is_empty() {
            error.push(line(text, Pos::NONE));
        }
        error.push(line(format!("while calling the '{}' builtin", row.name), pos));
    }

    /// Lines for a call that an error leaves: the function and the place of the call. The frame is popped already.
    pub(super) fn trace_call(&mut self, frame: &Frame, error: &mut Error) {
        // SAFETY: a frame's code is kept by `codes`.
        let proto = unsafe { &*frame.code }.proto;
        let entry = &self.protos[proto as usize];
        let Some(info) = &entry.function else { return };
        let name = match info.name {
            Some(name) => [b"'", self.symbols.resolve(name), b"'"].concat(),
            None => b"anonymous lambda".to_vec(),
        };
        let pos = info.lambdas.last().copied().unwrap_or(entry.pos);
        error.push(line([b"while calling ", &*name].concat(), pos));
        if let Some(caller) = self.frames.last()
            && caller.kind == FrameKind::Code
        {
            // SAFETY: as above.
            let code = unsafe { &*caller.code };
            if let Some(pos) = code.positions.get(caller.pc) {
                error.push(line("from call site", pos));
            }
        }
    }

    /// The line for a builtin that the general application is at.
    pub(super) fn describe_apply(
        &mut self,
        function: Value,
        forcing: bool,
        pos: Pos,
    ) -> Vec<TraceLine> {
        let _ = forcing;
        match function.as_builtin() {
            Some(id) => vec![line(
                format!("while calling the '{}' builtin", self.builtins[id as usize].name),
                pos,
            )],
            None => Vec::new(),
        }
    }

    /// A value that needs itself: the error, with the cycle by its members' positions.
    #[cold]
    pub(super) fn infinite_recursion(&mut self, thunk: Value) -> Error {
        let mut error = Error::new(ErrorKind::InfiniteRecursion, "infinite recursion encountered")
            .or_at(self.current_pos());
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

    /// `value is not a function` in Nix's words.
    pub(super) fn not_callable(&mut self, value: Value) -> Error {
        let shown = self.show_short(value);
        let kind = self.type_phrase(value);
        let text = [
            b"attempt to call something which is not a function but ",
            kind.as_bytes(),
            b": ",
            &*shown,
        ]
        .concat();
        Error::new(ErrorKind::Type, text).or_at(self.current_pos())
    }

    /// `expected … but found …` in Nix's words.
    #[cold]
    pub fn expected(&mut self, what: &str, value: Value) -> Error {
        let shown = self.show_short(value);
        let kind = self.type_phrase(value);
        let text = [b"expected ", what.as_bytes(), b" but found ", kind.as_bytes(), b": ", &*shown]
            .concat();
        Error::new(ErrorKind::Type, text).or_at(self.current_pos())
    }

    #[cold]
    pub(super) fn undefined_variable(&mut self, name: frazil_base::Symbol) -> Error {
        let text = [b"undefined variable '", self.symbols.resolve(name), b"'"].concat();
        Error::new(ErrorKind::UndefinedVariable, text).or_at(self.current_pos())
    }

    #[cold]
    pub(super) fn assertion_failed(&mut self, code: *mut Loaded, message: u32) -> Error {
        // SAFETY: the running frame's code.
        let text = match unsafe { (&(*code).texts).get(message as usize) } {
            Some(Constant::Str(text)) => text.to_vec(),
            _ => Vec::new(),
        };
        Error::new(ErrorKind::Assertion, [b"assertion '", &*text, b"' failed"].concat())
            .or_at(self.current_pos())
    }

    /// The builtin's name, and whether some arguments are there already, if the function is a builtin.
    pub(crate) fn describe_function(&self, value: Value) -> Option<(&'static str, bool)> {
        if let Some(id) = value.as_builtin() {
            return Some((self.builtins[id as usize].name, false));
        }
        if value.tag() != tag::FUNCTION || self.heap.header(value).kind() == Kind::Closure {
            return None;
        }
        let inner = self.heap.follow(self.heap.application_parts(value).0);
        self.describe_function(inner).map(|(name, _)| (name, true))
    }

    /// The name a function was bound to, and where its text starts (after the arguments it has already).
    pub(crate) fn function_place(&self, value: Value) -> (Option<frazil_base::Symbol>, Pos) {
        let (mut function, mut given) = (value, 0);
        while function.tag() == tag::FUNCTION && self.heap.header(function).kind() == Kind::Partial
        {
            let (inner, before) = self.heap.application_parts(function);
            given += before.len();
            function = self.heap.follow(inner);
        }
        if function.tag() != tag::FUNCTION {
            return (None, Pos::NONE);
        }
        let entry = &self.protos[self.heap.header(function).number() as usize];
        let Some(info) = &entry.function else { return (None, entry.pos) };
        (info.name, info.lambdas.get(given).copied().unwrap_or(entry.pos))
    }

    /// A type in the words of error messages: "an integer", "a set".
    pub fn type_phrase(&self, value: Value) -> &'static str {
        match value.tag() {
            tag::THUNK => "a thunk",
            tag::INT => "an integer",
            tag::ATTRS => "a set",
            tag::LIST => "a list",
            tag::STRING => {
                if self.heap.as_string(&value).is_some_and(|string| string.context != 0) {
                    "a string with context"
                } else {
                    "a string"
                }
            }
            tag::FUNCTION => match self.heap.header(value).kind() {
                Kind::Closure => "a function",
                _ if self.heap.application_parts(value).0.as_builtin().is_some() => {
                    "a partially applied built-in function"
                }
                _ => "a function",
            },
            tag::BOXED => match self.heap.header(value).kind() {
                Kind::Float => "a float",
                Kind::Int => "an integer",
                _ => "a path",
            },
            _ if value.is_null() => "null",
            _ if value.as_bool().is_some() => "a Boolean",
            _ if value.as_builtin().is_some() => "a built-in function",
            _ => "a string",
        }
    }

    /// What `typeOf` answers; the value is in weak head normal form.
    pub fn type_name(&self, value: Value) -> &'static str {
        match self.type_phrase(value) {
            "an integer" => "int",
            "a float" => "float",
            "a Boolean" => "bool",
            "a string" | "a string with context" => "string",
            "a path" => "path",
            "null" => "null",
            "a set" => "set",
            "a list" => "list",
            "a thunk" => "thunk",
            _ => "lambda",
        }
    }
}

impl Vm {
    /// The task that explains a failed `assert a == b`.
    #[cold]
    pub(super) fn assertion_difference(
        &mut self,
        code: *mut Loaded,
        message: u32,
        a: Value,
        b: Value,
    ) -> Box<dyn crate::Task> {
        // SAFETY: the running frame's code.
        let text = match unsafe { (&(*code).texts).get(message as usize) } {
            Some(Constant::Str(text)) => text.to_vec(),
            _ => Vec::new(),
        };
        Box::new(crate::ops::DifferenceTask::new(a, b, text))
    }
}
