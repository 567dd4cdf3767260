//! Flakes: references as text and as sets; flakes themselves are not fetched.
//!
//! In: texts and sets. Out: sets and texts, or the error that this build does not fetch. Some kinds of
//! references need the feature `flakes`.
//! Not here: which attributes an input may have (`inputs.rs`).

use crate::args::{Attrs, PlainStr, Str, fail, task};
use crate::fetch::no_fetching;
use crate::inputs::{Attribute, Input, InputTask, need_scheme};
use crate::store::need_feature;
use frazil_eval::{Answer, Builtin, Charge, ErrorKind, Stop, Vm};
use frazil_macros::builtin;

/// Bytes that a reference's parts take for each byte of its text.
const PARTS: usize = 40;

pub(crate) const ROWS: &[Builtin] = &[GET_FLAKE, PARSE_FLAKE_REF, FLAKE_REF_TO_STRING];

/// The outputs of a flake.
///
/// ```nix
/// builtins.getFlake "github:NixOS/nixpkgs"
/// ```
#[builtin(name = "getFlake", contexts = ["while evaluating the argument passed to builtins.getFlake"])]
fn get_flake(vm: &mut Vm, reference: PlainStr) -> Answer {
    let text = reference.bytes(vm).to_vec();
    parse(&text)?;
    need_feature(vm, "flakes", "")?;
    no_fetching(vm, &text)
}

/// A flake reference as a set.
///
/// ```nix
/// builtins.parseFlakeRef "github:NixOS/nixpkgs/23.05?dir=lib"
/// ```
#[builtin(name = "parseFlakeRef", contexts = ["while evaluating the argument passed to builtins.parseFlakeRef"])]
fn parse_flake_ref(vm: &mut Vm, reference: Str) -> Answer {
    // A part of a query of four bytes is two texts in a table, and an attribute.
    let bytes = reference.bytes(vm).len();
    let mut room = Charge::default();
    room.set(vm, bytes.saturating_mul(PARTS))?;
    vm.work_on_bytes(bytes)?;
    let input = parse(reference.bytes(vm))?;
    need_scheme(vm, &input)?;
    let mut attrs = Vec::with_capacity(input.len());
    for (name, value) in input {
        vm.work(1)?;
        let value = match value {
            Attribute::Text(text) => vm.heap.string(&text, 0),
            Attribute::Bool(on) => frazil_eval::Value::bool(on),
            Attribute::Int(int) => vm.heap.int(int),
        };
        attrs.push((vm.symbols.intern(&name), value));
    }
    Ok(vm.make_attrs(attrs))
}

/// A flake reference as text.
///
/// ```nix
/// builtins.flakeRefToString { type = "github"; owner = "NixOS"; repo = "nixpkgs"; }
/// ```
#[builtin(name = "flakeRefToString", contexts = ["while evaluating the argument passed to builtins.flakeRefToString"])]
fn flake_ref_to_string(_: &mut Vm, reference: Attrs) -> Answer {
    task(InputTask::new(reference.0, "flakeRefToString"))
}

fn refuse<T>(parts: &[&[u8]]) -> Result<T, Stop> {
    fail(ErrorKind::Eval, parts.concat())
}

fn is_revision(text: &[u8]) -> bool {
    matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}

fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphanumeric)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// The attributes of a reference.
fn parse(text: &[u8]) -> Result<Input, Stop> {
    let (before, query) = match text.iter().position(|byte| *byte == b'?') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b""[..]),
    };
    let mut input = Input::new();
    for pair in query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let value = decode(pair.get(at + 1..).unwrap_or_default());
        input.insert(pair[..at].to_vec(), typed(&pair[..at], value));
    }
    let mut set = |name: &str, value: &[u8]| {
        input.insert(name.as_bytes().to_vec(), Attribute::Text(value.to_vec()));
    };
    let scheme =
        before.iter().position(|byte| *byte == b':').map(|at| (&before[..at], &before[at + 1..]));
    match scheme {
        None if before.starts_with(b"/") => {
            set("type", b"path");
            set("path", before);
        }
        None => indirect(before, &mut set).or_else(|()| not_absolute(text))?,
        Some((b"path", path)) => {
            set("type", b"path");
            set("path", path);
        }
        Some((b"flake", rest)) => indirect(rest, &mut set).or_else(|()| not_absolute(text))?,
        Some((kind @ (b"github" | b"gitlab" | b"sourcehut"), rest)) => {
            no_fragment(text)?;
            input.retain(|name, _| OF_FORGES.contains(&name.as_slice()));
            forge(kind, rest, &mut input).or_else(|()| not_absolute(text))?;
        }
        Some((kind, rest)) => other(kind, rest, before, &mut set)
            .or_else(|()| refuse(&[b"input '", text, b"' is unsupported"]))?,
    }
    Ok(input)
}

/// What a query may say of a repository on a forge; the rest is passed over.
const OF_FORGES: [&[u8]; 5] = [b"ref", b"rev", b"host", b"dir", b"narHash"];

/// What is no URL is taken for a path, and fails as such.
fn not_absolute<T>(text: &[u8]) -> Result<T, Stop> {
    refuse(&[b"flake reference '", text, b"' is not an absolute path"])
}

fn no_fragment(text: &[u8]) -> Result<(), Stop> {
    match text.iter().position(|byte| *byte == b'#') {
        Some(at) => {
            let fragment = decode(&text[at + 1..]);
            refuse(&[b"unexpected fragment '", &fragment, b"' in flake reference '", text, b"'"])
        }
        None => Ok(()),
    }
}

fn indirect(text: &[u8], set: &mut dyn FnMut(&str, &[u8])) -> Result<(), ()> {
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'/').collect();
    if parts.len() > 3 || !parts.iter().all(|part| is_name(part)) {
        return Err(());
    }
    set("type", b"indirect");
    set("id", parts[0]);
    match parts[1..] {
        [] => {}
        [one] if is_revision(one) => set("rev", one),
        [one] => set("ref", one),
        [one, two, ..] => {
            set("ref", one);
            set("rev", two);
        }
    }
    Ok(())
}

fn forge(kind: &[u8], text: &[u8], input: &mut Input) -> Result<(), ()> {
    let mut parts = text.splitn(3, |byte| *byte == b'/');
    let (Some(owner), Some(repo)) = (parts.next(), parts.next()) else { return Err(()) };
    let mut set = |name: &str, value: &[u8]| {
        input.insert(name.as_bytes().to_vec(), Attribute::Text(decode(value))).is_some()
    };
    set("type", kind);
    set("owner", owner);
    set("repo", repo);
    let said_twice = match parts.next() {
        Some(which) if is_revision(which) => set("rev", which),
        Some(which) => set("ref", which),
        None => false,
    };
    let has = |name: &[u8]| input.contains_key(name);
    // One of the two says which state is meant.
    if said_twice || has(b"ref") && has(b"rev") { Err(()) } else { Ok(()) }
}

fn other(kind: &[u8], rest: &[u8], url: &[u8], set: &mut dyn FnMut(&str, &[u8])) -> Result<(), ()> {
    let (application, transport) = match kind.iter().position(|byte| *byte == b'+') {
        Some(at) => (Some(&kind[..at]), &kind[at + 1..]),
        None => (None, kind),
    };
    let plain = [transport, b":", rest].concat();
    match (application, transport) {
        (Some(kind @ (b"git" | b"hg" | b"tarball" | b"file")), _) => {
            set("type", kind);
            set("url", &plain);
        }
        (None, b"git") => {
            set("type", b"git");
            set("url", url);
        }
        (None, b"http" | b"https" | b"file") => {
            let archives: [&[u8]; 8] = [
                b".zip",
                b".tar",
                b".tgz",
                b".tar.gz",
                b".tar.xz",
                b".tar.bz2",
                b".tar.zst",
                b".crate",
            ];
            let is_archive = archives.iter().any(|end| url.ends_with(end));
            set("type", if is_archive || transport != b"file" { b"tarball" } else { b"file" });
            set("url", url);
        }
        _ => return Err(()),
    }
    Ok(())
}

/// Values of a query are texts, but for those that are numbers or flags.
fn typed(name: &[u8], value: Vec<u8>) -> Attribute {
    let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
    match (name, number) {
        (b"lastModified" | b"revCount", Some(int)) => Attribute::Int(int),
        (
            b"shallow" | b"submodules" | b"allRefs" | b"lfs" | b"exportIgnore" | b"verifyCommit",
            _,
        ) => Attribute::Bool(value == b"1"),
        _ => Attribute::Text(value),
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}
