//! Tokens to tree: the driver.
//!
//! In: a text, the position of its first byte, an interner, options. Out: a `Parse`.
//!
//! The grammar is written as a machine with its own stack, so nesting costs heap only. A `State` says what comes next
//! in the text, a `Frame` what is to be done with an expression once it is complete. `expression` holds the
//! forms, `operators` the precedences, `bindings` sets and `let`, `sets` their merging, `names` attribute paths,
//! `strings`, `indentation` and `paths` the literals, `lints` what is said of some, `lambdas` function heads, `errors` the
//! wording.
//!
//! Invariants
//! - Each step consumes a token or pops a frame, so parsing is linear.
//! - The first syntax error ends parsing; complaints about meaning (duplicates) do not.

mod bindings;
mod errors;
mod expression;
mod frames;
mod indentation;
mod lambdas;
mod lints;
mod names;
mod operators;
mod paths;
mod sets;
mod strings;

use crate::ast::{Ast, Bytes, Expr, ExprId, Slice};
use crate::lexer::{Lexer, Token, TokenKind};
use crate::looks::{KeepGoing, Looks};
use frames::{Frame, State};
use frazil_base::{Diagnostic, Interner, Pos, Span};
pub use lints::{Lint, Lints};

/// What parsing depends on besides the text.
#[derive(Clone, Debug, Default)]
pub struct ParseOptions {
    /// The absolute directory that relative paths start from.
    pub base_dir: Vec<u8>,
    /// The directory that `~/` stands for; `None` makes such a path an error (pure evaluation).
    pub home: Option<Vec<u8>>,
    /// Whether `|>` and `<|` may be used.
    pub pipe_operators: bool,
    /// What is done about literals that are not liked.
    pub lints: Lints,
    /// The most nodes a tree may have, together with what is open at a time; `None` is any number.
    pub max_nodes: Option<usize>,
}

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The tree.
    pub ast: Ast,
    /// Its root.
    pub root: ExprId,
    /// What is wrong; the first is what Nix reports.
    pub errors: Vec<Diagnostic>,
    /// What is doubtful.
    pub warnings: Vec<Diagnostic>,
    /// Literals that are not liked.
    pub lints: Vec<Diagnostic>,
    /// The tree would have had more nodes than allowed, which is among the errors.
    pub too_large: bool,
    /// It was said not to go on; the rest means nothing.
    pub stopped: bool,
}

/// Parses `text`, whose first byte has the position `base`.
#[must_use]
pub fn parse(text: &[u8], base: Pos, symbols: &mut Interner, options: &ParseOptions) -> Parse {
    parse_while(text, base, symbols, options, &mut || true)
}

/// The same for as long as `keep_going` says so.
#[must_use]
pub fn parse_while(
    text: &[u8],
    base: Pos,
    symbols: &mut Interner,
    options: &ParseOptions,
    keep_going: KeepGoing<'_>,
) -> Parse {
    let mut parser = Parser::new(text, base, symbols, options, keep_going);
    let fits = u32::try_from(text.len()).is_ok_and(|length| base.0.checked_add(length).is_some());
    let root = if fits {
        parser.run()
    } else {
        let span = parser.span(0, 0);
        parser.complain("the text is too long", span);
        Err(Halt)
    };
    let root =
        root.unwrap_or_else(|Halt| parser.node(Expr::Error, 0, 0, text.len().min(1 << 31) as u32));
    parser.lay_out_sets();
    let Parser { ast, errors, warnings, lints, too_large, looks, .. } = parser;
    Parse { ast, root, errors, warnings, lints, too_large, stopped: looks.ended() }
}

/// Parsing cannot go on; the reason is among the errors.
struct Halt;

type Step<T> = Result<T, Halt>;

struct Parser<'a> {
    text: &'a [u8],
    base: Pos,
    symbols: &'a mut Interner,
    options: &'a ParseOptions,
    /// The directory of relative paths, canonical; the root is empty.
    base_dir: Vec<u8>,
    lexer: Lexer<'a>,
    /// The next token, not consumed yet.
    token: Token,
    /// Where the last consumed token ends.
    last_end: u32,
    ast: Ast,
    frames: Vec<Frame>,
    /// Elements and arguments of what is still open; each frame knows where its own begin.
    open_exprs: Vec<ExprId>,
    /// The same for names of attribute paths.
    open_names: Vec<crate::ast::AttrName>,
    /// The same for pieces of strings and paths.
    open_pieces: Vec<strings::Piece>,
    /// The same for formals.
    open_formals: Vec<crate::ast::Formal>,
    sets: sets::Sets,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    lints: Vec<Diagnostic>,
    too_large: bool,
    looks: Looks<'a>,
}

impl<'a> Parser<'a> {
    fn new(
        text: &'a [u8],
        base: Pos,
        symbols: &'a mut Interner,
        options: &'a ParseOptions,
        keep_going: KeepGoing<'a>,
    ) -> Self {
        let mut ast = Ast::default();
        // Measured on a package set: a node per 12 bytes of text.
        let guess = text.len() / 12 + 4;
        ast.nodes.reserve(guess);
        ast.positions.reserve(guess);
        ast.spans.reserve(guess);
        Parser {
            text,
            base,
            symbols,
            options,
            base_dir: paths::canonical_prefix(&options.base_dir),
            lexer: Lexer::new(text),
            token: Token { kind: TokenKind::End, start: 0, end: 0 },
            last_end: 0,
            ast,
            frames: Vec::with_capacity(32),
            open_exprs: Vec::new(),
            open_names: Vec::new(),
            open_pieces: Vec::new(),
            open_formals: Vec::new(),
            sets: sets::Sets::default(),
            errors: Vec::new(),
            warnings: Vec::new(),
            lints: Vec::new(),
            too_large: false,
            looks: Looks::new(keep_going),
        }
    }

    fn run(&mut self) -> Step<ExprId> {
        self.token = self.lexer.next_token();
        self.frames.push(Frame::Root);
        let mut state = State::Expr;
        loop {
            if self.looks.is_due() {
                self.pause()?;
            }
            state = match state {
                State::Expr => self.expr()?,
                State::Operand => self.operand()?,
                State::Simple => self.simple()?,
                State::AfterSimple(expr) => self.after_simple(expr),
                State::AfterSelect(expr) => self.after_select(expr)?,
                State::Operator(expr) => self.operator(expr)?,
                State::Done(expr) => self.done(expr)?,
                State::Name => self.name()?,
                State::AfterName => self.after_name()?,
                State::Bindings => self.bindings()?,
                State::Formals => self.formals()?,
                State::Finished(expr) => return self.check_size().map(|()| expr),
            };
        }
    }

    /// Now and then: whether parsing may go on.
    #[cold]
    #[inline(never)]
    fn pause(&mut self) -> Step<()> {
        self.check_size()?;
        if self.looks.ask() { Ok(()) } else { Err(Halt) }
    }

    /// The tree and what is open must not be larger than allowed.
    fn check_size(&mut self) -> Step<()> {
        let most = self.options.max_nodes.unwrap_or(usize::MAX);
        if self.ast.nodes.len() + self.frames.len() <= most {
            return Ok(());
        }
        self.too_large = true;
        self.complain("the text needs more memory than allowed", self.span(0, 0));
        Err(Halt)
    }

    /// Consumes the token.
    #[inline]
    fn advance(&mut self) -> Token {
        let consumed = self.token;
        self.last_end = consumed.end;
        self.token = self.lexer.next_token();
        consumed
    }

    /// Goes on after `at`, where a literal ended that the lexer does not know.
    #[inline]
    fn resume_at(&mut self, at: usize) {
        self.last_end = at as u32;
        self.lexer.seek(at);
        self.token = self.lexer.next_token();
    }

    /// Consumes a token of this kind.
    #[inline]
    fn expect(&mut self, kind: TokenKind) -> Step<Token> {
        if self.token.kind == kind {
            Ok(self.advance())
        } else {
            Err(self.unexpected(&[kind.name()]))
        }
    }

    #[inline]
    fn pos(&self, offset: u32) -> Pos {
        Pos(self.base.0 + offset)
    }

    #[inline]
    fn span(&self, start: u32, end: u32) -> Span {
        Span { start: self.pos(start), end: self.pos(end) }
    }

    /// Where a node starts, with its parentheses.
    #[inline]
    fn start_of(&self, expr: ExprId) -> u32 {
        self.ast.spans[expr.index()].start.0 - self.base.0
    }

    /// A node whose reported position is `pos` and which extends from `start` to `end`.
    #[inline]
    fn node(&mut self, expr: Expr, pos: u32, start: u32, end: u32) -> ExprId {
        let id = ExprId(self.ast.nodes.len() as u32);
        let (pos, span) = (self.pos(pos), self.span(start, end));
        self.ast.nodes.push(expr);
        self.ast.positions.push(pos);
        self.ast.spans.push(span);
        id
    }

    /// A node that extends from `start` to the last consumed token.
    #[inline]
    fn node_from(&mut self, expr: Expr, start: u32) -> ExprId {
        self.node(expr, start, start, self.last_end)
    }

    /// A node of one token.
    #[inline]
    fn node_of(&mut self, expr: Expr, token: Token) -> ExprId {
        self.node(expr, token.start, token.start, token.end)
    }

    #[inline]
    fn token_text(&self, token: Token) -> &'a [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    /// Moves the open expressions from `base` on into the tree.
    fn take_exprs(&mut self, base: u32) -> Slice<ExprId> {
        let start = self.ast.exprs.len();
        self.ast.exprs.extend_from_slice(&self.open_exprs[base as usize..]);
        self.open_exprs.truncate(base as usize);
        slice(start, self.ast.exprs.len())
    }

    fn keep_bytes(&mut self, bytes: &[u8]) -> Bytes {
        let start = self.ast.bytes.len();
        self.ast.bytes.extend_from_slice(bytes);
        slice(start, self.ast.bytes.len())
    }
}

/// The elements from `start` to `end` of a side vector. A text of 4 GiB gives at most as many elements as it has bytes.
#[inline]
fn slice<T>(start: usize, end: usize) -> Slice<T> {
    Slice::new(start as u32, (end - start) as u32)
}
