//! Errors of evaluation: one word, a kind, a message in Nix's words, a position, and the trace of what was being done.
//!
//! In: failing instructions, builtins, hosts. Out: [`Error`], cheap to clone (a thunk that failed remembers its error).
//! Invariants: whether `tryEval` catches it is a property of the kind; a trace is a list from the innermost line outwards
//! that shares its tail-less beginning with clones. Not here: how errors look (`render.rs` of the façade).

use frazil_base::Pos;
use std::sync::Arc;

/// What went wrong, coarsely: enough to decide about catching, exit codes and machine-readable output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `throw`, and a search path entry that was not found. Caught by `tryEval`.
    Thrown,
    /// A failed `assert`. Caught by `tryEval`.
    Assertion,
    /// `abort`
    Abort,
    /// A value of the wrong type.
    Type,
    /// A missing attribute.
    MissingAttribute,
    /// A name that nothing binds.
    UndefinedVariable,
    /// A value that needs itself.
    InfiniteRecursion,
    /// Too many nested calls.
    CallDepth,
    /// A text that is no Nix expression.
    Syntax,
    /// The outside world said no.
    Io,
    /// A policy said no.
    Forbidden,
    /// A word that Nix reads as it reads command lines: the name of a hash algorithm or format.
    Usage,
    /// Anything else that Nix calls an evaluation error.
    Eval,
    /// The host cannot do what was asked (build, fetch).
    Unsupported,
    /// A limit on memory.
    HeapLimit,
    /// A limit on steps.
    StepLimit,
    /// A limit on time.
    Timeout,
    /// A limit on the size of output, files or imports.
    SizeLimit,
    /// Cancelled from outside.
    Cancelled,
    /// Optimised code came to where it would show more values than Nix has computed; plain code does not.
    PlainCode,
}

impl ErrorKind {
    /// Whether `tryEval` catches it.
    pub fn is_catchable(self) -> bool {
        matches!(self, ErrorKind::Thrown | ErrorKind::Assertion)
    }
    /// Whether evaluating the same thunk again may end differently, so that a thunk must not remember it.
    pub fn is_transient(self) -> bool {
        use ErrorKind::*;
        matches!(
            self,
            HeapLimit | StepLimit | Timeout | SizeLimit | Cancelled | CallDepth | PlainCode
        )
    }
    /// A stable name for machines.
    pub fn code(self) -> &'static str {
        use ErrorKind::*;
        match self {
            Thrown => "thrown",
            Assertion => "assertion",
            Abort => "abort",
            Type => "type",
            MissingAttribute => "missing-attribute",
            UndefinedVariable => "undefined-variable",
            InfiniteRecursion => "infinite-recursion",
            CallDepth => "call-depth",
            Syntax => "syntax",
            Io => "io",
            Forbidden => "forbidden",
            Usage => "usage",
            Eval => "eval",
            Unsupported => "unsupported",
            HeapLimit => "heap-limit",
            StepLimit => "step-limit",
            Timeout => "timeout",
            SizeLimit => "size-limit",
            Cancelled => "cancelled",
            PlainCode => "plain-code",
        }
    }
}

/// A line of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceLine {
    /// What was being done.
    pub text: Vec<u8>,
    /// Where.
    pub pos: Pos,
    /// Shown even when traces are not asked for (`addErrorContext`).
    pub always: bool,
}

#[derive(Debug)]
struct Node {
    line: TraceLine,
    /// Shown only with the whole trace.
    detail: bool,
    /// The lines before it (further in).
    inner: Option<Arc<Node>>,
}

impl Drop for Node {
    /// Lines form long lists: taken apart in a loop, since dropping them one inside another would use the native stack.
    fn drop(&mut self) {
        let mut next = self.inner.take();
        while let Some(node) = next {
            match Arc::try_unwrap(node) {
                Ok(mut node) => next = node.inner.take(),
                Err(_) => break,
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Body {
    kind: ErrorKind,
    message: Arc<[u8]>,
    pos: Pos,
    notes: Vec<(Vec<u8>, Pos)>,
    suggestions: Vec<Vec<u8>>,
    trace: Option<Arc<Node>>,
    lines: u32,
    /// It happened before and was remembered.
    again: bool,
    /// Nothing on the way out catches it.
    free: bool,
}

/// Lines of a trace kept: those further out than so many are left out.
const MAX_LINES: u32 = 100_000;
/// Lines of an error by a limit.
const SHORT: u32 = 100;

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Error(Box<Body>);

impl Error {
    /// An error with its message (without `error: `), not placed yet.
    pub fn new(kind: ErrorKind, message: impl Into<Vec<u8>>) -> Error {
        let message: Vec<u8> = message.into();
        Error(Box::new(Body {
            kind,
            message: message.into(),
            pos: Pos::NONE,
            notes: Vec::new(),
            suggestions: Vec::new(),
            trace: None,
            lines: 0,
            again: false,
            free: false,
        }))
    }
    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// The message, without `error: `.
    pub fn message(&self) -> &[u8] {
        &self.0.message
    }
    /// Where it happened.
    pub fn pos(&self) -> Pos {
        self.0.pos
    }
    /// The same error at a place, if it has none yet.
    #[must_use]
    pub fn or_at(mut self, pos: Pos) -> Error {
        if !self.0.pos.is_some() {
            self.0.pos = pos;
        }
        self
    }
    /// The same error with names that may have been meant.
    #[must_use]
    pub fn with_suggestions(mut self, names: Vec<Vec<u8>>) -> Error {
        self.0.suggestions = names;
        self
    }
    /// Names that may have been meant.
    pub fn suggestions(&self) -> &[Vec<u8>] {
        &self.0.suggestions
    }
    /// The same error, raised again by what remembered it.
    pub(crate) fn raised_again(mut self) -> Error {
        self.0.again = true;
        self.0.free = false;
        self
    }
    /// Whether it is raised again; asked once.
    pub(crate) fn take_again(&mut self) -> bool {
        std::mem::take(&mut self.0.again)
    }
    /// Whether nothing on the way out catches it.
    pub(crate) fn is_free(&self) -> bool {
        self.0.free
    }
    pub(crate) fn set_free(&mut self) {
        self.0.free = true;
    }
    /// Adds a further remark with a place (for example the members of a cycle).
    pub fn add_note(&mut self, text: Vec<u8>, pos: Pos) {
        self.0.notes.push((text, pos));
    }
    /// Further remarks.
    pub fn notes(&self) -> &[(Vec<u8>, Pos)] {
        &self.0.notes
    }
    /// Adds a line outside of those it has.
    pub fn push(&mut self, line: TraceLine) {
        self.add(line, false);
    }
    /// Adds a line outside of those it has that only whole traces show (calls of functions).
    pub fn push_detail(&mut self, line: TraceLine) {
        self.add(line, true);
    }
    fn add(&mut self, line: TraceLine, detail: bool) {
        if self.0.lines < MAX_LINES {
            self.0.lines += 1;
            let inner = self.0.trace.take();
            self.0.trace = Some(Arc::new(Node { line, detail, inner }));
        }
    }
    /// Whether it has so many lines that no more are wanted: what ends an evaluation by a limit is told shortly, as the
    /// lines cost time and memory when there is none left.
    pub(crate) fn is_told(&self) -> bool {
        self.is_short() && self.0.lines >= SHORT
    }
    fn is_short(&self) -> bool {
        self.0.kind.is_transient() && self.0.kind != ErrorKind::CallDepth
    }
    /// How many lines more it takes.
    pub(crate) fn lines_wanted(&self) -> usize {
        let most = if self.is_short() { SHORT } else { MAX_LINES };
        most.saturating_sub(self.0.lines) as usize
    }
    /// The trace, outermost line first.
    pub fn trace(&self) -> impl Iterator<Item = &TraceLine> {
        self.trace_lines(true)
    }
    /// As `trace`; without `whole` the lines that only whole traces show are left out.
    pub fn trace_lines(&self, whole: bool) -> impl Iterator<Item = &TraceLine> {
        let mut next = self.0.trace.as_deref();
        std::iter::from_fn(move || {
            loop {
                let node = next?;
                next = node.inner.as_deref();
                if whole || !node.detail {
                    return Some(&node.line);
                }
            }
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.message()))
    }
}

impl std::error::Error for Error {}
