//! Storing what an evaluation produces as plain files below a folder.
//!
//! In: any host, and a folder. Out: the same host, with a store: `/nix/store/x` is `FOLDER/nix/store/x`. What is stored there
//! can be read back, and the store's own folder lists it.
//!
//! Invariants
//! - An object appears whole or not at all: it is made beside the store and renamed into it, so after a crash there may be
//!   a leftover in `FOLDER/nix/.unfinished-*`, never half an object.
//! - Storing an object again changes nothing.
//! - Only names that are store paths directly in the store folder are written; links are made, never written through.
//! - Sources are read through the host within.
//!
//! Objects look as a store's do (files read-only, modification time 1), except that folders stay writable, so that the
//! folder can be thrown away by its owner.
//!
//! Not here: the store's database, signatures, building.

use crate::path::{below, join, shown};
use crate::system::{self, as_path, system_text};
use crate::tree::{self, unsupported_type};
use frazil_eval::host::{Fact, FileType, Host, HostError, Ingestion, Interrupt, Known, Message};
use frazil_store::StoreDir;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// A host that keeps what is stored in a folder.
pub struct FolderStore<H> {
    inner: H,
    store_dir: StoreDir,
    /// Where the store's folder really is.
    place: Vec<u8>,
    /// Where objects are made, before they are moved to their place.
    unfinished: Vec<u8>,
    attempts: u64,
    is_made: bool,
    uses_inner_store: bool,
}

impl<H: Host> FolderStore<H> {
    /// Keeps a store `/nix/store` below a folder, which is made when something is first stored.
    pub fn new(inner: H, root: &Path) -> FolderStore<H> {
        FolderStore::with_store_dir(inner, root, StoreDir::default())
    }

    /// Keeps a store with another folder's name.
    pub fn with_store_dir(inner: H, root: &Path, store_dir: StoreDir) -> FolderStore<H> {
        let mut place = root.as_os_str().as_bytes().to_vec();
        place.extend_from_slice(store_dir.as_bytes());
        let unfinished = Path::new(std::ffi::OsStr::from_bytes(&place))
            .parent()
            .map_or_else(|| place.clone(), |parent| parent.as_os_str().as_bytes().to_vec());
        FolderStore {
            inner,
            store_dir,
            place,
            unfinished,
            attempts: 0,
            is_made: false,
            uses_inner_store: false,
        }
    }

    /// Counts paths as valid, too, that are valid for the host within (for example in the system's store).
    #[must_use]
    pub fn with_inner_store(mut self) -> FolderStore<H> {
        self.uses_inner_store = true;
        self
    }

    /// Where a store path really is, whether or not it is there.
    pub fn location(&self, store_path: &[u8]) -> Option<Vec<u8>> {
        let rest = below(self.store_dir.as_bytes(), store_path)?;
        Some(if rest.is_empty() { self.place.clone() } else { join(&self.place, rest) })
    }

    /// The host within.
    pub fn inner(&mut self) -> &mut H {
        &mut self.inner
    }

    /// The host within.
    pub fn into_inner(self) -> H {
        self.inner
    }

    /// Where a path at or below one of our objects really is.
    fn stored(&self, path: &[u8]) -> Option<Vec<u8>> {
        let rest = below(self.store_dir.as_bytes(), path)?;
        let object = rest.split(|byte| *byte == b'/').next().filter(|name| !name.is_empty())?;
        let is_ours = exists(&join(&self.place, object));
        is_ours.then(|| join(&self.place, rest))
    }

    /// The place for a new object, or nothing if it is there already.
    fn new_place(&mut self, store_path: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
        if self.store_dir.parse(store_path).is_err() {
            let text = format!("path '{}' is not in the Nix store", shown(store_path));
            return Err(HostError::Io(text));
        }
        let place = self.location(store_path).ok_or(HostError::NotFound)?;
        if exists(&place) {
            return Ok(None);
        }
        if !self.is_made {
            DirBuilder::new()
                .recursive(true)
                .create(as_path(&self.place))
                .map_err(|error| failed("creating directory", &self.place, &error))?;
            self.is_made = true;
        }
        Ok(Some(place))
    }

    /// A name nothing has yet, beside the store.
    fn next_unfinished(&mut self) -> Vec<u8> {
        self.attempts += 1;
        let name = format!(".unfinished-{}-{}", std::process::id(), self.attempts);
        join(&self.unfinished, name.as_bytes())
    }

    /// Makes one object under a new name and moves it to its place.
    fn make(
        &mut self,
        place: &[u8],
        create: impl FnOnce(&mut H, &[u8]) -> Result<(), HostError>,
    ) -> Result<(), HostError> {
        let mut unfinished = self.next_unfinished();
        while exists(&unfinished) {
            unfinished = self.next_unfinished();
        }
        let made = create(&mut self.inner, &unfinished);
        let moved =
            made.and_then(|()| match std::fs::rename(as_path(&unfinished), as_path(place)) {
                // Somebody else has stored the same object meanwhile.
                Err(_) if exists(place) => {
                    remove(&unfinished);
                    Ok(())
                }
                result => result.map_err(|error| failed("renaming", &unfinished, &error)),
            });
        if moved.is_err() {
            remove(&unfinished);
        }
        moved
    }
}

impl<H: Host> Host for FolderStore<H> {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        match self.stored(path) {
            Some(place) => system::read_file(&place, None, None),
            None => self.inner.read_file(path),
        }
    }

    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        match self.stored(path) {
            Some(place) => system::read_file_in_pieces(&place, None, None, sink),
            None => self.inner.read_file_in_pieces(path, sink),
        }
    }

    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        match self.stored(path) {
            Some(place) => system::file_size(&place),
            None => self.inner.file_size(path),
        }
    }

    fn recall(&mut self, path: &[u8], what: Fact) -> Option<Known> {
        match self.stored(path) {
            Some(_) => None,
            None => self.inner.recall(path, what),
        }
    }

    fn remember(&mut self, path: &[u8], what: Fact, hash: &[u8; 32]) {
        if self.stored(path).is_none() {
            self.inner.remember(path, what, hash);
        }
    }

    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        if let Some(place) = self.stored(path) {
            return system::read_dir(&place);
        }
        let theirs = self.inner.read_dir(path);
        if path != self.store_dir.as_bytes() {
            return theirs;
        }
        let ours = match system::read_dir(&self.place) {
            Err(HostError::NotFound) => return theirs,
            ours => ours?,
        };
        let mut entries = match theirs {
            Err(HostError::NotFound) => Vec::new(),
            theirs => theirs?,
        };
        entries.retain(|(name, _)| ours.iter().all(|(of_ours, _)| of_ours != name));
        entries.extend(ours);
        Ok(entries)
    }

    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        if let Some(place) = self.stored(path) {
            return system::file_type(&place);
        }
        match self.inner.file_type(path)? {
            // The store's folder, and those above it, are there for whoever goes down to our objects.
            None if below(path, self.store_dir.as_bytes()).is_some() && exists(&self.place) => {
                Ok(Some(FileType::Directory))
            }
            kind => Ok(kind),
        }
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        match self.stored(path) {
            Some(place) => system::read_link(&place),
            None => self.inner.read_link(path),
        }
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.inner.env(name)
    }

    fn now(&mut self) -> i64 {
        self.inner.now()
    }

    fn message(&mut self, kind: Message, text: &[u8]) {
        self.inner.message(kind, text);
    }

    fn is_valid_path(&mut self, store_path: &[u8]) -> bool {
        let is_ours = self.store_dir.parse(store_path).is_ok()
            && self.location(store_path).is_some_and(|place| exists(&place));
        is_ours || (self.uses_inner_store && self.inner.is_valid_path(store_path))
    }

    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        _: &[Vec<u8>],
    ) -> Result<(), HostError> {
        let Some(place) = self.new_place(store_path)? else { return Ok(()) };
        self.make(&place, |_, unfinished| {
            write_file(unfinished, false, &mut |file| file.write_all(text))
        })
    }

    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        let Some(place) = self.new_place(store_path)? else { return Ok(()) };
        // The source may itself be one of our objects.
        let ours = self.stored(source);
        self.make(&place, |inner, unfinished| match (how, &ours) {
            (Ingestion::Flat, None) => copy_file(inner, source, unfinished, false),
            (Ingestion::Nar, None) => copy_tree(inner, source, filtered, unfinished),
            (Ingestion::Flat, Some(place)) => {
                copy_file(&mut crate::RealHost::new(), place, unfinished, false)
            }
            (Ingestion::Nar, Some(place)) => {
                let moved = filtered.map(|kept| moved(kept, source, place));
                copy_tree(&mut crate::RealHost::new(), place, moved.as_deref(), unfinished)
            }
        })
    }

    fn realise(&mut self, drv: &[u8], output: &[u8]) -> Result<Vec<u8>, HostError> {
        self.inner.realise(drv, output)
    }

    fn check_uri(&mut self, uri: &[u8]) -> Result<(), HostError> {
        self.inner.check_uri(uri)
    }

    fn interrupted(&mut self) -> Option<Interrupt> {
        self.inner.interrupted()
    }
}

fn copy_tree<H: Host>(
    host: &mut H,
    source: &[u8],
    filtered: Option<&[Vec<u8>]>,
    to: &[u8],
) -> Result<(), HostError> {
    tree::walk(host, source, filtered, &mut |host, entry| {
        let copy = if entry.place.is_empty() { to.to_vec() } else { join(to, &entry.place) };
        match entry.kind {
            FileType::Directory => DirBuilder::new()
                .mode(0o755)
                .create(as_path(&copy))
                .map_err(|error| failed("creating directory", &copy, &error)),
            FileType::Symlink => {
                let target = host.read_link(&entry.path)?;
                symlink(as_path(&target), as_path(&copy))
                    .map_err(|error| failed("creating symbolic link", &copy, &error))
            }
            FileType::Regular { executable } => copy_file(host, &entry.path, &copy, executable),
            FileType::Unknown => Err(unsupported_type(&entry.path)),
        }
    })
}

fn copy_file<H: Host>(
    host: &mut H,
    source: &[u8],
    to: &[u8],
    executable: bool,
) -> Result<(), HostError> {
    let mut answer = Ok(0);
    write_file(to, executable, &mut |file| {
        let mut written = Ok(());
        answer = host.read_file_in_pieces(source, &mut |piece| {
            written = file.write_all(piece);
            written.is_ok()
        });
        written
    })?;
    answer.map(|_| ())
}

fn write_file(
    to: &[u8],
    executable: bool,
    fill: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> Result<(), HostError> {
    let mode = if executable { 0o555 } else { 0o444 };
    let mut write = || -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(mode).open(as_path(to))?;
        fill(&mut file)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1))
    };
    write().map_err(|error| failed("writing file", to, &error))
}

fn exists(place: &[u8]) -> bool {
    std::fs::symlink_metadata(as_path(place)).is_ok()
}

/// Takes away what could not be finished; if that fails, a leftover remains that nobody looks at.
fn remove(place: &[u8]) {
    let removed = std::fs::remove_file(as_path(place));
    if removed.is_err_and(|error| error.kind() != ErrorKind::NotFound) {
        drop(std::fs::remove_dir_all(as_path(place)));
    }
}

fn moved(kept: &[Vec<u8>], source: &[u8], place: &[u8]) -> Vec<Vec<u8>> {
    kept.iter().filter_map(|path| below(source, path).map(|rest| join(place, rest))).collect()
}

fn failed(doing: &str, place: &[u8], error: &io::Error) -> HostError {
    HostError::Io(format!("{doing} '{}': {}", shown(place), system_text(error)))
}
