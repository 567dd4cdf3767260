//! String contexts: which store objects a string refers to, as interned sets.
//!
//! In: elements. Out: context numbers (0 is the empty set) and their unions, memoised. Numbers are never reused.
//! Not here: the text forms of elements (`frazil_store`), strings (`heap`).

use frazil_base::{HashKey, Hashed};
use hashbrown::{HashMap, HashTable};
use std::sync::Arc;

/// One reference of a string. Elements of a derivation share the text of its path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ContextElement {
    /// A store path itself.
    Opaque(Arc<[u8]>),
    /// A derivation with all its outputs and its closure.
    DrvDeep(Arc<[u8]>),
    /// An output of a derivation: the derivation's path and the output's name.
    Built {
        /// The derivation (a store path, or for dynamic derivations its encoded form).
        drv: Arc<[u8]>,
        /// The output.
        output: Arc<[u8]>,
    },
}

impl ContextElement {
    fn hash(&self, key: HashKey) -> u64 {
        match self {
            ContextElement::Opaque(path) => key.bytes(path),
            ContextElement::DrvDeep(path) => !key.bytes(path),
            ContextElement::Built { drv, output } => {
                key.bytes(drv) ^ key.bytes(output).rotate_left(1)
            }
        }
    }
}

/// All contexts of one evaluator. There are hundreds of thousands of members in a large one, so nothing is held twice: the
/// tables that find elements and sets have only their numbers.
pub struct Contexts {
    elements: Vec<ContextElement>,
    by_element: HashTable<Hashed>,
    /// The members of all sets, one set after the other, and where each set ends; the first is empty. They ascend, so each
    /// is written as what it is more than the one before, in seven bits a byte: mostly one byte.
    members: Vec<u8>,
    ends: Vec<usize>,
    by_members: HashTable<Hashed>,
    unions: HashMap<(u32, u32), u32>,
    key: HashKey,
    /// Room for the set that is being looked for, and for how it is written.
    room: Vec<u32>,
    written: Vec<u8>,
}

impl Default for Contexts {
    fn default() -> Self {
        Contexts {
            elements: Vec::new(),
            by_element: HashTable::new(),
            members: Vec::new(),
            ends: vec![0],
            by_members: HashTable::new(),
            unions: HashMap::new(),
            key: HashKey::random(),
            room: Vec::new(),
            written: Vec::new(),
        }
    }
}

impl Contexts {
    /// The context with just this element.
    pub fn single(&mut self, element: ContextElement) -> u32 {
        let number = self.element(element);
        self.set(|room, _| room.push(number))
    }

    /// The context with these elements.
    pub fn of(&mut self, elements: impl IntoIterator<Item = ContextElement>) -> u32 {
        let numbers: Vec<u32> = elements.into_iter().map(|element| self.element(element)).collect();
        self.set(|room, _| room.extend(numbers))
    }

    /// The union of two contexts; nearly always one of them.
    #[inline(always)]
    pub fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        self.real_union(a, b)
    }

    #[inline(never)]
    fn real_union(&mut self, a: u32, b: u32) -> u32 {
        let key = (a.min(b), a.max(b));
        if let Some(union) = self.unions.get(&key) {
            return *union;
        }
        let union = self.set(|room, known| {
            room.extend(known.numbers(a));
            room.extend(known.numbers(b));
        });
        self.unions.insert(key, union);
        union
    }

    /// About how many bytes are held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        // Paths are about as long as a store path.
        self.elements.len() * (size_of::<ContextElement>() + 96)
            + (self.by_element.capacity() + self.by_members.capacity()) * (size_of::<Hashed>() + 1)
            + self.members.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.unions.capacity() * 13
    }

    /// The elements of a context, in the order in which they first appeared in this evaluation.
    pub fn elements(&self, context: u32) -> impl Iterator<Item = &ContextElement> {
        self.numbers(context).map(|number| &self.elements[number as usize])
    }

    /// The numbers of a context's elements, ascending: for those who gather the elements of many contexts.
    pub fn numbers(&self, context: u32) -> impl Iterator<Item = u32> {
        read(part(&self.members, &self.ends, context))
    }

    /// The context with the elements of these numbers.
    pub fn of_numbers(&mut self, numbers: &[u32]) -> u32 {
        self.set(|room, _| room.extend_from_slice(numbers))
    }

    /// The element of this number.
    pub fn numbered(&self, number: u32) -> &ContextElement {
        &self.elements[number as usize]
    }

    fn element(&mut self, element: ContextElement) -> u32 {
        let (hash, elements) = (element.hash(self.key), &self.elements);
        let same =
            |entry: &Hashed| entry.may_be(hash) && elements[entry.number as usize] == element;
        if let Some(known) = self.by_element.find(Hashed::place_of(hash), same) {
            return known.number;
        }
        let number = elements.len() as u32;
        let entry = Hashed::new(number, hash);
        self.by_element.insert_unique(entry.place(), entry, Hashed::place);
        self.elements.push(element);
        number
    }

    /// The set of the numbers that `fill` puts into the room it gets.
    fn set(&mut self, fill: impl FnOnce(&mut Vec<u32>, &Contexts)) -> u32 {
        let mut room = std::mem::take(&mut self.room);
        room.clear();
        fill(&mut room, self);
        room.sort_unstable();
        room.dedup();
        let mut written = std::mem::take(&mut self.written);
        written.clear();
        write(&room, &mut written);
        let set = self.set_of(&written);
        (self.room, self.written) = (room, written);
        set
    }

    fn set_of(&mut self, written: &[u8]) -> u32 {
        if written.is_empty() {
            return 0;
        }
        let (members, ends, hash) = (&self.members, &self.ends, self.key.bytes(written));
        let same = |set: &Hashed| set.may_be(hash) && part(members, ends, set.number) == written;
        if let Some(set) = self.by_members.find(Hashed::place_of(hash), same) {
            return set.number;
        }
        let set = ends.len() as u32;
        let entry = Hashed::new(set, hash);
        self.by_members.insert_unique(entry.place(), entry, Hashed::place);
        self.members.extend_from_slice(written);
        self.ends.push(self.members.len());
        set
    }
}

/// The members of a set, as they are written.
fn part<'m>(members: &'m [u8], ends: &[usize], set: u32) -> &'m [u8] {
    let at = set as usize;
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    &members[start..ends[at]]
}

/// Writes numbers that ascend.
fn write(numbers: &[u32], to: &mut Vec<u8>) {
    let mut before = 0;
    for number in numbers {
        let mut more = number - before;
        before = *number;
        while more >= 0x80 {
            to.push(more as u8 | 0x80);
            more >>= 7;
        }
        to.push(more as u8);
    }
}

/// The numbers that were written.
fn read(written: &[u8]) -> impl Iterator<Item = u32> {
    let mut bytes = written.iter();
    let mut number = 0;
    std::iter::from_fn(move || {
        let mut shift = 0;
        loop {
            let byte = *bytes.next()?;
            number += u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for numbers in [&[][..], &[0], &[0, 1, 127, 128, 255, 16_511, u32::MAX], &[u32::MAX]] {
            let mut written = Vec::new();
            write(numbers, &mut written);
            assert_eq!(read(&written).collect::<Vec<u32>>(), numbers);
        }
    }
}
