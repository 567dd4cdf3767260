//! Memory for objects: blocks cut into lines, runs of free lines, big objects, immortal objects.
//!
//! In: sizes in words. Out: addresses of uninitialised objects. A block is 1 MiB, aligned to its size; its first 32 KiB are
//! the line marks (one byte for each 32-byte line), so a line's mark is found from an address alone.
//!
//! Invariants: line marks say what lives, and until the next collection begins also which runs were taken out of turn; the
//! allocator fills runs of unmarked lines, front to back, and never returns to a run before the next sweep. Sizes are multiples
//! of 8 bytes.
//!
//! Not here: what objects hold (`object.rs`), which live (`mark.rs`).

use super::census::Census;
use super::object::Header;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

/// About as long as an object: most of those that survive have no neighbour that does, and hold all their lines.
pub(super) const LINE: usize = 32;
pub(super) const BLOCK: usize = 1 << 20;
const LINES: usize = BLOCK / LINE;
/// Lines taken by the block's own line marks.
const FIRST_LINE: usize = LINES / LINE;
/// Blocks are asked from the system sixteen at a time.
const SLAB_BLOCKS: usize = 16;
/// Objects above this have allocations of their own.
const BIG: usize = 16 << 10;
const IMMORTAL_CHUNK: usize = 64 << 10;
/// Objects of more than this are not worth a search for room among the small runs.
const WIDE: usize = 64;
/// As many lines in a row are worth being used for them.
const WIDE_RUN: usize = 32;

/// The first line from `line` on that is marked so, or `LINES`. Most are among the next eight, whose marks are one word.
#[inline(always)]
fn next(marks: &[u8], line: usize, mark: u8) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let Some(near) = marks[line..].first_chunk::<8>() else {
        return marks[line..].iter().position(|other| *other == mark).map_or(LINES, |at| line + at);
    };
    let word = u64::from_le_bytes(*near);
    let met = if mark == 0 { !word & ONES } else { word };
    if met != 0 {
        return line + met.trailing_zeros() as usize / 8;
    }
    let far = line + 8;
    memchr::memchr(mark, &marks[far..]).map_or(LINES, |steps| far + steps)
}

/// Where the first `WIDE_RUN` free lines in a row from `line` on begin. What is before the last marked line of a window need
/// not be looked at.
fn wide_run(marks: &[u8], mut line: usize) -> Option<usize> {
    loop {
        let window = marks.get(line..line + WIDE_RUN)?;
        match window.iter().rposition(|mark| *mark != 0) {
            Some(last) => line += last + 1,
            None => return Some(line),
        }
    }
}

/// Asks for huge pages under a slab: the heap is spread over tens of megabytes, and looking up small pages costs an
/// evaluation a tenth of its time. Even the smallest evaluation touches so many pages that one huge one is no dearer.
/// Where they are not to be had nothing changes.
fn prefer_huge_pages(slab: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: the range is a fresh allocation of ours; the advice changes neither its contents nor its addresses.
    unsafe {
        let advice = rustix::mm::Advice::LinuxHugepage;
        let _ = rustix::mm::madvise(slab.cast(), bytes, advice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (slab, bytes);
}

/// From now on large allocations of this process go back to the system as soon as they are freed. Otherwise the C library would
/// keep up to twice the largest for later, which no account of what is in use shows.
pub(super) fn keep_nothing_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
    {
        unsafe extern "C" {
            fn mallopt(parameter: i32, value: i32) -> i32;
        }
        const MMAP_THRESHOLD: i32 = -3;
        // SAFETY: sets a number of the C library's allocator, from any thread, at any time; a refusal changes nothing.
        unsafe { mallopt(MMAP_THRESHOLD, 32 << 10) };
    }
}

/// So many slabs ask for huge pages. A virtual machine may have given free memory back to its owner: the first touch of a huge
/// page that comes from there takes 2.5 ms, thirty times as long as of one that was in use a moment ago, and three times
/// as long as small pages for as much. Large evaluations would pay more for such than they gain by the others.
const HUGE_SLABS: usize = 2;

struct Big {
    address: *mut u64,
    layout: Layout,
}

impl Big {
    /// # Safety
    /// Nothing refers to it any more.
    unsafe fn free(&self) {
        // SAFETY: it was allocated with this layout, here or by the vector that it was.
        unsafe { dealloc(self.address.cast(), self.layout) };
    }
}

/// See the module's text.
pub(super) struct Space {
    cursor: *mut u8,
    limit: *mut u8,
    /// A run of its own for objects of more than two lines that did not fit the current run.
    wide_cursor: *mut u8,
    wide_limit: *mut u8,
    /// Where such runs are looked for next: a block and a line.
    wide_from: (usize, usize),
    /// The marks of those that were found, which are set so that nothing else takes the lines.
    reserved: Vec<(*mut u8, usize)>,
    /// All blocks, in the order in which they are filled.
    blocks: Vec<*mut u8>,
    /// The block being filled and the next line to look at in it.
    block: usize,
    line: usize,
    /// Blocks from here on are untouched since they were got from the system or found empty by a sweep.
    slabs: Vec<*mut u8>,
    spare: Vec<*mut u8>,
    /// How many of the spare blocks, from the first, hold no memory.
    given_back: usize,
    big: Vec<Big>,
    big_bytes: usize,
    immortals: Vec<(*mut u8, usize)>,
    immortal_cursor: usize,
    immortal_bytes: usize,
    /// Bytes of all runs and big objects handed out so far.
    taken: u64,
    /// Whether the slow path ran since this was last asked.
    runs_taken: bool,
    /// Runs taken since the last sweep: the only places where something can have died young.
    #[cfg(debug_assertions)]
    young: Vec<(*mut u8, *mut u8)>,
    /// What the runs left behind held, if somebody wants to know.
    census: Option<Box<Counted>>,
}

/// The counts, and what is to be counted yet.
#[derive(Default)]
struct Counted {
    census: Census,
    /// Where in the two runs being filled the objects begin that were not counted yet.
    run: usize,
    wide: usize,
    /// Big objects that were not counted yet.
    big: Vec<usize>,
}

impl Space {
    pub(super) fn new() -> Space {
        Space {
            cursor: std::ptr::null_mut(),
            limit: std::ptr::null_mut(),
            wide_cursor: std::ptr::null_mut(),
            wide_limit: std::ptr::null_mut(),
            wide_from: (0, FIRST_LINE),
            reserved: Vec::new(),
            blocks: Vec::new(),
            block: 0,
            line: LINES,
            slabs: Vec::new(),
            spare: Vec::new(),
            given_back: 0,
            big: Vec::new(),
            big_bytes: 0,
            immortals: Vec::new(),
            immortal_cursor: IMMORTAL_CHUNK,
            immortal_bytes: 0,
            taken: 0,
            runs_taken: false,
            #[cfg(debug_assertions)]
            young: Vec::new(),
            census: None,
        }
    }

    pub(super) fn start_census(&mut self) {
        let (run, wide) = (self.cursor as usize, self.wide_cursor as usize);
        self.census = Some(Box::new(Counted { run, wide, ..Counted::default() }));
    }
    pub(super) fn census(&mut self) -> Census {
        self.count_runs();
        self.census.as_ref().map_or(Census::default(), |counted| counted.census)
    }

    /// Counts what was filled since this was last done. To be called before `cursor` or `wide_cursor` go elsewhere;
    /// afterwards `run_begins` says where.
    fn count_runs(&mut self) {
        let Some(counted) = &mut self.census else { return };
        let (run, wide) = (self.cursor, self.wide_cursor);
        // SAFETY: what lies between the beginning of a run and its cursor are objects, each complete before the next is
        // made; big objects are complete, too, and were not freed: they are counted before each sweep.
        unsafe {
            counted.census.count(run.with_addr(counted.run), run);
            counted.census.count(wide.with_addr(counted.wide), wide);
            for big in std::mem::take(&mut counted.big) {
                let big = self.big.iter().rev().find(|other| other.address as usize == big);
                if let Some(big) = big {
                    counted.census.count_object(big.address);
                }
            }
        }
        self.run_begins();
    }

    /// Notes that nothing of the current runs is to be counted but what comes now.
    fn run_begins(&mut self) {
        if let Some(counted) = &mut self.census {
            (counted.run, counted.wide) = (self.cursor as usize, self.wide_cursor as usize);
        }
    }

    #[inline(always)]
    pub(super) fn runs_taken(&self) -> bool {
        self.runs_taken
    }
    pub(super) fn reset_runs_taken(&mut self) {
        self.runs_taken = false;
    }
    /// As if the slow path had run.
    pub(super) fn take_notice(&mut self) {
        self.runs_taken = true;
    }
    pub(super) fn allocated(&self) -> u64 {
        self.taken
            - (self.limit as usize - self.cursor as usize) as u64
            - (self.wide_limit as usize - self.wide_cursor as usize) as u64
    }
    pub(super) fn held(&self) -> usize {
        self.blocks.len() * BLOCK + self.big_bytes + self.immortal_bytes
    }

    /// Room for an object of `words` words, uninitialised; `words` is at least 1.
    #[inline(always)]
    pub(super) fn alloc(&mut self, words: usize) -> *mut u64 {
        let bytes = words * 8;
        let at = self.cursor;
        // A big object never lies in a run, though it may fit: its lines would not be marked.
        if bytes <= self.limit as usize - at as usize && bytes <= BIG {
            self.cursor = at.wrapping_add(bytes);
            return at.cast();
        }
        self.alloc_slow(bytes)
    }

    /// As `alloc`, for sizes that are never big.
    #[inline(always)]
    pub(super) fn alloc_small(&mut self, words: usize) -> *mut u64 {
        debug_assert!(words * 8 <= BIG);
        let bytes = words * 8;
        let at = self.cursor;
        if bytes <= self.limit as usize - at as usize {
            self.cursor = at.wrapping_add(bytes);
            return at.cast();
        }
        self.alloc_slow(bytes)
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, bytes: usize) -> *mut u64 {
        self.runs_taken = true;
        if bytes > BIG {
            return self.alloc_big(bytes);
        }
        if bytes > WIDE {
            return self.alloc_wide(bytes);
        }
        self.next_run();
        while bytes > self.limit as usize - self.cursor as usize {
            self.next_run();
        }
        let at = self.cursor;
        self.cursor = at.wrapping_add(bytes);
        at.cast()
    }

    /// Objects of more than two lines: from the current run if the rest of this one is small, else from a run of their own, so
    /// that one of them does not waste the small runs in front of it.
    fn alloc_wide(&mut self, bytes: usize) -> *mut u64 {
        if bytes > self.wide_limit as usize - self.wide_cursor as usize {
            self.count_runs();
            self.taken -= (self.wide_limit as usize - self.wide_cursor as usize) as u64;
            (self.wide_cursor, self.wide_limit) = match self.reserve_run(bytes) {
                Some(run) => run,
                None => {
                    let block = self.fresh_block();
                    self.blocks.insert(self.block.min(self.blocks.len()), block);
                    self.block += 1;
                    (block.wrapping_add(FIRST_LINE * LINE), block.wrapping_add(BLOCK))
                }
            };
            self.run_begins();
            self.taken += (self.wide_limit as usize - self.wide_cursor as usize) as u64;
            #[cfg(debug_assertions)]
            self.young.push((self.wide_cursor, self.wide_limit));
        }
        let at = self.wide_cursor;
        self.wide_cursor = at.wrapping_add(bytes);
        at.cast()
    }

    /// A run of at least `bytes` free bytes ahead of where small objects go, taken out of their way.
    fn reserve_run(&mut self, bytes: usize) -> Option<(*mut u8, *mut u8)> {
        let (mut at, mut line) = self.wide_from.max((self.block, self.line));
        while let Some(block) = self.blocks.get(at).copied() {
            // SAFETY: `block` is a live block of ours; its first LINES bytes are its line marks.
            let marks = unsafe { std::slice::from_raw_parts_mut(block, LINES) };
            while let Some(start) = wide_run(marks, line) {
                let end = memchr::memchr(1, &marks[start..]).map_or(LINES, |length| start + length);
                line = end;
                if (end - start) * LINE >= bytes {
                    marks[start..end].fill(1);
                    self.reserved.push((block.wrapping_add(start), end - start));
                    self.wide_from = (at, line);
                    return Some((
                        block.wrapping_add(start * LINE),
                        block.wrapping_add(end * LINE),
                    ));
                }
            }
            (at, line) = (at + 1, FIRST_LINE);
        }
        self.wide_from = (usize::MAX, 0);
        None
    }

    /// From here on marks say again what lives and nothing else: a collection begins.
    pub(super) fn release_reserved(&mut self) {
        for (marks, count) in self.reserved.drain(..) {
            // SAFETY: marks of a live block of ours, where `reserve_run` wrote them.
            unsafe { std::ptr::write_bytes(marks, 0, count) };
        }
    }

    /// Moves `cursor..limit` to the next run of free lines (at least one line).
    fn next_run(&mut self) {
        self.count_runs();
        self.taken -= (self.limit as usize - self.cursor as usize) as u64;
        loop {
            if self.line < LINES && self.block < self.blocks.len() {
                // SAFETY: `block` is a live block of ours; its first LINES bytes are its line marks.
                let marks = unsafe { std::slice::from_raw_parts(self.blocks[self.block], LINES) };
                let start = next(marks, self.line, 0);
                if start < LINES {
                    let end = next(marks, start, 1);
                    self.line = end;
                    self.cursor = self.blocks[self.block].wrapping_add(start * LINE);
                    self.limit = self.blocks[self.block].wrapping_add(end * LINE);
                    self.taken += ((end - start) * LINE) as u64;
                    #[cfg(debug_assertions)]
                    self.young.push((self.cursor, self.limit));
                    self.run_begins();
                    return;
                }
            }
            if self.block < self.blocks.len() {
                self.block += 1;
            }
            if self.block >= self.blocks.len() {
                let block = self.fresh_block();
                self.blocks.push(block);
                self.block = self.blocks.len() - 1;
            }
            self.line = FIRST_LINE;
        }
    }

    /// An empty block, its line marks cleared.
    fn fresh_block(&mut self) -> *mut u8 {
        if self.spare.is_empty() {
            let layout =
                Layout::from_size_align(BLOCK * SLAB_BLOCKS, BLOCK * 2).expect("a valid layout");
            // SAFETY: the layout is not empty.
            let slab = unsafe { alloc(layout) };
            if slab.is_null() {
                handle_alloc_error(layout);
            }
            if self.slabs.len() < HUGE_SLABS {
                prefer_huge_pages(slab, layout.size());
            }
            self.slabs.push(slab);
            self.spare.extend((0..SLAB_BLOCKS).rev().map(|index| slab.wrapping_add(index * BLOCK)));
        }
        let block = self.spare.pop().expect("just filled");
        self.given_back = self.given_back.min(self.spare.len());
        // SAFETY: `block` is a whole block of a slab of ours; its own line marks count as taken.
        unsafe {
            std::ptr::write_bytes(block, 0, LINES);
            std::ptr::write_bytes(block, 1, FIRST_LINE);
        }
        block
    }

    fn alloc_big(&mut self, bytes: usize) -> *mut u64 {
        let layout = Layout::from_size_align(bytes, 8).expect("a valid layout");
        // SAFETY: the layout is not empty.
        let address = unsafe { alloc(layout) }.cast::<u64>();
        if address.is_null() {
            handle_alloc_error(layout);
        }
        self.add_big(Big { address, layout });
        address
    }

    fn add_big(&mut self, big: Big) {
        if let Some(counted) = &mut self.census {
            counted.big.push(big.address as usize);
        }
        self.big_bytes += big.layout.size();
        self.taken += big.layout.size() as u64;
        self.big.push(big);
    }

    /// Makes the memory of a long vector a big object, which the caller fills. Gives it back if it does not lie as objects do.
    pub(super) fn adopt(&mut self, bytes: Vec<u8>) -> Result<*mut u64, Vec<u8>> {
        let address = bytes.as_ptr().cast_mut().cast::<u64>();
        if !address.is_aligned() || bytes.capacity() <= BIG {
            return Err(bytes);
        }
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        let layout = Layout::array::<u8>(bytes.capacity()).expect("a valid layout");
        self.runs_taken = true;
        self.add_big(Big { address: bytes.as_mut_ptr().cast(), layout });
        Ok(address)
    }

    /// Whether an object of this many words has an allocation of its own (its header says so, for marking).
    #[inline(always)]
    pub(super) fn is_big(words: usize) -> bool {
        words * 8 > BIG
    }

    /// Room for an object that is never freed.
    pub(super) fn alloc_immortal(&mut self, words: usize) -> *mut u64 {
        let bytes = words * 8;
        if bytes > IMMORTAL_CHUNK - self.immortal_cursor {
            let size = bytes.max(IMMORTAL_CHUNK);
            let layout = Layout::from_size_align(size, 8).expect("a valid layout");
            // SAFETY: the layout is not empty.
            let chunk = unsafe { alloc(layout) };
            if chunk.is_null() {
                handle_alloc_error(layout);
            }
            self.immortal_bytes += size;
            if bytes > IMMORTAL_CHUNK {
                // Goes below the current chunk, which stays the one being filled.
                self.immortals.insert(0, (chunk, size));
                return chunk.cast();
            }
            self.immortals.push((chunk, size));
            self.immortal_cursor = 0;
        }
        let at = self.immortals.last().expect("a chunk").0.wrapping_add(self.immortal_cursor);
        self.immortal_cursor += bytes;
        at.cast()
    }

    /// Marks the lines of a live object of a block.
    #[inline(always)]
    pub(super) fn mark_lines(address: *mut u64, bytes: usize) {
        let start = address as usize;
        let block = start & !(BLOCK - 1);
        let first = (start - block) / LINE;
        let last = (start - block + bytes - 1) / LINE;
        let marks = block as *mut u8;
        // SAFETY: the object lies in one block of ours, whose first LINES bytes are its line marks.
        unsafe {
            *marks.add(first) = 1;
            *marks.add(last) = 1;
            for line in first + 1..last {
                *marks.add(line) = 1;
            }
        }
    }

    /// Clears all line marks, before everything is marked again.
    pub(super) fn forget_line_marks(&mut self) {
        for block in &self.blocks {
            // SAFETY: `block` is a live block of ours.
            unsafe {
                std::ptr::write_bytes(*block, 0, LINES);
                std::ptr::write_bytes(*block, 1, FIRST_LINE);
            }
        }
    }

    /// After marking: frees unmarked big objects and starts filling from the first block again.
    pub(super) fn sweep(
        &mut self,
        epoch: u8,
        #[allow(unused, reason = "debug builds")] everything: bool,
    ) {
        self.count_runs();
        let mut freed = 0;
        self.big.retain(|big| {
            // SAFETY: `address` is a live big object of ours, initialised before this safepoint.
            let live = unsafe { Header::at(big.address) }.mark() == epoch;
            if !live {
                freed += big.layout.size();
                // SAFETY: nothing live refers to it.
                unsafe { big.free() };
            }
            live
        });
        self.big_bytes -= freed;
        self.taken -= (self.limit as usize - self.cursor as usize) as u64;
        self.taken -= (self.wide_limit as usize - self.wide_cursor as usize) as u64;
        #[cfg(debug_assertions)]
        self.poison(everything);
        (self.cursor, self.limit) = (std::ptr::null_mut(), std::ptr::null_mut());
        (self.wide_cursor, self.wide_limit) = (std::ptr::null_mut(), std::ptr::null_mut());
        self.set_empty_blocks_aside();
        (self.block, self.line) = (0, FIRST_LINE);
        self.wide_from = (0, FIRST_LINE);
        self.run_begins();
    }

    /// Debug builds make what was freed unreadable as objects, so that a value nobody traced is found out at once. What was
    /// free before stays so: a minor collection looks at the runs taken since, up to where they are filled.
    #[cfg(debug_assertions)]
    fn poison(&mut self, everything: bool) {
        if everything {
            self.young.clear();
            let start = |block: &*mut u8| block.wrapping_add(FIRST_LINE * LINE);
            self.young
                .extend(self.blocks.iter().map(|block| (start(block), block.wrapping_add(BLOCK))));
        }
        for (start, limit) in self.young.drain(..) {
            let end = match limit {
                limit if everything => limit,
                limit if limit == self.limit => self.cursor,
                limit if limit == self.wide_limit => self.wide_cursor,
                limit => limit,
            };
            let block = (start as usize) & !(BLOCK - 1);
            let (first, last) = (start as usize - block, (end as usize - block).div_ceil(LINE));
            let block = start.wrapping_sub(first);
            for line in first / LINE..last {
                // SAFETY: `block` is a live block of ours; an unmarked line holds no live object after marking.
                unsafe {
                    if *block.add(line) == 0 {
                        std::ptr::write_bytes(block.add(line * LINE), 0xdb, LINE);
                    }
                }
            }
        }
    }

    /// Gives the memory of blocks that are not in use back to the system; the addresses stay ours.
    pub(super) fn give_back(&mut self) {
        #[cfg(target_os = "linux")]
        for block in &self.spare[self.given_back.min(self.spare.len())..] {
            // SAFETY: a spare block is a whole block of ours with nothing in it; reading it again gives zeroes, and line marks
            // are written when it is taken.
            unsafe {
                let advice = rustix::mm::Advice::LinuxDontNeed;
                let _ = rustix::mm::madvise(block.cast(), BLOCK, advice);
            }
        }
        self.given_back = self.spare.len();
    }

    /// Blocks without a marked line go back to the spare ones, so that wide objects find whole blocks.
    fn set_empty_blocks_aside(&mut self) {
        let spare = &mut self.spare;
        self.blocks.retain(|block| {
            // SAFETY: `block` is a live block of ours.
            let marks = unsafe { std::slice::from_raw_parts(*block, LINES) };
            let used = memchr::memchr(1, &marks[FIRST_LINE..]).is_some();
            if !used {
                spare.push(*block);
            }
            used
        });
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        for big in &self.big {
            // SAFETY: the heap ends with all its objects.
            unsafe { big.free() };
        }
        for (chunk, size) in &self.immortals {
            // SAFETY: allocated in `alloc_immortal` with this layout.
            unsafe { dealloc(*chunk, Layout::from_size_align(*size, 8).expect("a valid layout")) };
        }
        for slab in &self.slabs {
            // SAFETY: allocated in `fresh_block` with this layout.
            unsafe {
                dealloc(
                    *slab,
                    Layout::from_size_align(BLOCK * SLAB_BLOCKS, BLOCK * 2)
                        .expect("a valid layout"),
                )
            };
        }
    }
}
