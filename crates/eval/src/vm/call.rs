//! Calling, forcing, and running native tasks: everything that pushes frames.
//!
//! In: functions with arguments, thunks, tasks. Out: frames; or their results handed to the frame below.
//! Invariants: safepoints are at the start of a push, when all operands are still in the stack, a frame or a task; a frame's
//! window is in the stack and its slots beyond the arguments are empty. Not here: the loop (`run.rs`), errors (`unwind.rs`).

use super::Vm;
use super::apply::{ApplyTask, Forward};
use super::frame::{Frame, FrameKind, Loaded};
use super::limits::{MAX_FRAMES, too_many_frames};
use super::quick::copy_few;
use super::run::Flow;
use crate::builtin::Stop;
use crate::heap::Kind;
use crate::value::tag;
use crate::{Error, Next, Task, Value};

/// What happens with a frame's result in the frame below.
#[derive(Clone, Copy)]
pub(crate) struct Delivery {
    pub(super) dst: u16,
    pub(super) deliver: bool,
    pub(super) advance: bool,
    /// Whether a call begins with the frame: that of a function, or one that has no frame of its own: of a builtin, or of an
    /// operator that is one in Nix.
    pub(super) in_call: bool,
}

impl Delivery {
    /// Nothing: the waiting instruction runs again and finds its operand computed.
    pub(crate) const RETRY: Delivery =
        Delivery { dst: 0, deliver: false, advance: false, in_call: false };
    /// A task below gets it.
    pub(crate) const NOWHERE: Delivery =
        Delivery { dst: 0, deliver: false, advance: true, in_call: false };
    /// It goes into a slot, and the caller goes on.
    #[inline(always)]
    pub(crate) fn to(dst: u16) -> Delivery {
        Delivery { dst, deliver: true, advance: true, in_call: false }
    }
    /// The result of a function goes into a slot, and the caller goes on.
    #[inline(always)]
    pub(crate) fn of_call(dst: u16) -> Delivery {
        Delivery::to(dst).inside_call()
    }
    /// The same of something that is computed inside of a call without a frame.
    #[inline(always)]
    pub(crate) fn inside_call(self) -> Delivery {
        Delivery { in_call: true, ..self }
    }
    /// It replaces the value of a slot, and the waiting instruction runs again.
    pub(crate) fn replace(dst: u16) -> Delivery {
        Delivery { dst, deliver: true, advance: false, in_call: false }
    }
}

/// What a step of the top task led to.
enum Stepped {
    /// An answer for the frame that is now on top, a native one.
    Answer(Value),
    /// A code frame is on top: one that was pushed, or one that got its answer.
    Code,
    /// Something was pushed.
    Pushed,
}

impl Vm {
    /// Room for `slots` slots from `base`. They hold whatever stood there: what was left since the last collection, which
    /// is still whole, since each collection empties the stack above its top.
    #[inline(always)]
    fn open_window(&mut self, base: u32, slots: u32) {
        let end = (base + slots) as usize;
        if end > self.stack.len() {
            self.grow_stack(end);
        }
    }

    #[cold]
    fn grow_stack(&mut self, end: usize) {
        let size = (end + 64).max(self.stack.len() + self.stack.len() / 2);
        self.stack.resize(size, Value::EMPTY);
    }

    /// A safepoint and the occasional look outside. `held` is kept alive: it may be in no slot yet.
    #[inline(always)]
    pub(super) fn before_push(&mut self, held: Value) -> Result<(), Error> {
        if self.heap.wants_collection() {
            self.task_input = held;
            let room = self.safepoint();
            self.task_input = Value::EMPTY;
            room?;
        }
        self.count_step()
    }

    #[inline(always)]
    fn count_step(&mut self) -> Result<(), Error> {
        if self.until_poll == 0 {
            self.poll()?;
        }
        self.until_poll -= 1;
        Ok(())
    }

    /// Pushes what computes `thunk`, which is not finished. The result also finishes the thunk.
    pub(super) fn push_force(
        &mut self,
        thunk: Value,
        base: u32,
        delivery: Delivery,
    ) -> Result<(), Error> {
        self.before_push(thunk)?;
        if self.frames.len() > MAX_FRAMES {
            return Err(too_many_frames());
        }
        let header = self.heap.header(thunk);
        match header.kind() {
            Kind::Thunk => {
                let code = self.code_of(header.number())?;
                self.heap.set_thunk_kind(thunk, Kind::Running);
                // SAFETY: `code_of` gives code kept by `codes`.
                let slots = unsafe { &*code }.slots;
                self.open_window(base, slots);
                self.calls_left -= u32::from(delivery.in_call);
                self.frames.push(Frame::code(code, thunk, base, delivery).finishing(thunk));
                Ok(())
            }
            Kind::Apply => {
                self.heap.set_thunk_kind(thunk, Kind::ApplyRunning);
                self.push_apply_thunk(thunk, base, delivery)
            }
            Kind::Running | Kind::ApplyRunning => Err(self.infinite_recursion(thunk)),
            Kind::Failed => Err(self.remembered_failure(thunk)),
            kind => unreachable!("forced a finished thunk or no thunk: {kind:?}"),
        }
    }

    fn push_apply_thunk(
        &mut self,
        thunk: Value,
        base: u32,
        delivery: Delivery,
    ) -> Result<(), Error> {
        let (function, arguments) = self.heap.application_parts(thunk);
        let function = self.heap.follow(function);
        let mut held = [Value::EMPTY; 3];
        let mut count = arguments.len();
        if let Some(index) = self.heap.applied_to_index(thunk) {
            (held[0], count) = (index, 1);
        } else if let Some(held) = held.get_mut(..count) {
            copy_few(held, arguments);
        }
        if (1..=3).contains(&count) {
            if !delivery.deliver
                && !delivery.advance
                && let Some(value) = self.call_builtin_now(function, &held[..count])?
            {
                // The waiting instruction runs again and finds the thunk finished.
                self.heap.update_thunk(thunk, value);
                return Ok(());
            }
            if self.push_exact_call(function, &held[..count], base, thunk, delivery)? {
                return Ok(());
            }
        }
        let arguments = match held.get(..count) {
            Some(held) => held,
            None => self.heap.application_parts(thunk).1,
        };
        let task = ApplyTask::boxed(function, arguments);
        self.push_task(task, base, delivery);
        let frame = self.frames.last_mut().expect("just pushed");
        frame.thunk = thunk;
        Ok(())
    }

    /// Pushes a call of loaded code with all its arguments, which stand at slot `args` of the top frame.
    #[inline(always)]
    pub(super) fn push_call(
        &mut self,
        code: *mut Loaded,
        callee: Value,
        args: u16,
        dst: u16,
    ) -> Result<(), Error> {
        self.before_push(callee)?;
        self.count_calls(1)?;
        let base = self.frames.last().expect("a caller").base + u32::from(args);
        // SAFETY: `code` is kept by `codes`.
        let slots = unsafe { &*code }.slots;
        self.open_window(base, slots);
        self.frames.push(Frame::code(code, callee, base, Delivery::of_call(dst)));
        Ok(())
    }

    /// Pushes a task.
    pub(super) fn push_task(&mut self, task: Box<dyn Task>, base: u32, delivery: Delivery) {
        self.tasks.push(task);
        self.frames.push(Frame::task(base, delivery));
        self.calls_left -= u32::from(delivery.in_call);
    }

    /// Pushes a task, counting it as a nested call if it wants that.
    pub(super) fn push_counted_task(
        &mut self,
        task: Box<dyn Task>,
        base: u32,
        delivery: Delivery,
    ) -> Result<(), Error> {
        let counts = task.counts_depth();
        if counts && self.calls_left <= u32::from(delivery.in_call) {
            return Err(self.too_deep());
        }
        if self.frames.len() > MAX_FRAMES {
            return Err(too_many_frames());
        }
        self.push_task(task, base, delivery);
        self.frames.last_mut().expect("just pushed").calls += u8::from(counts);
        self.calls_left -= u32::from(counts);
        Ok(())
    }

    /// A call that is not a closure or builtin with just its arguments; the function is in weak head
    /// normal form and the arguments stand at slot `args` of the top frame. `Some` is the result: a
    /// partial application.
    #[inline(never)]
    pub(super) fn call_otherwise(
        &mut self,
        function: Value,
        args: u16,
        count: u32,
        top: u32,
        dst: u16,
    ) -> Result<Option<Value>, Error> {
        let start = self.frames.last().expect("a caller").base + u32::from(args);
        let range = start as usize..(start + count) as usize;
        if function.tag() == tag::FUNCTION {
            let header = self.heap.header(function);
            if header.kind() == Kind::Closure {
                if u32::from(self.protos[header.number() as usize].arity) > count {
                    return Ok(Some(self.heap.partial(function, &self.stack[range])));
                }
            } else if self.push_partial_call(function, start, count, dst)? {
                return Ok(None);
            }
        } else if let Some(id) = function.as_builtin()
            && u32::from(self.builtins[id as usize].arity) > count
        {
            return Ok(Some(self.heap.partial(function, &self.stack[range])));
        }
        self.counters.slow_calls += 1;
        let task = ApplyTask::boxed(function, &self.stack[range]);
        self.push_task(task, top, Delivery::to(dst));
        Ok(None)
    }

    /// The call of a partial application of a closure that now has all its arguments, or that it is
    /// something else.
    fn push_partial_call(
        &mut self,
        function: Value,
        start: u32,
        count: u32,
        dst: u16,
    ) -> Result<bool, Error> {
        let (callee, before) = self.heap.application_parts(function);
        let before = before.len() as u32;
        if callee.tag() != tag::FUNCTION || self.heap.header(callee).kind() != Kind::Closure {
            return Ok(false);
        }
        let proto = self.heap.header(callee).number();
        if u32::from(self.protos[proto as usize].arity) != before + count {
            return Ok(false);
        }
        let code = self.code_of(proto)?;
        self.before_push(function)?;
        self.count_calls(1)?;
        // SAFETY: `code_of` gives code kept by `codes`.
        let slots = unsafe { &*code }.slots.max(before + count);
        if (start + slots) as usize > self.stack.len() {
            self.grow_stack((start + slots) as usize);
        }
        let (from, to) = (start as usize, (start + before) as usize);
        self.stack.copy_within(from..from + count as usize, to);
        self.stack[from..to].copy_from_slice(self.heap.application_parts(function).1);
        self.open_window(start, slots);
        self.frames.push(Frame::code(code, callee, start, Delivery::of_call(dst)));
        Ok(true)
    }

    /// Pushes the call of a closure or partial application with exactly its arguments, or says that it is something else.
    /// No safepoint: the arguments may be nowhere else yet.
    fn push_exact_call(
        &mut self,
        function: Value,
        arguments: &[Value],
        base: u32,
        thunk: Value,
        delivery: Delivery,
    ) -> Result<bool, Error> {
        if function.tag() != tag::FUNCTION {
            return Ok(false);
        }
        let (callee, before) = match self.heap.header(function).kind() {
            Kind::Closure => (function, 0),
            _ => {
                let (inner, before) = self.heap.application_parts(function);
                (inner, before.len())
            }
        };
        if callee.tag() != tag::FUNCTION || self.heap.header(callee).kind() != Kind::Closure {
            return Ok(false);
        }
        let proto = self.heap.header(callee).number();
        let count = before + arguments.len();
        if self.protos[proto as usize].arity as usize != count {
            return Ok(false);
        }
        let code = self.code_of(proto)?;
        self.count_step()?;
        let calls = 1 + u8::from(delivery.in_call);
        self.count_calls(u32::from(calls))?;
        // SAFETY: `code_of` gives code kept by `codes`.
        let slots = unsafe { &*code }.slots;
        self.open_window(base, slots.max(count as u32));
        let window = &mut self.stack[base as usize..base as usize + count];
        if before > 0 {
            copy_few(window, self.heap.application_parts(function).1);
        }
        copy_few(&mut window[before..], arguments);
        self.frames.push(Frame { thunk, calls, ..Frame::code(code, callee, base, delivery) });
        Ok(true)
    }

    /// Goes on with task frames until code runs again, the root frame has its answer, or an error escapes.
    pub(super) fn run_native(&mut self, input: Value) -> Flow {
        let mut input = input;
        loop {
            match self.frames.last().expect("a frame").kind {
                FrameKind::Root => {
                    self.frames.pop();
                    return Flow::End(Ok(input));
                }
                FrameKind::Code => return Flow::Enter,
                FrameKind::Task => {}
            }
            match self.step_task(input) {
                Ok(Stepped::Answer(answer)) => input = answer,
                Ok(Stepped::Code) => return Flow::Enter,
                Ok(Stepped::Pushed) => {
                    if self.frames.last().is_some_and(|top| top.kind == FrameKind::Code) {
                        return Flow::Enter;
                    }
                    input = Value::EMPTY;
                }
                Err(error) => match self.raise(error) {
                    Ok(()) => {
                        if self.frames.last().is_some_and(|top| top.kind == FrameKind::Code) {
                            return Flow::Enter;
                        }
                        input = std::mem::replace(&mut self.task_input, Value::EMPTY);
                    }
                    Err(error) => return Flow::End(Err(error)),
                },
            }
        }
    }

    /// Steps the top task once (or as long as its requests are answered at once). What came of it.
    #[inline(always)]
    fn step_task(&mut self, input: Value) -> Result<Stepped, Error> {
        let base = self.frames.last().expect("the task's frame").base;
        let mut input = input;
        loop {
            self.before_push(input)?;
            let mut task = self.tasks.pop().expect("a task frame has a task");
            match task.step(self, input) {
                Ok(Next::Done(value)) => {
                    let value = self.heap.follow(value);
                    if !value.is_whnf() {
                        // The frame stays and passes on what this comes to.
                        self.tasks.push(Box::new(Forward));
                        self.push_force(value, base, Delivery::NOWHERE)?;
                        return Ok(Stepped::Pushed);
                    }
                    return Ok(self.finish_task(value).map_or(Stepped::Code, Stepped::Answer));
                }
                Ok(Next::Force(value)) => {
                    self.tasks.push(task);
                    let value = self.heap.follow(value);
                    if !value.is_whnf() {
                        if self.push_force_quickly(value, base, Delivery::NOWHERE).is_some() {
                            return Ok(Stepped::Code);
                        }
                        self.push_force(value, base, Delivery::NOWHERE)?;
                        return Ok(Stepped::Pushed);
                    }
                    input = value;
                }
                Ok(Next::Call(function, arguments)) => {
                    self.tasks.push(task);
                    let function = self.heap.follow(function);
                    if self.push_task_call_quickly(function, arguments.as_slice(), base) {
                        return Ok(Stepped::Code);
                    }
                    if let Some(value) = self.call_builtin_now(function, arguments.as_slice())? {
                        input = value;
                        continue;
                    }
                    if !self
                        .push_exact_call(
                            function,
                            arguments.as_slice(),
                            base,
                            Value::EMPTY,
                            Delivery::NOWHERE,
                        )
                        .map_err(|error| self.placed_at_call(error))?
                    {
                        let task = ApplyTask::boxed(function, arguments.as_slice());
                        self.push_task(task, base, Delivery::NOWHERE);
                    }
                    return Ok(Stepped::Pushed);
                }
                Ok(Next::Task(inner)) => {
                    self.tasks.push(task);
                    self.push_counted_task(inner, base, Delivery::NOWHERE)?;
                    return Ok(Stepped::Pushed);
                }
                Err(Stop::Fail(error)) => {
                    self.tasks.push(task);
                    return Err(error);
                }
                Err(Stop::Force(_)) => unreachable!("a task asks with `Next::Force`"),
                Err(Stop::Task(inner)) => {
                    // The task's answer is what the inner task comes to.
                    self.tasks.push(Box::new(Forward));
                    self.push_counted_task(inner, base, Delivery::NOWHERE)?;
                    return Ok(Stepped::Pushed);
                }
            }
        }
    }

    /// An error of beginning a call that the top task makes.
    #[cold]
    fn placed_at_call(&mut self, error: Error) -> Error {
        let Some(task) = self.tasks.pop() else { return error };
        let site = task.call_site(self);
        self.tasks.push(task);
        error.or_at(site)
    }

    /// A builtin with exactly its arguments, all that it wants forced being so, answered on the spot.
    #[inline]
    fn call_builtin_now(
        &mut self,
        function: Value,
        arguments: &[Value],
    ) -> Result<Option<Value>, Error> {
        let Some(id) = function.as_builtin() else { return Ok(None) };
        let row = &self.builtins[id as usize];
        if row.arity as usize != arguments.len() || self.calls_left == 0 {
            return Ok(None);
        }
        let mut held = [Value::EMPTY; 3];
        for (index, argument) in arguments.iter().enumerate() {
            held[index] = self.heap.follow(*argument);
            if row.strict >> index & 1 != 0 && !held[index].is_whnf() {
                return Ok(None);
            }
        }
        self.counters.builtin_calls += 1;
        let run = row.run;
        match run(self, &held[..arguments.len()]) {
            Ok(value) => {
                let value = self.heap.follow(value);
                Ok(value.is_whnf().then_some(value))
            }
            // Errors and everything that takes longer go the general way, which also writes the trace.
            Err(_) => Ok(None),
        }
    }

    /// Pops a task frame and hands its value on. The task itself is gone already.
    pub(super) fn finish_task(&mut self, value: Value) -> Option<Value> {
        let done = self.frames.pop().expect("the task's frame");
        debug_assert!(done.kind == FrameKind::Task);
        if !done.thunk.is_empty_slot() {
            self.heap.update_thunk(done.thunk, value);
            self.counters.forced += 1;
        }
        self.calls_left += done.calls();
        let caller = self.frames.last_mut().expect("a root frame");
        if caller.kind != FrameKind::Code {
            return Some(value);
        }
        caller.pc += u32::from(done.advance);
        if done.deliver {
            self.stack[caller.base as usize + done.dst as usize] = value;
        }
        None
    }
}
