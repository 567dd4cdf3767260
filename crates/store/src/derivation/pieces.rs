//! Long texts of derivations: copied, escaped and hashed in pieces, between which is asked whether to go on.
//!
//! In: texts of any length, and whoever says whether to go on. Out: the same bytes and digests as in one go, or
//! [`InstantiateError::Ended`]. What is shorter than a piece is handed on as it is, and costs one comparison.

use super::modulo::InstantiateError;
use super::write::{Slot, push_escaped, push_path};
use super::{Derivation, Output};
use crate::hash::{Sha256, sha256};
use crate::path::{StoreDir, StorePath};

/// Who is asked whether to go on.
pub type KeepGoing<'k> = &'k mut dyn FnMut() -> bool;

/// How much is done between two questions: well below a millisecond.
pub(super) const PIECE: usize = 1 << 18;

/// Does long work piece by piece.
pub(super) struct Pieces<'k>(pub(super) KeepGoing<'k>);

impl Pieces<'_> {
    #[cold]
    #[inline(never)]
    fn ask(&mut self) -> Result<(), InstantiateError> {
        if (self.0)() { Ok(()) } else { Err(InstantiateError::Ended) }
    }

    /// The digest of several texts laid end to end.
    pub(super) fn sha256<const N: usize>(
        &mut self,
        texts: [&[u8]; N],
    ) -> Result<[u8; 32], InstantiateError> {
        if texts.iter().all(|text| text.len() <= PIECE) {
            return Ok(sha256(texts));
        }
        let mut state = Sha256::new();
        for piece in texts.iter().flat_map(|text| text.chunks(PIECE)) {
            state.update(piece);
            self.ask()?;
        }
        Ok(state.finish())
    }

    /// Appends a text.
    pub(super) fn extend(
        &mut self,
        out: &mut Vec<u8>,
        text: &[u8],
    ) -> Result<(), InstantiateError> {
        if text.len() <= PIECE {
            out.extend_from_slice(text);
            return Ok(());
        }
        out.reserve(text.len());
        self.each(text, |piece| out.extend_from_slice(piece))
    }

    fn each(&mut self, text: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), InstantiateError> {
        for piece in text.chunks(PIECE) {
            take(piece);
            self.ask()?;
        }
        Ok(())
    }

    /// Appends a tail written blank, with the paths of the outputs put in.
    pub(super) fn push_filled(
        &mut self,
        out: &mut Vec<u8>,
        tail: &[u8],
        slots: &[Slot],
        dir: &StoreDir,
        paths: &[Option<StorePath>],
    ) -> Result<(), InstantiateError> {
        let mut done = 0;
        for slot in slots {
            self.extend(out, &tail[done..slot.at])?;
            if let Some(Some(path)) = paths.get(slot.output) {
                push_path(out, dir, path);
            }
            done = slot.at;
        }
        self.extend(out, &tail[done..])
    }

    /// As [`Derivation::write_tail`], which it leaves as it found it.
    pub(super) fn write_tail(
        &mut self,
        drv: &mut Derivation,
        dir: &StoreDir,
        masked: bool,
        out: &mut Vec<u8>,
        slots: Option<&mut Vec<Slot>>,
    ) -> Result<(), InstantiateError> {
        if drv.env.size() <= PIECE {
            drv.write_tail(dir, masked, out, slots);
            return Ok(());
        }
        self.write_long_tail(drv, dir, masked, out, slots)
    }

    /// Writes the tail with long values left blank, as if they were outputs, and then puts these in.
    #[cold]
    #[inline(never)]
    fn write_long_tail(
        &mut self,
        drv: &mut Derivation,
        dir: &StoreDir,
        masked: bool,
        out: &mut Vec<u8>,
        slots: Option<&mut Vec<Slot>>,
    ) -> Result<(), InstantiateError> {
        let blanks = blanks(drv);
        let (mut tail, mut places) = (Vec::new(), Vec::new());
        write_blank(drv, &blanks, dir, &mut tail, &mut places);
        let (mut done, mut found) = (0, Vec::new());
        for place in places {
            let (name, output) = &blanks[place.output];
            self.extend(out, &tail[done..place.at])?;
            done = place.at;
            found.extend(output.map(|output| Slot { at: out.len(), output }));
            if !masked || output.is_none() {
                self.each(drv.env.get(name).unwrap_or_default(), |piece| push_escaped(out, piece))?;
            }
        }
        self.extend(out, &tail[done..])?;
        if let Some(slots) = slots {
            *slots = found;
        }
        Ok(())
    }
}

/// Names of variables, ascending; of an output with its index.
type Blanks = Vec<(Vec<u8>, Option<usize>)>;

/// The variables that are outputs or have long values.
fn blanks(drv: &Derivation) -> Blanks {
    let is_long =
        |name: &[u8], value: &[u8]| value.len() > PIECE && !drv.outputs.contains_key(name);
    let long = drv.env.iter().filter(|(name, value)| is_long(name, value));
    let outputs = drv.outputs.keys().enumerate().map(|(index, name)| (name.clone(), Some(index)));
    let mut blanks: Blanks = outputs.chain(long.map(|(name, _)| (name.to_vec(), None))).collect();
    blanks.sort_unstable();
    blanks
}

/// Writes the tail with these variables blank, and says where they belong.
fn write_blank(
    drv: &mut Derivation,
    blanks: &Blanks,
    dir: &StoreDir,
    out: &mut Vec<u8>,
    places: &mut Vec<Slot>,
) {
    let outputs = std::mem::take(&mut drv.outputs);
    for (name, _) in blanks {
        drv.outputs.insert(name.clone(), Output::Deferred);
    }
    drv.write_tail(dir, true, out, Some(places));
    drv.outputs = outputs;
}
