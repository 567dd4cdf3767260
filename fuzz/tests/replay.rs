//! Every input of the corpora, and some thousand like them, through every target, on any toolchain.
//!
//! `FRAZIL_FUZZ_ROUNDS=N` makes it N inputs a target, `FRAZIL_FUZZ_SEED=N` others. A panic is a finding: what failed is in the output.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use frazil_fuzz::{Mutator, TARGETS};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    files.iter().map(|file| std::fs::read(file.path()).expect("it can be read")).collect()
}

fn replay(name: &str) {
    let (_, target) = TARGETS.iter().find(|target| target.0 == name).expect("a target");
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "{name} has a corpus");
    let rounds = match name {
        "regimes" => 400,
        "eval" | "generated" | "json" => 4000,
        _ => 40_000,
    };
    let mut mutator = Mutator::new(number("FRAZIL_FUZZ_SEED", 1));
    let made = (0..number("FRAZIL_FUZZ_ROUNDS", rounds)).map(|_| mutator.next(&corpus));
    for input in corpus.iter().cloned().chain(made) {
        let ended = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(ended.is_ok(), "{name} fails on {:?}", String::from_utf8_lossy(&input));
    }
}

macro_rules! targets {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            replay(stringify!($name));
        }
    )*};
}

targets! { parse eval generated regimes differential aterm derivation_json nar narinfo json toml regex hash store_path }

#[test]
fn every_target_is_replayed() {
    let source = include_str!("replay.rs");
    for (name, _) in TARGETS {
        assert!(source.contains(&format!(" {name} ")), "{name}");
    }
}
