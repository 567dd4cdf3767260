//! The hash modulo: what identifies a derivation apart from how its fixed-output inputs are fetched.
//!
//! In: a derivation and a look-up giving the hash modulo of each input. Out: its own.
//!
//! Rules: a fixed-output derivation is its output's hash; one whose outputs are not known before building is
//! "deferred", and so is everything above it; any other is the SHA-256 of its text with every input replaced by that
//! input's hash. Inputs that become equal this way merge. Outputs of outputs leave no trace but the text's version.

use super::write::push_hashed_inputs;
use super::{Derivation, Kind, Output};
use crate::hash::sha256;
use crate::path::{MethodError, PathError, StoreDir, StorePath, fixed_output_digest};
use std::fmt;

/// A used output: the digest that stands for its derivation, and its name.
pub(super) type HashedInput<'a> = ([u8; 32], &'a [u8]);

/// The hash modulo of a derivation, to be kept by the caller for each `.drv` path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashModulo {
    /// One digest, whichever output is used.
    InputAddressed([u8; 32]),
    /// The digest of the only output, `out`.
    Fixed([u8; 32]),
    /// Not known before something is built.
    Deferred,
}

/// Why a derivation could not be hashed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InstantiateError {
    /// The look-up does not know this input.
    UnknownInput(StorePath),
    /// A fixed-output input has only `out`, and this other output is used.
    NoSuchOutput(StorePath, Vec<u8>),
    /// There are no outputs, or they do not go together.
    MixedOutputs,
    /// A path could not be made.
    Path(MethodError),
    /// It was told not to go on.
    Ended,
}

impl fmt::Display for InstantiateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstantiateError::UnknownInput(path) => write!(f, "derivation '{path:?}' is not valid"),
            InstantiateError::NoSuchOutput(path, output) => {
                write!(
                    f,
                    "derivation '{path:?}' does not have an output named '{}'",
                    String::from_utf8_lossy(output)
                )
            }
            InstantiateError::MixedOutputs => {
                f.write_str("outputs of one derivation must all be of one kind")
            }
            InstantiateError::Path(e) => e.fmt(f),
            InstantiateError::Ended => f.write_str("it was not to go on"),
        }
    }
}

impl std::error::Error for InstantiateError {}

impl From<MethodError> for InstantiateError {
    fn from(e: MethodError) -> Self {
        InstantiateError::Path(e)
    }
}

impl From<PathError> for InstantiateError {
    fn from(e: PathError) -> Self {
        InstantiateError::Path(MethodError::Path(e))
    }
}

impl Derivation {
    /// The hash modulo of a finished derivation, such as one read from a `.drv` file.
    pub fn hash_modulo(
        &self,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
    ) -> Result<HashModulo, InstantiateError> {
        match self.kind().ok_or(InstantiateError::MixedOutputs)? {
            Kind::Floating => Ok(HashModulo::Deferred),
            Kind::Fixed => self.fixed_modulo(dir, &self.output_paths(dir)?),
            Kind::InputAddressed => {
                let Some(inputs) = self.input_hashes(lookup)? else {
                    return Ok(HashModulo::Deferred);
                };
                if self.outputs.iter().any(|(_, o)| *o == Output::Deferred) {
                    return Ok(HashModulo::Deferred);
                }
                let mut text = Vec::with_capacity(1024);
                self.write_head(dir, &self.output_paths(dir)?, &mut text);
                push_hashed_inputs(&mut text, &inputs);
                self.write_tail(dir, false, &mut text, None);
                Ok(HashModulo::InputAddressed(sha256([&text[..]])))
            }
        }
    }

    /// `paths` are those of the outputs.
    pub(super) fn fixed_modulo(
        &self,
        dir: &StoreDir,
        paths: &[Option<StorePath>],
    ) -> Result<HashModulo, InstantiateError> {
        let Some((_, Output::Fixed { method, hash })) = self.outputs.iter().next() else {
            return Err(InstantiateError::MixedOutputs);
        };
        let path = paths.first().and_then(Option::as_ref).map(|path| dir.print(path));
        Ok(HashModulo::Fixed(fixed_output_digest(*method, hash, &path.unwrap_or_default())))
    }

    /// Digest and output of every used output, ascending and without doubles; `None` when an input is deferred.
    pub(super) fn input_hashes(
        &self,
        mut lookup: impl FnMut(&StorePath) -> Option<HashModulo>,
    ) -> Result<Option<Vec<HashedInput<'_>>>, InstantiateError> {
        let mut hashes = Vec::with_capacity(self.input_drvs.len());
        for (path, used) in self.input_drvs.iter() {
            let (digest, only_out) = match lookup(path) {
                Some(HashModulo::InputAddressed(digest)) => (digest, false),
                Some(HashModulo::Fixed(digest)) => (digest, true),
                Some(HashModulo::Deferred) => return Ok(None),
                None => return Err(InstantiateError::UnknownInput(path.clone())),
            };
            for output in used.outputs.keys() {
                if only_out && output != b"out" {
                    return Err(InstantiateError::NoSuchOutput(path.clone(), output.clone()));
                }
                hashes.push((digest, &output[..]));
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Ok(Some(hashes))
    }
}
