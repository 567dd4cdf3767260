//! What bounds an evaluation: steps, memory, imports, printed text, and being ended from outside.
//!
//! In: the bounds of [`Settings`](super::Settings), an [`Interrupter`], and what is used up. Out: errors that `tryEval` does not
//! catch, after which the evaluator can be used again.
//!
//! - A *step* is a frame pushed, or a piece of native work of about that cost (`Vm::work`); loops in native code that
//!   are as long as the data call it, so that they end in time, too.
//! - *Memory* is what the heap has taken, and what stands outside of it: stacks, tasks, names, code, and what native work
//!   charges (`ledger.rs`).
//! - Budgets are filled up by [`Vm::renew`], which the façade calls before each evaluation.
//!
//! Not here: nested calls (`call.rs`), the sizes of files (hosts), when to collect (`heap`).

use super::Vm;
use super::frame::{Frame, ProtoEntry};
use crate::host::Interrupt;
use crate::ledger::{Ledger, Room};
use crate::{Error, ErrorKind, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes that are taken without asking.
const SMALL: usize = 1 << 12;
/// Steps between two looks outside.
const EVERY: u32 = 1 << 12;
/// A task whose size is not asked for is taken to have this many bytes.
const TASK: usize = 128;
/// Tasks on top of the stack whose size is asked for at every look.
const TOP_TASKS: usize = 16;
/// A stack that grew beyond this is cut back after the evaluation.
const KEPT_FRAMES: usize = 1 << 12;
/// Slots are numbered in 32 bits; so many more than this are not made between two looks.
const MAX_SLOTS: usize = 1 << 31;
/// Frames beyond this end the evaluation: chains of thunks without a call are not counted by `max-call-depth`, and calls are
/// bounded only by what that is set to.
pub(super) const MAX_FRAMES: usize = 12_000_000;

/// Ends an evaluation from another thread; clones are one and the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupter(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    cancelled: Arc<AtomicBool>,
    late: AtomicBool,
    looks: AtomicU64,
}

impl Interrupter {
    /// The evaluation ends soon with [`ErrorKind::Cancelled`], and so do those after it until `reset`.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }
    /// The same with [`ErrorKind::Timeout`].
    pub fn time_out(&self) {
        self.0.late.store(true, Ordering::Relaxed);
    }
    /// Evaluations may run again.
    pub fn reset(&self) {
        self.0.cancelled.store(false, Ordering::Relaxed);
        self.0.late.store(false, Ordering::Relaxed);
    }
    /// The flag behind `cancel`, for signal handlers.
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.cancelled)
    }
    /// How often evaluations looked whether they are to end: where it stands still, one is inside of something that does not
    /// look.
    pub fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::Relaxed)
    }
    /// The error of an evaluation that is to end.
    ///
    /// # Errors
    /// It is.
    pub(crate) fn look(&self) -> Result<(), Error> {
        self.interrupted().map_or(Ok(()), |reason| Err(ended(reason)))
    }
    fn interrupted(&self) -> Option<Interrupt> {
        self.0.looks.fetch_add(1, Ordering::Relaxed);
        if self.0.cancelled.load(Ordering::Relaxed) {
            return Some(Interrupt::Cancelled);
        }
        self.0.late.load(Ordering::Relaxed).then_some(Interrupt::Timeout)
    }
}

/// What is left of what is allowed.
pub(super) struct Budget {
    /// Those granted since the last look among them.
    steps: u64,
    granted: u32,
    imports: u64,
    output: u64,
}

impl Budget {
    pub(super) fn new(settings: &super::Settings) -> Budget {
        Budget {
            steps: settings.max_steps.unwrap_or(u64::MAX),
            granted: 0,
            imports: settings.max_imports.unwrap_or(u64::MAX),
            output: settings.max_output.unwrap_or(u64::MAX),
        }
    }
}

#[cold]
fn ended(reason: Interrupt) -> Error {
    match reason {
        Interrupt::Cancelled => Error::new(ErrorKind::Cancelled, "interrupted by the user"),
        Interrupt::Timeout => {
            Error::new(ErrorKind::Timeout, "the evaluation took longer than allowed")
        }
    }
}

#[cold]
pub(super) fn too_much_memory() -> Error {
    Error::new(ErrorKind::HeapLimit, "the evaluation needs more memory than allowed")
}

#[cold]
fn too_many_steps() -> Error {
    Error::new(ErrorKind::StepLimit, "the evaluation needs more steps than allowed")
}

#[cold]
pub(super) fn too_many_frames() -> Error {
    Error::new(ErrorKind::CallDepth, "stack overflow (possible infinite recursion)")
}

impl Vm {
    /// Fills steps, imports and printed text up to what the settings allow. What holds memory keeps it.
    pub fn renew(&mut self) {
        self.budget = Budget::new(&self.settings);
        self.until_poll = 0;
    }

    /// What ends this machine's evaluations from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.settings.interrupter.clone()
    }

    /// Everything that ends an evaluation from outside or by its length: asked whenever the steps granted are used up.
    #[cold]
    #[inline(never)]
    pub(super) fn poll(&mut self) -> Result<(), Error> {
        let budget = &mut self.budget;
        budget.steps -= u64::from(std::mem::take(&mut budget.granted));
        if budget.steps == 0 {
            return Err(too_many_steps());
        }
        if let Some(reason) =
            self.settings.interrupter.interrupted().or_else(|| self.host.interrupted())
        {
            return Err(ended(reason));
        }
        if self.frames.len() > MAX_FRAMES || self.stack.len() > MAX_SLOTS {
            return Err(too_many_frames());
        }
        let granted = u64::from(EVERY).min(budget.steps) as u32;
        budget.granted = granted;
        self.until_poll = granted;
        if self.is_bounded() {
            let (used, limit) = (self.used(), self.heap.limit());
            // Close to the limit there is not to be much that only a collection would show to be free: native work cannot
            // wait for one.
            if used > limit - limit / 8 && self.heap.since_last() > limit / 32 {
                self.heap.collect_soon();
            } else if used > limit {
                // The next safepoint collects, and ends the evaluation if that does not help.
                self.heap.ask_for_safepoint();
            }
        }
        Ok(())
    }

    /// Counts native work: `amount` pieces that cost about as much as a step each.
    ///
    /// # Errors
    /// The evaluation is to end.
    #[inline]
    pub fn work(&mut self, amount: usize) -> Result<(), Error> {
        if amount < self.until_poll as usize {
            self.until_poll -= amount as u32;
            return Ok(());
        }
        self.much_work(amount)
    }

    #[cold]
    #[inline(never)]
    fn much_work(&mut self, amount: usize) -> Result<(), Error> {
        let beyond = amount as u64 - u64::from(self.until_poll);
        let budget = &mut self.budget;
        // Those granted are taken off by the look itself.
        budget.steps = budget.steps.saturating_sub(beyond).max(u64::from(budget.granted));
        self.until_poll = 0;
        self.poll()?;
        // Native work has no safepoint until its step is over.
        if self.is_bounded() && self.room() == 0 { Err(too_much_memory()) } else { Ok(()) }
    }

    /// Whether the evaluation may go on: asked between pieces of what takes long and was counted as a whole.
    ///
    /// # Errors
    /// It is to end.
    pub fn look(&self) -> Result<(), Error> {
        self.settings.interrupter.look()
    }

    /// Counts native work on so many bytes.
    ///
    /// # Errors
    /// As `work`.
    #[inline]
    pub fn work_on_bytes(&mut self, bytes: usize) -> Result<(), Error> {
        self.work(bytes >> 6)
    }

    /// A counter for loops that borrow parts of the machine; give it back with `settle`.
    pub fn watch(&self) -> Watch {
        Watch {
            interrupter: self.settings.interrupter.clone(),
            used: 0,
            next_look: u64::from(EVERY),
            allowed: self.budget.steps,
            room: self.room(),
            charged: self.ledger.total(),
            ledger: self.is_bounded().then(|| self.ledger.clone()),
        }
    }

    /// Counts what was done under a watch.
    ///
    /// # Errors
    /// As `work`.
    pub fn settle(&mut self, watch: Watch) -> Result<(), Error> {
        self.work(usize::try_from(watch.used).unwrap_or(usize::MAX))
    }

    /// Bytes that may still be taken at once. What was not collected yet counts.
    pub(super) fn room(&self) -> usize {
        if self.is_bounded() { self.heap.limit().saturating_sub(self.used()) } else { usize::MAX }
    }

    /// Bytes used now, what was not collected yet included.
    fn used(&self) -> usize {
        self.heap.taken() + self.bytes_beside(false)
    }

    #[inline]
    pub(crate) fn is_bounded(&self) -> bool {
        self.heap.limit() != usize::MAX
    }

    /// Whether the heap and what stands beside it, with so much more, are more than allowed.
    pub(super) fn over_limit(&self, more: usize) -> bool {
        self.is_bounded() && self.heap.over_limit(self.bytes_beside(true).saturating_add(more))
    }

    /// Bytes held beside the heap. `exact`: every task is asked.
    fn bytes_beside(&self, exact: bool) -> usize {
        let asked = if exact { self.tasks.len() } else { TOP_TASKS };
        let (top, rest) =
            (self.tasks.iter().rev().take(asked), self.tasks.len().saturating_sub(asked));
        let tasks: usize = top.map(|task| std::mem::size_of_val(&**task)).sum();
        tasks
            + rest * TASK
            + self.tasks.capacity() * size_of::<Box<dyn crate::Task>>()
            + self.frames.capacity() * size_of::<Frame>()
            + self.stack.capacity() * size_of::<Value>()
            + self.symbols.bytes_held()
            + self.names.bytes_held()
            + self.protos.len() * size_of::<ProtoEntry>()
            + self.codes.bytes_held()
            + self.arena.bytes_held()
            + self.shapes.bytes_held()
            + self.positions.bytes_held()
            + self.contexts.bytes_held()
            + self.loader.bytes_held()
            + self.ledger.total()
    }

    /// Whether `bytes` more may be taken at once.
    ///
    /// # Errors
    /// It is more than allowed.
    #[inline]
    pub fn check_room(&self, bytes: usize) -> Result<(), Error> {
        if self.is_bounded() && bytes > SMALL {
            return self.check_much(bytes);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn check_much(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.room() {
            return Err(too_much_memory().or_at(self.current_pos()));
        }
        Ok(())
    }

    /// Counts a file that is loaded.
    pub(super) fn count_import(&mut self) -> Result<(), Error> {
        match self.budget.imports.checked_sub(1) {
            Some(left) => self.budget.imports = left,
            None => {
                let text = "the evaluation imports more files than allowed";
                return Err(Error::new(ErrorKind::SizeLimit, text));
            }
        }
        Ok(())
    }

    /// Counts text that is shown to somebody: results and messages.
    ///
    /// # Errors
    /// It is more than allowed.
    pub fn count_output(&mut self, bytes: usize) -> Result<(), Error> {
        self.check_output(bytes)?;
        self.budget.output -= bytes as u64;
        Ok(())
    }

    /// Whether so much text may still be shown.
    ///
    /// # Errors
    /// It is more than allowed.
    pub fn check_output(&self, bytes: usize) -> Result<(), Error> {
        if bytes as u64 > self.budget.output {
            let text = "the evaluation prints more than allowed";
            return Err(Error::new(ErrorKind::SizeLimit, text));
        }
        self.check_room(bytes)
    }

    /// After the outermost run: room that only a deep evaluation needed is given back.
    pub(super) fn cut_back(&mut self) {
        if self.frames.capacity() > KEPT_FRAMES {
            self.frames.shrink_to(KEPT_FRAMES);
            self.tasks.shrink_to(KEPT_FRAMES);
            self.stack.truncate(KEPT_FRAMES * 4);
            self.stack.shrink_to_fit();
        }
    }
}

/// Counts the work of a loop that has no access to the machine.
pub struct Watch {
    interrupter: Interrupter,
    used: u64,
    next_look: u64,
    allowed: u64,
    /// What could be taken at the start, and what was charged then.
    room: usize,
    charged: usize,
    ledger: Option<Ledger>,
}

impl Watch {
    /// Counts native work, as [`Vm::work`].
    ///
    /// # Errors
    /// The evaluation is to end.
    #[inline]
    pub fn work(&mut self, amount: usize) -> Result<(), Error> {
        self.used = self.used.saturating_add(amount as u64);
        if self.used < self.next_look { Ok(()) } else { self.look() }
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self) -> Result<(), Error> {
        self.next_look = self.used.saturating_add(u64::from(EVERY));
        if self.used > self.allowed {
            return Err(too_many_steps());
        }
        self.interrupter.look()
    }
}

impl Room for Watch {
    #[inline]
    fn check_room(&self, bytes: usize) -> Result<(), Error> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let taken = ledger.total().saturating_sub(self.charged);
        if bytes > SMALL && bytes > self.room.saturating_sub(taken) {
            return Err(too_much_memory());
        }
        Ok(())
    }
    fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }
    fn look(&self) -> Result<(), Error> {
        self.interrupter.look()
    }
}

impl Room for Vm {
    #[inline]
    fn check_room(&self, bytes: usize) -> Result<(), Error> {
        self.check_room(bytes)
    }
    fn ledger(&self) -> Option<&Ledger> {
        self.is_bounded().then_some(&self.ledger)
    }
    fn look(&self) -> Result<(), Error> {
        self.look()
    }
}
