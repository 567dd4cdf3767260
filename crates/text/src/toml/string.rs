//! TOML strings: the four kinds, and the bytes that may stand in text.
//!
//! In: bytes at a quote. Out: the decoded string and how many bytes it took.
//! Not here: keys' other forms, values.

use super::fault::{Fault, fault};
use crate::PIECE;

/// Asked between two pieces of a string, with the bytes held: whether to go on.
type Look<'l> = &'l mut dyn FnMut(usize) -> bool;

/// How many bytes of valid text (no control characters but the tab) begin here: 0 if none.
pub(super) fn text_char(rest: &[u8]) -> usize {
    match rest.first() {
        Some(b'\t' | 0x20..=0x7E) => 1,
        Some(0x80..) => {
            let window = &rest[..rest.len().min(4)];
            let valid = match std::str::from_utf8(window) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or(""),
            };
            valid.chars().next().map_or(0, char::len_utf8)
        }
        _ => 0,
    }
}

/// How many bytes the line end here has: 0 if there is none.
pub(super) fn newline(rest: &[u8]) -> usize {
    match rest {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

/// A string of any kind; `multi_line` says whether three quotes count. One that is left in the middle is a mistake that
/// means nothing.
pub(super) fn string(
    rest: &[u8],
    multi_line: bool,
    look: Look<'_>,
) -> Result<(Vec<u8>, usize), Fault> {
    let quote = rest.first().copied().unwrap_or(b'"');
    let literal = quote == b'\'';
    if multi_line && rest.starts_with(&[quote; 3]) {
        return multi(rest, quote, literal, look);
    }
    let invalid = if literal {
        "toml::parse_literal_string: invalid string format"
    } else {
        "toml::parse_basic_string: invalid string format"
    };
    let expected = if literal { "expected '" } else { "expected \"" };
    let mut out = Decoded::default();
    let (mut at, mut look_at) = (1, PIECE);
    loop {
        if at >= look_at {
            look_at = at + PIECE;
            if !look(out.bytes.capacity()) {
                return fault(invalid, at, expected);
            }
        }
        match rest.get(at) {
            Some(byte) if *byte == quote => return out.end(rest, at, 1),
            Some(b'\\') if !literal => match out.escape(&rest[at + 1..], at) {
                0 => return fault(invalid, at, expected),
                len => at += 1 + len,
            },
            Some(_) => match text_char(&rest[at..]) {
                0 => return fault(invalid, at, expected),
                len => {
                    out.bytes.extend_from_slice(&rest[at..at + len]);
                    at += len;
                }
            },
            None => return fault(invalid, at, expected),
        }
    }
}

fn multi(rest: &[u8], quote: u8, literal: bool, look: Look<'_>) -> Result<(Vec<u8>, usize), Fault> {
    let invalid = if literal {
        "toml::parse_ml_literal_string: invalid string format"
    } else {
        "toml::parse_ml_basic_string: invalid string format"
    };
    let expected = if literal { "expected '''" } else { "expected \"\"\"" };
    let mut out = Decoded::default();
    let mut at = 3 + newline(&rest[3..]);
    let mut look_at = PIECE;
    loop {
        if at >= look_at {
            look_at = at + PIECE;
            if !look(out.bytes.capacity()) {
                return fault(invalid, at, expected);
            }
        }
        let here = rest.get(at..).unwrap_or(&[]);
        match here.first() {
            Some(byte) if *byte == quote => {
                let quotes = here.iter().take_while(|b| **b == quote).count();
                // Up to two quotes may stand right before the closing three.
                let kept = if quotes >= 3 { (quotes - 3).min(2) } else { quotes };
                out.bytes.extend(std::iter::repeat_n(quote, kept));
                at += kept;
                if quotes >= 3 {
                    return out.end(rest, at, 3);
                }
            }
            Some(b'\\') if !literal => {
                let len = match line_end_escape(&rest[at + 1..]) {
                    0 => out.escape(&rest[at + 1..], at),
                    len => len,
                };
                if len == 0 {
                    return fault(invalid, at, expected);
                }
                at += 1 + len;
            }
            Some(_) => {
                let len = newline(here).max(text_char(here));
                if len == 0 {
                    return fault(invalid, at, expected);
                }
                out.bytes.extend_from_slice(&here[..len]);
                at += len;
            }
            None => return fault(invalid, at, expected),
        }
    }
}

/// The length of a line end with the blanks around it, which an escape swallows; 0 if there is none.
fn line_end_escape(rest: &[u8]) -> usize {
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let mut at = match newline(&rest[blanks..]) {
        0 => return 0,
        len => blanks + len,
    };
    loop {
        let here = &rest[at..];
        at += match here.first() {
            Some(b' ' | b'\t') => 1,
            _ => match newline(here) {
                0 => return at,
                len => len,
            },
        };
    }
}

/// The bytes decoded so far.
#[derive(Default)]
struct Decoded {
    bytes: Vec<u8>,
    /// The first code point that does not exist: where its backslash stands, its digits, and what is wrong.
    wrong: Option<(usize, usize, &'static str, &'static str)>,
}

impl Decoded {
    /// The string, which ends at `at` with `quotes` quotes. Code points are looked at once the whole string is there.
    fn end(self, rest: &[u8], at: usize, quotes: usize) -> Result<(Vec<u8>, usize), Fault> {
        let Some((start, digits, title, label)) = self.wrong else {
            return Ok((self.bytes, at + quotes));
        };
        let fault = Fault::new(title, 1..digits + 2, label);
        Err(fault.within(&rest[start..at]).after(at + quotes))
    }

    /// Decodes what follows the backslash at `at`; gives its length, 0 if that is no escape.
    fn escape(&mut self, rest: &[u8], at: usize) -> usize {
        let byte = match rest.first() {
            Some(byte @ (b'"' | b'\\')) => *byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode(rest, at, 4),
            Some(b'U') => return self.unicode(rest, at, 8),
            _ => return 0,
        };
        self.bytes.push(byte);
        1
    }

    fn unicode(&mut self, rest: &[u8], at: usize, digits: usize) -> usize {
        let Some(hex) = rest.get(1..=digits) else { return 0 };
        let mut code = 0u32;
        for byte in hex {
            match char::from(*byte).to_digit(16) {
                Some(digit) => code = (code << 4) | digit,
                None => return 0,
            }
        }
        match char::from_u32(code) {
            Some(character) => {
                self.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => {
                let (title, label) = if code < 0x1_0000 {
                    ("toml::parse_utf8_codepoint: [0xD800, 0xDFFF] is not a valid UTF-8", "here")
                } else {
                    (
                        "toml::parse_utf8_codepoint: input codepoint is too large.",
                        "must be in range [0x00, 0x10FFFF]",
                    )
                };
                self.wrong = self.wrong.or(Some((at, digits, title, label)));
            }
        }
        digits + 1
    }
}
