//! One file of the cache: how it is written and read.
//!
//! In: entries (bytes under keys) and notes (32 bytes under keys). Out: the same, or nothing where the file is damaged.
//!
//! ```text
//! the bytes of the entries, each followed by its sum (16)
//! a row for each entry, ascending by key: key (20), where its bytes start (4), how many (4)
//! a row for each note, ascending by key: key (20), what is noted (32), sum (16)
//! the number of entries (4), of notes (4), MAGIC (8); numbers are little-endian
//! ```
//!
//! All rows are read when a file is opened, of the entries only those that are asked for: so rows are short.
//!
//! Invariants: nothing is believed before its sum was compared; lengths and places are compared with the file's size.
//! Not here: which files there are (`code_folder.rs`).

use super::sum::{SUM, sum};
use rustix::buffer::spare_capacity;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A key: the first bytes of a hash, enough that nobody finds two texts with the same.
pub(super) type Key = [u8; KEY];
/// What is noted.
pub(super) type Note = [u8; NOTE];

const KEY: usize = 20;
const NOTE: usize = 32;
pub(super) const MAGIC: &[u8; 8] = b"frazil04";
const ENTRY_ROW: usize = KEY + 8;
const NOTE_ROW: usize = KEY + NOTE + SUM;
const END: usize = 16;
/// The end of a segment's name.
pub(super) const EXTENSION: &str = "segment";
/// The beginning of the name of one that is not finished.
pub(super) const UNFINISHED: &str = ".new-";

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    file: File,
    /// The rows of the entries, then those of the notes.
    rows: Vec<u8>,
    /// Where the second begin.
    notes: usize,
}

/// Four bytes as a number.
fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The row with a key, of some that are in order.
fn find<'r, const ROW: usize>(rows: &'r [[u8; ROW]], key: &Key) -> Option<&'r [u8; ROW]> {
    let at = rows.binary_search_by(|row| row[..KEY].cmp(key)).ok()?;
    rows.get(at)
}

impl Segment {
    /// The segment at a path, if it is complete.
    pub(super) fn open(path: PathBuf) -> Option<Segment> {
        let file = File::open(&path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut end = [0; END];
        let rows_end = size.checked_sub(END as u64)?;
        file.read_exact_at(&mut end, rows_end).ok()?;
        let (numbers, magic) = end.split_at(8);
        if magic != MAGIC {
            return None;
        }
        let entries = u64::from(number(&numbers[..4])?) * ENTRY_ROW as u64;
        let length = entries + u64::from(number(&numbers[4..])?) * NOTE_ROW as u64;
        let start = rows_end.checked_sub(length)?;
        let rows = read(&file, start, usize::try_from(length).ok()?)?;
        Some(Segment { path, size, file, rows, notes: usize::try_from(entries).ok()? })
    }

    fn entries(&self) -> &[[u8; ENTRY_ROW]] {
        self.rows.get(..self.notes).unwrap_or_default().as_chunks().0
    }

    fn note_rows(&self) -> &[[u8; NOTE_ROW]] {
        self.rows.get(self.notes..).unwrap_or_default().as_chunks().0
    }

    /// The bytes kept under a key.
    pub(super) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        self.bytes(find(self.entries(), key)?)
    }

    /// What is noted under a key.
    pub(super) fn noted(&self, key: &Key) -> Option<Note> {
        note(find(self.note_rows(), key)?)
    }

    /// The keys of all entries, and how many bytes each has, in the order in which they were put.
    pub(super) fn keys(&self) -> impl Iterator<Item = (Key, u32)> {
        let mut rows: Vec<(u32, u32, Key)> = Vec::new();
        rows.extend(self.entries().iter().filter_map(|row| {
            let (key, _) = row.split_first_chunk()?;
            Some((number(&row[KEY..KEY + 4])?, number(&row[KEY + 4..])?, *key))
        }));
        rows.sort_unstable();
        rows.into_iter().map(|(_, length, key)| (key, length))
    }

    /// All notes that are whole.
    pub(super) fn notes(&self) -> impl Iterator<Item = (Key, Note)> {
        self.note_rows().iter().filter_map(|row| {
            let (key, _) = row.split_first_chunk()?;
            Some((*key, note(row)?))
        })
    }

    /// The bytes of a row, if they are what was written.
    fn bytes(&self, row: &[u8; ENTRY_ROW]) -> Option<Vec<u8>> {
        let (start, length) = (number(&row[KEY..KEY + 4])?, number(&row[KEY + 4..])? as usize);
        if u64::from(start) + length as u64 + SUM as u64 > self.size {
            return None;
        }
        let mut bytes = read(&self.file, u64::from(start), length + SUM)?;
        let (data, expected) = bytes.split_at(length);
        let is_whole = sum(&row[..KEY], data) == expected;
        bytes.truncate(length);
        is_whole.then_some(bytes)
    }
}

/// What a row notes, if it is what was written.
fn note(row: &[u8; NOTE_ROW]) -> Option<Note> {
    let (key, rest) = row.split_at(KEY);
    let (noted, expected) = rest.split_first_chunk()?;
    (sum(key, noted) == expected).then_some(*noted)
}

/// Bytes of a file, into memory that need not be cleared first.
fn read(file: &File, start: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    while bytes.len() < length {
        let at = start.checked_add(bytes.len() as u64)?;
        match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
            Ok(0) => return None,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    bytes.truncate(length);
    Some(bytes)
}

/// A segment in the making; what is not finished is removed.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
    rows: Vec<[u8; ENTRY_ROW]>,
    /// The bytes of the entries.
    pub(super) size: u64,
}

impl Writer {
    pub(super) fn new(folder: &Path) -> Option<Writer> {
        // Whoever writes here decides what code is run.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let path = folder.join(format!("{UNFINISHED}{}", unique()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path).ok()?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Some(Writer { folder: folder.into(), path, file, rows: Vec::new(), size: 0 })
    }

    /// How large the segment is with what it has and so many notes.
    pub(super) fn size_with(&self, notes: usize) -> u64 {
        self.size + (self.rows.len() * ENTRY_ROW + notes * NOTE_ROW + END) as u64
    }

    /// False: there is no use in going on.
    pub(super) fn put(&mut self, key: &Key, bytes: &[u8]) -> bool {
        let length = (bytes.len() as u64).saturating_add(SUM as u64);
        let (Ok(start), Ok(_)) = (u32::try_from(self.size), u32::try_from(self.size + length))
        else {
            return false;
        };
        let mut row = [0; ENTRY_ROW];
        row[..KEY].copy_from_slice(key);
        row[KEY..KEY + 4].copy_from_slice(&start.to_le_bytes());
        row[KEY + 4..].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.rows.push(row);
        self.size += length;
        self.file.write_all(bytes).is_ok() && self.file.write_all(&sum(key, bytes)).is_ok()
    }

    /// Writes the notes as well and gives the segment its name. Of what has the same key the last one counts.
    pub(super) fn finish(mut self, notes: &[(Key, Note)]) -> bool {
        let mut notes: Vec<_> = notes.iter().rev().collect();
        notes.sort_by_key(|note| note.0);
        notes.dedup_by_key(|note| note.0);
        self.rows.reverse();
        self.rows.sort_by(|a, b| a[..KEY].cmp(&b[..KEY]));
        self.rows.dedup_by(|a, b| a[..KEY] == b[..KEY]);
        let mut end = self.rows.as_flattened().to_vec();
        for (key, noted) in &notes {
            end.extend_from_slice(key);
            end.extend_from_slice(noted);
            end.extend_from_slice(&sum(key, noted));
        }
        for count in [self.rows.len(), notes.len()] {
            end.extend_from_slice(&(count as u32).to_le_bytes());
        }
        end.extend_from_slice(MAGIC);
        if self.file.write_all(&end).is_err() || self.file.flush().is_err() {
            return false;
        }
        let name = format!("{}.{EXTENSION}", unique());
        fs::rename(&self.path, self.folder.join(name)).is_ok()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // After a rename there is nothing under this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// A name that no other process and no other moment has; later ones come later in order.
fn unique() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:024}-{}", now.as_nanos(), std::process::id())
}
