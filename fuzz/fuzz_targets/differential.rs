//! The target `differential` under libFuzzer; see `frazil_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| frazil_fuzz::run("differential", bytes));
