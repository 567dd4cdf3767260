//! Finishing a derivation: output paths, environment, `.drv` text and path, hash modulo, in one go.
//!
//! In: a derivation whose input-addressed outputs are [`Output::Deferred`], and the hash modulo of its inputs.
//! Out: the same derivation with outputs and their variables filled in, and an [`Instantiated`].
//!
//! Cost: the environment, which is nearly all of the text, is scanned for escapes once. The three texts to digest
//! (blank for the output paths, filled for the hash modulo, final for the `.drv` path) share its bytes.

use super::modulo::{HashModulo, InstantiateError};
use super::pieces::{KeepGoing, Pieces};
use super::write::{Slot, push_hashed_inputs};
use super::{Derivation, Kind, Output};
use crate::path::{StoreDir, StorePath, hash_placeholder};

/// What came of a derivation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instantiated {
    /// The path of the `.drv` file.
    pub drv_path: StorePath,
    /// What its users need to know of it.
    pub modulo: HashModulo,
    /// The paths of its outputs, in their order, where these are known.
    pub outputs: Vec<Option<StorePath>>,
}

/// Instantiates derivations one after the other, keeping its buffers.
#[derive(Default)]
pub struct Instantiator {
    dir: StoreDir,
    /// Outputs, blank and later filled.
    head: Vec<u8>,
    /// Input digests.
    inputs: Vec<u8>,
    /// Everything after the inputs, output paths blank.
    tail: Vec<u8>,
    /// Where in `tail` the paths belong.
    slots: Vec<Slot>,
    /// The final text.
    text: Vec<u8>,
}

impl Instantiator {
    /// For this store directory.
    pub fn new(dir: StoreDir) -> Instantiator {
        Instantiator { dir, ..Instantiator::default() }
    }

    /// The store directory.
    pub fn dir(&self) -> &StoreDir {
        &self.dir
    }

    /// The `.drv` text of the derivation instantiated last.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Fills in the outputs and their variables, and computes what else follows.
    ///
    /// `lookup` gives the hash modulo of an input derivation: what an earlier call returned for that path.
    pub fn instantiate(
        &mut self,
        drv: &mut Derivation,
        lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
    ) -> Result<Instantiated, InstantiateError> {
        self.instantiate_while(drv, lookup, &mut || true)
    }

    /// As [`instantiate`](Instantiator::instantiate), asking between pieces of long texts whether to go on.
    pub fn instantiate_while(
        &mut self,
        drv: &mut Derivation,
        lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
        keep_going: KeepGoing<'_>,
    ) -> Result<Instantiated, InstantiateError> {
        let pieces = &mut Pieces(keep_going);
        self.text.clear();
        let (modulo, outputs) = match drv.kind().ok_or(InstantiateError::MixedOutputs)? {
            Kind::InputAddressed => self.input_addressed(drv, lookup, pieces)?,
            Kind::Fixed => {
                let paths = self.fill_env_and_write(drv, pieces)?;
                (drv.fixed_modulo(&self.dir, &paths)?, paths)
            }
            Kind::Floating => (HashModulo::Deferred, self.fill_env_and_write(drv, pieces)?),
        };
        let digest = pieces.sha256([&self.text[..]])?;
        let name = [&drv.name[..], b".drv"].concat();
        let drv_path = self.dir.make_text_path(&digest, drv.references(), &name)?;
        Ok(Instantiated { drv_path, modulo, outputs })
    }

    fn fill_env_and_write(
        &mut self,
        drv: &mut Derivation,
        pieces: &mut Pieces<'_>,
    ) -> Result<Vec<Option<StorePath>>, InstantiateError> {
        let paths = drv.output_paths(&self.dir)?;
        for (name, path) in drv.outputs.keys().zip(&paths) {
            let value = match path {
                Some(path) => self.dir.print(path),
                None => hash_placeholder(name),
            };
            drv.env.insert(name, &value);
        }
        drv.write_head(&self.dir, &paths, &mut self.text);
        drv.write_inputs(&self.dir, &mut self.text);
        pieces.write_tail(drv, &self.dir, false, &mut self.text, None)?;
        Ok(paths)
    }

    fn input_addressed(
        &mut self,
        drv: &mut Derivation,
        lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
        pieces: &mut Pieces<'_>,
    ) -> Result<(HashModulo, Vec<Option<StorePath>>), InstantiateError> {
        for name in drv.outputs.keys() {
            drv.env.insert(name, b"");
        }
        for (_, output) in drv.outputs.iter_mut() {
            *output = Output::Deferred;
        }
        self.head.clear();
        self.tail.clear();
        drv.write_head(&self.dir, &[], &mut self.head);
        pieces.write_tail(drv, &self.dir, true, &mut self.tail, Some(&mut self.slots))?;
        let Some(hashes) = drv.input_hashes(lookup)? else {
            self.text.extend_from_slice(&self.head);
            drv.write_inputs(&self.dir, &mut self.text);
            pieces.extend(&mut self.text, &self.tail)?;
            return Ok((HashModulo::Deferred, vec![None; drv.outputs.len()]));
        };
        self.inputs.clear();
        push_hashed_inputs(&mut self.inputs, &hashes);
        let masked = pieces.sha256([&self.head[..], &self.inputs, &self.tail])?;
        let paths = self.fill(drv, &masked)?;

        self.head.clear();
        drv.write_head(&self.dir, &paths, &mut self.head);
        self.text.extend_from_slice(&self.head);
        drv.write_inputs(&self.dir, &mut self.text);
        let tail_start = self.text.len();
        pieces.push_filled(&mut self.text, &self.tail, &self.slots, &self.dir, &paths)?;
        let filled = pieces.sha256([&self.head[..], &self.inputs, &self.text[tail_start..]])?;
        Ok((HashModulo::InputAddressed(filled), paths))
    }

    /// Sets outputs and environment from the masked digest. Gives the paths of the outputs, in their order.
    fn fill(
        &self,
        drv: &mut Derivation,
        masked: &[u8; 32],
    ) -> Result<Vec<Option<StorePath>>, InstantiateError> {
        let mut paths = Vec::with_capacity(drv.outputs.len());
        for (name, output) in drv.outputs.iter_mut() {
            let path = self.dir.make_output_path(name, masked, &drv.name)?;
            drv.env.insert(name, &self.dir.print(&path));
            *output = Output::InputAddressed(path.clone());
            paths.push(Some(path));
        }
        Ok(paths)
    }
}
