//! Nix's data formats, without an evaluator: bytes go in, bytes come out.
//!
//! In: byte strings (hash texts, store paths, `.drv` files, archives, narinfo files) and the pieces they are made of.
//! Out: the parsed form, the printed form, and the digests and store paths that follow from them.
//!
//! Invariants: every parser is total (any input gives a value or an error, in bounded stack), every printer is the
//! inverse of its parser, and nothing here opens a file, reads a clock or looks at the environment.
//!
//! Not here: where bytes are kept (that is `frazil-hosts`), and what the language makes of them (`frazil-builtins`).
#![forbid(unsafe_code)]

pub mod context;
pub mod derivation;
pub mod hash;
mod json;
pub mod nar;
pub mod narinfo;
pub mod path;
mod sorted;

pub use context::ContextElement;
pub use derivation::Derivation;
pub use hash::{Algorithm, Hash, Hasher};
pub use path::{StoreDir, StorePath};
pub use sorted::{Sorted, SortedSet};
