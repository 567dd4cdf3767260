//! The `.narinfo` file: what a binary cache says of a store object.
//!
//! In: lines of `Key: value`. Out: a [`NarInfo`], and back in the order Nix writes them.
//!
//! Unknown keys are ignored, so that caches may say more. What signatures sign is [`NarInfo::fingerprint`].
//!
//! Not here: checking signatures, fetching.

use crate::hash::{Format, Hash, HashError};
use crate::path::{PathError, StoreDir, StorePath};
use std::fmt;

/// What a binary cache says of a store object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NarInfo {
    /// The object.
    pub store_path: StorePath,
    /// Where its archive is, relative to the cache.
    pub url: Vec<u8>,
    /// How the archive is compressed: `xz`, `zstd`, `none`, …
    pub compression: Vec<u8>,
    /// Hash of the compressed archive.
    pub file_hash: Option<Hash>,
    /// Length of the compressed archive.
    pub file_size: Option<u64>,
    /// Hash of the archive.
    pub nar_hash: Hash,
    /// Length of the archive.
    pub nar_size: u64,
    /// Objects it refers to, in the order listed.
    pub references: Vec<StorePath>,
    /// The derivation it was built from.
    pub deriver: Option<StorePath>,
    /// Signatures, `key:base64`.
    pub signatures: Vec<Vec<u8>>,
    /// How its path follows from its content, if it does.
    pub content_address: Option<Vec<u8>>,
}

/// Why a text is not a narinfo file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NarInfoError {
    /// A line without `: `.
    Line(Vec<u8>),
    /// A key that must be there is not.
    Missing(&'static str),
    /// A key appears twice.
    Twice(&'static str),
    /// A size is not a number.
    Size(Vec<u8>),
    /// A hash is refused.
    Hash(HashError),
    /// A path is refused.
    Path(PathError),
}

impl fmt::Display for NarInfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NAR info file is corrupt: ")?;
        match self {
            NarInfoError::Line(line) => {
                write!(f, "expecting ':' in '{}'", String::from_utf8_lossy(line))
            }
            NarInfoError::Missing(key) => write!(f, "'{key}' is missing"),
            NarInfoError::Twice(key) => write!(f, "'{key}' appears twice"),
            NarInfoError::Size(text) => write!(f, "bad size '{}'", String::from_utf8_lossy(text)),
            NarInfoError::Hash(e) => e.fmt(f),
            NarInfoError::Path(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for NarInfoError {}

impl From<HashError> for NarInfoError {
    fn from(e: HashError) -> Self {
        NarInfoError::Hash(e)
    }
}

impl From<PathError> for NarInfoError {
    fn from(e: PathError) -> Self {
        NarInfoError::Path(e)
    }
}

fn number(text: &[u8]) -> Result<u64, NarInfoError> {
    let digits = std::str::from_utf8(text).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|t| t.parse().ok()).ok_or_else(|| NarInfoError::Size(text.to_vec()))
}

fn set<T>(slot: &mut Option<T>, key: &'static str, value: T) -> Result<(), NarInfoError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(NarInfoError::Twice(key)),
    }
}

impl NarInfo {
    /// Parses the file.
    pub fn parse(dir: &StoreDir, text: &[u8]) -> Result<NarInfo, NarInfoError> {
        let (mut path, mut url, mut compression, mut nar_hash, mut nar_size) =
            (None, None, None, None, None);
        let (mut file_hash, mut file_size, mut references, mut deriver, mut ca) =
            (None, None, None, None, None);
        let mut signatures = Vec::new();
        for line in text.strip_suffix(b"\n").unwrap_or(text).split(|b| *b == b'\n') {
            let colon = line.iter().position(|b| *b == b':');
            let (key, value) = match colon.map(|i| (&line[..i], &line[i + 1..])) {
                Some((key, value)) => (key, value.strip_prefix(b" ").unwrap_or(value)),
                None => return Err(NarInfoError::Line(line.to_vec())),
            };
            match key {
                b"StorePath" => set(&mut path, "StorePath", dir.parse(value)?)?,
                b"URL" => set(&mut url, "URL", value.to_vec())?,
                b"Compression" => set(&mut compression, "Compression", value.to_vec())?,
                b"FileHash" => set(&mut file_hash, "FileHash", Hash::parse_any(value, None)?)?,
                b"FileSize" => set(&mut file_size, "FileSize", number(value)?)?,
                b"NarHash" => set(&mut nar_hash, "NarHash", Hash::parse_any(value, None)?)?,
                b"NarSize" => set(&mut nar_size, "NarSize", number(value)?)?,
                b"References" => {
                    let names = value.split(|b| *b == b' ').filter(|n| !n.is_empty());
                    let paths =
                        names.map(StorePath::from_base_name).collect::<Result<Vec<_>, _>>()?;
                    set(&mut references, "References", paths)?;
                }
                b"Deriver" if value != b"unknown-deriver" => {
                    set(&mut deriver, "Deriver", StorePath::from_base_name(value)?)?;
                }
                b"Sig" => signatures.push(value.to_vec()),
                b"CA" => set(&mut ca, "CA", value.to_vec())?,
                _ => {}
            }
        }
        Ok(NarInfo {
            store_path: path.ok_or(NarInfoError::Missing("StorePath"))?,
            url: url.filter(|u| !u.is_empty()).ok_or(NarInfoError::Missing("URL"))?,
            // What caches wrote before they said it.
            compression: compression.filter(|c| !c.is_empty()).unwrap_or_else(|| b"bzip2".to_vec()),
            file_hash,
            file_size,
            nar_hash: nar_hash.ok_or(NarInfoError::Missing("NarHash"))?,
            nar_size: nar_size.filter(|n| *n > 0).ok_or(NarInfoError::Missing("NarSize"))?,
            references: references.unwrap_or_default(),
            deriver,
            signatures,
            content_address: ca,
        })
    }

    /// The file, with `\n` after each line.
    pub fn to_bytes(&self, dir: &StoreDir) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let mut line = |key: &str, value: &[u8]| {
            for piece in [key.as_bytes(), b": ", value, b"\n"] {
                out.extend_from_slice(piece);
            }
        };
        line("StorePath", &dir.print(&self.store_path));
        line("URL", &self.url);
        line("Compression", &self.compression);
        if let Some(hash) = &self.file_hash {
            line("FileHash", hash.to_prefixed(Format::Nix32).as_bytes());
        }
        if let Some(size) = self.file_size {
            line("FileSize", size.to_string().as_bytes());
        }
        line("NarHash", self.nar_hash.to_prefixed(Format::Nix32).as_bytes());
        line("NarSize", self.nar_size.to_string().as_bytes());
        let references: Vec<&[u8]> = self.references.iter().map(StorePath::base_name).collect();
        line("References", &references.join(&b' '));
        if let Some(deriver) = &self.deriver {
            line("Deriver", deriver.base_name());
        }
        for signature in &self.signatures {
            line("Sig", signature);
        }
        if let Some(ca) = &self.content_address {
            line("CA", ca);
        }
        out
    }

    /// What a signature signs: `1;<path>;<nar hash>;<nar size>;<references>`.
    pub fn fingerprint(&self, dir: &StoreDir) -> Vec<u8> {
        let references: Vec<Vec<u8>> = self.references.iter().map(|r| dir.print(r)).collect();
        [
            b"1",
            &dir.print(&self.store_path)[..],
            self.nar_hash.to_prefixed(Format::Nix32).as_bytes(),
            self.nar_size.to_string().as_bytes(),
            &references.join(&b','),
        ]
        .join(&b';')
    }
}
