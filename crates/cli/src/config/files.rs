//! Where settings come from: nix.conf files and NIX_CONFIG, in Nix's order.
//!
//! The system's file, then the user's (the most important last), then `NIX_CONFIG`; flags come after all of them.

use super::Config;
use crate::failure::Failure;
use crate::world::bytes_of;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Files that include each other are followed this deep.
const MAX_INCLUDES: usize = 16;

/// The settings of the environment.
///
/// # Errors
/// A file says what cannot be understood.
pub(crate) fn load() -> Result<Config, Failure> {
    let mut config = Config::default();
    for path in paths() {
        if let Ok(text) = std::fs::read(&path) {
            apply(&mut config, &text, &path, 0)?;
        }
    }
    if let Some(text) = bytes_of("NIX_CONFIG") {
        apply(&mut config, &text, Path::new("NIX_CONFIG"), 0)?;
    }
    Ok(config)
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn paths() -> Vec<PathBuf> {
    let system = variable("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from);
    let mut paths = vec![system.join("nix.conf")];
    if let Some(files) = variable("NIX_USER_CONF_FILES") {
        let files = files.into_vec();
        let files = files.split(|byte| *byte == b':').filter(|file| !file.is_empty()).rev();
        paths.extend(files.map(|file| PathBuf::from(OsStr::from_bytes(file))));
        return paths;
    }
    let home = variable("HOME").map(PathBuf::from);
    let folders = variable("XDG_CONFIG_DIRS").map(OsString::into_vec).unwrap_or_default();
    let folders = folders.split(|byte| *byte == b':').filter(|folder| !folder.is_empty()).rev();
    paths.extend(folders.map(|folder| Path::new(OsStr::from_bytes(folder)).join("nix/nix.conf")));
    let own = variable("NIX_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("XDG_CONFIG_HOME").map(|folder| Path::new(&folder).join("nix")))
        .or_else(|| home.map(|home| home.join(".config/nix")));
    paths.extend(own.map(|folder| folder.join("nix.conf")));
    paths
}

fn apply(config: &mut Config, text: &[u8], path: &Path, depth: usize) -> Result<(), Failure> {
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let words: Vec<&[u8]> =
            line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => {}
            [how @ (b"include" | b"!include"), file] => {
                let file = path.parent().unwrap_or(path).join(OsStr::from_bytes(file));
                match std::fs::read(&file) {
                    Ok(text) if depth < MAX_INCLUDES => apply(config, &text, &file, depth + 1)?,
                    Err(_) if how.starts_with(b"include") => {
                        let (file, path) = (file.display(), path.display());
                        let text = format!("file \"{file}\" included from \"{path}\" not found");
                        return Err(Failure::Plain(text));
                    }
                    _ => {}
                }
            }
            [name, b"=", value @ ..] => {
                config.set(name, &value.join(&b' ')).map_err(Failure::from)?
            }
            _ => {
                let line = String::from_utf8_lossy(line).into_owned();
                return Err(Failure::Usage(format!(
                    "syntax error in configuration line '{line}' in \"{}\"",
                    path.display()
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let mut config = Config::default();
        let text = b"# nothing\nmax-call-depth = 7 # few\n\nallowed-uris = a  b\n";
        apply(&mut config, text, Path::new("/x/nix.conf"), 0).expect("well formed");
        assert_eq!(config.number("max-call-depth"), Some(7));
        assert_eq!(config.list("allowed-uris").len(), 2);
        assert!(apply(&mut config, b"nonsense", Path::new("/x"), 0).is_err());
    }
}
