//! The dispatch loop.
//!
//! In: frames. Out: the value of the root frame's task, or the error that nothing caught.
//!
//! Invariants: `pc`, `base`, `captures`, `constants` mirror the top frame and are read again (`enter!`) after anything that
//! may push or pop frames or grow the stack. An instruction that finds an operand not computed saves its own `pc`, pushes the
//! frame that computes it, and is run again afterwards; so it has no effect before all it forces is there.
//! Collections happen in `push_force`, `push_call` and task steps only, when everything live is in the stack, a frame or a task.
//!
//! `unsafe` here: code was verified when it was loaded, so operands are in range; windows were made large enough by
//! `push_*`. Not here: anything that is not hot (`scalar.rs`, `attrs_ops.rs`, `dynamic.rs`, `call.rs`).

use super::call::Delivery;
use super::frame::{FrameKind, Loaded, loaded};
use super::operands::Operands;
use super::{Frame, Vm};
use crate::builtin::Stop;
use crate::{Error, Value};
use frazil_bytecode::{Op, Src, how};

/// How the loop goes on after native code ran.
pub(super) enum Flow {
    /// The top frame changed: read it again.
    Enter,
    /// The error that nothing caught, or the result of the root frame.
    End(Result<Value, Error>),
}

impl Vm {
    /// Runs until the innermost root frame has its answer.
    pub(super) fn run(&mut self) -> Result<Value, Error> {
        let input = std::mem::replace(&mut self.task_input, Value::EMPTY);
        match self.run_native(input) {
            Flow::Enter if self.counting => self.run_code::<true>(),
            Flow::Enter => self.run_code::<false>(),
            Flow::End(result) => result,
        }
    }

    /// The loop over instructions, entered with a code frame on top. It exists twice: it `COUNTS` or has no trace of it.
    #[allow(
        clippy::too_many_lines,
        clippy::cognitive_complexity,
        reason = "the loop is one function so that its state stays in registers"
    )]
    fn run_code<const COUNTS: bool>(&mut self) -> Result<Value, Error> {
        let (mut code, mut pc, mut base, mut operands): (*mut Loaded, *const Op, *mut Value, _);
        // Makes the loop's state that of a frame, from one of its instructions on.
        macro_rules! load {
            ($frame:expr, $captures:expr, $at:expr) => {{
                let frame: *const Frame = $frame;
                // SAFETY: the frame is a code frame; its code is kept by `codes`, its window is within the stack.
                unsafe {
                    code = (*frame).code.cast_mut();
                    pc = (*code).ops.as_ptr().add($at);
                    base = self.stack.as_mut_ptr().add((*frame).base as usize);
                    operands = Operands::new(base, $captures, (*code).constants.as_ptr());
                }
            }};
        }
        // Reads the top frame again; native frames are run first.
        macro_rules! reload {
            () => {{
                let mut top: *const Frame = self.frames.last().expect("a frame");
                // SAFETY: `frames` is not empty and is not touched before `top` is read.
                if unsafe { (*top).kind } != FrameKind::Code {
                    let input = std::mem::replace(&mut self.task_input, Value::EMPTY);
                    match self.run_native(input) {
                        Flow::Enter => top = self.frames.last().expect("a frame"),
                        Flow::End(result) => return result,
                    }
                }
                // SAFETY: as above.
                let (callee, at) = unsafe { ((*top).callee, (*top).pc as usize) };
                load!(top, self.heap.captures(callee), at)
            }};
        }
        reload!();

        'dispatch: loop {
            macro_rules! enter {
                () => {{
                    reload!();
                    continue 'dispatch;
                }};
            }
            // Saves where this frame is.
            macro_rules! count {
                (op $what:ident) => {
                    if COUNTS {
                        // SAFETY: `pc` points into the code's instructions.
                        self.op_counts.of(unsafe { *pc }).$what += 1;
                    }
                };
                ($what:ident) => {
                    self.counters.$what += u64::from(COUNTS)
                };
            }
            /// The object that has an attribute of a set, if any has; afterwards the cache is right for its shape.
            macro_rules! match_shape {
                ($shape:expr, $slot:expr, $name:expr, $set:expr) => {
                    if $shape == self.heap.attrs_shape($set) {
                        $set
                    } else {
                        count!(op missed);
                        let (layer, shape) = self.layer($set, $name);
                        ($shape, $slot) =
                            (shape, self.shapes.slot(shape, $name).unwrap_or(u32::MAX));
                        layer
                    }
                };
            }
            macro_rules! save {
                () => {{
                    // SAFETY: `pc` points into the code's instructions; the running frame is on top.
                    unsafe {
                        let last = self.frames.len() - 1;
                        let top = self.frames.get_unchecked_mut(last);
                        top.pc = pc.offset_from((*code).ops.as_ptr()) as u32;
                        top.base + (*code).slots
                    }
                }};
            }
            macro_rules! fail {
                ($error:expr) => {{
                    // Saved first: making the error asks where the machine is.
                    let _ = save!();
                    let error = $error;
                    match self.raise(error) {
                        Ok(()) => enter!(),
                        Err(error) => return Err(error),
                    }
                }};
            }
            // Forces a thunk, then runs this instruction again.
            macro_rules! suspend {
                ($thunk:expr) => {
                    suspend!($thunk, Delivery::RETRY)
                };
                ($thunk:expr, $delivery:expr) => {{
                    let thunk: Value = $thunk;
                    count!(op waited);
                    let top = save!();
                    if let Some(frame) = self.push_force_quickly(thunk, top, $delivery) {
                        load!(frame, self.heap.captures(thunk), 0);
                        continue 'dispatch;
                    }
                    match self.push_force(thunk, top, $delivery) {
                        Ok(()) => enter!(),
                        Err(error) => fail!(error),
                    }
                }};
            }
            macro_rules! get {
                ($src:expr) => {
                    // SAFETY: the operand is one of the running code.
                    unsafe { operands.read($src) }
                };
            }
            macro_rules! slot {
                ($index:expr) => {
                    // SAFETY: the verifier checked the slot against the window.
                    unsafe { *base.add($index as usize) }
                };
            }
            macro_rules! set {
                ($index:expr, $value:expr) => {{
                    let value = $value;
                    // SAFETY: the verifier checked the slot against the window.
                    unsafe { *base.add($index as usize) = value }
                }};
            }
            // The operand in weak head normal form; slots are shortened.
            macro_rules! whnf {
                ($src:expr) => {
                    whnf!($src, Delivery::RETRY)
                };
                ($src:expr, $delivery:expr) => {{
                    let src: Src = $src;
                    let value = get!(src);
                    if value.is_whnf() {
                        value
                    } else {
                        let followed = self.heap.follow(value);
                        if !followed.is_whnf() {
                            suspend!(followed, $delivery);
                        }
                        if src.0 < 0x8000 {
                            set!(src.0, followed);
                        }
                        followed
                    }
                }};
            }
            // Builtins, and operators that are builtins in Nix, are calls without a frame; their arguments are computed inside.
            macro_rules! begin_call {
                () => {{
                    if self.calls_left == 0 {
                        fail!(self.too_deep())
                    }
                }};
            }
            macro_rules! argument {
                ($src:expr) => {
                    whnf!($src, Delivery::RETRY.inside_call())
                };
            }
            macro_rules! next {
                ($count:expr) => {{
                    // SAFETY: the verifier checked that control cannot run off the end.
                    pc = unsafe { pc.add($count) };
                    continue 'dispatch;
                }};
            }
            macro_rules! jump {
                ($to:expr) => {{
                    // SAFETY: the verifier checked the target.
                    pc = unsafe { (*code).ops.as_ptr().add($to as usize) };
                    continue 'dispatch;
                }};
            }
            // Native code's answer for `dst`.
            macro_rules! answer {
                ($dst:expr, $answer:expr) => {
                    answer!($dst, $answer, Delivery::to($dst))
                };
                ($dst:expr, $answer:expr, $delivery:expr) => {{
                    let _ = save!();
                    match $answer {
                        Ok(value) if value.is_whnf() => {
                            set!($dst, value);
                            next!(1)
                        }
                        Ok(value) => {
                            let value = self.heap.follow(value);
                            if value.is_whnf() {
                                set!($dst, value);
                                next!(1)
                            }
                            let top = save!();
                            match self.push_force(value, top, $delivery) {
                                Ok(()) => enter!(),
                                Err(error) => fail!(error),
                            }
                        }
                        Err(Stop::Force(value)) => suspend!(value, Delivery::RETRY.inside_call()),
                        Err(Stop::Fail(error)) => fail!(error),
                        Err(Stop::Task(task)) => {
                            let top = save!();
                            match self.push_counted_task(task, top, $delivery) {
                                Ok(()) => enter!(),
                                Err(error) => fail!(error),
                            }
                        }
                    }
                }};
            }
            // Calls code whose arguments stand at slot `args`.
            macro_rules! enter_call {
                ($callee:expr, $function:expr, $args:expr, $dst:expr) => {{
                    let (callee, function, args, dst) = ($callee, $function, $args, $dst);
                    let top = save!();
                    // SAFETY: the window ends where the frame above starts.
                    let start = top - unsafe { (*code).slots } + u32::from(args);
                    if let Some(frame) = self.push_call_quickly(callee, function, start, dst) {
                        load!(frame, self.heap.captures(function), 0);
                        continue 'dispatch;
                    }
                    match self.push_call(callee, function, args, dst) {
                        Ok(()) => enter!(),
                        Err(error) => fail!(error),
                    }
                }};
            }
            macro_rules! call_slowly {
                ($function:expr, $args:expr, $count:expr, $dst:expr) => {{
                    let (top, count) = (save!(), u32::from($count));
                    // SAFETY: the window ends where the frame above starts.
                    let start = top - unsafe { (*code).slots } + u32::from($args);
                    if let Some((frame, callee)) =
                        self.push_partial_quickly($function, start, count, $dst)
                    {
                        load!(frame, self.heap.captures(callee), 0);
                        continue 'dispatch;
                    }
                    match self.call_otherwise($function, $args, count, top, $dst) {
                        Ok(Some(value)) => {
                            set!($dst, value);
                            next!(1)
                        }
                        Ok(None) => enter!(),
                        Err(error) => fail!(error),
                    }
                }};
            }
            // A closure or thunk, its captures read now.
            macro_rules! make {
                ($function:expr, $dst:expr, $proto:expr) => {{
                    // SAFETY: verified.
                    let value = unsafe {
                        let proto = *loaded(code).protos.get_unchecked($proto as usize);
                        self.make_suspended($function, proto, base, operands.captures())
                    };
                    set!($dst, value);
                    next!(1)
                }};
            }
            // A task whose answer goes into a slot; then this instruction runs again.
            macro_rules! retry_with {
                ($slot:expr, $task:expr) => {{
                    let task = $task;
                    count!(op waited);
                    let top = save!();
                    self.push_task(task, top, Delivery::replace($slot));
                    enter!()
                }};
            }
            macro_rules! boolean {
                ($value:expr) => {{
                    let value: Value = $value;
                    if value == Value::TRUE {
                        true
                    } else if value == Value::FALSE {
                        false
                    } else {
                        fail!(self.expected("a Boolean", value))
                    }
                }};
            }
            macro_rules! compare {
                ($dst:expr, $a:expr, $b:expr, $int:expr, $negate:expr) => {{
                    begin_call!();
                    let a = argument!($a);
                    let b = argument!($b);
                    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
                        let compare: fn(i64, i64) -> bool = $int;
                        set!($dst, Value::bool(compare(x, y)));
                        next!(1)
                    }
                    answer!($dst, self.less(a, b, $negate), Delivery::to($dst).inside_call())
                }};
            }

            count!(op started);
            // SAFETY: the verifier checked that control stays inside the code.
            match unsafe { *pc } {
                Op::Move { dst, src } => {
                    set!(dst, get!(src));
                    next!(1)
                }
                Op::Move2 { dst, a, b } => {
                    let (a, b) = (get!(a), get!(b));
                    set!(dst, a);
                    set!(dst + 1, b);
                    next!(1)
                }
                Op::LoadConst { dst, index } => {
                    // SAFETY: verified.
                    set!(dst, unsafe { *operands.constants().add(index as usize) });
                    next!(1)
                }
                Op::Force { dst, src } => {
                    let value = whnf!(src);
                    set!(dst, value);
                    next!(1)
                }
                Op::Jump { to } => jump!(to),
                Op::JumpIfFalse { cond, to } => {
                    let value = whnf!(cond);
                    if boolean!(value) { next!(1) } else { jump!(to) }
                }
                Op::JumpIfTrue { cond, to } => {
                    let value = whnf!(cond);
                    if boolean!(value) { jump!(to) } else { next!(1) }
                }
                Op::CheckBool { dst, src } => {
                    let value = whnf!(src);
                    boolean!(value);
                    set!(dst, value);
                    next!(1)
                }
                Op::Return { src } => {
                    let value = whnf!(src);
                    loop {
                        // SAFETY: below a code frame there is always another: a root at the least.
                        let (done, caller) = unsafe {
                            let last = self.frames.len() - 1;
                            let done = *self.frames.get_unchecked(last);
                            self.frames.set_len(last);
                            (done, self.frames.get_unchecked_mut(last - 1))
                        };
                        if !done.thunk.is_empty_slot() {
                            self.heap.update_thunk(done.thunk, value);
                            count!(forced);
                        }
                        self.counters.calls += u64::from(COUNTS && done.callee.is_function());
                        // Of a code frame: its `pc` counts no calls.
                        self.calls_left += u32::from(done.calls);
                        if caller.kind != FrameKind::Code {
                            match self.run_native(value) {
                                Flow::Enter => enter!(),
                                Flow::End(result) => return result,
                            }
                        }
                        let callee = caller.callee;
                        let at = caller.pc as usize + usize::from(done.advance);
                        // A caller that only hands it on is left at once: a fifth of all returns.
                        // SAFETY: the frame's place is one of its code.
                        if !COUNTS
                            && done.deliver
                            && let Op::Return { src } =
                                unsafe { *(*caller.code).ops.as_ptr().add(at) }
                            && src.0 == done.dst
                        {
                            continue;
                        }
                        load!(caller, self.heap.captures(callee), at);
                        if done.deliver {
                            set!(done.dst, value);
                        }
                        continue 'dispatch;
                    }
                }
                Op::Fail { message } => {
                    fail!(self.assertion_failed(code, message))
                }
                Op::FailEqual { a, b, message } => {
                    let (a, b) = (get!(a), get!(b));
                    let task = self.assertion_difference(code, message, a, b);
                    let top = save!();
                    self.push_task(task, top, Delivery::RETRY);
                    enter!()
                }
                Op::FailUndefined { name } => {
                    // SAFETY: verified.
                    let name = unsafe { loaded(code).selects[name as usize].symbol };
                    fail!(self.undefined_variable(name))
                }
                Op::Add { dst, a, b } => {
                    let a = whnf!(a);
                    if let Some(x) = a.as_small_int() {
                        let b = whnf!(b);
                        if let Some(y) = b.as_small_int()
                            && let Some(sum) = Value::small_int(x + y)
                        {
                            set!(dst, sum);
                            next!(1)
                        }
                        answer!(dst, self.add(a, b))
                    }
                    // What must be coerced is, before anything of the second operand runs.
                    let b = if self.is_addend(a) { whnf!(b) } else { get!(b) };
                    answer!(dst, self.add(a, b))
                }
                Op::Sub { dst, a, b } => {
                    begin_call!();
                    let a = argument!(a);
                    let b = argument!(b);
                    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int())
                        && let Some(difference) = Value::small_int(x - y)
                    {
                        set!(dst, difference);
                        next!(1)
                    }
                    answer!(dst, self.arithmetic(super::scalar::Arithmetic::Sub, a, b))
                }
                Op::Mul { dst, a, b } => {
                    begin_call!();
                    let a = argument!(a);
                    let b = argument!(b);
                    answer!(dst, self.arithmetic(super::scalar::Arithmetic::Mul, a, b))
                }
                Op::Div { dst, a, b } => {
                    begin_call!();
                    let a = argument!(a);
                    let b = argument!(b);
                    answer!(dst, self.arithmetic(super::scalar::Arithmetic::Div, a, b))
                }
                Op::Neg { dst, src } => {
                    begin_call!();
                    let value = argument!(src);
                    let zero = Value::small_int(0).expect("small");
                    answer!(dst, self.arithmetic(super::scalar::Arithmetic::Sub, zero, value))
                }
                Op::Not { dst, src } => {
                    let value = whnf!(src);
                    set!(dst, Value::bool(!boolean!(value)));
                    next!(1)
                }
                Op::Equal { dst, a, b } => {
                    let a = whnf!(a);
                    let b = whnf!(b);
                    if let Some(equal) = Value::equal_words(a, b) {
                        set!(dst, Value::bool(equal));
                        next!(1)
                    }
                    answer!(dst, self.equal(a, b, false))
                }
                Op::NotEqual { dst, a, b } => {
                    let a = whnf!(a);
                    let b = whnf!(b);
                    if let Some(equal) = Value::equal_words(a, b) {
                        set!(dst, Value::bool(!equal));
                        next!(1)
                    }
                    answer!(dst, self.equal(a, b, true))
                }
                Op::Less { dst, a, b } => compare!(dst, a, b, |x, y| x < y, false),
                Op::NotLess { dst, a, b } => compare!(dst, a, b, |x, y| x >= y, true),
                Op::Coerce { dst, src, role } => {
                    let part = whnf!(src);
                    if part.is_string() || role == 0 && part.as_small_int().is_some() {
                        set!(dst, part);
                        next!(1)
                    }
                    answer!(dst, self.coerce_part(part, role))
                }
                Op::Interpolate { dst, first, count } => {
                    for index in first..first + count {
                        let part = whnf!(Src::slot(index));
                        if !part.is_string() {
                            let task = self.coerce_interpolated(part);
                            retry_with!(index, task)
                        }
                    }
                    // SAFETY: verified.
                    let parts = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), count as usize)
                    };
                    answer!(dst, self.concat_strings(parts))
                }
                Op::InterpolatePath { dst, first, count } => {
                    for index in first + 1..first + count {
                        let part = whnf!(Src::slot(index));
                        if !part.is_string() {
                            let task = self.coerce_path_part(part);
                            retry_with!(index, task)
                        }
                    }
                    // SAFETY: verified.
                    let parts = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), count as usize)
                    };
                    answer!(dst, self.concat_path(parts))
                }
                Op::MakeList { dst, first, count } => {
                    // SAFETY: verified.
                    let elements = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), count as usize)
                    };
                    let list = self.heap.list(elements);
                    set!(dst, list);
                    next!(1)
                }
                Op::ConcatLists { dst, first, count } => {
                    // A chain of these allocates much without pushing a frame, so it has a safepoint.
                    let _ = save!();
                    if let Err(error) = self.before_push(Value::EMPTY) {
                        fail!(error)
                    }
                    // A collection may have moved the stack.
                    reload!();
                    for index in first..first + count {
                        let list = whnf!(Src::slot(index));
                        if !list.is_list() {
                            fail!(self.expected("a list", list))
                        }
                    }
                    // SAFETY: verified.
                    let lists = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), count as usize)
                    };
                    match self.concat_lists(lists) {
                        Ok(list) => set!(dst, list),
                        Err(error) => fail!(error),
                    }
                    next!(1)
                }
                Op::MakeAttrs { dst, first, site } => {
                    // SAFETY: verified.
                    let site = unsafe { *loaded(code).attrs.get_unchecked(site as usize) };
                    // SAFETY: verified.
                    let values = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), site.count as usize)
                    };
                    let attrs = self.heap.attrs(site.shape, site.positions, values);
                    set!(dst, attrs);
                    next!(1)
                }
                Op::GatherAttrs { dst, first, site } => {
                    // SAFETY: verified.
                    let site = unsafe { *loaded(code).attrs.get_unchecked(site as usize) };
                    // SAFETY: verified.
                    let values = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), site.count as usize)
                    };
                    let attrs = self.gather_attrs(site, values);
                    set!(dst, attrs);
                    next!(1)
                }
                Op::AddDynamic { dst, attrs, first, count } => {
                    for index in 0..u16::from(count) {
                        let name = whnf!(Src::slot(first + index * 2));
                        if !name.is_string() && !name.is_null() {
                            fail!(self.expected("a string", name))
                        }
                    }
                    // SAFETY: verified.
                    let pairs = unsafe {
                        std::slice::from_raw_parts(base.add(first as usize), count as usize * 2)
                    };
                    let attrs = slot!(attrs);
                    answer!(dst, self.add_dynamic(attrs, pairs).map_err(Stop::Fail))
                }
                Op::NameFunction { func, name } => {
                    self.name_function(get!(func), get!(name));
                    next!(1)
                }
                Op::Overrides { attrs, first, site } => {
                    let set = slot!(attrs);
                    let overrides = match self.overrides_of(set) {
                        Some(value) => value,
                        None => next!(1),
                    };
                    let overrides = self.heap.follow(overrides);
                    if !overrides.is_whnf() {
                        suspend!(overrides)
                    }
                    if !overrides.is_attrs() {
                        fail!(self.expected("a set", overrides))
                    }
                    // SAFETY: verified.
                    let count = unsafe { loaded(code).attrs[site as usize].count } as usize;
                    // SAFETY: verified.
                    let window =
                        unsafe { std::slice::from_raw_parts_mut(base.add(first as usize), count) };
                    let value = self.apply_overrides(set, overrides, window);
                    set!(attrs, value);
                    next!(1)
                }
                Op::Update { dst, a, b } => {
                    let b = whnf!(b);
                    if !b.is_attrs() {
                        fail!(self.expected("a set", b))
                    }
                    let a = whnf!(a);
                    if !a.is_attrs() {
                        fail!(self.expected("a set", a))
                    }
                    let value = self.update(a, b);
                    set!(dst, value);
                    next!(1)
                }
                Op::Select { dst, src, name } => {
                    let set = whnf!(src);
                    // SAFETY: verified.
                    let cache = unsafe { loaded(code).selects.get_unchecked_mut(name as usize) };
                    if !set.is_attrs() {
                        fail!(self.expected("a set", set))
                    }
                    let mut set = set;
                    if cache.shape != self.heap.attrs_shape(set) {
                        count!(op missed);
                        let (layer, shape) = self.layer(set, cache.symbol);
                        match self.shapes.slot(shape, cache.symbol) {
                            Some(slot) => (cache.shape, cache.slot) = (shape, slot),
                            None => {
                                let name = cache.symbol;
                                fail!(self.missing_attribute(set, name))
                            }
                        }
                        set = layer;
                    }
                    let value = self.heap.attrs_value(set, cache.slot);
                    if value.is_whnf() {
                        set!(dst, value);
                        next!(1)
                    }
                    let value = self.heap.follow(value);
                    if value.is_whnf() {
                        set!(dst, value);
                        next!(1)
                    }
                    suspend!(value)
                }
                Op::SelectDynamic { dst, src, name } => {
                    let set = whnf!(src);
                    let name = whnf!(name);
                    match self.dynamic_slot(set, name, true) {
                        Ok(Some(value)) => {
                            let value = self.heap.follow(value);
                            if !value.is_whnf() {
                                suspend!(value)
                            }
                            set!(dst, value);
                            next!(1)
                        }
                        Ok(None) => unreachable!("a missing attribute is an error here"),
                        Err(error) => fail!(error),
                    }
                }
                Op::TrySelect { dst, src, name } => {
                    let set = whnf!(src);
                    if set.is_attrs() {
                        // SAFETY: verified.
                        let cache =
                            unsafe { loaded(code).selects.get_unchecked_mut(name as usize) };
                        let set = match_shape!(cache.shape, cache.slot, cache.symbol, set);
                        if cache.slot != u32::MAX {
                            set!(dst, self.heap.attrs_value(set, cache.slot));
                            next!(2)
                        }
                    }
                    next!(1)
                }
                Op::TrySelectDynamic { dst, src, name } => {
                    let set = whnf!(src);
                    let name = whnf!(name);
                    match self.dynamic_slot(set, name, false) {
                        Ok(Some(value)) => {
                            set!(dst, value);
                            next!(2)
                        }
                        Ok(None) => next!(1),
                        Err(error) => fail!(error),
                    }
                }
                Op::HasAttr { dst, src, name } => {
                    let set = whnf!(src);
                    // SAFETY: verified.
                    let cache = unsafe { loaded(code).selects.get_unchecked_mut(name as usize) };
                    let has = set.is_attrs() && {
                        match_shape!(cache.shape, cache.slot, cache.symbol, set);
                        cache.slot != u32::MAX
                    };
                    set!(dst, Value::bool(has));
                    next!(1)
                }
                Op::HasAttrDynamic { dst, src, name } => {
                    let set = whnf!(src);
                    let name = whnf!(name);
                    match self.dynamic_slot(set, name, false) {
                        Ok(found) => {
                            set!(dst, Value::bool(found.is_some()));
                            next!(1)
                        }
                        Err(error) => fail!(error),
                    }
                }
                Op::LookupWith { dst, site } => {
                    // SAFETY: verified.
                    let site = unsafe { loaded(code).withs.get_unchecked_mut(site as usize) };
                    let mut found = Value::EMPTY;
                    for (level, shape, slot) in site.levels.iter_mut() {
                        let set = whnf!(*level);
                        if !set.is_attrs() {
                            fail!(self.expected("a set", set))
                        }
                        let set = match_shape!(*shape, *slot, site.name, set);
                        if *slot != u32::MAX {
                            found = self.heap.attrs_value(set, *slot);
                            break;
                        }
                    }
                    if found.is_empty_slot() {
                        let name = site.name;
                        fail!(self.undefined_variable(name))
                    }
                    let value = self.heap.follow(found);
                    if !value.is_whnf() {
                        suspend!(value)
                    }
                    set!(dst, value);
                    next!(1)
                }
                Op::MakeThunk { dst, proto } => make!(false, dst, proto),
                Op::MakeClosure { dst, proto } => make!(true, dst, proto),
                Op::AllocThunk { dst, proto } | Op::AllocDefault { dst, proto } => {
                    // SAFETY: verified.
                    if matches!(unsafe { *pc }, Op::AllocThunk { .. }) || slot!(dst).is_empty_slot()
                    {
                        let value = self.alloc_suspended(false, code, proto);
                        set!(dst, value);
                    }
                    next!(1)
                }
                Op::AllocClosure { dst, proto } => {
                    let value = self.alloc_suspended(true, code, proto);
                    set!(dst, value);
                    next!(1)
                }
                Op::FillCaptures { slot, proto } => {
                    // SAFETY: verified.
                    let value = slot!(slot);
                    // SAFETY: verified.
                    unsafe { self.fill_captures(value, code, proto, base, operands.captures()) };
                    next!(1)
                }
                Op::FillDefault { slot, proto } => {
                    // SAFETY: verified.
                    let value = slot!(slot);
                    // SAFETY: verified.
                    unsafe { self.fill_default(value, code, proto, base, operands.captures()) };
                    next!(1)
                }
                Op::BindFormals { first } => {
                    let argument = whnf!(Src::slot(0));
                    if !argument.is_attrs() {
                        fail!(self.expected("a set", argument))
                    }
                    match self.bind_formals(code, argument, first, base) {
                        Ok(()) => next!(1),
                        Err(error) => fail!(error),
                    }
                }
                Op::Call1 { dst, func, arg } => {
                    let function = whnf!(func);
                    if let Some(id) = function.as_builtin() {
                        // SAFETY: builtin values name existing rows.
                        let row = unsafe { self.builtins.get_unchecked(id as usize) };
                        if row.arity == 1 {
                            let (run, strict) = (row.run, row.strict);
                            begin_call!();
                            let argument = if strict & 1 != 0 { argument!(arg) } else { get!(arg) };
                            count!(builtin_calls);
                            let delivery = Delivery::to(dst).inside_call();
                            answer!(dst, run(self, &[argument]), delivery)
                        }
                    }
                    // SAFETY: code with this instruction has a last slot for it.
                    let args = unsafe { (*code).slots } as u16 - 1;
                    set!(args, get!(arg));
                    if let Some(callee) = self.entered(function, 1) {
                        enter_call!(callee, function, args, dst)
                    }
                    call_slowly!(function, args, 1u8, dst)
                }
                Op::Call { dst, func, args, count } => {
                    let function = whnf!(func);
                    if let Some(callee) = self.entered(function, u16::from(count)) {
                        enter_call!(callee, function, args, dst)
                    }
                    if let Some(id) = function.as_builtin() {
                        // SAFETY: builtin values name existing rows.
                        let row = unsafe { self.builtins.get_unchecked(id as usize) };
                        if row.arity == count {
                            begin_call!();
                            let (run, strict) = (row.run, row.strict);
                            let mut arguments = [Value::EMPTY; 4];
                            for (index, held) in
                                arguments.iter_mut().enumerate().take(count as usize)
                            {
                                let argument = Src::slot(args + index as u16);
                                *held = if strict >> index & 1 != 0 {
                                    argument!(argument)
                                } else {
                                    get!(argument)
                                };
                            }
                            count!(builtin_calls);
                            let delivery = Delivery::to(dst).inside_call();
                            answer!(dst, run(self, &arguments[..count as usize]), delivery)
                        }
                    }
                    call_slowly!(function, args, count, dst)
                }
                Op::CheapSelect { dst, src, name, how } => {
                    let set = self.heap.follow(get!(src));
                    if set.is_attrs() {
                        // SAFETY: verified.
                        let cache =
                            unsafe { loaded(code).selects.get_unchecked_mut(name as usize) };
                        let set = match_shape!(cache.shape, cache.slot, cache.symbol, set);
                        if cache.slot != u32::MAX {
                            let value = self.heap.attrs_value(set, cache.slot);
                            let value = match how & how::STEP {
                                0 => self.stand_in(value),
                                _ => Some(value),
                            };
                            let Some(value) = value else { next!(1) };
                            set!(dst, value);
                            count!(elided);
                            next!(2)
                        }
                    }
                    if how & how::OR != 0 && set.is_whnf() {
                        count!(elided);
                        next!(2)
                    }
                    next!(1)
                }
                Op::CheapSelectDynamic { dst, src, name, how } => {
                    let (set, name) = (self.heap.follow(get!(src)), self.heap.follow(get!(name)));
                    match self.cheap_dynamic(set, name) {
                        Ok(Some(value)) => set!(dst, value),
                        Ok(None) if how & how::OR != 0 => {}
                        _ => next!(1),
                    }
                    count!(elided);
                    next!(2)
                }
                Op::CheapWith { dst, site } => {
                    // SAFETY: verified.
                    let site = unsafe { loaded(code).withs.get_unchecked_mut(site as usize) };
                    let mut found = Value::EMPTY;
                    for (level, shape, slot) in site.levels.iter_mut() {
                        let set = self.heap.follow(get!(*level));
                        if !set.is_attrs() {
                            break;
                        }
                        let set = match_shape!(*shape, *slot, site.name, set);
                        if *slot != u32::MAX {
                            found = self.heap.attrs_value(set, *slot);
                            break;
                        }
                    }
                    if found.is_empty_slot() {
                        next!(1)
                    }
                    let Some(found) = self.stand_in(found) else { next!(1) };
                    set!(dst, found);
                    count!(elided);
                    next!(2)
                }
                Op::CheapHasAttr { dst, src, name } => {
                    let set = self.heap.follow(get!(src));
                    if !set.is_whnf() {
                        next!(1)
                    }
                    // SAFETY: verified.
                    let symbol =
                        unsafe { loaded(code).selects.get_unchecked(name as usize).symbol };
                    let has = set.is_attrs() && self.attr(set, symbol).is_some();
                    set!(dst, Value::bool(has));
                    count!(elided);
                    next!(2)
                }
                Op::CheapNot { dst, src } => match self.heap.follow(get!(src)).as_bool() {
                    Some(bool) => {
                        set!(dst, Value::bool(!bool));
                        next!(2)
                    }
                    None => next!(1),
                },
                Op::CheapArith { dst, a, b, what } => {
                    let a = self.heap.follow(get!(a));
                    let b = self.heap.follow(get!(b));
                    match self.cheap_arithmetic(what, a, b).filter(|_| self.calls_left > 2) {
                        Some(value) => {
                            set!(dst, value);
                            count!(elided);
                            next!(2)
                        }
                        None => next!(1),
                    }
                }
                Op::CheapCall1 { dst, func, arg } => {
                    let function = self.heap.follow(get!(func));
                    match self.cheap_call(function, &[get!(arg)]).filter(|_| self.calls_left > 2) {
                        Some(value) => {
                            set!(dst, value);
                            count!(elided);
                            next!(2)
                        }
                        None => next!(1),
                    }
                }
                Op::CheapCall { dst, func, args, count } => {
                    let function = self.heap.follow(get!(func));
                    // SAFETY: verified.
                    let arguments = unsafe {
                        std::slice::from_raw_parts(base.add(args as usize), count as usize)
                    };
                    match self.cheap_call(function, arguments).filter(|_| self.calls_left > 2) {
                        Some(value) => {
                            set!(dst, value);
                            count!(elided);
                            next!(2)
                        }
                        None => next!(1),
                    }
                }
            }
        }
    }
}
