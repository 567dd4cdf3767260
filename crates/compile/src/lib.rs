//! The compiler: from a tree to code objects.
//!
//! In: an [`Ast`](frazil_syntax::ast::Ast) without errors and what is known of its surroundings ([`Environment`]).
//! Out: a [`Unit`], in which every name is resolved, and from it one [`Code`](frazil_bytecode::Code) per body on demand.
//!
//! Three phases. *Resolve* runs once per file over the whole tree: it decides which expressions become bodies of their own
//! (functions and thunks), what each captures, and reports unbound names. *Pack* then keeps a few bytes of each node.
//! *Emit* runs per body, when the machine first enters it, on what is unpacked for that body. What was emitted can be kept (`coded`),
//! and then stands for the tree.
//!
//! Invariants
//! - Native stack use does not grow with the depth of the text: resolve keeps its own work stack, and an expression nested
//!   deeper than a fixed limit inside one body becomes a body of its own, so that emit may recurse.
//! - A unit is immutable and can be shared between threads.
//!
//! Not here: parsing, values, running.
#![forbid(unsafe_code)]

mod coded;
mod emit;
mod note;
mod pack;
mod resolve;
mod resolved;
mod unit;

pub use unit::{Bench, CurPos, Environment, Unit};

/// Changes whenever the form of a kept unit, or what it stands for, may have changed: a version and a hash of the sources.
pub const FORM: &str = env!("FRAZIL_FORM");
