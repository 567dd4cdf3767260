//! Other files and the environment: `import`, `scopedImport`, `findFile`, `getEnv`.
//!
//! In: paths, strings that name them, search paths. Out: values of files, paths.
//! Not here: loading and its cache (`vm/import.rs` of the evaluator), reading files as text (`paths.rs`).

use crate::args::{
    Attrs, ForcedInContext, FromArgument, List, PlainStr, Str, fail, in_context, task,
};
use crate::attrs::missing;
use crate::coerced::{NONE, PathArgument, on_path, realise};
use crate::import_derivation::{derivation_at, import_derivation};
use frazil_base::Pos;
use frazil_base::{Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::host::Message;
use frazil_eval::ops::{CoerceMode, CoerceTask, canonical_path, parent};
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Arguments, Builtin, Error, ErrorKind, Next, Step, Task, TraceLine, Value, Vm,
};
use frazil_macros::builtin;
use hashbrown::HashMap;

pub(crate) const ROWS: &[Builtin] = &[IMPORT, SCOPED_IMPORT, FIND_FILE, GET_ENV];

const REALISING: &str = "while realising the context of a path";

/// The value of the file at a path, or of `default.nix` in the folder there. Each file is evaluated once.
///
/// ```nix
/// builtins.isFunction import
/// ```
#[builtin(name = "import", global, contexts = ["while realising the context of a path"])]
fn import(vm: &mut Vm, path: ForcedInContext) -> Answer {
    on_path(vm, path.0, REALISING, NONE, |vm, argument, _| {
        let path = realise(vm, &argument)?;
        match derivation_at(vm, &path) {
            Some(parsed) => import_derivation(vm, &path, &parsed),
            None => Ok(vm.import(&path)?),
        }
    })
}

/// As `import`, with the attributes of a set as global names of the file. The file is evaluated each time.
///
/// ```nix
/// builtins.isFunction (builtins.scopedImport { })
/// ```
#[builtin(
    name = "scopedImport",
    global,
    order = [1, 0],
    contexts = [
        "while evaluating the first argument passed to builtins.scopedImport",
        "while realising the context of a path",
    ],
)]
fn scoped_import(vm: &mut Vm, scope: Value, path: ForcedInContext) -> Answer {
    on_path(vm, path.0, REALISING, [scope, Value::EMPTY], |vm, argument, [scope, _]| {
        let path = realise(vm, &argument)?;
        task(ScopedImport { scope, path, called: false })
    })
}

struct ScopedImport {
    scope: Value,
    path: Vec<u8>,
    called: bool,
}

impl Task for ScopedImport {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if self.called {
            return Ok(Next::Done(input));
        }
        let scope = vm.heap.follow(self.scope);
        if !scope.is_whnf() {
            return Ok(Next::Force(scope));
        }
        if !scope.is_attrs() {
            let context = "while evaluating the first argument passed to builtins.scopedImport";
            return Err(in_context(Attrs::refuse(vm, scope), context).into());
        }
        self.called = true;
        let scope = vm.whole(scope);
        let names: Vec<Symbol> = vm.attrs_keys(scope).to_vec();
        let path = vm.resolve_import(&self.path)?;
        let function = vm.load_file(&path, Some(&names))?;
        Ok(Next::Call(function, Arguments::one(scope)))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.scope);
    }
}

/// Looks a name up in a search path, a list of sets with `path` and perhaps `prefix`: `<name>` as a function.
///
/// ```nix
/// builtins.tryEval (builtins.findFile [ ] "nixpkgs")
/// ```
#[builtin(name = "findFile")]
fn find_file(_vm: &mut Vm, search_path: List, name: Str) -> Answer {
    task(FindFile {
        search_path: search_path.0,
        name: name.0,
        index: 0,
        entries: Vec::new(),
        prefix: Vec::new(),
        phase: FindPhase::Element,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FindPhase {
    Element,
    Prefix,
    Path,
}

struct FindFile {
    search_path: Value,
    name: Value,
    index: usize,
    /// Prefix and path of the entries so far.
    entries: Vec<(Vec<u8>, PathArgument)>,
    prefix: Vec<u8>,
    phase: FindPhase,
}

/// Which entries of search paths exist: those that do not are warned of once.
#[derive(Default)]
struct SearchEntries(HashMap<Vec<u8>, Option<Vec<u8>>>);

const ENTRY_PREFIX: &str =
    "while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile";
const ENTRY_PATH: &str =
    "while evaluating the `path` attribute of an element of the list passed to builtins.findFile";

impl Task for FindFile {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if self.phase == FindPhase::Path && !input.is_empty_slot() {
            self.take_path(vm, input);
        }
        loop {
            self.phase = FindPhase::Element;
            let Some(set) = List(self.search_path).elements(vm).get(self.index).copied() else {
                return self.search(vm);
            };
            let set = vm.heap.follow(set);
            if !set.is_whnf() {
                return Ok(Next::Force(set));
            }
            if !set.is_attrs() {
                let context = "while evaluating an element of the list passed to builtins.findFile";
                return Err(in_context(Attrs::refuse(vm, set), context).into());
            }
            self.prefix.clear();
            if let Some(prefix) = vm.attr(set, sym::PREFIX) {
                self.phase = FindPhase::Prefix;
                let prefix = vm.heap.follow(prefix);
                if !prefix.is_whnf() {
                    return Ok(Next::Force(prefix));
                }
                match vm.heap.as_string(&prefix) {
                    Some(string) if string.context == 0 => self.prefix = string.bytes.to_vec(),
                    _ => return Err(PlainStr::refuse(vm, prefix).into()),
                }
            }
            let Some(path) = vm.attr(set, sym::PATH) else {
                self.phase = FindPhase::Element;
                let context = "in an element of the __nixPath";
                return Err(missing(vm, sym::PATH, context).into());
            };
            self.phase = FindPhase::Path;
            let path = vm.heap.follow(path);
            if path.is_string() {
                self.take_path(vm, path);
                continue;
            }
            return Ok(Next::Task(Box::new(CoerceTask::new(path, CoerceMode::WEAK))));
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.search_path);
        tracer.visit(&mut self.name);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        match self.phase {
            FindPhase::Element => Vec::new(),
            FindPhase::Prefix => vec![line(ENTRY_PREFIX, Pos::NONE)],
            FindPhase::Path => vec![line(ENTRY_PATH, Pos::NONE)],
        }
    }
}

impl FindFile {
    fn take_path(&mut self, vm: &Vm, path: Value) {
        let (path, context) = vm
            .heap
            .as_string(&path)
            .map_or((Vec::new(), 0), |string| (string.bytes.to_vec(), string.context));
        let argument = PathArgument { path, must_be_directory: false, context };
        self.entries.push((std::mem::take(&mut self.prefix), argument));
        self.index += 1;
    }

    fn search(&mut self, vm: &mut Vm) -> Step {
        let name = vm.heap.as_string(&self.name).map_or(Vec::new(), |name| name.bytes.to_vec());
        let entries = std::mem::take(&mut self.entries);
        for (prefix, entry) in &entries {
            let Some(rest) = rest_after(&name, prefix) else { continue };
            let path = realise(vm, entry)?;
            let Some(found) = existing_entry(vm, &path) else { continue };
            let path = if rest.is_empty() { found } else { [&*found, b"/", rest].concat() };
            let path = canonical_path(&path);
            if exists(vm, &path)? {
                return Ok(Next::Done(vm.heap.path(&path)));
            }
        }
        if let Some(file) = name.strip_prefix(b"nix/") {
            let path = [CORE_FILES, file].concat();
            return Ok(Next::Done(vm.heap.path(&canonical_path(&path))));
        }
        let text = if vm.settings.pure {
            [
                b"cannot look up '<",
                &*name,
                b">' in pure evaluation mode (use '--impure' to override)",
            ]
            .concat()
        } else {
            [
                b"file '",
                &*name,
                b"' was not found in the Nix search path (add it using $NIX_PATH or -I)",
            ]
            .concat()
        };
        fail(ErrorKind::Thrown, text)
    }
}

/// Files that come with the evaluator: path and text.
pub const FILES: &[(&[u8], &[u8])] =
    &[(b"/__corepkgs__/fetchurl.nix", include_bytes!("fetchurl.nix"))];

/// Where the files that come with Nix stand, which `<nix/…>` falls back to.
const CORE_FILES: &[u8] = b"/__corepkgs__/";

/// What is left of a name after a prefix of whole components.
fn rest_after<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    if prefix.is_empty() {
        return Some(name);
    }
    let rest = name.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
}

/// The folder or file of an entry, links resolved, if it exists.
fn existing_entry(vm: &mut Vm, entry: &[u8]) -> Option<Vec<u8>> {
    if let Some(known) = vm.extension::<SearchEntries>().0.get(entry) {
        return known.clone();
    }
    let path = canonical_path(entry);
    let found = if entry.starts_with(b"/") { resolved(vm, &path).ok() } else { None };
    let found = found.filter(|path| matches!(vm.host.file_type(path), Ok(Some(_))));
    if found.is_none() {
        let text = [b"Nix search path entry '", entry, b"' does not exist, ignoring"].concat();
        vm.host.message(Message::Warning, &text);
    }
    vm.extension::<SearchEntries>().0.insert(entry.to_vec(), found.clone());
    found
}

/// A path with all links followed, the last one too.
fn resolved(vm: &mut Vm, path: &[u8]) -> Result<Vec<u8>, Error> {
    let inside = vm.resolve_parents(&[path, b"/."].concat())?;
    Ok(parent(&inside).to_vec())
}

fn exists(vm: &mut Vm, path: &[u8]) -> Result<bool, Error> {
    let path = vm.resolve_parents(path)?;
    Ok(matches!(vm.host.file_type(&path), Ok(Some(_))))
}

/// The value of an environment variable, or `""`. Always `""` in pure and restricted evaluation.
///
/// ```nix
/// builtins.isString (builtins.getEnv "HOME")
/// ```
#[builtin(name = "getEnv")]
fn get_env(vm: &mut Vm, name: PlainStr) -> Answer {
    if vm.settings.pure || vm.settings.restricted {
        return Ok(Value::EMPTY_STRING);
    }
    let name = name.bytes(vm).to_vec();
    let value = vm.host.env(&name).unwrap_or_default();
    Ok(vm.heap.string(&value, 0))
}
