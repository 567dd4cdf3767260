//! Frazil's evaluator: values, heap, the virtual machine, and the operations of the language on values.
//!
//! In: code (through a [`Loader`]), builtins (rows, [`Builtin`]), the outside world ([`Host`]). Out: [`Value`]s and [`Error`]s.
//! A reader follows a value: `value` (the word), `heap` (objects), `shape` and `attrs` (sets), `vm` (the machine), `ops`
//! (equality, ordering, coercion, printing as tasks). The crate does no I/O and knows neither parser nor compiler.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(target_endian = "big")]
compile_error!(
    "short strings lie in a value's upper bytes: only little-endian machines are supported"
);
#[cfg(target_pointer_width = "16")]
compile_error!("pointers are kept in 64-bit words; 16-bit machines are not supported");

pub mod builtin;
mod context;
pub mod counters;
mod error;
pub mod heap;
pub mod host;
mod ledger;
pub mod ops;
mod plan;
mod positions;
mod shape;
pub mod task;
mod value;
pub mod vm;

pub use builtin::{Answer, Builtin, Stop};
pub use context::{ContextElement, Contexts};
pub use error::{Error, ErrorKind, TraceLine};
pub use host::{Host, HostError};
pub use ledger::{Charge, Held, Room};
pub use task::{Arguments, Next, Step, Task};
pub use value::Value;
pub use vm::{LoadRequest, Loader, Settings, Vm};
