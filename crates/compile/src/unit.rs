//! A resolved file, as the loader keeps it: packed, with the code of each body on demand.
//!
//! In: the tree and its environment, or bytes that were made of such a file before. Out: bodies by number and their code.
//!
//! Invariants
//! - Bodies are numbered from 0 (the file itself) in the order in which resolve opens them.
//! - The tree is gone once a file is resolved: what stays is a few bytes a node, or nothing but code.

use crate::coded::{Coded, Fresh};
use crate::pack::{self, Listed, Numbering, Packed, Unpacked};
use crate::{emit, resolve};
use frazil_base::{Diagnostic, Interner, Pos, Span, Symbol};
use frazil_bytecode::Code;
use frazil_syntax::ast::{Ast, ExprId};
use frazil_syntax::{KeepGoing, Looks};
use std::sync::OnceLock;

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

/// A resolved file: its tree, its code as far as that was kept, or both.
#[derive(Debug)]
pub struct Unit {
    /// Of a file that started from code it is there once it was asked for.
    tree: OnceLock<Packed>,
    code: Option<Coded>,
    /// What is to be kept of the code emitted, if anything.
    fresh: Option<Box<Fresh>>,
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
        Ok(Unit::of(packed.ok_or_else(Vec::new)?, None))
    }

    fn of(packed: Packed, fresh: Option<Fresh>) -> Unit {
        Unit { tree: OnceLock::from(packed), code: None, fresh: fresh.map(Box::new) }
    }

    /// The unit as bytes that another evaluation can start from (`kept`), if that would not show. It must be what `bench` was
    /// last used for; `start` is where its text starts. From now on `record` takes code in.
    #[must_use]
    pub fn keep(&mut self, bench: &Bench, names: &Interner, start: Pos) -> Option<Vec<u8>> {
        let order = bench.numbering.in_order();
        let bytes = pack::keep(self.tree.get()?, &order, names, start)?;
        self.fresh = Some(Box::new(Fresh::new(start, order)));
        Some(bytes)
    }

    /// A unit from the bytes that `keep` made of the same text, under the same settings, with the same globals; its text
    /// starts at `start`. `None` for bytes that are obviously something else. They are trusted: emitting other bytes may panic.
    pub fn kept(bytes: Vec<u8>, names: &mut Interner, start: Pos) -> Option<Unit> {
        let (packed, order) = pack::kept(bytes, |bytes| pack::read_names(bytes, names), start)?;
        Some(Unit::of(packed, Some(Fresh::new(start, order))))
    }

    /// The same from the bytes that `code_to_keep` made. Its tree is not there until `give_tree`.
    pub fn coded(bytes: Vec<u8>, names: &mut Interner, start: Pos) -> Option<Unit> {
        let code = Coded::new(bytes, names, start)?;
        Some(Unit { tree: OnceLock::new(), code: Some(code), fresh: None })
    }

    /// Whether emitting and telling is possible.
    #[must_use]
    pub fn has_tree(&self) -> bool {
        self.tree.get().is_some()
    }

    /// Gives a coded unit what `keep` made of the same file. `false` if that is something else.
    pub fn give_tree(&self, bytes: Vec<u8>) -> bool {
        let Some(code) = &self.code else { return false };
        // They are known, and have the same numbers.
        let listed = |bytes: &[u8]| {
            let is_same = pack::count_names(bytes) == code.names.len();
            is_same.then(|| Listed { names: code.names.clone(), order: Box::default() })
        };
        pack::kept(bytes, listed, code.base).is_some_and(|(packed, _)| self.take_tree_in(packed))
    }

    /// Gives a coded unit the tree of another, made of the same file.
    pub fn give_tree_of(&self, other: Unit) -> bool {
        other.tree.into_inner().is_some_and(|packed| self.take_tree_in(packed))
    }

    fn take_tree_in(&self, packed: Packed) -> bool {
        packed.body_count() == self.body_count()
            && self.code.as_ref().is_none_or(|code| *code.names == *packed.names())
            && self.tree.set(packed).is_ok()
    }

    /// The code of a body, into `code`, which is cleared first, if that was kept: as `emit` makes it.
    #[must_use]
    pub fn restore(&self, body: u32, unit: u32, code: &mut Code) -> bool {
        code.clear();
        match &self.code {
            Some(known) if known.restore(body, unit, code) => true,
            _ => {
                code.clear();
                false
            }
        }
    }

    /// Takes in what `emit` made of a body, to be kept.
    pub fn record(&mut self, body: u32, code: &Code) {
        let Some(tree) = self.tree.get() else { return };
        if let (None, Some(known)) = (&self.fresh, &self.code) {
            self.fresh = Some(Box::new(Fresh::new(known.base, Box::default())));
        }
        if let Some(fresh) = &mut self.fresh {
            fresh.add(body, code, tree.names(), self.code.as_ref());
        }
    }

    /// Whether so much was recorded that it is worth keeping.
    #[must_use]
    pub fn has_code_to_keep(&self) -> bool {
        self.fresh.as_ref().is_some_and(|fresh| fresh.is_much(self.code.as_ref()))
    }

    /// The code that was recorded as bytes that another evaluation can start from (`coded`). `before` is what this unit was
    /// made of, if it was made of code.
    #[must_use]
    pub fn code_to_keep(&self, names: &Interner, before: Option<&[u8]>) -> Option<Vec<u8>> {
        let (fresh, tree) = (self.fresh.as_ref()?, self.tree.get()?);
        if self.code.is_some() != before.is_some() {
            return None;
        }
        fresh.whole((self.node_count(), self.body_count()), tree.names(), names, before)
    }

    /// How many bodies there are.
    #[must_use]
    pub fn body_count(&self) -> u32 {
        match &self.code {
            Some(code) => code.bodies,
            None => self.tree.get().map_or(0, Packed::body_count),
        }
    }

    /// How many nodes its tree had.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        match &self.code {
            Some(code) => code.nodes,
            None => self.tree.get().map_or(0, Packed::node_count),
        }
    }

    /// How many values a body captures, if the tree is there.
    #[must_use]
    pub fn capture_count(&self, body: u32) -> usize {
        self.tree.get().map_or(0, |tree| tree.capture_count(body))
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
        let tree = self.tree.get().filter(|tree| body < tree.body_count());
        let tree = tree.ok_or_else(|| Diagnostic::new("there is no such body", Span::default()))?;
        pack::unpack(tree, body, told, into);
        Ok(())
    }

    /// The bytes held, for memory reports.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.tree.get().map_or(0, Packed::bytes_held)
            + self.code.as_ref().map_or(0, Coded::bytes_held)
            + self.fresh.as_ref().map_or(0, |fresh| fresh.bytes_held())
    }
}
