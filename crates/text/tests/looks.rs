//! Readers ask whether to go on in the middle of what is long, too, and end where the answer is no.

use frazil_text::regex::Regex;
use frazil_text::{json, toml};

/// Reads until the question with this number is answered with no; whether all was read, and how many were asked.
type Read = fn(&[u8], usize) -> (bool, usize);

fn read_json(text: &[u8], no: usize) -> (bool, usize) {
    let mut asked = 0;
    let mut keep_going = |_, _| {
        asked += 1;
        asked != no
    };
    let mut reader = json::Reader::new_while(text, &mut keep_going);
    let read = loop {
        match reader.next_event() {
            Ok(Some(_)) => {}
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    (read, asked)
}

fn read_toml(text: &[u8], no: usize) -> (bool, usize) {
    let mut asked = 0;
    let parsed = toml::parse_while(text, &mut |_, _| {
        asked += 1;
        asked != no
    });
    (parsed.is_ok(), asked)
}

fn left_where_the_answer_is_no(read: Read, text: &str) {
    let start: String = text.chars().take(8).collect();
    let (whole, all) = read(text.as_bytes(), 0);
    assert!(whole, "{start}");
    assert!(all >= 10, "{start}: asked only {all} times");
    for no in [1, all / 2, all] {
        let (whole, asked) = read(text.as_bytes(), no);
        assert!(!whole, "{start}: {no} of {all}");
        assert_eq!(asked, no, "{start}: asked again after the answer was no");
    }
}

#[test]
fn json_texts() {
    for text in [
        format!("\"{}\"", "a".repeat(4_000_000)),
        format!("\"{}\"", "\\n".repeat(2_000_000)),
        format!("\"\\n{}\"", "ä".repeat(2_000_000)),
        format!("[1.{}]", "1".repeat(4_000_000)),
        format!("[{}1]", " \n".repeat(2_000_000)),
    ] {
        left_where_the_answer_is_no(read_json, &text);
    }
}

#[test]
fn toml_texts() {
    for text in [
        format!("a = \"{}\"\n", "a".repeat(4_000_000)),
        format!("a = '{}'", "a".repeat(4_000_000)),
        format!("a = \"{}\"\n", "\\n".repeat(2_000_000)),
        format!("a = \"\"\"{}\"\"\"\n", "line\n".repeat(800_000)),
        format!("a = 1 # {}\n", "ä".repeat(2_000_000)),
        format!("a = 1   {}b = 2\n", "\n".repeat(4_000_000)),
    ] {
        left_where_the_answer_is_no(read_toml, &text);
    }
}

#[test]
fn what_a_match_leaves_behind() {
    // A turn of the loop is two steps on the way there; sixteen of the three frames that each left are one.
    let text = "a".repeat(1_000_000) + "z";
    let (regex, mut asked) = (Regex::new(b"(a|b)*").expect("a pattern"), 0);
    let found = regex.find_iter(text.as_bytes()).next_while(&mut |_, _| {
        asked += 1;
        true
    });
    assert_eq!(found.expect("a match").expect("it fits").span(), 0..1_000_000);
    assert!(asked * 4096 > 2_150_000, "asked only {asked} times");
}

#[test]
fn pieces_may_end_anywhere() {
    for before in (1 << 18) - 12..(1 << 18) + 12 {
        let inside = "a".repeat(before) + "\\n\\u00e4ä\\\"b";
        let decoded = "a".repeat(before) + "\nää\"b";
        let text = format!("\"{inside}\"");
        let mut reader = json::Reader::new(text.as_bytes());
        assert_eq!(reader.next_event().expect("JSON"), Some(json::Event::Str(decoded.as_bytes())));
        let text = format!("a = \"{inside}\"");
        let document = toml::parse(text.as_bytes()).expect("TOML");
        assert!(document.nodes().contains(&toml::Node::Str(decoded.into_bytes())));
    }
}
