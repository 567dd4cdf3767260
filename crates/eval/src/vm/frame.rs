//! Frames: what the machine is in the middle of, and what is to happen with each result.
//!
//! In: the machine's pushes and pops. Out: `Frame`, loaded code (`Loaded`) and protos.
//! Invariants: `code` is null for task and root frames; a frame's window is `base .. base + code.slots` of the value stack;
//! the window of the frame above starts inside or right after it. Not here: running (`run.rs`).

use super::arena::Piece;
use super::call::Delivery;
use crate::Value;
use frazil_base::{Pos, Symbol};
use frazil_bytecode::{BodyId, Code, FunctionInfo, Kind, Op, Proto, Src};
use std::cell::OnceCell;

/// What a frame without code is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FrameKind {
    Code,
    Task,
    Root,
}

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) code: *const Loaded,
    /// The closure or thunk whose captures the code reads.
    pub(crate) callee: Value,
    /// The thunk to finish with the result.
    pub(crate) thunk: Value,
    pub(crate) base: u32,
    /// The instruction being run (while this frame waits: the one that waits). Of a task: the nested calls that it stands for
    /// by itself, by the depth of the data it is in.
    pub(crate) pc: u32,
    /// Where in the caller's window the result goes, if `deliver`.
    pub(crate) dst: u16,
    /// Whether the result goes into the caller's slot `dst`.
    pub(crate) deliver: bool,
    /// Whether the caller goes on with its next instruction; otherwise it runs the waiting one again.
    pub(crate) advance: bool,
    pub(crate) kind: FrameKind,
    /// Nested calls that end with it (`max-call-depth`).
    pub(crate) calls: u8,
}

impl Frame {
    /// A frame that begins to run code.
    #[inline(always)]
    pub(super) fn code(code: *const Loaded, callee: Value, base: u32, delivery: Delivery) -> Frame {
        Frame { code, callee, kind: FrameKind::Code, ..Frame::task(base, delivery) }
    }

    /// A frame of the topmost task.
    #[inline(always)]
    pub(super) fn task(base: u32, delivery: Delivery) -> Frame {
        Frame {
            code: std::ptr::null(),
            callee: Value::EMPTY,
            thunk: Value::EMPTY,
            base,
            pc: 0,
            dst: delivery.dst,
            deliver: delivery.deliver,
            advance: delivery.advance,
            kind: FrameKind::Task,
            calls: u8::from(delivery.in_call),
        }
    }

    /// The same frame, which also finishes a thunk.
    #[inline(always)]
    pub(super) fn finishing(self, thunk: Value) -> Frame {
        Frame { thunk, ..self }
    }

    /// All nested calls that end with it.
    #[inline(always)]
    pub(crate) fn calls(&self) -> u32 {
        match self.kind {
            FrameKind::Task => u32::from(self.calls) + self.pc,
            _ => u32::from(self.calls),
        }
    }
}

/// A cache of one selection: the shape last seen and its slot (`u32::MAX`: absent).
#[derive(Clone, Copy)]
pub(crate) struct SelectCache {
    pub(crate) symbol: Symbol,
    pub(crate) shape: u32,
    pub(crate) slot: u32,
}

/// A `with` site: its levels with a cache each.
pub(crate) struct WithCache {
    pub(crate) name: Symbol,
    pub(crate) levels: Piece<(Src, u32, u32)>,
}

/// An attribute set literal, loaded.
#[derive(Clone, Copy)]
pub(crate) struct AttrsLoaded {
    pub(crate) shape: u32,
    pub(crate) positions: u32,
    pub(crate) count: u32,
    /// Which of the machine's orders its values have, counted from 1; 0 for that of the names.
    pub(crate) order: u32,
}

/// Code with this evaluator's constants, caches and numbers.
pub(crate) struct Loaded {
    pub(crate) ops: Piece<Op>,
    pub(crate) constants: Piece<Value>,
    pub(crate) selects: Piece<SelectCache>,
    pub(crate) withs: Piece<WithCache>,
    pub(crate) attrs: Piece<AttrsLoaded>,
    pub(crate) protos: Piece<ProtoRef>,
    pub(crate) slots: u32,
    pub(crate) proto: u32,
    /// A plan for the formals of the last argument's shape.
    pub(crate) formals: Option<Box<FormalsPlan>>,
    /// Where instructions stand whose place is asked for though nothing failed.
    pub(crate) places: Piece<(u32, Pos)>,
    /// The same code with what failures ask for; made when one does.
    pub(crate) told: OnceCell<Box<Code>>,
}

/// What making a function or thunk of a proto needs, next to the code that makes it. The captures lie in the arena, like all
/// tables of the code, and never change.
#[derive(Clone, Copy)]
pub(crate) struct ProtoRef {
    pub(crate) number: u32,
    pub(crate) count: u32,
    pub(crate) captures: *const Src,
}

/// Where each formal is found in an argument of one shape.
pub(crate) struct FormalsPlan {
    pub(crate) shape: u32,
    /// Slots, `u32::MAX` for those that take their default.
    pub(crate) slots: Box<[u32]>,
}

/// A function or thunk body known to the evaluator, compiled or not.
pub(crate) struct ProtoEntry {
    /// Null until first entered.
    pub(crate) code: *mut Loaded,
    pub(crate) function: Option<Box<FunctionInfo>>,
    pub(crate) body: BodyId,
    pub(crate) pos: Pos,
    /// Arguments of a full call; 0 for thunks.
    pub(crate) arity: u16,
    /// How many values it captures, or `FILE`.
    captures: u16,
}

/// Instead of a count of captures: the body of a whole file, which has none.
const FILE: u16 = u16::MAX;

impl ProtoEntry {
    /// What is known of a proto of loaded code. Operands name fewer captures than can be counted here.
    pub(super) fn new(proto: Proto) -> ProtoEntry {
        let captures = u16::try_from(proto.captures.len()).unwrap_or(FILE).min(FILE - 1);
        let function = match proto.kind {
            Kind::Thunk => None,
            Kind::Function(info) => Some(info),
        };
        let arity = function.as_ref().map_or(0, |info| info.arity);
        let code = std::ptr::null_mut();
        ProtoEntry { code, function, body: proto.body, pos: proto.pos, arity, captures }
    }

    /// A whole text, perhaps that of a file; with a scope it takes that.
    pub(super) fn text(body: BodyId, pos: Pos, file: bool, scope: bool) -> ProtoEntry {
        let captures = if file { FILE } else { 0 };
        let code = std::ptr::null_mut();
        ProtoEntry { code, function: None, body, pos, arity: u16::from(scope), captures }
    }

    /// How many values it captures.
    pub(super) fn capture_count(&self) -> usize {
        if self.is_file() { 0 } else { usize::from(self.captures) }
    }

    /// Whether it is the body of a whole file.
    pub(super) fn is_file(&self) -> bool {
        self.captures == FILE
    }
}

/// The code a frame runs.
///
/// # Safety
/// `code` is kept by the machine's `codes`, and only the loop and what it calls look at it.
#[inline(always)]
pub(super) unsafe fn loaded<'a>(code: *mut Loaded) -> &'a mut Loaded {
    // SAFETY: see above.
    unsafe { &mut *code }
}
