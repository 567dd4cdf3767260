//! A world in memory: for tests, for embedding, for a browser.
//!
//! In: files, folders, links, an environment and a time, put there by the caller. Out: answers as a system would give them,
//! and the messages of the evaluation, kept in order. What the evaluation stores appears in the tree.
//!
//! Invariants: the tree is a flat table from paths to nodes, so its depth costs no native stack; every node's folder exists;
//! the root is a folder.
//!
//! Not here: any I/O; so this file builds for every target.

use crate::path::{canonical, join, parts, pop, shown, split_last};
use crate::tree;
use frazil_eval::host::{FileType, Host, HostError, Ingestion, Message};
use hashbrown::HashMap;
use std::collections::BTreeSet;

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

#[derive(Clone, Debug)]
enum Node {
    File { bytes: Vec<u8>, executable: bool },
    Folder(BTreeSet<Vec<u8>>),
    Link(Vec<u8>),
}

impl Node {
    fn kind(&self) -> FileType {
        match self {
            Node::File { executable, .. } => FileType::Regular { executable: *executable },
            Node::Folder(_) => FileType::Directory,
            Node::Link(_) => FileType::Symlink,
        }
    }
}

/// A host whose world is in memory. A new one has an empty root folder, no environment, and the time 0.
#[derive(Clone, Debug)]
pub struct MemoryHost {
    nodes: HashMap<Vec<u8>, Node>,
    env: HashMap<Vec<u8>, Vec<u8>>,
    time: i64,
    messages: Vec<(Message, Vec<u8>)>,
    valid: BTreeSet<Vec<u8>>,
}

impl Default for MemoryHost {
    fn default() -> MemoryHost {
        MemoryHost::new()
    }
}

impl MemoryHost {
    /// An empty world.
    pub fn new() -> MemoryHost {
        let root = Node::Folder(BTreeSet::new());
        MemoryHost {
            nodes: HashMap::from_iter([(vec![b'/'], root)]),
            env: HashMap::new(),
            time: 0,
            messages: Vec::new(),
            valid: BTreeSet::new(),
        }
    }

    /// Puts a file there, and the folders it needs; what stood at the path is replaced. A relative path changes nothing.
    #[must_use]
    pub fn with_file(mut self, path: impl AsRef<[u8]>, bytes: impl Into<Vec<u8>>) -> MemoryHost {
        self.put(path.as_ref(), Node::File { bytes: bytes.into(), executable: false });
        self
    }

    /// Puts a file there that its owner may execute.
    #[must_use]
    pub fn with_program(mut self, path: impl AsRef<[u8]>, bytes: impl Into<Vec<u8>>) -> MemoryHost {
        self.put(path.as_ref(), Node::File { bytes: bytes.into(), executable: true });
        self
    }

    /// Puts a folder there, unless there is one.
    #[must_use]
    pub fn with_folder(mut self, path: impl AsRef<[u8]>) -> MemoryHost {
        if let Some(path) = canonical(path.as_ref()) {
            self.make_folder(&path);
        }
        self
    }

    /// Puts a symbolic link there.
    #[must_use]
    pub fn with_link(mut self, path: impl AsRef<[u8]>, target: impl Into<Vec<u8>>) -> MemoryHost {
        self.put(path.as_ref(), Node::Link(target.into()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> MemoryHost {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets the time, in seconds since 1970.
    #[must_use]
    pub fn with_time(mut self, seconds: i64) -> MemoryHost {
        self.time = seconds;
        self
    }

    /// Makes a store path valid although nothing is there.
    #[must_use]
    pub fn with_valid_path(mut self, path: impl Into<Vec<u8>>) -> MemoryHost {
        self.valid.insert(path.into());
        self
    }

    /// Writes a file, as [`with_file`](MemoryHost::with_file) does, into a world in use.
    pub fn write(&mut self, path: &[u8], bytes: Vec<u8>) {
        self.put(path, Node::File { bytes, executable: false });
    }

    /// The messages so far.
    pub fn messages(&self) -> &[(Message, Vec<u8>)] {
        &self.messages
    }

    /// Hands the messages over and starts anew.
    pub fn take_messages(&mut self) -> Vec<(Message, Vec<u8>)> {
        std::mem::take(&mut self.messages)
    }

    fn put(&mut self, path: &[u8], node: Node) {
        let Some(path) = canonical(path) else { return };
        let Some((folder, name)) = split_last(&path) else { return };
        self.make_folder(folder);
        self.remove(&path);
        self.add_entry(folder, name);
        self.nodes.insert(path, node);
    }

    fn make_folder(&mut self, path: &[u8]) {
        if matches!(self.nodes.get(path), Some(Node::Folder(_))) {
            return;
        }
        let mut at = vec![b'/'];
        for part in parts(path) {
            let next = join(&at, part);
            if !matches!(self.nodes.get(&next), Some(Node::Folder(_))) {
                self.add_entry(&at, part);
                self.nodes.insert(next.clone(), Node::Folder(BTreeSet::new()));
            }
            at = next;
        }
    }

    fn add_entry(&mut self, folder: &[u8], name: &[u8]) {
        if let Some(Node::Folder(names)) = self.nodes.get_mut(folder) {
            names.insert(name.to_vec());
        }
    }

    /// Takes a node away with all below it.
    fn remove(&mut self, path: &[u8]) {
        let mut waiting = vec![path.to_vec()];
        while let Some(path) = waiting.pop() {
            if let Some(Node::Folder(names)) = self.nodes.remove(&path) {
                waiting.extend(names.iter().map(|name| join(&path, name)));
            }
        }
    }

    /// The node at a path whose folders may be links, as a system finds it.
    fn find(&self, path: &[u8]) -> Result<(Vec<u8>, &Node), HostError> {
        let path = canonical(path).ok_or(HostError::NotFound)?;
        if let Some(node) = self.nodes.get(&path) {
            return Ok((path, node));
        }
        let mut at = Vec::new();
        let mut waiting: Vec<&[u8]> = parts(&path).rev().collect();
        let mut links = 0;
        while let Some(name) = waiting.pop() {
            if name == b".." {
                pop(&mut at);
                continue;
            }
            let next = join(&at, name);
            match self.nodes.get(&next).ok_or(HostError::NotFound)? {
                Node::Link(target) if !waiting.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(io("opening file", &path, "Too many levels of symbolic links"));
                    }
                    if target.starts_with(b"/") {
                        at.clear();
                    }
                    waiting.extend(parts(target).rev().filter(|name| *name != b"."));
                }
                _ => at = next,
            }
        }
        if at.is_empty() {
            at.push(b'/');
        }
        let node = self.nodes.get(&at).ok_or(HostError::NotFound)?;
        Ok((at, node))
    }

    fn file(&self, path: &[u8]) -> Result<&[u8], HostError> {
        match self.find(path)?.1 {
            Node::File { bytes, .. } => Ok(bytes),
            Node::Folder(_) => Err(io("reading file", path, "Is a directory")),
            Node::Link(_) => Err(io("opening file", path, "Too many levels of symbolic links")),
        }
    }
}

fn io(doing: &str, path: &[u8], what: &str) -> HostError {
    HostError::Io(format!("{doing} '{}': {what}", shown(path)))
}

impl Host for MemoryHost {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.file(path).map(<[u8]>::to_vec)
    }

    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        let bytes = self.file(path)?;
        sink(bytes);
        Ok(bytes.len() as u64)
    }

    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        Ok(self.file(path)?.len() as u64)
    }

    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        let (at, node) = self.find(path)?;
        let Node::Folder(names) = node else {
            let path = shown(path);
            return Err(HostError::Io(format!(
                "cannot read directory \"{path}\": Not a directory"
            )));
        };
        let entry = |name: &Vec<u8>| Some((name.clone(), self.nodes.get(&join(&at, name))?.kind()));
        Ok(names.iter().filter_map(entry).collect())
    }

    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        match self.find(path) {
            Ok((_, node)) => Ok(Some(node.kind())),
            Err(HostError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        match self.find(path)?.1 {
            Node::Link(target) => Ok(target.clone()),
            _ => Err(io("reading symbolic link", path, "Invalid argument")),
        }
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.env.get(name).cloned()
    }

    fn now(&mut self) -> i64 {
        self.time
    }

    fn message(&mut self, kind: Message, text: &[u8]) {
        self.messages.push((kind, text.to_vec()));
    }

    fn is_valid_path(&mut self, store_path: &[u8]) -> bool {
        self.valid.contains(store_path) || self.nodes.contains_key(store_path)
    }

    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        _: &[Vec<u8>],
    ) -> Result<(), HostError> {
        if !self.nodes.contains_key(store_path) {
            self.write(store_path, text.to_vec());
        }
        Ok(())
    }

    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        if self.nodes.contains_key(store_path) {
            return Ok(());
        }
        if how == Ingestion::Flat {
            let bytes = self.read_file(source)?;
            self.write(store_path, bytes);
            return Ok(());
        }
        let mut copies = Vec::new();
        tree::walk(self, source, filtered, &mut |host, entry| {
            let copy = match host.find(&entry.path)?.1 {
                Node::Folder(_) => Node::Folder(BTreeSet::new()),
                other => other.clone(),
            };
            copies.push((entry.place.clone(), copy));
            Ok(())
        })?;
        for (place, node) in copies {
            let path =
                if place.is_empty() { store_path.to_vec() } else { join(store_path, &place) };
            self.put(&path, node);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
