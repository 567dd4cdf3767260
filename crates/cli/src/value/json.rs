//! JSON of a value, for `--json`.
//!
//! With everything forced it is `builtins.toJSON`. Without, what is not evaluated is an error, found by a walk that forces
//! nothing, in the order in which Nix would meet it.

use super::error;
use frazil::stages::base::sym;
use frazil::{Error, ErrorKind, Pos, TraceLine, Value, Vm};

/// JSON of a value; what is not forced is forced.
///
/// # Errors
/// What has no JSON; what forcing ends with.
pub(crate) fn strict(vm: &mut Vm, value: Value) -> Result<Vec<u8>, Error> {
    let name = vm.symbols.intern(b"__toJSON");
    let Some(to_json) = vm.global(name) else {
        return Err(error(ErrorKind::Unsupported, "there is no 'toJSON' builtin"));
    };
    let text = vm.call(to_json, &[value])?;
    let text = vm.heap.as_string(&text).map(|text| text.bytes.to_vec()).unwrap_or_default();
    vm.count_output(text.len())?;
    Ok(text)
}

/// JSON of a value as far as it is evaluated.
///
/// # Errors
/// Something is not evaluated, or has no JSON.
pub(crate) fn lazy(vm: &mut Vm, value: Value) -> Result<Vec<u8>, Error> {
    check(vm, value)?;
    strict(vm, value)
}

/// A container on the way, with what is left of it, the next last.
struct Level {
    left: Vec<(Option<(frazil::Symbol, Pos)>, Value)>,
    doing: Option<TraceLine>,
}

fn check(vm: &mut Vm, value: Value) -> Result<(), Error> {
    let mut levels = vec![Level { left: vec![(None, value)], doing: None }];
    while let Some(level) = levels.last_mut() {
        let Some((name, value)) = level.left.pop() else {
            levels.pop();
            continue;
        };
        let pos = name.map_or(Pos::NONE, |(_, pos)| pos);
        let doing = name.map(|(name, pos)| {
            let text = [b"while evaluating attribute '", vm.symbols.resolve(name), b"'"].concat();
            TraceLine { text, pos, always: false }
        });
        let value = vm.heap.follow(value);
        if !value.is_whnf() {
            let mut failed = error(ErrorKind::Type, "cannot convert a thunk to JSON").or_at(pos);
            let lines = levels.iter().filter_map(|level| level.doing.clone()).chain(doing);
            lines.collect::<Vec<_>>().into_iter().rev().for_each(|line| failed.push(line));
            return Err(failed);
        }
        if levels.len() > vm.settings.max_call_depth as usize {
            return Err(too_deep());
        }
        levels.push(Level { left: parts(vm, value), doing });
    }
    Ok(())
}

/// Data nested deeper than calls may be.
pub(super) fn too_deep() -> Error {
    error(ErrorKind::CallDepth, "stack overflow; max-call-depth exceeded")
}

/// What of a value is looked at, last first.
fn parts(vm: &mut Vm, value: Value) -> Vec<(Option<(frazil::Symbol, Pos)>, Value)> {
    if let Some(items) = vm.heap.as_list(value) {
        return items.iter().rev().map(|item| (None, *item)).collect();
    }
    // What says how it becomes a string is called, whatever it is made of.
    if !value.is_attrs() || vm.attr(value, sym::TO_STRING).is_some() {
        return Vec::new();
    }
    if let Some(path) = vm.attr(value, sym::OUT_PATH) {
        return vec![(None, path)];
    }
    let attributes = vm.attrs_sorted(value);
    let places = attributes.into_iter().rev().map(|(name, value_of)| {
        let pos = vm.attr_pos(value, name).unwrap_or(Pos::NONE);
        (Some((name, pos)), value_of)
    });
    places.collect()
}
