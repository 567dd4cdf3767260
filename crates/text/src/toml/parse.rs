//! The lines of a TOML text.
//!
//! In: the text. Out: the finished document, or all mistakes: after one, reading goes on where the reference goes on (`skip`).
//! Not here: values (`value`), strings, numbers, the rules about tables.

use super::fault::{Fault, fault};
use super::insert::{Builder, Key, STEP};
use super::string::{newline, string, text_char};
use super::{Document, Error, NodeId};
use crate::{KeepGoing, PIECE};

const BAD_KEY: &str =
    "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key.";
const KEY_HINT: &str = "Hint: non-ASCII scripts are allowed in toml v1.1.0, but not in v1.0.0.\n";
const COMMENT_HINT: &str = "Hint: most of the control characters are not allowed in comments";
/// Mistakes told at most; a text that has more is not read further.
const MOST: usize = 200;

/// Bytes held between two questions whether to go on.
const ASK_EVERY: usize = 64 << 10;

pub(super) struct Parser<'a, 'k> {
    pub(super) input: &'a [u8],
    pub(super) at: usize,
    pub(super) builder: Builder,
    faults: Vec<Fault>,
    /// Who says whether to go on, how many bytes were held when that was asked last, and whether the answer was no.
    keep_going: Option<KeepGoing<'k>>,
    asked: usize,
    told_to_end: bool,
    /// From where on it is asked because of the bytes passed.
    look_at: usize,
    /// How often reading went back to the beginning of a line.
    pub(super) gone_back: usize,
}

impl<'a, 'k> Parser<'a, 'k> {
    /// A parser of the text from an offset on. The text ends in a line end or carriage return.
    pub(super) fn at(input: &'a [u8], at: usize) -> Parser<'a, 'k> {
        Parser {
            input,
            at,
            builder: Builder::new(),
            faults: Vec::new(),
            keep_going: None,
            asked: 0,
            told_to_end: false,
            look_at: at + PIECE,
            gone_back: 0,
        }
    }

    pub(super) fn run(mut self, keep_going: KeepGoing<'k>) -> Result<Document, Error> {
        self.keep_going = Some(keep_going);
        if self.input.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
        self.file();
        if self.told_to_end {
            return Err(Error { message: String::new(), text: Default::default() });
        }
        let Some(first) = self.faults.first() else {
            return Ok(Document { nodes: self.builder.nodes });
        };
        let message = format!("[error] {}", first.title);
        let text = self.faults.iter().map(|fault| fault.text(self.input)).collect();
        Err(Error { message, text })
    }

    /// Counts so many bytes more, and asks now and then whether to go on. If not, the text ends here.
    pub(super) fn hold(&mut self, bytes: usize) {
        self.builder.held += bytes;
        let held = self.builder.held;
        if held - self.asked < ASK_EVERY {
            return;
        }
        let steps = (held - self.asked) >> 6;
        self.asked = held;
        self.ask(steps, held);
    }

    /// Asks whether to go on. If not, the text ends here.
    fn ask(&mut self, steps: usize, held: usize) {
        if self.keep_going.as_mut().is_some_and(|keep_going| !keep_going(steps, held)) {
            self.told_to_end = true;
            (self.input, self.at) = (&[], 0);
        }
    }

    /// Asks now and then while bytes are passed of which nothing is held.
    #[inline]
    pub(super) fn pass(&mut self) {
        if self.at >= self.look_at {
            self.look(0);
        }
    }

    /// Between two pieces of what is long: whether to go on, with so many bytes held besides.
    #[cold]
    fn look(&mut self, more: usize) -> bool {
        self.look_at = self.at + PIECE;
        self.ask(PIECE >> 6, self.builder.held + more);
        !self.told_to_end
    }

    /// A string of any kind that begins here; `multi_line` says whether three quotes count.
    pub(super) fn string(&mut self, multi_line: bool) -> Result<(Vec<u8>, usize), Fault> {
        string(self.rest(), multi_line, &mut |held| self.look(held))
    }

    /// Asks before there may be a table for each step of a path.
    fn hold_steps(&mut self, key: &Key) {
        let bytes = key.path.len().saturating_mul(STEP);
        self.hold(bytes);
        // Those made are counted as they are made.
        self.builder.held -= bytes;
        self.asked = self.asked.min(self.builder.held);
    }

    pub(super) fn insert(&mut self, table: NodeId, key: &Key, value: NodeId) -> Result<(), Fault> {
        self.hold_steps(key);
        if self.told_to_end { Ok(()) } else { self.builder.insert(table, key, value) }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at += self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    }

    /// Takes this byte if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn take_newline(&mut self) -> bool {
        let length = newline(self.rest());
        self.at += length;
        length > 0
    }

    fn at_end(&self) -> bool {
        self.at >= self.input.len()
    }

    /// Notes a mistake. A text with too many of them ends there.
    pub(super) fn report(&mut self, fault: Fault) {
        if self.faults.len() < MOST {
            self.faults.push(fault);
        } else {
            self.at = self.input.len();
        }
    }

    /// How many mistakes were noted.
    pub(super) fn reported(&self) -> usize {
        self.faults.len()
    }

    /// The last mistake noted; with `take` it is no longer.
    pub(super) fn last_fault(&mut self, take: bool) -> Option<Fault> {
        if take { self.faults.pop() } else { self.faults.last().cloned() }
    }

    /// Blanks and a comment with its line end; whether there was one. Blanks without one stay.
    pub(super) fn comment(&mut self) -> Result<bool, Fault> {
        let start = self.at;
        self.skip_blanks();
        if self.peek() != Some(b'#') {
            self.at = start;
            return Ok(false);
        }
        self.skip_comment_text();
        if self.at_end() || self.take_newline() {
            return Ok(true);
        }
        let title = "toml::parse_comment_line: newline (LF / CRLF) or EOF is expected";
        // The line of the mistake is over, or the next one; the reference marks where it goes on.
        let from = (self.at + 1).min(self.input.len());
        let line = memchr::memchr(b'\n', &self.input[from..]);
        self.at = line.map_or(self.input.len(), |at| from + at + 1);
        Err(Fault::new(title, self.at..self.at + 1, "but got this").hint(COMMENT_HINT))
    }

    fn skip_comment_text(&mut self) {
        self.at += 1;
        loop {
            match text_char(self.rest()) {
                0 => return,
                length => self.at += length,
            }
            self.pass();
        }
    }

    /// Blanks, line ends and whole comments; whether a line ended.
    pub(super) fn skip_space(&mut self) -> bool {
        let mut ended = false;
        loop {
            self.pass();
            let start = self.at;
            self.skip_blanks();
            if self.peek() == Some(b'#') {
                let comment = self.at;
                self.skip_comment_text();
                if !self.take_newline() {
                    self.at = comment;
                    return ended;
                }
                ended = true;
            } else if self.take_newline() {
                ended = true;
            } else if self.at == start {
                return ended;
            }
        }
    }

    fn file(&mut self) {
        let start = self.at;
        while !self.at_end() {
            match self.comment() {
                Ok(true) => {}
                Ok(false) => {
                    self.skip_blanks();
                    if !self.take_newline() {
                        self.at = start;
                    }
                    break;
                }
                Err(fault) => {
                    self.report(fault);
                    self.skip_comments();
                }
            }
        }
        self.table(0);
        while !self.at_end() {
            self.skip_space();
            match self.header() {
                Ok((key, array)) => self.section(&key, array),
                Err(fault) => {
                    self.report(fault);
                    self.skip_to_header();
                }
            }
        }
    }

    /// What follows a header.
    fn section(&mut self, key: &Key, array: bool) {
        match self.comment() {
            Ok(true) => {}
            Ok(false) => {
                self.skip_blanks();
                if !self.at_end() && !self.take_newline() {
                    let title = "toml::parse_file: newline (or EOF) expected";
                    let label = "expected 0x0a(LINE FEED) or \r\n";
                    self.report(Fault::new(title, self.at..self.at + 1, label));
                    return self.skip_to_header();
                }
            }
            Err(fault) => {
                self.report(fault);
                return self.skip_to_header();
            }
        }
        self.hold_steps(key);
        if self.told_to_end {
            return;
        }
        let table =
            if array { self.builder.open_array_table(key) } else { self.builder.open_table(key) };
        let table = table.unwrap_or_else(|fault| {
            self.report(fault);
            // What stands below is read for its mistakes.
            self.builder.loose_table()
        });
        self.table(table);
    }

    /// The pairs up to the next header.
    fn table(&mut self, table: NodeId) {
        let before = self.reported();
        if let Err(fault) = self.pairs(table) {
            self.report(fault);
        } else if self.reported() == before {
            return;
        }
        self.skip_to_header();
    }

    fn pairs(&mut self, table: NodeId) -> Result<(), Fault> {
        let mut line_ended = true;
        while !self.at_end() {
            self.hold(1);
            let start = self.at;
            line_ended |= self.skip_space();
            if self.at_end() {
                return Ok(());
            }
            // The reference lets a header follow a value on its line.
            if self.peek() == Some(b'[') {
                self.at = start;
                return Ok(());
            }
            if !line_ended {
                let title = "toml::parse_table: newline (LF / CRLF) or EOF is expected";
                return fault(title, self.at, "here");
            }
            match self.pair() {
                Ok((key, value)) => {
                    line_ended = self.comment().unwrap_or_else(|fault| {
                        self.report(fault);
                        false
                    });
                    if let Err(fault) = self.insert(table, &key, value) {
                        self.report(fault);
                    }
                }
                Err(fault) => {
                    line_ended = false;
                    self.report(fault);
                    self.skip_pair();
                }
            }
        }
        Ok(())
    }

    fn pair(&mut self) -> Result<(Key, NodeId), Fault> {
        let key = self.key_and_equals()?;
        Ok((key, self.value()?))
    }

    /// `[path]` or `[[path]]` (which gives `true`).
    pub(super) fn header(&mut self) -> Result<(Key, bool), Fault> {
        let start = self.at;
        let array = self.rest().starts_with(b"[[");
        let (title, opening, closing, expected) = if array {
            ("toml::parse_file: invalid array-table key", "[[", &b"]]"[..], "expected ]]")
        } else {
            ("toml::parse_file: invalid table key", "[", &b"]"[..], "expected ]")
        };
        if self.peek() != Some(b'[') {
            return fault(title, self.at, "expected [");
        }
        self.at += opening.len();
        self.skip_blanks();
        let Ok(path) = self.path(false) else {
            let label = "expected basic key([a-zA-Z0-9_-]) or quoted key(\" or ')";
            let at = std::mem::replace(&mut self.at, start);
            return fault(title, at, label);
        };
        self.skip_blanks();
        if !self.rest().starts_with(closing) {
            let at = std::mem::replace(&mut self.at, start);
            return fault(title, at, expected);
        }
        self.at += closing.len();
        Ok((Key { path, place: start..self.at }, array))
    }

    /// One part of a key.
    fn simple_key(&mut self) -> Result<Vec<u8>, Fault> {
        // A vector in a vector that doubles.
        self.hold(2 * size_of::<Vec<u8>>() + 32);
        if let Some(b'"' | b'\'') = self.peek() {
            let (key, len) = self.string(false).map_err(|fault| fault.shifted(self.at))?;
            self.at += len;
            return Ok(key);
        }
        let is_bare = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let len = self.rest().iter().take_while(is_bare).count();
        if len == 0 {
            let label = "expected alpha [a-zA-Z], digit [0-9], -, or _";
            return Err(Fault::new(BAD_KEY, self.at..self.at + 1, label).hint(KEY_HINT));
        }
        let key = self.rest()[..len].to_vec();
        self.at += len;
        Ok(key)
    }

    /// Keys with dots between them. `strict`: a dot must be followed by a key; else the path ends before such a dot.
    fn path(&mut self, strict: bool) -> Result<Vec<Vec<u8>>, Fault> {
        let mut path = vec![self.simple_key()?];
        loop {
            let end = self.at;
            self.skip_blanks();
            if !self.take(b'.') {
                self.at = end;
                return Ok(path);
            }
            self.skip_blanks();
            match self.simple_key() {
                Ok(key) => path.push(key),
                Err(fault) if strict => return Err(fault),
                Err(_) => {
                    self.at = end;
                    return Ok(path);
                }
            }
        }
    }

    /// A path, the equals sign, and the blanks around it. After a mistake the parser stands where the path began.
    pub(super) fn key_and_equals(&mut self) -> Result<Key, Fault> {
        let start = self.at;
        let path = match self.path(true) {
            Ok(path) => path,
            Err(fault) => {
                self.at = start;
                return Err(fault);
            }
        };
        let place = start..self.at;
        self.skip_blanks();
        if !self.take(b'=') {
            let at = std::mem::replace(&mut self.at, start);
            let title = "toml::parse_key_value_pair: invalid key value separator `=`";
            return fault(title, at, "expected =");
        }
        self.skip_blanks();
        Ok(Key { path, place })
    }
}
