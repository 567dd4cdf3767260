//! A sum that damage changes.
//!
//! In: bytes, and what they are kept under. Out: sixteen bytes. Not here: anything against people; who can write into the folder
//! needs no collisions.

/// The bytes of a sum.
pub(super) const SUM: usize = 16;

/// Two lanes, each of which multiplies two words into two and puts these together: this is looked at for every file of every run.
/// The key takes part, so that bytes found under another one are damage too.
pub(super) fn sum(key: &[u8], bytes: &[u8]) -> [u8; SUM] {
    const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];
    /// The halves of a product, put together.
    #[inline(always)]
    fn fold(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    }
    let mut lanes = FACTORS.map(|factor| factor ^ bytes.len() as u64);
    for (lane, word) in lanes.iter_mut().zip(key.as_chunks::<8>().0) {
        *lane = lane.rotate_left(32).wrapping_add(u64::from_le_bytes(*word));
    }
    let mut mix = |[a, b, c, d]: &[[u8; 8]; 4]| {
        let (a, b) = (u64::from_le_bytes(*a), u64::from_le_bytes(*b));
        let (c, d) = (u64::from_le_bytes(*c), u64::from_le_bytes(*d));
        // A word that makes a factor zero must not take the others along, so each is added in the other lane as well.
        lanes[0] = fold(lanes[0] ^ a, FACTORS[1] ^ b).rotate_left(29) ^ c.wrapping_add(d);
        lanes[1] = fold(lanes[1] ^ c, FACTORS[0] ^ d).rotate_left(31) ^ a.wrapping_add(b);
    };
    let rounds = bytes.as_chunks::<8>().0.as_chunks::<4>().0;
    for round in rounds {
        mix(round);
    }
    let mut last = [[0; 8]; 4];
    let rest = &bytes[rounds.len() * 32..];
    last.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
    mix(&last);
    let mut sum = [0; SUM];
    for (to, lane) in sum.chunks_exact_mut(8).zip(lanes) {
        to.copy_from_slice(&lane.to_le_bytes());
    }
    sum
}
