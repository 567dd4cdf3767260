//! Resolve: what every name refers to, and which expressions become bodies of their own.
//!
//! In: a tree and its environment. Out: a [`Resolved`] tree, or the unbound names. One pass with its own work stack.
//!
//! Invariants
//! - A task is for the innermost open body; whatever a task opens is closed by a task below it on the stack.
//! - An expression nested deeper than [`DEPTH`] inside one body gets a body of its own, which bounds the recursion of emit
//!   and the slots of a frame.
//!
//! `groups` has sets and `let`, `suspend` decides what is worth a thunk. Not here: instructions.

mod groups;
mod scope;
mod suspend;

pub(crate) use suspend::is_empty_set;

use crate::Environment;
use crate::note::{Note, Noted};
use crate::resolved::{Body, BodyKind, Group, Inherit, Resolved};
use frazil_base::{Diagnostic, Span, Symbol, sym};
use frazil_syntax::Looks;
use frazil_syntax::ast::{
    Ast, AttrName, AttrNameKind, BinaryOp, Expr, ExprId, Lambda, LambdaId, PartKind, Slice,
};
use scope::{Level, Scopes, TooLarge};

/// How deep expressions nest inside one body.
const DEPTH: u32 = 40;
/// How many locals a body has before a scope that would add more becomes a body of its own.
const MANY_LOCALS: u32 = 2000;
/// Curried arguments taken together.
const MAX_ARITY: usize = 200;

/// A variable's place among those that get their values together.
#[derive(Clone, Copy)]
struct Among {
    /// The first one's binding.
    first: u32,
    /// Its own. Those before it have a value when it gets one, at least a suspended one: it may be another name for that.
    own: u32,
}

/// Something still to be done. The top of the stack is next.
#[derive(Clone, Copy)]
enum Task {
    /// An expression that is computed where it stands; the number is its depth in the body.
    Strict(ExprId, u32),
    /// An expression that is suspended unless that is pointless.
    Lazy(ExprId),
    /// The value of a variable, among others that may not have one yet.
    Bound(ExprId, Among),
    /// An expression that is suspended whatever it is.
    Suspend(ExprId),
    /// The end of a body.
    Close,
    /// The end of a scope, down to this binding.
    Unbind(u32),
    /// The body of a `with` follows, whose set is in this local.
    EnterWith(u32),
    /// The end of a `with`.
    LeaveWith,
}

struct Resolver<'a, 'k> {
    ast: &'a Ast,
    env: &'a Environment<'a>,
    scopes: Scopes,
    tasks: Vec<Task>,
    notes: Vec<Note>,
    groups: Vec<Group>,
    inherits: Vec<Inherit>,
    search_paths: Vec<[Note; 2]>,
    cur_positions: Vec<Option<crate::CurPos>>,
    errors: Vec<Diagnostic>,
    too_large: bool,
    /// Whether bindings of recursive groups are looked at in the order of their symbols, as Nix does, which shows in what is unbound
    /// first; otherwise in that of the text.
    by_symbol: bool,
    looks: &'a mut Looks<'k>,
}

/// Resolves a tree, for as long as it is to go on; after that there are no errors.
pub(crate) fn resolve(
    ast: Ast,
    root: ExprId,
    env: &Environment<'_>,
    looks: &mut Looks<'_>,
) -> Result<Resolved, Vec<Diagnostic>> {
    // What comes out must not depend on the numbers that this evaluation has given to symbols: code that was kept goes with
    // any tree of the same text.
    let mut resolver = Resolver::new(&ast, env, looks, false);
    resolver.file(root);
    if !resolver.errors.is_empty() {
        let looks = resolver.looks;
        resolver = Resolver::new(&ast, env, looks, true);
        resolver.file(root);
    }
    if resolver.looks.ended() {
        return Err(Vec::new());
    }
    if resolver.too_large {
        let message = "the expression is too large: a part of it uses too many variables";
        resolver.errors.insert(0, Diagnostic::new(message, ast.span(root)));
    }
    let Resolver { scopes, notes, groups, inherits, search_paths, cur_positions, errors, .. } =
        resolver;
    if !errors.is_empty() {
        return Err(errors);
    }
    let Scopes { bodies, captures, with_lists, .. } = scopes;
    Ok(Resolved {
        notes,
        bodies,
        captures,
        with_lists,
        groups,
        inherits,
        search_paths,
        cur_positions,
        scope: env.scope.map(Into::into),
        optimise: env.optimise,
        ast,
    })
}

impl<'a, 'k> Resolver<'a, 'k> {
    fn new(
        ast: &'a Ast,
        env: &'a Environment<'a>,
        looks: &'a mut Looks<'k>,
        by_symbol: bool,
    ) -> Self {
        Resolver {
            ast,
            env,
            scopes: Scopes::new(),
            tasks: Vec::with_capacity(256),
            notes: vec![Note::NOTHING; ast.len()],
            groups: Vec::new(),
            inherits: Vec::new(),
            search_paths: Vec::new(),
            cur_positions: Vec::new(),
            errors: Vec::new(),
            too_large: false,
            by_symbol,
            looks,
        }
    }

    fn file(&mut self, root: ExprId) {
        self.open(BodyKind::Thunk, root);
        if let Some(names) = self.env.scope {
            let set = self.scopes.take_locals(1);
            let holder = self.scopes.bind_anonymous(set);
            let first = self.scopes.take_locals(names.len() as u32);
            for (at, name) in names.iter().enumerate() {
                self.scopes.bind(*name, first + at as u32);
            }
            for name in names {
                self.inherit_body(*name, self.ast.pos(root), Level::Binding(holder));
            }
        }
        self.tasks.push(Task::Close);
        self.tasks.push(Task::Strict(root, 0));
        while let Some(task) = self.tasks.pop() {
            if self.looks.is_due() && !self.pause() {
                return;
            }
            self.step(task);
        }
    }

    /// Now and then: whether to go on.
    #[cold]
    #[inline(never)]
    fn pause(&mut self) -> bool {
        !self.too_large && self.looks.ask()
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Strict(node, depth) => self.strict(node, depth),
            Task::Lazy(node) => self.lazy(node, None),
            Task::Bound(node, among) => self.lazy(node, Some(among)),
            Task::Suspend(node) => self.suspend(node),
            Task::Close => self.scopes.close(),
            Task::Unbind(first) => self.scopes.unbind(first),
            Task::EnterWith(local) => {
                // The binding has no name; it goes with the scope around the `with`.
                let binding = self.scopes.bind_anonymous(local);
                self.scopes.enter_with(Level::Binding(binding));
            }
            Task::LeaveWith => self.scopes.leave_with(),
        }
    }

    /// Opens a body whose root is `node`; from now on the node's note is the body's.
    fn open(&mut self, kind: BodyKind, node: ExprId) {
        let body = self.scopes.open(kind, node.0);
        if kind == BodyKind::Thunk {
            self.notes[node.index()] = Note::body(body);
        } else {
            self.set_note(node, Note::body(body));
        }
    }

    /// Notes what was found out about a node: in the body's record, if it is the root of a suspended body.
    fn set_note(&mut self, node: ExprId, note: Note) {
        match self.notes[node.index()].take() {
            Noted::Body(body) => self.scopes.bodies[body as usize].note = note,
            _ => self.notes[node.index()] = note,
        }
    }

    fn reach(&mut self, binding: u32) -> Note {
        self.scopes.reach(binding).unwrap_or_else(|TooLarge| {
            self.too_large = true;
            Note::NOTHING
        })
    }

    /// What a name means, if it is bound by something else than a `with`.
    fn lexical(&mut self, name: Symbol) -> Option<Note> {
        match self.scopes.lookup(name) {
            Some(binding) => Some(self.reach(binding)),
            None if (self.env.is_global)(name) => Some(Note::global(name)),
            None => None,
        }
    }

    /// What a name means.
    fn name(&mut self, name: Symbol, node: ExprId) -> Note {
        if let Some(note) = self.lexical(name) {
            return note;
        }
        match self.scopes.with_list() {
            Some(Ok(note)) => note,
            Some(Err(TooLarge)) => {
                self.too_large = true;
                Note::NOTHING
            }
            None => {
                let text = [b"undefined variable '", self.env.names.resolve(name), b"'"].concat();
                let pos = self.ast.pos(node);
                let end = pos.offset(self.env.names.resolve(name).len());
                self.errors.push(Diagnostic::new(text, Span { start: pos, end }));
                Note::NOTHING
            }
        }
    }

    fn push_names(&mut self, path: Slice<AttrName>, depth: u32) {
        let ast = self.ast;
        for name in ast.names(path).iter().rev() {
            if let AttrNameKind::Dynamic(expr) = name.kind {
                self.tasks.push(Task::Strict(expr, depth));
            }
        }
    }

    fn push_lazy(&mut self, nodes: Slice<ExprId>) {
        let ast = self.ast;
        self.tasks.extend(ast.exprs(nodes).iter().rev().map(|node| Task::Lazy(*node)));
    }

    /// An expression that is computed where it stands, unless it stands too deep.
    fn strict(&mut self, node: ExprId, depth: u32) {
        let expr = self.ast.expr(node);
        let crowded = depth > 0 && opens_scope(&expr) && self.scopes.locals() > MANY_LOCALS;
        if (depth > DEPTH || crowded) && !is_small(&expr) {
            return self.suspend(node);
        }
        let deeper = depth + 1;
        match expr {
            Expr::Error
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_) => {}
            Expr::Interpolated { parts, .. } | Expr::InterpolatedPath(parts) => {
                let ast = self.ast;
                for part in ast.parts(parts).iter().rev() {
                    if let PartKind::Expr(expr) = part.kind {
                        self.tasks.push(Task::Strict(expr, deeper));
                    }
                }
            }
            Expr::SearchPath(_) => {
                let notes = [self.name(sym::FIND_FILE, node), self.name(sym::NIX_PATH, node)];
                self.search_paths.push(notes);
                self.set_note(node, Note::index(self.search_paths.len() as u32 - 1));
            }
            Expr::Var(name) => {
                let note = self.name(name, node);
                self.set_note(node, note);
            }
            Expr::CurPos => {
                self.cur_positions.push((self.env.locate)(self.ast.pos(node)));
                self.set_note(node, Note::index(self.cur_positions.len() as u32 - 1));
            }
            Expr::Select { base, path } | Expr::HasAttr { base, path } => {
                self.push_names(path, deeper);
                self.tasks.push(Task::Strict(base, deeper));
            }
            Expr::SelectOr(id) => {
                let select = self.ast.select_or(id);
                self.tasks.push(Task::Strict(select.default, deeper));
                self.push_names(select.path, deeper);
                self.tasks.push(Task::Strict(select.base, deeper));
            }
            Expr::Apply { func, args } => {
                self.push_lazy(args);
                self.tasks.push(Task::Strict(func, deeper));
            }
            Expr::Lambda(id) => self.function(node, id),
            Expr::Let { bindings, body } => self.group(node, bindings, Some(body), deeper),
            Expr::LegacyLet(set) | Expr::Set(set) => self.group(node, set, None, deeper),
            Expr::List(elements) => self.push_lazy(elements),
            Expr::With { env, body } => self.with(node, env, (body, deeper)),
            Expr::If { condition, consequent, alternative } => {
                // Chains of `else if` are walked by a loop, so they need no depth; they share their slots.
                self.tasks.push(Task::Strict(alternative, depth));
                self.tasks.push(Task::Strict(consequent, deeper));
                self.tasks.push(Task::Strict(condition, deeper));
            }
            Expr::Assert { condition, body } => {
                self.tasks.push(Task::Strict(body, depth));
                self.tasks.push(Task::Strict(condition, deeper));
            }
            Expr::Not(operand) => self.tasks.push(Task::Strict(operand, deeper)),
            Expr::Negate(operand) => {
                self.operator(node, Some(sym::SUB), [None, Some(operand)], deeper)
            }
            Expr::Binary { op, left, right } => match op {
                BinaryOp::PipeInto => {
                    self.tasks.push(Task::Lazy(left));
                    self.tasks.push(Task::Strict(right, deeper));
                }
                BinaryOp::PipeFrom => {
                    self.tasks.push(Task::Lazy(right));
                    self.tasks.push(Task::Strict(left, deeper));
                }
                _ => self.operator(node, called_by(op), [Some(left), Some(right)], deeper),
            },
        }
    }

    /// An operator: a call of the function that the text binds to its name, if it does.
    fn operator(
        &mut self,
        node: ExprId,
        function: Option<Symbol>,
        operands: [Option<ExprId>; 2],
        depth: u32,
    ) {
        let function = function.and_then(|name| self.scopes.lookup(name));
        if let Some(binding) = function {
            let note = self.reach(binding);
            self.set_note(node, note);
        }
        for operand in operands.into_iter().rev().flatten() {
            self.tasks.push(match function {
                Some(_) => Task::Lazy(operand),
                None => Task::Strict(operand, depth),
            });
        }
    }

    /// The set of a `with`: a variable or global serves as it is, anything else gets a local.
    fn with(&mut self, node: ExprId, env: ExprId, (body, depth): (ExprId, u32)) {
        self.tasks.push(Task::LeaveWith);
        self.tasks.push(Task::Strict(body, depth));
        if let Some(level) = self.direct(env) {
            self.scopes.enter_with(level);
            return;
        }
        let local = self.scopes.take_locals(1);
        self.set_note(node, Note::local(local));
        self.tasks.push(Task::EnterWith(local));
        self.tasks.push(Task::Lazy(env));
    }

    /// The holder of an expression that is just a variable or a global.
    fn direct(&self, node: ExprId) -> Option<Level> {
        let Expr::Var(name) = self.ast.expr(node) else { return None };
        match self.scopes.lookup(name) {
            Some(binding) => Some(Level::Binding(binding)),
            None => (self.env.is_global)(name).then_some(Level::Global(name)),
        }
    }

    /// A function: curried plain arguments become arguments of one body.
    fn function(&mut self, node: ExprId, id: LambdaId) {
        let ast = self.ast;
        let first = self.scopes.next_binding();
        self.open(BodyKind::Function, node);
        self.tasks.push(Task::Close);
        self.tasks.push(Task::Unbind(first));
        let mut lambda = ast.lambda(id);
        if let Some(formals) = lambda.formals {
            self.argument(lambda.arg);
            let formals = ast.formals(formals.formals);
            let locals = self.scopes.take_locals(formals.len() as u32);
            let first = self.scopes.next_binding();
            for (local, formal) in (locals..).zip(formals) {
                self.scopes.bind(formal.name, local);
            }
            self.tasks.push(Task::Strict(lambda.body, 0));
            for (at, formal) in formals.iter().enumerate().rev() {
                let Some(default) = formal.default else { continue };
                let at_hand = match ast.expr(default) {
                    Expr::Lambda(_) | Expr::CurPos => false,
                    Expr::List(elements) => elements.is_empty(),
                    expr => is_small(&expr),
                };
                self.tasks.push(if at_hand {
                    Task::Bound(default, Among { first, own: first + at as u32 })
                } else {
                    Task::Suspend(default)
                });
            }
            return;
        }
        self.argument(lambda.arg);
        for (_, inner) in curried(ast, lambda.body) {
            self.argument(inner.arg);
            lambda = inner;
        }
        self.tasks.push(Task::Strict(lambda.body, 0));
    }

    fn argument(&mut self, name: Option<Symbol>) {
        let slot = self.scopes.take_locals(1);
        if let Some(name) = name {
            self.scopes.bind(name, slot);
        }
    }

    /// A body that selects `name` from what `from` holds.
    fn inherit_body(&mut self, name: Symbol, pos: frazil_base::Pos, from: Level) {
        let index = self.inherits.len() as u32;
        self.inherits.push(Inherit { name, pos });
        self.small_body(BodyKind::Inherit, index, from);
    }

    /// A body without locals that reads one variable.
    fn small_body(&mut self, kind: BodyKind, node: u32, of: Level) {
        let body = self.scopes.open(kind, node);
        let note = match of {
            Level::Binding(binding) => self.reach(binding),
            Level::Global(name) => Note::global(name),
        };
        let record: &mut Body = &mut self.scopes.bodies[body as usize];
        record.note = note;
        self.scopes.close();
    }
}

/// The further arguments of a function without formals whose body is `body`: nested functions without formals.
pub(crate) fn curried(ast: &Ast, mut body: ExprId) -> Vec<(ExprId, Lambda)> {
    let mut further = Vec::new();
    while further.len() < MAX_ARITY
        && let Expr::Lambda(id) = ast.expr(body)
        && ast.lambda(id).formals.is_none()
    {
        let lambda = ast.lambda(id);
        further.push((body, lambda));
        body = lambda.body;
    }
    further
}

/// The function an operator calls, where Nix lets the text bind it anew.
fn called_by(op: BinaryOp) -> Option<Symbol> {
    match op {
        BinaryOp::Subtract => Some(sym::SUB),
        BinaryOp::Multiply => Some(sym::MUL),
        BinaryOp::Divide => Some(sym::DIV),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            Some(sym::LESS_THAN)
        }
        BinaryOp::Concat
        | BinaryOp::Add
        | BinaryOp::Update
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Implies
        | BinaryOp::PipeInto
        | BinaryOp::PipeFrom => None,
    }
}

fn opens_scope(expr: &Expr) -> bool {
    matches!(expr, Expr::Let { .. } | Expr::LegacyLet(_) | Expr::Set(_) | Expr::With { .. })
}

/// What emits without recursion and without taking slots for long.
fn is_small(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Error
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str { .. }
            | Expr::Uri(_)
            | Expr::Path(_)
            | Expr::Var(_)
            | Expr::CurPos
            | Expr::Lambda(_)
    )
}
