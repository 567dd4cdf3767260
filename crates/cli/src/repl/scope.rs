//! The names of a session.
//!
//! In: sets of values. Out: values of expressions in which these names are known. A later binding hides an earlier one; what was
//! evaluated before keeps the earlier.

use super::{Session, Trouble};
use crate::input;
use crate::output;
use frazil::stages::eval::vm::Handle;
use frazil::stages::syntax::lexer::TokenKind;
use frazil::stages::syntax::{LexemeKind, tokens};
use frazil::{Error, Origin, Symbol, TraceLine, Value, Vm};

/// More names than this are only counted.
const SHOWN: usize = 20;

/// See the module's text.
pub(crate) struct Scope {
    /// All of them, as one set.
    set: Handle,
    /// The names bound last.
    last: Vec<Symbol>,
}

impl Scope {
    /// Without names.
    pub(crate) fn new(vm: &mut Vm) -> Scope {
        let empty = vm.heap.empty_attrs();
        Scope { set: vm.keep(empty), last: Vec::new() }
    }

    /// Binds the attributes of a set.
    fn add(&mut self, vm: &mut Vm, set: Value) {
        self.last = vm.attrs_keys(set).to_vec();
        let old = vm.kept(self.set);
        vm.release(self.set);
        let new = vm.update(old, set);
        let whole = vm.whole(new);
        self.set = vm.keep(whole);
    }

    /// The names bound last.
    pub(crate) fn last(&self) -> &[Symbol] {
        &self.last
    }

    /// All names.
    pub(crate) fn names(&self, vm: &Vm) -> Vec<Symbol> {
        vm.attrs_keys(vm.kept(self.set)).to_vec()
    }
}

impl Session {
    /// The value of an expression, forced.
    ///
    /// # Errors
    /// It is no expression or not all of one; whatever the evaluation ends with.
    pub(super) fn value(&mut self, text: &[u8]) -> Result<Value, Trouble> {
        self.value_until(text, text.len())
    }

    /// The value of a text of which only what stands before `end` was typed: an error behind it says that more is needed.
    fn value_until(&mut self, text: &[u8], end: usize) -> Result<Value, Trouble> {
        let vm = &mut self.evaluator.vm;
        let source = vm.add_source(Origin::String, text.into())?;
        let parsed = input::parse(vm, source, &self.world.folder);
        if let Some(first) = parsed.errors.first()
            && (is_incomplete(&first.text(&vm.sources))
                || vm
                    .sources
                    .offset_of(first.pos())
                    .is_some_and(|(_, at)| at >= end && end < text.len()))
        {
            return Err(Trouble::Incomplete);
        }
        let names = self.scope.names(vm);
        let function = vm.load(source, &self.world.folder, Some(&names), false)?;
        let set = vm.kept(self.scope.set);
        Ok(vm.call(function, &[set])?)
    }

    /// Binds names: `a = 1; inherit (b) c`.
    ///
    /// # Errors
    /// As `value`.
    pub(super) fn bind(&mut self, text: &[u8]) -> Result<(), Trouble> {
        let text = text.trim_ascii_end();
        let end: &[u8] = if text.ends_with(b";") { b" }" } else { b"; }" };
        let set = self.value_until(&[b"{ ", text, end].concat(), b"{ ".len() + text.len())?;
        self.scope.add(&mut self.evaluator.vm, set);
        Ok(())
    }

    /// Binds the attributes of a value and tells their names.
    ///
    /// # Errors
    /// It is no set.
    pub(super) fn add(&mut self, value: Value) -> Result<(), Trouble> {
        let vm = &mut self.evaluator.vm;
        let value = vm.force(value)?;
        if !value.is_attrs() {
            let mut error: Error = vm.expected("a set", value);
            let text =
                b"while evaluating an attribute set to be merged in the global scope".to_vec();
            error.push(TraceLine { text, pos: frazil::Pos::NONE, always: false });
            return Err(error.into());
        }
        self.scope.add(vm, value);
        let names: Vec<String> = vm
            .attrs_sorted(value)
            .iter()
            .map(|(name, _)| {
                let mut out = Vec::new();
                frazil::stages::syntax::show::show_attr_name(vm.symbols.resolve(*name), &mut out);
                String::from_utf8_lossy(&out).into_owned()
            })
            .collect();
        let mut text = format!("Added {} variables.\n", names.len());
        if !names.is_empty() {
            text.push_str(&names[..names.len().min(SHOWN)].join(", "));
            text.push('\n');
        }
        if names.len() > SHOWN {
            text.push_str(&format!("... and {} more; view with :ll\n", names.len() - SHOWN));
        }
        output::complain(text.as_bytes());
        Ok(())
    }
}

fn is_incomplete(message: &[u8]) -> bool {
    let end = b"unexpected end of file";
    message.windows(end.len()).any(|part| part == end)
}

/// Whether a text binds names rather than being an expression.
pub(super) fn is_binding(text: &[u8]) -> bool {
    let kinds = tokens(text).into_iter().map(|lexeme| lexeme.kind);
    let mut depth = 0usize;
    let mut is_first = true;
    for kind in kinds {
        let LexemeKind::Token(kind) = kind else {
            if kind == LexemeKind::StringEnd {
                depth = depth.saturating_sub(1);
            }
            continue;
        };
        match kind {
            TokenKind::Inherit if is_first => return true,
            TokenKind::Quote | TokenKind::DollarBrace => depth += 1,
            TokenKind::Name | TokenKind::Or | TokenKind::Dot => {}
            TokenKind::BraceOpen if depth > 0 => depth += 1,
            TokenKind::BraceClose if depth > 0 => depth -= 1,
            TokenKind::Equal if depth == 0 => return !is_first,
            _ if depth > 0 => {}
            _ => return false,
        }
        is_first = false;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_binding;

    #[test]
    fn bindings_are_told_from_expressions() {
        for text in
            ["x = 1", "a.b.c = {", "\"a b\".c = 1", "inherit (x) y", "a = 1; b = 2", "${x}.a = 1"]
        {
            assert!(is_binding(text.as_bytes()), "{text}");
        }
        for text in
            ["x == 1", "{ x = 1; }", "x: x", "let x = 1; in x", "x", "f { a = 1; }", "= 1", "\"x\""]
        {
            assert!(!is_binding(text.as_bytes()), "{text}");
        }
    }
}
