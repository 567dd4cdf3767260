//! Pieces hold what was written, are aligned and apart, and come back.

use super::{CHUNK, MOST, STEP, Small};
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// Pieces by address, with layout and the byte that fills them.
#[derive(Default)]
struct Held(BTreeMap<usize, (Layout, u8)>);

impl Held {
    fn add(&mut self, at: *mut u8, layout: Layout, byte: u8) {
        assert!(!at.is_null() && (at as usize).is_multiple_of(layout.align()));
        let (start, end) = (at as usize, at as usize + layout.size());
        let before = self.0.range(..end).next_back();
        assert!(
            before.is_none_or(|(other, (held, _))| other + held.size() <= start),
            "they overlap"
        );
        // SAFETY: it was just got with this layout.
        unsafe { at.write_bytes(byte, layout.size()) };
        self.0.insert(start, (layout, byte));
    }

    /// Takes one out after a look at what it holds.
    fn take(&mut self, number: usize) -> (*mut u8, Layout, u8) {
        let (&at, &(layout, byte)) = self.0.iter().nth(number).expect("so many are held");
        self.0.remove(&at);
        let at = at as *mut u8;
        check(at, layout.size(), byte);
        (at, layout, byte)
    }
}

fn check(at: *mut u8, length: usize, byte: u8) {
    // SAFETY: `add` or `realloc` got it with at least this length, and all of it was written.
    let bytes = unsafe { std::slice::from_raw_parts(at, length) };
    assert!(bytes.iter().all(|other| *other == byte), "it was written over");
}

#[test]
fn pieces_are_apart_and_keep_what_they_hold() {
    let mut state = 1u64;
    let mut number = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut held = Held::default();
    for round in 0..20_000 {
        let byte = (round % 251) as u8;
        let most = [MOST * 2, 64][number(2)];
        let wanted = layout(1 + number(most), 1 << number(8));
        match number(4) {
            // SAFETY: the layout is not empty.
            0 => held.add(unsafe { Small.alloc(wanted) }, wanted, byte),
            1 => {
                // SAFETY: the layout is not empty.
                let at = unsafe { Small.alloc_zeroed(wanted) };
                check(at, wanted.size(), 0);
                held.add(at, wanted, byte);
            }
            2 if !held.0.is_empty() => {
                let (at, old, byte) = held.take(number(held.0.len()));
                let new = layout(wanted.size(), old.align());
                // SAFETY: it was got with `old`, and the new size is not zero.
                let moved = unsafe { Small.realloc(at, old, new.size()) };
                check(moved, old.size().min(new.size()), byte);
                held.add(moved, new, byte);
            }
            _ if !held.0.is_empty() => {
                let (at, old, _) = held.take(number(held.0.len()));
                // SAFETY: it was got with `old`.
                unsafe { Small.dealloc(at, old) };
            }
            _ => {}
        }
    }
    while !held.0.is_empty() {
        let (at, old, _) = held.take(0);
        // SAFETY: it was got with `old`.
        unsafe { Small.dealloc(at, old) };
    }
}

#[test]
fn what_is_freed_is_used_again() {
    let wanted = layout(48, 8);
    // SAFETY: the layout is not empty, and each is freed once.
    let again = unsafe {
        let first = Small.alloc(wanted);
        Small.dealloc(first, wanted);
        let second = Small.alloc(wanted);
        Small.dealloc(second, wanted);
        first == second
    };
    assert!(again);
}

#[test]
fn another_thread_may_free() {
    let wanted = layout(STEP, 1);
    let count = 3 * CHUNK / STEP;
    // SAFETY: the layout is not empty.
    let pieces: Vec<usize> = (0..count).map(|_| unsafe { Small.alloc(wanted) } as usize).collect();
    let freed = std::thread::spawn(move || {
        for at in pieces {
            // SAFETY: it was got with this layout, and nobody else has it.
            unsafe { Small.dealloc(at as *mut u8, wanted) };
        }
        // SAFETY: the layout is not empty.
        let at = unsafe { Small.alloc(wanted) };
        // SAFETY: as above.
        unsafe { Small.dealloc(at, wanted) };
        !at.is_null()
    });
    assert!(freed.join().expect("the thread ends"));
}
