//! The outside world: implementations of the evaluator's [`Host`](frazil_eval::host::Host).
//!
//! In: requests of an evaluation. Out: the system's files ([`RealHost`]), a tree in memory ([`MemoryHost`]), and layers over
//! another host: [`PolicyHost`] refuses what a mode does not grant, [`FolderStore`] keeps what the evaluation stores,
//! [`RecordingHost`] notes what was asked.
//!
//! [`CodeFolder`] keeps resolved files from one process to the next.
//!
//! Layers nest from the inside out as real (or memory), folder store, policy, recording: the policy then also judges
//! what the store layer reads for the evaluation, and grants what the evaluation has stored.
//!
//! Invariants: nothing here prints; nothing recurses on the depth of a tree or a path; a request outside a policy's
//! roots reaches no file.
//!
//! Not here: the host that has nothing (`frazil_eval::host::NoHost`), fetching, building, the search path.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "this crate is the outside world the others are kept from"
)]

#[cfg(unix)]
mod code_folder;
#[cfg(unix)]
mod folder;
mod memory;
mod path;
mod policy;
#[cfg(unix)]
mod real;
mod recording;
#[cfg(unix)]
mod stamp;
#[cfg(unix)]
mod system;
mod tree;

#[cfg(unix)]
pub use code_folder::CodeFolder;
#[cfg(unix)]
pub use folder::FolderStore;
pub use memory::MemoryHost;
pub use path::canonical;
pub use policy::{Mode, Policy, PolicyHost};
#[cfg(unix)]
pub use real::RealHost;
pub use recording::{RecordingHost, Request};
