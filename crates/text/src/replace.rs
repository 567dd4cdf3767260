//! The core of `replaceStrings`: which pattern matches where.
//!
//! In: the subject and the patterns, in order. Out: the kept pieces and the index of the pattern used at each hit,
//! so the caller forces only the replacements that are used.
//! Rules: left to right; at each place the first pattern in list order wins, not the longest; an empty pattern
//! matches before every byte and once at the end, and the byte it stands before is kept.
//! Not here: contexts and laziness of the replacements.

/// One step of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes of the subject that stay.
    Kept(&'a [u8]),
    /// The replacement of this pattern goes here.
    Replaced(usize),
    /// Nothing goes here: about so many comparisons were made since it was said last (the caller may want to end).
    Tried(usize),
}

/// Up to so many patterns are simply tried in order wherever one may begin.
const FEW: usize = 16;
/// Comparisons between two [`Piece::Tried`].
const TELL_EVERY: usize = 4096;

/// Finds the patterns; made once per call of the builtin, cheap for few patterns.
pub struct Replacer<'p> {
    patterns: Vec<&'p [u8]>,
    /// How many patterns come before the first empty one: those after it can never win.
    usable: usize,
    /// Whether some pattern begins with a byte, a bit for each.
    begins: [u64; 4],
    /// For many patterns: which begin with each byte, in list order, as ranges of `by_first`.
    buckets: Vec<(u32, u32)>,
    by_first: Vec<u32>,
    /// The first empty pattern.
    empty: Option<usize>,
    /// When all patterns begin with one of at most three bytes: those.
    firsts: Vec<u8>,
}

impl<'p> Replacer<'p> {
    /// Prepares the patterns.
    pub fn new(patterns: impl IntoIterator<Item = &'p [u8]>) -> Replacer<'p> {
        let patterns: Vec<&[u8]> = patterns.into_iter().collect();
        let empty = patterns.iter().position(|p| p.is_empty());
        let usable = empty.unwrap_or(patterns.len()).min(u32::MAX as usize);
        let mut begins = [0u64; 4];
        let mut firsts = Vec::new();
        for pattern in &patterns[..usable] {
            let first = pattern[0];
            let bit = 1 << (first & 63);
            let word = &mut begins[usize::from(first >> 6)];
            if *word & bit == 0 {
                *word |= bit;
                firsts.push(first);
            }
        }
        let mut replacer = Replacer {
            patterns,
            usable,
            begins,
            buckets: Vec::new(),
            by_first: Vec::new(),
            empty,
            firsts,
        };
        if usable > FEW {
            replacer.fill_buckets();
        }
        replacer
    }

    fn fill_buckets(&mut self) {
        let usable = &self.patterns[..self.usable];
        let mut counts = [0u32; 256];
        for pattern in usable {
            counts[usize::from(pattern[0])] += 1;
        }
        let mut total = 0u32;
        for count in counts {
            self.buckets.push((total, total));
            total += count;
        }
        self.by_first = vec![0u32; usable.len()];
        for (index, pattern) in usable.iter().enumerate() {
            let bucket = &mut self.buckets[usize::from(pattern[0])];
            self.by_first[bucket.1 as usize] = index as u32;
            bucket.1 += 1;
        }
    }

    fn may_begin(&self, byte: u8) -> bool {
        self.begins[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    /// How many patterns may be compared with the subject at a place with this byte.
    fn comparisons(&self, first: u8) -> usize {
        match self.buckets.get(usize::from(first)) {
            Some((from, to)) => 1 + (to - from) as usize,
            None => 1 + self.usable,
        }
    }

    /// The pattern that wins at a place before the end of the subject.
    fn winner(&self, rest: &[u8]) -> Option<usize> {
        let first = *rest.first()?;
        if !self.may_begin(first) {
            return self.empty;
        }
        let found = if self.buckets.is_empty() {
            self.patterns[..self.usable].iter().position(|pattern| rest.starts_with(pattern))
        } else {
            let (from, to) = self.buckets[usize::from(first)];
            self.by_first[from as usize..to as usize]
                .iter()
                .map(|index| *index as usize)
                .find(|index| rest.starts_with(self.patterns[*index]))
        };
        found.or(self.empty)
    }

    /// The next place at or after `at` where some pattern could begin (the end of the subject if none).
    fn next_candidate(&self, subject: &[u8], at: usize) -> usize {
        let rest = &subject[at..];
        let found = match self.firsts[..] {
            [] => None,
            [a] => memchr::memchr(a, rest),
            [a, b] => memchr::memchr2(a, b, rest),
            [a, b, c] => memchr::memchr3(a, b, c, rest),
            _ => rest.iter().position(|byte| self.may_begin(*byte)),
        };
        found.map_or(subject.len(), |offset| at + offset)
    }

    /// Gives the pieces of the result in order; stops with the caller's error.
    pub fn run<'s, E>(
        &self,
        subject: &'s [u8],
        mut emit: impl FnMut(Piece<'s>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut kept_from = 0;
        let mut at = 0;
        let mut tried = 0;
        while at < subject.len() {
            if tried >= TELL_EVERY {
                emit(Piece::Tried(std::mem::take(&mut tried)))?;
            }
            if self.empty.is_none() {
                at = self.next_candidate(subject, at);
                if at == subject.len() {
                    break;
                }
            }
            tried += self.comparisons(subject[at]);
            let Some(index) = self.winner(&subject[at..]) else {
                at += 1;
                continue;
            };
            if kept_from < at {
                emit(Piece::Kept(&subject[kept_from..at]))?;
            }
            emit(Piece::Replaced(index))?;
            let len = self.patterns[index].len();
            kept_from = at + len;
            at += len.max(1);
        }
        if kept_from < subject.len() {
            emit(Piece::Kept(&subject[kept_from..]))?;
        }
        match self.empty {
            Some(index) => emit(Piece::Replaced(index)),
            None => Ok(()),
        }
    }
}

/// Replaces with known replacements (`to` beyond its length counts as empty).
pub fn replace_all(subject: &[u8], from: &[&[u8]], to: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(subject.len());
    let replacer = Replacer::new(from.iter().copied());
    let done: Result<(), std::convert::Infallible> = replacer.run(subject, |piece| {
        match piece {
            Piece::Kept(bytes) => out.extend_from_slice(bytes),
            Piece::Replaced(index) => {
                out.extend_from_slice(to.get(index).copied().unwrap_or_default())
            }
            Piece::Tried(_) => {}
        }
        Ok(())
    });
    match done {
        Ok(()) => out,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::replace_all;

    fn check(subject: &str, from: &[&str], to: &[&str], expected: &str) {
        let from: Vec<&[u8]> = from.iter().map(|s| s.as_bytes()).collect();
        let to: Vec<&[u8]> = to.iter().map(|s| s.as_bytes()).collect();
        let got = replace_all(subject.as_bytes(), &from, &to);
        assert_eq!(String::from_utf8_lossy(&got), expected, "{subject} {from:?}");
    }

    #[test]
    fn the_first_pattern_in_list_order_wins() {
        check("foobar", &["oo", "a"], &["a", "oo"], "faboor");
        check("abc", &["a", "ab"], &["1", "2"], "1bc");
        check("abc", &["ab", "a"], &["2", "1"], "2c");
        check("abab", &["b", "a", "ab"], &["x", "y", "z"], "yxyx");
        check("a-b_c.d", &["-", "_", ".", "d"], &["1", "2", "3", "4"], "a1b2c34");
    }

    #[test]
    fn an_empty_pattern_matches_everywhere_and_at_the_end() {
        check("abc", &[""], &["-"], "-a-b-c-");
        check("", &[""], &["X"], "X");
        check("abc", &["", "a"], &["X", "i"], "XaXbXcX");
        check("abc", &["a", ""], &["i", "X"], "iXbXcX");
        check("aa", &["a", ""], &["i", "X"], "iiX");
        check("", &["a"], &["b"], "");
    }
}
