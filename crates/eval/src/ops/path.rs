//! Paths as text: canonical form, last component, parent.
//!
//! In: absolute paths as bytes. Out: the same without `.`, `..` and doubled slashes; nothing is looked up.

use std::convert::Infallible;

/// Bytes gone through between two looks.
const PIECE: usize = 1 << 20;

/// `path` without `.`, `..`, doubled and trailing slashes. `..` at the root stays at the root.
pub fn canonical_path(path: &[u8]) -> Vec<u8> {
    let Ok(path) = long_canonical_path(path, || Ok::<(), Infallible>(()));
    path
}

/// The same for a path of any length, with looks in between whether to go on.
///
/// # Errors
/// The look's.
pub fn long_canonical_path<E>(
    path: &[u8],
    mut look: impl FnMut() -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut left = PIECE;
    for part in path.split(|byte| *byte == b'/') {
        left = left.saturating_sub(part.len() + 1);
        if left == 0 {
            look()?;
            left = PIECE;
        }
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
    Ok(out)
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
