//! JSON as `fromJSON` reads it and `toJSON` writes it.
//!
//! In: bytes. Out: events (`Reader`) or bytes appended (`push_string`; floats are in `number`).
//! Accepted is strict JSON, with an optional byte order mark. Integers up to 64 bits with sign stay integers, larger
//! ones become floats (but those that fit 64 bits without sign are an error, as in the reference). Both texts and
//! positions of errors are those of the reference.
//!
//! Limits: nesting costs one byte of heap a level. Duplicate keys come out as they are: the last should win.
//! Not here: building values.

mod error;
mod lexer;
mod reader;
mod write;

pub use error::{Error, ErrorKind};
pub use reader::{Event, Reader};
pub use write::{
    InvalidUtf8, begins_character, check_utf8, push_string, push_within, string_length,
};

#[cfg(test)]
mod tests;
