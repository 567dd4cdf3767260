//! Reading decimal numbers: the C library's `strtod` with its range report, and 64-bit integers.
//!
//! In: text that the caller's grammar has already accepted (digits, sign, point, exponent). Out: the number, or
//! that it does not fit.
//! Invariant: floats are correctly rounded. Not here: any grammar.

use std::cmp::Ordering;

/// Why a float literal is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatError {
    /// The text is no decimal number.
    Syntax,
    /// Too large: the C library gives infinity and a range error.
    Overflow,
    /// Too small to be exact: the C library gives a denormal or zero and a range error.
    Underflow,
}

/// Why an integer literal is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntError {
    /// The text is no decimal integer.
    Syntax,
    /// The number does not fit in 64 bits with sign.
    Overflow,
}

/// Parses a decimal integer with an optional sign.
pub fn parse_int(text: &[u8]) -> Result<i64, IntError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(IntError::Syntax);
    }
    let mut value = 0i64;
    for digit in digits {
        let digit = i64::from(digit - b'0');
        // Counting downwards covers the smallest integer too.
        value =
            value.checked_mul(10).and_then(|v| v.checked_sub(digit)).ok_or(IntError::Overflow)?;
    }
    if negative { Ok(value) } else { value.checked_neg().ok_or(IntError::Overflow) }
}

/// Parses a decimal float as `strtod` does, reporting what it reports as out of range.
pub fn parse_float(text: &[u8]) -> Result<f64, FloatError> {
    let parts = DecimalParts::split(text).ok_or(FloatError::Syntax)?;
    let text = std::str::from_utf8(text).map_err(|_| FloatError::Syntax)?;
    let value: f64 = text.parse().map_err(|_| FloatError::Syntax)?;
    if value.is_infinite() {
        return Err(FloatError::Overflow);
    }
    if value.abs() < f64::MIN_POSITIVE && !parts.equals(value) {
        return Err(FloatError::Underflow);
    }
    Ok(value)
}

/// A decimal number as its significant digits and the power of ten before the first of them.
struct DecimalParts {
    digits: Vec<u8>,
    point: i64,
}

impl DecimalParts {
    /// Splits `[+-]digits[.digits][e[+-]digits]`; `None` if the text is anything else.
    fn split(text: &[u8]) -> Option<DecimalParts> {
        let text = match text {
            [b'-' | b'+', rest @ ..] => rest,
            rest => rest,
        };
        let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&text[..at], clamped_int(&text[at + 1..])?),
            None => (text, 0),
        };
        let (whole, part) = match memchr::memchr(b'.', mantissa) {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &[][..]),
        };
        let mut digits = [whole, part].concat();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = digits.iter().take_while(|b| **b == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + exponent;
        Some(DecimalParts { digits, point })
    }

    /// Whether the decimal number is exactly this float (signs aside).
    fn equals(&self, value: f64) -> bool {
        if value == 0.0 || self.digits.is_empty() {
            return value == 0.0 && self.digits.is_empty();
        }
        // 800 digits after the first hold every float exactly.
        let exact = format!("{:.800e}", value.abs());
        DecimalParts::split(exact.as_bytes()).is_some_and(|other| {
            other.point == self.point && other.digits.cmp(&self.digits) == Ordering::Equal
        })
    }
}

/// An integer whose size does not matter once it is far outside every exponent.
fn clamped_int(text: &[u8]) -> Option<i64> {
    match parse_int(text) {
        Ok(value) => Some(value.clamp(-1 << 40, 1 << 40)),
        Err(IntError::Overflow) if text.first() == Some(&b'-') => Some(-1 << 40),
        Err(IntError::Overflow) => Some(1 << 40),
        Err(IntError::Syntax) => None,
    }
}
