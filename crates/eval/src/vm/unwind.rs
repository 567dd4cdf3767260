//! Errors on their way out: frames are popped, thunks remember the error, tasks may catch it, the trace is written.
//!
//! In: an error raised in the top frame. Out: the machine ready to go on at whatever caught it, or the error.
//! Invariants: a running thunk is never left running; traces are not built for errors that something will catch.
//! Not here: the texts of trace lines (`trace.rs`).

use super::Vm;
use super::frame::{Frame, FrameKind};
use super::trace::From;
use crate::heap::Kind;
use crate::{Error, ErrorKind, Value};

impl Vm {
    /// Unwinds to whatever catches `error`; gives it back if nothing does up to the innermost root frame, which is popped.
    #[cold]
    #[inline(never)]
    pub(super) fn raise(&mut self, error: Error) -> Result<(), Error> {
        let mut error = error;
        let mut traced = !error.kind().is_catchable() || error.is_free();
        if !traced && !self.tasks.iter().any(|task| task.catches()) {
            // Remarks raise it again and again on its way out; nothing that catches comes to stand there meanwhile.
            error.set_free();
            traced = true;
        }
        let mut remembered = None;
        let nested = error.take_again() || error.kind() == ErrorKind::InfiniteRecursion;
        let mut from = From { direct: !nested, slot: None };
        loop {
            traced = traced && !error.is_told();
            let frame = *self.frames.last().expect("a root frame");
            match frame.kind {
                FrameKind::Root => {
                    self.frames.pop();
                    return Err(error);
                }
                FrameKind::Code => {
                    if traced {
                        self.trace_code(&frame, from, &mut error);
                    }
                    self.leave(frame, &error, &mut remembered);
                    self.frames.pop();
                    if traced {
                        self.trace_call(&frame, &mut error);
                    }
                    from.direct = false;
                }
                FrameKind::Task => {
                    let mut task = self.tasks.pop().expect("a task frame has a task");
                    if let Some(value) = task.catch(self, &error) {
                        if let Some(answer) = self.finish_task(value) {
                            self.task_input = answer;
                        }
                        return Ok(());
                    }
                    if let Some(next) = task.on_error(self, &error) {
                        self.tasks.push(next);
                        return Ok(());
                    }
                    if traced && (from.direct || task.wraps()) {
                        for line in task.describe(self, error.lines_wanted()) {
                            error.push(line);
                        }
                    }
                    self.leave(frame, &error, &mut remembered);
                    self.frames.pop();
                    from.direct = task.owns(&error, from.direct) && frame.thunk.is_empty_slot();
                }
            }
            from.slot = frame.deliver.then_some(frame.dst);
        }
    }

    /// What leaving a frame without a result means: its thunk remembers the error, or can be tried again.
    fn leave(&mut self, frame: Frame, error: &Error, remembered: &mut Option<u32>) {
        self.calls_left += frame.calls();
        if frame.thunk.is_empty_slot() {
            return;
        }
        if error.kind().is_transient() {
            let kind = match self.heap.header(frame.thunk).kind() {
                Kind::ApplyRunning => Kind::Apply,
                _ => Kind::Thunk,
            };
            self.heap.set_thunk_kind(frame.thunk, kind);
            return;
        }
        // One remembered error serves all thunks of one unwinding: the first, which has the innermost trace, shows the most.
        let number = *remembered.get_or_insert_with(|| match self.free_failures.pop() {
            Some(free) => {
                self.failures[free as usize] = Some(error.clone());
                free
            }
            None => {
                self.failures.push(Some(error.clone()));
                self.failures.len() as u32 - 1
            }
        });
        self.heap.fail_thunk(frame.thunk, number);
    }

    /// The error of a thunk that failed before.
    pub(super) fn remembered_failure(&self, thunk: Value) -> Error {
        let number = self.heap.word(thunk, 1) as usize;
        match self.failures.get(number) {
            Some(Some(error)) => error.clone().raised_again(),
            _ => Error::new(ErrorKind::Eval, "a value that failed before failed again"),
        }
    }
}
