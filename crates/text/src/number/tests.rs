//! Expected values come from runs of the reference.

use super::*;

fn text(write: fn(&mut Vec<u8>, f64), value: f64) -> String {
    let mut out = Vec::new();
    write(&mut out, value);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn floats_print_with_six_significant_digits() {
    for (value, expected) in [
        (0.1 + 0.2, "0.3"),
        (1e6, "1e+06"),
        (1.0, "1"),
        (-0.0, "-0"),
        (999999.5, "1e+06"),
        (123456.7, "123457"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e100, "1e+100"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (1.5e-7, "1.5e-07"),
    ] {
        assert_eq!(text(push_print_float, value), expected);
    }
}

#[test]
fn floats_become_strings_with_six_decimals() {
    assert_eq!(text(push_string_float, 0.1), "0.100000");
    assert_eq!(text(push_string_float, 1e22), "10000000000000000000000.000000");
    assert_eq!(text(push_string_float, -1e-7), "-0.000000");
}

#[test]
fn json_floats_read_back() {
    for (value, expected) in [
        (1.0, "1.0"),
        (1e20, "1e+20"),
        (1e-5, "1e-05"),
        (1e15, "1e+15"),
        (1e14, "100000000000000.0"),
        (0.001, "0.001"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (f64::NAN, "null"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (123456.789, "123456.789"),
    ] {
        assert_eq!(text(push_json_float, value), expected);
    }
    let mut bits = 0x0123_4567_89AB_CDEFu64;
    for _ in 0..20_000 {
        bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let value = f64::from_bits(bits);
        if value.is_finite() {
            assert_eq!(text(push_json_float, value).parse::<f64>(), Ok(value));
        }
    }
}

#[test]
fn float_literals_report_their_range() {
    assert_eq!(parse_float(b"1.5e3"), Ok(1500.0));
    assert_eq!(parse_float(b"1."), Ok(1.0));
    assert_eq!(parse_float(b".5"), Ok(0.5));
    assert_eq!(parse_float(b"1.0e400"), Err(FloatError::Overflow));
    assert_eq!(parse_float(b"1.0e-400"), Err(FloatError::Underflow));
    assert_eq!(parse_float(b"5.0e-324"), Err(FloatError::Underflow));
    assert_eq!(parse_float(b"0.0e-9999999999999999999"), Ok(0.0));
    assert_eq!(parse_float(b"1x"), Err(FloatError::Syntax));
    assert_eq!(parse_float(b"inf"), Err(FloatError::Syntax));
}

#[test]
fn integers_have_64_bits() {
    assert_eq!(parse_int(b"9223372036854775807"), Ok(i64::MAX));
    assert_eq!(parse_int(b"-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(parse_int(b"9223372036854775808"), Err(IntError::Overflow));
    assert_eq!(parse_int(b"-"), Err(IntError::Syntax));
    for value in [0, 7, -1, i64::MIN, i64::MAX] {
        let mut out = Vec::new();
        push_int(&mut out, value);
        assert_eq!(out, value.to_string().as_bytes());
    }
}
