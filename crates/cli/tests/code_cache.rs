//! The cache of parsed files as users meet it: the second run parses nothing and prints the same, changed files are seen, and
//! there is a switch that turns it off. One folder and many processes, at once, killed at any moment, with other settings: none
//! gets a wrong answer or leaves something that harms the next.
#![allow(clippy::disallowed_methods, reason = "tests make their files")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use xtask::binary::environment;
use xtask::scratch::Scratch;

/// Files enough that the cache is worth writing.
const FILES: usize = 60;

fn world() -> Scratch {
    let scratch = Scratch::new("cache").expect("a folder of our own");
    (0..FILES).for_each(|number| write_part(scratch.path(), number, number));
    let all = format!(
        "builtins.foldl' (sum: n: sum + (import (./. + \"/${{toString n}}.nix\")).value) 0 (builtins.genList (n: n) {FILES})"
    );
    fs::write(scratch.path().join("all.nix"), all).expect("ours");
    scratch
}

/// One of the files, with its share of the sum.
fn write_part(folder: &Path, number: usize, value: usize) {
    let mut text = String::from("rec {\n");
    for attribute in 0..80 {
        let _ = writeln!(
            text,
            "  a{attribute} = x: y: [ x y {attribute} \"text {attribute}\" (x: x + {number}) ];"
        );
    }
    let _ = writeln!(text, "  value = {value};\n}}");
    fs::write(folder.join(format!("{number}.nix")), text).expect("ours");
}

fn call(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frazil"));
    command.args(["eval"]).args(words).current_dir(folder).env_clear();
    command.envs(environment(folder)).env("FRAZIL_CODE_CACHE", folder.join("cache"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sum() -> Vec<u8> {
    format!("{}\n", FILES * (FILES - 1) / 2).into_bytes()
}

/// What is printed, and how many files were parsed.
fn counted(folder: &Path, flags: &[&str]) -> (Vec<u8>, usize) {
    let (printed, [parsed, _]) = counts(folder, flags);
    (printed, parsed)
}

/// What is printed, how many files were parsed, and how many kept ones were not even read.
fn counts(folder: &Path, flags: &[&str]) -> (Vec<u8>, [usize; 2]) {
    let words = [&["--stats", "-f", "all.nix"], flags].concat();
    let output = call(folder, &words).output().expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let counter = |name: &str| {
        let (_, rest) = stderr.split_once(&format!("\"{name}\":")).expect("the counter");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    };
    (output.stdout, [counter("textsParsed"), counter("textsUnread")])
}

#[test]
fn the_second_run_parses_nothing() {
    let world = world();
    let (first, parsed) = counted(world.path(), &[]);
    assert!(parsed > FILES, "{parsed}");
    let (second, parsed) = counted(world.path(), &[]);
    assert!(parsed < 10, "{parsed}");
    assert_eq!((first, second), (sum(), sum()));
    let (off, parsed) = counted(world.path(), &["--no-code-cache"]);
    assert!(parsed > FILES && off == sum(), "{parsed}");
    write_part(world.path(), 7, 1007);
    let changed = format!("{}\n", FILES * (FILES - 1) / 2 + 1000).into_bytes();
    assert_eq!(counted(world.path(), &[]).0, changed);
}

/// Files that were not written since are not read; those that were are, however little of it shows.
#[cfg(target_os = "linux")]
#[test]
fn unchanged_files_are_not_read() {
    let world = world();
    let wait = || std::thread::sleep(std::time::Duration::from_millis(2100));
    let place = |number: usize| world.path().join(format!("{number}.nix"));
    let parts = (0..FILES).map(|number| format!("(import ./{number}.nix).value"));
    let fails = format!(
        "let x = {{ }}; in builtins.seq [ {} ]\n  x.missing\n",
        parts.collect::<Vec<_>>().join("\n")
    );
    fs::write(world.path().join("fails.nix"), fails).expect("ours");
    counted(world.path(), &[]);
    wait();
    // The first run that finds the files old enough takes note of them; several do at once.
    let spawn = |_| call(world.path(), &["-f", "all.nix"]).spawn().expect("it starts");
    let running: Vec<_> = (0..4).map(spawn).collect();
    for process in running {
        assert_eq!(process.wait_with_output().expect("it ends").stdout, sum());
    }
    let (printed, [parsed, unread]) = counts(world.path(), &[]);
    assert!(printed == sum() && parsed < 10 && unread >= FILES, "{parsed} parsed, {unread} unread");
    let error = |flags: &[&str]| {
        let words = [flags, &["--show-trace", "-f", "fails.nix"]].concat();
        call(world.path(), &words).output().expect("it starts").stderr
    };
    let told = error(&["--no-code-cache"]);
    assert!(String::from_utf8_lossy(&told).contains("x.missing"), "it shows the place");
    for _ in 0..3 {
        assert_eq!(error(&[]), told);
    }
    let (printed, [_, unread]) = counts(world.path(), &["--no-code-cache"]);
    assert_eq!((printed, unread), (sum(), 0));

    let time = fs::metadata(place(1)).and_then(|file| file.modified()).expect("a time");
    let set_back = |path: &Path| {
        let file = fs::File::options().write(true).open(path).expect("ours");
        file.set_modified(time).expect("ours");
    };
    // As long as before, with the same time of modification; then a file in the place of another.
    write_part(world.path(), 1, 7);
    set_back(&place(1));
    write_part(world.path(), FILES, 9);
    set_back(&place(FILES));
    fs::rename(place(FILES), place(3)).expect("ours");
    let changed = format!("{}\n", FILES * (FILES - 1) / 2 + 6 + 6).into_bytes();
    assert_eq!(counted(world.path(), &[]).0, changed);
    wait();
    assert_eq!(counted(world.path(), &[]).0, changed);
}

#[test]
fn two_processes_at_once() {
    let world = world();
    for _ in 0..5 {
        let spawn = |_| call(world.path(), &["-f", "all.nix"]).spawn().expect("it starts");
        let running: Vec<_> = (0..4).map(spawn).collect();
        for process in running {
            assert_eq!(process.wait_with_output().expect("it ends").stdout, sum());
        }
    }
    assert!(fs::read_dir(world.path().join("cache")).expect("it was written").count() > 0);
}

/// Killed after every number of milliseconds there may be: the next process gives the right answer, and no segment is cut off.
#[test]
fn killed_at_any_moment() {
    let world = world();
    let cache = world.path().join("cache");
    // Others run meanwhile.
    let spawn = |_| call(world.path(), &["-f", "all.nix"]).spawn().expect("it starts");
    let others: Vec<_> = (0..4).map(spawn).collect();
    for wait in 0..40 {
        let mut process = call(world.path(), &["-f", "all.nix"]).spawn().expect("it starts");
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let _ = process.kill();
        let _ = process.wait();
        for entry in fs::read_dir(&cache).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(name.starts_with(".new-") || name.ends_with(".segment"), "{name}");
            if name.ends_with(".segment") {
                let bytes = fs::read(entry.path()).expect("it can be read");
                assert!(
                    bytes[bytes.len().saturating_sub(8)..].starts_with(b"frazil"),
                    "{name} is cut off"
                );
            }
        }
        if wait % 8 == 0 {
            let ran = call(world.path(), &["-f", "all.nix"]).output().expect("it starts");
            assert_eq!(ran.stdout, sum());
        }
    }
    for other in others {
        assert_eq!(other.wait_with_output().expect("it ends").stdout, sum());
    }
}

/// A file of the cache that is damaged anywhere is as if it was not there.
#[test]
fn damaged_files() {
    let world = world();
    assert_eq!(call(world.path(), &["-f", "all.nix"]).output().expect("it starts").stdout, sum());
    let cache = world.path().join("cache");
    let segment = fs::read_dir(&cache).expect("written").flatten().next().expect("a file").path();
    let whole = fs::read(&segment).expect("it can be read");
    for part in 0..24 {
        let mut damaged = whole.clone();
        let at = damaged.len() * part / 24;
        match part % 3 {
            0 => damaged.truncate(at),
            1 => damaged[at] ^= 0x55,
            _ => damaged[at..].fill(0xff),
        }
        fs::write(&segment, damaged).expect("ours");
        let ran = call(world.path(), &["-f", "all.nix"]).output().expect("it starts");
        assert_eq!(ran.stdout, sum(), "{part}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// What failed under one setting does not fail under another, and the other way round.
#[test]
fn cached_failure_follows_settings() {
    let world = world();
    let program = format!("1 |> (x: x) # {}\n", "x".repeat(70_000));
    fs::write(world.path().join("piped.nix"), program).expect("ours");
    let depth = format!(
        "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 500 # {}\n",
        "x".repeat(70_000)
    );
    fs::write(world.path().join("deep.nix"), depth).expect("ours");
    let status =
        |words: &[&str]| call(world.path(), words).output().expect("it starts").status.code();
    for _ in 0..2 {
        assert_eq!(status(&["-f", "piped.nix"]), Some(1));
        let feature = ["--option", "extra-experimental-features", "pipe-operators"];
        assert_eq!(status(&[&feature[..], &["-f", "piped.nix"]].concat()), Some(0));
        assert_eq!(status(&["--option", "max-call-depth", "100", "-f", "deep.nix"]), Some(1));
        assert_eq!(status(&["-f", "deep.nix"]), Some(0));
        assert_eq!(status(&["--option", "pure-eval", "true", "-f", "deep.nix"]), Some(1));
        assert_eq!(status(&["--option", "max-steps", "100", "-f", "deep.nix"]), Some(121));
    }
}
