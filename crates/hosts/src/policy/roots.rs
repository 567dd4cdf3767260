//! The allowed roots: what a path is to them.
//!
//! In: canonical paths. Out: inside a root, above one, or outside of all.
//!
//! Not here: links; a path is judged by its name, so every step of a resolution must be judged.

use crate::path::{parts, push};
use hashbrown::HashSet;

/// What a path is to the roots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// A root or below one.
    Inside,
    /// On the way to a root.
    Above,
    /// Neither.
    Outside,
}

/// The allowed roots and the folders above them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    inside: HashSet<Vec<u8>>,
    above: HashSet<Vec<u8>>,
}

impl Roots {
    /// Adds a root.
    pub(crate) fn insert(&mut self, root: Vec<u8>) {
        if self.inside.contains(&root) {
            return;
        }
        let mut ancestor = vec![b'/'];
        for part in parts(&root) {
            if !self.above.contains(&ancestor) {
                self.above.insert(ancestor.clone());
            }
            push(&mut ancestor, part);
        }
        self.inside.insert(root);
    }

    /// Judges a path.
    pub(crate) fn standing(&self, path: &[u8]) -> Standing {
        if self.inside.is_empty() {
            return Standing::Outside;
        }
        if self.is_inside(path) {
            Standing::Inside
        } else if self.above.contains(path) {
            Standing::Above
        } else {
            Standing::Outside
        }
    }

    fn is_inside(&self, path: &[u8]) -> bool {
        // From the whole path upwards: what is asked most is a file one or two levels below a root.
        if self.inside.contains(path) || self.inside.contains(&b"/"[..]) {
            return true;
        }
        let mut end = path.len();
        while let Some(slash) = path[..end].iter().rposition(|byte| *byte == b'/') {
            if slash == 0 {
                return false;
            }
            if self.inside.contains(&path[..slash]) {
                return true;
            }
            end = slash;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings() {
        let mut roots = Roots::default();
        assert_eq!(roots.standing(b"/"), Standing::Outside);
        roots.insert(b"/a/b".to_vec());
        roots.insert(b"/a/c/d".to_vec());
        let cases: [(&[u8], Standing); 10] = [
            (b"/", Standing::Above),
            (b"/a", Standing::Above),
            (b"/a/b", Standing::Inside),
            (b"/a/b/x/y", Standing::Inside),
            (b"/a/bc", Standing::Outside),
            (b"/a/c", Standing::Above),
            (b"/a/c/d", Standing::Inside),
            (b"/a/c/e", Standing::Outside),
            (b"/b", Standing::Outside),
            (b"/ab", Standing::Outside),
        ];
        for (path, wanted) in cases {
            assert_eq!(roots.standing(path), wanted, "{}", String::from_utf8_lossy(path));
        }
        roots.insert(b"/".to_vec());
        assert_eq!(roots.standing(b"/b"), Standing::Inside);
    }
}
