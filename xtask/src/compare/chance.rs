//! Numbers that look random and are the same for the same seed on every machine.

/// A sequence of numbers: those given, then SplitMix64.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
    /// Numbers that come first, last first.
    given: Vec<u8>,
}

impl Chance {
    /// The sequence of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, given: Vec::new() }
    }

    /// These bytes, then the sequence of their number.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self { state: bytes.len() as u64, given: bytes.iter().rev().copied().collect() }
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        if let Some(byte) = self.given.pop() {
            return u64::from(byte);
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`.
    pub(super) fn one<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
