//! Regular expressions: `match` and `split`, with compiled patterns kept for the evaluation.
//!
//! In: a pattern without context and a string. Out: lists of what groups hold; groups that took no part are null.
//! Not here: the patterns' grammar and which match is chosen (`frazil_text::regex`).

use crate::args::{Later, PlainStr, Str, fail, take};
use frazil_eval::vm::Watch;
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Stop, Value, Vm};
use frazil_macros::builtin;
use frazil_text::regex::{Captures, Regex, TooComplex};
use hashbrown::HashMap;
use std::sync::Arc;

pub(crate) const ROWS: &[Builtin] = &[MATCH_REGEX, SPLIT];

/// Patterns kept at most; programs that make patterns up would fill memory otherwise.
const KEPT: usize = 4096;

/// Compiled patterns.
#[derive(Default)]
struct Compiled(HashMap<Box<[u8]>, Arc<Regex>>);

fn compiled(vm: &mut Vm, pattern: &PlainStr) -> Result<Arc<Regex>, Stop> {
    let bytes = pattern.bytes(vm).to_vec();
    let known = &mut vm.extension::<Compiled>().0;
    if let Some(regex) = known.get(&*bytes) {
        return Ok(regex.clone());
    }
    let regex = match Regex::new(&bytes) {
        Ok(regex) => Arc::new(regex),
        Err(error) => return fail(ErrorKind::Eval, error.message(&bytes)),
    };
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(bytes.into(), regex.clone());
    Ok(regex)
}

/// What a match may cost.
struct Bounds {
    watch: Watch,
    ended: Result<(), Error>,
}

impl Bounds {
    fn new(vm: &Vm) -> Bounds {
        Bounds { watch: vm.watch(), ended: Ok(()) }
    }
    fn go_on(&mut self, steps: usize, held: usize) -> bool {
        self.ended = self.watch.work_holding(steps, held);
        self.ended.is_ok()
    }
    /// What was found; nothing if the matcher gave up.
    fn settle<T>(self, vm: &mut Vm, found: Result<T, TooComplex>) -> Result<Option<T>, Error> {
        self.ended?;
        vm.settle(self.watch)?;
        Ok(found.ok())
    }
}

#[cold]
fn too_complex<T>(vm: &Vm, pattern: &PlainStr) -> Result<T, Stop> {
    let text = [b"memory limit exceeded by regular expression '", pattern.bytes(vm), b"'"].concat();
    fail(ErrorKind::Eval, text)
}

/// What the groups of a match hold, as a list.
fn groups(vm: &mut Vm, text: &[u8], captures: &Captures) -> Value {
    let groups: Vec<Value> = captures
        .groups()
        .map(|group| group.map_or(Value::NULL, |range| vm.heap.string(&text[range], 0)))
        .collect();
    vm.heap.list(&groups)
}

/// What the groups of an extended regular expression hold if it matches the whole string; else null.
///
/// ```nix
/// builtins.match "([a-z]+)-([0-9]+)" "abc-12"
/// ```
#[builtin(name = "match")]
fn match_regex(vm: &mut Vm, pattern: PlainStr, text: Later<Str>) -> Answer {
    let regex = compiled(vm, &pattern)?;
    let context = "while evaluating the second argument passed to builtins.match";
    let text = take::<Str>(vm, text.0, context)?;
    let mut bounds = Bounds::new(vm);
    let found =
        regex.full_match_while(text.bytes(vm), &mut |steps, held| bounds.go_on(steps, held));
    let Some(found) = bounds.settle(vm, found)? else { return too_complex(vm, &pattern) };
    let Some(captures) = found else { return Ok(Value::NULL) };
    if captures.len() == 1 {
        return Ok(vm.heap.empty_list());
    }
    let text = text.bytes(vm).to_vec();
    Ok(groups(vm, &text, &captures))
}

/// A string cut at the matches of an extended regular expression: pieces, and between them lists of what groups hold.
///
/// ```nix
/// builtins.split "(-)" "a-b-c"
/// ```
#[builtin(name = "split")]
fn split(vm: &mut Vm, pattern: PlainStr, text: Later<Str>) -> Answer {
    let regex = compiled(vm, &pattern)?;
    let context = "while evaluating the second argument passed to builtins.split";
    let text = take::<Str>(vm, text.0, context)?;
    let bytes = text.bytes(vm).to_vec();
    let mut pieces = Vec::new();
    let mut end = 0;
    let mut matches = regex.find_iter(&bytes);
    loop {
        let mut bounds = Bounds::new(vm);
        let found = matches.next_while(&mut |steps, held| bounds.go_on(steps, held));
        let found = bounds.settle(vm, found.transpose())?;
        let Some(found) = found else { return too_complex(vm, &pattern) };
        let Some(captures) = found else { break };
        let span = captures.span();
        if pieces.len() == pieces.capacity() {
            vm.check_room(pieces.capacity() * 2 * size_of::<Value>())?;
        }
        pieces.push(vm.heap.string(&bytes[end..span.start], 0));
        pieces.push(groups(vm, &bytes, &captures));
        end = span.end;
    }
    if pieces.is_empty() {
        // Nothing matched: the string itself, with its context.
        return Ok(vm.heap.list(&[text.0]));
    }
    pieces.push(vm.heap.string(&bytes[end..], 0));
    Ok(vm.heap.list(&pieces))
}
