//! Expected values and messages come from runs of the reference.

#[path = "tests_cases.rs"]
mod cases;

use super::*;

/// Shows a node as the reference prints values; only for the shallow trees of the tests.
fn show(document: &Document, id: NodeId) -> String {
    match &document.nodes[id] {
        Node::Bool(value) => value.to_string(),
        Node::Int(value) => value.to_string(),
        Node::Float(value) => {
            let mut out = Vec::new();
            crate::number::push_print_float(&mut out, *value);
            String::from_utf8_lossy(&out).into_owned()
        }
        Node::Str(text) | Node::Timestamp(text) => {
            let text = String::from_utf8_lossy(text);
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!(
                "\"{}\"",
                escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
            )
        }
        Node::Array(items) if items.is_empty() => "[ ]".to_owned(),
        Node::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| show(document, *item)).collect();
            format!("[ {} ]", items.join(" "))
        }
        Node::Table(entries) => {
            let mut out = "{ ".to_owned();
            for (key, value) in entries {
                let key = String::from_utf8_lossy(key);
                let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c));
                let key = if plain {
                    key.into_owned()
                } else {
                    format!("\"{}\"", key.replace('\n', "\\n"))
                };
                out.push_str(&format!("{key} = {}; ", show(document, *value)));
            }
            out + "}"
        }
    }
}

#[test]
fn texts_give_what_the_reference_gives() {
    for (text, expected) in cases::ACCEPTED {
        let got = match parse(text) {
            Ok(document) => show(&document, document.root()),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(got, String::from_utf8_lossy(expected), "{}", String::from_utf8_lossy(text));
    }
}

/// The text of a line of `tests_refused.txt`.
fn unescaped(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut text = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        text.push(u8::from_str_radix(code, 16).unwrap());
        text.extend_from_slice(rest.as_bytes());
    }
    text
}

#[test]
fn errors_are_those_of_the_reference() {
    let cases = include_str!("tests_refused.txt").split("\n> ").skip(1);
    let mut count = 0;
    for case in cases {
        let (text, expected) = case.split_once('\n').unwrap();
        let expected = expected.trim_end_matches('\n').strip_suffix('.').unwrap();
        let expected = expected.strip_suffix("\\\n").unwrap_or(expected);
        let got = match parse(&unescaped(text)) {
            Ok(document) => show(&document, document.root()),
            Err(error) => {
                assert_eq!(error.message(), expected.lines().next().unwrap());
                // Recorded without carriage returns.
                error.to_string().replace('\r', "")
            }
        };
        assert_eq!(got, expected, "{text}");
        count += 1;
    }
    assert!(count > 300, "{count}");
}

#[test]
fn a_header_may_follow_a_value_on_its_line() {
    let shown = |text: &str| {
        parse(text.as_bytes())
            .map(|document| show(&document, 0))
            .map_err(|e| e.message().to_owned())
    };
    assert_eq!(shown("a=1 [b]\nc=2").as_deref(), Ok("{ a = 1; b = { c = 2; }; }"));
    assert_eq!(shown("a=[1][[b]]").as_deref(), Ok("{ a = [ 1 ]; b = [ { } ]; }"));
    assert!(shown("[x] [b]").is_err());
}

#[test]
fn timestamps_are_normalised() {
    for (text, expected) in [
        ("1979-05-27", "1979-05-27"),
        ("1979-05-27t07:32:00z", "1979-05-27T07:32:00Z"),
        ("1979-05-27 07:32:00", "1979-05-27T07:32:00"),
        ("1979-05-27 # comment", "1979-05-27"),
        ("07:32:00.1", "07:32:00.100"),
        ("07:32:00.1234", "07:32:00.123400"),
        ("07:32:00.1234567899", "07:32:00.123456789"),
        ("07:32:00.0", "07:32:00"),
        ("1979-05-27T07:32:00.5-07:00", "1979-05-27T07:32:00.500-07:00"),
        ("1979-05-27T07:32:00-00:00", "1979-05-27T07:32:00Z"),
        ("1979-05-27T07:32:60Z", "1979-05-27T07:32:60Z"),
    ] {
        let document = parse(format!("a = {text}").as_bytes());
        let found = document.as_ref().ok().and_then(|document| document.node(1));
        assert_eq!(found, Some(&Node::Timestamp(expected.as_bytes().to_vec())), "{text}");
    }
}

#[test]
fn deep_nesting_is_no_problem() {
    let depth = 200_000;
    let text = [b"a = ".to_vec(), vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(parse(&text).is_ok_and(|document| document.nodes().len() == depth + 1));
    let text = "a = ".to_owned() + &"{a=".repeat(depth);
    assert!(parse(text.as_bytes()).is_err());
}
