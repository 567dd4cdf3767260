//! What resolve says of a node or a variable, in four bytes.

use frazil_base::Symbol;

/// See the module's text.
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
