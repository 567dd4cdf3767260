//! Emit, for attribute paths: selection, selection with a default, `?`.

use super::Emitter;
use frazil_base::{Pos, Symbol};
use frazil_bytecode::{Constant, Op, Src};
use frazil_syntax::ast::{AttrName, AttrNameKind, ExprId, Slice};

/// One step of a path, ready to be taken.
enum Step {
    Static(u16),
    Dynamic(Src),
}

impl Emitter<'_> {
    /// What a path starts from; forced before the first name, if that is computed.
    fn base(&mut self, base: ExprId, path: Slice<AttrName>, dst: u16) -> Src {
        match self.ast.names(path).first().map(|name| name.kind) {
            Some(AttrNameKind::Dynamic(name)) => self.operand_before(base, name, dst),
            // What a longer path starts from stays where it is, so that a trace can follow the path again.
            _ if path.len() > 1 => self.operand(base),
            _ => self.operand_in(base, dst),
        }
    }

    /// `base.path`
    pub(super) fn select(&mut self, base: ExprId, path: Slice<AttrName>, dst: u16, pos: Pos) {
        let ast = self.ast;
        let mut src = self.base(base, path, dst);
        for name in ast.names(path) {
            let mark = self.top;
            let op = match self.path_step(name) {
                Step::Static(name) => Op::Select { dst, src, name },
                Step::Dynamic(name) => Op::SelectDynamic { dst, src, name },
            };
            self.push_at(op, pos);
            self.top = mark;
            src = Src::slot(dst);
        }
    }

    /// The value of `base.path`, not forced, into `dst`; says the jumps taken where a step is missing.
    pub(super) fn try_path(&mut self, base: ExprId, path: Slice<AttrName>, dst: u16) -> Vec<u32> {
        let ast = self.ast;
        let src = match ast.names(path) {
            [AttrName { kind: AttrNameKind::Static(_), .. }] => self.operand(base),
            _ => self.base(base, path, dst),
        };
        self.try_steps(src, ast.names(path), dst)
    }

    fn try_steps(&mut self, mut src: Src, path: &[AttrName], dst: u16) -> Vec<u32> {
        let mut missing = Vec::with_capacity(path.len());
        for name in path {
            let mark = self.top;
            let op = match self.path_step(name) {
                Step::Static(name) => Op::TrySelect { dst, src, name },
                Step::Dynamic(name) => Op::TrySelectDynamic { dst, src, name },
            };
            self.push_at(op, name.pos);
            missing.push(self.jump());
            self.top = mark;
            src = Src::slot(dst);
        }
        missing
    }

    /// `base ? path`
    pub(super) fn has_attr(&mut self, base: ExprId, path: Slice<AttrName>, dst: u16, pos: Pos) {
        let ast = self.ast;
        let Some((last, before)) = ast.names(path).split_last() else { return };
        let mut src = self.base(base, path, dst);
        let missing = self.try_steps(src, before, dst);
        if !before.is_empty() {
            src = Src::slot(dst);
        }
        let op = match self.path_step(last) {
            Step::Static(name) => Op::HasAttr { dst, src, name },
            Step::Dynamic(name) => Op::HasAttrDynamic { dst, src, name },
        };
        self.push_at(op, pos);
        if !missing.is_empty() {
            let end = self.jump();
            self.land_all(&missing);
            self.constant_into(Constant::Bool(false), dst);
            self.land(end);
        }
    }

    fn path_step(&mut self, name: &AttrName) -> Step {
        match name.kind {
            AttrNameKind::Static(name) => Step::Static(self.site(name)),
            AttrNameKind::Dynamic(expr) => {
                let src = self.operand(expr);
                self.operand_place(0, self.pos_of_value(expr));
                Step::Dynamic(src)
            }
        }
    }
}

/// The name of a step that is spelled out.
pub(super) fn static_name(name: &AttrName) -> Option<Symbol> {
    match name.kind {
        AttrNameKind::Static(name) => Some(name),
        AttrNameKind::Dynamic(_) => None,
    }
}
