//! How deep data may nest for what Nix walks by nested calls.
//!
//! In: a depth. Out: Nix's error when `max-call-depth` is passed. We keep explicit stacks, so the limit is only Nix's.

use frazil_eval::{Error, ErrorKind, Vm};

/// Refuses what Nix refuses.
pub(crate) fn check(vm: &Vm, depth: usize) -> Result<(), Error> {
    if depth <= vm.settings.max_call_depth as usize {
        return Ok(());
    }
    Err(Error::new(ErrorKind::CallDepth, "stack overflow; max-call-depth exceeded"))
}
