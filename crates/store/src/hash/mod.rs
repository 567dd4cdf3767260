//! Hashes as Nix writes them: an algorithm, its digest, and the four text forms.
//!
//! In: bytes to digest ([`Hasher`], [`digest`]) or a text form ([`Hash::parse_any`] and relations in `parse`).
//! Out: [`Hash`] values, and their base16, nix32, base64 or SRI text.
//!
//! Invariant: a [`Hash`] holds exactly as many bytes as its algorithm gives; `Hash` is small and `Copy`.
//!
//! Not here: which algorithms a configuration allows (BLAKE3 is an experimental feature in Nix); the caller gates that.

mod digest;
mod parse;
mod radix;
mod sha256;

pub use digest::{Hasher, digest};
pub use parse::HashError;
pub use radix::{
    base16_encode, base16_into, base64_decode, base64_encode, nix32_decode, nix32_encode,
    nix32_into, nix32_len,
};
pub(crate) use radix::{is_nix32_digit, nix32_of_path};
pub use sha256::{Sha256, sha256};

use std::fmt;

/// A hash algorithm that Nix knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Algorithm {
    /// 16 bytes; accepted for old fixed-output derivations.
    Md5,
    /// 20 bytes; accepted for old fixed-output derivations.
    Sha1,
    /// 32 bytes; what store paths are made with.
    Sha256,
    /// 64 bytes.
    Sha512,
    /// 32 bytes; behind the experimental feature `blake3-hashes` in Nix.
    Blake3,
}

impl Algorithm {
    /// All algorithms, in the order Nix lists them in messages.
    pub const ALL: [Algorithm; 5] =
        [Algorithm::Blake3, Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

    /// The name used in every text form.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "md5",
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
            Algorithm::Blake3 => "blake3",
        }
    }

    /// Length of the digest in bytes.
    pub const fn size(self) -> usize {
        match self {
            Algorithm::Md5 => 16,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 | Algorithm::Blake3 => 32,
            Algorithm::Sha512 => 64,
        }
    }

    /// The algorithm of this exact name, if there is one.
    pub fn from_name(name: &[u8]) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|a| a.name().as_bytes() == name)
    }

    /// Like [`Algorithm::from_name`], with Nix's error for a name it does not know.
    pub fn parse(name: &[u8]) -> Result<Algorithm, HashError> {
        Algorithm::from_name(name).ok_or_else(|| HashError::UnknownAlgorithm(name.to_vec()))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How to print a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Lower-case hexadecimal.
    Base16,
    /// Nix's own base-32.
    Nix32,
    /// Standard base64 with padding.
    Base64,
    /// `algo-base64`.
    Sri,
}

impl Format {
    /// The format of this name. `base32` is a deprecated alias of `nix32`: the caller warns when it sees it.
    pub fn parse(name: &[u8]) -> Result<Format, HashError> {
        match name {
            b"base16" => Ok(Format::Base16),
            b"nix32" | b"base32" => Ok(Format::Nix32),
            b"base64" => Ok(Format::Base64),
            b"sri" => Ok(Format::Sri),
            _ => Err(HashError::UnknownFormat(name.to_vec())),
        }
    }
}

/// A digest together with its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    algorithm: Algorithm,
    /// Digest first, zeros after it, so that derived equality is equality of digests.
    bytes: [u8; 64],
}

impl Hash {
    /// A hash from its digest; `None` when the length is not the algorithm's.
    pub fn from_bytes(algorithm: Algorithm, digest: &[u8]) -> Option<Hash> {
        (digest.len() == algorithm.size()).then(|| {
            let mut bytes = [0; 64];
            bytes[..digest.len()].copy_from_slice(digest);
            Hash { algorithm, bytes }
        })
    }

    /// A SHA-256 hash from its digest.
    pub fn from_sha256(digest: [u8; 32]) -> Hash {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&digest);
        Hash { algorithm: Algorithm::Sha256, bytes }
    }

    /// The all-zero hash, which Nix assumes where a hash is given as the empty string.
    pub fn zero(algorithm: Algorithm) -> Hash {
        Hash { algorithm, bytes: [0; 64] }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.size()]
    }

    /// Lower-case hexadecimal, without the algorithm.
    pub fn to_base16(&self) -> String {
        base16_encode(self.bytes())
    }

    /// Nix's base-32, without the algorithm.
    pub fn to_nix32(&self) -> String {
        nix32_encode(self.bytes())
    }

    /// Padded base64, without the algorithm.
    pub fn to_base64(&self) -> String {
        base64_encode(self.bytes())
    }

    /// `algo-base64`.
    pub fn to_sri(&self) -> String {
        format!("{}-{}", self.algorithm, self.to_base64())
    }

    /// The text in a given format; only SRI names the algorithm.
    pub fn to_text(&self, format: Format) -> String {
        match format {
            Format::Base16 => self.to_base16(),
            Format::Nix32 => self.to_nix32(),
            Format::Base64 => self.to_base64(),
            Format::Sri => self.to_sri(),
        }
    }

    /// `algo:text`, or SRI, which is prefixed by nature.
    pub fn to_prefixed(&self, format: Format) -> String {
        match format {
            Format::Sri => self.to_sri(),
            other => format!("{}:{}", self.algorithm, self.to_text(other)),
        }
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

/// Folds a digest down to `N` bytes: byte `i` is XORed onto byte `i mod N`. Store paths use 20 bytes of a SHA-256.
pub fn compress_hash<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for chunk in digest.chunks(N.max(1)) {
        for (o, b) in out.iter_mut().zip(chunk) {
            *o ^= b;
        }
    }
    out
}
