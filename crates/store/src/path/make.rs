//! Computing store paths: a fingerprint is digested, folded to 160 bits and printed in front of the name.
//!
//! In: what kind of object it is, the digest of its content, its references and its name. Out: a [`StorePath`].
//!
//! The fingerprint is `type:sha256:<hex digest>:<store dir>:<name>`. It is put together before it is digested: its pieces are
//! short, and to take in one costs the digest more than to copy it.

use super::{PathError, StoreDir, StorePath};
use crate::hash::{self, Algorithm, Hash, Sha256, compress_hash};
use std::fmt;

/// How the content of a content-addressed object becomes a hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// The bytes of one regular file.
    Flat,
    /// The archive of a whole tree ("recursive").
    Nar,
    /// The bytes of one file that may refer to store paths.
    Text,
    /// The object id of a tree in git.
    Git,
}

impl Method {
    /// What precedes the algorithm in a `.drv` file and in `fixed:out:` fingerprints.
    pub const fn prefix(self) -> &'static str {
        match self {
            Method::Flat => "",
            Method::Nar => "r:",
            Method::Text => "text:",
            Method::Git => "git:",
        }
    }

    /// The name in derivation JSON, which is also a value of `outputHashMode`.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Flat => "flat",
            Method::Nar => "nar",
            Method::Text => "text",
            Method::Git => "git",
        }
    }

    /// The method of this `outputHashMode`; `recursive` is the old word for `nar`.
    pub fn from_name(name: &[u8]) -> Option<Method> {
        match name {
            b"flat" => Some(Method::Flat),
            b"nar" | b"recursive" => Some(Method::Nar),
            b"text" => Some(Method::Text),
            b"git" => Some(Method::Git),
            _ => None,
        }
    }

    /// Splits `r:sha256` and the like.
    pub fn split_prefix(text: &[u8]) -> (Method, &[u8]) {
        [Method::Nar, Method::Text, Method::Git]
            .into_iter()
            .find_map(|m| Some((m, text.strip_prefix(m.prefix().as_bytes())?)))
            .unwrap_or((Method::Flat, text))
    }
}

/// Why a content-addressed path cannot be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MethodError {
    /// Git objects are SHA-1 or SHA-256.
    GitAlgorithm(Algorithm),
    /// Text objects are SHA-256.
    TextAlgorithm(Algorithm),
    /// The resulting name is not valid.
    Path(PathError),
}

impl fmt::Display for MethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MethodError::GitAlgorithm(a) => {
                write!(
                    f,
                    "Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: {a}"
                )
            }
            MethodError::TextAlgorithm(a) => {
                write!(f, "text files must use SHA-256, but instead using: {a}")
            }
            MethodError::Path(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for MethodError {}

impl From<PathError> for MethodError {
    fn from(e: PathError) -> MethodError {
        MethodError::Path(e)
    }
}

/// A fingerprint under construction: first the type and its references, then [`Fingerprint::finish`].
pub struct Fingerprint<'d> {
    dir: &'d StoreDir,
    digest: Sha256,
    /// What comes next into the digest.
    text: Vec<u8>,
}

/// As much as is put together at once.
const PIECE: usize = 4096;

impl<'d> Fingerprint<'d> {
    /// Starts with the type: `text`, `source` or `output:<name>`.
    pub fn new(dir: &'d StoreDir, kind: &[u8]) -> Fingerprint<'d> {
        let mut text = Vec::with_capacity(512);
        text.extend_from_slice(kind);
        Fingerprint { dir, digest: Sha256::new(), text }
    }

    /// Adds a reference. References come in ascending order, each once.
    pub fn reference(&mut self, path: &StorePath) {
        self.text.push(b':');
        self.dir.write(path, &mut self.text);
        if self.text.len() > PIECE {
            self.digest.update(&self.text);
            self.text.clear();
        }
    }

    /// Says that the object refers to itself.
    pub fn self_reference(&mut self) {
        self.text.extend_from_slice(b":self");
    }

    /// The path for this inner digest and name.
    pub fn finish(mut self, inner: &[u8; 32], name: &[u8]) -> Result<StorePath, PathError> {
        self.text.extend_from_slice(b":sha256:");
        hash::base16_into(inner, &mut self.text);
        for piece in [self.dir.as_bytes(), name] {
            self.text.push(b':');
            self.text.extend_from_slice(piece);
        }
        self.digest.update(&self.text);
        StorePath::new(&compress_hash(&self.digest.finish()), name)
    }
}

impl StoreDir {
    /// The path of an object of this type without references.
    pub fn make_path(
        &self,
        kind: &[u8],
        inner: &[u8; 32],
        name: &[u8],
    ) -> Result<StorePath, PathError> {
        Fingerprint::new(self, kind).finish(inner, name)
    }

    /// The path of one output of an input-addressed derivation. `hash` is the derivation's masked hash modulo.
    pub fn make_output_path(
        &self,
        output: &[u8],
        hash: &[u8; 32],
        drv_name: &[u8],
    ) -> Result<StorePath, PathError> {
        let mut fingerprint = Fingerprint::new(self, b"output:");
        fingerprint.text.extend_from_slice(output);
        fingerprint.finish(hash, &super::output_path_name(drv_name, output))
    }

    /// The path of a text with sorted references: `builtins.toFile`, and every `.drv` file.
    pub fn make_text_path<'p>(
        &self,
        digest: &[u8; 32],
        references: impl IntoIterator<Item = &'p StorePath>,
        name: &[u8],
    ) -> Result<StorePath, PathError> {
        let mut fingerprint = Fingerprint::new(self, b"text");
        references.into_iter().for_each(|r| fingerprint.reference(r));
        fingerprint.finish(digest, name)
    }

    /// The path of a source tree with sorted references; `digest` is of its archive.
    pub fn make_source_path<'p>(
        &self,
        digest: &[u8; 32],
        references: impl IntoIterator<Item = &'p StorePath>,
        name: &[u8],
    ) -> Result<StorePath, PathError> {
        let mut fingerprint = Fingerprint::new(self, b"source");
        references.into_iter().for_each(|r| fingerprint.reference(r));
        fingerprint.finish(digest, name)
    }

    /// The path of content whose hash is known and which refers to nothing: sources, and fixed outputs.
    pub fn make_fixed_output_path(
        &self,
        method: Method,
        hash: &Hash,
        name: &[u8],
    ) -> Result<StorePath, MethodError> {
        let sha256 = match hash.algorithm() {
            Algorithm::Sha256 => <[u8; 32]>::try_from(hash.bytes()).ok(),
            _ => None,
        };
        match (method, sha256) {
            (Method::Nar, Some(digest)) => Ok(self.make_path(b"source", &digest, name)?),
            (Method::Text, Some(digest)) => Ok(self.make_path(b"text", &digest, name)?),
            (Method::Text, None) => Err(MethodError::TextAlgorithm(hash.algorithm())),
            (Method::Git, None) if hash.algorithm() != Algorithm::Sha1 => {
                Err(MethodError::GitAlgorithm(hash.algorithm()))
            }
            _ => {
                Ok(self.make_path(b"output:out", &fixed_output_digest(method, hash, b""), name)?)
            }
        }
    }
}

/// SHA-256 of `fixed:out:<method><algo>:<hex>:<path>`. With an empty path it addresses the output; with the output's
/// path it stands for the derivation in the hash modulo of its users.
pub(crate) fn fixed_output_digest(method: Method, hash: &Hash, path: &[u8]) -> [u8; 32] {
    let hex = hash.to_base16();
    hash::sha256([
        b"fixed:out:",
        method.prefix().as_bytes(),
        hash.algorithm().name().as_bytes(),
        b":",
        hex.as_bytes(),
        b":",
        path,
    ])
}
