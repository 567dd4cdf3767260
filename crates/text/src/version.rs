//! Version strings: components, order, and the name/version cut of a derivation name.
//!
//! In: bytes. Out: slices of them or an order.
//! A component is a run of digits or a run of other bytes that are no `.` or `-`; those two only separate.
//! Not here: derivations.

use std::cmp::Ordering;
use std::convert::Infallible;

/// Steps between two questions whether to go on.
const EVERY: usize = 1 << 12;

/// The components of a version, in order; never gives an empty one.
#[derive(Clone, Debug)]
pub struct Components<'a> {
    rest: &'a [u8],
}

/// Splits a version into its components (`splitVersion`).
pub fn components(version: &[u8]) -> Components<'_> {
    Components { rest: version }
}

impl<'a> Iterator for Components<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|b| !matches!(b, b'.' | b'-'))?;
        let rest = &self.rest[start..];
        let digits = rest[0].is_ascii_digit();
        let end = rest
            .iter()
            .position(|b| matches!(b, b'.' | b'-') || b.is_ascii_digit() != digits)
            .unwrap_or(rest.len());
        let (component, rest) = rest.split_at(end);
        self.rest = rest;
        Some(component)
    }
}

/// A component as a number: only what fits a signed 32-bit integer counts as one.
fn number(component: &[u8]) -> Option<i32> {
    if component.is_empty() {
        return None;
    }
    component.iter().try_fold(0i32, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i32::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Whether one component (empty: missing) comes before another.
fn component_before(a: &[u8], b: &[u8]) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => return a < b,
        (None, Some(_)) if a.is_empty() => return true,
        _ => {}
    }
    if a == b"pre" && b != b"pre" {
        true
    } else if b == b"pre" {
        false
    } else if number(b).is_some() {
        // Text comes before numbers: "2.3a" is older than "2.3.1".
        true
    } else if number(a).is_some() {
        false
    } else {
        a < b
    }
}

/// Compares two versions (`compareVersions`).
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let Ok(order) = compare_while(a, b, |_| Ok::<(), Infallible>(()));
    order
}

/// The same; `go_on` is told now and then how many steps were done.
///
/// # Errors
/// That of `go_on`.
pub fn compare_while<E>(
    a: &[u8],
    b: &[u8],
    mut go_on: impl FnMut(usize) -> Result<(), E>,
) -> Result<Ordering, E> {
    let (mut a, mut b) = (components(a), components(b));
    let mut done = 0;
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            return Ok(Ordering::Equal);
        }
        let (x, y) = (x.unwrap_or_default(), y.unwrap_or_default());
        if component_before(x, y) {
            return Ok(Ordering::Less);
        }
        if component_before(y, x) {
            return Ok(Ordering::Greater);
        }
        done += 1;
        if done % EVERY == 0 {
            go_on(EVERY)?;
        }
    }
}

/// Cuts a derivation name at the first `-` not followed by an ASCII letter (`parseDrvName`); a `-` at the very end
/// stays in the name.
pub fn split_drv_name(name: &[u8]) -> (&[u8], &[u8]) {
    let Ok(parts) = split_drv_name_while(name, |_| Ok::<(), Infallible>(()));
    parts
}

/// The same; `go_on` is told now and then how many steps were done.
///
/// # Errors
/// That of `go_on`.
pub fn split_drv_name_while<E>(
    name: &[u8],
    mut go_on: impl FnMut(usize) -> Result<(), E>,
) -> Result<(&[u8], &[u8]), E> {
    for (number, at) in memchr::memchr_iter(b'-', name).enumerate() {
        if name.get(at + 1).is_some_and(|next| !next.is_ascii_alphabetic()) {
            return Ok((&name[..at], &name[at + 1..]));
        }
        if number % EVERY == EVERY - 1 {
            go_on(EVERY)?;
        }
    }
    Ok((name, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_the_manual_says() {
        for (a, b, expected) in [
            ("1.0", "2.3", Ordering::Less),
            ("2.1", "2.3", Ordering::Less),
            ("2.3", "2.3", Ordering::Equal),
            ("2.5", "2.3", Ordering::Greater),
            ("2.3.1", "2.3", Ordering::Greater),
            ("2.3.1", "2.3a", Ordering::Greater),
            ("2.3pre1", "2.3", Ordering::Less),
            ("2.3pre3", "2.3pre12", Ordering::Less),
            ("2.3a", "2.3c", Ordering::Less),
            ("2.3pre1", "2.3c", Ordering::Less),
            ("2.3pre1", "2.3q", Ordering::Less),
            ("3000000000", "1", Ordering::Less),
            ("1.0", "1-0", Ordering::Equal),
            ("01", "1", Ordering::Equal),
            ("", "1", Ordering::Less),
            ("", "a", Ordering::Less),
            ("", "pre", Ordering::Greater),
        ] {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }

    #[test]
    fn components_skip_separators() {
        let parts: Vec<&[u8]> = components(b".-1.2.3pre-_x4.").collect();
        let expected: [&[u8]; 6] = [b"1", b"2", b"3", b"pre", b"_x", b"4"];
        assert_eq!(parts, expected);
    }

    #[test]
    fn names_are_cut_before_a_version() {
        let cut = |name: &'static str| split_drv_name(name.as_bytes());
        assert_eq!(cut("hello-2.10"), (&b"hello"[..], &b"2.10"[..]));
        assert_eq!(cut("a-b-1-c"), (&b"a-b"[..], &b"1-c"[..]));
        assert_eq!(cut("a-"), (&b"a-"[..], &b""[..]));
        assert_eq!(cut("-1"), (&b""[..], &b"1"[..]));
        assert_eq!(cut("a-\u{e9}"), (&b"a"[..], "\u{e9}".as_bytes()));
    }
}
