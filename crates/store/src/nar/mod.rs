//! The Nix archive: one byte sequence for a file, a link or a tree, the same for the same content.
//!
//! In: a tree ([`dump`]) or calls in its order ([`NarWriter`]); or an archive ([`NarReader`]). Out: an archive, or events.
//!
//! Format: strings are a 64-bit little-endian length, the bytes, and zeros up to a multiple of eight. A node is
//! `( type regular [executable ""] contents … )`, `( type symlink target … )` or
//! `( type directory (entry ( name … node … ))* )` with names ascending.
//!
//! Invariants: file contents pass through in chunks and are never held whole; nesting costs heap, not native stack.
//!
//! Not here: reading trees from disk and unpacking to disk.

mod reader;
mod tree;
mod writer;

pub use reader::{Event, NarReader};
pub use tree::{Node, Tree, TreeError, dump};
pub use writer::NarWriter;

/// Writes the archive that `reader` reads once more, its contents in pieces of at most `buffer`, which is not empty.
///
/// # Errors
/// What is read is no archive or exceeds a limit; a stream fails.
pub fn copy<R: io::Read, W: io::Write>(
    reader: &mut NarReader<R>,
    writer: &mut NarWriter<W>,
    buffer: &mut [u8],
) -> Result<(), NarError> {
    while let Some(event) = reader.next_event()? {
        match event {
            Event::File { executable, size } => {
                writer.file(executable, size)?;
                loop {
                    let got = reader.read_contents(buffer)?;
                    if got == 0 {
                        break;
                    }
                    writer.contents(&buffer[..got])?;
                }
            }
            Event::Symlink(target) => writer.symlink(&target)?,
            Event::Directory => writer.directory()?,
            Event::Entry(name) => writer.entry(&name)?,
            Event::EndDirectory => writer.end_directory()?,
        }
    }
    Ok(())
}

use std::{fmt, io};

/// Longest entry name that is read.
pub const MAX_NAME: usize = 255;
/// Longest symlink target that is read.
pub const MAX_TARGET: usize = 4095;
/// Most directories inside one another that are read.
pub const MAX_DEPTH: usize = 64;

/// The first string of every archive.
const MAGIC: &[u8] = b"nix-archive-1";

/// Why an archive was not written or read.
#[derive(Debug)]
pub enum NarError {
    /// The underlying stream failed.
    Io(io::Error),
    /// The input is not an archive.
    Malformed(&'static str),
    /// The input exceeds a limit.
    Limit(&'static str),
    /// The writer was called in an order that makes no archive.
    Misuse(&'static str),
    /// An entry's name cannot be one, or does not follow its predecessor.
    Name(Vec<u8>, &'static str),
}

impl fmt::Display for NarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NarError::Io(e) => e.fmt(f),
            NarError::Malformed(what) => write!(f, "bad archive: {what}"),
            NarError::Limit(what) => write!(f, "archive exceeds a limit: {what}"),
            NarError::Misuse(what) => write!(f, "archive written in the wrong order: {what}"),
            NarError::Name(name, what) => {
                write!(f, "bad archive: entry name '{}' {what}", String::from_utf8_lossy(name))
            }
        }
    }
}

impl std::error::Error for NarError {}

impl From<io::Error> for NarError {
    fn from(e: io::Error) -> Self {
        NarError::Io(e)
    }
}

/// Checks an entry's name, and that it comes after the one before.
fn check_entry(previous: Option<&[u8]>, name: &[u8]) -> Result<(), NarError> {
    let fault = match name {
        [] => "is empty",
        b"." | b".." => "is not a name",
        _ if name.contains(&b'/') => "contains a slash",
        _ if name.contains(&0) => "contains a null byte",
        _ if previous.is_some_and(|p| p >= name) => "is not sorted",
        _ => return Ok(()),
    };
    Err(NarError::Name(name.to_vec(), fault))
}

/// Zeros that follow a string of this length.
fn padding(length: u64) -> usize {
    (length.wrapping_neg() % 8) as usize
}
