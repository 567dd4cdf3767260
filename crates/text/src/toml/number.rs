//! TOML numbers and timestamps.
//!
//! In: bytes at a sign or digit. Out: the value and how many bytes it took.
//! Not here: `inf` and `nan` (`parse`).

use super::Node;
use super::fault::{FLOAT_HINT, Fault, NUMBER_HINT, fault};

const DATE_HINT: &str = "Hint: valid  : 1979-05-27T07:32:00-07:00, 1979-05-27 07:32:00.999999Z\n\
     Hint: invalid: 1979-05-27T7:32:00-7:00, 1979-05-27 7:32-00:30";
const TIME_HINT: &str = "Hint: valid  : 1979-05-27T07:32:00, 1979-05-27 07:32:00.999999\n\
     Hint: invalid: 1979-05-27T7:32:00, 1979-05-27 17:32\n";
const OFFSET_HINT: &str = "Hint: valid  : +09:00, -05:30\nHint: invalid: +9:00,  -5:30\n";

fn hinted<T>(title: &str, at: usize, label: &str, hint: &'static str) -> Result<T, Fault> {
    Err(Fault::new(title, at..at + 1, label).hint(hint))
}

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
            return based(body, sign, &HEX, |b| b.is_ascii_hexdigit());
        }
        [b'0', b'o', ..] => {
            return based(body, sign, &OCT, |b| (b'0'..=b'7').contains(&b));
        }
        [b'0', b'b', ..] => {
            return based(body, sign, &BIN, |b| matches!(b, b'0' | b'1'));
        }
        _ => {}
    }
    let run = digits(body);
    match body.get(run) {
        Some(b'-') if sign == 0 && run > 0 => return date(body),
        Some(b':') if sign == 0 && run > 0 => {
            if let Some(time) = Time::read(body) {
                time.check(0, time.len)?;
                return Ok((Node::Timestamp(time.text), time.len));
            }
            if body[0] != b'0' {
                return hinted("bad datetime: invalid format", run, "here", DATE_HINT);
            }
        }
        _ => {}
    }
    decimal(rest, sign)
}

fn decimal(rest: &[u8], sign: usize) -> Result<(Node, usize), Fault> {
    let body = &rest[sign..];
    match body {
        [b'0', b'0', ..] => {
            let label = "leading zero is not allowed";
            return hinted("bad integer: leading zero", sign, label, NUMBER_HINT);
        }
        [b'0', b'_', ..] => {
            let title = "bad integer: leading zero is not allowed in decimal int";
            return hinted(title, sign + 1, "leading zero", NUMBER_HINT);
        }
        [b'0', b'1'..=b'9', ..] => return invalid_digit(sign + 1),
        _ => {}
    }
    let mut at = sign + spaced(body, |b| b.is_ascii_digit());
    if rest.get(at) == Some(&b'_') {
        return invalid_underscore("integer", at, NUMBER_HINT);
    }
    let mut float = false;
    if rest.get(at) == Some(&b'.') {
        match spaced(&rest[at + 1..], |b| b.is_ascii_digit()) {
            0 => return hinted("bad float: invalid format", at, "here", FLOAT_HINT),
            len => at += 1 + len,
        }
        float = true;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        match spaced(rest.get(at + 1 + signed..).unwrap_or(&[]), |b| b.is_ascii_digit()) {
            // A float that has its point already ends before a lone `e`.
            0 if float => {}
            0 => return hinted("bad float: invalid format", at, "here", FLOAT_HINT),
            len => at += 1 + signed + len,
        }
        float = true;
    }
    let text = without_underscores(&rest[..at]);
    if !float {
        return match crate::number::parse_int(text.as_bytes()) {
            Ok(value) => Ok((Node::Int(value), at)),
            Err(_) => {
                let title = "toml::parse_dec_integer: too large integer: current max digits = 2^63";
                fault(title, at, "must be < 2^63")
            }
        };
    }
    if rest.get(at) == Some(&b'_') {
        return invalid_underscore("float", at, FLOAT_HINT);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Node::Float(value), at)),
        _ => {
            let title = "toml::parse_floating: failed to read floating point value from stream";
            Err(Fault::new(title, at..at + 1, "here").after(at))
        }
    }
}

fn invalid_digit<T>(at: usize) -> Result<T, Fault> {
    let title = "bad integer: invalid digit after an integer";
    hinted(title, at, "this digit is not allowed", NUMBER_HINT)
}

fn invalid_underscore<T>(kind: &str, at: usize, hint: &'static str) -> Result<T, Fault> {
    let title = format!("bad {kind}: `_` must be surrounded by digits");
    hinted(&title, at, "invalid underscore", hint)
}

/// A base with a prefix, and how the reference speaks of it.
struct Base {
    radix: u32,
    name: &'static str,
    example: &'static str,
    prefix: &'static str,
    digits: &'static str,
}

const HEX: Base = Base {
    radix: 16,
    name: "hex",
    example: "0xC0FFEE, 0xdead_beef",
    prefix: "expected 0x",
    digits: "expected hex [0-9a-fA-F]",
};
const OCT: Base = Base {
    radix: 8,
    name: "oct",
    example: "0o775, 0o04_44",
    prefix: "expected 0o",
    digits: "expected from `0` to `7`",
};
const BIN: Base = Base {
    radix: 2,
    name: "bin",
    example: "0b0101, 0b1111_0000",
    prefix: "expected 0b",
    digits: "expected 0 or 1",
};

/// An integer with a base prefix.
fn based(
    body: &[u8],
    sign: usize,
    base: &Base,
    is_digit: fn(u8) -> bool,
) -> Result<(Node, usize), Fault> {
    let Base { radix, name, example, .. } = base;
    let len = spaced(&body[2..], is_digit);
    if len == 0 || sign > 0 {
        let title = format!(
            "toml::parse_{name}_integer: invalid integer: {name}_int must be like: {example}"
        );
        // A sign stands where the prefix should.
        let (at, label) = if sign > 0 { (0, base.prefix) } else { (2, base.digits) };
        return fault(&title, at, label);
    }
    match body.get(2 + len) {
        Some(b'_') => return invalid_underscore("integer", 2 + len, NUMBER_HINT),
        Some(b'0'..=b'9') => return invalid_digit(2 + len),
        _ => {}
    }
    match i64::from_str_radix(&without_underscores(&body[2..2 + len]), *radix) {
        Ok(value) => Ok((Node::Int(value), 2 + len)),
        Err(_) => {
            let title =
                format!("toml::parse_{name}_integer: too large integer: current max value = 2^63");
            fault(&title, 2 + len, "must be < 2^63")
        }
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
    /// What is wrong with its numbers.
    wrong: Option<&'static str>,
}

impl Time {
    /// `None` if this is no `HH:MM:SS`.
    fn read(rest: &[u8]) -> Option<Time> {
        let colons = rest.get(2) == Some(&b':') && rest.get(5) == Some(&b':');
        let (Some(hour), Some(minute), Some(second), true) =
            (two(rest, 0), two(rest, 3), two(rest, 6), colons)
        else {
            return None;
        };
        let wrong = if hour > 23 || minute > 59 {
            Some("hour must be 00-23, minute must be 00-59.")
        } else {
            (second > 60).then_some("second must be 00-60.")
        };
        let mut time = Time { text: rest[..8].to_vec(), len: 8, wrong };
        if rest.get(8) == Some(&b'.') {
            let len = digits(&rest[9..]);
            if len > 0 {
                time.len = 9 + len;
                time.push_fraction(&rest[9..9 + len]);
            }
        }
        Some(time)
    }

    /// Complains of wrong numbers in a time that starts at `at` of a value that was read up to `read`.
    fn check(&self, at: usize, read: usize) -> Result<(), Fault> {
        match self.wrong {
            Some(label) => {
                let title = "toml::parse_local_time: invalid time.";
                Err(Fault::new(title, at..at + 1, label).after(read))
            }
            None => Ok(()),
        }
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
    let dashes = rest.get(4) == Some(&b'-') && rest.get(7) == Some(&b'-');
    let (Some(century), Some(years), Some(month), Some(day), true) =
        (two(rest, 0), two(rest, 2), two(rest, 5), two(rest, 8), dashes)
    else {
        let at = digits(rest);
        return hinted("bad datetime: invalid format", at, "here", DATE_HINT);
    };
    let year = century * 100 + years;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let mut text = rest[..10].to_vec();
    let with_time = match rest.get(10) {
        Some(b'T' | b't') => true,
        Some(b' ') => rest.get(11).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    let check = || {
        if day > 0 && day <= last {
            return Ok(());
        }
        let label =
            "month must be 01-12, day must be any of 01-28,29,30,31 depending on the month/year.";
        Err(Fault::new("toml::parse_local_date: invalid date.", 0..1, label).after(10))
    };
    if !with_time {
        if rest.get(10).is_some_and(u8::is_ascii_digit) {
            let label = "expected T, t, or 0x20(SPACE)";
            return hinted("bad datetime: missing T or space", 10, label, TIME_HINT);
        }
        check()?;
        return Ok((Node::Timestamp(text), 10));
    }
    let time = rest.get(11..).unwrap_or(&[]);
    let Some(time) = Time::read(time) else {
        let (at, label) = unlike(time, b"00:00:00");
        return hinted("bad time: must be HH:MM:SS.subsec", 11 + at, label, TIME_HINT);
    };
    text.push(b'T');
    text.extend_from_slice(&time.text);
    let mut at = 11 + time.len;
    let offset = match rest.get(at) {
        Some(b'Z' | b'z') => {
            text.push(b'Z');
            at += 1;
            None
        }
        Some(b'+' | b'-') => {
            let offset = offset(rest, at)?;
            at += 6;
            Some(offset)
        }
        _ => None,
    };
    check()?;
    time.check(11, 11 + time.len)?;
    if let Some((hour, minute)) = offset {
        if hour > 24 || minute > 60 {
            let title =
                "toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60";
            return Err(Fault::new(title, 0..at, "here").after(at));
        }
        if hour == 0 && minute == 0 {
            text.push(b'Z');
        } else {
            text.extend_from_slice(&rest[at - 6..at]);
        }
    }
    Ok((Node::Timestamp(text), at))
}

/// Where a text leaves a pattern of digits (`0`) and other bytes, and what the reference expected there.
fn unlike(text: &[u8], pattern: &[u8]) -> (usize, &'static str) {
    for (at, wanted) in pattern.iter().enumerate() {
        let byte = text.get(at).copied().unwrap_or(0);
        match wanted {
            b'0' if !byte.is_ascii_digit() => return (at, "expected digit [0-9]"),
            b':' if byte != b':' => return (at, "expected :"),
            _ => {}
        }
    }
    (pattern.len(), "expected digit [0-9]")
}

/// The hours and minutes of the offset at `at`.
fn offset(whole: &[u8], at: usize) -> Result<(u32, u32), Fault> {
    let rest = &whole[at..];
    if let (Some(hour), Some(minute), Some(b':')) = (two(rest, 1), two(rest, 4), rest.get(3)) {
        return Ok((hour, minute));
    }
    let (wrong, label) = unlike(&rest[1..], b"00:00");
    let label = label.replacen("expected ", "expected z or Z or ", 1);
    hinted("bad offset: must be [+-]HH:MM or Z", at + 1 + wrong, &label, OFFSET_HINT)
}
