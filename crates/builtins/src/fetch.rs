//! Fetching: arguments are checked as Nix checks them; then the evaluation ends, because this build does not fetch.
//!
//! In: URLs or sets of named arguments. Out: Nix's errors for wrong ones, else one that says what is missing here.
//! The host is asked first whether the URI is allowed at all. Not here: flake references (`flakes.rs`).

use crate::args::{Attrs, Forced, fail, in_context, task};
use crate::coerced::{NONE, on_text};
use crate::fields::{self, Field, Form, Kind};
use crate::hashes::hash_error;
use frazil_base::sym;
use frazil_eval::ops::CoerceMode;
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Stop, Value, Vm};
use frazil_macros::builtin;
use frazil_store::Algorithm;
use frazil_store::hash::Hash;
use frazil_store::path::check_name;

pub(crate) const ROWS: &[Builtin] =
    &[FETCHURL, FETCH_TARBALL, FETCH_GIT, FETCH_MERCURIAL, FETCH_TREE, FETCH_CLOSURE];

/// The end of every builtin here.
#[cold]
pub(crate) fn no_fetching<T>(vm: &mut Vm, url: &[u8]) -> Result<T, Stop> {
    vm.host.check_uri(url).map_err(|error| vm.host_error(url, error))?;
    let text = [b"cannot fetch '", url, b"': this build of Frazil does not fetch"].concat();
    fail(ErrorKind::Unsupported, text)
}

/// The same for an input of `fetchTree`.
#[cold]
pub(crate) fn no_fetching_tree<T>(vm: &mut Vm, url: &[u8]) -> Result<T, Stop> {
    let url = url.strip_prefix(b"tarball+").unwrap_or(url);
    let is_relative = |path: &[u8]| !path.starts_with(b"/");
    let result = match (url.strip_prefix(b"file:"), url.strip_prefix(b"path:")) {
        (Some(path), _) if is_relative(path) => {
            let start = b"tarball '";
            let end =
                b"' must use an absolute path. The 'file' scheme does not support relative paths.";
            fail(ErrorKind::Eval, [&start[..], url, &end[..]].concat())
        }
        (_, Some(path)) if is_relative(path) => {
            let end = b"' because it uses a relative path";
            fail(ErrorKind::Eval, [&b"cannot fetch input '"[..], url, &end[..]].concat())
        }
        _ => no_fetching(vm, url),
    };
    let context = format!("while fetching the input '{}'", String::from_utf8_lossy(url));
    result.map_err(|stop| match stop {
        Stop::Fail(error) => in_context(error, &context).into(),
        other => other,
    })
}

fn bytes(vm: &Vm, value: Value) -> Option<Vec<u8>> {
    vm.heap.as_string(&value).map(|string| string.bytes.to_vec())
}

/// The arguments that `fetchurl` and `fetchTarball` share.
const CONTENT: [Field; 3] = [
    Field { name: "url", kind: Kind::Plain, context: "while evaluating the url we should fetch" },
    Field {
        name: "sha256",
        kind: Kind::Plain,
        context: "while evaluating the sha256 of the content we should fetch",
    },
    Field {
        name: "name",
        kind: Kind::Plain,
        context: "while evaluating the name of the content we should fetch",
    },
];

fn need_url(vm: &mut Vm, set: Value) -> Result<(), Stop> {
    match vm.attr(set, sym::URL) {
        Some(_) => Ok(()),
        None => fail(ErrorKind::Eval, "'url' argument required"),
    }
}

static FETCHURL_FORM: Form = Form {
    fields: &CONTENT,
    unsupported: |name| format!("unsupported argument '{name}' to 'fetchurl'"),
    complete: need_url,
    placed: true,
    done: |vm, values| content(vm, values, "fetchurl"),
};

static TARBALL_FORM: Form = Form {
    fields: &CONTENT,
    unsupported: |name| format!("unsupported argument '{name}' to 'fetchTarball'"),
    complete: need_url,
    placed: true,
    done: |vm, values| content(vm, values, "fetchTarball"),
};

fn content(vm: &mut Vm, values: &[Value], who: &str) -> Answer {
    let &[url, sha256, name] = values else {
        return fail(ErrorKind::Eval, "'url' argument required");
    };
    let given = bytes(vm, name);
    let hash = bytes(vm, sha256);
    let url = bytes(vm, url).unwrap_or_default();
    check_content(vm, &url, hash.as_deref(), given.as_deref(), true, who)
}

fn check_content(
    vm: &mut Vm,
    url: &[u8],
    sha256: Option<&[u8]>,
    name: Option<&[u8]>,
    as_set: bool,
    who: &str,
) -> Answer {
    if let Some(sha256) = sha256 {
        Hash::parse_or_empty(sha256, Some(Algorithm::Sha256))
            .map_err(|error| hash_error(&error))?;
    }
    if vm.settings.pure && sha256.is_none() {
        let text = format!("in pure evaluation mode, '{who}' requires a 'sha256' argument");
        return fail(ErrorKind::Eval, text);
    }
    let base = url.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let named = name.is_some();
    let name = match (name, who) {
        (Some(name), _) => name,
        (None, "fetchTarball") => b"source",
        (None, _) => base,
    };
    if let Err(error) = check_name(name) {
        let advice = if named {
            format!(
                "Please change the value for the 'name' attribute passed to '{who}', so that it can create a valid store path."
            )
        } else if as_set {
            format!(
                "Please add a valid 'name' attribute to the argument for '{who}', so that it can create a valid store path."
            )
        } else {
            format!(
                "Please pass an attribute set with 'url' and 'name' attributes to '{who}',  so that it can create a valid store path."
            )
        };
        let text = [
            b"invalid store path name when fetching URL '",
            url,
            b"': ",
            &*error.message(),
            b". ",
            advice.as_bytes(),
        ];
        return fail(ErrorKind::Eval, text.concat());
    }
    no_fetching(vm, url)
}

fn url_or_set(vm: &mut Vm, argument: Value, form: &'static Form, who: &str) -> Answer {
    if argument.is_attrs() {
        return fields::read(vm, argument, form);
    }
    let context = "while evaluating the url we should fetch";
    let Some(string) = vm.heap.as_string(&argument) else {
        return Err(in_context(vm.expected("a string", argument), context).into());
    };
    if string.context != 0 {
        return Err(in_context(vm.context_forbidden(argument), context).into());
    }
    let url = string.bytes.to_vec();
    check_content(vm, &url, None, None, false, who)
}

/// A file from a URL.
///
/// ```nix
/// builtins.fetchurl "https://example.org/file.txt"
/// ```
#[builtin(name = "fetchurl")]
fn fetchurl(vm: &mut Vm, argument: Forced) -> Answer {
    url_or_set(vm, argument.0, &FETCHURL_FORM, "fetchurl")
}

/// An unpacked archive from a URL.
///
/// ```nix
/// fetchTarball "https://example.org/source.tar.gz"
/// ```
#[builtin(name = "fetchTarball", global)]
fn fetch_tarball(vm: &mut Vm, argument: Forced) -> Answer {
    url_or_set(vm, argument.0, &TARBALL_FORM, "fetchTarball")
}

static MERCURIAL_FORM: Form = Form {
    fields: &[
        Field {
            name: "url",
            kind: Kind::Text,
            context: "while evaluating the `url` attribute passed to builtins.fetchMercurial",
        },
        Field {
            name: "rev",
            kind: Kind::Plain,
            context: "while evaluating the `rev` attribute passed to builtins.fetchMercurial",
        },
        Field {
            name: "name",
            kind: Kind::Plain,
            context: "while evaluating the `name` attribute passed to builtins.fetchMercurial",
        },
    ],
    unsupported: |name| format!("unsupported argument '{name}' to 'fetchMercurial'"),
    complete: need_url,
    placed: true,
    done: |vm, values| {
        let url = values.first().and_then(|url| bytes(vm, *url)).unwrap_or_default();
        no_fetching(vm, &url)
    },
};

/// A Mercurial repository's files.
///
/// ```nix
/// fetchMercurial { url = "https://example.org/repository"; rev = "tip"; }
/// ```
#[builtin(name = "fetchMercurial", global)]
fn fetch_mercurial(vm: &mut Vm, argument: Forced) -> Answer {
    if argument.0.is_attrs() {
        return fields::read(vm, argument.0, &MERCURIAL_FORM);
    }
    let context = "while evaluating the first argument passed to builtins.fetchMercurial";
    on_text(vm, argument.0, CoerceMode::WEAK, context, NONE, |vm, url, _| {
        let url = bytes(vm, url).unwrap_or_default();
        no_fetching(vm, &url)
    })
}

/// A Git repository's files.
///
/// ```nix
/// fetchGit { url = "https://example.org/repository.git"; ref = "main"; }
/// ```
#[builtin(name = "fetchGit", global)]
fn fetch_git(vm: &mut Vm, argument: Forced) -> Answer {
    if argument.0.is_attrs() {
        return task(crate::inputs::InputTask::new(argument.0, "fetchGit"));
    }
    let context = "while evaluating the first argument passed to 'fetchGit'";
    on_text(vm, argument.0, CoerceMode::WEAK, context, NONE, |vm, url, _| {
        let url = bytes(vm, url).unwrap_or_default();
        no_fetching(vm, &url)
    })
}

/// A tree of files from any place that flakes know.
///
/// ```nix
/// builtins.fetchTree { type = "github"; owner = "NixOS"; repo = "nixpkgs"; rev = "0000000000000000000000000000000000000000"; }
/// ```
#[builtin(name = "fetchTree", feature = "fetch-tree|flakes", global)]
fn fetch_tree(vm: &mut Vm, argument: Forced) -> Answer {
    if argument.0.is_attrs() {
        return task(crate::inputs::InputTask::new(argument.0, "fetchTree"));
    }
    let context = "while evaluating the first argument passed to 'fetchTree'";
    on_text(vm, argument.0, CoerceMode::WEAK, context, NONE, |vm, url, _| {
        let url = bytes(vm, url).unwrap_or_default();
        if !url.contains(&b':') {
            let text = [b"'", &*url, b"' doesn't have a scheme"].concat();
            return Err(Error::new(ErrorKind::Eval, text).into());
        }
        if !vm.has_feature("flakes") {
            let text = "passing a string argument to 'fetchTree' requires the 'flakes' experimental feature";
            return fail(ErrorKind::Eval, text);
        }
        no_fetching_tree(vm, &url)
    })
}

static CLOSURE_FORM: Form = Form {
    fields: &[
        Field {
            name: "fromPath",
            kind: Kind::Path,
            context: "while evaluating the attribute 'fromPath' passed to builtins.fetchClosure",
        },
        Field {
            name: "toPath",
            kind: Kind::Text,
            context: "while evaluating the attribute 'toPath' passed to builtins.fetchClosure",
        },
        Field {
            name: "inputAddressed",
            kind: Kind::Bool,
            context: "while evaluating the attribute 'inputAddressed' passed to builtins.fetchClosure",
        },
        Field {
            name: "fromStore",
            kind: Kind::Plain,
            context: "while evaluating the attribute 'fromStore' passed to builtins.fetchClosure",
        },
    ],
    unsupported: |name| format!("attribute '{name}' isn't supported in call to 'fetchClosure'"),
    complete: |vm, set| {
        for (name, text) in [(sym::FROM_PATH, "fromPath"), (sym::FROM_STORE, "fromStore")] {
            if vm.attr(set, name).is_none() {
                let text = format!("attribute '{text}' is missing in call to 'fetchClosure'");
                return fail(ErrorKind::Eval, text);
            }
        }
        Ok(())
    },
    placed: true,
    done: |vm, values| {
        let url = values.get(3).and_then(|url| bytes(vm, *url)).unwrap_or_default();
        no_fetching(vm, &url)
    },
};

/// A store path with all it needs, from another store.
///
/// ```nix
/// builtins.fetchClosure { fromStore = "https://cache.example.org"; fromPath = "/nix/store/1rz4g4znpzjwh1xymhjpm42vipw92pr7-hello"; }
/// ```
#[builtin(name = "fetchClosure", feature = "fetch-closure", contexts = ["while evaluating the argument passed to builtins.fetchClosure"])]
fn fetch_closure(vm: &mut Vm, argument: Attrs) -> Answer {
    fields::read(vm, argument.0, &CLOSURE_FORM)
}
