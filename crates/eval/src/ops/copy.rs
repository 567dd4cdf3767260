//! Copying files into the store: NAR hashes of trees, and the store paths that follow from them.
//!
//! In: absolute paths. Out: store paths, memoised for the evaluation. Files are hashed in pieces; directories with an
//! explicit stack. Not here: `builtins.path` and its filter (`frazil-builtins`), the formats (`frazil-store`).

use crate::{Error, ErrorKind, Vm};

impl Vm {
    /// The store path that `path` gets when copied as a tree under its own name; handed to the host if the store is written.
    ///
    /// # Errors
    /// The host's, or a name that the store does not allow.
    pub fn copy_to_store(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = path;
        Err(Error::new(ErrorKind::Unsupported, "copying to the store is not written yet"))
    }
}
