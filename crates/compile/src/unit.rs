//! A resolved file, as the loader keeps it: packed, with the code of each body on demand.
//!
//! In: the tree and its environment. Out: bodies by number and their code.
//!
//! Invariants
//! - Bodies are numbered from 0 (the file itself) in the order in which resolve opens them.
//! - The tree is gone once a file is resolved: what stays is a few bytes a node.

use crate::pack::{self, Numbering, Packed, Unpacked};
use crate::{emit, resolve};
use frazil_base::{Diagnostic, Interner, Pos, Span, Symbol};
use frazil_bytecode::Code;
use frazil_syntax::ast::{Ast, ExprId};
use frazil_syntax::{KeepGoing, Looks};

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
    /// Whether thunks are avoided where that shows only in what printing says: of unforced values, and of which lists are «repeated».
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

/// A resolved file.
#[derive(Debug)]
pub struct Unit {
    packed: Packed,
}

/// A body that makes more than this many others leaves no room behind: a package set is emitted once, and what it takes would
/// stay until the end.
const LARGE: usize = 1024;

/// Room for packing one file and emitting one body after the other.
#[derive(Debug, Default)]
pub struct Bench {
    part: Unpacked,
    room: emit::Room,
    numbering: Numbering,
}

impl Unit {
    /// Resolves a tree whose root is `root`.
    ///
    /// # Errors
    /// All unbound names, in the order in which Nix would meet them.
    pub fn new(
        ast: Ast,
        root: ExprId,
        env: &Environment<'_>,
        bench: &mut Bench,
    ) -> Result<Unit, Vec<Diagnostic>> {
        Unit::new_while(ast, root, env, bench, &mut || true)
    }

    /// The same for as long as `keep_going` says so.
    ///
    /// # Errors
    /// As `new`; none at all if `keep_going` said no.
    pub fn new_while(
        ast: Ast,
        root: ExprId,
        env: &Environment<'_>,
        bench: &mut Bench,
        keep_going: KeepGoing<'_>,
    ) -> Result<Unit, Vec<Diagnostic>> {
        let mut looks = Looks::new(keep_going);
        let resolved = resolve::resolve(ast, root, env, &mut looks)?;
        let packed = pack::pack(&resolved, &mut bench.numbering, &mut looks);
        Ok(Unit { packed: packed.ok_or_else(Vec::new)? })
    }

    /// The unit as bytes that another evaluation can start from (`kept`), if that would not show. It must be what `bench` was
    /// last used for; `start` is where its text starts.
    #[must_use]
    pub fn keep(&self, bench: &Bench, names: &Interner, start: Pos) -> Option<Vec<u8>> {
        pack::keep(&self.packed, &bench.numbering, names, start)
    }

    /// A unit from the bytes that `keep` made of the same text, under the same settings, with the same globals; its text
    /// starts at `start`. `None` for bytes that are obviously something else. They are trusted: emitting other bytes may panic.
    pub fn kept(bytes: Vec<u8>, names: &mut Interner, start: Pos) -> Option<Unit> {
        Some(Unit { packed: pack::kept(bytes, names, start)? })
    }

    /// How many bodies there are.
    #[must_use]
    pub fn body_count(&self) -> u32 {
        self.packed.body_count()
    }

    /// How many nodes its tree had.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        self.packed.node_count()
    }

    /// How many values a body captures.
    #[must_use]
    pub fn capture_count(&self, body: u32) -> usize {
        self.packed.capture_count(body)
    }

    /// The untold code of a body, into `code`, which is cleared first. `unit` is the number under which the machine knows
    /// this file.
    ///
    /// # Errors
    /// When the body does not fit an operand's width.
    pub fn emit(
        &self,
        body: u32,
        unit: u32,
        names: &Interner,
        bench: &mut Bench,
        code: &mut Code,
    ) -> Result<(), Diagnostic> {
        code.clear();
        self.part(body, &mut bench.part, false)?;
        let emitted = emit::emit(&bench.part.resolved, unit, names, false, &mut bench.room, code);
        if bench.part.resolved.bodies.len() > LARGE {
            (bench.part, bench.room) = Default::default();
        }
        emitted
    }

    /// The same code, told.
    ///
    /// # Errors
    /// As `emit`.
    pub fn tell(&self, body: u32, unit: u32, names: &Interner) -> Result<Code, Diagnostic> {
        let (mut part, mut room) = (Unpacked::default(), emit::Room::default());
        let mut code = Code::default();
        self.part(body, &mut part, true)?;
        emit::emit(&part.resolved, unit, names, true, &mut room, &mut code)?;
        Ok(code)
    }

    fn part(&self, body: u32, into: &mut Unpacked, told: bool) -> Result<(), Diagnostic> {
        if body >= self.body_count() {
            return Err(Diagnostic::new("there is no such body", Span::default()));
        }
        pack::unpack(&self.packed, body, told, into);
        Ok(())
    }

    /// The bytes held, for memory reports.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.packed.bytes_held()
    }
}
