//! The common cases of forcing and calling, in line with the loop: nothing is looked after but pushing one frame.
//!
//! In: a thunk or closure whose code was entered before. Out: the frame that was pushed, or nothing, and then `call.rs` does
//! the same in full: collections, polling, growing, limits, first entries, errors.
//! `unsafe` here: protos and code that values name exist as long as the machine. Not here: anything rare.

use super::Vm;
use super::call::Delivery;
use super::frame::{Frame, Loaded};
use crate::Value;
use crate::heap::Kind;
use crate::value::tag;

impl Vm {
    /// As `push_force` for the common case: a suspended body that was entered before, and nothing else to look after.
    #[inline(always)]
    pub(super) fn push_force_quickly(
        &mut self,
        thunk: Value,
        base: u32,
        delivery: Delivery,
    ) -> Option<*const Frame> {
        let header = self.heap.header(thunk);
        if header.kind() != Kind::Thunk || self.heap.wants_collection() || self.until_poll == 0 {
            return None;
        }
        // SAFETY: thunks name existing protos; code is kept by `codes`.
        let (code, slots) = unsafe {
            let code = self.protos.get_unchecked(header.number() as usize).code;
            if code.is_null() {
                return None;
            }
            (code, (*code).slots)
        };
        // Growing is rare enough to be left to the slow way, where depth is looked at.
        if (base + slots) as usize > self.stack.len() || self.frames.len() == self.frames.capacity()
        {
            return None;
        }
        self.until_poll -= 1;
        self.calls_left -= u32::from(delivery.in_call);
        self.heap.set_thunk_kind(thunk, Kind::Running);
        // SAFETY: there is room for one more frame.
        Some(unsafe { self.add_frame(Frame::code(code, thunk, base, delivery).finishing(thunk)) })
    }

    /// The code of a closure that takes `count` arguments and was entered before.
    #[inline(always)]
    pub(super) fn entered(&self, function: Value, count: u16) -> Option<*mut Loaded> {
        if function.tag() != tag::FUNCTION {
            return None;
        }
        let header = self.heap.header(function);
        if header.kind() != Kind::Closure {
            return None;
        }
        // SAFETY: closures name existing protos.
        let entry = unsafe { self.protos.get_unchecked(header.number() as usize) };
        (entry.arity == count && !entry.code.is_null()).then_some(entry.code)
    }

    /// As `push_call` for the common case: nothing else to look after.
    #[inline(always)]
    pub(super) fn push_call_quickly(
        &mut self,
        code: *mut Loaded,
        callee: Value,
        base: u32,
        dst: u16,
    ) -> Option<*const Frame> {
        // SAFETY: `code` is kept by `codes`.
        let end = (base + unsafe { (*code).slots }) as usize;
        if !self.count_call(end) {
            return None;
        }
        // SAFETY: there is room for one more frame.
        Some(unsafe { self.add_frame(Frame::code(code, callee, base, Delivery::of_call(dst))) })
    }

    /// Counts a call whose window ends at `end`, if there is nothing else to look after; there is room for its frame then.
    #[inline(always)]
    fn count_call(&mut self, end: usize) -> bool {
        if self.until_poll == 0
            || self.heap.wants_collection()
            || self.calls_left == 0
            || end > self.stack.len()
            || self.frames.len() == self.frames.capacity()
        {
            return false;
        }
        self.until_poll -= 1;
        self.calls_left -= 1;
        true
    }

    /// As `push_partial_call` for the common case: a partial application that gets the rest of its arguments, which stand
    /// from slot `base` of the stack on. Also says which closure that is.
    #[inline(always)]
    pub(super) fn push_partial_quickly(
        &mut self,
        function: Value,
        base: u32,
        count: u32,
        dst: u16,
    ) -> Option<(*const Frame, Value)> {
        if function.tag() != tag::FUNCTION || self.heap.header(function).kind() != Kind::Partial {
            return None;
        }
        let (callee, before) = self.heap.application_parts(function);
        let (before, held) = (before.as_ptr(), before.len());
        let all = held + count as usize;
        let code = self.entered(callee, u16::try_from(all).ok()?)?;
        // SAFETY: `entered` gives code kept by `codes`.
        let end = base as usize + unsafe { (*code).slots as usize }.max(all);
        if !self.count_call(end) {
            return None;
        }
        // SAFETY: the window from `base` on has room for all arguments, those at hand stand at its start, and the others are
        // in an object, which does not lie in the stack; there is room for one more frame.
        unsafe {
            let window = self.stack.as_mut_ptr().add(base as usize);
            shift_few(window, held, count as usize);
            copy_few(
                std::slice::from_raw_parts_mut(window, held),
                std::slice::from_raw_parts(before, held),
            );
            let frame = Frame::code(code, callee, base, Delivery::of_call(dst));
            Some((self.add_frame(frame), callee))
        }
    }

    /// As `push_exact_call` for the common case of a task's call: a closure that was entered before gets all its arguments.
    /// Says whether that was so.
    #[inline(always)]
    pub(super) fn push_task_call_quickly(
        &mut self,
        function: Value,
        arguments: &[Value],
        base: u32,
    ) -> bool {
        let Some(code) = self.entered(function, arguments.len() as u16) else { return false };
        // SAFETY: `entered` gives code kept by `codes`.
        let end = (base + unsafe { (*code).slots }) as usize;
        if !self.count_call(end) {
            return false;
        }
        // SAFETY: the window ends at `end`, has room for all arguments, and there is room for one more frame.
        unsafe {
            let window = self.stack.as_mut_ptr().add(base as usize);
            copy_few(std::slice::from_raw_parts_mut(window, arguments.len()), arguments);
            let delivery = Delivery::NOWHERE.inside_call();
            self.add_frame(Frame::code(code, function, base, delivery));
        }
        true
    }

    /// # Safety
    /// There is room for one more frame.
    #[inline(always)]
    unsafe fn add_frame(&mut self, frame: Frame) -> *const Frame {
        // SAFETY: as the caller says.
        unsafe {
            let at = self.frames.len();
            let place = self.frames.as_mut_ptr().add(at);
            place.write(frame);
            self.frames.set_len(at + 1);
            place
        }
    }
}

/// Copies values that are one or two mostly: calling the C library for those costs more than the copy.
#[inline(always)]
pub(super) fn copy_few(to: &mut [Value], from: &[Value]) {
    match *from {
        [a] => to[0] = a,
        [a, b] => (to[0], to[1]) = (a, b),
        [a, b, c] => (to[0], to[1], to[2]) = (a, b, c),
        _ => to[..from.len()].copy_from_slice(from),
    }
}

/// Moves the first `count` values `by` places up, for the reason above.
///
/// # Safety
/// There are `by + count` values.
#[inline(always)]
unsafe fn shift_few(values: *mut Value, by: usize, count: usize) {
    // SAFETY: as the caller says.
    unsafe {
        match count {
            1 => *values.add(by) = *values,
            2 => (*values.add(by), *values.add(by + 1)) = (*values, *values.add(1)),
            _ => std::ptr::copy(values, values.add(by), count),
        }
    }
}
