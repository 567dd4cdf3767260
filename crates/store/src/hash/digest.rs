//! Computing digests: one streaming hasher over the algorithms Nix knows.
//!
//! In: bytes in chunks of any size. Out: a [`Hash`].
//!
//! The SHA family picks hardware instructions at run time; nothing here depends on how the input was chunked.

use super::{Algorithm, Hash, Sha256};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha512};
use std::io;

/// A streaming hasher. Also an [`io::Write`] that never fails, so an archive writer can feed it directly.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    /// Boxed: its state is two kilobytes, thirty times the others'.
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new(algorithm: Algorithm) -> Hasher {
        Hasher(match algorithm {
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => State::Sha1(Sha1::new()),
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
            Algorithm::Blake3 => State::Blake3(Box::default()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Md5(h) => h.update(bytes),
            State::Sha1(h) => h.update(bytes),
            State::Sha256(h) => h.update(bytes),
            State::Sha512(h) => h.update(bytes),
            State::Blake3(h) => {
                h.update(bytes);
            }
        }
    }

    /// The digest of everything taken.
    pub fn finish(self) -> Hash {
        fn hash(algorithm: Algorithm, digest: &[u8]) -> Hash {
            let mut bytes = [0; 64];
            bytes[..digest.len()].copy_from_slice(digest);
            Hash { algorithm, bytes }
        }
        match self.0 {
            State::Md5(h) => hash(Algorithm::Md5, &h.finalize()),
            State::Sha1(h) => hash(Algorithm::Sha1, &h.finalize()),
            State::Sha256(h) => hash(Algorithm::Sha256, &h.finish()),
            State::Sha512(h) => hash(Algorithm::Sha512, &h.finalize()),
            State::Blake3(h) => hash(Algorithm::Blake3, h.finalize().as_bytes()),
        }
    }
}

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The digest of bytes at hand.
pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Hash {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}
