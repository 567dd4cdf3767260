//! String contexts as values: asking for them, adding to them, dropping them.
//!
//! In: strings. Out: sets that say what a string refers to, or the string with another context.
//! Not here: contexts themselves (`frazil-eval`), what they mean for a derivation (`store.rs`).

use crate::args::{Attrs, Forced, Str, fail, task};
use crate::coerced::{NONE, on_text};
use crate::store::split_drv;
use frazil_base::{Pos, Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::{CoerceMode, DeepForceTask, attribute_name};
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Builtin, Charge, ContextElement, Error, ErrorKind, Held, Next, Step, Stop, Task, Value,
    Vm,
};
use frazil_macros::builtin;
use frazil_store::StoreDir;
use std::collections::BTreeMap;

pub(crate) const ROWS: &[Builtin] = &[
    HAS_CONTEXT,
    GET_CONTEXT,
    APPEND_CONTEXT,
    UNSAFE_DISCARD_STRING_CONTEXT,
    UNSAFE_DISCARD_OUTPUT_DEPENDENCY,
    ADD_DRV_OUTPUT_DEPENDENCIES,
];

/// An element in Nix's encoding, with base names.
pub(crate) fn encoded(dir: &StoreDir, element: &ContextElement) -> Vec<u8> {
    let base = |path: &[u8]| -> Vec<u8> {
        dir.parse(path).map_or_else(|_| path.to_vec(), |path| path.base_name().to_vec())
    };
    match element {
        ContextElement::Opaque(path) => base(path),
        ContextElement::DrvDeep(drv) => [b"=", &*base(drv)].concat(),
        ContextElement::Built { drv, output } => {
            let (via, bottom) = split_drv(drv);
            let mut out = [b"!", &**output, b"!"].concat();
            for step in via.iter().rev() {
                out.extend_from_slice(step);
                out.push(b'!');
            }
            out.extend_from_slice(&base(bottom));
            out
        }
    }
}

/// Whether a string refers to store objects.
///
/// ```nix
/// builtins.hasContext "x"
/// ```
#[builtin(name = "hasContext", contexts = ["while evaluating the argument passed to builtins.hasContext"])]
fn has_context(vm: &mut Vm, text: Str) -> Answer {
    Ok(Value::bool(text.parts(vm).context != 0))
}

/// What is known of one store path in a context.
#[derive(Default)]
struct Entry {
    path: bool,
    all_outputs: bool,
    outputs: Vec<Vec<u8>>,
}

/// What a string refers to, by store path.
///
/// ```nix
/// builtins.getContext "${derivation { name = "x"; system = "s"; builder = "b"; }}"
/// ```
#[builtin(name = "getContext", contexts = ["while evaluating the argument passed to builtins.getContext"])]
fn get_context(vm: &mut Vm, text: Str) -> Answer {
    let context = text.parts(vm).context;
    let mut entries: BTreeMap<Vec<u8>, Entry> = BTreeMap::new();
    for element in vm.contexts.elements(context) {
        match element {
            ContextElement::Opaque(path) => entries.entry(path.to_vec()).or_default().path = true,
            ContextElement::DrvDeep(drv) => {
                entries.entry(drv.to_vec()).or_default().all_outputs = true;
            }
            ContextElement::Built { drv, output } => {
                if drv.contains(&b'!') {
                    return fail(
                        ErrorKind::Eval,
                        "the context of an output of an output cannot be shown as a set",
                    );
                }
                entries.entry(drv.to_vec()).or_default().outputs.push(output.to_vec());
            }
        }
    }
    let mut attrs = Vec::with_capacity(entries.len());
    for (path, mut entry) in entries {
        let mut parts = Vec::new();
        if entry.path {
            parts.push((sym::PATH, Value::TRUE));
        }
        if entry.all_outputs {
            parts.push((sym::ALL_OUTPUTS, Value::TRUE));
        }
        if !entry.outputs.is_empty() {
            entry.outputs.sort_unstable();
            let outputs: Vec<Value> =
                entry.outputs.iter().map(|output| vm.heap.string(output, 0)).collect();
            parts.push((sym::OUTPUTS, vm.heap.list(&outputs)));
        }
        attrs.push((vm.symbols.intern(&path), vm.make_attrs(parts)));
    }
    Ok(vm.make_attrs(attrs))
}

/// A string that also refers to what a set in the form of `getContext` says.
///
/// ```nix
/// builtins.appendContext "x" { }
/// ```
#[builtin(name = "appendContext")]
fn append_context(_vm: &mut Vm, text: Str, context: Attrs) -> Answer {
    task(AppendTask { text: text.0, set: context.0 })
}

/// Everything in the set is forced first; then the elements are read in one go.
struct AppendTask {
    text: Value,
    set: Value,
}

impl Task for AppendTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if input.is_empty_slot() {
            for key in vm.attrs_keys(self.set).to_vec() {
                check_key(vm, self.set, key)?;
            }
            return Ok(Next::Task(Box::new(DeepForceTask::new(self.set, Value::EMPTY))));
        }
        append(vm, self.text, self.set).map(Next::Done)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.text);
        tracer.visit(&mut self.set);
    }
}

fn check_key(vm: &mut Vm, set: Value, key: Symbol) -> Result<(), Error> {
    let name = vm.symbols.resolve(key);
    if vm.store_dir().parse(name).is_ok() {
        return Ok(());
    }
    let text = [b"context key '", &*attribute_name(name), b"' is not a store path"].concat();
    let pos = vm.attr_pos(set, key).unwrap_or(Pos::NONE);
    Err(Error::new(ErrorKind::Eval, text).or_at(pos))
}

fn append(vm: &mut Vm, text: Value, set: Value) -> Answer {
    let mut elements = Vec::new();
    // Each path is copied for its elements, and kept with the contexts.
    let mut room = Charge::default();
    for key in vm.attrs_keys(set).to_vec() {
        vm.work(1)?;
        let pos = vm.attr_pos(set, key).unwrap_or(Pos::NONE);
        let path = vm.symbols.resolve(key).to_vec();
        room.add(vm, 4 * (path.len() + size_of::<ContextElement>()))?;
        let entry = vm.attr(set, key).unwrap_or(Value::NULL);
        let entry = vm.heap.follow(entry);
        if !entry.is_attrs() {
            let error = vm.expected("a set", entry);
            return Err(
                at_place(error, "while evaluating the value of a string context", pos).into()
            );
        }
        let is_derivation = path.ends_with(b".drv");
        if flag(vm, entry, sym::PATH, "path")? {
            elements.push(ContextElement::Opaque(path.clone().into()));
        }
        if flag(vm, entry, sym::ALL_OUTPUTS, "allOutputs")? {
            if !is_derivation {
                return Err(no_derivation("all-outputs", &path, pos));
            }
            elements.push(ContextElement::DrvDeep(path.clone().into()));
        }
        let outputs = output_names(vm, entry)?;
        if !outputs.is_empty() && !is_derivation {
            return Err(no_derivation("derivation output", &path, pos));
        }
        for output in outputs {
            room.add(vm, 2 * (path.len() + size_of::<ContextElement>()))?;
            let (drv, output) = (path.clone().into(), output.into());
            elements.push(ContextElement::Built { drv, output });
        }
    }
    let added = vm.contexts.of(elements);
    let Some(string) = vm.heap.as_string(&text) else { return Ok(text) };
    let (bytes, context) = (Held::copy_of(vm, string.bytes)?, string.context);
    let context = vm.contexts.union(context, added);
    Ok(vm.long_string(&bytes, context)?)
}

#[cold]
fn no_derivation(what: &str, path: &[u8], pos: Pos) -> Stop {
    let text = [
        b"tried to add ",
        what.as_bytes(),
        b" context of \"",
        path,
        b"\", which is not a derivation, to a string",
    ];
    Error::new(ErrorKind::Eval, text.concat()).or_at(pos).into()
}

/// An error with one more line of trace that has a place.
fn at_place(mut error: Error, context: &str, pos: Pos) -> Error {
    error.push(line(context, pos));
    error
}

fn flag(vm: &mut Vm, entry: Value, name: Symbol, text: &str) -> Result<bool, Error> {
    let Some(value) = vm.attr(entry, name) else { return Ok(false) };
    let value = vm.heap.follow(value);
    value.as_bool().ok_or_else(|| {
        let pos = vm.attr_pos(entry, name).unwrap_or(Pos::NONE);
        let context = format!("while evaluating the `{text}` attribute of a string context");
        at_place(vm.expected("a Boolean", value).or_at(pos), &context, pos)
    })
}

fn output_names(vm: &mut Vm, entry: Value) -> Result<Vec<Vec<u8>>, Error> {
    let Some(value) = vm.attr(entry, sym::OUTPUTS) else { return Ok(Vec::new()) };
    let value = vm.heap.follow(value);
    let pos = vm.attr_pos(entry, sym::OUTPUTS).unwrap_or(Pos::NONE);
    let Some(elements) = vm.heap.as_list(value) else {
        let context = "while evaluating the `outputs` attribute of a string context";
        return Err(at_place(vm.expected("a list", value), context, pos));
    };
    let elements: Vec<Value> = elements.iter().map(|element| vm.heap.follow(*element)).collect();
    let context = "while evaluating an output name within a string context";
    let mut names = Vec::with_capacity(elements.len());
    for element in elements {
        match vm.heap.as_string(&element) {
            Some(string) if string.context == 0 => names.push(string.bytes.to_vec()),
            Some(_) => return Err(at_place(vm.context_forbidden(element), context, pos)),
            None => {
                let error = vm.expected("a string", element).or_at(pos);
                return Err(at_place(error, context, pos));
            }
        }
    }
    Ok(names)
}

/// The string with another context.
fn with_context(vm: &mut Vm, text: Value, context: u32) -> Answer {
    match vm.heap.as_string(&text) {
        Some(string) if string.context != context => {
            let bytes = Held::copy_of(vm, string.bytes)?;
            Ok(vm.long_string(&bytes, context)?)
        }
        _ => Ok(text),
    }
}

/// A string that refers to nothing.
///
/// ```nix
/// builtins.unsafeDiscardStringContext "x"
/// ```
#[builtin(name = "unsafeDiscardStringContext", contexts = ["while evaluating the argument passed to builtins.unsafeDiscardStringContext"])]
fn unsafe_discard_string_context(vm: &mut Vm, text: Forced) -> Answer {
    let context = "while evaluating the argument passed to builtins.unsafeDiscardStringContext";
    on_text(vm, text.0, CoerceMode::INTERPOLATION, context, NONE, |vm, text, _| {
        with_context(vm, text, 0)
    })
}

/// A string that refers to the files of derivations, where it referred to all their outputs.
///
/// ```nix
/// builtins.unsafeDiscardOutputDependency "x"
/// ```
#[builtin(name = "unsafeDiscardOutputDependency", contexts = ["while evaluating the argument passed to builtins.unsafeDiscardOutputDependency"])]
fn unsafe_discard_output_dependency(vm: &mut Vm, text: Forced) -> Answer {
    let context = "while evaluating the argument passed to builtins.unsafeDiscardOutputDependency";
    on_text(vm, text.0, CoerceMode::INTERPOLATION, context, NONE, |vm, text, _| {
        let context = vm.heap.as_string(&text).map_or(0, |string| string.context);
        let elements: Vec<ContextElement> = vm
            .contexts
            .elements(context)
            .map(|element| match element {
                ContextElement::DrvDeep(drv) => ContextElement::Opaque(drv.clone()),
                other => other.clone(),
            })
            .collect();
        let context = vm.contexts.of(elements);
        with_context(vm, text, context)
    })
}

/// The path of a derivation as a string that refers to all its outputs too.
///
/// ```nix
/// builtins.addDrvOutputDependencies (derivation { name = "x"; system = "s"; builder = "b"; }).drvPath
/// ```
#[builtin(name = "addDrvOutputDependencies", contexts = ["while evaluating the argument passed to builtins.addDrvOutputDependencies"])]
fn add_drv_output_dependencies(vm: &mut Vm, text: Forced) -> Answer {
    let context = "while evaluating the argument passed to builtins.addDrvOutputDependencies";
    on_text(vm, text.0, CoerceMode::INTERPOLATION, context, NONE, |vm, text, _| {
        let string = vm.heap.as_string(&text);
        let (bytes, context) =
            string.map_or((Vec::new(), 0), |string| (string.bytes.to_vec(), string.context));
        let elements: Vec<ContextElement> = vm.contexts.elements(context).cloned().collect();
        let [element] = &*elements else {
            let count = elements.len().to_string();
            let message = [
                b"context of string '",
                &*bytes,
                b"' must have exactly one element, but has ",
                count.as_bytes(),
            ];
            return fail(ErrorKind::Eval, message.concat());
        };
        match element {
            ContextElement::DrvDeep(_) => Ok(text),
            ContextElement::Opaque(path) if path.ends_with(b".drv") => {
                let context = vm.contexts.single(ContextElement::DrvDeep(path.clone()));
                with_context(vm, text, context)
            }
            ContextElement::Opaque(path) => {
                fail(ErrorKind::Eval, [b"path '", &**path, b"' is not a derivation"].concat())
            }
            ContextElement::Built { output, .. } => {
                let message = [
                    b"`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '",
                    &**output,
                    b"'",
                ];
                fail(ErrorKind::Eval, message.concat())
            }
        }
    })
}
