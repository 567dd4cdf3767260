//! Writing JSON strings.
//!
//! In: bytes. Out: the quoted and escaped string appended, or where the bytes stop being UTF-8.
//! Not here: floats (`number::push_json_float`), structure.

use std::fmt;

/// The bytes are not UTF-8; the text is the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidUtf8 {
    /// This byte cannot stand at this index.
    At {
        /// Index of the byte.
        index: usize,
        /// The byte.
        byte: u8,
    },
    /// The text ends inside a character.
    Incomplete {
        /// The last byte.
        last: u8,
    },
}

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[json.exception.type_error.316] ")?;
        match self {
            InvalidUtf8::At { index, byte } => {
                write!(f, "invalid UTF-8 byte at index {index}: 0x{byte:02X}")
            }
            InvalidUtf8::Incomplete { last } => {
                write!(f, "incomplete UTF-8 string; last byte: 0x{last:02X}")
            }
        }
    }
}

impl std::error::Error for InvalidUtf8 {}

/// Whether a text can be written.
///
/// # Errors
/// It is not UTF-8.
pub fn check_utf8(text: &[u8]) -> Result<(), InvalidUtf8> {
    std::str::from_utf8(text).map(drop).map_err(|error| invalid(text, error))
}

/// Whether a text begins a new character: it can be cut before it.
pub fn begins_character(text: &[u8]) -> bool {
    text.first().is_none_or(|byte| byte & 0xc0 != 0x80)
}

/// Finds the byte the reference complains about.
fn invalid(text: &[u8], error: std::str::Utf8Error) -> InvalidUtf8 {
    let start = error.valid_up_to();
    let Some(len) = error.error_len() else {
        return InvalidUtf8::Incomplete { last: text.last().copied().unwrap_or(0) };
    };
    let lead = text.get(start).copied().unwrap_or(0);
    // A byte that can begin a character is fine itself; the byte after the good ones is to blame.
    let index = if (0xC2..0xF5).contains(&lead) { start + len } else { start };
    InvalidUtf8::At { index, byte: text.get(index).copied().unwrap_or(0) }
}

/// Which bytes are escaped: one look-up a byte is quicker than three comparisons.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// How long a string is with its quotes and escapes.
pub fn string_length(text: &[u8]) -> usize {
    let escape = |byte: &u8| match byte {
        b'"' | b'\\' | 8 | 9 | 10 | 12 | 13 => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + 2 + text.iter().map(escape).sum::<usize>()
}

/// Appends a string with its quotes.
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), InvalidUtf8> {
    check_utf8(text)?;
    out.reserve(text.len() + 2);
    out.push(b'"');
    push_within(out, text);
    out.push(b'"');
    Ok(())
}

/// Appends part of what stands between the quotes of a string. Parts may be cut anywhere; whether they are UTF-8 is not looked at.
pub fn push_within(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| SPECIAL[usize::from(*b)]) {
        out.extend_from_slice(&rest[..at]);
        push_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
