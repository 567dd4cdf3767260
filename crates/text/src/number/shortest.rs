//! The JSON float format: the Grisu2 algorithm (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately
//! with Integers", 2010) and the layout of its digits.
//!
//! In: an `f64`. Out: text that reads back as the same number. Grisu2 is not always the very shortest form; the
//! reference uses it, so we do, with the same spacing of cached powers.
//!
//! Not here: the table of powers (`powers`), rules for whole JSON documents (`json`).

use super::powers::{FIRST_POWER, POWER_STEP, POWERS};
use super::push_exponent;

/// Decimal exponents from which on (and below which) the exponent form is used.
const MAX_PLAIN: i32 = 15;
const MIN_PLAIN: i32 = -4;

/// A number `f * 2^e` without sign, not necessarily normalised.
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    /// Shifts the fraction until its top bit is set (`f` is never zero here).
    fn normalised(self) -> Scaled {
        let shift = self.f.leading_zeros();
        Scaled { f: self.f << shift, e: self.e - shift as i32 }
    }

    /// The upper half of the product, rounded half up.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.f) * u128::from(other.f) + (1u128 << 63);
        Scaled { f: (product >> 64) as u64, e: self.e + other.e + 64 }
    }
}

/// The value with the middles between it and its neighbours, all with one exponent.
struct Boundaries {
    value: Scaled,
    low: Scaled,
    high: Scaled,
}

/// Splits a positive finite float.
fn boundaries(value: f64) -> Boundaries {
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let exact = if exponent == 0 {
        Scaled { f: fraction, e: -1074 }
    } else {
        Scaled { f: fraction | (1 << 52), e: exponent - 1075 }
    };
    // Below a power of two the floats lie twice as close as above it.
    let low_is_closer = fraction == 0 && exponent > 1;
    let high = Scaled { f: 2 * exact.f + 1, e: exact.e - 1 }.normalised();
    let low = if low_is_closer {
        Scaled { f: 4 * exact.f - 1, e: exact.e - 2 }
    } else {
        Scaled { f: 2 * exact.f - 1, e: exact.e - 1 }
    };
    Boundaries {
        value: exact.normalised(),
        low: Scaled { f: low.f << (low.e - high.e), e: high.e },
        high,
    }
}

/// The row of the power that brings a binary exponent into the working range, and its decimal exponent.
fn cached_power(exponent: i32) -> (Scaled, i32) {
    // The smallest k with a product exponent of at least -60: k = ceil((-61 - e) * log10(2)).
    let wanted = -61 - exponent;
    let k = wanted * 78913 / (1 << 18) + i32::from(wanted > 0);
    let row = (-FIRST_POWER + k + POWER_STEP - 1) / POWER_STEP;
    let row = row.clamp(0, POWERS.len() as i32 - 1);
    let (f, e) = POWERS[row as usize];
    (Scaled { f, e }, FIRST_POWER + row * POWER_STEP)
}

/// Digits (first one not zero) and the decimal exponent of the last one.
struct Digits {
    bytes: [u8; 20],
    len: usize,
    exponent: i32,
}

impl Digits {
    fn push(&mut self, digit: u64) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = b'0' + digit as u8;
            self.len += 1;
        }
    }

    /// Lowers the last digit while that brings the number nearer to the value and keeps it inside the interval.
    fn weed(&mut self, distance: u64, delta: u64, mut rest: u64, unit: u64) {
        let Some(last) = self.len.checked_sub(1) else { return };
        while rest < distance
            && delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            self.bytes[last] -= 1;
            rest += unit;
        }
    }
}

/// The largest power of ten that is at most `n`, and how many digits `n` has.
fn leading_unit(n: u32) -> (u32, i32) {
    let mut unit = 1u32;
    let mut digits = 1;
    while n / unit >= 10 {
        unit *= 10;
        digits += 1;
    }
    (unit, digits)
}

/// Grisu2 for a positive finite float.
fn digits_of(value: f64) -> Digits {
    let bounds = boundaries(value);
    let (power, decimal) = cached_power(bounds.high.e);
    let value = bounds.value.times(power);
    // One unit is taken off at both ends because the products are rounded.
    let high = Scaled { f: bounds.high.times(power).f.wrapping_sub(1), e: value.e };
    let low = bounds.low.times(power).f.wrapping_add(1);
    let mut delta = high.f - low;
    let mut distance = high.f - value.f;
    let shift = -high.e as u32;
    let one = 1u64 << shift;
    let mut digits = Digits { bytes: [0; 20], len: 0, exponent: -decimal };

    let mut whole = (high.f >> shift) as u32;
    let mut part = high.f & (one - 1);
    let (mut unit, mut left) = leading_unit(whole);
    while left > 0 {
        digits.push(u64::from(whole / unit));
        whole %= unit;
        left -= 1;
        let rest = (u64::from(whole) << shift) + part;
        if rest <= delta {
            digits.exponent += left;
            digits.weed(distance, delta, rest, u64::from(unit) << shift);
            return digits;
        }
        unit /= 10;
    }
    loop {
        part *= 10;
        digits.push(part >> shift);
        part &= one - 1;
        digits.exponent -= 1;
        delta *= 10;
        distance *= 10;
        if part <= delta {
            break;
        }
    }
    digits.weed(distance, delta, part, one);
    digits
}

/// Appends a float as `toJSON` gives it (`1.0`, `1e+20`, `-0.0`; not-a-number and infinities become `null`).
pub fn push_json_float(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value == 0.0 {
        out.extend_from_slice(b"0.0");
        return;
    }
    let found = digits_of(value.abs());
    let digits = &found.bytes[..found.len];
    let len = found.len as i32;
    // The number is 0.DIGITS * 10^point.
    let point = len + found.exponent;
    if len <= point && point <= MAX_PLAIN {
        out.extend_from_slice(digits);
        out.extend(std::iter::repeat_n(b'0', (point - len) as usize));
        out.extend_from_slice(b".0");
    } else if 0 < point && point <= MAX_PLAIN {
        out.extend_from_slice(&digits[..point as usize]);
        out.push(b'.');
        out.extend_from_slice(&digits[point as usize..]);
    } else if MIN_PLAIN < point && point <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', -point as usize));
        out.extend_from_slice(digits);
    } else {
        out.push(digits[0]);
        if len > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        push_exponent(out, point - 1);
    }
}
