//! The lines of a TOML text and the values in them.
//!
//! In: the text. Out: the finished document.
//! Invariant: open arrays and inline tables lie on a heap stack. Not here: strings, numbers, the rules about tables.

use super::insert::{Builder, Origin};
use super::number::number;
use super::text::{newline, string, text_char};
use super::{Document, Error, Fault, Node, NodeId, fault};

const BAD_KEY: &str =
    "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key.";
const UNKNOWN: &str = "bad format: unknown value appeared";

/// An open bracket or brace.
enum Open {
    Array(Vec<NodeId>),
    /// The table and the key whose value is being read.
    Table(NodeId, Vec<Vec<u8>>),
}

pub(super) struct Parser<'a> {
    input: &'a [u8],
    at: usize,
    builder: Builder,
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a [u8]) -> Parser<'a> {
        let at = if input.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Parser { input, at, builder: Builder::new() }
    }

    pub(super) fn run(mut self) -> Result<Document, Error> {
        match self.file() {
            Ok(()) => Ok(Document { nodes: self.builder.nodes }),
            Err(Fault(message, with)) => {
                // A header is looked at once its line is read, so a clash is told of by the line's beginning.
                let here = if with.is_some() { self.builder.line_start } else { self.at };
                let mut excerpt = vec![self.line_at(here)];
                let other = with.and_then(|node| self.builder.places.get(node).copied());
                excerpt.extend(other.map(|place| self.line_at(place)));
                Err(Error { message, line: excerpt[0].0, excerpt })
            }
        }
    }

    /// The line around an offset, with its number from 1.
    fn line_at(&self, at: usize) -> (usize, Vec<u8>) {
        let (seen, rest) = self.input.split_at(at.min(self.input.len()));
        let number = 1 + memchr::memchr_iter(b'\n', seen).count();
        let start = memchr::memrchr(b'\n', seen).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = [&seen[start..], &rest[..end]].concat();
        (number, line.strip_suffix(b"\r").unwrap_or(&line).to_vec())
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or(&[])
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    }

    /// Takes this byte if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a comment if there is one; the line end stays.
    fn comment(&mut self) -> Result<(), Fault> {
        if !self.take(b'#') {
            return Ok(());
        }
        loop {
            match text_char(self.rest()) {
                0 if self.at_line_end() => return Ok(()),
                0 => {
                    return fault(
                        "toml::parse_comment_line: newline (LF / CRLF) or EOF is expected",
                    );
                }
                len => self.at += len,
            }
        }
    }

    fn at_line_end(&self) -> bool {
        self.at >= self.input.len() || newline(self.rest()) > 0
    }

    /// Takes blanks, a comment and the line end.
    fn end_line(&mut self, complaint: &str) -> Result<(), Fault> {
        self.skip_blanks();
        self.comment()?;
        if !self.at_line_end() {
            return fault(complaint);
        }
        self.at += newline(self.rest());
        Ok(())
    }

    fn file(&mut self) -> Result<(), Fault> {
        let mut table = 0;
        while self.at < self.input.len() {
            self.builder.line_start = self.at;
            self.skip_blanks();
            match self.peek() {
                Some(b'[') => {
                    let (path, array) = self.header()?;
                    self.end_line("toml::parse_file: newline (or EOF) expected")?;
                    table = if array {
                        self.builder.open_array_table(&path)?
                    } else {
                        self.builder.open_table(&path)?
                    };
                }
                Some(b'#') => self.end_line("")?,
                _ if self.at_line_end() => self.at += newline(self.rest()),
                _ => {
                    let path = self.key_and_equals()?;
                    let value = self.value()?;
                    self.builder.insert(table, &path, value)?;
                    self.skip_blanks();
                    // The reference lets a header follow a value on its line.
                    if self.peek() != Some(b'[') {
                        self.end_line("toml::parse_table: newline (LF / CRLF) or EOF is expected")?;
                    }
                }
            }
        }
        Ok(())
    }

    /// `[path]` or `[[path]]` (which gives `true`).
    fn header(&mut self) -> Result<(Vec<Vec<u8>>, bool), Fault> {
        self.at += 1;
        let array = self.take(b'[');
        let complaint = if array {
            "toml::parse_file: invalid array-table key"
        } else {
            "toml::parse_file: invalid table key"
        };
        self.skip_blanks();
        let Ok(path) = self.path() else { return fault(complaint) };
        self.skip_blanks();
        if !self.take(b']') || (array && !self.take(b']')) {
            return fault(complaint);
        }
        Ok((path, array))
    }

    /// One part of a key.
    fn simple_key(&mut self) -> Result<Vec<u8>, Fault> {
        if let Some(b'"' | b'\'') = self.peek() {
            let (key, len) = string(self.rest(), false)?;
            self.at += len;
            return Ok(key);
        }
        let is_bare = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let len = self.rest().iter().take_while(is_bare).count();
        if len == 0 {
            return fault(BAD_KEY);
        }
        let key = self.rest()[..len].to_vec();
        self.at += len;
        Ok(key)
    }

    /// Keys with dots between them.
    fn path(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let mut path = vec![self.simple_key()?];
        loop {
            let end = self.at;
            self.skip_blanks();
            if !self.take(b'.') {
                self.at = end;
                return Ok(path);
            }
            self.skip_blanks();
            path.push(self.simple_key()?);
        }
    }

    /// A path, the equals sign, and the blanks around it.
    fn key_and_equals(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let path = self.path()?;
        self.skip_blanks();
        if !self.take(b'=') {
            return fault("toml::parse_key_value_pair: invalid key value separator `=`");
        }
        self.skip_blanks();
        Ok(path)
    }

    /// Takes blanks, line ends and comments between the elements of an array.
    fn skip_array_space(&mut self) -> Result<(), Fault> {
        loop {
            self.skip_blanks();
            match (self.peek(), newline(self.rest())) {
                (Some(b'#'), _) => self.comment()?,
                (_, 0) => return Ok(()),
                (_, len) => self.at += len,
            }
        }
    }

    /// A value; brackets inside it lie on a stack.
    fn value(&mut self) -> Result<NodeId, Fault> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // Here a value begins.
            let mut done = match self.peek() {
                Some(b'[') => {
                    self.at += 1;
                    match self.begin_array()? {
                        Some(done) => done,
                        None => {
                            open.push(Open::Array(Vec::new()));
                            continue;
                        }
                    }
                }
                Some(b'{') => {
                    self.at += 1;
                    let table = self.builder.table(Origin::Inline);
                    self.skip_blanks();
                    if self.take(b'}') {
                        table
                    } else {
                        let path = self.key_and_equals()?;
                        open.push(Open::Table(table, path));
                        continue;
                    }
                }
                _ => self.scalar()?,
            };
            // Here one has ended.
            loop {
                let closed = match open.last_mut() {
                    None => return Ok(done),
                    Some(Open::Array(items)) => {
                        items.push(done);
                        self.after_element()?
                    }
                    Some(Open::Table(table, path)) => {
                        let table = *table;
                        let path = std::mem::take(path);
                        self.builder.insert(table, &path, done)?;
                        match self.after_member()? {
                            Some(next) => {
                                if let Some(Open::Table(_, path)) = open.last_mut() {
                                    *path = next;
                                }
                                false
                            }
                            None => true,
                        }
                    }
                };
                if !closed {
                    break;
                }
                done = match open.pop() {
                    Some(Open::Array(items)) => self.builder.add(Node::Array(items), Origin::Plain),
                    Some(Open::Table(table, _)) => table,
                    None => done,
                };
            }
        }
    }

    /// Behind `[`: the array if it is empty.
    fn begin_array(&mut self) -> Result<Option<NodeId>, Fault> {
        self.skip_array_space()?;
        if self.take(b']') {
            return Ok(Some(self.builder.add(Node::Array(Vec::new()), Origin::Plain)));
        }
        self.array_must_go_on()?;
        Ok(None)
    }

    fn array_must_go_on(&self) -> Result<(), Fault> {
        if self.at >= self.input.len() {
            fault("toml::parse_array: missing closing bracket `]`")
        } else {
            Ok(())
        }
    }

    /// Behind an element: whether the array ends.
    fn after_element(&mut self) -> Result<bool, Fault> {
        self.skip_array_space()?;
        if self.take(b']') {
            return Ok(true);
        }
        self.array_must_go_on()?;
        if !self.take(b',') {
            return fault("toml::parse_array: expected value-separator `,` or closing `]`");
        }
        self.skip_array_space()?;
        if self.take(b']') {
            return Ok(true);
        }
        self.array_must_go_on()?;
        Ok(false)
    }

    /// Behind a member of an inline table: the next key, or `None` at the end.
    fn after_member(&mut self) -> Result<Option<Vec<Vec<u8>>>, Fault> {
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(None);
        }
        if !self.take(b',') {
            return fault("toml::parse_inline_table: expected value-separator `,` or closing `}`");
        }
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            return fault(
                "toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)",
            );
        }
        self.key_and_equals().map(Some)
    }

    /// Anything but an array or table.
    fn scalar(&mut self) -> Result<NodeId, Fault> {
        let rest = self.rest();
        let (node, len) = match rest {
            [b'"' | b'\'', ..] => {
                let (text, len) = string(rest, true)?;
                (Node::Str(text), len)
            }
            [b'0'..=b'9', ..] | [b'+' | b'-', b'0'..=b'9', ..] => number(rest)?,
            [b'+' | b'-', b'i' | b'n', ..] => match special(&rest[1..]) {
                Some(value) if rest[0] == b'-' => (Node::Float(-value), 4),
                Some(value) => (Node::Float(value), 4),
                None => return fault(UNKNOWN),
            },
            _ => word(rest)?,
        };
        self.at += len;
        Ok(self.builder.add(node, Origin::Plain))
    }
}

fn special(rest: &[u8]) -> Option<f64> {
    if rest.starts_with(b"inf") {
        Some(f64::INFINITY)
    } else if rest.starts_with(b"nan") {
        // The sign of a not-a-number is visible when it is printed.
        Some(f64::NAN.copysign(1.0))
    } else {
        None
    }
}

/// A value that begins with a letter or with something no value begins with.
fn word(rest: &[u8]) -> Result<(Node, usize), Fault> {
    if rest.starts_with(b"true") {
        return Ok((Node::Bool(true), 4));
    }
    if rest.starts_with(b"false") {
        return Ok((Node::Bool(false), 5));
    }
    if let Some(value) = special(rest) {
        return Ok((Node::Float(value), 3));
    }
    let meant = match rest.first() {
        Some(b't' | b'f') => {
            return fault(
                "toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. \
                 string must be surrounded by `\"`",
            );
        }
        Some(b'T') => "true",
        Some(b'F') => "false",
        Some(b'i' | b'I') => "inf",
        Some(b'n' | b'N') => "nan",
        Some(b'.') => return fault("bad float: integer part is required before decimal point"),
        Some(b'_') => return fault("bad number: `_` must be surrounded by digits"),
        _ => return fault(UNKNOWN),
    };
    fault(&format!(
        "toml::parse_value: `{meant}` must be in lowercase. A string must be surrounded by quotes."
    ))
}
