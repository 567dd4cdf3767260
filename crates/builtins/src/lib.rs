//! The language's library: every builtin is a row, written by `#[builtin]` over a Rust function, one file per subject.
//!
//! In: values, through the machine. Out: values, tasks, Nix's errors. [`builtins`] gives the rows that the settings allow.
//! To add one: write it in its subject's file and name its row in that file's `ROWS`; a row that is not named does not
//! compile (it is dead code). The crate does no I/O: the outside world is the machine's host.
//! Not here: operators and coercion (`frazil-eval`), formats (`frazil-store`, `frazil-text`).
#![forbid(unsafe_code)]
#![deny(dead_code)]

mod args;
mod table;

mod arithmetic;
mod attrs;
mod attrs_lists;
mod bounds;
mod closure;
mod coerced;
mod constants;
mod context;
mod control;
mod debug;
mod derivation;
mod derivation_wrapper;
mod fetch;
mod fields;
mod flakes;
mod functions;
mod hashes;
mod import;
mod import_derivation;
mod inputs;
mod joins;
mod json;
mod known;
mod lists;
mod lists_calls;
mod normal_json;
mod outputs;
mod path_copy;
mod paths;
mod recipe;
mod regex;
mod sort;
mod store;
mod strings;
mod toml;
mod types;
mod xml;

pub use import::FILES;
pub use json::JsonTask;
pub use table::builtins;
pub use xml::XmlTask;
