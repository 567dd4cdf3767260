//! A line of a source with a part of it underlined.
//!
//! In: a text, a line's number, columns in bytes from 1. Out: the line as it is shown on a terminal and the line of marks below
//! it. Long lines are cut to what is near the mark; characters that a terminal would obey are replaced.

use crate::terminal::columns;

/// A line to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line.
    pub(crate) line: String,
    /// What stands below it.
    pub(crate) marks: String,
}

/// More columns than this are not shown of one line.
const WIDEST: usize = 100;
/// Columns shown before the mark of a line that is cut.
const BEFORE: usize = 40;

/// Line `number` of a text, from 1; `column` is marked and so is what lies between `start` and `end` (all from 1, in bytes).
pub(crate) fn excerpt(
    text: &[u8],
    number: u32,
    column: u32,
    start: u32,
    end: u32,
) -> Option<Excerpt> {
    let line = text.split(|byte| *byte == b'\n').nth((number as usize).checked_sub(1)?)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (column, start) = (column as usize - 1, start as usize - 1);
    // The part that has a chance to be shown: a line may be megabytes.
    let from = column.saturating_sub(4 * BEFORE);
    let part = line.get(from..line.len().min(column + 4 * WIDEST)).unwrap_or_default();
    let shown = String::from_utf8_lossy(part);
    let mut cells: Vec<(char, usize)> = Vec::new();
    let mut at = from;
    for character in shown.chars() {
        let visible = if character == '\t' { ' ' } else { character };
        let visible = if visible.is_control() { '\u{b7}' } else { visible };
        cells.push((visible, at));
        at += if character == char::REPLACEMENT_CHARACTER { 1 } else { character.len_utf8() };
    }
    let marked = cells.iter().position(|(_, at)| *at >= column).unwrap_or(cells.len());
    let is_cut = from > 0 || cells.len() > WIDEST;
    let first = if is_cut { marked.saturating_sub(BEFORE) } else { 0 };
    let last = if is_cut { cells.len().min(first + WIDEST) } else { cells.len() };
    let mut out = Excerpt { line: String::new(), marks: String::new() };
    if first > 0 || from > 0 {
        out.line.push('…');
        out.marks.push(' ');
    }
    for (character, at) in &cells[first..last] {
        out.line.push(*character);
        let mark = match *at {
            at if at == column => '^',
            at if at >= start && at + 1 < end as usize => {
                if start < column {
                    '~'
                } else {
                    '^'
                }
            }
            _ => ' ',
        };
        out.marks.extend(std::iter::repeat_n(mark, columns(*character)));
    }
    if last < cells.len() || from + part.len() < line.len() {
        out.line.push('…');
    }
    if marked >= last {
        out.marks.push('^');
    }
    out.line.truncate(out.line.trim_end().len());
    out.marks.truncate(out.marks.trim_end().len());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, column: u32, start: u32, end: u32) -> (String, String) {
        let out = excerpt(text.as_bytes(), 1, column, start, end).expect("a line");
        (out.line, out.marks)
    }

    #[test]
    fn parts_are_marked() {
        assert_eq!(shown("a + foo b", 5, 5, 10), ("a + foo b".into(), "    ^^^^^".into()));
        assert_eq!(shown("a + foo", 3, 1, 8), ("a + foo".into(), "~~^~~~~".into()));
        assert_eq!(shown("\t日 x\u{1b}[1m", 6, 6, 7), (" 日 x·[1m".into(), "    ^".into()));
        assert_eq!(shown("abc", 4, 4, 4), ("abc".into(), "   ^".into()));
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("{}bad{}", "x".repeat(5000), "y".repeat(100_000));
        let (line, marks) = shown(&text, 5001, 5001, 5004);
        assert!(line.chars().count() <= WIDEST + 2, "{line}");
        assert!(line.starts_with('…') && line.ends_with('…') && line.contains("xbadyy"));
        assert_eq!(marks.trim_start(), "^^^");
    }
}
