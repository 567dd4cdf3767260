//! Parsing asks whether to go on, whatever the text is made of, and ends where the answer is no.

use frazil_base::{Interner, Pos};
use frazil_syntax::{Parse, ParseOptions, parse_while};

/// Parses until the question with this number is answered with no; gives how many were asked, too.
fn parse(text: &str, no: usize) -> (Parse, usize) {
    let (mut symbols, mut asked) = (Interner::default(), 0);
    let parsed =
        parse_while(text.as_bytes(), Pos(1), &mut symbols, &ParseOptions::default(), &mut || {
            asked += 1;
            asked != no
        });
    (parsed, asked)
}

#[test]
fn every_long_text_is_left_where_the_answer_is_no() {
    let texts = [
        format!("[{}]", " 1".repeat(100_000)),
        format!("a{}", " // { c = 2; }".repeat(20_000)),
        format!("{{{}}}", (0..50_000).map(|n| format!("a{n} = 1;")).collect::<String>()),
        format!("{{ {} }}: a0", (0..50_000).map(|n| format!("a{n}, ")).collect::<String>() + "..."),
        format!("a{}", ".b".repeat(100_000)),
        "-".repeat(100_000) + "1",
        "(".repeat(50_000) + "1" + &")".repeat(50_000),
        format!("\"{}\"", "a".repeat(3_000_000)),
        format!("\"{}\"", "\\n".repeat(3_000_000)),
        format!("\"{}\"", "${a}".repeat(100_000)),
        format!("''{}''", "  line\n".repeat(100_000)),
        format!("''{}''", "'''".repeat(100_000)),
        format!("''{}''", "$a".repeat(100_000)),
    ];
    for text in &texts {
        let start = &text[..20];
        let (whole, all) = parse(text, 0);
        assert!(whole.errors.is_empty() && !whole.stopped, "{start}: {:?}", whole.errors.first());
        assert!(all >= 10, "{start}: asked only {all} times");
        for no in [1, all / 2, all] {
            let (parsed, asked) = parse(text, no);
            assert!(parsed.stopped, "{start}: {no} of {all}");
            assert_eq!(asked, no, "{start}: asked again after the answer was no");
            assert!(parsed.errors.is_empty(), "{start}: {:?}", parsed.errors.first());
        }
        assert!(parse(text, 1).0.ast.len() <= whole.ast.len() / 4 + 2, "{start}");
    }
}
