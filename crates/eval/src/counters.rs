//! What an evaluation did, in numbers: the counters that cost nothing when nobody asks, and the few that never cost anything.
//!
//! In: the machine's own notes. Out: figures for `--stats`.
//!
//! The loop exists twice: the one that counts (every instruction, as often as it ran, was run again after a wait, and found
//! its cache wrong) and the one without a trace of it; `Vm::start_counting` chooses. Objects are counted by walking what the
//! allocator filled (`heap/census.rs`). Only what is rare or dear is counted always.
//! Times come from a clock that the host of the machine lends; without one all are zero.

use frazil_bytecode::{OP_ROWS, Op};

/// Counters of the machine's work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Calls of functions with just their arguments (only when counting).
    pub calls: u64,
    /// Calls by the general path: partial, too many arguments, functors.
    pub slow_calls: u64,
    /// Calls of builtins by an instruction (only when counting), and by other builtins.
    pub builtin_calls: u64,
    /// Thunks that came to a value (only when counting).
    pub forced: u64,
    /// Thunks avoided because the value was at hand (only when counting).
    pub elided: u64,
    /// Bodies compiled.
    pub bodies: u64,
    /// Attribute set updates (`//`) with two non-empty sides.
    pub updates: u64,
    /// Attributes of the sets these made.
    pub update_attributes: u64,
    /// Files, or other texts, parsed.
    pub texts: u64,
    /// Files that were found in resolved form.
    pub kept: u64,
    /// Those of them whose text was not even read.
    pub unread: u64,
    /// Nodes of their trees.
    pub nodes: u64,
}

/// One instruction of the table, as it was run.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpCount {
    /// Times it was started.
    pub started: u64,
    /// Times it had to wait for an operand; it was started again afterwards.
    pub waited: u64,
    /// Times the cache at the instruction held another shape.
    pub missed: u64,
}

/// Every instruction as it was run.
#[derive(Clone, Debug, Default)]
pub struct OpCounts(Vec<OpCount>);

impl OpCounts {
    pub(crate) fn new() -> OpCounts {
        OpCounts(vec![OpCount::default(); OP_ROWS.len()])
    }
    pub(crate) fn of(&mut self, op: Op) -> &mut OpCount {
        &mut self.0[op.number()]
    }
    /// Names and counts in the order of the table; nothing if nobody counted.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, OpCount)> {
        OP_ROWS.iter().map(|row| row.name).zip(self.0.iter().copied())
    }
    /// Runs to the end of the instructions with these names, and cache misses at them.
    pub fn sum(&self, names: &[&str]) -> (u64, u64) {
        let chosen = self.rows().filter(|(name, _)| names.contains(name));
        chosen.fold((0, 0), |(runs, missed), (_, count)| {
            (runs + count.started - count.waited, missed + count.missed)
        })
    }
}

/// What time goes into. The rest is running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Asking the host for files, and where they are.
    Read,
    /// From text to tree.
    Parse,
    /// From names to places.
    Resolve,
    /// From tree to code, checked and loaded.
    Compile,
    /// Derivations: text, hashes, paths.
    Hash,
    /// Collections.
    Collect,
    /// From the result to its text. What is forced meanwhile counts here, too.
    Print,
}

/// Time spent in each phase, by a clock that was lent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases {
    clock: Option<fn() -> u64>,
    spent: [u64; 7],
}

/// When something began, and what all phases had taken by then.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    at: u64,
    spent: u64,
}

impl Phases {
    /// From now on time is measured, with a clock that gives nanoseconds.
    pub fn lend(&mut self, clock: fn() -> u64) {
        self.clock = Some(clock);
    }
    /// What `end` wants to know.
    #[inline]
    pub fn start(&self) -> Started {
        match self.clock {
            Some(clock) => Started { at: clock(), spent: self.all() },
            None => Started { at: 0, spent: 0 },
        }
    }
    /// Everything since `start` was this, but for what belonged to other phases meanwhile.
    #[inline]
    pub fn end(&mut self, phase: Phase, start: Started) {
        if let Some(clock) = self.clock {
            let others = self.all() - start.spent;
            self.spent[phase as usize] += (clock() - start.at).saturating_sub(others);
        }
    }
    /// Nanoseconds spent.
    pub fn spent(&self, phase: Phase) -> u64 {
        self.spent[phase as usize]
    }
    /// Nanoseconds spent in all phases.
    pub fn all(&self) -> u64 {
        self.spent.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Phases};
    use std::sync::atomic::{AtomicU64, Ordering};

    static NOW: AtomicU64 = AtomicU64::new(0);

    #[test]
    fn time_within_another_phase_counts_once() {
        let mut phases = Phases::default();
        let nothing = phases.start();
        phases.end(Phase::Read, nothing);
        assert_eq!(phases.all(), 0, "no clock, no time");
        phases.lend(|| NOW.fetch_add(10, Ordering::Relaxed));
        let outer = phases.start(); // 0
        let inner = phases.start(); // 10
        phases.end(Phase::Parse, inner); // 20
        phases.end(Phase::Print, outer); // 30
        assert_eq!((phases.spent(Phase::Parse), phases.spent(Phase::Print)), (10, 20));
    }
}
