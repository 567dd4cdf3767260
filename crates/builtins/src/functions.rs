//! What is known of functions without calling them.
//!
//! In: functions. Out: sets.

use crate::args::{Forced, fail};
use frazil_base::{Pos, Symbol};
use frazil_eval::{Answer, Builtin, ErrorKind, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] = &[FUNCTION_ARGS];

/// The arguments that a function takes apart, each with whether it has a default; `{ }` for other functions.
///
/// ```nix
/// builtins.functionArgs ({ a, b ? 1 }: a)
/// ```
#[builtin(name = "functionArgs")]
fn function_args(vm: &mut Vm, function: Forced) -> Answer {
    if !function.0.is_function() {
        return fail(ErrorKind::Type, "'functionArgs' requires a function");
    }
    let formals = vm.function_info(function.0).and_then(|(info, _)| info.formals.as_ref());
    let attrs: Vec<(Symbol, Value, Pos)> = formals
        .iter()
        .flat_map(|formals| formals.formals.iter())
        .map(|formal| (formal.name, Value::bool(formal.has_default), formal.pos))
        .collect();
    Ok(vm.make_attrs_at(attrs))
}
