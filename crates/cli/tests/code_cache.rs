//! The cache of resolved files as users meet it: the second run parses nothing and prints the same, changed files are seen,
//! runs at once and runs that are killed leave nothing broken, and there is a switch that turns it off.
#![allow(clippy::disallowed_methods, reason = "tests write files and start programs")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use xtask::scratch::Scratch;

const FILES: usize = 60;

struct Place {
    scratch: Scratch,
}

impl Place {
    fn new() -> Place {
        let place = Place { scratch: Scratch::new("code-cache").expect("a folder of our own") };
        std::fs::create_dir(place.path("src")).expect("a folder");
        for file in 0..FILES {
            place.write_part(file, 1);
        }
        let parts: Vec<String> = (0..FILES).map(|file| format!("./part{file}.nix")).collect();
        let main = format!(
            "builtins.foldl' (sum: part: sum + (import part).total) 0 [ {} ]",
            parts.join(" ")
        );
        std::fs::write(place.path("src/main.nix"), main).expect("a file");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn write_part(&self, file: usize, value: usize) {
        let mut text = String::from("rec {\n  # A long file.\n");
        for at in 0..100 {
            text.push_str(&format!("  name{at} = if {value} == 0 then \"text {at}\" else {at};\n"));
        }
        text.push_str(&format!("  total = name1 + {value} + {file} * 0;\n}}\n"));
        std::fs::write(self.path(&format!("src/part{file}.nix")), text).expect("a file");
    }

    fn start(&self, flags: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_frazil"))
            .args(["eval", "--stats", "-f", "main.nix"])
            .args(flags)
            .current_dir(self.path("src"))
            .env_clear()
            .env("FRAZIL_CODE_CACHE", self.path("cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// What is printed, and how many files were parsed.
    fn run(&self, flags: &[&str]) -> (String, u64) {
        let output = self.start(flags).wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        let (_, rest) = stderr.split_once("\"textsParsed\":").expect("the counter");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_string();
        (printed, digits.parse().expect("a number"))
    }
}

#[test]
fn the_second_run_parses_nothing() {
    let place = Place::new();
    let (first, parsed) = place.run(&[]);
    assert!(parsed > FILES as u64, "{parsed}");
    let (second, parsed) = place.run(&[]);
    assert!(parsed < 10, "{parsed}");
    assert_eq!((first.as_str(), second.as_str()), ("120", "120"));
    let (off, parsed) = place.run(&["--no-code-cache"]);
    assert!(parsed > FILES as u64 && off == first, "{parsed} {off}");
    place.write_part(7, 1001);
    assert_eq!(place.run(&[]).0, "1120");
}

#[test]
fn runs_at_once_and_killed_ones_leave_nothing_broken() {
    let place = Place::new();
    let mut runs: Vec<Child> = (0..4).map(|_| place.start(&[])).collect();
    for (at, run) in (1..=20).enumerate() {
        let mut child = place.start(&[]);
        std::thread::sleep(Duration::from_millis(run));
        child.kill().ok();
        child.wait().expect("it ended");
        place.write_part(at, 1);
    }
    for run in runs.drain(..) {
        let output = run.wait_with_output().expect("the program ends");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "120");
    }
    assert_eq!(place.run(&[]).0, "120");
    assert_eq!(place.run(&[]).0, "120");
    for entry in std::fs::read_dir(place.path("cache")).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name.starts_with(".new-") || name.ends_with(".segment"), "{name}");
    }
}
