//! Copying files into the store: NAR hashes of trees, and the store paths that follow from them.
//!
//! In: absolute paths. Out: store paths, memoised for the evaluation. Files are hashed in pieces; directories with an
//! explicit stack (the archive writer's). What is copied is handed to the host only if the store is written.
//! Not here: `builtins.path` and its filter (`frazil-builtins`), the formats (`frazil-store`).

use super::base_name;
use crate::heap::PIECE;
use crate::host::{Fact, FileType, Host, HostError, Ingestion};
use crate::vm::Watch;
use crate::{Error, ErrorKind, Vm};
use frazil_store::nar::{self, Node, Tree, TreeError};
use frazil_store::{Algorithm, Hash, Hasher, StoreDir};
use hashbrown::{HashMap, HashSet};
use std::io;

/// Store paths of what was copied, by path.
#[derive(Default)]
struct Copied(HashMap<Box<[u8]>, Vec<u8>>);

/// A tree of the host, or the part of it that a filter kept.
struct HostTree<'a> {
    host: &'a mut dyn Host,
    kept: Option<HashSet<&'a [u8]>>,
    watch: Watch,
    /// Why the evaluation is to end; the walk then ends with some refusal.
    ended: Option<Error>,
}

/// What looking at one object costs, in steps.
const OBJECT: usize = 64;

impl HostTree<'_> {
    fn count(&mut self, path: &[u8]) -> Result<(), Refused> {
        self.watch.work(OBJECT).map_err(|error| {
            self.ended = Some(error);
            Refused(path.to_vec(), HostError::NotFound)
        })
    }
}

/// A host's refusal with the path it is about.
struct Refused(Vec<u8>, HostError);

fn below(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory == b"/" { [b"/", name].concat() } else { [directory, b"/", name].concat() }
}

impl Tree for HostTree<'_> {
    type Id = Vec<u8>;
    type Error = Refused;

    fn node(&mut self, path: &Vec<u8>) -> Result<Node<Vec<u8>>, Refused> {
        self.count(path)?;
        let refused = |error| Refused(path.clone(), error);
        match self.host.file_type(path).map_err(refused)? {
            None => Err(refused(HostError::NotFound)),
            Some(FileType::Regular { executable }) => {
                let size = self.host.file_size(path).map_err(refused)?;
                Ok(Node::File { executable, size })
            }
            Some(FileType::Symlink) => {
                Ok(Node::Symlink(self.host.read_link(path).map_err(refused)?))
            }
            Some(FileType::Directory) => {
                let names = self.host.read_dir(path).map_err(refused)?;
                let entries = names.into_iter().map(|(name, _)| {
                    let whole = below(path, &name);
                    (name, whole)
                });
                let kept = &self.kept;
                let wanted = |path: &[u8]| kept.as_ref().is_none_or(|kept| kept.contains(path));
                Ok(Node::Directory(entries.filter(|entry| wanted(&entry.1)).collect()))
            }
            Some(FileType::Unknown) => {
                let text =
                    format!("file '{}' has an unsupported type", String::from_utf8_lossy(path));
                Err(refused(HostError::Io(text)))
            }
        }
    }

    fn read(&mut self, path: &Vec<u8>, out: &mut dyn io::Write) -> Result<(), Refused> {
        let mut written = Ok(());
        let (watch, ended) = (&mut self.watch, &mut self.ended);
        let mut sink = |bytes: &[u8]| {
            // Hosts may give all of a file at once.
            bytes.chunks(PIECE).all(|piece| {
                written = out.write_all(piece);
                *ended = watch.work(piece.len() >> 6).err();
                written.is_ok() && ended.is_none()
            })
        };
        let refused = |error| Refused(path.clone(), error);
        self.host.read_file_in_pieces(path, &mut sink).map_err(refused)?;
        if self.ended.is_some() {
            return Err(refused(HostError::NotFound));
        }
        written.map_err(|error| refused(HostError::Io(error.to_string())))
    }
}

impl Vm {
    /// The store's folder.
    pub fn store_dir(&self) -> StoreDir {
        StoreDir::new(&self.settings.store_dir).unwrap_or_default()
    }

    /// The store path that `path` gets when copied as a tree under its own name; handed to the host if the store is written.
    ///
    /// # Errors
    /// The host's, or a name that the store does not allow.
    pub fn copy_to_store(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        if let Some(known) = self.extension::<Copied>().0.get(path) {
            return Ok(known.clone());
        }
        if path.ends_with(b".drv") {
            let text = "file names are not allowed to end in '.drv'";
            return Err(Error::new(ErrorKind::Eval, text));
        }
        let source = self.resolve_parents(path)?;
        let hash = self.hash_tree(&source, None)?;
        let name = if path == b"/" { b"source" } else { base_name(path) };
        let store_path = self.store_dir().make_source_path(&digest(&hash), [], name);
        let store_path =
            store_path.map_err(|error| Error::new(ErrorKind::Eval, error.message()))?;
        let store_path = self.store_dir().print(&store_path);
        self.write_tree(&store_path, &source, None, Ingestion::Nar)?;
        self.extension::<Copied>().0.insert(path.into(), store_path.clone());
        Ok(store_path)
    }

    /// The SHA-256 of the archive of a tree, or of what `kept` (absolute paths) names of it.
    ///
    /// # Errors
    /// The host's.
    pub fn hash_tree(&mut self, path: &[u8], kept: Option<&[Vec<u8>]>) -> Result<Hash, Error> {
        if kept.is_none()
            && let Some(known) = self.host.recall(path, Fact::Archive)
        {
            // As many steps as reading it takes: how many a program needs must not depend on what is known.
            let pieces = usize::try_from(known.size >> 6).unwrap_or(usize::MAX);
            self.work(OBJECT.saturating_add(pieces))?;
            return Ok(Hash::from_sha256(known.hash));
        }
        let hash = self.hash_unknown_tree(path, kept)?;
        if kept.is_none() {
            self.host.remember(path, Fact::Archive, &digest(&hash));
        }
        Ok(hash)
    }

    fn hash_unknown_tree(&mut self, path: &[u8], kept: Option<&[Vec<u8>]>) -> Result<Hash, Error> {
        let kept = kept.map(|kept| kept.iter().map(Vec::as_slice).collect());
        let watch = self.watch();
        let (watch, ended, dumped) = {
            let mut tree = HostTree { host: &mut *self.host, kept, watch, ended: None };
            let hasher = Hasher::new(Algorithm::Sha256);
            let dumped = nar::dump(&mut tree, path.to_vec(), hasher);
            (tree.watch, tree.ended, dumped)
        };
        if let Some(error) = ended {
            return Err(error);
        }
        self.settle(watch)?;
        match dumped {
            Ok(hasher) => Ok(hasher.finish()),
            Err(TreeError::Tree(Refused(path, error))) => Err(self.host_error(&path, error)),
            Err(TreeError::Nar(error)) => {
                Err(Error::new(ErrorKind::Io, error.to_string()).or_at(self.current_pos()))
            }
        }
    }

    /// Hands a tree to the host if the store is written.
    ///
    /// # Errors
    /// The host's.
    pub fn write_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        kept: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), Error> {
        if !self.settings.write_store {
            return Ok(());
        }
        let written = self.host.store_tree(store_path, source, kept, how);
        written.map_err(|error| self.host_error(source, error))
    }
}

fn digest(hash: &Hash) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(&hash.bytes()[..32]);
    digest
}
