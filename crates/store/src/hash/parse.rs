//! Reading hash texts, with Nix's rules and messages.
//!
//! In: `algo:text`, `algo-base64` (SRI), or a bare text with the algorithm known from elsewhere. Out: a [`Hash`].
//!
//! Rules: a `:` decides first, then a `-`; after `algo:` and for bare texts the length tells the encoding; SRI is
//! base64 only, but its padding may be missing.

use super::{Algorithm, Hash, radix};
use std::fmt;

/// Why a hash text (or the name of an algorithm or format) was refused. `Display` is Nix's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HashError {
    /// No algorithm has this name.
    UnknownAlgorithm(Vec<u8>),
    /// No text format has this name.
    UnknownFormat(Vec<u8>),
    /// The text names no algorithm and none is known.
    NoAlgorithm(Vec<u8>),
    /// The text names another algorithm than was asked for.
    WrongAlgorithm(Vec<u8>, Algorithm),
    /// No encoding of this algorithm's digest has this length.
    WrongLength(Vec<u8>, Algorithm),
    /// The text has the length of an encoding, but does not decode to a digest. A text with characters outside the
    /// alphabet counts as decoding to nothing.
    BadDigest {
        /// `base16`, `nix32`, `Base64` or `SRI`.
        encoding: &'static str,
        /// The text without the algorithm.
        text: Vec<u8>,
        /// Bytes it decoded to.
        length: usize,
        /// Bytes the algorithm has.
        expected: usize,
    },
    /// An SRI hash was needed and this has no `-`.
    NotSri(Vec<u8>),
    /// The empty text stands for the zero hash only when the algorithm is known.
    EmptyWithoutAlgorithm,
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy;
        match self {
            HashError::UnknownAlgorithm(name) => write!(
                f,
                "unknown hash algorithm '{}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
                text(name)
            ),
            HashError::UnknownFormat(name) => {
                write!(
                    f,
                    "unknown hash format '{}', expect 'base16', 'base32', 'base64', or 'sri'",
                    text(name)
                )
            }
            HashError::NoAlgorithm(hash) => write!(
                f,
                "hash '{}' does not include a type, nor is the type otherwise known from context",
                text(hash)
            ),
            HashError::WrongAlgorithm(hash, algorithm) => {
                write!(f, "hash '{}' should have type '{algorithm}'", text(hash))
            }
            HashError::WrongLength(hash, algorithm) => {
                write!(f, "hash '{}' has wrong length for hash algorithm '{algorithm}'", text(hash))
            }
            HashError::BadDigest { encoding, text: digest, length, expected } => write!(
                f,
                "invalid {encoding} hash '{}', length {length} != expected length {expected}",
                text(digest)
            ),
            HashError::NotSri(hash) => write!(f, "hash '{}' is not SRI", text(hash)),
            HashError::EmptyWithoutAlgorithm => {
                f.write_str("empty hash requires explicit hash algorithm")
            }
        }
    }
}

impl std::error::Error for HashError {}

impl Hash {
    /// Parses any text form. `algorithm` is what the context knows; a text that names another one is an error.
    pub fn parse_any(text: &[u8], algorithm: Option<Algorithm>) -> Result<Hash, HashError> {
        let split =
            |at: u8| text.iter().position(|b| *b == at).map(|i| (&text[..i], &text[i + 1..]));
        let (prefix, rest, sri) = match (split(b':'), split(b'-')) {
            (Some((prefix, rest)), _) => (Some(prefix), rest, false),
            (None, Some((prefix, rest))) => (Some(prefix), rest, true),
            (None, None) => (None, text, false),
        };
        let named = prefix.map(Algorithm::parse).transpose()?;
        let algorithm = match (named, algorithm) {
            (Some(named), Some(wanted)) if named != wanted => {
                return Err(HashError::WrongAlgorithm(text.to_vec(), wanted));
            }
            (Some(known), _) | (None, Some(known)) => known,
            (None, None) => return Err(HashError::NoAlgorithm(text.to_vec())),
        };
        if sri { decode(rest, algorithm, "SRI") } else { Hash::parse_bare(rest, algorithm) }
    }

    /// Like [`Hash::parse_any`], but the empty text is the zero hash of a known algorithm. The flag says that this
    /// happened: Nix then warns `found empty hash, assuming '…'`.
    pub fn parse_or_empty(
        text: &[u8],
        algorithm: Option<Algorithm>,
    ) -> Result<(Hash, bool), HashError> {
        if !text.is_empty() {
            return Ok((Hash::parse_any(text, algorithm)?, false));
        }
        let algorithm = algorithm.ok_or(HashError::EmptyWithoutAlgorithm)?;
        Ok((Hash::zero(algorithm), true))
    }

    /// Parses a base16, nix32 or base64 text without prefix; its length tells which.
    pub fn parse_bare(text: &[u8], algorithm: Algorithm) -> Result<Hash, HashError> {
        let size = algorithm.size();
        let encoding = match text.len() {
            n if n == size * 2 => "base16",
            n if n == radix::nix32_len(size) => "nix32",
            n if n == size.div_ceil(3) * 4 => "Base64",
            _ => return Err(HashError::WrongLength(text.to_vec(), algorithm)),
        };
        decode(text, algorithm, encoding)
    }

    /// Parses an SRI text, `algo-base64`.
    pub fn parse_sri(text: &[u8]) -> Result<Hash, HashError> {
        let dash =
            text.iter().position(|b| *b == b'-').ok_or_else(|| HashError::NotSri(text.to_vec()))?;
        decode(&text[dash + 1..], Algorithm::parse(&text[..dash])?, "SRI")
    }
}

fn decode(text: &[u8], algorithm: Algorithm, encoding: &'static str) -> Result<Hash, HashError> {
    let digest = match encoding {
        "base16" => radix::base16_decode(text),
        "nix32" => radix::nix32_decode(text),
        _ => radix::base64_decode(text),
    }
    .unwrap_or_default();
    Hash::from_bytes(algorithm, &digest).ok_or_else(|| HashError::BadDigest {
        encoding,
        text: text.to_vec(),
        length: digest.len(),
        expected: algorithm.size(),
    })
}
