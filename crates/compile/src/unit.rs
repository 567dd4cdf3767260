//! A resolved file: its tree, and for each node and body what resolve found out.
//!
//! In: the tree and its environment. Out: bodies by number, their captures, and their code on demand.
//!
//! Invariants
//! - A node has one note, four bytes; a node that is the root of a body has its note in the body's record instead.
//! - Bodies are numbered from 0 (the file itself) in the order in which resolve opens them.

use crate::{emit, resolve};
use frazil_base::{Diagnostic, Interner, Pos, Symbol};
use frazil_bytecode::Code;
use frazil_syntax::ast::{Ast, ExprId};

/// What a file's meaning depends on besides its text.
pub struct Environment<'a> {
    /// The symbols of the tree.
    pub names: &'a Interner,
    /// Whether a name is bound globally, by the builtins' table.
    pub is_global: &'a dyn Fn(Symbol) -> bool,
    /// The value of `__curPos` at a position; `None` where it is null.
    pub locate: &'a dyn Fn(Pos) -> Option<CurPos>,
    /// For `scopedImport`: the names of the scope, which lie around the file. The file's body then takes the scope set as
    /// its only argument, in slot 0.
    pub scope: Option<&'a [Symbol]>,
    /// Whether thunks are avoided where that shows only in what printing unforced values says.
    pub optimise: bool,
}

/// The value of `__curPos`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CurPos {
    /// The file.
    pub file: Box<[u8]>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// What resolve says of a node or a variable, in four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Note(pub(crate) u32);

/// [`Note`] taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Noted {
    /// Nothing to say.
    Nothing,
    /// A local of the body, by number.
    Local(u32),
    /// A capture of the body, by number.
    Capture(u32),
    /// A global.
    Global(Symbol),
    /// A name looked up in `with` sets: an index into `with_lists`.
    With(u32),
    /// A body of its own.
    Body(u32),
    /// A set or `let`: an index into `groups`.
    Group(u32),
    /// Any other side table entry, by the node's kind.
    Index(u32),
}

const TAG: u32 = 29;

impl Note {
    pub(crate) const NOTHING: Note = Note(0);

    pub(crate) const fn local(index: u32) -> Note {
        Note(1 << TAG | index)
    }
    pub(crate) const fn capture(index: u32) -> Note {
        Note(2 << TAG | index)
    }
    pub(crate) const fn global(symbol: Symbol) -> Note {
        Note(3 << TAG | symbol.0)
    }
    pub(crate) const fn with(index: u32) -> Note {
        Note(4 << TAG | index)
    }
    pub(crate) const fn body(index: u32) -> Note {
        Note(5 << TAG | index)
    }
    pub(crate) const fn group(index: u32) -> Note {
        Note(6 << TAG | index)
    }
    pub(crate) const fn index(index: u32) -> Note {
        Note(7 << TAG | index)
    }

    #[inline]
    pub(crate) const fn take(self) -> Noted {
        let rest = self.0 & ((1 << TAG) - 1);
        match self.0 >> TAG {
            0 => Noted::Nothing,
            1 => Noted::Local(rest),
            2 => Noted::Capture(rest),
            3 => Noted::Global(Symbol(rest)),
            4 => Noted::With(rest),
            5 => Noted::Body(rest),
            6 => Noted::Group(rest),
            _ => Noted::Index(rest),
        }
    }
}

/// What a body computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BodyKind {
    /// An expression: the file itself, or a suspended one.
    Thunk,
    /// The function whose (outermost) lambda is the node.
    Function,
    /// One name of an `inherit (e) …`: `node` is an index into `inherits`, the note says where `e` is.
    Inherit,
    /// A variable of a `rec` set with `__overrides`: looks into that, its first capture, and takes the attribute's own
    /// value, its second, if it is not there. `node` is an index into `inherits`.
    Alias,
}

/// A body: something that runs in a frame of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    /// The root.
    pub(crate) node: u32,
    /// The root's note.
    pub(crate) note: Note,
    /// Where its captures start in `captures`.
    pub(crate) captures: u32,
    /// How many captures it has.
    pub(crate) capture_count: u16,
    /// What it computes.
    pub(crate) kind: BodyKind,
    /// How many locals it has.
    pub(crate) locals: u32,
}

/// The numbers of a group of bindings. Variables stand in ascending order of their symbols.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    /// The first variable's local, if the group is recursive; then one local for each `inherit (e)`; with `__overrides`,
    /// then one for that and one for each attribute.
    pub(crate) first_local: u32,
    /// The first of the bodies of the `inherit (e) x` bindings, in the variables' order.
    pub(crate) first_inherit: u32,
    /// The first of the `Alias` bodies, if the group has `__overrides`.
    pub(crate) first_alias: Option<u32>,
}

/// One name of an `inherit (e) …`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inherit {
    /// The name.
    pub(crate) name: Symbol,
    /// Where it stands.
    pub(crate) pos: Pos,
}

/// A resolved file.
#[derive(Debug)]
pub struct Unit {
    pub(crate) ast: Ast,
    pub(crate) notes: Vec<Note>,
    pub(crate) bodies: Vec<Body>,
    /// The captures of all bodies: locals or captures of the enclosing body.
    pub(crate) captures: Vec<Note>,
    /// Runs of a length and as many levels, innermost first.
    pub(crate) with_lists: Vec<u32>,
    pub(crate) groups: Vec<Group>,
    pub(crate) inherits: Vec<Inherit>,
    /// The two variables of each `<x>`.
    pub(crate) search_paths: Vec<[Note; 2]>,
    pub(crate) cur_positions: Vec<Option<CurPos>>,
    /// The scope's names, if the file has one; locals 1… of the file's body.
    pub(crate) scope: Option<Box<[Symbol]>>,
    pub(crate) optimise: bool,
}

impl Unit {
    /// Resolves a tree whose root is `root`.
    ///
    /// # Errors
    /// All unbound names, in the order in which Nix would meet them.
    pub fn new(ast: Ast, root: ExprId, env: &Environment<'_>) -> Result<Unit, Vec<Diagnostic>> {
        resolve::resolve(ast, root, env)
    }

    /// The body of the file itself.
    #[must_use]
    pub const fn toplevel(&self) -> u32 {
        0
    }

    /// How many bodies there are.
    #[must_use]
    pub fn body_count(&self) -> u32 {
        self.bodies.len() as u32
    }

    /// How many values a body captures.
    #[must_use]
    pub fn capture_count(&self, body: u32) -> usize {
        self.bodies.get(body as usize).map_or(0, |body| usize::from(body.capture_count))
    }

    /// The tree.
    #[must_use]
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// The instructions of a body. `unit` is the number under which the machine knows this file.
    ///
    /// # Errors
    /// When the body does not fit an operand's width.
    pub fn emit(&self, body: u32, unit: u32, names: &Interner) -> Result<Code, Diagnostic> {
        emit::emit(self, body, unit, names)
    }

    pub(crate) fn body(&self, body: u32) -> &Body {
        &self.bodies[body as usize]
    }

    /// What a body copies from the enclosing one.
    pub(crate) fn captures_of(&self, body: u32) -> &[Note] {
        let body = self.body(body);
        &self.captures[body.captures as usize..][..usize::from(body.capture_count)]
    }

    /// The note of a node; of a body's root, the one in the body's record.
    pub(crate) fn raw_note(&self, node: ExprId) -> Note {
        let note = self.notes[node.index()];
        match note.take() {
            Noted::Body(body) => self.body(body).note,
            _ => note,
        }
    }

    /// `raw_note`, taken apart.
    pub(crate) fn note(&self, node: ExprId) -> Noted {
        self.raw_note(node).take()
    }

    /// The bytes held, for memory reports.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        fn of<T>(all: &Vec<T>) -> usize {
            all.capacity() * size_of::<T>()
        }
        self.ast.bytes_held()
            + of(&self.notes)
            + of(&self.bodies)
            + of(&self.captures)
            + of(&self.with_lists)
            + of(&self.groups)
            + of(&self.inherits)
            + of(&self.search_paths)
            + of(&self.cur_positions)
    }
}
