//! String context: the store objects a string depends on.
//!
//! In: an element as Nix encodes it, with base names of store paths. Out: a [`ContextElement`], and back.
//!
//! | text | element |
//! |---|---|
//! | `<path>` | the object itself |
//! | `!<output>!<drv>` | an output of a derivation |
//! | `!<output>!<output>!<drv>` | an output of a derivation that is an output itself; the outermost output first |
//! | `=<drv>` | a derivation with all its outputs and its closure |
//!
//! Not here: sets of elements, their union, and how the evaluator interns them.

use crate::path::{PathError, Placeholder, StorePath};
use std::fmt;

/// How many outputs of outputs an element may chain.
pub const MAX_CHAIN: usize = 64;

/// One element of a string's context.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ContextElement {
    /// A store object as it is.
    Opaque(StorePath),
    /// An output of a derivation.
    Built {
        /// The derivation at the bottom.
        drv: StorePath,
        /// Outputs that lead from `drv` to the derivation whose output is meant; usually none. `drv`'s own output first.
        via: Vec<Vec<u8>>,
        /// The output.
        output: Vec<u8>,
    },
    /// A derivation, all its outputs and everything it refers to.
    DrvDeep(StorePath),
}

/// Why a text is not a context element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContextError {
    /// No bytes.
    Empty,
    /// `!` without a second `!`.
    MissingBang,
    /// More outputs of outputs than [`MAX_CHAIN`].
    TooLong,
    /// The store path is refused.
    Path(PathError),
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContextError::Empty => {
                f.write_str("String context element should not be an empty string")
            }
            ContextError::MissingBang => {
                f.write_str("String context element beginning with '!' should have a second '!'")
            }
            ContextError::TooLong => f.write_str("String context element names too many outputs"),
            ContextError::Path(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for ContextError {}

impl From<PathError> for ContextError {
    fn from(e: PathError) -> Self {
        ContextError::Path(e)
    }
}

impl ContextElement {
    /// Decodes an element.
    pub fn parse(text: &[u8]) -> Result<ContextElement, ContextError> {
        match text {
            [] => Err(ContextError::Empty),
            [b'=', path @ ..] => Ok(ContextElement::DrvDeep(StorePath::from_base_name(path)?)),
            [b'!', rest @ ..] => {
                let mut parts: Vec<&[u8]> = rest.splitn(MAX_CHAIN + 2, |b| *b == b'!').collect();
                let drv = match parts.pop() {
                    Some(last) if !parts.is_empty() => last,
                    _ => return Err(ContextError::MissingBang),
                };
                if drv.contains(&b'!') {
                    return Err(ContextError::TooLong);
                }
                let output = parts.remove(0).to_vec();
                let via = parts.into_iter().rev().map(<[u8]>::to_vec).collect();
                Ok(ContextElement::Built { drv: StorePath::from_base_name(drv)?, via, output })
            }
            path => Ok(ContextElement::Opaque(StorePath::from_base_name(path)?)),
        }
    }

    /// Appends the encoding.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            ContextElement::Opaque(path) => out.extend_from_slice(path.base_name()),
            ContextElement::DrvDeep(path) => {
                out.push(b'=');
                out.extend_from_slice(path.base_name());
            }
            ContextElement::Built { drv, via, output } => {
                out.push(b'!');
                for step in std::iter::once(output).chain(via.iter().rev()) {
                    out.extend_from_slice(step);
                    out.push(b'!');
                }
                out.extend_from_slice(drv.base_name());
            }
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// The store path at the bottom.
    pub fn path(&self) -> &StorePath {
        match self {
            ContextElement::Opaque(path) | ContextElement::DrvDeep(path) => path,
            ContextElement::Built { drv, .. } => drv,
        }
    }

    /// What stands for a built output whose path is not known; `None` for the other kinds.
    pub fn placeholder(&self) -> Option<Placeholder> {
        let ContextElement::Built { drv, via, output } = self else { return None };
        let mut steps = via.iter().chain(std::iter::once(output));
        let first = Placeholder::of_output(drv, steps.next()?);
        Some(steps.fold(first, |known, step| known.of_dynamic_output(step)))
    }
}
