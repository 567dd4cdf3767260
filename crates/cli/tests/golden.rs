//! Every case under `tests/golden`, under each regime, against the binary built for this test.
//!
//! The cases and their runner are in `xtask`; `cargo xtask golden FILTER` runs some of them by hand.

use xtask::golden::{Regime, check};

fn run(regime: Regime) {
    if let Err(report) = check(env!("CARGO_BIN_EXE_frazil"), regime) {
        panic!("\n{report}");
    }
}

#[test]
fn cases_as_users_run_them() {
    run(Regime::Default);
}

#[test]
fn cases_with_a_collection_at_every_step() {
    run(Regime::GcStress);
}

#[test]
fn cases_without_optimisations() {
    run(Regime::NoOpt);
}
