//! Lists: whole ones, views of others, and those that grow.
//!
//! In: elements, or lists. Out: lists, and their elements. A list has its elements in its object, or is a view of a list that
//! does (`Slice`). `a ++ b` where `a` came of `++`, again and again, as `foldl' (all: x: all ++ [ x ])` has it, would copy n²/2
//! elements for a list of n: a list that came of `++` says of how many in a row (`aux`), from the third on it is a view of the
//! beginning of a list with room behind it, and the next `++` writes what it adds there if nobody else did so before. Unused
//! room is [`Value::EMPTY`], which no element is.
//!
//! Invariant: an element that is there never changes. What is written into an old list is remembered, as for thunks.
//!
//! Not here: lists too long to be copied within a step (`long.rs`).

use super::Heap;
use super::long::PIECE;
use super::object::{Header, Kind, copy_values};
use crate::Value;
use crate::value::tag;

/// The elements of a list, whole or slice.
pub type ListRef<'a> = &'a [Value];

/// Shorter lists are copied as fast.
const LONG: usize = 8;
/// How many `++` in a row make a list that is given room.
const IN_A_ROW: usize = 3;

impl Heap {
    /// A list of these elements.
    #[inline]
    pub fn list(&mut self, elements: &[Value]) -> Value {
        self.raw_list(elements.len(), |to| copy_values(elements, to.cast()))
    }
    /// A list of `length` elements, all of which `fill` writes from the place it is given.
    #[inline(always)]
    pub(super) fn raw_list(&mut self, length: usize, fill: impl FnOnce(*mut Value)) -> Value {
        if length == 0 {
            return self.empty_list();
        }
        let number =
            u32::try_from(length).expect("callers check that lists stay below 4 G elements");
        let header = Header::new(Kind::List, 0, number);
        self.object(header, length, tag::LIST, |at| fill(at.cast()))
    }
    /// A list of `length` elements that `fill` writes (it gets them as [`Value::EMPTY`]s and must set each).
    #[inline]
    pub fn list_with(&mut self, length: usize, fill: impl FnOnce(&mut [Value])) -> Value {
        self.raw_list(length, |to| {
            // SAFETY: there is room for `length` values; zero is a valid value.
            let to = unsafe {
                std::ptr::write_bytes(to, 0, length);
                std::slice::from_raw_parts_mut(to, length)
            };
            fill(to);
        })
    }
    /// The list in whose object the elements of this one are, and where they start there.
    fn base_of(&self, list: Value) -> (Value, usize) {
        match self.header(list).kind() {
            Kind::Slice => (Value(self.word(list, 1)), self.word(list, 2) as usize),
            _ => (list, 0),
        }
    }
    /// Elements `start..start + length` of a list, as a view unless that would keep much more alive than it shows.
    pub fn list_slice(&mut self, list: Value, start: usize, length: usize) -> Value {
        if length == 0 {
            return self.empty_list();
        }
        let whole = self.as_list(list).map_or(0, |elements| elements.len());
        debug_assert!(start + length <= whole);
        let (base, offset) = self.base_of(list);
        let base_length = self.header(base).number() as usize;
        if length <= 4 || length * 4 < base_length {
            let elements: *const [Value] =
                &self.as_list(list).unwrap_or_default()[start..start + length];
            // SAFETY: the list neither moves nor changes nor is freed while the copy is made.
            return self.list(unsafe { &*elements });
        }
        self.view(base, offset + start, length)
    }
    /// The elements of the list `value` is.
    #[inline(always)]
    pub fn as_list(&self, value: Value) -> Option<ListRef<'_>> {
        if value.tag() != tag::LIST {
            return None;
        }
        let header = self.header(value);
        let length = header.number() as usize;
        Some(if header.kind() == Kind::List {
            self.values(value, 1, length)
        } else {
            self.values(Value(self.word(value, 1)), 1 + self.word(value, 2) as usize, length)
        })
    }

    /// `left ++ right`, if `left` is the longer one and worth it, and both can be copied within a step.
    pub(crate) fn append(&mut self, left: Value, right: Value) -> Option<Value> {
        let (left, right) = (self.follow(left), self.follow(right));
        let (elements, added): (*const [Value], *const [Value]) =
            (self.as_list(left)?, self.as_list(right)?);
        let (before, total) = (elements.len(), elements.len() + added.len());
        if before < LONG || added.len() > before || total > PIECE / size_of::<Value>() {
            return None;
        }
        // SAFETY: lists neither move nor change nor are freed within a step.
        let added = unsafe { &*added };
        let (base, start) = self.base_of(left);
        let row = self.header(base).aux();
        if row >= IN_A_ROW && self.write_behind(base, start + before, added) {
            return Some(self.view(base, start, total));
        }
        let room = if row + 1 >= IN_A_ROW { total / 2 } else { 0 };
        let grown = self.raw_list(total + room, |to| {
            // SAFETY: there is room for `total + room` values; the lists are as they were.
            unsafe {
                std::ptr::copy_nonoverlapping(elements.cast::<Value>(), to, before);
                std::ptr::copy_nonoverlapping(added.as_ptr(), to.add(before), added.len());
                std::ptr::write_bytes(to.add(total), 0, room);
            }
        });
        let header = self.header(grown).with_aux((row + 1).min(IN_A_ROW) as u16);
        // SAFETY: a list was just made there.
        unsafe { *grown.address() = header.0 };
        Some(if room > 0 { self.view(grown, 0, total) } else { grown })
    }

    /// Writes values from element `at` of a list on, if it has so much room and nothing stands there.
    fn write_behind(&mut self, base: Value, at: usize, values: &[Value]) -> bool {
        let header = self.header(base);
        if at + values.len() > header.number() as usize || self.word(base, 1 + at) != Value::EMPTY.0
        {
            return false;
        }
        for (index, value) in (at..).zip(values) {
            let before = base.address().wrapping_add(index);
            // SAFETY: the list has more elements than `index`, which start after its header.
            unsafe { *before.add(1) = value.0 };
            if header.mark() != 0 {
                self.remembered.push(before);
            }
        }
        true
    }

    /// A list that shows a part of another.
    pub(super) fn view(&mut self, base: Value, start: usize, length: usize) -> Value {
        self.object(Header::new(Kind::Slice, 0, length as u32), 2, tag::LIST, |at| {
            // SAFETY: `object` gave room for two words.
            unsafe {
                *at = base.0;
                *at.add(1) = start as u64;
            }
        })
    }
}
