//! What is wrong with a text, and how the reference shows it: a title, the lines in question with marks below, a hint.
//!
//! In: titles, places as offsets, the text. Out: the message. Lines are cut around a place as there: thirty bytes before and
//! behind it are shown at most.
//! Not here: what is a mistake (`parse`, `number`, `string`, `insert`).

use std::fmt::Write as _;
use std::ops::Range;

pub(super) const NUMBER_HINT: &str = "Hint: valid  : -42, 1_000, 1_2_3_4_5, 0xC0FFEE, 0b0010, 0o755\n\
     Hint: invalid: _42, 1__000, 0123\n";
pub(super) const FLOAT_HINT: &str = "Hint: valid  : +1.0, -2e-2, 3.141_592_653_589, inf, nan\n\
     Hint: invalid: .0, 1., _1.0, 1.0_, 1_.0, 1.0__0\n";

/// Bytes shown before and behind a place.
const AROUND: usize = 30;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) title: String,
    /// Where, and what stands beside the mark.
    places: Vec<(Range<usize>, String)>,
    hint: &'static str,
    /// The text that the places are in, if it is not the whole one.
    part: Option<Vec<u8>>,
    /// How far the value was read that the mistake is in.
    pub(super) read: usize,
}

/// A mistake at one byte.
pub(super) fn fault<T>(title: &str, at: usize, label: &str) -> Result<T, Fault> {
    Err(Fault::new(title, at..at + 1, label))
}

impl Fault {
    pub(super) fn new(title: &str, place: Range<usize>, label: &str) -> Fault {
        let places = vec![(place, label.to_string())];
        Fault { title: title.to_string(), places, hint: "", part: None, read: 0 }
    }

    /// A further place.
    pub(super) fn and(mut self, place: Range<usize>, label: &str) -> Fault {
        self.places.push((place, label.to_string()));
        self
    }

    pub(super) fn hint(mut self, hint: &'static str) -> Fault {
        self.hint = hint;
        self
    }

    /// The places are in this text.
    pub(super) fn within(mut self, part: &[u8]) -> Fault {
        self.part = Some(part.to_vec());
        self
    }

    /// The value was read up to here.
    pub(super) fn after(mut self, read: usize) -> Fault {
        self.read = read;
        self
    }

    /// The same with all offsets counted from another byte.
    pub(super) fn shifted(mut self, by: usize) -> Fault {
        if self.part.is_none() {
            for (place, _) in &mut self.places {
                *place = place.start + by..place.end + by;
            }
        }
        self.read += by;
        self
    }

    /// The message as the reference writes it.
    pub(super) fn text(&self, text: &[u8]) -> String {
        let (file, text) = match &self.part {
            Some(part) => ("internal temporary", &part[..]),
            None => ("fromTOML", text),
        };
        let lines = Lines(text);
        let places: Vec<Shown> = self.places.iter().map(|(place, _)| lines.shown(place)).collect();
        let width = places.iter().map(|place| place.last.to_string().len()).max().unwrap_or(1);
        let mut out = format!("[error] {}\n --> {file}\n {:width$} |\n", self.title, "");
        for (index, (place, (_, label))) in places.iter().zip(&self.places).enumerate() {
            if index > 0 {
                let _ = write!(out, " {:width$} | ...\n {:width$} |\n", "", "");
            }
            place.print(&mut out, width, label);
        }
        out + self.hint
    }
}

/// A place with the lines around it.
struct Shown {
    first: usize,
    last: usize,
    length: usize,
    /// Each line with the offset in it of the place's beginning or end.
    lines: Vec<(Vec<u8>, usize)>,
}

struct Lines<'a>(&'a [u8]);

impl Lines<'_> {
    /// The number of the line that an offset is in, from 1.
    fn number(&self, at: usize) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.0[..at.min(self.0.len())]).count()
    }

    fn shown(&self, place: &Range<usize>) -> Shown {
        let (mut start, mut end) = (place.start, place.end);
        // Of the end of the text its last byte is shown; it ends on the line behind that.
        let mut last = if end == start + 1 { start } else { end };
        if start >= self.0.len() {
            (start, end) = (self.0.len().saturating_sub(1), self.0.len());
            last = end;
        }
        let (first, last) = (self.number(start), self.number(last));
        let inner = end.saturating_sub(1).max(start);
        let lines = if first == last {
            vec![self.line(start, inner)]
        } else {
            let found = |from: usize, to: usize| {
                memchr::memchr(b'\n', &self.0[from..to]).map_or(to, |at| from + at)
            };
            let cut_end = if self.0.len() - start > 60 { start + 50 } else { self.0.len() };
            let cut_start = if inner > 60 { inner - 50 } else { 0 };
            let first_line = self.line(start, found(start, cut_end));
            let last_line = self.line(found(cut_start.min(inner), inner), inner);
            if first + 1 == last {
                vec![first_line, last_line]
            } else {
                vec![first_line, (b"...".to_vec(), 0), last_line]
            }
        };
        Shown { first, last, length: end - start, lines }
    }

    /// The line around two offsets, and where in it the first one is.
    fn line(&self, start: usize, end: usize) -> (Vec<u8>, usize) {
        let (cut_start, cut_end) =
            (start.saturating_sub(AROUND), end.saturating_add(AROUND).min(self.0.len()));
        let end = end.min(cut_end);
        let before = memchr::memrchr(b'\n', &self.0[cut_start..start]);
        let from = before.map_or(cut_start, |at| cut_start + at + 1);
        let after = memchr::memchr(b'\n', &self.0[end..cut_end]);
        let to = after.map_or(cut_end, |at| end + at);
        let mut line = self.0[from..to].to_vec();
        let mut offset = start - from;
        if before.is_none() && from > 0 {
            line.splice(0..0, *b"... ");
            offset += 4;
        }
        if after.is_none() && to < self.0.len() {
            line.extend_from_slice(b" ...");
        }
        (line, offset)
    }
}

impl Shown {
    fn print(&self, out: &mut String, width: usize, label: &str) {
        let mark = |out: &mut String, column: usize, length: usize, label: &str| {
            let marks = "^".repeat(length);
            let _ = writeln!(out, " {:width$} | {:column$}{marks}-- {label}", "", "");
        };
        let (first, offset) = &self.lines[0];
        line(out, width, self.first, first);
        let rest = first.len().saturating_sub(*offset);
        let [_, between @ .., (last, end)] = &self.lines[..] else {
            return mark(out, *offset, rest.max(1).min(self.length), label);
        };
        mark(out, *offset, rest, if between.is_empty() { "" } else { "and" });
        for (text, _) in between {
            line(out, width, self.first + 1, text);
            mark(out, 0, text.len(), "and");
        }
        line(out, width, self.last, last);
        mark(out, 0, end + 1, label);
    }
}

/// A line with its number.
fn line(out: &mut String, width: usize, number: usize, text: &[u8]) {
    let _ = write!(out, " {number:>width$} | ");
    for byte in text {
        if matches!(byte, 0x20..=0x7e) {
            out.push(char::from(*byte));
            continue;
        }
        let _ = write!(out, "0x{byte:02x}");
        out.push_str(match byte {
            0 => "(NUL)",
            b'\n' => "(LINE FEED)",
            b'\r' => "(CARRIAGE RETURN)",
            b'\t' => "(TAB)",
            0x0b => "(VERTICAL TAB)",
            0x0c => "(FORM FEED)",
            0x1b => "(ESCAPE)",
            _ => "",
        });
    }
    out.push('\n');
}
