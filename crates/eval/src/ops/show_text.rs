//! How strings and attribute names are written, and colours for terminals.
//!
//! In: bytes. Out: the same as a Nix literal, appended to a buffer. Not here: values (`show.rs`).

use std::convert::Infallible;

/// Colours of values on a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Colour {
    Red,
    Green,
    Blue,
    Magenta,
    Cyan,
    Faint,
}

impl Colour {
    fn code(self) -> &'static [u8] {
        match self {
            Colour::Red => b"\x1b[31;1m",
            Colour::Green => b"\x1b[32;1m",
            Colour::Blue => b"\x1b[34;1m",
            Colour::Magenta => b"\x1b[35;1m",
            Colour::Cyan => b"\x1b[36;1m",
            Colour::Faint => b"\x1b[37;2m",
        }
    }
}

/// An attribute name, in quotes if it needs them.
pub(crate) fn push_attribute_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push_attribute_name(name);
}

/// Bytes written between two looks.
const PIECE: usize = 1 << 19;

/// Words that cannot be attribute names without quotes. `or` can.
const KEYWORDS: [&[u8]; 9] =
    [b"assert", b"else", b"if", b"in", b"inherit", b"let", b"rec", b"then", b"with"];

/// Writing to a buffer.
pub(super) trait ShowText {
    /// What `write` writes, in a colour if colours are on.
    fn coloured(&mut self, on: bool, colour: Colour, write: impl FnOnce(&mut Vec<u8>));
    /// A string literal of at most `limit` bytes of `bytes`; `look` says between pieces whether to go on.
    fn push_nix_string<E>(
        &mut self,
        bytes: &[u8],
        limit: usize,
        look: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E>;
    /// An attribute name, in quotes if it needs them.
    fn push_attribute_name(&mut self, name: &[u8]);
}

impl ShowText for Vec<u8> {
    fn coloured(&mut self, on: bool, colour: Colour, write: impl FnOnce(&mut Vec<u8>)) {
        if on {
            self.extend_from_slice(colour.code());
        }
        write(self);
        if on {
            self.extend_from_slice(b"\x1b[0m");
        }
    }

    fn push_nix_string<E>(
        &mut self,
        bytes: &[u8],
        limit: usize,
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        self.push(b'"');
        for (index, byte) in bytes.iter().take(limit).enumerate() {
            match byte {
                b'"' | b'\\' => self.extend_from_slice(&[b'\\', *byte]),
                b'\n' => self.extend_from_slice(b"\\n"),
                b'\r' => self.extend_from_slice(b"\\r"),
                b'\t' => self.extend_from_slice(b"\\t"),
                b'$' if bytes.get(index + 1) == Some(&b'{') => self.extend_from_slice(b"\\$"),
                byte => self.push(*byte),
            }
            if index % PIECE == PIECE - 1 {
                look()?;
            }
        }
        self.push(b'"');
        Ok(())
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        let starts = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"_'-".contains(byte);
        if starts && name.iter().all(goes_on) && !KEYWORDS.contains(&name) {
            self.extend_from_slice(name);
        } else {
            let Ok(()) = self.push_nix_string(name, usize::MAX, || Ok::<(), Infallible>(()));
        }
    }
}

/// An attribute's name as messages show it: in quotes if it is no identifier.
pub fn attribute_name(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len() + 2);
    text.push_attribute_name(name);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_are_literals() {
        for (name, expected) in [
            ("a", "a"),
            ("_a'-1", "_a'-1"),
            ("1a", "\"1a\""),
            ("", "\"\""),
            ("if", "\"if\""),
            ("or", "or"),
            ("a\n${b}$\t\"\\", "\"a\\n\\${b}$\\t\\\"\\\\\""),
        ] {
            let mut out = Vec::new();
            out.push_attribute_name(name.as_bytes());
            assert_eq!(out, expected.as_bytes(), "{name}");
        }
        let mut out = Vec::new();
        out.push_nix_string(b"abc", 2, || Ok::<(), ()>(())).unwrap();
        assert_eq!(out, b"\"ab\"");
    }
}
