//! The code of one body as bytes that another evaluation can start from.
//!
//! In: untold [`Code`]. Out: bytes in which nothing depends on this evaluation: names are numbered within the file, positions count
//! from the start of its text, bodies are those of the same file. And back.
//!
//! Invariants
//! - What comes back is what was stored, or nothing. Code depends on the order in which an evaluator has met the names of its
//!   sets and of the formals of its function: where that is another, sets are gathered from where their values stand, and formals
//!   get other slots.
//! - Any bytes can be read; what they say is verified like all code when it is loaded.
//!
//! Not here: where bytes are kept, and which bodies (`frazil-compile`).

mod read;
mod write;

pub use read::restore;
pub use write::{Names, store};

/// What a constant is.
mod constant {
    pub(super) const INT: u8 = 0;
    pub(super) const FLOAT: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const FALSE: u8 = 3;
    pub(super) const NULL: u8 = 4;
    pub(super) const STR: u8 = 5;
    pub(super) const PATH: u8 = 6;
    pub(super) const GLOBAL: u8 = 7;
    pub(super) const EMPTY_LIST: u8 = 8;
    pub(super) const EMPTY_ATTRS: u8 = 9;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Writer;
    use crate::*;
    use frazil_base::{Pos, Symbol};

    struct Both;

    impl Names for Both {
        fn number(&self, name: Symbol) -> Option<u32> {
            [Symbol(900), Symbol(800)].iter().position(|known| *known == name).map(|at| at as u32)
        }
        fn count(&self) -> u32 {
            2
        }
    }

    fn code() -> Code {
        let (a, b) = (Symbol(900), Symbol(800));
        let formals = Formals {
            formals: [Formal { name: b, pos: Pos(170), has_default: true }].into(),
            ellipsis: true,
        };
        let function = FunctionInfo {
            arity: 1,
            name: Some(a),
            formals: Some(formals),
            lambdas: [Pos(160)].into(),
            parameters: [None].into(),
        };
        let body = |body| BodyId { unit: 3, body };
        let mut positions = Positions::default();
        positions.push(2, Pos(130));
        Code {
            ops: vec![
                Op::MakeThunk { dst: 0, proto: 0 },
                Op::CheapArith { dst: 1, a: Src::slot(300), b: Src::constant(2), what: 3 },
                Op::AddDynamic { dst: 0, attrs: 1, first: 2, count: 1 },
                Op::MakeAttrs { dst: 0, first: 7, site: 0 },
                Op::LoadConst { dst: 9, index: 70_000 },
                Op::Return { src: Src::capture(0x3fff) },
            ],
            slots: 301,
            formals: vec![b, a],
            constants: vec![
                Constant::Int(-5),
                Constant::Float(0.5),
                Constant::Bool(true),
                Constant::Bool(false),
                Constant::Null,
                Constant::Str(0..3),
                Constant::Path(3..4),
                Constant::Global(b),
                Constant::EmptyList,
                Constant::EmptyAttrs,
            ],
            bytes: b"abc/".to_vec(),
            symbols: vec![a, frazil_base::sym::BODY],
            attrs_sites: vec![
                AttrsSite { names: 0..2, order: None },
                AttrsSite { names: 2..3, order: None },
            ],
            attrs_orders: Vec::new(),
            attrs_names: (vec![b, a, a], vec![Pos(120), Pos::NONE, Pos(110)]),
            with_sites: vec![WithSite { name: a, levels: [Src::slot(1), Src::capture(2)].into() }],
            protos: vec![
                Proto { kind: Kind::Thunk, captures: 0..2, body: body(7), pos: Pos(150) },
                Proto {
                    kind: Kind::Function(Box::new(function)),
                    captures: 2..2,
                    body: body(5),
                    pos: Pos(160),
                },
            ],
            captures: vec![Src::slot(4), Src::capture(5)],
            positions,
            regions: Vec::new(),
            texts: vec![Box::default(); 2],
        }
    }

    #[test]
    fn code_comes_back() {
        let mut out = Writer::default();
        assert_eq!(store(&code(), Pos(100), &Both, &mut out), Some(()));
        let mut back = Code::default();
        let names = [Symbol(900), Symbol(800)];
        assert_eq!(restore(&out.bytes, 3, Pos(100), &names, &mut back), Some(()));
        assert_eq!(back, code());
        // One more name than there are.
        let mut code = code();
        code.symbols.push(Symbol(7777));
        assert_eq!(store(&code, Pos(100), &Both, &mut out), None);
    }

    #[test]
    fn formals_of_another_order() {
        let mut out = Writer::default();
        let mut code = code();
        code.ops[3] = Op::BindFormals { first: 1 };
        code.captures = vec![Src::slot(2), Src::capture(1)];
        assert_eq!(store(&code, Pos(100), &Both, &mut out), Some(()));
        let mut back = Code::default();
        let (a, b) = (Symbol(1), Symbol(2));
        assert_eq!(restore(&out.bytes, 3, Pos(100), &[a, b], &mut back), Some(()));
        assert_eq!(back.formals, [a, b]);
        assert_eq!(back.ops[0], code.ops[0]);
        assert_eq!(back.ops[2], Op::AddDynamic { dst: 0, attrs: 2, first: 1, count: 1 });
        assert_eq!(back.ops[3], Op::BindFormals { first: 1 });
        assert_eq!(back.captures, [Src::slot(1), Src::capture(1)]);
        assert_eq!(*back.with_sites[0].levels, [Src::slot(2), Src::capture(2)]);
    }

    #[test]
    fn names_of_another_order() {
        let mut code = code();
        code.formals.clear();
        let mut out = Writer::default();
        assert_eq!(store(&code, Pos(100), &Both, &mut out), Some(()));
        let mut back = Code::default();
        let (a, b) = (Symbol(1), Symbol(2));
        assert_eq!(restore(&out.bytes, 3, Pos(100), &[a, b], &mut back), Some(()));
        assert_eq!(back.ops[3], Op::GatherAttrs { dst: 0, first: 7, site: 0 });
        let [two, one] = &*back.attrs_sites else { panic!("two sets") };
        assert_eq!((back.names_of(two), back.order_of(two)), (&[a, b][..], &[1, 0][..]));
        assert_eq!(back.places_of(two), [Pos::NONE, Pos(120)]);
        assert_eq!((back.names_of(one), back.order_of(one)), (&[a][..], &[][..]));
        // Overriding values are written where the variables are: not to be used.
        code.ops[0] = Op::Overrides { attrs: 0, first: 7, site: 0 };
        out.bytes.clear();
        assert_eq!(store(&code, Pos(100), &Both, &mut out), Some(()));
        back.clear();
        assert_eq!(restore(&out.bytes, 3, Pos(100), &[a, b], &mut back), None);
    }

    #[test]
    fn any_bytes_are_read() {
        let mut out = Writer::default();
        assert_eq!(store(&code(), Pos(100), &Both, &mut out), Some(()));
        for at in 0..out.bytes.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut bytes = out.bytes.clone();
                bytes[at] = byte;
                let mut back = Code::default();
                let names = [Symbol(900), Symbol(800)];
                if restore(&bytes, 3, Pos(100), &names, &mut back).is_some() {
                    let _ = verify(&back, 8);
                }
                back.clear();
                let _ = restore(&bytes[..at], 3, Pos(100), &[], &mut back);
            }
        }
    }
}
