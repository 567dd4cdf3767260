//! What the parameters of a builtin may be: types that say how much is forced and what Nix says of anything else.
//!
//! In: arguments as the machine gives them. Out: typed wrappers of values, which are one word like the value.
//! `#[builtin]` calls [`take`] for each argument in Nix's order. Not here: the builtins.

use frazil_base::{Pos, sym};
use frazil_eval::heap::StringRef;
use frazil_eval::task::line;
use frazil_eval::{Answer, Error, ErrorKind, Next, Stop, Task, Value, Vm};
use std::marker::PhantomData;

/// A type of parameter.
pub(crate) trait FromArgument: Sized {
    /// Whether the argument is forced before the builtin runs.
    const STRICT: bool;
    /// Whether values of other types are refused.
    const REFUSES: bool = true;
    /// Whether an error while forcing gets the argument's trace line too; else only an error about its type gets it.
    const FORCED_IN_CONTEXT: bool;
    /// The argument, if it has the type; in weak head normal form if `STRICT`.
    fn from_argument(vm: &mut Vm, value: Value) -> Option<Self>;
    /// What Nix says if it has not.
    fn refuse(vm: &mut Vm, value: Value) -> Error;
}

/// Forces and checks one argument.
#[inline(always)]
pub(crate) fn take<T: FromArgument>(
    vm: &mut Vm,
    value: Value,
    context: &'static str,
) -> Result<T, Stop> {
    // An argument that is not forced stays the cell it is: some comparisons ask whether two cells are one.
    let mut value = value;
    if T::STRICT {
        value = vm.heap.follow(value);
        if !value.is_whnf() {
            return Err(Stop::Force(value));
        }
    }
    match T::from_argument(vm, value) {
        Some(argument) => Ok(argument),
        None => Err(refused::<T>(vm, value, context)),
    }
}

#[cold]
#[inline(never)]
fn refused<T: FromArgument>(vm: &mut Vm, value: Value, context: &'static str) -> Stop {
    let error = T::refuse(vm, value);
    Stop::Fail(in_context(error, context))
}

/// An error with one more line of trace (none if the text is empty).
#[cold]
pub(crate) fn in_context(mut error: Error, context: &str) -> Error {
    if !context.is_empty() {
        error.push(line(context, Pos::NONE));
    }
    error
}

/// The machine called a builtin with another number of arguments than its row says.
#[cold]
pub(crate) fn wrong_count(_: &mut Vm) -> Answer {
    fail(
        ErrorKind::Eval,
        "a builtin was called with the wrong number of arguments, please report it",
    )
}

/// Ends a builtin with an error.
#[cold]
pub(crate) fn fail<T>(kind: ErrorKind, message: impl Into<Vec<u8>>) -> Result<T, Stop> {
    Err(Stop::Fail(Error::new(kind, message)))
}

/// Starts a task at once and boxes it only if it needs the machine. Its first step must ask for the same again when it is
/// repeated: a task changes only when it gets an answer.
#[inline]
pub(crate) fn start(vm: &mut Vm, mut task: impl Task + 'static) -> Answer {
    match task.step(vm, Value::EMPTY)? {
        Next::Done(value) => Ok(value),
        _ => Err(Stop::Task(Box::new(task))),
    }
}

/// A list of `count` elements, each made by `make`, which may take `words` words of the heap.
#[inline]
pub(crate) fn build_list(
    vm: &mut Vm,
    count: usize,
    words: usize,
    mut make: impl FnMut(&mut Vm, usize) -> Value,
) -> Result<Value, Error> {
    const SMALL: usize = 32;
    if count <= SMALL {
        let mut elements = [Value::EMPTY; SMALL];
        for (index, element) in elements[..count].iter_mut().enumerate() {
            *element = make(vm, index);
        }
        return Ok(vm.heap.list(&elements[..count]));
    }
    // The elements stand beside the heap until the list is complete.
    vm.check_list_length(count)?;
    vm.check_room(count.saturating_mul(8 * (2 + words)))?;
    let mut elements = Vec::with_capacity(count.min(1 << 20));
    while elements.len() < count {
        let end = count.min(elements.len() + 1024);
        vm.work(end - elements.len())?;
        elements.extend((elements.len()..end).map(|index| make(vm, index)));
    }
    vm.long_list(&elements)
}

/// Goes on with a task.
#[inline]
pub(crate) fn task(task: impl Task + 'static) -> Answer {
    Err(Stop::Task(Box::new(task)))
}

/// Any value, not forced.
impl FromArgument for Value {
    const STRICT: bool = false;
    const REFUSES: bool = false;
    const FORCED_IN_CONTEXT: bool = false;
    #[inline(always)]
    fn from_argument(_: &mut Vm, value: Value) -> Option<Value> {
        Some(value)
    }
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        vm.expected("a value", value)
    }
}

/// An argument that is only looked at when another one makes it necessary: not forced here, and `take`n later as a `T`.
#[derive(Clone, Copy)]
pub(crate) struct Later<T>(pub(crate) Value, PhantomData<T>);

impl<T: FromArgument> FromArgument for Later<T> {
    const STRICT: bool = false;
    const REFUSES: bool = false;
    const FORCED_IN_CONTEXT: bool = T::FORCED_IN_CONTEXT;
    #[inline(always)]
    fn from_argument(_: &mut Vm, value: Value) -> Option<Self> {
        Some(Later(value, PhantomData))
    }
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        T::refuse(vm, value)
    }
}

macro_rules! argument {
    ($(#[$doc:meta])* $name:ident($context:literal): |$vm:ident, $value:ident| $accept:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) Value);
        impl FromArgument for $name {
            const STRICT: bool = true;
            const FORCED_IN_CONTEXT: bool = $context;
            #[inline(always)]
            fn from_argument($vm: &mut Vm, $value: Value) -> Option<Self> {
                let _ = &$vm;
                if $accept { Some($name($value)) } else { None }
            }
            #[cold]
            fn refuse(vm: &mut Vm, value: Value) -> Error {
                vm.expected($expected, value)
            }
        }
    };
}

/// Any value, forced.
#[derive(Clone, Copy)]
pub(crate) struct Forced(pub(crate) Value);

impl FromArgument for Forced {
    const STRICT: bool = true;
    const REFUSES: bool = false;
    const FORCED_IN_CONTEXT: bool = false;
    #[inline(always)]
    fn from_argument(_: &mut Vm, value: Value) -> Option<Self> {
        Some(Forced(value))
    }
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        vm.expected("a value", value)
    }
}

argument!(
    /// Any value, forced, with the argument's trace line around the forcing.
    ForcedInContext(true): |_vm, _value| true, "a value"
);
argument!(
    /// A list; its elements are not forced.
    List(false): |_vm, value| value.is_list(), "a list"
);
argument!(
    /// A set that may lie in layers: for those who ask it for single attributes only.
    Layers(false): |_vm, value| value.is_attrs(), "a set"
);
/// A whole set; its values are not forced.
#[derive(Clone, Copy)]
pub(crate) struct Attrs(pub(crate) Value);

impl FromArgument for Attrs {
    const STRICT: bool = true;
    const FORCED_IN_CONTEXT: bool = false;
    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: Value) -> Option<Self> {
        value.is_attrs().then(|| Attrs(vm.whole(value)))
    }
    #[cold]
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        vm.expected("a set", value)
    }
}

argument!(
    /// A string, with or without context.
    Str(true): |_vm, value| value.is_string(), "a string"
);
argument!(
    /// A number.
    Number(true): |vm, value| vm.as_number(value).is_some(), "a float"
);
argument!(
    /// What can be called: a function, or a set with `__functor`.
    Function(true): |vm, value| value.is_function() || is_functor(vm, value), "a function"
);

/// Whether a value is a set with `__functor`.
#[inline]
pub(crate) fn is_functor(vm: &mut Vm, value: Value) -> bool {
    value.is_attrs() && vm.attr(value, sym::FUNCTOR).is_some()
}

impl List {
    /// The elements.
    #[inline(always)]
    pub(crate) fn elements(self, vm: &Vm) -> &[Value] {
        vm.heap.as_list(self.0).unwrap_or_default()
    }
    /// How many elements there are.
    #[inline(always)]
    pub(crate) fn len(self, vm: &Vm) -> usize {
        self.elements(vm).len()
    }
}

impl Str {
    /// The bytes.
    #[inline(always)]
    pub(crate) fn bytes<'a>(&'a self, vm: &'a Vm) -> &'a [u8] {
        self.parts(vm).bytes
    }
    /// Bytes and context.
    #[inline(always)]
    pub(crate) fn parts<'a>(&'a self, vm: &'a Vm) -> StringRef<'a> {
        vm.heap.as_string(&self.0).unwrap_or(StringRef { bytes: b"", context: 0 })
    }
}

/// A string that may not have a context.
#[derive(Clone, Copy)]
pub(crate) struct PlainStr(pub(crate) Value);

impl PlainStr {
    /// The bytes.
    #[inline(always)]
    pub(crate) fn bytes<'a>(&'a self, vm: &'a Vm) -> &'a [u8] {
        vm.heap.as_string(&self.0).map_or(b"", |string| string.bytes)
    }
}

impl FromArgument for PlainStr {
    const STRICT: bool = true;
    const FORCED_IN_CONTEXT: bool = true;
    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: Value) -> Option<Self> {
        match vm.heap.as_string(&value) {
            Some(string) if string.context == 0 => Some(PlainStr(value)),
            _ => None,
        }
    }
    #[cold]
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        if value.is_string() { vm.context_forbidden(value) } else { vm.expected("a string", value) }
    }
}

/// An integer.
impl FromArgument for i64 {
    const STRICT: bool = true;
    const FORCED_IN_CONTEXT: bool = true;
    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: Value) -> Option<i64> {
        vm.heap.as_int(value)
    }
    #[cold]
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        vm.expected("an integer", value)
    }
}

/// A boolean.
impl FromArgument for bool {
    const STRICT: bool = true;
    const FORCED_IN_CONTEXT: bool = true;
    #[inline(always)]
    fn from_argument(_: &mut Vm, value: Value) -> Option<bool> {
        value.as_bool()
    }
    #[cold]
    fn refuse(vm: &mut Vm, value: Value) -> Error {
        vm.expected("a Boolean", value)
    }
}
