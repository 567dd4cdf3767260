//! The system's files: one request, as few system calls as it takes.
//!
//! In: paths as bytes. Out: contents, entries, types; errors with the texts of Nix 2.34.
//! A link at the end of a path is not followed, and nothing here waits: a pipe without a writer reads as empty.
//!
//! Not here: what is remembered between requests (`real.rs`), writing (`folder.rs`).

use crate::path::shown;
use frazil_eval::host::{FileType, HostError};
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The most that is read of what has no size (devices, pipes, `/proc`) when no limit is set.
const MAX_UNSIZED: u64 = 64 << 20;

/// The bytes as a path.
pub(crate) fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// What stands at a path.
pub(crate) fn file_type(path: &[u8]) -> Result<Option<FileType>, HostError> {
    Ok(look(path)?.map(|(kind, _)| kind))
}

/// What stands at a path, and what the system says of it.
pub(crate) fn look(path: &[u8]) -> Result<Option<(FileType, Metadata)>, HostError> {
    match std::fs::symlink_metadata(as_path(path)) {
        Ok(meta) => Ok(Some((kind(&meta), meta))),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(HostError::Io(format!(
            "getting status of \"{}\": {}",
            shown(path),
            system_text(&error)
        ))),
    }
}

fn kind(meta: &Metadata) -> FileType {
    let of = meta.file_type();
    if of.is_file() {
        FileType::Regular { executable: meta.permissions().mode() & 0o100 != 0 }
    } else {
        plain_kind(of)
    }
}

fn plain_kind(of: std::fs::FileType) -> FileType {
    if of.is_dir() {
        FileType::Directory
    } else if of.is_symlink() {
        FileType::Symlink
    } else if of.is_file() {
        FileType::Regular { executable: false }
    } else {
        FileType::Unknown
    }
}

/// The contents of a file. `size` is that of a regular file just looked at, if the caller did: it is not asked again.
pub(crate) fn read_file(
    path: &[u8],
    size: Option<u64>,
    limit: Option<u64>,
) -> Result<Vec<u8>, HostError> {
    let mut opened = Opened::open(path, size, limit)?;
    // Exactly as large as the file: `take` ends the reading, so no further call has to find the end.
    let mut bytes = Vec::new();
    let capacity = usize::try_from(opened.size).unwrap_or(usize::MAX);
    if bytes.try_reserve_exact(capacity).is_err() {
        return Err(opened.too_large());
    }
    let at_most = opened.at_most();
    let read = (&mut opened.file).take(at_most).read_to_end(&mut bytes);
    opened.finish(read, bytes.len() as u64)?;
    Ok(bytes)
}

/// Feeds a file in pieces while they are wanted; returns how much that was. `size` as for [`read_file`].
pub(crate) fn read_file_in_pieces(
    path: &[u8],
    size: Option<u64>,
    limit: Option<u64>,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<u64, HostError> {
    let mut opened = Opened::open(path, size, limit)?;
    let at_most = opened.at_most();
    let mut buffer = vec![0; usize::try_from(at_most.min(64 << 10)).unwrap_or(1)];
    let mut total = 0;
    while total < at_most {
        match opened.file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                let left = usize::try_from(at_most - total).unwrap_or(usize::MAX);
                let count = count.min(left);
                total += count as u64;
                if !sink(&buffer[..count]) {
                    return Ok(total);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(opened.failed(&error)),
        }
    }
    opened.finish(Ok(0), total)?;
    Ok(total)
}

/// The size of a file.
pub(crate) fn file_size(path: &[u8]) -> Result<u64, HostError> {
    match std::fs::symlink_metadata(as_path(path)) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if is_absence(&error) => Err(HostError::NotFound),
        Err(error) => {
            let text = system_text(&error);
            Err(HostError::Io(format!("getting status of \"{}\": {text}", shown(path))))
        }
    }
}

struct Opened<'p> {
    path: &'p [u8],
    file: File,
    size: u64,
    limit: Option<u64>,
}

impl<'p> Opened<'p> {
    fn open(
        path: &'p [u8],
        size: Option<u64>,
        limit: Option<u64>,
    ) -> Result<Opened<'p>, HostError> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(as_path(path));
        let file = file.map_err(|error| open_error(path, &error))?;
        let size = match size {
            Some(size) => size,
            None => size_of_open(path, &file)?,
        };
        let opened = Opened { path, file, size, limit };
        if limit.is_some_and(|limit| size > limit) {
            return Err(opened.too_large());
        }
        Ok(opened)
    }

    /// How much to read: the size, or for what does not tell it, one byte more than allowed.
    fn at_most(&self) -> u64 {
        match self.size {
            0 => self.limit.unwrap_or(MAX_UNSIZED).saturating_add(1),
            size => size,
        }
    }

    fn finish(&self, read: io::Result<usize>, total: u64) -> Result<(), HostError> {
        read.map_err(|error| self.failed(&error))?;
        if self.size == 0 && total == self.at_most() {
            return Err(self.too_large());
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> HostError {
        HostError::Io(format!("reading file '{}': {}", shown(self.path), system_text(error)))
    }

    fn too_large(&self) -> HostError {
        let limit = self.limit.unwrap_or(MAX_UNSIZED);
        HostError::Limit(format!(
            "file '{}' is larger than the limit of {limit} bytes",
            shown(self.path)
        ))
    }
}

/// The size of what was opened, 0 if it does not tell; a folder is refused.
fn size_of_open(path: &[u8], file: &File) -> Result<u64, HostError> {
    let meta = file.metadata().map_err(|error| open_error(path, &error))?;
    let of = meta.file_type();
    if of.is_dir() {
        let text = format!("read of {} bytes: Is a directory", meta.len());
        return Err(HostError::Io(text));
    }
    Ok(if of.is_file() || of.is_block_device() { meta.len() } else { 0 })
}

fn open_error(path: &[u8], error: &io::Error) -> HostError {
    if is_absence(error) {
        return HostError::NotFound;
    }
    HostError::Io(format!("opening file '{}': {}", shown(path), system_text(error)))
}

/// The entries of a folder. Whether a file may be executed is not looked up for a listing: it says it may not.
pub(crate) fn read_dir(path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
    let list = || -> io::Result<Vec<(Vec<u8>, FileType)>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(as_path(path))? {
            let entry = entry?;
            match entry.file_type() {
                Ok(kind) => entries.push((entry.file_name().into_vec(), plain_kind(kind))),
                // Taken away since; a listing a moment later would not have it.
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    };
    list().map_err(|error| match error.kind() {
        ErrorKind::NotFound => HostError::NotFound,
        _ => {
            let text = system_text(&error);
            HostError::Io(format!("cannot read directory \"{}\": {text}", shown(path)))
        }
    })
}

/// The target of a link.
pub(crate) fn read_link(path: &[u8]) -> Result<Vec<u8>, HostError> {
    match std::fs::read_link(as_path(path)) {
        Ok(target) => Ok(target.into_os_string().into_vec()),
        Err(error) if is_absence(&error) => Err(HostError::NotFound),
        Err(error) => Err(HostError::Io(format!(
            "reading symbolic link '{}': {}",
            shown(path),
            system_text(&error)
        ))),
    }
}

/// Whether the error only says that there is nothing; below a file there is nothing either.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The system's words, without Rust's number after them.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
