//! A generated program as a tree, so that it can be printed and made smaller.
//!
//! Invariant: whatever subtree replaces another, the text stays balanced: children are printed in brackets.

/// A piece of program: text with holes, and what is in the holes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// One piece more than there are children.
    pieces: Vec<String>,
    /// What stands between the pieces.
    pub(super) children: Vec<Tree>,
}

/// Where a child goes in a template.
const HOLE: char = '§';

/// Programs small enough that nothing needs to be made smaller.
const LEAVES: [&str; 8] = ["1", "null", "\"\"", "[ ]", "{ }", "true", "(x: x)", "1.5"];

impl Tree {
    /// A tree from a template with a `§` for each child.
    pub(super) fn new(template: impl AsRef<str>, children: Vec<Self>) -> Self {
        let pieces: Vec<String> = template.as_ref().split(HOLE).map(String::from).collect();
        debug_assert_eq!(pieces.len(), children.len() + 1, "{}", template.as_ref());
        Self { pieces, children }
    }

    /// A tree without children.
    pub(super) fn leaf(text: impl Into<String>) -> Self {
        Self { pieces: vec![text.into()], children: Vec::new() }
    }

    /// A list, a set, … : equal parts between an opening and a closing text.
    pub(super) fn many(open: &str, parts: Vec<(String, Self)>, after: &str, close: &str) -> Self {
        let mut pieces = vec![open.to_string()];
        let mut children = Vec::new();
        for (before, child) in parts {
            if let Some(last) = pieces.last_mut() {
                last.push_str(&before);
            }
            pieces.push(after.to_string());
            children.push(child);
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str(close);
        }
        Self { pieces, children }
    }

    /// The program's text.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.print(&mut out);
        out
    }

    /// Recursion is as deep as the generator makes trees, which is little.
    fn print(&self, out: &mut String) {
        for (at, piece) in self.pieces.iter().enumerate() {
            out.push_str(piece);
            if let Some(child) = self.children.get(at) {
                let bare = child.children.is_empty() && !child.pieces[0].starts_with('-');
                if bare {
                    child.print(out);
                } else {
                    out.push('(');
                    child.print(out);
                    out.push(')');
                }
            }
        }
    }

    /// Number of nodes.
    pub(super) fn size(&self) -> usize {
        1 + self.children.iter().map(Self::size).sum::<usize>()
    }

    /// Every tree that has one node replaced by one of its children or by a leaf, largest savings first.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut out = Vec::new();
        self.smaller_at(&mut |tree| out.push(tree));
        out.sort_by_key(Self::size);
        out
    }

    fn smaller_at(&self, found: &mut dyn FnMut(Self)) {
        for child in &self.children {
            found(child.clone());
        }
        if !self.children.is_empty() {
            for leaf in LEAVES {
                found(Self::leaf(leaf));
            }
        }
        for at in 0..self.children.len() {
            self.children[at].smaller_at(&mut |child| {
                let mut whole = self.clone();
                whole.children[at] = child;
                found(whole);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn children_are_in_brackets() {
        let sum = Tree::new("§ + §", vec![Tree::leaf("1"), Tree::leaf("-2")]);
        let list = Tree::many("[ ", vec![(String::new(), sum)], " ", "]");
        assert_eq!(list.text(), "[ (1 + (-2)) ]");
        assert!(list.smaller().iter().any(|tree| tree.text() == "[ 1 ]"));
        assert!(list.smaller().iter().all(|tree| tree.size() < list.size()));
    }
}
