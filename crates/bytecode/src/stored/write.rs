//! From code to bytes.

use super::constant;
use crate::bytes::Writer;
use crate::{Code, Constant, Formals, FunctionInfo, Kind, Proto, Src};
use frazil_base::{Pos, Symbol, sym};
use std::ops::Range;

/// The names of a file by their numbers in it.
pub trait Names {
    /// The number of a name; `None` if the file does not have it.
    fn number(&self, name: Symbol) -> Option<u32>;
    /// How many there are.
    fn count(&self) -> u32;
}

/// Writes untold code of a file whose text starts at `base`; `None` if it names what is not in the file.
pub fn store(code: &Code, base: Pos, names: &impl Names, out: &mut Writer) -> Option<()> {
    out.pos = base.0;
    let mut writer = CodeWriter { out, names, complete: true };
    writer.code(code);
    writer.complete.then_some(())
}

struct CodeWriter<'a, N> {
    out: &'a mut Writer,
    names: &'a N,
    /// Whether everything had a number so far.
    complete: bool,
}

impl<N: Names> CodeWriter<'_, N> {
    fn code(&mut self, code: &Code) {
        self.out.number(code.slots);
        self.count(code.formals.len());
        code.formals.iter().for_each(|name| self.name(*name));
        self.count(code.constants.len());
        code.constants.iter().for_each(|constant| self.constant(code, constant));
        self.count(code.symbols.len());
        code.symbols.iter().for_each(|name| self.name(*name));
        self.count(code.attrs_sites.len());
        for site in &code.attrs_sites {
            let (names, places) = (code.names_of(site), code.places_of(site));
            self.count(names.len());
            for (name, pos) in names.iter().zip(places) {
                self.name(*name);
                self.out.pos(*pos);
            }
        }
        self.count(code.with_sites.len());
        for site in &code.with_sites {
            self.name(site.name);
            self.sources(&site.levels);
        }
        self.count(code.protos.len());
        let mut before = 0;
        for proto in &code.protos {
            self.proto(code, proto, before);
            before = proto.body.body;
        }
        self.count(code.positions.entries().len());
        for (pc, pos) in code.positions.entries() {
            self.out.number(*pc);
            self.out.pos(*pos);
        }
        self.count(code.texts.len());
        self.count(code.ops.len());
        code.ops.iter().for_each(|op| op.write(self.out));
    }

    fn count(&mut self, count: usize) {
        match u32::try_from(count) {
            Ok(count) => self.out.number(count),
            Err(_) => self.complete = false,
        }
    }

    /// A name of the file, or one of those that have the same number in every evaluator.
    fn name(&mut self, name: Symbol) {
        match self.names.number(name) {
            Some(number) => self.out.number(number),
            None if name.index() < sym::NAMES.len() => {
                self.out.number(self.names.count() + name.0);
            }
            None => self.complete = false,
        }
    }

    fn optional_name(&mut self, name: Option<Symbol>) {
        self.out.byte(u8::from(name.is_some()));
        if let Some(name) = name {
            self.name(name);
        }
    }

    fn sources(&mut self, sources: &[Src]) {
        self.count(sources.len());
        sources.iter().for_each(|source| source.write(self.out));
    }

    fn constant(&mut self, code: &Code, constant: &Constant) {
        match constant {
            Constant::Int(int) => {
                self.out.byte(constant::INT);
                self.out.long(int.cast_unsigned());
            }
            Constant::Float(float) => {
                self.out.byte(constant::FLOAT);
                self.out.bytes.extend_from_slice(&float.to_le_bytes());
            }
            Constant::Bool(true) => self.out.byte(constant::TRUE),
            Constant::Bool(false) => self.out.byte(constant::FALSE),
            Constant::Null => self.out.byte(constant::NULL),
            Constant::Str(text) => self.text(constant::STR, code, text),
            Constant::Path(text) => self.text(constant::PATH, code, text),
            Constant::Global(name) => {
                self.out.byte(constant::GLOBAL);
                self.name(*name);
            }
            Constant::EmptyList => self.out.byte(constant::EMPTY_LIST),
            Constant::EmptyAttrs => self.out.byte(constant::EMPTY_ATTRS),
        }
    }

    fn text(&mut self, tag: u8, code: &Code, text: &Range<u32>) {
        self.out.byte(tag);
        self.out.text(code.bytes_of(text));
    }

    fn proto(&mut self, code: &Code, proto: &Proto, before: u32) {
        let captures = code.captures_of(proto);
        let function = match &proto.kind {
            Kind::Thunk => None,
            Kind::Function(info) => Some(info),
        };
        self.count(captures.len() << 1 | usize::from(function.is_some()));
        captures.iter().for_each(|source| source.write(self.out));
        // Mostly the next one.
        let step = proto.body.body.wrapping_sub(before) as i32;
        self.out.number((step << 1 ^ step >> 31) as u32);
        self.out.pos(proto.pos);
        if let Some(info) = function {
            self.function(info);
        }
    }

    fn function(&mut self, info: &FunctionInfo) {
        self.out.number(u32::from(info.arity));
        self.optional_name(info.name);
        self.count(info.lambdas.len());
        info.lambdas.iter().for_each(|pos| self.out.pos(*pos));
        self.count(info.parameters.len());
        info.parameters.iter().for_each(|name| self.optional_name(*name));
        let Some(Formals { formals, ellipsis }) = &info.formals else {
            return self.out.byte(0);
        };
        self.out.byte(1 | u8::from(*ellipsis) << 1);
        self.count(formals.len());
        for formal in formals {
            self.out.byte(u8::from(formal.has_default));
            self.name(formal.name);
            self.out.pos(formal.pos);
        }
    }
}
