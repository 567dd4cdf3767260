//! Files as store objects: `path`, `filterSource`, `toFile`, `storePath`.
//!
//! In: paths, filters, hashes, texts. Out: store paths with their contexts. A filter is asked by a task, entry by entry with an
//! explicit stack; what it kept is hashed afterwards. Not here: copying whole paths by coercion (`frazil-eval`).

use crate::args::{Attrs, Forced, Function, PlainStr, Str, fail, in_context, take, task};
use crate::coerced::{NONE, PathArgument, Rest, on_path, realise};
use crate::fields::{self, Field, Form, Kind};
use crate::hashes::{hash_of_file, sha256_of_text};
use crate::paths::{resolve, type_value};
use crate::recipe::parse_hash;
use crate::store::{Derivations, parse};
use frazil_base::{Pos, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::host::{FileType, HostError, Ingestion};
use frazil_eval::ops::base_name;
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Arguments, Builtin, ContextElement, Error, ErrorKind, Next, Step, Stop, Task,
    TraceLine, Value, Vm,
};
use frazil_macros::builtin;
use frazil_store::Algorithm;
use frazil_store::hash::Hash;
use frazil_store::path::{Method, StorePath};

pub(crate) const ROWS: &[Builtin] = &[PATH, FILTER_SOURCE, TO_FILE, STORE_PATH];

/// A copy of a file or tree in the store, with a name, a filter or a hash of one's own.
///
/// ```nix
/// builtins.path { path = ./.; name = "source"; filter = path: type: type != "symlink"; }
/// ```
#[builtin(name = "path", contexts = ["while evaluating the argument passed to 'builtins.path'"])]
fn path(vm: &mut Vm, arguments: Attrs) -> Answer {
    fields::read(vm, arguments.0, &PATH_FORM)
}

static PATH_FORM: Form = Form {
    fields: &[
        Field {
            name: "path",
            kind: Kind::Path,
            context: "while evaluating the 'path' attribute passed to 'builtins.path'",
        },
        Field {
            name: "name",
            kind: Kind::Plain,
            context: "while evaluating the `name` attribute passed to builtins.path",
        },
        Field {
            name: "filter",
            kind: Kind::Function,
            context: "while evaluating the `filter` parameter passed to builtins.path",
        },
        Field {
            name: "recursive",
            kind: Kind::Bool,
            context: "while evaluating the `recursive` attribute passed to builtins.path",
        },
        Field {
            name: "sha256",
            kind: Kind::Plain,
            context: "while evaluating the `sha256` attribute passed to builtins.path",
        },
    ],
    unsupported: |name| format!("unsupported argument '{name}' to 'builtins.path'"),
    complete: |vm, set| match vm.attr(set, sym::PATH) {
        Some(_) => Ok(()),
        None => fail(
            ErrorKind::Eval,
            "missing required 'path' attribute in the first argument to 'builtins.path'",
        ),
    },
    placed: true,
    done: copy_with,
};

fn copy_with(vm: &mut Vm, values: &[Value]) -> Answer {
    let &[path, name, filter, recursive, sha256] = values else {
        return fail(ErrorKind::Eval, "builtins.path lost an argument, please report it");
    };
    let bytes =
        |vm: &Vm, value: Value| vm.heap.as_string(&value).map(|string| string.bytes.to_vec());
    let (name, sha256) = (bytes(vm, name), bytes(vm, sha256));
    let expected = match sha256 {
        Some(text) => Some(parse_hash(vm, &text, Some(Algorithm::Sha256))?),
        None => None,
    };
    let argument = match vm.heap.as_path(path) {
        Some(path) => PathArgument { path: path.to_vec(), ..PathArgument::default() },
        None => crate::coerced::absolute(vm, path)?,
    };
    let recursive = recursive.as_bool().unwrap_or(true);
    let filter = if recursive { filter } else { Value::EMPTY };
    start(vm, &argument, name, filter, recursive, expected)
}

/// A copy of a file or tree in the store, of which a function chooses the parts by path and type.
///
/// ```nix
/// builtins.filterSource (path: type: type != "symlink") ./.
/// ```
#[builtin(name = "filterSource", contexts = [
    "while evaluating the first argument passed to builtins.filterSource",
    "while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'"
], order = [1, 0])]
fn filter_source(vm: &mut Vm, filter: Value, path: Forced) -> Answer {
    let context = "while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'";
    on_path(vm, path.0, context, [filter, Value::EMPTY], |vm, path, rest: Rest| {
        let context = "while evaluating the first argument passed to builtins.filterSource";
        let filter = take::<Function>(vm, rest[0], context)?;
        start(vm, &path, None, filter.0, true, None)
    })
}

fn start(
    vm: &mut Vm,
    argument: &PathArgument,
    name: Option<Vec<u8>>,
    filter: Value,
    recursive: bool,
    expected: Option<Hash>,
) -> Answer {
    let path = realise(vm, argument)?;
    let name = name.unwrap_or_else(|| base_name(&path).to_vec());
    task(CopyTask {
        shown: path,
        root: Vec::new(),
        name,
        filter,
        recursive,
        expected,
        waiting: Vec::new(),
        kept: Vec::new(),
        asked: None,
    })
}

struct CopyTask {
    /// The path as it was given, for messages.
    shown: Vec<u8>,
    /// The path with links followed; empty before the first step.
    root: Vec<u8>,
    name: Vec<u8>,
    filter: Value,
    recursive: bool,
    expected: Option<Hash>,
    /// Entries that the filter was not asked about yet, the next one last.
    waiting: Vec<Vec<u8>>,
    kept: Vec<Vec<u8>>,
    /// The entry that the filter is being asked about, with its type.
    asked: Option<(Vec<u8>, FileType)>,
}

impl CopyTask {
    fn open(&mut self, vm: &mut Vm, directory: &[u8]) -> Result<(), Error> {
        let listed =
            vm.host.read_dir(directory).map_err(|error| vm.host_error(directory, error))?;
        let mut names: Vec<Vec<u8>> = listed.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable_by(|a, b| b.cmp(a));
        let directory = if directory == b"/" { b"" } else { directory };
        self.waiting.extend(names.into_iter().map(|name| [directory, b"/", &*name].concat()));
        Ok(())
    }

    fn method(&self) -> Method {
        if self.recursive { Method::Nar } else { Method::Flat }
    }

    fn store_path(&self, vm: &Vm, hash: &Hash) -> Result<StorePath, Stop> {
        let made = vm.store_dir().make_fixed_output_path(self.method(), hash, &self.name);
        made.map_err(|error| match error {
            frazil_store::path::MethodError::Path(error) => {
                Error::new(ErrorKind::Eval, error.message()).into()
            }
            other => Error::new(ErrorKind::Eval, other.to_string()).into(),
        })
    }

    /// Finds out what there is at the root; `Some`: the answer is known already.
    fn begin(&mut self, vm: &mut Vm) -> Result<Option<Value>, Stop> {
        if let Some(hash) = self.expected {
            let path = self.store_path(vm, &hash)?;
            let whole = vm.store_dir().print(&path);
            if vm.host.is_valid_path(&whole) {
                return Ok(Some(object(vm, &whole)));
            }
        }
        self.root = resolve(vm, &self.shown)?;
        let kind = vm.host.file_type(&self.root);
        match kind.map_err(|error| vm.host_error(&self.root, error))? {
            None => Err(vm.host_error(&self.root, HostError::NotFound).into()),
            Some(FileType::Directory) if !self.recursive => {
                fail(ErrorKind::Io, "read of 4096 bytes: Is a directory")
            }
            Some(FileType::Directory) if !self.filter.is_empty_slot() => {
                let root = self.root.clone();
                self.open(vm, &root)?;
                Ok(None)
            }
            Some(_) => Ok(None),
        }
    }

    fn finish(&mut self, vm: &mut Vm) -> Answer {
        let kept = (!self.filter.is_empty_slot()).then_some(&*self.kept);
        let hash = if self.recursive {
            vm.hash_tree(&self.root, kept)?
        } else {
            hash_of_file(vm, &self.root, Algorithm::Sha256)?
        };
        let path = self.store_path(vm, &hash)?;
        if self.expected.is_some_and(|expected| expected != hash) {
            let text = [
                b"store path mismatch in (possibly filtered) path added from '",
                &*self.shown,
                b"'",
            ];
            return fail(ErrorKind::Eval, text.concat());
        }
        let whole = vm.store_dir().print(&path);
        let how = if self.recursive { Ingestion::Nar } else { Ingestion::Flat };
        vm.write_tree(&whole, &self.root, kept, how)?;
        Ok(object(vm, &whole))
    }

    fn advance(&mut self, vm: &mut Vm, input: Value) -> Step {
        if self.root.is_empty()
            && let Some(known) = self.begin(vm)?
        {
            return Ok(Next::Done(known));
        }
        if let Some((path, kind)) = self.asked.take() {
            let Some(keep) = input.as_bool() else {
                let context = "while evaluating the return value of the path filter function";
                return Err(in_context(vm.expected("a Boolean", input), context).into());
            };
            if keep {
                if kind == FileType::Directory {
                    self.open(vm, &path)?;
                }
                self.kept.push(path);
            }
        }
        let Some(path) = self.waiting.pop() else { return self.finish(vm).map(Next::Done) };
        let kind = vm.host.file_type(&path).map_err(|error| vm.host_error(&path, error))?;
        let Some(kind) = kind else {
            return Err(vm.host_error(&path, HostError::NotFound).into());
        };
        let arguments = Arguments::two(vm.heap.string(&path, 0), type_value(vm, kind));
        self.asked = Some((path, kind));
        Ok(Next::Call(self.filter, arguments))
    }
}

impl Task for CopyTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        self.advance(vm, input)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.filter);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        vec![line([b"while adding path '", &*self.shown, b"'"].concat(), Pos::NONE)]
    }
}

/// A store path as a string that refers to it.
fn object(vm: &mut Vm, path: &[u8]) -> Value {
    let context = vm.contexts.single(ContextElement::Opaque(path.into()));
    vm.heap.string(path, context)
}

/// A text as a file in the store; it may refer to store objects, but not to outputs of derivations.
///
/// ```nix
/// builtins.toFile "greeting" "hello"
/// ```
#[builtin(name = "toFile")]
fn to_file(vm: &mut Vm, name: PlainStr, text: Str) -> Answer {
    let dir = vm.store_dir();
    let name = name.bytes(vm).to_vec();
    let mut references = Vec::new();
    let context = text.parts(vm).context;
    let mut elements: Vec<&ContextElement> = vm.contexts.elements(context).collect();
    elements.sort_unstable();
    for element in elements {
        let ContextElement::Opaque(path) = element else {
            let shown = crate::context::encoded(&dir, element);
            let text = [
                b"files created by builtins.toFile may not reference derivations, but ",
                &*name,
                b" references ",
                &*shown,
            ];
            return fail(ErrorKind::Eval, text.concat());
        };
        references.push(parse(&dir, path)?);
    }
    references.sort_unstable();
    references.dedup();
    let digest = sha256_of_text(vm, text)?;
    let path = dir.make_text_path(&digest, &references, &name);
    let path = path.map_err(|error| Error::new(ErrorKind::Eval, error.message()))?;
    let whole = dir.print(&path);
    if vm.settings.write_store {
        let printed: Vec<Vec<u8>> = references.iter().map(|path| dir.print(path)).collect();
        let bytes = text.bytes(vm).to_vec();
        let written = vm.host.store_text(&whole, &bytes, &printed);
        written.map_err(|error| vm.host_error(&whole, error))?;
    }
    vm.extension::<Derivations>().texts.insert(path, references);
    Ok(object(vm, &whole))
}

/// A string that is a store path (or below one), with the context that says so.
///
/// ```nix
/// builtins.storePath "/nix/store/1rz4g4znpzjwh1xymhjpm42vipw92pr7-hello"
/// ```
#[builtin(name = "storePath", contexts = ["while evaluating the first argument passed to 'builtins.storePath'"])]
fn store_path(vm: &mut Vm, path: Forced) -> Answer {
    if vm.settings.pure {
        return fail(
            ErrorKind::Forbidden,
            "'builtins.storePath' is not allowed in pure evaluation mode",
        );
    }
    let context = "while evaluating the first argument passed to 'builtins.storePath'";
    on_path(vm, path.0, context, NONE, |vm, argument, _| {
        let dir = vm.store_dir();
        let mut path = argument.path.clone();
        if matches!(dir.parse_prefix(&path), Err(frazil_store::path::PathError::NotInStore(_))) {
            path = resolve(vm, &path)?;
        }
        let found = dir.parse_prefix(&path).map(|(found, _)| found);
        let found = found.map_err(|error| Error::new(ErrorKind::Eval, error.message()))?;
        let whole = dir.print(&found);
        if vm.settings.write_store && !vm.host.is_valid_path(&whole) {
            return fail(ErrorKind::Io, [b"path '", &*whole, b"' is not valid"].concat());
        }
        let element = vm.contexts.single(ContextElement::Opaque(whole.into()));
        let context = vm.contexts.union(argument.context, element);
        Ok(vm.heap.string(&path, context))
    })
}
