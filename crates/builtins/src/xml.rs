//! XML: `toXML`, and the command line's `--xml`.
//!
//! In: a value. Out: a text with the contexts of all strings in it, two spaces of indentation a level. A task with an explicit
//! stack; derivations are written in full once, by their `drvPath`. Paths are not copied.
//! Not here: escaping (`frazil_text::xml`).

use crate::args::task;
use frazil_base::{Origin, Pos, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::{Answer, Builtin, Charge, Error, Held, Next, Step, Task, Value, Vm};
use frazil_macros::builtin;
use frazil_text::number::{push_int, push_xml_float};
use frazil_text::xml::{escaped_room, push_escaped};
use std::collections::HashSet;

pub(crate) const ROWS: &[Builtin] = &[TO_XML];

/// A value as XML; everything in it is forced.
///
/// ```nix
/// builtins.toXML { a = [ 1 true "x" ]; }
/// ```
#[builtin(name = "toXML")]
fn to_xml(_vm: &mut Vm, value: Value) -> Answer {
    task(XmlTask::new(value, true, false))
}

/// Bytes that no number's text passes.
const NUMBER: usize = 400;

/// Bytes that the place of something takes, its path being no longer than a system allows.
const PLACE: usize = 4096;

/// How much is written between two looks at what is allowed.
const CHECK_EVERY: usize = 64 << 10;

/// Strings longer than this are written piece by piece.
const LONG: usize = 1 << 19;

fn indent(out: &mut Vec<u8>, level: usize) {
    const SPACES: &[u8] = &[b' '; 64];
    let mut left = level * 2;
    while left > 0 {
        let some = left.min(SPACES.len());
        out.extend_from_slice(&SPACES[..some]);
        left -= some;
    }
}

/// A value as XML, as a task.
pub struct XmlTask {
    start: Value,
    /// Everything is forced; else what is not computed is written as such.
    strict: bool,
    /// Attributes and functions say where they stand.
    places: bool,
    out: Held<u8>,
    context: u32,
    open: Held<Open>,
    /// Two spaces for each level: one for the whole, one for each list, two for each set (an attribute's own element stands
    /// between a set and its value).
    level: usize,
    seen: HashSet<Vec<u8>>,
    seen_room: Charge,
    state: State,
    /// The set that may be a derivation, while its attributes are forced.
    candidate: Value,
    /// The length of `out` that was allowed.
    checked: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    Type,
    DrvPath,
    OutPath,
}

struct Open {
    container: Value,
    next: usize,
    tag: &'static str,
}

impl XmlTask {
    /// Writes `value`; comes to a string.
    pub fn new(value: Value, strict: bool, places: bool) -> XmlTask {
        XmlTask {
            start: value,
            strict,
            places,
            out: b"<?xml version='1.0' encoding='utf-8'?>\n<expr>\n".to_vec().into(),
            context: 0,
            open: Held::new(),
            level: 1,
            seen: HashSet::new(),
            seen_room: Charge::default(),
            state: State::Value,
            candidate: Value::EMPTY,
            checked: 0,
        }
    }

    /// Makes room for the lines of one value with so many bytes of text in them.
    fn room(&mut self, vm: &Vm, text: usize) -> Result<(), Error> {
        // No value has more than five lines of its own, with less than 40 bytes of ours in each.
        self.out.reserve(vm, text + 5 * (self.level * 2 + 40))
    }

    fn indent(&mut self) {
        indent(self.out.as_vec(), self.level);
    }

    fn leaf(&mut self, name: &str, value: &[u8]) {
        self.indent();
        self.out.as_vec().push(b'<');
        self.out.as_vec().extend_from_slice(name.as_bytes());
        self.out.as_vec().extend_from_slice(b" value=\"");
        push_escaped(self.out.as_vec(), value);
        self.out.as_vec().extend_from_slice(b"\" />\n");
    }

    /// A string of any length, with looks in between.
    #[cold]
    fn long_string(&mut self, vm: &Vm, value: &[u8]) -> Result<(), Error> {
        self.indent();
        self.out.as_vec().extend_from_slice(b"<string value=\"");
        for piece in value.chunks(LONG) {
            self.room(vm, escaped_room(piece))?;
            push_escaped(self.out.as_vec(), piece);
            vm.look()?;
        }
        self.room(vm, 0)?;
        self.out.as_vec().extend_from_slice(b"\" />\n");
        Ok(())
    }

    fn line(&mut self, text: &str) {
        self.indent();
        self.out.as_vec().extend_from_slice(text.as_bytes());
        self.out.as_vec().push(b'\n');
    }

    fn attribute(&mut self, name: &str, value: &[u8]) {
        self.out.as_vec().push(b' ');
        self.out.as_vec().extend_from_slice(name.as_bytes());
        self.out.as_vec().extend_from_slice(b"=\"");
        push_escaped(self.out.as_vec(), value);
        self.out.as_vec().push(b'"');
    }

    /// Attributes come in the order of their names, so a name goes between line and path.
    fn place(&mut self, vm: &Vm, pos: Option<Pos>, name: Option<&[u8]>) {
        let at = pos.filter(|_| self.places).and_then(|pos| vm.sources.locate(pos));
        if let Some(at) = &at {
            self.attribute("column", at.column.to_string().as_bytes());
            self.attribute("line", at.line.to_string().as_bytes());
        }
        if let Some(name) = name {
            self.attribute("name", name);
        }
        if let Some(at) = at
            && let Some(Origin::File(path)) = vm.sources.origin(at.source)
        {
            let path = path.to_vec();
            self.attribute("path", &path);
        }
    }

    /// Writes a value, or its beginning; `Some` is what the machine must do first.
    fn value(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Next>, Error> {
        let value = vm.heap.follow(value);
        vm.nest(self.open.len() + 1)?;
        let text = vm.heap.as_string(&value).map(|string| string.bytes);
        let text = text.filter(|text| text.len() <= LONG).or_else(|| vm.heap.as_path(value));
        let text = text.map_or(NUMBER, escaped_room);
        self.room(vm, text)?;
        if !value.is_whnf() {
            if self.strict {
                return Ok(Some(Next::Force(value)));
            }
            self.line("<unevaluated />");
        } else if let Some(int) = vm.heap.as_int(value) {
            let mut text = Vec::new();
            push_int(&mut text, int);
            self.leaf("int", &text);
        } else if let Some(string) = vm.heap.as_string(&value) {
            let context = string.context;
            let bytes = string.bytes;
            if bytes.len() <= LONG {
                self.leaf("string", bytes);
            } else {
                self.long_string(vm, bytes)?;
            }
            if context != 0 {
                self.context = vm.contexts.union(self.context, context);
            }
        } else if value.is_attrs() {
            return self.attrs(vm, value);
        } else if value.is_list() {
            self.line("<list>");
            self.open.push(vm, Open { container: value, next: 0, tag: "list" })?;
            self.level += 1;
        } else if let Some(boolean) = value.as_bool() {
            self.leaf("bool", if boolean { b"true" } else { b"false" });
        } else if value.is_null() {
            self.line("<null />");
        } else if let Some(float) = vm.heap.as_float(value) {
            let mut text = Vec::new();
            push_xml_float(&mut text, float);
            self.leaf("float", &text);
        } else if let Some(path) = vm.heap.as_path(value) {
            self.leaf("path", path);
        } else {
            self.function(vm, value)?;
        }
        Ok(None)
    }

    fn attrs(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Next>, Error> {
        self.candidate = vm.whole(value);
        vm.order_attrs(self.candidate)?;
        let Some(kind) = vm.attr(value, sym::TYPE) else {
            self.open_set(vm, "attrs")?;
            return Ok(None);
        };
        let kind = vm.heap.follow(kind);
        if !kind.is_whnf() {
            self.state = State::Type;
            return Ok(Some(Next::Force(kind)));
        }
        self.typed(vm, kind)
    }

    fn open_set(&mut self, vm: &Vm, tag: &'static str) -> Result<(), Error> {
        if tag == "attrs" {
            self.line("<attrs>");
        }
        self.open.push(vm, Open { container: self.candidate, next: 0, tag })?;
        self.level += 2;
        self.candidate = Value::EMPTY;
        Ok(())
    }

    fn typed(&mut self, vm: &mut Vm, kind: Value) -> Result<Option<Next>, Error> {
        if vm.heap.as_string(&kind).is_none_or(|kind| kind.bytes != b"derivation") {
            self.open_set(vm, "attrs")?;
            return Ok(None);
        }
        self.derivation(vm)
    }

    /// Forces what the element of a derivation names, then writes its beginning.
    fn derivation(&mut self, vm: &mut Vm) -> Result<Option<Next>, Error> {
        let mut texts: [Option<Vec<u8>>; 2] = [None, None];
        let wanted = [(sym::DRV_PATH, State::DrvPath), (sym::OUT_PATH, State::OutPath)];
        for (index, (name, state)) in wanted.into_iter().enumerate() {
            let Some(value) = vm.attr(self.candidate, name) else { continue };
            let value = vm.heap.follow(value);
            if !value.is_whnf() && self.strict {
                self.state = state;
                return Ok(Some(Next::Force(value)));
            }
            texts[index] = vm.heap.as_string(&value).map(|string| string.bytes.to_vec());
        }
        let [drv_path, out_path] = texts;
        let text = drv_path.iter().chain(&out_path).map(|text| escaped_room(text)).sum();
        self.room(vm, text)?;
        self.seen_room.add(vm, 64 + drv_path.as_ref().map_or(0, Vec::len))?;
        self.indent();
        self.out.as_vec().extend_from_slice(b"<derivation");
        if let Some(text) = &drv_path {
            self.attribute("drvPath", text);
        }
        if let Some(text) = &out_path {
            self.attribute("outPath", text);
        }
        self.out.as_vec().extend_from_slice(b">\n");
        let is_new =
            drv_path.filter(|path| !path.is_empty()).is_some_and(|path| self.seen.insert(path));
        if is_new {
            self.open_set(vm, "derivation")?;
        } else {
            self.indent();
            self.out.as_vec().extend_from_slice(b"  <repeated />\n");
            self.line("</derivation>");
        }
        Ok(None)
    }

    fn function(&mut self, vm: &mut Vm, value: Value) -> Result<(), Error> {
        let Some((name, formals, pos)) = vm.next_parameter(value) else {
            self.line("<unevaluated />");
            return Ok(());
        };
        let text = |symbol| vm.symbols.resolve(symbol).to_vec();
        let name = name.map(text);
        let formals = formals.map(|formals| {
            let mut names: Vec<Vec<u8>> =
                formals.formals.iter().map(|formal| text(formal.name)).collect();
            names.sort_unstable();
            (names, formals.ellipsis)
        });
        let names = formals.iter().flat_map(|(names, _)| names).chain(&name);
        let line = self.level * 2 + 40;
        self.room(vm, names.map(|name| escaped_room(name) + line).sum::<usize>() + PLACE)?;
        self.indent();
        self.out.as_vec().extend_from_slice(b"<function");
        self.place(vm, Some(pos), None);
        self.out.as_vec().extend_from_slice(b">\n");
        self.indent();
        match formals {
            None => {
                self.out.as_vec().extend_from_slice(b"  <varpat");
                self.attribute("name", &name.unwrap_or_default());
                self.out.as_vec().extend_from_slice(b" />\n");
            }
            Some((names, ellipsis)) => {
                self.out.as_vec().extend_from_slice(b"  <attrspat");
                if ellipsis {
                    self.attribute("ellipsis", b"1");
                }
                if let Some(name) = name {
                    self.attribute("name", &name);
                }
                self.out.as_vec().extend_from_slice(b">\n");
                for name in names {
                    self.indent();
                    self.out.as_vec().extend_from_slice(b"    <attr");
                    self.attribute("name", &name);
                    self.out.as_vec().extend_from_slice(b" />\n");
                }
                self.line("  </attrspat>");
            }
        }
        self.line("</function>");
        Ok(())
    }

    /// Goes to the next element of what is open, closing what is complete. `None`: all is written.
    fn next(&mut self, vm: &mut Vm) -> Result<Option<Value>, Error> {
        loop {
            self.room(vm, PLACE)?;
            let Some(open) = self.open.last_mut() else { return Ok(None) };
            let at = open.next;
            open.next += 1;
            let container = open.container;
            if let Some(elements) = vm.heap.as_list(container) {
                if let Some(element) = elements.get(at) {
                    return Ok(Some(*element));
                }
            } else {
                if at > 0 {
                    indent(self.out.as_vec(), self.level - 1);
                    self.out.as_vec().extend_from_slice(b"</attr>\n");
                }
                if let Some(slot) = vm.attrs_order(container).get(at).map(|slot| *slot as usize) {
                    let name = vm.attrs_keys(container)[slot];
                    let value = vm.attrs_values(container)[slot];
                    let pos = if self.places { vm.attr_pos(container, name) } else { None };
                    indent(self.out.as_vec(), self.level - 1);
                    self.room(vm, PLACE + escaped_room(vm.symbols.resolve(name)))?;
                    self.out.as_vec().extend_from_slice(b"<attr");
                    self.place(vm, pos, Some(vm.symbols.resolve(name)));
                    self.out.as_vec().extend_from_slice(b">\n");
                    return Ok(Some(value));
                }
            }
            let tag = self.open.pop().map_or("", |open| open.tag);
            self.level -= if tag == "list" { 1 } else { 2 };
            self.indent();
            for part in ["</", tag, ">\n"] {
                self.out.as_vec().extend_from_slice(part.as_bytes());
            }
            vm.check_string_length(self.out.len())?;
            vm.work(1 + self.open.len() / 8)?;
        }
    }

    fn advance(&mut self, vm: &mut Vm, input: Value) -> Result<Option<Next>, Error> {
        let state = std::mem::replace(&mut self.state, State::Value);
        match state {
            State::Value => self.value(vm, input),
            State::Type => self.typed(vm, input),
            State::DrvPath | State::OutPath => self.derivation(vm),
        }
    }
}

impl Task for XmlTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut current = if input.is_empty_slot() { self.start } else { input };
        loop {
            if let Some(next) = self.advance(vm, current)? {
                return Ok(next);
            }
            vm.work(1 + self.open.len() / 8)?;
            if self.out.len() > self.checked + CHECK_EVERY {
                self.checked = self.out.len();
                vm.check_string_length(self.out.len())?;
            }
            match self.next(vm)? {
                Some(value) => current = value,
                None => {
                    self.out.as_vec().extend_from_slice(b"</expr>\n");
                    let text = std::mem::take(&mut self.out).into_vec();
                    return Ok(Next::Done(vm.long_string_from(text, self.context)?));
                }
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.start);
        tracer.visit(&mut self.candidate);
        for open in &mut self.open {
            tracer.visit(&mut open.container);
        }
    }
}
