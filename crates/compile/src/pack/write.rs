//! Packing: a resolved file, body by body.
//!
//! In: what resolve found out. Out: heads and postfix expressions. With its own stack: a body's expression may be a long
//! chain of `else if`.

use super::{Numbering, OPERATORS, Packed, flag, tag};
use crate::note::{Note, Noted};
use crate::resolve::curried;
use crate::resolved::{Body, BodyKind, Resolved};
use frazil_base::{Pos, Symbol};
use frazil_bytecode::bytes::Writer;
use frazil_syntax::Looks;
use frazil_syntax::ast::{
    AttrName, AttrNameKind, BinaryOp, Expr, ExprId, Lambda, Part, PartKind, Slice,
};

/// Packs a file, unless that is not to go on.
pub(crate) fn pack(
    resolved: &Resolved,
    names: &mut Numbering,
    looks: &mut Looks<'_>,
) -> Option<Packed> {
    names.clear();
    let base =
        resolved.bodies.first().map_or(Pos::NONE, |body| resolved.ast.pos(ExprId(body.node)));
    let mut packer = Packer {
        resolved,
        names,
        out: Writer::default(),
        open: Vec::with_capacity(64),
        body: 0,
        looks,
    };
    packer.out.bytes.reserve(resolved.ast.len() * 8);
    let mut starts = Vec::with_capacity(resolved.bodies.len());
    for (number, body) in resolved.bodies.iter().enumerate() {
        starts.push(packer.out.bytes.len() as u32);
        packer.out.pos = base.0;
        packer.body = number as u32;
        packer.whole_body(body);
        if !packer.looks.go_on() {
            return None;
        }
    }
    let with_lists = packer.with_lists();
    let mut bytes = packer.out.bytes;
    bytes.extend(starts.iter().flat_map(|start: &u32| start.to_le_bytes()));
    Some(Packed {
        bytes: bytes.into(),
        bodies: starts.len() as u32,
        nodes: resolved.ast.len() as u32,
        base,
        names: packer.names.names().into(),
        with_lists,
        cur_positions: (*resolved.cur_positions).into(),
        scope: resolved.scope.clone(),
        optimise: resolved.optimise,
    })
}

/// Something still to be packed. The top of the stack is next.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// An expression with all in it.
    Visit(ExprId),
    /// An expression whose operands are packed.
    Finish(ExprId),
    /// A tag by itself.
    Tag(u8),
}

pub(super) struct Packer<'a, 'k> {
    pub(super) resolved: &'a Resolved,
    names: &'a mut Numbering,
    pub(super) out: Writer,
    pub(super) open: Vec<Step>,
    /// The body in work.
    body: u32,
    looks: &'a mut Looks<'k>,
}

impl Packer<'_, '_> {
    /// A name's number in the file.
    #[inline]
    pub(super) fn name(&mut self, name: Symbol, pos: Pos) -> u32 {
        self.names.number(name, pos)
    }

    /// A note, in which a global is named by its number in the file. The tag stands in the top bits, but is needed always.
    #[inline]
    pub(super) fn note(&mut self, note: Note) {
        let note = self.portable(note);
        self.out.number(note.0.rotate_left(3));
    }

    #[inline]
    fn portable(&mut self, note: Note) -> Note {
        match note.take() {
            Noted::Global(name) => Note::global(Symbol(self.name(name, Pos(self.out.pos)))),
            _ => note,
        }
    }

    /// The lists of `with` sets: runs of a length and as many notes.
    fn with_lists(&mut self) -> Box<[u32]> {
        let mut lists: Box<[u32]> = (*self.resolved.with_lists).into();
        let mut at = 0;
        while let Some(count) = lists.get(at).copied() {
            for entry in lists.iter_mut().skip(at + 1).take(count as usize) {
                *entry = self.portable(Note(*entry)).0;
            }
            at += 1 + count as usize;
        }
        lists
    }

    fn whole_body(&mut self, body: &Body) {
        let resolved = self.resolved;
        let kind = body.kind as u8;
        let place = resolved.pos_of_body(self.body);
        match body.kind {
            BodyKind::Inherit | BodyKind::Alias => {
                self.head(kind, place);
                let name = self.name(resolved.inherits[body.node as usize].name, place);
                self.out.number(name);
                self.note(body.note);
            }
            BodyKind::Function => {
                self.head(kind, place);
                self.out.number(body.locals);
                self.function(ExprId(body.node));
            }
            BodyKind::Thunk => {
                let root = ExprId(body.node);
                let value_pos = resolved.pos_of_value(root, |_| None);
                let mut flags = kind;
                if self.is_worth_a_look(root) {
                    flags |= flag::PEEK;
                }
                if value_pos != place {
                    flags |= flag::VALUE_POS;
                }
                if matches!(resolved.ast.expr(root), Expr::Binary { op: BinaryOp::Update, .. }) {
                    flags |= flag::UPDATE;
                }
                self.head(flags, place);
                self.out.number(body.locals);
                if value_pos != place {
                    self.out.pos(value_pos);
                }
                self.expression(root);
            }
        }
    }

    /// What all bodies start with.
    fn head(&mut self, flags: u8, place: Pos) {
        let captures = self.resolved.captures_of(self.body);
        self.out.byte(flags);
        self.out.pos(place);
        self.out.number(captures.len() as u32);
        for note in captures {
            self.note(*note);
        }
    }

    /// Whether emit may have the value of the body at `root` at once (`emit/cheap.rs`), for which it must see it: one
    /// operation on variables and literals.
    fn is_worth_a_look(&self, root: ExprId) -> bool {
        let ast = &self.resolved.ast;
        let is_simple = |node: ExprId| is_leaf(&ast.expr(node));
        match ast.expr(root) {
            Expr::Select { base, .. } | Expr::HasAttr { base, .. } => is_simple(base),
            Expr::SelectOr(id) => {
                let select = ast.select_or(id);
                is_simple(select.base) && is_simple(select.default)
            }
            Expr::Not(operand) => is_simple(operand),
            Expr::Binary { left, right, .. } => is_simple(left) && is_simple(right),
            Expr::Apply { func, args } => {
                let func_is_simple = match ast.expr(func) {
                    Expr::Select { base, .. } => is_simple(base),
                    _ => is_simple(func),
                };
                func_is_simple
                    && args.len() <= 2
                    && ast.exprs(args).iter().all(|arg| is_simple(*arg))
            }
            expr => is_leaf(&expr),
        }
    }

    fn function(&mut self, root: ExprId) {
        let ast = &self.resolved.ast;
        let Expr::Lambda(id) = ast.expr(root) else { return };
        let lambda = ast.lambda(id);
        let further = match lambda.formals {
            Some(_) => Vec::new(),
            None => curried(ast, lambda.body),
        };
        let place = ast.pos(root);
        let name = lambda.name.map_or(0, |name| self.name(name, place) + 1);
        self.out.number(name);
        self.out.number(further.len() as u32);
        self.parameter(root, &lambda);
        for (node, inner) in &further {
            self.parameter(*node, inner);
        }
        self.open.push(Step::Tag(tag::END));
        self.open.push(Step::Visit(further.last().map_or(lambda.body, |(_, inner)| inner.body)));
        match lambda.formals {
            None => self.out.number(0),
            Some(formals) => {
                let all = ast.formals(formals.formals);
                self.out.number((all.len() as u32) << 1 | u32::from(formals.ellipsis));
                for formal in all {
                    let has_default = u32::from(formal.default.is_some());
                    let name = self.name(formal.name, formal.pos);
                    self.out.number(name << 1 | has_default);
                    self.out.pos(formal.pos);
                }
                let defaults = all.iter().rev().filter_map(|formal| formal.default);
                self.open.extend(defaults.map(Step::Visit));
            }
        }
        self.pack_open();
    }

    fn parameter(&mut self, node: ExprId, lambda: &Lambda) {
        let pos = self.resolved.ast.pos(node);
        self.out.pos(pos);
        let formals = u32::from(lambda.formals.is_some());
        let at = if lambda.arg_pos.is_some() { lambda.arg_pos } else { pos };
        let arg = lambda.arg.map_or(0, |arg| self.name(arg, at) + 1);
        self.out.number(arg << 1 | formals);
    }

    fn expression(&mut self, root: ExprId) {
        self.open.push(Step::Tag(tag::END));
        // The root of a suspended function is the function's body.
        match self.resolved.note(root) {
            Noted::Body(function) => self.inner(function),
            _ => self.visit(root, self.resolved.raw_note(root)),
        }
        self.pack_open();
    }

    fn pack_open(&mut self) {
        while let Some(step) = self.open.pop() {
            if !self.looks.go_on() {
                return;
            }
            match step {
                Step::Tag(tag) => self.out.byte(tag),
                Step::Finish(node) => self.finish(node),
                Step::Visit(node) => match self.resolved.notes[node.index()].take() {
                    Noted::Body(body) if body != self.body => self.inner(body),
                    _ => self.visit(node, self.resolved.raw_note(node)),
                },
            }
        }
    }

    /// A body that this one makes.
    fn inner(&mut self, body: u32) {
        self.out.byte(tag::BODY);
        self.out.number(body.wrapping_sub(self.body));
    }

    /// A leaf is packed, of anything else the operands come first.
    fn visit(&mut self, node: ExprId, note: Note) {
        let ast = &self.resolved.ast;
        let expr = ast.expr(node);
        if is_leaf(&expr) {
            return self.leaf(node, expr, note);
        }
        self.open.push(Step::Finish(node));
        let operands = self.open.len();
        match expr {
            Expr::Interpolated { parts, .. } | Expr::InterpolatedPath(parts) => {
                let exprs = ast.parts(parts).iter().filter_map(|part| match part.kind {
                    PartKind::Expr(expr) => Some(Step::Visit(expr)),
                    PartKind::Literal(_) => None,
                });
                self.open.extend(exprs);
            }
            Expr::Select { base, path } | Expr::HasAttr { base, path } => {
                self.open.push(Step::Visit(base));
                self.computed_names(path);
            }
            Expr::SelectOr(id) => {
                let select = ast.select_or(id);
                self.open.push(Step::Visit(select.base));
                self.computed_names(select.path);
                self.open.push(Step::Visit(select.default));
            }
            Expr::Apply { func, args } => {
                self.open.push(Step::Visit(func));
                self.open.extend(ast.exprs(args).iter().map(|arg| Step::Visit(*arg)));
            }
            Expr::List(elements) => {
                self.open.extend(ast.exprs(elements).iter().map(|element| Step::Visit(*element)));
            }
            Expr::Set(set) | Expr::LegacyLet(set) => self.visit_set(set),
            Expr::Let { bindings, body } => {
                self.visit_set(bindings);
                self.open.push(Step::Visit(body));
            }
            Expr::With { env, body } => self.open.extend([Step::Visit(env), Step::Visit(body)]),
            Expr::If { condition, consequent, alternative } => {
                self.open.extend([condition, consequent, alternative].map(Step::Visit));
            }
            Expr::Assert { condition, body } => self.open.extend([
                Step::Tag(tag::DEEP),
                Step::Visit(condition),
                Step::Tag(tag::SHALLOW),
                Step::Visit(body),
            ]),
            Expr::Not(operand) | Expr::Negate(operand) => self.open.push(Step::Visit(operand)),
            Expr::Binary { left, right, .. } => {
                self.open.extend([Step::Visit(left), Step::Visit(right)]);
            }
            _ => {}
        }
        self.open[operands..].reverse();
    }

    fn computed_names(&mut self, path: Slice<AttrName>) {
        for name in self.resolved.ast.names(path) {
            if let AttrNameKind::Dynamic(expr) = name.kind {
                self.open.push(Step::Visit(expr));
            }
        }
    }

    fn leaf(&mut self, node: ExprId, expr: Expr, note: Note) {
        let ast = &self.resolved.ast;
        let pos = ast.pos(node);
        let mut text = |tag, text| {
            self.out.byte(tag);
            self.out.pos(pos);
            self.text(ast.bytes(text));
        };
        match expr {
            Expr::Str { text: value, indented: false } => return text(tag::STR, value),
            Expr::Str { text: value, indented: true } => return text(tag::INDENTED, value),
            Expr::Uri(value) => return text(tag::URI, value),
            Expr::Path(value) => return text(tag::PATH, value),
            Expr::SearchPath(value) => {
                text(tag::SEARCH_PATH, value);
                let Noted::Index(index) = note.take() else { return };
                let [find, path] = self.resolved.search_paths[index as usize];
                self.note(find);
                return self.note(path);
            }
            _ => {}
        }
        let (tag, global) = match (expr, note.take()) {
            (Expr::Int(_), _) => (tag::INT, false),
            (Expr::Float(_), _) => (tag::FLOAT, false),
            (Expr::Var(_), Noted::Global(_)) => (tag::GLOBAL, true),
            (Expr::Var(_), _) => (tag::VAR, false),
            (Expr::CurPos, _) => (tag::CUR_POS, false),
            _ => (tag::ERROR, false),
        };
        self.out.byte(tag);
        self.out.pos(pos);
        match expr {
            Expr::Int(int) => self.out.long(int as u64),
            Expr::Float(float) => self.out.bytes.extend_from_slice(&float.to_le_bytes()),
            Expr::Var(name) => {
                let name = self.name(name, pos);
                self.out.number(name);
                if !global {
                    self.note(note);
                }
            }
            Expr::CurPos => self.note(note),
            _ => {}
        }
    }

    /// What is done with operands that are packed.
    fn finish(&mut self, node: ExprId) {
        let ast = &self.resolved.ast;
        let (expr, note) = (ast.expr(node), self.resolved.raw_note(node));
        let tag = match expr {
            Expr::Apply { args, .. } if args.len() == 1 => tag::APPLY_ONE,
            Expr::Apply { .. } => tag::APPLY,
            Expr::List(_) => tag::LIST,
            Expr::Select { .. } => tag::SELECT,
            Expr::SelectOr(_) => tag::SELECT_OR,
            Expr::HasAttr { .. } => tag::HAS_ATTR,
            Expr::Interpolated { indented: false, .. } => tag::INTERPOLATED,
            Expr::Interpolated { indented: true, .. } => tag::INDENTED_INTERPOLATED,
            Expr::InterpolatedPath(_) => tag::INTERPOLATED_PATH,
            Expr::Set(_) => tag::SET,
            Expr::LegacyLet(_) => tag::LEGACY_LET,
            Expr::Let { .. } => tag::LET,
            Expr::With { .. } => tag::WITH,
            Expr::If { .. } => tag::IF,
            Expr::Assert { .. } => tag::ASSERT,
            Expr::Not(_) => tag::NOT,
            Expr::Negate(_) => tag::NEGATE,
            Expr::Binary { op, .. } if note == Note::NOTHING => tag::BINARY + op as u8,
            Expr::Binary { op, .. } => tag::SHADOWED + op as u8,
            _ => return,
        };
        self.out.byte(tag);
        self.out.pos(ast.pos(node));
        match expr {
            Expr::Apply { args, .. } if args.len() > 1 => self.out.number(args.len() as u32),
            Expr::List(elements) => self.out.number(elements.len() as u32),
            Expr::Select { path, .. } | Expr::HasAttr { path, .. } => self.path(path),
            Expr::SelectOr(id) => self.path(ast.select_or(id).path),
            Expr::Interpolated { parts, .. } | Expr::InterpolatedPath(parts) => self.parts(parts),
            Expr::Set(set) | Expr::LegacyLet(set) | Expr::Let { bindings: set, .. } => {
                self.finish_set(set, note);
            }
            Expr::With { .. } | Expr::Negate(_) => self.note(note),
            Expr::Binary { .. } if note != Note::NOTHING => self.note(note),
            _ => {}
        }
    }

    fn path(&mut self, path: Slice<AttrName>) {
        let names = self.resolved.ast.names(path);
        self.out.number(names.len() as u32);
        for name in names {
            self.out.pos(name.pos);
            // Names are numbered from 0, so the numbers move up by one.
            let number = match name.kind {
                AttrNameKind::Static(symbol) => self.name(symbol, name.pos) + 1,
                AttrNameKind::Dynamic(_) => 0,
            };
            self.out.number(number);
        }
    }

    fn parts(&mut self, parts: Slice<Part>) {
        let ast = &self.resolved.ast;
        let parts = ast.parts(parts);
        self.out.number(parts.len() as u32);
        for part in parts {
            self.out.pos(part.pos);
            match part.kind {
                PartKind::Expr(_) => self.out.number(0),
                PartKind::Literal(text) => {
                    let text = ast.bytes(text);
                    self.out.number(text.len() as u32 + 1);
                    self.run(text);
                }
            }
        }
    }

    /// A text with its length.
    fn text(&mut self, text: &[u8]) {
        self.out.number(text.len() as u32);
        self.run(text);
    }

    /// A text of known length, piece by piece: what is left in the middle is not looked at.
    fn run(&mut self, text: &[u8]) {
        for piece in text.chunks(Looks::PIECE) {
            self.out.bytes.extend_from_slice(piece);
            if piece.len() == Looks::PIECE && !self.looks.ask() {
                return;
            }
        }
    }
}

/// What has no operands.
fn is_leaf(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Error
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_)
            | Expr::SearchPath(_)
            | Expr::Var(_)
            | Expr::CurPos
    )
}

/// Operators are numbered in the order of their type.
const _: () = assert!(OPERATORS.len() <= (tag::SHADOWED - tag::BINARY) as usize);
