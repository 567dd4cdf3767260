//! Writing an archive, driven by the caller node by node.
//!
//! In: calls in the order of the tree: a node is [`NarWriter::symlink`], or [`NarWriter::file`] and its contents by
//! [`NarWriter::contents`], or [`NarWriter::directory`], [`NarWriter::entry`] and node for each child, and
//! [`NarWriter::end_directory`]. Out: the archive, to any [`io::Write`] (a hasher is one).
//!
//! Invariant: what was written is a prefix of an archive; a call out of order writes nothing and is an error.

use super::{MAGIC, NarError, check_entry, padding};
use std::io::{self, Write};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A node must come.
    Node,
    /// This much of a file's contents is missing, and then padding.
    Contents { left: u64, pad: usize },
    /// An entry or the end of the directory must come.
    Directory,
    /// The archive is complete.
    Done,
}

/// Writes one archive.
pub struct NarWriter<W> {
    out: W,
    state: State,
    /// The last entry of each open directory.
    last: Vec<Option<Vec<u8>>>,
    /// Strings collected for the next write.
    buffer: Vec<u8>,
}

impl<W: io::Write> NarWriter<W> {
    /// Starts an archive.
    pub fn new(out: W) -> NarWriter<W> {
        let mut writer = NarWriter {
            out,
            state: State::Node,
            last: Vec::new(),
            buffer: Vec::with_capacity(256),
        };
        writer.strings(&[MAGIC]);
        writer
    }

    fn strings(&mut self, strings: &[&[u8]]) {
        for s in strings {
            self.buffer.extend_from_slice(&(s.len() as u64).to_le_bytes());
            self.buffer.extend_from_slice(s);
            self.buffer.extend_from_slice(&[0; 8][..padding(s.len() as u64)]);
        }
    }

    fn flush_strings(&mut self) -> Result<(), NarError> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn expect(&self, state: State, fault: &'static str) -> Result<(), NarError> {
        if self.state == state { Ok(()) } else { Err(NarError::Misuse(fault)) }
    }

    /// Closes a node, and the entry around it.
    fn end_node(&mut self) -> Result<(), NarError> {
        self.strings(&[b")"]);
        if self.last.is_empty() {
            self.state = State::Done;
        } else {
            self.strings(&[b")"]);
            self.state = State::Directory;
        }
        self.flush_strings()
    }

    /// A symbolic link.
    pub fn symlink(&mut self, target: &[u8]) -> Result<(), NarError> {
        self.expect(State::Node, "a link where no node belongs")?;
        self.strings(&[b"(", b"type", b"symlink", b"target", target]);
        self.end_node()
    }

    /// A regular file of `size` bytes, which follow through [`NarWriter::contents`].
    pub fn file(&mut self, executable: bool, size: u64) -> Result<(), NarError> {
        self.expect(State::Node, "a file where no node belongs")?;
        self.strings(&[b"(", b"type", b"regular"]);
        if executable {
            self.strings(&[b"executable", b""]);
        }
        self.strings(&[b"contents"]);
        self.buffer.extend_from_slice(&size.to_le_bytes());
        if size == 0 {
            return self.end_node();
        }
        self.state = State::Contents { left: size, pad: padding(size) };
        self.flush_strings()
    }

    /// The next bytes of the file.
    pub fn contents(&mut self, bytes: &[u8]) -> Result<(), NarError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let State::Contents { left, pad } = self.state else {
            return Err(NarError::Misuse("more contents than the file was said to have"));
        };
        let left = left
            .checked_sub(bytes.len() as u64)
            .ok_or(NarError::Misuse("more contents than the file was said to have"))?;
        self.out.write_all(bytes)?;
        self.state = State::Contents { left, pad };
        if left > 0 {
            return Ok(());
        }
        self.buffer.extend_from_slice(&[0; 8][..pad]);
        self.end_node()
    }

    /// Opens a directory.
    pub fn directory(&mut self) -> Result<(), NarError> {
        self.expect(State::Node, "a directory where no node belongs")?;
        self.strings(&[b"(", b"type", b"directory"]);
        self.last.push(None);
        self.state = State::Directory;
        self.flush_strings()
    }

    /// Names the next child; its node follows. Names ascend bytewise.
    pub fn entry(&mut self, name: &[u8]) -> Result<(), NarError> {
        self.expect(State::Directory, "an entry outside a directory")?;
        let Some(last) = self.last.last_mut() else {
            return Err(NarError::Misuse("an entry outside a directory"));
        };
        check_entry(last.as_deref(), name)?;
        *last = Some(name.to_vec());
        self.strings(&[b"entry", b"(", b"name", name, b"node"]);
        self.state = State::Node;
        Ok(())
    }

    /// Closes the directory.
    pub fn end_directory(&mut self) -> Result<(), NarError> {
        self.expect(State::Directory, "the end of a directory that is not open")?;
        self.last.pop();
        self.end_node()
    }

    /// Gives the stream back once the archive is complete.
    pub fn finish(self) -> Result<W, NarError> {
        self.expect(State::Done, "the archive is not complete")?;
        Ok(self.out)
    }
}

/// Contents may also come through [`io::Write`], as `io::copy` wants it.
impl<W: io::Write> Write for NarWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.contents(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(NarError::Io(e)) => Err(e),
            Err(e) => Err(io::Error::other(e)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
