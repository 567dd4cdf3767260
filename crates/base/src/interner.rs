//! The symbol table: every name once, as a small integer.
//!
//! In: bytes. Out: a `Symbol`, and the bytes of a symbol.
//!
//! Invariants
//! - Equal bytes give equal symbols; a symbol is never freed or renumbered.
//! - Symbols are numbered in the order of first interning, which some of Nix's orders are defined by.
//! - The names of `sym` come first, at fixed numbers, in every interner.

use crate::sym;
use crate::{HashKey, Hashed};
use hashbrown::HashTable;

/// An interned name. Ordered by first interning, not alphabetically.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

impl Symbol {
    /// The number of this symbol, for use as an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Owns the bytes of all symbols.
#[derive(Clone, Debug)]
pub struct Interner {
    arena: Vec<u8>,
    /// Where each symbol ends in `arena`; it starts where the one before it ends.
    ends: Vec<usize>,
    table: HashTable<Hashed>,
    key: HashKey,
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
    }
}

impl Interner {
    /// An interner that holds the names of `sym` and nothing else.
    #[must_use]
    pub fn new() -> Self {
        let mut interner = Interner {
            arena: Vec::with_capacity(16 * 1024),
            ends: Vec::with_capacity(1024),
            table: HashTable::with_capacity(1024),
            key: HashKey::random(),
        };
        for name in sym::NAMES {
            interner.intern(name.as_bytes());
        }
        interner
    }

    /// The symbol of `name`, made now if it is new.
    #[inline]
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        let hash = self.key.bytes(name);
        if let Some(found) = self.lookup(name, hash) {
            return found;
        }
        self.add(name, hash)
    }

    /// Makes room for so many new names at once.
    pub fn reserve(&mut self, count: usize) {
        self.table.reserve(count, Hashed::place);
    }

    /// The symbol of `name` if it has one.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Symbol> {
        self.lookup(name, self.key.bytes(name))
    }

    /// The bytes of `symbol`; empty for a number that this interner never gave out.
    #[inline]
    #[must_use]
    pub fn resolve(&self, symbol: Symbol) -> &[u8] {
        let index = symbol.index();
        let Some(&end) = self.ends.get(index) else {
            return &[];
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.arena[start..end]
    }

    /// How many symbols there are.
    #[inline]
    #[must_use]
    #[allow(
        clippy::len_without_is_empty,
        reason = "never empty: the names of `sym` are always there"
    )]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes held, for memory reports.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.arena.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.table.capacity() * (size_of::<Hashed>() + 1)
    }

    #[inline]
    fn lookup(&self, name: &[u8], hash: u64) -> Option<Symbol> {
        let same =
            |entry: &Hashed| entry.may_be(hash) && self.resolve(Symbol(entry.number)) == name;
        self.table.find(Hashed::place_of(hash), same).map(|entry| Symbol(entry.number))
    }

    #[cold]
    fn add(&mut self, name: &[u8], hash: u64) -> Symbol {
        // 2^32 distinct names need more than 64 GiB of table; the saturation is never reached.
        let symbol = Symbol(u32::try_from(self.ends.len()).unwrap_or(u32::MAX));
        self.arena.extend_from_slice(name);
        self.ends.push(self.arena.len());
        let entry = Hashed::new(symbol.0, hash);
        self.table.insert_unique(entry.place(), entry, Hashed::place);
        symbol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_have_their_numbers() {
        let interner = Interner::new();
        assert_eq!(interner.len(), sym::NAMES.len());
        for (index, name) in sym::NAMES.iter().enumerate() {
            assert_eq!(interner.get(name.as_bytes()).map(Symbol::index), Some(index), "{name}");
        }
        assert_eq!(interner.resolve(sym::OUT_PATH), b"outPath");
        assert_eq!(interner.resolve(sym::EMPTY), b"");
    }

    #[test]
    fn interning_is_stable() {
        let mut interner = Interner::new();
        let symbols: Vec<Symbol> =
            (0..50_000).map(|n| interner.intern(format!("name-{n}").as_bytes())).collect();
        for (n, symbol) in symbols.iter().enumerate() {
            let name = format!("name-{n}");
            assert_eq!(interner.resolve(*symbol), name.as_bytes());
            assert_eq!(interner.get(name.as_bytes()), Some(*symbol));
        }
        assert_eq!(interner.get(b"never seen"), None);
        assert_eq!(interner.resolve(Symbol(u32::MAX)), b"");
    }

    #[test]
    fn names_are_bytes() {
        let mut interner = Interner::new();
        let symbol = interner.intern(b"\xff\0\xfe");
        assert_eq!(interner.resolve(symbol), b"\xff\0\xfe");
    }
}
