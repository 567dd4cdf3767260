//! "Cheap now": what is done on the spot instead of suspended, because it can neither fail, nor run anything, nor take long.
//!
//! In: operands as they stand. Out: a value, or nothing, and then a thunk is made. Not here: the instructions (`run.rs`).

use super::Vm;
use crate::Value;

/// The binary operators of `Op::CheapArith`, on small integers only.
#[inline]
pub(super) fn arithmetic(what: u8, a: Value, b: Value) -> Option<Value> {
    let (x, y) = (a.as_small_int()?, b.as_small_int()?);
    match what {
        0 => Value::small_int(x + y),
        1 => Value::small_int(x - y),
        2 => Value::small_int(x.checked_mul(y)?),
        3 => Some(Value::bool(x == y)),
        4 => Some(Value::bool(x != y)),
        5 => Some(Value::bool(x < y)),
        6 => Some(Value::bool(x <= y)),
        7 => Some(Value::bool(x > y)),
        8 => Some(Value::bool(x >= y)),
        _ => None,
    }
}

impl Vm {
    /// A total builtin on arguments at hand.
    #[inline]
    pub(super) fn cheap_call(&mut self, function: Value, arguments: &[Value]) -> Option<Value> {
        let row = self.builtins[function.as_builtin()? as usize];
        if !row.cheap || row.arity as usize != arguments.len() {
            return None;
        }
        let mut held = [Value::EMPTY; 3];
        for (index, argument) in arguments.iter().enumerate() {
            held[index] = self.heap.follow(*argument);
            if row.strict >> index & 1 != 0 && !held[index].is_whnf() {
                return None;
            }
        }
        // A cheap builtin refuses the wrong types; that is found out again when the thunk is forced.
        (row.run)(self, &held[..arguments.len()]).ok()
    }
}
