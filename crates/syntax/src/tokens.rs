//! All tokens of a text, with the pieces of strings and paths: a view for people, highlighters and doc comments.
//!
//! In: a text. Out: lexemes in order; what lies between them is spaces and comments.
//!
//! The parser does not use this: it asks the lexer for one token at a time, as it needs to know what a `}` closes.
//!
//! Invariants
//! - Never fails: an unterminated string reaches to the end of the text.

use crate::lexer::{Lexer, TokenKind};

/// A token, or a piece of a string or path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// The offset of its first byte.
    pub start: usize,
    /// The offset after its last byte.
    pub end: usize,
}

/// What a lexeme is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LexemeKind {
    /// A token of the lexer.
    Token(TokenKind),
    /// Text in a string, escapes as written.
    StringText,
    /// The quote that ends a string.
    StringEnd,
    /// A later piece of a path.
    PathText,
}

impl LexemeKind {
    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LexemeKind::Token(kind) => kind.name(),
            LexemeKind::StringText => "string text",
            LexemeKind::StringEnd => "end of string",
            LexemeKind::PathText => "path text",
        }
    }
}

/// What a `}` may lead back to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Braces,
    String,
    IndentedString,
    Path,
}

/// All lexemes of `text`, without the end of the text.
#[must_use]
pub fn tokens(text: &[u8]) -> Vec<Lexeme> {
    let mut reader =
        Reader { text, lexer: Lexer::new(text), inside: Vec::new(), found: Vec::new() };
    reader.run();
    reader.found
}

/// The lexemes one a line: offset, kind, text.
#[must_use]
pub fn show_tokens(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for lexeme in tokens(text) {
        out.extend_from_slice(
            format!("{}..{} {} ", lexeme.start, lexeme.end, lexeme.kind.name()).as_bytes(),
        );
        crate::show::show_string(&text[lexeme.start..lexeme.end], &mut out);
        out.push(b'\n');
    }
    out
}

struct Reader<'t> {
    text: &'t [u8],
    lexer: Lexer<'t>,
    inside: Vec<Inside>,
    found: Vec<Lexeme>,
}

impl Reader<'_> {
    fn push(&mut self, kind: LexemeKind, start: usize, end: usize) {
        if start < end {
            self.found.push(Lexeme { kind, start, end });
        }
    }

    fn run(&mut self) {
        loop {
            let token = self.lexer.next_token();
            let (start, end) = (token.start as usize, token.end as usize);
            self.push(LexemeKind::Token(token.kind), start, end);
            match token.kind {
                TokenKind::End => return,
                TokenKind::Quote => self.string(end),
                TokenKind::IndentedQuote => self.indented_string(end),
                TokenKind::Path | TokenKind::HomePath => self.path(end),
                TokenKind::BraceOpen | TokenKind::DollarBrace => self.inside.push(Inside::Braces),
                TokenKind::BraceClose => match self.inside.pop() {
                    Some(Inside::String) => self.string(end),
                    Some(Inside::IndentedString) => self.indented_string(end),
                    Some(Inside::Path) => self.path(end),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Takes a `${` at `at`.
    fn interpolation(&mut self, at: usize, inside: Inside) {
        self.push(LexemeKind::Token(TokenKind::DollarBrace), at, at + 2);
        self.inside.push(inside);
        self.lexer.seek(at + 2);
    }

    /// Ends a string whose last piece starts at `from` and whose quote lies at `at`.
    fn string_end(&mut self, from: usize, at: usize, quote: usize) {
        self.push(LexemeKind::StringText, from, at);
        self.push(LexemeKind::StringEnd, at, at + quote);
        self.lexer.seek(at + quote);
    }

    fn string(&mut self, from: usize) {
        let mut at = from;
        loop {
            match (self.text.get(at), self.text.get(at + 1)) {
                (None, _) => return self.string_end(from, at, 0),
                (Some(b'"'), _) => return self.string_end(from, at, 1),
                (Some(b'$'), Some(b'{')) => {
                    self.push(LexemeKind::StringText, from, at);
                    return self.interpolation(at, Inside::String);
                }
                (Some(b'\\'), Some(_)) | (Some(b'$'), Some(b'$')) => at += 2,
                _ => at += 1,
            }
        }
    }

    fn indented_string(&mut self, from: usize) {
        let mut at = from;
        loop {
            let byte = |offset: usize| self.text.get(at + offset).copied();
            match (byte(0), byte(1), byte(2)) {
                (None, ..) => return self.string_end(from, at, 0),
                (Some(b'$'), Some(b'{'), _) => {
                    self.push(LexemeKind::StringText, from, at);
                    return self.interpolation(at, Inside::IndentedString);
                }
                (Some(b'\''), Some(b'\''), Some(b'$' | b'\'')) => at += 3,
                (Some(b'\''), Some(b'\''), Some(b'\\')) if byte(3).is_some() => at += 4,
                (Some(b'\''), Some(b'\''), _) => return self.string_end(from, at, 2),
                (Some(b'$'), Some(b'\'') | None, _) | (Some(b'\''), Some(b'$') | None, _) => {
                    at += 1;
                }
                (Some(b'$' | b'\''), Some(_), _) => at += 2,
                _ => at += 1,
            }
        }
    }

    fn path(&mut self, from: usize) {
        let is_continued = self.text[from..].starts_with(b"${");
        let mut at = from;
        if self.text[..from].ends_with(b"/") || self.text[..from].ends_with(b"}") {
            loop {
                let end = self.lexer.path_piece_end(at);
                if end == at {
                    break;
                }
                self.push(LexemeKind::PathText, at, end);
                at = end;
            }
        }
        if is_continued || self.text[at..].starts_with(b"${") {
            self.interpolation(at, Inside::Path);
        } else {
            self.lexer.seek(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text.as_bytes()).iter().map(|lexeme| &text[lexeme.start..lexeme.end]).collect()
    }

    #[test]
    fn the_longest_match_wins() {
        for (text, expected) in [
            ("a-b a.b", &["a-b", "a", ".", "b"][..]),
            ("a/b a / b a//b", &["a/b", "a", "/", "b", "a", "//", "b"]),
            ("x:x x: x a_b:c", &["x:x", "x", ":", "x", "a_b", ":", "c"]),
            (
                "1. .5 1.5.5 00.5 0. 1.5e-3 1e3",
                &["1.", ".5", "1.5", ".5", "00", ".5", "0", ".", "1.5e-3", "1", "e3"],
            ),
            ("<a/b> a<b>c a<b", &["<a/b>", "a", "<b>", "c", "a", "<", "b"]),
            ("./. /. .. ~/a", &["./.", "/.", ".", ".", "~/a"]),
            ("a->b a++b a|>b", &["a-", ">", "b", "a", "++", "b", "a", "|>", "b"]),
            ("...a /**/ b # c\rd", &["...", "a", "b", "d"]),
            ("(x).a/b", &["(", "x", ")", ".a/b"]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_and_paths_have_pieces() {
        assert_eq!(
            texts("\"a${{b=\"}\";}.b}c\" d"),
            [
                "\"", "a", "${", "{", "b", "=", "\"", "}", "\"", ";", "}", ".", "b", "}", "c",
                "\"", "d"
            ]
        );
        assert_eq!(
            texts("''a''${b} ${c} ''' ''\\n'' d"),
            ["''", "a''${b} ", "${", "c", "}", " ''' ''\\n", "''", "d"]
        );
        assert_eq!(texts("./a${b}/c//d e"), ["./a", "${", "b", "}", "/c/", "/d", "e"]);
        assert_eq!(texts("\"a"), ["\"", "a"]);
    }
}
