//! "Cheap now": what is done on the spot instead of suspended, because it can neither fail, nor run anything, nor take long.
//!
//! In: operands as they stand. Out: a value, or nothing, and then a thunk is made. Not here: the instructions (`run.rs`).

use super::Vm;
use crate::Value;
use crate::heap::Kind;

impl Vm {
    /// The binary operators of `Op::CheapArith`: arithmetic and ordering of small integers, equality of scalars.
    #[inline]
    pub(super) fn cheap_arithmetic(&self, what: u8, a: Value, b: Value) -> Option<Value> {
        if what == 3 || what == 4 {
            if !a.is_whnf() || !b.is_whnf() {
                return None;
            }
            return self.equal_now(a, b).map(|equal| Value::bool(equal == (what == 3)));
        }
        let (x, y) = (a.as_small_int()?, b.as_small_int()?);
        match what {
            0 => Value::small_int(x + y),
            1 => Value::small_int(x - y),
            2 => Value::small_int(x.checked_mul(y)?),
            5 => Some(Value::bool(x < y)),
            6 => Some(Value::bool(x <= y)),
            7 => Some(Value::bool(x > y)),
            8 => Some(Value::bool(x >= y)),
            _ => None,
        }
    }

    /// Whether an attribute's value may take the place of a thunk that selects it: not a function, which Nix compares by the
    /// thunk, nor what is being computed, where an infinite recursion tells of the thunk.
    #[inline]
    pub(super) fn may_stand_for_itself(&self, value: Value) -> bool {
        let known = self.heap.follow(value);
        if known.is_whnf() {
            return !known.is_function();
        }
        !matches!(self.heap.header(known).kind(), Kind::Running | Kind::ApplyRunning)
    }

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
