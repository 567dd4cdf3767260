//! Walking a tree of a host from its top down.
//!
//! In: a host, the top of a tree, and which paths to keep. Out: the entries, parents before children, siblings in order.
//! The walk asks the host only; so a host that refuses or hides entries is obeyed. Links are entries, never followed.
//!
//! Not here: the archive's format (`frazil-store`), which paths a filter keeps (the evaluator has asked it).

use crate::path::{is_entry_name, join, shown};
use frazil_eval::host::{FileType, Host, HostError};
use hashbrown::HashSet;

/// One entry of a tree.
pub(crate) struct Entry {
    /// Its place below the top: empty for the top, else names joined by slashes.
    pub(crate) place: Vec<u8>,
    /// Its path.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) kind: FileType,
}

/// Calls `visit` for the top and everything below it that `kept` (absolute paths) names; everything, if it is `None`.
pub(crate) fn walk<H: Host + ?Sized>(
    host: &mut H,
    top: &[u8],
    kept: Option<&[Vec<u8>]>,
    visit: &mut dyn FnMut(&mut H, &Entry) -> Result<(), HostError>,
) -> Result<(), HostError> {
    let kept: Option<HashSet<&[u8]>> = kept.map(|list| list.iter().map(Vec::as_slice).collect());
    let mut waiting = vec![(Vec::new(), top.to_vec())];
    while let Some((place, path)) = waiting.pop() {
        // Asked one by one: a listing need not know whether a file may be executed.
        let kind = host.file_type(&path)?.ok_or(HostError::NotFound)?;
        let entry = Entry { place, path, kind };
        visit(host, &entry)?;
        if kind == FileType::Directory {
            add_children(host, &entry, kept.as_ref(), &mut waiting)?;
        }
    }
    Ok(())
}

fn add_children<H: Host + ?Sized>(
    host: &mut H,
    entry: &Entry,
    kept: Option<&HashSet<&[u8]>>,
    waiting: &mut Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<(), HostError> {
    let mut names: Vec<Vec<u8>> =
        host.read_dir(&entry.path)?.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    for name in names {
        if !is_entry_name(&name) {
            return Err(HostError::Io(format!("invalid file name '{}'", shown(&name))));
        }
        let path = join(&entry.path, &name);
        if kept.is_none_or(|kept| kept.contains(path.as_slice())) {
            let place = if entry.place.is_empty() { name } else { join(&entry.place, &name) };
            waiting.push((place, path));
        }
    }
    Ok(())
}

/// The paths below `top` as a filter's list.
pub(crate) fn list<H: Host + ?Sized>(
    host: &mut H,
    top: &[u8],
    kept: Option<&[Vec<u8>]>,
) -> Result<Vec<Vec<u8>>, HostError> {
    let mut paths = Vec::new();
    walk(host, top, kept, &mut |_, entry| {
        if !entry.place.is_empty() {
            paths.push(entry.path.clone());
        }
        Ok(())
    })?;
    Ok(paths)
}

/// The error for an entry no store can hold.
#[cfg(unix)]
pub(crate) fn unsupported_type(path: &[u8]) -> HostError {
    HostError::Io(format!("file '{}' has an unsupported type", shown(path)))
}
