//! Arithmetic, `+`, comparison and concatenation on operands in weak head normal form.
//!
//! In: two values. Out: a value, Nix's error, or a task where the language lets a set or a path take part.
//! Not here: nested equality and ordering (`ops/`), the small-integer cases (the loop).

use super::Vm;
use crate::builtin::{Answer, Stop};
use crate::heap::PIECE;
use crate::ops::{AddTask, CoerceMode, CoerceTask, EqualTask, LessTask};
use crate::value::tag;
use crate::{Error, ErrorKind, Task, Value};
use std::cmp::Ordering;
use std::ops::Range;

/// The operators that only numbers have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// `+` on numbers, `builtins.add`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

impl Arithmetic {
    fn overflow(self, x: i64, y: i64) -> String {
        match self {
            Arithmetic::Add => format!("integer overflow in adding {x} + {y}"),
            Arithmetic::Sub => format!("integer overflow in subtracting {x} - {y}"),
            Arithmetic::Mul => format!("integer overflow in multiplying {x} * {y}"),
            Arithmetic::Div => format!("integer overflow in dividing {x} / {y}"),
        }
    }
}

impl Vm {
    /// The number a value is, as a float.
    #[inline]
    pub fn as_number(&self, value: Value) -> Option<f64> {
        self.heap.as_float(value).or_else(|| self.heap.as_int(value).map(|int| int as f64))
    }

    /// Arithmetic on numbers.
    pub fn arithmetic(&mut self, what: Arithmetic, a: Value, b: Value) -> Answer {
        let failed = |kind, text: String| Err(Stop::Fail(Error::new(kind, text)));
        if let (Some(x), Some(y)) = (self.heap.as_int(a), self.heap.as_int(b)) {
            let result = match what {
                Arithmetic::Add => x.checked_add(y),
                Arithmetic::Sub => x.checked_sub(y),
                Arithmetic::Mul => x.checked_mul(y),
                Arithmetic::Div if y == 0 => {
                    return failed(ErrorKind::Eval, "division by zero".into());
                }
                Arithmetic::Div => x.checked_div(y),
            };
            return match result {
                Some(int) => Ok(self.heap.int(int)),
                None => failed(ErrorKind::Eval, what.overflow(x, y)),
            };
        }
        let Some(x) = self.as_number(a) else {
            return Err(self.expected_number(what, a, b).into());
        };
        let Some(y) = self.as_number(b) else {
            return Err(self.expected_number(what, a, b).into());
        };
        let result = match what {
            Arithmetic::Add => x + y,
            Arithmetic::Sub => x - y,
            Arithmetic::Mul => x * y,
            Arithmetic::Div if y == 0.0 => {
                return failed(ErrorKind::Eval, "division by zero".into());
            }
            Arithmetic::Div => x / y,
        };
        Ok(self.heap.float(result))
    }

    /// `a + b`: the first operand decides.
    pub fn add(&mut self, a: Value, b: Value) -> Answer {
        if self.as_number(a).is_some() {
            if self.as_number(b).is_none() {
                let (first, second) = (self.type_phrase(a), self.type_phrase(b));
                let text = format!("cannot add {second} to {first}");
                return Err(Error::new(ErrorKind::Type, text).into());
            }
            return self.arithmetic(Arithmetic::Add, a, b);
        }
        if a.is_string() && b.is_string() {
            return self.concat_strings(&[a, b]);
        }
        Err(Stop::Task(Box::new(AddTask::new(a, b))))
    }

    /// Whether a first operand of `+` needs no coercion: numbers, strings and paths.
    #[inline]
    pub(super) fn is_addend(&self, a: Value) -> bool {
        a.is_string() || self.as_number(a).is_some() || self.heap.as_path(a).is_some()
    }

    /// The concatenation of strings, contexts united.
    pub fn concat_strings(&mut self, parts: &[Value]) -> Answer {
        if let [single] = parts {
            return Ok(*single);
        }
        let mut context = 0;
        let mut length = 0usize;
        for part in parts {
            if let Some(string) = self.heap.as_string(part) {
                length += string.bytes.len();
                context = self.contexts.union(context, string.context);
            }
        }
        self.check_string_length(length)?;
        self.work_on_bytes(length)?;
        if length <= 64 {
            // Short results are put together on the native stack.
            let mut bytes = [0u8; 64];
            let mut at = 0;
            for part in parts {
                let text = self.heap.as_string(part).map_or(&[][..], |string| string.bytes);
                bytes[at..at + text.len()].copy_from_slice(text);
                at += text.len();
            }
            return Ok(self.heap.string(&bytes[..length], context));
        }
        let texts: Vec<*const [u8]> = parts
            .iter()
            .filter_map(|part| self.heap.as_string(part))
            .map(|string| string.bytes as *const [u8])
            .collect();
        // SAFETY: strings neither move nor change nor are freed within a step; short ones lie in `parts`.
        let texts: Vec<&[u8]> = texts.iter().map(|text| unsafe { &**text }).collect();
        if length <= PIECE {
            return Ok(self.heap.string_of(&texts, context));
        }
        let Vm { heap, settings, .. } = self;
        Ok(heap.long_string_of(&texts, context, || settings.interrupter.look())?)
    }

    /// A string of any length below 4 GiB, copied with looks at whether the evaluation is to end.
    ///
    /// # Errors
    /// It is longer than allowed, or the evaluation is to end.
    #[inline]
    pub fn long_string(&mut self, bytes: &[u8], context: u32) -> Result<Value, Error> {
        self.check_string_length(bytes.len())?;
        if bytes.len() <= PIECE {
            return Ok(self.heap.string(bytes, context));
        }
        self.copied_string(bytes, context)
    }

    #[cold]
    #[inline(never)]
    fn copied_string(&mut self, bytes: &[u8], context: u32) -> Result<Value, Error> {
        let Vm { heap, settings, .. } = self;
        heap.long_string_of(&[bytes], context, || settings.interrupter.look())
    }

    /// Part of a string, with its context.
    ///
    /// # Errors
    /// As `long_string`.
    pub fn substring(&mut self, text: Value, range: Range<usize>) -> Result<Value, Error> {
        let Some(string) = self.heap.as_string(&text) else { return Ok(Value::EMPTY_STRING) };
        let context = string.context;
        let part: *const [u8] = &raw const string.bytes[range];
        // SAFETY: strings neither move nor change nor are freed within a step; a short one lies in `text`.
        self.long_string(unsafe { &*part }, context)
    }

    /// The same from bytes that are given up.
    ///
    /// # Errors
    /// As `long_string`.
    pub fn long_string_from(&mut self, bytes: Vec<u8>, context: u32) -> Result<Value, Error> {
        self.check_string_length(bytes.len())?;
        let Vm { heap, settings, .. } = self;
        heap.long_string_from(bytes, context, || settings.interrupter.look())
    }

    /// A list of any length below 2^32, copied with looks at whether the evaluation is to end.
    ///
    /// # Errors
    /// It is longer than allowed, or the evaluation is to end.
    pub fn long_list(&mut self, elements: &[Value]) -> Result<Value, Error> {
        self.check_list_length(elements.len())?;
        if elements.len() <= PIECE / size_of::<Value>() {
            return Ok(self.heap.list(elements));
        }
        let Vm { heap, settings, .. } = self;
        heap.long_list_of(&[elements], || settings.interrupter.look())
    }

    /// Strings have a bound: 4 GiB, and less under a heap limit.
    pub fn check_string_length(&self, length: usize) -> Result<(), Error> {
        if length >= u32::MAX as usize {
            return Err(Error::new(ErrorKind::HeapLimit, "a string is larger than allowed")
                .or_at(self.current_pos()));
        }
        self.check_room(length)
    }

    /// Lists have a bound: 2^32 - 1 elements, and less under a heap limit.
    pub fn check_list_length(&self, length: usize) -> Result<(), Error> {
        if length >= u32::MAX as usize {
            return Err(Error::new(ErrorKind::HeapLimit, "a list is larger than allowed")
                .or_at(self.current_pos()));
        }
        self.check_room(length * 8)
    }

    /// Whether a set of so many attributes may be made: it is sorted, and its names are kept.
    ///
    /// # Errors
    /// It is more than allowed.
    pub fn check_attrs(&self, count: usize) -> Result<(), Error> {
        self.check_room(count.saturating_mul(64))
    }

    /// A path with text appended: the first part is a path, the others strings without context.
    pub(super) fn concat_path(&mut self, parts: &[Value]) -> Answer {
        let mut bytes = self.heap.as_path(parts[0]).unwrap_or_default().to_vec();
        for part in &parts[1..] {
            if let Some(string) = self.heap.as_string(part) {
                if string.context != 0 {
                    return Err(self.context_in_path(*part).into());
                }
                bytes.extend_from_slice(string.bytes);
            }
        }
        self.work_on_bytes(bytes.len())?;
        let canonical = crate::ops::long_canonical_path(&bytes, || self.look())?;
        Ok(self.heap.path(&canonical))
    }

    /// Lists joined; a single non-empty one is itself.
    ///
    /// # Errors
    /// It is longer than allowed.
    pub fn concat_lists(&mut self, lists: &[Value]) -> Result<Value, Error> {
        let length =
            |vm: &Vm, list: Value| vm.heap.as_list(list).map_or(0, |elements| elements.len());
        let total: usize = lists.iter().map(|list| length(self, self.heap.follow(*list))).sum();
        if total == 0 {
            return Ok(self.heap.empty_list());
        }
        self.check_list_length(total)?;
        self.check_room(lists.len() * size_of::<&[Value]>() + total * 8)?;
        self.work(total >> 4)?;
        const FEW: usize = 8;
        let nothing: &[Value] = &[];
        let mut few = [nothing as *const [Value]; FEW];
        let mut many = Vec::new();
        let parts = if lists.len() <= FEW {
            &mut few[..lists.len()]
        } else {
            many.resize(lists.len(), nothing as *const [Value]);
            &mut many[..]
        };
        for (part, list) in parts.iter_mut().zip(lists) {
            let list = self.heap.follow(*list);
            if length(self, list) == total {
                return Ok(list);
            }
            *part = self.heap.as_list(list).unwrap_or_default();
        }
        if let [left, right] = *lists
            && let Some(grown) = self.heap.append(left, right)
        {
            return Ok(grown);
        }
        if total > PIECE / size_of::<Value>() {
            // SAFETY: lists neither move nor change nor are freed within a step.
            let parts: Vec<&[Value]> = parts.iter().map(|part| unsafe { &**part }).collect();
            let Vm { heap, settings, .. } = self;
            return heap.long_list_of(&parts, || settings.interrupter.look());
        }
        Ok(self.heap.list_with(total, |to| {
            let mut at = 0;
            for part in parts {
                // SAFETY: lists neither move nor change nor are freed within a step.
                let part = unsafe { &**part };
                to[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
        }))
    }

    pub(super) fn coerce_interpolated(&mut self, part: Value) -> Box<dyn Task> {
        Box::new(CoerceTask::new(part, CoerceMode::INTERPOLATION))
    }
    pub(super) fn coerce_path_part(&mut self, part: Value) -> Box<dyn Task> {
        Box::new(CoerceTask::new(part, CoerceMode::PATH_PART))
    }

    /// A part of something joined, no string, coerced ahead of what follows it; `role` as the instruction says.
    #[cold]
    pub(super) fn coerce_part(&mut self, part: Value, role: u8) -> Answer {
        let is_number = self.as_number(part).is_some();
        let is_path = self.heap.as_path(part).is_some();
        let mode = match role {
            0 if is_number => return Ok(part),
            0 | 1 if is_path => return Ok(part),
            0 => CoerceMode::WEAK,
            1 => CoerceMode::PATH_PART,
            _ => CoerceMode::INTERPOLATION,
        };
        Err(Stop::Task(Box::new(CoerceTask::new(part, mode))))
    }

    /// Nix equality of two values in weak head normal form, negated if asked.
    #[inline]
    pub fn equal(&mut self, a: Value, b: Value, negate: bool) -> Answer {
        match self.equal_now(a, b) {
            Some(equal) => Ok(Value::bool(equal != negate)),
            None => Err(Stop::Task(Box::new(EqualTask::new(a, b, negate)))),
        }
    }

    /// Equality where it needs nothing further: anything but two non-empty containers, or long strings.
    #[inline]
    pub fn equal_now(&self, a: Value, b: Value) -> Option<bool> {
        if a.tag() == tag::INT && b.tag() == tag::INT
            || a.tag() == tag::IMMEDIATE && b.tag() == tag::IMMEDIATE
        {
            return Some(a == b && a.as_builtin().is_none());
        }
        if let (Some(x), Some(y)) = (self.heap.as_string(&a), self.heap.as_string(&b)) {
            return if x.bytes.len() != y.bytes.len() {
                Some(false)
            } else if x.bytes.len() <= PIECE {
                Some(x.bytes == y.bytes)
            } else {
                None
            };
        }
        if a.is_attrs() && b.is_attrs() {
            let (x, y) = (self.heap.attrs_shape(a), self.heap.attrs_shape(b));
            return if x == 0 && y == 0 { Some(true) } else { None };
        }
        if let (Some(x), Some(y)) = (self.heap.as_list(a), self.heap.as_list(b)) {
            return if x.len() != y.len() {
                Some(false)
            } else if x.is_empty() {
                Some(true)
            } else {
                None
            };
        }
        if let (Some(x), Some(y)) = (self.heap.as_int(a), self.heap.as_int(b)) {
            return Some(x == y);
        }
        if let (Some(x), Some(y)) = (self.as_number(a), self.as_number(b)) {
            return Some(x == y);
        }
        if let (Some(x), Some(y)) = (self.heap.as_path(a), self.heap.as_path(b)) {
            return Some(x == y);
        }
        Some(false)
    }

    /// `a < b` of two values in weak head normal form, negated if asked.
    pub fn less(&mut self, a: Value, b: Value, negate: bool) -> Answer {
        if a.is_list() && b.is_list() {
            return Err(Stop::Task(Box::new(LessTask::new(a, b, negate))));
        }
        Ok(Value::bool(self.less_now(a, b)? != negate))
    }

    /// Ordering of anything but two lists.
    pub fn less_now(&mut self, a: Value, b: Value) -> Result<bool, Error> {
        if let (Some(x), Some(y)) = (self.heap.as_int(a), self.heap.as_int(b)) {
            return Ok(x < y);
        }
        if let (Some(x), Some(y)) = (self.as_number(a), self.as_number(b)) {
            return Ok(x < y);
        }
        if let (Some(x), Some(y)) = (self.heap.as_string(&a), self.heap.as_string(&b)) {
            return Ok(self.long_order(x.bytes, y.bytes)?.is_lt());
        }
        if let (Some(x), Some(y)) = (self.heap.as_path(a), self.heap.as_path(b)) {
            return Ok(x < y);
        }
        Err(self.incomparable(a, b))
    }

    /// Whether two strings that may be long are equal.
    ///
    /// # Errors
    /// The evaluation is to end.
    pub(crate) fn long_equal(&self, a: Value, b: Value) -> Result<bool, Error> {
        match (self.heap.as_string(&a), self.heap.as_string(&b)) {
            (Some(x), Some(y)) => {
                Ok(x.bytes.len() == y.bytes.len() && self.long_order(x.bytes, y.bytes)?.is_eq())
            }
            _ => Ok(false),
        }
    }

    /// The order of two texts, which may be long.
    ///
    /// # Errors
    /// The evaluation is to end.
    pub(crate) fn long_order(&self, a: &[u8], b: &[u8]) -> Result<Ordering, Error> {
        let (mut a, mut b) = (a, b);
        while a.len() > PIECE && b.len() > PIECE {
            let order = a[..PIECE].cmp(&b[..PIECE]);
            if order.is_ne() {
                return Ok(order);
            }
            (a, b) = (&a[PIECE..], &b[PIECE..]);
            self.look()?;
        }
        Ok(a.cmp(b))
    }

    #[cold]
    fn incomparable(&mut self, a: Value, b: Value) -> Error {
        let (first, second) = (self.type_phrase(a), self.type_phrase(b));
        let (x, y) = (self.show_short(a), self.show_short(b));
        let same = first == second && !(self.as_number(a).is_some() || a.is_string());
        let text = if same {
            [
                b"cannot compare ",
                first.as_bytes(),
                b" with ",
                second.as_bytes(),
                b"; values of that type are incomparable (values are ",
                &*x,
                b" and ",
                &*y,
                b")",
            ]
            .concat()
        } else {
            [
                b"cannot compare ",
                first.as_bytes(),
                b" with ",
                second.as_bytes(),
                b"; values are ",
                &*x,
                b" and ",
                &*y,
            ]
            .concat()
        };
        Error::new(ErrorKind::Type, text)
    }
}
