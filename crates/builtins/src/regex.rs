//! Regular expressions: `match` and `split`, with compiled patterns kept for the evaluation.
//!
//! In: a pattern without context and a string. Out: lists of what groups hold; groups that took no part are null.
//! Not here: the patterns' grammar and which match is chosen (`frazil_text::regex`).

use crate::args::{Later, PlainStr, Str, fail, take};
use crate::bounds::Bounds;
use frazil_eval::{Answer, Builtin, Charge, Error, ErrorKind, Held, Stop, Value, Vm};
use frazil_macros::builtin;
use frazil_text::regex::{Captures, Regex};
use hashbrown::HashMap;
use std::sync::Arc;

pub(crate) const ROWS: &[Builtin] = &[MATCH_REGEX, SPLIT];

/// Bytes of patterns kept at most; programs that make patterns up would fill memory otherwise.
const KEPT: usize = 4 << 20;

/// Compiled patterns.
#[derive(Default)]
struct Compiled {
    patterns: HashMap<Box<[u8]>, Arc<Regex>>,
    room: Charge,
    bytes: usize,
}

fn compiled(vm: &mut Vm, pattern: &PlainStr) -> Result<Arc<Regex>, Stop> {
    let known = pattern.bytes(vm).to_vec();
    if let Some(regex) = vm.extension::<Compiled>().patterns.get(&*known) {
        return Ok(regex.clone());
    }
    let bytes = pattern.bytes(vm);
    let mut bounds = Bounds::new(vm);
    let made = Regex::new_while(bytes, &mut |steps, held| bounds.go_on(steps, held));
    let bounds = bounds.end(vm)?;
    let regex = match made {
        Ok(regex) => Arc::new(regex),
        Err(error) => {
            let text = error.message(pattern.bytes(vm));
            return fail(ErrorKind::Eval, text);
        }
    };
    drop(bounds);
    let size = regex.bytes_held() + known.len() + 64;
    let mut kept = std::mem::take(vm.extension::<Compiled>());
    if kept.bytes + size > KEPT {
        kept = Compiled::default();
    }
    if size <= KEPT && kept.room.add(vm, size).is_ok() {
        kept.bytes += size;
        kept.patterns.insert(known.into(), regex.clone());
    }
    *vm.extension::<Compiled>() = kept;
    Ok(regex)
}

#[cold]
fn too_complex<T>(vm: &Vm, pattern: &PlainStr) -> Result<T, Stop> {
    let text = [b"memory limit exceeded by regular expression '", pattern.bytes(vm), b"'"].concat();
    fail(ErrorKind::Eval, text)
}

/// What the groups of a match hold, as a list.
fn groups(vm: &mut Vm, text: &[u8], captures: &Captures) -> Result<Value, Error> {
    let mut groups = Held::with_capacity(vm, captures.len())?;
    for group in captures.groups() {
        let length = group.as_ref().map_or(0, |range| range.len());
        vm.work(1 + (length >> 6))?;
        let group = match group {
            Some(range) => vm.long_string(&text[range], 0)?,
            None => Value::NULL,
        };
        groups.push(vm, group)?;
    }
    vm.long_list(&groups)
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
    drop(bounds.end(vm)?);
    let Ok(found) = found else { return too_complex(vm, &pattern) };
    let Some(captures) = found else { return Ok(Value::NULL) };
    if captures.len() == 1 {
        return Ok(vm.heap.empty_list());
    }
    let text = Held::copy_of(vm, text.bytes(vm))?;
    Ok(groups(vm, &text, &captures)?)
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
    let bytes = Held::copy_of(vm, text.bytes(vm))?;
    let mut pieces = Held::new();
    let mut end = 0;
    let mut matches = regex.find_iter(&bytes);
    loop {
        let mut bounds = Bounds::new(vm);
        let found = matches.next_while(&mut |steps, held| bounds.go_on(steps, held));
        drop(bounds.end(vm)?);
        let Ok(found) = found.transpose() else { return too_complex(vm, &pattern) };
        let Some(captures) = found else { break };
        let span = captures.span();
        let piece = &bytes[end..span.start];
        vm.work(1 + (piece.len() >> 6))?;
        let piece = vm.long_string(piece, 0)?;
        pieces.push(vm, piece)?;
        let groups = groups(vm, &bytes, &captures)?;
        pieces.push(vm, groups)?;
        end = span.end;
    }
    if pieces.is_empty() {
        // Nothing matched: the string itself, with its context.
        return Ok(vm.heap.list(&[text.0]));
    }
    let rest = vm.long_string(&bytes[end..], 0)?;
    pieces.push(vm, rest)?;
    Ok(vm.long_list(&pieces)?)
}
