//! `--add-root`: links that keep a derivation.
//!
//! In: the name asked for, how many links this call made before, what to link to. Out: the link's path. Only links are ever
//! replaced. Nothing tells a garbage collector of them: there is none here.

use crate::eval_flags::system_text;
use crate::failure::Failure;
use crate::world::working_folder;
use frazil::stages::eval::ops::canonical_path;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Links to a derivation; the second link of a call is `ROOT-2`, and so on. Its path.
///
/// # Errors
/// Something else is there, or the file system does not let us.
pub(crate) fn link(
    root: &[u8],
    number: usize,
    drv_path: &[u8],
    store: &[u8],
) -> Result<Vec<u8>, Failure> {
    let mut name = canonical_path(&[&working_folder(), b"/".as_slice(), root].concat());
    if root.starts_with(b"/") {
        name = canonical_path(root);
    }
    if number > 0 {
        name.extend_from_slice(format!("-{}", number + 1).as_bytes());
    }
    let path = Path::new(OsStr::from_bytes(&name));
    if path.starts_with(OsStr::from_bytes(store)) {
        return Err(Failure::Plain(format!(
            "creating a garbage collector root (\"{}\") in the Nix store is forbidden (are you running nix-build inside the store?)",
            path.display()
        )));
    }
    match path.symlink_metadata() {
        Ok(meta) if meta.file_type().is_symlink() => drop(std::fs::remove_file(path)),
        Ok(_) => {
            let text = format!("cannot create symlink \"{}\"; already exists", path.display());
            return Err(Failure::Plain(text));
        }
        Err(_) => {
            if let Some(folder) = path.parent() {
                // If this does not work, making the link says why.
                let _ = std::fs::create_dir_all(folder);
            }
        }
    }
    std::os::unix::fs::symlink(OsStr::from_bytes(drv_path), path).map_err(|error| {
        let text = system_text(&error);
        Failure::Plain(format!(
            "creating symlink from \"{}\" to \"{}\": {text}",
            path.display(),
            String::from_utf8_lossy(drv_path)
        ))
    })?;
    Ok(name)
}
