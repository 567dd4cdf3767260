//! Values as text: what `nix-instantiate --eval`, `nix eval`, `nix repl`, traces and error messages print.
//!
//! In: a value and how it is to look ([`ShowOptions`]). Out: bytes. The walk has an explicit stack, so depth costs heap; it
//! stops where it needs a value forced, an answer [`ShowTask`] gets from the machine. Without `force` nothing is forced, and
//! [`Vm::show_now`] needs no machine at all.
//!
//! Invariants: sets are told apart by identity, lists by the cell that holds them, each is shown once; names and attributes
//! come in byte order. Not here: the walk (`show_walk.rs`), how scalars are written (`show_text.rs`), JSON and XML.

use super::show_text::Colour;
use super::show_walk::{Ask, Stage, Walk};
use super::{CoerceMode, CoerceTask, DeepForceTask};
use crate::heap::Tracer;
use crate::{Error, ErrorKind, Next, Step, Task, Value, Vm};

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
        match self.walk.run(vm)? {
            Some(Ask::Force(value)) => Ok(Next::Force(value)),
            Some(Ask::StorePath(value)) => {
                Ok(Next::Task(Box::new(CoerceTask::new(value, CoerceMode::WEAK))))
            }
            None => {
                if self.aside {
                    vm.count_output(self.walk.out.len())?;
                    vm.extension::<Shown>().0 = std::mem::take(&mut self.walk.out).into_vec();
                    return Ok(Next::Done(Value::NULL));
                }
                Ok(Next::Done(vm.long_string(&self.walk.out, 0)?))
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit_fixed(self.start);
        self.walk.trace(tracer);
    }
    fn on_error(&mut self, _: &mut Vm, error: &Error) -> Option<Box<dyn Task>> {
        use ErrorKind::{Cancelled, HeapLimit, PlainCode, SizeLimit, StepLimit, Timeout};
        let ends = matches!(
            error.kind(),
            Cancelled | HeapLimit | PlainCode | SizeLimit | StepLimit | Timeout
        );
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

    /// A value as text, as it stands: nothing is forced whatever the options say. The text ends early if the evaluation is
    /// to end.
    pub fn show_now(&mut self, value: Value, options: ShowOptions) -> Vec<u8> {
        let mut walk = Walk::new(value, ShowOptions { force: false, deep: false, ..options });
        let asked = walk.run(self);
        debug_assert!(!matches!(asked, Ok(Some(_))), "asked to force though nothing may be");
        walk.out.into_vec()
    }

    /// As `show_now`, for messages, which count as output.
    ///
    /// # Errors
    /// It is more than allowed, or the evaluation is to end.
    pub fn show_message(&mut self, value: Value, options: ShowOptions) -> Result<Vec<u8>, Error> {
        let mut walk = Walk::new(value, ShowOptions { force: false, deep: false, ..options });
        walk.run(self)?;
        self.count_output(walk.out.len())?;
        // It is put behind a word, and written.
        self.check_room(walk.out.len() * 2)?;
        Ok(walk.out.into_vec())
    }

    /// A value as error messages show it: nothing is forced, depth and length are bounded.
    pub fn show_short(&mut self, value: Value) -> Vec<u8> {
        self.show_now(value, ShowOptions::ERROR)
    }
}
