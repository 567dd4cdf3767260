//! Counters: they add up, they say what was done, and they do not exist when nobody asks.

use frazil::stages::eval::heap::Tuning;
use frazil::{Evaluator, Settings};

/// Makes objects of every kind, enough of them for several collections, some of them big.
const PROGRAM: &[u8] = b"
let
  inherit (builtins) attrNames concatStringsSep elemAt foldl' genList length map tail;
  numbers = genList (i: i * 1152921504606847) 5000;
  sets = map (i: { a = i; b = \"text number ${toString i}\"; c = x: y: x + y + i; } // { d = i; }) numbers;
  add = a: b: a + b;
  count = set: length (attrNames set) + set.c 1 2 - set.a + length (tail [ 1 2 3 4 5 6 7 8 ]);
in
foldl' add 0 (map count sets) + builtins.stringLength (concatStringsSep \",\" (map (set: set.b) sets)) + builtins.floor 1.5
";

fn evaluator(counting: bool) -> Evaluator {
    let tuning = Tuning { first: 1 << 18, least: 1 << 18, first_major: 1 << 19 };
    let mut evaluator = Evaluator::new(Settings { tuning, ..Settings::default() });
    if counting {
        evaluator.vm.start_counting();
    }
    evaluator
}

#[test]
fn objects_add_up_to_the_bytes_allocated() {
    let mut evaluator = evaluator(true);
    let before = evaluator.vm.heap.counters().allocated;
    let value = evaluator.eval_text(PROGRAM, b"/").unwrap();
    assert_eq!(evaluator.show(value).unwrap(), b"229021");
    let heap = evaluator.vm.heap.counters();
    let census = evaluator.vm.heap.census();
    assert!(heap.minor > 3 && heap.major > 0, "collections in between: {heap:?}");
    assert_eq!(census.bytes(), heap.allocated - before, "{census:?}");
    let kinds = [census.thunks, census.applications, census.closures, census.lists, census.sets];
    assert!(kinds.iter().all(|made| made.number > 0), "{census:?}");
    assert!(census.sets.number >= 10_000 && census.strings.number >= 5_000, "{census:?}");
}

#[test]
fn calls_and_instructions_are_counted() {
    let mut evaluator = evaluator(true);
    let text = b"let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 100";
    evaluator.eval_text(text, b"/").unwrap();
    assert_eq!(evaluator.vm.counters().calls, 101);
    let returns = evaluator.vm.op_counts().sum(&["Return"]).0;
    assert!(returns >= 101, "{returns}");
    let started: u64 = evaluator.vm.op_counts().rows().map(|(_, count)| count.started).sum();
    assert!(started > 400, "{started}");
}

#[test]
fn nothing_is_counted_for_nobody() {
    let (mut counted, mut plain) = (evaluator(true), evaluator(false));
    let with = counted.eval_text(PROGRAM, b"/").unwrap();
    let without = plain.eval_text(PROGRAM, b"/").unwrap();
    assert_eq!(counted.show(with).unwrap(), plain.show(without).unwrap());
    assert_eq!(plain.vm.op_counts().rows().count(), 0);
    assert_eq!(plain.vm.heap.census().bytes(), 0);
    assert_eq!(plain.vm.counters().calls, 0);
}
