//! Nested calls, as `max-call-depth` counts them.
//!
//! In: calls that begin, levels of data that tasks are in. Out: Nix's error once there are too many. A frame says how many
//! calls end with it (`Frame::calls`); a call without a frame (a builtin, an operator that is a builtin in Nix) is counted with
//! what computes its arguments. Not here: the limit on frames (`call.rs`).

use super::Vm;
use super::frame::FrameKind;
use crate::{Error, ErrorKind};

impl Vm {
    #[cold]
    pub(super) fn too_deep(&self) -> Error {
        let error = Error::new(ErrorKind::CallDepth, "stack overflow; max-call-depth exceeded");
        // What native work calls has no place in Nix.
        match self.frames.last() {
            Some(frame) if frame.kind == FrameKind::Code => error.or_at(self.current_pos()),
            _ => error,
        }
    }

    /// Counts calls that begin.
    #[inline(always)]
    pub(super) fn count_calls(&mut self, count: u32) -> Result<(), Error> {
        if self.calls_left < count {
            return Err(self.too_deep());
        }
        self.calls_left -= count;
        Ok(())
    }

    /// The task that is being stepped stands for this many nested calls: it calls a builtin, or is that deep in data.
    ///
    /// # Errors
    /// `max-call-depth` is exceeded.
    pub fn nest(&mut self, calls: usize) -> Result<(), Error> {
        let frame = self.frames.last_mut().expect("the task's frame");
        debug_assert!(frame.kind == FrameKind::Task);
        self.calls_left += frame.pc;
        frame.pc = 0;
        if calls > self.calls_left as usize {
            return Err(self.too_deep());
        }
        frame.pc = calls as u32;
        self.calls_left -= frame.pc;
        Ok(())
    }
}
