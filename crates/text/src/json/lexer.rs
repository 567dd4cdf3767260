//! Cuts a JSON text into tokens.
//!
//! In: the text. Out: tokens, or what is wrong with the bytes read last.
//! `read` counts the bytes taken, the end of the text as one byte more, because the positions in messages do.
//! Not here: which token may follow which (`reader`).

use crate::{KeepGoing, PIECE};

/// One token; the text of strings and numbers is asked for separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    True,
    False,
    Null,
    Str,
    Number { negative: bool, float: bool },
    BeginArray,
    EndArray,
    BeginObject,
    EndObject,
    Colon,
    Comma,
    End,
}

impl Token {
    /// The token's name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Token::True => "true literal",
            Token::False => "false literal",
            Token::Null => "null literal",
            Token::Str => "string literal",
            Token::Number { .. } => "number literal",
            Token::BeginArray => "'['",
            Token::EndArray => "']'",
            Token::BeginObject => "'{'",
            Token::EndObject => "'}'",
            Token::Colon => "':'",
            Token::Comma => "','",
            Token::End => "end of input",
        }
    }
}

/// What is wrong with the bytes read last.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String);

fn fault<T>(text: &str) -> Result<T, Fault> {
    Err(Fault(text.to_owned()))
}

const HIGH_ALONE: &str =
    "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
const LOW_ALONE: &str = "invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF";
const BAD_HEX: &str = "invalid string: '\\u' must be followed by 4 hex digits";
const BAD_UTF8: &str = "invalid string: ill-formed UTF-8 byte";

/// Names of the bytes below the space.
const CONTROL_NAMES: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

/// The state of the scan.
pub(super) struct Lexer<'a, 'k> {
    input: &'a [u8],
    /// Bytes taken so far; `input.len() + 1` once the end was seen.
    read: usize,
    /// Where the last string or number began: messages quote from there.
    token_start: usize,
    /// Where the last string ended, behind its quote.
    string_end: usize,
    /// The decoded text of the last string, if it had escapes.
    decoded: Vec<u8>,
    /// Whether the last string is in `decoded` rather than in the input.
    has_escapes: bool,
    /// Who says whether to go on, if anybody does.
    keep_going: Option<KeepGoing<'k>>,
    /// Whether the answer was no; the fault that comes then means nothing.
    pub(super) stopped: bool,
}

impl<'a, 'k> Lexer<'a, 'k> {
    pub(super) fn new(input: &'a [u8], keep_going: Option<KeepGoing<'k>>) -> Lexer<'a, 'k> {
        Lexer {
            input,
            read: 0,
            token_start: 0,
            string_end: 0,
            decoded: Vec::new(),
            has_escapes: false,
            keep_going,
            stopped: false,
        }
    }

    /// Between the pieces of what is long: whether to go on.
    #[cold]
    fn look(&mut self) -> Result<(), Fault> {
        let held = self.decoded.capacity();
        let asked = self.keep_going.as_mut();
        self.stopped = asked.is_some_and(|keep_going| !keep_going(PIECE >> 6, held));
        if self.stopped { fault("") } else { Ok(()) }
    }

    /// Passes bytes for as long as they are such.
    #[inline]
    fn skip(&mut self, is_such: impl Fn(u8) -> bool) -> Result<(), Fault> {
        let mut look_at = self.read + PIECE;
        while self.peek().is_some_and(&is_such) {
            self.read += 1;
            if self.read >= look_at {
                self.look()?;
                look_at += PIECE;
            }
        }
        Ok(())
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.decoded.capacity()
    }

    /// Takes a byte; `None` at the end, which counts too.
    fn get(&mut self) -> Option<u8> {
        let byte = self.input.get(self.read).copied();
        if self.read <= self.input.len() {
            self.read += 1;
        }
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.read).copied()
    }

    /// The text of the last string token.
    pub(super) fn string(&self) -> &[u8] {
        if self.has_escapes {
            &self.decoded
        } else {
            self.input.get(self.token_start + 1..self.string_end - 1).unwrap_or(&[])
        }
    }

    /// The text of the last number token.
    pub(super) fn number(&self) -> &'a [u8] {
        self.input.get(self.token_start..self.read).unwrap_or(&[])
    }

    /// What messages quote as read last.
    pub(super) fn last_read(&self) -> &'a [u8] {
        self.input.get(self.token_start..self.read.min(self.input.len())).unwrap_or(&[])
    }

    /// Line (from 1) and column of the byte read last; the column is 0 right after a line feed.
    pub(super) fn position(&self) -> (usize, usize) {
        let seen = &self.input[..self.read.min(self.input.len())];
        let line = 1 + memchr::memchr_iter(b'\n', seen).count();
        let line_start = memchr::memrchr(b'\n', seen).map_or(0, |at| at + 1);
        (line, self.read - line_start)
    }

    /// Whether the text is empty (which has a message of its own).
    pub(super) fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Skips a byte order mark at the very start.
    fn skip_mark(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(0xEF) {
            return Ok(());
        }
        self.get();
        if self.get() == Some(0xBB) && self.get() == Some(0xBF) {
            Ok(())
        } else {
            fault("invalid BOM; must be 0xEF 0xBB 0xBF if given")
        }
    }

    /// The next token.
    pub(super) fn next_token(&mut self) -> Result<Token, Fault> {
        if self.read == 0 {
            self.skip_mark()?;
        }
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        let start = self.read;
        match self.get() {
            Some(b'[') => Ok(Token::BeginArray),
            Some(b']') => Ok(Token::EndArray),
            Some(b'{') => Ok(Token::BeginObject),
            Some(b'}') => Ok(Token::EndObject),
            Some(b':') => Ok(Token::Colon),
            Some(b',') => Ok(Token::Comma),
            Some(b't') => self.literal(b"rue", Token::True),
            Some(b'f') => self.literal(b"alse", Token::False),
            Some(b'n') => self.literal(b"ull", Token::Null),
            Some(b'"') => {
                self.token_start = start;
                self.scan_string()
            }
            Some(first @ (b'-' | b'0'..=b'9')) => {
                self.token_start = start;
                self.scan_number(first)
            }
            None | Some(0) => Ok(Token::End),
            Some(_) => fault("invalid literal"),
        }
    }

    fn literal(&mut self, rest: &[u8], token: Token) -> Result<Token, Fault> {
        for expected in rest {
            if self.get() != Some(*expected) {
                return fault("invalid literal");
            }
        }
        Ok(token)
    }

    fn skip_digits(&mut self) -> Result<(), Fault> {
        self.skip(|byte| byte.is_ascii_digit())
    }

    fn scan_number(&mut self, first: u8) -> Result<Token, Fault> {
        let negative = first == b'-';
        let mut lead = first;
        if negative {
            match self.get() {
                Some(digit @ b'0'..=b'9') => lead = digit,
                _ => return fault("invalid number; expected digit after '-'"),
            }
        }
        if lead != b'0' {
            self.skip_digits()?;
        }
        let mut float = false;
        if self.peek() == Some(b'.') {
            float = true;
            self.read += 1;
            if !matches!(self.get(), Some(b'0'..=b'9')) {
                return fault("invalid number; expected digit after '.'");
            }
            self.skip_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.read += 1;
            match self.get() {
                Some(b'+' | b'-') => {
                    if !matches!(self.get(), Some(b'0'..=b'9')) {
                        return fault("invalid number; expected digit after exponent sign");
                    }
                }
                Some(b'0'..=b'9') => {}
                _ => return fault("invalid number; expected '+', '-', or digit after exponent"),
            }
            self.skip_digits()?;
        }
        Ok(Token::Number { negative, float })
    }

    fn scan_string(&mut self) -> Result<Token, Fault> {
        self.has_escapes = false;
        self.decoded.clear();
        // Bytes from here on are not copied to `decoded` yet.
        let mut copied = self.read;
        let mut look_at = self.read + PIECE;
        loop {
            if self.read >= look_at {
                self.look()?;
                look_at = self.read + PIECE;
                if self.has_escapes {
                    self.decoded.extend_from_slice(&self.input[copied..self.read]);
                    copied = self.read;
                }
            }
            let end = self.input.len().min(look_at);
            let piece = self.input.get(self.read..end).unwrap_or(&[]);
            let plain =
                piece.iter().position(|b| *b < 0x20 || *b >= 0x80 || matches!(b, b'"' | b'\\'));
            self.read += plain.unwrap_or(piece.len());
            if plain.is_none() && self.read == look_at {
                continue;
            }
            match self.get() {
                None => return fault("invalid string: missing closing quote"),
                Some(b'"') => {
                    if self.has_escapes {
                        self.decoded.extend_from_slice(&self.input[copied..self.read - 1]);
                    }
                    self.string_end = self.read;
                    return Ok(Token::Str);
                }
                Some(b'\\') => {
                    self.has_escapes = true;
                    self.decoded.extend_from_slice(&self.input[copied..self.read - 1]);
                    self.escape()?;
                    copied = self.read;
                }
                Some(control @ 0..0x20) => return control_fault(control),
                Some(lead) => self.utf8_rest(lead)?,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let byte = match self.get() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return fault("invalid string: forbidden character after backslash"),
        };
        self.decoded.push(byte);
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..4 {
            match self.get().and_then(|b| char::from(b).to_digit(16)) {
                Some(digit) => value = value * 16 + digit,
                None => return fault(BAD_HEX),
            }
        }
        Ok(value)
    }

    fn unicode_escape(&mut self) -> Result<(), Fault> {
        let mut code = self.hex4()?;
        if (0xD800..0xDC00).contains(&code) {
            if self.get() != Some(b'\\') || self.get() != Some(b'u') {
                return fault(HIGH_ALONE);
            }
            let low = self.hex4()?;
            if !(0xDC00..0xE000).contains(&low) {
                return fault(HIGH_ALONE);
            }
            code = 0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        // Only a low surrogate on its own is no character now.
        let Some(character) = char::from_u32(code) else { return fault(LOW_ALONE) };
        self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// Checks the bytes after the first of a multi-byte character.
    fn utf8_rest(&mut self, lead: u8) -> Result<(), Fault> {
        let (second, more) = match lead {
            0xC2..=0xDF => (0x80..=0xBF, 0),
            0xE0 => (0xA0..=0xBF, 1),
            0xED => (0x80..=0x9F, 1),
            0xE1..=0xEF => (0x80..=0xBF, 1),
            0xF0 => (0x90..=0xBF, 2),
            0xF1..=0xF3 => (0x80..=0xBF, 2),
            0xF4 => (0x80..=0x8F, 2),
            _ => return fault(BAD_UTF8),
        };
        if !self.get().is_some_and(|b| second.contains(&b)) {
            return fault(BAD_UTF8);
        }
        for _ in 0..more {
            if !matches!(self.get(), Some(0x80..=0xBF)) {
                return fault(BAD_UTF8);
            }
        }
        Ok(())
    }
}

/// The message for a raw control character in a string.
fn control_fault<T>(byte: u8) -> Result<T, Fault> {
    let name = CONTROL_NAMES[usize::from(byte & 31)];
    let short = match byte {
        8 => " or \\b",
        9 => " or \\t",
        10 => " or \\n",
        12 => " or \\f",
        13 => " or \\r",
        _ => "",
    };
    Err(Fault(format!(
        "invalid string: control character U+{byte:04X} ({name}) must be escaped to \\u{byte:04X}{short}"
    )))
}
