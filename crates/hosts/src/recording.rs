//! Noting what an evaluation asks of its host.
//!
//! In: any host. Out: the same answers, and the list of requests in their order; or the set of paths whose state the result
//! depends on.
//!
//! Not here: deciding whether a result is still good.

use frazil_eval::host::{FileType, Host, HostError, Ingestion, Interrupt, Message};
use std::collections::BTreeSet;

/// One request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// The contents of a file.
    ReadFile(Vec<u8>),
    /// Its size.
    FileSize(Vec<u8>),
    /// The entries of a folder.
    ReadDir(Vec<u8>),
    /// What stands at a path.
    FileType(Vec<u8>),
    /// The target of a link.
    ReadLink(Vec<u8>),
    /// An environment variable.
    Env(Vec<u8>),
    /// The time.
    Now,
    /// A message shown.
    Message(Message, Vec<u8>),
    /// Whether a store path is valid.
    IsValidPath(Vec<u8>),
    /// A text stored.
    StoreText {
        /// Where.
        store_path: Vec<u8>,
        /// What.
        text: Vec<u8>,
    },
    /// A tree stored.
    StoreTree {
        /// Where.
        store_path: Vec<u8>,
        /// What.
        source: Vec<u8>,
        /// How.
        how: Ingestion,
    },
    /// A build asked for.
    Realise {
        /// The derivation's path.
        drv: Vec<u8>,
        /// The name of the output.
        output: Vec<u8>,
    },
    /// An URI to be judged.
    CheckUri(Vec<u8>),
}

impl Request {
    /// The path whose state this asks for, if it does.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Request::ReadFile(path)
            | Request::FileSize(path)
            | Request::ReadDir(path)
            | Request::FileType(path)
            | Request::ReadLink(path)
            | Request::StoreTree { source: path, .. } => Some(path),
            _ => None,
        }
    }
}

/// A host that notes every request but [`interrupted`](Host::interrupted), which answers nothing about the world.
#[derive(Clone, Debug, Default)]
pub struct RecordingHost<H> {
    inner: H,
    requests: Vec<Request>,
}

impl<H: Host> RecordingHost<H> {
    /// Begins to note what is asked of a host.
    pub fn new(inner: H) -> RecordingHost<H> {
        RecordingHost { inner, requests: Vec::new() }
    }

    /// The requests so far.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Hands the requests over and starts anew.
    pub fn take_requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.requests)
    }

    /// The paths whose contents, entries, type or absence were asked for. A stored tree is named by its top.
    pub fn dependencies(&self) -> BTreeSet<&[u8]> {
        self.requests.iter().filter_map(Request::path).collect()
    }

    /// The host within.
    pub fn inner(&mut self) -> &mut H {
        &mut self.inner
    }

    /// The host within.
    pub fn into_inner(self) -> H {
        self.inner
    }
}

impl<H: Host> Host for RecordingHost<H> {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.requests.push(Request::ReadFile(path.to_vec()));
        self.inner.read_file(path)
    }

    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        self.requests.push(Request::ReadFile(path.to_vec()));
        self.inner.read_file_in_pieces(path, sink)
    }

    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        self.requests.push(Request::FileSize(path.to_vec()));
        self.inner.file_size(path)
    }

    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        self.requests.push(Request::ReadDir(path.to_vec()));
        self.inner.read_dir(path)
    }

    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        self.requests.push(Request::FileType(path.to_vec()));
        self.inner.file_type(path)
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.requests.push(Request::ReadLink(path.to_vec()));
        self.inner.read_link(path)
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.requests.push(Request::Env(name.to_vec()));
        self.inner.env(name)
    }

    fn now(&mut self) -> i64 {
        self.requests.push(Request::Now);
        self.inner.now()
    }

    fn message(&mut self, kind: Message, text: &[u8]) {
        self.requests.push(Request::Message(kind, text.to_vec()));
        self.inner.message(kind, text);
    }

    fn is_valid_path(&mut self, store_path: &[u8]) -> bool {
        self.requests.push(Request::IsValidPath(store_path.to_vec()));
        self.inner.is_valid_path(store_path)
    }

    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        references: &[Vec<u8>],
    ) -> Result<(), HostError> {
        let request = Request::StoreText { store_path: store_path.to_vec(), text: text.to_vec() };
        self.requests.push(request);
        self.inner.store_text(store_path, text, references)
    }

    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        self.requests.push(Request::StoreTree {
            store_path: store_path.to_vec(),
            source: source.to_vec(),
            how,
        });
        self.inner.store_tree(store_path, source, filtered, how)
    }

    fn realise(&mut self, drv: &[u8], output: &[u8]) -> Result<Vec<u8>, HostError> {
        self.requests.push(Request::Realise { drv: drv.to_vec(), output: output.to_vec() });
        self.inner.realise(drv, output)
    }

    fn check_uri(&mut self, uri: &[u8]) -> Result<(), HostError> {
        self.requests.push(Request::CheckUri(uri.to_vec()));
        self.inner.check_uri(uri)
    }

    fn interrupted(&mut self) -> Option<Interrupt> {
        self.inner.interrupted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryHost;

    #[test]
    fn notes_requests_and_paths() {
        let world = MemoryHost::new().with_file("/a/f", "x").with_env("E", "e");
        let mut host = RecordingHost::new(world);
        assert_eq!(host.file_type(b"/a/no"), Ok(None));
        assert_eq!(host.read_file(b"/a/f").unwrap(), b"x");
        assert_eq!(host.env(b"E"), Some(b"e".to_vec()));
        assert_eq!(
            host.requests(),
            [
                Request::FileType(b"/a/no".to_vec()),
                Request::ReadFile(b"/a/f".to_vec()),
                Request::Env(b"E".to_vec()),
            ]
        );
        let wanted: [&[u8]; 2] = [b"/a/f", b"/a/no"];
        assert_eq!(host.dependencies().into_iter().collect::<Vec<_>>(), wanted);
        assert_eq!(host.take_requests().len(), 3);
        assert!(host.requests().is_empty());
    }
}
