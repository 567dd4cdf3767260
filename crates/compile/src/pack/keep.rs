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
use super::bytes::{Reader, Writer};
use super::names::Numbering;
use frazil_base::{Interner, Pos, Symbol};

/// The bytes of the file that `numbering` was used for last, whose text starts at `start`.
pub(crate) fn keep(
    packed: &Packed,
    numbering: &Numbering,
    names: &Interner,
    start: Pos,
) -> Option<Vec<u8>> {
    if packed.scope.is_some() || !packed.cur_positions.is_empty() {
        return None;
    }
    let mut out = Writer::default();
    out.byte(u8::from(packed.optimise));
    out.number(packed.nodes);
    out.number(packed.base.0.wrapping_sub(start.0));
    out.number(packed.names.len() as u32);
    for number in numbering.in_order() {
        out.number(number);
        out.text(names.resolve(packed.names[number as usize]));
    }
    out.number(packed.with_lists.len() as u32);
    packed.with_lists.iter().for_each(|entry| out.number(*entry));
    out.number(packed.bodies);
    out.text(&packed.bytes);
    Some(out.bytes)
}

/// A file from its bytes; its text starts at `start`.
pub(crate) fn kept(mut bytes: Vec<u8>, names: &mut Interner, start: Pos) -> Option<Packed> {
    let mut reader = Reader::new(&bytes, 0, Pos::NONE);
    let optimise = reader.byte() != 0;
    let nodes = reader.number();
    let base = Pos(reader.number().wrapping_add(start.0));
    // Whatever is counted takes at least a byte.
    let count = |reader: &mut Reader<'_>| {
        let count = reader.number() as usize;
        (count <= bytes.len()).then_some(count)
    };
    let mut symbols = vec![Symbol(0); count(&mut reader)?];
    for _ in 0..symbols.len() {
        let number = reader.number() as usize;
        *symbols.get_mut(number)? = names.intern(reader.text());
    }
    let with_lists = (0..count(&mut reader)?).map(|_| reader.number()).collect();
    let bodies = count(&mut reader)?;
    let rest = reader.text().len();
    // What was just read is not needed any more: mostly names, a sixth of all.
    bytes.drain(..bytes.len().checked_sub(rest)?);
    (bodies > 0 && bodies <= rest / 4).then_some(Packed {
        bytes: bytes.into(),
        bodies: bodies as u32,
        nodes,
        base,
        names: symbols.into(),
        with_lists,
        cur_positions: Box::default(),
        scope: None,
        optimise,
    })
}
