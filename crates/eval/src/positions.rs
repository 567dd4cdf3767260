//! Where the attributes of sets stand in the text, for `unsafeGetAttrPos` and errors.
//!
//! In: literals' position arrays and the way sets are derived from each other. Out: table numbers (kept in sets) and, on
//! demand, the position of a slot. Derived tables are composed lazily: a merged set names its plan and its operands' tables.
//!
//! Invariants: table 0 knows nothing; numbers are never reused. Not here: shapes and plans (`shape.rs`).

use crate::shape::{FROM_RIGHT, Shapes};
use frazil_base::{HashKey, Pos};
use hashbrown::{HashMap, HashTable};

enum Table {
    Literal(Box<[Pos]>),
    Merged { plan: u32, left: u32, right: u32 },
    Subset { of: u32, slots: Box<[u32]> },
}

/// All position tables of one evaluator.
pub(crate) struct PositionTables {
    tables: Vec<Table>,
    merged: HashMap<(u32, u32, u32), u32>,
    /// Tables that builtins made, by what is in them: tables are never forgotten, and a builtin may be called again and again.
    made: HashTable<u32>,
    hash_key: HashKey,
    last: ((u32, u32, u32), u32),
    /// Bytes of the positions and slots in `tables`.
    inside: usize,
}

impl PositionTables {
    pub(crate) fn new() -> PositionTables {
        PositionTables {
            tables: Vec::new(),
            merged: HashMap::new(),
            made: HashTable::new(),
            hash_key: HashKey::random(),
            last: ((0, 0, 0), 0),
            inside: 0,
        }
    }

    fn push(&mut self, table: Table) -> u32 {
        self.inside += match &table {
            Table::Literal(positions) => size_of_val(&**positions),
            Table::Subset { slots, .. } => size_of_val(&**slots),
            Table::Merged { .. } => 0,
        };
        self.tables.push(table);
        self.tables.len() as u32
    }

    /// The positions of a literal's names, in its shape's order.
    pub(crate) fn literal(&mut self, positions: &[Pos]) -> u32 {
        self.push(Table::Literal(positions.into()))
    }

    /// The same for names that a builtin put together, perhaps not for the first time.
    pub(crate) fn made(&mut self, positions: &[Pos]) -> u32 {
        let hash = made_hash(self.hash_key, 0, positions.iter().map(|pos| pos.0));
        let tables = &self.tables;
        let same = |table: &u32| matches!(&tables[*table as usize - 1], Table::Literal(known) if **known == *positions);
        match self.made.find(hash, same) {
            Some(table) => *table,
            None => {
                let table = self.push(Table::Literal(positions.into()));
                self.note_made(hash, table);
                table
            }
        }
    }

    fn note_made(&mut self, hash: u64, table: u32) {
        let (tables, key) = (&self.tables, self.hash_key);
        self.made.insert_unique(hash, table, |table| match &tables[*table as usize - 1] {
            Table::Literal(positions) => made_hash(key, 0, positions.iter().map(|pos| pos.0)),
            Table::Subset { of, slots } => made_hash(key, *of, slots.iter().copied()),
            Table::Merged { .. } => 0,
        });
    }

    /// The table of a set merged by `plan` from sets with tables `left` and `right`.
    #[inline]
    pub(crate) fn merge(&mut self, plan: u32, left: u32, right: u32) -> u32 {
        if left == 0 && right == 0 {
            return 0;
        }
        let key = (plan, left, right);
        if self.last.0 == key {
            return self.last.1;
        }
        // The same names again from the same place: nothing is found elsewhere than before. (A set that is updated in a
        // loop would have a table for each turn.)
        if left != 0
            && let Table::Merged { plan: before, right: same, .. } = self.tables[left as usize - 1]
            && (before, same) == (plan, right)
        {
            return left;
        }
        let table = match self.merged.get(&key) {
            Some(table) => *table,
            None => {
                let table = self.push(Table::Merged { plan, left, right });
                self.merged.insert(key, table);
                table
            }
        };
        self.last = (key, table);
        table
    }

    /// The table of a set that has these slots of a set with table `of`.
    pub(crate) fn subset(&mut self, of: u32, slots: &[u32]) -> u32 {
        if of == 0 {
            return 0;
        }
        let hash = made_hash(self.hash_key, of, slots.iter().copied());
        let tables = &self.tables;
        let same = |table: &u32| {
            matches!(&tables[*table as usize - 1],
                Table::Subset { of: other, slots: known } if *other == of && **known == *slots)
        };
        if let Some(table) = self.made.find(hash, same) {
            return *table;
        }
        let table = self.push(Table::Subset { of, slots: slots.into() });
        self.note_made(hash, table);
        table
    }

    /// About how many bytes are held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        self.tables.capacity() * size_of::<Table>()
            + self.merged.capacity() * 20
            + self.made.capacity() * 6
            + self.inside
    }

    /// The position of a slot.
    pub(crate) fn get(&self, mut table: u32, mut slot: u32, shapes: &Shapes) -> Pos {
        while table != 0 {
            match &self.tables[table as usize - 1] {
                Table::Literal(positions) => {
                    return positions.get(slot as usize).copied().unwrap_or(Pos::NONE);
                }
                Table::Merged { plan, left, right } => {
                    let Some(source) = shapes.plan(*plan).sources.get(slot as usize) else {
                        return Pos::NONE;
                    };
                    table = if source & FROM_RIGHT != 0 { *right } else { *left };
                    slot = source & !FROM_RIGHT;
                }
                Table::Subset { of, slots } => {
                    let Some(source) = slots.get(slot as usize) else { return Pos::NONE };
                    (table, slot) = (*of, *source);
                }
            }
        }
        Pos::NONE
    }
}

fn made_hash(key: HashKey, of: u32, numbers: impl ExactSizeIterator<Item = u32>) -> u64 {
    let hash = key.numbers(numbers);
    key.numbers([of, hash as u32, (hash >> 32) as u32].into_iter())
}
