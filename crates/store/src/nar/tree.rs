//! Writing an archive of anything that looks like a file tree.
//!
//! In: a [`Tree`]: a directory on disk, a filtered view of one, a tree in memory. Out: its archive.
//!
//! Invariant: directories are visited with an explicit stack and their entries in bytewise order, whatever order the
//! tree lists them in.

use super::{NarError, NarWriter};
use std::{fmt, io};

/// What a place in a tree holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node<Id> {
    /// A regular file; its contents come from [`Tree::read`].
    File {
        /// Whether the owner may execute it.
        executable: bool,
        /// Length in bytes.
        size: u64,
    },
    /// A symbolic link and its target.
    Symlink(Vec<u8>),
    /// A directory: names and places, in any order.
    Directory(Vec<(Vec<u8>, Id)>),
}

/// A file tree that can be archived.
pub trait Tree {
    /// A place in the tree.
    type Id;
    /// Why the tree could not be read.
    type Error;

    /// What is there.
    fn node(&mut self, id: &Self::Id) -> Result<Node<Self::Id>, Self::Error>;

    /// Passes a file's contents on in chunks; `out` fails only when the archive's stream does.
    fn read(&mut self, id: &Self::Id, out: &mut dyn io::Write) -> Result<(), Self::Error>;
}

/// Why a tree was not archived.
#[derive(Debug)]
pub enum TreeError<E> {
    /// The tree could not be read.
    Tree(E),
    /// The archive could not be written, or the tree contradicts itself (doubled names, a file of another length).
    Nar(NarError),
}

impl<E: fmt::Display> fmt::Display for TreeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeError::Tree(e) => e.fmt(f),
            TreeError::Nar(e) => e.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for TreeError<E> {}

impl<E> From<NarError> for TreeError<E> {
    fn from(e: NarError) -> Self {
        TreeError::Nar(e)
    }
}

/// Archives the tree at `root` and gives the stream back.
pub fn dump<T: Tree, W: io::Write>(
    tree: &mut T,
    root: T::Id,
    out: W,
) -> Result<W, TreeError<T::Error>> {
    let mut nar = NarWriter::new(out);
    // Entries still to come of each open directory, the next one last.
    let mut open: Vec<Vec<(Vec<u8>, T::Id)>> = Vec::new();
    let mut next = Some(root);
    loop {
        if let Some(id) = next.take() {
            match tree.node(&id).map_err(TreeError::Tree)? {
                Node::Symlink(target) => nar.symlink(&target)?,
                Node::File { executable, size } => {
                    nar.file(executable, size)?;
                    tree.read(&id, &mut nar).map_err(TreeError::Tree)?;
                }
                Node::Directory(mut entries) => {
                    nar.directory()?;
                    entries.sort_unstable_by(|a, b| b.0.cmp(&a.0));
                    open.push(entries);
                }
            }
        }
        let Some(entries) = open.last_mut() else { return Ok(nar.finish()?) };
        match entries.pop() {
            Some((name, id)) => {
                nar.entry(&name)?;
                next = Some(id);
            }
            None => {
                open.pop();
                nar.end_directory()?;
            }
        }
    }
}
