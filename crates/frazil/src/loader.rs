//! Parser and compiler behind the machine's `Loader`.
//!
//! In: texts from the machine. Out: bodies and their code. Units live as long as the evaluator: bodies are compiled when
//! they are first entered. Files that a cache has in resolved form are not parsed; a file about which anything was to be said
//! is not kept there. Of a file whose code the cache has too, the resolved form is asked for only when a body is entered that
//! nobody entered before, or something fails. A text that nobody has read is found by its fingerprint, or has to be read: such a
//! load fails and is tried again with the text. Not here: reading files (the machine asks the host).

use crate::code_cache::{self, KeyMaker};
use crate::render::{warning_at, warning_of};
use frazil_base::{Diagnostic, Interner, Origin, Pos, SourceId, SourceMap, Symbol};
use frazil_bytecode::{BodyId, Code};
use frazil_compile::{Bench, CurPos, Environment, Unit};
use frazil_eval::counters::Phase;
use frazil_eval::host::{CodeCache, CodeKey};
use frazil_eval::{Error, ErrorKind, LoadRequest, Loader};
use frazil_syntax::{Lints, ParseOptions, parse_while};
use std::sync::Arc;

/// How code is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether thunks are avoided where that shows only in what printing says: of unforced values, and of which lists are «repeated».
    pub optimise: bool,
    /// What is done about literals that are not liked.
    pub lints: Lints,
    /// Where resolved files are looked for and kept; and the code that was made of them, each time `Vm::keep_code` is called.
    pub cache: Option<Arc<dyn CodeCache>>,
}

impl Default for Options {
    fn default() -> Options {
        Options { optimise: true, lints: Lints::default(), cache: None }
    }
}

/// Shorter texts are parsed as fast as they are found.
const WORTH_KEEPING: usize = 100;

/// What a node may cost on its way from text to code, complaints about it included.
const NODE: usize = 160;

/// See the module's text.
pub(crate) struct CodeLoader {
    options: Options,
    units: Vec<Unit>,
    bench: Bench,
    keys: Option<KeyMaker>,
    /// Of each unit, what it is kept under and which text it is of.
    kept: Vec<Option<(CodeKey, SourceId)>>,
    /// Of all units.
    bytes: usize,
}

impl CodeLoader {
    pub(crate) fn new(options: Options) -> CodeLoader {
        let (units, kept) = (Vec::new(), Vec::new());
        CodeLoader { options, units, bench: Bench::default(), keys: None, kept, bytes: 0 }
    }
}

impl CodeLoader {
    fn keys(
        &mut self,
        pipe_operators: bool,
        symbols: &Interner,
        globals: impl ExactSizeIterator<Item = Symbol>,
    ) -> &KeyMaker {
        let count = globals.len();
        if self.keys.as_ref().is_some_and(|keys| !keys.is_for(count)) {
            self.keys = None;
        }
        let options = &self.options;
        self.keys.get_or_insert_with(|| KeyMaker::new(options, pipe_operators, symbols, globals))
    }

    fn add(&mut self, unit: Unit, kept: Option<(CodeKey, SourceId)>) -> BodyId {
        self.bytes += unit.bytes_held();
        self.units.push(unit);
        self.kept.push(kept);
        BodyId { unit: self.units.len() as u32 - 1, body: 0 }
    }

    /// A unit from what is kept of it: its code rather than its resolved form.
    fn find(
        &self,
        key: &CodeKey,
        source: SourceId,
        symbols: &mut Interner,
        sources: &SourceMap,
    ) -> Option<Unit> {
        let cache = self.options.cache.as_ref()?;
        let start = sources.base(source);
        let mut found = |key, unit: fn(_, &mut _, _) -> _| {
            let (form, lines) = cache.get(key).and_then(code_cache::parts)?;
            let unit: Option<Unit> = unit(form, symbols, start);
            sources.know_line_lengths(source, lines);
            unit
        };
        found(&code_cache::of_code(key), Unit::coded).or_else(|| found(key, Unit::kept))
    }

    /// Parses and resolves a text; says whether nothing was to be said about it.
    fn parse(&mut self, request: &mut LoadRequest<'_>) -> Result<(Unit, bool), Error> {
        let LoadRequest { source, sources, globals, scope, look, .. } = *request;
        let LoadRequest { symbols, phases, counters, warn, .. } = request;
        let start = phases.start();
        let text = sources.text(source).unwrap_or_default();
        let options = ParseOptions {
            base_dir: request.directory.to_vec(),
            home: request.home.map(<[u8]>::to_vec),
            pipe_operators: request.pipe_operators,
            lints: self.options.lints,
            max_nodes: Some(request.room / NODE),
        };
        let mut ended = Ok(());
        let mut keep_going = || {
            ended = look();
            ended.is_ok()
        };
        let parsed = parse_while(&text, sources.base(source), symbols, &options, &mut keep_going);
        phases.end(Phase::Parse, start);
        counters.texts += 1;
        counters.nodes += parsed.ast.len() as u64;
        parsed.lints.iter().for_each(|lint| warn(&warning_of(lint, sources)));
        parsed.warnings.iter().for_each(|warning| warn(&warning_at(warning, sources)));
        let silent = parsed.lints.is_empty() && parsed.warnings.is_empty();
        if parsed.stopped {
            return Err(ended.err().unwrap_or_else(unresolved));
        }
        if let Some(first) = parsed.errors.first() {
            let kind = if parsed.too_large { ErrorKind::HeapLimit } else { ErrorKind::Syntax };
            return Err(syntax_error(first, kind, sources));
        }
        let environment = Environment {
            names: symbols,
            is_global: &|name| globals.contains_key(&name),
            locate: &|pos| locate(sources, pos),
            scope,
            optimise: self.options.optimise,
        };
        let start = phases.start();
        let unit = Unit::new_while(
            parsed.ast,
            parsed.root,
            &environment,
            &mut self.bench,
            &mut keep_going,
        );
        phases.end(Phase::Resolve, start);
        let unit = unit.map_err(|errors| match errors.first() {
            Some(first) => syntax_error(first, ErrorKind::UndefinedVariable, sources),
            None => ended.err().unwrap_or_else(unresolved),
        })?;
        Ok((unit, silent))
    }

    /// Brings the tree of a unit that started from code, if it is still there.
    fn bring_tree(&self, unit: u32) {
        let at = unit as usize;
        if let Some(cache) = &self.options.cache
            && let Some((key, _)) = &self.kept[at]
            && !self.units[at].has_tree()
            && let Some((form, _)) = cache.get(key).and_then(code_cache::parts)
        {
            self.units[at].give_tree(form);
        }
    }
}

fn unresolved() -> Error {
    Error::new(ErrorKind::Syntax, "the text could not be resolved")
}

/// Of a text that nobody has read, nothing is kept.
fn unread() -> Error {
    Error::new(ErrorKind::Io, "the text has to be read")
}

fn syntax_error(diagnostic: &Diagnostic, kind: ErrorKind, sources: &SourceMap) -> Error {
    Error::new(kind, diagnostic.text(sources)).or_at(diagnostic.pos())
}

impl Loader for CodeLoader {
    fn load(&mut self, mut request: LoadRequest<'_>) -> Result<BodyId, Error> {
        let start = request.phases.start();
        let LoadRequest { source, sources, .. } = request;
        let text = sources.text(source);
        let text_is_kept = request.scope.is_none()
            && text.as_ref().is_none_or(|text| text.len() >= WORTH_KEEPING)
            && matches!(sources.origin(source), Some(Origin::File(_)));
        let kept = self.options.cache.clone().filter(|_| text_is_kept);
        let kept = kept.map(|cache| {
            let LoadRequest { pipe_operators, directory, home, .. } = request;
            let fingerprint = sources
                .fingerprint(source)
                .copied()
                .unwrap_or_else(|| code_cache::fingerprint(text.as_deref().unwrap_or_default()));
            let keys = self.keys(pipe_operators, request.symbols, request.globals.keys().copied());
            (keys.key(&fingerprint, directory, home), fingerprint, cache)
        });
        if let Some((key, fingerprint, _)) = &kept
            && let Some(unit) = self.find(key, source, request.symbols, sources)
        {
            sources.know_fingerprint(source, *fingerprint);
            request.phases.end(Phase::Parse, start);
            request.counters.kept += 1;
            request.counters.nodes += u64::from(unit.node_count());
            return Ok(self.add(unit, Some((*key, source))));
        }
        request.phases.end(Phase::Parse, start);
        if text.is_none() {
            return Err(unread());
        }
        let (mut unit, silent) = self.parse(&mut request)?;
        let start = request.phases.start();
        let mut known = None;
        if let Some((key, fingerprint, cache)) = kept
            && silent
            && let Some(form) = unit.keep(&self.bench, request.symbols, sources.base(source))
        {
            cache.put(&key, &code_cache::entry(form, sources.line_lengths(source)));
            sources.know_fingerprint(source, fingerprint);
            known = Some((key, source));
        }
        request.phases.end(Phase::Resolve, start);
        Ok(self.add(unit, known))
    }

    fn load_again(&mut self, unit: u32, mut request: LoadRequest<'_>) -> Result<(), Error> {
        let (tree, _) = self.parse(&mut request)?;
        let known = &self.units[unit as usize];
        if known.has_tree() || known.give_tree_of(tree) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Io, "a file has changed while it was evaluated"))
    }

    fn emit(&mut self, body: BodyId, symbols: &Interner, code: &mut Code) -> Result<(), Error> {
        let unit = &self.units[body.unit as usize];
        if unit.restore(body.body, body.unit, code) {
            return Ok(());
        }
        let before = unit.bytes_held();
        self.bring_tree(body.unit);
        let unit = &mut self.units[body.unit as usize];
        unit.emit(body.body, body.unit, symbols, &mut self.bench, code)
            .map_err(|wrong| too_large(&wrong))?;
        unit.record(body.body, code);
        self.bytes += unit.bytes_held().saturating_sub(before);
        Ok(())
    }

    fn lost(&self, unit: u32) -> Option<SourceId> {
        let at = unit as usize;
        let (_, source) = self.kept[at].filter(|_| !self.units[at].has_tree())?;
        Some(source)
    }

    fn tell(&self, body: BodyId, symbols: &Interner) -> Result<Code, Error> {
        self.bring_tree(body.unit);
        let unit = &self.units[body.unit as usize];
        unit.tell(body.body, body.unit, symbols).map_err(|wrong| too_large(&wrong))
    }

    fn keep_code(&mut self, symbols: &Interner, sources: &SourceMap) {
        let Some(cache) = &self.options.cache else { return };
        for (unit, kept) in self.units.iter().zip(&self.kept) {
            if let Some((key, source)) = kept
                && unit.has_code_to_keep()
            {
                let key = code_cache::of_code(key);
                let before = cache.get(&key).and_then(code_cache::parts);
                let before = before.as_ref().map(|(form, _)| &**form);
                if let Some(form) = unit.code_to_keep(symbols, before) {
                    cache.put(&key, &code_cache::entry(form, sources.line_lengths(*source)));
                }
            }
        }
    }

    fn bytes_held(&self) -> usize {
        self.bytes
    }
}

fn too_large(wrong: &Diagnostic) -> Error {
    Error::new(ErrorKind::SizeLimit, wrong.message.clone()).or_at(wrong.pos())
}

/// `__curPos`: only files have one.
fn locate(sources: &SourceMap, pos: Pos) -> Option<CurPos> {
    let at = sources.locate(pos)?;
    match sources.origin(at.source)? {
        Origin::File(path) => {
            Some(CurPos { file: path.to_vec().into(), line: at.line, column: at.column })
        }
        _ => None,
    }
}
