//! Paths as bytes: putting them into canonical form and taking them apart, without looking at any file.
//!
//! In: absolute paths. Out: canonical ones: from `/`, no empty, `.` or `..` part, no slash at the end (but the root's own).
//!
//! Not here: links (`policy/resolve.rs` follows them, step by step).

/// The canonical form of an absolute path, `..` taken back by name as Nix does; `None` if it is relative or contains NUL.
pub fn canonical(path: &[u8]) -> Option<Vec<u8>> {
    if !path.starts_with(b"/") || path.contains(&0) {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    for part in parts(path) {
        match part {
            b"." => {}
            b".." => pop(&mut out),
            name => push(&mut out, name),
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    Some(out)
}

/// The parts between slashes, empty ones left out.
pub(crate) fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

/// Goes down by one name; the root may be written `/` or empty.
pub(crate) fn push(path: &mut Vec<u8>, name: &[u8]) {
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

/// Goes up by one name; what is above the root is the root, written as empty.
pub(crate) fn pop(path: &mut Vec<u8>) {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.truncate(end);
}

/// A path one name further down.
pub(crate) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len() + 1 + name.len());
    out.extend_from_slice(path);
    push(&mut out, name);
    out
}

/// The folder and the last name of a canonical path; `None` for the root.
pub(crate) fn split_last(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    let name = &path[slash + 1..];
    (!name.is_empty()).then(|| (if slash == 0 { &path[..1] } else { &path[..slash] }, name))
}

/// What follows `folder` in a path at or below it: empty, or from a name on.
pub(crate) fn below<'p>(folder: &[u8], path: &'p [u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() || folder.ends_with(b"/") {
        return Some(rest);
    }
    rest.strip_prefix(b"/")
}

/// Whether a name can be an entry of a folder.
pub(crate) fn is_entry_name(name: &[u8]) -> bool {
    !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/') && !name.contains(&0)
}

/// A path for a message.
pub(crate) fn shown(path: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        let cases: [(&[u8], Option<&[u8]>); 9] = [
            (b"/", Some(b"/")),
            (b"//", Some(b"/")),
            (b"/..", Some(b"/")),
            (b"/a/b", Some(b"/a/b")),
            (b"/a//./b/", Some(b"/a/b")),
            (b"/a/../../b", Some(b"/b")),
            (b"a/b", None),
            (b"", None),
            (b"/a\0", None),
        ];
        for (given, wanted) in cases {
            assert_eq!(canonical(given).as_deref(), wanted, "{:?}", shown(given));
        }
    }

    #[test]
    fn below_respects_whole_names() {
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
        assert_eq!(below(b"/a", b"/a/b/c"), Some(&b"b/c"[..]));
        assert_eq!(below(b"/a", b"/ab"), None);
        assert_eq!(below(b"/", b"/ab"), Some(&b"ab"[..]));
    }

    #[test]
    fn last_names() {
        assert_eq!(split_last(b"/"), None);
        assert_eq!(split_last(b"/a"), Some((&b"/"[..], &b"a"[..])));
        assert_eq!(split_last(b"/a/b"), Some((&b"/a"[..], &b"b"[..])));
    }
}
