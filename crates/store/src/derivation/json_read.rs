//! Reading the JSON form of a derivation (version 4).
//!
//! In: one object as `json_write` writes it. Out: a [`Derivation`].
//!
//! Invariant: total. Unknown keys are errors, as are missing ones, so that nothing of a derivation gets lost unseen.

use super::json_write::VERSION;
use super::{Derivation, InputOutputs, Output};
use crate::hash::{Algorithm, Hash};
use crate::json::{self, Json, Object};
use crate::path::{Method, StorePath};
use crate::sorted::{Sorted, SortedSet};
use std::fmt;

/// Why JSON is not a derivation, or a derivation has no JSON form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JsonError {
    /// Not JSON, from this byte on.
    Syntax(usize),
    /// A key is missing.
    Missing(&'static str),
    /// A value, named here, is not what belongs there.
    Invalid(&'static str),
    /// A key that means nothing.
    Unknown(Vec<u8>),
    /// JSON strings must be UTF-8.
    NotUtf8(Vec<u8>),
    /// Outputs of outputs nest too deep.
    TooDeep,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::Syntax(at) => write!(f, "invalid JSON at byte {at}"),
            JsonError::Missing(key) => write!(f, "derivation JSON: '{key}' is missing"),
            JsonError::Invalid(what) => write!(f, "derivation JSON: '{what}' is invalid"),
            JsonError::Unknown(key) => {
                write!(f, "derivation JSON: unknown key '{}'", String::from_utf8_lossy(key))
            }
            JsonError::NotUtf8(text) => {
                write!(f, "'{}' is not valid UTF-8", String::from_utf8_lossy(text))
            }
            JsonError::TooDeep => f.write_str("outputs of outputs nest too deep"),
        }
    }
}

impl std::error::Error for JsonError {}

type Result<T> = std::result::Result<T, JsonError>;

fn take(from: &mut Object, key: &'static str) -> Result<Json> {
    from.remove(key.as_bytes()).ok_or(JsonError::Missing(key))
}

fn finished(object: &Object) -> Result<()> {
    object.keys().next().map_or(Ok(()), |key| Err(JsonError::Unknown(key.clone())))
}

fn object(value: Json, what: &'static str) -> Result<Object> {
    if let Json::Object(object) = value { Ok(object) } else { Err(JsonError::Invalid(what)) }
}

fn string(value: Json, what: &'static str) -> Result<Vec<u8>> {
    if let Json::String(text) = value { Ok(text) } else { Err(JsonError::Invalid(what)) }
}

fn strings(value: Json, what: &'static str) -> Result<Vec<Vec<u8>>> {
    let Json::Array(items) = value else { return Err(JsonError::Invalid(what)) };
    items.into_iter().map(|item| string(item, what)).collect()
}

fn path(text: &[u8], what: &'static str) -> Result<StorePath> {
    StorePath::from_base_name(text).map_err(|_| JsonError::Invalid(what))
}

/// Rebuilds an object's entries.
fn map<K: Ord, V>(
    value: Json,
    what: &'static str,
    mut entry: impl FnMut(Vec<u8>, Json) -> Result<(K, V)>,
) -> Result<Sorted<K, V>> {
    object(value, what)?.into_iter().map(|(k, v)| entry(k, v)).collect()
}

impl Derivation {
    /// Parses the JSON object.
    pub fn from_json(text: &[u8]) -> Result<Derivation> {
        let mut top = object(json::parse(text).map_err(JsonError::Syntax)?, "derivation")?;
        if take(&mut top, "version")? != Json::Number(VERSION.to_vec()) {
            return Err(JsonError::Invalid("version"));
        }
        let mut inputs = object(take(&mut top, "inputs")?, "inputs")?;
        let mut drv = Derivation {
            name: string(take(&mut top, "name")?, "name")?,
            outputs: map(take(&mut top, "outputs")?, "outputs", |name, value| {
                Ok((name, output(value)?))
            })?,
            input_drvs: map(take(&mut inputs, "drvs")?, "drvs", |name, value| {
                Ok((path(&name, "drvs")?, used(value, 0)?))
            })?,
            input_srcs: strings(take(&mut inputs, "srcs")?, "srcs")?
                .iter()
                .map(|src| Ok((path(src, "srcs")?, ())))
                .collect::<Result<_>>()?,
            system: string(take(&mut top, "system")?, "system")?,
            builder: string(take(&mut top, "builder")?, "builder")?,
            args: strings(take(&mut top, "args")?, "args")?,
            env: map(take(&mut top, "env")?, "env", |name, value| {
                Ok((name, string(value, "env")?))
            })?
            .into_iter()
            .collect(),
        };
        if let Some(structured) = top.remove(b"structuredAttrs".as_slice()) {
            let mut text = Vec::new();
            Json::Object(object(structured, "structuredAttrs")?).write(&mut text);
            if drv.env.insert(b"__json", &text) {
                return Err(JsonError::Invalid("env"));
            }
        }
        finished(&inputs)?;
        finished(&top)?;
        Ok(drv)
    }
}

fn output(value: Json) -> Result<Output> {
    let mut fields = object(value, "output")?;
    let mut optional =
        |key: &'static str| fields.remove(key.as_bytes()).map(|v| string(v, key)).transpose();
    let (at, method, hash, algorithm) =
        (optional("path")?, optional("method")?, optional("hash")?, optional("hashAlgo")?);
    let impure = match fields.remove(b"impure".as_slice()) {
        None | Some(Json::Bool(false)) => false,
        Some(Json::Bool(true)) => true,
        Some(_) => return Err(JsonError::Invalid("impure")),
    };
    finished(&fields)?;
    let method =
        method.map(|m| Method::from_name(&m).ok_or(JsonError::Invalid("method"))).transpose()?;
    let hash =
        hash.map(|h| Hash::parse_sri(&h).map_err(|_| JsonError::Invalid("hash"))).transpose()?;
    let algorithm = algorithm
        .map(|a| Algorithm::from_name(&a).ok_or(JsonError::Invalid("hashAlgo")))
        .transpose()?;
    match (at, method, hash, algorithm, impure) {
        (None, None, None, None, false) => Ok(Output::Deferred),
        (Some(at), None, None, None, false) => Ok(Output::InputAddressed(path(&at, "path")?)),
        (None, Some(method), Some(hash), None, false) => Ok(Output::Fixed { method, hash }),
        (None, Some(method), None, Some(algorithm), false) => {
            Ok(Output::Floating { method, algorithm })
        }
        (None, Some(method), None, Some(algorithm), true) => {
            Ok(Output::Impure { method, algorithm })
        }
        _ => Err(JsonError::Invalid("output")),
    }
}

/// Recursion is limited to what `.drv` files may hold.
fn used(value: Json, depth: usize) -> Result<InputOutputs> {
    if depth > super::MAX_DYNAMIC_DEPTH {
        return Err(JsonError::TooDeep);
    }
    let mut fields = object(value, "drvs")?;
    let outputs = strings(take(&mut fields, "outputs")?, "outputs")?;
    let dynamic = take(&mut fields, "dynamicOutputs")?;
    finished(&fields)?;
    Ok(InputOutputs {
        outputs: outputs.into_iter().map(|o| (o, ())).collect::<SortedSet<_>>(),
        dynamic: map(dynamic, "dynamicOutputs", |name, value| Ok((name, used(value, depth + 1)?)))?,
    })
}
