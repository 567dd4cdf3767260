//! Arguments that are made strings or paths first: one task for all builtins that want that.
//!
//! In: a forced argument, what to do with the string or path it becomes, and further arguments kept for that. Out: the answer.
//! Strings and paths as they stand go straight on, without a task. Not here: coercion itself (`frazil-eval`).

use crate::args::{fail, in_context, task};
use frazil_base::Pos;
use frazil_eval::heap::Tracer;
use frazil_eval::ops::{CoerceMode, CoerceTask, long_canonical_path};
use frazil_eval::task::line;
use frazil_eval::{
    Answer, ContextElement, Error, ErrorKind, Next, Step, Stop, Task, TraceLine, Value, Vm,
};

/// Further arguments of a builtin, kept while its first is coerced.
pub(crate) type Rest = [Value; 2];

/// No further arguments.
pub(crate) const NONE: Rest = [Value::EMPTY; 2];

/// An absolute, canonical path and the context of the string it came from.
#[derive(Clone, Default)]
pub(crate) struct PathArgument {
    pub(crate) path: Vec<u8>,
    /// The text ended in `/` or `/.`: it must be a directory.
    pub(crate) must_be_directory: bool,
    pub(crate) context: u32,
}

/// What happens with the string.
pub(crate) type OnText = fn(&mut Vm, Value, Rest) -> Answer;
/// What happens with the path.
pub(crate) type OnPath = fn(&mut Vm, PathArgument, Rest) -> Answer;

#[derive(Clone, Copy)]
enum Then {
    Text(OnText),
    Path(OnPath),
}

/// Goes on with `value` (forced) as a string.
#[inline]
pub(crate) fn on_text(
    vm: &mut Vm,
    value: Value,
    mode: CoerceMode,
    context: &'static str,
    rest: Rest,
    then: OnText,
) -> Answer {
    if value.is_string() {
        return then(vm, value, rest);
    }
    coerce(value, mode, context, rest, Then::Text(then))
}

/// Goes on with `value` (forced) as a path; nothing is copied or built.
pub(crate) fn on_path(
    vm: &mut Vm,
    value: Value,
    context: &'static str,
    rest: Rest,
    then: OnPath,
) -> Answer {
    if let Some(path) = vm.heap.as_path(value) {
        let path = path.to_vec();
        return then(vm, PathArgument { path, must_be_directory: false, context: 0 }, rest);
    }
    if value.is_string() {
        let path = match absolute(vm, value) {
            Ok(path) => path,
            Err(error) => return Err(in_context(error, context).into()),
        };
        return then(vm, path, rest);
    }
    coerce(value, CoerceMode::WEAK, context, rest, Then::Path(then))
}

/// The path a string names.
///
/// # Errors
/// It is not absolute.
pub(crate) fn absolute(vm: &mut Vm, value: Value) -> Result<PathArgument, Error> {
    let string = vm.heap.as_string(&value);
    let (bytes, context) =
        string.map_or((Vec::new(), 0), |string| (string.bytes.to_vec(), string.context));
    if !bytes.starts_with(b"/") {
        let text = [b"string '", &*bytes, b"' doesn't represent an absolute path"].concat();
        return Err(Error::new(ErrorKind::Eval, text));
    }
    let must_be_directory = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    vm.work_on_bytes(bytes.len())?;
    let path = long_canonical_path(&bytes, || vm.look())?;
    Ok(PathArgument { path, must_be_directory, context })
}

#[cold]
fn coerce(value: Value, mode: CoerceMode, context: &'static str, rest: Rest, then: Then) -> Answer {
    task(Coerced { value, mode, context, pos: Pos::NONE, rest, then, done: false })
}

/// The coercion of an element of something, whose trace line is only for values that are no strings.
pub(crate) fn element(value: Value, mode: CoerceMode, context: &'static str, pos: Pos) -> Next {
    let then = Then::Text(|_, text, _| Ok(text));
    Next::Task(Box::new(Coerced { value, mode, context, pos, rest: NONE, then, done: false }))
}

struct Coerced {
    value: Value,
    mode: CoerceMode,
    context: &'static str,
    /// Where what is coerced stands.
    pos: Pos,
    rest: Rest,
    then: Then,
    done: bool,
}

impl Task for Coerced {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if input.is_empty_slot() {
            return Ok(Next::Task(Box::new(CoerceTask::new(self.value, self.mode))));
        }
        if !self.done {
            self.value = input;
        }
        self.done = true;
        let answer = match self.then {
            Then::Text(then) => then(vm, self.value, self.rest),
            Then::Path(then) => match absolute(vm, self.value) {
                Ok(path) => then(vm, path, self.rest),
                Err(error) => Err(in_context(error, self.context).into()),
            },
        };
        forward(answer)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.value);
        tracer.visit_all(&mut self.rest);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        if self.done || self.context.is_empty() {
            return Vec::new();
        }
        vec![line(self.context, self.pos)]
    }
    fn wraps(&self) -> bool {
        false
    }
}

/// A builtin's answer as the last step of a task.
pub(crate) fn forward(answer: Answer) -> Step {
    match answer {
        Ok(value) => Ok(Next::Done(value)),
        Err(Stop::Force(value)) => Ok(Next::Force(value)),
        Err(stop) => Err(stop),
    }
}

/// Makes sure that what a string refers to exists, building outputs if need be (import from derivation). Gives the path
/// with the stand-ins of outputs replaced.
pub(crate) fn realise(vm: &mut Vm, argument: &PathArgument) -> Result<Vec<u8>, Stop> {
    if argument.context == 0 {
        return Ok(argument.path.clone());
    }
    realise_context(vm, argument).map_err(|stop| match stop {
        Stop::Fail(mut error) => {
            let path = &*argument.path;
            let text = [b"while realising the context of path '", path, b"'"].concat();
            error.push(line(text, Pos::NONE));
            Stop::Fail(error)
        }
        other => other,
    })
}

fn base_name(path: &[u8]) -> &[u8] {
    frazil_eval::ops::base_name(path)
}

fn realise_context(vm: &mut Vm, argument: &PathArgument) -> Result<Vec<u8>, Stop> {
    let mut path = argument.path.clone();
    let elements: Vec<ContextElement> = vm.contexts.elements(argument.context).cloned().collect();
    for element in elements {
        match element {
            ContextElement::Opaque(object) | ContextElement::DrvDeep(object) => {
                need_valid(vm, &object)?;
            }
            ContextElement::Built { drv, output } => {
                need_valid(vm, crate::store::split_drv(&drv).1)?;
                if !vm.settings.import_from_derivation {
                    let text = [
                        b"cannot build '",
                        &*drv,
                        b"^",
                        &*output,
                        b"' during evaluation because the option 'allow-import-from-derivation' is disabled",
                    ];
                    return fail(ErrorKind::Eval, text.concat());
                }
                let built = vm.host.realise(&drv, &output);
                let built = built.map_err(|error| vm.host_error(&drv, error))?;
                if let Some(placeholder) = crate::store::output_placeholder(vm, &drv, &output)
                    && let Some(rest) = path.strip_prefix(&*placeholder)
                {
                    path = [&*built, rest].concat();
                }
            }
        }
    }
    Ok(path)
}

fn need_valid(vm: &mut Vm, object: &[u8]) -> Result<(), Stop> {
    if vm.host.is_valid_path(object) {
        return Ok(());
    }
    fail(ErrorKind::Io, [b"path '", base_name(object), b"' is not valid"].concat())
}
