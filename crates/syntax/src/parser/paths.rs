//! Paths: made absolute while parsing, with interpolation.
//!
//! In: the token of the literal start. Out: a path node.

use super::frames::{Frame, State};
use super::strings::{Piece, PieceKind};
use super::{Parser, Step};
use crate::ast::Expr;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// A path; the token is its literal start.
    pub(super) fn path(&mut self) -> Step<State> {
        let token = self.token;
        self.lint(token)?;
        let text = self.token_text(token);
        let kept = self.ast.bytes.len();
        if token.kind == TokenKind::HomePath {
            let Some(home) = &self.options.home else {
                return Err(self.home_is_unknown(token));
            };
            // Unlike other paths this one is not made canonical.
            self.ast.bytes.extend_from_slice(home);
            self.ast.bytes.extend_from_slice(&text[1..]);
        } else {
            absolute_path(&self.base_dir, text, &mut self.ast.bytes);
        }
        let after = token.end as usize;
        if !text.ends_with(b"/") && !self.at_interpolation(after) {
            let path = super::slice(kept, self.ast.bytes.len());
            self.resume_at(after);
            self.end_after_path(after, token.start as usize);
            let path = self.node_of(Expr::Path(path), token);
            return Ok(State::AfterSimple(path));
        }
        let base = self.open_pieces.len() as u32;
        let end = self.ast.bytes.len() as u32;
        self.push_path_piece(token.start, kept as u32, end);
        self.interpolated_path(after, token.start, base)
    }

    /// A path whose literal start ends in `/`: sense only makes an interpolation after it, or after one more piece.
    fn interpolated_path(&mut self, at: usize, start: u32, base: u32) -> Step<State> {
        if self.at_interpolation(at) {
            return Ok(self.open_interpolation(at, start, base));
        }
        let end = self.lexer.path_piece_end(at);
        let at_end = |at: usize| at >= self.text.len();
        if end == at {
            let blamed = if at_end(at) { start } else { at as u32 };
            return Err(self.trailing_slash(blamed));
        }
        self.push_text_piece(at, end);
        if self.at_interpolation(end) {
            return Ok(self.open_interpolation(end, start, base));
        }
        if self.text[end - 1] == b'/' {
            if self.lexer.path_piece_end(end) > end {
                return Err(self.unexpected_at("string", end as u32, &["'${'"]));
            }
            let blamed = if at_end(end) { at } else { end };
            return Err(self.trailing_slash(blamed as u32));
        }
        let blamed = if at_end(end) { start } else { at as u32 };
        Err(self.unexpected_at("end of path", blamed, &["'${'"]))
    }

    /// The rest of a path after an interpolation.
    pub(super) fn path_from(&mut self, at: usize, start: u32, base: u32) -> Step<State> {
        let mut at = at;
        let mut piece = at;
        loop {
            let end = self.lexer.path_piece_end(at);
            if end == at {
                break;
            }
            self.push_text_piece(at, end);
            piece = at;
            at = end;
        }
        if self.at_interpolation(at) {
            return Ok(self.open_interpolation(at, start, base));
        }
        if at > piece && self.text[at - 1] == b'/' {
            let blamed = if at >= self.text.len() { piece } else { at };
            return Err(self.trailing_slash(blamed as u32));
        }
        self.resume_at(at);
        self.end_after_path(at, if at > piece { piece } else { at - 1 });
        let parts = self.take_parts(base);
        let path = self.node_from(Expr::InterpolatedPath(parts), start);
        Ok(State::AfterSimple(path))
    }

    /// Nix takes the end of the text, directly after a path, to be where the path's last piece starts.
    fn end_after_path(&mut self, end: usize, piece: usize) {
        if end >= self.text.len() {
            self.token.start = piece as u32;
        }
    }

    fn at_interpolation(&self, at: usize) -> bool {
        self.text[at..].starts_with(b"${")
    }

    fn open_interpolation(&mut self, at: usize, start: u32, base: u32) -> State {
        let pos = at as u32;
        self.frames.push(Frame::PathPiece { start, base, pos });
        self.resume_at(at + 2);
        State::Expr
    }

    fn push_text_piece(&mut self, start: usize, end: usize) {
        let kept = self.ast.bytes.len() as u32;
        self.ast.bytes.extend_from_slice(&self.text[start..end]);
        let end = self.ast.bytes.len() as u32;
        self.push_path_piece(start as u32, kept, end);
    }

    fn push_path_piece(&mut self, pos: u32, start: u32, end: u32) {
        let kind = PieceKind::Literal { start, end };
        self.open_pieces.push(Piece { pos, kind });
    }
}

/// `path` without `.`, `..` and doubled slashes, as text to put segments after: the root is empty.
pub(super) fn canonical_prefix(path: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(path.len());
    append_segments(path, &mut prefix, 0);
    prefix
}

/// Appends `path`, seen from the canonical `base_dir`; a `/` at its end is kept for what follows.
fn absolute_path(base_dir: &[u8], path: &[u8], into: &mut Vec<u8>) {
    let start = into.len();
    if !path.starts_with(b"/") {
        into.extend_from_slice(base_dir);
    }
    append_segments(path, into, start);
    if into.len() == start {
        into.push(b'/');
    }
    if path.len() > 1 && path.ends_with(b"/") {
        into.push(b'/');
    }
}

fn append_segments(path: &[u8], into: &mut Vec<u8>, start: usize) {
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                let parent = memchr::memrchr(b'/', &into[start..]).unwrap_or(0);
                into.truncate(start + parent);
            }
            _ => {
                into.push(b'/');
                into.extend_from_slice(segment);
            }
        }
    }
}
