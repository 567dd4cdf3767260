//! Hashes: of strings and files, and from one text form to another.
//!
//! In: strings, paths. Out: hash texts. Not here: algorithms and text forms (`frazil_store::hash`).

use crate::args::{Attrs, Forced, Later, PlainStr, Str, fail, take};
use crate::coerced::{PathArgument, Rest, on_path, realise};
use crate::fields::{self, Field, Form, Kind};
use crate::paths::resolve;
use crate::store::need_feature;
use frazil_base::sym;
use frazil_eval::host::Message;
use frazil_eval::vm::Watch;
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Stop, Value, Vm};
use frazil_macros::builtin;
use frazil_store::hash::{Format, Hash, HashError};
use frazil_store::{Algorithm, Hasher};

pub(crate) const ROWS: &[Builtin] = &[HASH_STRING, HASH_FILE, CONVERT_HASH];

/// An error of reading hash texts.
pub(crate) fn hash_error(error: &HashError) -> Stop {
    let kind = match error {
        HashError::UnknownAlgorithm(_) | HashError::UnknownFormat(_) => ErrorKind::Usage,
        _ => ErrorKind::Eval,
    };
    Error::new(kind, error.to_string()).into()
}

/// The algorithm of this name, if it is known and allowed.
fn algorithm(vm: &Vm, name: &[u8]) -> Result<Algorithm, Stop> {
    let algorithm = Algorithm::parse(name).map_err(|error| hash_error(&error))?;
    if algorithm == Algorithm::Blake3 {
        need_feature(vm, "blake3-hashes", "")?;
    }
    Ok(algorithm)
}

/// The hash of a string, in hexadecimal.
///
/// ```nix
/// builtins.hashString "sha256" "abc"
/// ```
#[builtin(name = "hashString")]
fn hash_string(vm: &mut Vm, algo: PlainStr, text: Later<Str>) -> Answer {
    let algorithm = algorithm(vm, algo.bytes(vm))?;
    let context = "while evaluating the second argument passed to builtins.hashString";
    let text = take::<Str>(vm, text.0, context)?;
    let hash = hash_of_text(vm, text, algorithm)?.to_base16();
    Ok(vm.heap.string(hash.as_bytes(), 0))
}

/// The SHA-256 of a string.
pub(crate) fn sha256_of_text(vm: &mut Vm, text: Str) -> Result<[u8; 32], Error> {
    let hash = hash_of_text(vm, text, Algorithm::Sha256)?;
    let mut digest = [0; 32];
    digest.copy_from_slice(&hash.bytes()[..32]);
    Ok(digest)
}

fn hash_of_text(vm: &mut Vm, text: Str, algorithm: Algorithm) -> Result<Hash, Error> {
    let mut watch = vm.watch();
    let mut hasher = Hasher::new(algorithm);
    hash_in_pieces(&mut hasher, &mut watch, text.bytes(vm))?;
    vm.settle(watch)?;
    Ok(hasher.finish())
}

fn hash_in_pieces(hasher: &mut Hasher, watch: &mut Watch, bytes: &[u8]) -> Result<(), Error> {
    bytes.chunks(64 << 10).try_for_each(|piece| {
        hasher.update(piece);
        watch.work(piece.len() >> 6)
    })
}

/// The hash of a file's contents.
pub(crate) fn hash_of_file(vm: &mut Vm, path: &[u8], algorithm: Algorithm) -> Result<Hash, Error> {
    let mut hasher = Hasher::new(algorithm);
    let mut watch = vm.watch();
    let mut ended = Ok(());
    let read = vm.host.read_file_in_pieces(path, &mut |bytes| {
        ended = hash_in_pieces(&mut hasher, &mut watch, bytes);
        ended.is_ok()
    });
    ended?;
    read.map_err(|error| vm.host_error(path, error))?;
    vm.settle(watch)?;
    Ok(hasher.finish())
}

/// The hash of a file's contents, in hexadecimal.
///
/// ```nix
/// builtins.hashFile "sha256" ./default.nix
/// ```
#[builtin(name = "hashFile")]
fn hash_file(vm: &mut Vm, algo: PlainStr, path: Value) -> Answer {
    algorithm(vm, algo.bytes(vm))?;
    let path = take::<Forced>(vm, path, "")?;
    let context = "while realising the context of a path";
    on_path(vm, path.0, context, [algo.0, Value::EMPTY], hash_at)
}

fn hash_at(vm: &mut Vm, path: PathArgument, rest: Rest) -> Answer {
    let name = PlainStr(rest[0]);
    let algorithm = algorithm(vm, name.bytes(vm))?;
    let path = realise(vm, &path)?;
    let path = resolve(vm, &path)?;
    let text = hash_of_file(vm, &path, algorithm)?.to_base16();
    Ok(vm.heap.string(text.as_bytes(), 0))
}

/// A hash in another text form: `base16`, `nix32`, `base64` or `sri`.
///
/// ```nix
/// builtins.convertHash { hash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; toHashFormat = "base16"; }
/// ```
#[builtin(name = "convertHash")]
fn convert_hash(vm: &mut Vm, arguments: Attrs) -> Answer {
    fields::read_known(vm, arguments.0, &CONVERT)
}

static CONVERT: Form = Form {
    fields: &[
        Field { name: "hash", kind: Kind::Plain, context: "while evaluating the attribute 'hash'" },
        Field {
            name: "hashAlgo",
            kind: Kind::Plain,
            context: "while evaluating the attribute 'hashAlgo'",
        },
        Field {
            name: "toHashFormat",
            kind: Kind::Plain,
            context: "while evaluating the attribute 'toHashFormat'",
        },
    ],
    unsupported: |_| String::new(),
    complete: |vm, set| {
        let absent = [(sym::HASH, "hash"), (sym::TO_HASH_FORMAT, "toHashFormat")]
            .into_iter()
            .find(|(name, _)| vm.attr(set, *name).is_none());
        match absent {
            Some((_, name)) => Err(fields::missing(name)),
            None => Ok(()),
        }
    },
    placed: false,
    done: convert,
};

fn convert(vm: &mut Vm, values: &[Value]) -> Answer {
    let text = |vm: &Vm, index: usize| -> Vec<u8> {
        let value = values.get(index).copied().unwrap_or(Value::EMPTY);
        vm.heap.as_string(&value).map(|string| string.bytes.to_vec()).unwrap_or_default()
    };
    let given = values.get(1).is_some_and(|value| !value.is_empty_slot());
    let algo = text(vm, 1);
    let algorithm = if given { Some(algorithm(vm, &algo)?) } else { None };
    let name = text(vm, 2);
    let format = Format::parse(&name).map_err(|error| hash_error(&error))?;
    if name == b"base32" {
        let warning = b"\"base32\" is a deprecated alias for hash format \"nix32\".";
        vm.host.message(Message::Warning, warning);
    }
    let hash = Hash::parse_any(&text(vm, 0), algorithm).map_err(|error| hash_error(&error))?;
    if hash.algorithm() == Algorithm::Blake3 && !vm.has_feature("blake3-hashes") {
        return fail(
            ErrorKind::Eval,
            "experimental Nix feature 'blake3-hashes' is disabled; add '--extra-experimental-features blake3-hashes' to enable it",
        );
    }
    let text = hash.to_text(format);
    Ok(vm.heap.string(text.as_bytes(), 0))
}
