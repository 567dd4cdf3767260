//! Numbers: the operators as functions, bits, rounding, ordering.
//!
//! In: values in weak head normal form. Out: numbers, booleans, Nix's errors with its words for each operand.
//! Not here: the arithmetic itself (`vm.arithmetic`, `vm.less`).

use crate::args::{Forced, Number, fail, in_context};
use frazil_eval::vm::Arithmetic;
use frazil_eval::{Answer, Builtin, ErrorKind, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[ADD, SUB, MUL, DIV, LESS_THAN, BIT_AND, BIT_OR, BIT_XOR, CEIL, FLOOR];

/// Arithmetic; `contexts` are the trace lines for a wrong first and second operand.
#[inline(always)]
fn calculate(vm: &mut Vm, what: Arithmetic, a: Forced, b: Forced, contexts: [&str; 2]) -> Answer {
    if vm.as_number(a.0).is_none() || vm.as_number(b.0).is_none() {
        return not_numbers(vm, a.0, b.0, contexts);
    }
    vm.arithmetic(what, a.0, b.0)
}

/// Nix expects a float as soon as one operand is one.
#[cold]
fn not_numbers(vm: &mut Vm, a: Value, b: Value, contexts: [&str; 2]) -> Answer {
    let float = vm.heap.as_float(a).is_some() || vm.heap.as_float(b).is_some();
    let expected = if float { "a float" } else { "an integer" };
    let (wrong, context) =
        if vm.as_number(a).is_none() { (a, contexts[0]) } else { (b, contexts[1]) };
    Err(in_context(vm.expected(expected, wrong), context).into())
}

/// The sum of two numbers. Unlike `+`, it adds nothing else.
///
/// ```nix
/// builtins.add 1 2.5
/// ```
#[builtin(name = "add")]
fn add(vm: &mut Vm, a: Forced, b: Forced) -> Answer {
    let contexts = [
        "while evaluating the first argument of the addition",
        "while evaluating the second argument of the addition",
    ];
    calculate(vm, Arithmetic::Add, a, b, contexts)
}

/// The difference of two numbers.
///
/// ```nix
/// builtins.sub 5 3
/// ```
#[builtin(name = "sub")]
fn sub(vm: &mut Vm, a: Forced, b: Forced) -> Answer {
    let contexts = [
        "while evaluating the first argument of the subtraction",
        "while evaluating the second argument of the subtraction",
    ];
    calculate(vm, Arithmetic::Sub, a, b, contexts)
}

/// The product of two numbers.
///
/// ```nix
/// builtins.mul 6 7
/// ```
#[builtin(name = "mul")]
fn mul(vm: &mut Vm, a: Forced, b: Forced) -> Answer {
    let first = if vm.heap.as_float(b.0).is_some() {
        "while evaluating the first of the multiplication"
    } else {
        "while evaluating the first argument of the multiplication"
    };
    let contexts = [first, "while evaluating the second argument of the multiplication"];
    calculate(vm, Arithmetic::Mul, a, b, contexts)
}

/// The quotient of two numbers; that of integers is cut off towards zero.
///
/// ```nix
/// builtins.div (0 - 7) 2
/// ```
#[builtin(name = "div")]
fn div(vm: &mut Vm, a: Forced, b: Forced) -> Answer {
    // The divisor is looked at first.
    match vm.as_number(b.0) {
        None => {
            let context = "while evaluating the second operand of the division";
            Err(in_context(vm.expected("a float", b.0), context).into())
        }
        Some(0.0) => fail(ErrorKind::Eval, "division by zero"),
        Some(_) => {
            let context = "while evaluating the first operand of the division";
            calculate(vm, Arithmetic::Div, a, b, [context, ""])
        }
    }
}

/// Whether the first value is less than the second: `<` as a function.
///
/// ```nix
/// builtins.lessThan "a" "b"
/// ```
#[builtin(name = "lessThan")]
fn less_than(vm: &mut Vm, a: Forced, b: Forced) -> Answer {
    vm.less(a.0, b.0, false)
}

/// The bits that both integers have.
///
/// ```nix
/// builtins.bitAnd 12 10
/// ```
#[builtin(name = "bitAnd")]
fn bit_and(vm: &mut Vm, a: i64, b: i64) -> Answer {
    Ok(vm.heap.int(a & b))
}

/// The bits that one of the integers has, or both.
///
/// ```nix
/// builtins.bitOr 12 10
/// ```
#[builtin(name = "bitOr")]
fn bit_or(vm: &mut Vm, a: i64, b: i64) -> Answer {
    Ok(vm.heap.int(a | b))
}

/// The bits that exactly one of the integers has.
///
/// ```nix
/// builtins.bitXor 12 10
/// ```
#[builtin(name = "bitXor")]
fn bit_xor(vm: &mut Vm, a: i64, b: i64) -> Answer {
    Ok(vm.heap.int(a ^ b))
}

/// The smallest integer that is not less than a number.
///
/// ```nix
/// builtins.ceil 1.5
/// ```
#[builtin(name = "ceil")]
fn ceil(vm: &mut Vm, number: Number) -> Answer {
    round(vm, number, f64::ceil)
}

/// The largest integer that is not greater than a number.
///
/// ```nix
/// builtins.floor 1.5
/// ```
#[builtin(name = "floor")]
fn floor(vm: &mut Vm, number: Number) -> Answer {
    round(vm, number, f64::floor)
}

/// 2^63, the first float beyond the integers.
const BEYOND: f64 = 9_223_372_036_854_775_808.0;

fn round(vm: &mut Vm, number: Number, how: fn(f64) -> f64) -> Answer {
    const BUG: &str = "Due to a bug (see https://github.com/NixOS/nix/issues/12899)";
    const FUTURE: &str = "\n\tFuture Nix versions might implement the correct behavior.";
    let float = how(vm.as_number(number.0).unwrap_or_default());
    let in_range = (-BEYOND..BEYOND).contains(&float);
    // In range, so nothing is cut off but the fraction, which rounding removed.
    let rounded = float as i64;
    match vm.heap.as_int(number.0) {
        Some(int) if !in_range => fail(
            ErrorKind::Eval,
            format!(
                "{BUG} the NixInt argument {int} caused undefined behavior in previous Nix versions.{FUTURE}"
            ),
        ),
        Some(int) if rounded != int => fail(
            ErrorKind::Eval,
            format!(
                "{BUG} a loss of precision occurred in previous Nix versions because the NixInt argument {int} was \
                 rounded to {rounded}.{FUTURE}"
            ),
        ),
        None if !in_range => {
            let mut text = b"NixFloat argument ".to_vec();
            let float = vm.heap.as_float(number.0).unwrap_or_default();
            frazil_text::number::push_print_float(&mut text, float);
            text.extend_from_slice(b" is not in the range of NixInt");
            fail(ErrorKind::Eval, text)
        }
        _ => Ok(vm.heap.int(rounded)),
    }
}
