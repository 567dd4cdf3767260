//! The arrows between crates: only those drawn in `ARCHITECTURE.md`.
//!
//! Invariant: the table here is the drawing; an arrow not in it is a complaint, whoever needs it.
//! What a crate uses in its tests only is its own business.

use std::path::{Path, PathBuf};

use super::Findings;

/// A crate and the crates it may use.
const ARROWS: [(&str, &[&str]); 15] = [
    ("base", &[]),
    ("text", &[]),
    ("store", &[]),
    ("macros", &[]),
    ("syntax", &["base"]),
    ("bytecode", &["base"]),
    ("compile", &["base", "syntax", "bytecode"]),
    ("eval", &["base", "bytecode", "store", "text"]),
    ("builtins", &["base", "eval", "store", "text", "macros"]),
    ("hosts", &["eval", "store"]),
    (
        "frazil",
        &[
            "base", "text", "store", "macros", "syntax", "bytecode", "compile", "eval", "builtins",
            "hosts",
        ],
    ),
    ("allocator", &[]),
    ("cli", &["frazil", "hosts", "allocator"]),
    ("playground", &["frazil", "hosts"]),
    ("xtask", &[]),
];

pub(super) fn check(root: &Path, files: &[PathBuf], findings: &mut Findings) -> Result<(), String> {
    for manifest in files.iter().filter(|file| file.ends_with("Cargo.toml")) {
        let Some(folder) = manifest.parent().and_then(Path::file_name) else { continue };
        let name = folder.to_string_lossy().into_owned();
        if !manifest.starts_with("crates") && name != "xtask" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_, _)| *crate_ == name) else {
            findings
                .complaints
                .push(format!("crate {name} has no place in xtask/src/tidy/edges.rs"));
            continue;
        };
        let text =
            std::fs::read_to_string(root.join(manifest)).map_err(|error| error.to_string())?;
        for used in uses(&text) {
            if !allowed.contains(&used.as_str()) {
                findings.complaints.push(format!("crate {name} must not use {used}"));
            }
        }
    }
    Ok(())
}

/// The folders of our crates that a manifest's normal dependencies name.
fn uses(manifest: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[dependencies]"
                || line.ends_with("dependencies]") && line.starts_with("[target");
            inside |= line.starts_with("[dependencies.frazil");
            if let Some(name) =
                line.strip_prefix("[dependencies.frazil").and_then(|rest| rest.strip_suffix(']'))
            {
                out.push(folder_of(name));
                inside = false;
            }
        } else if inside && line.starts_with("frazil") {
            let name = line.split(['=', '.', ' ']).next().unwrap_or(line);
            out.push(folder_of(&name["frazil".len()..]));
        }
    }
    out
}

/// `-eval` is `eval`; nothing is the façade.
fn folder_of(suffix: &str) -> String {
    if suffix.is_empty() { "frazil".into() } else { suffix.trim_start_matches('-').into() }
}

#[cfg(test)]
mod tests {
    use super::uses;

    #[test]
    fn dependencies_of_tests_do_not_count() {
        let manifest = "[dependencies]\nfrazil-base.workspace = true\nserde = \"1\"\nfrazil = { path = \"../frazil\" }\n\n[dev-dependencies]\nfrazil-eval = { path = \"../eval\" }\n";
        assert_eq!(uses(manifest), ["base", "frazil"]);
    }
}
