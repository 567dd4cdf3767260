//! Loading: from code objects to code with this evaluator's constants, numbers and caches.
//!
//! In: [`Code`] from a [`Loader`] (parser and compiler, which the machine does not know). Out: `Loaded` code, proto entries,
//! and the globals. A body is compiled when it is first entered.
//! Invariants: loaded code was verified, so the loop runs it without checks; it is never freed. Not here: running.

use super::Vm;
use super::frame::{AttrsLoaded, Loaded, ProtoEntry, ProtoRef, SelectCache, WithCache};
use crate::counters::{Counters, Phase, Phases};
use crate::heap::Kind as ObjectKind;
use crate::host::Message;
use crate::{Error, ErrorKind, Value};
use frazil_base::{Interner, Pos, SourceId, SourceMap, Symbol, sym};
use frazil_bytecode::{BodyId, Code, Constant, Kind, Proto, verify};
use hashbrown::HashMap;

/// A text to be parsed and resolved.
pub struct LoadRequest<'a> {
    /// The text, already in `sources`.
    pub source: SourceId,
    /// The directory that relative paths start from.
    pub directory: &'a [u8],
    /// What `~` stands for, if it may be known.
    pub home: Option<&'a [u8]>,
    /// All names.
    pub symbols: &'a mut Interner,
    /// All texts.
    pub sources: &'a SourceMap,
    /// Global names.
    pub globals: &'a HashMap<Symbol, Value>,
    /// Names of an innermost scope (`scopedImport`, a REPL): the body then takes one argument, the set of their values.
    pub scope: Option<&'a [Symbol]>,
    /// Whether the pipe operators are on.
    pub pipe_operators: bool,
    /// Takes the time of parsing and resolving.
    pub phases: &'a mut Phases,
    /// Counts texts and nodes.
    pub counters: &'a mut Counters,
    /// Is told what is doubtful about the text.
    pub warn: &'a mut dyn FnMut(&[u8]),
}

/// Parser and compiler, as the machine sees them.
pub trait Loader: Send {
    /// Parses and resolves a text. The body's code takes no captures; with a scope it has arity 1.
    ///
    /// # Errors
    /// Syntax errors and undefined variables, with positions.
    fn load(&mut self, request: LoadRequest<'_>) -> Result<BodyId, Error>;
    /// The code of a body.
    ///
    /// # Errors
    /// A body too large for the instruction set.
    fn emit(&mut self, body: BodyId, symbols: &Interner) -> Result<Code, Error>;
    /// Bytes that what it loaded holds, for the limit on memory.
    fn bytes_held(&self) -> usize {
        0
    }
}

impl Vm {
    /// Parses and resolves a text and makes the value of its expression: a thunk, or with a scope a function of one argument.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub fn load(
        &mut self,
        source: SourceId,
        directory: &[u8],
        scope: Option<&[Symbol]>,
        file: bool,
    ) -> Result<Value, Error> {
        let home = if self.settings.pure { None } else { self.host.env(b"HOME") };
        let pipe_operators = self.has_feature("pipe-operators");
        let body = self.loader.load(LoadRequest {
            source,
            directory,
            home: home.as_deref(),
            symbols: &mut self.symbols,
            sources: &self.sources,
            globals: &self.globals,
            scope,
            pipe_operators,
            phases: &mut self.phases,
            counters: &mut self.counters,
            warn: &mut |text| self.host.message(Message::Warning, text),
        })?;
        let proto = self.protos.len() as u32;
        self.protos.push(ProtoEntry {
            code: std::ptr::null_mut(),
            captures: Box::default(),
            function: None,
            body,
            pos: self.sources.base(source),
            arity: u16::from(scope.is_some()),
            file,
        });
        Ok(self.heap.suspended(scope.is_some(), proto, 0))
    }

    /// The code of a proto, compiled now if this is its first entry.
    #[inline(always)]
    pub(super) fn code_of(&mut self, proto: u32) -> Result<*mut Loaded, Error> {
        let code = self.protos[proto as usize].code;
        if !code.is_null() {
            return Ok(code);
        }
        self.compile(proto)
    }

    #[cold]
    #[inline(never)]
    fn compile(&mut self, proto: u32) -> Result<*mut Loaded, Error> {
        let body = self.protos[proto as usize].body;
        let start = self.phases.start();
        let loaded = self.compile_body(proto, body);
        self.phases.end(Phase::Compile, start);
        self.counters.bodies += 1;
        loaded
    }

    fn compile_body(&mut self, proto: u32, body: BodyId) -> Result<*mut Loaded, Error> {
        let code = self.loader.emit(body, &self.symbols)?;
        let captures = self.protos[proto as usize].captures.len();
        if let Err(wrong) = verify(&code, captures) {
            return Err(Error::new(
                ErrorKind::Eval,
                format!("the compiler made wrong code, please report it: {wrong}"),
            ));
        }
        let constants: Box<[Value]> =
            code.constants.iter().map(|constant| self.constant(constant)).collect();
        let selects = code
            .symbols
            .iter()
            .map(|symbol| SelectCache { symbol: *symbol, shape: u32::MAX, slot: 0 })
            .collect();
        let withs = code.with_sites.iter().map(|site| WithCache {
            name: site.name,
            levels: site.levels.iter().map(|level| (*level, u32::MAX, 0)).collect(),
        });
        let withs = withs.collect();
        let attrs = code.attrs_sites.iter().map(|site| AttrsLoaded {
            shape: self.shapes.intern(&site.names, true),
            positions: self.positions.literal(&site.positions),
            count: site.names.len() as u32,
        });
        let attrs = attrs.collect();
        let Code { ops, slots, constants: texts, protos, positions, regions, .. } = code;
        let protos = protos.into_iter().map(|proto| self.add_proto(proto)).collect();
        // Only texts of traces and failures are still asked for by number.
        let keep_texts = regions.iter().any(|region| {
            use frazil_bytecode::Purpose::{Assertion, Attribute};
            matches!(region.purpose, Attribute(_) | Assertion(_))
        }) || ops.iter().any(|op| {
            matches!(op, frazil_bytecode::Op::Fail { .. } | frazil_bytecode::Op::FailEqual { .. })
        });
        let mut loaded = Box::new(Loaded {
            ops: ops.into(),
            constants,
            selects,
            withs,
            attrs,
            protos,
            slots,
            proto,
            formals: None,
            positions,
            regions: regions.into(),
            texts: if keep_texts { texts.into() } else { Box::default() },
        });
        let address: *mut Loaded = &mut *loaded;
        self.codes.push(loaded);
        self.protos[proto as usize].code = address;
        Ok(address)
    }

    fn add_proto(&mut self, proto: Proto) -> ProtoRef {
        let (arity, function) = match proto.kind {
            Kind::Thunk => (0, None),
            Kind::Function(info) => (info.arity, Some(info)),
        };
        let id = self.protos.len() as u32;
        self.protos.push(ProtoEntry {
            code: std::ptr::null_mut(),
            captures: proto.captures,
            function,
            body: proto.body,
            pos: proto.pos,
            arity,
            file: false,
        });
        // The captures stay where they are when the table of protos grows.
        let captures = &*self.protos[id as usize].captures;
        ProtoRef { number: id, count: captures.len() as u32, captures: captures.as_ptr() }
    }

    fn constant(&mut self, constant: &Constant) -> Value {
        match constant {
            Constant::Int(int) => self.heap.immortal_number(Ok(*int)),
            Constant::Float(float) => self.heap.immortal_number(Err(*float)),
            Constant::Bool(bool) => Value::bool(*bool),
            Constant::Null => Value::NULL,
            Constant::Str(bytes) => self.heap.immortal_string(bytes),
            Constant::Path(bytes) => self.heap.immortal_path(bytes),
            Constant::Global(name) => {
                let value = self.globals.get(name).copied().unwrap_or(Value::NULL);
                self.heap.follow(value)
            }
            Constant::EmptyList => self.heap.empty_list(),
            Constant::EmptyAttrs => self.heap.empty_attrs(),
        }
    }

    /// Makes `builtins` and the global names.
    pub(super) fn make_globals(&mut self) {
        let mut entries: Vec<(Symbol, Value)> = Vec::new();
        let table = std::mem::take(&mut self.builtins);
        for (id, builtin) in table.iter().enumerate() {
            let value = Value::builtin(id as u16);
            let value = if builtin.arity == 0 { self.heap.apply_thunk(value, &[]) } else { value };
            let name = self.symbols.intern(builtin.name.as_bytes());
            entries.push((name, value));
            let global = if builtin.global {
                name
            } else {
                self.symbols.intern(format!("__{}", builtin.name).as_bytes())
            };
            self.globals.insert(global, value);
        }
        self.builtins = table;
        for (name, value) in [("true", Value::TRUE), ("false", Value::FALSE), ("null", Value::NULL)]
        {
            let name = self.symbols.intern(name.as_bytes());
            entries.push((name, value));
            self.globals.insert(name, value);
        }
        // `builtins.builtins` is the set itself: through a thunk that is finished once the set exists.
        let itself = self.heap.suspended(false, 0, 0);
        entries.push((sym::BUILTINS, itself));
        entries.sort_by_key(|entry| entry.0);
        let names: Vec<Symbol> = entries.iter().map(|entry| entry.0).collect();
        let values: Vec<Value> = entries.iter().map(|entry| entry.1).collect();
        let shape = self.shapes.intern(&names, true);
        self.builtins_value = self.heap.attrs(shape, 0, &values);
        self.heap.update_thunk(itself, self.builtins_value);
        self.globals.insert(sym::BUILTINS, self.builtins_value);
        // A global constant that is a thunk stays one in code, so it must not move: it is pinned here.
        self.pinned.extend(self.globals.values().copied());
    }

    /// The proto of a closure or suspended thunk.
    pub(crate) fn proto_of(&self, value: Value) -> Option<&ProtoEntry> {
        let header = self.heap.header(value);
        matches!(header.kind(), ObjectKind::Closure | ObjectKind::Thunk | ObjectKind::Running)
            .then(|| &self.protos[header.number() as usize])
    }

    /// What is known of a closure without calling it; `None` for builtins and partial applications.
    pub fn function_info(&self, value: Value) -> Option<(&frazil_bytecode::FunctionInfo, Pos)> {
        if !value.is_function()
            || value.as_builtin().is_some()
            || self.heap.header(value).kind() != ObjectKind::Closure
        {
            return None;
        }
        let proto = self.proto_of(value)?;
        Some((proto.function.as_deref()?, proto.pos))
    }
}
