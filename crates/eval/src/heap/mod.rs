//! The garbage-collected heap: objects, allocation, collection.
//!
//! In: sizes and words from the machine. Out: [`Value`]s that point to objects, and views of those objects.
//!
//! Layout: an object is a header word (`Header`) and further words. Objects never move, so a view stays right until the next
//! collection, which happens only *between* machine steps: native code within one step roots nothing. Space is bump-allocated
//! in runs of free 32-byte lines inside 1-MiB blocks (mark-region); big objects have allocations of their own. Marks are
//! sticky: an object marked once is old until the next major collection; a minor collection traces only from the roots and
//! from old thunks that were updated and old lists that grew since (the write barriers, in `Heap::update_thunk` and `list.rs`).
//!
//! Invariants: an object is fully initialised before the next safepoint; nothing but thunks, and the room behind a list that
//! grows, changes after that; every word that looks like a pointer is one, to an object of this heap.
//!
//! `unsafe` lives here (`mod.rs`, `space.rs`, `mark.rs`, `object.rs`, `list.rs`, `long.rs`), in `value.rs` not at all, and in the dispatch loop.
//! Not here: what roots are (the machine passes them in).

mod census;
mod list;
mod long;
mod mark;
mod object;
mod space;

pub use census::{Census, Made};
pub use list::ListRef;
pub(crate) use long::PIECE;
pub use mark::{Collection, Tracer};
pub use object::StringRef;
pub(crate) use object::{Header, Kind, LAYERED};
use space::Space;

use crate::Value;
use crate::value::tag;

/// Counters of the heap's work.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapCounters {
    /// Bytes handed out since the start.
    pub allocated: u64,
    /// Collections of young objects.
    pub minor: u64,
    /// Collections of everything.
    pub major: u64,
    /// Bytes that survived the last collection.
    pub live: u64,
    /// Bytes of blocks and big objects held now.
    pub held: u64,
}

/// When to collect. The defaults come from measurements (ARCHITECTURE.md, "The heap").
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Allocation before the first collection.
    pub first: usize,
    /// Least allocation between minor collections.
    pub least: usize,
    /// Old bytes before the first major collection.
    pub first_major: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning { first: 20 << 20, least: 6 << 20, first_major: 96 << 20 }
    }
}

/// The heap of one evaluator.
pub struct Heap {
    space: Space,
    marker: mark::Marker,
    /// Old thunks updated since the last collection; of other objects the place before the word.
    remembered: Vec<*mut u64>,
    /// Bytes to hand out before the next collection.
    budget: usize,
    /// Allocated bytes at the last collection.
    at_last: u64,
    /// Live bytes after the last major collection that let the next one wait.
    old_at_major: usize,
    tuning: Tuning,
    /// Collect at every safepoint.
    stress: bool,
    /// The largest number of live bytes allowed.
    limit: usize,
    empty_list: Value,
    empty_attrs: Value,
    minor: u64,
    major: u64,
    /// Minor collections and allocated bytes up to the last major collection.
    before_major: (u64, u64),
}

// SAFETY: the raw pointers are to memory this heap owns; nothing else in the process refers to it.
unsafe impl Send for Heap {}

impl Heap {
    /// An empty heap.
    pub fn new(tuning: Tuning) -> Heap {
        let mut heap = Heap {
            space: Space::new(),
            marker: mark::Marker::default(),
            remembered: Vec::new(),
            budget: tuning.first,
            at_last: 0,
            old_at_major: tuning.first_major,
            tuning,
            stress: false,
            limit: usize::MAX,
            empty_list: Value::EMPTY,
            empty_attrs: Value::EMPTY,
            minor: 0,
            major: 0,
            before_major: (0, 0),
        };
        heap.empty_list = heap.immortal_object(Header::new(Kind::List, 0, 0), &[], tag::LIST);
        heap.empty_attrs = heap.immortal_object(Header::new(Kind::Attrs, 0, 0), &[0], tag::ATTRS);
        heap
    }

    /// Collect at every safepoint from now on: the test mode.
    pub fn set_stress(&mut self, stress: bool) {
        self.stress = stress;
    }
    /// Bounds live data; reported by `over_limit`.
    pub fn set_limit(&mut self, bytes: usize) {
        // Marking needs room of its own, and pages are touched as a whole.
        self.limit = bytes - bytes / 16;
        space::keep_nothing_back();
        self.tuning.first = self.tuning.first.min(bytes / 8).max(1 << 20);
        self.tuning.least = self.tuning.least.min(bytes / 8).max(1 << 20);
        self.budget = self.budget.min(self.tuning.first);
        // A small limit asks for a collection of everything itself; one shortly before would leave the more above it.
        self.old_at_major = self.old_at_major.max(bytes.min(64 << 20));
    }
    /// The bound on live bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }
    /// Bytes in use: survivors of the last collection and what was handed out since.
    pub fn in_use(&self) -> usize {
        self.marker.live_bytes() + self.since_last()
    }
    /// What the heap did so far.
    pub fn counters(&self) -> HeapCounters {
        HeapCounters {
            allocated: self.space.allocated(),
            minor: self.minor,
            major: self.major,
            live: self.marker.live_bytes() as u64,
            held: self.space.held() as u64,
        }
    }
    /// From now on objects are counted by kind.
    pub(crate) fn start_census(&mut self) {
        self.space.start_census();
    }
    /// What was allocated since `start_census`.
    pub fn census(&mut self) -> Census {
        self.space.census()
    }
    /// `[ ]`
    #[inline(always)]
    pub fn empty_list(&self) -> Value {
        self.empty_list
    }
    /// `{ }`
    #[inline(always)]
    pub fn empty_attrs(&self) -> Value {
        self.empty_attrs
    }

    /// Whether the machine should collect at this safepoint.
    #[inline(always)]
    pub(crate) fn wants_collection(&self) -> bool {
        self.space.runs_taken() || self.stress
    }

    /// Called at a safepoint where `wants_collection`: whether the budget is really used up.
    pub(crate) fn is_due(&mut self) -> bool {
        self.space.reset_runs_taken();
        self.stress || (self.space.allocated() - self.at_last) as usize >= self.budget
    }

    /// Collects. `roots` is called once with the tracer and must visit every root.
    pub(crate) fn collect(&mut self, roots: impl FnOnce(&mut Tracer<'_>)) -> Collection {
        let everything = self.marker.live_bytes() >= self.old_at_major
            || self.stress && self.stress_everything();
        let kind = if everything { Collection::Major } else { Collection::Minor };
        self.collect_as(kind, roots)
    }

    /// Under stress every eighth collection looks at everything; with much data, as many as keep the work in proportion.
    fn stress_everything(&self) -> bool {
        let (minor, allocated) = self.before_major;
        self.minor - minor >= 7
            && self.space.allocated() - allocated >= self.marker.live_bytes() as u64 / 4
    }

    /// Collects everything or the young objects only.
    pub(crate) fn collect_as(
        &mut self,
        kind: Collection,
        roots: impl FnOnce(&mut Tracer<'_>),
    ) -> Collection {
        self.space.release_reserved();
        if kind == Collection::Major {
            self.major += 1;
            self.before_major = (self.minor, self.space.allocated());
            self.space.forget_line_marks();
            self.marker.start_major();
        } else {
            self.minor += 1;
        }
        let remembered = std::mem::take(&mut self.remembered);
        let mut tracer = Tracer::new(&mut self.marker, &mut self.space, kind);
        if kind == Collection::Minor {
            tracer.remembered(&remembered);
        }
        roots(&mut tracer);
        tracer.drain();
        self.space.sweep(self.marker.epoch(), kind == Collection::Major);
        if self.limit != usize::MAX {
            // What is not in use may be needed elsewhere.
            self.space.give_back();
            self.marker.cut_back();
        }
        self.at_last = self.space.allocated();
        let live = self.marker.live_bytes();
        if kind == Collection::Major {
            self.old_at_major = (live + live * 2 / 5).max(self.tuning.first_major);
        }
        self.budget = (live / 18).max(self.tuning.least);
        kind
    }

    /// Bytes handed out since the last collection.
    pub(crate) fn since_last(&self) -> usize {
        (self.space.allocated() - self.at_last) as usize
    }

    /// The next safepoint collects.
    pub(crate) fn collect_soon(&mut self) {
        self.budget = 0;
        self.ask_for_safepoint();
    }

    /// The next push of a frame is a safepoint.
    pub(crate) fn ask_for_safepoint(&mut self) {
        self.space.take_notice();
    }

    /// Whether the heap and `beside` exceed the limit. Blocks that hold anything count as a whole: scattered objects need them
    /// all.
    pub(crate) fn over_limit(&self, beside: usize) -> bool {
        self.taken().saturating_add(beside) > self.limit
    }

    /// Bytes that the heap has from the system: blocks as a whole, also where little of them is used, and room for marking.
    pub(crate) fn taken(&self) -> usize {
        self.space.held().max(self.in_use()) + self.marker.bytes_held()
    }
}
