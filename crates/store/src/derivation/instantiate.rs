//! Finishing a derivation: output paths, environment, `.drv` text and path, hash modulo, in one go.
//!
//! In: a derivation whose input-addressed outputs are [`Output::Deferred`], and the hash modulo of its inputs.
//! Out: the same derivation with outputs and their variables filled in, and an [`Instantiated`].
//!
//! Cost: the environment, which is nearly all of the text, is scanned for escapes once. The three texts to digest
//! (blank for the output paths, filled for the hash modulo, final for the `.drv` path) share its bytes.

use super::modulo::{HashModulo, InstantiateError};
use super::write::{Slot, push_filled, push_hashed_inputs};
use super::{Derivation, Kind, Output};
use crate::hash::sha256;
use crate::path::{StoreDir, StorePath, hash_placeholder};
use crate::sorted::Sorted;

/// What came of a derivation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instantiated {
    /// The path of the `.drv` file.
    pub drv_path: StorePath,
    /// What its users need to know of it.
    pub modulo: HashModulo,
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
        self.text.clear();
        let modulo = match drv.kind().ok_or(InstantiateError::MixedOutputs)? {
            Kind::InputAddressed => self.input_addressed(drv, lookup)?,
            Kind::Fixed => {
                self.fill_env_and_write(drv)?;
                drv.fixed_modulo(&self.dir)?
            }
            Kind::Floating => {
                self.fill_env_and_write(drv)?;
                HashModulo::Deferred
            }
        };
        let digest = sha256([&self.text[..]]);
        let name = [&drv.name[..], b".drv"].concat();
        let drv_path = self.dir.make_text_path(&digest, drv.references(), &name)?;
        Ok(Instantiated { drv_path, modulo })
    }

    fn fill_env_and_write(&mut self, drv: &mut Derivation) -> Result<(), InstantiateError> {
        let mut values = Vec::with_capacity(drv.outputs.len());
        for (name, output) in drv.outputs.iter() {
            let value = match drv.output_path(&self.dir, name, output)? {
                Some(path) => self.dir.print(&path),
                None => hash_placeholder(name),
            };
            values.push((name.clone(), value));
        }
        for (name, value) in values {
            drv.env.insert(name, value);
        }
        drv.write(&self.dir, &mut self.text)?;
        Ok(())
    }

    fn input_addressed(
        &mut self,
        drv: &mut Derivation,
        lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
    ) -> Result<HashModulo, InstantiateError> {
        let names: Vec<Vec<u8>> = drv.outputs.keys().cloned().collect();
        for name in &names {
            drv.env.insert(name.clone(), Vec::new());
        }
        for (_, output) in drv.outputs.iter_mut() {
            *output = Output::Deferred;
        }
        self.head.clear();
        self.tail.clear();
        drv.write_head(&self.dir, true, &mut self.head)?;
        drv.write_tail(&self.dir, true, &mut self.tail, Some(&mut self.slots));
        let Some(hashes) = drv.input_hashes(lookup)? else {
            self.text.extend_from_slice(&self.head);
            drv.write_inputs(&self.dir, &mut self.text);
            self.text.extend_from_slice(&self.tail);
            return Ok(HashModulo::Deferred);
        };
        self.inputs.clear();
        push_hashed_inputs(&mut self.inputs, &hashes);
        let masked = sha256([&self.head[..], &self.inputs, &self.tail]);
        let paths = self.fill(drv, names, &masked)?;

        self.head.clear();
        drv.write_head(&self.dir, false, &mut self.head)?;
        self.text.extend_from_slice(&self.head);
        drv.write_inputs(&self.dir, &mut self.text);
        let tail_start = self.text.len();
        push_filled(&mut self.text, &self.tail, &self.slots, &paths);
        Ok(HashModulo::InputAddressed(sha256([
            &self.head[..],
            &self.inputs,
            &self.text[tail_start..],
        ])))
    }

    /// Sets outputs and environment from the masked digest. Gives the paths by output, in output order.
    fn fill(
        &self,
        drv: &mut Derivation,
        names: Vec<Vec<u8>>,
        masked: &[u8; 32],
    ) -> Result<Sorted<Vec<u8>, Vec<u8>>, InstantiateError> {
        let mut paths = Sorted::with_capacity(names.len());
        for name in names {
            let path = self.dir.make_output_path(&name, masked, &drv.name)?;
            let text = self.dir.print(&path);
            drv.outputs.insert(name.clone(), Output::InputAddressed(path));
            drv.env.insert(name.clone(), text.clone());
            paths.insert(name, text);
        }
        Ok(paths)
    }
}
