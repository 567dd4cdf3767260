//! What foreign programs and folders try on whoever evaluates them: names that lead elsewhere, texts that a terminal would obey,
//! settings that nobody asked for. `SECURITY.md` says which row of which list of defects each test is for.
#![allow(clippy::disallowed_methods, reason = "tests make their files")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use xtask::binary::environment;
use xtask::process::{Call, Ran};
use xtask::scratch::Scratch;

fn frazil(folder: &Path, words: &[&str]) -> Ran {
    let call = Call::new(env!("CARGO_BIN_EXE_frazil"), folder).args(words.to_vec());
    let call = Call { env: environment(folder), ..call };
    call.run().expect("the program starts")
}

/// Everything below a folder, with its bytes.
fn everything(folder: &Path) -> Vec<(OsString, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it is there").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path.clone());
            }
            found.push((path.clone().into_os_string(), fs::read(&path).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

/// A set that is written as a folder (the only thing that is unpacked here) stays in that folder, whatever its names are.
#[test]
fn unpack_hostile() {
    let scratch = Scratch::new("untrusted").expect("a folder of our own");
    let here = scratch.path().join("here");
    fs::create_dir_all(here.join("outside")).expect("a folder of our own");
    fs::write(here.join("outside/file"), "as it was").expect("a folder of our own");
    std::os::unix::fs::symlink("outside", here.join("link")).expect("a folder of our own");
    let before = everything(&here);
    let long = "n".repeat(4096);
    let names = [
        "/abs",
        "../up",
        "a/../../b",
        "..",
        ".",
        "",
        "a/b",
        "/",
        "../outside/file",
        &long,
        "outside/../x",
    ];
    for name in names {
        let program = format!("{{ sub = {{ \"{name}\" = \"evil\"; }}; }}");
        let target = here.join("target");
        let ran = frazil(&here, &["eval", "--write-to", "target", "-E", &program]);
        assert_eq!(ran.status, Some(1), "{name}");
        if target.exists() {
            fs::remove_dir_all(&target).expect("it is ours");
        }
        assert_eq!(everything(&here), before, "{name}");
    }
    // What is there already is neither followed nor replaced.
    for target in ["link", "outside", "outside/file", "link/file"] {
        let ran = frazil(&here, &["eval", "--write-to", target, "-E", "{ file = \"evil\"; }"]);
        assert_eq!(ran.status, Some(1), "{target}");
        assert_eq!(everything(&here), before, "{target}");
    }
    // A name that replaces a file by a folder, or a folder by a file, does not exist in a set: each is there once.
    let ran =
        frazil(&here, &["eval", "--write-to", "new", "-E", "{ a.b = \"x\"; \"a\\n\" = \"y\"; }"]);
    assert_eq!(ran.status, Some(0));
    assert_eq!(fs::read(here.join("new/a/b")).expect("written"), b"x");
}

/// No message of our own commands holds what a terminal would obey.
#[test]
fn esc_in_error() {
    let scratch = Scratch::new("untrusted").expect("a folder of our own");
    let here = scratch.path();
    fs::write(here.join("evil"), b"\x1b[31mred\x07\x08\x7f\xc2\x9b31m\x1b]0;title\x07")
        .expect("ours");
    fs::write(here.join("comment.nix"), b"# \x1b[2J\n1 + /* \x1b[2J */ \"a\"").expect("ours");
    fs::write(here.join("\x1b[31mname.nix"), "1 + {}").expect("ours");
    let text = "(builtins.readFile ./evil)";
    let programs = [
        format!("throw {text}"),
        format!("abort {text}"),
        format!("builtins.trace {text} (throw \"x\")"),
        format!("builtins.warn {text} (throw \"x\")"),
        format!("builtins.addErrorContext {text} (throw \"x\")"),
        format!("({{ ${{{text}}} = 1; }}).x"),
        format!("{{ }}.${{{text}}}"),
        format!("import (./. + \"/${{{text}}}\")"),
        format!("1 + {text}"),
        format!("{{ a }}: a) {{ ${{{text}}} = 1; }}").replacen("{ a }", "({ a }", 1),
        format!("assert {text} == \"x\"; 1"),
        format!("builtins.fromJSON {text}"),
        format!("builtins.fromTOML {text}"),
        format!("builtins.match {text} \"\""),
        format!("builtins.readFile (./. + {text})"),
        format!("(derivation {{ name = {text}; system = \"x\"; builder = \"x\"; }}).drvPath"),
        "import ./comment.nix".into(),
        "import (./. + \"/\u{1b}[31mname.nix\")".into(),
        "\u{1b}[31m".into(),
    ];
    for program in &programs {
        for words in [["eval", "-E"], ["parse", "-E"], ["check", "-E"]] {
            let ran = frazil(here, &[&words[..], &[program]].concat());
            let stderr = String::from_utf8_lossy(&ran.stderr);
            let obeyed = stderr.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(obeyed, None, "{words:?} {program}: {stderr:?}");
        }
    }
    // Only what is asked for as it is comes as it is.
    let ran = frazil(here, &["eval", "--raw", "-E", text]);
    assert!(ran.stdout.contains(&0x1b));
}

/// A folder cannot change settings: neither a flake's `nixConfig` nor files that look like configuration are looked at.
#[test]
fn nixconfig_denied() {
    let scratch = Scratch::new("untrusted").expect("a folder of our own");
    let here = scratch.path();
    let flake = "{ nixConfig = { max-call-depth = 5; extra-experimental-features = [ \"pipe-operators\" ]; pure-eval = false; }; outputs = _: { x = 1; }; }";
    fs::write(here.join("flake.nix"), flake).expect("ours");
    fs::write(here.join("default.nix"), "1 |> (x: x)").expect("ours");
    for name in
        ["nix.conf", ".nix.conf", "nix/nix.conf", "etc/nix/nix.conf", ".config/nix/nix.conf"]
    {
        let path = here.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("ours");
        fs::write(path, "extra-experimental-features = pipe-operators\nmax-call-depth = 5\n")
            .expect("ours");
    }
    let piped = frazil(here, &["eval", "-f", "."]);
    assert_eq!(piped.status, Some(1));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("pipe-operators"));
    let depth = "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 100";
    assert_eq!(frazil(here, &["eval", "-E", depth]).stdout, b"100\n");
    let feature = ["--option", "extra-experimental-features", "flakes"];
    let get = format!("(builtins.getFlake \"path:{}\").x", here.display());
    let ran = frazil(here, &[&["eval"], &feature[..], &["-E", &get]].concat());
    assert_eq!(ran.status, Some(1));
    let read = frazil(
        here,
        &["eval", "-E", &format!("(import ./flake.nix).nixConfig.pure-eval || ({depth}) == 100")],
    );
    assert_eq!(read.stdout, b"true\n");
}
