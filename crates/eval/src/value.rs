//! One Nix value (or one that is still to be computed) in one word.
//!
//! In: immediates and pointers into the heap. Out: [`Value`], which is `Copy` and says by its three low bits what it is.
//!
//! | low bits | what | the rest |
//! |---|---|---|
//! | 0 | thunk, computed or not | pointer; all zero is "nothing here" |
//! | 1 | small integer | 61 bits, signed |
//! | 2 | attribute set | pointer |
//! | 3 | list | pointer |
//! | 4 | string | pointer |
//! | 5 | function: closure or partial application | pointer |
//! | 6 | boxed: float, big integer, path | pointer; the header tells which |
//! | 7 | immediate: short string, boolean, null, builtin | see below |
//!
//! Immediates: bits 3–4 are 0 for a string of up to 7 bytes (length in bits 5–7, bytes from bit 8 on, unused ones zero),
//! 1 for null and booleans (payload in bits 8–15), 2 for a builtin (its number in bits 32–63).
//!
//! Invariants: a value whose tag is not 0 is in weak head normal form; equal short strings are equal words; an integer that
//! fits 61 bits is never boxed; a string of at most 7 bytes without context is never on the heap. Pointers are to objects of
//! one heap, live as long as something that heap's owner traces holds the value: this file only packs and unpacks them.
//!
//! Not here: what the pointers point to (`heap`).

/// See the module's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(pub(crate) u64);

/// The three low bits.
pub(crate) mod tag {
    pub(crate) const THUNK: u64 = 0;
    pub(crate) const INT: u64 = 1;
    pub(crate) const ATTRS: u64 = 2;
    pub(crate) const LIST: u64 = 3;
    pub(crate) const STRING: u64 = 4;
    pub(crate) const FUNCTION: u64 = 5;
    pub(crate) const BOXED: u64 = 6;
    pub(crate) const IMMEDIATE: u64 = 7;
    pub(crate) const MASK: u64 = 7;
    pub(crate) const SHORT_STRING: u64 = IMMEDIATE;
    pub(crate) const SIMPLE: u64 = IMMEDIATE | 1 << 3;
    pub(crate) const BUILTIN: u64 = IMMEDIATE | 2 << 3;
    pub(crate) const IMMEDIATE_MASK: u64 = 0b11111;
}

/// The bounds of integers kept in the word itself.
const SMALL_MAX: i64 = (1 << 60) - 1;
const SMALL_MIN: i64 = -(1 << 60);

impl Value {
    /// No value at all: an unused slot, an absent formal.
    pub const EMPTY: Value = Value(0);
    /// `null`
    pub const NULL: Value = Value(tag::SIMPLE);
    /// `false`
    pub const FALSE: Value = Value(tag::SIMPLE | 2 << 8);
    /// `true`
    pub const TRUE: Value = Value(tag::SIMPLE | 3 << 8);
    /// `""` without context.
    pub const EMPTY_STRING: Value = Value(tag::SHORT_STRING);

    #[inline(always)]
    pub(crate) fn tag(self) -> u64 {
        self.0 & tag::MASK
    }
    /// Whether this is [`Value::EMPTY`].
    #[inline(always)]
    pub fn is_empty_slot(self) -> bool {
        self.0 == 0
    }
    /// Whether it is in weak head normal form as it stands (a finished thunk is not).
    #[inline(always)]
    pub fn is_whnf(self) -> bool {
        self.tag() != tag::THUNK
    }
    /// A boolean.
    #[inline(always)]
    pub fn bool(value: bool) -> Value {
        Value(tag::SIMPLE | (2 | value as u64) << 8)
    }
    /// The boolean this is.
    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Value::TRUE => Some(true),
            Value::FALSE => Some(false),
            _ => None,
        }
    }
    /// The integer as a word, if it fits.
    #[inline(always)]
    pub fn small_int(value: i64) -> Option<Value> {
        (SMALL_MIN..=SMALL_MAX).contains(&value).then_some(Value((value as u64) << 3 | tag::INT))
    }
    /// The integer kept in the word (big ones: see `Heap::int`).
    #[inline(always)]
    pub fn as_small_int(self) -> Option<i64> {
        (self.tag() == tag::INT).then_some(self.0 as i64 >> 3)
    }
    /// A string of at most seven bytes.
    #[inline(always)]
    pub fn short_string(bytes: &[u8]) -> Option<Value> {
        if bytes.len() > 7 {
            return None;
        }
        let mut word = [0u8; 8];
        word[1..=bytes.len()].copy_from_slice(bytes);
        Some(Value(u64::from_le_bytes(word) | (bytes.len() as u64) << 5 | tag::SHORT_STRING))
    }
    /// The length of a short string.
    #[inline(always)]
    pub(crate) fn short_len(self) -> usize {
        (self.0 >> 5 & 7) as usize
    }
    #[inline(always)]
    pub(crate) fn is_short_string(self) -> bool {
        self.0 & tag::IMMEDIATE_MASK == tag::SHORT_STRING
    }
    /// Whether it is null or a boolean.
    #[inline(always)]
    pub(crate) fn is_simple(self) -> bool {
        self.0 & tag::IMMEDIATE_MASK == tag::SIMPLE
    }
    /// Equality where the words alone tell it: of small integers, and wherever one side is null, a boolean or (if the other
    /// is no heap string, which may be as short when it has a context) a short string.
    #[inline(always)]
    pub(crate) fn equal_words(a: Value, b: Value) -> Option<bool> {
        let decides = |value: Value, other: Value| {
            value.is_simple() || value.is_short_string() && other.tag() != tag::STRING
        };
        if decides(a, b) || decides(b, a) || a.tag() == tag::INT && b.tag() == tag::INT {
            return Some(a == b);
        }
        None
    }
    /// The builtin with this number.
    pub fn builtin(id: u16) -> Value {
        Value((id as u64) << 32 | tag::BUILTIN)
    }
    /// The number of the builtin this is.
    #[inline(always)]
    pub fn as_builtin(self) -> Option<u16> {
        (self.0 & tag::IMMEDIATE_MASK == tag::BUILTIN).then_some((self.0 >> 32) as u16)
    }
    /// Whether it is an attribute set.
    #[inline(always)]
    pub fn is_attrs(self) -> bool {
        self.tag() == tag::ATTRS
    }
    /// Whether it is a list.
    #[inline(always)]
    pub fn is_list(self) -> bool {
        self.tag() == tag::LIST
    }
    /// Whether it is a string, short or long.
    #[inline(always)]
    pub fn is_string(self) -> bool {
        self.tag() == tag::STRING || self.is_short_string()
    }
    /// Whether it is a closure, a partial application or a builtin.
    #[inline(always)]
    pub fn is_function(self) -> bool {
        self.tag() == tag::FUNCTION || self.as_builtin().is_some()
    }
    /// Whether it is `null`.
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self == Value::NULL
    }
    /// Whether the word points into the heap.
    #[inline(always)]
    pub(crate) fn is_pointer(self) -> bool {
        const POINTERS: u64 = !(1 << tag::INT | 1 << tag::IMMEDIATE);
        self.0 != 0 && POINTERS >> self.tag() & 1 != 0
    }
    /// The word without its tag.
    #[inline(always)]
    pub(crate) fn address(self) -> *mut u64 {
        (self.0 & !tag::MASK) as *mut u64
    }
    #[inline(always)]
    pub(crate) fn from_address(address: *mut u64, tag: u64) -> Value {
        Value(address as u64 | tag)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.tag() {
            tag::INT => write!(f, "{}", self.0 as i64 >> 3),
            tag::IMMEDIATE if self.is_short_string() => {
                let bytes = self.0.to_le_bytes();
                write!(f, "{:?}", String::from_utf8_lossy(&bytes[1..=self.short_len()]))
            }
            tag => write!(f, "#{tag}:{:x}", self.0 & !7),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_sign_and_bounds() {
        for int in [0, 1, -1, SMALL_MAX, SMALL_MIN] {
            assert_eq!(Value::small_int(int).and_then(Value::as_small_int), Some(int));
        }
        assert_eq!(Value::small_int(SMALL_MAX + 1), None);
        assert_eq!(Value::small_int(i64::MIN), None);
    }

    #[test]
    fn short_strings_are_words() {
        let value = Value::short_string(b"abc").expect("short");
        assert!(value.is_string() && value.short_len() == 3 && !value.is_list());
        assert_eq!(Value::short_string(b"12345678"), None);
        assert_eq!(Value::short_string(b""), Some(Value::EMPTY_STRING));
    }
}
