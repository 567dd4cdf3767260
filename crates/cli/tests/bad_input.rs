//! Files that are no programs: an `error:` line that names the file and the place, exit status 1, no panic.
//!
//! In: files made here. Out: what each command that reads programs says of them.
#![allow(clippy::disallowed_methods, reason = "tests make their files")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use xtask::binary::environment;
use xtask::process::Call;
use xtask::scratch::Scratch;

/// Every command that reads a program, the file last.
const COMMANDS: [&str; 6] =
    ["eval -f", "eval", "parse", "check", "nix-instantiate --eval", "nix-instantiate --parse"];

/// What a command says of a file.
fn said(folder: &Path, command: &[&str]) -> (Option<i32>, String) {
    let script = "ulimit -s 256; exec \"$@\" > /dev/null";
    let call = Call::new("sh", folder)
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_frazil")])
        .args(command.to_vec());
    let call = Call { env: environment(folder), ..call };
    let ran = call.run().expect("the program starts");
    (ran.status, String::from_utf8_lossy(&ran.stderr).into_owned())
}

/// Every command complains of the file and says this.
fn refused(folder: &Path, file: &str, words: &[&str]) {
    let mut calls: Vec<Vec<&str>> =
        COMMANDS.iter().map(|command| command.split(' ').chain([file]).collect()).collect();
    let import = format!("import {}/{file}", folder.display());
    calls.push(vec!["eval", "-E", &import]);
    for call in calls {
        let (status, stderr) = said(folder, &call);
        let shown: String = stderr.chars().take(400).collect();
        assert_eq!(status, Some(1), "{call:?}: {shown}");
        assert!(stderr.starts_with("error:"), "{call:?}: {shown}");
        for word in words.iter().chain(&[file]) {
            assert!(stderr.contains(word), "{call:?} does not say '{word}': {shown}");
        }
    }
}

#[test]
fn no_file() {
    let scratch = Scratch::new("bad").expect("a folder of our own");
    let here = scratch.path();
    refused(here, "missing.nix", &["does not exist"]);
    fs::create_dir(here.join("folder")).expect("a folder of our own");
    refused(here, "folder", &["folder/default.nix", "does not exist"]);
    let secret = here.join("secret.nix");
    fs::write(&secret, "1").expect("a folder of our own");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("it is ours");
    // Whoever may read everything reads this, too.
    if File::open(&secret).is_err() {
        refused(here, "secret.nix", &["ermission denied"]);
    }
}

#[test]
fn no_program() {
    let scratch = Scratch::new("bad").expect("a folder of our own");
    let here = scratch.path();
    let files: [(&str, &[u8], &[&str]); 6] = [
        ("empty.nix", b"", &["unexpected end of file", "1:1"]),
        ("utf8.nix", b"a: \xff", &["unexpected invalid token", "1:4"]),
        ("deep-utf8.nix", b"{\n  a = \"\xff\xfe\";\n  b = \x80;\n}", &["invalid token", "3:7"]),
        (
            "binary.nix",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
            &["invalid token", "1:1"],
        ),
        ("nul.nix", b"[ 1 \0 ]", &["unexpected end of file", "1:5"]),
        ("nuls.nix", &[0; 4096], &["unexpected end of file", "1:1"]),
    ];
    for (name, bytes, words) in files {
        fs::write(here.join(name), bytes).expect("a folder of our own");
        refused(here, name, words);
    }
}

/// 100 MB of opening brackets, read once: that is enough work for a test.
#[test]
fn brackets_without_end() {
    let scratch = Scratch::new("bad").expect("a folder of our own");
    let here = scratch.path();
    let mut file = BufWriter::new(File::create(here.join("big.nix")).expect("a folder of our own"));
    for _ in 0..100 {
        file.write_all(&[b'['; 1_000_000]).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
    let (status, stderr) = said(here, &["eval", "-f", "big.nix"]);
    let shown: String = stderr.chars().take(400).collect();
    assert_eq!(status, Some(1), "{shown}");
    assert!(stderr.starts_with("error: syntax error, unexpected end of file"), "{shown}");
    assert!(stderr.contains("big.nix:1:100000001"), "{shown}");
}
