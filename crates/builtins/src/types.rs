//! What type a value has.
//!
//! In: values in weak head normal form. Out: booleans and names of types. A set that can be called is a set, not a function.

use crate::args::Forced;
use frazil_eval::{Answer, Builtin, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] = &[
    TYPE_OF,
    IS_NULL,
    IS_INT,
    IS_FLOAT,
    IS_STRING,
    IS_BOOL,
    IS_PATH,
    IS_LIST,
    IS_ATTRS,
    IS_FUNCTION,
];

/// The name of a value's type: `"int"`, `"float"`, `"bool"`, `"string"`, `"path"`, `"null"`, `"set"`, `"list"` or `"lambda"`.
///
/// ```nix
/// map builtins.typeOf [ 1 "a" { } (x: x) ]
/// ```
#[builtin(name = "typeOf", cheap)]
fn type_of(vm: &mut Vm, value: Forced) -> Answer {
    let name = vm.type_name(value.0);
    Ok(vm.heap.string(name.as_bytes(), 0))
}

/// Whether a value is `null`.
///
/// ```nix
/// isNull null
/// ```
#[builtin(name = "isNull", cheap, global)]
fn is_null(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.is_null()))
}

/// Whether a value is an integer.
///
/// ```nix
/// builtins.isInt 1
/// ```
#[builtin(name = "isInt", cheap)]
fn is_int(vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(vm.heap.as_int(value.0).is_some()))
}

/// Whether a value is a floating-point number.
///
/// ```nix
/// builtins.isFloat 1.5
/// ```
#[builtin(name = "isFloat", cheap)]
fn is_float(vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(vm.heap.as_float(value.0).is_some()))
}

/// Whether a value is a string. A set with `__toString` is not.
///
/// ```nix
/// builtins.isString "a"
/// ```
#[builtin(name = "isString", cheap)]
fn is_string(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.is_string()))
}

/// Whether a value is a boolean.
///
/// ```nix
/// builtins.isBool true
/// ```
#[builtin(name = "isBool", cheap)]
fn is_bool(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.as_bool().is_some()))
}

/// Whether a value is a path.
///
/// ```nix
/// builtins.isPath ./.
/// ```
#[builtin(name = "isPath", cheap)]
fn is_path(vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(vm.heap.as_path(value.0).is_some()))
}

/// Whether a value is a list.
///
/// ```nix
/// builtins.isList [ ]
/// ```
#[builtin(name = "isList", cheap)]
fn is_list(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.is_list()))
}

/// Whether a value is a set.
///
/// ```nix
/// builtins.isAttrs { }
/// ```
#[builtin(name = "isAttrs", cheap)]
fn is_attrs(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.is_attrs()))
}

/// Whether a value is a function. A set with `__functor` can be called, but is not one.
///
/// ```nix
/// builtins.isFunction (x: x)
/// ```
#[builtin(name = "isFunction", cheap)]
fn is_function(_vm: &mut Vm, value: Forced) -> Answer {
    Ok(Value::bool(value.0.is_function()))
}
