//! Text to tree, and tree to text.
//!
//! In: the bytes of a Nix text. Out: an `Ast` and the complaints; `show` prints a tree as `nix-instantiate --parse` does.
//!
//! Invariants
//! - Pure: no I/O, no global state; the directory that relative paths start from is an argument.
//! - Never fails: a text that is not Nix gives errors and a tree with an `Error` node.
//! - Linear time, and constant native stack however deep the text is nested.
//!
//! Not here: name resolution and desugaring (`frazil-compile`).
#![forbid(unsafe_code)]

pub mod ast;
mod doc_comment;
pub mod lexer;
mod looks;
pub mod parser;
pub mod show;
mod tokens;
mod tree;

pub use doc_comment::doc_comment_before;
pub use lexer::is_plain_name;
pub use looks::{KeepGoing, Looks};
pub use parser::{Lint, Lints, Parse, ParseOptions, parse, parse_while};
pub use show::show;
pub use tokens::{Lexeme, LexemeKind, show_tokens, tokens};
pub use tree::show_tree;
