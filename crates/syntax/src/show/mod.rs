//! The tree as `nix-instantiate --parse` prints it.
//!
//! In: a tree and its interner. Out: bytes, equal to those of Nix 2.34: desugared, parenthesised, names sorted.
//! Error messages quote conditions of `assert` in this form too.
//!
//! Invariants
//! - Works with its own stack, in linear time but for the sorting of names.

mod literals;
mod sets;

pub use literals::{show_attr_name, show_float, show_string};

use crate::ast::{
    Ast, AttrName, AttrNameKind, BinaryOp, Bytes, Expr, ExprId, Lambda, Part, PartKind,
};
use frazil_base::{Interner, Symbol, sym};

/// Prints the expression `root`.
#[must_use]
pub fn show(ast: &Ast, root: ExprId, symbols: &Interner) -> Vec<u8> {
    let mut printer = Printer { ast, symbols, open: vec![Task::Expr(root)], out: Vec::new() };
    while let Some(task) = printer.open.pop() {
        printer.print(task);
    }
    printer.out
}

/// Something still to be printed.
#[derive(Clone, Copy)]
enum Task {
    Text(&'static str),
    Expr(ExprId),
    /// A call without the parentheses around it.
    Call(ExprId),
    Name(Symbol),
    AttrName(Symbol),
    String(Bytes),
    Bytes(Bytes),
}

struct Printer<'a> {
    ast: &'a Ast,
    symbols: &'a Interner,
    /// What is still to be printed, the next on top.
    open: Vec<Task>,
    out: Vec<u8>,
}

impl Printer<'_> {
    fn print(&mut self, task: Task) {
        match task {
            Task::Text(text) => self.out.extend_from_slice(text.as_bytes()),
            Task::Name(name) => self.out.extend_from_slice(self.symbols.resolve(name)),
            Task::AttrName(name) => show_attr_name(self.symbols.resolve(name), &mut self.out),
            Task::String(bytes) => show_string(self.ast.bytes(bytes), &mut self.out),
            Task::Bytes(bytes) => self.out.extend_from_slice(self.ast.bytes(bytes)),
            Task::Call(id) => self.in_order(|printer| printer.call(id)),
            Task::Expr(id) => self.in_order(|printer| printer.expr(id)),
        }
    }

    /// Lets `push` name what to print in order, and turns it round for the stack.
    fn in_order(&mut self, push: impl FnOnce(&mut Self)) {
        let mark = self.open.len();
        push(self);
        self.open[mark..].reverse();
    }

    fn text(&mut self, text: &'static str) {
        self.open.push(Task::Text(text));
    }

    fn child(&mut self, id: ExprId) {
        self.open.push(Task::Expr(id));
    }

    /// Whether Nix's parser makes a call of this.
    fn is_call(&self, id: ExprId) -> bool {
        match self.ast.expr(id) {
            Expr::Apply { .. } | Expr::Negate(_) | Expr::SearchPath(_) => true,
            Expr::Binary { op, .. } => matches!(
                op,
                BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::Less
                    | BinaryOp::Greater
                    | BinaryOp::PipeInto
                    | BinaryOp::PipeFrom
            ),
            _ => false,
        }
    }

    /// A called expression: of a call, only its parts.
    fn callee(&mut self, id: ExprId) {
        self.open.push(if self.is_call(id) { Task::Call(id) } else { Task::Expr(id) });
    }

    fn call(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Apply { func, args } => {
                // What is applied to `or` is no call that goes on, in parentheses or not.
                match self.ast.exprs(args).first().map(|arg| self.ast.expr(*arg)) {
                    Some(Expr::Var(sym::OR)) => self.child(func),
                    _ => self.callee(func),
                }
                for &arg in self.ast.exprs(args) {
                    self.text(" ");
                    self.child(arg);
                }
            }
            Expr::Negate(operand) => {
                self.text("__sub 0 ");
                self.child(operand);
            }
            Expr::SearchPath(text) => {
                self.text("__findFile __nixPath ");
                self.open.push(Task::String(text));
            }
            Expr::Binary { op, left, right } => match op {
                BinaryOp::Subtract => self.builtin_call("__sub ", left, right),
                BinaryOp::Multiply => self.builtin_call("__mul ", left, right),
                BinaryOp::Divide => self.builtin_call("__div ", left, right),
                BinaryOp::Less => self.builtin_call("__lessThan ", left, right),
                BinaryOp::Greater => self.builtin_call("__lessThan ", right, left),
                BinaryOp::PipeInto => self.pipe(right, left),
                BinaryOp::PipeFrom => self.pipe(left, right),
                _ => {}
            },
            _ => {}
        }
    }

    fn builtin_call(&mut self, name: &'static str, first: ExprId, second: ExprId) {
        self.text(name);
        self.child(first);
        self.text(" ");
        self.child(second);
    }

    fn pipe(&mut self, func: ExprId, arg: ExprId) {
        self.callee(func);
        self.text(" ");
        self.child(arg);
    }

    fn expr(&mut self, id: ExprId) {
        if self.is_call(id) {
            self.text("(");
            self.open.push(Task::Call(id));
            self.text(")");
            return;
        }
        match self.ast.expr(id) {
            Expr::Int(value) => self.out.extend_from_slice(value.to_string().as_bytes()),
            Expr::Float(value) => self.out.extend_from_slice(show_float(value).as_bytes()),
            Expr::Str { text, .. } | Expr::Uri(text) => self.open.push(Task::String(text)),
            Expr::Interpolated { parts, .. } | Expr::InterpolatedPath(parts) => {
                let is_path = matches!(self.ast.expr(id), Expr::InterpolatedPath(_));
                self.parts(self.ast.parts(parts), is_path);
            }
            Expr::Path(text) => self.open.push(Task::Bytes(text)),
            Expr::Var(name) => self.open.push(Task::Name(name)),
            Expr::CurPos => self.text("__curPos"),
            Expr::Select { base, path } => self.select(base, self.ast.names(path)),
            Expr::SelectOr(select) => {
                let select = self.ast.select_or(select);
                self.select(select.base, self.ast.names(select.path));
                self.text(" or (");
                self.child(select.default);
                self.text(")");
            }
            Expr::HasAttr { base, path } => {
                self.text("((");
                self.child(base);
                self.text(") ? ");
                self.path(self.ast.names(path));
                self.text(")");
            }
            Expr::Lambda(lambda) => self.lambda(self.ast.lambda(lambda)),
            Expr::Let { bindings, body } => {
                self.text("(let ");
                self.bindings(self.ast.set(bindings));
                self.text("in ");
                self.child(body);
                self.text(")");
            }
            Expr::LegacyLet(set) => {
                self.text("(rec { ");
                self.bindings(self.ast.set(set));
                self.text("}).body");
            }
            Expr::Set(set) => {
                let set = self.ast.set(set);
                self.text(if set.recursive { "rec { " } else { "{ " });
                self.bindings(set);
                self.text("}");
            }
            Expr::List(elements) => {
                self.text("[ ");
                for &element in self.ast.exprs(elements) {
                    self.text("(");
                    self.child(element);
                    self.text(") ");
                }
                self.text("]");
            }
            Expr::Error | Expr::Apply { .. } | Expr::Negate(_) | Expr::SearchPath(_) => {}
            _ => self.operators(id),
        }
    }

    fn operators(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::With { env, body } => {
                self.text("(with ");
                self.child(env);
                self.text("; ");
                self.child(body);
                self.text(")");
            }
            Expr::If { condition, consequent, alternative } => {
                self.text("(if ");
                self.child(condition);
                self.text(" then ");
                self.child(consequent);
                self.text(" else ");
                self.child(alternative);
                self.text(")");
            }
            Expr::Assert { condition, body } => {
                self.text("assert ");
                self.child(condition);
                self.text("; ");
                self.child(body);
            }
            Expr::Not(operand) => {
                self.text("(! ");
                self.child(operand);
                self.text(")");
            }
            Expr::Binary { op, left, right } => match op {
                BinaryOp::LessEqual | BinaryOp::GreaterEqual => {
                    let (first, second) = match op {
                        BinaryOp::LessEqual => (right, left),
                        _ => (left, right),
                    };
                    self.text("(! (");
                    self.builtin_call("__lessThan ", first, second);
                    self.text("))");
                }
                _ => {
                    self.text("(");
                    self.child(left);
                    self.text(infix(op));
                    self.child(right);
                    self.text(")");
                }
            },
            _ => {}
        }
    }

    fn parts(&mut self, parts: &[Part], is_path: bool) {
        self.text("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.text(" + ");
            }
            self.open.push(match part.kind {
                PartKind::Literal(bytes) if is_path && index == 0 => Task::Bytes(bytes),
                PartKind::Literal(bytes) => Task::String(bytes),
                PartKind::Expr(expr) => Task::Expr(expr),
            });
        }
        self.text(")");
    }

    fn select(&mut self, base: ExprId, path: &[AttrName]) {
        self.text("(");
        self.child(base);
        self.text(").");
        self.path(path);
    }

    fn path(&mut self, path: &[AttrName]) {
        for (index, name) in path.iter().enumerate() {
            if index > 0 {
                self.text(".");
            }
            match name.kind {
                AttrNameKind::Static(name) => self.open.push(Task::AttrName(name)),
                AttrNameKind::Dynamic(expr) => self.dynamic_name(expr),
            }
        }
    }

    fn dynamic_name(&mut self, name: ExprId) {
        self.text("\"${");
        self.child(name);
        self.text("}\"");
    }

    fn lambda(&mut self, lambda: Lambda) {
        self.text("(");
        if let Some(formals) = lambda.formals {
            self.formals(formals);
            if lambda.arg.is_some() {
                self.text(" @ ");
            }
        }
        if let Some(arg) = lambda.arg {
            self.open.push(Task::Name(arg));
        }
        self.text(": ");
        self.child(lambda.body);
        self.text(")");
    }
}

const fn infix(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Concat => " ++ ",
        BinaryOp::Multiply => " * ",
        BinaryOp::Divide => " / ",
        BinaryOp::Add => " + ",
        BinaryOp::Subtract => " - ",
        BinaryOp::Update => " // ",
        BinaryOp::Less => " < ",
        BinaryOp::LessEqual => " <= ",
        BinaryOp::Greater => " > ",
        BinaryOp::GreaterEqual => " >= ",
        BinaryOp::Equal => " == ",
        BinaryOp::NotEqual => " != ",
        BinaryOp::And => " && ",
        BinaryOp::Or => " || ",
        BinaryOp::Implies => " -> ",
        BinaryOp::PipeInto => " |> ",
        BinaryOp::PipeFrom => " <| ",
    }
}
