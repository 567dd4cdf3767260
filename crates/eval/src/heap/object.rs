//! Object layouts: the header word, and typed making and reading of every kind of object.
//!
//! In: values. Out: values that point to objects, and borrowed views of them.
//!
//! | kind | aux | number | further words |
//! |---|---|---|---|
//! | Thunk, Running | captures | proto | captures (at least one word) |
//! | Apply, ApplyRunning | words | – | function, arguments; without arguments, one less than `number` is the argument, unless it is 0 |
//! | Done | – | – | the value (in weak head normal form) |
//! | Failed | – | – | the number of the error |
//! | Closure | captures | proto | captures |
//! | Partial | words | – | function, arguments so far |
//! | List | – | length | elements |
//! | Slice | – | length | the list, offset |
//! | Attrs | – | shape | position table and count (32 bits each), values in the shape's order |
//! | Layered | – | `LAYERED` | 0, the larger set, the smaller one on top of it; or once put together 0, the set, nothing |
//! | String, Path | – | length | context number (32 bits), then the bytes |
//! | Float, Int | – | – | the number |
//!
//! Invariant: every maker initialises all words before it returns. Not here: marking.

use super::{Heap, Space};
use crate::Value;
use crate::value::tag;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    Thunk = 1,
    Running = 2,
    Apply = 3,
    ApplyRunning = 4,
    Done = 5,
    Failed = 6,
    Closure = 7,
    Partial = 8,
    List = 9,
    Slice = 10,
    Attrs = 11,
    String = 12,
    Path = 13,
    Float = 14,
    Int = 15,
    Layered = 16,
}

/// Stands for the shape of a set in layers. It is no shape, nor the one that empty caches have: whoever meets it asks for a layer, or for the whole.
pub(crate) const LAYERED: u32 = u32::MAX - 1;

const BIG: u64 = 0x80;
/// Objects of fewer words are never big, so making them needs no look at that.
const SMALL: usize = 64;
/// Never unmarked.
pub(super) const IMMORTAL: u8 = 0xff;

/// The first word of an object: kind (bits 0–6), big (bit 7), mark (bits 8–15), aux (16–31), number (32–63).
#[derive(Clone, Copy)]
pub(crate) struct Header(pub(crate) u64);

impl Header {
    #[inline(always)]
    pub(crate) fn new(kind: Kind, aux: u16, number: u32) -> Header {
        Header(kind as u64 | (aux as u64) << 16 | (number as u64) << 32)
    }
    /// # Safety
    /// `address` is a live object.
    #[inline(always)]
    pub(crate) unsafe fn at(address: *mut u64) -> Header {
        // SAFETY: the caller says it is an object; an object starts with its header.
        Header(unsafe { *address })
    }
    #[inline(always)]
    pub(crate) fn kind(self) -> Kind {
        debug_assert!((1..=16).contains(&(self.0 & 0x7f)), "not an object: header {:x}", self.0);
        // SAFETY: bits 0–6 are only ever written from a `Kind`.
        unsafe { std::mem::transmute::<u8, Kind>((self.0 & 0x7f) as u8) }
    }
    #[inline(always)]
    pub(crate) fn mark(self) -> u8 {
        (self.0 >> 8) as u8
    }
    /// Whether it has this epoch's mark (1 or 2), or the mark of what is never unmarked, which has all bits.
    #[inline(always)]
    pub(super) fn is_marked(self, epoch: u8) -> bool {
        self.0 & (epoch as u64) << 8 != 0
    }
    #[inline(always)]
    pub(super) fn is_big(self) -> bool {
        self.0 & BIG != 0
    }
    #[inline(always)]
    pub(crate) fn aux(self) -> usize {
        (self.0 >> 16) as u16 as usize
    }
    #[inline(always)]
    pub(crate) fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }
    #[inline(always)]
    pub(super) fn with_mark(self, mark: u8) -> Header {
        Header(self.0 & !0xff00 | (mark as u64) << 8)
    }
    #[inline(always)]
    pub(super) fn with_aux(self, aux: u16) -> Header {
        Header(self.0 & !0xffff_0000 | (aux as u64) << 16)
    }
    #[inline(always)]
    pub(crate) fn with_kind(self, kind: Kind) -> Header {
        Header(self.0 & !0x7f | kind as u64)
    }
}

/// Bytes of a text object in front of its text: the header and the number of the context.
pub(super) const FRONT: usize = 12;

/// A borrowed string: bytes and context number.
#[derive(Clone, Copy, Debug)]
pub struct StringRef<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The context's number; 0 is none.
    pub context: u32,
}

/// Writes values into a new object. A loop, since most objects have one to three words and a call costs more.
#[inline(always)]
pub(super) fn copy_values(values: &[Value], to: *mut u64) {
    if values.len() > 8 {
        // SAFETY: callers got room for all of `values` in an object that nothing else refers to yet.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr().cast::<u64>(), to, values.len()) };
        return;
    }
    for (index, value) in values.iter().enumerate() {
        // SAFETY: as above.
        unsafe { *to.add(index) = value.0 };
    }
}

impl Heap {
    /// A new object; `fill` writes the words after the header.
    #[inline(always)]
    pub(super) fn object(
        &mut self,
        header: Header,
        words: usize,
        tag: u64,
        fill: impl FnOnce(*mut u64),
    ) -> Value {
        let mut header = header;
        let address = if words < SMALL {
            self.space.alloc_small(words + 1)
        } else {
            if Space::is_big(words + 1) {
                header = Header(header.0 | BIG);
            }
            self.space.alloc(words + 1)
        };
        // SAFETY: both gave room for `words + 1` words that nothing else uses.
        unsafe { *address = header.0 };
        fill(address.wrapping_add(1));
        Value::from_address(address, tag)
    }

    pub(super) fn immortal_object(&mut self, header: Header, words: &[u64], tag: u64) -> Value {
        let address = self.space.alloc_immortal(words.len() + 1);
        // SAFETY: `alloc_immortal` gave room for the header and `words`.
        unsafe {
            *address = header.with_mark(IMMORTAL).0;
            std::ptr::copy_nonoverlapping(words.as_ptr(), address.add(1), words.len());
        }
        Value::from_address(address, tag)
    }

    /// The header of the object `value` points to.
    #[inline(always)]
    pub(crate) fn header(&self, value: Value) -> Header {
        debug_assert!(value.is_pointer());
        // SAFETY: a pointer value points to a live object of this heap (module invariant).
        unsafe { Header::at(value.address()) }
    }
    /// Word `index` (from 1) of the object.
    #[inline(always)]
    pub(crate) fn word(&self, value: Value, index: usize) -> u64 {
        // SAFETY: callers name words that the object's layout has.
        unsafe { *value.address().add(index) }
    }
    /// `count` words of the object from `index` (from 1), as values.
    #[inline(always)]
    pub(super) fn values(&self, value: Value, index: usize, count: usize) -> &[Value] {
        // SAFETY: callers name words that the object's layout has, all of them values; objects do not move, and change only
        // through `&mut self`.
        unsafe { std::slice::from_raw_parts(value.address().add(index).cast::<Value>(), count) }
    }

    // --- numbers

    /// An integer, boxed if it must be.
    #[inline(always)]
    pub fn int(&mut self, int: i64) -> Value {
        Value::small_int(int).unwrap_or_else(|| self.boxed(Kind::Int, int as u64))
    }
    /// A float.
    #[inline]
    pub fn float(&mut self, float: f64) -> Value {
        self.boxed(Kind::Float, float.to_bits())
    }
    fn boxed(&mut self, kind: Kind, word: u64) -> Value {
        // SAFETY: `object` gave room for one word.
        self.object(Header::new(kind, 0, 0), 1, tag::BOXED, |at| unsafe { *at = word })
    }
    /// The integer `value` is.
    #[inline(always)]
    pub fn as_int(&self, value: Value) -> Option<i64> {
        if let Some(int) = value.as_small_int() {
            return Some(int);
        }
        (value.tag() == tag::BOXED && self.header(value).kind() == Kind::Int)
            .then(|| self.word(value, 1) as i64)
    }
    /// The float `value` is.
    #[inline]
    pub fn as_float(&self, value: Value) -> Option<f64> {
        (value.tag() == tag::BOXED && self.header(value).kind() == Kind::Float)
            .then(|| f64::from_bits(self.word(value, 1)))
    }

    // --- strings and paths

    /// A string; `context` 0 is none.
    #[inline]
    pub fn string(&mut self, bytes: &[u8], context: u32) -> Value {
        self.string_of(&[bytes], context)
    }
    /// A string made of parts.
    pub fn string_of(&mut self, parts: &[&[u8]], context: u32) -> Value {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length <= 7 && context == 0 {
            let mut bytes = [0; 7];
            let mut at = 0;
            for part in parts {
                bytes[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
            return Value::short_string(&bytes[..length]).expect("at most seven bytes");
        }
        self.text(Kind::String, tag::STRING, parts, length, context)
    }
    /// A path: absolute, canonical.
    pub fn path(&mut self, bytes: &[u8]) -> Value {
        self.text(Kind::Path, tag::BOXED, &[bytes], bytes.len(), 0)
    }
    fn text(
        &mut self,
        kind: Kind,
        tag: u64,
        parts: &[&[u8]],
        length: usize,
        context: u32,
    ) -> Value {
        self.text_with(kind, tag, length, context, |mut to| {
            for part in parts {
                // SAFETY: there is room for `length` bytes, which all parts together have.
                unsafe {
                    std::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
                    to = to.add(part.len());
                }
            }
        })
    }
    /// A text of `length` bytes, all of which `fill` writes from the place it is given.
    #[inline(always)]
    pub(super) fn text_with(
        &mut self,
        kind: Kind,
        tag: u64,
        length: usize,
        context: u32,
        fill: impl FnOnce(*mut u8),
    ) -> Value {
        let length32 = u32::try_from(length).expect("callers check that strings stay below 4 GiB");
        let words = (4 + length).div_ceil(8);
        self.object(Header::new(kind, 0, length32), words, tag, |at| {
            // SAFETY: `object` gave room for 4 + length bytes, rounded up.
            unsafe {
                *at.add(words - 1) = 0;
                *at.cast::<u32>() = context;
                fill(at.cast::<u8>().add(4));
            }
        })
    }
    /// A string of `length` bytes that lie `FRONT` bytes behind the start of a big object, which has nothing else yet.
    pub(super) fn adopted_text(&mut self, address: *mut u64, length: usize, context: u32) -> Value {
        let length = u32::try_from(length).expect("callers check that strings stay below 4 GiB");
        // SAFETY: the object is longer than this, and nothing else refers to it.
        unsafe {
            *address = Header::new(Kind::String, 0, length).0 | BIG;
            *address.add(1).cast::<u32>() = context;
        }
        Value::from_address(address, tag::STRING)
    }
    /// A string that is never freed (constants, names).
    pub fn immortal_string(&mut self, bytes: &[u8]) -> Value {
        Value::short_string(bytes)
            .unwrap_or_else(|| self.immortal_text(Kind::String, tag::STRING, bytes))
    }
    /// Whether the same string is always this word: short ones, and those that are never freed.
    #[inline]
    pub(crate) fn is_lasting_string(&self, value: Value) -> bool {
        value.is_short_string()
            || value.tag() == tag::STRING && self.header(value).mark() == IMMORTAL
    }
    /// A path that is never freed.
    pub fn immortal_path(&mut self, bytes: &[u8]) -> Value {
        self.immortal_text(Kind::Path, tag::BOXED, bytes)
    }
    fn immortal_text(&mut self, kind: Kind, tag: u64, bytes: &[u8]) -> Value {
        let mut padded = Vec::with_capacity(bytes.len() + 12);
        padded.extend_from_slice(&[0; 4]);
        padded.extend_from_slice(bytes);
        padded.resize((4 + bytes.len()).next_multiple_of(8), 0);
        let word = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().unwrap_or_default());
        let words: Vec<u64> = padded.chunks_exact(8).map(word).collect();
        let length = u32::try_from(bytes.len()).expect("a source text is below 4 GiB");
        self.immortal_object(Header::new(kind, 0, length), &words, tag)
    }
    /// A number that is never freed.
    pub fn immortal_number(&mut self, number: Result<i64, f64>) -> Value {
        match number {
            Ok(int) => Value::small_int(int).unwrap_or_else(|| {
                self.immortal_object(Header::new(Kind::Int, 0, 0), &[int as u64], tag::BOXED)
            }),
            Err(float) => {
                self.immortal_object(Header::new(Kind::Float, 0, 0), &[float.to_bits()], tag::BOXED)
            }
        }
    }
    /// The string `value` is. The bytes of a short string are those of the word at `value`.
    #[inline(always)]
    pub fn as_string<'a>(&'a self, value: &'a Value) -> Option<StringRef<'a>> {
        if value.is_short_string() {
            // SAFETY: a `Value` is eight bytes, little end first on every platform this is built for (checked in `lib.rs`);
            // a short string has its bytes from the second on.
            let bytes = unsafe {
                std::slice::from_raw_parts(
                    (value as *const Value).cast::<u8>().add(1),
                    value.short_len(),
                )
            };
            return Some(StringRef { bytes, context: 0 });
        }
        if value.tag() == tag::STRING { Some(self.text_of(*value)) } else { None }
    }
    /// The path `value` is.
    #[inline]
    pub fn as_path(&self, value: Value) -> Option<&[u8]> {
        (value.tag() == tag::BOXED && self.header(value).kind() == Kind::Path)
            .then(|| self.text_of(value).bytes)
    }
    #[inline(always)]
    fn text_of(&self, value: Value) -> StringRef<'_> {
        let length = self.header(value).number() as usize;
        // SAFETY: strings and paths have a context number and `length` bytes after the header.
        unsafe {
            let at = value.address().add(1).cast::<u8>();
            StringRef {
                context: *at.cast::<u32>(),
                bytes: std::slice::from_raw_parts(at.add(4), length),
            }
        }
    }

    // --- attribute sets

    /// A set with this shape, position table and values (in the shape's order).
    #[inline(always)]
    pub(crate) fn attrs(&mut self, shape: u32, positions: u32, values: &[Value]) -> Value {
        if values.is_empty() {
            return self.empty_attrs();
        }
        let header = Header::new(Kind::Attrs, 0, shape);
        self.object(header, values.len() + 1, tag::ATTRS, |at| {
            // SAFETY: `object` gave room for this word and the values.
            unsafe { *at = positions as u64 | (values.len() as u64) << 32 };
            copy_values(values, at.wrapping_add(1));
        })
    }
    #[inline(always)]
    pub(crate) fn attrs_with(
        &mut self,
        shape: u32,
        positions: u32,
        count: usize,
        fill: impl FnOnce(&mut [Value]),
    ) -> Value {
        if count == 0 {
            return self.empty_attrs();
        }
        self.object(Header::new(Kind::Attrs, 0, shape), count + 1, tag::ATTRS, |at| {
            // SAFETY: `object` gave room for `count + 1` words; `fill` writes all `count` values (zero before that).
            let to = unsafe {
                *at = positions as u64 | (count as u64) << 32;
                std::ptr::write_bytes(at.add(1), 0, count);
                std::slice::from_raw_parts_mut(at.add(1).cast::<Value>(), count)
            };
            fill(to);
        })
    }
    /// An empty set that is not the one all literals share.
    pub(crate) fn fresh_empty_attrs(&mut self) -> Value {
        self.object(Header::new(Kind::Attrs, 0, 0), 1, tag::ATTRS, |at| {
            // SAFETY: `object` gave room for one word: no positions, no values.
            unsafe { *at = 0 }
        })
    }
    /// `small` on top of `large`, neither of them in layers.
    pub(crate) fn layered(&mut self, large: Value, small: Value) -> Value {
        debug_assert!(self.attrs_shape(large) != LAYERED && self.attrs_shape(small) != LAYERED);
        self.object(Header::new(Kind::Layered, 0, LAYERED), 3, tag::ATTRS, |at| {
            copy_values(&[Value(0), large, small], at);
        })
    }
    /// The layers of a set in layers, the larger one first; the second is no set once they were put together.
    pub(crate) fn layers(&self, value: Value) -> (Value, Value) {
        debug_assert!(self.attrs_shape(value) == LAYERED);
        (Value(self.word(value, 2)), Value(self.word(value, 3)))
    }
    /// A set in layers is this one from now on.
    pub(crate) fn put_together(&mut self, value: Value, whole: Value) {
        debug_assert!(self.attrs_shape(value) == LAYERED);
        let address = value.address();
        // SAFETY: a set in layers has three words after its header.
        unsafe {
            *address.add(2) = whole.0;
            *address.add(3) = Value::EMPTY.0;
        }
        if self.header(value).mark() != 0 {
            // What is remembered is looked at one word further on.
            self.remembered.push(address.wrapping_add(1));
        }
    }
    /// The shape of a set; `LAYERED` for one in layers.
    #[inline(always)]
    pub(crate) fn attrs_shape(&self, value: Value) -> u32 {
        debug_assert!(value.is_attrs());
        self.header(value).number()
    }
    /// The position table of a set.
    #[inline(always)]
    pub(crate) fn attrs_positions(&self, value: Value) -> u32 {
        self.word(value, 1) as u32
    }
    /// The values of a set in its shape's order.
    #[inline(always)]
    pub(crate) fn attrs_values(&self, value: Value) -> &[Value] {
        debug_assert!(value.is_attrs());
        self.values(value, 2, (self.word(value, 1) >> 32) as usize)
    }
    /// Value `slot` of a set; `slot` must come from the set's shape.
    #[inline(always)]
    pub(crate) fn attrs_value(&self, value: Value, slot: u32) -> Value {
        debug_assert!((slot as usize) < self.attrs_values(value).len());
        Value(self.word(value, 2 + slot as usize))
    }

    // --- functions

    /// A closure or a thunk whose captures `capture` gives, one after the other.
    #[inline(always)]
    pub(crate) fn suspended_with(
        &mut self,
        function: bool,
        proto: u32,
        captures: usize,
        mut capture: impl FnMut(usize) -> Value,
    ) -> Value {
        let (kind, tag) =
            if function { (Kind::Closure, tag::FUNCTION) } else { (Kind::Thunk, tag::THUNK) };
        let words = captures.max(1);
        self.object(Header::new(kind, captures as u16, proto), words, tag, |at| {
            // SAFETY: `object` gave room for `words` words, at least one and at least one for each capture.
            unsafe {
                *at = 0;
                for index in 0..captures {
                    *at.add(index) = capture(index).0;
                }
            }
        })
    }
    /// Another closure or partial application that is the same function, if it is small.
    pub(crate) fn function_copy(&mut self, function: Value) -> Option<Value> {
        const FEW: usize = 4;
        if function.tag() != tag::FUNCTION {
            return None;
        }
        let header = self.header(function);
        if header.aux() > FEW {
            return None;
        }
        let words = header.aux().max(1);
        let from = function.address();
        let fresh = Header::new(header.kind(), header.aux() as u16, header.number());
        Some(self.object(fresh, words, tag::FUNCTION, |at| {
            // SAFETY: functions have `aux` words, and at least one; `object` gave room for as many.
            unsafe { std::ptr::copy_nonoverlapping(from.add(1), at, words) };
        }))
    }
    /// A closure or a thunk with room for `captures` captures, all empty.
    #[inline(always)]
    pub(crate) fn suspended(&mut self, function: bool, proto: u32, captures: usize) -> Value {
        let (kind, tag) =
            if function { (Kind::Closure, tag::FUNCTION) } else { (Kind::Thunk, tag::THUNK) };
        let words = captures.max(1);
        self.object(Header::new(kind, captures as u16, proto), words, tag, |at| {
            // SAFETY: `object` gave room for `words` words.
            unsafe { std::ptr::write_bytes(at, 0, words) };
        })
    }
    /// Writes capture `index` of a closure or thunk that is not complete yet.
    #[inline(always)]
    pub(crate) fn set_capture(&mut self, value: Value, index: usize, captured: Value) {
        debug_assert!(index < self.header(value).aux());
        debug_assert_eq!(
            self.header(value).mark(),
            0,
            "captures are filled in before anything runs"
        );
        // SAFETY: the object has that many captures; it is young (made since the last safepoint), so no barrier is due.
        unsafe { *value.address().add(1 + index) = captured.0 };
    }
    /// The first capture of a closure or thunk: its frame reads captures from there.
    #[inline(always)]
    pub(crate) fn captures(&self, value: Value) -> *const Value {
        value.address().wrapping_add(1) as *const Value
    }
    /// A thunk that applies `function` to `arguments`.
    #[inline]
    pub fn apply_thunk(&mut self, function: Value, arguments: &[Value]) -> Value {
        self.application(Kind::Apply, tag::THUNK, 0, function, arguments)
    }
    /// The same where Nix gives one argument after the other: in traces such a call stands where its function does.
    pub fn apply_thunk_in_turn(&mut self, function: Value, arguments: &[Value]) -> Value {
        self.application(Kind::Apply, tag::THUNK, 1, function, arguments)
    }
    /// A thunk that applies `function` to the index of a list's element.
    #[inline]
    pub fn apply_thunk_to_index(&mut self, function: Value, index: u32) -> Value {
        debug_assert!(index < u32::MAX, "lists have fewer elements");
        self.application(Kind::Apply, tag::THUNK, index + 1, function, &[])
    }
    /// The index that an apply thunk without arguments applies its function to.
    #[inline]
    pub(crate) fn applied_to_index(&self, thunk: Value) -> Option<Value> {
        let header = self.header(thunk);
        let index = header.number().checked_sub(1).filter(|_| header.aux() == 1)?;
        Value::small_int(i64::from(index))
    }
    /// Whether traces say that the call an apply thunk makes stands where its function does.
    pub(crate) fn stands_at_function(&self, thunk: Value) -> bool {
        self.header(thunk).number() == 1 || self.application_parts(thunk).1.len() <= 1
    }
    /// A function that waits for further arguments.
    pub(crate) fn partial(&mut self, function: Value, arguments: &[Value]) -> Value {
        self.application(Kind::Partial, tag::FUNCTION, 0, function, arguments)
    }
    #[inline(always)]
    fn application(
        &mut self,
        kind: Kind,
        tag: u64,
        number: u32,
        function: Value,
        arguments: &[Value],
    ) -> Value {
        let words = arguments.len() + 1;
        self.object(Header::new(kind, words as u16, number), words, tag, |at| {
            // SAFETY: `object` gave room for the function and its arguments.
            unsafe {
                *at = function.0;
                // Most have one argument or two: a call of the C library would cost more than the copy.
                for (index, argument) in arguments.iter().take(2).enumerate() {
                    *at.add(1 + index) = argument.0;
                }
                if arguments.len() > 2 {
                    std::ptr::copy_nonoverlapping(
                        arguments.as_ptr().cast::<u64>().add(2),
                        at.add(3),
                        arguments.len() - 2,
                    );
                }
            }
        })
    }
    /// Function and arguments of an apply thunk or partial application.
    #[inline(always)]
    pub(crate) fn application_parts(&self, value: Value) -> (Value, &[Value]) {
        let words = self.header(value).aux();
        (Value(self.word(value, 1)), self.values(value, 2, words - 1))
    }

    // --- thunks

    /// The value of a finished thunk; other values are themselves; a thunk still to be computed stays what it is.
    #[inline(always)]
    pub fn follow(&self, value: Value) -> Value {
        if value.tag() == tag::THUNK && value.0 != 0 && self.header(value).kind() == Kind::Done {
            return Value(self.word(value, 1));
        }
        value
    }
    /// Changes the state of a thunk, keeping its captures.
    #[inline(always)]
    pub(crate) fn set_thunk_kind(&mut self, thunk: Value, kind: Kind) {
        // SAFETY: a thunk value points to a live thunk object.
        unsafe { *thunk.address() = self.header(thunk).with_kind(kind).0 };
    }
    /// Finishes a thunk with its value.
    #[inline(always)]
    pub(crate) fn update_thunk(&mut self, thunk: Value, value: Value) {
        debug_assert!(value.is_whnf());
        let header = self.header(thunk);
        // SAFETY: a thunk has at least one word after its header.
        unsafe {
            *thunk.address() = header.with_kind(Kind::Done).0;
            *thunk.address().add(1) = value.0;
        }
        if header.mark() != 0 {
            self.remembered.push(thunk.address());
        }
    }
    /// Notes that a thunk failed with the error of this number.
    pub(crate) fn fail_thunk(&mut self, thunk: Value, error: u32) {
        // SAFETY: a thunk has at least one word after its header.
        unsafe {
            *thunk.address() = self.header(thunk).with_kind(Kind::Failed).0;
            *thunk.address().add(1) = error as u64;
        }
    }
}
