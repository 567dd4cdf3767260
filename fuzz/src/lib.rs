//! Fuzz targets: functions of bytes that must neither panic, hang nor pass a limit, each with a property that it checks.
//!
//! In: any bytes. Out: nothing; a panic is a finding. The same functions run under libFuzzer (`fuzz_targets`) and in
//! `tests/replay.rs`, which needs no nightly toolchain.
//!
//! Not here: corpora (`corpus/NAME`, one file an input), how long to run (`run.sh`).
#![forbid(unsafe_code)]

mod formats;
mod language;
mod mutate;

pub use mutate::Mutator;

/// A target.
pub type Target = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Target); 14] = [
    ("parse", language::parse),
    ("eval", language::eval),
    ("generated", language::generated),
    ("regimes", language::regimes),
    ("differential", language::differential),
    ("aterm", formats::aterm),
    ("derivation_json", formats::derivation_json),
    ("nar", formats::nar),
    ("narinfo", formats::narinfo),
    ("json", formats::json),
    ("toml", formats::toml),
    ("regex", formats::regex),
    ("hash", formats::hash),
    ("store_path", formats::store_path),
];

/// Runs a target on an input.
///
/// # Panics
/// The input shows a defect, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|target| target.0 == name).expect("a target's name");
    target(bytes);
}
