//! The package set under `examples/`: its derivations equal those that the reference made of it, byte by byte.
//!
//! In: `examples/expected/` (written by C++ Nix 2.34.8). Out: a failure that names the package.
#![allow(clippy::disallowed_methods, reason = "tests read files and start programs")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn run(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_frazil"))
        .args(args)
        .current_dir(examples())
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?} failed:\n{stderr}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn store_paths_equal_the_reference() {
    let expected = std::fs::read_to_string(examples().join("expected/paths.json")).expect("a file");
    let expected: String = expected.split_whitespace().collect();
    assert_eq!(run(&["eval", "--json", "-f", "paths.nix"]).trim(), expected);
}

#[test]
fn derivations_equal_the_reference() {
    let mut seen = 0;
    for entry in std::fs::read_dir(examples().join("expected")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "drv") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(&path).expect("a file");
        let text = run(&["dump", "drv", "-E", &format!("(import ./default.nix).{name}")]);
        assert_eq!(text.trim_end(), expected.trim_end(), "{name}");
        seen += 1;
    }
    assert!(seen >= 11, "only {seen} expected derivations");
}
