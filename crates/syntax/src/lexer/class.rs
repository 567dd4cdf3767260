//! What a byte can be part of, in one table.
//!
//! In: a byte. Out: a set of roles.

/// May start a name.
pub(super) const NAME_START: u8 = 1;
/// May continue a name.
pub(super) const NAME: u8 = 2;
/// A decimal digit.
pub(super) const DIGIT: u8 = 4;
/// May be in a path.
pub(super) const PATH: u8 = 8;
/// May be in the scheme of a URI.
pub(super) const SCHEME: u8 = 16;
/// May be in the rest of a URI.
pub(super) const URI: u8 = 32;
/// Space.
pub(super) const SPACE: u8 = 64;

const fn roles(byte: u8) -> u8 {
    let mut set = 0;
    if byte.is_ascii_alphabetic() || byte == b'_' {
        set |= NAME_START;
    }
    if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-') {
        set |= NAME;
    }
    if byte.is_ascii_digit() {
        set |= DIGIT;
    }
    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+') {
        set |= PATH;
    }
    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+') {
        set |= SCHEME;
    }
    if byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'%' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'-' | b'_'
        )
        || matches!(byte, b'.' | b'!' | b'~' | b'*' | b'\'')
    {
        set |= URI;
    }
    if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
        set |= SPACE;
    }
    set
}

static ROLES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = roles(byte as u8);
        byte += 1;
    }
    table
};

/// Whether `byte` has one of `roles`.
#[inline(always)]
pub(super) fn has(byte: u8, roles: u8) -> bool {
    ROLES[byte as usize] & roles != 0
}
