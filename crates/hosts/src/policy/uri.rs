//! Which URIs a list of allowed ones lets through.
//!
//! In: the patterns of `allowed-uris` and an URI. Out: yes or no. They are compared part by part: scheme, user, host, port,
//! and path segments with escapes decoded and `..` taken back. So neither `https://github.com.evil` nor
//! `https://github.com@evil` nor `https://host/allowed/%2e%2e/other` passes for what it resembles.
//!
//! What cannot be taken apart without doubt (spaces, backslashes, a percent sign in the host, two `@`, `..` above the root
//! or hidden in an escaped slash) is allowed only by a pattern with the very same bytes.
//! Where Nix is stricter, so are we: a query is allowed below a pattern, not directly at it.
//!
//! Not here: redirects; a fetcher asks again with the URI it was sent to.

/// One pattern of `allowed-uris`.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    text: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `scheme:` or `scheme://`: every URI of the scheme.
    Scheme(Vec<u8>),
    /// The URI and what is below.
    Prefix(Uri),
    /// Only these bytes.
    Exact,
}

impl Allowed {
    /// Reads a pattern.
    pub(super) fn new(text: &[u8]) -> Allowed {
        Allowed { text: text.to_vec(), kind: Kind::of(text) }
    }

    fn matches(&self, bytes: &[u8], uri: Option<&Uri>) -> bool {
        if self.text == bytes {
            return true;
        }
        match (&self.kind, uri) {
            (Kind::Scheme(scheme), _) => {
                split_scheme(bytes).is_some_and(|(of_uri, _)| of_uri == *scheme)
            }
            (Kind::Prefix(prefix), Some(uri)) => prefix.covers(uri),
            _ => false,
        }
    }
}

impl Kind {
    fn of(text: &[u8]) -> Kind {
        match split_scheme(text) {
            Some((scheme, b"" | b"//")) => Kind::Scheme(scheme),
            _ => Uri::parse(text).map_or(Kind::Exact, Kind::Prefix),
        }
    }
}

/// Whether one of the patterns allows an URI.
pub(super) fn is_allowed(allowed: &[Allowed], uri: &[u8]) -> bool {
    let parsed = Uri::parse(uri);
    allowed.iter().any(|pattern| pattern.matches(uri, parsed.as_ref()))
}

/// The path of an URI that names a local file: a bare absolute path or `file:`.
pub(super) fn local_path(uri: &[u8]) -> Option<Vec<u8>> {
    if uri.starts_with(b"/") {
        return Some(uri.to_vec());
    }
    let uri = Uri::parse(uri)?;
    let here = uri.authority.is_none_or(|authority| {
        authority.user.is_none()
            && authority.port.is_none()
            && matches!(authority.host.as_slice(), b"" | b"localhost")
    });
    (uri.scheme == b"file" && here && uri.rooted).then(|| {
        let mut path = vec![b'/'];
        path.extend(uri.segments.join(&b'/'));
        path
    })
}

/// An URI, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Uri {
    scheme: Vec<u8>,
    authority: Option<Authority>,
    /// Whether the path begins with a slash.
    rooted: bool,
    /// Decoded, without `.` and `..`; a slash at the end of the path is an empty last segment.
    segments: Vec<Vec<u8>>,
    /// From `?` or `#` on.
    rest: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Authority {
    user: Option<Vec<u8>>,
    host: Vec<u8>,
    /// `None` also where it is the scheme's own.
    port: Option<u16>,
}

impl Uri {
    fn parse(text: &[u8]) -> Option<Uri> {
        if text.iter().any(|byte| *byte <= b' ' || *byte == 0x7f || *byte == b'\\') {
            return None;
        }
        let (scheme, after) = split_scheme(text)?;
        let end = after.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(after.len());
        let (place, rest) = after.split_at(end);
        let (authority, path) = match place.strip_prefix(b"//") {
            None => (None, place),
            Some(place) => {
                let end = place.iter().position(|byte| *byte == b'/').unwrap_or(place.len());
                (Some(Authority::parse(&scheme, &place[..end])?), &place[end..])
            }
        };
        let rooted = path.starts_with(b"/");
        let segments = segments(path.strip_prefix(b"/").unwrap_or(path), rooted)?;
        Some(Uri { scheme, authority, rooted, segments, rest: rest.to_vec() })
    }

    fn covers(&self, uri: &Uri) -> bool {
        if self == uri {
            return true;
        }
        if !self.rest.is_empty() || self.scheme != uri.scheme || self.authority != uri.authority {
            return false;
        }
        let all = self.authority.is_some() && self.segments.is_empty();
        if self.rooted != uri.rooted && !all {
            return false;
        }
        let (prefix, is_folder) = match self.segments.split_last() {
            Some((last, before)) if last.is_empty() => (before, true),
            _ => (self.segments.as_slice(), false),
        };
        if !uri.segments.starts_with(prefix) {
            return false;
        }
        uri.segments.len() > prefix.len() || (!is_folder && uri.rest.is_empty())
    }
}

impl Authority {
    fn parse(scheme: &[u8], text: &[u8]) -> Option<Authority> {
        let mut parts = text.split(|byte| *byte == b'@');
        let (user, host) = match (parts.next()?, parts.next(), parts.next()) {
            (host, None, _) => (None, host),
            (user, Some(host), None) => (Some(user.to_vec()), host),
            _ => return None,
        };
        let (host, port) = split_port(host)?;
        if host.contains(&b'%') {
            return None;
        }
        let port = port.filter(|port| Some(*port) != default_port(scheme));
        Some(Authority { user, host: host.to_ascii_lowercase(), port })
    }
}

fn split_port(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let host_end = match text.first() {
        Some(b'[') => text.iter().position(|byte| *byte == b']')? + 1,
        _ => text.iter().position(|byte| *byte == b':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(host_end);
    match port.strip_prefix(b":") {
        None if port.is_empty() => Some((host, None)),
        None => None,
        Some(b"") => Some((host, None)),
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
            Some((host, Some(std::str::from_utf8(digits).ok()?.parse().ok()?)))
        }
        Some(_) => None,
    }
}

/// The port a scheme has where none is written; `git+https` has that of `https`.
fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme.rsplit(|byte| *byte == b'+').next()? {
        b"http" => Some(80),
        b"https" => Some(443),
        b"ssh" => Some(22),
        b"ftp" => Some(21),
        b"git" => Some(9418),
        _ => None,
    }
}

/// The scheme in small letters, and what follows its colon.
fn split_scheme(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let colon = text.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = text.split_at(colon);
    let first = scheme.first()?;
    let rest_fits = scheme
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (first.is_ascii_alphabetic() && rest_fits).then(|| (scheme.to_ascii_lowercase(), &rest[1..]))
}

fn segments(path: &[u8], rooted: bool) -> Option<Vec<Vec<u8>>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    if path.is_empty() && !rooted {
        return Some(out);
    }
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let segment = decode(part)?;
        let is_last = parts.peek().is_none();
        match segment.as_slice() {
            b"." => {}
            b".." => {
                out.pop()?;
            }
            _ => {
                out.push(segment);
                continue;
            }
        }
        if is_last {
            out.push(Vec::new());
        }
    }
    Some(out)
}

fn decode(part: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(part.len());
    let mut bytes = part.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'%' {
            let high = char::from(*bytes.next()?).to_digit(16)?;
            let low = char::from(*bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(*byte);
        }
    }
    if out.iter().any(|byte| *byte == 0 || *byte == b'\\') {
        return None;
    }
    // A server may take an escaped slash for a slash, and then a `..` beside it for a way up.
    let hides_dots = out.contains(&b'/')
        && out.split(|byte| *byte == b'/').any(|name| matches!(name, b"" | b"." | b".."));
    (!hides_dots).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, uri: &str) -> bool {
        is_allowed(&[Allowed::new(pattern.as_bytes())], uri.as_bytes())
    }

    #[test]
    fn allowed() {
        for (pattern, uri) in [
            ("https://github.com/a", "https://github.com/a"),
            ("https://github.com/a", "https://github.com/a/b?ref=c"),
            ("https://github.com/a", "https://GitHub.com:443/a/b"),
            ("https://github.com:443", "https://github.com/a"),
            ("https://github.com/a/", "https://github.com/a/b"),
            ("https://github.com/a/", "https://github.com/a/?x"),
            ("https://github.com/a/b", "https://github.com/a/./c/../b/d"),
            ("https://github.com/a/b", "https://github.com/%61/b"),
            ("https:", "HTTPS://anything/at/../all"),
            ("https://", "https://anything"),
            ("git+ssh://git@host/a", "git+ssh://git@host:22/a/b"),
            ("github:", "github:a/b"),
            ("github:a", "github:a/b"),
            ("github:a/", "github:a/b"),
            ("http://[::1]:8080/", "http://[::1]:8080/a"),
            ("not a uri", "not a uri"),
            ("gitlab:group%2Fsub", "gitlab:group%2fsub/repo"),
        ] {
            assert!(allows(pattern, uri), "{pattern} should allow {uri}");
        }
    }

    #[test]
    fn refused() {
        for (pattern, uri) in [
            ("https://github.com", "https://github.com.evil/"),
            ("https://github.com", "https://github.com@evil/"),
            ("https://github.com", "https://user@github.com/"),
            ("https://github.com", "https://github.com:444/"),
            ("https://github.com", "https://github.co/m"),
            ("https://github.co", "https://github.com/"),
            ("https://github.com", "http://github.com/"),
            ("https://github.com", "git+https://github.com/"),
            ("https://github.com", "https://a@github.com@evil/"),
            ("https://github.com", "https://github.com%2eevil/"),
            ("https://github.com", "https://github.com\\@evil/"),
            ("https://github.com", "https:github.com/a"),
            ("https://github.com/a", "https://github.com/ab"),
            ("https://github.com/a", "https://github.com/a?x=1"),
            ("https://github.com/a", "https://github.com/a#x"),
            ("https://github.com/a/", "https://github.com/a"),
            ("https://github.com/a", "https://github.com/a/../b"),
            ("https://github.com/a", "https://github.com/a/%2e%2e/b"),
            ("https://github.com/a", "https://github.com/a/%2E./b"),
            ("https://github.com/a", "https://github.com/a/..%2fb"),
            ("https://github.com/a", "https://github.com/a/..%5cb"),
            ("https://github.com/a", "https://github.com/a/../../a"),
            ("https://github.com/a", "https://github.com/a/%zz"),
            ("https://github.com/a", "https://github.com/a/ b"),
            ("https://github.com/A", "https://github.com/a"),
            ("https://github.com/a?x", "https://github.com/a/b?x"),
            ("https", "https://github.com/"),
            ("https:", "http://github.com/"),
            ("", "https://github.com/"),
            ("github:a", "github:ab"),
            ("github:a", "gitlab:a"),
            ("path:a", "path:/a"),
            ("http://[::1]", "http://[::1]x/"),
        ] {
            assert!(!allows(pattern, uri), "{pattern} should refuse {uri}");
        }
    }

    #[test]
    fn local_paths() {
        let cases = [
            ("/a/b", Some("/a/b")),
            ("file:///a/b", Some("/a/b")),
            ("file:/a/%62", Some("/a/b")),
            ("file://localhost/a", Some("/a")),
            ("file://host/a", None),
            ("path:/a", None),
            ("https://host/a", None),
        ];
        for (uri, path) in cases {
            assert_eq!(local_path(uri.as_bytes()).as_deref(), path.map(str::as_bytes), "{uri}");
        }
    }
}
