//! String contexts: which store objects a string refers to, as interned sets.
//!
//! In: elements. Out: context numbers (0 is the empty set) and their unions, memoised. Numbers are never reused.
//! Not here: the text forms of elements (`frazil_store`), strings (`heap`).

use hashbrown::HashMap;

/// One reference of a string.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ContextElement {
    /// A store path itself.
    Opaque(Box<[u8]>),
    /// A derivation with all its outputs and its closure.
    DrvDeep(Box<[u8]>),
    /// An output of a derivation: the derivation's path and the output's name.
    Built {
        /// The derivation (a store path, or for dynamic derivations its encoded form).
        drv: Box<[u8]>,
        /// The output.
        output: Box<[u8]>,
    },
}

/// All contexts of one evaluator.
pub struct Contexts {
    elements: Vec<ContextElement>,
    number_of: HashMap<ContextElement, u32>,
    sets: Vec<Box<[u32]>>,
    /// The lengths of all sets together.
    members: usize,
    set_of: HashMap<Box<[u32]>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl Default for Contexts {
    fn default() -> Self {
        let empty: Box<[u32]> = Box::default();
        Contexts {
            elements: Vec::new(),
            number_of: HashMap::new(),
            sets: vec![empty.clone()],
            members: 0,
            set_of: HashMap::from_iter([(empty, 0)]),
            unions: HashMap::new(),
        }
    }
}

impl Contexts {
    /// The context with just this element.
    pub fn single(&mut self, element: ContextElement) -> u32 {
        let number = self.element(element);
        self.set(vec![number])
    }

    /// The context with these elements.
    pub fn of(&mut self, elements: impl IntoIterator<Item = ContextElement>) -> u32 {
        let numbers = elements.into_iter().map(|element| self.element(element)).collect();
        self.set(numbers)
    }

    /// The union of two contexts.
    #[inline]
    pub fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(union) = self.unions.get(&key) {
            return *union;
        }
        let numbers = [&*self.sets[a as usize], &*self.sets[b as usize]].concat();
        let union = self.set(numbers);
        self.unions.insert(key, union);
        union
    }

    /// About how many bytes are held, for the limit on memory.
    pub(crate) fn bytes_held(&self) -> usize {
        let one = |size: usize| size + 16;
        // Elements are held twice, and their paths are about as long as a store path.
        self.elements.len() * 2 * (one(size_of::<ContextElement>()) + 80)
            + self.members * 2 * size_of::<u32>()
            + self.sets.len() * 2 * one(16)
            + self.unions.len() * one(12)
    }

    /// The elements of a context, in the order in which they first appeared in this evaluation.
    pub fn elements(&self, context: u32) -> impl ExactSizeIterator<Item = &ContextElement> {
        self.sets[context as usize].iter().map(|number| &self.elements[*number as usize])
    }

    /// The numbers of a context's elements, ascending: for those who gather the elements of many contexts.
    pub fn numbers(&self, context: u32) -> &[u32] {
        &self.sets[context as usize]
    }

    /// The element of this number.
    pub fn numbered(&self, number: u32) -> &ContextElement {
        &self.elements[number as usize]
    }

    fn element(&mut self, element: ContextElement) -> u32 {
        if let Some(number) = self.number_of.get(&element) {
            return *number;
        }
        let number = self.elements.len() as u32;
        self.elements.push(element.clone());
        self.number_of.insert(element, number);
        number
    }

    fn set(&mut self, mut numbers: Vec<u32>) -> u32 {
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Box<[u32]> = numbers.into();
        if let Some(set) = self.set_of.get(&numbers) {
            return *set;
        }
        let set = self.sets.len() as u32;
        self.members += numbers.len();
        self.sets.push(numbers.clone());
        self.set_of.insert(numbers, set);
        set
    }
}
