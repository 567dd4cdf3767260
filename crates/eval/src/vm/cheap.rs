//! "Cheap now": what is done on the spot instead of suspended, because it can neither fail, nor run anything, nor take long.
//!
//! In: operands as they stand. Out: a value, or nothing, and then a thunk is made. Not here: the instructions (`run.rs`).

use super::Vm;
use crate::Value;
use crate::heap::Kind;
use crate::value::tag;

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

    /// What may take the place of a thunk that selects an attribute with this value: the value itself, but of a function a
    /// copy, since Nix compares functions by the thunk; and nothing for what is being computed, where an infinite recursion
    /// tells of the thunk.
    #[inline]
    pub(super) fn stand_in(&mut self, value: Value) -> Option<Value> {
        let known = self.heap.follow(value);
        if !known.is_whnf() {
            let running =
                matches!(self.heap.header(known).kind(), Kind::Running | Kind::ApplyRunning);
            return (!running).then_some(value);
        }
        if known.is_function() { self.heap.function_copy(known) } else { Some(value) }
    }

    /// The same for `set.${name}`. `Err` means that it is not at hand, `Ok(None)` that there is no such attribute.
    pub(super) fn cheap_dynamic(&mut self, set: Value, name: Value) -> Result<Option<Value>, ()> {
        if !set.is_whnf() || !name.is_string() {
            return Err(());
        }
        let name = self.name_symbol(name).map_err(drop)?;
        if !set.is_attrs() {
            return Ok(None);
        }
        self.attr(set, name).map(|value| self.stand_in(value).ok_or(())).transpose()
    }

    /// A total builtin on arguments at hand, or a function that wants more arguments.
    #[inline]
    pub(super) fn cheap_call(&mut self, function: Value, arguments: &[Value]) -> Option<Value> {
        if function.tag() == tag::FUNCTION {
            let header = self.heap.header(function);
            let wants_more = header.kind() == Kind::Closure
                && self.protos[header.number() as usize].arity as usize > arguments.len();
            return wants_more.then(|| self.heap.partial(function, arguments));
        }
        let row = &self.builtins[function.as_builtin()? as usize];
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
        let run = row.run;
        run(self, &held[..arguments.len()]).ok()
    }
}
