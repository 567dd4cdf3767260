//! Builtins that take a set of named arguments: unknown names refused, values forced and checked one by one.
//!
//! In: a set and a form that says what may be in it. Out: the values in the form's order (absent ones empty), given to the
//! builtin's own function. One task for all of them. Not here: what the arguments mean.

use crate::args::{in_context, is_functor, task};
use crate::coerced::{absolute, forward};
use crate::strings::coercion;
use frazil_base::{Pos, Symbol};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::CoerceMode;
use frazil_eval::task::line;
use frazil_eval::{Answer, Error, ErrorKind, Next, Step, Stop, Task, TraceLine, Value, Vm};

/// What a field must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A string without context.
    Plain,
    /// A string or what is coerced to one.
    Text,
    /// A boolean.
    Bool,
    /// What can be called.
    Function,
    /// A path, or a string that names one.
    Path,
}

/// One named argument.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The trace line for a value of another kind.
    pub(crate) context: &'static str,
}

/// Named arguments of a builtin, in the order in which they are checked.
pub(crate) struct Form {
    pub(crate) fields: &'static [Field],
    /// What is said of an unknown name.
    pub(crate) unsupported: fn(&str) -> String,
    /// Refuses a set in which something is missing, before anything is forced.
    pub(crate) complete: fn(&mut Vm, Value) -> Result<(), Stop>,
    /// Whether messages say where the attribute stands.
    pub(crate) placed: bool,
    /// What happens with the values.
    pub(crate) done: fn(&mut Vm, &[Value]) -> Answer,
}

/// Reads the named arguments in `set`.
pub(crate) fn read(vm: &mut Vm, set: Value, form: &'static Form) -> Answer {
    let set = vm.whole(set);
    for key in vm.attrs_keys(set).to_vec() {
        let name = vm.symbols.resolve(key);
        if !form.fields.iter().any(|field| field.name.as_bytes() == name) {
            let text = (form.unsupported)(&String::from_utf8_lossy(&vm.shown_name(key)));
            let pos = vm.attr_pos(set, key).unwrap_or(Pos::NONE);
            return Err(Error::new(ErrorKind::Eval, text).or_at(pos).into());
        }
    }
    read_known(vm, set, form)
}

/// As `read`, but unknown names do not matter.
pub(crate) fn read_known(vm: &mut Vm, set: Value, form: &'static Form) -> Answer {
    (form.complete)(vm, set)?;
    task(FieldsTask { set, form, values: Vec::new(), waiting: Waiting::Nothing })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Forced,
    Coerced,
    /// The builtin's own function has been called.
    Done,
}

struct FieldsTask {
    set: Value,
    form: &'static Form,
    values: Vec<Value>,
    waiting: Waiting,
}

impl FieldsTask {
    fn key(&self, vm: &mut Vm) -> Option<Symbol> {
        let field = self.form.fields.get(self.values.len())?;
        Some(vm.symbols.intern(field.name.as_bytes()))
    }

    /// The value as the field wants it; `None`: it must be coerced.
    fn check(&self, vm: &mut Vm, kind: Kind, value: Value) -> Result<Option<Value>, Error> {
        let good = match kind {
            Kind::Plain => match vm.heap.as_string(&value) {
                Some(string) if string.context == 0 => true,
                Some(_) => return Err(vm.context_forbidden(value)),
                None => return Err(vm.expected("a string", value)),
            },
            Kind::Bool if value.as_bool().is_none() => {
                return Err(vm.expected("a Boolean", value));
            }
            Kind::Function if !value.is_function() && !is_functor(vm, value) => {
                return Err(vm.expected("a function", value));
            }
            Kind::Path if value.is_string() => {
                absolute(vm, value)?;
                true
            }
            Kind::Path => vm.heap.as_path(value).is_some(),
            Kind::Text => value.is_string(),
            Kind::Bool | Kind::Function => true,
        };
        Ok(good.then_some(value))
    }

    fn placed(&self, vm: &mut Vm, error: Error) -> Error {
        error.or_at(self.pos(vm))
    }

    /// Where the attribute that is being read stands, if messages say so.
    fn pos(&self, vm: &mut Vm) -> Pos {
        let key = self.key(vm).filter(|_| self.form.placed);
        key.and_then(|key| vm.attr_pos(self.set, key)).unwrap_or(Pos::NONE)
    }
}

impl Task for FieldsTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut input = input;
        while let Some(field) = self.form.fields.get(self.values.len()) {
            let answer = std::mem::replace(&mut input, Value::EMPTY);
            let value = if answer.is_empty_slot() {
                let key = self.key(vm);
                let Some(value) = key.and_then(|key| vm.attr(self.set, key)) else {
                    self.values.push(Value::EMPTY);
                    continue;
                };
                vm.heap.follow(value)
            } else {
                answer
            };
            if !value.is_whnf() {
                self.waiting = Waiting::Forced;
                return Ok(Next::Force(value));
            }
            match self.check(vm, field.kind, value) {
                Ok(Some(value)) => {
                    self.values.push(value);
                    self.waiting = Waiting::Nothing;
                }
                Ok(None) => {
                    self.waiting = Waiting::Coerced;
                    let mode = if field.kind == Kind::Path {
                        CoerceMode::WEAK
                    } else {
                        CoerceMode::INTERPOLATION
                    };
                    return Ok(coercion(value, mode));
                }
                Err(error) => {
                    self.waiting = Waiting::Coerced;
                    let error =
                        if field.kind == Kind::Path { error } else { self.placed(vm, error) };
                    return Err(Stop::Fail(error));
                }
            }
        }
        self.waiting = Waiting::Done;
        forward((self.form.done)(vm, &self.values))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.set);
        tracer.visit_all(&mut self.values);
    }
    fn describe(&mut self, vm: &mut Vm, _: usize) -> Vec<TraceLine> {
        let Some(field) = self.form.fields.get(self.values.len()) else { return Vec::new() };
        let wanted = match self.waiting {
            Waiting::Coerced => true,
            Waiting::Forced => field.kind != Kind::Text,
            Waiting::Nothing | Waiting::Done => false,
        };
        let pos = self.pos(vm);
        if wanted { vec![line(field.context, pos)] } else { Vec::new() }
    }
}

/// The error for a missing attribute that is looked up by name.
pub(crate) fn missing(name: &str) -> Stop {
    let error = Error::new(ErrorKind::MissingAttribute, format!("attribute '{name}' missing"));
    in_context(error, &format!("while locating the attribute '{name}'")).into()
}
