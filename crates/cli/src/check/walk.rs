//! Warnings about a tree: names and who refers to them, old forms.
//!
//! In: a tree without syntax errors. Out: warnings in the order of their places. The walk has its own stack.

use frazil::stages::base::{Interner, sym};
use frazil::stages::syntax::ast::{
    Ast, AttrNameKind, AttrSet, BindingKind, Expr, ExprId, Lambda, PartKind, SetId,
};
use frazil::{Pos, Symbol};
use std::collections::HashMap;

/// Something doubtful.
#[derive(Clone, Debug)]
pub(crate) struct Warning {
    /// Its code.
    pub(crate) code: &'static str,
    /// What is doubtful.
    pub(crate) text: Vec<u8>,
    /// Where.
    pub(crate) pos: Pos,
}

/// What there is still to do.
enum Work {
    Visit(ExprId),
    Open(Scope),
    Close,
}

/// What binds names, and so who complains if nothing uses them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Let,
    Rec,
    Function,
}

struct Scope {
    kind: Kind,
    pos: Pos,
    /// For each name where it is bound, and whether it was used.
    names: HashMap<Symbol, (Pos, bool)>,
    /// The name of a whole argument beside a pattern.
    whole: Option<Symbol>,
}

struct Walk<'a> {
    ast: &'a Ast,
    symbols: &'a Interner,
    is_global: &'a dyn Fn(Symbol) -> bool,
    work: Vec<Work>,
    scopes: Vec<Scope>,
    warnings: Vec<Warning>,
}

/// See the module's text.
pub(super) fn warnings(
    ast: &Ast,
    root: ExprId,
    symbols: &Interner,
    is_global: &dyn Fn(Symbol) -> bool,
) -> Vec<Warning> {
    let mut walk = Walk {
        ast,
        symbols,
        is_global,
        work: vec![Work::Visit(root)],
        scopes: Vec::new(),
        warnings: Vec::new(),
    };
    while let Some(work) = walk.work.pop() {
        match work {
            Work::Visit(id) => walk.visit(id),
            Work::Open(scope) => walk.open(scope),
            Work::Close => walk.close(),
        }
    }
    walk.warnings.sort_by_key(|warning| warning.pos);
    walk.warnings
}

impl Walk<'_> {
    fn warn(&mut self, code: &'static str, text: impl Into<Vec<u8>>, pos: Pos) {
        self.warnings.push(Warning { code, text: text.into(), pos });
    }

    fn name(&self, name: Symbol) -> &[u8] {
        self.symbols.resolve(name)
    }

    fn open(&mut self, scope: Scope) {
        if scope.kind != Kind::Rec {
            for (name, (pos, _)) in &scope.names {
                let text = self.symbols.resolve(*name);
                if (self.is_global)(*name) && !text.starts_with(b"_") {
                    let text = [b"'", text, b"' is a builtin and is bound again here"].concat();
                    self.warnings.push(Warning { code: "shadowed-builtin", text, pos: *pos });
                }
            }
        }
        self.scopes.push(scope);
    }

    fn close(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let unused =
            |(name, (pos, used)): (&Symbol, &(Pos, bool))| (!used).then_some((*name, *pos));
        match scope.kind {
            Kind::Let => {
                for (name, pos) in scope.names.iter().filter_map(unused) {
                    if !self.name(name).starts_with(b"_") {
                        let text = [b"nothing uses '", self.name(name), b"'"].concat();
                        self.warn("unused-binding", text, pos);
                    }
                }
            }
            Kind::Rec => {
                if scope.names.values().all(|(_, used)| !used) {
                    self.warn("needless-rec", "no name of this set refers to another", scope.pos);
                }
            }
            Kind::Function => {
                if let Some(name) = scope.whole
                    && let Some((pos, false)) = scope.names.get(&name)
                    && !self.name(name).starts_with(b"_")
                {
                    let text = [b"nothing uses '", self.name(name), b"'"].concat();
                    self.warn("unused-argument-name", text, *pos);
                }
            }
        }
    }

    /// Opens a scope for what `inside` pushes.
    fn within(&mut self, scope: Scope, inside: impl FnOnce(&mut Self)) {
        self.work.push(Work::Close);
        inside(self);
        self.work.push(Work::Open(scope));
    }

    fn push(&mut self, id: ExprId) {
        self.work.push(Work::Visit(id));
    }

    fn used(&mut self, name: Symbol) {
        for scope in self.scopes.iter_mut().rev() {
            if let Some((_, used)) = scope.names.get_mut(&name) {
                *used = true;
                return;
            }
        }
    }

    fn visit(&mut self, id: ExprId) {
        let pos = self.ast.span(id).start;
        match self.ast.expr(id) {
            Expr::Error
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Path(_)
            | Expr::SearchPath(_)
            | Expr::CurPos => {}
            Expr::Uri(_) => self.warn("deprecated-uri", "a URI without quotes", pos),
            Expr::Interpolated { parts, .. } | Expr::InterpolatedPath(parts) => {
                for part in self.ast.parts(parts) {
                    if let PartKind::Expr(part) = part.kind {
                        self.push(part);
                    }
                }
            }
            Expr::Var(name) => self.used(name),
            Expr::Select { base, path } | Expr::HasAttr { base, path } => {
                self.path(path);
                self.push(base);
            }
            Expr::SelectOr(id) => {
                let select = self.ast.select_or(id);
                self.path(select.path);
                self.push(select.base);
                self.push(select.default);
            }
            Expr::Apply { func, args } => {
                self.push(func);
                self.ast.exprs(args).iter().for_each(|arg| self.push(*arg));
            }
            Expr::Lambda(id) => self.lambda(self.ast.lambda(id), pos),
            Expr::Let { bindings, body } => self.group(bindings, Kind::Let, pos, Some(body)),
            Expr::LegacyLet(set) => {
                self.warn("deprecated-let", "the old form of 'let'", pos);
                self.group(set, Kind::Function, pos, None);
            }
            Expr::Set(id) => {
                let set = self.ast.set(id);
                if set.recursive {
                    self.group(id, Kind::Rec, pos, None);
                } else {
                    self.values(set, |_| true);
                }
            }
            Expr::List(items) => self.ast.exprs(items).iter().for_each(|item| self.push(*item)),
            Expr::With { env, body } => self.all(&[env, body]),
            Expr::If { condition, consequent, alternative } => {
                self.all(&[condition, consequent, alternative]);
            }
            Expr::Assert { condition, body } => self.all(&[condition, body]),
            Expr::Not(operand) | Expr::Negate(operand) => self.push(operand),
            Expr::Binary { left, right, .. } => self.all(&[left, right]),
        }
    }

    fn all(&mut self, ids: &[ExprId]) {
        ids.iter().for_each(|id| self.push(*id));
    }

    fn path(
        &mut self,
        path: frazil::stages::syntax::ast::Slice<frazil::stages::syntax::ast::AttrName>,
    ) {
        for name in self.ast.names(path) {
            if let AttrNameKind::Dynamic(id) = name.kind {
                self.push(id);
            }
        }
    }

    fn lambda(&mut self, lambda: Lambda, pos: Pos) {
        let mut names = HashMap::new();
        names.extend(lambda.arg.map(|name| (name, (lambda.arg_pos, false))));
        let mut defaults = Vec::new();
        if let Some(formals) = lambda.formals {
            for formal in self.ast.formals(formals.formals) {
                names.insert(formal.name, (formal.pos, false));
                defaults.extend(formal.default);
            }
        }
        let whole = lambda.arg.filter(|_| lambda.formals.is_some());
        let scope = Scope { kind: Kind::Function, pos, names, whole };
        self.within(scope, |walk| {
            walk.all(&defaults);
            walk.push(lambda.body);
        });
    }

    /// Bindings that see each other, and what else sees them.
    fn group(&mut self, id: SetId, kind: Kind, pos: Pos, body: Option<ExprId>) {
        let set = self.ast.set(id);
        let bindings = self.ast.bindings(set.bindings);
        if kind == Kind::Let && bindings.is_empty() {
            self.warn("empty-let", "this 'let' binds nothing", pos);
        }
        if let Some(found) = bindings.iter().find(|binding| binding.name == sym::OVERRIDES) {
            self.warn("deprecated-overrides", "'__overrides' in a recursive set", found.pos);
        }
        let names = bindings.iter().map(|binding| (binding.name, (binding.pos, false))).collect();
        let scope = Scope { kind, pos, names, whole: None };
        // What is inherited belongs to the scope around.
        self.within(scope, |walk| {
            walk.values(set, |kind| kind != BindingKind::Inherited);
            if let Some(body) = body {
                walk.push(body);
            }
        });
        for binding in bindings.iter().filter(|binding| binding.kind == BindingKind::Inherited) {
            self.push(binding.value);
        }
    }

    fn values(&mut self, set: AttrSet, is_wanted: impl Fn(BindingKind) -> bool) {
        for binding in self.ast.bindings(set.bindings) {
            if is_wanted(binding.kind) && !matches!(binding.kind, BindingKind::InheritedFrom(_)) {
                self.push(binding.value);
            }
        }
        self.ast.exprs(set.froms).iter().for_each(|from| self.push(*from));
        for dynamic in self.ast.dynamics(set.dynamics) {
            self.push(dynamic.name);
            self.push(dynamic.value);
        }
    }
}
