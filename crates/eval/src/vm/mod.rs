//! The machine: frames, values, code, and everything an evaluation keeps between steps.
//!
//! In: code from a [`Loader`], the outside world from a [`Host`]. Out: values and errors.
//! One loop (`run.rs`) runs everything; forcing, calling and native work that needs answers are frames, so the native stack
//! does not grow with the program's or the data's depth. Not here: what builtins do, what files contain.

mod apply;
mod arena;
mod attrs_ops;
mod call;
mod cheap;
mod depth;
mod frame;
mod import;
mod layers;
mod limits;
mod load;
mod names;
mod operands;
mod quick;
mod run;
mod scalar;
mod suspend;
mod trace;
mod trace_errors;
mod trace_select;
mod unwind;

pub(crate) use call::Delivery;
pub use import::ImportTask;
pub use limits::{Interrupter, Watch};
pub use load::{LoadRequest, Loader};
pub use scalar::Arithmetic;

use crate::builtin::Builtin;
use crate::counters::{Counters, OpCounts, Phase, Phases};
use crate::heap::{Heap, Tracer, Tuning};
use crate::host::Host;
use crate::ledger::Ledger;
use crate::positions::PositionTables;
use crate::shape::Shapes;
use crate::{Contexts, Error, Task, Value};
use arena::{Arena, Steady};
use frame::{Frame, FrameKind, Loaded, ProtoEntry};
use frazil_base::{Interner, Pos, SourceMap, Symbol};
use frazil_bytecode::Code;
use hashbrown::HashMap;
use names::Names;
use std::any::Any;

/// How an evaluator behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nested calls allowed (`max-call-depth`).
    pub max_call_depth: u32,
    /// Bytes of memory allowed, the heap and what stands beside it.
    pub max_heap: Option<usize>,
    /// Calls, forcings and native work of their cost allowed.
    pub max_steps: Option<u64>,
    /// Files that may be loaded.
    pub max_imports: Option<u64>,
    /// Bytes of results and messages allowed.
    pub max_output: Option<u64>,
    /// Ends evaluations from another thread; shared by all evaluators made with clones of these settings.
    pub interrupter: Interrupter,
    /// `builtins.currentSystem`
    pub system: Option<Vec<u8>>,
    /// `builtins.nixVersion`
    pub nix_version: Vec<u8>,
    /// The store's folder.
    pub store_dir: Vec<u8>,
    /// Experimental features that are on.
    pub features: Vec<String>,
    /// Search path entries: prefix (may be empty) and path.
    pub search_path: Vec<(Vec<u8>, Vec<u8>)>,
    /// No ambient information (`pure-eval`).
    pub pure: bool,
    /// Only what the search path names (`restrict-eval`).
    pub restricted: bool,
    /// `traceVerbose` prints.
    pub trace_verbose: bool,
    /// `builtins.warn` ends the evaluation.
    pub abort_on_warn: bool,
    /// Derivations and copied files are handed to the host, not only named.
    pub write_store: bool,
    /// Import from derivation is allowed.
    pub import_from_derivation: bool,
    /// Whoever evaluates will start again with plain code where optimised code would show more than Nix has computed: the
    /// evaluation ends there, with an error of its own kind.
    pub plain_code_at_hand: bool,
    /// Collect at every safepoint: the test mode.
    pub gc_stress: bool,
    /// When to collect.
    pub tuning: Tuning,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_call_depth: 10_000,
            max_heap: None,
            max_steps: None,
            max_imports: None,
            max_output: None,
            interrupter: Interrupter::default(),
            system: None,
            nix_version: b"2.34.8".to_vec(),
            store_dir: b"/nix/store".to_vec(),
            features: Vec::new(),
            search_path: Vec::new(),
            pure: false,
            restricted: false,
            trace_verbose: false,
            abort_on_warn: false,
            write_store: false,
            import_from_derivation: true,
            plain_code_at_hand: false,
            gc_stress: false,
            tuning: Tuning::default(),
        }
    }
}

/// Slots that the stack has at the least.
const STACK_KEPT: usize = 1 << 12;
/// Room for the protos of large evaluations. As long as nothing stands there it takes no memory, only addresses; a table that
/// grows from small would leave its former places behind.
const PROTOS: usize = 1 << 19;

/// The machine of one evaluator. `Send`, no global state.
pub struct Vm {
    /// The collected heap.
    pub heap: Heap,
    /// Names.
    pub symbols: Interner,
    /// Texts.
    pub sources: SourceMap,
    /// String contexts.
    pub contexts: Contexts,
    /// The outside world.
    pub host: Box<dyn Host>,
    /// Settings; those that the machine itself reads are copied at the start.
    pub settings: Settings,
    /// Files that come with the evaluator, by path; they exist whatever the host says.
    pub internal_files: HashMap<&'static [u8], &'static [u8]>,
    /// State that builtins keep for the whole evaluation, by type.
    pub extensions: HashMap<std::any::TypeId, Box<dyn Any + Send>>,
    pub(crate) shapes: Shapes,
    pub(crate) positions: PositionTables,
    pub(crate) counters: Counters,
    /// Every instruction, if `counting`.
    op_counts: OpCounts,
    /// The loop that counts runs.
    counting: bool,
    /// Where time goes.
    pub phases: Phases,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    tasks: Vec<Box<dyn Task>>,
    protos: Vec<ProtoEntry>,
    /// Frames and protos point to code.
    codes: Steady<Loaded>,
    /// The tables of `codes` and `protos`.
    arena: Arena,
    /// Where the values of literals stand that do not stand in the order of the names.
    orders: Vec<Box<[u16]>>,
    /// Room for the code that is being loaded.
    emitted: Option<Box<Code>>,
    loader: Box<dyn Loader>,
    /// From how many attributes on a set gets layers instead of being copied.
    large: usize,
    builtins: Box<[Builtin]>,
    /// Values of global names: builtins, constants.
    globals: HashMap<Symbol, Value>,
    /// The set `builtins`.
    builtins_value: Value,
    names: Names,
    imports: HashMap<Box<[u8]>, Value>,
    resolved: HashMap<Box<[u8]>, Box<[u8]>>,
    failures: Vec<Option<Error>>,
    free_failures: Vec<u32>,
    pinned: Vec<Value>,
    handles: Vec<Value>,
    free_handles: Vec<usize>,
    /// Nested calls that are still allowed.
    calls_left: u32,
    budget: limits::Budget,
    until_poll: u32,
    task_input: Value,
    /// Memory beside the heap that native work holds.
    pub(crate) ledger: Ledger,
}

// SAFETY: the raw pointers in frames and protos point into `codes`, which the machine owns; values point into its own heap.
unsafe impl Send for Vm {}

/// A value kept alive across evaluations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle(usize);

impl Vm {
    /// A machine with these builtins (gated ones already left out).
    pub fn new(
        settings: Settings,
        builtins: Vec<Builtin>,
        loader: Box<dyn Loader>,
        host: Box<dyn Host>,
    ) -> Vm {
        let mut heap = Heap::new(settings.tuning);
        heap.set_stress(settings.gc_stress);
        if let Some(limit) = settings.max_heap {
            heap.set_limit(limit);
        }
        let mut vm = Vm {
            heap,
            symbols: Interner::new(),
            sources: SourceMap::new(),
            contexts: Contexts::default(),
            host,
            internal_files: HashMap::new(),
            extensions: HashMap::new(),
            shapes: Shapes::new(),
            positions: PositionTables::new(),
            counters: Counters::default(),
            op_counts: OpCounts::default(),
            counting: false,
            phases: Phases::default(),
            stack: Vec::new(),
            frames: Vec::new(),
            tasks: Vec::new(),
            protos: Vec::with_capacity(PROTOS),
            codes: Steady::new(),
            arena: Arena::default(),
            orders: Vec::new(),
            emitted: None,
            loader,
            builtins: builtins.into(),
            globals: HashMap::new(),
            builtins_value: Value::EMPTY,
            names: Names::new(),
            imports: HashMap::new(),
            resolved: HashMap::new(),
            failures: Vec::new(),
            free_failures: Vec::new(),
            pinned: Vec::new(),
            handles: Vec::new(),
            free_handles: Vec::new(),
            // One more than the setting says, as in Nix.
            calls_left: settings.max_call_depth.saturating_add(1),
            budget: limits::Budget::new(&settings),
            until_poll: 0,
            task_input: Value::EMPTY,
            large: layers::large(settings.gc_stress),
            ledger: Ledger::default(),
            settings,
        };
        vm.stack.resize(STACK_KEPT, Value::EMPTY);
        vm.make_globals();
        vm
    }

    /// What the machine did so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }
    /// From now on everything is counted that costs something to count.
    pub fn start_counting(&mut self) {
        self.counting = true;
        self.op_counts = OpCounts::new();
        self.heap.start_census();
    }
    /// Every instruction as it was run since `start_counting`.
    pub fn op_counts(&self) -> &OpCounts {
        &self.op_counts
    }
    /// Lookups in the table for all (shape, name) pairs that found their entry there, and those that did not.
    pub fn shape_lookups(&self) -> (u64, u64) {
        self.shapes.lookups
    }
    /// Merges of two shapes that were known, and those that had to be planned.
    pub fn shape_merges(&self) -> (u64, u64) {
        (self.shapes.plan_hits, self.shapes.plan_misses)
    }
    /// How many shapes there are.
    pub fn shape_count(&self) -> usize {
        self.shapes.count()
    }
    /// Keeps a value alive until `release`.
    pub fn keep(&mut self, value: Value) -> Handle {
        if let Some(free) = self.free_handles.pop() {
            self.handles[free] = value;
            return Handle(free);
        }
        self.handles.push(value);
        Handle(self.handles.len() - 1)
    }
    /// The kept value.
    pub fn kept(&self, handle: Handle) -> Value {
        self.handles[handle.0]
    }
    /// Lets a kept value go.
    pub fn release(&mut self, handle: Handle) {
        if !std::mem::replace(&mut self.handles[handle.0], Value::EMPTY).is_empty_slot() {
            self.free_handles.push(handle.0);
        }
    }

    /// The builtin with this number.
    pub fn builtin(&self, id: u16) -> &Builtin {
        &self.builtins[id as usize]
    }
    /// All builtins.
    pub fn builtin_table(&self) -> &[Builtin] {
        &self.builtins
    }
    /// The value of a global name.
    pub fn global(&self, name: Symbol) -> Option<Value> {
        self.globals.get(&name).copied()
    }
    /// Whether an experimental feature is on.
    pub fn has_feature(&self, name: &str) -> bool {
        self.settings.features.iter().any(|feature| feature == name)
    }
    /// State of type `T` that builtins keep for the whole evaluation. It must not hold values.
    pub fn extension<T: Any + Send + Default>(&mut self) -> &mut T {
        let state = self
            .extensions
            .entry(std::any::TypeId::of::<T>())
            .or_insert_with(|| Box::new(T::default()));
        state.downcast_mut().expect("stored under its own type")
    }

    /// Forces a value to weak head normal form.
    ///
    /// # Errors
    /// What the evaluation ends with; the machine can be used again.
    pub fn force(&mut self, value: Value) -> Result<Value, Error> {
        let value = self.heap.follow(value);
        if value.is_whnf() {
            return Ok(self.whole(value));
        }
        self.run_task(Box::new(crate::ops::ForceTask(value)))
    }

    /// Applies a function.
    ///
    /// # Errors
    /// As `force`.
    pub fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Error> {
        self.run_task(apply::ApplyTask::boxed(function, arguments))
    }

    /// Runs a task to its end.
    ///
    /// # Errors
    /// As `force`.
    pub fn run_task(&mut self, task: Box<dyn Task>) -> Result<Value, Error> {
        let floor = self.frames.len();
        let base = self.top();
        self.frames.push(Frame { kind: FrameKind::Root, ..Frame::task(base, Delivery::RETRY) });
        self.push_task(task, base, Delivery::NOWHERE);
        let result = self.run();
        debug_assert_eq!(self.frames.len(), floor);
        self.frames.truncate(floor);
        if floor == 0 {
            self.cut_back();
        }
        result.map(|value| self.whole(value))
    }

    /// One past the last stack slot in use.
    fn top(&self) -> u32 {
        match self.frames.last() {
            // SAFETY: a frame's code is kept by `codes`.
            Some(frame) if frame.kind == FrameKind::Code => {
                frame.base + unsafe { &*frame.code }.slots
            }
            Some(frame) => frame.base,
            None => 0,
        }
    }

    /// Collects if the heap asks for it. Only between steps.
    ///
    /// # Errors
    /// More data is alive than allowed.
    #[cold]
    #[inline(never)]
    fn safepoint(&mut self) -> Result<(), Error> {
        if self.heap.is_due() {
            let heavy = self.shapes.are_heavy();
            self.collect(heavy.then_some(crate::heap::Collection::Major));
        }
        if self.over_limit(0) {
            self.collect(Some(crate::heap::Collection::Major));
            // Some must be free then, or collecting would soon be all that is done.
            if self.over_limit(self.heap.limit() / 16) {
                return Err(limits::too_much_memory());
            }
        }
        Ok(())
    }

    /// Collects now; `kind` is the heap's choice if absent.
    fn collect(&mut self, kind: Option<crate::heap::Collection>) {
        let start = self.phases.start();
        let top = self.top() as usize;
        // Slots above the top may refer to what this collection frees; emptied now, windows need not be when they open.
        if self.stack.len() > 4 * top + STACK_KEPT {
            self.stack.truncate(2 * top + STACK_KEPT);
            self.stack.shrink_to_fit();
        }
        self.stack[top..].fill(Value::EMPTY);
        let Vm {
            heap,
            stack,
            frames,
            tasks,
            globals,
            builtins_value,
            imports,
            pinned,
            handles,
            shapes,
            failures,
            free_failures,
            task_input,
            ..
        } = self;
        let roots = |tracer: &mut Tracer<'_>| {
            tracer.visit_all(&mut stack[..top]);
            for frame in frames.iter() {
                tracer.visit_fixed(frame.callee);
                tracer.visit_fixed(frame.thunk);
            }
            for task in tasks.iter_mut() {
                task.trace(tracer);
            }
            for value in globals.values_mut().chain(imports.values_mut()) {
                tracer.visit(value);
            }
            tracer.visit(builtins_value);
            // Code refers to these very cells, so they are not shortened.
            for value in pinned.iter() {
                tracer.visit_fixed(*value);
            }
            tracer.visit_all(handles);
            tracer.visit(task_input);
            if tracer.kind() == crate::heap::Collection::Major {
                tracer.drain_and_report(|used_shapes, used_failures| {
                    shapes.sweep(used_shapes);
                    for (number, failure) in failures.iter_mut().enumerate() {
                        if failure.is_some() && !used_failures.get(number).copied().unwrap_or(false)
                        {
                            *failure = None;
                            free_failures.push(number as u32);
                        }
                    }
                });
            }
        };
        match kind {
            Some(kind) => heap.collect_as(kind, roots),
            None => heap.collect(roots),
        };
        self.phases.end(Phase::Collect, start);
    }

    /// The position of the instruction that the innermost code frame is at.
    pub fn current_pos(&self) -> Pos {
        for frame in self.frames.iter().rev() {
            if frame.kind == FrameKind::Code {
                // SAFETY: a frame's code is kept by `codes`.
                let code = unsafe { &*frame.code };
                return self.pos_at(code, frame.pc);
            }
        }
        Pos::NONE
    }
}
