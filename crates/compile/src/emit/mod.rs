//! Emit: the instructions of one body.
//!
//! In: a resolved file and a body. Out: its [`Code`]. Only the body's own expressions are walked.
//!
//! How slots are used: arguments first, then what scopes and computations need, as a stack (`top`); a value that is computed
//! into a slot is computed with temporaries above it. Variables are operands where they stand and are never moved first.
//!
//! Invariants
//! - Recursion is bounded: resolve made a body of whatever nests deeper than its limit.
//! - Nothing fails on the way; what does not fit an operand sets `too_large`, which is looked at once, at the end.
//!
//! `strict` computes values, `tail` ends bodies, `condition` branches, `select` attribute paths, `calls` applications,
//! `lazy` suspends, `groups` binds, `functions` begins functions and describes them, `cheap` avoids thunks at run time.

mod calls;
mod cheap;
mod condition;
mod functions;
mod groups;
mod lazy;
mod select;
mod strict;
mod tail;

use crate::note::{Note, Noted};
use crate::resolved::{BodyKind, Resolved};
use frazil_base::{Diagnostic, Interner, Pos, Span, Symbol, sym};
use frazil_bytecode::{BodyId, Code, Constant, Op, Proto, Purpose, Region, Src, WithSite};
use frazil_syntax::ast::{Ast, ExprId};
use std::ops::Range;

/// The body that is emitted: of the part of a file that was unpacked for it, the first.
const BODY: u32 = 0;

/// Room for emitting one body after the other.
#[derive(Debug, Default)]
pub(crate) struct Room {
    slots: Vec<u16>,
    groups: groups::Room,
}

/// Emits the first body of a part into `code`, which is empty; told code if `told`.
pub(crate) fn emit(
    unit: &Resolved,
    number: u32,
    names: &Interner,
    told: bool,
    room: &mut Room,
    code: &mut Code,
) -> Result<(), Diagnostic> {
    let record = unit.body(BODY);
    room.slots.clear();
    room.slots.resize(record.locals as usize, 0);
    let mut emitter = Emitter {
        unit,
        ast: &unit.ast,
        names,
        number,
        told,
        code,
        top: 0,
        slots: &mut room.slots,
        groups: &mut room.groups,
        too_large: false,
        calls_one: false,
    };
    emitter.whole_body();
    let Emitter { code, too_large, calls_one, .. } = emitter;
    // The last slot is for the argument of calls with one.
    code.slots += u32::from(calls_one);
    if too_large {
        let message = "the expression is too large: a part of it uses too many values at once";
        let start = unit.pos_of_body(BODY);
        return Err(Diagnostic::new(message, Span { start, end: start }));
    }
    // Inner ones were noted first; among those of the same extent they come last.
    code.regions.reverse();
    code.regions.sort_by_key(|region| (region.start, std::cmp::Reverse(region.end)));
    Ok(())
}

struct Emitter<'a> {
    unit: &'a Resolved,
    ast: &'a Ast,
    names: &'a Interner,
    /// The unit's number for the machine.
    number: u32,
    /// Whether side tables are written that only failures ask for.
    told: bool,
    code: &'a mut Code,
    /// The first free slot.
    top: u32,
    /// The slot of each local.
    slots: &'a mut Vec<u16>,
    groups: &'a mut groups::Room,
    too_large: bool,
    /// Whether there is a call with one argument.
    calls_one: bool,
}

/// A slot that holds nothing of use, for operands that did not fit.
const NO_SLOT: u16 = 0;

impl<'a> Emitter<'a> {
    fn whole_body(&mut self) {
        let record = *self.unit.body(BODY);
        match record.kind {
            BodyKind::Thunk => {
                self.scope();
                self.tail(ExprId(record.node));
            }
            BodyKind::Function => self.function_body(ExprId(record.node)),
            BodyKind::Inherit => {
                let inherit = self.unit.inherits[record.node as usize];
                let src = self.source(record.note);
                let dst = self.take(1);
                let name = self.site(inherit.name);
                self.push_at(Op::Select { dst, src, name }, inherit.pos);
                self.push(Op::Return { src: Src::slot(dst) });
            }
            BodyKind::Alias => {
                // The first capture is the overriding set, the second the attribute's own value.
                let dst = self.take(1);
                let name = self.site(self.unit.inherits[record.node as usize].name);
                self.push(Op::TrySelect { dst, src: Src::capture(0), name });
                let missing = self.jump();
                self.push(Op::Return { src: Src::slot(dst) });
                self.land(missing);
                self.push(Op::Return { src: Src::capture(1) });
            }
        }
    }

    /// The variables of the scope that surrounds the file: selections from the set in slot 0.
    fn scope(&mut self) {
        let unit = self.unit;
        let Some(names) = &unit.scope else { return };
        if names.len() >= Src::MAX_SLOT as usize {
            self.too_large = true;
            return;
        }
        self.slots[0] = self.take(1);
        let first = self.take(names.len() as u32);
        for at in 0..names.len() as u16 {
            let slot = first.saturating_add(at);
            self.slots[usize::from(at) + 1] = slot;
            // Their bodies are the ones opened right after the file's.
            self.inherited(u32::from(at) + 1, slot);
        }
    }

    // Slots.

    /// Takes `count` slots in a row and says the first.
    fn take(&mut self, count: u32) -> u16 {
        let first = self.top;
        self.top = self.top.saturating_add(count);
        self.code.slots = self.code.slots.max(self.top);
        if self.top > Src::MAX_SLOT {
            self.too_large = true;
            // The tables stay small and the walk ends soon; the result is thrown away.
            self.top = self.top.min(Src::MAX_SLOT);
            return NO_SLOT;
        }
        first as u16
    }

    // Instructions.

    fn pc(&self) -> u32 {
        self.code.ops.len() as u32
    }

    fn push(&mut self, op: Op) {
        self.code.ops.push(op);
    }

    /// An instruction that can fail, with the position Nix reports for it.
    fn push_at(&mut self, op: Op, pos: Pos) {
        // Computed attributes stand where their instruction does, whether it fails or not.
        if pos.is_some() && (self.told || matches!(op, Op::AddDynamic { .. })) {
            self.code.positions.push(self.pc(), pos);
        }
        self.code.ops.push(op);
    }

    /// Lets the jump at `pc` lead to the next instruction.
    fn land(&mut self, pc: u32) {
        let here = self.pc();
        match &mut self.code.ops[pc as usize] {
            Op::Jump { to } | Op::JumpIfFalse { to, .. } | Op::JumpIfTrue { to, .. } => *to = here,
            _ => {}
        }
    }

    fn land_all(&mut self, jumps: &[u32]) {
        for pc in jumps {
            self.land(*pc);
        }
    }

    /// A jump whose target is not known yet.
    fn jump(&mut self) -> u32 {
        self.push(Op::Jump { to: u32::MAX });
        self.pc() - 1
    }

    /// Says what the instructions since `start` were for.
    fn region(&mut self, start: u32, text: &'static str, pos: Pos) {
        self.purpose(start, Purpose::Text(text), pos);
    }

    /// Says where an operand of the instruction that comes next stands, unless it is a text, which is never wrong there.
    fn operand_pos(&mut self, index: u16, node: ExprId) {
        use frazil_syntax::ast::Expr::{Interpolated, InterpolatedPath, Path, Str};
        let expr = self.ast.expr(node);
        if !matches!(expr, Interpolated { .. } | InterpolatedPath(_) | Path(_) | Str { .. }) {
            let pos = self.ast.pos(node);
            self.operand_place(index, pos);
        }
    }

    /// Where Nix says that an expression stands whose value is of the wrong type.
    fn pos_of_value(&self, node: ExprId) -> Pos {
        let inner = |node| Some(self.unit.body(self.body_of(node)?).value_pos);
        self.unit.pos_of_value(node, inner)
    }

    /// Says where an operand of the instruction that comes next stands.
    fn operand_place(&mut self, index: u16, pos: Pos) {
        if !self.told {
            return;
        }
        let start = self.pc();
        let purpose = Purpose::Operand(index);
        self.code.regions.push(Region { start, end: start + 1, purpose, pos });
    }

    fn purpose(&mut self, start: u32, purpose: Purpose, pos: Pos) {
        let end = self.pc();
        if self.told && start < end {
            self.code.regions.push(Region { start, end, purpose, pos });
        }
    }

    // Tables.

    /// The number of a text: `node` as it is shown.
    fn text(&mut self, node: ExprId) -> u16 {
        let text =
            if self.told { frazil_syntax::show(self.ast, node, self.names) } else { Vec::new() };
        self.code.texts.push(text.into());
        u16::try_from(self.code.texts.len() - 1).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }

    fn site(&mut self, name: Symbol) -> u16 {
        let at = self.code.symbols.len();
        if let Ok(site) = u16::try_from(at) {
            self.code.symbols.push(name);
            return site;
        }
        // A cache site is shared rather than the text refused.
        match self.code.symbols.iter().position(|known| *known == name) {
            Some(known) => known as u16,
            None => {
                self.too_large = true;
                0
            }
        }
    }

    /// Takes in the text of a constant.
    fn bytes(&mut self, text: &[u8]) -> Range<u32> {
        let start = self.code.bytes.len() as u32;
        self.code.bytes.extend_from_slice(text);
        start..self.code.bytes.len() as u32
    }

    /// The number of a constant; the same one again if it stands among the last few.
    fn constant_index(&mut self, constant: Constant) -> u32 {
        let code = &*self.code;
        let recent = code.constants.len().saturating_sub(16);
        let same = |known: &Constant| match (known, &constant) {
            // Floats by their bits: 0.0 and -0.0 differ.
            (Constant::Float(a), Constant::Float(b)) => a.to_bits() == b.to_bits(),
            (Constant::Str(a), Constant::Str(b)) | (Constant::Path(a), Constant::Path(b)) => {
                code.bytes_of(a) == code.bytes_of(b)
            }
            (known, constant) => known == constant,
        };
        if let Some(at) = code.constants[recent..].iter().position(same) {
            // Its text was the last that was taken in.
            if let Constant::Str(text) | Constant::Path(text) = constant {
                self.code.bytes.truncate(text.start as usize);
            }
            return (recent + at) as u32;
        }
        self.code.constants.push(constant);
        self.code.constants.len() as u32 - 1
    }

    /// A constant as an operand; one whose number is too large goes through a slot.
    fn constant(&mut self, constant: Constant) -> Src {
        let index = self.constant_index(constant);
        if index <= Src::MAX_INDEX {
            return Src::constant(index as u16);
        }
        let dst = self.take(1);
        self.push(Op::LoadConst { dst, index });
        Src::slot(dst)
    }

    fn constant_into(&mut self, constant: Constant, dst: u16) {
        let index = self.constant_index(constant);
        if index <= Src::MAX_INDEX {
            self.push(Op::Move { dst, src: Src::constant(index as u16) });
        } else {
            self.push(Op::LoadConst { dst, index });
        }
    }

    /// What a global name stands for.
    fn global(name: Symbol) -> Constant {
        match name {
            sym::TRUE => Constant::Bool(true),
            sym::FALSE => Constant::Bool(false),
            sym::NULL => Constant::Null,
            _ => Constant::Global(name),
        }
    }

    // Variables.

    /// Where a variable of this body is.
    fn source(&mut self, note: Note) -> Src {
        match note.take() {
            Noted::Local(local) => Src::slot(self.slots[local as usize]),
            Noted::Capture(index) => Src::capture(index as u16),
            Noted::Global(name) => self.constant(Self::global(name)),
            Noted::Nothing
            | Noted::With(_)
            | Noted::Body(_)
            | Noted::Group(_)
            | Noted::Index(_) => self.constant(Constant::Null),
        }
    }

    /// A name looked up through `with`: `list` is the list of levels, read by `read`.
    fn with_site(
        &mut self,
        name: Symbol,
        list: u32,
        mut read: impl FnMut(&mut Self, Note) -> Src,
    ) -> u16 {
        let unit = self.unit;
        let count = unit.with_lists[list as usize] as usize;
        let levels = &unit.with_lists[list as usize + 1..][..count];
        let levels = levels.iter().map(|note| read(self, Note(*note))).collect();
        self.code.with_sites.push(WithSite { name, levels });
        u16::try_from(self.code.with_sites.len() - 1).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }

    // Bodies.

    /// The proto of a body that this one makes.
    fn proto(&mut self, body: u32) -> u32 {
        let unit = self.unit;
        let record = unit.body(body);
        let notes = unit.captures_of(body);
        let first = self.code.captures.len() as u32;
        for note in notes {
            let source = self.source(*note);
            self.code.captures.push(source);
        }
        let pos = unit.pos_of_body(body);
        let kind = match record.kind {
            BodyKind::Function => self.function_kind(ExprId(record.node)),
            BodyKind::Thunk | BodyKind::Inherit | BodyKind::Alias => frazil_bytecode::Kind::Thunk,
        };
        self.code.protos.push(Proto {
            kind,
            captures: first..first + notes.len() as u32,
            body: BodyId { unit: self.number, body: record.number },
            pos,
        });
        self.code.protos.len() as u32 - 1
    }

    /// The body that stands for a node, unless it is the one being emitted.
    fn body_of(&self, node: ExprId) -> Option<u32> {
        match self.unit.notes[node.index()].take() {
            Noted::Body(body) if body != BODY => Some(body),
            _ => None,
        }
    }
}

/// The places of items in ascending order of their names, each in the low half of a number that has the name above it: such
/// numbers are sorted faster than what they stand for.
fn order<T>(items: &[T], name: impl Fn(&T) -> Symbol, into: &mut Vec<u64>) {
    into.clear();
    into.extend((0..).zip(items).map(|(at, item)| u64::from(name(item).0) << 32 | at));
    into.sort_unstable();
}

/// A place that `order` gives.
const fn place(key: u64) -> usize {
    key as u32 as usize
}

/// The place of each item among those in ascending order of their names.
fn ranks<T>(items: &[T], name: impl Fn(&T) -> Symbol) -> Vec<u16> {
    let mut keys = Vec::with_capacity(items.len());
    order(items, name, &mut keys);
    let mut ranks = vec![0; keys.len()];
    for (rank, key) in (0..).zip(keys) {
        ranks[place(key)] = rank;
    }
    ranks
}
