//! TOML 1.0 as `fromTOML` reads it.
//!
//! In: bytes. Out: a flat tree (children are indices, so depth costs no native stack to build, walk or drop).
//! Timestamps come out as the text the reference would show; whether they are allowed is the caller's question.
//! Errors carry the reference's message: all mistakes, each with the lines it is in.
//! Not here: building values.

mod fault;
mod insert;
mod number;
mod parse;
mod skip;
mod string;
mod value;

use crate::{KeepGoing, PIECE};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Index of a node in its document.
pub type NodeId = usize;

/// A value in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, `inf` and `nan` included.
    Float(f64),
    /// A string, decoded.
    Str(Vec<u8>),
    /// A date, a time, or both; `T` and `Z` in capitals and the fraction of 0, 3, 6 or 9 digits.
    Timestamp(Vec<u8>),
    /// An array, or an array of tables.
    Array(Vec<NodeId>),
    /// A table, keys in byte order.
    Table(BTreeMap<Vec<u8>, NodeId>),
}

/// A parsed text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    nodes: Vec<Node>,
}

impl Document {
    /// The table of the whole text.
    pub fn root(&self) -> NodeId {
        0
    }

    /// A node; `None` for an index of another document.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// All nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A name or text that no Nix string can hold.
    pub fn text_with_nul(&self) -> Option<&[u8]> {
        let has_nul = |text: &&[u8]| text.contains(&0);
        self.nodes.iter().find_map(|node| match node {
            Node::Str(text) => Some(&**text).filter(has_nul),
            Node::Table(children) => children.keys().map(|name| &**name).find(has_nul),
            _ => None,
        })
    }
    /// Whether any timestamp is in it.
    pub fn has_timestamp(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node, Node::Timestamp(_)))
    }
}

/// Why a text is not TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    text: String,
}

impl Error {
    /// The first line of the reference's message, behind "while parsing TOML: ".
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// Parses a text.
///
/// # Errors
/// The text is not TOML.
pub fn parse(input: &[u8]) -> Result<Document, Error> {
    parse_while(input, &mut |_, _| true)
}

/// The same for as long as `keep_going` says so.
///
/// # Errors
/// The text is not TOML; if `keep_going` said no, the error means nothing.
pub fn parse_while(input: &[u8], keep_going: KeepGoing<'_>) -> Result<Document, Error> {
    // As the reference does: with a line end at the end, unless a carriage return stands there, which is a mistake.
    let input = match input.last() {
        None | Some(b'\n' | b'\r') => Cow::Borrowed(input),
        Some(_) => match with_line_end(input, keep_going) {
            Some(whole) => Cow::Owned(whole),
            None => return Err(Error { message: String::new(), text: String::new() }),
        },
    };
    parse::Parser::at(&input, 0).run(keep_going)
}

/// A copy with a line end, unless that is not to go on.
fn with_line_end(input: &[u8], keep_going: KeepGoing<'_>) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(input.len() + 1);
    for piece in input.chunks(PIECE) {
        whole.extend_from_slice(piece);
        if piece.len() == PIECE && !keep_going(0, whole.capacity()) {
            return None;
        }
    }
    whole.push(b'\n');
    Some(whole)
}

#[cfg(test)]
mod tests;
