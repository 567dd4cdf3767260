//! The picture of the terminal in `docs/help.svg`: what the help looks like at 80 columns.
//!
//! In: what `frazil --help` and `frazil eval --help` print. Out: the picture must be the one in `docs/`; `FRAZIL_BLESS=1` draws it
//! anew.
#![allow(clippy::disallowed_methods, reason = "tests read files and start programs")]

use std::fmt::Write;
use xtask::binary::repository;

const COLUMNS: usize = 80;
/// The size of a character, in picture points.
const WIDTH: f64 = 8.4;
const HEIGHT: usize = 18;
const MARGIN: usize = 16;

fn printed(args: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_frazil"))
        .args(args)
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("text")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The colour of a line: commands typed, headings, the rest.
fn colour(line: &str) -> &'static str {
    if line.starts_with("$ ") {
        "#8ec07c"
    } else if line.ends_with(':') && !line.starts_with(' ') {
        "#fabd2f"
    } else if line.starts_with("  # ") {
        "#928374"
    } else {
        "#ebdbb2"
    }
}

fn picture(lines: &[String]) -> String {
    let width = (COLUMNS as f64).mul_add(WIDTH, 2.0 * MARGIN as f64).ceil();
    let height = lines.len() * HEIGHT + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#282828\"/>\n<g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let y = MARGIN + HEIGHT * index + 13;
        let length = line.chars().count() as f64 * WIDTH;
        let _ = writeln!(
            out,
            "<text x=\"{MARGIN}\" y=\"{y}\" textLength=\"{length:.1}\" fill=\"{}\">{}</text>",
            colour(line),
            escaped(line)
        );
    }
    out.push_str("</g>\n</svg>\n");
    out
}

#[test]
fn help_at_eighty_columns_is_as_pictured() {
    let mut lines = Vec::new();
    for args in [&["--help"][..], &["eval", "--help"]] {
        lines.push(format!("$ frazil {}", args.join(" ")));
        lines.extend(printed(args).lines().map(str::to_string));
        lines.push(String::new());
    }
    lines.pop();
    assert!(lines.iter().all(|line| line.chars().count() <= COLUMNS));
    let file = repository().join("docs/help.svg");
    if std::env::var_os("FRAZIL_BLESS").is_some() {
        std::fs::write(&file, picture(&lines)).expect("the picture can be written");
    }
    let drawn = std::fs::read_to_string(file).expect("the picture");
    assert_eq!(drawn, picture(&lines), "FRAZIL_BLESS=1 draws it anew");
}
