//! The form in which files stay: of a resolved tree a few bytes a node, from which the part that one body needs is
//! unpacked when that body is first entered. Most never are.
//!
//! Each body has a head and, unless it is one name of an `inherit`, its expression in postfix: operands, then what is done
//! with them, so unpacking is a loop with a stack. A body inside another is only named by its number; its head says what
//! its maker must know. Numbers are of variable length, positions count from the one before.
//!
//! Invariants
//! - What is unpacked is what resolve saw, except for the extents of nodes and the insides of inner bodies.
//! - An inner body that may be computed at once is there as a whole (`PEEK`), and for told code so is the condition of
//!   an assertion, which is shown when it fails.
//!
//! Names are numbered within the file, and nothing depends on the numbers of symbols: `keep` makes bytes of a packed file that
//! another evaluation can start from.
//!
//! `write` packs, `read` unpacks, `names` has the numbers of names. Nothing here touches a disk.

mod keep;
mod names;
mod read;
mod read_sets;
mod write;
mod write_sets;

pub(crate) use keep::{Listed, count_names, keep, kept, read_names, write_names};
pub(crate) use names::Numbering;
pub(crate) use read::{Unpacked, unpack};
pub(crate) use write::pack;

use crate::CurPos;
use frazil_base::{Pos, Symbol};

/// A packed file.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// Heads and expressions; at the end, for each body in four bytes, where its head is.
    bytes: Box<[u8]>,
    bodies: u32,
    /// How many nodes the tree had.
    nodes: u32,
    /// The position that those of heads count from.
    base: Pos,
    /// By their numbers in the file.
    names: Box<[Symbol]>,
    with_lists: Box<[u32]>,
    cur_positions: Box<[Option<CurPos>]>,
    scope: Option<Box<[Symbol]>>,
    optimise: bool,
}

impl Packed {
    pub(crate) fn body_count(&self) -> u32 {
        self.bodies
    }

    pub(crate) fn node_count(&self) -> u32 {
        self.nodes
    }

    /// Its names by number.
    pub(crate) fn names(&self) -> &[Symbol] {
        &self.names
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes.len()
            + size_of_val(&*self.names)
            + size_of_val(&*self.with_lists)
            + size_of_val(&*self.cur_positions)
    }
}

/// The bits of a head's first byte above the body's kind.
mod flag {
    /// The two bits of the kind.
    pub(super) const KIND: u8 = 3;
    /// The whole expression is unpacked with the body around it.
    pub(super) const PEEK: u8 = 4;
    /// The position of the root's value is not the root's.
    pub(super) const VALUE_POS: u8 = 8;
    /// The root is a `//`.
    pub(super) const UPDATE: u8 = 16;
}

/// What stands in an expression. Those from `APPLY` on take operands from the stack.
mod tag {
    pub(super) const END: u8 = 0;
    pub(super) const BODY: u8 = 1;
    pub(super) const DEEP: u8 = 2;
    pub(super) const SHALLOW: u8 = 3;
    pub(super) const ERROR: u8 = 4;
    pub(super) const INT: u8 = 5;
    pub(super) const FLOAT: u8 = 6;
    pub(super) const STR: u8 = 7;
    pub(super) const INDENTED: u8 = 8;
    pub(super) const URI: u8 = 9;
    pub(super) const PATH: u8 = 10;
    pub(super) const SEARCH_PATH: u8 = 11;
    pub(super) const VAR: u8 = 12;
    pub(super) const GLOBAL: u8 = 13;
    pub(super) const CUR_POS: u8 = 14;
    pub(super) const APPLY: u8 = 15;
    pub(super) const APPLY_ONE: u8 = 16;
    pub(super) const LIST: u8 = 17;
    pub(super) const SELECT: u8 = 18;
    pub(super) const SELECT_OR: u8 = 19;
    pub(super) const HAS_ATTR: u8 = 20;
    pub(super) const INTERPOLATED: u8 = 21;
    pub(super) const INDENTED_INTERPOLATED: u8 = 22;
    pub(super) const INTERPOLATED_PATH: u8 = 23;
    pub(super) const SET: u8 = 24;
    pub(super) const LEGACY_LET: u8 = 25;
    pub(super) const LET: u8 = 26;
    pub(super) const WITH: u8 = 27;
    pub(super) const IF: u8 = 28;
    pub(super) const ASSERT: u8 = 29;
    pub(super) const NOT: u8 = 30;
    pub(super) const NEGATE: u8 = 31;
    /// The first operator that its builtin stands for; `OPERATORS` has their order.
    pub(super) const BINARY: u8 = 32;
    /// The first operator whose function the text binds; the same order.
    pub(super) const SHADOWED: u8 = 64;
}

use frazil_syntax::ast::BinaryOp;

/// Operators by number.
const OPERATORS: [BinaryOp; 17] = [
    BinaryOp::Concat,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Update,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Implies,
    BinaryOp::PipeInto,
    BinaryOp::PipeFrom,
];

const _: () = {
    let mut at = 0;
    while at < OPERATORS.len() {
        assert!(OPERATORS[at] as usize == at);
        at += 1;
    }
};
