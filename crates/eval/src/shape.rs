//! Shapes: the key arrays of attribute sets, shared by all sets with the same keys.
//!
//! In: keys ordered by symbol number. Out: shape numbers, slots of keys, the byte-lexicographic order, and numbers of plans for
//! merging. A shape's keys ascend by symbol number, which is also the order in which Nix compares sets.
//!
//! Invariants: equal keys mean equal numbers; numbers are never reused, so a cache that holds a forgotten shape merely misses.
//! Shapes that only collected values used are forgotten at major collections when there are many.
//!
//! Not here: values (`attrs.rs`), positions (`positions.rs`), what a plan is (`plan.rs`).

use crate::ops::sort_long;
use crate::plan::Plan;
use frazil_base::{HashKey, Hashed, Interner, Symbol};
use hashbrown::{HashMap, HashTable};
use std::cell::OnceCell;

/// Keys and what is known about them.
pub(crate) struct Shape {
    keys: Box<[Symbol]>,
    /// Slots in the byte-lexicographic order of their names.
    order: OnceCell<Box<[u32]>>,
    /// Code refers to it.
    pinned: bool,
}

const FRONT: usize = 4096;

#[derive(Clone, Copy)]
struct Found {
    shape: u32,
    symbol: u32,
    /// Slot, or `ABSENT`.
    slot: u32,
}

const ABSENT: u32 = u32::MAX;
/// More shapes than this are worth sweeping.
const SWEEP_ABOVE: usize = 1 << 16;
/// More bytes than this are, too: a set that grows by a name at a time has a shape for each size.
const SWEEP_ABOVE_BYTES: usize = 32 << 20;

/// All shapes of one evaluator.
pub(crate) struct Shapes {
    shapes: Vec<Option<Box<Shape>>>,
    by_keys: HashTable<Hashed>,
    hash_key: HashKey,
    found: Box<[Found]>,
    plans: Vec<Plan>,
    /// Room for the keys of a merge.
    merged: Vec<Symbol>,
    plan_of: HashMap<(u32, u32), u32>,
    front: Box<[(u32, u32, u32)]>,
    alive: usize,
    /// About how many bytes shapes and plans hold, and how many let them be looked through.
    bytes: usize,
    sweep_at: usize,
    pub(crate) plan_hits: u64,
    pub(crate) plan_misses: u64,
    /// Lookups that found their entry in `found`, and those that did not.
    pub(crate) lookups: (u64, u64),
}

impl Shapes {
    pub(crate) fn new() -> Shapes {
        let mut shapes = Shapes {
            shapes: Vec::new(),
            by_keys: HashTable::new(),
            hash_key: HashKey::random(),
            found: vec![Found { shape: u32::MAX, symbol: 0, slot: 0 }; FRONT].into(),
            plans: Vec::new(),
            merged: Vec::new(),
            plan_of: HashMap::new(),
            front: vec![(u32::MAX, 0, 0); 1024].into(),
            alive: 0,
            bytes: 0,
            sweep_at: SWEEP_ABOVE_BYTES,
            plan_hits: 0,
            plan_misses: 0,
            lookups: (0, 0),
        };
        let empty = shapes.intern(&[], true);
        debug_assert_eq!(empty, 0);
        shapes
    }

    pub(crate) fn count(&self) -> usize {
        self.shapes.len()
    }

    /// The shape with these keys, which ascend by symbol number.
    pub(crate) fn intern(&mut self, keys: &[Symbol], pin: bool) -> u32 {
        debug_assert!(keys.is_sorted_by(|a, b| a < b));
        let hash_key = self.hash_key;
        let hash = hash(hash_key, keys);
        let shapes = &mut self.shapes;
        let same = |entry: &Hashed| {
            let shape = shapes[entry.number as usize].as_ref();
            entry.may_be(hash) && shape.is_some_and(|shape| *shape.keys == *keys)
        };
        if let Some(found) = self.by_keys.find(Hashed::place_of(hash), same) {
            if pin && let Some(shape) = &mut shapes[found.number as usize] {
                shape.pinned = true;
            }
            return found.number;
        }
        let id = shapes.len() as u32;
        shapes.push(Some(Box::new(Shape {
            keys: keys.into(),
            order: OnceCell::new(),
            pinned: pin,
        })));
        self.alive += 1;
        self.bytes += shape_bytes(keys.len());
        let entry = Hashed::new(id, hash);
        self.by_keys.insert_unique(entry.place(), entry, Hashed::place);
        id
    }

    #[inline(always)]
    fn shape(&self, id: u32) -> &Shape {
        self.shapes[id as usize].as_ref().expect("a shape that a live set has is kept")
    }

    /// The keys of a shape, ascending by symbol number.
    #[inline(always)]
    pub(crate) fn keys(&self, id: u32) -> &[Symbol] {
        &self.shape(id).keys
    }

    /// As `order`, for the first time, with looks at whether to go on.
    pub(crate) fn find_order<E>(
        &self,
        id: u32,
        symbols: &Interner,
        look: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        let shape = self.shape(id);
        if shape.order.get().is_some() {
            return Ok(());
        }
        let mut order: Vec<u32> = (0..shape.keys.len() as u32).collect();
        let name = |slot: &u32| symbols.resolve(shape.keys[*slot as usize]);
        sort_long(&mut order, |a, b| name(a).cmp(name(b)), look)?;
        let _ = shape.order.set(order.into());
        Ok(())
    }

    /// Slots in the byte-lexicographic order of their names.
    pub(crate) fn order(&self, id: u32, symbols: &Interner) -> &[u32] {
        let shape = self.shape(id);
        shape.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..shape.keys.len() as u32).collect();
            order.sort_unstable_by_key(|slot| symbols.resolve(shape.keys[*slot as usize]));
            order.into()
        })
    }

    /// The slot of a key.
    #[inline(always)]
    pub(crate) fn slot(&mut self, id: u32, symbol: Symbol) -> Option<u32> {
        let at = (id.wrapping_mul(0x9e37_79b1) ^ symbol.0.wrapping_mul(0x85eb_ca6b)) as usize >> 7
            & (FRONT - 1);
        let found = self.found[at];
        if found.shape == id && found.symbol == symbol.0 {
            self.lookups.0 += 1;
            return (found.slot != ABSENT).then_some(found.slot);
        }
        self.lookups.1 += 1;
        let slot = self.slot_uncached(id, symbol);
        self.found[at] = Found { shape: id, symbol: symbol.0, slot: slot.unwrap_or(ABSENT) };
        slot
    }

    /// As `slot`, without touching the cache.
    #[inline]
    pub(crate) fn slot_uncached(&self, id: u32, symbol: Symbol) -> Option<u32> {
        let keys = &self.shape(id).keys;
        if keys.len() <= 8 {
            return keys.iter().position(|key| *key == symbol).map(|slot| slot as u32);
        }
        keys.binary_search(&symbol).ok().map(|slot| slot as u32)
    }

    /// Number of the plan that merges `right` onto `left`.
    #[inline]
    pub(crate) fn merge(&mut self, left: u32, right: u32) -> u32 {
        let at = (left.wrapping_mul(31) ^ right.wrapping_mul(0x9e37_79b1) >> 8) as usize & 1023;
        let (l, r, plan) = self.front[at];
        if l == left && r == right {
            self.plan_hits += 1;
            return plan;
        }
        let plan = match self.plan_of.get(&(left, right)) {
            Some(plan) => {
                self.plan_hits += 1;
                *plan
            }
            None => self.make_plan(left, right),
        };
        self.front[at] = (left, right, plan);
        plan
    }

    pub(crate) fn plan(&self, id: u32) -> &Plan {
        &self.plans[id as usize]
    }

    fn make_plan(&mut self, left: u32, right: u32) -> u32 {
        self.plan_misses += 1;
        let mut keys = std::mem::take(&mut self.merged);
        let mut plan = Plan::new(self.keys(left), self.keys(right), &mut keys);
        plan.shape = self.intern(&keys, false);
        self.merged = keys;
        let id = self.plans.len() as u32;
        self.bytes += plan.bytes();
        self.plans.push(plan);
        self.plan_of.insert((left, right), id);
        id
    }

    /// After a major collection: forgets shapes that nothing has any more.
    pub(crate) fn sweep(&mut self, used: &[bool]) {
        if self.alive < SWEEP_ABOVE && !self.are_heavy() {
            return;
        }
        // Plans stay numbered (position tables name them), but those of forgotten shapes are no longer found.
        let Shapes { shapes, by_keys, hash_key, alive, bytes, plans, plan_of, .. } = &mut *self;
        for (id, entry) in shapes.iter_mut().enumerate() {
            let Some(shape) = entry else { continue };
            if shape.pinned || used.get(id).copied().unwrap_or(false) {
                continue;
            }
            *bytes -= shape_bytes(shape.keys.len());
            let hash = hash(*hash_key, &shape.keys);
            let same = |other: &Hashed| other.number == id as u32;
            if let Ok(found) = by_keys.find_entry(Hashed::place_of(hash), same) {
                found.remove();
            }
            *entry = None;
            *alive -= 1;
        }
        let alive = |id: u32| shapes[id as usize].is_some();
        plan_of.retain(|(left, right), plan| {
            let keep = alive(*left) && alive(*right) && alive(plans[*plan as usize].shape);
            if !keep {
                let plan = &mut plans[*plan as usize];
                *bytes -= plan.bytes();
                plan.forget();
            }
            keep
        });
        self.front.fill((u32::MAX, 0, 0));
        self.found.fill(Found { shape: u32::MAX, symbol: 0, slot: 0 });
        self.sweep_at = (self.bytes * 2).max(SWEEP_ABOVE_BYTES);
    }

    /// Whether they hold so much that a major collection is worth while, which may free most of it.
    pub(crate) fn are_heavy(&self) -> bool {
        self.bytes > self.sweep_at
    }

    /// About how many bytes are held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes
            + self.shapes.capacity() * size_of::<Option<Box<Shape>>>()
            + self.plans.capacity() * size_of::<Plan>()
            + self.plan_of.capacity() * 16
    }
}

/// A shape's keys, their order, and itself.
fn shape_bytes(keys: usize) -> usize {
    keys * 8 + size_of::<Shape>() + 32
}

fn hash(key: HashKey, keys: &[Symbol]) -> u64 {
    key.numbers(keys.iter().map(|symbol| symbol.0))
}
