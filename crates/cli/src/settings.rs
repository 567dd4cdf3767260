//! What settings and the environment mean for an evaluator.
//!
//! In: settings. Out: an evaluator's `Settings`, lints, and the folder for resolved files.
//! Not here: where settings come from (`config`).

use crate::config::Config;
use crate::world::bytes_of;
use frazil::Settings;
use frazil::stages::eval::ops::canonical_path;
use frazil::stages::syntax::{Lint, Lints};
use frazil_hosts::CodeFolder;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

/// How doubtful forms are told of.
pub(crate) fn lints(config: &Config) -> Lints {
    let lint = |name: &str| match config.text(name) {
        Some(b"warn") => Lint::Warn,
        Some(b"fatal") => Lint::Fatal,
        _ => Lint::Ignore,
    };
    let short_paths = match lint("lint-short-path-literals") {
        Lint::Ignore if config.is_on("warn-short-path-literals") => Lint::Warn,
        said => said,
    };
    let absolute_paths = lint("lint-absolute-path-literals");
    Lints { urls: lint("lint-url-literals"), short_paths, absolute_paths }
}

/// The settings of evaluators.
pub(crate) fn settings(config: &Config) -> Settings {
    let mut settings = Settings {
        pure: config.is_on("pure-eval"),
        restricted: config.is_on("restrict-eval"),
        trace_verbose: config.is_on("trace-verbose"),
        abort_on_warn: config.is_on("abort-on-warn") || truth("NIX_ABORT_ON_WARN"),
        import_from_derivation: config.switch("allow-import-from-derivation").unwrap_or(true),
        gc_stress: bytes_of("FRAZIL_GC").is_some_and(|value| value == b"stress"),
        ..Settings::default()
    };
    settings.max_heap =
        config.number("max-heap").map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    settings.max_steps = config.number("max-steps");
    settings.max_imports = config.number("max-imports");
    settings.max_output = config.number("max-output");
    if let Some(depth) = config.number("max-call-depth") {
        settings.max_call_depth = u32::try_from(depth).unwrap_or(u32::MAX);
    }
    let named = ["eval-system", "system"].iter().filter_map(|name| config.text(name));
    let system = named.filter(|text| !text.is_empty()).map(<[u8]>::to_vec).next();
    settings.system = Some(system.unwrap_or_else(|| native_system().into_bytes()));
    let features = config.list("experimental-features").into_iter();
    settings.features = features.filter_map(|name| String::from_utf8(name).ok()).collect();
    if let Some(folder) = bytes_of("NIX_STORE_DIR").filter(|folder| folder.starts_with(b"/")) {
        settings.store_dir = canonical_path(&folder);
    }
    settings
}

fn truth(variable: &str) -> bool {
    bytes_of(variable).is_some_and(|value| matches!(value.as_slice(), b"1" | b"yes" | b"true"))
}

fn native_system() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86" => "i686",
        arch => arch,
    };
    format!("{arch}-{os}")
}

/// Bytes that resolved files may take on disk: five times what all of nixpkgs does.
const CODE_CACHE: u64 = 256 << 20;

/// The folder for resolved files: what FRAZIL_CODE_CACHE names (`off`: none), or `frazil` where a user's caches are.
pub(crate) fn cache_folder() -> Option<Arc<CodeFolder>> {
    let path = |name: &str| bytes_of(name).filter(|path| path.starts_with(b"/"));
    let folder = match bytes_of("FRAZIL_CODE_CACHE") {
        Some(word) if word == b"off" => return None,
        Some(folder) => folder,
        None => match (path("XDG_CACHE_HOME"), path("HOME")) {
            (Some(caches), _) => [&caches, b"/frazil".as_slice()].concat(),
            (None, Some(home)) => [&home, b"/.cache/frazil".as_slice()].concat(),
            (None, None) => return None,
        },
    };
    Some(Arc::new(CodeFolder::new(PathBuf::from(OsStr::from_bytes(&folder)), CODE_CACHE)))
}
