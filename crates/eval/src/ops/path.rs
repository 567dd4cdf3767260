//! Paths as text: canonical form, last component, parent.
//!
//! In: absolute paths as bytes. Out: the same without `.`, `..` and doubled slashes; nothing is looked up.

/// `path` without `.`, `..`, doubled and trailing slashes. `..` at the root stays at the root.
pub fn canonical_path(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let end = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                out.truncate(end);
            }
            part => {
                out.push(b'/');
                out.extend_from_slice(part);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

/// What follows the last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// The directory a path is in; the root is in itself.
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) | None => b"/",
        Some(slash) => &path[..slash],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical() {
        for (path, expected) in
            [("/", "/"), ("//a/./b/", "/a/b"), ("/a/../..", "/"), ("/a/b/../c", "/a/c"), ("", "/")]
        {
            assert_eq!(canonical_path(path.as_bytes()), expected.as_bytes(), "{path}");
        }
        assert_eq!(parent(b"/a/b"), b"/a");
        assert_eq!(parent(b"/a"), b"/");
        assert_eq!(base_name(b"/a/b"), b"b");
    }
}
