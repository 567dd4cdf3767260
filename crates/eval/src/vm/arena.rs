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

/// A table in an arena.
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

impl<T> Piece<T> {
    /// Cuts the first `count` items off, as a piece of their own.
    pub(crate) fn split_front(&mut self, count: usize) -> Piece<T> {
        let count = self.length.min(u32::try_from(count).unwrap_or(u32::MAX));
        let front = Piece { start: self.start, length: count, owns: PhantomData };
        // SAFETY: `count` is not more than there is, so this stays inside or right behind; what is cut off is no longer ours.
        self.start = unsafe { self.start.add(count as usize) };
        self.length -= count;
        front
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
        let mut rest = arena.place(0..10_u16);
        let mut front = rest.split_front(4);
        front[3] = 77;
        assert_eq!((&*front, &*rest), (&[0, 1, 2, 77][..], &[4, 5, 6, 7, 8, 9][..]));
        assert_eq!((rest.split_front(99).len(), rest.len()), (6, 0));
    }
}
