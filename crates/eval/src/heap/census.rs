//! What was allocated, by kind of object.
//!
//! In: runs of objects that the allocator has filled. Out: numbers and bytes by kind.
//!
//! Allocation itself counts nothing. A run of lines that is full is walked once, header by header, when the allocator leaves
//! it, and only if somebody asked for that before; so an evaluation that nobody counts pays one test per run.
//!
//! Invariant: what was counted adds up to the bytes handed out. A thunk that was finished in the meantime is still as long as
//! it was made, because finishing keeps the header's length.

use super::object::{Header, Kind};

/// Objects of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// How many.
    pub number: u64,
    /// Captures, elements, attributes, bytes of text: what the kind is measured in.
    pub elements: u64,
    /// Bytes, headers included.
    pub bytes: u64,
}

/// What was allocated since counting began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Census {
    /// Suspended expressions; the elements are captures.
    pub thunks: Made,
    /// Suspended applications, as `map` makes them.
    pub applications: Made,
    /// Functions; the elements are captures.
    pub closures: Made,
    /// Functions that wait for further arguments.
    pub partials: Made,
    /// Lists, views of others included.
    pub lists: Made,
    /// Attribute sets.
    pub sets: Made,
    /// Strings of more than seven bytes, and paths.
    pub strings: Made,
    /// Numbers that do not fit a value.
    pub numbers: Made,
}

impl Census {
    /// Counts the objects from `from` up to `to`.
    ///
    /// # Safety
    /// Between the two stand complete objects, one after the other, nothing else.
    pub(super) unsafe fn count(&mut self, from: *mut u8, to: *mut u8) {
        let mut at = from.cast::<u64>();
        while at.cast::<u8>() < to {
            // SAFETY: the caller says an object stands here.
            let words = unsafe { self.count_object(at) };
            at = at.wrapping_add(words);
        }
    }

    /// Counts one object and says how many words it has.
    ///
    /// # Safety
    /// A complete object stands at `address`.
    pub(super) unsafe fn count_object(&mut self, address: *mut u64) -> usize {
        // SAFETY: the caller says so.
        let header = unsafe { Header::at(address) };
        let (aux, number) = (header.aux(), header.number() as usize);
        let (made, elements, words) = match header.kind() {
            // Suspended applications have no proto; neither has the first of all thunks, which is not worth a test. Those to an
            // index look like thunks once they are finished.
            Kind::Apply | Kind::ApplyRunning => (&mut self.applications, aux, aux),
            Kind::Thunk | Kind::Running | Kind::Done | Kind::Failed if number == 0 => {
                (&mut self.applications, aux, aux.max(1))
            }
            Kind::Thunk | Kind::Running | Kind::Done | Kind::Failed => {
                (&mut self.thunks, aux, aux.max(1))
            }
            Kind::Closure => (&mut self.closures, aux, aux.max(1)),
            Kind::Partial => (&mut self.partials, aux, aux),
            Kind::List => (&mut self.lists, number, number),
            Kind::Slice => (&mut self.lists, 0, 2),
            Kind::Attrs => {
                // SAFETY: a set has its count in the upper half of its first word.
                let count = (unsafe { *address.add(1) } >> 32) as usize;
                (&mut self.sets, count, count + 1)
            }
            Kind::Layered => (&mut self.sets, 0, 3),
            Kind::String | Kind::Path => (&mut self.strings, number, (4 + number).div_ceil(8)),
            Kind::Float | Kind::Int => (&mut self.numbers, 1, 1),
        };
        made.number += 1;
        made.elements += elements as u64;
        made.bytes += (words as u64 + 1) * 8;
        words + 1
    }

    /// Bytes of all kinds.
    pub fn bytes(&self) -> u64 {
        let Census { thunks, applications, closures, partials, lists, sets, strings, numbers } =
            self;
        let all = [thunks, applications, closures, partials, lists, sets, strings, numbers];
        all.iter().map(|made| made.bytes).sum()
    }
}
