//! Errors as `nix-instantiate` prints them: the trace, the message, places with the lines around them, suggestions.
//!
//! In: an error, the positions' source map, and a way to get a file's text again (texts are set aside after loading). Out:
//! bytes that end without a line end. Without `show_trace` only the outermost lines are shown; those that the program itself
//! asked for (`addErrorContext`) always are. Not here: what trace lines say (`frazil-eval`), which stream this goes to.

use crate::terminal::terminal_text;
use frazil_base::{Diagnostic, Origin, Pos, SourceId, SourceMap, Text};
use frazil_eval::{Error, ErrorKind, TraceLine};
use std::collections::{HashMap, HashSet};

/// How errors look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether the whole trace is shown.
    pub show_trace: bool,
    /// Whether terminal colours are used.
    pub color: bool,
}

/// Trace lines of more weight than this are dropped unless the whole trace is asked for.
const SHORT_TRACE: usize = 3;
/// More repeated lines than this in a row are only counted.
const REPEATED_SHOWN: usize = 5;

/// An error as `nix-instantiate` prints it. `fetch_source` is asked for the text of a file whose lines are to be shown.
pub fn render(
    error: &Error,
    sources: &SourceMap,
    options: RenderOptions,
    fetch_source: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Vec<u8> {
    let mut page = Page {
        sources,
        fetch_source,
        texts: HashMap::new(),
        color: options.color,
        out: Vec::new(),
    };
    let traced = page.trace(error, options.show_trace);
    if !traced {
        page.out.clear();
    }
    page.red(b"error:");
    page.out.push(b' ');
    page.out.extend_from_slice(error.message());
    page.place(error.pos(), b"");
    page.suggestions(error.suggestions());
    let mut out = finish(&page.out, options.color);
    // A message of Nix's own that ends a line ends with a colour there, so that the next line stays though nothing is on it;
    // what a program throws is trimmed.
    if error.kind() != ErrorKind::Thrown && page.out.ends_with(b"\n") {
        out.push(b'\n');
        out.resize(out.len() + b"error: ".len(), b' ');
    }
    out
}

/// A warning followed by its place and the lines around it, as it stands after `warning: `.
pub(crate) fn warning_of(warning: &Diagnostic, sources: &SourceMap) -> Vec<u8> {
    let out = warning.text(sources);
    let fetch_source = &mut |_: &[u8]| None;
    let mut page = Page { sources, fetch_source, texts: HashMap::new(), color: false, out };
    page.place(warning.pos(), b"");
    indented(&page.out, b"warning: ".len())
}

/// A warning that begins with its place.
pub(crate) fn warning_at(warning: &Diagnostic, sources: &SourceMap) -> Vec<u8> {
    let place = sources.describe(warning.pos());
    [b"at ", &*place, b": ", &*warning.text(sources)].concat()
}

/// A text being written; lines are indented in the end.
struct Page<'a> {
    sources: &'a SourceMap,
    fetch_source: &'a mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
    texts: HashMap<SourceId, Option<Text>>,
    color: bool,
    out: Vec<u8>,
}

/// Longer lines are not quoted.
const LONGEST_LINE: usize = 1 << 16;

impl Page<'_> {
    fn coloured(&mut self, code: &[u8], text: &[u8]) {
        if self.color {
            self.out.extend_from_slice(code);
            self.out.extend_from_slice(text);
            self.out.extend_from_slice(b"\x1b[0m");
        } else {
            self.out.extend_from_slice(text);
        }
    }

    fn red(&mut self, text: &[u8]) {
        self.coloured(b"\x1b[31;1m", text);
    }

    /// The trace, outermost line first; `false` if there is none.
    fn trace(&mut self, error: &Error, whole: bool) -> bool {
        self.red(b"error:");
        self.out.push(b'\n');
        let (mut any, mut truncated, mut weight) = (false, false, 0);
        let mut seen: HashSet<(&[u8], Pos)> = HashSet::new();
        let mut repeated: Vec<&TraceLine> = Vec::new();
        for line in error.trace_lines(whole) {
            any = true;
            if !whole && !line.always && weight > SHORT_TRACE {
                truncated = true;
                continue;
            }
            if !seen.insert((&line.text, line.pos)) {
                repeated.push(line);
                continue;
            }
            self.repeated(&mut repeated);
            weight += if line.pos.is_some() { 2 } else { 1 };
            self.line(line);
        }
        self.repeated(&mut repeated);
        if truncated {
            let text =
                b"(stack trace truncated; use '--show-trace' to show the full, detailed trace)";
            self.coloured(b"\x1b[35;1m", text);
            self.out.extend_from_slice(b"\n\n");
        }
        any
    }

    fn repeated(&mut self, lines: &mut Vec<&TraceLine>) {
        if lines.len() > REPEATED_SHOWN {
            let text = format!("({} duplicate frames omitted)\n\n", lines.len());
            self.coloured(b"\x1b[35;1m", text.as_bytes());
            lines.clear();
        }
        for line in lines.drain(..) {
            self.line(line);
        }
    }

    fn line(&mut self, line: &TraceLine) {
        self.out.extend_from_slice("… ".as_bytes());
        self.out.extend_from_slice(&line.text);
        self.place(line.pos, b"  ");
        self.out.extend_from_slice(b"\n\n");
    }

    fn suggestions(&mut self, names: &[Vec<u8>]) {
        let text = match names {
            [] => return,
            [only] => [b"\nDid you mean ", &**only, b"?"].concat(),
            [first @ .., last] => {
                let first = first.join(&b", "[..]);
                [b"\nDid you mean one of ", &*first, b" or ", last, b"?"].concat()
            }
        };
        self.out.extend_from_slice(&text);
    }

    /// `at FILE:1:2:` and the lines around it.
    fn place(&mut self, pos: Pos, indent: &[u8]) {
        let Some(at) = self.sources.locate(pos) else { return };
        self.out.push(b'\n');
        self.out.extend_from_slice(indent);
        self.out.extend_from_slice(b"at ");
        let place = self.sources.describe(pos);
        self.coloured(b"\x1b[34;1m", &place);
        self.out.push(b':');
        let Some(text) = self.text(at.source) else { return };
        let Some(lines) = around(&text, at.line as usize) else { return };
        // A line of megabytes helps nobody.
        if lines.iter().flatten().any(|line| line.len() > LONGEST_LINE) {
            return;
        }
        for (index, line) in lines.into_iter().enumerate() {
            let Some(line) = line else { continue };
            let number = at.line as usize + index - 1;
            self.out.extend_from_slice(format!("\n{number:>6}| ").as_bytes());
            self.out.extend_from_slice(line);
            if index == 1 {
                self.out.extend_from_slice(b"\n      |");
                self.out.resize(self.out.len() + at.column as usize, b' ');
                self.red(b"^");
            }
        }
    }

    fn text(&mut self, source: SourceId) -> Option<Text> {
        if let Some(text) = self.sources.text(source) {
            return Some(text);
        }
        let Page { sources, fetch_source, texts, .. } = self;
        let fetched = texts.entry(source).or_insert_with(|| match sources.origin(source)? {
            Origin::File(path) => fetch_source(path).map(Text::from),
            _ => None,
        });
        fetched.clone()
    }
}

/// A line, from 1, between the one before and the one after. A line ends at LF, CR LF or a lone CR.
fn around(text: &[u8], number: usize) -> Option<[Option<&[u8]>; 3]> {
    let mut starts = vec![0];
    let mut at = 0;
    while starts.len() <= number + 1 {
        let Some(end) = text[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            break;
        };
        at += end + 1;
        if text[at - 1] == b'\r' && text.get(at) == Some(&b'\n') {
            at += 1;
        }
        starts.push(at);
    }
    let line = |index: Option<usize>| {
        let index = index?;
        let start = *starts.get(index)?;
        let line = &text[start..starts.get(index + 1).copied().unwrap_or(text.len())];
        let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
        Some(&line[..end.map_or(0, |end| end + 1)])
    };
    let index = number.checked_sub(1).filter(|_| !text.is_empty())?;
    line(Some(index))?;
    Some([line(index.checked_sub(1)), line(Some(index)), line(Some(number))])
}

/// The text with all lines but the first indented under `error: `, without blanks at line ends, fit for a terminal.
fn finish(text: &[u8], color: bool) -> Vec<u8> {
    terminal_text(&indented(text, b"error: ".len()), color)
}

/// The text with all lines but the first indented, without blanks at line ends and empty lines at its end.
pub fn indented(text: &[u8], columns: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let end = line.iter().rposition(|byte| !b" \t\r".contains(byte)).map_or(0, |end| end + 1);
        if index > 0 {
            out.push(b'\n');
            if end > 0 {
                out.resize(out.len() + columns, b' ');
            }
        }
        out.extend_from_slice(&line[..end]);
    }
    let end = out.iter().rposition(|byte| *byte != b'\n').map_or(0, |end| end + 1);
    out.truncate(end);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use frazil_eval::ErrorKind;

    fn plain(error: &Error, sources: &SourceMap, show_trace: bool) -> String {
        let options = RenderOptions { show_trace, ..RenderOptions::default() };
        String::from_utf8(render(error, sources, options, &mut |_| None)).expect("text")
    }

    fn traced(text: &str, pos: Pos, always: bool) -> TraceLine {
        TraceLine { text: text.into(), pos, always }
    }

    #[test]
    fn a_message_with_its_place() {
        let mut sources = SourceMap::new();
        let source = sources.add(Origin::String, b"1 +\n\tx\n"[..].into()).expect("room");
        let error = Error::new(ErrorKind::Type, "bad\n\n  thing  \n")
            .or_at(sources.base(source).offset(5))
            .with_suggestions(vec![b"a".to_vec(), b"b".to_vec(), b"c".to_vec()]);
        let expected = "error: bad\n\n         thing\n\n       at «string»:2:2:\n            1| 1 +\n            2|         x\n             |  ^\n            3|\n       Did you mean one of a, b or c?";
        assert_eq!(plain(&error, &sources, false), expected);
    }

    #[test]
    fn traces_are_shortened_unless_asked_for() {
        let sources = SourceMap::new();
        let mut error = Error::new(ErrorKind::Thrown, "x");
        for (text, always) in [("d", false), ("c", false), ("q", true), ("b", false), ("a", false)]
        {
            error.push(traced(text, Pos::NONE, always));
        }
        let short = "error:\n       … a\n\n       … b\n\n       … q\n\n       … c\n\n       (stack trace truncated; use '--show-trace' to show the full, detailed trace)\n\n       error: x";
        assert_eq!(plain(&error, &sources, false), short);
        let whole = "error:\n       … a\n\n       … b\n\n       … q\n\n       … c\n\n       … d\n\n       error: x";
        assert_eq!(plain(&error, &sources, true), whole);
    }

    #[test]
    fn repeated_lines_are_counted() {
        let sources = SourceMap::new();
        let mut error = Error::new(ErrorKind::Thrown, "x");
        for _ in 0..8 {
            error.push(traced("a", Pos::NONE, false));
        }
        let text = "error:\n       … a\n\n       (7 duplicate frames omitted)\n\n       error: x";
        assert_eq!(plain(&error, &sources, true), text);
    }
}
