//! Bounds on long work of crates that know no machine: patterns, TOML.
//!
//! In: steps done and bytes held, as such work tells them now and then. Out: whether it may go on; afterwards the error of the limit
//! that ended it. Not here: limits themselves (`frazil_eval::vm`).

use frazil_eval::vm::Watch;
use frazil_eval::{Charge, Error, Vm};

/// What some work may cost.
pub(crate) struct Bounds {
    watch: Watch,
    held: Charge,
    ended: Result<(), Error>,
}

impl Bounds {
    pub(crate) fn new(vm: &Vm) -> Bounds {
        Bounds { watch: vm.watch(), held: Charge::default(), ended: Ok(()) }
    }

    /// Counts steps, and charges what is held now instead of what was before.
    pub(crate) fn go_on(&mut self, steps: usize, held: usize) -> bool {
        if self.ended.is_err() {
            return false;
        }
        self.ended = self.held.set(&self.watch, held).and_then(|()| self.watch.work(steps));
        self.ended.is_ok()
    }

    /// Counts what was done. What is held stays charged as long as the answer lives.
    pub(crate) fn end(self, vm: &mut Vm) -> Result<Charge, Error> {
        self.ended?;
        vm.settle(self.watch)?;
        Ok(self.held)
    }
}
