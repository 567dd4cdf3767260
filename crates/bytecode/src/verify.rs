//! The verifier: the machine runs code without bounds checks, so every operand is checked once, when code is loaded.
//!
//! In: a [`Code`] and how many captures its function or thunk has. Out: the first violation, if any. Linear time.

use crate::table::Operand;
use crate::{Code, Op, Src, SrcKind};

/// Checks that every operand of `code` stays within its tables and window, that jumps go forward and stay inside, and that
/// control cannot run off the end.
pub fn verify(code: &Code, captures: usize) -> Result<(), String> {
    for (pc, op) in code.ops.iter().enumerate() {
        let mut wrong = None;
        op.operands(|field, operand| {
            if !operand_ok(code, captures, pc, operand) {
                wrong = Some(format!(
                    "instruction {pc} ({}): operand {field} is out of range",
                    op.name()
                ));
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        runs_ok(code, op).map_err(|what| format!("instruction {pc} ({}): {what}", op.name()))?;
    }
    match code.ops.last() {
        Some(
            Op::Return { .. }
            | Op::Fail { .. }
            | Op::FailEqual { .. }
            | Op::FailUndefined { .. }
            | Op::Jump { .. },
        ) => {}
        _ => return Err("control can run off the end".into()),
    }
    for site in &code.with_sites {
        if site.levels.iter().any(|src| !src_ok(code, captures, *src)) {
            return Err("a with level is out of range".into());
        }
    }
    let bad = |src: &Src| !src_ok(code, captures, *src) || matches!(src.kind(), SrcKind::Const(_));
    let outside = |proto: &crate::Proto| proto.captures.end as usize > code.captures.len();
    if code.captures.iter().any(bad) || code.protos.iter().any(outside) {
        return Err("a capture is out of range".into());
    }
    Ok(())
}

fn src_ok(code: &Code, captures: usize, src: Src) -> bool {
    match src.kind() {
        SrcKind::Slot(slot) => u32::from(slot) < code.slots,
        SrcKind::Capture(index) => usize::from(index) < captures,
        SrcKind::Const(index) => usize::from(index) < code.constants.len(),
    }
}

fn operand_ok(code: &Code, captures: usize, pc: usize, operand: Operand) -> bool {
    match operand {
        // A run of slots may be empty and then start at the window's end.
        Operand::Reg(slot) => u32::from(slot) <= code.slots,
        Operand::Dst(slot) => u32::from(slot) < code.slots,
        Operand::Src(src) => src_ok(code, captures, src),
        Operand::To(target) => target as usize > pc && (target as usize) < code.ops.len(),
        Operand::Count(_) => true,
        Operand::Site(site) => (site as usize) < code.symbols.len(),
        Operand::AttrsSite(site) => (site as usize) < code.attrs_sites.len(),
        Operand::WithSite(site) => (site as usize) < code.with_sites.len(),
        Operand::Proto(id) => (id as usize) < code.protos.len(),
        Operand::Const(index) => (index as usize) < code.constants.len(),
        Operand::Text(index) => (index as usize) < code.texts.len(),
    }
}

/// Runs of slots must end inside the window.
fn runs_ok(code: &Code, op: &Op) -> Result<(), &'static str> {
    let (first, count) = match *op {
        Op::Interpolate { first, count, .. }
        | Op::InterpolatePath { first, count, .. }
        | Op::MakeList { first, count, .. }
        | Op::ConcatLists { first, count, .. } => (first, u32::from(count)),
        Op::MakeAttrs { first, site, .. } | Op::Overrides { first, site, .. } => {
            (first, code.attrs_sites[usize::from(site)].names.len() as u32)
        }
        Op::AddDynamic { first, count, .. } => (first, u32::from(count) * 2),
        Op::Call { args, count, .. } | Op::CheapCall { args, count, .. } => {
            (args, u32::from(count))
        }
        Op::Move2 { dst, .. } => (dst, 2),
        Op::FillCaptures { slot, .. } | Op::FillDefault { slot, .. } => (slot, 1),
        _ => return Ok(()),
    };
    if u32::from(first) + count <= code.slots {
        Ok(())
    } else {
        Err("a run of slots leaves the window")
    }
}
