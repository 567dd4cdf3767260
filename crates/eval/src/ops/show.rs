//! Values as text: what `nix-instantiate --eval`, `nix eval`, `nix repl`, traces and error messages print.
//!
//! In: a value and how it is to look ([`ShowOptions`]). Out: bytes. The walk has an explicit stack, so depth costs heap; it
//! stops where it needs a value forced, an answer [`ShowTask`] gets from the machine. Without `force` nothing is forced, and
//! [`Vm::show_now`] needs no machine at all.
//!
//! Invariants: sets are told apart by identity, lists by the cell that holds them, each is shown once; names and attributes
//! come in byte order. Not here: how scalars and names are written (`show_text.rs`), JSON and XML.

use super::show_text::{Colour, ShowText};
use super::{CoerceMode, CoerceTask, DeepForceTask};
use crate::heap::{Kind, Tracer};
use crate::value::tag;
use crate::{Error, ErrorKind, Next, Step, Task, Value, Vm};
use frazil_base::{Symbol, sym};
use hashbrown::HashSet;

/// The words for what has no literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ShowForm {
    /// `<CODE>`, `<LAMBDA>`, `<PRIMOP>`, `<PRIMOP-APP>`: `nix-instantiate --eval`.
    #[default]
    Instantiate,
    /// `«thunk»`, `«lambda f @ FILE:1:2»`, `«primop head»`: `nix eval`, `nix repl`, traces, errors.
    Eval,
}

/// How to show a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShowOptions {
    /// The words for what has no literal.
    pub form: ShowForm,
    /// Everything is forced before anything is shown; an error of that is the answer.
    pub deep: bool,
    /// What is shown is forced when its turn comes; an error is shown in its place.
    pub force: bool,
    /// Derivations are shown as their path (only with `force`).
    pub derivation_paths: bool,
    /// Containers nested deeper are shown as `{ ... }` and `[ ... ]`.
    pub max_depth: usize,
    /// Attributes shown in all.
    pub max_attrs: usize,
    /// List elements shown in all.
    pub max_items: usize,
    /// Bytes shown of each string.
    pub max_string: usize,
    /// Columns of indentation for each level of containers with more than one line; 0 shows all on one line.
    pub indent: usize,
    /// A string that is not inside anything is shown as it is.
    pub raw_string: bool,
    /// Terminal colours.
    pub color: bool,
}

impl ShowOptions {
    /// `nix-instantiate --eval`
    pub const INSTANTIATE: ShowOptions = ShowOptions {
        form: ShowForm::Instantiate,
        deep: false,
        force: false,
        derivation_paths: false,
        max_depth: usize::MAX,
        max_attrs: usize::MAX,
        max_items: usize::MAX,
        max_string: usize::MAX,
        indent: 0,
        raw_string: false,
        color: false,
    };
    /// `nix-instantiate --eval --strict`
    pub const STRICT: ShowOptions = ShowOptions { deep: true, ..ShowOptions::INSTANTIATE };
    /// `nix eval`
    pub const EVAL: ShowOptions = ShowOptions {
        form: ShowForm::Eval,
        force: true,
        derivation_paths: true,
        ..ShowOptions::INSTANTIATE
    };
    /// An answer of `nix repl`
    pub const REPL: ShowOptions = ShowOptions { max_depth: 1, indent: 2, ..ShowOptions::EVAL };
    /// `:print` of `nix repl`
    pub const REPL_PRINT: ShowOptions =
        ShowOptions { max_depth: usize::MAX, raw_string: true, ..ShowOptions::REPL };
    /// `builtins.trace`
    pub const TRACE: ShowOptions =
        ShowOptions { form: ShowForm::Eval, raw_string: true, ..ShowOptions::INSTANTIATE };
    /// A value in an error message.
    pub const ERROR: ShowOptions = ShowOptions {
        form: ShowForm::Eval,
        max_depth: 10,
        max_attrs: 10,
        max_items: 10,
        max_string: 1024,
        ..ShowOptions::INSTANTIATE
    };
}

impl Default for ShowOptions {
    fn default() -> Self {
        ShowOptions::INSTANTIATE
    }
}

/// A container being shown.
enum Level {
    Attrs { set: Value, names: Box<[(Symbol, u32)]>, next: usize, lines: bool },
    List { list: Value, next: usize, lines: bool },
}

/// How far a value is that had to wait for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Fresh,
    /// It is a set that was not shown before.
    New,
    /// It is a derivation whose path is being coerced.
    Path,
    /// It is a container to open.
    Open,
    /// The only element was asked for.
    Probed,
}

/// What the walk needs before it can go on.
enum Ask {
    Force(Value),
    StorePath(Value),
}

/// The walk: its place, and what it wrote.
#[derive(Default)]
struct Walk {
    options: ShowOptions,
    out: Vec<u8>,
    levels: Vec<Level>,
    seen: HashSet<u64>,
    attrs: usize,
    items: usize,
    /// The value whose turn it is, as its container holds it.
    pending: Option<Value>,
    stage: Stage,
}

impl Walk {
    fn new(value: Value, options: ShowOptions) -> Walk {
        Walk { options, pending: Some(value), ..Walk::default() }
    }

    /// Shows as much as can be shown; nothing further to ask means that all is shown.
    fn run(&mut self, vm: &mut Vm) -> Option<Ask> {
        loop {
            match self.pending {
                Some(value) => {
                    if let Some(ask) = self.value(vm, value) {
                        return Some(ask);
                    }
                }
                None if self.levels.is_empty() => return None,
                None => self.next(vm),
            }
        }
    }

    /// The turn of `cell` is over.
    fn shown(&mut self) {
        (self.pending, self.stage) = (None, Stage::Fresh);
    }

    fn word(&mut self, colour: Colour, text: &[u8]) {
        let on = self.options.color;
        self.out.coloured(on, colour, |out| out.extend_from_slice(text));
    }

    fn value(&mut self, vm: &mut Vm, cell: Value) -> Option<Ask> {
        let value = vm.heap.follow(cell);
        if value.is_attrs() || value.is_list() {
            return self.container(vm, cell, value);
        }
        if !value.is_whnf() && !value.is_empty_slot() {
            if self.options.force {
                return Some(Ask::Force(value));
            }
            let running =
                matches!(vm.heap.header(value).kind(), Kind::Running | Kind::ApplyRunning);
            match self.options.form {
                ShowForm::Instantiate => self.out.extend_from_slice(b"<CODE>"),
                ShowForm::Eval if running => {
                    self.word(Colour::Magenta, "«potential infinite recursion»".as_bytes());
                }
                ShowForm::Eval => self.word(Colour::Magenta, "«thunk»".as_bytes()),
            }
        } else {
            self.scalar(vm, value);
        }
        self.shown();
        None
    }

    fn scalar(&mut self, vm: &Vm, value: Value) {
        let ShowOptions { color, max_string, raw_string, .. } = self.options;
        if let Some(string) = vm.heap.as_string(&value) {
            if raw_string && self.levels.is_empty() {
                self.out.extend_from_slice(string.bytes);
            } else {
                self.out.coloured(color, Colour::Magenta, |out| {
                    out.push_nix_string(string.bytes, max_string);
                });
                if string.bytes.len() > max_string {
                    self.elided(string.bytes.len() - max_string, "byte");
                }
            }
            return;
        }
        if let Some(path) = vm.heap.as_path(value) {
            return self.word(Colour::Green, path);
        }
        if let Some(int) = vm.heap.as_int(value) {
            return self.word(Colour::Cyan, int.to_string().as_bytes());
        }
        if let Some(float) = vm.heap.as_float(value) {
            return self.out.coloured(color, Colour::Cyan, |out| {
                frazil_text::number::push_print_float(out, float);
            });
        }
        match value {
            Value::TRUE => self.word(Colour::Cyan, b"true"),
            Value::FALSE => self.word(Colour::Cyan, b"false"),
            Value::NULL => self.word(Colour::Cyan, b"null"),
            _ => self.function(vm, value),
        }
    }

    fn function(&mut self, vm: &Vm, value: Value) {
        let text = match vm.describe_function(value) {
            Some((name, partial)) => match (self.options.form, partial) {
                (ShowForm::Instantiate, false) => b"<PRIMOP>".to_vec(),
                (ShowForm::Instantiate, true) => b"<PRIMOP-APP>".to_vec(),
                (ShowForm::Eval, false) => format!("«primop {name}»").into_bytes(),
                (ShowForm::Eval, true) => format!("«partially applied primop {name}»").into_bytes(),
            },
            None if value.tag() != tag::FUNCTION => b"?".to_vec(),
            None if self.options.form == ShowForm::Instantiate => b"<LAMBDA>".to_vec(),
            None => {
                let (name, pos) = vm.function_place(value);
                let mut text = "«lambda".as_bytes().to_vec();
                if let Some(name) = name {
                    text.push(b' ');
                    text.extend_from_slice(vm.symbols.resolve(name));
                }
                if pos.is_some() {
                    text.extend_from_slice(b" @ ");
                    text.extend_from_slice(&vm.sources.describe(pos));
                }
                text.extend_from_slice("»".as_bytes());
                text
            }
        };
        if self.options.form == ShowForm::Instantiate {
            self.out.extend_from_slice(&text);
        } else {
            self.word(Colour::Blue, &text);
        }
    }

    /// Whether the container was shown before. The outermost list is in no cell.
    fn repeated(&mut self, vm: &Vm, cell: Value, value: Value) -> bool {
        let empty = length(vm, value) == 0;
        if value.is_attrs() {
            let counts = !empty || self.options.form == ShowForm::Eval;
            return counts && !self.seen.insert(value.0);
        }
        !empty && !self.levels.is_empty() && !self.seen.insert(cell.0)
    }

    fn container(&mut self, vm: &mut Vm, cell: Value, value: Value) -> Option<Ask> {
        if self.stage == Stage::Fresh {
            if self.repeated(vm, cell, value) {
                self.word(Colour::Magenta, "«repeated»".as_bytes());
                self.shown();
                return None;
            }
            self.stage = if value.is_attrs() && self.options.force && self.options.derivation_paths
            {
                Stage::New
            } else {
                Stage::Open
            };
        }
        if self.stage == Stage::New {
            if let Some(ask) = self.derivation(vm, value) {
                return Some(ask);
            }
            self.pending.as_ref()?;
        }
        if self.levels.len() >= self.options.max_depth {
            self.out.extend_from_slice(if value.is_list() { b"[ ... ]" } else { b"{ ... }" });
            self.shown();
            return None;
        }
        let count = length(vm, value);
        if count == 0 {
            self.out.extend_from_slice(if value.is_list() { b"[ ]" } else { b"{ }" });
            self.shown();
            return None;
        }
        let lines = match (self.options.indent, count) {
            (0, _) => false,
            (_, 1) => {
                let only = match vm.heap.as_list(value) {
                    Some(elements) => elements[0],
                    None => vm.attrs_values(value)[0],
                };
                let only = vm.heap.follow(only);
                if !only.is_whnf() && self.options.force && self.stage != Stage::Probed {
                    self.stage = Stage::Probed;
                    return Some(Ask::Force(only));
                }
                only.is_attrs() || only.is_list()
            }
            _ => true,
        };
        self.open(vm, value, lines);
        None
    }

    /// A set that may be a derivation: shows it if it is one. Otherwise it is to be opened.
    fn derivation(&mut self, vm: &mut Vm, set: Value) -> Option<Ask> {
        if let Some(kind) = vm.attr(set, sym::TYPE) {
            let kind = vm.heap.follow(kind);
            if !kind.is_whnf() {
                return Some(Ask::Force(kind));
            }
            if vm.heap.as_string(&kind).is_some_and(|kind| kind.bytes == b"derivation") {
                if let Some(path) = vm.attr(set, sym::DRV_PATH) {
                    self.stage = Stage::Path;
                    return Some(Ask::StorePath(path));
                }
                self.word(Colour::Green, "«derivation»".as_bytes());
                self.shown();
                return None;
            }
        }
        self.stage = Stage::Open;
        None
    }

    fn open(&mut self, vm: &Vm, value: Value, lines: bool) {
        if value.is_list() {
            self.out.push(b'[');
            self.levels.push(Level::List { list: value, next: 0, lines });
        } else {
            let keys = vm.attrs_keys(value);
            let mut names: Box<[(Symbol, u32)]> =
                vm.attrs_order(value).iter().map(|slot| (keys[*slot as usize], *slot)).collect();
            // Where not all can be shown, those that say what a set is come first.
            if self.options.max_attrs != usize::MAX {
                names.sort_by_key(|(name, _)| {
                    !matches!(vm.symbols.resolve(*name), b"type" | b"_type")
                });
            }
            self.out.push(b'{');
            self.levels.push(Level::Attrs { set: value, names, next: 0, lines });
        }
        self.shown();
    }

    /// A line end with indentation, or a space.
    fn gap(&mut self, lines: bool, depth: usize) {
        if lines {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + depth * self.options.indent, b' ');
        } else {
            self.out.push(b' ');
        }
    }

    /// The next element of the innermost container, or its end.
    fn next(&mut self, vm: &mut Vm) {
        let depth = self.levels.len();
        match self.levels.last_mut() {
            Some(Level::Attrs { set, names, next, lines }) => {
                let (set, lines, at) = (*set, *lines, *next);
                if at > 0 {
                    self.out.push(b';');
                    self.attrs += 1;
                }
                let Some((name, slot)) = names.get(at).copied() else {
                    return self.close(lines, b'}');
                };
                let left = names.len() - at;
                *next += 1;
                if self.attrs >= self.options.max_attrs {
                    self.gap(lines, depth);
                    self.elided(left, "attribute");
                    return self.close(lines, b'}');
                }
                self.gap(lines, depth);
                self.out.push_attribute_name(vm.symbols.resolve(name));
                self.out.extend_from_slice(b" = ");
                self.pending = Some(vm.heap.attrs_value(set, slot));
            }
            Some(Level::List { list, next, lines }) => {
                let (lines, at) = (*lines, *next);
                self.items += usize::from(at > 0);
                let elements = vm.heap.as_list(*list).unwrap_or_default();
                let Some(element) = elements.get(at) else { return self.close(lines, b']') };
                *next += 1;
                let left = elements.len() - at;
                if self.items >= self.options.max_items {
                    self.gap(lines, depth);
                    self.elided(left, "item");
                    return self.close(lines, b']');
                }
                self.pending = Some(*element);
                self.gap(lines, depth);
            }
            None => {}
        }
    }

    fn close(&mut self, lines: bool, bracket: u8) {
        self.levels.pop();
        self.gap(lines, self.levels.len());
        self.out.push(bracket);
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        if what == "byte" {
            self.out.push(b' ');
        }
        self.word(Colour::Faint, format!("«{count} {what}{plural} elided»").as_bytes());
    }

    /// The value whose turn it is failed. `false`: that is shown when its own turn comes.
    fn failed(&mut self, error: &Error) {
        if self.stage == Stage::Probed {
            return;
        }
        let text = ["«error: ".as_bytes(), error.message(), "»".as_bytes()].concat();
        self.word(Colour::Red, &text);
        self.shown();
    }

    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        for level in &self.levels {
            match level {
                Level::Attrs { set: value, .. } | Level::List { list: value, .. } => {
                    tracer.visit_fixed(*value);
                }
            }
        }
        if let Some(value) = self.pending {
            tracer.visit_fixed(value);
        }
    }
}

fn length(vm: &Vm, container: Value) -> usize {
    vm.heap.as_list(container).map_or_else(|| vm.attrs_len(container), <[Value]>::len)
}

/// See the module's text. Its result is a string, or for [`Vm::show`] kept aside.
pub struct ShowTask {
    walk: Walk,
    /// Keeps alive what was shown already: containers shown are told by their address.
    start: Value,
    deep: bool,
    aside: bool,
}

/// Where [`Vm::show`] finds the text: it may be large, and need not go through the heap.
#[derive(Default)]
struct Shown(Vec<u8>);

impl ShowTask {
    /// Shows `value`; comes to a string.
    pub fn new(value: Value, options: ShowOptions) -> ShowTask {
        ShowTask { walk: Walk::new(value, options), start: value, deep: options.deep, aside: false }
    }
}

impl Task for ShowTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if self.deep {
            self.deep = false;
            return Ok(Next::Task(Box::new(DeepForceTask::new(self.start, Value::EMPTY))));
        }
        if self.walk.stage == Stage::Path {
            let path = vm.heap.as_string(&input).map(|path| path.bytes.to_vec());
            let path = path.unwrap_or_default();
            if !is_store_path(&vm.settings.store_dir, &path) {
                let text = [b"path '", &*path, b"' is not in the Nix store"].concat();
                return Err(Error::new(ErrorKind::Eval, text).into());
            }
            let text = ["«derivation ".as_bytes(), &path, "»".as_bytes()].concat();
            self.walk.word(Colour::Green, &text);
            self.walk.shown();
        }
        match self.walk.run(vm) {
            Some(Ask::Force(value)) => Ok(Next::Force(value)),
            Some(Ask::StorePath(value)) => {
                Ok(Next::Task(Box::new(CoerceTask::new(value, CoerceMode::WEAK))))
            }
            None => {
                vm.check_string_length(self.walk.out.len())?;
                if self.aside {
                    vm.extension::<Shown>().0 = std::mem::take(&mut self.walk.out);
                    return Ok(Next::Done(Value::NULL));
                }
                Ok(Next::Done(vm.heap.string(&self.walk.out, 0)))
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit_fixed(self.start);
        self.walk.trace(tracer);
    }
    fn on_error(&mut self, _: &mut Vm, error: &Error) -> Option<Box<dyn Task>> {
        use ErrorKind::{Cancelled, HeapLimit, SizeLimit, StepLimit, Timeout};
        let ends = matches!(error.kind(), Cancelled | HeapLimit | SizeLimit | StepLimit | Timeout);
        if ends || !self.walk.options.force || self.walk.pending.is_none() {
            return None;
        }
        let mut next = std::mem::replace(self, ShowTask::new(Value::EMPTY, ShowOptions::ERROR));
        next.walk.failed(error);
        Some(Box::new(next))
    }
}

/// Whether this is the path of an object directly in the store.
fn is_store_path(store: &[u8], path: &[u8]) -> bool {
    let name = path.strip_prefix(store).and_then(|rest| rest.strip_prefix(b"/"));
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(byte);
    name.is_some_and(|name| name.len() > 33 && name[32] == b'-' && name.iter().all(valid))
}

impl Vm {
    /// A value as text.
    ///
    /// # Errors
    /// Whatever forcing ends with, if the options ask for that beforehand.
    pub fn show(&mut self, value: Value, options: ShowOptions) -> Result<Vec<u8>, Error> {
        let mut task = ShowTask::new(value, options);
        task.aside = true;
        self.run_task(Box::new(task))?;
        Ok(std::mem::take(&mut self.extension::<Shown>().0))
    }

    /// A value as text, as it stands: nothing is forced whatever the options say.
    pub fn show_now(&mut self, value: Value, options: ShowOptions) -> Vec<u8> {
        let mut walk = Walk::new(value, ShowOptions { force: false, deep: false, ..options });
        let asked = walk.run(self);
        debug_assert!(asked.is_none(), "asked to force although nothing may be forced");
        walk.out
    }

    /// A value as error messages show it: nothing is forced, depth and length are bounded.
    pub fn show_short(&mut self, value: Value) -> Vec<u8> {
        self.show_now(value, ShowOptions::ERROR)
    }
}
