//! Emit, for values that are needed now.
//!
//! `operand` says where a value is; `into` puts it into a slot. The value in a slot may still be a variable's unforced one:
//! every instruction forces what it reads.

use super::Emitter;
use crate::note::{Note, Noted};
use crate::resolve::is_empty_set;
use frazil_base::{Pos, sym};
use frazil_bytecode::{Constant, Op, Src};
use frazil_syntax::ast::{BinaryOp, Expr, ExprId, Part, PartKind, Slice};

/// How many elements of a list or string are put together at once.
const RUN: usize = 4096;

impl Emitter<'_> {
    /// The value of `node` as an operand: a variable or constant where it is, anything else in a new slot.
    pub(super) fn operand(&mut self, node: ExprId) -> Src {
        if let Some(src) = self.at_hand(node) {
            return src;
        }
        let dst = self.take(1);
        self.into(node, dst);
        Src::slot(dst)
    }

    /// As `operand`, with `dst` for what needs a slot; nothing reads `dst` before it is written.
    pub(super) fn operand_in(&mut self, node: ExprId, dst: u16) -> Src {
        if let Some(src) = self.at_hand(node) {
            return src;
        }
        self.into(node, dst);
        Src::slot(dst)
    }

    /// The first of two operands: a variable is forced before `second` runs anything.
    pub(super) fn operand_before(&mut self, node: ExprId, second: ExprId, dst: u16) -> Src {
        let src = self.operand_in(node, dst);
        if self.is_variable(node) && self.runs(second) {
            self.push_at(Op::Force { dst, src }, self.ast.pos(node));
            return Src::slot(dst);
        }
        src
    }

    /// The first operand of a sum: coerced before `second` runs anything.
    fn addend_before(&mut self, node: ExprId, second: ExprId, dst: u16) -> Src {
        let src = self.operand_in(node, dst);
        if !self.runs(second) || self.is_addend(node) {
            return src;
        }
        self.operand_pos(0, node);
        self.push_at(Op::Coerce { dst, src, role: 0 }, self.ast.pos(node));
        Src::slot(dst)
    }

    /// Whether the value of `node`, once computed, needs no coercion in a sum: a number, string or path.
    fn is_addend(&self, node: ExprId) -> bool {
        if self.body_of(node).is_some() {
            return false;
        }
        match self.ast.expr(node) {
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_)
            | Expr::Interpolated { .. }
            | Expr::InterpolatedPath(_) => true,
            Expr::Binary { op, .. } => {
                use BinaryOp::{Add, Divide, Multiply, Subtract};
                matches!(op, Add | Subtract | Multiply | Divide)
                    && self.unit.raw_note(node) == Note::NOTHING
            }
            _ => false,
        }
    }

    /// Whether the value of `node`, once computed, is a string.
    fn is_string(&self, node: ExprId) -> bool {
        self.body_of(node).is_none()
            && matches!(
                self.ast.expr(node),
                Expr::Str { .. } | Expr::Uri(_) | Expr::Interpolated { .. }
            )
    }

    /// Whether `node` is read where it stands, by an instruction that forces it.
    fn is_variable(&self, node: ExprId) -> bool {
        matches!(self.ast.expr(node), Expr::Var(_))
            && self.body_of(node).is_none()
            && !matches!(self.unit.note(node), Noted::With(_) | Noted::Global(_))
    }

    /// Whether computing `node` runs more than the instruction that reads it.
    fn runs(&self, node: ExprId) -> bool {
        if self.body_of(node).is_some() {
            return false;
        }
        match self.ast.expr(node) {
            Expr::Var(_) => matches!(self.unit.note(node), Noted::With(_)),
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_)
            | Expr::Lambda(_)
            | Expr::List(_) => false,
            _ => true,
        }
    }

    /// Computes operands of one instruction into slots in a row: what runs comes after what is forced before it.
    fn operands_into(&mut self, nodes: &[(u16, ExprId)]) {
        let last = nodes.iter().rposition(|(_, node)| self.runs(*node)).unwrap_or(0);
        for (at, (slot, node)) in nodes.iter().enumerate() {
            if at < last && self.is_variable(*node) {
                let src = self.source(self.unit.raw_note(*node));
                self.push_at(Op::Force { dst: *slot, src }, self.ast.pos(*node));
            } else {
                self.into(*node, *slot);
            }
        }
    }

    /// A variable or constant.
    pub(super) fn at_hand(&mut self, node: ExprId) -> Option<Src> {
        if let Some(constant) = self.literal(node) {
            return Some(self.constant(constant));
        }
        if !matches!(self.ast.expr(node), Expr::Var(_)) || self.body_of(node).is_some() {
            return None;
        }
        match self.unit.note(node) {
            Noted::With(_) => None,
            _ => Some(self.source(self.unit.raw_note(node))),
        }
    }

    /// A constant that the text spells out.
    pub(super) fn literal(&mut self, node: ExprId) -> Option<Constant> {
        match self.ast.expr(node) {
            Expr::Int(int) => Some(Constant::Int(int)),
            Expr::Float(float) => Some(Constant::Float(float)),
            Expr::Str { text, .. } | Expr::Uri(text) => {
                Some(Constant::Str(self.bytes(self.ast.bytes(text))))
            }
            Expr::Path(text) => Some(Constant::Path(self.bytes(self.ast.bytes(text)))),
            Expr::List(elements) if elements.is_empty() => Some(Constant::EmptyList),
            Expr::Set(_) if is_empty_set(self.ast, node) && self.body_of(node).is_none() => {
                Some(Constant::EmptyAttrs)
            }
            _ => None,
        }
    }

    /// Computes `node` into `dst`.
    pub(super) fn into(&mut self, mut node: ExprId, dst: u16) {
        let mark = self.top;
        let mut ends = Vec::new();
        loop {
            if self.body_of(node).is_some() {
                break;
            }
            match self.ast.expr(node) {
                Expr::Let { bindings, body } => {
                    self.let_group(node, bindings);
                    node = body;
                }
                Expr::With { env, body } => {
                    self.with_set(node, env);
                    node = body;
                }
                Expr::Assert { condition, body } => {
                    self.assert(node, condition);
                    node = body;
                }
                Expr::If { condition, consequent, alternative } => {
                    let mark = self.top;
                    let otherwise = self.branch(condition, self.ast.pos(node));
                    self.top = mark;
                    self.into(consequent, dst);
                    ends.push(self.jump());
                    self.land_all(&otherwise);
                    self.top = mark;
                    node = alternative;
                }
                Expr::SelectOr(id) => {
                    let select = self.ast.select_or(id);
                    let mark = self.top;
                    let missing = self.try_path(select.base, select.path, dst);
                    self.push_at(Op::Force { dst, src: Src::slot(dst) }, self.ast.pos(node));
                    ends.push(self.jump());
                    self.land_all(&missing);
                    self.top = mark;
                    node = select.default;
                }
                _ => break,
            }
        }
        self.value(node, dst);
        self.land_all(&ends);
        self.top = mark;
    }

    /// Computes what is not a scope or branch.
    fn value(&mut self, node: ExprId, dst: u16) {
        if let Some(constant) = self.literal(node) {
            return self.constant_into(constant, dst);
        }
        if self.body_of(node).is_some() {
            // Deeply nested expressions have a body of their own; functions always.
            return self.suspended(node, dst);
        }
        let pos = self.ast.pos(node);
        match self.ast.expr(node) {
            Expr::Var(name) => match self.unit.note(node) {
                Noted::With(list) => {
                    let site = self.with_site(name, list, Self::source);
                    self.push_at(Op::LookupWith { dst, site }, pos);
                }
                _ => {
                    let src = self.source(self.unit.raw_note(node));
                    self.push(Op::Move { dst, src });
                }
            },
            Expr::Interpolated { parts, .. } => self.interpolated(parts, dst, pos, false),
            Expr::InterpolatedPath(parts) => self.interpolated(parts, dst, pos, true),
            Expr::SearchPath(text) => {
                let Noted::Index(index) = self.unit.note(node) else { return };
                let [find, path] = self.unit.search_paths[index as usize];
                let func = self.source(find);
                let args = self.take(2);
                let src = self.source(path);
                self.push(Op::Move { dst: args, src });
                let text = Constant::Str(self.bytes(self.ast.bytes(text)));
                self.constant_into(text, args.saturating_add(1));
                self.push_at(Op::Call { dst, func, args, count: 2 }, pos);
            }
            Expr::CurPos => self.cur_pos(node, dst),
            Expr::Select { base, path } => self.select(base, path, dst, pos),
            Expr::HasAttr { base, path } => self.has_attr(base, path, dst, pos),
            Expr::Apply { func, args } => {
                let args = self.ast.exprs(args);
                self.call(func, args, dst, pos);
            }
            Expr::LegacyLet(set) => {
                self.attrs(node, set, dst);
                let name = self.site(sym::BODY);
                self.push_at(Op::Select { dst, src: Src::slot(dst), name }, pos);
            }
            Expr::Set(set) => self.attrs(node, set, dst),
            Expr::List(elements) => self.list(elements, dst),
            Expr::Not(operand) => {
                let start = self.pc();
                let src = self.operand_in(operand, dst);
                self.push_at(Op::Not { dst, src }, self.ast.pos(operand));
                let place = self.pos_of_value(operand);
                self.region(start, "in the argument of the not operator", place);
            }
            Expr::Negate(operand) => match self.unit.note(node) {
                Noted::Nothing => {
                    let start = self.pc();
                    let src = self.operand_in(operand, dst);
                    self.region(start, "while calling the 'sub' builtin", pos);
                    self.push_at(Op::Neg { dst, src }, pos);
                }
                _ => {
                    let func = self.source(self.unit.raw_note(node));
                    let args = self.take(2);
                    self.constant_into(Constant::Int(0), args);
                    self.lazy(operand, args.saturating_add(1));
                    self.push_at(Op::Call { dst, func, args, count: 2 }, pos);
                }
            },
            Expr::Binary { op, left, right } => self.binary(node, op, left, right, dst),
            // The root of a suspended body; elsewhere a function is a body that stands for its node.
            Expr::Lambda(_) => {
                if let Noted::Body(function) = self.unit.note(node) {
                    self.make(function, dst);
                }
            }
            // Taken care of above; an `Error` is never compiled.
            _ => self.constant_into(Constant::Null, dst),
        }
    }

    fn cur_pos(&mut self, node: ExprId, dst: u16) {
        let Noted::Index(index) = self.unit.note(node) else { return };
        let unit = self.unit;
        let Some(at) = &unit.cur_positions[index as usize] else {
            return self.constant_into(Constant::Null, dst);
        };
        let first = self.take(3);
        let file = Constant::Str(self.bytes(&at.file));
        self.constant_into(file, first);
        self.constant_into(Constant::Int(i64::from(at.line)), first.saturating_add(1));
        self.constant_into(Constant::Int(i64::from(at.column)), first.saturating_add(2));
        // The three names have ascending numbers.
        let names = [sym::FILE, sym::LINE, sym::COLUMN];
        let site = self.attrs_site(names.into_iter().map(|name| (name, Pos::NONE)));
        self.push(Op::MakeAttrs { dst, first, site });
    }

    fn list(&mut self, elements: Slice<ExprId>, dst: u16) {
        let ast = self.ast;
        let elements = ast.exprs(elements);
        if elements.len() <= RUN {
            let first = self.take(elements.len() as u32);
            for (slot, element) in (first..).zip(elements) {
                self.lazy(*element, slot);
            }
            return self.push(Op::MakeList { dst, first, count: elements.len() as u16 });
        }
        let runs = self.take(elements.len().div_ceil(RUN) as u32);
        let mut count = 0;
        for run in elements.chunks(RUN) {
            let mark = self.top;
            let first = self.take(run.len() as u32);
            for (slot, element) in (first..).zip(run) {
                self.lazy(*element, slot);
            }
            let list = runs.saturating_add(count);
            self.push(Op::MakeList { dst: list, first, count: run.len() as u16 });
            count += 1;
            self.top = mark;
        }
        self.push(Op::ConcatLists { dst, first: runs, count });
    }

    fn interpolated(&mut self, parts: Slice<Part>, dst: u16, pos: Pos, path: bool) {
        let ast = self.ast;
        let mut parts = ast.parts(parts);
        let first = self.take(parts.len().min(RUN) as u32 + 1);
        let mut done = 0;
        while !parts.is_empty() {
            let (run, rest) = parts.split_at(parts.len().min(RUN));
            let mut exprs = Vec::with_capacity(run.len());
            for (slot, part) in (first.saturating_add(done)..).zip(run) {
                match part.kind {
                    PartKind::Expr(expr) => {
                        exprs.push((slot, expr, part.pos));
                    }
                    PartKind::Literal(text) => {
                        let text = self.bytes(ast.bytes(text));
                        let first = path && done == 0 && slot == first;
                        let text = if first { Constant::Path(text) } else { Constant::Str(text) };
                        self.constant_into(text, slot);
                    }
                }
            }
            self.parts_into(&exprs, path);
            let count = done + run.len() as u16;
            let op = if path {
                Op::InterpolatePath { dst: first, first, count }
            } else {
                Op::Interpolate { dst: first, first, count }
            };
            let op = if rest.is_empty() { with_dst(op, dst) } else { op };
            for (slot, _, place) in exprs {
                self.operand_place(slot.saturating_sub(first), place);
            }
            self.push_at(op, pos);
            parts = rest;
            done = 1;
        }
    }

    /// Computes parts of a string or path into their slots: each is coerced before anything of a later one runs.
    fn parts_into(&mut self, parts: &[(u16, ExprId, Pos)], path: bool) {
        let last = parts.iter().rposition(|(_, node, _)| self.runs(*node)).unwrap_or(0);
        for (at, (slot, node, place)) in parts.iter().enumerate() {
            if at >= last || self.is_string(*node) {
                self.into(*node, *slot);
                continue;
            }
            let src = self.operand_in(*node, *slot);
            self.operand_place(0, *place);
            self.push_at(Op::Coerce { dst: *slot, src, role: if path { 1 } else { 2 } }, *place);
        }
    }

    fn binary(&mut self, node: ExprId, op: BinaryOp, left: ExprId, right: ExprId, dst: u16) {
        let pos = self.ast.pos(node);
        let note = self.unit.raw_note(node);
        if note != Note::NOTHING {
            return self.shadowed(note, op, left, right, dst, pos);
        }
        match op {
            BinaryOp::PipeInto => return self.call(right, &[left], dst, pos),
            BinaryOp::PipeFrom => return self.call(left, &[right], dst, pos),
            BinaryOp::Concat => return self.concat(left, right, dst, pos),
            BinaryOp::Update => return self.update(left, right, dst, pos),
            BinaryOp::And | BinaryOp::Or | BinaryOp::Implies => {
                return self.logic(op, left, right, dst, pos);
            }
            _ => {}
        }
        // `a > b` is `b < a` to Nix, and `a <= b` is `!(b < a)`.
        let (left, right) = match op {
            BinaryOp::Greater | BinaryOp::LessEqual => (right, left),
            _ => (left, right),
        };
        let start = self.pc();
        let a = match op {
            BinaryOp::Add => self.addend_before(left, right, dst),
            _ => self.operand_before(left, right, dst),
        };
        let b = self.operand(right);
        // To Nix these are calls of builtins: what fails in an operand fails in the call.
        match op {
            BinaryOp::Subtract => self.region(start, "while calling the 'sub' builtin", pos),
            BinaryOp::Multiply => self.region(start, "while calling the 'mul' builtin", pos),
            BinaryOp::Divide => self.region(start, "while calling the 'div' builtin", pos),
            BinaryOp::Less | BinaryOp::Greater => self.region(start, LESS_THAN, pos),
            BinaryOp::LessEqual | BinaryOp::GreaterEqual => {
                self.region(start, LESS_THAN, pos);
                self.region(start, "in the argument of the not operator", pos);
            }
            _ => {}
        }
        let op = match op {
            BinaryOp::Add => Op::Add { dst, a, b },
            BinaryOp::Subtract => Op::Sub { dst, a, b },
            BinaryOp::Multiply => Op::Mul { dst, a, b },
            BinaryOp::Divide => Op::Div { dst, a, b },
            BinaryOp::Less | BinaryOp::Greater => Op::Less { dst, a, b },
            BinaryOp::LessEqual | BinaryOp::GreaterEqual => Op::NotLess { dst, a, b },
            BinaryOp::Equal => Op::Equal { dst, a, b },
            _ => Op::NotEqual { dst, a, b },
        };
        if matches!(op, Op::Add { .. }) {
            self.operand_pos(0, left);
            self.operand_place(1, self.ast.pos(right));
        }
        self.push_at(op, pos);
    }

    /// An operator whose function the text binds anew.
    fn shadowed(
        &mut self,
        function: Note,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        dst: u16,
        pos: Pos,
    ) {
        let swapped = matches!(op, BinaryOp::LessEqual | BinaryOp::Greater);
        let negated = matches!(op, BinaryOp::LessEqual | BinaryOp::GreaterEqual);
        let (first, second) = if swapped { (right, left) } else { (left, right) };
        let func = self.source(function);
        let args = self.take(2);
        self.lazy(first, args);
        self.lazy(second, args.saturating_add(1));
        self.push_at(Op::Call { dst, func, args, count: 2 }, pos);
        if negated {
            self.push_at(Op::Not { dst, src: Src::slot(dst) }, pos);
        }
    }

    /// `a ++ b ++ c`, a chain to the right, joined at once.
    fn concat(&mut self, left: ExprId, right: ExprId, dst: u16, pos: Pos) {
        let (mut operands, mut last) = (vec![left], right);
        let mut places = vec![pos];
        while self.body_of(last).is_none()
            && let Expr::Binary { op: BinaryOp::Concat, left, right } = self.ast.expr(last)
        {
            operands.push(left);
            places.push(self.ast.pos(last));
            last = right;
        }
        operands.push(last);
        let first = self.take(operands.len() as u32);
        let operands: Vec<(u16, ExprId)> = (first..).zip(operands).collect();
        self.operands_into(&operands);
        // Further operands are those of their own `++`, the last one of the last.
        if let [_, further @ .., last] = &*places {
            for (index, place) in (1..).zip(further.iter().chain([last, last])) {
                self.operand_place(index, *place);
            }
        }
        self.push_at(Op::ConcatLists { dst, first, count: operands.len() as u16 }, pos);
    }

    /// Whether the value of `node`, once computed, is a set.
    fn is_set(&self, node: ExprId) -> bool {
        self.body_of(node).is_none()
            && matches!(
                self.ast.expr(node),
                Expr::Set(_) | Expr::Binary { op: BinaryOp::Update, .. }
            )
    }

    /// `a // b`: the right operand first, as Nix 2.34 does.
    fn update(&mut self, left: ExprId, right: ExprId, dst: u16, pos: Pos) {
        let start = self.pc();
        let b = self.operand_before(right, left, dst);
        let (at_left, at_right) = (self.pos_of_value(left), self.pos_of_value(right));
        // A chain of updates is one to Nix.
        if !matches!(self.ast.expr(right), Expr::Binary { op: BinaryOp::Update, .. }) {
            self.region(start, "in the right operand of the update (//) operator", at_right);
        }
        // What is no set fails before anything of the left operand runs.
        let b = if self.runs(left) && !self.is_set(right) {
            let a = self.constant(Constant::EmptyAttrs);
            self.operand_place(1, at_right);
            self.push_at(Op::Update { dst, a, b }, pos);
            Src::slot(dst)
        } else {
            b
        };
        let start = self.pc();
        let a = self.operand(left);
        self.region(start, "in the left operand of the update (//) operator", at_left);
        self.operand_place(0, at_left);
        self.operand_place(1, at_right);
        self.push_at(Op::Update { dst, a, b }, pos);
    }
}

const LESS_THAN: &str = "while calling the 'lessThan' builtin";

fn with_dst(op: Op, to: u16) -> Op {
    match op {
        Op::Interpolate { first, count, .. } => Op::Interpolate { dst: to, first, count },
        Op::InterpolatePath { first, count, .. } => Op::InterpolatePath { dst: to, first, count },
        op => op,
    }
}
