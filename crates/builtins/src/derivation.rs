//! `derivationStrict`: from attributes to a derivation, its path and its outputs' paths.
//!
//! In: a set. Out: `drvPath` and one attribute for each output, with contexts; memory of the derivation for its users.
//! One task, a small state machine: attributes come in the byte order of their names; strings, numbers and the like are taken
//! as they are found, everything else is coerced by a further task. What the attributes mean is in `recipe.rs`.
//! Not here: the `.drv` format and hashes (`frazil-store`), the lazy wrapper `derivation` (`derivation_wrapper.rs`).

use crate::args::{Attrs, fail, in_context, task};
use crate::json::JsonTask;
use crate::recipe::Recipe;
use frazil_base::{Pos, Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::{CoerceMode, CoerceTask, Coerced, attribute_name};
use frazil_eval::task::line;
use frazil_eval::{Answer, Builtin, ErrorKind, Next, Step, Stop, Task, TraceLine, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] = &[DERIVATION_STRICT];

/// A derivation of these attributes: its store path, and those of its outputs.
///
/// ```nix
/// derivationStrict { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; }
/// ```
#[builtin(name = "derivationStrict", global, contexts = ["while evaluating the argument passed to builtins.derivationStrict"])]
fn derivation_strict(vm: &mut Vm, attrs: Attrs) -> Answer {
    let Some(name) = vm.attr(attrs.0, sym::NAME) else {
        let error =
            frazil_eval::Error::new(ErrorKind::MissingAttribute, "attribute 'name' missing");
        let context = "in the attrset passed as argument to builtins.derivationStrict";
        return Err(in_context(error, context).into());
    };
    let order = vm.attrs_order(attrs.0).to_vec();
    task(DeriveTask {
        attrs: attrs.0,
        order,
        value: name,
        state: State::Name,
        at: 0,
        argument: 0,
        recipe: Recipe::default(),
        ignore_nulls: false,
        coercion: CoerceTask::new(Value::EMPTY, CoerceMode::DERIVATION),
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// `name` is being forced.
    Name,
    /// `__structuredAttrs` is being forced.
    Structured,
    /// `__ignoreNulls` is being forced.
    IgnoreNulls,
    /// An attribute is being forced.
    Attribute,
    /// An attribute is being made a string.
    Coerced,
    /// An attribute is being written as JSON.
    Json,
    /// An attribute that structured attributes read again is being forced.
    Special,
    /// The names of outputs (structured attributes) are being forced.
    OutputName,
    /// An argument is being made a string.
    Argument,
    /// All attributes are read.
    Finish,
}

struct DeriveTask {
    attrs: Value,
    order: Vec<u32>,
    /// What `state` is about: the attribute's value, or the list of arguments or outputs.
    value: Value,
    state: State,
    /// Which attribute comes next, in `order`.
    at: usize,
    /// Which argument or output name comes next.
    argument: usize,
    recipe: Recipe,
    ignore_nulls: bool,
    /// Room for making strings of attributes; no value in it is used again.
    coercion: CoerceTask,
}

/// What a state needs next: nothing, then the next state goes on; or an answer of the machine.
type Progress = Result<Option<Next>, Stop>;

impl DeriveTask {
    fn key(&self, vm: &Vm) -> Symbol {
        match self.order.get(self.at) {
            Some(slot) => vm.attrs_keys(self.attrs)[*slot as usize],
            None => sym::EMPTY,
        }
    }

    /// The state's value in weak head normal form: the machine's answer, or the value if it is that already.
    fn forced(&mut self, vm: &Vm, input: Value) -> Result<Value, Next> {
        let value = if input.is_empty_slot() { vm.heap.follow(self.value) } else { input };
        self.value = value;
        if value.is_whnf() { Ok(value) } else { Err(Next::Force(value)) }
    }

    fn advance(&mut self, vm: &mut Vm, input: Value) -> Progress {
        match self.state {
            State::Name => self.name(vm, input),
            State::Structured => {
                let value = match self.forced(vm, input) {
                    Ok(value) => value,
                    Err(next) => return Ok(Some(next)),
                };
                self.recipe.structured = flag(vm, value)?;
                self.option(vm, sym::IGNORE_NULLS, State::IgnoreNulls);
                Ok(None)
            }
            State::IgnoreNulls => {
                let value = match self.forced(vm, input) {
                    Ok(value) => value,
                    Err(next) => return Ok(Some(next)),
                };
                self.ignore_nulls = flag(vm, value)?;
                self.start_attributes(vm);
                Ok(None)
            }
            State::Attribute => self.attribute(vm, input),
            State::Coerced => {
                let key = self.key(vm);
                self.recipe.set(vm, key, input)?;
                self.next_attribute(vm);
                Ok(None)
            }
            State::Json => self.json(vm, input),
            State::Special => self.special(vm, input),
            State::OutputName => self.output_name(vm, input),
            State::Argument => self.argument(vm, input),
            State::Finish => Ok(None),
        }
    }

    fn name(&mut self, vm: &mut Vm, input: Value) -> Progress {
        let value = match self.forced(vm, input) {
            Ok(value) => value,
            Err(next) => return Ok(Some(next)),
        };
        let Some(string) = vm.heap.as_string(&value) else {
            return Err(vm.expected("a string", value).into());
        };
        if string.context != 0 {
            return Err(vm.context_forbidden(value).into());
        }
        self.recipe.drv.name = string.bytes.to_vec();
        // From here on errors name the derivation.
        self.state = State::Finish;
        self.recipe.check_name()?;
        self.option(vm, sym::STRUCTURED_ATTRS, State::Structured);
        Ok(None)
    }

    /// Goes on with an attribute that may be absent, which means false.
    fn option(&mut self, vm: &mut Vm, name: Symbol, state: State) {
        self.value = vm.attr(self.attrs, name).unwrap_or(Value::FALSE);
        self.state = state;
    }

    fn start_attributes(&mut self, vm: &Vm) {
        self.at = 0;
        self.enter(vm);
    }

    fn next_attribute(&mut self, vm: &Vm) {
        self.at += 1;
        self.enter(vm);
    }

    fn enter(&mut self, vm: &Vm) {
        match self.order.get(self.at) {
            Some(slot) => {
                self.value = vm.attrs_values(self.attrs)[*slot as usize];
                self.state = State::Attribute;
            }
            None => self.state = State::Finish,
        }
    }

    fn attribute(&mut self, vm: &mut Vm, input: Value) -> Progress {
        let key = self.key(vm);
        let (structured, is_flag) =
            (self.recipe.structured, key == sym::CONTENT_ADDRESSED || key == sym::IMPURE);
        if key == sym::IGNORE_NULLS {
            self.next_attribute(vm);
            return Ok(None);
        }
        // Structured attributes are written by a task that forces them itself.
        if !structured || self.ignore_nulls || is_flag || key == sym::ARGS {
            let value = match self.forced(vm, input) {
                Ok(value) => value,
                Err(next) => return Ok(Some(next)),
            };
            if self.ignore_nulls && value.is_null() {
                self.next_attribute(vm);
                return Ok(None);
            }
        }
        if is_flag {
            let on = flag(vm, self.value)?;
            self.recipe.set_flag(vm, key, on)?;
            self.next_attribute(vm);
            return Ok(None);
        }
        if key == sym::ARGS {
            if !self.value.is_list() {
                return Err(vm.expected("a list", self.value).into());
            }
            (self.state, self.argument) = (State::Argument, 0);
            return Ok(None);
        }
        if structured {
            if key == sym::STRUCTURED_ATTRS {
                self.next_attribute(vm);
                return Ok(None);
            }
            self.state = State::Json;
            return Ok(Some(Next::Task(Box::new(JsonTask::new(self.value, true)))));
        }
        match self.coercion.at_once(vm, self.value, CoerceMode::DERIVATION)? {
            Coerced::Same(text) => self.recipe.set(vm, key, text)?,
            Coerced::Text(context) => {
                self.recipe.set_text(vm, key, self.coercion.text(), context)?;
            }
            Coerced::Later(task) => {
                self.state = State::Coerced;
                return Ok(Some(Next::Task(task)));
            }
        }
        self.next_attribute(vm);
        Ok(None)
    }

    fn argument(&mut self, vm: &mut Vm, input: Value) -> Progress {
        if !input.is_empty_slot() {
            self.recipe.push_argument(vm, input)?;
            self.argument += 1;
        }
        let elements = vm.heap.as_list(self.value).unwrap_or_default();
        let Some(element) = elements.get(self.argument).copied() else {
            self.next_attribute(vm);
            return Ok(None);
        };
        let element = vm.heap.follow(element);
        match vm.coerce_now(element, CoerceMode::DERIVATION)? {
            Some(text) => {
                self.recipe.push_argument(vm, text)?;
                self.argument += 1;
                Ok(None)
            }
            None => {
                let context = "while evaluating an element of the argument list";
                Ok(Some(crate::coerced::element(
                    element,
                    CoerceMode::DERIVATION,
                    context,
                    Pos::NONE,
                )))
            }
        }
    }

    fn json(&mut self, vm: &mut Vm, input: Value) -> Progress {
        let key = self.key(vm);
        self.recipe.set_json(vm, key, input)?;
        if !Recipe::is_special(key) {
            self.next_attribute(vm);
            return Ok(None);
        }
        self.state = State::Special;
        Ok(None)
    }

    fn special(&mut self, vm: &mut Vm, input: Value) -> Progress {
        let value = match self.forced(vm, input) {
            Ok(value) => value,
            Err(next) => return Ok(Some(next)),
        };
        let key = self.key(vm);
        if key == sym::OUTPUTS {
            if !value.is_list() {
                return Err(vm.expected("a list", value).into());
            }
            self.recipe.outputs.clear();
            (self.state, self.argument) = (State::OutputName, 0);
            return Ok(None);
        }
        let Some(string) = vm.heap.as_string(&value) else {
            return Err(vm.expected("a string", value).into());
        };
        if string.context != 0 && key != sym::BUILDER {
            return Err(vm.context_forbidden(value).into());
        }
        self.recipe.set_special(vm, key, value)?;
        self.next_attribute(vm);
        Ok(None)
    }

    fn output_name(&mut self, vm: &mut Vm, input: Value) -> Progress {
        let elements = vm.heap.as_list(self.value).unwrap_or_default();
        let Some(element) = elements.get(self.argument).copied() else {
            let names = std::mem::take(&mut self.recipe.outputs);
            self.recipe.set_outputs(names)?;
            self.next_attribute(vm);
            return Ok(None);
        };
        let element = if input.is_empty_slot() { vm.heap.follow(element) } else { input };
        if !element.is_whnf() {
            return Ok(Some(Next::Force(element)));
        }
        let Some(string) = vm.heap.as_string(&element) else {
            return Err(vm.expected("a string", element).into());
        };
        if string.context != 0 {
            return Err(vm.context_forbidden(element).into());
        }
        self.recipe.outputs.push(string.bytes.to_vec());
        self.argument += 1;
        Ok(None)
    }

    /// The lines for the attribute that is being read.
    fn describe_attribute(&self, vm: &mut Vm, lines: &mut Vec<TraceLine>) {
        let key = self.key(vm);
        let pos = vm.attr_pos(self.attrs, key).unwrap_or(Pos::NONE);
        let name = &*self.recipe.drv.name;
        let key = attribute_name(vm.symbols.resolve(key));
        let text =
            [b"while evaluating attribute '", &*key, b"' of derivation '", name, b"'"].concat();
        lines.push(line(text, pos));
    }
}

impl Task for DeriveTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut input = input;
        loop {
            if let Some(next) = self.advance(vm, std::mem::replace(&mut input, Value::EMPTY))? {
                return Ok(next);
            }
            if self.state == State::Finish {
                let recipe = std::mem::take(&mut self.recipe);
                // Kept for the trace of an error.
                self.recipe.drv.name.clone_from(&recipe.drv.name);
                return recipe.finish(vm).map(Next::Done);
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.attrs);
        tracer.visit(&mut self.value);
    }
    fn describe(&mut self, vm: &mut Vm, _: usize) -> Vec<TraceLine> {
        let mut lines = Vec::new();
        let name_pos = vm.attr_pos(self.attrs, sym::NAME).unwrap_or(Pos::NONE);
        match self.state {
            State::Name => {
                let text =
                    "while evaluating the `name` attribute passed to builtins.derivationStrict";
                lines.push(line(text, Pos::NONE));
                lines.push(line("while evaluating the derivation attribute 'name'", name_pos));
                return lines;
            }
            State::Structured => lines.push(option_line("__structuredAttrs")),
            State::IgnoreNulls => lines.push(option_line("__ignoreNulls")),
            State::Finish => {}
            _ => self.describe_attribute(vm, &mut lines),
        }
        let place = vm.sources.describe(name_pos);
        let name = &*self.recipe.drv.name;
        let text = [
            b"while evaluating derivation '",
            name,
            b"'\n  whose name attribute is located at ",
            &*place,
        ];
        lines.push(TraceLine { text: text.concat(), pos: Pos::NONE, always: false });
        lines
    }
}

fn option_line(name: &str) -> TraceLine {
    let text =
        format!("while evaluating the `{name}` attribute passed to builtins.derivationStrict");
    line(text, Pos::NONE)
}

fn flag(vm: &mut Vm, value: Value) -> Result<bool, Stop> {
    value.as_bool().ok_or_else(|| vm.expected("a Boolean", value).into())
}

/// The error for a name that no derivation may have, shared with the recipe.
pub(crate) fn invalid_name<T>(reason: &[u8]) -> Result<T, Stop> {
    let text = [b"invalid derivation name: ", reason, b". Please pass a different 'name'."];
    fail(ErrorKind::Eval, text.concat())
}
