//! What the attributes of a derivation mean: environment, builder, outputs and how their content is addressed.
//!
//! In: attributes one by one, as strings or JSON. Out: a finished derivation and the set that `derivationStrict` gives.
//! Invariant: holds no values; contexts are numbers. Not here: forcing and coercing (`derivation.rs`).

use crate::args::fail;
use crate::store;
use frazil_base::{Symbol, sym};
use frazil_eval::counters::Phase;
use frazil_eval::host::Message;
use frazil_eval::{Answer, Charge, ContextElement, Error, ErrorKind, Stop, Value, Vm};
use frazil_store::derivation::Output;
use frazil_store::hash::Hash;
use frazil_store::path::{Method, Placeholder, check_name};
use frazil_store::{Algorithm, Derivation};
use std::sync::Arc;

/// How many times a text of a derivation may be in memory: as it is, twice in the text of the derivation.
const TEXT_COPIES: usize = 3;

/// A derivation being put together.
#[derive(Default)]
pub(crate) struct Recipe {
    pub(crate) drv: Derivation,
    pub(crate) structured: bool,
    /// Names of outputs in the order given.
    pub(crate) outputs: Vec<Vec<u8>>,
    /// Contexts met so far, each once.
    contexts: Vec<u32>,
    /// Structured attributes: names and JSON texts.
    json: Vec<(Vec<u8>, Vec<u8>)>,
    /// For the texts above.
    room: Charge,
    content_addressed: bool,
    impure: bool,
    hash: Option<Vec<u8>>,
    algorithm: Option<Algorithm>,
    method: Option<Method>,
}

/// Attributes without effect beside structured ones.
const WITHOUT_EFFECT: [Symbol; 6] = [
    sym::ALLOWED_REFERENCES,
    sym::ALLOWED_REQUISITES,
    sym::DISALLOWED_REFERENCES,
    sym::DISALLOWED_REQUISITES,
    sym::MAX_SIZE,
    sym::MAX_CLOSURE_SIZE,
];

/// Whether a variable says something of the derivation itself.
fn has_meaning(key: Symbol) -> bool {
    use sym::{BUILDER, JSON, OUTPUT_HASH, OUTPUT_HASH_ALGO, OUTPUT_HASH_MODE, OUTPUTS, SYSTEM};
    [BUILDER, SYSTEM, OUTPUT_HASH, OUTPUT_HASH_ALGO, OUTPUT_HASH_MODE, OUTPUTS, JSON].contains(&key)
}

/// Sets a variable; a long value is copied in pieces.
fn insert(vm: &Vm, drv: &mut Derivation, key: Symbol, text: &[u8]) -> Result<(), Stop> {
    let mut ended = Ok(());
    drv.env.insert_while(vm.symbols.resolve(key), text, || {
        ended = vm.look();
        ended.is_ok()
    });
    Ok(ended?)
}

impl Recipe {
    pub(crate) fn check_name(&self) -> Result<(), Stop> {
        match check_name(&self.drv.name) {
            Ok(()) => Ok(()),
            Err(error) => crate::derivation::invalid_name(&error.message()),
        }
    }

    fn note(&mut self, context: u32) {
        if context != 0 && !self.contexts.contains(&context) {
            self.contexts.push(context);
        }
    }

    /// Takes note of a text that becomes part of the derivation.
    fn count(&mut self, vm: &Vm, text: &[u8], context: u32) -> Result<(), Error> {
        self.note(context);
        // It is copied into the text that is hashed, once more when that is written, and has a place in a table.
        self.room.add(vm, text.len().saturating_mul(TEXT_COPIES) + 160)
    }

    fn take(&mut self, vm: &Vm, text: Value) -> Result<Vec<u8>, Error> {
        let Some(string) = vm.heap.as_string(&text) else { return Ok(Vec::new()) };
        self.count(vm, string.bytes, string.context)?;
        Ok(string.bytes.to_vec())
    }

    pub(crate) fn push_argument(&mut self, vm: &Vm, text: Value) -> Result<(), Error> {
        let text = self.take(vm, text)?;
        self.drv.args.push(text);
        Ok(())
    }

    /// An attribute as a variable.
    pub(crate) fn set(&mut self, vm: &mut Vm, key: Symbol, text: Value) -> Result<(), Stop> {
        if has_meaning(key) {
            let text = self.take(vm, text)?;
            return self.set_meaning(vm, key, &text);
        }
        let Some(string) = vm.heap.as_string(&text) else { return Ok(()) };
        self.count(vm, string.bytes, string.context)?;
        insert(vm, &mut self.drv, key, string.bytes)
    }

    /// As `set`, for a text that is no value.
    pub(crate) fn set_text(
        &mut self,
        vm: &mut Vm,
        key: Symbol,
        text: &[u8],
        context: u32,
    ) -> Result<(), Stop> {
        self.count(vm, text, context)?;
        if has_meaning(key) {
            return self.set_meaning(vm, key, text);
        }
        insert(vm, &mut self.drv, key, text)
    }

    /// A variable that says something of the derivation itself.
    fn set_meaning(&mut self, vm: &mut Vm, key: Symbol, text: &[u8]) -> Result<(), Stop> {
        match key {
            sym::JSON => return self.set_whole_json(vm, text),
            sym::BUILDER => self.drv.builder = text.to_vec(),
            sym::SYSTEM => self.drv.system = text.to_vec(),
            sym::OUTPUTS => {
                let names = text.split(|byte| b" \t\n\r".contains(byte));
                let names = names.filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
                self.set_outputs(names)?;
            }
            _ => self.set_hash(vm, key, text)?,
        }
        insert(vm, &mut self.drv, key, text)
    }

    /// `__json` given by hand.
    fn set_whole_json(&mut self, vm: &mut Vm, text: &[u8]) -> Result<(), Stop> {
        let name = String::from_utf8_lossy(&self.drv.name).into_owned();
        let warning = format!(
            "In derivation '{name}': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead."
        );
        vm.host.message(Message::Warning, warning.as_bytes());
        match crate::normal_json::normalise(text) {
            Ok(text) => {
                self.drv.env.insert(b"__json", &text);
                Ok(())
            }
            Err(message) => {
                fail(ErrorKind::Eval, [b"cannot process __json attribute: ", &*message].concat())
            }
        }
    }

    /// A structured attribute.
    pub(crate) fn set_json(&mut self, vm: &mut Vm, key: Symbol, text: Value) -> Result<(), Error> {
        let bytes = self.take(vm, text)?;
        let name = vm.symbols.resolve(key).to_vec();
        if WITHOUT_EFFECT.contains(&key) {
            let (drv, name) =
                (String::from_utf8_lossy(&self.drv.name), String::from_utf8_lossy(&name));
            let warning = format!(
                "In a derivation named '{drv}', 'structuredAttrs' disables the effect of the derivation attribute '{name}'; use 'outputChecks.<output>.{name}' instead"
            );
            vm.host.message(Message::Warning, warning.as_bytes());
        }
        self.json.push((name, bytes));
        Ok(())
    }

    /// Whether a structured attribute also means something to the derivation itself.
    pub(crate) fn is_special(key: Symbol) -> bool {
        key != sym::JSON && has_meaning(key)
    }

    /// The meaning of a structured attribute other than `outputs`.
    pub(crate) fn set_special(
        &mut self,
        vm: &mut Vm,
        key: Symbol,
        text: Value,
    ) -> Result<(), Stop> {
        let bytes = self.take(vm, text)?;
        match key {
            sym::BUILDER => self.drv.builder = bytes,
            sym::SYSTEM => self.drv.system = bytes,
            _ => self.set_hash(vm, key, &bytes)?,
        }
        Ok(())
    }

    pub(crate) fn set_flag(&mut self, vm: &Vm, key: Symbol, on: bool) -> Result<(), Stop> {
        if key == sym::IMPURE {
            self.impure = on;
            if on {
                store::need_feature(vm, "impure-derivations", "")?;
            }
        } else {
            self.content_addressed = on;
            if on {
                store::need_feature(vm, "ca-derivations", "")?;
            }
        }
        Ok(())
    }

    fn set_hash(&mut self, vm: &mut Vm, key: Symbol, text: &[u8]) -> Result<(), Stop> {
        match key {
            sym::OUTPUT_HASH => self.hash = Some(text.to_vec()),
            sym::OUTPUT_HASH_ALGO => {
                self.algorithm = Algorithm::from_name(text);
                if self.algorithm == Some(Algorithm::Blake3) {
                    store::need_feature(vm, "blake3-hashes", "")?;
                }
            }
            _ => {
                let Some(method) = Method::from_name(text) else {
                    let text = [b"invalid value '", text, b"' for 'outputHashMode' attribute"];
                    return fail(ErrorKind::Eval, text.concat());
                };
                if method == Method::Text {
                    let name = String::from_utf8_lossy(&self.drv.name);
                    let why =
                        format!(" (text-hashed derivation '{name}', outputHashMode = \"text\")");
                    store::need_feature(vm, "dynamic-derivations", &why)?;
                } else if method == Method::Git {
                    store::need_feature(vm, "git-hashing", "")?;
                }
                self.method = Some(method);
            }
        }
        Ok(())
    }

    pub(crate) fn set_outputs(&mut self, names: Vec<Vec<u8>>) -> Result<(), Stop> {
        self.outputs.clear();
        for name in names {
            if self.outputs.contains(&name) {
                let text = [b"duplicate derivation output '", &*name, b"'"].concat();
                return fail(ErrorKind::Eval, text);
            }
            if name == b"drvPath" {
                return fail(ErrorKind::Eval, "invalid derivation output name 'drvPath'");
            }
            self.outputs.push(name);
        }
        if self.outputs.is_empty() {
            return fail(ErrorKind::Eval, "derivation cannot have an empty set of outputs");
        }
        Ok(())
    }

    /// Structured attributes as one variable.
    fn write_json(&mut self) -> Result<(), Stop> {
        let mut out = Vec::with_capacity(1024);
        out.push(b'{');
        for (index, (name, text)) in self.json.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            frazil_text::json::push_string(&mut out, name).map_err(|error| {
                Error::new(ErrorKind::Eval, format!("JSON serialization error: {error}"))
            })?;
            out.push(b':');
            out.extend_from_slice(text);
        }
        out.push(b'}');
        self.drv.env.insert(b"__json", &out);
        Ok(())
    }

    /// Decides how the outputs are addressed.
    fn address(&mut self, vm: &mut Vm) -> Result<(), Stop> {
        let names = std::mem::take(&mut self.outputs);
        if let Some(hash) = self.hash.take() {
            if names.len() != 1 || names[0] != b"out" {
                return fail(
                    ErrorKind::Eval,
                    "multiple outputs are not supported in fixed-output derivations",
                );
            }
            let hash = parse_hash(vm, &hash, self.algorithm)?;
            let method = self.method.unwrap_or(Method::Flat);
            self.drv.outputs.insert(b"out".to_vec(), Output::Fixed { method, hash });
            return Ok(());
        }
        if self.content_addressed && self.impure {
            return fail(ErrorKind::Eval, "derivation cannot be both content-addressed and impure");
        }
        if self.impure {
            store::need_feature(vm, "ca-derivations", "")?;
        }
        let method = self.method.unwrap_or(Method::Nar);
        let algorithm = self.algorithm.unwrap_or(Algorithm::Sha256);
        for name in names {
            let output = match (self.content_addressed, self.impure) {
                (_, true) => Output::Impure { method, algorithm },
                (true, _) => Output::Floating { method, algorithm },
                _ => Output::Deferred,
            };
            self.drv.outputs.insert(name, output);
        }
        Ok(())
    }

    /// The derivation, and the set of its paths.
    pub(crate) fn finish(mut self, vm: &mut Vm) -> Answer {
        if self.structured {
            self.write_json()?;
        }
        if self.outputs.is_empty() {
            self.outputs.push(b"out".to_vec());
        }
        let context = store::add_inputs(vm, &mut self.drv, &self.contexts)?;
        for (value, name) in [(&self.drv.builder, "builder"), (&self.drv.system, "system")] {
            if value.is_empty() {
                let text = format!("required attribute '{name}' missing");
                return fail(ErrorKind::Eval, text);
            }
        }
        if self.drv.name.ends_with(b".drv")
            && !(self.method == Some(Method::Text)
                && self.outputs.len() == 1
                && self.outputs[0] == b"out")
        {
            return fail(
                ErrorKind::Eval,
                "derivation names are allowed to end in '.drv' only if they produce a single derivation file",
            );
        }
        self.address(vm)?;
        let start = vm.phases.start();
        let done = store::instantiate(vm, &mut self.drv, context);
        vm.phases.end(Phase::Hash, start);
        let (path, outputs) = done?;
        let drv_path: Arc<[u8]> = vm.store_dir().print(&path).into();
        let mut attrs = Vec::with_capacity(outputs.len() + 1);
        let context = vm.contexts.single(ContextElement::DrvDeep(drv_path.clone()));
        attrs.push((sym::DRV_PATH, vm.heap.string(&drv_path, context)));
        for (name, known) in outputs {
            let text = known.unwrap_or_else(|| Placeholder::of_output(&path, &name).render());
            let element =
                ContextElement::Built { drv: drv_path.clone(), output: name.clone().into() };
            let context = vm.contexts.single(element);
            let name = vm.symbols.intern(&name);
            attrs.push((name, vm.heap.string(&text, context)));
        }
        Ok(vm.make_attrs(attrs))
    }
}

/// A hash given by a user: the empty string is the zero hash, with a warning.
pub(crate) fn parse_hash(
    vm: &mut Vm,
    text: &[u8],
    algorithm: Option<Algorithm>,
) -> Result<Hash, Stop> {
    match Hash::parse_or_empty(text, algorithm) {
        Ok((hash, empty)) => {
            if empty {
                let text = format!("found empty hash, assuming '{}'", hash.to_sri());
                vm.host.message(Message::Warning, text.as_bytes());
            }
            Ok(hash)
        }
        Err(error) => fail(ErrorKind::Eval, error.to_string()),
    }
}
