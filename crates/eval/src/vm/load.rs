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
use crate::ops::parent;
use crate::{Error, ErrorKind, Value};
use frazil_base::{Interner, Origin, Pos, SourceId, SourceMap, Symbol, sym};
use frazil_bytecode::{AttrsSite, BodyId, Code, Constant, Src, verify};
use hashbrown::HashMap;
use std::cell::OnceCell;

/// Code of more instructions than this leaves no room for the next.
const LARGE: usize = 4096;

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
    /// Bytes that may be taken.
    pub room: usize,
    /// Whether the evaluation may go on: to be asked now and then.
    pub look: &'a dyn Fn() -> Result<(), Error>,
}

/// Parser and compiler, as the machine sees them.
pub trait Loader: Send {
    /// Parses and resolves a text. The body's code takes no captures; with a scope it has arity 1.
    ///
    /// # Errors
    /// Syntax errors and undefined variables, with positions.
    fn load(&mut self, request: LoadRequest<'_>) -> Result<BodyId, Error>;
    /// The untold code of a body, into `code`, which is cleared first.
    ///
    /// # Errors
    /// A body too large for the instruction set; a file that was `lost`.
    fn emit(&mut self, body: BodyId, symbols: &Interner, code: &mut Code) -> Result<(), Error>;
    /// The same code, told.
    ///
    /// # Errors
    /// As `emit`.
    fn tell(&self, body: BodyId, symbols: &Interner) -> Result<Code, Error>;
    /// The text of a file that came from a cache which has forgotten it since: it has to be loaded again before bodies of it are
    /// emitted.
    fn lost(&self, _unit: u32) -> Option<SourceId> {
        None
    }
    /// Parses and resolves the text of a file that was `lost`.
    ///
    /// # Errors
    /// As `load`; the text is another.
    fn load_again(&mut self, _unit: u32, request: LoadRequest<'_>) -> Result<(), Error> {
        self.load(request).map(|_| ())
    }
    /// Keeps the code that was emitted for later evaluations.
    fn keep_code(&mut self, _symbols: &Interner, _sources: &SourceMap) {}
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
        let body =
            self.ask_loader(source, directory, scope, |loader, request| loader.load(request))?;
        let proto = self.protos.len() as u32;
        let pos = self.sources.base(source);
        self.protos.push(ProtoEntry::text(body, pos, file, scope.is_some()));
        Ok(self.heap.suspended(scope.is_some(), proto, 0))
    }

    fn ask_loader<T>(
        &mut self,
        source: SourceId,
        directory: &[u8],
        scope: Option<&[Symbol]>,
        ask: impl FnOnce(&mut dyn Loader, LoadRequest<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let home = if self.settings.pure { None } else { self.host.env(b"HOME") };
        let pipe_operators = self.has_feature("pipe-operators");
        let room = self.room();
        let interrupter = self.settings.interrupter.clone();
        let request = LoadRequest {
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
            room,
            look: &|| interrupter.look(),
        };
        ask(&mut *self.loader, request)
    }

    /// Keeps the code that was made so far for later evaluations, if there is a cache.
    pub fn keep_code(&mut self) {
        self.loader.keep_code(&self.symbols, &self.sources);
    }

    /// Reads and parses once more a file whose cache has forgotten it.
    fn load_again(&mut self, unit: u32, source: SourceId) -> Result<(), Error> {
        let Some(Origin::File(path)) = self.sources.origin(source).cloned() else {
            return Err(Error::new(ErrorKind::Io, "the cache has forgotten a text"));
        };
        let text = match self.internal_files.get(&*path) {
            Some(text) => text.to_vec(),
            None => {
                let real = self.real_path(&path)?;
                self.host.read_file(&real).map_err(|error| self.host_error(&path, error))?
            }
        };
        if !self.sources.restore_text(source, text.into()) {
            return Err(Error::new(ErrorKind::Io, "a file has changed while it was evaluated"));
        }
        let ask =
            |loader: &mut dyn Loader, request: LoadRequest<'_>| loader.load_again(unit, request);
        let again = self.ask_loader(source, parent(&path), None, ask);
        self.sources.set_text_aside(source);
        again
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
        let mut code = self.emitted.take().unwrap_or_default();
        let mut loaded = self.loader.emit(body, &self.symbols, &mut code);
        if loaded.is_err()
            && let Some(source) = self.loader.lost(body.unit)
        {
            loaded = self
                .load_again(body.unit, source)
                .and_then(|()| self.loader.emit(body, &self.symbols, &mut code));
        }
        let loaded = loaded.and_then(|()| {
            if code.ops.len() > LARGE {
                self.look()?;
            }
            self.load_code(proto, &mut code)
        });
        // A package set is loaded once; the room that it takes would stay until the end.
        if code.ops.len() <= LARGE {
            self.emitted = Some(code);
        }
        self.phases.end(Phase::Compile, start);
        self.counters.bodies += 1;
        loaded
    }

    fn load_code(&mut self, proto: u32, code: &mut Code) -> Result<*mut Loaded, Error> {
        let captures = self.protos[proto as usize].capture_count();
        if let Err(wrong) = verify(code, captures) {
            return Err(Error::new(
                ErrorKind::Eval,
                format!("the compiler made wrong code, please report it: {wrong}"),
            ));
        }
        let mut arena = std::mem::take(&mut self.arena);
        let first = self.protos.len();
        let captures = arena.copy(&code.captures);
        let protos = code.protos.iter().enumerate().map(|(at, proto)| ProtoRef {
            number: (first + at) as u32,
            count: proto.captures.len() as u32,
            // The verifier saw that they are there.
            captures: captures.get(proto.captures.start as usize..).unwrap_or_default().as_ptr(),
        });
        let protos = arena.place(protos);
        self.protos.extend(code.protos.drain(..).map(ProtoEntry::new));
        let select = |symbol: &Symbol| SelectCache { symbol: *symbol, shape: u32::MAX, slot: 0 };
        let level = |level: &Src| (*level, u32::MAX, 0);
        let withs = code.with_sites.iter();
        let withs: Vec<WithCache> = withs
            .map(|site| WithCache {
                name: site.name,
                levels: arena.place(site.levels.iter().map(level)),
            })
            .collect();
        let loaded = Loaded {
            ops: arena.copy(&code.ops),
            constants: arena
                .place(code.constants.iter().map(|constant| self.constant(code, constant))),
            selects: arena.place(code.symbols.iter().map(select)),
            withs: arena.place(withs.into_iter()),
            attrs: arena.place(code.attrs_sites.iter().map(|site| self.attrs_site(code, site))),
            protos,
            slots: code.slots,
            proto,
            formals: None,
            places: arena.copy(code.positions.entries()),
            told: OnceCell::new(),
        };
        self.arena = arena;
        let address = self.codes.push(loaded);
        self.protos[proto as usize].code = address;
        Ok(address)
    }

    fn attrs_site(&mut self, code: &Code, site: &AttrsSite) -> AttrsLoaded {
        AttrsLoaded {
            shape: self.shapes.intern(code.names_of(site), true),
            positions: self.positions.literal(code.places_of(site)),
            count: site.count(),
            order: match code.order_of(site) {
                [] => 0,
                order => {
                    self.orders.push(order.into());
                    self.orders.len() as u32
                }
            },
        }
    }

    /// The set of a literal whose values stand in an order of their own.
    #[inline(never)]
    pub(super) fn gather_attrs(&mut self, site: AttrsLoaded, values: &[Value]) -> Value {
        let order = (site.order as usize).checked_sub(1).and_then(|at| self.orders.get(at));
        let Some(order) = order else { return self.heap.attrs(site.shape, site.positions, values) };
        self.heap.attrs_with(site.shape, site.positions, values.len(), |to| {
            for (to, at) in to.iter_mut().zip(order) {
                *to = values[usize::from(*at)];
            }
        })
    }

    /// Loaded code as it was before loading, with what failures ask for.
    pub(super) fn told<'c>(&self, code: &'c Loaded) -> &'c Code {
        code.told.get_or_init(|| {
            let body = self.protos[code.proto as usize].body;
            // It was emitted before, so it can be told.
            Box::new(self.loader.tell(body, &self.symbols).unwrap_or_default())
        })
    }

    /// Where an instruction stands.
    pub(super) fn pos_at(&self, code: &Loaded, pc: u32) -> Pos {
        // They come in the order of instructions.
        if let Ok(at) = code.places.binary_search_by_key(&pc, |place| place.0) {
            return code.places[at].1;
        }
        self.told(code).positions.get(pc).unwrap_or(Pos::NONE)
    }

    fn constant(&mut self, code: &Code, constant: &Constant) -> Value {
        match constant {
            Constant::Int(int) => self.heap.immortal_number(Ok(*int)),
            Constant::Float(float) => self.heap.immortal_number(Err(*float)),
            Constant::Bool(bool) => Value::bool(*bool),
            Constant::Null => Value::NULL,
            Constant::Str(text) => self.heap.immortal_string(code.bytes_of(text)),
            Constant::Path(text) => self.heap.immortal_path(code.bytes_of(text)),
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

    /// The parameter that a function of the language takes next, if that is a name, its formals, and where it stands; `None`
    /// for builtins. A function that has some of its arguments already is the one behind them.
    pub fn next_parameter(
        &self,
        value: Value,
    ) -> Option<(Option<Symbol>, Option<&frazil_bytecode::Formals>, Pos)> {
        let (mut function, mut given) = (value, 0);
        while function.is_function()
            && function.as_builtin().is_none()
            && self.heap.header(function).kind() == ObjectKind::Partial
        {
            let (inner, before) = self.heap.application_parts(function);
            given += before.len();
            function = self.heap.follow(inner);
        }
        let (info, pos) = self.function_info(function)?;
        let pos = info.lambdas.get(given).copied().unwrap_or(pos);
        let name = info.parameters.get(given).copied().flatten();
        Some((name, info.formals.as_ref().filter(|_| given == 0), pos))
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
