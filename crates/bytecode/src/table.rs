//! Operand types and the macro that turns the instruction table into everything made from it.
//!
//! In: the rows of `ops.rs`. Out: the `Op` enum, its row descriptions, an operand visitor that the disassembler, the verifier
//! and the writer of stored code share, and the reader of what that writes; so that a new instruction needs no line in either.

use crate::Op;
use crate::bytes::{Reader, Writer};

/// A place in the running frame's window, counted from the frame's base.
pub type Slot = u16;
/// An instruction index within the same code object.
pub type Target = u32;

/// Where an operand comes from: a slot of the frame, a capture of the running function or thunk, or a constant.
///
/// Two bytes: `0..=0x7fff` are slots, `0x8000..=0xbfff` captures, `0xc000..=0xffff` constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Src(pub u16);

/// [`Src`] taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SrcKind {
    /// A slot of the frame.
    Slot(u16),
    /// A captured value.
    Capture(u16),
    /// An entry of the code object's constants.
    Const(u16),
}

impl Src {
    /// The largest slot number an operand can name.
    pub const MAX_SLOT: u32 = 0x7fff;
    /// The largest capture or constant number an operand can name.
    pub const MAX_INDEX: u32 = 0x3fff;

    /// A slot operand; `slot` is at most [`Src::MAX_SLOT`].
    #[inline(always)]
    pub const fn slot(slot: u16) -> Src {
        Src(slot & 0x7fff)
    }
    /// A capture operand; `index` is at most [`Src::MAX_INDEX`].
    #[inline(always)]
    pub const fn capture(index: u16) -> Src {
        Src(0x8000 | (index & 0x3fff))
    }
    /// A constant operand; `index` is at most [`Src::MAX_INDEX`].
    #[inline(always)]
    pub const fn constant(index: u16) -> Src {
        Src(0xc000 | (index & 0x3fff))
    }
    /// Which of the three it is.
    #[inline(always)]
    pub const fn kind(self) -> SrcKind {
        if self.0 < 0x8000 {
            SrcKind::Slot(self.0)
        } else if self.0 < 0xc000 {
            SrcKind::Capture(self.0 & 0x3fff)
        } else {
            SrcKind::Const(self.0 & 0x3fff)
        }
    }
}

impl Src {
    /// As a number with the kind in the lowest bits, so that small ones take a byte.
    const fn number(self) -> u32 {
        match self.kind() {
            SrcKind::Slot(slot) => (slot as u32) << 1,
            SrcKind::Capture(index) => (index as u32) << 2 | 1,
            SrcKind::Const(index) => (index as u32) << 2 | 3,
        }
    }

    /// The operand with a number.
    #[inline(always)]
    pub(crate) const fn numbered(number: u32) -> Src {
        if number & 1 == 0 {
            return Src::slot((number >> 1) as u16);
        }
        Src(0x8000 | ((number & 2) << 13 | (number >> 2) & Src::MAX_INDEX) as u16)
    }

    /// The same with slots of other numbers.
    pub(crate) fn renumbered(self, slot: impl Fn(Slot) -> Slot) -> Src {
        match self.kind() {
            SrcKind::Slot(number) => Src::slot(slot(number)),
            SrcKind::Capture(_) | SrcKind::Const(_) => self,
        }
    }

    pub(crate) fn write(self, out: &mut Writer) {
        out.number(self.number());
    }

    /// Reads what `write` writes.
    #[inline(always)]
    pub(crate) fn read(from: &mut Reader<'_>) -> Src {
        Src::numbered(from.number())
    }
}

impl std::fmt::Debug for Src {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind() {
            SrcKind::Slot(slot) => write!(f, "r{slot}"),
            SrcKind::Capture(index) => write!(f, "c{index}"),
            SrcKind::Const(index) => write!(f, "k{index}"),
        }
    }
}

/// A builtin by its number in the machine's table.
pub type BuiltinRef = u16;

/// What an operand means, as the disassembler and the verifier see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// Written slot.
    Dst(Slot),
    /// Read (and perhaps shortened) slot, or first of a run of slots.
    Reg(Slot),
    /// Any source.
    Src(Src),
    /// Jump target.
    To(Target),
    /// A count or a flag.
    Count(u32),
    /// An index into `Code::symbols`.
    Site(u32),
    /// An index into `Code::attrs_sites`.
    AttrsSite(u32),
    /// An index into `Code::with_sites`.
    WithSite(u32),
    /// An index into `Code::protos`.
    Proto(u32),
    /// An index into `Code::constants`.
    Const(u32),
    /// An index into `Code::texts`.
    Text(u32),
}

impl Operand {
    /// As a number, which `operand_of` takes apart.
    const fn number(self) -> u32 {
        match self {
            Operand::Src(src) => src.number(),
            Operand::Dst(number) | Operand::Reg(number) => number as u32,
            Operand::To(number)
            | Operand::Count(number)
            | Operand::Site(number)
            | Operand::AttrsSite(number)
            | Operand::WithSite(number)
            | Operand::Proto(number)
            | Operand::Const(number)
            | Operand::Text(number) => number,
        }
    }
}

/// Set in the number of an instruction whose operands do not take a byte each.
pub(crate) const LONG: u8 = 0x80;

impl Op {
    /// Writes what `read` reads: the number of the row, and a byte for each operand; or as many as it needs, if one needs more.
    pub(crate) fn write(&self, out: &mut Writer) {
        let (mut bytes, mut count, mut all) = ([0; 8], 0_usize, 0);
        bytes[0] = self.number() as u8;
        self.operands(|_, operand| {
            let number = operand.number();
            count += 1;
            // No instruction has more than seven.
            bytes[count & 7] = number as u8;
            all |= number;
        });
        if all <= 0xff {
            return out.bytes.extend_from_slice(bytes.get(..=count).unwrap_or_default());
        }
        out.byte(bytes[0] | LONG);
        self.operands(|_, operand| out.number(operand.number()));
    }
}

const _: () = assert!(crate::OP_ROWS.len() < LONG as usize);

macro_rules! operand_type {
    (Dst) => {
        crate::table::Slot
    };
    (Reg) => {
        crate::table::Slot
    };
    (Src) => {
        crate::table::Src
    };
    (To) => {
        crate::table::Target
    };
    (Count8) => {
        u8
    };
    (Count) => {
        u16
    };
    (Site) => {
        u16
    };
    (AttrsSite) => {
        u16
    };
    (WithSite) => {
        u16
    };
    (Proto) => {
        u32
    };
    (Const) => {
        u32
    };
    (Text) => {
        u16
    };
}

macro_rules! operand_view {
    (Dst, $v:expr) => {
        crate::table::Operand::Dst($v)
    };
    (Reg, $v:expr) => {
        crate::table::Operand::Reg($v)
    };
    (Src, $v:expr) => {
        crate::table::Operand::Src($v)
    };
    (To, $v:expr) => {
        crate::table::Operand::To($v)
    };
    (Count8, $v:expr) => {
        crate::table::Operand::Count(u32::from($v))
    };
    (Count, $v:expr) => {
        crate::table::Operand::Count(u32::from($v))
    };
    (Site, $v:expr) => {
        crate::table::Operand::Site(u32::from($v))
    };
    (AttrsSite, $v:expr) => {
        crate::table::Operand::AttrsSite(u32::from($v))
    };
    (WithSite, $v:expr) => {
        crate::table::Operand::WithSite(u32::from($v))
    };
    (Proto, $v:expr) => {
        crate::table::Operand::Proto($v)
    };
    (Const, $v:expr) => {
        crate::table::Operand::Const($v)
    };
    (Text, $v:expr) => {
        crate::table::Operand::Text(u32::from($v))
    };
}

macro_rules! operand_renumbered {
    (Dst, $v:expr, $slot:expr) => {
        $slot($v)
    };
    (Reg, $v:expr, $slot:expr) => {
        $slot($v)
    };
    (Src, $v:expr, $slot:expr) => {
        $v.renumbered(&$slot)
    };
    ($ty:ident, $v:expr, $slot:expr) => {
        $v
    };
}

macro_rules! operand_of {
    (Src, $number:expr) => {
        crate::table::Src::numbered($number)
    };
    (Count8, $number:expr) => {
        $number as u8
    };
    (To, $number:expr) => {
        $number
    };
    (Proto, $number:expr) => {
        $number
    };
    (Const, $number:expr) => {
        $number
    };
    ($ty:ident, $number:expr) => {
        $number as u16
    };
}

/// Makes `Op`, [`OpRow`](crate::OpRow)s and the operand visitor from rows
/// `Name { operand: Type, … } "notation" "doc";`.
macro_rules! instructions {
    ($( $name:ident { $($field:ident : $ty:ident),* } $notation:literal $doc:literal; )*) => {
        /// One instruction. The row's text says what it does.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Op {
            $( #[doc = concat!("`", $notation, "` — ", $doc)]
               $name { $(
                   #[doc = concat!("Operand of kind `", stringify!($ty), "`.")]
                   $field: operand_type!($ty)
               ),* }, )*
        }

        /// A row of the instruction table, for documents and views.
        #[derive(Clone, Copy, Debug)]
        pub struct OpRow {
            /// The instruction's name.
            pub name: &'static str,
            /// What it does, in one notation.
            pub notation: &'static str,
            /// A sentence about it.
            pub doc: &'static str,
        }

        /// Every instruction in the order of the table.
        pub const OP_ROWS: &[OpRow] = &[ $( OpRow { name: stringify!($name), notation: $notation, doc: $doc } ),* ];

        #[allow(non_upper_case_globals, reason = "the names of the rows")]
        mod number {
            enum Number { $( $name ),* }
            $( pub(super) const $name: u8 = Number::$name as u8; )*
        }

        impl Op {
            /// The instruction's name.
            pub fn name(&self) -> &'static str {
                match self { $( Op::$name { .. } => stringify!($name) ),* }
            }
            /// The number of its row in [`OP_ROWS`].
            #[inline]
            pub fn number(&self) -> usize {
                match self { $( Op::$name { .. } => number::$name as usize ),* }
            }
            /// Calls `visit` with each operand in the order of the row.
            #[allow(unused_variables)]
            #[inline(always)]
            pub(crate) fn operands(&self, mut visit: impl FnMut(&'static str, crate::table::Operand)) {
                match *self { $( Op::$name { $($field),* } => { $( visit(stringify!($field), operand_view!($ty, $field)); )* } ),* }
            }
            /// The same instruction with slots of other numbers.
            #[allow(unused_variables)]
            pub(crate) fn renumbered(self, slot: impl Fn(crate::table::Slot) -> crate::table::Slot) -> Op {
                match self { $( Op::$name { $($field),* } => Op::$name { $($field: operand_renumbered!($ty, $field, slot)),* } ),* }
            }
            /// The instruction that `write` wrote.
            #[inline(always)]
            pub(crate) fn read(from: &mut crate::bytes::Reader<'_>) -> Option<Op> {
                let mut window = from.window();
                // No instruction has more than seven operands.
                let op = match window as u8 {
                    $( number::$name => {
                        from.pass(1);
                        $(
                            window >>= 8;
                            from.pass(1);
                            let $field = operand_of!($ty, window as u32 & 0xff);
                        )*
                        Op::$name { $($field),* }
                    } )*
                    _ => {
                        let (op, after) = Op::read_long(*from)?;
                        *from = after;
                        return Some(op);
                    }
                };
                Some(op)
            }
            /// Takes and gives back a copy of the reader, so that its user's can stay in registers.
            #[inline(never)]
            fn read_long(mut from: crate::bytes::Reader<'_>) -> Option<(Op, crate::bytes::Reader<'_>)> {
                let number = from.byte();
                let op = match number ^ crate::table::LONG {
                    $( number::$name => Op::$name { $($field: operand_of!($ty, from.number())),* }, )*
                    _ => return None,
                };
                Some((op, from))
            }
        }
    };
}
pub(crate) use {instructions, operand_of, operand_renumbered, operand_type, operand_view};
