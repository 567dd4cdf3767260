//! The search path: what `-I`, NIX_PATH and settings say, as entries.
//!
//! In: texts `PATH` and `NAME=PATH`. Out: prefixes and places, `-I` first. A colon separates entries of NIX_PATH, but not
//! where it belongs to an URI. Not here: looking up (`frazil-builtins`).

use crate::config::Config;
use crate::world::bytes_of;
use frazil::stages::eval::ops::canonical_path;

/// What an URI of the search path may start with.
const SCHEMES: &[&str] = &[
    "http://", "https://", "file://", "channel:", "git://", "s3://", "ssh://", "flake:", "git+",
    "path:",
];

/// What flags say of it.
pub(crate) struct Said {
    /// `-I`, in order.
    pub(crate) include: Vec<Vec<u8>>,
    /// The setting was set by a flag, which counts more than NIX_PATH.
    pub(crate) is_set: bool,
    /// What is added behind settings or NIX_PATH.
    pub(crate) added: Vec<Vec<u8>>,
}

/// The entries of a run.
pub(crate) fn of(said: Said, config: &Config, folder: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Said { include: mut entries, is_set, added } = said;
    if !config.is_on("pure-eval") {
        match bytes_of("NIX_PATH") {
            _ if is_set => entries.extend(config.list("nix-path")),
            Some(text) => entries.extend(split(&text)),
            None if config.text("nix-path").is_some() => entries.extend(config.list("nix-path")),
            None if config.is_on("restrict-eval") => {}
            None => entries.extend(channels()),
        }
        entries.extend(added);
    } else {
        entries.clear();
    }
    entries.iter().map(|entry| pair(entry, folder)).collect()
}

/// Nix's own defaults, as far as they are there.
fn channels() -> Vec<Vec<u8>> {
    const ROOT: &str = "/nix/var/nix/profiles/per-user/root/channels";
    let mut found = Vec::new();
    if let Some(home) = bytes_of("HOME") {
        let own = [&*home, b"/.nix-defexpr/channels"].concat();
        if exists(&own) {
            found.push(own);
        }
    }
    if exists(format!("{ROOT}/nixpkgs").as_bytes()) {
        found.push(format!("nixpkgs={ROOT}/nixpkgs").into_bytes());
    }
    if exists(ROOT.as_bytes()) {
        found.push(ROOT.into());
    }
    found
}

fn exists(path: &[u8]) -> bool {
    use std::os::unix::ffi::OsStrExt;
    std::path::Path::new(std::ffi::OsStr::from_bytes(path)).exists()
}

/// An entry taken apart; a relative place starts from the working folder.
fn pair(entry: &[u8], folder: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (prefix, place) = match entry.iter().position(|byte| *byte == b'=') {
        Some(at) => (&entry[..at], &entry[at + 1..]),
        None => (&entry[..0], entry),
    };
    let has_scheme = SCHEMES.iter().any(|scheme| place.starts_with(scheme.as_bytes()));
    if place.starts_with(b"/") || has_scheme {
        return (prefix.to_vec(), place.to_vec());
    }
    let absolute = canonical_path(&[folder, b"/", place].concat());
    // `builtins.nixPath` shows what leads nowhere as it was given.
    (prefix.to_vec(), if exists(&absolute) { absolute } else { place.to_vec() })
}

/// The entries of a colon-separated text.
fn split(text: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // The path starts after the prefix, if there is one before the next colon.
        let mut from = 0;
        if let Some(at) = rest.iter().position(|byte| matches!(byte, b'=' | b':'))
            && rest[at] == b'='
        {
            from = at + 1;
        }
        let scheme = SCHEMES.iter().find(|scheme| rest[from..].starts_with(scheme.as_bytes()));
        let start = from + scheme.map_or(0, |scheme| scheme.len());
        let end =
            rest[start..].iter().position(|byte| *byte == b':').map_or(rest.len(), |at| start + at);
        if end > 0 {
            entries.push(rest[..end].to_vec());
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_separate_but_not_in_uris() {
        let shown = |text: &str| -> Vec<String> {
            split(text.as_bytes())
                .into_iter()
                .map(|e| String::from_utf8_lossy(&e).into_owned())
                .collect()
        };
        assert_eq!(shown("/a:b=/c"), ["/a", "b=/c"]);
        assert_eq!(shown("n=https://x/y.tar.gz:/z"), ["n=https://x/y.tar.gz", "/z"]);
        assert_eq!(shown("channel:nixos:/a"), ["channel:nixos", "/a"]);
        assert!(shown("").is_empty());
    }

    #[test]
    fn the_first_equals_sign_ends_the_prefix() {
        assert_eq!(pair(b"a=b=c", b"/"), (b"a".to_vec(), b"b=c".to_vec()));
    }
}
