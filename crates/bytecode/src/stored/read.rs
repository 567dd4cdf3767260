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
        for _ in 0..self.reader.count()? {
            let name = self.name()?;
            code.formals.push(name);
        }
        for _ in 0..self.reader.count()? {
            let constant = self.constant(&mut code.bytes)?;
            code.constants.push(constant);
        }
        let symbols = self.reader.count()?;
        code.symbols.reserve(symbols);
        for _ in 0..symbols {
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
        self.protos(code)?;
        for _ in 0..self.reader.count()? {
            let pc = self.reader.number();
            code.positions.push(pc, self.reader.pos());
        }
        let texts = self.reader.number();
        // As many as can be numbered.
        code.texts.resize(usize::from(u16::try_from(texts).ok()?), Box::default());
        self.ops(code)?;
        if !code.attrs_orders.is_empty() {
            gather(code)?;
        }
        if !code.formals.is_sorted_by(|a, b| a < b) {
            renumber(code)?;
        }
        Some(())
    }

    #[inline(always)]
    fn name(&mut self) -> Option<Symbol> {
        let number = self.reader.number() as usize;
        match self.names.get(number) {
            Some(name) => Some(*name),
            None => self.fixed_name(number),
        }
    }

    /// One that has the same number in every evaluator.
    #[cold]
    fn fixed_name(&self, number: usize) -> Option<Symbol> {
        let fixed = number - self.names.len();
        (fixed < sym::NAMES.len()).then_some(Symbol(fixed as u32))
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
        let (mut before, mut ascends) = (None, true);
        for _ in 0..count {
            let name = self.name()?;
            ascends &= before < Some(name);
            before = Some(name);
            names.push(name);
            places.push(self.reader.pos());
        }
        let names = start as u32..(start + count) as u32;
        let order = if ascends { None } else { Some(sort(code, start)?) };
        code.attrs_sites.push(AttrsSite { names, order });
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

    fn protos(&mut self, code: &mut Code) -> Option<()> {
        let count = self.reader.count()?;
        code.protos.reserve(count);
        let (mut body, unit) = (0_u32, self.unit);
        // A copy, which stays in registers.
        let mut reader = self.reader;
        for _ in 0..count {
            let head = reader.number();
            let start = code.captures.len() as u32;
            let captures = reader.counted(head >> 1)?;
            code.captures.extend((0..captures).map(|_| Src::read(&mut reader)));
            let captures = start..code.captures.len() as u32;
            let step = reader.number();
            body = body.wrapping_add(step >> 1 ^ (step & 1).wrapping_neg());
            let pos = reader.pos();
            let mut kind = Kind::Thunk;
            if head & 1 != 0 {
                self.reader = reader;
                kind = Kind::Function(Box::new(self.function()?));
                reader = self.reader;
            }
            code.protos.push(Proto { kind, captures, body: BodyId { unit, body }, pos });
        }
        self.reader = reader;
        Some(())
    }

    fn ops(&mut self, code: &mut Code) -> Option<()> {
        let count = self.reader.count()?;
        code.ops.reserve(count);
        let mut reader = self.reader;
        for _ in 0..count {
            code.ops.push(Op::read(&mut reader)?);
        }
        self.reader = reader;
        Some(())
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
        for _ in 0..count {
            let has_default = self.reader.byte() != 0;
            let name = self.name()?;
            formals.push(Formal { name, pos: self.reader.pos(), has_default });
        }
        // Their slots are those of this evaluation: the body is another code.
        if !formals.is_sorted_by(|a, b| a.name < b.name) {
            formals.sort_unstable_by_key(|formal| formal.name);
        }
        Some(formals.into())
    }
}

/// Names in order, each above its place in numbers that are sorted faster than what they stand for. `None` if one is there twice.
fn keys(names: &[Symbol]) -> Option<Vec<u64>> {
    let mut keys: Vec<u64> =
        (0..).zip(names).map(|(at, name)| u64::from(name.0) << 32 | at).collect();
    keys.sort_unstable();
    let is_known =
        keys.len() <= usize::from(u16::MAX) && keys.is_sorted_by(|a, b| a >> 32 < b >> 32);
    is_known.then_some(keys)
}

/// Lets the formals have the slots that they have by the order of their names in this evaluation. These slots come right after the
/// argument, and no run of others has one of them.
#[cold]
fn renumber(code: &mut Code) -> Option<()> {
    let keys = keys(&code.formals)?;
    let mut ranks = vec![0_u16; keys.len()];
    for (rank, key) in (0..).zip(&keys) {
        *ranks.get_mut(usize::from(*key as u16))? = rank;
        code.formals[usize::from(rank)] = Symbol((key >> 32) as u32);
    }
    let slot = |slot: u16| match slot.checked_sub(1).and_then(|at| ranks.get(usize::from(at))) {
        Some(rank) => rank + 1,
        None => slot,
    };
    for op in &mut code.ops {
        if !matches!(op, Op::BindFormals { .. }) {
            *op = op.renumbered(slot);
        }
    }
    let levels = code.with_sites.iter_mut().flat_map(|site| &mut site.levels);
    for source in code.captures.iter_mut().chain(levels) {
        *source = source.renumbered(slot);
    }
    Some(())
}

/// Sorts the names of the literal from `start` on, with their places, and says where their order starts.
#[cold]
fn sort(code: &mut Code, start: usize) -> Option<u32> {
    let (names, places) = (&mut code.attrs_names.0[start..], &mut code.attrs_names.1[start..]);
    let keys = keys(names)?;
    let old = places.to_vec();
    let first = code.attrs_orders.len() as u32;
    for ((key, name), place) in keys.iter().zip(names).zip(places) {
        let at = *key as u16;
        *name = Symbol((key >> 32) as u32);
        *place = *old.get(usize::from(at))?;
        code.attrs_orders.push(at);
    }
    Some(first)
}

/// Lets the instructions of literals with an order use it. What else depends on the order is not to be had.
#[cold]
fn gather(code: &mut Code) -> Option<()> {
    let Code { ops, attrs_sites, .. } = code;
    let has_order =
        |site: u16| attrs_sites.get(usize::from(site)).is_some_and(|site| site.order.is_some());
    for op in ops {
        match *op {
            Op::MakeAttrs { dst, first, site } if has_order(site) => {
                *op = Op::GatherAttrs { dst, first, site };
            }
            Op::Overrides { site, .. } if has_order(site) => return None,
            _ => {}
        }
    }
    Some(())
}
