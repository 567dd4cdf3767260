//! TOML numbers and timestamps.
//!
//! In: bytes at a sign or digit. Out: the value and how many bytes it took.
//! Not here: `inf` and `nan` (`parse`).

use super::{Fault, Node, fault};

fn digits(rest: &[u8]) -> usize {
    rest.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Digits with single underscores between them.
fn spaced(rest: &[u8], is_digit: fn(u8) -> bool) -> usize {
    let mut at = 0;
    loop {
        let run = rest[at..].iter().take_while(|b| is_digit(**b)).count();
        at += run;
        let more = rest.get(at) == Some(&b'_') && rest.get(at + 1).is_some_and(|b| is_digit(*b));
        if run == 0 || !more {
            return at;
        }
        at += 1;
    }
}

fn without_underscores(text: &[u8]) -> String {
    text.iter().filter(|b| **b != b'_').map(|b| char::from(*b)).collect()
}

/// A number or timestamp.
pub(super) fn number(rest: &[u8]) -> Result<(Node, usize), Fault> {
    let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
    let body = &rest[sign..];
    match body {
        [b'0', b'x', ..] => {
            return based(body, sign, 16, "hex", "0xC0FFEE, 0xdead_beef", |b| {
                b.is_ascii_hexdigit()
            });
        }
        [b'0', b'o', ..] => {
            return based(body, sign, 8, "oct", "0o775, 0o04_44", |b| (b'0'..=b'7').contains(&b));
        }
        [b'0', b'b', ..] => {
            return based(body, sign, 2, "bin", "0b0101, 0b1111_0000", |b| {
                matches!(b, b'0' | b'1')
            });
        }
        _ => {}
    }
    let run = digits(body);
    match body.get(run) {
        Some(b'-') if sign == 0 && run > 0 => return date(body),
        Some(b':') if sign == 0 && run > 0 => {
            if run != 2 && body[0] != b'0' {
                return fault("bad datetime: invalid format");
            }
            if let Some(time) = Time::read(body)? {
                return Ok((Node::Timestamp(time.text), time.len));
            }
        }
        _ => {}
    }
    decimal(rest, sign)
}

fn decimal(rest: &[u8], sign: usize) -> Result<(Node, usize), Fault> {
    let body = &rest[sign..];
    match body {
        [b'0', b'0', ..] => return fault("bad integer: leading zero"),
        [b'0', b'_', ..] => {
            return fault("bad integer: leading zero is not allowed in decimal int");
        }
        [b'0', b'1'..=b'9', ..] => return fault("bad integer: invalid digit after an integer"),
        _ => {}
    }
    let mut at = sign + spaced(body, |b| b.is_ascii_digit());
    if rest.get(at) == Some(&b'_') {
        return fault("bad integer: `_` must be surrounded by digits");
    }
    let mut float = false;
    if rest.get(at) == Some(&b'.') {
        match spaced(&rest[at + 1..], |b| b.is_ascii_digit()) {
            0 => return fault("bad float: invalid format"),
            len => at += 1 + len,
        }
        float = true;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        match spaced(rest.get(at + 1 + signed..).unwrap_or(&[]), |b| b.is_ascii_digit()) {
            // A float that has its point already ends before a lone `e`.
            0 if float => {}
            0 => return fault("bad float: invalid format"),
            len => at += 1 + signed + len,
        }
        float = true;
    }
    let text = without_underscores(&rest[..at]);
    if !float {
        return match crate::number::parse_int(text.as_bytes()) {
            Ok(value) => Ok((Node::Int(value), at)),
            Err(_) => {
                fault("toml::parse_dec_integer: too large integer: current max digits = 2^63")
            }
        };
    }
    if rest.get(at) == Some(&b'_') {
        return fault("bad float: `_` must be surrounded by digits");
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Node::Float(value), at)),
        _ => fault("toml::parse_floating: failed to read floating point value from stream"),
    }
}

/// An integer with a base prefix.
fn based(
    body: &[u8],
    sign: usize,
    radix: u32,
    name: &str,
    example: &str,
    is_digit: fn(u8) -> bool,
) -> Result<(Node, usize), Fault> {
    let len = spaced(&body[2..], is_digit);
    if len == 0 || sign > 0 {
        return fault(&format!(
            "toml::parse_{name}_integer: invalid integer: {name}_int must be like: {example}"
        ));
    }
    match body.get(2 + len) {
        Some(b'_') => return fault("bad integer: `_` must be surrounded by digits"),
        Some(b'0'..=b'9') => return fault("bad integer: invalid digit after an integer"),
        _ => {}
    }
    match i64::from_str_radix(&without_underscores(&body[2..2 + len]), radix) {
        Ok(value) => Ok((Node::Int(value), 2 + len)),
        Err(_) => fault(&format!(
            "toml::parse_{name}_integer: too large integer: current max value = 2^63"
        )),
    }
}

/// Two digits as a number.
fn two(rest: &[u8], at: usize) -> Option<u32> {
    match rest.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')),
        _ => None,
    }
}

/// A time of day.
struct Time {
    text: Vec<u8>,
    len: usize,
}

impl Time {
    /// `None` if this is no `HH:MM:SS`.
    fn read(rest: &[u8]) -> Result<Option<Time>, Fault> {
        let colons = rest.get(2) == Some(&b':') && rest.get(5) == Some(&b':');
        let (Some(hour), Some(minute), Some(second), true) =
            (two(rest, 0), two(rest, 3), two(rest, 6), colons)
        else {
            return Ok(None);
        };
        if hour > 23 || minute > 59 || second > 60 {
            return fault("toml::parse_local_time: invalid time.");
        }
        let mut time = Time { text: rest[..8].to_vec(), len: 8 };
        if rest.get(8) == Some(&b'.') {
            let len = digits(&rest[9..]);
            if len > 0 {
                time.len = 9 + len;
                time.push_fraction(&rest[9..9 + len]);
            }
        }
        Ok(Some(time))
    }

    /// Nine digits at most, in groups of three, without groups of zeros at the end.
    fn push_fraction(&mut self, fraction: &[u8]) {
        let mut nine = [b'0'; 9];
        for (slot, digit) in nine.iter_mut().zip(fraction) {
            *slot = *digit;
        }
        let groups = (0..3).rev().find(|group| nine[group * 3..group * 3 + 3] != *b"000");
        if let Some(last) = groups {
            self.text.push(b'.');
            self.text.extend_from_slice(&nine[..last * 3 + 3]);
        }
    }
}

/// A date, with a time and an offset if they follow.
fn date(rest: &[u8]) -> Result<(Node, usize), Fault> {
    const BAD: &str = "bad datetime: invalid format";
    let dashes = rest.get(4) == Some(&b'-') && rest.get(7) == Some(&b'-');
    let (Some(century), Some(years), Some(month), Some(day), true) =
        (two(rest, 0), two(rest, 2), two(rest, 5), two(rest, 8), dashes)
    else {
        return fault(BAD);
    };
    let year = century * 100 + years;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if day == 0 || day > last {
        return fault("toml::parse_local_date: invalid date.");
    }
    let mut text = rest[..10].to_vec();
    let with_time = match rest.get(10) {
        Some(b'T' | b't') => true,
        Some(b' ') => rest.get(11).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    if !with_time {
        return Ok((Node::Timestamp(text), 10));
    }
    let Some(time) = Time::read(rest.get(11..).unwrap_or(&[]))? else {
        return fault("bad time: must be HH:MM:SS.subsec");
    };
    text.push(b'T');
    text.extend_from_slice(&time.text);
    let mut at = 11 + time.len;
    match rest.get(at) {
        Some(b'Z' | b'z') => {
            text.push(b'Z');
            at += 1;
        }
        Some(b'+' | b'-') => {
            push_offset(&rest[at..], &mut text)?;
            at += 6;
        }
        _ => {}
    }
    Ok((Node::Timestamp(text), at))
}

fn push_offset(rest: &[u8], text: &mut Vec<u8>) -> Result<(), Fault> {
    let (Some(hour), Some(minute), Some(b':')) = (two(rest, 1), two(rest, 4), rest.get(3)) else {
        return fault("bad offset: must be [+-]HH:MM or Z");
    };
    if hour > 24 || minute > 60 {
        return fault(
            "toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60",
        );
    }
    if hour == 0 && minute == 0 {
        text.push(b'Z');
    } else {
        text.extend_from_slice(&rest[..6]);
    }
    Ok(())
}
