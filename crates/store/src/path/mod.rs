//! Store paths: the name in the store directory, and the directory.
//!
//! In: `/nix/store/<32 nix32 digits>-<name>` or its base name. Out: [`StorePath`], printed again through a [`StoreDir`].
//!
//! Invariant: a [`StorePath`] has 32 nix32 digits, one separator byte and a valid name. It does not know its store
//! directory, so ordering paths orders their base names, which is the order Nix uses everywhere.
//!
//! Not here: how the digits are computed (`make`), and stand-ins for paths not known yet (`placeholder`).

mod make;
mod placeholder;

pub(crate) use make::fixed_output_digest;
pub use make::{Fingerprint, Method, MethodError};
pub use placeholder::{Placeholder, hash_placeholder, output_path_name};

use crate::hash;
use std::fmt;
use std::sync::Arc;

/// Digits of the hash part.
pub const HASH_PART_LEN: usize = 32;
/// Longest name.
pub const MAX_NAME_LEN: usize = 211;

/// The base name of a store object. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(Arc<[u8]>);

impl StorePath {
    /// Parses a base name, `<hash>-<name>`.
    ///
    /// Like Nix, this does not look at the byte between hash and name.
    pub fn from_base_name(base: &[u8]) -> Result<StorePath, PathError> {
        if base.len() < HASH_PART_LEN + 1 || base.len() == HASH_PART_LEN {
            return Err(PathError::TooShort(base.to_vec()));
        }
        if let Some(&bad) = base[..HASH_PART_LEN].iter().find(|b| !hash::is_nix32_digit(**b)) {
            return Err(PathError::BadDigit(base.to_vec(), bad));
        }
        check_name(&base[HASH_PART_LEN + 1..]).map_err(|e| PathError::BadName(base.to_vec(), e))?;
        Ok(StorePath(base.into()))
    }

    /// The path with this 160-bit hash and this name.
    pub fn new(hash: &[u8; 20], name: &[u8]) -> Result<StorePath, PathError> {
        const AFTER: usize = HASH_PART_LEN + 1;
        let mut base = [b'-'; AFTER + MAX_NAME_LEN];
        base[..HASH_PART_LEN].copy_from_slice(&hash::nix32_of_path(hash));
        match check_name(name) {
            Ok(()) => {
                let end = AFTER + name.len();
                base[AFTER..end].copy_from_slice(name);
                Ok(StorePath(base[..end].into()))
            }
            Err(e) => Err(PathError::BadName([&base[..AFTER], name].concat(), e)),
        }
    }

    /// `<hash>-<name>`.
    pub fn base_name(&self) -> &[u8] {
        &self.0
    }

    /// The 32 digits.
    pub fn hash_part(&self) -> &[u8] {
        &self.0[..HASH_PART_LEN]
    }

    /// What follows the hash.
    pub fn name(&self) -> &[u8] {
        &self.0[HASH_PART_LEN + 1..]
    }

    /// Whether the name ends in `.drv`.
    pub fn is_derivation(&self) -> bool {
        self.name().ends_with(b".drv")
    }

    /// The name of the derivation this is the `.drv` of, if it is one.
    pub fn derivation_name(&self) -> Option<&[u8]> {
        self.name().strip_suffix(b".drv")
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// A store directory: absolute, without trailing slash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreDir(Arc<[u8]>);

impl Default for StoreDir {
    fn default() -> StoreDir {
        StoreDir(Arc::from(b"/nix/store".as_slice()))
    }
}

impl StoreDir {
    /// A store directory. Trailing slashes are dropped; a relative path is `None`.
    pub fn new(dir: &[u8]) -> Option<StoreDir> {
        let end = dir.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1);
        dir.starts_with(b"/").then(|| StoreDir(dir[..end].into()))
    }

    /// The directory itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Appends the absolute path.
    pub fn write(&self, path: &StorePath, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
        out.push(b'/');
        out.extend_from_slice(&path.0);
    }

    /// The absolute path.
    pub fn print(&self, path: &StorePath) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() + 1 + path.0.len());
        self.write(path, &mut out);
        out
    }

    /// Parses the absolute path of a store object, which must already be canonical (no `//`, `.`, `..`).
    pub fn parse(&self, path: &[u8]) -> Result<StorePath, PathError> {
        match self.split(path) {
            Some((base, b"")) => StorePath::from_base_name(base),
            _ => Err(PathError::NotInStore(path.to_vec())),
        }
    }

    /// Parses an absolute path at or below a store object: the object, and what follows it (empty, or from a `/` on).
    pub fn parse_prefix<'p>(&self, path: &'p [u8]) -> Result<(StorePath, &'p [u8]), PathError> {
        match self.split(path) {
            Some((base, rest)) => Ok((StorePath::from_base_name(base)?, rest)),
            None => Err(PathError::NotInStore(path.to_vec())),
        }
    }

    /// Splits off the directory: base name and rest.
    fn split<'p>(&self, path: &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
        let below = path.strip_prefix(&*self.0)?.strip_prefix(b"/")?;
        let end = below.iter().position(|b| *b == b'/').unwrap_or(below.len());
        (end > 0).then(|| below.split_at(end))
    }
}

/// Why a name cannot be a store object's. `Display` is Nix's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameError {
    /// No bytes.
    Empty,
    /// More than [`MAX_NAME_LEN`] bytes.
    TooLong(Vec<u8>),
    /// `.` or `..`.
    Dots(Vec<u8>),
    /// `.-…` or `..-…`: the flag says two dots.
    DotsDash(Vec<u8>, bool),
    /// A byte that is not of `[0-9a-zA-Z+-._?=]`.
    BadByte(Vec<u8>, u8),
}

impl NameError {
    /// The message as bytes: the offending name appears in it unchanged, whatever its encoding.
    pub fn message(&self) -> Vec<u8> {
        let quoted = |name: &[u8], rest: &[u8]| [b"name '", name, b"'", rest].concat();
        match self {
            NameError::Empty => b"name must not be empty".to_vec(),
            NameError::TooLong(name) => quoted(name, b" must be no longer than 211 characters"),
            NameError::Dots(name) => quoted(name, b" is not valid"),
            NameError::DotsDash(name, two) => {
                let dots: &[u8] = if *two { b".." } else { b"." };
                let rest =
                    [b" is not valid: first dash-separated component must not be '", dots, b"'"]
                        .concat();
                quoted(name, &rest)
            }
            NameError::BadByte(name, byte) => quoted(
                name,
                &[b" contains illegal character '", std::slice::from_ref(byte), b"'"].concat(),
            ),
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message()))
    }
}

impl std::error::Error for NameError {}

/// Why a text is not a store path. `Display` is Nix's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PathError {
    /// Not directly below the store directory.
    NotInStore(Vec<u8>),
    /// No room for a hash and a name.
    TooShort(Vec<u8>),
    /// The hash part holds this byte.
    BadDigit(Vec<u8>, u8),
    /// The name is refused.
    BadName(Vec<u8>, NameError),
}

impl PathError {
    /// The message as bytes.
    pub fn message(&self) -> Vec<u8> {
        match self {
            PathError::NotInStore(path) => {
                [b"path '", &path[..], b"' is not in the Nix store"].concat()
            }
            PathError::TooShort(base) => {
                [b"'", &base[..], b"' is too short to be a valid store path"].concat()
            }
            PathError::BadDigit(base, byte) => {
                let byte = std::slice::from_ref(byte);
                [b"store path '", &base[..], b"' contains illegal base-32 character '", byte, b"'"]
                    .concat()
            }
            PathError::BadName(base, e) => {
                [b"path '", &base[..], b"' is not a valid store path: ", &e.message()].concat()
            }
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message()))
    }
}

impl std::error::Error for PathError {}

/// Whether a name may be a store object's.
pub fn check_name(name: &[u8]) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME_LEN {
        return Err(NameError::TooLong(name.to_vec()));
    }
    for (dots, two) in [(b".".as_slice(), false), (b"..".as_slice(), true)] {
        match name.strip_prefix(dots) {
            Some([]) => return Err(NameError::Dots(name.to_vec())),
            Some([b'-', ..]) => return Err(NameError::DotsDash(name.to_vec(), two)),
            _ => {}
        }
    }
    let legal = |b: &u8| b.is_ascii_alphanumeric() || b"+-._?=".contains(b);
    match name.iter().find(|b| !legal(b)) {
        Some(&bad) => Err(NameError::BadByte(name.to_vec(), bad)),
        None => Ok(()),
    }
}
