//! Programs that try to use up the machine: each ends as is written down, in bounded memory, steps and native stack.
//!
//! In: `tests/hostile/*.txt`, programs with what is to come of them:
//!
//! ```text
//! = a name
//! let f = s: f (s + s); in f "x"          the program, on any number of lines
//! times 1000000 [                        a part of it that is a text so many times, without ends of lines
//! flags --max-call-depth 100000000        more words for the call
//! -> heap                                 how it ends
//! ```
//!
//! It ends with `heap`, `steps`, `size`, `late` (the limits of `docs/limits.md`), `depth` (too many nested calls), `error TEXT` (an error
//! that says so), `prints TEXT`, or `begins TEXT` (it prints more than that). A line `all WORDS` says what all programs of a file are called with; the first
//! of them that is said twice does not count. Whatever comes of it, the process must not have had more memory than a fifth above
//! the limit, and its native stack has 256 KiB. `FRAZIL_SHOW=1` prints what each needed.
#![allow(clippy::disallowed_methods, reason = "tests read their cases")]

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use xtask::binary::environment;
use xtask::process::{Call, Ran};
use xtask::scratch::Scratch;

/// The memory that is allowed unless a file says otherwise, in MiB.
const HEAP: u64 = 64;

struct Case {
    name: String,
    /// Texts, and how often each is written.
    program: Vec<(usize, String)>,
    flags: Vec<String>,
    ending: String,
}

fn cases(text: &str) -> Vec<Case> {
    let mut all: Vec<String> = Vec::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let words = |rest: &str| rest.split_whitespace().map(String::from).collect::<Vec<_>>();
        if let Some(rest) = line.strip_prefix("all ") {
            all = words(rest);
        } else if let Some(name) = line.strip_prefix("= ") {
            let (program, ending) = (Vec::new(), String::new());
            cases.push(Case { name: name.into(), program, flags: all.clone(), ending });
        } else if let Some(case) = cases.last_mut() {
            if let Some(rest) = line.strip_prefix("flags ") {
                case.flags.extend(words(rest));
            } else if let Some(rest) = line.strip_prefix("-> ") {
                case.ending = rest.into();
            } else if let Some(rest) = line.strip_prefix("times ") {
                let (times, text) = rest.split_once(' ').expect("a number and a text");
                case.program.push((times.parse().expect("a number"), text.into()));
            } else {
                case.program.push((1, format!("{line}\n")));
            }
        }
    }
    cases
}

/// The memory that a call allows, in bytes.
fn heap(case: &Case) -> u64 {
    let said = case.flags.iter().position(|flag| flag == "--max-heap");
    let said = said.and_then(|at| case.flags.get(at + 1)?.strip_suffix('M')?.parse::<u64>().ok());
    said.unwrap_or(HEAP) << 20
}

fn run(case: &Case, scratch: &Scratch, number: usize) -> Ran {
    let file = scratch.path().join(format!("{number}.nix"));
    let mut text = BufWriter::new(File::create(&file).expect("a folder of our own"));
    for (times, part) in &case.program {
        (0..*times).for_each(|_| text.write_all(part.as_bytes()).expect("room on the disk"));
    }
    text.flush().expect("room on the disk");
    // What is printed stays out of this process: what we have is the least that can be seen of the memory of others.
    let script = "ulimit -s 256; exec \"$@\" > out-$$";
    let folder = scratch.path().join(format!("run{number}"));
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    let mut call = Call::new("sh", &folder)
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_frazil"), "eval"])
        .args(case.flags.clone());
    for (flag, value) in [("--max-heap", "64M"), ("--max-steps", "30000000"), ("--timeout", "60")] {
        if !case.flags.iter().any(|said| said == flag) {
            call = call.args([flag, value]);
        }
    }
    let call = Call { env: environment(scratch.path()), ..call.args(["-f".into(), file.clone()]) };
    let mut ran = call.run().expect("the program starts");
    std::fs::remove_file(file).expect("it was there");
    for entry in std::fs::read_dir(&folder).expect("a folder of our own").flatten() {
        let file = File::open(entry.path()).expect("it is there");
        file.take(1 << 10).read_to_end(&mut ran.stdout).expect("it can be read");
        std::fs::remove_file(entry.path()).expect("it was there");
    }
    ran
}

/// Why it did not end as written down.
fn judge(case: &Case, ran: &Ran) -> Result<(), String> {
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let stdout = String::from_utf8_lossy(&ran.stdout);
    let (word, text) = case.ending.split_once(' ').unwrap_or((&case.ending, ""));
    let overflow = || stderr.contains("stack overflow");
    let fits = match (word, ran.status) {
        ("heap", Some(120)) | ("steps", Some(121)) | ("size", Some(122)) | ("late", Some(124)) => {
            true
        }
        ("depth", Some(1)) => overflow(),
        ("error", Some(1)) => stderr.contains(text),
        ("prints", Some(0)) => stdout.trim_end() == text,
        ("begins", Some(0)) => stdout.starts_with(text),
        _ => false,
    };
    if !fits {
        let end: String = stderr.chars().take(600).collect();
        return Err(format!("{}, not {}: {stdout:.100}{end}", ran.ending(), case.ending));
    }
    if ran.status != Some(0) && !stderr.contains("error:") {
        return Err(format!("an error without text: {stderr:.300}"));
    }
    let allowed = heap(case) / 5 * 6;
    if ran.usage.peak > allowed {
        return Err(format!("{} KiB, allowed are {}", ran.usage.peak >> 10, allowed >> 10));
    }
    Ok(())
}

/// Two processes at a time are enough for the machines that tests run on.
static TURN: Mutex<()> = Mutex::new(());

fn check(file: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(file);
    let cases = cases(&std::fs::read_to_string(path).expect("the cases are there"));
    assert!(!cases.is_empty(), "{file} has cases");
    let scratch = Scratch::new("hostile").expect("a folder of our own");
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    let ran = run(case, &scratch, number);
                    let judged = judge(case, &ran);
                    if std::env::var_os("FRAZIL_SHOW").is_some() {
                        let (used, name) = (ran.usage, &case.name);
                        let (time, peak) = (used.processor.as_secs_f64(), used.peak >> 10);
                        let status = ran.status.unwrap_or(-1);
                        println!("{time:6.2} s {peak:8} KiB {status:3} {name}");
                    }
                    if let Err(why) = judged {
                        failed.lock().expect("no panic").push(format!("{}: {why}", case.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "{file}:\n{}", failed.join("\n"));
}

#[test]
fn memory_ends() {
    check("memory.txt");
}

#[test]
fn foreign_data() {
    check("data.txt");
}

#[test]
fn depth() {
    check("deep.txt");
}

#[test]
fn long_texts() {
    check("literals.txt");
}

#[test]
fn time_and_steps() {
    check("steps.txt");
}

#[test]
fn patterns() {
    check("regex.txt");
}
