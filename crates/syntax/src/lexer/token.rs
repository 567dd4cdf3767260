//! The kinds of tokens.
//!
//! In: nothing. Out: `TokenKind` and how Nix names each in a syntax error.

/// A token: a kind and the bytes it covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The offset of its first byte.
    pub start: u32,
    /// The offset after its last byte.
    pub end: u32,
}

macro_rules! token_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What a token is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TokenKind { $($(#[$doc])* $kind,)* }

        impl TokenKind {
            /// How Nix names this kind in a syntax error.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(TokenKind::$kind => $name,)* }
            }
        }
    };
}

token_kinds! {
    /// The end of the text, or a NUL byte, which Nix takes for it.
    End = "end of file",
    /// A byte that starts no token.
    Invalid = "invalid token",
    /// A name that is no keyword.
    Name = "identifier",
    /// Digits.
    Int = "integer",
    /// Digits with a point.
    Float = "floating-point literal",
    /// The literal start of a path.
    Path = "path",
    /// The literal start of a path under the home directory.
    HomePath = "'~/…' path",
    /// `<a/b>`
    SearchPath = "'<…>' path",
    /// A URI without quotes.
    Uri = "URI",
    /// `"`, the start of a string.
    Quote = "'\"'",
    /// `''`, the start of an indented string.
    IndentedQuote = "start of an indented string",
    /// `${`
    DollarBrace = "'${'",
    /// `if`
    If = "'if'",
    /// `then`
    Then = "'then'",
    /// `else`
    Else = "'else'",
    /// `assert`
    Assert = "'assert'",
    /// `with`
    With = "'with'",
    /// `let`
    Let = "'let'",
    /// `in`
    In = "'in'",
    /// `rec`
    Rec = "'rec'",
    /// `inherit`
    Inherit = "'inherit'",
    /// `or`
    Or = "'or'",
    /// `...`
    Ellipsis = "'...'",
    /// `==`
    EqualEqual = "'=='",
    /// `!=`
    NotEqual = "'!='",
    /// `<=`
    LessEqual = "'<='",
    /// `>=`
    GreaterEqual = "'>='",
    /// `&&`
    AndAnd = "'&&'",
    /// `||`
    OrOr = "'||'",
    /// `->`
    Arrow = "'->'",
    /// `//`
    SlashSlash = "'//'",
    /// `++`
    PlusPlus = "'++'",
    /// `|>`
    PipeInto = "'|>'",
    /// `<|`
    PipeFrom = "'<|'",
    /// `<`
    Less = "'<'",
    /// `>`
    Greater = "'>'",
    /// `+`
    Plus = "'+'",
    /// `-`
    Minus = "'-'",
    /// `*`
    Star = "'*'",
    /// `/`
    Slash = "'/'",
    /// `!`
    Bang = "'!'",
    /// `?`
    Question = "'?'",
    /// `.`
    Dot = "'.'",
    /// `,`
    Comma = "','",
    /// `:`
    Colon = "':'",
    /// `;`
    Semicolon = "';'",
    /// `=`
    Equal = "'='",
    /// `@`
    At = "'@'",
    /// `(`
    ParenOpen = "'('",
    /// `)`
    ParenClose = "')'",
    /// `[`
    BracketOpen = "'['",
    /// `]`
    BracketClose = "']'",
    /// `{`
    BraceOpen = "'{'",
    /// `}`
    BraceClose = "'}'",
}

impl TokenKind {
    /// Whether an expression that needs no parentheses as an argument starts with this.
    #[inline]
    #[must_use]
    pub const fn starts_operand(self) -> bool {
        matches!(
            self,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Path
                | TokenKind::HomePath
                | TokenKind::SearchPath
                | TokenKind::Uri
                | TokenKind::Quote
                | TokenKind::IndentedQuote
                | TokenKind::Let
                | TokenKind::Rec
                | TokenKind::ParenOpen
                | TokenKind::BracketOpen
                | TokenKind::BraceOpen
        )
    }
}

/// The keyword that `name` is, if it is one.
#[inline]
pub(super) fn keyword(name: &[u8]) -> Option<TokenKind> {
    if !(2..=7).contains(&name.len()) {
        return None;
    }
    Some(match name {
        b"if" => TokenKind::If,
        b"then" => TokenKind::Then,
        b"else" => TokenKind::Else,
        b"assert" => TokenKind::Assert,
        b"with" => TokenKind::With,
        b"let" => TokenKind::Let,
        b"in" => TokenKind::In,
        b"rec" => TokenKind::Rec,
        b"inherit" => TokenKind::Inherit,
        b"or" => TokenKind::Or,
        _ => return None,
    })
}
