//! Marking: which objects live.
//!
//! In: roots, from the machine. Out: mark bytes in headers, line marks in blocks, counts of live bytes, and which shapes and
//! errors are still referred to (for their own tables). Iterative: depth of data costs a heap stack.
//!
//! Invariants: an object whose mark equals the epoch is old and was traced; a major collection starts a new epoch, so all are
//! unmarked at once. A slot that holds a finished thunk is shortened to its value, except where the thunk is an identity that
//! Nix can see (functions and lists, compared by cell).
//!
//! Not here: when to collect (`mod.rs`), freeing (`space.rs`).

use super::object::{Header, IMMORTAL, Kind};
use super::space::Space;
use crate::Value;
use crate::value::tag;

/// What a collection looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collection {
    /// Objects made since the last collection.
    Minor,
    /// All objects.
    Major,
}

/// State of marking that outlives a collection.
pub(super) struct Marker {
    epoch: u8,
    live: usize,
    stack: Vec<Value>,
    /// Shapes and errors met in the last major collection and since.
    shapes: Vec<bool>,
    errors: Vec<bool>,
}

impl Default for Marker {
    fn default() -> Self {
        Marker { epoch: 1, live: 0, stack: Vec::new(), shapes: Vec::new(), errors: Vec::new() }
    }
}

impl Marker {
    pub(super) fn epoch(&self) -> u8 {
        self.epoch
    }
    pub(super) fn live_bytes(&self) -> usize {
        self.live
    }
    /// Bytes of its own.
    pub(super) fn bytes_held(&self) -> usize {
        self.stack.capacity() * size_of::<Value>() + self.shapes.capacity() + self.errors.capacity()
    }
    pub(super) fn start_major(&mut self) {
        self.epoch = 3 - self.epoch;
        self.live = 0;
        self.shapes.clear();
        self.errors.clear();
    }
}

fn note(set: &mut Vec<bool>, number: usize) {
    if set.len() <= number {
        set.resize(number + 64, false);
    }
    set[number] = true;
}

/// Visits roots during a collection.
pub struct Tracer<'a> {
    marker: &'a mut Marker,
    #[allow(dead_code, reason = "held so that nothing allocates while marking")]
    space: &'a mut Space,
    kind: Collection,
    /// Words of live objects whose values are being fetched from memory: each is looked at when `AHEAD` others were met.
    ahead: [*mut Value; AHEAD],
    next: usize,
}

/// How many words ahead memory is asked for.
const AHEAD: usize = 16;

/// Asks for the memory at an address without waiting for it.
#[inline(always)]
fn prefetch(address: *const u64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: prefetching is no access: any address will do.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl<'a> Tracer<'a> {
    pub(super) fn new(marker: &'a mut Marker, space: &'a mut Space, kind: Collection) -> Self {
        Tracer { marker, space, kind, ahead: [std::ptr::null_mut(); AHEAD], next: 0 }
    }

    /// Whether everything is traced, or only what is young.
    pub fn kind(&self) -> Collection {
        self.kind
    }

    /// A root (or any slot that holds a value).
    #[inline(always)]
    pub fn visit(&mut self, slot: &mut Value) {
        let mut value = *slot;
        if !value.is_pointer() {
            return;
        }
        if value.tag() == tag::THUNK {
            // SAFETY: pointers are to live objects.
            let header = unsafe { Header::at(value.address()) };
            if header.kind() == Kind::Done {
                // SAFETY: a finished thunk has its value in the word after the header.
                let inner = Value(unsafe { *value.address().add(1) });
                if !(inner.is_function() || inner.is_list()) {
                    *slot = inner;
                    value = inner;
                    if !value.is_pointer() {
                        return;
                    }
                }
            }
        }
        self.mark(value);
    }

    /// Several slots.
    pub fn visit_all(&mut self, slots: &mut [Value]) {
        for slot in slots {
            self.visit(slot);
        }
        if self.marker.stack.len() > 1 << 12 {
            self.drain();
        }
    }

    /// A value that its holder does not want shortened.
    pub fn visit_fixed(&mut self, value: Value) {
        if value.is_pointer() {
            self.mark(value);
        }
    }

    /// Old thunks that were updated since the last collection.
    pub(super) fn remembered(&mut self, thunks: &[*mut u64]) {
        for thunk in thunks {
            // SAFETY: remembered thunks are old, hence not freed before the next major collection, which forgets them.
            let slot = unsafe { &mut *thunk.add(1).cast::<Value>() };
            self.visit(slot);
        }
    }

    #[inline(always)]
    fn mark(&mut self, value: Value) {
        let address = value.address();
        // SAFETY: pointers are to live objects.
        let header = unsafe { Header::at(address) };
        if header.mark() == self.marker.epoch || header.mark() == IMMORTAL {
            return;
        }
        // SAFETY: as above.
        unsafe { *address = header.with_mark(self.marker.epoch).0 };
        if matches!(header.kind(), Kind::String | Kind::Path | Kind::Float | Kind::Int) {
            let words = match header.kind() {
                Kind::String | Kind::Path => (4 + header.number() as usize).div_ceil(8),
                _ => 1,
            };
            self.keep(address, header, words);
        } else {
            self.marker.stack.push(value);
        }
    }

    /// Counts an object of `words` words after the header as live.
    #[inline(always)]
    fn keep(&mut self, address: *mut u64, header: Header, words: usize) {
        let bytes = (words + 1) * 8;
        self.marker.live += bytes;
        if !header.is_big() {
            Space::mark_lines(address, bytes);
        }
    }

    /// Traces until nothing is left to trace.
    pub(super) fn drain(&mut self) {
        loop {
            while let Some(value) = self.marker.stack.pop() {
                self.object(value);
            }
            for _ in 0..AHEAD {
                self.visit_later(std::ptr::null_mut());
            }
            if self.marker.stack.is_empty() {
                return;
            }
        }
    }

    /// Visits a word of a live object (or nothing) when `AHEAD` further ones were met.
    #[inline(always)]
    fn visit_later(&mut self, slot: *mut Value) {
        let due = std::mem::replace(&mut self.ahead[self.next], slot);
        self.next = (self.next + 1) % AHEAD;
        if !due.is_null() {
            // SAFETY: words are put there by `object`, from live objects, which neither move nor end during a collection.
            self.visit(unsafe { &mut *due });
        }
    }

    fn object(&mut self, value: Value) {
        let address = value.address();
        // SAFETY: pointers are to live objects.
        let header = unsafe { Header::at(address) };
        // The words to trace, and how many the object keeps.
        let (first, traced, words) = match header.kind() {
            Kind::Thunk | Kind::Running => (1, header.aux(), header.aux().max(1)),
            Kind::Closure => (1, header.aux(), header.aux().max(1)),
            Kind::Apply | Kind::ApplyRunning | Kind::Partial => (1, header.aux(), header.aux()),
            Kind::Done => (1, 1, 1),
            Kind::Failed => {
                // SAFETY: a failed thunk has the error's number in the word after the header.
                note(&mut self.marker.errors, unsafe { *address.add(1) } as usize);
                (1, 0, 1)
            }
            Kind::List => (1, header.number() as usize, header.number() as usize),
            Kind::Slice => (1, 1, 2),
            Kind::Attrs => {
                note(&mut self.marker.shapes, header.number() as usize);
                // SAFETY: a set has its count in the upper half of its first word.
                let count = (unsafe { *address.add(1) } >> 32) as usize;
                (2, count, count + 1)
            }
            Kind::String | Kind::Path | Kind::Float | Kind::Int => (1, 0, 0),
        };
        self.keep(address, header, words);
        for index in first..first + traced {
            // SAFETY: the layout says these words are values.
            let slot = unsafe { &mut *address.add(index).cast::<Value>() };
            if !slot.is_pointer() {
                continue;
            }
            #[cfg(debug_assertions)]
            {
                // SAFETY: pointers are to live objects; this is where that is found out.
                let inner = unsafe { Header::at(slot.address()) };
                let sane = (1..=15).contains(&(inner.0 & 0x7f));
                assert!(
                    sane,
                    "word {index} of {:?} (header {:x}) refers to a freed object: {slot:?}",
                    header.kind(),
                    header.0
                );
            }
            prefetch(slot.address());
            self.visit_later(slot);
        }
    }

    /// Whether a shape was met by the last major collection or since (asked after `drain`).
    pub fn drain_and_report(&mut self, report: impl FnOnce(&[bool], &[bool])) {
        self.drain();
        report(&self.marker.shapes, &self.marker.errors);
    }
}
