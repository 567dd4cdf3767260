//! The codes of `frazil check`, each with its page.

/// A code.
pub(super) struct Code {
    /// Its name.
    pub(super) code: &'static str,
    /// What it means and what to do.
    pub(super) page: &'static str,
}

/// All codes.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "unused-binding",
        page: "\
A name bound by `let` that nothing refers to. It is never evaluated: remove it, or
start its name with `_` to say that this is meant.

    let a = 1; b = 2; in a        # nothing uses b

Names brought into scope for `with` count as unused too: `with` does not look at them.",
    },
    Code {
        code: "unused-argument-name",
        page: "\
The name of a whole argument (`args@{ … }`) that nothing refers to. Remove it.

    args@{ a, ... }: a            # nothing uses args",
    },
    Code {
        code: "shadowed-builtin",
        page: "\
A name that is bound globally by Nix is bound again, so that what follows means something
else by it. That is allowed, but readers expect the builtin.

    let map = f: f; in map        # not the `map` everybody knows

Names starting with `__` are not looked at.",
    },
    Code {
        code: "deprecated-let",
        page: "\
`let { …; body = e; }` is an old form. Write `let … in e`.",
    },
    Code {
        code: "deprecated-uri",
        page: "\
A URI without quotes is an old form of a string; Nix can be told to refuse it. Quote it.

    { url = https://example.org; }        # better: \"https://example.org\"",
    },
    Code {
        code: "deprecated-overrides",
        page: "\
`__overrides` in a recursive set changes what the names in it mean. It is slow and
surprising; use `//` or a function.",
    },
    Code {
        code: "empty-let",
        page: "\
`let in e` binds nothing. Write `e`.",
    },
    Code {
        code: "needless-rec",
        page: "\
A `rec` set in which no name refers to another. Without `rec` it means the same, and
a new attribute cannot capture a name by accident.

    rec { a = 1; b = 2; }",
    },
];
