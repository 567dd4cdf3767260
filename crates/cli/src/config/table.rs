//! The settings of Nix 2.34 by name, older names and form.
//!
//! Those marked with a text are what this program acts on; the others are known so that a configuration written for Nix
//! raises no warning, and one that Nix refuses is refused.

use super::values::Kind;
use Kind::{Bool, Choice, Features, Folder, Jobs, Lint, List, Number, Size, Stores, Text};

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name.
    pub(crate) name: &'static str,
    /// The form of its values.
    pub(crate) kind: Kind,
    /// What it does here; empty if nothing.
    pub(crate) help: &'static str,
}

const fn row(kind: Kind, name: &'static str, help: &'static str) -> Setting {
    Setting { name, kind, help }
}

/// What this program acts on.
pub(crate) const SETTINGS: &[Setting] = &[
    row(Bool, "pure-eval", "No files, environment or time but what is named by hash"),
    row(Bool, "restrict-eval", "Only files of the search path"),
    row(List, "allowed-uris", "What may be fetched with restrict-eval"),
    row(List, "nix-path", "The search path, if NIX_PATH is not set"),
    row(Number, "max-call-depth", "Nested calls allowed"),
    row(Size, "max-heap", "Memory that an evaluation may use, such as 256M"),
    row(Size, "max-steps", "Calls and forcings an evaluation may need"),
    row(Number, "eval-timeout", "Seconds an evaluation may take"),
    row(Size, "max-imports", "Files an evaluation may load"),
    row(Size, "max-output", "Results and messages an evaluation may print"),
    row(Size, "max-file-size", "The largest file that may be read"),
    row(Text, "eval-system", "builtins.currentSystem"),
    row(Text, "system", "builtins.currentSystem, if eval-system is not set"),
    row(Bool, "allow-import-from-derivation", "Whether evaluation may need builds"),
    row(Bool, "trace-verbose", "Whether builtins.traceVerbose prints"),
    row(Bool, "abort-on-warn", "builtins.warn ends the evaluation"),
    row(Features, "experimental-features", "Features of the language that are on"),
    row(Bool, "show-trace", "Show the whole trace of an error"),
    row(Kind::Store, "store", "Where derivations are written"),
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
            "compress-build-log",
            "debugger-on-trace",
            "debugger-on-warn",
            "eval-cache",
            "fallback",
            "filter-syscalls",
            "fsync-metadata",
            "fsync-store-paths",
            "http2",
            "ignore-try",
            "impersonate-linux-26",
            "keep-build-log",
            "keep-derivations",
            "keep-env-derivations",
            "keep-failed",
            "keep-going",
            "keep-outputs",
            "nix-shell-always-looks-for-shell-nix",
            "nix-shell-shebang-arguments-relative-to-script",
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
            "warn-dirty",
            "warn-short-path-literals",
        ],
    ),
    (
        Number,
        &[
            "build-poll-interval",
            "cores",
            "download-attempts",
            "download-speed",
            "eval-attrset-update-layer-rhs-threshold",
            "eval-profiler-frequency",
            "id-count",
            "max-substitution-jobs",
            "narinfo-cache-meta-ttl",
            "narinfo-cache-negative-ttl",
            "narinfo-cache-positive-ttl",
            "start-id",
            "tarball-ttl",
        ],
    ),
    (
        Size,
        &[
            "connect-timeout",
            "download-buffer-size",
            "gc-reserved-space",
            "http-connections",
            "log-lines",
            "max-build-log-size",
            "max-free",
            "max-silent-time",
            "min-free",
            "min-free-check-interval",
            "nar-buffer-size",
            "stalled-download-timeout",
            "timeout",
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
            "build-users-group",
            "builders",
            "commit-lock-file-summary",
            "eval-profile-file",
            "external-builders",
            "flake-registry",
            "netrc-file",
            "post-build-hook",
            "pre-build-hook",
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
            "build-hook",
            "extra-platforms",
            "hashed-mirrors",
            "ignored-acls",
            "impure-env",
            "plugin-files",
            "sandbox-paths",
            "secret-key-files",
            "system-features",
            "trusted-public-keys",
            "trusted-users",
        ],
    ),
    (Stores, &["substituters", "trusted-substituters"]),
    (Folder, &["diff-hook", "json-log-path"]),
    (Lint, &["lint-absolute-path-literals", "lint-short-path-literals", "lint-url-literals"]),
    (Jobs, &["max-jobs"]),
    (Choice(&["true", "false", "relaxed"]), &["sandbox"]),
    (Choice(&["disabled", "flamegraph"]), &["eval-profiler"]),
];

/// Older names.
const ALIASES: &[(&str, &str)] = &[
    ("commit-lockfile-summary", "commit-lock-file-summary"),
    ("build-compress-log", "compress-build-log"),
    ("build-cores", "cores"),
    ("build-fallback", "fallback"),
    ("binary-caches-parallel-connections", "http-connections"),
    ("build-impersonate-linux-26", "impersonate-linux-26"),
    ("build-keep-log", "keep-build-log"),
    ("gc-keep-derivations", "keep-derivations"),
    ("env-keep-derivations", "keep-env-derivations"),
    ("gc-keep-outputs", "keep-outputs"),
    ("build-max-log-size", "max-build-log-size"),
    ("build-max-jobs", "max-jobs"),
    ("build-max-silent-time", "max-silent-time"),
    ("substitution-max-jobs", "max-substitution-jobs"),
    ("build-use-chroot", "sandbox"),
    ("build-use-sandbox", "sandbox"),
    ("build-chroot-dirs", "sandbox-paths"),
    ("build-sandbox-paths", "sandbox-paths"),
    ("build-use-substitutes", "substitute"),
    ("binary-caches", "substituters"),
    ("build-timeout", "timeout"),
    ("binary-cache-public-keys", "trusted-public-keys"),
    ("trusted-binary-caches", "trusted-substituters"),
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

/// Settings that are ignored unless a feature is on.
pub(crate) const OF_FEATURES: &[(&str, &str)] = &[
    ("accept-flake-config", "flakes"),
    ("auto-allocate-uids", "auto-allocate-uids"),
    ("commit-lock-file-summary", "flakes"),
    ("flake-registry", "flakes"),
    ("impure-env", "configurable-impure-env"),
    ("use-registries", "flakes"),
];

/// The names of the others, as rows.
static OTHER_ROWS: std::sync::LazyLock<Vec<Setting>> = std::sync::LazyLock::new(|| {
    let rows =
        OTHERS.iter().flat_map(|(kind, names)| names.iter().map(|name| row(*kind, name, "")));
    rows.collect()
});

/// The setting of this name, or of this older name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Setting> {
    let alias = ALIASES.iter().find(|(old, _)| old.as_bytes() == name);
    let name = alias.map_or(name, |(_, new)| new.as_bytes());
    let mut all = SETTINGS.iter().chain(OTHER_ROWS.iter());
    all.find(|setting| setting.name.as_bytes() == name)
}
