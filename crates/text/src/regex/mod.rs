//! POSIX extended regular expressions over bytes, choosing as the reference does.
//!
//! In: a pattern and a text. Out: where it matches and what its groups hold.
//!
//! Which match (observed on the reference, held by a differential test): a search takes the leftmost place. There
//! an alternation explores all its sides and the longest overall match wins, the earlier side on equal length; a
//! repetition is greedy and stops at its first success. A loop whose body can be empty runs at most twice at one
//! place, and groups keep what an earlier iteration captured.
//! Not in this grammar: `\d` and its kin, back-references, lazy repetition, look-around.
//!
//! Limits: a pattern of more than `STATE_LIMIT` states is refused; time is bounded by states times text, except
//! for nested loops over empty bodies, where a matcher that needs too many steps gives up with `TooComplex`.
//! Not here: a cache of compiled patterns, contexts, lists of groups as values.

mod bracket;
mod exec;
mod memo;
mod parse;
mod program;

use std::fmt;
use std::ops::Range;

use crate::KeepGoing;
use exec::{Goal, Run};
use program::Program;

/// How many states a pattern may need, counted as the reference counts them.
pub const STATE_LIMIT: u64 = 100_000;

/// Why a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexError {
    /// It is not in the grammar: "invalid regular expression '…'".
    Invalid,
    /// It needs too many states: "memory limit exceeded by regular expression '…'".
    MemoryLimit,
}

impl RegexError {
    /// The reference's message for this pattern.
    pub fn message(self, pattern: &[u8]) -> Vec<u8> {
        let start: &[u8] = match self {
            RegexError::Invalid => b"invalid regular expression '",
            RegexError::MemoryLimit => b"memory limit exceeded by regular expression '",
        };
        [start, pattern, b"'"].concat()
    }
}

/// The matcher gave up: the pattern nests loops with empty bodies too deeply for this text, or it was told not to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex;

impl fmt::Display for TooComplex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("regular expression is too complex for its text")
    }
}

impl std::error::Error for TooComplex {}

/// Where a match and its groups are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captures {
    slots: Vec<usize>,
}

impl Captures {
    /// The number of groups, the whole match (group 0) included.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.slots.len() / 2
    }

    /// The bytes a group holds; `None` if it took no part in the match or does not exist.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        let slot = group.checked_mul(2)?;
        let (start, end) = (*self.slots.get(slot)?, *self.slots.get(slot + 1)?);
        (end != usize::MAX).then_some(start..end)
    }

    /// The whole match.
    pub fn span(&self) -> Range<usize> {
        self.get(0).unwrap_or(0..0)
    }

    /// The groups after the whole match, in order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Option<Range<usize>>> + '_ {
        (1..self.len()).map(|group| self.get(group))
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Regex {
    program: Program,
}

impl Regex {
    /// Compiles a pattern.
    pub fn new(pattern: &[u8]) -> Result<Regex, RegexError> {
        Regex::new_while(pattern, &mut |_, _| true)
    }

    /// The same if `keep_going` says so: it is asked before memory is taken. If it says no, the answer is
    /// [`RegexError::MemoryLimit`].
    pub fn new_while(pattern: &[u8], keep_going: KeepGoing<'_>) -> Result<Regex, RegexError> {
        // No byte of a pattern makes more than a few states before the limit on them ends it.
        let tree_bytes = pattern.len().min(STATE_LIMIT as usize) * parse::BYTES_A_STATE;
        if !keep_going(pattern.len() >> 4, tree_bytes) {
            return Err(RegexError::MemoryLimit);
        }
        let tree = parse::parse(pattern)?;
        let states = usize::try_from(tree.states).unwrap_or(usize::MAX);
        if !keep_going(states, tree_bytes + states * program::BYTES_A_STATE) {
            return Err(RegexError::MemoryLimit);
        }
        Ok(Regex { program: program::compile(&tree) })
    }

    /// Bytes of its own.
    pub fn bytes_held(&self) -> usize {
        self.program.bytes_held()
    }

    /// The number of groups, the whole match (group 0) included.
    pub fn group_count(&self) -> usize {
        self.program.slots / 2
    }

    /// Matches the whole text (`match`).
    pub fn full_match(&self, text: &[u8]) -> Result<Option<Captures>, TooComplex> {
        self.full_match_while(text, &mut |_, _| true)
    }

    /// The same for as long as `keep_going` says so.
    pub fn full_match_while(
        &self,
        text: &[u8],
        keep_going: KeepGoing<'_>,
    ) -> Result<Option<Captures>, TooComplex> {
        self.run(text, Goal::Whole, keep_going).at(0)
    }

    /// Finds the leftmost match that begins at `start` or later; `^` still means the beginning of `text`.
    pub fn find_at(&self, text: &[u8], start: usize) -> Result<Option<Captures>, TooComplex> {
        self.run(text, Goal::Longest, &mut |_, _| true).search(start)
    }

    /// All matches in the order `split` uses them: after an empty match a non-empty one is tried at the same
    /// place, then the search goes on one byte later.
    pub fn find_iter<'a>(&'a self, text: &'a [u8]) -> Matches<'a> {
        Matches { regex: self, text, next: Next::At(0) }
    }

    fn run<'a, 'k>(&'a self, text: &'a [u8], goal: Goal, keep_going: KeepGoing<'k>) -> Run<'a, 'k> {
        Run::new(&self.program, text, goal, keep_going)
    }
}

/// What the iterator does next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Search from here.
    At(usize),
    /// The last match was empty and here.
    AfterEmpty(usize),
    /// Nothing.
    Done,
}

/// Iterates over the matches of a text.
#[derive(Debug)]
pub struct Matches<'a> {
    regex: &'a Regex,
    text: &'a [u8],
    next: Next,
}

impl Matches<'_> {
    /// The next match, searched for as long as `keep_going` says so.
    pub fn next_while(
        &mut self,
        keep_going: KeepGoing<'_>,
    ) -> Option<Result<Captures, TooComplex>> {
        let found = self.step(keep_going).transpose();
        self.next = match &found {
            Some(Ok(captures)) if captures.span().is_empty() => {
                Next::AfterEmpty(captures.span().end)
            }
            Some(Ok(captures)) => Next::At(captures.span().end),
            _ => Next::Done,
        };
        found
    }

    fn step(&mut self, keep_going: KeepGoing<'_>) -> Result<Option<Captures>, TooComplex> {
        let search =
            |start, keep_going| self.regex.run(self.text, Goal::Longest, keep_going).search(start);
        match self.next {
            Next::Done => Ok(None),
            Next::At(start) => search(start, keep_going),
            Next::AfterEmpty(at) if at >= self.text.len() => Ok(None),
            Next::AfterEmpty(at) => {
                let goal = Goal::LongestNotEmpty;
                match self.regex.run(self.text, goal, &mut *keep_going).at(at)? {
                    Some(found) => Ok(Some(found)),
                    None => search(at + 1, keep_going),
                }
            }
        }
    }
}

impl Iterator for Matches<'_> {
    type Item = Result<Captures, TooComplex>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_while(&mut |_, _| true)
    }
}

#[cfg(test)]
mod tests;
