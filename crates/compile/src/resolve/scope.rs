//! Which variable a name means, and how its value reaches the body that uses it.
//!
//! In: scopes, `with` sets and bodies as they open and close, and names. Out: notes, and the capture list of each body.
//!
//! Invariants
//! - Scopes, `with` sets and bodies nest; each is closed before what surrounds it.
//! - A binding knows the innermost open body that can read it (`reach`, `note`); a body that starts to capture it remembers
//!   what was known before and puts it back when it closes. So a reference costs a step per body it newly crosses, once.

use crate::note::Note;
use crate::resolved::{Body, BodyKind};
use frazil_base::{Pos, Symbol};
use hashbrown::HashTable;

/// A variable, or the set of a `with`.
#[derive(Clone, Copy)]
struct Binding {
    symbol: Symbol,
    /// The binding of the same name around this one.
    outer: u32,
    /// The depth of the innermost open body that can read it.
    reach: u32,
    /// How that body reads it.
    note: Note,
}

/// A `with` set.
#[derive(Clone, Copy)]
pub(super) enum Level {
    /// Held by a variable.
    Binding(u32),
    /// A global, such as `builtins`.
    Global(Symbol),
}

/// A body that is being walked.
#[derive(Default)]
struct Open {
    body: u32,
    locals: u32,
    captures: Vec<Capture>,
    /// The list made last for a `with` name, and the stamp of the innermost `with` it was made for.
    list: Option<(u32, u32)>,
}

#[derive(Clone, Copy)]
struct Capture {
    binding: u32,
    /// How the enclosing body reads it.
    from: Note,
    /// What the binding knew before.
    reach: u32,
    note: Note,
}

/// A body would need more captures than an operand can name.
pub(super) struct TooLarge;

const NONE: u32 = u32::MAX;
const MAX_CAPTURES: usize = frazil_bytecode::Src::MAX_INDEX as usize;

/// All open scopes and bodies.
pub(super) struct Scopes {
    bindings: Vec<Binding>,
    /// Symbol -> innermost binding, as an open-addressed table of (symbol, binding).
    names: HashTable<(Symbol, u32)>,
    levels: Vec<(Level, u32)>,
    stamps: u32,
    /// Open bodies; those past `depth` are kept for their allocations.
    opens: Vec<Open>,
    depth: usize,
    pub(super) bodies: Vec<Body>,
    pub(super) captures: Vec<Note>,
    pub(super) with_lists: Vec<u32>,
}

fn hash(symbol: Symbol) -> u64 {
    u64::from(symbol.0 ^ 0x5bd1_e995).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Scopes {
    pub(super) fn new() -> Self {
        Scopes {
            bindings: Vec::with_capacity(64),
            names: HashTable::with_capacity(64),
            levels: Vec::new(),
            stamps: 0,
            opens: Vec::new(),
            depth: 0,
            bodies: Vec::new(),
            captures: Vec::new(),
            with_lists: Vec::new(),
        }
    }

    /// The innermost binding of a name.
    pub(super) fn lookup(&self, symbol: Symbol) -> Option<u32> {
        let (_, binding) = self.names.find(hash(symbol), |entry| entry.0 == symbol)?;
        (*binding != NONE).then_some(*binding)
    }

    /// The number that the next binding will get.
    pub(super) fn next_binding(&self) -> u32 {
        self.bindings.len() as u32
    }

    /// Binds a name to a local of the innermost body.
    pub(super) fn bind(&mut self, symbol: Symbol, local: u32) {
        let binding = self.bindings.len() as u32;
        let entry =
            self.names.entry(hash(symbol), |entry| entry.0 == symbol, |entry| hash(entry.0));
        let outer = match entry {
            hashbrown::hash_table::Entry::Occupied(mut entry) => {
                std::mem::replace(&mut entry.get_mut().1, binding)
            }
            hashbrown::hash_table::Entry::Vacant(entry) => {
                entry.insert((symbol, binding));
                NONE
            }
        };
        let reach = self.depth as u32 - 1;
        self.bindings.push(Binding { symbol, outer, reach, note: Note::local(local) });
    }

    /// A binding without a name.
    pub(super) fn bind_anonymous(&mut self, local: u32) -> u32 {
        let reach = self.depth as u32 - 1;
        // The empty name cannot be referred to: no entry of the table points here.
        self.bindings.push(Binding {
            symbol: frazil_base::sym::EMPTY,
            outer: NONE,
            reach,
            note: Note::local(local),
        });
        self.bindings.len() as u32 - 1
    }

    /// Forgets the innermost bindings, down to `first`.
    pub(super) fn unbind(&mut self, first: u32) {
        while self.bindings.len() > first as usize {
            let Some(binding) = self.bindings.pop() else { return };
            let at = self.bindings.len() as u32;
            if let Some(entry) =
                self.names.find_mut(hash(binding.symbol), |entry| entry.0 == binding.symbol)
                && entry.1 == at
            {
                entry.1 = binding.outer;
            }
        }
    }

    /// How the innermost body reads a binding; captures it through all bodies in between.
    pub(super) fn reach(&mut self, binding: u32) -> Result<Note, TooLarge> {
        let known = &mut self.bindings[binding as usize];
        for depth in known.reach as usize + 1..self.depth {
            let captures = &mut self.opens[depth].captures;
            if captures.len() >= MAX_CAPTURES {
                return Err(TooLarge);
            }
            let note = Note::capture(captures.len() as u32);
            captures.push(Capture {
                binding,
                from: known.note,
                reach: known.reach,
                note: known.note,
            });
            known.reach = depth as u32;
            known.note = note;
        }
        Ok(known.note)
    }

    /// Enters a `with`.
    pub(super) fn enter_with(&mut self, level: Level) {
        self.stamps += 1;
        self.levels.push((level, self.stamps));
    }

    /// Leaves the innermost `with`.
    pub(super) fn leave_with(&mut self) {
        self.levels.pop();
    }

    /// The list of `with` sets around, innermost first, as the innermost body reads them; `None` if there are none.
    pub(super) fn with_list(&mut self) -> Option<Result<Note, TooLarge>> {
        let &(_, stamp) = self.levels.last()?;
        if let Some((known, list)) = self.opens[self.depth - 1].list
            && known == stamp
        {
            return Some(Ok(Note::with(list)));
        }
        if self.levels.len() > MAX_CAPTURES {
            return Some(Err(TooLarge));
        }
        let list = self.with_lists.len() as u32;
        self.with_lists.push(self.levels.len() as u32);
        for at in (0..self.levels.len()).rev() {
            let note = match self.levels[at].0 {
                Level::Binding(binding) => match self.reach(binding) {
                    Ok(note) => note,
                    Err(error) => return Some(Err(error)),
                },
                Level::Global(symbol) => Note::global(symbol),
            };
            self.with_lists.push(note.0);
        }
        self.opens[self.depth - 1].list = Some((stamp, list));
        Some(Ok(Note::with(list)))
    }

    /// Opens a body and says its number.
    pub(super) fn open(&mut self, kind: BodyKind, node: u32) -> u32 {
        let body = self.bodies.len() as u32;
        self.bodies.push(Body {
            node,
            note: Note::NOTHING,
            captures: 0,
            capture_count: 0,
            kind,
            locals: 0,
            number: body,
            value_pos: Pos::NONE,
        });
        if self.opens.len() == self.depth {
            self.opens.push(Open::default());
        }
        let open = &mut self.opens[self.depth];
        open.body = body;
        open.locals = 0;
        open.captures.clear();
        open.list = None;
        self.depth += 1;
        body
    }

    /// Closes the innermost body and keeps its captures.
    pub(super) fn close(&mut self) {
        self.depth -= 1;
        let open = &mut self.opens[self.depth];
        let body = &mut self.bodies[open.body as usize];
        body.locals = open.locals;
        body.captures = self.captures.len() as u32;
        body.capture_count = open.captures.len() as u16;
        for capture in &open.captures {
            self.captures.push(capture.from);
            let binding = &mut self.bindings[capture.binding as usize];
            binding.reach = capture.reach;
            binding.note = capture.note;
        }
    }

    /// How many locals the innermost body has so far.
    pub(super) fn locals(&self) -> u32 {
        self.opens[self.depth - 1].locals
    }

    /// Takes `count` consecutive locals of the innermost body.
    pub(super) fn take_locals(&mut self, count: u32) -> u32 {
        let open = &mut self.opens[self.depth - 1];
        let first = open.locals;
        open.locals += count;
        first
    }
}
