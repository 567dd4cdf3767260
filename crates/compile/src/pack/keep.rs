//! A packed file as bytes that another evaluation can start from.
//!
//! In: a packed file. Out: bytes in which nothing depends on this evaluation: names are spelled out, positions count from the
//! start of the text. And back, with this evaluation's symbols.
//!
//! Invariants
//! - Names come in the order in which the text has them, so that an evaluator that reads a kept file numbers new symbols as
//!   one that parses it: Nix evaluates attributes in that order.
//! - Files that say where they lie (`__curPos`) are not kept, nor are those inside a scope.
//! - Bytes are trusted to be what was made here: whoever keeps them sees to that (`frazil-hosts` compares sums).

use super::Packed;
use frazil_base::{Interner, Pos, Symbol};
use frazil_bytecode::bytes::{Reader, Writer};

/// The bytes of a file whose text starts at `start` and has its names in this order.
pub(crate) fn keep(
    packed: &Packed,
    order: &[u32],
    interner: &Interner,
    start: Pos,
) -> Option<Vec<u8>> {
    if packed.scope.is_some() || !packed.cur_positions.is_empty() {
        return None;
    }
    let mut out = Writer::default();
    out.byte(u8::from(packed.optimise));
    out.number(packed.nodes);
    out.number(packed.base.0.wrapping_sub(start.0));
    out.number(packed.with_lists.len() as u32);
    packed.with_lists.iter().for_each(|entry| out.number(*entry));
    out.number(packed.bodies);
    out.text(&packed.bytes);
    let end = out.bytes.len();
    out.bytes.extend(write_names(&packed.names, order, interner));
    let names = (out.bytes.len() - end) as u32;
    out.bytes.extend_from_slice(&names.to_le_bytes());
    Some(out.bytes)
}

/// A file from its bytes, and the order of its names; its text starts at `start`. `listed` reads the names.
pub(crate) fn kept(
    mut bytes: Vec<u8>,
    listed: impl FnOnce(&[u8]) -> Option<Listed>,
    start: Pos,
) -> Option<(Packed, Box<[u32]>)> {
    let (rest, names) = bytes.split_last_chunk()?;
    let end = rest.len().checked_sub(u32::from_le_bytes(*names) as usize)?;
    let Listed { names, order } = listed(&rest[end..])?;
    bytes.truncate(end);
    let mut reader = Reader::new(&bytes, 0, Pos::NONE);
    let optimise = reader.byte() != 0;
    let nodes = reader.number();
    let base = Pos(reader.number().wrapping_add(start.0));
    let with_lists = (0..reader.count()?).map(|_| reader.number()).collect();
    let bodies = reader.count()?;
    let rest = reader.text().len();
    // What was just read is not needed any more.
    bytes.drain(..end.checked_sub(rest)?);
    let packed = (bodies > 0 && bodies <= rest / 4).then_some(Packed {
        bytes: bytes.into(),
        bodies: bodies as u32,
        nodes,
        base,
        names,
        with_lists,
        cur_positions: Box::default(),
        scope: None,
        optimise,
    })?;
    Some((packed, order))
}

/// Names as they were read.
pub(crate) struct Listed {
    /// By their numbers in the file.
    pub(crate) names: Box<[Symbol]>,
    /// Their numbers in the order of the text.
    pub(crate) order: Box<[u32]>,
}

/// Spells out the names of a file in the order of the text.
pub(crate) fn write_names(names: &[Symbol], order: &[u32], interner: &Interner) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(names.len() as u32);
    let mut next = 0_u32;
    for number in order {
        // Mostly the next one.
        let step = number.wrapping_sub(next) as i32;
        out.number((step << 1 ^ step >> 31) as u32);
        out.text(names.get(*number as usize).map_or(&[], |name| interner.resolve(*name)));
        next = number.wrapping_add(1);
    }
    out.bytes
}

/// How many names there are, of what `write_names` wrote.
pub(crate) fn count_names(bytes: &[u8]) -> usize {
    Reader::new(bytes, 0, Pos::NONE).count().unwrap_or(0)
}

/// Reads what `write_names` wrote.
pub(crate) fn read_names(bytes: &[u8], interner: &mut Interner) -> Option<Listed> {
    let mut reader = Reader::new(bytes, 0, Pos::NONE);
    let count = reader.count()?;
    interner.reserve(count);
    let mut names = vec![Symbol(0); count];
    let mut order = Vec::with_capacity(count);
    let mut next = 0_u32;
    for _ in 0..count {
        let step = reader.number();
        let number = next.wrapping_add(step >> 1 ^ (step & 1).wrapping_neg());
        next = number.wrapping_add(1);
        *names.get_mut(number as usize)? = interner.intern(reader.text());
        order.push(number);
    }
    Some(Listed { names: names.into(), order: order.into() })
}
