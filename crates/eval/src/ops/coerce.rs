//! Coercion to a string: `"${x}"`, `toString`, derivation attributes.
//!
//! In: any value and a mode. Out: a string with context, or Nix's `cannot coerce …`. Lists are walked with an explicit stack.
//! Not here: copying to the store (`copy.rs`).

use crate::heap::Tracer;
use crate::task::line;
use crate::{Arguments, ContextElement, Error, ErrorKind, Held, Next, Step, Task, Value, Vm};
use frazil_base::sym;

/// What may become a string, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoerceMode {
    /// Numbers, booleans, null and lists too (`toString`, derivations).
    pub more: bool,
    /// Paths are copied to the store and become store paths; otherwise they become their text.
    pub copy: bool,
}

impl CoerceMode {
    /// `"${x}"`
    pub const INTERPOLATION: CoerceMode = CoerceMode { more: false, copy: true };
    /// `./a/${x}`
    pub const PATH_PART: CoerceMode = CoerceMode { more: false, copy: false };
    /// Strings, paths as text, sets that say how.
    pub const WEAK: CoerceMode = CoerceMode { more: false, copy: false };
    /// `toString`
    pub const TO_STRING: CoerceMode = CoerceMode { more: true, copy: false };
    /// Attributes and arguments of derivations.
    pub const DERIVATION: CoerceMode = CoerceMode { more: true, copy: true };
}

/// Room for the text of most lists.
const LINE: usize = 512;

/// See the module's text.
pub struct CoerceTask {
    start: Value,
    mode: CoerceMode,
    bytes: Held<u8>,
    context: u32,
    /// Lists being walked, with the next element's index.
    lists: Held<(Value, usize)>,
    /// What is being done, for the trace.
    doing: Option<&'static str>,
    /// The value of the only part, if it is a string as it stands.
    only: Value,
    parts: usize,
    /// Sets passed on the way to the value that is asked for, each standing for what its `outPath` is.
    sets: usize,
}

/// What came of a coercion that neither forces nor calls.
pub enum Coerced {
    /// A string as it stands.
    Same(Value),
    /// A text that the task holds, with its context.
    Text(u32),
    /// Something has to be forced or called: the task that goes on from there.
    Later(Box<CoerceTask>),
}

impl CoerceTask {
    /// The coercion of `value`.
    pub fn new(value: Value, mode: CoerceMode) -> CoerceTask {
        CoerceTask {
            start: value,
            mode,
            bytes: Held::new(),
            context: 0,
            lists: Held::new(),
            doing: None,
            only: Value::EMPTY,
            parts: 0,
            sets: 0,
        }
    }

    /// Coerces `value`, which is in weak head normal form, as far as nothing is forced or called. What the task was about is
    /// forgotten; the room it took is used again.
    ///
    /// # Errors
    /// The value is nothing that becomes a string, or copying it to the store failed.
    pub fn at_once(
        &mut self,
        vm: &mut Vm,
        value: Value,
        mode: CoerceMode,
    ) -> Result<Coerced, Error> {
        if let Some(string) = vm.string_as_it_stands(value) {
            return Ok(Coerced::Same(string));
        }
        self.bytes.clear();
        self.lists.clear();
        self.bytes.reserve(vm, LINE)?;
        (self.mode, self.context, self.doing) = (mode, 0, None);
        (self.start, self.only, self.parts, self.sets) = (Value::EMPTY, Value::EMPTY, 0, 0);
        match self.run(vm, value) {
            Ok(None) if self.is_one_string() => Ok(Coerced::Same(self.only)),
            Ok(None) => {
                vm.check_string_length(self.bytes.len())?;
                Ok(Coerced::Text(self.context))
            }
            Ok(Some(_)) => {
                let rest = std::mem::replace(self, CoerceTask::new(Value::EMPTY, mode));
                Ok(Coerced::Later(Box::new(rest)))
            }
            // A task says the same again, with what was being done.
            Err(_) if value.is_list() || value.is_attrs() || value.is_function() => {
                Ok(Coerced::Later(Box::new(CoerceTask::new(value, mode))))
            }
            Err(error) => Err(error),
        }
    }

    /// The text of the last `Coerced::Text`.
    pub fn text(&self) -> &[u8] {
        &self.bytes
    }

    #[inline]
    fn append(&mut self, vm: &mut Vm, bytes: &[u8], context: u32) -> Result<(), Error> {
        vm.check_string_length(self.bytes.len() + bytes.len())?;
        self.bytes.append(vm, bytes)?;
        self.context = vm.contexts.union(self.context, context);
        self.parts += 1;
        Ok(())
    }

    /// Coerces one value; `Some` is something to ask the machine first.
    fn value(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Next>, Error> {
        let mut value = vm.heap.follow(value);
        // Sets that stand for what their `outPath` is may be nested.
        for sets in 0..=vm.settings.max_call_depth {
            self.sets = sets as usize;
            // Whoever goes on after an answer to what is asked here need not begin again.
            self.start = value;
            if !value.is_whnf() {
                return Ok(Some(Next::Force(value)));
            }
            if value.is_string() {
                self.string(vm, value)?;
                return Ok(None);
            }
            if !value.is_attrs() {
                return self.plain(vm, value);
            }
            if let Some(to_string) = vm.attr(value, sym::TO_STRING) {
                self.doing = Some("while evaluating the result of the `__toString` attribute");
                return Ok(Some(Next::Call(to_string, Arguments::one(value))));
            }
            match vm.attr(value, sym::OUT_PATH) {
                Some(out_path) => value = vm.heap.follow(out_path),
                None => return Err(self.cannot(vm, value)),
            }
        }
        Err(too_deep())
    }

    fn string(&mut self, vm: &mut Vm, value: Value) -> Result<(), Error> {
        if self.lists.is_empty() {
            self.only = value;
            return Ok(());
        }
        let Some(string) = vm.heap.as_string(&value) else { return Ok(()) };
        vm.check_string_length(self.bytes.len() + string.bytes.len())?;
        self.bytes.append(vm, string.bytes)?;
        self.context = vm.contexts.union(self.context, string.context);
        self.parts += 1;
        Ok(())
    }

    /// A value that is neither a string nor a set.
    fn plain(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Next>, Error> {
        if let Some(path) = vm.heap.as_path(value) {
            let path = Held::copy_of(vm, path)?;
            if self.mode.copy {
                let store_path = vm.copy_to_store(&path)?;
                let context = vm.contexts.single(ContextElement::Opaque(store_path.clone().into()));
                self.append(vm, &store_path, context)?;
            } else {
                self.append(vm, &path, 0)?;
            }
            return Ok(None);
        }
        if self.mode.more {
            if let Some(text) = scalar(vm, value) {
                self.append(vm, &text, 0)?;
                return Ok(None);
            }
            if value.is_list() {
                self.lists.push(vm, (value, 0))?;
                if self.lists.len() > vm.settings.max_call_depth as usize {
                    return Err(too_deep());
                }
                return Ok(None);
            }
        }
        Err(self.cannot(vm, value))
    }

    /// Coerces all there is, up to something that the machine must be asked; `None`: all is done.
    fn run(&mut self, vm: &mut Vm, start: Value) -> Result<Option<Next>, Error> {
        let mut current = Some(start);
        loop {
            if let Some(value) = current.take()
                && let Some(next) = self.value(vm, value)?
            {
                return Ok(Some(next));
            }
            vm.work(1)?;
            // The next element of the innermost list.
            let Some((list, index)) = self.lists.last_mut() else { return Ok(None) };
            let (list, at) = (*list, *index);
            *index += 1;
            let elements = vm.heap.as_list(list).unwrap_or_default();
            let length = elements.len();
            // The separator follows an element, unless that is itself an empty list.
            if at > 0 && at < length {
                let before = vm.heap.follow(elements[at - 1]);
                if vm.heap.as_list(before).is_none_or(|elements| !elements.is_empty()) {
                    self.bytes.push(vm, b' ')?;
                }
            }
            if at == length {
                self.lists.pop();
                self.parts += 1;
            } else {
                self.doing = Some("while evaluating one element of the list");
                current = Some(elements[at]);
            }
        }
    }

    #[cold]
    fn cannot(&mut self, vm: &mut Vm, value: Value) -> Error {
        let shown = vm.show_short(value);
        let text =
            [b"cannot coerce ", vm.type_phrase(value).as_bytes(), b" to a string: ", &*shown]
                .concat();
        let mut error = Error::new(ErrorKind::Type, text);
        if let Some(doing) = self.doing {
            let pos = vm.coerced_pos(0);
            error.push(line(doing, pos));
        }
        error
    }

    fn is_one_string(&self) -> bool {
        !self.only.is_empty_slot() && self.parts == 0
    }

    fn finish(&mut self, vm: &mut Vm) -> Result<Value, Error> {
        if self.is_one_string() {
            return Ok(self.only);
        }
        vm.long_string(&self.bytes, self.context)
    }
}

#[cold]
fn too_deep() -> Error {
    Error::new(ErrorKind::CallDepth, "stack overflow; max-call-depth exceeded")
}

/// Numbers, booleans and null as `toString` shows them.
fn scalar(vm: &Vm, value: Value) -> Option<Vec<u8>> {
    if let Some(int) = vm.heap.as_int(value) {
        return Some(int.to_string().into_bytes());
    }
    if let Some(float) = vm.heap.as_float(value) {
        let mut text = Vec::new();
        frazil_text::number::push_string_float(&mut text, float);
        return Some(text);
    }
    match value.as_bool() {
        Some(true) => Some(b"1".to_vec()),
        Some(false) => Some(Vec::new()),
        None => value.is_null().then(Vec::new),
    }
}

impl Task for CoerceTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let start = if input.is_empty_slot() { self.start } else { input };
        Ok(match self.run(vm, start)? {
            Some(next) => {
                vm.nest(self.lists.len() + self.sets + 1)?;
                next
            }
            None => Next::Done(self.finish(vm)?),
        })
    }
    fn owns(&self, error: &crate::Error, direct: bool) -> bool {
        // A list owns what happens in its elements; what `__toString` does is not coercion's fault.
        !self.lists.is_empty() || direct && !error.message().starts_with(b"attempt to call")
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.start);
        tracer.visit(&mut self.only);
        for (list, _) in &mut self.lists {
            tracer.visit(list);
        }
    }
}

impl Vm {
    /// A value in weak head normal form as a string, if that needs neither forcing nor calling.
    ///
    /// # Errors
    /// Copying a path to the store failed.
    pub fn coerce_now(&mut self, value: Value, mode: CoerceMode) -> Result<Option<Value>, Error> {
        if let Some(string) = self.string_as_it_stands(value) {
            return Ok(Some(string));
        }
        if !value.is_whnf() || value.is_function() || value.is_list() && !mode.more {
            return Ok(None);
        }
        let mut task = CoerceTask::new(value, mode);
        match task.run(self, value) {
            Ok(None) => task.finish(self).map(Some),
            Ok(Some(_)) => Ok(None),
            // The task says the same again, with what was being done.
            Err(_) if value.is_list() || value.is_attrs() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A string, or that of a set whose `outPath` is one.
    fn string_as_it_stands(&mut self, value: Value) -> Option<Value> {
        if !value.is_attrs() {
            return value.is_string().then_some(value);
        }
        let out_path = self.attr(value, sym::OUT_PATH)?;
        let out_path = self.heap.follow(out_path);
        (out_path.is_string() && self.attr(value, sym::TO_STRING).is_none()).then_some(out_path)
    }

    /// Nix's error for a string with context where none may be.
    #[cold]
    pub fn context_forbidden(&mut self, value: Value) -> Error {
        let (bytes, element) = self.string_and_reference(value);
        let text = [
            b"the string '",
            &*bytes,
            b"' is not allowed to refer to a store path (such as '",
            &*element,
            b"')",
        ]
        .concat();
        Error::new(ErrorKind::Eval, text)
    }

    /// Nix's error for a path with a string appended that refers to the store.
    #[cold]
    pub fn context_in_path(&mut self, _: Value) -> Error {
        Error::new(
            ErrorKind::Eval,
            "a string that refers to a store path cannot be appended to a path",
        )
        .or_at(self.current_pos())
    }

    fn string_and_reference(&mut self, value: Value) -> (Vec<u8>, Vec<u8>) {
        let Some(string) = self.heap.as_string(&value) else { return Default::default() };
        let element =
            self.contexts.elements(string.context).min().map(context_text).unwrap_or_default();
        (string.bytes.to_vec(), element)
    }
}

/// An element of a context as messages show it.
fn context_text(element: &ContextElement) -> Vec<u8> {
    match element {
        ContextElement::Opaque(path) => path.to_vec(),
        ContextElement::DrvDeep(drv) => [&**drv, b" (deep)"].concat(),
        ContextElement::Built { drv, output } => {
            // Outputs of outputs stand before the path, the innermost last.
            let mut parts = drv.rsplit(|byte| *byte == b'!');
            let mut text = parts.next().unwrap_or_default().to_vec();
            for output in parts.chain([&**output]) {
                text.push(b'^');
                text.extend_from_slice(output);
            }
            text
        }
    }
}
