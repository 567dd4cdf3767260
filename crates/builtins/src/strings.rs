//! Strings: their length, parts, joins and replacements; versions.
//!
//! In: strings and what is coerced to one. Out: strings with the contexts they must keep. The common case, where all is a
//! string already, needs no task. Not here: regular expressions (`regex.rs`), contexts (`context.rs`).

use crate::args::{Forced, Later, List, PlainStr, Str, fail, take};
use crate::coerced::{NONE, Rest, on_text};
use crate::joins::{join_now, replace_now};
use frazil_base::sym;
use frazil_eval::ops::{CoerceMode, CoerceTask};
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Held, Value, Vm};
use frazil_macros::builtin;
use frazil_text::version;
use std::cmp::Ordering;

pub(crate) const ROWS: &[Builtin] = &[
    TO_STRING,
    STRING_LENGTH,
    SUBSTRING,
    CONCAT_STRINGS_SEP,
    REPLACE_STRINGS,
    SPLIT_VERSION,
    COMPARE_VERSIONS,
    PARSE_DRV_NAME,
];

/// A value as text: numbers in decimal, `true` as `1`, `false` and `null` as nothing, lists joined by spaces.
///
/// ```nix
/// toString [ 1 true "a" ]
/// ```
#[builtin(name = "toString", global)]
fn to_string(vm: &mut Vm, value: Forced) -> Answer {
    match vm.coerce_now(value.0, CoerceMode::TO_STRING)? {
        Some(text) => Ok(text),
        None => on_text(
            vm,
            value.0,
            CoerceMode::TO_STRING,
            "while evaluating the first argument passed to builtins.toString",
            NONE,
            |_, text, _| Ok(text),
        ),
    }
}

/// How many bytes a string has.
///
/// ```nix
/// builtins.stringLength "abc"
/// ```
#[builtin(name = "stringLength", cheap, contexts = ["while evaluating the argument passed to builtins.stringLength"])]
fn string_length(vm: &mut Vm, text: Forced) -> Answer {
    on_text(
        vm,
        text.0,
        CoerceMode::INTERPOLATION,
        "while evaluating the argument passed to builtins.stringLength",
        NONE,
        |vm, text, _| {
            let length = vm.heap.as_string(&text).map_or(0, |string| string.bytes.len());
            Ok(vm.heap.int(length as i64))
        },
    )
}

/// The bytes of a string from an offset on, at most so many; a negative length means to the end.
///
/// ```nix
/// builtins.substring 1 2 "hello"
/// ```
#[builtin(name = "substring", contexts = [
    "while evaluating the first argument (the start offset) passed to builtins.substring",
    "while evaluating the second argument (the substring length) passed to builtins.substring",
    "while evaluating the third argument (the string) passed to builtins.substring"
])]
fn substring(vm: &mut Vm, start: i64, length: Later<i64>, text: Value) -> Answer {
    let Ok(start) = usize::try_from(start) else {
        return fail(ErrorKind::Eval, "negative start position in 'substring'");
    };
    let length: i64 = take(
        vm,
        length.0,
        "while evaluating the second argument (the substring length) passed to builtins.substring",
    )?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let text = vm.heap.follow(text);
    if text.is_string() {
        return Ok(part(vm, text, start, length)?);
    }
    if !text.is_whnf() {
        return Err(frazil_eval::Stop::Force(text));
    }
    let clamp = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let rest = [vm.heap.int(clamp(start)), vm.heap.int(clamp(length))];
    on_text(
        vm,
        text,
        CoerceMode::INTERPOLATION,
        "while evaluating the third argument (the string) passed to builtins.substring",
        rest,
        |vm, text, [start, length]: Rest| {
            let number = |value| vm.heap.as_int(value).and_then(|int| usize::try_from(int).ok());
            let (start, length) = (number(start).unwrap_or(0), number(length).unwrap_or(0));
            Ok(part(vm, text, start, length)?)
        },
    )
}

/// Bytes `start..start + length` of a string, as far as it has them.
fn part(vm: &mut Vm, text: Value, start: usize, length: usize) -> Result<Value, Error> {
    let Some(string) = vm.heap.as_string(&text) else { return Ok(Value::EMPTY_STRING) };
    let context = string.context;
    let total = string.bytes.len();
    let start = start.min(total);
    let end = start.saturating_add(length).min(total);
    if end - start == total {
        return Ok(text);
    }
    let bytes = &string.bytes[start..end];
    // Characters and other short parts, which most are, become words without a look at the heap.
    if context == 0
        && let Some(short) = Value::short_string(bytes)
    {
        return Ok(short);
    }
    if bytes.len() <= 64 {
        // Short results pass through the native stack.
        let mut held = [0; 64];
        held[..bytes.len()].copy_from_slice(bytes);
        return Ok(vm.heap.string(&held[..end - start], context));
    }
    vm.work_on_bytes(end - start)?;
    vm.substring(text, start..end)
}

/// The strings of a list with a separator between them.
///
/// ```nix
/// builtins.concatStringsSep "/" [ "usr" "bin" ]
/// ```
#[builtin(name = "concatStringsSep", contexts = [
    "while evaluating the first argument (the separator string) passed to builtins.concatStringsSep",
    "while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep"
])]
fn concat_strings_sep(vm: &mut Vm, separator: Str, list: List) -> Answer {
    join_now(vm, separator.0, list.0)
}

/// A text with every occurrence of a string in the first list replaced by the string at the same place of the second.
///
/// ```nix
/// builtins.replaceStrings [ "oo" "a" ] [ "a" "i" ] "foobar"
/// ```
#[builtin(name = "replaceStrings")]
fn replace_strings(vm: &mut Vm, from: List, to: List, text: Value) -> Answer {
    if from.len(vm) != to.len(vm) {
        return fail(
            ErrorKind::Eval,
            "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
        );
    }
    replace_now(vm, from.0, to.0, text)
}

/// The components of a version.
///
/// ```nix
/// builtins.splitVersion "1.2pre3"
/// ```
#[builtin(name = "splitVersion")]
fn split_version(vm: &mut Vm, text: PlainStr) -> Answer {
    let bytes = Held::copy_of(vm, text.bytes(vm))?;
    let mut parts = Held::new();
    for part in version::components(&bytes) {
        vm.work(1 + (part.len() >> 6))?;
        let part = vm.long_string(part, 0)?;
        parts.push(vm, part)?;
    }
    Ok(vm.long_list(&parts)?)
}

/// -1, 0 or 1: whether the first version is older than, as old as or newer than the second.
///
/// ```nix
/// builtins.compareVersions "1.0" "2.3"
/// ```
#[builtin(name = "compareVersions")]
fn compare_versions(vm: &mut Vm, a: PlainStr, b: PlainStr) -> Answer {
    let mut watch = vm.watch();
    let order = version::compare_while(a.bytes(vm), b.bytes(vm), |steps| watch.work(steps))?;
    vm.settle(watch)?;
    Ok(vm.heap.int(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

/// The name and the version in the name of a package.
///
/// ```nix
/// builtins.parseDrvName "hello-2.10"
/// ```
#[builtin(name = "parseDrvName")]
fn parse_drv_name(vm: &mut Vm, name: PlainStr) -> Answer {
    let bytes = Held::copy_of(vm, name.bytes(vm))?;
    vm.work_on_bytes(bytes.len())?;
    let (name, version) = version::split_drv_name_while(&bytes, |steps| vm.work(steps))?;
    let (name, version) = (vm.long_string(name, 0)?, vm.long_string(version, 0)?);
    Ok(vm.make_attrs(vec![(sym::NAME, name), (sym::VERSION, version)]))
}

/// The coercion of one element of something, as a task's next request.
pub(crate) fn coercion(value: Value, mode: CoerceMode) -> frazil_eval::Next {
    frazil_eval::Next::Task(Box::new(CoerceTask::new(value, mode)))
}
