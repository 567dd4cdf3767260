//! One fast hash for short byte strings.
//!
//! In: bytes. Out: 64 well mixed bits, the same on every machine and in every run.
//!
//! Not here: hashes that name store paths (`frazil-store`); those are cryptographic.

const K0: u64 = 0x9e37_79b9_7f4a_7c15;
const K1: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// Hashes `bytes` by folding 16 of them per multiplication; the length takes part.
#[inline]
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut state = K0 ^ (bytes.len() as u64).wrapping_mul(K1);
    let mut rest = bytes;
    while rest.len() > 16 {
        state = fold(word(&rest[..8]) ^ state, word(&rest[8..16]) ^ K1);
        rest = &rest[16..];
    }
    // The last 1 to 16 bytes are read as two words that may overlap, so no byte loop is needed.
    let (low, high) = match rest.len() {
        8..=16 => (word(&rest[..8]), word(&rest[rest.len() - 8..])),
        4..=7 => (half(&rest[..4]), half(&rest[rest.len() - 4..])),
        0 => (0, 0),
        n => (u64::from(rest[0]) << 8 | u64::from(rest[n - 1]), u64::from(rest[n / 2])),
    };
    fold(fold(low ^ state, high ^ K1), K0)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b | 1);
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
    use super::hash_bytes;

    #[test]
    fn lengths_and_contents_tell_apart() {
        let mut seen = std::collections::HashSet::new();
        for length in 0..40 {
            for byte in [0, 1, b'a', b'b', 255] {
                let mut text = vec![byte; length];
                assert!(seen.insert(hash_bytes(&text)) || length == 0);
                if length > 1 {
                    text[length / 2] ^= 0x40;
                    assert!(seen.insert(hash_bytes(&text)), "{text:?}");
                }
            }
        }
    }
}
