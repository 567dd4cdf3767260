//! The difference of two texts, line by line, for people.
//!
//! In:  what was expected and what came.   Out: lines marked `-` (expected only), `+` (came only) or blank (both), with some context.

/// Lines of context around a difference.
const CONTEXT: usize = 3;
/// Above this product of lengths the common subsequence is not looked for.
const LARGE: usize = 4_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Both,
    Expected,
    Came,
}

/// The differing lines with context; empty if the texts are equal.
#[must_use]
pub fn lines(expected: &str, came: &str) -> String {
    if expected == came {
        return String::new();
    }
    let old: Vec<&str> = expected.lines().collect();
    let new: Vec<&str> = came.lines().collect();
    let marked = if old.len().saturating_mul(new.len()) > LARGE {
        block(&old, &new)
    } else {
        longest_common(&old, &new)
    };
    render(&marked)
}

/// Everything old, then everything new: for texts too long to align.
fn block<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Mark, &'a str)> {
    let old = old.iter().map(|line| (Mark::Expected, *line));
    old.chain(new.iter().map(|line| (Mark::Came, *line))).collect()
}

fn longest_common<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Mark, &'a str)> {
    let width = new.len() + 1;
    let mut length = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            length[i * width + j] = if old[i] == new[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((Mark::Both, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (j == new.len() || length[(i + 1) * width + j] >= length[i * width + j + 1])
        {
            out.push((Mark::Expected, old[i]));
            i += 1;
        } else {
            out.push((Mark::Came, new[j]));
            j += 1;
        }
    }
    out
}

fn render(marked: &[(Mark, &str)]) -> String {
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(marked.len());
        marked[from..to].iter().any(|(mark, _)| *mark != Mark::Both)
    };
    let (mut out, mut skipped) = (String::new(), false);
    for (at, (mark, line)) in marked.iter().enumerate() {
        if *mark == Mark::Both && !near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("  …\n");
        }
        out.push_str(match mark {
            Mark::Both => "  ",
            Mark::Expected => "- ",
            Mark::Came => "+ ",
        });
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn marks_what_changed() {
        assert_eq!(super::lines("a\nb\nc\n", "a\nx\nc\n"), "  a\n- b\n+ x\n  c\n");
        assert_eq!(super::lines("a\n", "a\n"), "");
    }
}
