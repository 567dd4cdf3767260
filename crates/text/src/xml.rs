//! Escaping for `toXML`: attribute values as the reference writes them.
//!
//! In: bytes. Out: bytes appended. `<`, `>`, `&`, `"` and the line feed are replaced, nothing else: no tab, no
//! carriage return, no check for UTF-8 or for characters XML forbids.
//! Not here: elements, indentation, values.

/// Which bytes are replaced: one look-up a byte is quicker than five comparisons.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b"<>&\"\n";
    let mut index = 0;
    while index < special.len() {
        table[special[index] as usize] = true;
        index += 1;
    }
    table
};

/// Texts below this are not looked at for the room they need.
const SHORT: usize = 256;

/// How many bytes an attribute value takes at most without its quotes: of long texts exactly so many.
pub fn escaped_room(text: &[u8]) -> usize {
    if text.len() < SHORT {
        return text.len() * b"&quot;".len();
    }
    let more = |byte: &u8| match byte {
        b'<' | b'>' => 3,
        b'&' | b'\n' => 4,
        b'"' => 5,
        _ => 0,
    };
    text.len() + text.iter().map(more).sum::<usize>()
}

/// Appends an attribute value without its quotes.
pub fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| SPECIAL[usize::from(*b)]) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'&' => b"&amp;",
            b'"' => b"&quot;",
            _ => b"&#xA;",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_room_for_what_is_written() {
        for byte in 0..=u8::MAX {
            for length in [0, 1, super::SHORT - 1, super::SHORT, 1000] {
                let (text, mut out) = (vec![byte; length], Vec::new());
                super::push_escaped(&mut out, &text);
                let room = super::escaped_room(&text);
                assert!(out.len() <= room && (length < super::SHORT || out.len() == room));
            }
        }
    }

    #[test]
    fn only_five_bytes_are_escaped() {
        let mut out = Vec::new();
        super::push_escaped(&mut out, b"a<b>&\"'\n\r\t\xff");
        assert_eq!(out, b"a&lt;b&gt;&amp;&quot;'&#xA;\r\t\xff");
    }
}
