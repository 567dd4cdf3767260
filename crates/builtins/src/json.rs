//! JSON: `toJSON` and `fromJSON`.
//!
//! In: values, or a text. Out: one string with the contexts of all it was made of, or values. Writing is a task with an
//! explicit stack and one buffer, so it is iterative to any depth; it is also what `derivationStrict` uses for structured
//! attributes and the command line for `--json`. Reading never forces anything, so it is one step.
//! Not here: the text format itself (`frazil_text::json`).

use crate::args::{PlainStr, fail, in_context};
use frazil_base::{Pos, Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::{CoerceMode, attribute_name};
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Arguments, Builtin, Charge, ContextElement, Error, ErrorKind, Held, Next, Room, Step,
    Stop, Task, TraceLine, Value, Vm,
};
use frazil_macros::builtin;
use frazil_text::json::{
    Event, InvalidUtf8, Reader, begins_character, check_utf8, push_string, push_within,
    string_length,
};
use frazil_text::number::{push_int, push_json_float};

pub(crate) const ROWS: &[Builtin] = &[TO_JSON, FROM_JSON];

/// A value as JSON; everything in it is forced, and files it names are copied to the store.
///
/// ```nix
/// builtins.toJSON { a = [ 1 true null "x" ]; }
/// ```
#[builtin(name = "toJSON")]
fn to_json(_vm: &mut Vm, value: Value) -> Answer {
    crate::args::task(JsonTask::new(value, true))
}

/// The value that a JSON text stands for.
///
/// ```nix
/// builtins.fromJSON ''{"a": [1, true, null, "x"]}''
/// ```
#[builtin(name = "fromJSON")]
fn from_json(vm: &mut Vm, text: PlainStr) -> Answer {
    let text = Held::copy_of(vm, text.bytes(vm))?;
    read(vm, &text)
}

/// Strings longer than this are written piece by piece.
const LONG: usize = 1 << 19;

/// Bytes that no number's text passes.
const NUMBER: usize = 400;

#[cold]
fn not_writable(error: InvalidUtf8) -> Error {
    Error::new(ErrorKind::Eval, format!("JSON serialization error: {error}"))
}

/// Appends a JSON string of any length, with looks in between.
#[cold]
fn write_long_string(out: &mut Held<u8>, vm: &Vm, text: &[u8]) -> Result<(), Error> {
    let mut rest = text;
    while !rest.is_empty() {
        // Cut between characters if there are any; what is none fails as a whole, so that its place is told.
        let end = (LONG..LONG + 4).find(|at| rest.get(*at..).is_none_or(begins_character));
        let (piece, others) = rest.split_at(end.unwrap_or(LONG).min(rest.len()));
        if check_utf8(piece).is_err() {
            return check_utf8(text).map_err(not_writable);
        }
        rest = others;
        vm.look()?;
    }
    out.push(vm, b'"')?;
    for piece in text.chunks(LONG) {
        out.reserve(vm, string_length(piece))?;
        push_within(out.as_vec(), piece);
        vm.look()?;
    }
    out.push(vm, b'"')
}

/// Appends a JSON string.
fn write_string(out: &mut Held<u8>, vm: &Vm, text: &[u8]) -> Result<(), Error> {
    const SHORT: usize = 256;
    if text.len() > LONG {
        return write_long_string(out, vm, text);
    }
    // A byte is written as six at most.
    let most = if text.len() <= SHORT { text.len() * 6 + 2 } else { string_length(text) };
    out.reserve(vm, most)?;
    push_string(out.as_vec(), text).map_err(not_writable)
}

/// How much is written between two looks at what is allowed.
const CHECK_EVERY: usize = 64 << 10;

/// A value as a JSON text, as a task.
pub struct JsonTask {
    start: Value,
    copy: bool,
    out: Held<u8>,
    context: u32,
    open: Held<Open>,
    state: State,
    /// The set whose `outPath` the value is; empty if it is none.
    through: Value,
    /// The length of `out` that was allowed.
    checked: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next answer is a value to write.
    Value,
    /// The next answer is what `__toString` gave.
    Converted,
    /// The next answer is that made a string.
    Text,
}

/// A list or set that is being written: `next` counts its elements, for sets in the order of names.
struct Open {
    container: Value,
    next: usize,
}

impl JsonTask {
    /// Writes `value`; comes to a string. Paths are copied to the store if `copy`, else written as they are.
    pub fn new(value: Value, copy: bool) -> JsonTask {
        let state = State::Value;
        JsonTask {
            start: value,
            copy,
            out: Held::new(),
            context: 0,
            open: Held::new(),
            state,
            through: Value::EMPTY,
            checked: 0,
        }
    }

    fn string(&mut self, vm: &mut Vm, value: Value) -> Result<(), Error> {
        let Some(string) = vm.heap.as_string(&value) else { return Ok(()) };
        let (context, length) = (string.context, string.bytes.len());
        write_string(&mut self.out, vm, string.bytes)?;
        vm.work_on_bytes(length)?;
        self.context = vm.contexts.union(self.context, context);
        Ok(())
    }

    fn path(&mut self, vm: &mut Vm, path: &[u8]) -> Result<(), Error> {
        let text = if self.copy {
            let copied = vm.copy_to_store(path)?;
            let context = vm.contexts.single(ContextElement::Opaque(copied.clone().into()));
            self.context = vm.contexts.union(self.context, context);
            copied
        } else {
            path.to_vec()
        };
        vm.check_string_length(text.len())?;
        let text = vm.heap.string(&text, 0);
        self.string(vm, text)
    }

    /// Writes a value, or its beginning; `Some` is what the machine must do first.
    fn value(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Next>, Error> {
        let mut value = vm.heap.follow(value);
        let mut depth = self.open.len();
        loop {
            depth += 1;
            if let Err(error) = vm.nest(depth) {
                return Err(error.or_at(self.pos(vm)));
            }
            if !value.is_whnf() {
                return Ok(Some(Next::Force(value)));
            }
            if value.is_string() {
                self.string(vm, value)?;
                return Ok(None);
            }
            if !value.is_attrs() {
                break;
            }
            if let Some(to_string) = vm.attr(value, sym::TO_STRING) {
                self.state = State::Converted;
                return Ok(Some(Next::Call(to_string, Arguments::one(value))));
            }
            match vm.attr(value, sym::OUT_PATH) {
                Some(out_path) => {
                    self.through = value;
                    value = vm.heap.follow(out_path);
                }
                None => {
                    self.out.push(vm, b'{')?;
                    let container = vm.whole(value);
                    vm.order_attrs(container)?;
                    self.open.push(vm, Open { container, next: 0 })?;
                    return Ok(None);
                }
            }
        }
        if value.is_list() {
            self.out.push(vm, b'[')?;
            self.open.push(vm, Open { container: value, next: 0 })?;
        } else if let Some(int) = vm.heap.as_int(value) {
            self.out.reserve(vm, NUMBER)?;
            push_int(self.out.as_vec(), int);
        } else if let Some(boolean) = value.as_bool() {
            self.out.append(vm, if boolean { b"true" } else { b"false" })?;
        } else if value.is_null() {
            self.out.append(vm, b"null")?;
        } else if let Some(float) = vm.heap.as_float(value) {
            self.out.reserve(vm, NUMBER)?;
            push_json_float(self.out.as_vec(), float);
        } else if let Some(path) = vm.heap.as_path(value) {
            let path = path.to_vec();
            self.path(vm, &path)?;
        } else {
            return Err(cannot(vm, value));
        }
        Ok(None)
    }

    /// Where the value being written stands: its attribute, or that of the list it is in.
    fn pos(&self, vm: &mut Vm) -> Pos {
        if !self.through.is_empty_slot() {
            return vm.attr_pos(self.through, sym::OUT_PATH).unwrap_or(Pos::NONE);
        }
        for open in self.open.iter().rev() {
            if open.container.is_list() {
                continue;
            }
            let slot = vm.attrs_order(open.container).get(open.next.saturating_sub(1)).copied();
            let keys = vm.attrs_keys(open.container);
            let name = slot.and_then(|slot| keys.get(slot as usize).copied());
            return name.and_then(|name| vm.attr_pos(open.container, name)).unwrap_or(Pos::NONE);
        }
        Pos::NONE
    }

    /// Whether so much may be written, asked now and then.
    fn check(&mut self, vm: &Vm) -> Result<(), Error> {
        if self.out.len() > self.checked + CHECK_EVERY {
            self.checked = self.out.len();
            vm.check_string_length(self.out.len())?;
        }
        Ok(())
    }

    /// Goes to the next element of what is open, closing what is complete. `None`: all is written.
    fn next(&mut self, vm: &mut Vm) -> Result<Option<Value>, Error> {
        self.through = Value::EMPTY;
        while let Some(open) = self.open.last_mut() {
            let at = open.next;
            open.next += 1;
            let container = open.container;
            if let Some(elements) = vm.heap.as_list(container) {
                if let Some(element) = elements.get(at) {
                    if at > 0 {
                        self.out.push(vm, b',')?;
                    }
                    return Ok(Some(*element));
                }
                self.out.push(vm, b']')?;
            } else {
                if let Some(slot) = vm.attrs_order(container).get(at) {
                    let slot = *slot as usize;
                    if at > 0 {
                        self.out.push(vm, b',')?;
                    }
                    let name = vm.symbols.resolve(vm.attrs_keys(container)[slot]);
                    write_string(&mut self.out, vm, name)?;
                    self.out.push(vm, b':')?;
                    return Ok(Some(vm.attrs_values(container)[slot]));
                }
                self.out.push(vm, b'}')?;
            }
            self.open.pop();
        }
        Ok(None)
    }
}

#[cold]
fn cannot(vm: &mut Vm, value: Value) -> Error {
    let kind = match value.as_builtin() {
        Some(id) => format!("the built-in function '{}'", vm.builtin(id).name),
        None => vm.type_phrase(value).into_owned(),
    };
    let text = format!("cannot convert {kind} to JSON");
    let pos = vm.function_info(value).map(|(_, pos)| pos);
    Error::new(ErrorKind::Type, text).or_at(pos.unwrap_or(Pos::NONE))
}

impl Task for JsonTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut current = Some(if input.is_empty_slot() { self.start } else { input });
        match self.state {
            State::Value => {}
            State::Converted => {
                self.state = State::Text;
                // Files named by `__toString` are not copied.
                let context = "while evaluating the result of the `__toString` attribute";
                let pos = self.pos(vm);
                return Ok(crate::coerced::element(input, CoerceMode::WEAK, context, pos));
            }
            State::Text => {
                self.state = State::Value;
                self.string(vm, input)?;
                current = None;
            }
        }
        loop {
            if let Some(value) = current.take()
                && let Some(next) = self.value(vm, value)?
            {
                return Ok(next);
            }
            vm.work(1)?;
            current = self.next(vm)?;
            self.check(vm)?;
            if current.is_none() {
                let text = std::mem::take(&mut self.out).into_vec();
                return Ok(Next::Done(vm.long_string_from(text, self.context)?));
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.start);
        tracer.visit(&mut self.through);
        for open in &mut self.open {
            tracer.visit(&mut open.container);
        }
    }
    fn describe(&mut self, vm: &mut Vm, most: usize) -> Vec<TraceLine> {
        let mut lines = Vec::new();
        let mut pos = Pos::NONE;
        let outer = self.open.len().saturating_sub(most);
        for (level, open) in self.open.iter().enumerate() {
            let at = open.next.saturating_sub(1);
            if level < outer && open.container.is_list() {
                continue;
            }
            if open.container.is_list() {
                // Elements have no place of their own: that of the attribute the list belongs to is shown.
                let text = format!("while evaluating list element at index {at}");
                lines.push(line(text, pos));
            } else if let Some(slot) = vm.attrs_order(open.container).get(at).copied() {
                let name = vm.attrs_keys(open.container)[slot as usize];
                pos = vm.attr_pos(open.container, name).unwrap_or(Pos::NONE);
                if level < outer {
                    continue;
                }
                let name = attribute_name(vm.symbols.resolve(name));
                let text = [b"while evaluating attribute '", &*name, b"'"].concat();
                lines.push(line(text, pos));
            }
        }
        lines.reverse();
        lines
    }
}

/// A container being read.
enum Reading {
    Array(Held<Value>),
    Object(Held<(Symbol, Value)>, Symbol),
}

/// The value of a JSON text.
pub(crate) fn read(vm: &mut Vm, text: &[u8]) -> Answer {
    let watch = vm.watch();
    let mut ended = Ok(());
    let mut keep_going = |_, _| {
        ended = watch.look();
        ended.is_ok()
    };
    let mut reader = Reader::new_while(text, &mut keep_going);
    let (mut open, mut room) = (Held::new(), Charge::default());
    let mut root = Value::NULL;
    loop {
        let event = match reader.next_event() {
            Ok(event) => event,
            Err(error) => {
                ended?;
                return Err(unreadable(&error));
            }
        };
        let Some(event) = event else { return Ok(root) };
        vm.work(1)?;
        let value = match event {
            Event::Null => Value::NULL,
            Event::Bool(boolean) => Value::bool(boolean),
            Event::Int(int) => vm.heap.int(int),
            Event::Float(float) => vm.heap.float(float),
            Event::Str(bytes) => vm.long_string(bytes, 0)?,
            Event::BeginArray => {
                open.push(vm, Reading::Array(Held::new()))?;
                room.set(vm, reader.bytes_held())?;
                continue;
            }
            Event::BeginObject => {
                open.push(vm, Reading::Object(Held::new(), sym::EMPTY))?;
                room.set(vm, reader.bytes_held())?;
                continue;
            }
            Event::Key(key) => {
                let key = vm.symbols.intern(key);
                if let Some(Reading::Object(_, next)) = open.last_mut() {
                    *next = key;
                }
                continue;
            }
            Event::EndArray | Event::EndObject => match open.pop() {
                Some(Reading::Array(elements)) => vm.long_list(&elements)?,
                Some(Reading::Object(mut attrs, _)) => {
                    // Of equal names the last counts.
                    attrs.reverse();
                    vm.make_many_attrs(attrs.into_vec())?
                }
                None => return fail(ErrorKind::Eval, "a JSON text closes more than it opens"),
            },
        };
        match open.last_mut() {
            Some(Reading::Array(elements)) => elements.push(vm, value)?,
            Some(Reading::Object(attrs, key)) => attrs.push(vm, (*key, value))?,
            None => root = value,
        }
    }
}

#[cold]
fn unreadable(error: &frazil_text::json::Error) -> Stop {
    let failed = Error::new(ErrorKind::Eval, error.message());
    let context = if error.is_decoding() { "while decoding a JSON string" } else { "" };
    Stop::Fail(in_context(failed, context))
}
