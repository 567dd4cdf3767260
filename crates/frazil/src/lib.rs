//! Frazil, for programs that evaluate Nix: the place where the stages meet.
//!
//! In: texts or files, settings, a [`Host`] (the outside world; the default one grants nothing). Out: values, their text
//! forms, and errors with traces. An [`Evaluator`] is one self-contained `Send` object; several may live on several threads.
//!
//! ```
//! use frazil::{Evaluator, Settings};
//! let mut evaluator = Evaluator::new(Settings::default());
//! let value = evaluator.eval_text(b"let x = 20; in x * 2 + 2", b"/").unwrap();
//! assert_eq!(evaluator.show(value).unwrap(), b"42");
//! ```
#![forbid(unsafe_code)]

mod code_cache;
mod evaluator;
mod excerpt;
mod extent;
mod loader;
mod render;
mod report;
mod terminal;

pub use evaluator::Evaluator;
pub use extent::{Fetch, Trees};
pub use frazil_base::{Origin, Pos, SourceId, Symbol};
pub use frazil_eval::host::{self, CodeCache, Host, HostError};
pub use frazil_eval::ops::{ShowForm, ShowOptions};
pub use frazil_eval::vm::Interrupter;
pub use frazil_eval::{Error, ErrorKind, Settings, TraceLine, Value, Vm};
pub use loader::Options;
pub use render::{RenderOptions, indented, render};
pub use report::{ReportOptions, report};
pub use terminal::terminal_text;

/// The stages by themselves, for tools that look inside.
pub mod stages {
    pub use frazil_base as base;
    pub use frazil_bytecode as bytecode;
    pub use frazil_compile as compile;
    pub use frazil_eval as eval;
    pub use frazil_store as store;
    pub use frazil_syntax as syntax;
}
