//! The text formats the Nix language needs that need no evaluator.
//!
//! In: bytes (`&[u8]`; Nix strings are bytes, not UTF-8). Out: bytes, numbers, events or small trees that the
//! caller turns into values.
//!
//! Invariants: no I/O, no locale, no clock, no unsafe code; every function is total (it returns an error, it
//! never panics); nothing recurses natively on the depth of its input; every limit is a named constant.
//!
//! Not here: values, string contexts, laziness, and which builtin calls what.
#![forbid(unsafe_code)]

pub mod json;
pub mod nul;
pub mod number;
pub mod plain;
pub mod regex;
pub mod replace;
pub mod toml;
pub mod version;
pub mod xml;

/// What long work asks every few thousand steps and before much memory is taken, with the steps done since and the bytes held
/// (or to be held): whether to go on.
pub type KeepGoing<'k> = &'k mut dyn FnMut(usize, usize) -> bool;

/// Bytes that are read in one go: what has no end before goes on after such a question. That takes less than a millisecond.
pub(crate) const PIECE: usize = 1 << 18;
