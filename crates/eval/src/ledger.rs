//! Memory beside the heap that native work holds: charged to the evaluator's limit before it is taken.
//!
//! In: how much is to be held. Out: an error of the heap limit, or the room; what is held counts for all checks until it is
//! dropped. [`Held`] is a vector that is charged as it grows, [`Charge`] a number of bytes for everything else.
//! Without a limit nothing is counted. What never passes a few kilobytes need not be charged.
//!
//! Not here: the limit (`vm/limits.rs`), values on the heap.

use crate::Error;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many items are copied between two looks.
const PIECE: usize = 1 << 16;

/// What all charges of an evaluator come to.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<AtomicUsize>);

impl Ledger {
    /// Bytes that are charged.
    pub(crate) fn total(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
    fn change(&self, from: usize, to: usize) {
        // Wraps round for what becomes less.
        self.0.fetch_add(to.wrapping_sub(from), Ordering::Relaxed);
    }
}

/// Who knows how much more may be held: the machine, or a [`Watch`](crate::vm::Watch) where the machine is borrowed.
pub trait Room {
    /// Whether `bytes` more may be taken at once.
    ///
    /// # Errors
    /// It is more than allowed.
    fn check_room(&self, bytes: usize) -> Result<(), Error>;
    /// Where charges are noted; nowhere without a limit.
    #[doc(hidden)]
    fn ledger(&self) -> Option<&Ledger>;
    /// Whether the evaluation may go on: asked between pieces of what takes long. It counts as no work.
    ///
    /// # Errors
    /// The evaluation is to end.
    fn look(&self) -> Result<(), Error>;
}

/// A number of bytes that is charged while this lives.
#[derive(Debug, Default)]
pub struct Charge {
    bytes: usize,
    ledger: Option<Ledger>,
}

impl Charge {
    /// Charges so many bytes instead of those so far.
    ///
    /// # Errors
    /// It is more than allowed; then nothing changes.
    pub fn set(&mut self, room: &impl Room, bytes: usize) -> Result<(), Error> {
        room.check_room(bytes.saturating_sub(self.bytes))?;
        self.note(room, bytes);
        Ok(())
    }

    fn note(&mut self, room: &impl Room, bytes: usize) {
        if let Some(ledger) = room.ledger() {
            self.ledger.get_or_insert_with(|| ledger.clone()).change(self.bytes, bytes);
            self.bytes = bytes;
        }
    }

    /// Charges so many bytes more.
    ///
    /// # Errors
    /// As `set`.
    pub fn add(&mut self, room: &impl Room, bytes: usize) -> Result<(), Error> {
        self.set(room, self.bytes.saturating_add(bytes))
    }

    /// Charges for a table of entries of this size that is about to get one more: a full one doubles, and is twice there while
    /// it does.
    ///
    /// # Errors
    /// As `set`.
    #[inline]
    pub fn one_more(
        &mut self,
        room: &impl Room,
        len: usize,
        capacity: usize,
        size: usize,
    ) -> Result<(), Error> {
        if len < capacity { Ok(()) } else { self.set(room, capacity.max(4) * 3 * (size + 1)) }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(ledger) = &self.ledger {
            ledger.change(self.bytes, 0);
        }
    }
}

/// The bytes that a vector takes first: shorter ones would grow several times for a line of text.
const SMALLEST: usize = 64;

/// A vector whose room is charged before it is taken.
#[derive(Debug)]
pub struct Held<T> {
    items: Vec<T>,
    charge: Charge,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Held::new()
    }
}

impl<T> Held<T> {
    /// An empty one.
    pub fn new() -> Held<T> {
        Held { items: Vec::new(), charge: Charge { bytes: 0, ledger: None } }
    }

    /// An empty one with room for so many.
    ///
    /// # Errors
    /// It is more than allowed.
    pub fn with_capacity(room: &impl Room, count: usize) -> Result<Held<T>, Error> {
        let mut held = Held::new();
        held.reserve(room, count)?;
        Ok(held)
    }

    /// Makes sure that there is room for `more` items.
    ///
    /// # Errors
    /// It is more than allowed.
    #[inline]
    pub fn reserve(&mut self, room: &impl Room, more: usize) -> Result<(), Error> {
        if self.items.capacity() - self.items.len() >= more {
            Ok(())
        } else {
            self.grow(room, more)
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, room: &impl Room, more: usize) -> Result<(), Error> {
        let (length, size) = (self.items.len(), size_of::<T>());
        let least = length.saturating_add(more);
        let bytes = |count: usize| count.saturating_mul(size);
        // Twice as much if that is to be had, else a little more than needed. While it grows, old and new may both be there.
        let mut wanted = least.max(self.items.capacity() * 2).max(4).max(SMALLEST / size.max(1));
        if room.check_room(bytes(wanted)).is_err() {
            wanted = least.saturating_add(length / 8);
            room.check_room(bytes(wanted))?;
        }
        self.items.reserve_exact(wanted - length);
        // What is there already is no matter of allowing it.
        let taken = bytes(self.items.capacity());
        self.charge.note(room, taken);
        Ok(())
    }

    /// Puts one item at the end.
    ///
    /// # Errors
    /// There is no room for it.
    #[inline]
    pub fn push(&mut self, room: &impl Room, item: T) -> Result<(), Error> {
        self.reserve(room, 1)?;
        self.items.push(item);
        Ok(())
    }

    /// Takes the last item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Puts what an iterator of known length gives at the end.
    ///
    /// # Errors
    /// There is no room for it.
    #[inline]
    pub fn extend(
        &mut self,
        room: &impl Room,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    ) -> Result<(), Error> {
        let items = items.into_iter();
        if items.len() > PIECE {
            return self.extend_long(room, items);
        }
        self.reserve(room, items.len())?;
        self.items.extend(items);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn extend_long(
        &mut self,
        room: &impl Room,
        mut items: impl ExactSizeIterator<Item = T>,
    ) -> Result<(), Error> {
        self.reserve(room, items.len())?;
        while items.len() > 0 {
            self.items.extend(items.by_ref().take(PIECE));
            room.look()?;
        }
        Ok(())
    }

    /// Forgets all items but keeps the room.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// The vector itself, for changes that do not make it grow.
    #[inline]
    pub fn as_vec(&mut self) -> &mut Vec<T> {
        &mut self.items
    }

    /// The vector, from now on not charged any more.
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }
}

impl<T> From<Vec<T>> for Held<T> {
    /// A small vector, charged from when it grows.
    fn from(items: Vec<T>) -> Held<T> {
        Held { items, charge: Charge::default() }
    }
}

impl<T: Copy> Held<T> {
    /// A copy of these items.
    ///
    /// # Errors
    /// There is no room for it.
    #[inline]
    pub fn copy_of(room: &impl Room, items: &[T]) -> Result<Held<T>, Error> {
        let mut held = Held::new();
        held.append(room, items)?;
        Ok(held)
    }

    /// Puts copies of these items at the end.
    ///
    /// # Errors
    /// There is no room for them.
    #[inline]
    pub fn append(&mut self, room: &impl Room, items: &[T]) -> Result<(), Error> {
        if items.len() > PIECE {
            return self.extend_long(room, items.iter().copied());
        }
        self.reserve(room, items.len())?;
        self.items.extend_from_slice(items);
        Ok(())
    }
}

impl<T> Deref for Held<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for Held<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

impl<'a, T> IntoIterator for &'a mut Held<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter_mut()
    }
}

impl<'a, T> IntoIterator for &'a Held<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
