//! One fast hash for short byte strings and lists of numbers, with a key.
//!
//! In: a key, bytes or numbers. Out: 64 well mixed bits. The key is different in every run, so that nobody can make up names that all
//! fall into one place of a table; no answer depends on it.
//!
//! Not here: hashes that name store paths (`frazil-store`); those are cryptographic.

use std::hash::BuildHasher;

const K0: u64 = 0x9e37_79b9_7f4a_7c15;
const K1: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// What makes the hashes of one table unlike those of others.
#[derive(Clone, Copy, Debug)]
pub struct HashKey(u64, u64);

impl HashKey {
    /// A key that nobody knows.
    #[must_use]
    pub fn random() -> HashKey {
        let random = std::hash::RandomState::new();
        HashKey(random.hash_one(0), random.hash_one(1))
    }

    /// Hashes `bytes` by folding 16 of them per multiplication; the length takes part.
    #[inline]
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> u64 {
        let mut state = self.0 ^ (bytes.len() as u64).wrapping_mul(K1);
        let mut rest = bytes;
        while rest.len() > 16 {
            state = fold(word(&rest[..8]) ^ state, word(&rest[8..16]) ^ self.1);
            rest = &rest[16..];
        }
        // The last 1 to 16 bytes are read as two words that may overlap, so no byte loop is needed.
        let (low, high) = match rest.len() {
            8..=16 => (word(&rest[..8]), word(&rest[rest.len() - 8..])),
            4..=7 => (half(&rest[..4]), half(&rest[rest.len() - 4..])),
            0 => (0, 0),
            n => (u64::from(rest[0]) << 8 | u64::from(rest[n - 1]), u64::from(rest[n / 2])),
        };
        fold(fold(low ^ state, high ^ self.1), K0)
    }

    /// Hashes a list of numbers, two of them per multiplication; the length takes part.
    #[inline]
    #[must_use]
    pub fn numbers(self, mut numbers: impl ExactSizeIterator<Item = u32>) -> u64 {
        let mut state = self.0 ^ numbers.len() as u64;
        while let Some(first) = numbers.next() {
            let second = numbers.next().unwrap_or(0);
            state = fold(state ^ (u64::from(first) | u64::from(second) << 32), self.1);
        }
        fold(state, K0)
    }
}

/// A number in a hash table beside half of the hash that places it: neither growing the table nor most misses look at what the
/// number stands for.
#[derive(Clone, Copy, Debug)]
pub struct Hashed {
    /// The number.
    pub number: u32,
    hash: u32,
}

impl Hashed {
    /// A number with the hash of what it stands for.
    #[inline]
    #[must_use]
    pub fn new(number: u32, hash: u64) -> Hashed {
        Hashed { number, hash: half_of(hash) }
    }

    /// Whether it may stand for what has this hash.
    #[inline]
    #[must_use]
    pub fn may_be(self, hash: u64) -> bool {
        self.hash == half_of(hash)
    }

    /// What the table is asked with for something of this hash: both halves carry bits, as it uses the top and the bottom.
    #[inline]
    #[must_use]
    pub fn place_of(hash: u64) -> u64 {
        u64::from(half_of(hash)) << 32 | u64::from(half_of(hash))
    }

    /// The same for this number.
    #[inline]
    #[must_use]
    pub fn place(&self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

#[inline]
fn half_of(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// Both operands hold something of the key, so nobody can choose one that makes the other not matter.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut buffer = [0; 8];
    buffer.copy_from_slice(bytes);
    u64::from_le_bytes(buffer)
}

#[inline]
fn half(bytes: &[u8]) -> u64 {
    let mut buffer = [0; 4];
    buffer.copy_from_slice(bytes);
    u64::from(u32::from_le_bytes(buffer))
}

#[cfg(test)]
mod tests {
    use super::{HashKey, K0, K1};
    use std::collections::HashSet;

    #[test]
    fn lengths_and_contents_tell_apart() {
        let key = HashKey(K0, K1 | 1);
        let mut seen = HashSet::new();
        for length in 0..40 {
            for byte in [0, 1, b'a', b'b', 255] {
                let mut text = vec![byte; length];
                assert!(seen.insert(key.bytes(&text)) || length == 0);
                if length > 1 {
                    text[length / 2] ^= 0x40;
                    assert!(seen.insert(key.bytes(&text)), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn lists_of_numbers_tell_apart() {
        let key = HashKey(K0, K1 | 1);
        let mut seen = HashSet::new();
        for list in
            [&[][..], &[0], &[0, 0], &[0, 0, 0], &[1], &[0, 1], &[1, 0], &[1, 0, 0], &[0, 0, 1]]
        {
            assert!(seen.insert(key.numbers(list.iter().copied())), "{list:?}");
        }
    }

    /// Names that had one and the same hash when it had no key: those whose first word met a known state, and those that
    /// differ in bits a multiplication did not look at.
    #[test]
    fn hash_flood() {
        let key = HashKey::random();
        let (mut met, mut unseen) = (HashSet::new(), HashSet::new());
        for number in 0..1u64 << 12 {
            let mut name = (K0 ^ 16u64.wrapping_mul(K1)).to_le_bytes().to_vec();
            name.extend_from_slice(&number.to_le_bytes());
            met.insert(key.bytes(&name) as u32);
            let mut name = vec![b'a'; 16 * 13];
            for bit in 0..12 {
                name[16 * bit + 8] ^= (number >> bit & 1) as u8;
            }
            unseen.insert(key.bytes(&name) as u32);
        }
        assert!(met.len() > 4090 && unseen.len() > 4090, "{} {}", met.len(), unseen.len());
    }
}
