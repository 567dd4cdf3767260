//! Expected values come from runs of the reference.

#[path = "tests_errors.rs"]
mod errors;

use super::*;

fn events(text: &[u8]) -> Result<String, String> {
    let mut reader = Reader::new(text);
    let mut out = String::new();
    loop {
        match reader.next_event() {
            Ok(Some(event)) => out.push_str(&format!("{event:?} ")),
            Ok(None) => return Ok(out.trim_end().to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[test]
fn errors_have_the_words_of_the_reference() {
    for (text, expected) in errors::ERRORS {
        let mut reader = Reader::new(text);
        let error = loop {
            match reader.next_event() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("accepted: {}", String::from_utf8_lossy(text)),
                Err(error) => break error,
            }
        };
        let (got, expected) =
            (String::from_utf8_lossy(error.message()), String::from_utf8_lossy(expected));
        assert_eq!(got, expected, "{}", String::from_utf8_lossy(text));
        assert!(reader.next_event().is_err());
    }
}

#[test]
fn numbers_choose_their_type() {
    assert_eq!(events(b"9223372036854775807").as_deref(), Ok("Int(9223372036854775807)"));
    assert_eq!(events(b"-9223372036854775808").as_deref(), Ok("Int(-9223372036854775808)"));
    assert_eq!(events(b"-9223372036854775809").as_deref(), Ok("Float(-9.223372036854776e18)"));
    assert_eq!(events(b"18446744073709551616").as_deref(), Ok("Float(1.8446744073709552e19)"));
    assert_eq!(events(b"-0").as_deref(), Ok("Int(0)"));
    assert_eq!(events(b"-0.0").as_deref(), Ok("Float(-0.0)"));
    assert_eq!(events(b"1e-400").as_deref(), Ok("Float(0.0)"));
    assert_eq!(events(b"1e2").as_deref(), Ok("Float(100.0)"));
}

#[test]
fn structure_comes_out_in_order() {
    let got = events(b"\xef\xbb\xbf {\"a\\n\": [1, {}, []], \"\": null, \"b\":true}\n");
    let expected = "BeginObject Key([97, 10]) BeginArray Int(1) BeginObject EndObject BeginArray EndArray EndArray \
                    Key([]) Null Key([98]) Bool(true) EndObject";
    assert_eq!(got.as_deref(), Ok(expected));
}

#[test]
fn deep_nesting_is_no_problem() {
    let depth = 300_000;
    let text = [vec![b'['; depth], vec![b']'; depth]].concat();
    let mut reader = Reader::new(&text);
    let mut count = 0;
    while let Ok(Some(_)) = reader.next_event() {
        count += 1;
    }
    assert_eq!(count, 2 * depth);
}

#[test]
fn strings_are_escaped_and_checked() {
    let write = |text: &[u8]| {
        let mut out = Vec::new();
        push_string(&mut out, text)
            .map(|()| String::from_utf8_lossy(&out).into_owned())
            .map_err(|e| e.to_string())
    };
    let text = "a\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}<\u{e9}\u{2028}";
    let expected = "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}<\u{e9}\u{2028}\"";
    assert_eq!(write(text.as_bytes()).as_deref(), Ok(expected));
    for (text, expected) in [
        (&b"\"x\xff\""[..], "invalid UTF-8 byte at index 2: 0xFF"),
        (b"a\xc3", "incomplete UTF-8 string; last byte: 0xC3"),
        (b"a\xe2\x82", "incomplete UTF-8 string; last byte: 0x82"),
        (b"a\xc3b", "invalid UTF-8 byte at index 2: 0x62"),
        (b"\xe0\x80\x80", "invalid UTF-8 byte at index 1: 0x80"),
        (b"\xe2\x82z", "invalid UTF-8 byte at index 2: 0x7A"),
        (b"\xc0\x80", "invalid UTF-8 byte at index 0: 0xC0"),
        (b"\xed\xa0\x80", "invalid UTF-8 byte at index 1: 0xA0"),
        (b"\xf5", "invalid UTF-8 byte at index 0: 0xF5"),
    ] {
        assert_eq!(write(text), Err(format!("[json.exception.type_error.316] {expected}")));
    }
}
