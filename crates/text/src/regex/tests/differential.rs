//! Random patterns against `std::regex` of libstdc++, the library the reference uses.
//!
//! The cases come from a fixed seed; a small C++ program is compiled if there is a `g++`, else the comparison is
//! skipped with the reason. The matcher is also compared with itself, with and without its memory.

// A compiler needs a file to write its program to; the library itself touches none.
#![allow(clippy::disallowed_methods)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::Regex;
use super::super::exec::{Goal, Run};
use super::show;

const CASES: usize = 20_000;

/// Reads a mode, a pattern and a text a line (in hexadecimal behind an `x`) and prints the spans.
const PROGRAM: &str = r#"
#include <regex>
#include <iostream>
#include <string>
static std::string unhex(const std::string &s) {
    std::string r;
    for (size_t i = 1; i + 1 < s.size(); i += 2) r.push_back((char)std::stoi(s.substr(i, 2), 0, 16));
    return r;
}
static std::string show(const std::cmatch &m, const char *base) {
    std::string o;
    for (size_t i = 0; i < m.size(); i++) {
        if (i) o += " ";
        if (m[i].matched) o += std::to_string(m[i].first - base) + "," + std::to_string(m[i].second - base);
        else o += "-";
    }
    return o;
}
int main() {
#ifndef __GLIBCXX__
    std::cout << "not libstdc++\n";
    return 0;
#endif
    std::string mode, p, t;
    while (std::cin >> mode >> p >> t) {
        p = unhex(p);
        t = unhex(t);
        std::string o;
        const char *b = t.c_str(), *e = b + t.size();
        try {
            std::regex re(p, std::regex::extended);
            if (mode == "m") {
                std::cmatch m;
                o = std::regex_match(b, e, m, re) ? show(m, b) : "no";
            } else {
                for (std::cregex_iterator i(b, e, re), end; i != end; ++i) o += show(*i, b) + "|";
            }
        } catch (std::regex_error &) {
            o = "refused";
        }
        std::cout << o << "\n";
    }
}
"#;

/// A small generator of random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn choose<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Writes patterns; few repetitions a pattern keep the C++ side from taking exponential time.
struct Patterns {
    random: Random,
    repeats_left: u32,
}

impl Patterns {
    fn alternation(&mut self, depth: u32, out: &mut String) {
        for side in 0..=self.random.below(4).saturating_sub(1) {
            if side > 0 {
                out.push('|');
            }
            for _ in 0..[0, 1, 1, 2, 2, 3][self.random.below(6) as usize] {
                self.item(depth, out);
            }
        }
    }

    fn item(&mut self, depth: u32, out: &mut String) {
        match self.random.below(20) {
            0..=6 if depth > 0 => {
                out.push('(');
                self.alternation(depth - 1, out);
                out.push(')');
            }
            0..=14 => out.push_str(self.random.choose(&["a", "b", "c"])),
            15..=18 => out.push_str(self.random.choose(&[
                ".",
                "[ab]",
                "[^a]",
                "[b-c]",
                "[[:alpha:]]",
                "\\.",
                "ab",
            ])),
            _ => {
                out.push_str(self.random.choose(&["^", "$"]));
                return;
            }
        }
        if self.repeats_left > 0 && self.random.below(3) == 0 {
            self.repeats_left -= 1;
            out.push_str(
                self.random.choose(&[
                    "*", "*", "+", "?", "{1,2}", "{2}", "{0,1}", "{2,}", "{0,2}", "{1,}",
                ]),
            );
        }
    }

    /// Mostly refused: brackets and stray operators.
    fn junk(&mut self) -> String {
        let count = self.random.below(8) + 1;
        let parts = [
            "a", "b", "(", ")", "|", "*", "+", "?", "{", "}", "[", "]", "^", "$", ".", ",", "-",
            "1", "2",
        ];
        (0..count).map(|_| self.random.choose(&parts)).collect()
    }

    fn bracket(&mut self) -> String {
        let count = self.random.below(5) + 1;
        let parts = [
            "a",
            "c",
            "-",
            "-",
            "]",
            "[",
            "^",
            "+",
            "[:alpha:]",
            "[.a.]",
            "[.hyphen.]",
            "[=b=]",
            "z",
            "a-c",
        ];
        let items: String = (0..count).map(|_| self.random.choose(&parts)).collect();
        format!("[{items}]")
    }

    fn case(&mut self) -> (bool, String, String) {
        let pattern = match self.random.below(10) {
            0 => self.junk(),
            1 => self.bracket(),
            _ => {
                self.repeats_left = 3;
                let mut out = String::new();
                self.alternation(2, &mut out);
                out
            }
        };
        let len = self.random.below(7);
        let text =
            (0..len).map(|_| self.random.choose(&["a", "a", "b", "b", "c", ".", "-"])).collect();
        (self.random.below(2) == 0, pattern, text)
    }
}

fn cases() -> Vec<(bool, String, String)> {
    let mut patterns = Patterns { random: Random(0x9E37_79B9_7F4A_7C15), repeats_left: 0 };
    (0..CASES).map(|_| patterns.case()).collect()
}

fn ours(whole: bool, pattern: &str, text: &str) -> String {
    let Ok(regex) = Regex::new(pattern.as_bytes()) else { return "refused".to_owned() };
    if whole {
        return match regex.full_match(text.as_bytes()) {
            Ok(Some(captures)) => show(&captures),
            Ok(None) => "no".to_owned(),
            Err(error) => error.to_string(),
        };
    }
    let found = regex.find_iter(text.as_bytes()).map(|found| match found {
        Ok(captures) => show(&captures) + "|",
        Err(error) => error.to_string(),
    });
    found.collect()
}

/// Compiles and runs the C++ program; the error is the reason to skip.
fn theirs(folder: &Path, input: String) -> Result<String, String> {
    let (source, program) = (folder.join("oracle.cpp"), folder.join("oracle"));
    std::fs::write(&source, PROGRAM).map_err(|error| error.to_string())?;
    let built = Command::new("g++").arg("-O1").arg("-o").arg(&program).arg(&source).output();
    match built {
        Err(error) => return Err(format!("no g++: {error}")),
        Ok(built) if !built.status.success() => {
            return Err("g++ does not compile the program".to_owned());
        }
        Ok(_) => {}
    }
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let writer = std::thread::spawn(move || {
        stdin.is_some_and(|mut pipe| pipe.write_all(input.as_bytes()).is_ok())
    });
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let written = writer.join().unwrap_or(false);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.starts_with("not libstdc++") {
        return Err("g++ has another standard library".to_owned());
    }
    if !output.status.success() || !written {
        return Err("the C++ program did not run to its end".to_owned());
    }
    Ok(text)
}

#[test]
fn random_patterns_match_like_libstdcxx() {
    let hex =
        |text: &str| text.bytes().fold("x".to_owned(), |out, byte| out + &format!("{byte:02x}"));
    let cases = cases();
    let lines = cases.iter().map(|(whole, pattern, text)| {
        format!("{} {} {}\n", if *whole { "m" } else { "s" }, hex(pattern), hex(text))
    });
    let input: String = lines.collect();
    let folder = std::env::temp_dir().join(format!("frazil-text-regex-{}", std::process::id()));
    let made = std::fs::create_dir_all(&folder).map_err(|error| error.to_string());
    let answer = made.and_then(|()| theirs(&folder, input));
    // What is left behind in the temporary folder hurts nobody.
    let _ = std::fs::remove_dir_all(&folder);
    let expected = match answer {
        Ok(expected) => expected,
        Err(reason) => {
            println!("skipped: {reason}");
            return;
        }
    };
    assert_eq!(expected.lines().count(), cases.len());
    for ((whole, pattern, text), expected) in cases.iter().zip(expected.lines()) {
        assert_eq!(
            ours(*whole, pattern, text),
            expected,
            "pattern {pattern:?}, text {text:?}, whole {whole}"
        );
    }
}

#[test]
fn memory_changes_nothing() {
    for (whole, pattern, text) in cases() {
        let Ok(regex) = Regex::new(pattern.as_bytes()) else { continue };
        let goal = if whole { Goal::Whole } else { Goal::Longest };
        let (mut go_on, mut too) = (|_, _| true, |_, _| true);
        let mut plain = Run::new(&regex.program, text.as_bytes(), goal, &mut go_on);
        let mut remembering = Run::new(&regex.program, text.as_bytes(), goal, &mut too);
        remembering.remember().expect("nobody says no");
        let both = if whole {
            (plain.at(0), remembering.at(0))
        } else {
            (plain.search(0), remembering.search(0))
        };
        assert_eq!(both.0, both.1, "pattern {pattern:?}, text {text:?}, whole {whole}");
    }
}
