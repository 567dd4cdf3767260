//! A cache of resolved files in a folder, shared by any number of processes.
//!
//! In: bytes under keys. Out: the same bytes in a later process, or nothing. Files of the folder, `SEGMENT` below, are written
//! under another name and renamed once complete; they are never changed, and replaced only by one with what they held. So two
//! processes at once do no harm, nor does one that is killed: it leaves a file that nobody reads, removed a day later.
//!
//! ```text
//! SEGMENT  bytes of the entries, one after the other
//!          a row for each, ascending by key: key (32), where its bytes start (8), how many (4), their sum (16)
//!          the number of rows (8), MAGIC (8); numbers are little-endian
//! ```
//!
//! Invariants
//! - Bytes are compared with their sum before they are given out: a file that was cut off or overwritten answers nothing.
//! - Nothing fails: where a folder cannot be written or read, the cache is empty.
//! - All segments together stay below the limit, but for what one process adds; the oldest are forgotten first.
//!
//! Not here: what the bytes are, and what makes a key (`frazil`).

use frazil_eval::host::{CodeCache, CodeKey as Key};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

const MAGIC: &[u8; 8] = b"frazil03";
const ROW: usize = 60;
const END: u64 = 16;
const EXTENSION: &str = "segment";
/// A process that has less to add adds nothing: finding it again would cost as much as parsing it.
const WORTH_WRITING: usize = 64 << 10;
/// More segments than this become one.
const MANY: usize = 8;
/// A file under another name that is this old was left behind.
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
enum Fresh {
    /// Not much so far.
    #[default]
    Nothing,
    Few(Vec<(Key, Vec<u8>)>, usize),
    Many(Writer),
    /// It could not be written.
    Failed,
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

    fn added(&self, fresh: Fresh, key: &Key, bytes: &[u8]) -> Fresh {
        match fresh {
            Fresh::Nothing => self.added(Fresh::Few(Vec::new(), 0), key, bytes),
            Fresh::Few(mut few, size) if size + bytes.len() < WORTH_WRITING => {
                few.push((*key, bytes.to_vec()));
                Fresh::Few(few, size + bytes.len())
            }
            Fresh::Few(few, _) => {
                let Some(mut writer) = Writer::new(&self.path) else { return Fresh::Failed };
                let mut well = few.iter().all(|(key, bytes)| writer.put(key, bytes));
                well = well && writer.put(key, bytes);
                if well { Fresh::Many(writer) } else { Fresh::Failed }
            }
            Fresh::Many(mut writer) => {
                let fits = writer.size + bytes.len() as u64 <= self.limit / 2;
                if !fits || writer.put(key, bytes) { Fresh::Many(writer) } else { Fresh::Failed }
            }
            Fresh::Failed => Fresh::Failed,
        }
    }

    /// Makes what was kept visible to later processes. What comes after this is kept by a further call.
    pub fn finish(&self) {
        let fresh = std::mem::take(&mut self.state().fresh);
        if let Fresh::Many(writer) = fresh
            && writer.finish()
        {
            self.tidy();
        }
    }

    /// Puts many segments together, forgets what is over the limit, and removes what was left behind.
    fn tidy(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let age = age.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
            let is_ours = entry.file_name().as_encoded_bytes().starts_with(b".new-");
            if is_ours && age.is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let segments = segments(&self.path);
        let size: u64 = segments.iter().map(|segment| segment.size).sum();
        if segments.len() <= MANY && size <= self.limit {
            return;
        }
        let Some(mut writer) = Writer::new(&self.path) else { return };
        let mut known = hashbrown::HashSet::new();
        'all: for segment in &segments {
            for row in segment.rows.chunks_exact(ROW) {
                let row = Row::read(row);
                // Half of the room stays for what comes next.
                if writer.size + u64::from(row.length) > self.limit / 2 {
                    break 'all;
                }
                if let Some(bytes) = segment.bytes(&row).filter(|_| known.insert(row.key))
                    && !writer.put(&row.key, &bytes)
                {
                    return;
                }
            }
        }
        if writer.finish() {
            for segment in segments {
                let _ = fs::remove_file(segment.path);
            }
        }
    }
}

impl CodeCache for CodeFolder {
    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let mut state = self.state();
        let segments = state.segments.get_or_insert_with(|| segments(&self.path));
        segments.iter().find_map(|segment| segment.get(key))
    }

    fn put(&self, key: &Key, bytes: &[u8]) {
        let mut state = self.state();
        let fresh = std::mem::take(&mut state.fresh);
        state.fresh = self.added(fresh, key, bytes);
    }
}

impl Drop for CodeFolder {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The complete segments of a folder, newest first.
fn segments(folder: &Path) -> Vec<Segment> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
        .collect();
    paths.sort();
    paths.into_iter().rev().filter_map(Segment::open).collect()
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    file: File,
    size: u64,
    rows: Vec<u8>,
}

struct Row {
    key: Key,
    start: u64,
    length: u32,
    check: [u8; 16],
}

impl Row {
    fn of(key: &Key, start: u64, bytes: &[u8]) -> Row {
        Row { key: *key, start, length: bytes.len() as u32, check: check(bytes) }
    }

    /// From `ROW` bytes.
    fn read(bytes: &[u8]) -> Row {
        fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
            bytes.get(at..at + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
        }
        Row {
            key: part(bytes, 0),
            start: u64::from_le_bytes(part(bytes, 32)),
            length: u32::from_le_bytes(part(bytes, 40)),
            check: part(bytes, 44),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.start.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.check);
    }
}

/// A sum that damage changes: two lanes, each of which multiplies two words into two and puts these together. Who can write
/// into the folder needs no collisions, so this need not resist them; it is looked at for every file of every run.
fn check(bytes: &[u8]) -> [u8; 16] {
    const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];
    /// The halves of a product, put together.
    #[inline(always)]
    fn fold(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    }
    let mut lanes = FACTORS.map(|factor| factor ^ bytes.len() as u64);
    let mut mix = |[a, b, c, d]: &[[u8; 8]; 4]| {
        let (a, b) = (u64::from_le_bytes(*a), u64::from_le_bytes(*b));
        let (c, d) = (u64::from_le_bytes(*c), u64::from_le_bytes(*d));
        // A word that makes a factor zero must not take the others along, so each is added in the other lane as well.
        lanes[0] = fold(lanes[0] ^ a, FACTORS[1] ^ b).rotate_left(29) ^ c.wrapping_add(d);
        lanes[1] = fold(lanes[1] ^ c, FACTORS[0] ^ d).rotate_left(31) ^ a.wrapping_add(b);
    };
    let rounds = bytes.as_chunks::<8>().0.as_chunks::<4>().0;
    for round in rounds {
        mix(round);
    }
    let mut last = [[0; 8]; 4];
    let rest = &bytes[rounds.len() * 32..];
    last.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
    mix(&last);
    let mut check = [0; 16];
    for (to, lane) in check.chunks_exact_mut(8).zip(lanes) {
        to.copy_from_slice(&lane.to_le_bytes());
    }
    check
}

impl Segment {
    fn open(path: PathBuf) -> Option<Segment> {
        let file = File::open(&path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut end = [0; END as usize];
        file.read_exact_at(&mut end, size.checked_sub(END)?).ok()?;
        let (count, magic) = end.split_at(8);
        if magic != MAGIC {
            return None;
        }
        let count = u64::from_le_bytes(count.try_into().ok()?);
        let length = count.checked_mul(ROW as u64)?;
        let start = (size - END).checked_sub(length)?;
        let mut rows = vec![0; usize::try_from(length).ok()?];
        file.read_exact_at(&mut rows, start).ok()?;
        Some(Segment { path, file, size, rows })
    }

    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let (mut low, mut high) = (0, self.rows.len() / ROW);
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.rows.get(middle * ROW..(middle + 1) * ROW)?;
            match row[..32].cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.bytes(&Row::read(row)),
            }
        }
        None
    }

    /// The bytes of a row, if they are what was written.
    fn bytes(&self, row: &Row) -> Option<Vec<u8>> {
        let end = row.start.checked_add(u64::from(row.length))?;
        if end > self.size {
            return None;
        }
        let mut bytes = vec![0; row.length as usize];
        self.file.read_exact_at(&mut bytes, row.start).ok()?;
        (check(&bytes) == row.check).then_some(bytes)
    }
}

/// A segment in the making; what is not finished is removed.
#[derive(Debug)]
struct Writer {
    folder: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
    rows: Vec<Vec<u8>>,
    size: u64,
}

impl Writer {
    fn new(folder: &Path) -> Option<Writer> {
        // Whoever writes here decides what code is run.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let path = folder.join(format!(".new-{}", unique()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path).ok()?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Some(Writer { folder: folder.into(), path, file, rows: Vec::new(), size: 0 })
    }

    /// False: there is no use in going on.
    fn put(&mut self, key: &Key, bytes: &[u8]) -> bool {
        let mut row = Vec::with_capacity(ROW);
        Row::of(key, self.size, bytes).write(&mut row);
        self.rows.push(row);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).is_ok()
    }

    fn finish(mut self) -> bool {
        self.rows.sort_unstable();
        self.rows.dedup_by(|a, b| a[..32] == b[..32]);
        let mut end = self.rows.concat();
        end.extend_from_slice(&(self.rows.len() as u64).to_le_bytes());
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
