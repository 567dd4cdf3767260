//! Derivations as JSON, in the form (version 4) of `nix derivation show`.
//!
//! In: a [`Derivation`]. Out: one compact object; the caller puts several of them under their `.drv` base names into
//! `{"derivations":{…},"version":4}`.
//!
//! Store paths appear as base names. `__json` in the environment appears parsed, as `structuredAttrs`.

use super::json_read::JsonError;
use super::{Derivation, InputOutputs, Output};
use crate::hash::Algorithm;
use crate::json::{self, Json, Object};
use crate::path::{Method, StorePath};

/// The version this writes and reads.
pub(super) const VERSION: &[u8] = b"4";

fn text(bytes: &[u8]) -> Result<Json, JsonError> {
    Json::text(bytes).ok_or_else(|| JsonError::NotUtf8(bytes.to_vec()))
}

fn object<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Object(entries.into_iter().map(|(k, v)| (k.as_bytes().to_vec(), v)).collect())
}

/// Store path names are ASCII, so they are always valid strings.
fn base_name(path: &StorePath) -> Json {
    Json::String(path.base_name().to_vec())
}

impl Derivation {
    /// The JSON object.
    pub fn to_json(&self) -> Result<Vec<u8>, JsonError> {
        let mut out = Vec::with_capacity(1024);
        self.json()?.write(&mut out);
        Ok(out)
    }

    fn json(&self) -> Result<Json, JsonError> {
        let mut env = Object::with_capacity(self.env.len());
        let mut structured = None;
        for (name, value) in self.env.iter() {
            if name == b"__json" {
                structured = Some(json::parse(value).map_err(JsonError::Syntax)?);
                continue;
            }
            text(name)?;
            env.insert(name.to_vec(), text(value)?);
        }
        let mut outputs = Object::with_capacity(self.outputs.len());
        for (name, output) in self.outputs.iter() {
            text(name)?;
            outputs.insert(name.clone(), output_json(output));
        }
        let mut drvs = Object::with_capacity(self.input_drvs.len());
        for (path, used) in self.input_drvs.iter() {
            drvs.insert(path.base_name().to_vec(), used_json(used)?);
        }
        let srcs = self.input_srcs.keys().map(base_name).collect();
        let mut entries = vec![
            ("args", Json::Array(self.args.iter().map(|a| text(a)).collect::<Result<_, _>>()?)),
            ("builder", text(&self.builder)?),
            ("env", Json::Object(env)),
            ("inputs", object([("drvs", Json::Object(drvs)), ("srcs", Json::Array(srcs))])),
            ("name", text(&self.name)?),
            ("outputs", Json::Object(outputs)),
            ("system", text(&self.system)?),
            ("version", Json::Number(VERSION.to_vec())),
        ];
        entries.extend(structured.map(|s| ("structuredAttrs", s)));
        Ok(Json::Object(entries.into_iter().map(|(k, v)| (k.as_bytes().to_vec(), v)).collect()))
    }
}

fn output_json(output: &Output) -> Json {
    let string = |s: &str| Json::String(s.as_bytes().to_vec());
    let address = |method: &Method, algorithm: &Algorithm| {
        [("method", string(method.name())), ("hashAlgo", string(algorithm.name()))]
    };
    match output {
        Output::InputAddressed(path) => object([("path", base_name(path))]),
        Output::Fixed { method, hash } => {
            object([("method", string(method.name())), ("hash", string(&hash.to_sri()))])
        }
        Output::Floating { method, algorithm } => object(address(method, algorithm)),
        Output::Impure { method, algorithm } => {
            let [a, b] = address(method, algorithm);
            object([a, b, ("impure", Json::Bool(true))])
        }
        Output::Deferred => object([]),
    }
}

/// Recursion is as deep as outputs of outputs are chained; beyond what `.drv` files may hold it is an error.
fn used_json(used: &InputOutputs) -> Result<Json, JsonError> {
    fn nested(used: &InputOutputs, depth: usize) -> Result<Json, JsonError> {
        if depth > super::MAX_DYNAMIC_DEPTH {
            return Err(JsonError::TooDeep);
        }
        let mut dynamic = Object::with_capacity(used.dynamic.len());
        for (name, inner) in used.dynamic.iter() {
            text(name)?;
            dynamic.insert(name.clone(), nested(inner, depth + 1)?);
        }
        let outputs = used.outputs.keys().map(|o| text(o)).collect::<Result<_, _>>()?;
        Ok(object([("dynamicOutputs", Json::Object(dynamic)), ("outputs", Json::Array(outputs))]))
    }
    nested(used, 0)
}
