//! Errors of the machine's own instructions in Nix's words, and the words for types.
//!
//! In: values that are wrong. Out: errors, placed only where Nix places them. Only runs when something failed.
//! Not here: trace lines (`trace.rs`).

use super::Vm;
use super::frame::Loaded;
use super::scalar::Arithmetic;
use crate::heap::Kind;
use crate::task::line;
use crate::value::tag;
use crate::{Error, ErrorKind, Value};
use frazil_base::Pos;
use std::borrow::Cow;

impl Vm {
    /// `value is not a function` in Nix's words.
    pub(super) fn not_callable(&mut self, value: Value, pos: Pos) -> Error {
        let shown = self.show_short(value);
        let kind = self.type_phrase(value);
        let text = [
            b"attempt to call something which is not a function but ",
            kind.as_bytes(),
            b": ",
            &*shown,
        ]
        .concat();
        Error::new(ErrorKind::Type, text).or_at(pos)
    }

    /// `expected … but found …` in Nix's words.
    #[cold]
    pub fn expected(&mut self, what: &str, value: Value) -> Error {
        let shown = self.show_short(value);
        let kind = self.type_phrase(value);
        let text = [b"expected ", what.as_bytes(), b" but found ", kind.as_bytes(), b": ", &*shown]
            .concat();
        Error::new(ErrorKind::Type, text)
    }

    /// An operand of `-`, `*`, `/` that is no number: which, and what Nix expected there.
    #[cold]
    pub(super) fn expected_number(&mut self, what: Arithmetic, a: Value, b: Value) -> Error {
        if matches!(what, Arithmetic::Div) && self.as_number(b) == Some(0.0) {
            return Error::new(ErrorKind::Eval, "division by zero");
        }
        let float = |value: Value| self.heap.as_float(value).is_some();
        let first = self.as_number(a).is_none()
            // The divisor is looked at first.
            && !(matches!(what, Arithmetic::Div) && self.as_number(b).is_none());
        let (value, side) = if first { (a, "first") } else { (b, "second") };
        let expects_float = float(a) || float(b) || matches!(what, Arithmetic::Div) && !first;
        let mut error = self.expected(if expects_float { "a float" } else { "an integer" }, value);
        let role = match what {
            Arithmetic::Add => "argument of the addition",
            Arithmetic::Sub => "argument of the subtraction",
            Arithmetic::Mul => "argument of the multiplication",
            Arithmetic::Div => "operand of the division",
        };
        error.push(line(format!("while evaluating the {side} {role}"), Pos::NONE));
        error
    }

    #[cold]
    pub(super) fn undefined_variable(&mut self, name: frazil_base::Symbol) -> Error {
        let text = [b"undefined variable '", self.symbols.resolve(name), b"'"].concat();
        Error::new(ErrorKind::UndefinedVariable, text).or_at(self.current_pos())
    }

    #[cold]
    pub(super) fn assertion_failed(&mut self, code: *mut Loaded, message: u16) -> Error {
        // SAFETY: the running frame's code.
        let told = self.told(unsafe { &*code });
        let text = told.texts.get(message as usize).map_or(Vec::new(), |text| text.to_vec());
        Error::new(ErrorKind::Assertion, [b"assertion '", &*text, b"' failed"].concat())
            .or_at(self.current_pos())
    }

    /// The builtin's name, and whether some arguments are there already, if the function is a builtin.
    pub(crate) fn describe_function(&self, value: Value) -> Option<(&'static str, bool)> {
        if let Some(id) = value.as_builtin() {
            return Some((self.builtins[id as usize].name, false));
        }
        if value.tag() != tag::FUNCTION || self.heap.header(value).kind() == Kind::Closure {
            return None;
        }
        let inner = self.heap.follow(self.heap.application_parts(value).0);
        self.describe_function(inner).map(|(name, _)| (name, true))
    }

    /// The name a function was bound to, and where its text starts (after the arguments it has already).
    pub(crate) fn function_place(&self, value: Value) -> (Option<frazil_base::Symbol>, Pos) {
        let (mut function, mut given) = (value, 0);
        while function.tag() == tag::FUNCTION && self.heap.header(function).kind() == Kind::Partial
        {
            let (inner, before) = self.heap.application_parts(function);
            given += before.len();
            function = self.heap.follow(inner);
        }
        if function.tag() != tag::FUNCTION {
            return (None, Pos::NONE);
        }
        let entry = &self.protos[self.heap.header(function).number() as usize];
        let Some(info) = &entry.function else { return (None, entry.pos) };
        (info.name, info.lambdas.get(given).copied().unwrap_or(entry.pos))
    }

    /// A name as messages show attributes: in quotes if it needs them.
    pub fn shown_name(&self, name: frazil_base::Symbol) -> Vec<u8> {
        let mut shown = Vec::new();
        crate::ops::push_attribute_name(&mut shown, self.symbols.resolve(name));
        shown
    }

    /// Where the text of a function starts; nowhere for builtins and sets.
    pub fn function_pos(&self, value: Value) -> Pos {
        self.function_place(value).1
    }

    /// A type in the words of error messages: "an integer", "a set", "the built-in function 'map'".
    pub fn type_phrase(&self, value: Value) -> Cow<'static, str> {
        match self.describe_function(value) {
            Some((name, false)) => format!("the built-in function '{name}'").into(),
            Some((name, true)) => {
                format!("the partially applied built-in function '{name}'").into()
            }
            None => self.plain_type_phrase(value).into(),
        }
    }

    fn plain_type_phrase(&self, value: Value) -> &'static str {
        match value.tag() {
            tag::THUNK => "a thunk",
            tag::INT => "an integer",
            tag::ATTRS => "a set",
            tag::LIST => "a list",
            tag::STRING
                if self.heap.as_string(&value).is_some_and(|string| string.context != 0) =>
            {
                "a string with context"
            }
            tag::STRING => "a string",
            tag::FUNCTION => "a function",
            tag::BOXED => match self.heap.header(value).kind() {
                Kind::Float => "a float",
                Kind::Int => "an integer",
                _ => "a path",
            },
            _ if value.is_null() => "null",
            _ if value.as_bool().is_some() => "a Boolean",
            _ if value.as_builtin().is_some() => "a function",
            _ => "a string",
        }
    }

    /// What `typeOf` answers; the value is in weak head normal form.
    pub fn type_name(&self, value: Value) -> &'static str {
        match self.plain_type_phrase(value) {
            "an integer" => "int",
            "a float" => "float",
            "a Boolean" => "bool",
            "a string" | "a string with context" => "string",
            "a path" => "path",
            "null" => "null",
            "a set" => "set",
            "a list" => "list",
            "a thunk" => "thunk",
            _ => "lambda",
        }
    }
}

impl Vm {
    /// The task that explains a failed `assert a == b`.
    #[cold]
    pub(super) fn assertion_difference(
        &mut self,
        code: *mut Loaded,
        message: u16,
        a: Value,
        b: Value,
    ) -> Box<dyn crate::Task> {
        // SAFETY: the running frame's code.
        let told = self.told(unsafe { &*code });
        let text = told.texts.get(message as usize).map_or(Vec::new(), |text| text.to_vec());
        Box::new(crate::ops::DifferenceTask::new(a, b, text))
    }
}
