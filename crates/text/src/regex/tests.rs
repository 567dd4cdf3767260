//! Expected values come from runs of the reference; `differential` compares with `std::regex` itself.

mod differential;

use super::*;

fn show(captures: &Captures) -> String {
    let groups = (0..captures.len()).map(|group| match captures.get(group) {
        Some(range) => format!("{},{}", range.start, range.end),
        None => "-".to_owned(),
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn full(pattern: &str, text: &str) -> String {
    match Regex::new(pattern.as_bytes()).map(|regex| regex.full_match(text.as_bytes())) {
        Ok(Ok(Some(captures))) => show(&captures),
        other => format!("{other:?}"),
    }
}

/// The pieces of `split` as the reference prints them.
fn split(pattern: &str, text: &str) -> String {
    let Ok(regex) = Regex::new(pattern.as_bytes()) else { return "refused".to_owned() };
    let mut out = Vec::new();
    let mut last = 0;
    for captures in regex.find_iter(text.as_bytes()) {
        let Ok(captures) = captures else { return "too complex".to_owned() };
        let span = captures.span();
        out.push(format!("{:?}", &text[last..span.start]));
        let groups = captures
            .groups()
            .map(|group| group.map_or("null".to_owned(), |range| format!("{:?}", &text[range])));
        out.push(format!("[{}]", groups.collect::<Vec<_>>().join(" ")));
        last = span.end;
    }
    out.push(format!("{:?}", &text[last..]));
    out.join(" ")
}

#[test]
fn whole_matches_capture_like_the_reference() {
    for (pattern, text, expected) in [
        ("(a|ab)(c|bcd)(d*)", "abcd", "0,4 0,1 1,4 4,4"),
        ("(a*)*", "a", "0,1 1,1"),
        ("((a)|b)*", "ab", "0,2 1,2 0,1"),
        ("((a)|(b))*", "ab", "0,2 1,2 0,1 1,2"),
        ("(.*)\\.nix", "a.b.nix", "0,7 0,3"),
        ("a.c", "a\nc", "0,3"),
        ("[\\n]", "n", "0,1"),
        ("(a)?b", "b", "0,1 -"),
        ("(a{2}){2}", "aaaa", "0,4 2,4"),
        ("}]", "}]", "0,2"),
        ("[[:space:][:digit:]]+", " 1\t2", "0,4"),
        ("", "", "0,0"),
    ] {
        assert_eq!(full(pattern, text), expected, "{pattern}");
    }
    assert_eq!(full("a|b", "ax"), "Ok(Ok(None))");
    assert_eq!(full("a*b", "aaa"), "Ok(Ok(None))");
}

#[test]
fn splits_go_on_after_empty_matches() {
    for (pattern, text, expected) in [
        ("", "abc", r#""" [] "a" [] "b" [] "c" [] """#),
        ("b*", "abc", r#""" [] "a" [] "" [] "c" [] """#),
        ("(a|b)*", "ab", r#""" ["b"] "" [null] """#),
        ("^a", "aa", r#""" [] "a""#),
        ("(a)|b", "xaxbx", r#""x" ["a"] "x" [null] "x""#),
        ("(a?)(ab)?", "ab", r#""" ["a" null] "" ["" null] "b" ["" null] """#),
        ("a|ab|abc", "abcd", r#""" [] "d""#),
        ("x", "abc", r#""abc""#),
    ] {
        assert_eq!(split(pattern, text), expected, "{pattern}");
    }
}

#[test]
fn patterns_are_refused_as_by_the_reference() {
    for pattern in [
        "(a",
        "a)",
        ")",
        "a{",
        "a{1",
        "a{,2}",
        "a{2,1}",
        "{",
        "*",
        "+",
        "?",
        "a|*",
        "(*a)",
        "^*",
        "$+",
        "\\",
        "\\d",
        "\\]",
        "\\-",
        "\\/",
        "\\1",
        "(a)\\1",
        "[",
        "[]",
        "[^]",
        "[c-a]",
        "[a-c-e]",
        "[a--]",
        "[[:foo:]]",
        "[[:<:]]",
        "[[.aa.]]",
        "[[.-.]]",
        "[a-[:alpha:]]",
        "[[:alpha:]-z]",
        "(?:a)",
        "a{2147483648}",
        "a{1,2,3}",
    ] {
        assert_eq!(Regex::new(pattern.as_bytes()).err(), Some(RegexError::Invalid), "{pattern}");
    }
    assert_eq!(Regex::new(b"[a-\xff]").err(), Some(RegexError::Invalid));
    for pattern in [
        "",
        "a|",
        "|a",
        "()",
        "(|)",
        "a**",
        "a+?",
        "a{1}{2}",
        "a{0}",
        "a{2,}",
        "[]a]",
        "[^]a]",
        "[a-]",
        "[-a]",
        "[--]",
        "[---]",
        "[+--]",
        "[a\\]",
        "[[.a.]-c]",
        "[[=a=]]",
        "[[.hyphen.]]",
        "[[:w:][:d:][:S:]]",
        "[[]",
        "a^b$c",
        "}",
        "]",
    ] {
        assert!(Regex::new(pattern.as_bytes()).is_ok(), "{pattern}");
    }
    assert_eq!(RegexError::Invalid.message(b"a{"), b"invalid regular expression 'a{'");
}

#[test]
fn the_state_limit_is_the_references() {
    for (fits, too_large) in [
        ("a{99993}", "a{99994}"),
        ("a{99992,}", "a{99993,}"),
        ("a{5,49999}", "a{5,50000}"),
        ("(a){24997}", "(a){24998}"),
        ("((a|b)){9089}", "((a|b)){9090}"),
        ("(a{3}){12498}", "(a{3}){12499}"),
        ("(a{2,}b?){9089}", "(a{2,}b?){9090}"),
        ("(a{0,3}|b){6665}", "(a{0,3}|b){6666}"),
    ] {
        assert!(Regex::new(fits.as_bytes()).is_ok(), "{fits}");
        assert_eq!(
            Regex::new(too_large.as_bytes()).err(),
            Some(RegexError::MemoryLimit),
            "{too_large}"
        );
    }
}

#[test]
fn hard_patterns_end() {
    let text = "a".repeat(2_000);
    for pattern in ["(a*)*b", "(a|a)*b", "(a|aa)*b", "a*a*a*a*a*b", "((a*)*(b*)*)*x"] {
        let regex = Regex::new(pattern.as_bytes());
        let found = regex.map(|regex| {
            (regex.full_match(text.as_bytes()), regex.find_at(&text.as_bytes()[..500], 0))
        });
        assert_eq!(found, Ok((Ok(None), Ok(None))), "{pattern}");
    }
    let deep = "(".repeat(20_000) + &")".repeat(20_000);
    assert_eq!(Regex::new(deep.as_bytes()).map(|regex| regex.group_count()), Ok(20_001));
}
