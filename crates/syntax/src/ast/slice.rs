//! A typed run of elements of a side vector: 8 bytes that say where a node's children lie.
//!
//! In: start and length from the parser. Out: a `Slice`, resolved by the `Ast` that holds the vector.

use std::marker::PhantomData;

/// A run of elements in the side vector that holds elements of type `T`.
pub struct Slice<T> {
    pub(crate) start: u32,
    pub(crate) len: u32,
    marker: PhantomData<fn() -> T>,
}

impl<T> Slice<T> {
    /// No elements.
    pub const EMPTY: Self = Slice::new(0, 0);

    pub(crate) const fn new(start: u32, len: u32) -> Self {
        Slice { start, len, marker: PhantomData }
    }

    /// How many elements.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn of(self, all: &[T]) -> &[T] {
        &all[self.start as usize..self.start as usize + self.len as usize]
    }
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Slice<T> {}
impl<T> PartialEq for Slice<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}
impl<T> std::fmt::Debug for Slice<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}", self.start, self.len)
    }
}
