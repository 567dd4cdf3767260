//! Texts that are not JSON and what the reference says of them (recorded from runs of it).

pub(super) const ERRORS: &[(&[u8], &[u8])] = &[
    (
        b"",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON",
    ),
    (
        b" ",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
    ),
    (
        b"nul",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: 'nul'",
    ),
    (
        b"nulx",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: 'nulx'",
    ),
    (
        b"tru",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: 'tru'",
    ),
    (
        b"truex",
        b"[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing value - invalid literal; last read: 'truex'; expected end of input",
    ),
    (
        b"x",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: 'x'",
    ),
    (
        b"1x",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: '1x'; expected end of input",
    ),
    (
        b"[1,x]",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: '1,x'",
    ),
    (
        b"[1 2]",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing array - unexpected number literal; expected ']'",
    ),
    (
        b"[1,]",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
    ),
    (
        b"[,1]",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected ','; expected '[', '{', or a literal",
    ),
    (
        b"[",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
    ),
    (
        b"[1",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing array - unexpected end of input; expected ']'",
    ),
    (
        b"{",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal",
    ),
    (
        b"{\"a\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing object separator - unexpected end of input; expected ':'",
    ),
    (
        b"{\"a\":",
        b"[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
    ),
    (
        b"{\"a\":1",
        b"[json.exception.parse_error.101] parse error at line 1, column 7: syntax error while parsing object - unexpected end of input; expected '}'",
    ),
    (
        b"{\"a\":1,",
        b"[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing object key - unexpected end of input; expected string literal",
    ),
    (
        b"{\"a\":1,}",
        b"[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing object key - unexpected '}'; expected string literal",
    ),
    (
        b"{1:2}",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected number literal; expected string literal",
    ),
    (
        b"{\"a\" 1}",
        b"[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing object separator - unexpected number literal; expected ':'",
    ),
    (
        b"{\"a\":}",
        b"[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
    ),
    (
        b"{\"a\":1 \"b\":2}",
        b"[json.exception.parse_error.101] parse error at line 1, column 10: syntax error while parsing object - unexpected string literal; expected '}'",
    ),
    (
        b"}",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
    ),
    (
        b"]",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
    ),
    (
        b"1 2",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    (
        b"01",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    (
        b"-",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'",
    ),
    (
        b"-x",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-x'",
    ),
    (
        b"-01",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    (
        b"1.",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.'",
    ),
    (
        b"1.x",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.x'",
    ),
    (
        b"1e",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1e'",
    ),
    (
        b"1ex",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1ex'",
    ),
    (
        b"1e+",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid number; expected digit after exponent sign; last read: '1e+'",
    ),
    (
        b"1e+x",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid number; expected digit after exponent sign; last read: '1e+x'",
    ),
    (
        b".5",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '.'",
    ),
    (
        b"+1",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '+'",
    ),
    (
        b"1.5.5",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: '1.5.'; expected end of input",
    ),
    (
        b"\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid string: missing closing quote; last read: '\"'",
    ),
    (
        b"\"a",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: missing closing quote; last read: '\"a'",
    ),
    (
        b"\"\\",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"\\'",
    ),
    (
        b"\"\\x\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"\\x'",
    ),
    (
        b"\"\\u\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u\"'",
    ),
    (
        b"\"\\u12\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12\"'",
    ),
    (
        b"\"\\u12G4\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12G'",
    ),
    (
        b"\"\\ud800\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\"'",
    ),
    (
        b"\"\\ud800\\u0041\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 13: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\\u0041'",
    ),
    (
        b"\"\\ud800x\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800x'",
    ),
    (
        b"\"\\udc00\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 7: syntax error while parsing value - invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF; last read: '\"\\udc00'",
    ),
    (
        b"\"a\x0ab\"",
        b"[json.exception.parse_error.101] parse error at line 2, column 0: syntax error while parsing value - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"a<U+000A>'",
    ),
    (
        b"\"a\x09b\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: control character U+0009 (HT) must be escaped to \\u0009 or \\t; last read: '\"a<U+0009>'",
    ),
    (
        b"\"\x01\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid string: control character U+0001 (SOH) must be escaped to \\u0001; last read: '\"<U+0001>'",
    ),
    (
        b"\"\x1f\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid string: control character U+001F (US) must be escaped to \\u001F; last read: '\"<U+001F>'",
    ),
    (
        b"\"\xc3\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '\"\xc3\"'",
    ),
    (
        b"\"\xe0\x80\x80\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '\"\xe0\x80'",
    ),
    (
        b"\"\xed\xa0\x80\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '\"\xed\xa0'",
    ),
    (
        b"\"\xf4\x90\x80\x80\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '\"\xf4\x90'",
    ),
    (
        b"\"\xff",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '\"\xff'",
    ),
    (
        b"\xef\xbb1",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid BOM; must be 0xEF 0xBB 0xBF if given; last read: '\xef\xbb1'",
    ),
    (
        b"\xef",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid BOM; must be 0xEF 0xBB 0xBF if given; last read: '\xef'",
    ),
    (
        b"\xff",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '\xff'",
    ),
    (
        b"9223372036854775808",
        b"unsigned json number 9223372036854775808 outside of Nix integer range",
    ),
    (
        b"1e400",
        b"[json.exception.out_of_range.406] number overflow parsing '1e400'",
    ),
    (
        b"-1e400",
        b"[json.exception.out_of_range.406] number overflow parsing '-1e400'",
    ),
    (
        b"/*a*/1",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '/'",
    ),
    (
        b"// a\x0a1",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '/'",
    ),
    (
        b"\x0a\x0a [x]",
        b"[json.exception.parse_error.101] parse error at line 3, column 3: syntax error while parsing value - invalid literal; last read: '<U+000A><U+000A> [x'",
    ),
    (
        b"[1,\x0a 2,\x0a}",
        b"[json.exception.parse_error.101] parse error at line 3, column 1: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
    ),
    (
        b"NaN",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: 'N'",
    ),
    (
        b"Infinity",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: 'I'",
    ),
    (
        b"\"\\u0000\"",
        b"input string '\xe2\x90\x80' cannot be represented as Nix string because it contains null bytes",
    ),
    (
        b"{\"\\u0000\":1}",
        b"input string '\xe2\x90\x80' cannot be represented as Nix string because it contains null bytes",
    ),
    (
        b"[true false]",
        b"[json.exception.parse_error.101] parse error at line 1, column 11: syntax error while parsing array - unexpected false literal; expected ']'",
    ),
    (
        b"{\"a\":1]",
        b"[json.exception.parse_error.101] parse error at line 1, column 7: syntax error while parsing object - unexpected ']'; expected '}'",
    ),
    (
        b"[1}",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing array - unexpected '}'; expected ']'",
    ),
    (
        b"1,",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected ','; expected end of input",
    ),
    (
        b"null null",
        b"[json.exception.parse_error.101] parse error at line 1, column 9: syntax error while parsing value - unexpected null literal; expected end of input",
    ),
    (
        b"\"a\" \"b\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 7: syntax error while parsing value - unexpected string literal; expected end of input",
    ),
    (
        b"[[[x",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: '[[[x'",
    ),
    (
        b"{\"a\":[1,{\"b\":x}]}",
        b"[json.exception.parse_error.101] parse error at line 1, column 14: syntax error while parsing value - invalid literal; last read: '\"b\":x'",
    ),
    (
        b"1.7976931348623159e308",
        b"[json.exception.out_of_range.406] number overflow parsing '1.7976931348623159e308'",
    ),
    (
        b"-",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'",
    ),
    (
        b"- 1",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '- '",
    ),
    (
        b"0x10",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: '0x'; expected end of input",
    ),
    (
        b"1_0",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: '1_'; expected end of input",
    ),
    (
        b"tRue",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: 'tR'",
    ),
    (
        b"\x0c1",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '<U+000C>'",
    ),
    (
        b"\x0b1",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: '<U+000B>'",
    ),
    (
        b"a\x0ab",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: 'a'",
    ),
    (
        b"\"abc\x0adef\"",
        b"[json.exception.parse_error.101] parse error at line 2, column 0: syntax error while parsing value - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"abc<U+000A>'",
    ),
    (
        b"1\x0a2",
        b"[json.exception.parse_error.101] parse error at line 2, column 1: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    (
        b"123\x0a\x0aabc x",
        b"[json.exception.parse_error.101] parse error at line 3, column 1: syntax error while parsing value - invalid literal; last read: '123<U+000A><U+000A>a'; expected end of input",
    ),
    (
        b"[\"\\u12\x0a\"]",
        b"[json.exception.parse_error.101] parse error at line 2, column 0: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12<U+000A>'",
    ),
    (
        b"\"\xc3\xa9\x01\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid string: control character U+0001 (SOH) must be escaped to \\u0001; last read: '\"\xc3\xa9<U+0001>'",
    ),
    (
        b"[1e5,2e",
        b"[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '2e'",
    ),
    (
        b"{\"a\":tru}",
        b"[json.exception.parse_error.101] parse error at line 1, column 9: syntax error while parsing value - invalid literal; last read: '\"a\":tru}'",
    ),
    (
        b"1e",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1e'",
    ),
    (
        b"[-]",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-]'",
    ),
    (
        b"{\"a\"x",
        b"[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing object separator - invalid literal; last read: '\"a\"x'; expected ':'",
    ),
    (
        b"{x",
        b"[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - invalid literal; last read: '{x'; expected string literal",
    ),
    (
        b"[1:2]",
        b"[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing array - unexpected ':'; expected ']'",
    ),
    (
        b":",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - unexpected ':'; expected '[', '{', or a literal",
    ),
    (
        b",",
        b"[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - unexpected ','; expected '[', '{', or a literal",
    ),
    (
        b"\"\\uD800\\uDBFF\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 13: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\uD800\\uDBFF'",
    ),
    (
        b"\"\\uD800\\n\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 9: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\uD800\\n'",
    ),
    (
        b"\"\\uD800\\uZ\"",
        b"[json.exception.parse_error.101] parse error at line 1, column 10: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\uD800\\uZ'",
    ),
];
