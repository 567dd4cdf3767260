//! TOML values: arrays, inline tables, and what is neither.
//!
//! In: the parser where a value begins. Out: its node, or a mistake. Open arrays and inline tables lie on a heap stack.
//! Not here: strings and numbers.

use super::fault::{FLOAT_HINT, Fault, NUMBER_HINT, fault};
use super::insert::{Key, Origin};
use super::number::number;
use super::parse::Parser;
use super::{Node, NodeId};

const BOOLEAN: &str = "expected true or false";
const FLOAT: &str = "expected from `1` to `9` or digit [0-9] or inf or nan";

/// An open bracket or brace.
struct Open {
    start: usize,
    /// Mistakes noted before it.
    before: usize,
    /// Whether a comma stands before what comes next.
    comma: bool,
    kind: Kind,
}

enum Kind {
    Array(Vec<NodeId>),
    Table {
        table: NodeId,
        empty: bool,
        /// The key whose value is being read.
        key: Option<Key>,
    },
}

/// What is to be done.
enum Turn {
    /// A value begins here.
    Begin,
    /// A value is complete, or wrong.
    Done(Result<NodeId, Fault>),
    /// The innermost open array or table goes on.
    GoOn,
    /// It ends here, or should.
    End,
    /// It has ended, well or not.
    Closed(Result<NodeId, Fault>),
}

impl Parser<'_, '_> {
    pub(super) fn value(&mut self) -> Result<NodeId, Fault> {
        let mut open: Vec<Open> = Vec::new();
        let mut turn = Turn::Begin;
        loop {
            turn = match turn {
                Turn::Begin if matches!(self.peek(), Some(b'[' | b'{')) => {
                    self.hold(2 * size_of::<Open>());
                    open.push(self.opened());
                    Turn::GoOn
                }
                Turn::Begin => Turn::Done(self.scalar()),
                Turn::Closed(done) => {
                    open.pop();
                    Turn::Done(done)
                }
                Turn::Done(done) => match (open.last_mut(), done) {
                    (None, done) => return done,
                    (Some(inner), Ok(value)) => self.put(inner, value),
                    (Some(inner), Err(fault)) => {
                        self.report(fault);
                        self.recover(inner)
                    }
                },
                Turn::GoOn | Turn::End => match open.last_mut() {
                    Some(inner) if matches!(turn, Turn::GoOn) => self.go_on(inner),
                    Some(inner) => Turn::Closed(self.end(inner)),
                    None => Turn::Done(fault(UNKNOWN, self.at, "here")),
                },
            };
        }
    }

    fn opened(&mut self) -> Open {
        let (start, before) = (self.at, self.reported());
        let is_array = self.peek() == Some(b'[');
        self.at += 1;
        if is_array {
            self.skip_space();
            return Open { start, before, comma: true, kind: Kind::Array(Vec::new()) };
        }
        self.skip_blanks();
        let table = self.builder.table(Origin::Inline, start..start + 1);
        Open { start, before, comma: false, kind: Kind::Table { table, empty: true, key: None } }
    }

    /// The next element or pair, if there is one.
    fn go_on(&mut self, inner: &mut Open) -> Turn {
        let Some(byte) = self.peek() else { return Turn::End };
        match &mut inner.kind {
            Kind::Array(_) if byte == b']' => Turn::End,
            Kind::Array(_) if inner.comma => Turn::Begin,
            Kind::Array(_) => {
                let title = "toml::parse_array: expected value-separator `,` or closing `]`";
                Turn::Closed(fault(title, self.at, "here"))
            }
            Kind::Table { .. } if byte == b'}' && inner.comma => {
                let title =
                    "toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)";
                Turn::Closed(fault(title, self.at, "here"))
            }
            Kind::Table { .. } if byte == b'}' => Turn::End,
            Kind::Table { empty: false, .. } if !inner.comma => {
                let title = "toml::parse_inline_table: expected value-separator `,` or closing `}`";
                Turn::Closed(fault(title, self.at, "here"))
            }
            Kind::Table { empty, key, .. } => {
                *empty = false;
                match self.key_and_equals() {
                    Ok(next) => {
                        *key = Some(next);
                        Turn::Begin
                    }
                    Err(fault) => Turn::Done(Err(fault)),
                }
            }
        }
    }

    /// Takes a value, and the comma behind it if there is one.
    fn put(&mut self, inner: &mut Open, value: NodeId) -> Turn {
        match &mut inner.kind {
            Kind::Array(items) => {
                items.push(value);
                self.hold(2 * size_of::<NodeId>());
                self.skip_space();
                inner.comma = self.take(b',');
                if let Err(fault) = self.comment() {
                    self.report(fault);
                }
                if inner.comma {
                    self.skip_space();
                }
            }
            Kind::Table { table, key, .. } => {
                let inserted = key.take().map_or(Ok(()), |key| self.insert(*table, &key, value));
                if let Err(fault) = inserted {
                    self.report(fault);
                    let end =
                        self.rest().iter().position(|byte| matches!(byte, b',' | b'\n' | b'}'));
                    self.at = end.map_or(self.input.len(), |end| self.at + end);
                    inner.comma = self.peek() == Some(b',');
                    return Turn::GoOn;
                }
                self.skip_blanks();
                inner.comma = self.take(b',');
                self.skip_blanks();
            }
        }
        Turn::GoOn
    }

    /// Goes on behind an element or pair that is wrong.
    fn recover(&mut self, inner: &Open) -> Turn {
        if let Kind::Table { .. } = inner.kind {
            let end = self.rest().iter().position(|byte| matches!(byte, b'\n' | b'}'));
            self.at = end.map_or(self.input.len(), |end| self.at + end);
            return Turn::End;
        }
        let start = self.at;
        self.skip_value();
        if self.at == start { Turn::End } else { Turn::GoOn }
    }

    fn end(&mut self, inner: &mut Open) -> Result<NodeId, Fault> {
        let is_array = matches!(inner.kind, Kind::Array(_));
        if !self.take(if is_array { b']' } else { b'}' }) {
            return if is_array {
                let title = "toml::parse_array: missing closing bracket `]`";
                fault(title, self.at, "expected `]`, reached EOF")
            } else {
                let title = "toml::parse_inline_table: missing closing bracket `}`";
                fault(title, self.at, "expected `}`, reached line end")
            };
        }
        // The reference tells the last mistake inside of an array once more.
        if self.reported() > inner.before
            && let Some(last) = self.last_fault(!is_array)
        {
            return Err(last);
        }
        let place = inner.start..self.at;
        Ok(match &mut inner.kind {
            Kind::Array(items) => {
                self.builder.add(Node::Array(std::mem::take(items)), Origin::Plain, place)
            }
            Kind::Table { table, .. } => {
                self.builder.place(*table, place);
                *table
            }
        })
    }

    /// Anything but an array or table.
    fn scalar(&mut self) -> Result<NodeId, Fault> {
        let (rest, start) = (self.rest(), self.at);
        let read = match rest {
            [b'"' | b'\'', ..] => self.string(true).map(|(text, len)| (Node::Str(text), len)),
            [b'0'..=b'9', ..] | [b'+' | b'-', b'0'..=b'9', ..] => number(rest),
            _ => word(rest),
        };
        let (node, len) = read.map_err(|fault| {
            let fault = fault.shifted(start);
            self.at = fault.read;
            fault
        })?;
        self.at += len;
        Ok(self.builder.add(node, Origin::Plain, start..self.at))
    }
}

fn special(rest: &[u8]) -> Option<f64> {
    if rest.starts_with(b"inf") {
        Some(f64::INFINITY)
    } else if rest.starts_with(b"nan") {
        // The sign of a not-a-number is visible when it is printed.
        Some(f64::NAN.copysign(1.0))
    } else {
        None
    }
}

const UNKNOWN: &str = "bad format: unknown value appeared";

/// A value that begins with a letter, with a sign before one, or with something no value begins with.
fn word(rest: &[u8]) -> Result<(Node, usize), Fault> {
    let sign = usize::from(matches!(rest, [b'+' | b'-', b'i' | b'n', ..]));
    if let Some(value) = special(&rest[sign..]) {
        let value = if rest[0] == b'-' { -value } else { value };
        return Ok((Node::Float(value), sign + 3));
    }
    if rest.starts_with(b"true") {
        return Ok((Node::Bool(true), 4));
    }
    if rest.starts_with(b"false") {
        return Ok((Node::Bool(false), 5));
    }
    let (meant, label) = match rest.first() {
        Some(b't' | b'f') => {
            let title = "toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. \
                 string must be surrounded by `\"`";
            return fault(title, 0, BOOLEAN);
        }
        Some(b'T') => ("true", BOOLEAN),
        Some(b'F') => ("false", BOOLEAN),
        Some(b'i' | b'I') => ("inf", FLOAT),
        Some(b'n' | b'N') => ("nan", FLOAT),
        Some(b'.') => {
            let title = "bad float: integer part is required before decimal point";
            return Err(Fault::new(title, 0..1, "missing integer part").hint(FLOAT_HINT));
        }
        Some(b'_') => {
            let title = "bad number: `_` must be surrounded by digits";
            return Err(Fault::new(title, 0..1, "digits required before `_`").hint(NUMBER_HINT));
        }
        _ => return fault(UNKNOWN, 0, "here"),
    };
    let title = format!(
        "toml::parse_value: `{meant}` must be in lowercase. A string must be surrounded by quotes."
    );
    fault(&title, 0, label)
}
