//! Indented strings: what their lines have in common on the left is taken away.
//!
//! In: the pieces of a `''…''`. Out: a string node.
//!
//! Invariants
//! - Only spaces are indentation. A line counts if something other than spaces is on it: text, an escape, an interpolation.
//! - The last line is dropped, up to its line end, if it holds only spaces.
//! - Pieces stay apart, as in Nix: an escape is a piece of its own.

use super::strings::{Piece, PieceKind};
use super::{Parser, slice};
use crate::ast::{Expr, ExprId, Part, PartKind};
use crate::looks::Looks;
use frazil_base::Pos;

impl Parser<'_> {
    /// Ends an indented string that starts at `start` and whose pieces start at `base`.
    pub(super) fn finish_indented(&mut self, start: u32, base: u32) -> ExprId {
        let indentation = self.common_indentation(base);
        let first = self.ast.parts.len();
        let count = self.open_pieces.len();
        let mut line = Line { at_start: true, dropped: 0, indentation };
        for at in base as usize..count {
            let piece = self.open_pieces[at];
            let kind = match piece.kind {
                PieceKind::Expr(expr) => {
                    line.at_start = false;
                    line.dropped = 0;
                    PartKind::Expr(expr)
                }
                _ => {
                    let kept = self.strip_piece(piece, &mut line, at + 1 == count);
                    if kept == self.ast.bytes.len() {
                        continue;
                    }
                    PartKind::Literal(slice(kept, self.ast.bytes.len()))
                }
            };
            let pos = Pos(self.base.0 + piece.pos);
            self.ast.parts.push(Part { pos, kind });
        }
        self.open_pieces.truncate(base as usize);
        self.indented_node(start, first)
    }

    /// Strips a piece into the tree's bytes and gives where they start.
    fn strip_piece(&mut self, piece: Piece, line: &mut Line, last: bool) -> usize {
        let text = self.text;
        let kept = self.ast.bytes.len();
        let bytes = &mut self.ast.bytes;
        match piece.kind {
            PieceKind::Raw { start, end } => {
                line.strip(&text[start as usize..end as usize], bytes, &mut self.looks);
            }
            PieceKind::Escaped(byte) => line.strip(&[byte], bytes, &mut self.looks),
            PieceKind::Quotes => line.strip(b"''", bytes, &mut self.looks),
            PieceKind::Literal { .. } | PieceKind::Expr(_) => {}
        }
        if last
            && let Some(newline) = memchr::memrchr(b'\n', &bytes[kept..])
            && bytes[kept + newline + 1..].iter().all(|byte| *byte == b' ')
        {
            bytes.truncate(kept + newline + 1);
        }
        kept
    }

    fn indented_node(&mut self, start: u32, first: usize) -> ExprId {
        let indented = true;
        let expr = match self.ast.parts[first..] {
            [] => Expr::Str { text: slice(0, 0), indented },
            [Part { kind: PartKind::Literal(text), .. }] => {
                self.ast.parts.truncate(first);
                Expr::Str { text, indented }
            }
            // `''${"a"}''` is just "a", also as a name.
            [Part { kind: PartKind::Expr(inner), .. }]
                if matches!(self.ast.expr(inner), Expr::Str { .. } | Expr::Uri(_)) =>
            {
                self.ast.parts.truncate(first);
                let (Expr::Str { text, .. } | Expr::Uri(text)) = self.ast.expr(inner) else {
                    return inner;
                };
                Expr::Str { text, indented }
            }
            _ => Expr::Interpolated { parts: slice(first, self.ast.parts.len()), indented },
        };
        self.node_from(expr, start)
    }

    /// How many spaces all lines that count have in common.
    fn common_indentation(&mut self, base: u32) -> usize {
        let mut common = usize::MAX;
        let mut at_start = true;
        let mut current = 0;
        for piece in &self.open_pieces[base as usize..] {
            let PieceKind::Raw { start, end } = piece.kind else {
                if at_start {
                    at_start = false;
                    common = common.min(current);
                }
                continue;
            };
            let mut rest = &self.text[start as usize..end as usize];
            while self.looks.go_on() {
                if at_start {
                    let spaces = leading_spaces(rest);
                    current += spaces;
                    rest = &rest[spaces..];
                    match rest.first() {
                        None => break,
                        Some(b'\n') => {}
                        Some(_) => {
                            at_start = false;
                            common = common.min(current);
                        }
                    }
                }
                let Some(newline) = memchr::memchr(b'\n', rest) else {
                    break;
                };
                rest = &rest[newline + 1..];
                at_start = true;
                current = 0;
            }
        }
        common
    }
}

/// How far stripping has come in a line.
struct Line {
    at_start: bool,
    /// How many spaces were seen at its start.
    dropped: usize,
    indentation: usize,
}

impl Line {
    fn strip(&mut self, text: &[u8], into: &mut Vec<u8>, looks: &mut Looks<'_>) {
        let mut rest = text;
        while looks.go_on() {
            if self.at_start {
                let spaces = leading_spaces(rest);
                let drop = self.indentation.saturating_sub(self.dropped).min(spaces);
                self.dropped += spaces;
                rest = &rest[drop..];
                if rest.len() > spaces - drop {
                    self.at_start = false;
                    self.dropped = 0;
                }
            }
            let Some(newline) = memchr::memchr(b'\n', rest) else {
                into.extend_from_slice(rest);
                return;
            };
            into.extend_from_slice(&rest[..=newline]);
            rest = &rest[newline + 1..];
            self.at_start = true;
            self.dropped = 0;
        }
    }
}

fn leading_spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b' ').count()
}
