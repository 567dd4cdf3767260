//! Counters of an evaluation as JSON: `--stats`, NIX_SHOW_STATS.
//!
//! In: an evaluator. Out: the members of Nix's own statistics, zero where they mean nothing here, and under `frazil` our own.

use crate::json_text::object;
use crate::output;
use crate::world::{World, bytes_of};
use frazil::Vm;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Prints them if they are asked for.
pub(crate) fn print_if_asked(world: &World, vm: &Vm) {
    let asked = bytes_of("NIX_SHOW_STATS").is_some_and(|value| value != b"0");
    if !asked && !world.stats {
        return;
    }
    let mut text = text(vm).into_bytes();
    text.push(b'\n');
    match bytes_of("NIX_SHOW_STATS_PATH").filter(|path| !path.is_empty() && path != b"-") {
        Some(path) => {
            if let Err(error) = std::fs::write(OsStr::from_bytes(&path), &text) {
                output::warn(&format!("cannot write the statistics: {error}"));
            }
        }
        None => output::complain(&text),
    }
}

fn seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn text(vm: &Vm) -> String {
    let counters = vm.counters();
    let heap = vm.heap.counters();
    let number = |number: u64| number.to_string();
    let zero = || "0".to_string();
    let cpu = format!("{:.6}", seconds());
    let counted = |names: &[(&str, u64)]| {
        let members: Vec<(&str, String)> =
            names.iter().map(|(name, n)| (*name, number(*n))).collect();
        object(&members)
    };
    let lookups = counters.select_hits + counters.select_misses;
    object(&[
        ("cpuTime", cpu.clone()),
        ("time", object(&[("cpu", cpu), ("gc", "0.0".into()), ("gcFraction", "0.0".into())])),
        ("envs", counted(&[("bytes", 0), ("elements", 0), ("number", counters.calls)])),
        ("list", counted(&[("bytes", 0), ("concats", 0), ("elements", 0)])),
        ("values", counted(&[("bytes", heap.allocated), ("number", 0)])),
        (
            "symbols",
            counted(&[
                ("bytes", vm.symbols.bytes_held() as u64),
                ("number", vm.symbols.len() as u64),
            ]),
        ),
        ("sets", counted(&[("bytes", 0), ("elements", 0), ("number", 0)])),
        ("sizes", counted(&[("Attr", 8), ("Bindings", 8), ("Env", 0), ("Value", 8)])),
        ("nrOpUpdates", number(counters.updates)),
        ("nrOpUpdateValuesCopied", zero()),
        ("nrThunks", number(counters.thunks)),
        ("nrAvoided", number(counters.elided)),
        ("nrLookups", number(lookups)),
        ("nrPrimOpCalls", number(counters.builtin_calls)),
        ("nrFunctionCalls", number(counters.calls + counters.slow_calls)),
        ("nrExprs", number(counters.bodies)),
        (
            "gc",
            counted(&[
                ("cycles", heap.minor + heap.major),
                ("heapSize", heap.held),
                ("totalBytes", heap.allocated),
            ]),
        ),
        (
            "frazil",
            counted(&[
                ("thunksForced", counters.forced),
                ("thunksElided", counters.elided),
                ("bodiesCompiled", counters.bodies),
                ("shapes", vm.shape_count() as u64),
                ("selectCacheHits", counters.select_hits),
                ("selectCacheMisses", counters.select_misses),
                ("collectionsYoung", heap.minor),
                ("collectionsFull", heap.major),
                ("liveBytes", heap.live),
            ]),
        ),
    ])
}
