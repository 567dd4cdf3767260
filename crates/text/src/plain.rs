//! A text without what would move a terminal's cursor or change its colours, as the reference shows an error in the place of
//! a value.
//!
//! In: bytes. Out: the bytes without escape sequences, carriage returns and bells, with blanks for tabs.
//! Invariant: columns count from the text's beginning, whatever line ends are in it.
//! Not here: who is shown such a text, and how long it may be.

use unicode_width::UnicodeWidthChar;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// Columns from one tab stop to the next.
const TAB: usize = 8;

/// See the module's text.
#[must_use]
pub fn plain(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut column = 0;
    while let [first, behind @ ..] = rest {
        match *first {
            ESCAPE => rest = after_escape(behind),
            b'\r' | BELL => rest = behind,
            b'\t' => {
                let blanks = TAB - column % TAB;
                out.resize(out.len() + blanks, b' ');
                column += blanks;
                rest = behind;
            }
            _ => {
                let (length, columns) = width(rest);
                out.extend_from_slice(&rest[..length]);
                column += columns;
                rest = &rest[length..];
            }
        }
    }
    out
}

/// What follows the sequence that an escape character, just taken, begins.
fn after_escape(rest: &[u8]) -> &[u8] {
    match rest {
        [b'[', rest @ ..] => {
            let rest = skip(rest, |byte| matches!(byte, 0x30..=0x3f));
            let rest = skip(rest, |byte| matches!(byte, 0x20..=0x2f));
            if let [0x40..=0x7e, rest @ ..] = rest { rest } else { rest }
        }
        // Titles and links: up to a bell or to an escape, which may have a backslash behind it.
        [b']', rest @ ..] => match skip(rest, |byte| byte != ESCAPE && byte != BELL) {
            [ESCAPE, b'\\', rest @ ..] | [ESCAPE | BELL, rest @ ..] => rest,
            rest => rest,
        },
        [0x40..=0x5f, rest @ ..] => rest,
        _ => rest,
    }
}

fn skip(rest: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    let length = rest.iter().take_while(|byte| belongs(**byte)).count();
    &rest[length..]
}

/// The length of the first character and its columns; a byte that begins no character counts for one.
fn width(text: &[u8]) -> (usize, usize) {
    let (length, bits) = match text[0] {
        0xc0..=0xdf => (2, 0x1f),
        0xe0..=0xef => (3, 0x0f),
        0xf0..=0xf7 => (4, 0x07),
        0x20..=0x7e | 0x80.. => return (1, 1),
        _ => return (1, 0),
    };
    let Some(tail) = text.get(1..length).filter(|tail| tail.iter().all(|byte| byte >> 6 == 2))
    else {
        return (1, 1);
    };
    let code = tail
        .iter()
        .fold(u32::from(text[0] & bits), |code, byte| code << 6 | u32::from(byte & 0x3f));
    let columns = match code {
        // The soft hyphen, and what is for private use.
        0xad | 0xe000..=0xf8ff | 0xf_0000.. => 0,
        _ => char::from_u32(code).and_then(UnicodeWidthChar::width).unwrap_or(0),
    };
    (length, columns)
}

#[cfg(test)]
mod tests {
    use super::plain;

    /// Recorded from runs of the reference.
    #[test]
    fn sequences_vanish_and_tabs_become_blanks() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"x\ty\rz\tw", b"x       yz      w"),
            (b"a\nb\tc", b"a\nb      c"),
            (b"\x01\tx\x7f\t\x0b", b"\x01        x\x7f       \x0b"),
            ("中\tx".as_bytes(), "中      x".as_bytes()),
            ("e\u{301}\tx".as_bytes(), "e\u{301}       x".as_bytes()),
            ("\u{1F1E9}\u{1F1EA}\tx".as_bytes(), "\u{1F1E9}\u{1F1EA}      x".as_bytes()),
            ("\u{ad}\u{e000}\u{200b}\tx".as_bytes(), "\u{ad}\u{e000}\u{200b}        x".as_bytes()),
            (b"\xff\tx", b"\xff       x"),
            (b"\xf0\x9f\x98\tx", b"\xf0\x9f\x98     x"),
            (b"\xed\xa0\x80\tx", b"\xed\xa0\x80        x"),
            (b"\x07\x1b", b""),
            (b"\x1b[1;2 mx\x1b[?25hy\x1b[1", b"xy"),
            (b"\x1b[31\x01mx\x1b[31\nmx\x1b[\xc3x", b"\x01mx\nmx\xc3x"),
            (b"\x1b]0;title\x07x\x1b]8;;u\x1b\\y\x1b]8;;u\x1bz\x1b]abc", b"xyz"),
            (b"\x1b(Bx\x1bcx\x1bMx\x1b\x1bx\x1b\nx", b"(Bxcxxx\nx"),
            (b"\x9b31mx", b"\x9b31mx"),
        ];
        for (text, expected) in cases {
            let found = plain(text);
            assert_eq!(found, *expected, "{}", String::from_utf8_lossy(text));
        }
    }
}
