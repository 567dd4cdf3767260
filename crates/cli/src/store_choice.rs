//! Which store a command line, `NIX_REMOTE` and settings mean.
//!
//! In: texts as Nix takes them. Out: [`Store`], or Nix's complaint. Stores other than folders are known by name only: their
//! paths are computed and nothing is written.

use crate::config::{Config, is_store, no_store};
use crate::failure::Failure;
use crate::world::bytes_of;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Where derivations go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// Nowhere; asked for, or there is no store we can write.
    Nowhere {
        /// It was asked for.
        asked: bool,
    },
    /// A store that can only be read, by this name.
    ReadOnly(String),
    /// A folder that holds `nix/store`.
    Folder(PathBuf),
}

/// The kinds of stores that Nix knows by their schemes.
const SCHEMES: [&[u8]; 11] = [
    b"dummy",
    b"file",
    b"http",
    b"https",
    b"local",
    b"local-overlay",
    b"mounted-ssh-ng",
    b"s3",
    b"ssh",
    b"ssh-ng",
    b"unix",
];

/// A store named by a flag.
///
/// # Errors
/// It cannot be the name of one.
pub(crate) fn named(name: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if is_store(&name) { Ok(name) } else { Err(Failure::Usage(no_store(&name))) }
}

/// The store that a flag, settings or `NIX_REMOTE` name.
///
/// # Errors
/// There are no stores of this kind.
pub(crate) fn choose(flag: Option<Vec<u8>>, config: &Config) -> Result<Store, Failure> {
    let named = flag
        .or_else(|| config.text("store").map(<[u8]>::to_vec))
        .or_else(|| bytes_of("NIX_REMOTE"))
        .unwrap_or_default();
    let folder = |path: &[u8]| Ok(Store::Folder(PathBuf::from(OsStr::from_bytes(path))));
    let (name, parameters) = match named.iter().position(|byte| *byte == b'?') {
        Some(at) => (&named[..at], &named[at + 1..]),
        None => (named.as_slice(), &b""[..]),
    };
    let root = parameters.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"root="));
    let Some(colon) = name.iter().position(|byte| *byte == b':') else {
        return match root {
            Some(root) if name == b"local" => folder(root),
            _ if name.contains(&b'/') => folder(name),
            _ => Ok(Store::Nowhere { asked: false }),
        };
    };
    let scheme = &name[..colon];
    if !SCHEMES.contains(&scheme) {
        let scheme = String::from_utf8_lossy(scheme);
        let text = format!("don't know how to open Nix store with scheme '{scheme}'");
        return Err(Failure::Plain(text));
    }
    let path = name.get(colon + 3..).unwrap_or_default();
    match (scheme, root) {
        (b"local", Some(root)) => folder(root),
        (b"local", None) if path.starts_with(b"/") => folder(path),
        (b"dummy", _) => {
            let writable = b"read-only=false";
            let mut pairs = parameters.split(|byte| *byte == b'&');
            if pairs.any(|pair| pair == writable) {
                return Ok(Store::Nowhere { asked: true });
            }
            Ok(Store::ReadOnly("dummy://".into()))
        }
        _ => Ok(Store::Nowhere { asked: false }),
    }
}
