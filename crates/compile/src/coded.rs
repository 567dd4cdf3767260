//! Code of a file's bodies as bytes that another evaluation can start from: of those bodies that some evaluation entered.
//!
//! In: code as it is emitted. Out: bytes, and from bytes the code of a body. A file that is loaded from them needs its tree only
//! for bodies that are entered for the first time, and to tell of failures.
//!
//! ```text
//! a row for each body, ascending: its number (4), where its code starts, counted from the end of the rows (4)
//! code (`frazil_bytecode::stored`)
//! names, in the order of the text (`pack::write_names`)
//! the length of the names (4), how many rows, nodes and bodies there are (4 each); numbers are little-endian
//! ```
//!
//! Invariants
//! - Numbers of names are those of the packed file.
//! - Bytes are trusted as little as code is: it is verified when it is loaded.

use crate::pack::{self, Listed};
use frazil_base::{Interner, Pos, Symbol};
use frazil_bytecode::Code;
use frazil_bytecode::bytes::Writer;
use frazil_bytecode::stored::{self, Names};

const ROW: usize = 8;
const END: usize = 16;

/// What a file starts from.
#[derive(Debug)]
pub(crate) struct Coded {
    /// Rows and code.
    bytes: Box<[u8]>,
    rows: u32,
    pub(crate) nodes: u32,
    pub(crate) bodies: u32,
    /// Where the text starts.
    pub(crate) base: Pos,
    /// By their numbers in the file.
    pub(crate) names: Box<[Symbol]>,
}

/// The parts of stored bytes.
struct Parts {
    code: usize,
    names: usize,
    rows: u32,
    nodes: u32,
    bodies: u32,
}

impl Parts {
    fn of(bytes: &[u8]) -> Option<Parts> {
        let (rest, end) = bytes.split_last_chunk::<END>()?;
        let [names, rows, nodes, bodies] = *end.as_chunks().0 else { return None };
        let [names, rows, nodes, bodies] = [names, rows, nodes, bodies].map(u32::from_le_bytes);
        let names = rest.len().checked_sub(names as usize)?;
        let code = (rows as usize).checked_mul(ROW).filter(|code| *code <= names)?;
        Some(Parts { code, names, rows, nodes, bodies })
    }
}

impl Coded {
    pub(crate) fn new(mut bytes: Vec<u8>, names: &mut Interner, base: Pos) -> Option<Coded> {
        let Parts { names: end, rows, nodes, bodies, .. } = Parts::of(&bytes)?;
        let Listed { names, .. } = pack::read_names(&bytes[end..], names)?;
        bytes.truncate(end);
        (bodies > 0).then(|| Coded { bytes: bytes.into(), rows, nodes, bodies, base, names })
    }

    /// The code of a body, into `code`, which is empty; whether it is there, and the same in this evaluation.
    pub(crate) fn restore(&self, body: u32, unit: u32, code: &mut Code) -> bool {
        self.start_of(body).is_some_and(|start| {
            let bytes = self.bytes.get(start..).unwrap_or_default();
            stored::restore(bytes, unit, self.base, &self.names, code).is_some()
        })
    }

    fn has(&self, body: u32) -> bool {
        self.start_of(body).is_some()
    }

    fn start_of(&self, body: u32) -> Option<usize> {
        let code = self.rows as usize * ROW;
        let rows: &[[u8; ROW]] = self.bytes.get(..code)?.as_chunks().0;
        let row = rows.binary_search_by_key(&body, |row| read_row(row).0).ok()?;
        Some(code + read_row(rows.get(row)?).1 as usize)
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.names)
    }
}

fn read_row(row: &[u8; ROW]) -> (u32, u32) {
    let [body, start] = *row.as_chunks().0 else { return (0, 0) };
    (u32::from_le_bytes(body), u32::from_le_bytes(start))
}

/// Code that was emitted in this evaluation, to be kept.
#[derive(Debug)]
pub(crate) struct Fresh {
    base: Pos,
    out: Writer,
    /// Bodies, and where their code starts.
    rows: Vec<(u32, u32)>,
    /// The numbers of the file's names, ascending by symbol; made when first needed.
    by_symbol: Box<[u32]>,
    /// The numbers of the names in the order of the text; empty if the file was loaded from code, which has them.
    order: Box<[u32]>,
}

/// A file's names, looked for by symbol.
struct Known<'a> {
    names: &'a [Symbol],
    by_symbol: &'a [u32],
}

impl Names for Known<'_> {
    fn number(&self, name: Symbol) -> Option<u32> {
        let key = |number: &u32| self.names.get(*number as usize).copied();
        let at = self.by_symbol.binary_search_by_key(&Some(name), key).ok()?;
        self.by_symbol.get(at).copied()
    }
    fn count(&self) -> u32 {
        self.names.len() as u32
    }
}

impl Fresh {
    pub(crate) fn new(base: Pos, order: Box<[u32]>) -> Fresh {
        let (out, rows) = (Writer::default(), Vec::new());
        Fresh { base, out, rows, by_symbol: Box::default(), order }
    }

    /// Takes in the code of a body, unless it was kept before.
    pub(crate) fn add(&mut self, body: u32, code: &Code, names: &[Symbol], before: Option<&Coded>) {
        if before.is_some_and(|before| before.has(body)) {
            return;
        }
        if self.by_symbol.len() != names.len() {
            // Numbers with the symbol above are sorted faster than what they stand for.
            let mut keys: Vec<u64> =
                (0..).zip(names).map(|(number, name)| u64::from(name.0) << 32 | number).collect();
            keys.sort_unstable();
            self.by_symbol = keys.into_iter().map(|key| key as u32).collect();
        }
        let start = self.out.bytes.len();
        let known = Known { names, by_symbol: &self.by_symbol };
        match (u32::try_from(start), stored::store(code, self.base, &known, &mut self.out)) {
            (Ok(start), Some(())) => self.rows.push((body, start)),
            _ => self.out.bytes.truncate(start),
        }
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.out.bytes.capacity()
            + self.rows.capacity() * size_of::<(u32, u32)>()
            + size_of_val(&*self.by_symbol)
            + size_of_val(&*self.order)
    }

    /// Whether it is worth writing what was there `before` once more.
    pub(crate) fn is_much(&self, before: Option<&Coded>) -> bool {
        let before = before.map_or(0, |before| before.bytes.len());
        !self.rows.is_empty() && self.out.bytes.len() >= before / 4
    }

    /// All code of the file: this, and the bytes that were kept before.
    pub(crate) fn whole(
        &self,
        (nodes, bodies): (u32, u32),
        names: &[Symbol],
        interner: &Interner,
        before: Option<&[u8]>,
    ) -> Option<Vec<u8>> {
        let before = match before {
            Some(bytes) => Some((bytes, Parts::of(bytes)?)),
            None => None,
        };
        let (old_rows, old_code, old_names) = match &before {
            Some((bytes, parts)) => (
                bytes[..parts.code].as_chunks().0,
                &bytes[parts.code..parts.names],
                Some(&bytes[parts.names..bytes.len() - END]),
            ),
            None => (&[][..], &[][..], None),
        };
        let mut rows: Vec<(u32, u32)> = old_rows.iter().map(read_row).collect();
        let shift = u32::try_from(old_code.len()).ok()?;
        for (body, start) in &self.rows {
            rows.push((*body, start.checked_add(shift)?));
        }
        rows.sort_unstable();
        // The first of several wins, and rows must ascend.
        rows.dedup_by_key(|row| row.0);
        let mut out = Vec::with_capacity(rows.len() * ROW + old_code.len() + self.out.bytes.len());
        for (body, start) in &rows {
            out.extend_from_slice(&body.to_le_bytes());
            out.extend_from_slice(&start.to_le_bytes());
        }
        out.extend_from_slice(old_code);
        out.extend_from_slice(&self.out.bytes);
        let end = out.len();
        match old_names {
            Some(old) => out.extend_from_slice(old),
            None => out.extend(pack::write_names(names, &self.order, interner)),
        }
        let names = u32::try_from(out.len() - end).ok()?;
        for number in [names, rows.len() as u32, nodes, bodies] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        Some(out)
    }
}
