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
    stack: Vec<Waiting>,
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
        self.stack.capacity() * size_of::<Waiting>()
            + self.shapes.capacity()
            + self.errors.capacity()
    }
    /// Room that only a large collection needed is given back.
    pub(super) fn cut_back(&mut self) {
        self.stack.shrink_to(KEPT);
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

/// Words of a live object that are still to be looked at: one entry of the stack for all, so that long lists need no long one.
#[derive(Clone, Copy)]
struct Words {
    next: *mut Value,
    end: *mut Value,
}

impl Words {
    const NONE: Words = Words { next: std::ptr::null_mut(), end: std::ptr::null_mut() };
}

/// An entry of the stack: where words begin, and above the 48 bits of the address how many. The stack of a long chain is the
/// one thing that grows while memory runs out, so it is kept small.
#[derive(Clone, Copy)]
struct Waiting(*mut Value);

impl Waiting {
    const ADDRESS: u32 = 48;
    /// So many or more: the entry below says where they end.
    const MANY: usize = 0xffff;

    fn new(next: *mut Value, count: usize) -> Waiting {
        debug_assert!(next.addr() >> Self::ADDRESS == 0, "an address of user space");
        Waiting(next.map_addr(|address| address | count << Self::ADDRESS))
    }
    #[inline(always)]
    fn next(self) -> *mut Value {
        self.0.map_addr(|address| address & ((1 << Self::ADDRESS) - 1))
    }
    #[inline(always)]
    fn count(self) -> usize {
        self.0.addr() >> Self::ADDRESS
    }
}

/// Entries waiting to be looked at that there is always room for.
const KEPT: usize = 1 << 12;

/// Visits roots during a collection.
pub struct Tracer<'a> {
    marker: &'a mut Marker,
    #[allow(dead_code, reason = "held so that nothing allocates while marking")]
    space: &'a mut Space,
    kind: Collection,
}

/// How many words ahead memory is asked for; a power of two.
const AHEAD: usize = 32;

/// How many entries of the stack ahead memory is asked for.
const SOON: usize = 3;

/// Words of live objects whose values are being fetched from memory: each is looked at when `AHEAD` others were met.
struct Ahead {
    words: [*mut Value; AHEAD],
    next: usize,
}

impl Ahead {
    /// Takes a word and gives the one that is due.
    #[inline(always)]
    fn swap(&mut self, word: *mut Value) -> *mut Value {
        let due = std::mem::replace(&mut self.words[self.next], word);
        self.next = (self.next + 1) % AHEAD;
        due
    }

    /// The same for a word with a value: asks for the header there, and for the words that most objects have.
    #[inline(always)]
    fn fetch(&mut self, word: *mut Value) -> *mut Value {
        // SAFETY: words are of live objects, which neither move nor end during a collection.
        let address = unsafe { *word }.address();
        prefetch(address);
        prefetch(address.wrapping_add(6));
        self.swap(word)
    }
}

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

/// A pointer to what is no object would be to a freed one.
#[cfg(debug_assertions)]
fn check(value: Value) {
    // SAFETY: pointers are to live objects; this is where that is found out.
    let header = unsafe { Header::at(value.address()) };
    assert!(
        (1..=16).contains(&(header.0 & 0x7f)),
        "a word refers to a freed object: {value:?}, header {:x}",
        header.0
    );
}

impl<'a> Tracer<'a> {
    pub(super) fn new(marker: &'a mut Marker, space: &'a mut Space, kind: Collection) -> Self {
        Tracer { marker, space, kind }
    }

    /// Whether everything is traced, or only what is young.
    pub fn kind(&self) -> Collection {
        self.kind
    }

    /// A root (or any slot that holds a value).
    #[inline(always)]
    pub fn visit(&mut self, slot: &mut Value) {
        while slot.is_pointer() {
            if let Some(words) = self.meet(slot) {
                return self.wait(words);
            }
        }
    }

    /// What is to be traced because of a slot with a pointer: nothing, or the words of an object that was not marked yet.
    /// `None`: it held a finished thunk, was shortened to what is behind that, and is to be looked at again.
    #[inline(always)]
    fn meet(&mut self, slot: &mut Value) -> Option<Words> {
        let value = *slot;
        // SAFETY: pointers are to live objects.
        let header = unsafe { Header::at(value.address()) };
        if value.tag() == tag::THUNK && header.kind() == Kind::Done {
            // SAFETY: a finished thunk has its value in the word after the header.
            let inner = Value(unsafe { *value.address().add(1) });
            // The cells of functions and lists are what Nix compares.
            if !inner.is_function() && !inner.is_list() {
                *slot = inner;
                return None;
            }
        }
        Some(self.meet_fixed(value))
    }

    /// An object that its holder does not want shortened.
    #[inline(always)]
    fn meet_fixed(&mut self, value: Value) -> Words {
        // SAFETY: pointers are to live objects.
        let header = unsafe { Header::at(value.address()) };
        if header.is_marked(self.marker.epoch) {
            return Words::NONE;
        }
        self.mark_new(value.address(), header)
    }

    /// Remembers words for later.
    #[inline(always)]
    fn wait(&mut self, words: Words) {
        // SAFETY: both are in one object, or at its end.
        let count = unsafe { words.end.offset_from(words.next) } as usize;
        if count == 0 {
            return;
        }
        if count >= Waiting::MANY {
            self.marker.stack.push(Waiting::new(words.end, 0));
        }
        self.marker.stack.push(Waiting::new(words.next, count.min(Waiting::MANY)));
    }

    /// The words that were left last.
    #[inline(always)]
    fn pop(&mut self) -> Option<Words> {
        let waiting = self.marker.stack.pop()?;
        let next = waiting.next();
        let end = match waiting.count() {
            Waiting::MANY => self.marker.stack.pop()?.next(),
            // SAFETY: so many words from `next` on are of one object.
            count => unsafe { next.add(count) },
        };
        Some(Words { next, end })
    }

    /// Several slots.
    pub fn visit_all(&mut self, slots: &mut [Value]) {
        for slot in slots {
            self.visit(slot);
        }
        if self.marker.stack.len() > KEPT {
            self.drain();
        }
    }

    /// A value that its holder does not want shortened.
    pub fn visit_fixed(&mut self, value: Value) {
        if value.is_pointer() {
            let words = self.meet_fixed(value);
            self.wait(words);
        }
    }

    /// Old thunks that were updated since the last collection, and the places before words of other objects that were.
    pub(super) fn remembered(&mut self, thunks: &[*mut u64]) {
        for thunk in thunks {
            // SAFETY: remembered thunks are old, hence not freed before the next major collection, which forgets them.
            let slot = unsafe { &mut *thunk.add(1).cast::<Value>() };
            self.visit(slot);
        }
    }

    /// Marks an object met for the first time, and gives its words.
    #[inline(always)]
    fn mark_new(&mut self, address: *mut u64, header: Header) -> Words {
        // SAFETY: pointers are to live objects.
        unsafe { *address = header.with_mark(self.marker.epoch).0 };
        // Where its values begin, how many are traced, and how many words it keeps.
        let (first, traced, words) = match header.kind() {
            Kind::Thunk
            | Kind::Running
            | Kind::Closure
            | Kind::Apply
            | Kind::ApplyRunning
            | Kind::Partial => (1, header.aux(), header.aux().max(1)),
            kind => self.layout(kind, address, header),
        };
        self.keep(address, header, words);
        // SAFETY: the layout says that the object has these words.
        let next = unsafe { address.add(first) }.cast::<Value>();
        // SAFETY: as above.
        Words { next, end: unsafe { next.add(traced) } }
    }

    /// The same of objects other than suspended code and functions.
    #[inline(always)]
    fn layout(&mut self, kind: Kind, address: *mut u64, header: Header) -> (usize, usize, usize) {
        let number = header.number() as usize;
        match kind {
            Kind::Done => (1, 1, 1),
            Kind::List => (1, number, number),
            Kind::Attrs => {
                note(&mut self.marker.shapes, number);
                // SAFETY: a set has its count in the upper half of its first word.
                let count = (unsafe { *address.add(1) } >> 32) as usize;
                (2, count, count + 1)
            }
            Kind::String | Kind::Path => (1, 0, (4 + number).div_ceil(8)),
            Kind::Slice => (1, 1, 2),
            Kind::Layered => (2, 2, 3),
            Kind::Failed => {
                // SAFETY: a failed thunk has the error's number in the word after the header.
                note(&mut self.marker.errors, unsafe { *address.add(1) } as usize);
                (1, 0, 1)
            }
            _ => (1, 0, 1),
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

    /// Traces until nothing is left to trace. An object's words are looked at as soon as its header was, while it is in the
    /// processor's caches; the rest of what was looked at before waits.
    pub(super) fn drain(&mut self) {
        // An object that is marked: what is fetched is a pointer, also where there is nothing to fetch.
        let mut marked = Header::new(Kind::List, 0, 0).with_mark(IMMORTAL);
        let mut nothing = Value::from_address(&mut marked.0, tag::LIST);
        let nothing: *mut Value = &mut nothing;
        let mut ahead = Ahead { words: [nothing; AHEAD], next: 0 };
        while !self.marker.stack.is_empty() {
            while let Some(words) = self.pop() {
                if let Some(later) = self.marker.stack.len().checked_sub(SOON) {
                    prefetch(self.marker.stack[later].next().cast());
                }
                self.trace(words, &mut ahead);
            }
            for _ in 0..AHEAD {
                let due = ahead.swap(nothing);
                // SAFETY: words are of live objects, which neither move nor end during a collection, or `nothing`.
                self.visit(unsafe { &mut *due });
            }
        }
    }

    /// Looks at words, and at those of objects that are met on the way.
    #[inline(always)]
    fn trace(&mut self, mut words: Words, ahead: &mut Ahead) {
        while words.next != words.end {
            let slot = words.next;
            // SAFETY: the words are of a live object, and `slot` is not their end.
            let value = unsafe {
                words.next = slot.add(1);
                *slot
            };
            if !value.is_pointer() {
                continue;
            }
            #[cfg(debug_assertions)]
            check(value);
            let mut due = ahead.fetch(slot);
            // SAFETY: as in `drain`.
            let new = loop {
                match self.meet(unsafe { &mut *due }) {
                    Some(words) => break words,
                    None if unsafe { *due }.is_pointer() => due = ahead.fetch(due),
                    None => break Words::NONE,
                }
            };
            if new.next != new.end {
                self.wait(words);
                words = new;
            }
        }
    }

    /// Whether a shape was met by the last major collection or since (asked after `drain`).
    pub fn drain_and_report(&mut self, report: impl FnOnce(&[bool], &[bool])) {
        self.drain();
        report(&self.marker.shapes, &self.marker.errors);
    }
}
