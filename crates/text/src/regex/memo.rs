//! What the matcher already knows: which places of the pattern lead to success from which places of the text.
//!
//! In: a branch, a position, and the counters that matter there. Out: the remembered answer.
//! A plain bit table when the pattern has no counters and the table is small, else a hash map with a limit.
//! Not here: when to remember (`exec`).

use std::collections::HashMap;

use super::TooComplex;

/// Largest bit table, in 64-bit words.
const DENSE_WORDS: usize = 1 << 23;

/// Most answers in the hash map.
const SPARSE_LIMIT: usize = 1 << 22;

/// A place in pattern and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) branch: u32,
    /// Which counter values hold; 0 for none.
    pub(super) counters: u32,
    pub(super) position: usize,
}

/// The remembered answers.
#[derive(Debug)]
pub(super) enum Memo {
    /// Two bits a place: known, and successful.
    Dense {
        bits: Vec<u64>,
        branches: usize,
    },
    Sparse {
        answers: HashMap<Place, bool>,
        counters: HashMap<Vec<(u32, u8)>, u32>,
    },
}

impl Memo {
    pub(super) fn new(branches: usize, text_len: usize, has_counters: bool) -> Memo {
        let places = branches.checked_mul(text_len.saturating_add(1));
        match places {
            Some(places) if !has_counters && places / 32 < DENSE_WORDS => {
                Memo::Dense { bits: vec![0; places / 32 + 1], branches }
            }
            _ => Memo::Sparse { answers: HashMap::new(), counters: HashMap::new() },
        }
    }

    /// About how many bytes it holds.
    pub(super) fn bytes_held(&self) -> usize {
        match self {
            Memo::Dense { bits, .. } => bits.len() * 8,
            Memo::Sparse { answers, counters } => {
                answers.capacity() * (size_of::<Place>() + 2) + counters.len() * 64
            }
        }
    }

    /// A number for a set of counter values; 0 for the empty one.
    pub(super) fn counter_id(&mut self, values: Vec<(u32, u8)>) -> u32 {
        match self {
            Memo::Sparse { counters, .. } if !values.is_empty() => {
                // The limit on answers keeps the count far below the range.
                let next = counters.len() as u32 + 1;
                *counters.entry(values).or_insert(next)
            }
            _ => 0,
        }
    }

    fn slot(place: Place, branches: usize) -> (usize, u32) {
        let index = place.position * branches + place.branch as usize;
        (index / 32, (index % 32) as u32 * 2)
    }

    pub(super) fn get(&self, place: Place) -> Option<bool> {
        match self {
            Memo::Dense { bits, branches } => {
                let (word, shift) = Memo::slot(place, *branches);
                match bits.get(word)? >> shift & 3 {
                    1 => Some(false),
                    3 => Some(true),
                    _ => None,
                }
            }
            Memo::Sparse { answers, .. } => answers.get(&place).copied(),
        }
    }

    pub(super) fn set(&mut self, place: Place, found: bool) -> Result<(), TooComplex> {
        match self {
            Memo::Dense { bits, branches } => {
                let (word, shift) = Memo::slot(place, *branches);
                if let Some(word) = bits.get_mut(word) {
                    *word |= if found { 3 } else { 1 } << shift;
                }
            }
            Memo::Sparse { answers, .. } => {
                if answers.len() >= SPARSE_LIMIT {
                    return Err(TooComplex);
                }
                answers.insert(place, found);
            }
        }
        Ok(())
    }
}
