//! Code objects: what the compiler hands to the machine for one body, and what stands in its side tables.
//!
//! Invariants: everything is immutable and shareable between evaluators; a [`Code`] is complete for its own body, while the
//! bodies of the functions and thunks it makes are only named ([`Proto::body`]) and compiled when first entered.

use crate::{Op, Src};
use frazil_base::{Pos, Symbol};
use std::ops::Range;

/// Names a body that can be compiled: which file's tree, and which node of it. Meaningful to the loader only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BodyId {
    /// The loader's number of the parsed file.
    pub unit: u32,
    /// The body within it.
    pub body: u32,
}

/// An index into [`Code::protos`].
pub type ProtoId = u32;

/// One body's instructions and side tables. *Told* code says what failures ask for; untold code, which is all that running
/// needs, leaves that out and is otherwise the same.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Code {
    /// The instructions; the last is `Return` or a jump cannot pass it.
    pub ops: Vec<Op>,
    /// How many slots the frame's window has (arguments first).
    pub slots: u32,
    /// The formals of the function whose body this is, in the order of their slots: ascending by symbol number.
    pub formals: Vec<Symbol>,
    /// Constants by number.
    pub constants: Vec<Constant>,
    /// The texts of constants.
    pub bytes: Vec<u8>,
    /// Names used by selections, tests and errors; each entry is one cache site.
    pub symbols: Vec<Symbol>,
    /// Attribute set literals.
    pub attrs_sites: Vec<AttrsSite>,
    /// The names of all literals, one literal after the other, and where each stands.
    pub attrs_names: (Vec<Symbol>, Vec<Pos>),
    /// Of literals whose values do not stand in the order of the names, where each name's value stands.
    pub attrs_orders: Vec<u16>,
    /// Names looked up in `with` scopes.
    pub with_sites: Vec<WithSite>,
    /// Functions and thunks this body makes.
    pub protos: Vec<Proto>,
    /// The captures of all protos, in their order, one after the other. Never constants.
    pub captures: Vec<Src>,
    /// Where each instruction that can fail stands in the text, sorted by instruction. Of untold code only what does not
    /// wait for a failure is here.
    pub positions: Positions,
    /// What a failure inside a range of instructions was doing, innermost last among equals; empty in untold code.
    pub regions: Vec<Region>,
    /// The conditions of assertions as they are shown; each empty in untold code.
    pub texts: Vec<Box<[u8]>>,
}

impl Code {
    /// Forgets everything and keeps the room.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.slots = 0;
        self.formals.clear();
        self.constants.clear();
        self.bytes.clear();
        self.symbols.clear();
        self.attrs_sites.clear();
        self.attrs_names.0.clear();
        self.attrs_names.1.clear();
        self.attrs_orders.clear();
        self.with_sites.clear();
        self.protos.clear();
        self.captures.clear();
        self.positions.0.clear();
        self.regions.clear();
        self.texts.clear();
    }

    /// The text of a constant.
    #[must_use]
    pub fn bytes_of(&self, text: &Range<u32>) -> &[u8] {
        self.bytes.get(text.start as usize..text.end as usize).unwrap_or_default()
    }

    /// The names of a literal, ascending by symbol number, without duplicates.
    #[must_use]
    pub fn names_of(&self, site: &AttrsSite) -> &[Symbol] {
        self.attrs_names
            .0
            .get(site.names.start as usize..site.names.end as usize)
            .unwrap_or_default()
    }

    /// Where each of these names stands.
    #[must_use]
    pub fn places_of(&self, site: &AttrsSite) -> &[Pos] {
        self.attrs_names
            .1
            .get(site.names.start as usize..site.names.end as usize)
            .unwrap_or_default()
    }

    /// Which value each of these names has, counted from the first; empty if they stand in the order of the names.
    #[must_use]
    pub fn order_of(&self, site: &AttrsSite) -> &[u16] {
        let order = site.order.and_then(|start| {
            let start = start as usize;
            self.attrs_orders.get(start..start + site.count() as usize)
        });
        order.unwrap_or_default()
    }

    /// What is copied from the making frame for a proto.
    #[must_use]
    pub fn captures_of(&self, proto: &Proto) -> &[Src] {
        let Range { start, end } = proto.captures;
        self.captures.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Instruction index -> position, sparse and sorted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Positions(Vec<(u32, Pos)>);

impl Positions {
    /// Adds the position of the instruction at `pc`; `pc` does not go back.
    pub fn push(&mut self, pc: u32, pos: Pos) {
        self.0.push((pc, pos));
    }
    /// The position noted for `pc` itself.
    pub fn get(&self, pc: u32) -> Option<Pos> {
        self.0.binary_search_by_key(&pc, |entry| entry.0).ok().map(|at| self.0[at].1)
    }
    /// All entries in order.
    pub fn entries(&self) -> &[(u32, Pos)] {
        &self.0
    }
}

/// A constant, before an evaluator makes a value of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
    /// A string without context: which of the code's `bytes` it is.
    Str(Range<u32>),
    /// An absolute path, likewise.
    Path(Range<u32>),
    /// A builtin (or builtin constant such as `builtins` itself), by its global name.
    Global(Symbol),
    /// `[ ]`.
    EmptyList,
    /// `{ }`.
    EmptyAttrs,
}

/// An attribute set literal.
#[derive(Clone, PartialEq, Debug)]
pub struct AttrsSite {
    /// Which of the code's `attrs_names` are its own.
    pub names: Range<u32>,
    /// Where its order starts in the code's `attrs_orders`, if its values stand in another than the names.
    pub order: Option<u32>,
}

impl AttrsSite {
    /// How many names it has.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.names.end.saturating_sub(self.names.start)
    }
}

/// A name looked up through `with`.
#[derive(Clone, PartialEq, Debug)]
pub struct WithSite {
    /// The name.
    pub name: Symbol,
    /// The `with` sets (possibly thunks), innermost first.
    pub levels: Box<[Src]>,
}

/// A function or thunk that a body makes.
#[derive(Clone, PartialEq, Debug)]
pub struct Proto {
    /// Function or thunk.
    pub kind: Kind,
    /// Which of the code's `captures` to copy from the making frame, in the order of the new object's captures.
    pub captures: Range<u32>,
    /// The body, compiled on first entry.
    pub body: BodyId,
    /// Where its expression starts (for a lambda: where Nix says the function is).
    pub pos: Pos,
}

/// What a proto makes.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// A suspended expression.
    Thunk,
    /// A function; `a: b: c` is one of arity 3.
    Function(Box<FunctionInfo>),
}

/// What is known of a function without entering it.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionInfo {
    /// How many arguments make a full call (at least 1). Only the first may have formals, and then the arity is 1.
    pub arity: u16,
    /// The name it was bound to, for traces and printing.
    pub name: Option<Symbol>,
    /// `{ a, b ? d, ... }:`.
    pub formals: Option<Formals>,
    /// The position of each nested lambda (`a:`, `b:`, …), one for each argument.
    pub lambdas: Box<[Pos]>,
    /// Parameter names, one for each argument (the `@` name or nothing for formals).
    pub parameters: Box<[Option<Symbol>]>,
}

/// The formals of a function.
#[derive(Clone, PartialEq, Debug)]
pub struct Formals {
    /// Ascending by symbol number (the order in which Nix checks them); their slots are consecutive in this order.
    pub formals: Box<[Formal]>,
    /// Whether further attributes are accepted.
    pub ellipsis: bool,
}

/// One formal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Formal {
    /// Its name.
    pub name: Symbol,
    /// Where it stands.
    pub pos: Pos,
    /// Whether it has a default.
    pub has_default: bool,
}

/// A range of instructions with a purpose, from which trace lines are written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Region {
    /// First instruction.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// What was being done.
    pub purpose: Purpose,
    /// Where.
    pub pos: Pos,
}

/// What a range of instructions does, in the words of Nix's traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A line whose text is fixed.
    Text(&'static str),
    /// No line of its own: where an operand of the (single) instruction stands. For instructions with a run of slots the
    /// operand's place in the run, for others 0 and 1.
    Operand(u16),
}
