//! Reading an archive as a sequence of events.
//!
//! In: any byte stream. Out: [`Event`]s in the order of the tree; the contents of a file are read between its event
//! and the next.
//!
//! Invariants: total and iterative; nothing is allocated on the word of a length before the limits have seen it; names
//! are proper, ascending and unique, targets not empty and without null bytes, padding is zero.

use super::{MAGIC, MAX_DEPTH, MAX_NAME, MAX_TARGET, NarError, check_entry, padding};
use std::io::{self, Read};

/// Suffix with which case-insensitive systems store names that differ in case only; never in an archive.
const CASE_HACK: &[u8] = b"~nix~case~hack~";
/// Longest keyword of the format is 13 bytes; more is not a keyword.
const MAX_TAG: usize = 32;

/// A part of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A regular file. Its contents can now be read.
    File {
        /// Whether the owner may execute it.
        executable: bool,
        /// Length in bytes.
        size: u64,
    },
    /// A symbolic link and its target.
    Symlink(Vec<u8>),
    /// A directory opens.
    Directory,
    /// The name of the node that comes next.
    Entry(Vec<u8>),
    /// The directory opened last closes.
    EndDirectory,
}

enum State {
    Start,
    Node,
    /// Bytes of the current file not read yet, and the padding after them.
    Contents {
        left: u64,
        pad: usize,
    },
    Directory,
    Done,
}

/// Reads one archive. What follows it in the stream is left alone.
pub struct NarReader<R> {
    input: R,
    state: State,
    /// The last entry of each open directory.
    last: Vec<Option<Vec<u8>>>,
}

impl<R: Read> NarReader<R> {
    /// Reads from this stream, which should be buffered.
    pub fn new(input: R) -> NarReader<R> {
        NarReader { input, state: State::Start, last: Vec::new() }
    }

    /// The next event; `None` after the last. Contents of a file that were not read are skipped.
    pub fn next_event(&mut self) -> Result<Option<Event>, NarError> {
        loop {
            match self.state {
                State::Start => {
                    self.expect(MAGIC, "no archive")?;
                    self.state = State::Node;
                }
                State::Node => return self.node().map(Some),
                State::Contents { .. } => self.skip_contents()?,
                State::Directory => return self.entry_or_end().map(Some),
                State::Done => return Ok(None),
            }
        }
    }

    /// Reads contents of the current file: zero bytes at its end, or when there is no current file.
    pub fn read_contents(&mut self, buffer: &mut [u8]) -> Result<usize, NarError> {
        let State::Contents { left, pad } = self.state else { return Ok(0) };
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if want == 0 {
            return Ok(0);
        }
        let got = self.input.read(&mut buffer[..want])?;
        if got == 0 {
            return Err(NarError::Malformed("the contents of a file are cut short"));
        }
        self.state = State::Contents { left: left - got as u64, pad };
        if left == got as u64 {
            self.end_contents(pad)?;
        }
        Ok(got)
    }

    /// The stream.
    pub fn into_inner(self) -> R {
        self.input
    }

    fn skip_contents(&mut self) -> Result<(), NarError> {
        let mut buffer = [0; 4096];
        while self.read_contents(&mut buffer)? > 0 {}
        Ok(())
    }

    fn end_contents(&mut self, pad: usize) -> Result<(), NarError> {
        self.padding(pad)?;
        self.end_node()
    }

    fn end_node(&mut self) -> Result<(), NarError> {
        self.expect(b")", "a node is not closed")?;
        self.end_entry()
    }

    /// After a node: closes the entry around it, if there is one.
    fn end_entry(&mut self) -> Result<(), NarError> {
        if self.last.is_empty() {
            self.state = State::Done;
        } else {
            self.expect(b")", "an entry is not closed")?;
            self.state = State::Directory;
        }
        Ok(())
    }

    fn node(&mut self) -> Result<Event, NarError> {
        self.expect(b"(", "a node is missing")?;
        self.expect(b"type", "a node without type")?;
        match &self.string(MAX_TAG)?[..] {
            b"regular" => self.file(),
            b"symlink" => {
                self.expect(b"target", "a link without target")?;
                let target = self.string(MAX_TARGET)?;
                if target.is_empty() || target.contains(&0) {
                    return Err(NarError::Malformed(
                        "a link's target is empty or contains a null byte",
                    ));
                }
                self.end_node()?;
                Ok(Event::Symlink(target))
            }
            b"directory" => {
                if self.last.len() == MAX_DEPTH {
                    return Err(NarError::Limit("directories nest too deep"));
                }
                self.last.push(None);
                self.state = State::Directory;
                Ok(Event::Directory)
            }
            _ => Err(NarError::Malformed("a node of unknown type")),
        }
    }

    fn file(&mut self) -> Result<Event, NarError> {
        let mut tag = self.string(MAX_TAG)?;
        let executable = tag == b"executable";
        if executable {
            self.expect(b"", "the executable mark has a value")?;
            tag = self.string(MAX_TAG)?;
        }
        match &tag[..] {
            b"contents" => {
                let size = self.length()?;
                let pad = padding(size);
                if size == 0 {
                    self.end_node()?;
                } else {
                    self.state = State::Contents { left: size, pad };
                }
                Ok(Event::File { executable, size })
            }
            _ => Err(NarError::Malformed("a file without contents")),
        }
    }

    fn entry_or_end(&mut self) -> Result<Event, NarError> {
        match &self.string(MAX_TAG)?[..] {
            b")" => {
                self.last.pop();
                self.end_entry()?;
                Ok(Event::EndDirectory)
            }
            b"entry" => {
                self.expect(b"(", "an entry is not opened")?;
                self.expect(b"name", "an entry without name")?;
                let name = self.string(MAX_NAME)?;
                let Some(last) = self.last.last_mut() else {
                    return Err(NarError::Malformed("an entry outside a directory"));
                };
                check_entry(last.as_deref(), &name)?;
                if name.windows(CASE_HACK.len()).any(|w| w == CASE_HACK) {
                    return Err(NarError::Name(
                        name,
                        "carries the mark of a case-insensitive file system",
                    ));
                }
                *last = Some(name.clone());
                self.expect(b"node", "an entry without node")?;
                self.state = State::Node;
                Ok(Event::Entry(name))
            }
            _ => Err(NarError::Malformed("neither an entry nor the end of a directory")),
        }
    }

    fn expect(&mut self, tag: &[u8], fault: &'static str) -> Result<(), NarError> {
        if self.string(MAX_TAG)? == tag { Ok(()) } else { Err(NarError::Malformed(fault)) }
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), NarError> {
        self.input.read_exact(buffer).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => NarError::Malformed("it ends too early"),
            _ => NarError::Io(e),
        })
    }

    fn length(&mut self) -> Result<u64, NarError> {
        let mut bytes = [0; 8];
        self.exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn string(&mut self, limit: usize) -> Result<Vec<u8>, NarError> {
        let length = self.length()?;
        match usize::try_from(length) {
            Ok(n) if n <= limit => {
                let mut bytes = vec![0; n];
                self.exact(&mut bytes)?;
                self.padding(padding(length))?;
                Ok(bytes)
            }
            _ => Err(NarError::Limit("a string is too long")),
        }
    }

    fn padding(&mut self, length: usize) -> Result<(), NarError> {
        let mut bytes = [0; 8];
        self.exact(&mut bytes[..length])?;
        if bytes == [0; 8] { Ok(()) } else { Err(NarError::Malformed("padding is not zero")) }
    }
}
