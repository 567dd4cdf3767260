//! The names of one file, numbered for it alone: small numbers in packed bytes, and the same bytes in every evaluation.
//!
//! In: symbols and where they stand. Out: their numbers in the file, and the order in which a parser would meet them.

use frazil_base::{Pos, Symbol};

/// Room for numbering the names of one file after the other.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// By symbol, one more than its number in the file; 0 for names the file does not have.
    numbers: Vec<u32>,
    /// The names by number.
    names: Vec<Symbol>,
    /// Where each stands first.
    firsts: Vec<Pos>,
}

impl Numbering {
    /// Starts a file.
    pub(super) fn clear(&mut self) {
        for name in self.names.drain(..) {
            self.numbers[name.index()] = 0;
        }
        self.firsts.clear();
    }

    /// The number of a name that stands at `pos`.
    #[inline]
    pub(super) fn number(&mut self, name: Symbol, pos: Pos) -> u32 {
        match self.numbers.get(name.index()) {
            Some(0) | None => self.add(name, pos),
            Some(number) => {
                let number = number - 1;
                let first = &mut self.firsts[number as usize];
                *first = pos.min(*first);
                number
            }
        }
    }

    #[cold]
    fn add(&mut self, name: Symbol, pos: Pos) -> u32 {
        if name.index() >= self.numbers.len() {
            self.numbers.resize((name.index() + 1).next_power_of_two(), 0);
        }
        self.names.push(name);
        self.firsts.push(pos);
        self.numbers[name.index()] = self.names.len() as u32;
        self.names.len() as u32 - 1
    }

    /// The file's names by number.
    pub(super) fn names(&self) -> &[Symbol] {
        &self.names
    }

    /// The numbers in the order in which the text has the names.
    pub(crate) fn in_order(&self) -> Box<[u32]> {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_by_key(|number| self.firsts[*number as usize]);
        order.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_one_file() {
        let mut numbering = Numbering::default();
        assert_eq!(numbering.number(Symbol(900), Pos(9)), 0);
        assert_eq!(numbering.number(Symbol(3), Pos(5)), 1);
        assert_eq!(numbering.number(Symbol(900), Pos(7)), 0);
        assert_eq!(numbering.number(Symbol(4), Pos(6)), 2);
        assert_eq!(*numbering.in_order(), [1, 2, 0]);
        numbering.clear();
        assert_eq!(numbering.number(Symbol(4), Pos(1)), 0);
        assert_eq!(numbering.number(Symbol(900), Pos(2)), 1);
        assert_eq!(numbering.names(), [Symbol(4), Symbol(900)]);
    }
}
