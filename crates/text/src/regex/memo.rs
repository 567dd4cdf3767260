//! What the matcher already knows: which places of the pattern lead to success from which places of the text.
//!
//! In: a branch, a position, and the counters that matter there. Out: the remembered answer.
//! A plain bit table when the pattern has no counters and the table is small, else a hash map with a limit.
//! Not here: when to remember (`exec`).

use std::collections::HashMap;

use super::TooComplex;

/// Largest bit table, in 64-bit words.
const DENSE_WORDS: usize = 1 << 23;

/// Most answers in the hash maps.
const SPARSE_LIMIT: usize = 1 << 22;

/// Hash maps for answers.
const TABLES: usize = 64;

fn table(position: usize) -> usize {
    position % TABLES
}

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
    Dense { bits: Vec<u64>, branches: usize },
    Sparse {
        /// Answers by places: many tables, so that none takes long to grow. A place's position says which.
        answers: Vec<HashMap<Place, bool>>,
        /// How many answers there are.
        known: usize,
        counters: HashMap<Vec<(u32, u8)>, u32>,
        /// Bytes of the vectors in `counters`.
        vectors: usize,
    },
}

/// Bytes of a table: of eight places seven are used at most, and each has a byte of its own.
fn table_bytes<K, V>(table: &HashMap<K, V>) -> usize {
    table.capacity() / 7 * 8 * (size_of::<(K, V)>() + 1)
}

fn full<K, V>(table: &HashMap<K, V>) -> bool {
    table.len() == table.capacity()
}

impl Memo {
    /// The words of the bit table, if that is what is to be used.
    fn dense(branches: usize, text_len: usize, has_counters: bool) -> Option<usize> {
        let places = branches.checked_mul(text_len.saturating_add(1))?;
        (!has_counters && places / 32 < DENSE_WORDS).then_some(places / 32 + 1)
    }

    /// Bytes that a memory takes at the start.
    pub(super) fn first_bytes(branches: usize, text_len: usize, has_counters: bool) -> usize {
        Memo::dense(branches, text_len, has_counters).map_or(0, |words| words * 8)
    }

    pub(super) fn new(branches: usize, text_len: usize, has_counters: bool) -> Memo {
        match Memo::dense(branches, text_len, has_counters) {
            Some(words) => Memo::Dense { bits: vec![0; words], branches },
            None => Memo::Sparse {
                answers: vec![HashMap::new(); TABLES],
                known: 0,
                counters: HashMap::new(),
                vectors: 0,
            },
        }
    }

    /// About how many bytes it holds.
    pub(super) fn bytes_held(&self) -> usize {
        match self {
            Memo::Dense { bits, .. } => bits.len() * 8,
            Memo::Sparse { answers, counters, vectors, .. } => {
                answers.iter().map(table_bytes).sum::<usize>() + table_bytes(counters) + vectors
            }
        }
    }

    /// Bytes that are taken on top when one more answer is remembered: a full table doubles.
    pub(super) fn growth(&self, place: Place) -> usize {
        match self {
            Memo::Sparse { answers, counters, .. } => {
                let answers = &answers[table(place.position)];
                let answers = if full(answers) { 2 * table_bytes(answers) } else { 0 };
                answers + if full(counters) { 2 * table_bytes(counters) } else { 0 }
            }
            Memo::Dense { .. } => 0,
        }
    }

    /// A number for a set of counter values; 0 for the empty one.
    pub(super) fn counter_id(&mut self, values: Vec<(u32, u8)>) -> u32 {
        match self {
            Memo::Sparse { counters, vectors, .. } if !values.is_empty() => {
                // The limit on answers keeps the count far below the range.
                let next = counters.len() as u32 + 1;
                let bytes = values.capacity() * 8 + 32;
                let number = *counters.entry(values).or_insert(next);
                *vectors += if number == next { bytes } else { 0 };
                number
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
            Memo::Sparse { answers, .. } => answers[table(place.position)].get(&place).copied(),
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
            Memo::Sparse { answers, known, .. } => {
                if *known >= SPARSE_LIMIT {
                    return Err(TooComplex);
                }
                let new = answers[table(place.position)].insert(place, found).is_none();
                *known += usize::from(new);
            }
        }
        Ok(())
    }
}
