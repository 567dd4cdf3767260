//! A resolved tree: for each node and body what resolve found out. It is made of a whole file, to be packed, and of the
//! part of a file that one body needs, unpacked, to be emitted.
//!
//! Invariants
//! - A node has one note, four bytes; a node that is the root of a body has its note in the body's record instead.
//! - Of a whole file bodies are numbered from 0 (the file itself) in the order in which resolve opens them. Of a part body 0
//!   is the one to be emitted, and of the bodies it makes only what their maker asks of them is there.

use crate::CurPos;
use crate::note::{Note, Noted};
use frazil_base::{Pos, Symbol};
use frazil_syntax::ast::{Ast, Expr, ExprId};

/// What a body computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BodyKind {
    /// An expression: the file itself, or a suspended one.
    Thunk,
    /// The function whose (outermost) lambda is the node.
    Function,
    /// One name of an `inherit (e) …`: `node` is an index into `inherits`, the note says where `e` is.
    Inherit,
    /// A variable of a `rec` set with `__overrides`: looks into that, its first capture, and takes the attribute's own
    /// value, its second, if it is not there. `node` is an index into `inherits`.
    Alias,
}

/// A body: something that runs in a frame of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    /// The root.
    pub(crate) node: u32,
    /// The root's note.
    pub(crate) note: Note,
    /// Where its captures start in `captures`.
    pub(crate) captures: u32,
    /// How many captures it has.
    pub(crate) capture_count: u16,
    /// What it computes.
    pub(crate) kind: BodyKind,
    /// How many locals it has.
    pub(crate) locals: u32,
    /// Its number in the whole file.
    pub(crate) number: u32,
    /// What `Resolved::pos_of_value` says of its root; known of a part only, where the root may be missing.
    pub(crate) value_pos: Pos,
}

/// The numbers of a group of bindings. Variables stand in the order of the text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    /// The first variable's local, if the group is recursive; then one local for each `inherit (e)`; with `__overrides`,
    /// then one for that and one for each attribute.
    pub(crate) first_local: u32,
    /// The first of the bodies of the `inherit (e) x` bindings, in the variables' order.
    pub(crate) first_inherit: u32,
    /// The first of the `Alias` bodies, if the group has `__overrides`.
    pub(crate) first_alias: Option<u32>,
}

/// One name of an `inherit (e) …`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inherit {
    /// The name.
    pub(crate) name: Symbol,
    /// Where it stands.
    pub(crate) pos: Pos,
}

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) ast: Ast,
    pub(crate) notes: Vec<Note>,
    pub(crate) bodies: Vec<Body>,
    /// The captures of all bodies: locals or captures of the enclosing body.
    pub(crate) captures: Vec<Note>,
    /// Runs of a length and as many levels, innermost first.
    pub(crate) with_lists: Vec<u32>,
    pub(crate) groups: Vec<Group>,
    pub(crate) inherits: Vec<Inherit>,
    /// The two variables of each `<x>`.
    pub(crate) search_paths: Vec<[Note; 2]>,
    pub(crate) cur_positions: Vec<Option<CurPos>>,
    /// The scope's names, if the file has one; locals 1… of the file's body.
    pub(crate) scope: Option<Box<[Symbol]>>,
    pub(crate) optimise: bool,
}

impl Resolved {
    /// Forgets everything and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.ast.clear();
        self.notes.clear();
        self.bodies.clear();
        self.captures.clear();
        self.with_lists.clear();
        self.groups.clear();
        self.inherits.clear();
        self.search_paths.clear();
        self.cur_positions.clear();
        self.scope = None;
    }

    pub(crate) fn body(&self, body: u32) -> &Body {
        &self.bodies[body as usize]
    }

    /// How many values a body captures.
    pub(crate) fn capture_count(&self, body: u32) -> usize {
        usize::from(self.body(body).capture_count)
    }

    /// What a body copies from the enclosing one.
    pub(crate) fn captures_of(&self, body: u32) -> &[Note] {
        let body = self.body(body);
        &self.captures[body.captures as usize..][..usize::from(body.capture_count)]
    }

    /// Where Nix says that a body is.
    pub(crate) fn pos_of_body(&self, body: u32) -> Pos {
        let record = self.body(body);
        match record.kind {
            BodyKind::Thunk | BodyKind::Function => self.ast.pos(ExprId(record.node)),
            BodyKind::Inherit | BodyKind::Alias => self.inherits[record.node as usize].pos,
        }
    }

    /// The note of a node; of a body's root, the one in the body's record.
    #[inline]
    pub(crate) fn raw_note(&self, node: ExprId) -> Note {
        let note = self.notes[node.index()];
        match note.take() {
            Noted::Body(body) => self.body(body).note,
            _ => note,
        }
    }

    /// `raw_note`, taken apart.
    pub(crate) fn note(&self, node: ExprId) -> Noted {
        self.raw_note(node).take()
    }

    /// Where Nix says that an expression stands whose value is of the wrong type: literals are nowhere. `known` tells of
    /// nodes whose children may not be there.
    pub(crate) fn pos_of_value(
        &self,
        mut node: ExprId,
        known: impl Fn(ExprId) -> Option<Pos>,
    ) -> Pos {
        // Each level of a nest asks this of what is below; the bound keeps that linear.
        for _ in 0..16 {
            if let Some(known) = known(node) {
                return known;
            }
            node = match self.ast.expr(node) {
                Expr::Int(_) | Expr::Float(_) | Expr::Str { .. } | Expr::Uri(_) | Expr::Path(_) => {
                    return Pos::NONE;
                }
                Expr::List(elements) => match self.ast.exprs(elements).first() {
                    Some(first) => *first,
                    None => return Pos::NONE,
                },
                Expr::HasAttr { base, .. } => base,
                Expr::Not(operand) => operand,
                Expr::Interpolated { parts, .. } => match self.ast.parts(parts).first() {
                    Some(first) => return first.pos,
                    None => return Pos::NONE,
                },
                _ => return self.ast.pos(node),
            };
        }
        self.ast.pos(node)
    }
}
