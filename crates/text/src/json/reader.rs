//! The order of tokens: a pull reader of JSON events.
//!
//! In: the text. Out: one event a call, then `None`.
//! Invariants: begin and end events are balanced when no error comes; after an error the reader gives it again.
//! Not here: tokens (`lexer`), wording of whole messages (`error`).

use super::error::{Error, ErrorKind};
use super::lexer::{Fault, Lexer, Token};
use crate::KeepGoing;

/// One step through a JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without point and exponent that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string, decoded.
    Str(&'a [u8]),
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// `{`
    BeginObject,
    /// The name of a member, decoded; its value follows.
    Key(&'a [u8]),
    /// `}`
    EndObject,
}

/// What the reader looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value.
    Value,
    /// The first element of an array, or its end.
    FirstElement,
    /// The first key of an object, or its end.
    FirstKey,
    /// What follows a value.
    AfterValue,
    /// Nothing: the text has ended.
    Done,
}

/// A kind of open bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

/// Reads events from a JSON text.
pub struct Reader<'a, 'k> {
    lexer: Lexer<'a, 'k>,
    state: State,
    open: Vec<Open>,
    failed: Option<Error>,
}

/// What a step found; strings stay in the lexer so that the step can be borrowed late.
enum Found {
    Event(Event<'static>),
    Str,
    Key,
    End,
}

impl<'a, 'k> Reader<'a, 'k> {
    /// Starts at the beginning of a text.
    pub fn new(input: &'a [u8]) -> Reader<'a, 'k> {
        Reader::of(Lexer::new(input, None))
    }

    /// The same; in the middle of long strings it asks whether to go on. If not, there is an error, which means nothing.
    pub fn new_while(input: &'a [u8], keep_going: KeepGoing<'k>) -> Reader<'a, 'k> {
        Reader::of(Lexer::new(input, Some(keep_going)))
    }

    fn of(lexer: Lexer<'a, 'k>) -> Reader<'a, 'k> {
        Reader { lexer, state: State::Value, open: Vec::new(), failed: None }
    }

    /// Bytes of its own.
    pub fn bytes_held(&self) -> usize {
        self.open.capacity() + self.lexer.bytes_held()
    }

    /// The next event, `None` after the last.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.step() {
            Ok(Found::Event(event)) => Ok(Some(event)),
            Ok(Found::Str) => Ok(Some(Event::Str(self.lexer.string()))),
            Ok(Found::Key) => Ok(Some(Event::Key(self.lexer.string()))),
            Ok(Found::End) => Ok(None),
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn step(&mut self) -> Result<Found, Error> {
        match self.state {
            State::Value => {
                let token = self.token("value", "")?;
                self.value(token)
            }
            State::FirstElement => match self.token("value", "")? {
                Token::EndArray => Ok(self.close(Event::EndArray)),
                token => self.value(token),
            },
            State::FirstKey => match self.token("object key", "string literal")? {
                Token::EndObject => Ok(self.close(Event::EndObject)),
                token => self.key(token),
            },
            State::AfterValue => self.after_value(),
            State::Done => Ok(Found::End),
        }
    }

    fn after_value(&mut self) -> Result<Found, Error> {
        match self.open.last() {
            None => match self.token("value", "end of input")? {
                Token::End => {
                    self.state = State::Done;
                    Ok(Found::End)
                }
                token => Err(self.unexpected(token, "value", "end of input")),
            },
            Some(Open::Array) => match self.token("array", "']'")? {
                Token::EndArray => Ok(self.close(Event::EndArray)),
                Token::Comma => {
                    let token = self.token("value", "")?;
                    self.value(token)
                }
                token => Err(self.unexpected(token, "array", "']'")),
            },
            Some(Open::Object) => match self.token("object", "'}'")? {
                Token::EndObject => Ok(self.close(Event::EndObject)),
                Token::Comma => {
                    let token = self.token("object key", "string literal")?;
                    self.key(token)
                }
                token => Err(self.unexpected(token, "object", "'}'")),
            },
        }
    }

    fn close(&mut self, event: Event<'static>) -> Found {
        self.open.pop();
        self.state = State::AfterValue;
        Found::Event(event)
    }

    fn begin(&mut self, open: Open) -> Found {
        self.open.push(open);
        match open {
            Open::Array => {
                self.state = State::FirstElement;
                Found::Event(Event::BeginArray)
            }
            Open::Object => {
                self.state = State::FirstKey;
                Found::Event(Event::BeginObject)
            }
        }
    }

    fn value(&mut self, token: Token) -> Result<Found, Error> {
        let event = match token {
            Token::BeginArray => return Ok(self.begin(Open::Array)),
            Token::BeginObject => return Ok(self.begin(Open::Object)),
            Token::Str => {
                self.check_nul()?;
                self.state = State::AfterValue;
                return Ok(Found::Str);
            }
            Token::True => Event::Bool(true),
            Token::False => Event::Bool(false),
            Token::Null => Event::Null,
            Token::Number { negative, float } => number(self.lexer.number(), negative, float)?,
            Token::End if self.lexer.is_empty() => {
                let text = "attempting to parse an empty input; \
                            check that your input string or stream contains the expected JSON";
                return Err(self.error(text.as_bytes()));
            }
            other => return Err(self.unexpected(other, "value", "'[', '{', or a literal")),
        };
        self.state = State::AfterValue;
        Ok(Found::Event(event))
    }

    /// Checks a key and the colon after it. The colon is read before the key is given out; only strings and
    /// numbers change the text the lexer holds.
    fn key(&mut self, token: Token) -> Result<Found, Error> {
        if token != Token::Str {
            return Err(self.unexpected(token, "object key", "string literal"));
        }
        self.check_nul()?;
        match self.token("object separator", "':'")? {
            Token::Colon => {
                self.state = State::Value;
                Ok(Found::Key)
            }
            other => Err(self.unexpected(other, "object separator", "':'")),
        }
    }

    fn check_nul(&self) -> Result<(), Error> {
        let text = self.lexer.string();
        if memchr::memchr(0, text).is_some() { Err(Error::nul(text)) } else { Ok(()) }
    }

    fn token(&mut self, context: &str, expected: &str) -> Result<Token, Error> {
        match self.lexer.next_token() {
            Ok(token) => Ok(token),
            // To quote all that was read takes as long as reading it.
            Err(_) if self.lexer.stopped => {
                Err(Error { kind: ErrorKind::Syntax, message: Vec::new() })
            }
            Err(Fault(fault)) => {
                let mut text = fault.into_bytes();
                text.extend_from_slice(b"; last read: '");
                for byte in self.lexer.last_read() {
                    match byte {
                        0..0x20 => text.extend_from_slice(format!("<U+{byte:04X}>").as_bytes()),
                        other => text.push(*other),
                    }
                }
                text.push(b'\'');
                Err(self.syntax(context, &text, expected))
            }
        }
    }

    fn unexpected(&self, token: Token, context: &str, expected: &str) -> Error {
        self.syntax(context, format!("unexpected {}", token.name()).as_bytes(), expected)
    }

    fn syntax(&self, context: &str, what: &[u8], expected: &str) -> Error {
        let mut text = format!("syntax error while parsing {context} - ").into_bytes();
        text.extend_from_slice(what);
        if !expected.is_empty() {
            text.extend_from_slice(b"; expected ");
            text.extend_from_slice(expected.as_bytes());
        }
        self.error(&text)
    }

    fn error(&self, text: &[u8]) -> Error {
        let (line, column) = self.lexer.position();
        let mut message = format!(
            "[json.exception.parse_error.101] parse error at line {line}, column {column}: "
        )
        .into_bytes();
        message.extend_from_slice(text);
        Error { kind: ErrorKind::Syntax, message }
    }
}

/// The value of a number token.
fn number(text: &[u8], negative: bool, float: bool) -> Result<Event<'static>, Error> {
    let text_str = std::str::from_utf8(text).unwrap_or("");
    if !float {
        if negative {
            if let Ok(value) = crate::number::parse_int(text) {
                return Ok(Event::Int(value));
            }
        } else if let Ok(value) = text_str.parse::<u64>() {
            return i64::try_from(value).map(Event::Int).map_err(|_| Error::unsigned_range(value));
        }
    }
    match text_str.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Event::Float(value)),
        _ => Err(Error::number_overflow(text)),
    }
}
