//! Doc comments: `/** … */` before a function or an attribute.
//!
//! In: a text and the offset of the function or of the attribute's name. Out: the comment's body.
//!
//! Comments are not kept while parsing, as they are almost never asked for: they are looked for here, in linear time.

use crate::tokens::tokens;

/// The body of the doc comment before the token at `offset`: spaces and other comments may lie between.
#[must_use]
pub fn doc_comment_before(text: &[u8], offset: usize) -> Option<&[u8]> {
    let lexemes = tokens(text.get(..offset)?);
    let from = lexemes.last().map_or(0, |lexeme| lexeme.end);
    let mut gap = &text[from..offset];
    let mut found = None;
    while let Some((comment, rest)) = next_comment(gap) {
        if let Some(body) = comment.strip_prefix(b"/**").and_then(|rest| rest.strip_suffix(b"*/")) {
            found = Some(body);
        }
        gap = rest;
    }
    found
}

/// The first comment of what lies between two tokens, and what follows it.
fn next_comment(gap: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = memchr::memchr2(b'#', b'/', gap)?;
    let gap = &gap[start..];
    let length = if gap.starts_with(b"#") {
        memchr::memchr2(b'\n', b'\r', gap).unwrap_or(gap.len())
    } else {
        let body = gap.get(2..)?;
        body.windows(2).position(|pair| pair == b"*/")? + 4
    };
    Some(gap.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::doc_comment_before;

    fn before<'t>(text: &'t str, token: &str) -> Option<&'t str> {
        let offset = text.find(token).expect("the token is in the text");
        doc_comment_before(text.as_bytes(), offset)
            .map(|body| std::str::from_utf8(body).expect("text"))
    }

    #[test]
    fn only_doc_comments_directly_before_count() {
        assert_eq!(before("{ /** a */ f = x: x; }", "f ="), Some(" a "));
        assert_eq!(before("{ /** a */ f = x: x; }", "x:"), None);
        assert_eq!(before("{ f = /** b */ /* c */ # d\n x: x; }", "x:"), Some(" b "));
        assert_eq!(before("/**/ x: x", "x:"), None);
        assert_eq!(before("/* a */ x: x", "x:"), None);
        assert_eq!(before("\"/** no */\" + x", "x"), None);
        assert_eq!(before("/** 1 */ /** 2 */ x: x", "x:"), Some(" 2 "));
    }
}
