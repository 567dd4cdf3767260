//! Emit, for what is suspended only if it cannot be had at once.
//!
//! Each attempt is an instruction that neither fails nor runs anything; it stands before the instruction that makes the
//! thunk and skips it on success. Its operands are those of the suspended body, read where that body would capture them.

use super::Emitter;
use super::select::static_name;
use crate::note::{Note, Noted};
use frazil_base::{Symbol, sym};
use frazil_bytecode::{Constant, Op, Src, how};
use frazil_syntax::ast::{AttrName, AttrNameKind, BinaryOp, Expr, ExprId, SelectOr, Slice};

/// Builtins that are total on evaluated arguments of the right type, by the last name of the function's expression.
const CHEAP_BUILTINS: [&[u8]; 15] = [
    b"isAttrs",
    b"isList",
    b"isString",
    b"isInt",
    b"isFloat",
    b"isBool",
    b"isFunction",
    b"isNull",
    b"isPath",
    b"length",
    b"head",
    b"tail",
    b"elemAt",
    b"stringLength",
    b"typeOf",
];

/// How many steps of a path are tried.
const STEPS: usize = 4;

impl Emitter<'_> {
    /// Tries to have the value of `node`, whose body is `body`, at once. The next instruction must make the thunk; the
    /// jumps that are returned lead to it.
    pub(super) fn cheap(&mut self, body: u32, node: ExprId, dst: u16) -> Vec<u32> {
        let mark = self.top;
        let mut jumps = Vec::new();
        match self.ast.expr(node) {
            Expr::Var(name) => {
                if let Noted::With(list) = self.unit.note(node) {
                    let mut whole = true;
                    let site = self.with_site(name, list, |emitter, note| {
                        emitter.outer(body, note).unwrap_or_else(|| {
                            whole = false;
                            emitter.constant(Constant::Null)
                        })
                    });
                    if whole {
                        self.push(Op::CheapWith { dst, site });
                    }
                }
            }
            Expr::Select { base, path } => {
                if let Some(src) = self.cheap_operand(body, base)
                    && !self.cheap_dynamic(body, src, path, dst)
                {
                    self.cheap_path(src, path, dst, false, &mut jumps);
                }
            }
            Expr::SelectOr(id) => self.cheap_select_or(body, self.ast.select_or(id), dst),
            Expr::HasAttr { base, path } => {
                if let [name] = self.ast.names(path)
                    && let Some(name) = static_name(name)
                    && let Some(src) = self.cheap_operand(body, base)
                {
                    let name = self.site(name);
                    self.push(Op::CheapHasAttr { dst, src, name });
                }
            }
            Expr::Not(operand) => {
                if let Some(src) = self.cheap_operand(body, operand) {
                    self.push(Op::CheapNot { dst, src });
                }
            }
            Expr::Binary { op, left, right } => {
                if let Some(what) = arithmetic(op)
                    && self.unit.raw_note(node) == Note::NOTHING
                    && !self.is_text(left)
                    && !self.is_text(right)
                    && let Some(a) = self.cheap_operand(body, left)
                    && let Some(b) = self.cheap_operand(body, right)
                {
                    self.push(Op::CheapArith { dst, a, b, what });
                }
            }
            Expr::Apply { func, args } => self.cheap_call(body, func, args, dst, &mut jumps),
            _ => {}
        }
        self.top = mark;
        jumps
    }

    /// `base.name or default`, if the default is a constant, and no function: as those are compared by their cells.
    fn cheap_select_or(&mut self, body: u32, select: SelectOr, dst: u16) {
        let known = match self.ast.expr(select.default) {
            Expr::Var(name) => {
                (name == sym::NULL || name == sym::TRUE || name == sym::FALSE)
                    && matches!(self.unit.note(select.default), Noted::Global(_))
            }
            _ => self.literal(select.default).is_some(),
        };
        if !known {
            return;
        }
        let Some(src) = self.cheap_operand(body, select.base) else { return };
        let Some(default) = self.cheap_operand(body, select.default) else { return };
        // The default stands in `dst` before the set is looked at.
        if src == Src::slot(dst) {
            return;
        }
        let [name] = *self.ast.names(select.path) else { return };
        let op = match name.kind {
            AttrNameKind::Static(name) => {
                let name = self.site(name);
                Op::CheapSelect { dst, src, name, how: how::OR }
            }
            AttrNameKind::Dynamic(name) => match self.cheap_operand(body, name) {
                Some(name) if name != Src::slot(dst) => {
                    Op::CheapSelectDynamic { dst, src, name, how: how::OR }
                }
                _ => return,
            },
        };
        self.push(Op::Move { dst, src: default });
        self.push(op);
    }

    /// `src.${name}`, of one step.
    fn cheap_dynamic(&mut self, body: u32, src: Src, path: Slice<AttrName>, dst: u16) -> bool {
        if let [AttrName { kind: AttrNameKind::Dynamic(name), .. }] = *self.ast.names(path)
            && let Some(name) = self.cheap_operand(body, name)
        {
            self.push(Op::CheapSelectDynamic { dst, src, name, how: 0 });
            return true;
        }
        false
    }

    /// `src.path`: all steps but the last are followed by a jump that their success skips. The last step yields a function
    /// only if `functions` says so: a thunk that stands for it is what Nix compares functions by.
    fn cheap_path(
        &mut self,
        mut src: Src,
        path: Slice<AttrName>,
        dst: u16,
        functions: bool,
        jumps: &mut Vec<u32>,
    ) -> bool {
        let ast = self.ast;
        let names: Option<Vec<Symbol>> = ast.names(path).iter().map(static_name).collect();
        let Some(names) = names.filter(|names| (1..=STEPS).contains(&names.len())) else {
            return false;
        };
        for (step, name) in names.iter().enumerate() {
            if step > 0 {
                jumps.push(self.jump());
            }
            let how = if functions || step + 1 < names.len() { how::STEP } else { 0 };
            let name = self.site(*name);
            self.push(Op::CheapSelect { dst, src, name, how });
            src = Src::slot(dst);
        }
        true
    }

    fn cheap_call(
        &mut self,
        body: u32,
        func: ExprId,
        args: Slice<ExprId>,
        dst: u16,
        jumps: &mut Vec<u32>,
    ) {
        let ast = self.ast;
        let args = ast.exprs(args);
        let name = match ast.expr(func) {
            Expr::Var(name) => Some(name),
            Expr::Select { path, .. } => ast.names(path).last().and_then(static_name),
            _ => None,
        };
        let known = name.is_some_and(|name| {
            let name = self.names.resolve(name);
            CHEAP_BUILTINS.contains(&name.strip_prefix(b"__").unwrap_or(name))
        });
        // What is no builtin may be a function of which this is a partial application.
        let most = match self.ast.expr(func) {
            _ if known => 2,
            Expr::Var(_) if matches!(self.unit.note(func), Noted::Global(_)) => 0,
            _ => 1,
        };
        if args.len() > most {
            return;
        }
        let mut values = [Src::slot(0); 2];
        for (value, arg) in values.iter_mut().zip(args) {
            let Some(src) = self.cheap_operand(body, *arg) else { return };
            *value = src;
        }
        let function = match ast.expr(func) {
            Expr::Select { base, path } => {
                let Some(src) = self.cheap_operand(body, base) else { return };
                if !self.cheap_path(src, path, dst, true, jumps) {
                    return;
                }
                jumps.push(self.jump());
                Src::slot(dst)
            }
            _ => match self.cheap_operand(body, func) {
                Some(src) => src,
                None => return,
            },
        };
        if let [_] = args {
            self.push(Op::CheapCall1 { dst, func: function, arg: values[0] });
            return;
        }
        let first = self.take(args.len() as u32);
        for (slot, src) in (first..).zip(values).take(args.len()) {
            self.push(Op::Move { dst: slot, src });
        }
        let count = args.len() as u8;
        self.push(Op::CheapCall { dst, func: function, args: first, count });
    }

    /// A variable or constant of `body`, where this body has it.
    fn cheap_operand(&mut self, body: u32, node: ExprId) -> Option<Src> {
        if let Some(constant) = self.literal(node) {
            return Some(self.constant(constant));
        }
        match self.ast.expr(node) {
            Expr::Var(_) => self.outer(body, self.unit.notes[node.index()]),
            _ => None,
        }
    }

    /// What arithmetic at hand never takes.
    fn is_text(&self, node: ExprId) -> bool {
        matches!(
            self.ast.expr(node),
            Expr::Str { .. } | Expr::Uri(_) | Expr::Path(_) | Expr::List(_) | Expr::Set(_)
        )
    }
}

/// The number of an operator in `CheapArith`.
fn arithmetic(op: BinaryOp) -> Option<u8> {
    match op {
        BinaryOp::Add => Some(0),
        BinaryOp::Subtract => Some(1),
        BinaryOp::Multiply => Some(2),
        BinaryOp::Equal => Some(3),
        BinaryOp::NotEqual => Some(4),
        BinaryOp::Less => Some(5),
        BinaryOp::LessEqual => Some(6),
        BinaryOp::Greater => Some(7),
        BinaryOp::GreaterEqual => Some(8),
        _ => None,
    }
}
