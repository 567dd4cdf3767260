//! JSON texts of this program's own: errors, counters.
//!
//! In: bytes, numbers, members. Out: text. Bytes that are no UTF-8 become U+FFFD, as everywhere in JSON made for machines.

use std::fmt::Write;

/// A string with its quotes.
pub(crate) fn string(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for character in String::from_utf8_lossy(bytes).chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// An object of texts that are JSON already.
pub(crate) fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// An array of texts that are JSON already.
pub(crate) fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(string(b"a\"\n\x1b"), "\"a\\\"\\n\\u001b\"");
        assert_eq!(object(&[("a", array(["1".into(), string(b"x")]))]), "{\"a\":[1,\"x\"]}");
    }
}
