//! Errors for people: what is wrong, the line with the place underlined, then the way there, from the inside out, by the frames
//! of the program's own files; those of libraries are only counted.
//!
//! In: an error, the source map, which files are the program's own, a way to get a file's text again. Out: bytes that end without a line
//! end. What the program itself says of an error (`addErrorContext`) is always shown. Characters a terminal would obey are
//! written out. Not here: errors as `nix-instantiate` prints them (`render.rs`), which stream this goes to.

use crate::excerpt::excerpt;
use crate::extent::{Fetch, Trees};
use frazil_base::{Origin, Pos, SourceMap};
use frazil_eval::{Error, ErrorKind, TraceLine};

/// How an error is told.
#[derive(Clone, Copy)]
pub struct ReportOptions<'a> {
    /// What comes before the message.
    pub head: &'a str,
    /// Whether every frame is shown.
    pub show_trace: bool,
    /// Whether terminal colours are used.
    pub color: bool,
    /// Whether a file is the program's own rather than a library's.
    pub is_own: &'a dyn Fn(&[u8]) -> bool,
    /// The folder that paths are shown relative to.
    pub folder: &'a [u8],
}

/// More own frames than this are only counted: so many next to the error, so many at the outer end.
const INNER_FRAMES: usize = 8;
const OUTER_FRAMES: usize = 3;
/// Frames of libraries shown where the program has none of its own.
const LIBRARY_FRAMES: usize = 3;

/// An error as people read it.
pub fn report(
    error: &Error,
    sources: &SourceMap,
    options: &ReportOptions,
    fetch: &mut Fetch,
) -> Vec<u8> {
    let mut page =
        Page { sources, options, fetch, trees: Trees::default(), out: String::new(), margin: 3 };
    page.error(error);
    page.out.truncate(page.out.trim_end().len());
    page.out.into_bytes()
}

struct Page<'a, 'f> {
    sources: &'a SourceMap,
    options: &'a ReportOptions<'a>,
    fetch: &'a mut Fetch<'f>,
    trees: Trees,
    out: String,
    /// The width of line numbers.
    margin: usize,
}

/// One frame, or several that are not told apart.
struct Told<'e> {
    line: &'e TraceLine,
    times: usize,
    is_own: bool,
}

const RED: &str = "31;1";
const BLUE: &str = "34;1";
const MAGENTA: &str = "35";

impl Page<'_, '_> {
    fn error(&mut self, error: &Error) {
        self.paint(RED, self.options.head);
        self.out.push(' ');
        self.text(error.message(), "  ");
        let told = self.told(error);
        // Where nothing says where it happened, the innermost frame does; where a library does, the own frame that led there.
        let mut place = error.pos();
        let mut quoted = None;
        if self.sources.locate(place).is_none() {
            quoted = told.iter().position(|frame| self.sources.locate(frame.line.pos).is_some());
            place = quoted.map_or(place, |index| told[index].line.pos);
        }
        self.place(place);
        self.suggestions(error.suggestions());
        if error.kind() == ErrorKind::InfiniteRecursion {
            self.cycle(error.notes());
        }
        let is_own = self.is_own(place);
        let led = told.iter().position(|frame| frame.is_own && frame.line.pos.is_some());
        self.trace(&told, quoted, if is_own { None } else { led });
    }

    /// The frames, innermost first; what is said twice in a row is said once.
    fn told<'e>(&self, error: &'e Error) -> Vec<Told<'e>> {
        let mut lines: Vec<&TraceLine> = error.trace().collect();
        lines.reverse();
        let mut told: Vec<Told> = Vec::new();
        let mut is_own = self.is_own(error.pos());
        for line in lines {
            // What has no place belongs to what it is about.
            if self.sources.locate(line.pos).is_some() {
                is_own = self.is_own(line.pos);
            }
            match told.iter_mut().rev().take(2).find(|last| last.line == line) {
                Some(last) => last.times += 1,
                None => told.push(Told { line, times: 1, is_own }),
            }
        }
        told
    }

    fn is_own(&self, pos: Pos) -> bool {
        let source = self.sources.source_of(pos).and_then(|id| self.sources.origin(id));
        match source {
            Some(Origin::File(path)) => (self.options.is_own)(path),
            Some(Origin::Other(_)) => false,
            _ => true,
        }
    }

    fn trace(&mut self, told: &[Told], quoted: Option<usize>, excerpted: Option<usize>) {
        let has_own = told.iter().any(|frame| frame.is_own && frame.line.pos.is_some());
        let count = told.iter().filter(|frame| frame.is_own || frame.line.always).count();
        let (mut own, mut libraries, mut skipped) = (0, 0, 0);
        for (index, frame) in told.iter().enumerate() {
            if Some(index) == quoted && !frame.line.always {
                self.folded(&mut libraries, "in libraries");
                self.said(frame);
                continue;
            }
            let is_shown = if frame.line.always || self.options.show_trace {
                true
            } else if frame.is_own {
                own += 1;
                own <= INNER_FRAMES || own + OUTER_FRAMES > count
            } else {
                !has_own && index < LIBRARY_FRAMES
            };
            if !is_shown {
                *(if frame.is_own { &mut skipped } else { &mut libraries }) += frame.times;
                continue;
            }
            self.folded(&mut libraries, "in libraries");
            self.folded(&mut skipped, "of your files");
            self.said(frame);
            if Some(index) == excerpted {
                self.place(frame.line.pos);
            } else {
                self.quote(frame.line.pos);
            }
        }
        self.folded(&mut libraries, "in libraries");
        self.folded(&mut skipped, "of your files");
    }

    fn said(&mut self, frame: &Told) {
        let code = if frame.line.always { MAGENTA } else { "" };
        self.out.push_str("… ");
        let start = self.out.len();
        self.text(&frame.line.text, "  ");
        if self.options.color && !code.is_empty() {
            let text = self.out.split_off(start);
            self.paint(code, text.trim_end());
            self.out.push('\n');
        }
        if frame.times > 1 {
            self.out.truncate(self.out.trim_end().len());
            self.out.push_str(&format!(" ({} times)\n", frame.times));
        }
    }

    fn folded(&mut self, count: &mut usize, whose: &str) {
        if *count > 0 {
            let frames = if *count == 1 { "frame" } else { "frames" };
            let text = format!("({count} {frames} {whose}; --show-trace shows all)");
            self.paint(MAGENTA, &text);
            self.out.push('\n');
        }
        *count = 0;
    }

    fn suggestions(&mut self, names: &[Vec<u8>]) {
        let names: Vec<String> =
            names.iter().map(|name| format!("'{}'", visible(name, ""))).collect();
        let text = match names.as_slice() {
            [] => return,
            [only] => format!("did you mean {only}?"),
            [first @ .., last] => format!("did you mean {} or {last}?", first.join(", ")),
        };
        self.remark(&text);
    }

    /// The members of an infinite recursion: what was asked for first needs the next, and so on.
    fn cycle(&mut self, notes: &[(Vec<u8>, Pos)]) {
        let members: Vec<String> = notes.iter().rev().map(|(_, pos)| self.member(*pos)).collect();
        if let Some(first) = members.first() {
            let rest = members[1..].iter().map(|member| format!("needs {member}, which "));
            self.remark(&format!("{first} {}needs {first}", rest.collect::<String>()));
        }
    }

    fn member(&mut self, pos: Pos) -> String {
        let Page { sources, trees, fetch, .. } = self;
        match trees.binding(sources, pos, *fetch) {
            Some((name, at)) => format!("'{}' ({})", visible(&name, ""), self.located(at)),
            None => format!("the value at {}", self.located(pos)),
        }
    }

    fn remark(&mut self, text: &str) {
        self.out.push_str(&" ".repeat(self.margin));
        self.paint(BLUE, "=");
        self.out.push(' ');
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// `FILE:1:2`
    fn located(&self, pos: Pos) -> String {
        let described = self.sources.describe(pos);
        let folder = [self.options.folder, b"/"].concat();
        let short = match described.strip_prefix(folder.as_slice()) {
            Some(rest) if folder.len() > 1 => [b"./", rest].concat(),
            _ => described,
        };
        visible(&short, "")
    }

    /// Where, and the line with the place underlined.
    fn place(&mut self, pos: Pos) {
        let Some(at) = self.sources.locate(pos) else { return };
        self.margin = at.line.to_string().len() + 1;
        let blanks = " ".repeat(self.margin);
        self.paint(BLUE, &format!("{}-->", " ".repeat(self.margin - 1)));
        self.out.push_str(&format!(" {}\n", self.located(pos)));
        let Page { sources, trees, fetch, .. } = self;
        let extent = trees.extent(sources, pos, *fetch).and_then(|span| {
            let (start, end) = (sources.locate(span.start)?, sources.locate(span.end));
            let start = if start.line == at.line { start.column } else { 1 };
            let end = end.filter(|end| end.line == at.line).map_or(u32::MAX, |end| end.column);
            Some((start, end))
        });
        let (start, end) = extent.unwrap_or((at.column, at.column + 1));
        let Some(text) = trees.text(sources, at.source, *fetch) else { return };
        let Some(shown) = excerpt(&text, at.line, at.column, start, end) else { return };
        self.paint(BLUE, &format!("{blanks}|"));
        self.out.push('\n');
        self.paint(BLUE, &format!("{} |", at.line));
        self.out.push_str(&format!(" {}\n", shown.line));
        self.paint(BLUE, &format!("{blanks}|"));
        self.out.push(' ');
        let marks = shown.marks.trim_start();
        self.out.push_str(&" ".repeat(shown.marks.len() - marks.len()));
        self.paint(RED, marks);
        self.out.push('\n');
    }

    /// Where, and the line, on one line.
    fn quote(&mut self, pos: Pos) {
        let Some(at) = self.sources.locate(pos) else { return };
        self.out.push_str("  ");
        let place = self.located(pos);
        self.paint(BLUE, &place);
        let Page { sources, trees, fetch, .. } = self;
        let text = trees.text(sources, at.source, *fetch);
        let shown = text.and_then(|text| excerpt(&text, at.line, at.column, at.column, at.column));
        if let Some(shown) = shown {
            self.out.push_str(&format!(": {}", shown.line.trim()));
        }
        self.out.push('\n');
    }

    fn text(&mut self, text: &[u8], indent: &str) {
        let text = visible(text, indent);
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn paint(&mut self, code: &str, text: &str) {
        if self.options.color {
            self.out.push_str(&format!("\x1b[{code}m{text}\x1b[0m"));
        } else {
            self.out.push_str(text);
        }
    }
}

/// A text with what a terminal would obey written out; lines but the first are indented.
fn visible(text: &[u8], indent: &str) -> String {
    let mut out = String::new();
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '\n' => {
                out.push('\n');
                out.push_str(indent);
            }
            '\t' => out.push_str("    "),
            character if character.is_control() => {
                out.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out
}
