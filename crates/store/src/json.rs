//! The little JSON that derivations need: a reader and a compact writer.
//!
//! In: UTF-8 JSON text. Out: a [`Json`] value, and text with sorted keys and no white space, as Nix prints it.
//!
//! Invariants: total; nesting is limited to [`MAX_DEPTH`], and the reader keeps its own stack. Numbers keep the spelling
//! they came with. Of equal keys the last wins.
//!
//! Not here: the language's own JSON (`builtins.fromJSON`), which has Nix's messages and number rules.

use crate::sorted::Sorted;

/// How deep arrays and objects may nest.
pub(crate) const MAX_DEPTH: usize = 512;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As spelled.
    Number(Vec<u8>),
    /// Valid UTF-8.
    String(Vec<u8>),
    Array(Vec<Json>),
    Object(Object),
}

pub(crate) type Object = Sorted<Vec<u8>, Json>;

/// An array or object being read.
enum Open {
    Array(Vec<Json>),
    /// With the key whose value comes next.
    Object(Vec<(Vec<u8>, Json)>, Vec<u8>),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// Parses a whole text. The error is the offset where it stopped being JSON.
pub(crate) fn parse(text: &[u8]) -> Result<Json, usize> {
    let text = std::str::from_utf8(text).map_err(|e| e.valid_up_to())?;
    let mut reader = Reader { text, at: 0 };
    let value = reader.document().ok_or(reader.at)?;
    reader.space();
    if reader.at == text.len() { Ok(value) } else { Err(reader.at) }
}

impl Reader<'_> {
    fn document(&mut self) -> Option<Json> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            self.space();
            let mut value = match self.peek()? {
                b'[' => {
                    self.at += 1;
                    if !self.accept(b']') {
                        self.open(&mut stack, Open::Array(Vec::new()))?;
                        continue;
                    }
                    Json::Array(Vec::new())
                }
                b'{' => {
                    self.at += 1;
                    if !self.accept(b'}') {
                        let key = self.key()?;
                        self.open(&mut stack, Open::Object(Vec::new(), key))?;
                        continue;
                    }
                    Json::Object(Sorted::new())
                }
                _ => self.scalar()?,
            };
            // Hand the value to what is open, closing all that ends here.
            loop {
                match stack.pop() {
                    None => return Some(value),
                    Some(Open::Array(mut items)) => {
                        items.push(value);
                        if self.accept(b',') {
                            stack.push(Open::Array(items));
                            break;
                        }
                        value = self.accept(b']').then_some(Json::Array(items))?;
                    }
                    Some(Open::Object(mut entries, key)) => {
                        entries.push((key, value));
                        if self.accept(b',') {
                            let key = self.key()?;
                            stack.push(Open::Object(entries, key));
                            break;
                        }
                        value = self
                            .accept(b'}')
                            .then(|| Json::Object(entries.into_iter().collect()))?;
                    }
                }
            }
        }
    }

    fn open(&self, stack: &mut Vec<Open>, open: Open) -> Option<()> {
        (stack.len() < MAX_DEPTH).then(|| stack.push(open))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn key(&mut self) -> Option<Vec<u8>> {
        self.space();
        let key = self.string()?;
        self.accept(b':').then_some(key)
    }

    fn scalar(&mut self) -> Option<Json> {
        if self.peek() == Some(b'"') {
            return self.string().map(Json::String);
        }
        let words =
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Some(value);
            }
        }
        self.number()
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(Json::Number(self.text.as_bytes()[start..self.at].to_vec()))
    }

    fn string(&mut self) -> Option<Vec<u8>> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let run = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20))?;
            out.extend_from_slice(&rest[..run]);
            self.at += run;
            match rest[run] {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex4()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high);
                }
                let low = self.text[self.at..]
                    .starts_with("\\u")
                    .then(|| self.at += 2)
                    .and_then(|()| self.hex4())?;
                let low = low.checked_sub(0xdc00).filter(|l| *l < 0x400)?;
                return char::from_u32(0x10000 + ((high - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        let value =
            digits.iter().try_fold(0, |n, d| Some(n << 4 | char::from(*d).to_digit(16)?))?;
        self.at += 4;
        Some(value)
    }
}

impl Json {
    /// A string, if the bytes are UTF-8.
    pub(crate) fn text(bytes: &[u8]) -> Option<Json> {
        std::str::from_utf8(bytes).is_ok().then(|| Json::String(bytes.to_vec()))
    }

    /// Appends compact text. Recursion is as deep as the value nests, which the reader limits.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Number(text) => out.extend_from_slice(text),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b"," } else { b"" });
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(entries) => {
                out.push(b'{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b"," } else { b"" });
                    write_string(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut clean = 0;
    for (i, &b) in text.iter().enumerate().filter(|(_, b)| matches!(b, b'"' | b'\\' | 0..0x20)) {
        out.extend_from_slice(&text[clean..i]);
        clean = i + 1;
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', b]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                crate::hash::base16_into(&[b], out);
            }
        }
    }
    out.extend_from_slice(&text[clean..]);
    out.push(b'"');
}
