//! Counters of an evaluation as JSON: `--stats`, NIX_SHOW_STATS, NIX_SHOW_STATS_PATH.
//!
//! In: an evaluator that counted. Out: the members of Nix's own statistics, in its order, and under `frazil` our own.
//!
//! Nix's members mean what comes closest here: an environment is a function or suspended expression that captures, its elements
//! the captured variables; values are suspended expressions and boxed numbers, since others are words in their places; an
//! expression is a node of the tree. Sizes are those of our representation. Not here: what is counted, and when (`frazil-eval`).

use crate::json_text::object;
use crate::output;
use crate::world::{World, bytes_of};
use frazil::Vm;
use frazil::stages::eval::counters::Phase;
use frazil::stages::eval::heap::Made;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::time::Instant;

/// Instructions that look an attribute up and remember where they found it.
const LOOKUPS: [&str; 6] =
    ["Select", "TrySelect", "HasAttr", "LookupWith", "CheapSelect", "CheapWith"];
/// Members of the statistics.
type Members<'a> = Vec<(&'a str, String)>;

fn is_asked(world: &World) -> bool {
    world.stats || bytes_of("NIX_SHOW_STATS").is_some_and(|value| value != b"0")
}

/// Counts from now on if counters are asked for.
pub(crate) fn start_if_asked(world: &World, vm: &mut Vm) {
    if is_asked(world) {
        vm.start_counting();
        vm.phases.lend(nanoseconds);
    }
}

/// Since this was first asked.
fn nanoseconds() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Prints them if they are asked for.
pub(crate) fn print_if_asked(world: &World, vm: &mut Vm) {
    if !is_asked(world) {
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

/// The processor time of this process, in seconds.
fn processor_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn numbers(members: &[(&str, u64)]) -> String {
    let members: Members<'_> = members.iter().map(|(name, n)| (*name, n.to_string())).collect();
    object(&members)
}

fn seconds(nanoseconds: u64) -> String {
    format!("{:.6}", nanoseconds as f64 / 1e9)
}

fn text(vm: &mut Vm) -> String {
    let mut members = as_nix(vm);
    members.push(("frazil", ours(vm)));
    object(&members)
}

/// The members that Nix has, too.
fn as_nix(vm: &mut Vm) -> Members<'static> {
    let (counters, heap, census) = (vm.counters(), vm.heap.counters(), vm.heap.census());
    let runs = |names: &[&str]| vm.op_counts().sum(names).0;
    let made = |made: &[Made]| {
        made.iter().fold((0, 0, 0), |(number, elements, bytes), made| {
            (number + made.number, elements + made.elements, bytes + made.bytes)
        })
    };
    let environments = made(&[census.thunks, census.closures]);
    let values = made(&[census.thunks, census.applications, census.numbers]);
    let (cpu, collecting) = (processor_time(), vm.phases.spent(Phase::Collect));
    let gc = collecting as f64 / 1e9;
    let number = |number: u64| number.to_string();
    vec![
        ("cpuTime", format!("{cpu:.6}")),
        (
            "envs",
            numbers(&[
                ("bytes", environments.2),
                ("elements", environments.1),
                ("number", environments.0),
            ]),
        ),
        (
            "gc",
            numbers(&[
                ("cycles", heap.minor + heap.major),
                ("heapSize", heap.held),
                ("totalBytes", heap.allocated),
            ]),
        ),
        (
            "list",
            numbers(&[
                ("bytes", census.lists.bytes),
                ("concats", runs(&["ConcatLists"])),
                ("elements", census.lists.elements),
            ]),
        ),
        ("nrAvoided", number(counters.elided)),
        ("nrExprs", number(counters.nodes)),
        ("nrFunctionCalls", number(counters.calls + counters.slow_calls)),
        ("nrLookups", number(runs(&LOOKUPS))),
        ("nrOpUpdateValuesCopied", number(counters.update_attributes)),
        ("nrOpUpdates", number(runs(&["Update"]))),
        ("nrPrimOpCalls", number(counters.builtin_calls)),
        ("nrThunks", number(census.thunks.number + census.applications.number)),
        (
            "sets",
            numbers(&[
                ("bytes", census.sets.bytes),
                ("elements", census.sets.elements),
                ("number", census.sets.number),
            ]),
        ),
        ("sizes", numbers(&[("Attr", 8), ("Bindings", 16), ("Env", 8), ("Value", 8)])),
        (
            "symbols",
            numbers(&[
                ("bytes", vm.symbols.bytes_held() as u64),
                ("number", vm.symbols.len() as u64),
            ]),
        ),
        (
            "time",
            object(&[
                ("cpu", format!("{cpu:.6}")),
                ("gc", format!("{gc:.6}")),
                ("gcFraction", format!("{:.6}", gc / cpu.max(1e-9))),
            ]),
        ),
        ("values", numbers(&[("bytes", values.2), ("number", values.0)])),
    ]
}

/// The members that only we have.
fn ours(vm: &mut Vm) -> String {
    let (counters, heap, census) = (vm.counters(), vm.heap.counters(), vm.heap.census());
    let made = census.thunks.number + census.applications.number;
    let kinds = [
        ("thunks", census.thunks),
        ("applications", census.applications),
        ("closures", census.closures),
        ("partialApplications", census.partials),
        ("lists", census.lists),
        ("sets", census.sets),
        ("strings", census.strings),
        ("numbers", census.numbers),
    ];
    let kind = |(name, made): &(&'static str, Made)| {
        let Made { number, elements, bytes } = *made;
        (*name, numbers(&[("bytes", bytes), ("elements", elements), ("number", number)]))
    };
    let thunks = [
        ("elided", counters.elided),
        ("finished", counters.forced),
        ("made", made),
        ("neverFinished", made.saturating_sub(counters.forced)),
    ];
    let calls = [
        ("builtins", counters.builtin_calls),
        ("general", counters.slow_calls),
        ("partial", census.partials.number),
        ("saturated", counters.calls),
    ];
    let collections = [("full", heap.major), ("liveBytes", heap.live), ("young", heap.minor)];
    object(&[
        ("allocated", object(&kinds.iter().map(kind).collect::<Vec<_>>())),
        ("bodiesCompiled", counters.bodies.to_string()),
        ("caches", caches(vm)),
        ("calls", numbers(&calls)),
        ("collections", numbers(&collections)),
        ("instructions", instructions(vm)),
        ("seconds", phases(vm)),
        ("shapes", vm.shape_count().to_string()),
        ("textsKept", counters.kept.to_string()),
        ("textsParsed", counters.texts.to_string()),
        ("textsUnread", counters.unread.to_string()),
        ("thunks", numbers(&thunks)),
    ])
}

/// How often each kind of cache had what was wanted.
fn caches(vm: &Vm) -> String {
    let rate = |hits: u64, misses: u64| {
        let rate = hits as f64 / (hits + misses).max(1) as f64;
        object(&[
            ("hits", hits.to_string()),
            ("misses", misses.to_string()),
            ("rate", format!("{rate:.4}")),
        ])
    };
    let mut members: Members<'_> = Vec::new();
    for name in LOOKUPS {
        let (runs, missed) = vm.op_counts().sum(&[name]);
        members.push((name, rate(runs.saturating_sub(missed), missed)));
    }
    let (hits, misses) = vm.shape_merges();
    members.push(("updates", rate(hits, misses)));
    let (hits, misses) = vm.shape_lookups();
    members.push(("lookupsInAll", rate(hits, misses)));
    object(&members)
}

/// Instructions by name: runs to the end, and waits for an operand.
fn instructions(vm: &Vm) -> String {
    let rows = vm.op_counts().rows().filter(|(_, count)| count.started > 0);
    let members: Members<'_> = rows
        .map(|(name, count)| {
            let runs = ("runs", count.started - count.waited);
            (name, numbers(&[runs, ("waits", count.waited)]))
        })
        .collect();
    object(&members)
}

/// Where time went; `run` is what is left of it.
fn phases(vm: &Vm) -> String {
    let phases = [
        ("collect", Phase::Collect),
        ("compile", Phase::Compile),
        ("hash", Phase::Hash),
        ("parse", Phase::Parse),
        ("print", Phase::Print),
        ("read", Phase::Read),
        ("resolve", Phase::Resolve),
    ];
    let mut members: Members<'_> =
        phases.iter().map(|(name, phase)| (*name, seconds(vm.phases.spent(*phase)))).collect();
    members.push(("run", seconds(nanoseconds().saturating_sub(vm.phases.all()))));
    object(&members)
}
