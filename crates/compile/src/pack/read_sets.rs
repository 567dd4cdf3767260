//! Unpacking, for heads of bodies, and for sets and `let`, which name bodies beside those in their expressions.

use super::read::{Head, Unpacker};
use super::{Packed, flag, tag};
use crate::note::Note;
use crate::resolved::{Body, BodyKind, Group, Inherit};
use frazil_base::Pos;
use frazil_bytecode::bytes::{Place, Reader};
use frazil_syntax::ast::{
    AttrSet, Binding, BindingKind, DynamicBinding, Expr, ExprId, Formal, Formals, Lambda, LambdaId,
};

impl Packed {
    fn reader(&self, number: u32) -> Reader<'_> {
        let starts = self.bytes.len() - self.bodies as usize * 4;
        let start = self.bytes[starts..].as_chunks().0.get(number as usize);
        let start = start.map_or(usize::MAX >> 1, |at| u32::from_le_bytes(*at) as usize);
        Reader::new(&self.bytes, start, self.base)
    }

    pub(super) fn reader_at(&self, place: Place) -> Reader<'_> {
        Reader::at(&self.bytes, place)
    }

    /// How many values a body captures.
    pub(crate) fn capture_count(&self, number: u32) -> usize {
        let mut reader = self.reader(number);
        reader.byte();
        reader.pos();
        reader.number() as usize
    }
}

impl<'a> Unpacker<'a> {
    /// The next body of the part is the file's body `number`: its head, and where its expression starts.
    pub(super) fn head(&mut self, number: u32) -> (Head, Reader<'a>) {
        let mut reader = self.packed.reader(number);
        let flags = reader.byte();
        let pos = reader.pos();
        let captures = self.out.captures.len() as u32;
        let capture_count = reader.number() as u16;
        for _ in 0..capture_count {
            let note = self.note(&mut reader);
            self.out.captures.push(note);
        }
        let body = self.out.bodies.len() as u32;
        let mut record = Body {
            node: 0,
            note: Note::NOTHING,
            captures,
            capture_count,
            kind: BodyKind::Thunk,
            locals: 0,
            number,
            value_pos: pos,
        };
        let mut head = Head { body, flags, pos, lambda: None };
        if head.is(BodyKind::Thunk) || head.is(BodyKind::Function) {
            record.locals = reader.number();
            if flags & flag::VALUE_POS != 0 {
                record.value_pos = reader.pos();
            }
        } else {
            record.kind =
                if head.is(BodyKind::Inherit) { BodyKind::Inherit } else { BodyKind::Alias };
            record.node = self.out.inherits.len() as u32;
            let name = self.name(reader.number());
            self.out.inherits.push(Inherit { name, pos });
            record.note = self.note(&mut reader);
        }
        self.out.bodies.push(record);
        if head.is(BodyKind::Function) {
            let (root, inner) = self.function(body, &mut reader);
            let record = &mut self.out.bodies[body as usize];
            record.kind = BodyKind::Function;
            record.node = root.0;
            head.lambda = Some((root, inner));
        }
        (head, reader)
    }

    /// The lambdas of a function, whose bodies and defaults are still to come; says the root and the innermost one.
    fn function(&mut self, body: u32, reader: &mut Reader<'a>) -> (ExprId, LambdaId) {
        let name = reader.number().checked_sub(1).map(|name| self.name(name));
        let further = reader.number();
        let root = ExprId(self.out.ast.len() as u32);
        let mut inner = LambdaId(0);
        let mut has_formals = false;
        for at in 0..=further {
            let pos = reader.pos();
            let arg = reader.number();
            has_formals = arg & 1 != 0;
            let arg = (arg >> 1).checked_sub(1).map(|name| self.name(name));
            // The next lambda is the next node, and what stands for the innermost one's body, until that is known.
            let next = ExprId(root.0 + at + 1);
            let lambda = Lambda { arg, arg_pos: Pos::NONE, formals: None, body: next, name };
            inner = self.out.ast.add_lambda(lambda);
            let note = if at == 0 { Note::body(body) } else { Note::NOTHING };
            self.add(Expr::Lambda(inner), pos, note);
        }
        let unknown = self.add(Expr::Error, Pos::NONE, Note::NOTHING);
        let count = reader.number();
        if has_formals {
            let packed = self.packed;
            let formals = (0..count >> 1).map(|_| {
                let name = reader.number();
                let default = (name & 1 != 0).then_some(unknown);
                Formal { name: packed.name(name >> 1), pos: reader.pos(), default }
            });
            let formals = self.out.ast.add_formals(formals);
            self.out.ast.set_formals(inner, Formals { formals, ellipsis: count & 1 != 0 });
        }
        (root, inner)
    }

    /// A set or `let`; the operands are the sources of `inherit (…)`, values, computed names with their values, and the
    /// body of a `let`.
    pub(super) fn set(&mut self, tag: u8, pos: Pos, reader: &mut Reader<'a>) {
        let body = if tag == tag::LET { self.room.operands.pop() } else { None };
        let flags = reader.number();
        let count = flags >> 3;
        let more = flags & 4 != 0;
        let froms = if more { reader.number() as usize } else { 0 };
        let computed = if more { reader.number() as usize } else { 0 };
        self.room.bindings.clear();
        let mut inherited = 0;
        for _ in 0..count {
            let pos = reader.pos();
            let name = reader.long();
            let kind = match name & 3 {
                0 => BindingKind::Plain,
                1 => BindingKind::Inherited,
                _ => {
                    inherited += 1;
                    BindingKind::InheritedFrom(reader.number())
                }
            };
            let name = self.name((name >> 2) as u32);
            self.room.bindings.push(Binding { name, pos, kind, value: ExprId(0) });
        }
        let values = count as usize - inherited as usize;
        let first = self.pop(froms + values + 2 * computed);
        let (sources, rest) = self.room.operands[first..].split_at(froms);
        let mut rest = rest.iter().copied();
        for binding in &mut self.room.bindings {
            binding.value = match binding.kind {
                BindingKind::InheritedFrom(from) => sources.get(from as usize).copied(),
                _ => rest.next(),
            }
            .unwrap_or(ExprId(0));
        }
        let dynamics = std::iter::from_fn(|| {
            let (name, value) = (rest.next()?, rest.next()?);
            Some(DynamicBinding { name, value, pos: reader.pos(), names: reader.byte() != 0 })
        });
        let set = AttrSet {
            recursive: flags & 1 != 0,
            dynamics: self.out.ast.add_dynamics(dynamics),
            bindings: self.out.ast.add_bindings(self.room.bindings.iter().copied()),
            froms: self.out.ast.add_exprs(sources),
        };
        self.room.operands.truncate(first);
        let note =
            if flags & 2 != 0 { self.group(inherited, count, reader) } else { Note::NOTHING };
        let set = self.out.ast.add_set(set);
        let expr = match (tag, body) {
            (_, Some(body)) => Expr::Let { bindings: set, body },
            (tag::LEGACY_LET, _) => Expr::LegacyLet(set),
            _ => Expr::Set(set),
        };
        let node = self.add(expr, pos, note);
        self.room.operands.push(node);
    }

    /// The numbers of a group, with the heads of the bodies that it has beside those of its expressions.
    fn group(&mut self, inherited: u32, bindings: u32, reader: &mut Reader<'a>) -> Note {
        let first_local = reader.number();
        let there = reader.number();
        let first_inherit = self.out.bodies.len() as u32;
        for number in there..there + inherited {
            self.head(number);
        }
        let first_alias = reader.number().checked_sub(1).map(|there| {
            let here = self.out.bodies.len() as u32;
            for number in there..there + bindings {
                self.head(number);
            }
            here
        });
        self.out.groups.push(Group { first_local, first_inherit, first_alias });
        Note::group(self.out.groups.len() as u32 - 1)
    }
}
