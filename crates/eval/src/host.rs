//! The outside world as the evaluator sees it: one trait that grants nothing by itself.
//!
//! In: requests with absolute, lexically canonical paths (bytes). Out: contents or a [`HostError`] that says why not.
//! Policy (pure, restricted) is a host that wraps another (`frazil-hosts`), so it is enforced at this one place.
//! Not here: implementations; which requests a builtin makes.

use std::fmt;

/// What a directory entry is, without following links.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileType {
    /// A regular file.
    Regular {
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, socket or pipe.
    Unknown,
}

/// Why a request was not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostError {
    /// There is nothing at this path.
    NotFound,
    /// A policy forbids it; the text is Nix's whole message (`access to absolute path '…' is forbidden in …`).
    Forbidden(String),
    /// The host cannot do this at all (for example: fetch, build); the text says what to do.
    Unsupported(String),
    /// The system's answer.
    Io(String),
    /// A limit was reached (for example the size of a file read).
    Limit(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::NotFound => f.write_str("No such file or directory"),
            HostError::Forbidden(text)
            | HostError::Unsupported(text)
            | HostError::Io(text)
            | HostError::Limit(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for HostError {}

/// A message for the person who runs the evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// `builtins.trace`
    Trace,
    /// A warning: of the evaluator or `builtins.warn`.
    Warning,
}

/// How a file system object is put into the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ingestion {
    /// As a NAR archive of the whole tree.
    Nar,
    /// As the plain bytes of one regular file.
    Flat,
}

/// What a host may know of a file's contents without reading them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The fingerprint that its loader gave a text.
    Text,
    /// The SHA-256 of an archive of just this file.
    Archive,
}

/// An answer of [`Host::recall`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// How many bytes the file has.
    pub size: u64,
    /// What was asked for.
    pub hash: [u8; 32],
}

/// The outside world. All paths are absolute and contain no `.`, `..` or doubled slashes; links are not resolved.
pub trait Host: Send {
    /// The whole contents of a regular file (links followed by the system are not: callers resolve them first).
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError>;
    /// Feeds the contents of a regular file in pieces, until `sink` says that it wants no more; returns how much was fed.
    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        let bytes = self.read_file(path)?;
        sink(&bytes);
        Ok(bytes.len() as u64)
    }
    /// What is known of a regular file without reading it. A host answers only with what it was told by `remember`, and only if
    /// it is sure that the file was not written since. Most hosts remember nothing.
    fn recall(&mut self, path: &[u8], what: Fact) -> Option<Known> {
        let _ = (path, what);
        None
    }
    /// Tells what was learned of a file by reading it, right after `recall` did not know it.
    fn remember(&mut self, path: &[u8], what: Fact, hash: &[u8; 32]) {
        let _ = (path, what, hash);
    }
    /// The size of a regular file (for archives, which state it first).
    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        Ok(self.read_file(path)?.len() as u64)
    }
    /// The entries of a directory, in any order.
    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError>;
    /// What stands at a path, not following a link at its end; `None` if nothing does.
    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError>;
    /// The target of a symbolic link.
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError>;
    /// An environment variable.
    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>>;
    /// Seconds since 1970, for `builtins.currentTime`.
    fn now(&mut self) -> i64;
    /// Shows a message (whole lines, without a final line end).
    fn message(&mut self, kind: Message, text: &[u8]);
    /// Whether the store has this path (a whole store path).
    fn is_valid_path(&mut self, store_path: &[u8]) -> bool;
    /// Stores a derivation or another text whose path the evaluator computed. A host that only computes paths does nothing.
    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        references: &[Vec<u8>],
    ) -> Result<(), HostError> {
        let _ = (store_path, text, references);
        Ok(())
    }
    /// Stores a copy of a file system object whose path the evaluator computed. A host that only computes paths does nothing.
    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        let _ = (store_path, source, filtered, how);
        Ok(())
    }
    /// Makes sure a derivation's output exists, for import from derivation; `drv` is its path.
    fn realise(&mut self, drv: &[u8], output: &[u8]) -> Result<Vec<u8>, HostError> {
        let _ = output;
        Err(HostError::Unsupported(format!(
            "cannot build '{}' during evaluation because this host does not build",
            String::from_utf8_lossy(drv)
        )))
    }
    /// Whether fetching this URI is allowed (restricted mode); the error is Nix's message.
    fn check_uri(&mut self, uri: &[u8]) -> Result<(), HostError> {
        let _ = uri;
        Ok(())
    }
    /// Asked now and then: a reason to end the evaluation (time, Ctrl-C), if there is one.
    fn interrupted(&mut self) -> Option<Interrupt> {
        None
    }
}

/// Why a host ends an evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interrupt {
    /// Somebody asked for it.
    Cancelled,
    /// The time allowed is over.
    Timeout,
}

/// The host that has nothing: no files, no environment, no time, no store.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn read_file(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Err(HostError::NotFound)
    }
    fn file_type(&mut self, _: &[u8]) -> Result<Option<FileType>, HostError> {
        Ok(None)
    }
    fn read_link(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn env(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn now(&mut self) -> i64 {
        0
    }
    fn message(&mut self, _: Message, _: &[u8]) {}
    fn is_valid_path(&mut self, _: &[u8]) -> bool {
        false
    }
}

/// Keeps resolved files from one evaluation to the next. It may forget any of them at any time, but must never answer with
/// other bytes than were put under a key. Shared by evaluators, and asked from several threads.
pub trait CodeCache: std::fmt::Debug + Send + Sync {
    /// What was put under a key.
    fn get(&self, key: &CodeKey) -> Option<Vec<u8>>;
    /// Keeps bytes.
    fn put(&self, key: &CodeKey, bytes: &[u8]);
}

/// What a resolved file is kept under: a hash of all that its meaning depends on.
pub type CodeKey = [u8; 32];
