//! Bytes to tokens, one at a time, on demand.
//!
//! In: a text and an offset. Out: the next token after it. The longest match wins, as in Nix: `a/b` is a path, `a:b` a string.
//!
//! Invariants
//! - Linear: a run of bytes that might become a path or URI is looked through once, however many tokens it holds.
//! - Strings and the later pieces of paths are not tokens: the parser scans them where it meets their start.

mod class;
mod token;

pub use token::{Token, TokenKind};

use class::{DIGIT, NAME, NAME_START, PATH, SCHEME, SPACE, URI, has};

/// A cursor in a text.
#[derive(Clone, Debug)]
pub struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the run of path bytes that was looked at last ends.
    run_end: usize,
    /// The last `_` of that run: a URI scheme cannot start before it.
    run_underscore: usize,
}

impl<'t> Lexer<'t> {
    /// A cursor at the start of `text`.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Self {
        Lexer { text, at: 0, run_end: 0, run_underscore: 0 }
    }

    /// Moves the cursor; the parser does so after a string or path.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        // NUL means the end to Nix, so it may stand for it here.
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The next token, and moves past it.
    #[inline]
    pub fn next_token(&mut self) -> Token {
        let start = self.skip_blank();
        let (kind, end) = self.classify(start);
        self.at = end;
        Token { kind, start: start as u32, end: end as u32 }
    }

    /// Skips spaces and comments.
    #[inline]
    fn skip_blank(&self) -> usize {
        let mut at = self.at;
        loop {
            while at < self.text.len() && has(self.text[at], SPACE) {
                at += 1;
            }
            match self.byte(at) {
                b'#' => {
                    at = memchr::memchr2(b'\n', b'\r', &self.text[at..])
                        .map_or(self.text.len(), |length| at + length);
                }
                b'/' if self.byte(at + 1) == b'*' => match self.block_comment_end(at) {
                    Some(end) => at = end,
                    None => return at,
                },
                _ => return at,
            }
        }
    }

    fn block_comment_end(&self, start: usize) -> Option<usize> {
        let body = start + 2;
        memchr::memchr_iter(b'/', self.text.get(body..)?)
            .map(|slash| body + slash)
            .find(|&slash| slash > body && self.text[slash - 1] == b'*')
            .map(|slash| slash + 1)
    }

    #[inline]
    fn classify(&mut self, start: usize) -> (TokenKind, usize) {
        let first = self.byte(start);
        if has(first, NAME_START) {
            return self.name(start);
        }
        let next = self.byte(start + 1);
        let one = |kind| (kind, start + 1);
        let two = |kind| (kind, start + 2);
        match first {
            b' '..=b'~' => {}
            0 if start >= self.text.len() => return (TokenKind::End, start),
            0 => return one(TokenKind::End),
            _ => return one(TokenKind::Invalid),
        }
        match first {
            b'{' => one(TokenKind::BraceOpen),
            b'}' => one(TokenKind::BraceClose),
            b'(' => one(TokenKind::ParenOpen),
            b')' => one(TokenKind::ParenClose),
            b'[' => one(TokenKind::BracketOpen),
            b']' => one(TokenKind::BracketClose),
            b';' => one(TokenKind::Semicolon),
            b':' => one(TokenKind::Colon),
            b',' => one(TokenKind::Comma),
            b'@' => one(TokenKind::At),
            b'?' => one(TokenKind::Question),
            b'*' => one(TokenKind::Star),
            b'"' => one(TokenKind::Quote),
            b'=' if next == b'=' => two(TokenKind::EqualEqual),
            b'=' => one(TokenKind::Equal),
            b'!' if next == b'=' => two(TokenKind::NotEqual),
            b'!' => one(TokenKind::Bang),
            b'&' if next == b'&' => two(TokenKind::AndAnd),
            b'|' if next == b'|' => two(TokenKind::OrOr),
            b'|' if next == b'>' => two(TokenKind::PipeInto),
            b'>' if next == b'=' => two(TokenKind::GreaterEqual),
            b'>' => one(TokenKind::Greater),
            b'\'' if next == b'\'' => {
                (TokenKind::IndentedQuote, self.indented_opening_end(start + 2))
            }
            b'$' if next == b'{' => two(TokenKind::DollarBrace),
            b'<' => self.less(start, next),
            b'~' => self.home_path(start),
            b'0'..=b'9' | b'.' | b'+' | b'-' | b'/' => self.number_or_path(start, first, next),
            _ => one(TokenKind::Invalid),
        }
    }

    /// The opening `''` takes the spaces after it and the line end along, if there is nothing else on the line.
    fn indented_opening_end(&self, after: usize) -> usize {
        let mut at = after;
        while self.byte(at) == b' ' {
            at += 1;
        }
        if self.byte(at) == b'\n' { at + 1 } else { after }
    }

    #[inline]
    fn name(&mut self, start: usize) -> (TokenKind, usize) {
        let mut end = start + 1;
        while end < self.text.len() && has(self.text[end], NAME) {
            end += 1;
        }
        if matches!(self.byte(end), b'.' | b'+' | b'/' | b':')
            && let Some(longer) = self.path_or_uri(start)
        {
            return longer;
        }
        let kind = token::keyword(&self.text[start..end]).unwrap_or(TokenKind::Name);
        (kind, end)
    }

    #[cold]
    fn less(&self, start: usize, next: u8) -> (TokenKind, usize) {
        if has(next, PATH)
            && let Some(end) = self.search_path_end(start + 1)
        {
            return (TokenKind::SearchPath, end);
        }
        match next {
            b'=' => (TokenKind::LessEqual, start + 2),
            b'|' => (TokenKind::PipeFrom, start + 2),
            _ => (TokenKind::Less, start + 1),
        }
    }

    fn search_path_end(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            let segment = at;
            while has(self.byte(at), PATH) {
                at += 1;
            }
            match self.byte(at) {
                _ if at == segment => return None,
                b'/' => at += 1,
                b'>' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn home_path(&self, start: usize) -> (TokenKind, usize) {
        match self.segments_end(start + 1) {
            Some(end) => (TokenKind::HomePath, end),
            None => (TokenKind::Invalid, start + 1),
        }
    }

    fn number_or_path(&mut self, start: usize, first: u8, next: u8) -> (TokenKind, usize) {
        if let Some(longer) = self.path_or_uri(start) {
            return longer;
        }
        let one = |kind| (kind, start + 1);
        let two = |kind| (kind, start + 2);
        match first {
            b'0'..=b'9' => self.number(start),
            b'.' if has(next, DIGIT) => (TokenKind::Float, self.fraction_end(start + 1)),
            b'.' if next == b'.' && self.byte(start + 2) == b'.' => {
                (TokenKind::Ellipsis, start + 3)
            }
            b'.' => one(TokenKind::Dot),
            b'+' if next == b'+' => two(TokenKind::PlusPlus),
            b'+' => one(TokenKind::Plus),
            b'-' if next == b'>' => two(TokenKind::Arrow),
            b'-' => one(TokenKind::Minus),
            _ if next == b'/' => two(TokenKind::SlashSlash),
            _ => one(TokenKind::Slash),
        }
    }

    fn number(&self, start: usize) -> (TokenKind, usize) {
        let digits = self.digits_end(start);
        let leading_zero = self.byte(start) == b'0';
        // `01.5` is `01` and `.5`; `0.` is `0` and `.`; `1.` is a float.
        let fraction = match self.byte(digits) {
            b'.' if !leading_zero => true,
            b'.' => digits == start + 1 && has(self.byte(digits + 1), DIGIT),
            _ => false,
        };
        if fraction {
            (TokenKind::Float, self.fraction_end(digits + 1))
        } else {
            (TokenKind::Int, digits)
        }
    }

    /// The end of a float whose point is before `at`.
    fn fraction_end(&self, at: usize) -> usize {
        let digits = self.digits_end(at);
        if !matches!(self.byte(digits), b'e' | b'E') {
            return digits;
        }
        let sign = usize::from(matches!(self.byte(digits + 1), b'+' | b'-'));
        let exponent = self.digits_end(digits + 1 + sign);
        if exponent > digits + 1 + sign { exponent } else { digits }
    }

    fn digits_end(&self, at: usize) -> usize {
        let mut end = at;
        while has(self.byte(end), DIGIT) {
            end += 1;
        }
        end
    }

    /// The path or URI that starts at `start`, if one does: it is longer than any other token there.
    fn path_or_uri(&mut self, start: usize) -> Option<(TokenKind, usize)> {
        if start >= self.run_end {
            self.look_through_run(start);
        }
        match self.byte(self.run_end.max(start)) {
            b'/' => {
                let end = self.segments_end(self.run_end.max(start))?;
                Some((TokenKind::Path, end))
            }
            b':' if self.is_scheme(start) && has(self.byte(self.run_end + 1), URI) => {
                let mut end = self.run_end + 1;
                while has(self.byte(end), URI) {
                    end += 1;
                }
                Some((TokenKind::Uri, end))
            }
            _ => None,
        }
    }

    fn is_scheme(&self, start: usize) -> bool {
        has(self.byte(start), SCHEME)
            && self.byte(start).is_ascii_alphabetic()
            && (self.run_underscore < start || self.run_underscore == usize::MAX)
    }

    fn look_through_run(&mut self, start: usize) {
        let mut end = start;
        self.run_underscore = usize::MAX;
        while end < self.text.len() && has(self.text[end], PATH) {
            if self.text[end] == b'_' {
                self.run_underscore = end;
            }
            end += 1;
        }
        self.run_end = end;
    }

    /// The end of `/a/b` at `slash`, with the `/` after it; or of the `/` before a `${`.
    fn segments_end(&self, slash: usize) -> Option<usize> {
        let mut at = slash;
        while self.byte(at) == b'/' && has(self.byte(at + 1), PATH) {
            at += 2;
            while has(self.byte(at), PATH) {
                at += 1;
            }
        }
        if self.byte(at) != b'/' {
            return (at > slash).then_some(at);
        }
        let interpolated = self.byte(at + 1) == b'$' && self.byte(at + 2) == b'{';
        (at > slash || interpolated).then_some(at + 1)
    }

    /// The end of the literal piece at `at` of a path that has begun: a run, its segments and one more `/`.
    pub(crate) fn path_piece_end(&self, at: usize) -> usize {
        let mut end = at;
        while has(self.byte(end), PATH) {
            end += 1;
        }
        if self.byte(end) == b'/' {
            return self.segments_end(end).unwrap_or(end + 1);
        }
        end
    }
}

/// Whether `name` can be written without quotes as a name. Keywords can not.
#[must_use]
pub fn is_plain_name(name: &[u8]) -> bool {
    let Some((&first, rest)) = name.split_first() else {
        return false;
    };
    has(first, NAME_START)
        && rest.iter().all(|&byte| has(byte, NAME))
        && matches!(token::keyword(name), None | Some(TokenKind::Or))
}
