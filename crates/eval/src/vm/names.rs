//! Attribute names as string values, and strings as names.
//!
//! In: symbols, or strings in weak head normal form. Out: the other.
//! Invariant: what is remembered of a string holds for good, since only strings are remembered that are always the same word.
//! Not here: the table of symbols (`frazil_base::Interner`).

use super::Vm;
use crate::{Error, Value};
use frazil_base::Symbol;

/// How many strings are remembered with their symbols; a power of two.
const MET: usize = 1024;

/// See the module's text.
pub(super) struct Names {
    /// The string of each symbol, or nothing yet.
    strings: Vec<Value>,
    /// Strings met as names: mostly those that `attrNames` gave, which are looked up again and again.
    met: Box<[(Value, Symbol)]>,
}

impl Names {
    pub(super) fn new() -> Names {
        Names { strings: Vec::new(), met: vec![(Value::EMPTY, Symbol(0)); MET].into() }
    }

    /// The bytes held, for the limit on memory.
    pub(super) fn bytes_held(&self) -> usize {
        self.strings.capacity() * size_of::<Value>()
    }

    /// Where a string is remembered.
    #[inline]
    fn place(name: Value) -> usize {
        (name.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (MET - 1)
    }
}

impl Vm {
    /// A symbol's name as a string value; made once.
    #[inline]
    pub fn symbol_string(&mut self, symbol: Symbol) -> Value {
        let index = symbol.index();
        if self.names.strings.len() <= index {
            self.names.strings.resize(self.symbols.len().max(index + 1), Value::EMPTY);
        }
        let value = self.names.strings[index];
        if !value.is_empty_slot() {
            return value;
        }
        let value = self.heap.immortal_string(self.symbols.resolve(symbol));
        self.names.strings[index] = value;
        value
    }

    /// The symbol of a dynamic name: a string in weak head normal form, without context.
    ///
    /// # Errors
    /// It is no string, or it has a context.
    pub fn name_symbol(&mut self, name: Value) -> Result<Symbol, Error> {
        if !self.heap.is_lasting_string(name) {
            return self.new_name(name);
        }
        let at = Names::place(name);
        if let (met, symbol) = self.names.met[at]
            && met == name
        {
            return Ok(symbol);
        }
        let symbol = self.new_name(name)?;
        self.names.met[at] = (name, symbol);
        Ok(symbol)
    }

    fn new_name(&mut self, name: Value) -> Result<Symbol, Error> {
        let Some(string) = self.heap.as_string(&name) else {
            return Err(self.expected("a string", name));
        };
        if string.context != 0 {
            return Err(self.context_forbidden(name));
        }
        Ok(self.symbols.intern(string.bytes))
    }
}
