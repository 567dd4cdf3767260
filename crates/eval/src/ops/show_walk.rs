//! The walk through a value that is being shown: an explicit stack of containers, and one buffer.
//!
//! In: a value and how it is to look. Out: bytes in [`Walk::out`], or what must be asked first ([`Ask`]); the walk goes on
//! where it stopped. Invariant: a value that is asked for stays pending until its turn is over.
//! Not here: who answers (`show.rs`), how scalars are written (`show_text.rs`).

use super::show::{ShowForm, ShowOptions};
use super::show_text::{Colour, ShowText};
use crate::heap::{Kind, Tracer};
use crate::value::tag;
use crate::{Charge, Error, Held, Value, Vm};
use frazil_base::{Symbol, sym};
use hashbrown::HashSet;

/// Bytes that numbers, functions, words with their colours take at most.
const SMALL: usize = 8 << 10;

/// How much is written between two looks at what is allowed.
const CHECK_EVERY: usize = 64 << 10;

/// A container being shown.
enum Level {
    Attrs { set: Value, names: Held<(Symbol, u32)>, next: usize, lines: bool },
    List { list: Value, next: usize, lines: bool },
}

/// How far a value is that had to wait for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
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
pub(super) enum Ask {
    Force(Value),
    StorePath(Value),
}

/// The walk: its place, and what it wrote.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) options: ShowOptions,
    pub(super) out: Held<u8>,
    levels: Held<Level>,
    seen: HashSet<u64>,
    seen_room: Charge,
    attrs: usize,
    items: usize,
    /// The length of `out` that was allowed.
    checked: usize,
    /// The value whose turn it is, as its container holds it.
    pub(super) pending: Option<Value>,
    pub(super) stage: Stage,
}

impl Walk {
    pub(super) fn new(value: Value, options: ShowOptions) -> Walk {
        Walk { options, pending: Some(value), ..Walk::default() }
    }

    /// Shows as much as can be shown; nothing further to ask means that all is shown.
    ///
    /// # Errors
    /// The evaluation is to end: the text is too long, or somebody asked for it.
    pub(super) fn run(&mut self, vm: &mut Vm) -> Result<Option<Ask>, Error> {
        loop {
            vm.work(1)?;
            if self.out.len() > self.checked + CHECK_EVERY {
                self.checked = self.out.len();
                vm.check_output(self.out.len())?;
            }
            match self.pending {
                Some(value) => {
                    self.room(vm, value)?;
                    if let Some(ask) = self.value(vm, value)? {
                        return Ok(Some(ask));
                    }
                }
                None if self.levels.is_empty() => return Ok(None),
                None => self.next(vm)?,
            }
        }
    }

    /// Makes room for what is written of one value at once.
    fn room(&mut self, vm: &Vm, value: Value) -> Result<(), Error> {
        let value = vm.heap.follow(value);
        let text = match vm.heap.as_string(&value) {
            // A byte is written as two at most.
            Some(string) => string.bytes.len().min(self.options.max_string) * 2,
            None => vm.heap.as_path(value).map_or(0, <[u8]>::len),
        };
        self.out.reserve(vm, text + SMALL)?;
        self.seen_room.one_more(vm, self.seen.len(), self.seen.capacity(), 8)
    }

    /// The turn of `cell` is over.
    pub(super) fn shown(&mut self) {
        (self.pending, self.stage) = (None, Stage::Fresh);
    }

    pub(super) fn word(&mut self, colour: Colour, text: &[u8]) {
        let on = self.options.color;
        self.out.as_vec().coloured(on, colour, |out| out.extend_from_slice(text));
    }

    fn value(&mut self, vm: &mut Vm, cell: Value) -> Result<Option<Ask>, Error> {
        let value = vm.heap.follow(cell);
        if value.is_attrs() || value.is_list() {
            let value = vm.whole(value);
            return self.container(vm, cell, value);
        }
        if !value.is_whnf() && !value.is_empty_slot() {
            if self.options.force {
                return Ok(Some(Ask::Force(value)));
            }
            let running = vm.heap.header(value).kind() == Kind::Running;
            match self.options.form {
                ShowForm::Instantiate => self.out.as_vec().extend_from_slice(b"<CODE>"),
                ShowForm::Eval if running => {
                    self.word(Colour::Magenta, "«potential infinite recursion»".as_bytes());
                }
                ShowForm::Eval => self.word(Colour::Magenta, "«thunk»".as_bytes()),
            }
        } else {
            self.scalar(vm, value)?;
        }
        self.shown();
        Ok(None)
    }

    fn scalar(&mut self, vm: &Vm, value: Value) -> Result<(), Error> {
        let ShowOptions { color, max_string, raw_string, .. } = self.options;
        if let Some(string) = vm.heap.as_string(&value) {
            if raw_string && self.levels.is_empty() {
                return self.out.append(vm, string.bytes);
            }
            let mut ended = Ok(());
            self.out.as_vec().coloured(color, Colour::Magenta, |out| {
                ended = out.push_nix_string(string.bytes, max_string, || vm.look());
            });
            if string.bytes.len() > max_string {
                self.elided(string.bytes.len() - max_string, "byte");
            }
            return ended;
        }
        if let Some(path) = vm.heap.as_path(value) {
            self.word(Colour::Green, path);
        } else if let Some(int) = vm.heap.as_int(value) {
            self.word(Colour::Cyan, int.to_string().as_bytes());
        } else if let Some(float) = vm.heap.as_float(value) {
            self.out.as_vec().coloured(color, Colour::Cyan, |out| {
                frazil_text::number::push_print_float(out, float);
            });
        } else {
            self.word_or_function(vm, value);
        }
        Ok(())
    }

    fn word_or_function(&mut self, vm: &Vm, value: Value) {
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
            self.out.as_vec().extend_from_slice(&text);
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

    fn container(&mut self, vm: &mut Vm, cell: Value, value: Value) -> Result<Option<Ask>, Error> {
        if self.stage == Stage::Fresh {
            if self.repeated(vm, cell, value) {
                self.word(Colour::Magenta, "«repeated»".as_bytes());
                self.shown();
                return Ok(None);
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
                return Ok(Some(ask));
            }
            if self.pending.is_none() {
                return Ok(None);
            }
        }
        if self.levels.len() >= self.options.max_depth {
            self.out.as_vec().extend_from_slice(if value.is_list() {
                b"[ ... ]"
            } else {
                b"{ ... }"
            });
            self.shown();
            return Ok(None);
        }
        let count = length(vm, value);
        if count == 0 {
            self.out.as_vec().extend_from_slice(if value.is_list() { b"[ ]" } else { b"{ }" });
            self.shown();
            return Ok(None);
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
                    return Ok(Some(Ask::Force(only)));
                }
                only.is_attrs() || only.is_list()
            }
            _ => true,
        };
        self.open(vm, value, lines)?;
        Ok(None)
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

    fn open(&mut self, vm: &mut Vm, value: Value, lines: bool) -> Result<(), Error> {
        if value.is_list() {
            self.out.as_vec().push(b'[');
            self.levels.push(vm, Level::List { list: value, next: 0, lines })?;
        } else {
            vm.order_attrs(value)?;
            let keys = vm.attrs_keys(value);
            let order = vm.attrs_order(value).iter();
            let mut names = Held::new();
            names.extend(vm, order.map(|slot| (keys[*slot as usize], *slot)))?;
            // Where not all can be shown, those that say what a set is come first.
            if self.options.max_attrs != usize::MAX {
                names.sort_by_key(|(name, _)| {
                    !matches!(vm.symbols.resolve(*name), b"type" | b"_type")
                });
            }
            self.out.as_vec().push(b'{');
            self.levels.push(vm, Level::Attrs { set: value, names, next: 0, lines })?;
        }
        self.shown();
        Ok(())
    }

    /// A line end with indentation, or a space.
    fn gap(&mut self, lines: bool, depth: usize) {
        if lines {
            self.out.as_vec().push(b'\n');
            let end = self.out.len() + depth * self.options.indent;
            self.out.as_vec().resize(end, b' ');
        } else {
            self.out.as_vec().push(b' ');
        }
    }

    /// The next element of the innermost container, or its end.
    fn next(&mut self, vm: &mut Vm) -> Result<(), Error> {
        let depth = self.levels.len();
        self.out.reserve(vm, depth.saturating_mul(self.options.indent) + SMALL)?;
        match self.levels.last_mut() {
            Some(Level::Attrs { set, names, next, lines }) => {
                let (set, lines, at) = (*set, *lines, *next);
                if at > 0 {
                    self.out.as_vec().push(b';');
                    self.attrs += 1;
                }
                let Some((name, slot)) = names.get(at).copied() else {
                    self.close(lines, b'}');
                    return Ok(());
                };
                let left = names.len() - at;
                *next += 1;
                if self.attrs >= self.options.max_attrs {
                    self.gap(lines, depth);
                    self.elided(left, "attribute");
                    self.close(lines, b'}');
                    return Ok(());
                }
                self.gap(lines, depth);
                let text = vm.symbols.resolve(name);
                self.out.reserve(vm, text.len() * 2 + SMALL)?;
                self.out.as_vec().push_attribute_name(text);
                self.out.as_vec().extend_from_slice(b" = ");
                self.pending = Some(vm.heap.attrs_value(set, slot));
            }
            Some(Level::List { list, next, lines }) => {
                let (lines, at) = (*lines, *next);
                self.items += usize::from(at > 0);
                let elements = vm.heap.as_list(*list).unwrap_or_default();
                let Some(element) = elements.get(at) else {
                    self.close(lines, b']');
                    return Ok(());
                };
                *next += 1;
                let left = elements.len() - at;
                if self.items >= self.options.max_items {
                    self.gap(lines, depth);
                    self.elided(left, "item");
                    self.close(lines, b']');
                    return Ok(());
                }
                self.pending = Some(*element);
                self.gap(lines, depth);
            }
            None => {}
        }
        Ok(())
    }

    fn close(&mut self, lines: bool, bracket: u8) {
        self.levels.pop();
        self.gap(lines, self.levels.len());
        self.out.as_vec().push(bracket);
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        if what == "byte" {
            self.out.as_vec().push(b' ');
        }
        self.word(Colour::Faint, format!("«{count} {what}{plural} elided»").as_bytes());
    }

    /// The value whose turn it is failed. `false`: that is shown when its own turn comes.
    pub(super) fn failed(&mut self, error: &Error) {
        if self.stage == Stage::Probed {
            return;
        }
        let message = frazil_text::plain::plain(error.message());
        let text = ["«error: ".as_bytes(), &message, "»".as_bytes()].concat();
        self.word(Colour::Red, &text);
        self.shown();
    }

    pub(super) fn trace(&mut self, tracer: &mut Tracer<'_>) {
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
