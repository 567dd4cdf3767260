//! Flake inputs as sets of attributes: what `fetchGit`, `fetchTree` and `flakeRefToString` accept, and inputs as URLs.
//!
//! In: a set whose values are forced one by one. Out: Nix's errors, a URL, or the error that this build does not fetch.
//! Not here: URLs as inputs (`flakes.rs`).

use crate::args::fail;
use crate::coerced::forward;
use crate::fetch::{no_fetching, no_fetching_tree};
use crate::store::need_feature;
use frazil_eval::heap::Tracer;
use frazil_eval::{Answer, Error, ErrorKind, Next, Step, Stop, Task, Value, Vm};
use std::collections::BTreeMap;

/// The value of an attribute of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Attribute {
    /// A string.
    Text(Vec<u8>),
    /// A boolean.
    Bool(bool),
    /// A number that is not negative.
    Int(i64),
}

impl Attribute {
    /// As it stands in the query part of a URL.
    fn query(&self) -> Vec<u8> {
        match self {
            Attribute::Text(text) => text.clone(),
            Attribute::Bool(on) => if *on { b"1" } else { b"0" }.to_vec(),
            Attribute::Int(int) => int.to_string().into_bytes(),
        }
    }
}

/// An input.
pub(crate) type Input = BTreeMap<Vec<u8>, Attribute>;

/// Forces and checks the attributes of an input, then goes on as the builtin wants.
pub(crate) struct InputTask {
    set: Value,
    who: &'static str,
    next: usize,
    input: Input,
}

impl InputTask {
    /// For the builtin of this name.
    pub(crate) fn new(set: Value, who: &'static str) -> InputTask {
        InputTask { set, who, next: 0, input: Input::new() }
    }

    fn wrong(&self, vm: &mut Vm, name: &[u8], value: Value) -> Stop {
        let kind = vm.type_phrase(value);
        let name = String::from_utf8_lossy(name);
        let text = if self.who == "flakeRefToString" {
            format!(
                "flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '{name}' is {kind}"
            )
        } else {
            format!(
                "argument '{name}' to '{}' is {kind} while a string, Boolean or integer is expected",
                self.who
            )
        };
        Error::new(ErrorKind::Type, text).into()
    }

    fn finish(&mut self, vm: &mut Vm) -> Answer {
        let mut input = std::mem::take(&mut self.input);
        match self.who {
            "flakeRefToString" => {
                need_scheme(vm, &input)?;
                let url = to_url(&input)?;
                Ok(vm.heap.string(&url, 0))
            }
            "fetchGit" => {
                input.insert(b"type".to_vec(), Attribute::Text(b"git".to_vec()));
                check_scheme(&input)?;
                no_fetching(vm, &text(&input, "url").unwrap_or_default())
            }
            _ => {
                if !input.contains_key(b"type".as_slice()) {
                    return fail(
                        ErrorKind::Eval,
                        "argument 'type' is missing in call to 'fetchTree'",
                    );
                }
                if input.contains_key(b"name".as_slice()) {
                    return fail(
                        ErrorKind::Eval,
                        "argument 'name' isn’t supported in call to 'fetchTree'",
                    );
                }
                check_scheme(&input)?;
                need_scheme(vm, &input)?;
                let url = to_url(&input)?;
                no_fetching_tree(vm, &url)
            }
        }
    }
}

impl Task for InputTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut answer = input;
        self.set = vm.whole(self.set);
        while let Some(name) = vm.attrs_keys(self.set).get(self.next).copied() {
            let value = vm.attrs_values(self.set)[self.next];
            let value = if answer.is_empty_slot() { vm.heap.follow(value) } else { answer };
            answer = Value::EMPTY;
            if !value.is_whnf() {
                return Ok(Next::Force(value));
            }
            let name = vm.symbols.resolve(name).to_vec();
            let attribute = if let Some(string) = vm.heap.as_string(&value) {
                Attribute::Text(string.bytes.to_vec())
            } else if let Some(on) = value.as_bool() {
                Attribute::Bool(on)
            } else if let Some(int) = vm.heap.as_int(value) {
                if int < 0 {
                    let name = String::from_utf8_lossy(&name);
                    let text = match self.who {
                        "flakeRefToString" => {
                            format!("negative value given for flake ref attr {name}: {int}")
                        }
                        who => {
                            format!("negative value given for '{who}' argument '{name}': {int}")
                        }
                    };
                    return Err(Error::new(ErrorKind::Eval, text).into());
                }
                Attribute::Int(int)
            } else if let Some(path) = vm.heap.as_path(value)
                && self.who != "flakeRefToString"
            {
                Attribute::Text(path.to_vec())
            } else if name == b"publicKeys" && self.who == "fetchGit" {
                self.next += 1;
                continue;
            } else {
                return Err(self.wrong(vm, &name, value));
            };
            self.input.insert(name, attribute);
            self.next += 1;
        }
        forward(self.finish(vm))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.set);
    }
}

fn text(input: &Input, name: &str) -> Option<Vec<u8>> {
    match input.get(name.as_bytes())? {
        Attribute::Text(text) => Some(text.clone()),
        other => Some(other.query()),
    }
}

/// Some kinds of inputs exist only with the feature `flakes`.
pub(crate) fn need_scheme(vm: &Vm, input: &Input) -> Result<(), Stop> {
    const OF_FLAKES: [&[u8]; 5] = [b"path", b"indirect", b"github", b"gitlab", b"sourcehut"];
    let kind = text(input, "type").unwrap_or_default();
    if OF_FLAKES.contains(&kind.as_slice()) { need_feature(vm, "flakes", "") } else { Ok(()) }
}

/// The attributes a scheme needs, and those it also knows.
fn known(scheme: &[u8]) -> Option<(&'static [&'static str], &'static [&'static str])> {
    const FORGE: &[&str] =
        &["ref", "rev", "narHash", "lastModified", "host", "treeHash", "submodules"];
    const FILE: &[&str] = &["narHash", "name", "unpack", "rev", "revCount", "lastModified"];
    Some(match scheme {
        b"git" => (
            &["url"],
            &[
                "ref",
                "rev",
                "shallow",
                "submodules",
                "lfs",
                "exportIgnore",
                "lastModified",
                "revCount",
                "narHash",
                "allRefs",
                "name",
                "dirtyRev",
                "dirtyShortRev",
                "verifyCommit",
                "keytype",
                "publicKey",
                "publicKeys",
            ],
        ),
        b"github" | b"gitlab" | b"sourcehut" => (&["owner", "repo"], FORGE),
        b"tarball" | b"file" => (&["url"], FILE),
        b"path" => (&["path"], &["rev", "revCount", "lastModified", "narHash"]),
        b"hg" => (&["url"], &["ref", "rev", "revCount", "narHash", "name"]),
        b"indirect" => (&["id"], &["ref", "rev", "narHash"]),
        _ => return None,
    })
}

fn check_scheme(input: &Input) -> Result<(), Stop> {
    let scheme = text(input, "type").unwrap_or_default();
    let Some((required, optional)) = known(&scheme) else { return unsupported(input) };
    for name in input.keys() {
        let is_known = [required, optional].concat().iter().any(|known| known.as_bytes() == name)
            || name == b"type"
            || name == b"dir";
        if !is_known {
            let text = format!(
                "input attribute '{}' not supported by scheme '{}'",
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(&scheme)
            );
            return fail(ErrorKind::Eval, text);
        }
    }
    for name in required {
        if !input.contains_key(name.as_bytes()) {
            return fail(ErrorKind::Eval, format!("input attribute '{name}' is missing"));
        }
    }
    Ok(())
}

fn unsupported<T>(input: &Input) -> Result<T, Stop> {
    let mut shown = b"cannot show unsupported input '{".to_vec();
    for (index, (name, value)) in input.iter().enumerate() {
        if index > 0 {
            shown.push(b',');
        }
        shown.extend_from_slice(&[b"\"", &**name, b"\":"].concat());
        match value {
            Attribute::Text(text) => {
                // A name or value that is no text is left out: this is a message.
                let _ = frazil_text::json::push_string(&mut shown, text);
            }
            Attribute::Bool(on) => shown.extend_from_slice(on.to_string().as_bytes()),
            Attribute::Int(int) => shown.extend_from_slice(int.to_string().as_bytes()),
        }
    }
    shown.extend_from_slice(b"}'");
    fail(ErrorKind::Eval, shown)
}

/// Appends the query part of these attributes.
fn push_query(url: &mut Vec<u8>, input: &Input, names: &[&str]) {
    let mut names: Vec<&str> = names.to_vec();
    names.sort_unstable();
    let mut first = !url.contains(&b'?');
    for name in names {
        let Some(value) = input.get(name.as_bytes()) else { continue };
        if *value == Attribute::Bool(false) {
            continue;
        }
        url.push(if first { b'?' } else { b'&' });
        first = false;
        url.extend_from_slice(name.as_bytes());
        url.push(b'=');
        push_encoded(url, &value.query());
    }
}

fn push_encoded(url: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*,;:@/?".contains(byte) {
            url.push(*byte);
        } else {
            url.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

/// An input as a URL.
pub(crate) fn to_url(input: &Input) -> Result<Vec<u8>, Stop> {
    let Some(scheme) = text(input, "type") else {
        return fail(
            ErrorKind::Eval,
            "'type' attribute to specify input scheme is required but not provided",
        );
    };
    check_scheme(input)?;
    let part = |name: &str| text(input, name);
    if let Some(rev) = part("rev").filter(|rev| !matches!(rev.len(), 40 | 64)) {
        let text = [b"hash '", &*rev, b"' has wrong length for hash algorithm 'sha1'"].concat();
        return fail(ErrorKind::Eval, text);
    }
    let mut url = Vec::new();
    match &*scheme {
        b"github" | b"gitlab" | b"sourcehut" => {
            url.extend_from_slice(&scheme);
            url.push(b':');
            push_encoded(&mut url, &part("owner").unwrap_or_default());
            url.push(b'/');
            push_encoded(&mut url, &part("repo").unwrap_or_default());
            if let Some(which) = part("ref").or_else(|| part("rev")) {
                url.push(b'/');
                url.extend_from_slice(&which);
            }
            push_query(&mut url, input, &["dir", "host", "narHash"]);
        }
        b"indirect" => {
            let id = part("id").unwrap_or_default();
            let is_id = id.first().is_some_and(u8::is_ascii_alphabetic)
                && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
            if !is_id {
                return fail(ErrorKind::Eval, [b"'", &*id, b"' is not a valid flake ID"].concat());
            }
            url.extend_from_slice(b"flake:");
            url.extend_from_slice(&part("id").unwrap_or_default());
            for which in [part("ref"), part("rev")].into_iter().flatten() {
                url.push(b'/');
                url.extend_from_slice(&which);
            }
            push_query(&mut url, input, &["dir", "narHash"]);
        }
        b"path" => {
            url.extend_from_slice(b"path:");
            push_encoded(&mut url, &part("path").unwrap_or_default());
            push_query(&mut url, input, &["dir", "rev", "revCount", "lastModified", "narHash"]);
        }
        b"git" | b"hg" => {
            let base = part("url").unwrap_or_default();
            let prefix = [&*scheme, b"+"].concat();
            // `git:` needs no prefix.
            if !base.starts_with(&[&*scheme, b":"].concat()) {
                url.extend_from_slice(&prefix);
            }
            url.extend_from_slice(&base);
            let names = [
                "dir",
                "ref",
                "rev",
                "shallow",
                "submodules",
                "lfs",
                "exportIgnore",
                "allRefs",
                "verifyCommit",
                "keytype",
                "publicKey",
                "publicKeys",
                "narHash",
            ];
            push_query(&mut url, input, &names);
        }
        _ => {
            url.extend_from_slice(&part("url").unwrap_or_default());
            push_query(&mut url, input, &["dir", "narHash"]);
        }
    }
    Ok(url)
}
