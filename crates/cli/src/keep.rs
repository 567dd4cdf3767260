//! A host that also keeps the texts that are stored, for whoever made it.
//!
//! In: any host. Out: the same answers, and a map from store paths to texts. Not here: trees, which are not kept.

use frazil::host::{FileType, Host, HostError, Ingestion, Interrupt, Message};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts by their store paths.
pub(crate) type Texts = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

/// See the module's text.
pub(crate) struct KeepingHost {
    inner: Box<dyn Host>,
    texts: Texts,
}

impl KeepingHost {
    /// The host and where it keeps what is stored.
    pub(crate) fn new(inner: Box<dyn Host>) -> (KeepingHost, Texts) {
        let texts = Texts::default();
        (KeepingHost { inner, texts: Arc::clone(&texts) }, texts)
    }
}

impl Host for KeepingHost {
    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        references: &[Vec<u8>],
    ) -> Result<(), HostError> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(store_path.to_vec(), text.to_vec());
        self.inner.store_text(store_path, text, references)
    }
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.inner.read_file(path)
    }
    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, HostError> {
        self.inner.read_file_in_pieces(path, sink)
    }
    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        self.inner.file_size(path)
    }
    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        self.inner.read_dir(path)
    }
    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        self.inner.file_type(path)
    }
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.inner.read_link(path)
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
        self.inner.is_valid_path(store_path)
    }
    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        self.inner.store_tree(store_path, source, filtered, how)
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
