//! Bracket expressions: `[a-z]`, `[^…]`, `[[:alpha:]]`, `[[.hyphen.]]`, `[[=a=]]`.
//!
//! In: the pattern behind a `[`. Out: the set of bytes and where the bracket ends.
//! Ranges go by signed bytes, so `[\xff-a]` is one and `[a-\xff]` is not (as in the reference on x86). Only ASCII
//! has classes and names. Not here: anything outside brackets.

use super::RegexError;

/// A set of bytes, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct ByteSet(pub(super) [u64; 4]);

impl ByteSet {
    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    pub(super) fn union(&mut self, other: &ByteSet) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    pub(super) fn invert(&mut self) {
        for word in &mut self.0 {
            *word = !*word;
        }
    }

    pub(super) fn full() -> ByteSet {
        ByteSet([u64::MAX; 4])
    }

    pub(super) fn single(byte: u8) -> ByteSet {
        let mut set = ByteSet::default();
        set.insert(byte);
        set
    }
}

/// What stood before, which decides what a `-` means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing a `-` could extend, at the start of the bracket.
    Start,
    /// A range, which a `-` cannot extend.
    Range,
    /// A class or equivalence class.
    Class,
    /// A character.
    Byte(u8),
}

/// One item of a bracket.
enum Item {
    Close,
    Dash,
    Byte(u8),
    /// `[.x.]`: a character, but no end of a range.
    Named(u8),
    Class(ByteSet),
}

/// Parses the bracket whose `[` ends at `at`; gives the set and the place behind its `]`.
pub(super) fn parse(pattern: &[u8], at: usize) -> Result<(ByteSet, usize), RegexError> {
    let mut reader = Items { pattern, at, first: true };
    let negated = pattern.get(at) == Some(&b'^');
    if negated {
        reader.at += 1;
    }
    let mut set = ByteSet::default();
    let mut last = Last::Start;
    loop {
        match reader.next()? {
            Item::Close => break,
            Item::Byte(byte) | Item::Named(byte) => {
                set.insert(byte);
                last = Last::Byte(byte);
            }
            Item::Class(class) => {
                set.union(&class);
                last = Last::Class;
            }
            Item::Dash => last = dash(&mut reader, &mut set, last)?,
        }
    }
    if negated {
        set.invert();
    }
    Ok((set, reader.at))
}

/// A `-` that is not an item by its place.
fn dash(reader: &mut Items<'_>, set: &mut ByteSet, last: Last) -> Result<Last, RegexError> {
    let literal = reader.pattern.get(reader.at) == Some(&b']');
    match last {
        _ if literal => {
            set.insert(b'-');
            Ok(Last::Byte(b'-'))
        }
        Last::Start => {
            set.insert(b'-');
            Ok(Last::Byte(b'-'))
        }
        Last::Range | Last::Class => Err(RegexError::Invalid),
        Last::Byte(from) => {
            let to = match reader.next()? {
                Item::Byte(byte) => byte,
                Item::Dash => b'-',
                _ => return Err(RegexError::Invalid),
            };
            insert_range(set, from, to)?;
            Ok(Last::Range)
        }
    }
}

fn insert_range(set: &mut ByteSet, from: u8, to: u8) -> Result<(), RegexError> {
    let (from, to) = (from as i8, to as i8);
    if from > to {
        return Err(RegexError::Invalid);
    }
    for byte in from..=to {
        set.insert(byte as u8);
    }
    Ok(())
}

/// Reads the items of a bracket.
struct Items<'a> {
    pattern: &'a [u8],
    at: usize,
    /// Whether a `]` would be the first item, which makes it a character.
    first: bool,
}

impl<'a> Items<'a> {
    fn next(&mut self) -> Result<Item, RegexError> {
        let byte = *self.pattern.get(self.at).ok_or(RegexError::Invalid)?;
        self.at += 1;
        let first = std::mem::replace(&mut self.first, false);
        match byte {
            b']' if !first => Ok(Item::Close),
            b'-' => Ok(Item::Dash),
            b'[' => match self.pattern.get(self.at) {
                Some(b':') => Ok(Item::Class(class(self.name(b':')?).ok_or(RegexError::Invalid)?)),
                Some(b'.') => {
                    Ok(Item::Named(character(self.name(b'.')?).ok_or(RegexError::Invalid)?))
                }
                Some(b'=') => {
                    let byte = character(self.name(b'=')?).ok_or(RegexError::Invalid)?;
                    let mut set = ByteSet::single(byte.to_ascii_lowercase());
                    set.insert(byte.to_ascii_uppercase());
                    Ok(Item::Class(set))
                }
                _ => Ok(Item::Byte(b'[')),
            },
            other => Ok(Item::Byte(other)),
        }
    }

    /// The name between `[X` and `X]`.
    fn name(&mut self, mark: u8) -> Result<&'a [u8], RegexError> {
        let start = self.at + 1;
        let rest = self.pattern.get(start..).ok_or(RegexError::Invalid)?;
        let len =
            rest.windows(2).position(|pair| pair == [mark, b']']).ok_or(RegexError::Invalid)?;
        self.at = start + len + 2;
        Ok(&rest[..len])
    }
}

/// The bytes of a class; names are case-insensitive.
fn class(name: &[u8]) -> Option<ByteSet> {
    let lower = name.to_ascii_lowercase();
    let test: fn(u8) -> bool = match &lower[..] {
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => |b| b.is_ascii_control(),
        b"digit" | b"d" => |b| b.is_ascii_digit(),
        b"graph" => |b| b.is_ascii_graphic(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"print" => |b| (b' '..=b'~').contains(&b),
        b"punct" => |b| b.is_ascii_punctuation(),
        b"space" | b"s" => |b| matches!(b, 9..=13 | b' '),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        b"w" => |b| b.is_ascii_alphanumeric() || b == b'_',
        _ => return None,
    };
    let mut set = ByteSet::default();
    (0..=255).filter(|b| test(*b)).for_each(|b| set.insert(b));
    Some(set)
}

/// The POSIX names of the ASCII characters, in order; letters are their own names and stand as `-` here.
const NAMES: [&str; 128] = [
    "NUL",
    "SOH",
    "STX",
    "ETX",
    "EOT",
    "ENQ",
    "ACK",
    "alert",
    "backspace",
    "tab",
    "newline",
    "vertical-tab",
    "form-feed",
    "carriage-return",
    "SO",
    "SI",
    "DLE",
    "DC1",
    "DC2",
    "DC3",
    "DC4",
    "NAK",
    "SYN",
    "ETB",
    "CAN",
    "EM",
    "SUB",
    "ESC",
    "IS4",
    "IS3",
    "IS2",
    "IS1",
    "space",
    "exclamation-mark",
    "quotation-mark",
    "number-sign",
    "dollar-sign",
    "percent-sign",
    "ampersand",
    "apostrophe",
    "left-parenthesis",
    "right-parenthesis",
    "asterisk",
    "plus-sign",
    "comma",
    "hyphen",
    "period",
    "slash",
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "colon",
    "semicolon",
    "less-than-sign",
    "equals-sign",
    "greater-than-sign",
    "question-mark",
    "commercial-at",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "left-square-bracket",
    "backslash",
    "right-square-bracket",
    "circumflex",
    "underscore",
    "grave-accent",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "left-curly-bracket",
    "vertical-line",
    "right-curly-bracket",
    "tilde",
    "DEL",
];

/// The character a name stands for.
fn character(name: &[u8]) -> Option<u8> {
    match name {
        [letter] if letter.is_ascii_alphabetic() => Some(*letter),
        [_] => None,
        _ => NAMES
            .iter()
            .position(|known| known.as_bytes() == name)
            .and_then(|at| u8::try_from(at).ok()),
    }
}
