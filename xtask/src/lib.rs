//! The project's own tools, as a library: the command line in `main.rs` and the tests of the `cli` crate call the same functions.
//!
//! In:  the working tree, a binary to drive, sometimes a checkout of Nix or nixpkgs and a reference Nix.
//! Out: a report on standard output, and `Ok(true)` when there is nothing to complain about.
//!
//! Invariants
//! - Nothing here links the evaluator: every tool drives a binary from outside, so the same tool runs on ours and on a reference.
//! - Outside programs get an environment made from scratch; no result depends on who runs it, where, or how fast.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "tools are the outside world: they read files and start programs"
)]

pub mod bench;
pub mod binary;
pub mod compare;
pub mod conform;
pub mod diff;
pub mod golden;
pub mod options;
pub mod process;
pub mod scratch;
pub mod tidy;

/// What a tool returns: whether all was well, or why it could not be found out.
pub type Outcome = Result<bool, String>;
