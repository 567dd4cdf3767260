//! Where loaded code lies: small tables one after the other in large blocks, so that entering a body for the first time
//! costs few allocations and no table carries an allocator's header.
//!
//! In: items without destructors. Out: `Piece`s, slices that live as long as the machine.
//! Invariants: a block is never moved or freed before the machine; each piece is given out once, so it is its holder's alone.
//! Not here: values that are collected (`heap`).

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Words in a block, unless one table needs more.
const BLOCK: usize = 8 * 1024;

/// See the module's text.
#[derive(Default)]
pub(crate) struct Arena {
    blocks: Vec<Box<[MaybeUninit<u64>]>>,
    /// The words of the last block that are still free.
    free: Option<(NonNull<MaybeUninit<u64>>, usize)>,
    bytes_held: usize,
}

/// A table in an arena. Loaded code has seven of them, so they are kept to twelve bytes each.
#[repr(C, packed(4))]
pub(crate) struct Piece<T> {
    start: NonNull<T>,
    length: u32,
    owns: PhantomData<T>,
}

impl Arena {
    /// Puts items into the arena. They are dropped without a destructor, and need no more than a word's alignment.
    pub(crate) fn place<T>(&mut self, items: impl ExactSizeIterator<Item = T>) -> Piece<T> {
        const { assert!(!std::mem::needs_drop::<T>() && align_of::<T>() <= align_of::<u64>()) };
        let count = items.len();
        if count == 0 || u32::try_from(count).is_err() {
            return Piece { start: NonNull::dangling(), length: 0, owns: PhantomData };
        }
        let start = self.words((count * size_of::<T>()).div_ceil(size_of::<u64>())).cast::<T>();
        let mut length = 0;
        for item in items.take(count) {
            // SAFETY: `count` items fit into the words just taken, which nobody else has and which are aligned for `T`.
            unsafe { start.add(length).write(item) };
            length += 1;
        }
        Piece { start, length: length as u32, owns: PhantomData }
    }

    /// The same for items that are there already.
    pub(crate) fn copy<T: Copy>(&mut self, items: &[T]) -> Piece<T> {
        const { assert!(align_of::<T>() <= align_of::<u64>()) };
        let count = items.len();
        if count == 0 || u32::try_from(count).is_err() {
            return Piece { start: NonNull::dangling(), length: 0, owns: PhantomData };
        }
        let start = self.words(size_of_val(items).div_ceil(size_of::<u64>())).cast::<T>();
        // SAFETY: `count` items fit into the words just taken, which nobody else has and which are aligned for `T`.
        unsafe { start.copy_from_nonoverlapping(NonNull::from(items).cast(), count) };
        Piece { start, length: count as u32, owns: PhantomData }
    }

    /// The bytes held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes_held
    }

    fn words(&mut self, count: usize) -> NonNull<MaybeUninit<u64>> {
        if let Some((start, free)) = self.free
            && count <= free
        {
            // SAFETY: `count` of the block's words from `start` on are free.
            self.free = Some((unsafe { start.add(count) }, free - count));
            return start;
        }
        let size = count.max(BLOCK);
        let mut block = Box::new_uninit_slice(size);
        // A boxed slice is not null.
        let start = NonNull::new(block.as_mut_ptr()).unwrap_or(NonNull::dangling());
        self.blocks.push(block);
        self.bytes_held += size * size_of::<u64>();
        // SAFETY: the block has `size` words, and `count` is not more.
        let rest = unsafe { start.add(count) };
        // A table with a block of its own leaves the last one's rest to the next.
        if size - count >= self.free.map_or(0, |(_, free)| free) {
            self.free = Some((rest, size - count));
        }
        start
    }
}

/// How many items stand in one allocation.
const TOGETHER: usize = 64;

/// Items that stay where they are put, many to an allocation.
pub(crate) struct Steady<T>(Vec<Vec<T>>);

impl<T> Steady<T> {
    pub(crate) fn new() -> Steady<T> {
        Steady(Vec::new())
    }

    /// Puts an item at the end and says where it stays.
    pub(crate) fn push(&mut self, item: T) -> *mut T {
        if self.0.last().is_none_or(|items| items.len() == items.capacity()) {
            self.0.push(Vec::with_capacity(TOGETHER));
        }
        let Some(items) = self.0.last_mut() else { return std::ptr::null_mut() };
        // There is room, so those before it are not moved.
        items.push(item);
        items.as_mut_ptr().wrapping_add(items.len() - 1)
    }

    /// The bytes held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        self.0.len() * TOGETHER * size_of::<T>()
    }
}

impl<T> Deref for Piece<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: `place` wrote `length` items there, and the block lives as long as the machine that holds this piece.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length as usize) }
    }
}

impl<T> DerefMut for Piece<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as for `deref`; a piece is given out once, so this is the only way to its items.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_items() {
        let mut arena = Arena::default();
        let mut bytes: Vec<Piece<u8>> =
            (0..5000u32).map(|n| arena.place((0..n % 77).map(move |m| (n + m) as u8))).collect();
        let large = arena.place((0..100_000u32).map(u64::from));
        let after = arena.place([7u16; 3].into_iter());
        bytes[76][3] = 200;
        for (n, piece) in (0..5000u32).zip(&bytes) {
            assert_eq!(piece.len(), n as usize % 77);
            let expected = |m: u32| if (n, m) == (76, 3) { 200 } else { (n + m) as u8 };
            assert!((0..).zip(piece.iter()).all(|(m, byte)| *byte == expected(m)));
        }
        assert!(large.iter().copied().eq(0..100_000));
        assert_eq!(*after, [7; 3]);
        assert!(arena.place(std::iter::empty::<u64>()).is_empty());
    }

    #[test]
    fn items_stay() {
        let mut items = Steady::new();
        let places: Vec<*mut u64> = (0..1000).map(|n| items.push(n)).collect();
        // SAFETY: the items are still there, and nothing else refers to them.
        assert!(places.iter().zip(0..).all(|(place, n)| unsafe { **place } == n));
    }
}
