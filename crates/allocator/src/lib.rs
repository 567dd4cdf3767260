//! The command's allocator: small allocations come from lists of free pieces, one list for each size and thread; all others go
//! to the system's allocator.
//!
//! In: layouts. Out: memory. An evaluation makes and frees hundreds of thousands of tables, boxes and short vectors, at about 150
//! instructions each in the C library; a list takes ten, and needs no header before each piece. Whoever embeds the evaluator keeps
//! the allocator of their program: only the `frazil` command uses this one.
//!
//! Invariants: a piece belongs to one size for good, which its layout tells. Pieces are cut from chunks that are never given back,
//! and go to the list of the thread that frees them; what a thread has when it ends is lost, so threads should be few.
//! Not here: objects of Nix values, which are collected (`frazil-eval`).

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// Sizes are multiples of this, and pieces aligned to it.
const STEP: usize = 16;
/// The largest size that is small.
const MOST: usize = 512;
const CLASSES: usize = MOST / STEP + 1;
/// Bytes asked of the system at a time.
const CHUNK: usize = 64 << 10;

/// See the module's text.
pub struct Small;

/// What a thread has.
struct Pieces {
    /// The first free piece of each size; each holds the address of the next.
    free: [Cell<*mut u8>; CLASSES],
    /// What is left of the newest chunk.
    next: Cell<*mut u8>,
    left: Cell<usize>,
}

thread_local! {
    static PIECES: Pieces = const {
        Pieces {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            next: Cell::new(null_mut()),
            left: Cell::new(0),
        }
    };
}

/// The number of a small layout's size.
#[inline(always)]
fn class(layout: Layout) -> Option<usize> {
    (layout.size() <= MOST && layout.align() <= STEP).then(|| layout.size().div_ceil(STEP))
}

impl Pieces {
    #[inline(always)]
    fn take(&self, class: usize) -> *mut u8 {
        let piece = self.free[class].get();
        if piece.is_null() {
            return self.cut(class * STEP);
        }
        // SAFETY: a free piece is ours, at least `STEP` bytes long and aligned, and holds what `give` wrote.
        self.free[class].set(unsafe { *piece.cast::<*mut u8>() });
        piece
    }

    #[inline(always)]
    fn give(&self, piece: *mut u8, class: usize) {
        // SAFETY: the piece was got from `take` for this size and nothing refers to it any more.
        unsafe { *piece.cast::<*mut u8>() = self.free[class].get() };
        self.free[class].set(piece);
    }

    /// A piece that never was used.
    #[cold]
    #[inline(never)]
    fn cut(&self, size: usize) -> *mut u8 {
        if size > self.left.get() {
            self.keep_rest();
            let Ok(layout) = Layout::from_size_align(CHUNK, STEP) else { return null_mut() };
            // SAFETY: the layout is not empty.
            let chunk = unsafe { System.alloc(layout) };
            if chunk.is_null() {
                return chunk;
            }
            self.next.set(chunk);
            self.left.set(CHUNK);
        }
        let piece = self.next.get();
        self.next.set(piece.wrapping_add(size));
        self.left.set(self.left.get() - size);
        piece
    }

    /// The rest of a chunk is a free piece of its size.
    fn keep_rest(&self) {
        let rest = self.left.replace(0);
        if rest >= STEP {
            self.give(self.next.get(), rest / STEP);
        }
    }
}

// SAFETY: pieces of a size are as long and as aligned as its layouts ask, and are in one hand at a time: on a list, or given out.
// What is not small is the system's, asked and given back with the same layout. Nothing here panics.
unsafe impl GlobalAlloc for Small {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class(layout) {
            Some(class) => PIECES.with(|pieces| pieces.take(class)),
            // SAFETY: the caller's promises are those that the system's allocator wants.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        match class(layout) {
            Some(class) => PIECES.with(|pieces| pieces.give(at, class)),
            // SAFETY: as above; what has such a layout was the system's.
            None => unsafe { System.dealloc(at, layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if class(layout).is_none() {
            // SAFETY: as above. Fresh pages are zeroes already, which only the system's allocator knows.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as above.
        let piece = unsafe { self.alloc(layout) };
        if !piece.is_null() {
            // SAFETY: it is as long as the layout says.
            unsafe { piece.write_bytes(0, layout.size()) };
        }
        piece
    }

    #[inline]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller says that `size` is not too large for the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let (is, will) = (class(layout), class(wanted));
        if is.is_some() && is == will {
            return at;
        }
        if is.is_none() && will.is_none() {
            // SAFETY: as above.
            return unsafe { System.realloc(at, layout, size) };
        }
        // SAFETY: as above.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both are at least this long, and apart.
            unsafe {
                moved.copy_from_nonoverlapping(at, layout.size().min(size));
                self.dealloc(at, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests;
