//! Unpacking: the part of a file that one body needs.
//!
//! In: a packed file and a body's number. Out: a tree with that body's expression, and of the bodies it makes their heads;
//! of some more (see `mod.rs`). The room for it is used again for the next body.

use super::{OPERATORS, Packed, flag, tag};
use crate::note::{Note, Noted};
use crate::resolved::{BodyKind, Resolved};
use frazil_base::{Pos, Symbol, sym};
use frazil_bytecode::bytes::{Place, Reader};
use frazil_syntax::ast::{
    AttrName, AttrNameKind, BinaryOp, Binding, Expr, ExprId, LambdaId, Part, PartKind, SelectOr,
    Slice,
};

/// A part of a file, and the room for unpacking one.
#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    pub(crate) resolved: Resolved,
    room: Room,
}

#[derive(Debug, Default)]
pub(super) struct Room {
    /// Expressions that wait for what is done with them.
    pub(super) operands: Vec<ExprId>,
    pub(super) bindings: Vec<Binding>,
    names: Vec<AttrName>,
    parts: Vec<Part>,
    opens: Vec<Open>,
}

/// A body's head, read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The body's number in the part.
    pub(super) body: u32,
    pub(super) flags: u8,
    pub(super) pos: Pos,
    /// Of a function, its root and its innermost lambda.
    pub(super) lambda: Option<(ExprId, LambdaId)>,
}

impl Head {
    pub(super) const fn is(&self, kind: BodyKind) -> bool {
        self.flags & flag::KIND == kind as u8
    }
}

/// A body whose expression is being unpacked.
#[derive(Clone, Copy, Debug)]
struct Open {
    head: Head,
    /// Where the body around it goes on.
    outer: Place,
    /// How many operands the bodies around it have.
    operands: usize,
}

pub(super) struct Unpacker<'a> {
    pub(super) packed: &'a Packed,
    pub(super) out: &'a mut Resolved,
    pub(super) room: &'a mut Room,
    told: bool,
    /// How many assertions there are around whose condition this is.
    deep: u32,
    /// The list of `with` sets that was copied last: its place there and here.
    list: Option<(u32, u32)>,
}

/// Unpacks what emitting `body` needs; the conditions of assertions as a whole if it is `told`.
pub(crate) fn unpack(packed: &Packed, body: u32, told: bool, into: &mut Unpacked) {
    let Unpacked { resolved: out, room } = into;
    out.clear();
    out.optimise = packed.optimise;
    room.operands.clear();
    room.opens.clear();
    let mut unpacker = Unpacker { packed, out, room, told, deep: 0, list: None };
    unpacker.whole_body(body);
}

impl Packed {
    /// The name with a number.
    #[inline]
    pub(super) fn name(&self, number: u32) -> Symbol {
        self.names.get(number as usize).copied().unwrap_or(sym::EMPTY)
    }

    /// A note with its global's name.
    #[inline]
    fn note(&self, note: Note) -> Note {
        match note.take() {
            Noted::Global(Symbol(number)) => Note::global(self.name(number)),
            _ => note,
        }
    }
}

impl<'a> Unpacker<'a> {
    #[inline]
    pub(super) fn name(&self, number: u32) -> Symbol {
        self.packed.name(number)
    }

    #[inline]
    pub(super) fn note(&self, reader: &mut Reader<'a>) -> Note {
        self.packed.note(Note(reader.number().rotate_right(3)))
    }

    fn whole_body(&mut self, number: u32) {
        let (head, reader) = self.head(number);
        if number == 0
            && let Some(names) = &self.packed.scope
        {
            // The bodies of the scope's names come right after the file's.
            for number in 1..=names.len() as u32 {
                self.head(number);
            }
            self.out.scope = Some(names.clone());
        }
        if head.is(BodyKind::Thunk) || head.is(BodyKind::Function) {
            self.room.opens.push(Open { head, outer: reader.place(), operands: 0 });
            self.expression(reader);
        }
    }

    /// Unpacks the expression of the open body, and those of inner bodies on the way.
    fn expression(&mut self, mut reader: Reader<'a>) {
        loop {
            match reader.byte() {
                tag::END => {
                    let Some(open) = self.room.opens.pop() else { return };
                    self.close(&open);
                    if self.room.opens.is_empty() {
                        return;
                    }
                    reader = self.packed.reader_at(open.outer);
                }
                tag::BODY => {
                    let step = reader.number();
                    let Some(around) = self.room.opens.last() else { return };
                    let number = self.out.body(around.head.body).number.wrapping_add(step);
                    let (head, inner) = self.head(number);
                    let operands = self.room.operands.len();
                    let whole =
                        self.deep > 0 || self.room.opens.len() == 1 && head.flags & flag::PEEK != 0;
                    if whole {
                        self.room.opens.push(Open { head, outer: reader.place(), operands });
                        reader = inner;
                    } else {
                        self.stub(&head);
                    }
                }
                tag::DEEP => self.deep += u32::from(self.told),
                tag::SHALLOW => self.deep = self.deep.saturating_sub(1),
                tag => self.node(tag, &mut reader),
            }
        }
    }

    /// Ends a body whose expression is complete: its operands are what a function needs, or its root.
    fn close(&mut self, open: &Open) {
        let Open { head, operands, .. } = open;
        let Some(&last) = self.room.operands.last() else { return };
        match head.lambda {
            Some((root, inner)) => {
                let defaults = self.room.operands.len().saturating_sub(1);
                let defaults = self.room.operands.get(*operands..defaults).unwrap_or_default();
                self.out.ast.complete_lambda(inner, last, defaults);
                self.room.operands.truncate(*operands);
                self.room.operands.push(root);
            }
            None => self.root(head, last),
        }
    }

    /// Makes `node` the root of a suspended body.
    fn root(&mut self, head: &Head, node: ExprId) {
        let note = &mut self.out.notes[node.index()];
        let record = &mut self.out.bodies[head.body as usize];
        record.node = node.0;
        record.note = std::mem::replace(note, Note::body(head.body));
    }

    /// The root of a body of which nothing but the head is asked.
    fn stub(&mut self, head: &Head) {
        if let Some((root, _)) = head.lambda {
            return self.room.operands.push(root);
        }
        let mut node = self.add(Expr::Error, head.pos, Note::NOTHING);
        if head.flags & flag::UPDATE != 0 {
            let op = BinaryOp::Update;
            node = self.add(Expr::Binary { op, left: node, right: node }, head.pos, Note::NOTHING);
        }
        self.root(head, node);
        self.room.operands.push(node);
    }

    #[inline]
    pub(super) fn add(&mut self, expr: Expr, pos: Pos, note: Note) -> ExprId {
        self.out.notes.push(note);
        self.out.ast.add(expr, pos)
    }

    /// Takes the last `count` operands off, and says where they lie until the next one comes.
    pub(super) fn pop(&mut self, count: usize) -> usize {
        self.room.operands.len().saturating_sub(count)
    }

    fn one(&mut self) -> ExprId {
        self.room.operands.pop().unwrap_or(ExprId(0))
    }

    /// One node; its operands are on the stack.
    fn node(&mut self, tag: u8, reader: &mut Reader<'a>) {
        let pos = reader.pos();
        let mut note = Note::NOTHING;
        let expr = match tag {
            tag::INT => Expr::Int(reader.long() as i64),
            tag::FLOAT => {
                let bytes = reader.run(8).try_into().unwrap_or_default();
                Expr::Float(f64::from_le_bytes(bytes))
            }
            tag::STR => Expr::Str { text: self.text(reader), indented: false },
            tag::INDENTED => Expr::Str { text: self.text(reader), indented: true },
            tag::URI => Expr::Uri(self.text(reader)),
            tag::PATH => Expr::Path(self.text(reader)),
            tag::SEARCH_PATH => {
                let text = self.text(reader);
                note = Note::index(self.out.search_paths.len() as u32);
                let variables = [self.note(reader), self.note(reader)];
                self.out.search_paths.push(variables);
                Expr::SearchPath(text)
            }
            tag::VAR => {
                let name = self.name(reader.number());
                note = self.note(reader);
                note = self.with_list(note);
                Expr::Var(name)
            }
            tag::GLOBAL => {
                let name = self.name(reader.number());
                note = Note::global(name);
                Expr::Var(name)
            }
            tag::CUR_POS => {
                note = self.note(reader);
                note = self.cur_pos(note);
                Expr::CurPos
            }
            tag::SET | tag::LEGACY_LET | tag::LET => {
                return self.set(tag, pos, reader);
            }
            tag::WITH => {
                note = self.note(reader);
                let body = self.one();
                Expr::With { env: self.one(), body }
            }
            tag::NEGATE => {
                note = self.note(reader);
                Expr::Negate(self.one())
            }
            _ => {
                if (tag::SHADOWED..).contains(&tag) {
                    note = self.note(reader);
                }
                self.composite(tag, reader)
            }
        };
        let node = self.add(expr, pos, note);
        self.room.operands.push(node);
    }

    fn composite(&mut self, tag: u8, reader: &mut Reader<'a>) -> Expr {
        match tag {
            tag::APPLY_ONE | tag::APPLY => {
                let count = if tag == tag::APPLY { reader.number() as usize } else { 1 };
                let args = self.exprs(count);
                Expr::Apply { func: self.one(), args }
            }
            tag::LIST => Expr::List(self.exprs(reader.number() as usize)),
            tag::SELECT => {
                let path = self.path(reader);
                Expr::Select { base: self.one(), path }
            }
            tag::HAS_ATTR => {
                let path = self.path(reader);
                Expr::HasAttr { base: self.one(), path }
            }
            tag::SELECT_OR => {
                let default = self.one();
                let path = self.path(reader);
                let base = self.one();
                Expr::SelectOr(self.out.ast.add_select_or(SelectOr { base, path, default }))
            }
            tag::INTERPOLATED => Expr::Interpolated { parts: self.parts(reader), indented: false },
            tag::INDENTED_INTERPOLATED => {
                Expr::Interpolated { parts: self.parts(reader), indented: true }
            }
            tag::INTERPOLATED_PATH => Expr::InterpolatedPath(self.parts(reader)),
            tag::IF => {
                let (alternative, consequent) = (self.one(), self.one());
                Expr::If { condition: self.one(), consequent, alternative }
            }
            tag::ASSERT => {
                let body = self.one();
                Expr::Assert { condition: self.one(), body }
            }
            tag::NOT => Expr::Not(self.one()),
            tag::BINARY.. => {
                let number =
                    usize::from(tag - tag::BINARY) % usize::from(tag::SHADOWED - tag::BINARY);
                let op = OPERATORS.get(number).copied().unwrap_or(BinaryOp::Equal);
                let right = self.one();
                Expr::Binary { op, left: self.one(), right }
            }
            _ => Expr::Error,
        }
    }

    fn text(&mut self, reader: &mut Reader<'a>) -> Slice<u8> {
        self.out.ast.add_bytes(reader.text())
    }

    pub(super) fn exprs(&mut self, count: usize) -> Slice<ExprId> {
        let first = self.pop(count);
        let run = self.out.ast.add_exprs(&self.room.operands[first..]);
        self.room.operands.truncate(first);
        run
    }

    /// A note, with a list of `with` sets brought here.
    fn with_list(&mut self, note: Note) -> Note {
        let Noted::With(there) = note.take() else { return note };
        if let Some((known, here)) = self.list
            && known == there
        {
            return Note::with(here);
        }
        let here = self.out.with_lists.len() as u32;
        let list = self.packed.with_lists.get(there as usize..).unwrap_or_default();
        let count = list.first().map_or(0, |count| *count as usize + 1);
        let (packed, list) = (self.packed, list.get(..count).unwrap_or(&[0]));
        let (count, levels) = list.split_first().unwrap_or((&0, &[]));
        self.out.with_lists.push(*count);
        self.out.with_lists.extend(levels.iter().map(|level| packed.note(Note(*level)).0));
        self.list = Some((there, here));
        Note::with(here)
    }

    fn cur_pos(&mut self, note: Note) -> Note {
        let Noted::Index(there) = note.take() else { return note };
        let at = self.packed.cur_positions.get(there as usize).cloned().flatten();
        self.out.cur_positions.push(at);
        Note::index(self.out.cur_positions.len() as u32 - 1)
    }

    /// A path whose computed names are the last operands.
    fn path(&mut self, reader: &mut Reader<'a>) -> Slice<AttrName> {
        let count = reader.number();
        self.room.names.clear();
        let mut computed = 0;
        for _ in 0..count {
            let pos = reader.pos();
            let kind = match reader.number() {
                0 => {
                    computed += 1;
                    AttrNameKind::Dynamic(ExprId(0))
                }
                name => AttrNameKind::Static(self.name(name - 1)),
            };
            self.room.names.push(AttrName { pos, kind });
        }
        if computed > 0 {
            let first = self.pop(computed);
            let mut exprs = self.room.operands.drain(first..);
            for name in &mut self.room.names {
                if let AttrNameKind::Dynamic(expr) = &mut name.kind {
                    *expr = exprs.next().unwrap_or(ExprId(0));
                }
            }
        }
        self.out.ast.add_names(self.room.names.iter().copied())
    }

    /// The pieces of a string, whose expressions are the last operands.
    fn parts(&mut self, reader: &mut Reader<'a>) -> Slice<Part> {
        let count = reader.number();
        self.room.parts.clear();
        let mut exprs = 0;
        for _ in 0..count {
            let pos = reader.pos();
            let kind = match reader.number() {
                0 => {
                    exprs += 1;
                    PartKind::Expr(ExprId(0))
                }
                length => {
                    let text = reader.run(length as usize - 1);
                    PartKind::Literal(self.out.ast.add_bytes(text))
                }
            };
            self.room.parts.push(Part { pos, kind });
        }
        let first = self.pop(exprs);
        let mut exprs = self.room.operands.drain(first..);
        for part in &mut self.room.parts {
            if let PartKind::Expr(expr) = &mut part.kind {
                *expr = exprs.next().unwrap_or(ExprId(0));
            }
        }
        drop(exprs);
        self.out.ast.add_parts(self.room.parts.iter().copied())
    }
}
