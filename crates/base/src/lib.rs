//! What every stage shares: symbols, positions, sources, diagnostics.
//!
//! In: names as bytes, texts with their origin. Out: small integers that stand for them, and the way back.
//!
//! Invariants
//! - Knows nothing of the Nix language beyond the list of names in `sym`.
//! - No I/O, no global state; every type here is `Send`.
//!
//! Not here: tokens and trees (`frazil-syntax`), run-time errors (`frazil-eval`).
#![forbid(unsafe_code)]

mod diagnostic;
mod hash;
mod interner;
mod source;
pub mod sym;

pub use diagnostic::{Diagnostic, Note};
pub use hash::{HashKey, Hashed};
pub use interner::{Interner, Symbol};
pub use source::{
    Fingerprint, Location, Origin, Pos, Snippet, SourceId, SourceMap, SourceMapFull, Span, Text,
};
