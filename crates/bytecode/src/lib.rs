//! Frazil's instruction set and the code objects made of it.
//!
//! In: nothing; this crate is the agreement between the compiler (which writes [`Code`]) and the machine (which runs it).
//! Out: [`Op`] (one table row an instruction, in `ops.rs`), [`Code`] and its side tables, the disassembler, the verifier, and
//! code as bytes that outlive an evaluation ([`stored`]).
//! Invariant: an `Op` is eight bytes; whatever is looked at only when something fails lives in side tables.
//! Not here: values, caches, anything that changes while a program runs.
#![forbid(unsafe_code)]

pub mod bytes;
mod code;
mod dump;
mod ops;
pub mod stored;
mod table;
mod verify;

pub use code::{
    AttrsSite, BodyId, Code, Constant, Formal, Formals, FunctionInfo, Kind, Positions, Proto,
    ProtoId, Purpose, Region, WithSite,
};
pub use dump::disassemble;
pub use ops::{OP_ROWS, Op, OpRow, how};
pub use table::{BuiltinRef, Slot, Src, SrcKind, Target};
pub use verify::verify;
