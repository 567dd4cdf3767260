//! A cache of resolved files in a folder, shared by any number of processes, and notes about files.
//!
//! In: bytes under keys. Out: the same bytes in a later process, or nothing. Files of the folder (`segment.rs`) are written
//! under another name and renamed once complete; they are never changed, and replaced only by one with what they held. So two
//! processes at once do no harm, nor does one that is killed: it leaves a file that nobody reads, removed a day later.
//!
//! Invariants
//! - Bytes are compared with their sum before they are given out: a file that was cut off or overwritten answers nothing.
//! - Nothing fails: where a folder cannot be written or read, the cache is empty.
//! - Segments are few: one is put together with those written before that are not much larger, so each byte is written again
//!   a few times at most.
//! - All segments together stay below the limit, but for what one process adds; the oldest are forgotten first.
//!
//! Not here: what the bytes are, and what makes a key (`frazil`); which notes there are (`stamp.rs`).

mod segment;
mod sum;

use frazil_eval::host::{CodeCache, CodeKey};
use hashbrown::HashSet;
use segment::{EXTENSION, Key, Note, Segment, UNFINISHED, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A process that has less to add adds nothing: finding it again would cost as much as parsing it.
const WORTH_WRITING: usize = 64 << 10;
/// What a note counts for in that: without it a file is read.
const NOTE_WORTH: usize = 2 << 10;
/// More segments than this become one.
const MANY: usize = 8;
/// A file under another name, or of another version, that is this old was left behind.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// See the module's text.
#[derive(Debug)]
pub struct CodeFolder {
    path: PathBuf,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Newest first; found when first asked.
    segments: Option<Vec<Segment>>,
    fresh: Fresh,
}

/// What this process adds.
#[derive(Debug, Default)]
struct Fresh {
    /// Entries, until there are enough to write them.
    few: Vec<(Key, Vec<u8>)>,
    /// The bytes of those.
    size: usize,
    writer: Option<Writer>,
    notes: Vec<(Key, Note)>,
    /// It could not be written.
    failed: bool,
}

impl Fresh {
    /// The segment in the making, with all entries so far.
    fn written(&mut self, folder: &Path) -> Option<&mut Writer> {
        if self.writer.is_none() {
            let mut writer = Writer::new(folder)?;
            for (key, bytes) in std::mem::take(&mut self.few) {
                if !writer.put(&key, &bytes) {
                    return None;
                }
            }
            self.writer = Some(writer);
        }
        self.writer.as_mut()
    }

    fn add(&mut self, folder: &Path, limit: u64, key: Key, bytes: &[u8]) {
        if self.failed {
            return;
        }
        if self.writer.is_none() && self.size + bytes.len() < WORTH_WRITING {
            self.few.push((key, bytes.to_vec()));
            self.size += bytes.len();
            return;
        }
        let notes = self.notes.len();
        let well = self.written(folder).is_some_and(|writer| {
            let fits = writer.size_with(notes) + bytes.len() as u64 <= limit / 2;
            !fits || writer.put(&key, bytes)
        });
        if !well {
            *self = Fresh { failed: true, ..Fresh::default() };
        }
    }

    /// Whether there is a new segment.
    fn finish(mut self, folder: &Path) -> bool {
        let worth = self.size + self.notes.len() * NOTE_WORTH;
        if self.failed || self.writer.is_none() && worth < WORTH_WRITING {
            return false;
        }
        let notes = std::mem::take(&mut self.notes);
        self.written(folder).is_some() && self.writer.is_some_and(|writer| writer.finish(&notes))
    }
}

impl CodeFolder {
    /// The cache in a folder, which is made when there is something to keep. `limit`: the bytes it may take.
    #[must_use]
    pub fn new(path: PathBuf, limit: u64) -> CodeFolder {
        CodeFolder { path, limit, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the first segment that knows says.
    fn ask<T>(&self, answer: impl Fn(&Segment) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        let segments = state.segments.get_or_insert_with(|| segments(&self.path));
        segments.iter().find_map(answer)
    }

    /// What was noted under a key.
    pub(crate) fn noted(&self, key: &Key) -> Option<Note> {
        self.ask(|segment| segment.noted(key))
    }

    /// Notes 32 bytes.
    pub(crate) fn note(&self, key: &Key, noted: &Note) {
        self.state().fresh.notes.push((*key, *noted));
    }

    /// Makes what was kept visible to later processes. What comes after this is kept by a further call.
    pub fn finish(&self) {
        let fresh = std::mem::take(&mut self.state().fresh);
        if fresh.finish(&self.path) {
            self.tidy();
        }
    }

    /// Puts segments together, forgets what is over the limit, and removes what was left behind.
    fn tidy(&self) {
        let segments = segments(&self.path);
        self.remove_abandoned(&segments);
        let size: u64 = segments.iter().map(|segment| segment.size).sum();
        if segments.len() > MANY || size > self.limit {
            merge(&self.path, &segments, self.limit / 2);
            return;
        }
        let mut sum = 0;
        let alike = |segment: &&Segment| {
            let joins = sum == 0 || segment.size <= 2 * sum;
            sum += segment.size;
            joins
        };
        let count = segments.iter().take_while(alike).count();
        if count > 1 {
            merge(&self.path, &segments[..count], self.limit);
        }
    }

    fn remove_abandoned(&self, segments: &[Segment]) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_left = entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
                || is_segment(&path) && segments.iter().all(|segment| segment.path != path);
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let age = age.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
            if is_left && age.is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Puts segments, the newest first, into one of no more than `room`. Their entries stay in the order in which they were used, and
/// those of newer segments come first: so what is oldest goes first later, too.
fn merge(folder: &Path, segments: &[Segment], room: u64) {
    let Some(mut writer) = Writer::new(folder) else { return };
    let (mut known, mut noted) = (HashSet::new(), HashSet::new());
    let mut notes = Vec::new();
    'all: for segment in segments {
        for (key, note) in segment.notes() {
            if writer.size_with(notes.len()) > room {
                break 'all;
            }
            if noted.insert(key) {
                notes.push((key, note));
            }
        }
        for (key, length) in segment.keys() {
            if writer.size_with(notes.len()) + u64::from(length) > room {
                break 'all;
            }
            if known.contains(&key) {
                continue;
            }
            if let Some(bytes) = segment.get(&key) {
                known.insert(key);
                if !writer.put(&key, &bytes) {
                    return;
                }
            }
        }
    }
    if writer.finish(&notes) {
        for segment in segments {
            let _ = fs::remove_file(&segment.path);
        }
    }
}

/// The part of a hash that is looked up.
fn key_of(key: &CodeKey) -> Key {
    std::array::from_fn(|at| key[at])
}

impl CodeCache for CodeFolder {
    fn get(&self, key: &CodeKey) -> Option<Vec<u8>> {
        let key = key_of(key);
        self.ask(|segment| segment.get(&key))
    }

    fn put(&self, key: &CodeKey, bytes: &[u8]) {
        self.state().fresh.add(&self.path, self.limit, key_of(key), bytes);
    }
}

impl Drop for CodeFolder {
    fn drop(&mut self) {
        self.finish();
    }
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// The complete segments of a folder, newest first.
fn segments(folder: &Path) -> Vec<Segment> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| is_segment(path)).collect();
    paths.sort();
    paths.into_iter().rev().filter_map(Segment::open).collect()
}
