//! The parser's own stack: what is open, and what comes next.
//!
//! In: nothing. Out: `Frame` and `State`. Offsets are in the text; `base` fields index the parser's open vectors.

use crate::ast::{AttrName, BinaryOp, ExprId, LambdaId, SetId, Slice};

/// What comes next in the text.
pub(super) enum State {
    /// An expression of any form.
    Expr,
    /// An operand of an operator: prefix operators, or a simple expression and what may be applied to it.
    Operand,
    /// An expression that needs no parentheses as an argument.
    Simple,
    /// What may follow a simple expression: a selection.
    AfterSimple(ExprId),
    /// What may follow a selection: arguments.
    AfterSelect(ExprId),
    /// What may follow an application: an infix operator.
    Operator(ExprId),
    /// The innermost open frame's expression is complete.
    Done(ExprId),
    /// A name of an attribute path.
    Name,
    /// What may follow a name of an attribute path.
    AfterName,
    /// A binding, or the end of the bindings.
    Bindings,
    /// A formal, or the end of the formals.
    Formals,
    /// The text is complete.
    Finished(ExprId),
}

/// The written form of a group of bindings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SetForm {
    /// `{ … }`
    Plain,
    /// `rec { … }`
    Recursive,
    /// `let { … }`
    LegacyLet,
    /// `let … in`
    Let,
}

/// A set pattern that is being read.
#[derive(Clone, Copy)]
pub(super) struct OpenFormals {
    /// Where the function starts.
    pub(super) start: u32,
    /// The offset of the name before the `@`, if there is one.
    pub(super) arg: Option<(frazil_base::Symbol, u32)>,
    pub(super) base: u32,
}

/// What to do once the expression in work is complete.
#[derive(Clone, Copy)]
pub(super) enum Frame {
    /// End of the text.
    Root,
    /// `(` e `)`
    Paren { start: u32 },
    /// head e
    LambdaBody { start: u32, lambda: LambdaId },
    /// `assert` e `;`
    AssertCondition { start: u32 },
    /// `assert c;` e
    AssertBody { start: u32, condition: ExprId },
    /// `with` e `;`
    WithEnv { start: u32 },
    /// `with s;` e
    WithBody { start: u32, env: ExprId },
    /// `let … in` e
    LetBody { start: u32, set: SetId },
    /// `if` e `then`
    IfCondition { start: u32 },
    /// `if c then` e `else`
    IfConsequent { start: u32, condition: ExprId },
    /// `if c then a else` e
    IfAlternative { start: u32, condition: ExprId, consequent: ExprId },
    /// `!` e
    Not { pos: u32 },
    /// `-` e
    Negate { pos: u32 },
    /// left op e
    Binary { op: BinaryOp, pos: u32, left: ExprId },
    /// func args… e
    Apply { func: ExprId, base: u32 },
    /// `[` elements… e `]`
    List { start: u32, base: u32 },
    /// `b.path or` e
    Default { base: ExprId, path: Slice<AttrName> },
    /// `"…${` e `}…"`
    StringPiece { start: u32, base: u32, pos: u32 },
    /// `''…${` e `}…''`
    IndentedPiece { start: u32, base: u32, pos: u32 },
    /// `./a${` e `}…`
    PathPiece { start: u32, base: u32, pos: u32 },
    /// A string in the place of a name.
    NameString { start: u32 },
    /// `${` e `}` in the place of a name.
    NameExpr { start: u32 },
    /// `b.` names
    SelectPath { base: ExprId, names: u32 },
    /// `b ?` names
    HasAttrPath { base: ExprId, names: u32 },
    /// names `=`
    BindingPath { start: u32, names: u32 },
    /// path `=` e `;`
    BindingValue { start: u32, names: u32 },
    /// `inherit (` e `)`
    InheritSource,
    /// `inherit` names `;`
    InheritNames { from: Option<u32>, names: u32 },
    /// `{` bindings `}`
    Set { start: u32, form: SetForm, set: SetId },
    /// `{` formals `}`
    Formals(OpenFormals),
    /// `{ … name ?` e
    FormalDefault,
}
