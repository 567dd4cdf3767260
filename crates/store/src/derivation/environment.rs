//! The environment of a derivation: variables by name, with all their text in one buffer.
//!
//! In: names and values, cheapest in ascending order of the names (then each goes to the end). Out: the same, ascending.
//! A value that is replaced stays in the buffer until the whole is dropped: only the outputs' paths ever are.
//!
//! Invariant: names are strictly ascending.

use super::pieces::PIECE;
use std::fmt;

/// Variables by name.
#[derive(Clone, Default)]
pub struct Environment {
    text: Vec<u8>,
    variables: Vec<Variable>,
}

/// Where a variable stands in the text: its name from `start` to `middle`, its value from there to `end`.
#[derive(Clone, Copy)]
struct Variable {
    start: usize,
    middle: usize,
    end: usize,
}

/// Room that nearly every derivation needs.
const TEXT: usize = 2048;
const VARIABLES: usize = 32;

impl Environment {
    /// Sets a variable, and says whether there was one of this name.
    pub fn insert(&mut self, name: &[u8], value: &[u8]) -> bool {
        let last = self.variables.last().map(|last| self.name(*last));
        let place = match last {
            Some(last) if last >= name => self.place(name),
            _ => Err(self.variables.len()),
        };
        if self.variables.is_empty() {
            self.text.reserve(TEXT.max(name.len() + value.len()));
            self.variables.reserve(VARIABLES);
        }
        let start = self.text.len();
        self.text.extend_from_slice(name);
        let middle = self.text.len();
        self.text.extend_from_slice(value);
        let variable = Variable { start, middle, end: self.text.len() };
        match place {
            Ok(at) => self.variables[at] = variable,
            Err(at) => self.variables.insert(at, variable),
        }
        place.is_ok()
    }

    /// Sets a variable as [`insert`](Environment::insert) does, a long one piece by piece: asks after each whether to go on,
    /// and says whether the whole value is there.
    pub fn insert_while(
        &mut self,
        name: &[u8],
        value: &[u8],
        keep_going: impl FnMut() -> bool,
    ) -> bool {
        if value.len() > PIECE {
            return self.insert_long(name, value, keep_going);
        }
        self.insert(name, value);
        true
    }

    #[cold]
    #[inline(never)]
    fn insert_long(
        &mut self,
        name: &[u8],
        value: &[u8],
        mut keep_going: impl FnMut() -> bool,
    ) -> bool {
        self.text.reserve(name.len() + value.len());
        self.insert(name, b"");
        let Ok(place) = self.place(name) else { return false };
        value.chunks(PIECE).all(|piece| {
            self.text.extend_from_slice(piece);
            self.variables[place].end = self.text.len();
            keep_going()
        })
    }

    /// Bytes of all names and values, and of what was replaced.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// The value of a variable.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.place(name).ok().map(|at| self.value(self.variables[at]))
    }

    /// Takes a variable out, and says whether there was one of this name.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let place = self.place(name);
        if let Ok(at) = place {
            self.variables.remove(at);
        }
        place.is_ok()
    }

    /// Names and values, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + Clone {
        self.variables.iter().map(|variable| (self.name(*variable), self.value(*variable)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// Where a name is, or belongs.
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.variables.binary_search_by(|variable| self.name(*variable).cmp(name))
    }

    fn name(&self, variable: Variable) -> &[u8] {
        &self.text[variable.start..variable.middle]
    }

    fn value(&self, variable: Variable) -> &[u8] {
        &self.text[variable.middle..variable.end]
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Environment {
    /// Of several values for one name, the last wins.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Environment {
        let mut environment = Environment::default();
        for (name, value) in variables {
            environment.insert(name.as_ref(), value.as_ref());
        }
        environment
    }
}

impl PartialEq for Environment {
    fn eq(&self, other: &Environment) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Environment {}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .iter()
            .map(|(name, value)| (String::from_utf8_lossy(name), String::from_utf8_lossy(value)));
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn variables_are_sorted_whatever_comes_first() {
        let mut environment = Environment::default();
        assert!(!environment.insert(b"b", b"1"));
        assert!(!environment.insert(b"d", b""));
        assert!(!environment.insert(b"a", b"3"));
        assert!(!environment.insert(b"c", b"4"));
        assert!(environment.insert(b"d", b"5"));
        assert!(environment.insert(b"b", b""));
        let expected: [(&[u8], &[u8]); 4] = [(b"a", b"3"), (b"b", b""), (b"c", b"4"), (b"d", b"5")];
        assert!(environment.iter().eq(expected));
        assert_eq!(environment, expected.into_iter().collect());
        assert_eq!(environment.get(b"c"), Some(&b"4"[..]));
        assert!(environment.remove(b"c") && !environment.remove(b"c"));
        assert_eq!((environment.get(b"c"), environment.len()), (None, 3));
    }
}
