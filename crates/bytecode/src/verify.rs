//! The verifier: the machine runs code without bounds checks, so every operand is checked once, when code is loaded.
//!
//! In: a [`Code`] and how many captures its function or thunk has. Out: the first violation, if any. Linear time.

use crate::table::Operand;
use crate::{Code, Op, Src, SrcKind};
use std::ops::Range;

/// Checks that every operand of `code` stays within its tables and window, that jumps go forward and stay inside, and that
/// control cannot run off the end.
pub fn verify(code: &Code, captures: usize) -> Result<(), String> {
    let bounds = Bounds::of(code, captures);
    for (pc, op) in code.ops.iter().enumerate() {
        let mut inside = true;
        // Every operand is looked at, which is cheaper than leaving at the first that is wrong: none ever is.
        op.operands(|_, operand| inside &= bounds.allow(pc, operand));
        if !inside {
            return Err(out_of_range(&bounds, pc, op));
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
        if site.levels.iter().any(|src| !bounds.allow_src(*src)) {
            return Err("a with level is out of range".into());
        }
    }
    let bad = |src: &Src| !bounds.allow_src(*src) || matches!(src.kind(), SrcKind::Const(_));
    if code.captures.iter().any(bad) {
        return Err("a capture is out of range".into());
    }
    let mut next = 0;
    for proto in &code.protos {
        let Range { start, end } = proto.captures;
        if start != next || end < start || end as usize > code.captures.len() {
            return Err("a proto's captures do not follow those before".into());
        }
        next = end;
    }
    for site in &code.attrs_sites {
        let (count, order) = (site.count(), code.order_of(site));
        if code.names_of(site).len() != count as usize {
            return Err("a name of a set is out of range".into());
        }
        let complete = order.len() == count as usize || site.order.is_none();
        if !complete || order.iter().any(|at| u32::from(*at) >= count) {
            return Err("the order of a set is out of range".into());
        }
    }
    Ok(())
}

#[cold]
fn out_of_range(bounds: &Bounds, pc: usize, op: &Op) -> String {
    let mut wrong = "?";
    op.operands(|field, operand| {
        if !bounds.allow(pc, operand) {
            wrong = field;
        }
    });
    format!("instruction {pc} ({}): operand {wrong} is out of range", op.name())
}

/// How many there are of what operands name.
struct Bounds {
    slots: u32,
    captures: usize,
    constants: usize,
    ops: usize,
    symbols: usize,
    attrs_sites: usize,
    with_sites: usize,
    protos: usize,
    texts: usize,
}

impl Bounds {
    fn of(code: &Code, captures: usize) -> Bounds {
        Bounds {
            slots: code.slots,
            captures,
            constants: code.constants.len(),
            ops: code.ops.len(),
            symbols: code.symbols.len(),
            attrs_sites: code.attrs_sites.len(),
            with_sites: code.with_sites.len(),
            protos: code.protos.len(),
            texts: code.texts.len(),
        }
    }

    #[inline(always)]
    fn allow_src(&self, src: Src) -> bool {
        match src.kind() {
            SrcKind::Slot(slot) => u32::from(slot) < self.slots,
            SrcKind::Capture(index) => usize::from(index) < self.captures,
            SrcKind::Const(index) => usize::from(index) < self.constants,
        }
    }

    #[inline(always)]
    fn allow(&self, pc: usize, operand: Operand) -> bool {
        match operand {
            // A run of slots may be empty and then start at the window's end.
            Operand::Reg(slot) => u32::from(slot) <= self.slots,
            Operand::Dst(slot) => u32::from(slot) < self.slots,
            Operand::Src(src) => self.allow_src(src),
            Operand::To(target) => target as usize > pc && (target as usize) < self.ops,
            Operand::Count(_) => true,
            Operand::Site(site) => (site as usize) < self.symbols,
            Operand::AttrsSite(site) => (site as usize) < self.attrs_sites,
            Operand::WithSite(site) => (site as usize) < self.with_sites,
            Operand::Proto(id) => (id as usize) < self.protos,
            Operand::Const(index) => (index as usize) < self.constants,
            Operand::Text(index) => (index as usize) < self.texts,
        }
    }
}

/// Runs of slots must end inside the window.
fn runs_ok(code: &Code, op: &Op) -> Result<(), &'static str> {
    let (first, count) = match *op {
        Op::Interpolate { first, count, .. }
        | Op::InterpolatePath { first, count, .. }
        | Op::MakeList { first, count, .. }
        | Op::ConcatLists { first, count, .. } => (first, u32::from(count)),
        Op::MakeAttrs { first, site, .. }
        | Op::GatherAttrs { first, site, .. }
        | Op::Overrides { first, site, .. } => (first, code.attrs_sites[usize::from(site)].count()),
        Op::AddDynamic { first, count, .. } => (first, u32::from(count) * 2),
        Op::Call { args, count, .. } | Op::CheapCall { args, count, .. } => {
            (args, u32::from(count))
        }
        Op::Move2 { dst, .. } => (dst, 2),
        Op::BindFormals { first } => (first, code.formals.len() as u32),
        Op::FillCaptures { slot, .. } | Op::FillDefault { slot, .. } => (slot, 1),
        _ => return Ok(()),
    };
    if u32::from(first) + count <= code.slots {
        Ok(())
    } else {
        Err("a run of slots leaves the window")
    }
}
