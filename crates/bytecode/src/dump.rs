//! The disassembler: code as text, one instruction a line.
//!
//! In: a [`Code`] and a way to name symbols. Out: text. Everything comes from the instruction table.

use crate::table::Operand;
use crate::{Code, Kind, SrcKind};
use frazil_base::Symbol;
use std::fmt::Write;

/// The text of `code`: instructions with operands and positions, then the protos it makes.
pub fn disassemble(
    code: &Code,
    name: &dyn Fn(Symbol) -> String,
    at: &dyn Fn(frazil_base::Pos) -> String,
) -> String {
    let mut out = format!("{} slots, {} instructions\n", code.slots, code.ops.len());
    for (pc, op) in code.ops.iter().enumerate() {
        let _ = write!(out, "{pc:5}  {:<16}", op.name());
        op.operands(|field, operand| {
            let _ = write!(out, " {field}={}", show(code, operand, name));
        });
        if let Some(pos) = code.positions.get(pc as u32) {
            let _ = write!(out, "    ; {}", at(pos));
        }
        out.push('\n');
    }
    for (id, proto) in code.protos.iter().enumerate() {
        let what = match &proto.kind {
            Kind::Thunk => "thunk".to_string(),
            Kind::Function(info) => match info.name {
                Some(symbol) => format!("function {} of {}", name(symbol), info.arity),
                None => format!("function of {}", info.arity),
            },
        };
        let captures = code.captures_of(proto);
        let _ = writeln!(out, "p{id}: {what}, captures {captures:?}, at {}", at(proto.pos));
    }
    out
}

fn show(code: &Code, operand: Operand, name: &dyn Fn(Symbol) -> String) -> String {
    match operand {
        Operand::Dst(slot) | Operand::Reg(slot) => format!("r{slot}"),
        Operand::Src(src) => match src.kind() {
            SrcKind::Const(index) => format!("k{index}:{}", constant(code, u32::from(index), name)),
            _ => format!("{src:?}"),
        },
        Operand::To(target) => format!("@{target}"),
        Operand::Count(count) => count.to_string(),
        Operand::Site(site) => {
            code.symbols.get(site as usize).map_or_else(|| "?".into(), |symbol| name(*symbol))
        }
        Operand::AttrsSite(site) => match code.attrs_sites.get(site as usize) {
            Some(site) => format!(
                "{{{}}}",
                code.names_of(site)
                    .iter()
                    .map(|symbol| name(*symbol))
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
            None => "?".into(),
        },
        Operand::WithSite(site) => match code.with_sites.get(site as usize) {
            Some(site) => format!("{}{:?}", name(site.name), site.levels),
            None => "?".into(),
        },
        Operand::Proto(id) => format!("p{id}"),
        Operand::Const(index) => format!("k{index}:{}", constant(code, index, name)),
        Operand::Text(index) => match code.texts.get(index as usize) {
            Some(text) => format!("{:?}", String::from_utf8_lossy(text)),
            None => "?".into(),
        },
    }
}

fn constant(code: &Code, index: u32, name: &dyn Fn(Symbol) -> String) -> String {
    use crate::Constant as C;
    match code.constants.get(index as usize) {
        Some(C::Str(text)) => format!("{:?}", String::from_utf8_lossy(code.bytes_of(text))),
        Some(C::Path(text)) => String::from_utf8_lossy(code.bytes_of(text)).into_owned(),
        Some(C::Global(symbol)) => name(*symbol),
        Some(C::Int(int)) => int.to_string(),
        Some(other) => format!("{other:?}"),
        None => "?".into(),
    }
}
