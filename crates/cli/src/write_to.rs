//! `--write-to`: a value as files. Strings are contents, sets are folders.
//!
//! In: a value and a path where nothing is yet. Out: files. A name that would lead elsewhere is an error before anything of that
//! set is written. The walk has its own stack.

use crate::eval_flags::system_text;
use crate::failure::Failure;
use frazil::stages::eval::vm::Handle;
use frazil::{Error, ErrorKind, Value, Vm};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What went wrong.
pub(crate) enum Trouble {
    /// The evaluation failed, or came to something that is no file.
    Error(Error),
    /// The file system did not let us.
    Failure(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

/// See the module's text.
///
/// # Errors
/// Something is there already, or is neither string nor set; what the evaluation ends with.
pub(crate) fn write(vm: &mut Vm, value: Value, path: &[u8]) -> Result<(), Trouble> {
    let path = PathBuf::from(OsStr::from_bytes(path));
    if path.symlink_metadata().is_ok() {
        return Err(plain(format!("path '{}' already exists", path.display())));
    }
    let mut left: Vec<(Handle, PathBuf)> = vec![(vm.keep(value), path)];
    while let Some((handle, path)) = left.pop() {
        let value = vm.kept(handle);
        let value = vm.force(value)?;
        if let Some(string) = vm.heap.as_string(&value) {
            file(&path, string.bytes)?;
        } else if value.is_attrs() {
            std::fs::create_dir(&path).map_err(|error| {
                plain(format!("creating directory '{}': {}", path.display(), system_text(&error)))
            })?;
            for (name, part) in vm.attrs_sorted(value).into_iter().rev() {
                let name = vm.symbols.resolve(name).to_vec();
                if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
                    let text = [b"invalid file name '", &*name, b"'"].concat();
                    return Err(Error::new(ErrorKind::Eval, text).into());
                }
                left.push((vm.keep(part), path.join(OsStr::from_bytes(&name))));
            }
        } else {
            let text = format!("value at '{}' is not a string or an attribute set", path.display());
            return Err(Error::new(ErrorKind::Type, text).into());
        }
        vm.release(handle);
    }
    Ok(())
}

fn plain(text: String) -> Trouble {
    Trouble::Failure(Failure::Plain(text))
}

/// A new file; one that is there already is never written over.
fn file(path: &Path, text: &[u8]) -> Result<(), Trouble> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(text)).map_err(|error| {
        plain(format!("writing file '{}': {}", path.display(), system_text(&error)))
    })
}
