//! Literals and names in Nix syntax.
//!
//! In: a value. Out: its text.

use crate::lexer::is_plain_name;

/// Appends `bytes` as a string literal.
pub fn show_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'$' if bytes.get(index + 1) == Some(&b'{') => out.extend_from_slice(b"\\$"),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// Appends an attribute name, in quotes where it needs them.
pub fn show_attr_name(name: &[u8], out: &mut Vec<u8>) {
    if is_plain_name(name) {
        out.extend_from_slice(name);
    } else {
        show_string(name, out);
    }
}

/// A float with six significant digits, as C's `%g` prints it.
#[must_use]
pub fn show_float(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let size = exponent.unsigned_abs();
        return format!("{}e{sign}{size:02}", trimmed(mantissa));
    }
    let decimals = usize::try_from(5 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

/// A decimal fraction without its trailing zeros.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_six_digits() {
        for (value, text) in [
            (0.1, "0.1"),
            (1.0, "1"),
            (-0.0, "-0"),
            (1e6, "1e+06"),
            (123_456.0, "123456"),
            (123_456_789.0, "1.23457e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e300, "1.5e+300"),
            (99_999.96, "100000"),
            (999_999.5, "1e+06"),
            (2.5, "2.5"),
        ] {
            assert_eq!(show_float(value), text);
        }
    }
}
