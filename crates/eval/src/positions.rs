//! Where the attributes of sets stand in the text, for `unsafeGetAttrPos` and errors.
//!
//! In: literals' position arrays and the way sets are derived from each other. Out: table numbers (kept in sets) and, on
//! demand, the position of a slot. Derived tables are composed lazily: a merged set names its plan and its operands' tables.
//!
//! Invariants: table 0 knows nothing; numbers are never reused. Not here: shapes (`shape.rs`) and plans (`plan.rs`).

use crate::plan::Side;
use crate::shape::Shapes;
use frazil_base::{HashKey, Pos};
use hashbrown::HashTable;
use std::ops::Range;

/// Positions and slots are stretches of `PositionTables::numbers`.
#[derive(Clone, Copy)]
enum Table {
    Literal { start: u32, count: u32 },
    Merged { plan: u32, left: u32, right: u32 },
    Subset { of: u32, start: u32, count: u32 },
}

/// All position tables of one evaluator.
pub(crate) struct PositionTables {
    tables: Vec<Table>,
    /// What literals and subsets hold, one after the other.
    numbers: Vec<u32>,
    /// Merged tables by what they are made of.
    merged: HashTable<u32>,
    /// Tables that builtins made, by what is in them: tables are never forgotten, and a builtin may be called again and again.
    made: HashTable<u32>,
    hash_key: HashKey,
    last: ((u32, u32, u32), u32),
}

impl PositionTables {
    pub(crate) fn new() -> PositionTables {
        PositionTables {
            tables: Vec::new(),
            numbers: Vec::new(),
            merged: HashTable::new(),
            made: HashTable::new(),
            hash_key: HashKey::random(),
            last: ((0, 0, 0), 0),
        }
    }

    fn push(&mut self, table: Table) -> u32 {
        self.tables.push(table);
        self.tables.len() as u32
    }

    /// Keeps numbers and says where. More than can be counted are not kept; then nothing is known of them.
    fn keep(&mut self, numbers: impl ExactSizeIterator<Item = u32>) -> (u32, u32) {
        let (start, count) = (self.numbers.len(), numbers.len());
        match (u32::try_from(start), u32::try_from(start + count)) {
            (Ok(start), Ok(_)) => {
                self.numbers.extend(numbers);
                (start, count as u32)
            }
            _ => (0, 0),
        }
    }

    /// The positions of a literal's names, in its shape's order.
    pub(crate) fn literal(&mut self, positions: &[Pos]) -> u32 {
        let (start, count) = self.keep(positions.iter().map(|pos| pos.0));
        self.push(Table::Literal { start, count })
    }

    /// The same for names that a builtin put together, perhaps not for the first time.
    pub(crate) fn made(&mut self, positions: &[Pos]) -> u32 {
        let hash = made_hash(self.hash_key, 0, positions.iter().map(|pos| pos.0));
        let (tables, numbers) = (&self.tables, &self.numbers);
        let same = |table: &u32| {
            matches!(tables[*table as usize - 1], Table::Literal { start, count }
                if numbers[stretch(start, count)].iter().copied().eq(positions.iter().map(|pos| pos.0)))
        };
        match self.made.find(hash, same) {
            Some(table) => *table,
            None => {
                let table = self.literal(positions);
                self.note_made(hash, table);
                table
            }
        }
    }

    fn note_made(&mut self, hash: u64, table: u32) {
        let (tables, numbers, key) = (&self.tables, &self.numbers, self.hash_key);
        let inside = |start, count| numbers[stretch(start, count)].iter().copied();
        self.made.insert_unique(hash, table, |table| match tables[*table as usize - 1] {
            Table::Literal { start, count } => made_hash(key, 0, inside(start, count)),
            Table::Subset { of, start, count } => made_hash(key, of, inside(start, count)),
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
        let (tables, hash_key) = (&self.tables, self.hash_key);
        let hash = merged_hash(hash_key, key);
        let same = |table: &u32| {
            matches!(tables[*table as usize - 1], Table::Merged { plan, left, right }
                if (plan, left, right) == key)
        };
        let table = match self.merged.find(hash, same) {
            Some(table) => *table,
            None => {
                let table = tables.len() as u32 + 1;
                self.merged.insert_unique(hash, table, |table| match tables[*table as usize - 1] {
                    Table::Merged { plan, left, right } => {
                        merged_hash(hash_key, (plan, left, right))
                    }
                    Table::Literal { .. } | Table::Subset { .. } => 0,
                });
                self.push(Table::Merged { plan, left, right })
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
        let (tables, numbers) = (&self.tables, &self.numbers);
        let same = |table: &u32| {
            matches!(tables[*table as usize - 1], Table::Subset { of: other, start, count }
                if other == of && numbers[stretch(start, count)] == *slots)
        };
        if let Some(table) = self.made.find(hash, same) {
            return *table;
        }
        let (start, count) = self.keep(slots.iter().copied());
        let table = self.push(Table::Subset { of, start, count });
        self.note_made(hash, table);
        table
    }

    /// About how many bytes are held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        self.tables.capacity() * size_of::<Table>()
            + self.numbers.capacity() * size_of::<u32>()
            + (self.merged.capacity() + self.made.capacity()) * 6
    }

    /// The position of a slot.
    #[inline(always)]
    pub(crate) fn get(&self, mut table: u32, mut slot: u32, shapes: &Shapes) -> Pos {
        while table != 0 {
            match self.tables[table as usize - 1] {
                Table::Literal { start, count } => {
                    let position = self.numbers[stretch(start, count)].get(slot as usize);
                    return position.map_or(Pos::NONE, |pos| Pos(*pos));
                }
                Table::Merged { plan, left, right } => {
                    let Some((side, source)) = shapes.plan(plan).source(slot) else {
                        return Pos::NONE;
                    };
                    table = if side == Side::Right { right } else { left };
                    slot = source;
                }
                Table::Subset { of, start, count } => {
                    let slots = &self.numbers[stretch(start, count)];
                    let Some(source) = slots.get(slot as usize) else { return Pos::NONE };
                    (table, slot) = (of, *source);
                }
            }
        }
        Pos::NONE
    }
}

fn stretch(start: u32, count: u32) -> Range<usize> {
    start as usize..start as usize + count as usize
}

fn merged_hash(key: HashKey, (plan, left, right): (u32, u32, u32)) -> u64 {
    key.numbers([plan, left, right].into_iter())
}

fn made_hash(key: HashKey, of: u32, numbers: impl ExactSizeIterator<Item = u32>) -> u64 {
    let hash = key.numbers(numbers);
    key.numbers([of, hash as u32, (hash >> 32) as u32].into_iter())
}
