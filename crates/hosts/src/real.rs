//! The system as a host: its files, environment and clock.
//!
//! In: requests. Out: what the system says. Messages go to the function the caller gave; without one they are dropped.
//! Nothing is stored or built: paths are only computed (see `folder.rs` for a layer that stores).
//!
//! Invariants: folders once seen not to be links are taken to stay so (an import asks for each folder on its way),
//! until [`RealHost::forget`]; the time is read once. Facts about files are remembered only with a folder for notes.
//!
//! Not here: any restriction (`policy/`); when a file is the same as before (`stamp.rs`).

use crate::CodeFolder;
use crate::path::join;
use crate::stamp::{Devices, Stamp};
use crate::system;
use frazil_eval::host::{Fact, FileType, Host, HostError, Ingestion, Interrupt, Known, Message};
use hashbrown::HashSet;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where messages go.
type Sink = Box<dyn FnMut(Message, &[u8]) + Send>;

/// The host that is the system, with everything the running user may do.
#[derive(Default)]
pub struct RealHost {
    plain_folders: HashSet<Vec<u8>>,
    /// The regular file looked at last: who asks for the type of a file mostly goes on to read it.
    looked_at: Option<(Vec<u8>, Metadata)>,
    notes: Option<Notes>,
    max_file_size: Option<u64>,
    sink: Option<Sink>,
    cancel: Option<Arc<AtomicBool>>,
    deadline: Option<Instant>,
    time: Option<i64>,
    /// The name of a store that takes nothing.
    read_only_store: Option<String>,
}

/// What is remembered of files from one process to the next.
struct Notes {
    folder: Arc<CodeFolder>,
    devices: Devices,
    /// The file and the fact that were asked for last, and where they are noted.
    asked: Option<(Vec<u8>, Fact, [u8; 20])>,
}

impl RealHost {
    /// The system, without limits.
    pub fn new() -> RealHost {
        RealHost::default()
    }

    /// Where messages go; each call is one message, without a final line end.
    #[must_use]
    pub fn with_messages(mut self, sink: impl FnMut(Message, &[u8]) + Send + 'static) -> RealHost {
        self.sink = Some(Box::new(sink));
        self
    }

    /// Remembers in a folder what was learned of files, as long as their stamps stay as they are: device, inode, size, times of
    /// modification and of change.
    #[must_use]
    pub fn with_notes(mut self, folder: Arc<CodeFolder>) -> RealHost {
        self.notes = Some(Notes { folder, devices: Devices::default(), asked: None });
        self
    }

    /// Files with more bytes than this are refused with [`HostError::Limit`].
    #[must_use]
    pub fn with_max_file_size(mut self, bytes: u64) -> RealHost {
        self.max_file_size = Some(bytes);
        self
    }

    /// The evaluation ends soon after this becomes true.
    #[must_use]
    pub fn with_cancellation(mut self, flag: Arc<AtomicBool>) -> RealHost {
        self.cancel = Some(flag);
        self
    }

    /// The evaluation ends soon after this moment.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> RealHost {
        self.deadline = Some(deadline);
        self
    }

    /// Sets what `builtins.currentTime` is, in place of the clock.
    #[must_use]
    pub fn with_time(mut self, seconds: i64) -> RealHost {
        self.time = Some(seconds);
        self
    }

    /// What is to be stored is refused, as by a store of this name that can only be read.
    #[must_use]
    pub fn with_read_only_store(mut self, name: &str) -> RealHost {
        self.read_only_store = Some(name.to_string());
        self
    }

    fn refuse(&self, operation: &str) -> Result<(), HostError> {
        match &self.read_only_store {
            Some(store) => Err(HostError::Unsupported(format!(
                "operation '{operation}' is not supported by store '{store}'"
            ))),
            None => Ok(()),
        }
    }

    /// Forgets what it knows of the files, for an evaluation that is to see them anew.
    pub fn forget(&mut self) {
        self.plain_folders.clear();
        self.looked_at = None;
    }

    /// What the system said of a file, if it was the last thing looked at.
    fn known(&self, path: &[u8]) -> Option<&Metadata> {
        self.looked_at.as_ref().filter(|(known, _)| known == path).map(|(_, file)| file)
    }

    /// The size of a file, if it was the last thing looked at.
    fn known_size(&self, path: &[u8]) -> Option<u64> {
        self.known(path).map(Metadata::len)
    }

    /// As `known_size`, for a reading: what is read later is looked at anew.
    fn take_size(&mut self, path: &[u8]) -> Option<u64> {
        let size = self.known_size(path);
        self.looked_at = None;
        size
    }
}

impl Host for RealHost {
    fn store_text(&mut self, path: &[u8], _: &[u8], _: &[Vec<u8>]) -> Result<(), HostError> {
        self.refuse(if path.ends_with(b".drv") { "writeDerivation" } else { "addToStoreFromDump" })
    }

    fn store_tree(
        &mut self,
        _: &[u8],
        _: &[u8],
        _: Option<&[Vec<u8>]>,
        _: Ingestion,
    ) -> Result<(), HostError> {
        self.refuse("addToStoreFromDump")
    }

    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        let size = self.take_size(path);
        system::read_file(path, size, self.max_file_size)
    }

    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        let size = self.take_size(path);
        system::read_file_in_pieces(path, size, self.max_file_size, sink)
    }

    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        match self.known_size(path) {
            Some(size) => Ok(size),
            None => system::file_size(path),
        }
    }

    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        let entries = system::read_dir(path)?;
        // Who lists a folder often goes on to import from the folders in it.
        let folders = entries.iter().filter(|(_, kind)| *kind == FileType::Directory);
        self.plain_folders.extend(folders.map(|(name, _)| join(path, name)));
        Ok(entries)
    }

    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        if self.plain_folders.contains(path) {
            return Ok(Some(FileType::Directory));
        }
        self.looked_at = None;
        let Some((kind, found)) = system::look(path)? else { return Ok(None) };
        match kind {
            FileType::Directory => {
                self.plain_folders.insert(path.to_vec());
            }
            FileType::Regular { .. } => self.looked_at = Some((path.to_vec(), found)),
            _ => {}
        }
        Ok(Some(kind))
    }

    fn recall(&mut self, path: &[u8], what: Fact) -> Option<Known> {
        self.notes.as_mut()?.asked = None;
        if self.known(path).is_none() {
            self.file_type(path).ok()?;
        }
        let (_, file) = self.looked_at.as_ref().filter(|(known, _)| known == path)?;
        let size = file.len();
        if self.max_file_size.is_some_and(|limit| size > limit) {
            return None;
        }
        let notes = self.notes.as_mut()?;
        if !notes.devices.keep_times(path, file) {
            return None;
        }
        let key = Stamp::of(file, SystemTime::now())?.key(what);
        notes.asked = Some((path.to_vec(), what, key));
        Some(Known { size, hash: notes.folder.noted(&key)? })
    }

    fn remember(&mut self, path: &[u8], what: Fact, hash: &[u8; 32]) {
        let Some(notes) = &mut self.notes else { return };
        // The stamp was looked at before the file was read: what is written meanwhile has another.
        if let Some((_, _, key)) =
            notes.asked.take().filter(|(asked, about, _)| asked == path && *about == what)
        {
            notes.folder.note(&key, hash);
        }
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        system::read_link(path)
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn now(&mut self) -> i64 {
        *self.time.get_or_insert_with(|| match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |n| -n),
        })
    }

    fn message(&mut self, kind: Message, text: &[u8]) {
        if let Some(sink) = &mut self.sink {
            sink(kind, text);
        }
    }

    fn is_valid_path(&mut self, store_path: &[u8]) -> bool {
        // The store's database belongs to its daemon; what stands in the folder is taken to be registered.
        matches!(system::file_type(store_path), Ok(Some(_)))
    }

    fn interrupted(&mut self) -> Option<Interrupt> {
        if self.cancel.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Some(Interrupt::Cancelled);
        }
        let is_over = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        is_over.then_some(Interrupt::Timeout)
    }
}
