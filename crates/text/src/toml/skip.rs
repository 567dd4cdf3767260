//! Where reading goes on after a mistake, as in the reference.
//!
//! In: the parser at a mistake. Out: the parser somewhere behind it. Nests are walked with an explicit stack.
//! Not here: mistakes themselves.

use super::parse::Parser;

/// How often it is gone back in one text.
const MOST_TIMES_BACK: usize = 64;

impl Parser<'_, '_> {
    /// Past a value that is wrong, or up to what may end it.
    pub(super) fn skip_value(&mut self) {
        match self.peek() {
            Some(b'"' | b'\'') => self.skip_string(),
            Some(b'[' | b'{') => self.skip_nest(),
            _ => {
                while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b',' | b']' | b'}')) {
                    self.at += 1;
                }
            }
        }
    }

    fn skip_string(&mut self) {
        let Some(quote) = self.peek() else { return };
        let closing = [quote; 3];
        if self.rest().starts_with(&closing) {
            let found = memchr::memmem::find(&self.rest()[3..], &closing);
            self.at = found.map_or(self.input.len(), |at| self.at + 3 + at + 3);
            return;
        }
        let rest = &self.rest()[1..];
        let end = memchr::memchr2(quote, b'\n', rest);
        self.at = end.map_or(self.input.len(), |at| self.at + 1 + at + 1);
    }

    /// From an opening bracket or brace up to what ends it or shows that its end is missing.
    fn skip_nest(&mut self) {
        let mut open = Vec::new();
        open.extend(self.peek());
        self.at += 1;
        while let (Some(kind), Some(byte)) = (open.last(), self.peek()) {
            let in_table = *kind == b'{';
            match byte {
                b'\n' if in_table => {
                    open.pop();
                }
                b'"' | b'\'' => self.skip_string(),
                b'#' => {
                    self.skip_comments();
                    if in_table {
                        open.pop();
                    }
                }
                b'[' if self.header_here() => {
                    open.pop();
                }
                b'[' | b'{' => {
                    open.push(byte);
                    self.at += 1;
                }
                // No array has keys: its end is missing before this line. Where the array began on this line it is read again,
                // and perhaps again and again: there the reference runs out of stack, and we stop going back.
                b'=' if !in_table && self.gone_back >= MOST_TIMES_BACK => self.at += 1,
                b'=' if !in_table => {
                    self.gone_back += 1;
                    let line = memchr::memrchr(b'\n', &self.input[..self.at]);
                    self.at = line.map_or(0, |at| at + 1);
                    open.pop();
                }
                b']' if !in_table => {
                    open.pop();
                }
                b'}' if in_table => {
                    open.pop();
                }
                _ => self.at += 1,
            }
        }
    }

    /// Comments and empty lines.
    pub(super) fn skip_comments(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() == Some(b'#') {
                let line = memchr::memchr(b'\n', self.rest());
                self.at = line.map_or(self.input.len(), |at| self.at + at + 1);
            } else if !self.take_newline() {
                return;
            }
        }
    }

    /// Past the value of a pair, or to the end of the line if there is none.
    pub(super) fn skip_pair(&mut self) {
        let end = memchr::memchr2(b'=', b'\n', self.rest());
        self.at = end.map_or(self.input.len(), |at| self.at + at);
        if self.peek() == Some(b'=') {
            self.skip_value();
        }
    }

    /// To the line of the next header.
    pub(super) fn skip_to_header(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'\n' {
                self.at += 1;
                let line = self.at;
                self.skip_blanks();
                if self.header_here() {
                    self.at = line;
                    return;
                }
            }
            self.at += 1;
        }
    }

    /// Whether a whole header stands here.
    fn header_here(&self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        let mut scout = Parser::at(self.input, self.at);
        scout.header().is_ok()
    }
}
