//! Simple mutations for runs without coverage: enough to notice what a change broke.
//!
//! In: inputs, a seed. Out: inputs like them, the same for the same seed on every machine.

/// Pieces that formats give a meaning to.
const WORDS: [&[u8]; 24] = [
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"''",
    b"${",
    b"\\",
    b"\n",
    b"\0",
    b"=",
    b".",
    b",",
    b"-",
    b"0",
    b"9",
    b"\xff",
    b"\xc3\xa4",
    b"*",
    b"|",
    b"{1,9}",
    b"\x01\0\0\0\0\0\0\0",
];

/// Makes inputs.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Mutator {
        Mutator { state: seed }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % bound.max(1)
    }

    /// An input like one of these.
    pub fn next(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus.get(self.below(corpus.len())).cloned().unwrap_or_default();
        for _ in 0..1 + self.below(4) {
            let at = self.below(input.len() + 1);
            match self.below(6) {
                0 if !input.is_empty() => {
                    let at = at.min(input.len() - 1);
                    input[at] ^= 1 << self.below(8);
                }
                1 => {
                    let end = (at + 1 + self.below(8)).min(input.len());
                    input.drain(at.min(end)..end);
                }
                2 => {
                    let end = (at + 1 + self.below(16)).min(input.len());
                    let piece = input[at.min(end)..end].to_vec();
                    let times = 1 + self.below(4);
                    let piece = piece.repeat(times);
                    input.splice(at..at, piece);
                }
                3 => {
                    let other = corpus.get(self.below(corpus.len())).cloned().unwrap_or_default();
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(32)).min(other.len());
                    input.splice(at..at, other[from..to].iter().copied());
                }
                4 => input.insert(at, self.below(256) as u8),
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    input.splice(at..at, word.iter().copied());
                }
            }
        }
        input.truncate(4096);
        input
    }
}
