//! The tree: what a text says, in flat vectors.
//!
//! In: nodes from the parser. Out: nodes by number, for the compiler and the printers.
//!
//! Invariants
//! - A node is 16 bytes and `Copy`; what does not fit lies in a side vector and is named by a `Slice` or a small id.
//! - Dropping a tree is flat, however deep the text was nested.
//! - The tree matches the text: `a - b` is a `Binary`, not a call of `__sub`. Exceptions, because Nix does them while
//!   parsing and they are visible: bindings of a set are merged, indentation is stripped, paths are absolute,
//!   parentheses leave only their positions.
//! - A child may have a higher number than its parent (merged sets), so a walk follows edges, not numbers.

mod arena;
mod build;
mod slice;

pub use arena::Ast;
pub use slice::Slice;

use frazil_base::{Pos, Symbol};

/// A node of an `Ast`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExprId(pub u32);

impl ExprId {
    /// The number of this node, for use as an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An attribute set or a group of `let` bindings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SetId(pub u32);

/// A function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LambdaId(pub u32);

/// A selection with a default.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SelectOrId(pub u32);

/// A run of bytes of the tree: the text of a literal.
pub type Bytes = Slice<u8>;

/// An expression. Its position in Nix's eyes, its start and its end are asked from the `Ast`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Expr {
    /// Stands where the text could not be understood; only in trees that come with errors.
    Error,
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// A string of one piece, with escapes resolved. `indented` tells `''…''` from `"…"`.
    Str {
        /// The value.
        text: Bytes,
        /// Written with `''`.
        indented: bool,
    },
    /// A string of several pieces, or of one that is interpolated. An indented string has a piece per escape, as in Nix.
    Interpolated {
        /// The pieces, in order.
        parts: Slice<Part>,
        /// Written with `''`.
        indented: bool,
    },
    /// `https://example.org`: a string without quotes.
    Uri(Bytes),
    /// `./a`, made absolute.
    Path(Bytes),
    /// `./a${b}/c`: the first piece is literal and absolute.
    InterpolatedPath(Slice<Part>),
    /// `<a/b>`: a call of the `__findFile` in scope with the `__nixPath` in scope and this text.
    SearchPath(Bytes),
    /// A name.
    Var(Symbol),
    /// `__curPos`
    CurPos,
    /// `base.path`
    Select {
        /// What is selected from.
        base: ExprId,
        /// The names.
        path: Slice<AttrName>,
    },
    /// `base.path or default`
    SelectOr(SelectOrId),
    /// `base ? path`
    HasAttr {
        /// What is asked.
        base: ExprId,
        /// The names.
        path: Slice<AttrName>,
    },
    /// `func args…`, at least one argument. `func` is itself an `Apply` only if it stood in parentheses, or for `f or a`;
    /// Nix sees one application then, so its position is the inner one's.
    Apply {
        /// What is called.
        func: ExprId,
        /// The arguments, in order.
        args: Slice<ExprId>,
    },
    /// A function.
    Lambda(LambdaId),
    /// `let … in body`
    Let {
        /// The bindings; never with dynamic ones.
        bindings: SetId,
        /// The body.
        body: ExprId,
    },
    /// `let { …; body = e; }`
    LegacyLet(SetId),
    /// `{ … }` or `rec { … }`
    Set(SetId),
    /// `[ … ]`
    List(Slice<ExprId>),
    /// `with env; body`
    With {
        /// The set.
        env: ExprId,
        /// The body.
        body: ExprId,
    },
    /// `if condition then consequent else alternative`
    If {
        /// The condition.
        condition: ExprId,
        /// The `then` branch.
        consequent: ExprId,
        /// The `else` branch.
        alternative: ExprId,
    },
    /// `assert condition; body`
    Assert {
        /// The condition.
        condition: ExprId,
        /// The body.
        body: ExprId,
    },
    /// `!operand`
    Not(ExprId),
    /// `-operand`: a call of the `__sub` in scope with 0 and the operand.
    Negate(ExprId),
    /// `left op right`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
}

/// The infix operators with an expression on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `++`
    Concat,
    /// `*`, the `__mul` in scope
    Multiply,
    /// `/`, the `__div` in scope
    Divide,
    /// `+`
    Add,
    /// `-`, the `__sub` in scope
    Subtract,
    /// `//`
    Update,
    /// `<`, the `__lessThan` in scope
    Less,
    /// `<=`, `!(__lessThan right left)`
    LessEqual,
    /// `>`, `__lessThan right left`
    Greater,
    /// `>=`, `!(__lessThan left right)`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `->`
    Implies,
    /// `left |> right`, the call `right left`
    PipeInto,
    /// `left <| right`, the call `left right`
    PipeFrom,
}

/// A piece of a string or path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Part {
    /// Where the piece starts; at the `${` of an interpolation.
    pub pos: Pos,
    /// What it is.
    pub kind: PartKind,
}

/// What a piece of a string or path is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PartKind {
    /// Text.
    Literal(Bytes),
    /// `${e}`
    Expr(ExprId),
}

/// One step of an attribute path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AttrName {
    /// Where it is written.
    pub pos: Pos,
    /// What it is.
    pub kind: AttrNameKind,
}

/// What a step of an attribute path is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AttrNameKind {
    /// `a`, `"a"` or `${"a"}`
    Static(Symbol),
    /// `${e}` or `"x${e}"`
    Dynamic(ExprId),
}

/// A function.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lambda {
    /// The whole argument's name: `x` of `x: …`, of `x@{…}: …` and of `{…}@x: …`.
    pub arg: Option<Symbol>,
    /// Where that name is written.
    pub arg_pos: Pos,
    /// The set pattern, if there is one.
    pub formals: Option<Formals>,
    /// The body.
    pub body: ExprId,
    /// The name of the attribute or variable it is directly bound to; inner functions of `f = x: y: …` have it too.
    pub name: Option<Symbol>,
}

/// A set pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Formals {
    /// The formals, in the order they are written.
    pub formals: Slice<Formal>,
    /// Whether it ends in `...`.
    pub ellipsis: bool,
}

/// A formal of a set pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Formal {
    /// Its name.
    pub name: Symbol,
    /// Where it is written.
    pub pos: Pos,
    /// What follows its `?`.
    pub default: Option<ExprId>,
}

/// A set of bindings, merged as Nix merges them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AttrSet {
    /// Bindings see each other: `rec { … }`, `let … in` and `let { … }`.
    pub recursive: bool,
    /// The bindings with a static name, in the order in which the names first appear. Names are distinct.
    pub bindings: Slice<Binding>,
    /// The `e` of each `inherit (e) …`.
    pub froms: Slice<ExprId>,
    /// The bindings with a dynamic name, in order.
    pub dynamics: Slice<DynamicBinding>,
}

/// A binding with a static name.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Binding {
    /// The name.
    pub name: Symbol,
    /// Where the binding is written: its whole attribute path's start, or the name in an `inherit`.
    pub pos: Pos,
    /// How it gets its value.
    pub kind: BindingKind,
    /// The value. Of `inherit x` the variable `x`; of `inherit (e) x` the expression `e`.
    pub value: ExprId,
}

/// How a binding gets its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingKind {
    /// `name = value;`
    Plain,
    /// `inherit name;`: the value belongs to the scope around the set.
    Inherited,
    /// `inherit (e) name;`: selected from the set's `froms[n]`.
    InheritedFrom(u32),
}

/// A binding whose name is computed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DynamicBinding {
    /// The name.
    pub name: ExprId,
    /// The value.
    pub value: ExprId,
    /// Where the binding is written.
    pub pos: Pos,
    /// Whether the value is a function, which will be called by the computed name.
    pub names: bool,
}

/// A selection with a default.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SelectOr {
    /// What is selected from.
    pub base: ExprId,
    /// The names.
    pub path: Slice<AttrName>,
    /// What follows `or`.
    pub default: ExprId,
}

const _: () = assert!(size_of::<Expr>() == 16);
