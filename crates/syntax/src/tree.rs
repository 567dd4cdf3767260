//! The tree, one node a line, for people who want to see what the parser made of a text.
//!
//! In: a tree and its interner. Out: indented lines: edge, kind, value, extent.
//!
//! Invariants
//! - Works with its own stack. The form is ours and may change; `show` is the one that is Nix's.

use crate::ast::{
    Ast, AttrName, AttrNameKind, AttrSet, BindingKind, Expr, ExprId, Lambda, Part, PartKind,
};
use crate::show::{show_attr_name, show_float, show_string};
use frazil_base::{Interner, Pos, Symbol};

/// Prints the tree under `root`; offsets count from `base`.
#[must_use]
pub fn show_tree(ast: &Ast, root: ExprId, base: Pos, symbols: &Interner) -> Vec<u8> {
    let mut printer = Printer {
        ast,
        symbols,
        base,
        open: vec![Line { depth: 0, edge: Vec::new(), what: What::Expr(root) }],
        out: Vec::new(),
    };
    while let Some(line) = printer.open.pop() {
        printer.line(line);
    }
    printer.out
}

enum What {
    Expr(ExprId),
    Text(Vec<u8>),
}

struct Line {
    depth: usize,
    edge: Vec<u8>,
    what: What,
}

struct Printer<'a> {
    ast: &'a Ast,
    symbols: &'a Interner,
    base: Pos,
    open: Vec<Line>,
    out: Vec<u8>,
}

impl Printer<'_> {
    fn line(&mut self, line: Line) {
        // Deep trees would otherwise need quadratic space for their indentation.
        let indentation = line.depth.min(40) * 2;
        self.out.resize(self.out.len() + indentation, b' ');
        if !line.edge.is_empty() {
            self.out.extend_from_slice(&line.edge);
            self.out.extend_from_slice(b": ");
        }
        match line.what {
            What::Text(text) => self.out.extend_from_slice(&text),
            What::Expr(id) => {
                let mark = self.open.len();
                let head = self.expr(id, line.depth + 1);
                self.open[mark..].reverse();
                self.out.extend_from_slice(&head);
                let span = self.ast.span(id);
                let offset = |pos: Pos| pos.0.saturating_sub(self.base.0);
                let extent = format!("  {}..{}", offset(span.start), offset(span.end));
                self.out.extend_from_slice(extent.as_bytes());
            }
        }
        self.out.push(b'\n');
    }

    fn child(&mut self, depth: usize, edge: impl Into<Vec<u8>>, id: ExprId) {
        let (edge, what) = (edge.into(), What::Expr(id));
        self.open.push(Line { depth, edge, what });
    }

    fn leaf(&mut self, depth: usize, edge: &str, text: Vec<u8>) {
        let (edge, what) = (edge.as_bytes().to_vec(), What::Text(text));
        self.open.push(Line { depth, edge, what });
    }

    fn name(&self, name: Symbol) -> Vec<u8> {
        let mut text = Vec::new();
        show_attr_name(self.symbols.resolve(name), &mut text);
        text
    }

    fn literal(&self, kind: &str, bytes: crate::ast::Bytes) -> Vec<u8> {
        let mut head = kind.as_bytes().to_vec();
        head.push(b' ');
        show_string(self.ast.bytes(bytes), &mut head);
        head
    }

    /// The words for a node; its children are put on the stack.
    fn expr(&mut self, id: ExprId, depth: usize) -> Vec<u8> {
        match self.ast.expr(id) {
            Expr::Error => b"Error".to_vec(),
            Expr::Int(value) => format!("Int {value}").into_bytes(),
            Expr::Float(value) => format!("Float {}", show_float(value)).into_bytes(),
            Expr::Str { text, indented } => {
                self.literal(if indented { "IndentedStr" } else { "Str" }, text)
            }
            Expr::Uri(text) => self.literal("Uri", text),
            Expr::Path(text) => self.literal("Path", text),
            Expr::SearchPath(text) => self.literal("SearchPath", text),
            Expr::CurPos => b"CurPos".to_vec(),
            Expr::Var(name) => [b"Var ".to_vec(), self.name(name)].concat(),
            Expr::Interpolated { parts, .. } => {
                self.parts(self.ast.parts(parts), depth);
                b"Interpolated".to_vec()
            }
            Expr::InterpolatedPath(parts) => {
                self.parts(self.ast.parts(parts), depth);
                b"InterpolatedPath".to_vec()
            }
            Expr::Lambda(lambda) => self.lambda(self.ast.lambda(lambda), depth),
            Expr::Let { bindings, body } => {
                self.bindings(self.ast.set(bindings), depth);
                self.child(depth, "body", body);
                b"Let".to_vec()
            }
            Expr::LegacyLet(set) => {
                self.bindings(self.ast.set(set), depth);
                b"LegacyLet".to_vec()
            }
            Expr::Set(set) => {
                let set = self.ast.set(set);
                self.bindings(set, depth);
                if set.recursive { "RecSet" } else { "Set" }.into()
            }
            _ => self.composite(id, depth),
        }
    }

    fn composite(&mut self, id: ExprId, depth: usize) -> Vec<u8> {
        match self.ast.expr(id) {
            Expr::Select { base, path } => {
                self.child(depth, "base", base);
                self.path(self.ast.names(path), depth);
                "Select"
            }
            Expr::SelectOr(select) => {
                let select = self.ast.select_or(select);
                self.child(depth, "base", select.base);
                self.path(self.ast.names(select.path), depth);
                self.child(depth, "default", select.default);
                "SelectOr"
            }
            Expr::HasAttr { base, path } => {
                self.child(depth, "base", base);
                self.path(self.ast.names(path), depth);
                "HasAttr"
            }
            Expr::Apply { func, args } => {
                self.child(depth, "func", func);
                for &arg in self.ast.exprs(args) {
                    self.child(depth, "arg", arg);
                }
                "Apply"
            }
            Expr::List(elements) => {
                for &element in self.ast.exprs(elements) {
                    self.child(depth, "", element);
                }
                "List"
            }
            Expr::With { env, body } => {
                self.child(depth, "env", env);
                self.child(depth, "body", body);
                "With"
            }
            Expr::If { condition, consequent, alternative } => {
                self.child(depth, "condition", condition);
                self.child(depth, "then", consequent);
                self.child(depth, "else", alternative);
                "If"
            }
            Expr::Assert { condition, body } => {
                self.child(depth, "condition", condition);
                self.child(depth, "body", body);
                "Assert"
            }
            Expr::Not(operand) => {
                self.child(depth, "", operand);
                "Not"
            }
            Expr::Negate(operand) => {
                self.child(depth, "", operand);
                "Negate"
            }
            Expr::Binary { op, left, right } => {
                self.child(depth, "left", left);
                self.child(depth, "right", right);
                return format!("{op:?}").into_bytes();
            }
            _ => "",
        }
        .into()
    }

    fn parts(&mut self, parts: &[Part], depth: usize) {
        for part in parts {
            match part.kind {
                PartKind::Literal(bytes) => {
                    let text = self.literal("text", bytes);
                    self.leaf(depth, "", text);
                }
                PartKind::Expr(expr) => self.child(depth, "", expr),
            }
        }
    }

    fn path(&mut self, path: &[AttrName], depth: usize) {
        for name in path {
            match name.kind {
                AttrNameKind::Static(symbol) => {
                    let text = self.name(symbol);
                    self.leaf(depth, "name", text);
                }
                AttrNameKind::Dynamic(expr) => self.child(depth, "name", expr),
            }
        }
    }

    fn lambda(&mut self, lambda: Lambda, depth: usize) -> Vec<u8> {
        let mut head = b"Lambda".to_vec();
        if let Some(arg) = lambda.arg {
            head.push(b' ');
            head.extend(self.name(arg));
        }
        if let Some(formals) = lambda.formals {
            for formal in self.ast.formals(formals.formals) {
                match formal.default {
                    None => {
                        let text = self.name(formal.name);
                        self.leaf(depth, "formal", text);
                    }
                    Some(default) => {
                        let edge = [b"formal ".to_vec(), self.name(formal.name)].concat();
                        self.child(depth, edge, default);
                    }
                }
            }
            if formals.ellipsis {
                self.leaf(depth, "formal", b"...".to_vec());
            }
        }
        self.child(depth, "body", lambda.body);
        head
    }

    fn bindings(&mut self, set: AttrSet, depth: usize) {
        for (index, &from) in self.ast.exprs(set.froms).iter().enumerate() {
            self.child(depth, format!("from {index}"), from);
        }
        for binding in self.ast.bindings(set.bindings) {
            let name = self.name(binding.name);
            match binding.kind {
                BindingKind::Plain => self.child(depth, name, binding.value),
                BindingKind::Inherited => self.leaf(depth, "inherit", name),
                BindingKind::InheritedFrom(index) => {
                    self.leaf(depth, &format!("inherit {index}"), name);
                }
            }
        }
        for binding in self.ast.dynamics(set.dynamics) {
            self.child(depth, "dynamic name", binding.name);
            self.child(depth, "dynamic value", binding.value);
        }
    }
}
