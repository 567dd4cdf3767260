//! Plans: where each attribute of a merged set comes from.
//!
//! In: the keys of two shapes. Out: the merged keys and the plan, which fills a set and finds the source of a slot. Mostly few
//! names are laid on many, so a plan holds stretches where these are shorter than a number for each attribute.
//! Not here: which plan merges which shapes (`shape.rs`).

use crate::Value;
use frazil_base::Symbol;

/// How two shapes merge.
pub(crate) struct Plan {
    /// The merged shape.
    pub(crate) shape: u32,
    /// How many attributes it has; none once the plan is forgotten.
    count: u32,
    sources: Sources,
}

enum Sources {
    /// The right names all exist on the left: the slot of each right value.
    Overlay(Box<[u32]>),
    /// For each slot the slot that it comes from; the top bit says "from the right". For sets where stretches would be longer,
    /// which are small ones or those whose names come by turns.
    Each(Box<[u32]>),
    Stretches(Box<[Stretch]>),
}

/// Slots of a merged set that are neighbours on the side that they come from, up to the next stretch.
struct Stretch {
    /// The first slot.
    start: u32,
    /// The slot that it comes from; the top bit says "from the right".
    source: u32,
}

/// The operand that an attribute comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

const FROM_RIGHT: u32 = 1 << 31;

impl Stretch {
    fn side(&self) -> Side {
        side_of(self.source)
    }

    fn from(&self) -> u32 {
        self.source & !FROM_RIGHT
    }
}

fn side_of(source: u32) -> Side {
    if source & FROM_RIGHT != 0 { Side::Right } else { Side::Left }
}

impl Plan {
    /// The plan that lays names `right` on names `left`, and the merged names, in `keys`. Its shape is not known yet.
    pub(crate) fn new(left: &[Symbol], right: &[Symbol], keys: &mut Vec<Symbol>) -> Plan {
        keys.clear();
        let mut stretches = Vec::with_capacity(4);
        // Runs of the left between two keys of the right are copied whole.
        let mut i = 0;
        for (j, key) in right.iter().enumerate() {
            let end = i + before(&left[i..], *key);
            if i < end {
                extend(&mut stretches, keys.len(), i as u32);
                keys.extend_from_slice(&left[i..end]);
            }
            extend(&mut stretches, keys.len(), j as u32 | FROM_RIGHT);
            keys.push(*key);
            i = end + usize::from(left.get(end) == Some(key));
        }
        if i < left.len() {
            extend(&mut stretches, keys.len(), i as u32);
            keys.extend_from_slice(&left[i..]);
        }
        let sources = if keys.len() == left.len() {
            Sources::Overlay(slots_from_right(&stretches, keys.len(), right.len()))
        } else if 2 * stretches.len() >= keys.len() {
            Sources::Each(each_source(&stretches, keys.len()))
        } else {
            Sources::Stretches(stretches.into())
        };
        Plan { shape: 0, count: keys.len() as u32, sources }
    }

    /// How many attributes the merged set has.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// About how many bytes it holds besides itself.
    pub(crate) fn bytes(&self) -> usize {
        16 + match &self.sources {
            Sources::Overlay(slots) | Sources::Each(slots) => size_of_val(&**slots),
            Sources::Stretches(stretches) => size_of_val(&**stretches),
        }
    }

    /// Lets go of everything that is only of use while its shapes are known.
    pub(crate) fn forget(&mut self) {
        (self.count, self.sources) = (0, Sources::Stretches(Box::default()));
    }

    /// The values of the merged set.
    #[inline(always)]
    pub(crate) fn fill(&self, to: &mut [Value], left: &[Value], right: &[Value]) {
        match &self.sources {
            Sources::Overlay(slots) => {
                to.copy_from_slice(left);
                for (slot, value) in slots.iter().zip(right) {
                    to[*slot as usize] = *value;
                }
            }
            Sources::Each(sources) => {
                for (to, source) in to.iter_mut().zip(sources) {
                    let side = if source & FROM_RIGHT != 0 { right } else { left };
                    *to = side[(source & !FROM_RIGHT) as usize];
                }
            }
            Sources::Stretches(stretches) => gather(stretches, to, left, right),
        }
    }

    /// Where the value of a slot comes from.
    pub(crate) fn source(&self, slot: u32) -> Option<(Side, u32)> {
        if slot >= self.count {
            return None;
        }
        match &self.sources {
            Sources::Overlay(slots) => Some(match slots.binary_search(&slot) {
                Ok(right) => (Side::Right, right as u32),
                Err(_) => (Side::Left, slot),
            }),
            Sources::Each(sources) => {
                let source = *sources.get(slot as usize)?;
                Some((side_of(source), source & !FROM_RIGHT))
            }
            Sources::Stretches(stretches) => {
                let after = stretches.partition_point(|stretch| stretch.start <= slot);
                let stretch = stretches.get(after.checked_sub(1)?)?;
                Some((stretch.side(), stretch.from() + (slot - stretch.start)))
            }
        }
    }
}

/// Apart from the other case, which is quicker without the registers that this one needs.
#[inline(never)]
fn gather(stretches: &[Stretch], to: &mut [Value], left: &[Value], right: &[Value]) {
    for (at, stretch) in stretches.iter().enumerate() {
        let side = if stretch.side() == Side::Right { right } else { left };
        let (start, end) = bounds(stretches, at, to.len());
        let from = stretch.from() as usize;
        copy(&mut to[start..end], &side[from..from + (end - start)]);
    }
}

/// Most stretches are short, where a call that copies costs more than what it copies.
#[inline(always)]
fn copy(to: &mut [Value], from: &[Value]) {
    if to.len() > 8 {
        to.copy_from_slice(from);
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// Where a stretch starts and ends.
fn bounds(stretches: &[Stretch], at: usize, count: usize) -> (usize, usize) {
    let end = stretches.get(at + 1).map_or(count, |next| next.start as usize);
    (stretches[at].start as usize, end)
}

/// Adds a source, to the last stretch if it comes next there.
fn extend(stretches: &mut Vec<Stretch>, slot: usize, source: u32) {
    let start = slot as u32;
    if stretches.last().is_none_or(|last| last.source + (start - last.start) != source) {
        stretches.push(Stretch { start, source });
    }
}

fn each_source(stretches: &[Stretch], count: usize) -> Box<[u32]> {
    let mut sources = Vec::with_capacity(count);
    for (at, stretch) in stretches.iter().enumerate() {
        let (start, end) = bounds(stretches, at, count);
        sources.extend(stretch.source..stretch.source + (end - start) as u32);
    }
    sources.into()
}

fn slots_from_right(stretches: &[Stretch], count: usize, right: usize) -> Box<[u32]> {
    let mut slots = Vec::with_capacity(right);
    for (at, stretch) in stretches.iter().enumerate() {
        if stretch.side() == Side::Right {
            let (start, end) = bounds(stretches, at, count);
            slots.extend(start as u32..end as u32);
        }
    }
    slots.into()
}

/// How many keys are smaller than `key`: looked for in steps that double, since it is often near.
fn before(keys: &[Symbol], key: Symbol) -> usize {
    let mut low = 0;
    let mut step = 1;
    while keys.get(low + step - 1).is_some_and(|other| *other < key) {
        low += step;
        step *= 2;
    }
    let high = keys.len().min(low + step - 1);
    low + keys[low..high].partition_point(|other| *other < key)
}

#[cfg(test)]
mod tests {
    use super::{Plan, Side};
    use frazil_base::Symbol;

    /// What a plan says, and what each merged key tells of itself.
    fn check(left: &[u32], right: &[u32]) {
        let symbols = |numbers: &[u32]| numbers.iter().map(|n| Symbol(*n)).collect::<Vec<_>>();
        let (left, right) = (symbols(left), symbols(right));
        let mut keys = Vec::new();
        let plan = Plan::new(&left, &right, &mut keys);
        let mut both = [left.clone(), right.clone()].concat();
        both.sort();
        both.dedup();
        assert_eq!(keys, both);
        for (slot, key) in keys.iter().enumerate() {
            let expected = match right.iter().position(|other| other == key) {
                Some(at) => Some((Side::Right, at as u32)),
                None => {
                    left.iter().position(|other| other == key).map(|at| (Side::Left, at as u32))
                }
            };
            assert!(plan.source(slot as u32) == expected, "slot {slot}");
        }
        assert!(plan.source(keys.len() as u32).is_none());
    }

    #[test]
    fn every_slot_has_its_source() {
        check(&[1, 2, 3], &[2]);
        check(&[1, 2, 3], &[1, 2, 3]);
        check(&[1, 3, 5, 7], &[0, 2, 3, 4, 8]);
        check(&[5], &[1, 2, 3, 4, 6, 7]);
        check(&[1, 2, 3, 4, 9], &[5, 6, 7]);
        check(&[1, 2], &[3, 4]);
    }

    #[test]
    fn a_forgotten_plan_knows_nothing() {
        let mut plan = Plan::new(&[Symbol(1)], &[Symbol(2)], &mut Vec::new());
        plan.forget();
        assert!(plan.source(0).is_none());
    }
}
