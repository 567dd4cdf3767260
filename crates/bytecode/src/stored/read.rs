//! From bytes to code.

use super::constant;
use crate::bytes::Reader;
use crate::{
    AttrsSite, BodyId, Code, Constant, Formal, Formals, FunctionInfo, Kind, Op, Proto, Src,
    WithSite,
};
use frazil_base::{Pos, Symbol, sym};

/// Reads what `store` wrote into `code`, which is empty. `unit` is the number under which the machine knows the file, `base` where its
/// text starts, `names` are its names by number. `None` if the code would be another in this evaluation: then `code` holds anything.
pub fn restore(
    bytes: &[u8],
    unit: u32,
    base: Pos,
    names: &[Symbol],
    code: &mut Code,
) -> Option<()> {
    let mut reader = CodeReader { reader: Reader::new(bytes, 0, base), unit, names };
    reader.code(code)
}

struct CodeReader<'a> {
    reader: Reader<'a>,
    unit: u32,
    names: &'a [Symbol],
}

impl CodeReader<'_> {
    fn code(&mut self, code: &mut Code) -> Option<()> {
        code.slots = self.reader.number();
        let mut before = None;
        for _ in 0..self.reader.count()? {
            let name = self.name_after(&mut before)?;
            code.formals.push(name);
        }
        for _ in 0..self.reader.count()? {
            let constant = self.constant(&mut code.bytes)?;
            code.constants.push(constant);
        }
        for _ in 0..self.reader.count()? {
            let name = self.name()?;
            code.symbols.push(name);
        }
        for _ in 0..self.reader.count()? {
            self.attrs_site(code)?;
        }
        for _ in 0..self.reader.count()? {
            let name = self.name()?;
            let levels = (0..self.reader.count()?).map(|_| Src::read(&mut self.reader)).collect();
            code.with_sites.push(WithSite { name, levels });
        }
        let mut body = 0;
        for _ in 0..self.reader.count()? {
            body = self.proto(code, body)?;
        }
        for _ in 0..self.reader.count()? {
            let pc = self.reader.number();
            code.positions.push(pc, self.reader.pos());
        }
        let texts = self.reader.number();
        // As many as can be numbered.
        code.texts.resize(usize::from(u16::try_from(texts).ok()?), Box::default());
        let ops = self.reader.count()?;
        code.ops.reserve(ops);
        for _ in 0..ops {
            let number = self.reader.byte();
            code.ops.push(Op::read(number, &mut self.reader)?);
        }
        Some(())
    }

    #[inline]
    fn name(&mut self) -> Option<Symbol> {
        let number = self.reader.number() as usize;
        match self.names.get(number) {
            Some(name) => Some(*name),
            None => {
                let fixed = number - self.names.len();
                (fixed < sym::NAMES.len()).then_some(Symbol(fixed as u32))
            }
        }
    }

    /// A name that must be the next one in order, as it was when the code was made: values lie in that order.
    #[inline]
    fn name_after(&mut self, before: &mut Option<Symbol>) -> Option<Symbol> {
        let name = self.name()?;
        let ascends = *before < Some(name);
        *before = Some(name);
        ascends.then_some(name)
    }

    fn optional_name(&mut self) -> Option<Option<Symbol>> {
        Some(if self.reader.byte() == 0 { None } else { Some(self.name()?) })
    }

    fn attrs_site(&mut self, code: &mut Code) -> Option<()> {
        let count = self.reader.count()?;
        let (names, places) = &mut code.attrs_names;
        let start = names.len();
        names.reserve(count);
        places.reserve(count);
        let mut before = None;
        for _ in 0..count {
            let name = self.name_after(&mut before)?;
            code.attrs_names.0.push(name);
            code.attrs_names.1.push(self.reader.pos());
        }
        let names = start as u32..(start + count) as u32;
        code.attrs_sites.push(AttrsSite { names });
        Some(())
    }

    fn constant(&mut self, bytes: &mut Vec<u8>) -> Option<Constant> {
        let tag = self.reader.byte();
        Some(match tag {
            constant::INT => Constant::Int(self.reader.long().cast_signed()),
            constant::FLOAT => {
                let float = self.reader.run(8).try_into().ok()?;
                Constant::Float(f64::from_le_bytes(float))
            }
            constant::TRUE => Constant::Bool(true),
            constant::FALSE => Constant::Bool(false),
            constant::NULL => Constant::Null,
            constant::STR | constant::PATH => {
                let start = bytes.len() as u32;
                bytes.extend_from_slice(self.reader.text());
                let text = start..bytes.len() as u32;
                if tag == constant::STR { Constant::Str(text) } else { Constant::Path(text) }
            }
            constant::GLOBAL => Constant::Global(self.name()?),
            constant::EMPTY_LIST => Constant::EmptyList,
            constant::EMPTY_ATTRS => Constant::EmptyAttrs,
            _ => return None,
        })
    }

    /// A proto, whose body is counted from `before`; says its body.
    fn proto(&mut self, code: &mut Code, before: u32) -> Option<u32> {
        let head = self.reader.number();
        let start = code.captures.len();
        for _ in 0..self.reader.counted(head >> 1)? {
            code.captures.push(Src::read(&mut self.reader));
        }
        let captures = start as u32..code.captures.len() as u32;
        let step = self.reader.number();
        let body = before.wrapping_add(step >> 1 ^ (step & 1).wrapping_neg());
        let pos = self.reader.pos();
        let kind =
            if head & 1 == 0 { Kind::Thunk } else { Kind::Function(Box::new(self.function()?)) };
        code.protos.push(Proto { kind, captures, body: BodyId { unit: self.unit, body }, pos });
        Some(body)
    }

    fn function(&mut self) -> Option<FunctionInfo> {
        let arity = u16::try_from(self.reader.number()).ok()?;
        let name = self.optional_name()?;
        let lambdas = (0..self.reader.count()?).map(|_| self.reader.pos()).collect();
        let parameters = self.reader.count()?;
        let parameters = (0..parameters).map(|_| self.optional_name()).collect::<Option<_>>()?;
        let formals = match self.reader.byte() {
            0 => None,
            flags => Some(Formals { formals: self.formals()?, ellipsis: flags & 2 != 0 }),
        };
        Some(FunctionInfo { arity, name, formals, lambdas, parameters })
    }

    fn formals(&mut self) -> Option<Box<[Formal]>> {
        let count = self.reader.count()?;
        let mut formals = Vec::with_capacity(count);
        let mut before = None;
        for _ in 0..count {
            let has_default = self.reader.byte() != 0;
            let name = self.name_after(&mut before)?;
            formals.push(Formal { name, pos: self.reader.pos(), has_default });
        }
        Some(formals.into())
    }
}
