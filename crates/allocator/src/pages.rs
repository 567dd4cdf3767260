//! Larger pages under the heap of the C library, and few steps in which it grows.
//!
//! In: the end of the heap. Out: the system's advice to put pages of two megabytes under what is new of
//! it. An evaluation touches tens of megabytes once each; in pages of four kilobytes their first touch alone was a tenth of its
//! time: each costs a microsecond, one of two megabytes as much as eighty of them, so that all of the heap is to stand in huge ones.
//!
//! Invariants: advice changes no contents, and what is refused changes nothing. Other C libraries, and the heaps of threads, are
//! left alone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const HUGE: usize = 2 << 20;
/// The heap grows by this. A huge page that would lie across two steps is none, so they are few; what was not touched of one
/// takes no memory, but as much as this is kept at the heap's end when it was freed.
const STEP: i32 = 16 << 20;

/// As much comes before the first huge page: enough for the smallest evaluation.
const LEAD: usize = 256 << 10;
/// More than is left of what the C library got first, less than it maps by itself, and less than the above.
const PROBE: usize = 96 << 10;

/// Whether small pages are wanted after all.
static SPARE: AtomicBool = AtomicBool::new(false);
/// Where the heap ended when it was last looked at; nothing before the first time.
static END: AtomicUsize = AtomicUsize::new(0);

/// From now on pages are small and little is kept at the heap's end.
pub(crate) fn spare() {
    const USUAL_STEP: i32 = 128 << 10;
    SPARE.store(true, Ordering::Relaxed);
    grow_by(USUAL_STEP);
}

fn grow_by(step: i32) {
    // SAFETY: sets a number of the C library's allocator, from any thread, at any time; a refusal changes nothing.
    unsafe { libc::mallopt(libc::M_TOP_PAD, step) };
}

/// Advises of what is new. To be called whenever something was asked of the C library, and before that is touched: a huge page
/// cannot come where a small one is.
#[inline]
pub(crate) fn look() {
    // SAFETY: by nothing the end does not move; this only asks for it.
    let end = unsafe { libc::sbrk(0) } as usize;
    let known = END.load(Ordering::Relaxed);
    if end != known {
        END.store(end, Ordering::Relaxed);
        moved(known, end);
    }
}

#[cold]
#[inline(never)]
fn moved(known: usize, end: usize) {
    if known == 0 {
        return begin(end);
    }
    if !SPARE.load(Ordering::Relaxed)
        && let Some(from) = known.checked_next_multiple_of(HUGE)
        && let Some(length) = end.checked_sub(from)
    {
        let from = std::ptr::without_provenance_mut(from);
        // SAFETY: the range is part of the heap, or was a moment ago; the advice changes neither contents nor addresses.
        unsafe { libc::madvise(from, length, libc::MADV_HUGEPAGE) };
    }
}

/// What the C library has got already stays as it is. What comes next begins a little before a huge page can: the library writes
/// where the rest begins as soon as it has taken something off, and that must not be in the first huge page.
#[cold]
fn begin(end: usize) {
    grow_by(STEP);
    let begin = end.checked_add(LEAD).and_then(|end| end.checked_next_multiple_of(HUGE));
    let gap = begin.map_or(0, |begin| begin - LEAD - end);
    // SAFETY: the C library allows for others who move the end, and nobody uses what is in between. This is before the first
    // small allocation, when there are no threads yet.
    unsafe { libc::sbrk(gap as libc::intptr_t) };
    // SAFETY: nothing is done with it, but the heap has to grow for it.
    unsafe { libc::free(libc::malloc(PROBE)) };
    look();
}
