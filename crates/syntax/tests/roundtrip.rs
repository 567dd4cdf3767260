//! Printed trees read back as themselves, whatever lies between their tokens; broken texts never panic.
//!
//! Texts are generated from a fixed seed, so each run tests the same ones.

use frazil_base::{Interner, Pos};
use frazil_syntax::{ParseOptions, doc_comment_before, parse, show, show_tree, tokens};

/// A small generator of numbers; quality does not matter here.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len() as u64) as usize]
    }

    /// An expression in the form that `show` prints, `budget` levels deep at most.
    fn expr(&mut self, budget: u32) -> String {
        if budget == 0 {
            return self
                .pick(&["x", "y1", "a-b", "1", "0.5", "\"a\\n\"", "/p/q", "[ ]", "{ }", "__curPos"])
                .to_owned();
        }
        let mut inner = || self.expr(budget - 1);
        let (a, b, c) = (inner(), inner(), inner());
        match self.roll(16) {
            0 => format!("(x: {a})"),
            1 => format!("({{ p, q ? {a}, ... }} @ r: {b})"),
            2 => format!("(let v = {a}; w = {b}; in {c})"),
            3 => format!("(with {a}; {b})"),
            4 => format!("(if {a} then {b} else {c})"),
            5 => {
                format!("({a} {} {b})", self.pick(&["+", "++", "//", "==", "!=", "&&", "||", "->"]))
            }
            6 => format!("(f {a} {b})"),
            7 => format!("({a}).m.\"n o\""),
            8 => format!("({a}).m or ({b})"),
            9 => format!("(({a}) ? m.n)"),
            10 => format!("(! {a})"),
            11 => format!("[ ({a}) ({b}) ({c}) ]"),
            12 => format!("{{ inherit h; inherit ({a}) i j; k = {b}; \"l m\" = {c}; }}"),
            13 => format!("rec {{ k = {a}; \"${{(x)}}\" = {b}; }}"),
            14 => format!("(rec {{ body = {a}; }}).body"),
            _ => format!("({{  }}: {a})"),
        }
    }
}

fn printed(text: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let mut symbols = Interner::new();
    let parsed = parse(text, Pos(1), &mut symbols, &ParseOptions::default());
    match parsed.errors.first() {
        Some(error) => Err(error.message.clone()),
        None => Ok(show(&parsed.ast, parsed.root, &symbols)),
    }
}

#[test]
fn what_is_printed_reads_back() {
    let mut dice = Dice(0x5eed);
    for _ in 0..400 {
        let text = dice.expr(3);
        let again = printed(text.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into());
        assert_eq!(again, Ok(text));
    }
}

#[test]
fn comments_change_nothing() {
    let mut dice = Dice(0xc0ffee);
    for _ in 0..200 {
        let text = dice.expr(3);
        let mut spaced = Vec::new();
        let mut string = false;
        for lexeme in tokens(text.as_bytes()) {
            let piece = &text.as_bytes()[lexeme.start..lexeme.end];
            if !string {
                spaced.extend_from_slice(
                    dice.pick(&[" ", "\n", " /* x } */ ", "# ) \"\n", "\t/** d */\r\n"]).as_bytes(),
                );
            }
            string = match piece {
                b"\"" => !string,
                b"${" => false,
                b"}" => text.as_bytes().get(lexeme.end) == Some(&b'"'),
                _ => string,
            };
            spaced.extend_from_slice(piece);
        }
        let shown = String::from_utf8_lossy(&spaced).into_owned();
        assert_eq!(printed(&spaced), Ok(text.into_bytes()), "{shown}");
    }
}

#[test]
fn broken_texts_are_only_complained_about() {
    let mut dice = Dice(0xbad);
    let noise = [
        "\"", "''", "${", "}", "{", "(", ")", "[", "]", ";", ":", "@", "/", "./a", "~/", "<a", "$",
        "\\", "'", "\0", "or", "inherit", "let", "in", "=", "..", "...", "1e", ".5", "é", "\r",
        "/*", "#", "a:b", "?",
    ];
    for _ in 0..3000 {
        let mut text = dice.expr(2).into_bytes();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(text.len() as u64 + 1) as usize;
            match dice.roll(3) {
                0 => text.truncate(at),
                1 => {
                    let piece = dice.pick(&noise).bytes();
                    text.splice(at..at, piece);
                }
                _ if at < text.len() => {
                    text.remove(at);
                }
                _ => {}
            }
        }
        let mut symbols = Interner::new();
        let options = ParseOptions {
            base_dir: b"/b".to_vec(),
            home: Some(b"/h".to_vec()),
            pipe_operators: true,
            ..ParseOptions::default()
        };
        let parsed = parse(&text, Pos(1), &mut symbols, &options);
        let _ = show(&parsed.ast, parsed.root, &symbols);
        let _ = show_tree(&parsed.ast, parsed.root, Pos(1), &symbols);
        for lexeme in tokens(&text) {
            assert!(lexeme.start < lexeme.end && lexeme.end <= text.len());
        }
        let _ = doc_comment_before(&text, text.len());
    }
}
