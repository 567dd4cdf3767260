//! Paths as text, and what stands at them: directories listed, files read.
//!
//! In: paths, or strings that name them (then what they refer to is built first). Out: values with the contexts they must
//! keep. All looking goes through the host, on canonical paths. Not here: copying to the store (`path_copy.rs`), importing.

use crate::args::{Forced, fail, in_context};
use crate::coerced::{NONE, on_path, on_text, realise};
use frazil_eval::host::{FileType, HostError};
use frazil_eval::ops::{CoerceMode, canonical_path, parent};
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Held, Stop, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[BASE_NAME_OF, DIR_OF, TO_PATH, PATH_EXISTS, READ_FILE, READ_DIR, READ_FILE_TYPE];

/// Links followed before giving up.
const MAX_LINKS: usize = 1024;

const REALISING: &str = "while realising the context of a path";

/// The path with all links followed, the last component's too.
pub(crate) fn resolve(vm: &mut Vm, path: &[u8]) -> Result<Vec<u8>, Error> {
    let mut path = vm.resolve_parents(path)?;
    for _ in 0..MAX_LINKS {
        match vm.host.file_type(&path) {
            Ok(Some(FileType::Symlink)) => {}
            // What is not there, or may not be looked at, fails in its own words where it is used.
            _ => return Ok(path),
        }
        let target = vm.host.read_link(&path).map_err(|error| vm.host_error(&path, error))?;
        let joined = if target.starts_with(b"/") {
            target
        } else {
            [parent(&path), b"/", &*target].concat()
        };
        path = vm.resolve_parents(&canonical_path(&joined))?;
    }
    let text = [b"too many symbolic links encountered while traversing the path '", &*path, b"'"];
    Err(Error::new(ErrorKind::Io, text.concat()))
}

/// Where the last slash of a text is, which may be long.
fn last_slash(vm: &Vm, text: &[u8]) -> Result<Option<usize>, Error> {
    const PIECE: usize = 1 << 20;
    let mut end = text.len();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        if let Some(at) = text[start..end].iter().rposition(|byte| *byte == b'/') {
            return Ok(Some(start + at));
        }
        end = start;
        if end > 0 {
            vm.look()?;
        }
    }
    Ok(None)
}

/// The last component of a path or string; one slash at its end does not count.
///
/// ```nix
/// baseNameOf "/a/b"
/// ```
#[builtin(name = "baseNameOf", global)]
fn base_name_of(vm: &mut Vm, path: Forced) -> Answer {
    on_text(
        vm,
        path.0,
        CoerceMode::WEAK,
        "while evaluating the first argument passed to builtins.baseNameOf",
        NONE,
        |vm, text, _| {
            let Some(string) = vm.heap.as_string(&text) else { return Ok(text) };
            let bytes = string.bytes;
            let end = bytes.len() - usize::from(bytes.ends_with(b"/"));
            let start = last_slash(vm, &bytes[..end])?.map_or(0, |at| at + 1);
            Ok(vm.substring(text, start..end)?)
        },
    )
}

/// The directory part of a path or string, as what it was given.
///
/// ```nix
/// dirOf "/a/b"
/// ```
#[builtin(name = "dirOf", global, contexts = ["while evaluating the first argument passed to 'builtins.dirOf'"])]
fn dir_of(vm: &mut Vm, path: Forced) -> Answer {
    if let Some(path) = vm.heap.as_path(path.0) {
        let directory = parent(path).to_vec();
        return Ok(vm.heap.path(&directory));
    }
    on_text(
        vm,
        path.0,
        CoerceMode::WEAK,
        "while evaluating the first argument passed to 'builtins.dirOf'",
        NONE,
        |vm, text, _| {
            let Some(string) = vm.heap.as_string(&text) else { return Ok(text) };
            let context = string.context;
            Ok(match last_slash(vm, string.bytes)? {
                None => vm.heap.string(b".", context),
                Some(0) => vm.heap.string(b"/", context),
                Some(at) => vm.substring(text, 0..at)?,
            })
        },
    )
}

/// A string that is an absolute path, in canonical form.
///
/// ```nix
/// builtins.toPath "/a/../b"
/// ```
#[builtin(name = "toPath")]
fn to_path(vm: &mut Vm, path: Forced) -> Answer {
    let context = "while evaluating the first argument passed to builtins.toPath";
    on_path(vm, path.0, context, NONE, |vm, path, _| Ok(vm.long_string(&path.path, path.context)?))
}

/// Whether there is something at a path; a link counts, whether or not its target exists.
///
/// ```nix
/// builtins.pathExists ./default.nix
/// ```
#[builtin(name = "pathExists")]
fn path_exists(vm: &mut Vm, path: Forced) -> Answer {
    on_path(vm, path.0, REALISING, NONE, |vm, argument, _| {
        let path = realise(vm, &argument)?;
        let must_be_directory = argument.must_be_directory;
        let found = match vm.resolve_parents(&path) {
            Ok(path) if must_be_directory => resolve(vm, &path),
            other => other,
        };
        let found = match found {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::Forbidden => return Ok(Value::FALSE),
            Err(error) => return Err(error.into()),
        };
        match type_at(vm, &found) {
            Ok(kind) => Ok(Value::bool(match kind {
                Some(FileType::Directory) => true,
                Some(_) => !must_be_directory,
                None => false,
            })),
            Err(HostError::Forbidden(_) | HostError::NotFound) => Ok(Value::FALSE),
            Err(error) => Err(vm.host_error(&found, error).into()),
        }
    })
}

/// What is at a path. The store's folder is one, and empty, also where no store is on this machine.
fn type_at(vm: &mut Vm, path: &[u8]) -> Result<Option<FileType>, HostError> {
    match vm.host.file_type(path) {
        Ok(None) | Err(HostError::NotFound) if path == vm.settings.store_dir => {
            Ok(Some(FileType::Directory))
        }
        other => other,
    }
}

/// The contents of a file.
///
/// ```nix
/// builtins.readFile ./README.md
/// ```
#[builtin(name = "readFile")]
fn read_file(vm: &mut Vm, path: Forced) -> Answer {
    on_path(vm, path.0, REALISING, NONE, |vm, argument, _| {
        let path = realise(vm, &argument)?;
        let found = resolve(vm, &path)?;
        if matches!(vm.host.file_type(&found), Ok(Some(FileType::Directory))) {
            return fail(ErrorKind::Io, "read of 4096 bytes: Is a directory");
        }
        let text = read_text(vm, &found).map_err(|failed| match failed {
            Unread::Host(error) => vm.host_error(&path, error).into(),
            Unread::Ended(error) => Stop::Fail(error),
            Unread::Nul => {
                let message = [
                    b"the contents of the file '",
                    &*path,
                    b"' cannot be represented as a Nix string",
                ];
                Error::new(ErrorKind::Eval, message.concat()).into()
            }
        })?;
        let context = crate::store::references_in(vm, &found, &text);
        Ok(vm.long_string_from(text.into_vec(), context)?)
    })
}

/// Why there is no text.
enum Unread {
    Host(HostError),
    /// The evaluation is to end.
    Ended(Error),
    /// It has a zero byte.
    Nul,
}

/// The contents of a file, taken in piece by piece.
fn read_text(vm: &mut Vm, path: &[u8]) -> Result<Held<u8>, Unread> {
    let mut text = Held::new();
    let mut watch = vm.watch();
    let mut failed = None;
    let read = vm.host.read_file_in_pieces(path, &mut |bytes| {
        // Hosts may give all of a file at once.
        failed = bytes.chunks(1 << 20).find_map(|piece| {
            if piece.contains(&0) {
                return Some(Unread::Nul);
            }
            let taken = text.append(&watch, piece).and_then(|()| watch.work(piece.len() >> 6));
            taken.err().map(Unread::Ended)
        });
        failed.is_none()
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    read.map_err(Unread::Host)?;
    vm.settle(watch).map_err(Unread::Ended)?;
    Ok(text)
}

fn type_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Regular { .. } => "regular",
        FileType::Directory => "directory",
        FileType::Symlink => "symlink",
        FileType::Unknown => "unknown",
    }
}

/// What a filter or a caller is told of a file's type, as a string value.
pub(crate) fn type_value(vm: &mut Vm, kind: FileType) -> Value {
    vm.heap.string(type_name(kind).as_bytes(), 0)
}

/// The entries of a directory with their types.
///
/// ```nix
/// builtins.readDir ./.
/// ```
#[builtin(name = "readDir")]
fn read_dir(vm: &mut Vm, path: Forced) -> Answer {
    on_path(vm, path.0, REALISING, NONE, |vm, argument, _| {
        let path = realise(vm, &argument)?;
        let found = resolve(vm, &path)?;
        let kind = vm.host.file_type(&found).map_err(|error| vm.host_error(&path, error))?;
        if !matches!(kind, Some(FileType::Directory) | None) {
            let text = [b"cannot read directory \"", &*found, b"\": Not a directory"].concat();
            return fail(ErrorKind::Io, text);
        }
        let entries = match vm.host.read_dir(&found) {
            Err(HostError::NotFound) if found == vm.settings.store_dir => Vec::new(),
            other => other.map_err(|error| vm.host_error(&path, error))?,
        };
        let mut attrs = Vec::with_capacity(entries.len());
        let known = [
            FileType::Regular { executable: false },
            FileType::Directory,
            FileType::Symlink,
            FileType::Unknown,
        ]
        .map(|kind| type_value(vm, kind));
        for (name, kind) in entries {
            let value = match kind {
                FileType::Regular { .. } => known[0],
                FileType::Directory => known[1],
                FileType::Symlink => known[2],
                FileType::Unknown => known[3],
            };
            vm.work(1)?;
            attrs.push((vm.symbols.intern(&name), value));
        }
        Ok(vm.make_many_attrs(attrs)?)
    })
}

/// The type of what stands at a path; links are not followed.
///
/// ```nix
/// builtins.readFileType ./.
/// ```
#[builtin(name = "readFileType")]
fn read_file_type(vm: &mut Vm, path: Forced) -> Answer {
    on_path(vm, path.0, REALISING, NONE, |vm, argument, _| {
        let path = realise(vm, &argument)?;
        refuse_links_above(vm, &path)?;
        match type_at(vm, &path) {
            Ok(Some(kind)) => Ok(type_value(vm, kind)),
            Ok(None) => Err(vm.host_error(&path, HostError::NotFound).into()),
            Err(error) => Err(vm.host_error(&path, error).into()),
        }
    })
}

/// Refuses a path of which a directory is a link.
fn refuse_links_above(vm: &mut Vm, path: &[u8]) -> Result<(), Error> {
    for (at, _) in path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/') {
        if matches!(vm.host.file_type(&path[..at]), Ok(Some(FileType::Symlink))) {
            let text = [b"path '", &path[..at], b"' is a symlink"].concat();
            return Err(in_context(Error::new(ErrorKind::Io, text), ""));
        }
    }
    Ok(())
}
