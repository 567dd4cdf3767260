//! Strings `"…"` and `''…''`: escapes, interpolation, pieces.
//!
//! In: the text after the opening quote or after an interpolation. Out: pieces on the open list, then a node.

use super::frames::{Frame, State};
use super::{Parser, Step, slice};
use crate::ast::{Expr, ExprId, Part, PartKind};
use crate::lexer::TokenKind;
use crate::looks::Looks;

/// A piece of a string or path that is being read.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    /// Where it starts in the text.
    pub(super) pos: u32,
    pub(super) kind: PieceKind,
}

/// What such a piece is.
#[derive(Clone, Copy)]
pub(super) enum PieceKind {
    /// Bytes in the tree, final.
    Literal { start: u32, end: u32 },
    /// Bytes of the text, in an indented string, with their indentation.
    Raw { start: u32, end: u32 },
    /// One byte that was escaped, in an indented string.
    Escaped(u8),
    /// `'''`, that is `''`, in an indented string.
    Quotes,
    /// `${e}`
    Expr(ExprId),
}

impl Parser<'_> {
    /// A string; the token is its quote.
    pub(super) fn string(&mut self) -> Step<State> {
        let base = self.open_pieces.len() as u32;
        self.string_from(self.token.end as usize, self.token.start, base)
    }

    /// The rest of a string from `at`: a literal piece, then its end or an interpolation.
    pub(super) fn string_from(&mut self, at: usize, start: u32, base: u32) -> Step<State> {
        let text = self.text;
        let kept = self.ast.bytes.len();
        let first = at;
        let (mut at, mut look_at) = (at, at + Looks::PIECE);
        loop {
            if at >= look_at {
                self.pause()?;
                look_at = at + Looks::PIECE;
            }
            let run = at;
            let piece = &text[at..text.len().min(look_at)];
            at += piece
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'\r'))
                .unwrap_or(piece.len());
            self.ast.bytes.extend_from_slice(&text[run..at]);
            let next = text.get(at + 1).copied();
            match (text.get(at), next) {
                (Some(b'"'), _) => {
                    self.push_literal(first, kept)?;
                    self.resume_at(at + 1);
                    let string = self.finish_string(start, base);
                    return Ok(self.string_done(string));
                }
                (Some(b'$'), Some(b'{')) => {
                    self.push_literal(first, kept)?;
                    let pos = at as u32;
                    self.frames.push(Frame::StringPiece { start, base, pos });
                    self.resume_at(at + 2);
                    return Ok(State::Expr);
                }
                // `$${` is no interpolation.
                (Some(b'$'), Some(b'$')) => {
                    self.ast.bytes.extend_from_slice(b"$$");
                    at += 2;
                }
                (Some(b'$'), _) => {
                    self.ast.bytes.push(b'$');
                    at += 1;
                }
                (Some(b'\r'), _) => {
                    self.ast.bytes.push(b'\n');
                    at += if next == Some(b'\n') { 2 } else { 1 };
                }
                (Some(b'\\'), Some(escaped)) => {
                    self.ast.bytes.push(unescape(escaped));
                    at += 2;
                }
                (Some(_), _) if at == look_at => {}
                _ => return Err(self.unterminated(&["'\"'"])),
            }
        }
    }

    /// Ends a literal piece whose bytes in the tree start at `kept`.
    fn push_literal(&mut self, pos: usize, kept: usize) -> Step<()> {
        let end = self.ast.bytes.len();
        if end == kept {
            return Ok(());
        }
        if memchr::memchr(0, &self.ast.bytes[kept..]).is_some() {
            let bytes = self.ast.bytes[kept..].to_vec();
            return Err(self.null_byte(pos as u32, &bytes));
        }
        self.open_pieces.push(Piece {
            pos: pos as u32,
            kind: PieceKind::Literal { start: kept as u32, end: end as u32 },
        });
        Ok(())
    }

    pub(super) fn push_interpolation(&mut self, pos: u32, expr: ExprId) {
        let kind = PieceKind::Expr(expr);
        self.open_pieces.push(Piece { pos, kind });
    }

    fn finish_string(&mut self, start: u32, base: u32) -> ExprId {
        let indented = false;
        let pieces = &self.open_pieces[base as usize..];
        let expr = match pieces {
            [] => Expr::Str { text: slice(0, 0), indented },
            [Piece { kind: PieceKind::Literal { start, end }, .. }] => {
                Expr::Str { text: slice(*start as usize, *end as usize), indented }
            }
            _ => {
                let parts = self.take_parts(base);
                Expr::Interpolated { parts, indented }
            }
        };
        self.open_pieces.truncate(base as usize);
        self.node_from(expr, start)
    }

    /// Moves the open pieces from `base` on into the tree; none of them is of an indented string.
    pub(super) fn take_parts(&mut self, base: u32) -> crate::ast::Slice<Part> {
        let first = self.ast.parts.len();
        for piece in &self.open_pieces[base as usize..] {
            let kind = match piece.kind {
                PieceKind::Expr(expr) => PartKind::Expr(expr),
                PieceKind::Literal { start, end } => {
                    PartKind::Literal(slice(start as usize, end as usize))
                }
                _ => continue,
            };
            let pos = frazil_base::Pos(self.base.0 + piece.pos);
            self.ast.parts.push(Part { pos, kind });
        }
        self.open_pieces.truncate(base as usize);
        slice(first, self.ast.parts.len())
    }

    /// A string is complete: a name, if a name was asked for, or an operand.
    pub(super) fn string_done(&mut self, string: ExprId) -> State {
        match self.frames.last() {
            Some(Frame::NameString { .. }) => State::Done(string),
            _ => State::AfterSimple(string),
        }
    }

    /// An indented string; the token is its quote with the empty rest of the line.
    pub(super) fn indented_string(&mut self) -> Step<State> {
        let base = self.open_pieces.len() as u32;
        self.indented_string_from(self.token.end as usize, self.token.start, base)
    }

    /// The rest of an indented string from `at`: pieces, then its end or an interpolation.
    pub(super) fn indented_string_from(&mut self, at: usize, start: u32, base: u32) -> Step<State> {
        let text = self.text;
        let mut run = at;
        let mut at = at;
        loop {
            if self.looks.is_due() {
                self.pause()?;
            }
            at = memchr::memchr2(b'$', b'\'', &text[at.min(text.len())..])
                .map_or(text.len(), |found| at + found);
            let follows = |offset: usize| text.get(at + offset).copied();
            let (piece, length) = match (follows(0), follows(1), follows(2)) {
                (None, ..) => {
                    let name = TokenKind::DollarBrace.name();
                    let expecting = ["indented string", name, "end of an indented string"];
                    return Err(self.unterminated(&expecting));
                }
                (Some(b'$'), Some(b'{'), _) => {
                    self.push_raw(run, at)?;
                    let pos = at as u32;
                    self.frames.push(Frame::IndentedPiece { start, base, pos });
                    self.resume_at(at + 2);
                    return Ok(State::Expr);
                }
                (Some(b'$'), Some(b'\'') | None, _) => (PieceKind::Escaped(b'$'), 1),
                (Some(b'\''), Some(b'$') | None, _) => (PieceKind::Escaped(b'\''), 1),
                (Some(b'\''), Some(b'\''), Some(b'$')) => (PieceKind::Escaped(b'$'), 3),
                (Some(b'\''), Some(b'\''), Some(b'\'')) => (PieceKind::Quotes, 3),
                (Some(b'\''), Some(b'\''), Some(b'\\')) if follows(3).is_some() => {
                    let escaped = unescape(follows(3).unwrap_or_default());
                    (PieceKind::Escaped(escaped), 4)
                }
                (Some(b'\''), Some(b'\''), _) => {
                    self.push_raw(run, at)?;
                    self.resume_at(at + 2);
                    let string = self.finish_indented(start, base);
                    return Ok(self.string_done(string));
                }
                // A lone `$` or `'` takes the byte after it along.
                _ => {
                    at += 2;
                    continue;
                }
            };
            self.push_raw(run, at)?;
            self.open_pieces.push(Piece { pos: at as u32, kind: piece });
            at += length;
            run = at;
        }
    }

    fn push_raw(&mut self, start: usize, end: usize) -> Step<()> {
        if start >= end {
            return Ok(());
        }
        let text = self.text;
        if memchr::memchr(0, &text[start..end]).is_some() {
            return Err(self.null_byte(start as u32, &text[start..end]));
        }
        let (start, end) = (start as u32, end as u32);
        let kind = PieceKind::Raw { start, end };
        self.open_pieces.push(Piece { pos: start, kind });
        Ok(())
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}
