//! Sources and positions: one number for a place in any text.
//!
//! In: texts with their origin. Out: `Pos` ranges, and from a `Pos` its source, line, column and neighbouring lines.
//!
//! Invariants
//! - Each source owns a range of positions, one longer than its text, so that its end has a position too.
//! - Position 0 belongs to nobody and means "no position".
//! - A line ends at LF, CR LF or a lone CR; lines and columns count from 1, columns in bytes.
//! - A line table is built once per source, on first need; a lookup is two binary searches.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A place in some source of a `SourceMap`; 0 is no place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Pos(pub u32);

impl Pos {
    /// No position.
    pub const NONE: Pos = Pos(0);

    /// Whether this is a place at all.
    #[inline]
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The place `bytes` further on; `NONE` if that is past the end of the position space.
    #[inline]
    #[must_use]
    pub const fn offset(self, bytes: usize) -> Pos {
        if bytes > (u32::MAX - self.0) as usize {
            return Pos::NONE;
        }
        Pos(self.0 + bytes as u32)
    }
}

/// From `start` up to, but not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: Pos,
    /// One past the last byte.
    pub end: Pos,
}

/// A source of a `SourceMap`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(pub u32);

/// Where a text comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// A file, by its path.
    File(Arc<[u8]>),
    /// Standard input.
    Stdin,
    /// An expression given as a string, as on a command line.
    String,
    /// Anything else, shown as it stands.
    Other(Arc<[u8]>),
}

impl Origin {
    /// How Nix names this origin in a message.
    #[must_use]
    pub fn shown(&self) -> &[u8] {
        match self {
            Origin::File(path) => path,
            Origin::Stdin => "«stdin»".as_bytes(),
            Origin::String => "«string»".as_bytes(),
            Origin::Other(name) => name,
        }
    }
}

/// A position written as people write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// The source.
    pub source: SourceId,
    /// The line, from 1.
    pub line: u32,
    /// The byte in the line, from 1.
    pub column: u32,
}

/// The line of a position with its neighbours, for showing an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snippet<'a> {
    /// The line before, if there is one.
    pub before: Option<&'a [u8]>,
    /// The line itself, without its end.
    pub line: &'a [u8],
    /// The line after, if there is one.
    pub after: Option<&'a [u8]>,
}

/// The position space is used up: all sources together would exceed 4 GiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceMapFull;

impl std::fmt::Display for SourceMapFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the sources of this evaluation exceed 4 GiB")
    }
}

impl std::error::Error for SourceMapFull {}

/// A text, shared: what was read from a file is taken in without a copy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text(Arc<Vec<u8>>);

impl From<Vec<u8>> for Text {
    fn from(text: Vec<u8>) -> Text {
        Text(Arc::new(text))
    }
}

impl From<&[u8]> for Text {
    fn from(text: &[u8]) -> Text {
        text.to_vec().into()
    }
}

impl Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A hash of a text: what has the same one is the same text.
pub type Fingerprint = [u8; 32];

/// All texts of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
    /// The last position given out.
    last: u32,
}

#[derive(Clone, Debug)]
struct Source {
    origin: Origin,
    start: u32,
    length: u32,
    text: Option<Text>,
    /// Its fingerprint, if somebody told.
    fingerprint: OnceLock<Fingerprint>,
    /// Offsets at which lines start, without the first; made when a position is shown.
    line_starts: OnceLock<Box<[u32]>>,
    /// How long the lines are but for the last, from which the offsets are made once the text is gone.
    line_lengths: OnceLock<Box<[u8]>>,
}

impl SourceMap {
    /// A map without sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a text in and gives it a range of positions.
    ///
    /// # Errors
    /// When the position space is used up.
    pub fn add(&mut self, origin: Origin, text: Text) -> Result<SourceId, SourceMapFull> {
        let id = self.add_range(origin, text.len() as u64)?;
        if let Some(source) = self.sources.last_mut() {
            source.text = Some(text);
        }
        Ok(id)
    }

    /// Gives a text a range of positions that nobody has read: only its length and its fingerprint are known.
    ///
    /// # Errors
    /// When the position space is used up.
    pub fn add_unread(
        &mut self,
        origin: Origin,
        length: u64,
        fingerprint: Fingerprint,
    ) -> Result<SourceId, SourceMapFull> {
        let id = self.add_range(origin, length)?;
        self.know_fingerprint(id, fingerprint);
        Ok(id)
    }

    fn add_range(&mut self, origin: Origin, length: u64) -> Result<SourceId, SourceMapFull> {
        let length = u32::try_from(length).map_err(|_| SourceMapFull)?;
        let start = self.last.checked_add(1).ok_or(SourceMapFull)?;
        let last = start.checked_add(length).ok_or(SourceMapFull)?;
        let id = SourceId(u32::try_from(self.sources.len()).map_err(|_| SourceMapFull)?);
        self.sources.push(Source {
            origin,
            start,
            length,
            text: None,
            fingerprint: OnceLock::new(),
            line_starts: OnceLock::new(),
            line_lengths: OnceLock::new(),
        });
        self.last = last;
        Ok(id)
    }

    /// How many sources there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no source.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Where a source comes from.
    #[must_use]
    pub fn origin(&self, id: SourceId) -> Option<&Origin> {
        Some(&self.source(id)?.origin)
    }

    /// The position of the first byte of a source: the `base` its parser is given.
    #[must_use]
    pub fn base(&self, id: SourceId) -> Pos {
        self.source(id).map_or(Pos::NONE, |source| Pos(source.start))
    }

    /// The text of a source, unless it was set aside.
    #[must_use]
    pub fn text(&self, id: SourceId) -> Option<Text> {
        self.source(id)?.text.clone()
    }

    /// The source that a position lies in.
    #[must_use]
    pub fn source_of(&self, pos: Pos) -> Option<SourceId> {
        if !pos.is_some() || pos.0 > self.last {
            return None;
        }
        let after = self.sources.partition_point(|source| source.start <= pos.0);
        Some(SourceId(u32::try_from(after.checked_sub(1)?).ok()?))
    }

    /// The offset of a position in the text of its source.
    #[must_use]
    pub fn offset_of(&self, pos: Pos) -> Option<(SourceId, usize)> {
        let id = self.source_of(pos)?;
        Some((id, (pos.0 - self.source(id)?.start) as usize))
    }

    /// Drops the text of a source; its positions can still be located.
    pub fn set_text_aside(&mut self, id: SourceId) {
        if let Some(source) = self.sources.get_mut(id.0 as usize) {
            source.line_lengths();
            source.text = None;
        }
    }

    /// How long the lines of a source are: what a later evaluation of the same text can be told.
    #[must_use]
    pub fn line_lengths(&self, id: SourceId) -> &[u8] {
        self.source(id).map_or(&[], Source::line_lengths)
    }

    /// Tells what `line_lengths` said of the same text, so that the text need not be looked through.
    pub fn know_line_lengths(&self, id: SourceId, lengths: Box<[u8]>) {
        if let Some(source) = self.source(id) {
            source.line_lengths.get_or_init(|| lengths);
        }
    }

    /// The fingerprint of a text, if it was told.
    #[must_use]
    pub fn fingerprint(&self, id: SourceId) -> Option<&Fingerprint> {
        self.source(id)?.fingerprint.get()
    }

    /// Tells the fingerprint of a text, for whoever keeps something of it.
    pub fn know_fingerprint(&self, id: SourceId, fingerprint: Fingerprint) {
        if let Some(source) = self.source(id) {
            source.fingerprint.get_or_init(|| fingerprint);
        }
    }

    /// Gives a source its text back, for showing lines of it. A text of another length is refused: the file changed.
    pub fn restore_text(&mut self, id: SourceId, text: Text) -> bool {
        match self.sources.get_mut(id.0 as usize) {
            Some(source) if source.length as usize == text.len() => {
                source.text = Some(text);
                true
            }
            _ => false,
        }
    }

    /// Line and column of a position.
    #[must_use]
    pub fn locate(&self, pos: Pos) -> Option<Location> {
        let (id, offset) = self.offset_of(pos)?;
        let offset = u32::try_from(offset).ok()?;
        let starts = self.source(id)?.line_starts();
        let before = starts.partition_point(|start| *start <= offset);
        let line_start = if before == 0 { 0 } else { starts[before - 1] };
        Some(Location {
            source: id,
            line: u32::try_from(before).ok()?.saturating_add(1),
            column: (offset - line_start).saturating_add(1),
        })
    }

    /// A position as `ORIGIN:LINE:COLUMN`.
    #[must_use]
    pub fn describe(&self, pos: Pos) -> Vec<u8> {
        let located = self.locate(pos).and_then(|at| Some((self.origin(at.source)?, at)));
        let Some((origin, at)) = located else {
            return b"undefined position".to_vec();
        };
        let mut text = origin.shown().to_vec();
        text.extend_from_slice(format!(":{}:{}", at.line, at.column).as_bytes());
        text
    }

    /// The line of a position and its neighbours; nothing if the text was set aside.
    #[must_use]
    pub fn snippet(&self, pos: Pos) -> Option<Snippet<'_>> {
        let at = self.locate(pos)?;
        let source = self.source(at.source)?;
        let line = at.line as usize - 1;
        Some(Snippet {
            before: line.checked_sub(1).and_then(|previous| source.line(previous)),
            line: source.line(line).unwrap_or_default(),
            // A text that ends in a line end has no further line, only an end.
            after: source
                .line(line + 1)
                .filter(|next| !next.is_empty() || line + 1 < source.line_starts().len()),
        })
        .filter(|_| source.text.is_some())
    }

    fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }
}

impl Source {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| match self.line_lengths.get() {
            Some(lengths) => sums(lengths),
            None => line_starts(self.bytes()).collect(),
        })
    }

    fn line_lengths(&self) -> &[u8] {
        self.line_lengths.get_or_init(|| {
            let mut last = 0;
            let mut lengths = Vec::new();
            for start in line_starts(self.bytes()) {
                push_number(&mut lengths, start - last);
                last = start;
            }
            lengths.into()
        })
    }

    fn bytes(&self) -> &[u8] {
        self.text.as_deref().unwrap_or_default()
    }

    /// Line `index`, from 0, without its end.
    fn line(&self, index: usize) -> Option<&[u8]> {
        let text = self.text.as_deref()?;
        let starts = self.line_starts();
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => *starts.get(before)? as usize,
        };
        let end = starts.get(index).map_or(text.len(), |end| *end as usize);
        let line = text.get(start..end)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The offsets at which the second and later lines of `text` start. Texts longer than the position space never get here.
fn line_starts(text: &[u8]) -> impl Iterator<Item = u32> {
    memchr::memchr2_iter(b'\n', b'\r', text)
        .filter(|&at| text[at] == b'\n' || text.get(at + 1) != Some(&b'\n'))
        .map_while(|at| u32::try_from(at + 1).ok())
}

/// Seven bits a byte, the lowest first; the last byte without the top bit. Nearly every line takes one byte.
fn push_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Each number of `bytes`, as `push_number` wrote them, together with those before it.
fn sums(bytes: &[u8]) -> Box<[u32]> {
    let mut sum = 0_u32;
    let numbers = bytes.split_inclusive(|byte| *byte < 0x80).map(|bytes| {
        bytes.iter().rev().fold(0_u32, |number, byte| number << 7 | u32::from(byte & 0x7f))
    });
    numbers
        .map(|number| {
            sum = sum.wrapping_add(number);
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(texts: &[&str]) -> SourceMap {
        let mut sources = SourceMap::new();
        for text in texts {
            sources.add(Origin::String, text.as_bytes().into()).expect("room");
        }
        sources
    }

    fn at(sources: &SourceMap, source: u32, offset: usize) -> (u32, u32) {
        let pos = sources.base(SourceId(source)).offset(offset);
        let location = sources.locate(pos).expect("a location");
        assert_eq!(location.source, SourceId(source));
        (location.line, location.column)
    }

    #[test]
    fn all_line_ends_count() {
        let sources = map(&["", "a\nb\r\nc\rd", "x"]);
        assert_eq!(at(&sources, 0, 0), (1, 1));
        let expected = [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2)];
        for (offset, place) in expected.into_iter().enumerate() {
            assert_eq!(at(&sources, 1, offset), place, "offset {offset}");
        }
        assert_eq!(at(&sources, 2, 1), (1, 2));
        assert_eq!(sources.locate(Pos::NONE), None);
        assert_eq!(sources.locate(Pos(1000)), None);
    }

    #[test]
    fn snippets_show_neighbours() {
        let sources = map(&["a\r\nb\n\nc\n"]);
        let base = sources.base(SourceId(0));
        let snippet = sources.snippet(base.offset(3)).expect("text is there");
        assert_eq!(
            (snippet.before, snippet.line, snippet.after),
            (Some(&b"a"[..]), &b"b"[..], Some(&b""[..]))
        );
        let last = sources.snippet(base.offset(6)).expect("text is there");
        assert_eq!((last.before, last.line, last.after), (Some(&b""[..]), &b"c"[..], None));
    }

    #[test]
    fn a_text_set_aside_is_still_located() {
        let mut sources = map(&["a\nb", "c"]);
        sources.set_text_aside(SourceId(0));
        assert_eq!(at(&sources, 0, 2), (2, 1));
        assert_eq!(sources.snippet(sources.base(SourceId(0))), None);
        assert!(!sources.restore_text(SourceId(0), b"longer than before"[..].into()));
        assert!(sources.restore_text(SourceId(0), b"a\nb"[..].into()));
        assert!(sources.snippet(sources.base(SourceId(0))).is_some());
        assert_eq!(sources.describe(sources.base(SourceId(1))), "«string»:1:1".as_bytes());
    }

    #[test]
    fn an_unread_text_has_its_range() {
        let (whole, mut sources) = (map(&["a\nb", "c"]), map(&[]));
        let id = sources.add_unread(Origin::String, 3, [1; 32]).expect("room");
        sources.add(Origin::String, b"c"[..].into()).expect("room");
        assert_eq!((sources.text(id), sources.fingerprint(id)), (None, Some(&[1; 32])));
        sources.know_line_lengths(id, whole.line_lengths(id).into());
        sources.set_text_aside(id);
        assert_eq!((at(&sources, 0, 2), at(&sources, 1, 0)), ((2, 1), (1, 1)));
        assert_eq!(sources.snippet(sources.base(id)), None);
        assert!(sources.add_unread(Origin::String, u64::MAX, [1; 32]).is_err());
    }

    #[test]
    fn lines_are_found_by_their_lengths() {
        let long = "x".repeat(20_000);
        let text = format!("a\n{long}\r\n\n{long}\rb\n");
        let (whole, told) = (map(&[&text]), map(&[&text]));
        told.know_line_lengths(SourceId(0), whole.line_lengths(SourceId(0)).into());
        let plain = map(&[&text]);
        for offset in 0..=text.len() {
            assert_eq!(at(&told, 0, offset), at(&plain, 0, offset), "{offset}");
        }
    }

    #[test]
    fn a_source_map_is_send() {
        fn is_send<T: Send + Sync>() {}
        is_send::<SourceMap>();
    }
}
