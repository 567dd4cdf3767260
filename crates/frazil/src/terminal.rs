//! What terminals make of text: columns, tabs, escape sequences.
//!
//! In: bytes of messages. Out: bytes fit for a terminal. Not here: what is said, which colours are used.

/// What Nix's logger makes of a text: tabs become blanks up to a multiple of eight characters since the text's start (line
/// ends do not count), bells and carriage returns are dropped, and so are escape sequences unless colours are on.
/// Other than there further controls are written out.
pub fn terminal_text(text: &[u8], color: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut width) = (0, 0usize);
    while let Some(byte) = text.get(at).copied() {
        at += 1;
        match byte {
            b'\x1b' => {
                let start = at - 1;
                at = escape_end(text, at);
                if color {
                    out.extend_from_slice(&text[start..at]);
                }
            }
            b'\t' => {
                let blanks = 8 - width % 8;
                out.resize(out.len() + blanks, b' ');
                width += blanks;
            }
            b'\x07' | b'\r' => {}
            b'\n' => out.push(b'\n'),
            // Nix lets these pass; a terminal would obey them.
            byte if byte.is_ascii_control() => {
                out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
                width += 4;
            }
            0xc2 if text.get(at).is_some_and(|next| (0x80..0xa0).contains(next)) => {
                out.extend_from_slice(format!("\\x{:02x}", text[at]).as_bytes());
                width += 4;
                at += 1;
            }
            byte if byte < 0x80 => {
                width += 1;
                out.push(byte);
            }
            _ => {
                let (bytes, columns) = character(&text[at - 1..]);
                width += columns;
                out.extend_from_slice(bytes);
                at += bytes.len() - 1;
            }
        }
    }
    out
}

/// The character (or the stray byte) that a text starts with, and the columns it takes.
fn character(text: &[u8]) -> (&[u8], usize) {
    for length in 2..=text.len().min(4) {
        if let Some(character) =
            std::str::from_utf8(&text[..length]).ok().and_then(|text| text.chars().next())
        {
            return (&text[..length], columns(character));
        }
    }
    (&text[..1], 1)
}

/// How many columns a character takes on a terminal: two for those of East Asian scripts and for pictures, none for accents
/// that combine with what is before them.
pub(crate) fn columns(character: char) -> usize {
    const NONE: [(u32, u32); 5] =
        [(0x300, 0x36f), (0x1ab0, 0x1aff), (0x200b, 0x200f), (0x20d0, 0x20ff), (0xfe00, 0xfe0f)];
    const TWO: [(u32, u32); 12] = [
        (0x1100, 0x115f),
        (0x2e80, 0x303e),
        (0x3041, 0x33ff),
        (0x3400, 0x4dbf),
        (0x4e00, 0x9fff),
        (0xa000, 0xa4cf),
        (0xac00, 0xd7a3),
        (0xf900, 0xfaff),
        (0xff00, 0xff60),
        (0x1f300, 0x1f64f),
        (0x1f900, 0x1f9ff),
        (0x20000, 0x3fffd),
    ];
    let within = |ranges: &[(u32, u32)]| {
        ranges.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(character)))
    };
    if within(&TWO) { 2 } else { usize::from(!within(&NONE)) }
}

/// One past an escape sequence whose escape character was just before `at`.
fn escape_end(text: &[u8], mut at: usize) -> usize {
    let run = |at: &mut usize, from: u8, to: u8| {
        while text.get(*at).is_some_and(|byte| (from..=to).contains(byte)) {
            *at += 1;
        }
    };
    if text.get(at) == Some(&b'[') {
        at += 1;
        run(&mut at, 0x30, 0x3f);
        run(&mut at, 0x20, 0x2f);
        at += usize::from(text.get(at).is_some_and(|byte| (0x40..=0x7e).contains(byte)));
    } else if text.get(at).is_some_and(|byte| (0x40..=0x5f).contains(byte)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_bells_are_dropped() {
        assert_eq!(terminal_text(b"a\x1b[31mb\x07c\x1b[0m\x1b", false), b"abc");
        assert_eq!(terminal_text("é\ta\n\tb".as_bytes(), false), "é       a\n       b".as_bytes());
        assert_eq!(terminal_text("日\ta".as_bytes(), false), "日      a".as_bytes());
        assert_eq!(terminal_text(b"\xff\ta\xc3", false), b"\xff       a\xc3");
    }
}
