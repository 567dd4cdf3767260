//! How Nix writes and reads numbers.
//!
//! In: an `f64` or `i64` (or the text of one). Out: bytes appended to a buffer (or the number).
//! There are three float formats: the value printer and XML use six significant digits (`%g`), `toString` uses six
//! decimals (`%f`), JSON uses the shortest form that reads back (`shortest`).
//!
//! Invariants: the digits are correctly rounded from the exact binary value; no locale.
//! Not here: JSON number syntax (`json`), TOML number syntax (`toml`).

mod parse;
mod powers;
mod shortest;

pub use parse::{FloatError, IntError, parse_float, parse_int};
pub use shortest::push_json_float;

/// Appends a decimal integer.
pub fn push_int(out: &mut Vec<u8>, value: i64) {
    // Twenty bytes hold the sign and the nineteen digits of the smallest integer.
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes infinities and not-a-numbers as the C library does; `false` when the value is finite.
fn push_non_finite(out: &mut Vec<u8>, value: f64) -> bool {
    if value.is_finite() {
        return false;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(if value.is_nan() { b"nan" } else { b"inf" });
    true
}

/// Appends a float as the value printer shows it: `%g`, six significant digits (`0.3`, `1e+06`, `-0`, `-nan`).
pub fn push_print_float(out: &mut Vec<u8>, value: f64) {
    if push_non_finite(out, value) {
        return;
    }
    if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
        return;
    }
    // Rust rounds the exact value half to even, as the C library does.
    let text = format!("{value:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        out.extend_from_slice(trim_fraction(mantissa).as_bytes());
        push_exponent(out, exponent);
        return;
    }
    let decimals = usize::try_from(5 - exponent).unwrap_or(0);
    out.extend_from_slice(trim_fraction(&format!("{value:.decimals$}")).as_bytes());
}

/// Appends a float as `toString` gives it: `%f`, six decimals.
pub fn push_string_float(out: &mut Vec<u8>, value: f64) {
    if !push_non_finite(out, value) {
        out.extend_from_slice(format!("{value:.6}").as_bytes());
    }
}

/// Appends a float as `toXML` gives it, which is the value printer's form.
pub fn push_xml_float(out: &mut Vec<u8>, value: f64) {
    push_print_float(out, value);
}

/// Drops the zeros at the end of a fraction, and the point if nothing is left of the fraction.
fn trim_fraction(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Appends `e`, the sign and at least two digits.
fn push_exponent(out: &mut Vec<u8>, exponent: i32) {
    out.push(b'e');
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let size = exponent.unsigned_abs();
    if size < 10 {
        out.push(b'0');
    }
    push_int(out, i64::from(size));
}

#[cfg(test)]
mod tests;
