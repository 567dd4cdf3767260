//! Derivations: the recipe of a build, as kept in `.drv` files.
//!
//! In: the pieces the language gives, a `.drv` file ([`Derivation::parse`]) or JSON ([`Derivation::from_json`]).
//! Out: the `.drv` text, its store path, the output paths and the hash modulo ([`Instantiator`]), JSON.
//!
//! Invariant: outputs, inputs and environment are sorted by construction. That the outputs are all of one kind is
//! checked where it matters ([`Derivation::kind`]).
//!
//! Not here: how attributes become arguments and environment; that is `derivationStrict` in `frazil-builtins`.

mod environment;
mod instantiate;
mod json_read;
mod json_write;
mod modulo;
mod parse;
mod pieces;
mod write;

pub use environment::Environment;
pub use instantiate::{Instantiated, Instantiator};
pub use json_read::JsonError;
pub use modulo::{HashModulo, InstantiateError};
pub use parse::{MAX_DYNAMIC_DEPTH, ParseError};
pub use pieces::KeepGoing;

use crate::hash::{Algorithm, Hash};
use crate::path::{Method, MethodError, StoreDir, StorePath, output_path_name};
use crate::sorted::{Sorted, SortedSet};

/// What is known of an output before it is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Its path follows from the derivation.
    InputAddressed(StorePath),
    /// Its content is known beforehand.
    Fixed {
        /// How the content is hashed.
        method: Method,
        /// The hash it must have.
        hash: Hash,
    },
    /// Its path will follow from its content.
    Floating {
        /// How the content will be hashed.
        method: Method,
        /// The algorithm it will be hashed with.
        algorithm: Algorithm,
    },
    /// Like floating, but never the same build twice.
    Impure {
        /// How the content will be hashed.
        method: Method,
        /// The algorithm it will be hashed with.
        algorithm: Algorithm,
    },
    /// Input-addressed, but the path cannot be known until inputs are built; also: not computed yet.
    Deferred,
}

/// Which outputs of an input are used, and which outputs of *those*, where they are derivations themselves.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct InputOutputs {
    /// Names of used outputs.
    pub outputs: SortedSet<Vec<u8>>,
    /// Outputs that are derivations whose outputs are used (experimental "dynamic derivations").
    pub dynamic: Sorted<Vec<u8>, InputOutputs>,
}

/// A derivation.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Derivation {
    /// The name, without `.drv`. Not part of the text, but of its path and its outputs' paths.
    pub name: Vec<u8>,
    /// Outputs by name.
    pub outputs: Sorted<Vec<u8>, Output>,
    /// Derivations whose outputs are used.
    pub input_drvs: Sorted<StorePath, InputOutputs>,
    /// Store objects used as they are.
    pub input_srcs: SortedSet<StorePath>,
    /// The platform to build on.
    pub system: Vec<u8>,
    /// The program that builds.
    pub builder: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// Its environment. Structured attributes are the entry `__json`.
    pub env: Environment,
}

/// What all outputs of a derivation have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Every output is [`Output::InputAddressed`] or every one is [`Output::Deferred`].
    InputAddressed,
    /// The one output `out` is [`Output::Fixed`].
    Fixed,
    /// Every output is [`Output::Floating`] or [`Output::Impure`].
    Floating,
}

impl Derivation {
    /// The kind, or `None` when there are no outputs or they do not go together.
    pub fn kind(&self) -> Option<Kind> {
        let kind_of = |output: &Output| match output {
            Output::InputAddressed(_) | Output::Deferred => Kind::InputAddressed,
            Output::Fixed { .. } => Kind::Fixed,
            Output::Floating { .. } | Output::Impure { .. } => Kind::Floating,
        };
        let mut kinds = self.outputs.iter().map(|(_, output)| kind_of(output));
        let first = kinds.next()?;
        let single = self.outputs.len() == 1 && self.outputs.contains_key(b"out".as_slice());
        (kinds.all(|k| k == first) && (first != Kind::Fixed || single)).then_some(first)
    }

    /// The path of an output, where it is known: `Ok(None)` for floating, impure and deferred outputs.
    pub fn output_path(
        &self,
        dir: &StoreDir,
        name: &[u8],
        output: &Output,
    ) -> Result<Option<StorePath>, MethodError> {
        match output {
            Output::InputAddressed(path) => Ok(Some(path.clone())),
            Output::Fixed { method, hash } => dir
                .make_fixed_output_path(*method, hash, &output_path_name(&self.name, name))
                .map(Some),
            Output::Floating { .. } | Output::Impure { .. } | Output::Deferred => Ok(None),
        }
    }

    /// The paths of all outputs, in their order, where they are known.
    pub fn output_paths(&self, dir: &StoreDir) -> Result<Vec<Option<StorePath>>, MethodError> {
        self.outputs.iter().map(|(name, output)| self.output_path(dir, name, output)).collect()
    }

    /// Notes that an output of a derivation is used.
    pub fn use_output(&mut self, drv: &StorePath, output: &[u8]) {
        let used = self.input_drvs.get_or_insert_with(drv.clone(), InputOutputs::default);
        used.outputs.insert(output.to_vec(), ());
    }

    /// Notes the use of an output of a derivation that is itself an output: `via` leads there from `drv`, `drv`'s own
    /// output first. With an empty `via` this is [`Derivation::use_output`]. A chain longer than `.drv` files may hold
    /// changes nothing and gives `false`.
    #[must_use]
    pub fn use_dynamic_output(&mut self, drv: &StorePath, via: &[Vec<u8>], output: &[u8]) -> bool {
        if via.len() > MAX_DYNAMIC_DEPTH {
            return false;
        }
        let mut used = self.input_drvs.get_or_insert_with(drv.clone(), InputOutputs::default);
        for step in via {
            used = used.dynamic.get_or_insert_with(step.clone(), InputOutputs::default);
        }
        used.outputs.insert(output.to_vec(), ());
        true
    }

    /// Whether an input is an output of an output.
    pub fn has_dynamic_inputs(&self) -> bool {
        self.input_drvs.iter().any(|(_, used)| !used.dynamic.is_empty())
    }

    /// Everything the `.drv` file refers to: sources and derivations in one ascending sequence.
    pub fn references(&self) -> impl Iterator<Item = &StorePath> {
        let (mut srcs, mut drvs) =
            (self.input_srcs.keys().peekable(), self.input_drvs.keys().peekable());
        std::iter::from_fn(move || match (srcs.peek(), drvs.peek()) {
            (Some(a), Some(b)) if a == b => {
                srcs.next();
                drvs.next()
            }
            (Some(a), Some(b)) if a < b => srcs.next(),
            (Some(_), None) => srcs.next(),
            _ => drvs.next(),
        })
    }
}
