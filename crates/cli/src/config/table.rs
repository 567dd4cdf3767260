//! The settings of Nix 2.34 by name and form.
//!
//! Those marked with a text are what this program acts on; the others are known so that a configuration written for Nix
//! raises no warning.

/// The form of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `true`, `yes`, `1`, `false`, `no`, `0`
    Bool,
    /// A number from 0.
    Number,
    /// Any text.
    Text,
    /// Words; can be appended to with `extra-`.
    List,
}

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its form.
    pub(crate) kind: Kind,
    /// What it does here; empty if nothing.
    pub(crate) help: &'static str,
}

const fn row(kind: Kind, name: &'static str, help: &'static str) -> Setting {
    Setting { name, kind, help }
}

use Kind::{Bool, List, Number, Text};

/// What this program acts on.
pub(crate) const SETTINGS: &[Setting] = &[
    row(Bool, "pure-eval", "No files, environment or time but what is named by hash"),
    row(Bool, "restrict-eval", "Only files of the search path"),
    row(List, "allowed-uris", "What may be fetched with restrict-eval"),
    row(List, "nix-path", "The search path, if NIX_PATH is not set"),
    row(Number, "max-call-depth", "Nested calls allowed"),
    row(Text, "eval-system", "builtins.currentSystem"),
    row(Text, "system", "builtins.currentSystem, if eval-system is not set"),
    row(Bool, "allow-import-from-derivation", "Whether evaluation may need builds"),
    row(Bool, "trace-verbose", "Whether builtins.traceVerbose prints"),
    row(Bool, "abort-on-warn", "builtins.warn ends the evaluation"),
    row(List, "experimental-features", "Features of the language that are on"),
    row(Bool, "show-trace", "Show the whole trace of an error"),
    row(Text, "store", "Where derivations are written"),
];

/// What is known and means nothing to evaluation.
const OTHERS: &[(Kind, &[&str])] = &[
    (
        Bool,
        &[
            "accept-flake-config",
            "allow-dirty",
            "allow-dirty-locks",
            "allow-new-privileges",
            "allow-symlinked-store",
            "allow-unsafe-native-code-during-evaluation",
            "always-allow-substitutes",
            "auto-allocate-uids",
            "auto-optimise-store",
            "builders-use-substitutes",
            "case-hack",
            "compress-build-log",
            "debugger-on-trace",
            "debugger-on-warn",
            "eval-cache",
            "fallback",
            "filter-syscalls",
            "fsync-metadata",
            "fsync-store-paths",
            "gc-reserved-space-check",
            "http2",
            "ignore-try",
            "impersonate-linux-26",
            "keep-build-log",
            "keep-derivations",
            "keep-env-derivations",
            "keep-failed",
            "keep-going",
            "keep-outputs",
            "preallocate-contents",
            "print-missing",
            "require-drop-supplementary-groups",
            "require-sigs",
            "run-diff-hook",
            "sandbox-fallback",
            "substitute",
            "sync-before-registering",
            "trace-function-calls",
            "trace-import-from-derivation",
            "trust-tarballs-from-git-forges",
            "use-case-hack",
            "use-cgroups",
            "use-registries",
            "use-sqlite-wal",
            "use-xdg-base-directories",
            "verify-https-binary-caches",
            "warn-dirty",
            "warn-short-path-literals",
        ],
    ),
    (
        Number,
        &[
            "connect-timeout",
            "cores",
            "download-attempts",
            "download-buffer-size",
            "download-speed",
            "eval-attrset-update-layer-rhs-threshold",
            "eval-profiler-frequency",
            "http-connections",
            "id-count",
            "log-lines",
            "max-build-log-size",
            "max-free",
            "max-silent-time",
            "max-substitution-jobs",
            "min-free",
            "min-free-check-interval",
            "nar-buffer-size",
            "narinfo-cache-meta-ttl",
            "narinfo-cache-negative-ttl",
            "narinfo-cache-positive-ttl",
            "stalled-download-timeout",
            "start-id",
            "tarball-ttl",
            "timeout",
            "ttl-negative-narinfo-cache",
            "ttl-positive-narinfo-cache",
            "warn-large-path-threshold",
        ],
    ),
    (
        Text,
        &[
            "bash-prompt",
            "bash-prompt-prefix",
            "bash-prompt-suffix",
            "build-dir",
            "build-hook",
            "build-users-group",
            "builders",
            "commit-lock-file-summary",
            "diff-hook",
            "eval-profile-file",
            "eval-profiler",
            "flake-registry",
            "lint-absolute-path-literals",
            "lint-short-path-literals",
            "lint-url-literals",
            "log-format",
            "max-jobs",
            "netrc-file",
            "plugin-files",
            "post-build-hook",
            "pre-build-hook",
            "sandbox",
            "sandbox-build-dir",
            "sandbox-dev-shm-size",
            "ssl-cert-file",
            "upgrade-nix-store-path-url",
            "user-agent-suffix",
        ],
    ),
    (
        List,
        &[
            "access-tokens",
            "allowed-impure-host-deps",
            "allowed-users",
            "extra-platforms",
            "hashed-mirrors",
            "impure-env",
            "json-log-path",
            "plugin-files",
            "sandbox-paths",
            "secret-key-files",
            "substituters",
            "system-features",
            "trusted-public-keys",
            "trusted-substituters",
            "trusted-users",
        ],
    ),
];

/// The experimental features of Nix 2.34.
pub(crate) const FEATURES: &[&str] = &[
    "ca-derivations",
    "impure-derivations",
    "fetch-tree",
    "nix-command",
    "git-hashing",
    "recursive-nix",
    "flakes",
    "fetch-closure",
    "auto-allocate-uids",
    "cgroups",
    "daemon-trust-override",
    "dynamic-derivations",
    "parse-toml-timestamps",
    "read-only-local-store",
    "local-overlay-store",
    "configurable-impure-env",
    "mounted-ssh-store",
    "verified-fetches",
    "pipe-operators",
    "external-builders",
    "blake3-hashes",
];

/// The names of the others, as rows.
static OTHER_ROWS: std::sync::LazyLock<Vec<Setting>> = std::sync::LazyLock::new(|| {
    let rows =
        OTHERS.iter().flat_map(|(kind, names)| names.iter().map(|name| row(*kind, name, "")));
    rows.collect()
});

/// The setting of this name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Setting> {
    let all = SETTINGS.iter().chain(OTHER_ROWS.iter());
    let mut all = all.filter(|setting| setting.name.as_bytes() == name);
    all.next()
}
