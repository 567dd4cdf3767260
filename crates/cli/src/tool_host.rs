//! A host for tools around an evaluation: who made it can end the evaluation, silence it, see how far it is, and get the texts
//! it stored.
//!
//! In: any host. Out: the same answers. What is shared with the maker is [`Watch`]. Not here: what is done with it.

use frazil::host::{Fact, FileType, Host, HostError, Ingestion, Interrupt, Known, Message};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the maker of a host and the host share.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Messages are dropped.
    pub(crate) muted: AtomicBool,
    /// Files read so far.
    pub(crate) files: AtomicU64,
    last: Mutex<Vec<u8>>,
    texts: Mutex<Option<HashMap<Vec<u8>, Vec<u8>>>>,
    start: Instant,
    /// Milliseconds since `start` after which the evaluation ends; 0 is never.
    deadline: AtomicU64,
}

impl Watch {
    /// One that nothing is asked of yet.
    pub(crate) fn new() -> Arc<Watch> {
        Arc::new(Watch {
            muted: AtomicBool::new(false),
            files: AtomicU64::new(0),
            last: Mutex::default(),
            texts: Mutex::default(),
            start: Instant::now(),
            deadline: AtomicU64::new(0),
        })
    }

    /// From now on the texts stored are kept.
    pub(crate) fn keep_texts(&self) {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// The text stored under a path.
    pub(crate) fn text(&self, store_path: &[u8]) -> Option<Vec<u8>> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.as_ref()?.get(store_path).cloned()
    }

    /// The file read last.
    pub(crate) fn last_file(&self) -> Vec<u8> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Evaluations end after this time, until `no_limit`.
    pub(crate) fn limit(&self, time: Duration) {
        let end = (self.start.elapsed() + time).as_millis();
        self.deadline.store(u64::try_from(end).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Evaluations take as long as they take.
    pub(crate) fn no_limit(&self) {
        self.deadline.store(0, Ordering::Relaxed);
    }

    fn saw(&self, path: &[u8]) {
        self.files.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clear();
        last.extend_from_slice(path);
    }

    fn interrupted(&self) -> Option<Interrupt> {
        let deadline = self.deadline.load(Ordering::Relaxed);
        let is_over = deadline != 0 && self.start.elapsed().as_millis() >= u128::from(deadline);
        is_over.then_some(Interrupt::Timeout)
    }
}

/// See the module's text.
pub(crate) struct ToolHost {
    inner: Box<dyn Host>,
    watch: Arc<Watch>,
}

impl ToolHost {
    /// A host that is watched.
    pub(crate) fn new(inner: Box<dyn Host>, watch: &Arc<Watch>) -> ToolHost {
        ToolHost { inner, watch: Arc::clone(watch) }
    }
}

impl Host for ToolHost {
    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        references: &[Vec<u8>],
    ) -> Result<(), HostError> {
        let mut texts = self.watch.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(texts) = texts.as_mut() {
            texts.insert(store_path.to_vec(), text.to_vec());
        }
        drop(texts);
        self.inner.store_text(store_path, text, references)
    }
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.watch.saw(path);
        self.inner.read_file(path)
    }
    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        self.inner.read_file_in_pieces(path, sink)
    }
    fn recall(&mut self, path: &[u8], what: Fact) -> Option<Known> {
        let known = self.inner.recall(path, what)?;
        if what == Fact::Text {
            self.watch.saw(path);
        }
        Some(known)
    }
    fn remember(&mut self, path: &[u8], what: Fact, hash: &[u8; 32]) {
        self.inner.remember(path, what, hash);
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
        if !self.watch.muted.load(Ordering::Relaxed) {
            self.inner.message(kind, text);
        }
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
        self.watch.interrupted().or_else(|| self.inner.interrupted())
    }
}
