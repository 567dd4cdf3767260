//! Making closures and thunks: whole, or first the object and later its captures, where they refer to each other.
//!
//! In: protos and the running frame's slots and captures. Out: values.
//! `unsafe` here: capture lists were verified with the code. Not here: running them (`run.rs`, `call.rs`).

use super::Vm;
use super::frame::{Loaded, ProtoRef};
use crate::Value;
use crate::heap::Kind;
use crate::value::tag;
use frazil_bytecode::SrcKind;

impl Vm {
    /// # Safety
    /// `base` and `captures` are the running frame's; `proto` was made by its code.
    #[inline(always)]
    pub(super) unsafe fn make_suspended(
        &mut self,
        function: bool,
        proto: ProtoRef,
        base: *mut Value,
        captures: *const Value,
    ) -> Value {
        self.heap.suspended_with(function, proto.number, proto.count as usize, |index| {
            // SAFETY: the verifier checked the capture list of this proto against the frame.
            unsafe {
                let src = (*proto.captures.add(index)).0;
                // Selected without a branch: which of the two it is cannot be foretold.
                let from = if src < 0x8000 { base.cast_const() } else { captures };
                *from.add((src & 0x7fff) as usize)
            }
        })
    }

    pub(super) fn alloc_suspended(
        &mut self,
        function: bool,
        code: *mut Loaded,
        proto: u32,
    ) -> Value {
        // SAFETY: `code` is the running frame's, `proto` was verified.
        let proto = unsafe { &*code }.protos[proto as usize];
        self.heap.suspended(function, proto.number, proto.count as usize)
    }

    /// # Safety
    /// As `make_suspended`; `value` was made for this proto and nothing ran since.
    pub(super) unsafe fn fill_captures(
        &mut self,
        value: Value,
        code: *mut Loaded,
        proto: u32,
        base: *mut Value,
        captures: *const Value,
    ) {
        // SAFETY: as `make_suspended`.
        unsafe {
            let proto = (&*code).protos[proto as usize];
            for index in 0..proto.count as usize {
                let src = *proto.captures.add(index);
                let captured = match src.kind() {
                    SrcKind::Slot(slot) => *base.add(slot as usize),
                    SrcKind::Capture(capture) => *captures.add(capture as usize),
                    SrcKind::Const(_) => Value::NULL,
                };
                self.heap.set_capture(value, index, captured);
            }
        }
    }

    /// # Safety
    /// As `make_suspended`. A default is fresh if it is a thunk of this proto whose first capture is still empty.
    pub(super) unsafe fn fill_default(
        &mut self,
        value: Value,
        code: *mut Loaded,
        proto: u32,
        base: *mut Value,
        captures: *const Value,
    ) {
        if value.tag() != tag::THUNK || value.is_empty_slot() {
            return;
        }
        // SAFETY: `code` is the running frame's, `proto` was verified.
        let number = unsafe { &*code }.protos[proto as usize].number;
        let header = self.heap.header(value);
        let fresh = header.kind() == Kind::Thunk
            && header.number() == number
            && header.aux() > 0
            && self.heap.word(value, 1) == 0;
        if fresh {
            // SAFETY: as for the caller.
            unsafe { self.fill_captures(value, code, proto, base, captures) };
        }
    }
}
