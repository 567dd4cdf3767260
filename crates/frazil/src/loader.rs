//! Parser and compiler behind the machine's `Loader`.
//!
//! In: texts from the machine. Out: bodies and their code. Units live as long as the evaluator: bodies are compiled when
//! they are first entered. Files that a cache has in resolved form are not parsed; a file about which anything was to be said
//! is not kept there. Not here: reading files (the machine asks the host).

use crate::code_cache::{self, KeyMaker};
use crate::render::{warning_at, warning_of};
use frazil_base::{Diagnostic, Interner, Origin, Pos, SourceMap, Symbol};
use frazil_bytecode::{BodyId, Code};
use frazil_compile::{Bench, CurPos, Environment, Unit};
use frazil_eval::counters::Phase;
use frazil_eval::host::CodeCache;
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
    /// Where resolved files are looked for and kept.
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
    /// Of all units.
    bytes: usize,
}

impl CodeLoader {
    pub(crate) fn new(options: Options) -> CodeLoader {
        CodeLoader { options, units: Vec::new(), bench: Bench::default(), keys: None, bytes: 0 }
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

    fn add(&mut self, unit: Unit) -> BodyId {
        self.bytes += unit.bytes_held();
        self.units.push(unit);
        BodyId { unit: self.units.len() as u32 - 1, body: 0 }
    }
}

fn unresolved() -> Error {
    Error::new(ErrorKind::Syntax, "the text could not be resolved")
}

fn syntax_error(diagnostic: &Diagnostic, kind: ErrorKind, sources: &SourceMap) -> Error {
    Error::new(kind, diagnostic.text(sources)).or_at(diagnostic.pos())
}

impl Loader for CodeLoader {
    fn load(&mut self, request: LoadRequest<'_>) -> Result<BodyId, Error> {
        let LoadRequest {
            source,
            directory,
            home,
            symbols,
            sources,
            globals,
            scope,
            pipe_operators,
            phases,
            counters,
            warn,
            room,
            look,
        } = request;
        let text = sources.text(source).unwrap_or_default();
        let start = phases.start();
        let text_is_kept = scope.is_none() && text.len() >= WORTH_KEEPING;
        let kept =
            self.options.cache.clone().filter(|_| {
                text_is_kept && matches!(sources.origin(source), Some(Origin::File(_)))
            });
        let kept = kept.map(|cache| {
            let keys = self.keys(pipe_operators, symbols, globals.keys().copied());
            (keys.key(&text, directory, home), cache)
        });
        if let Some((key, cache)) = &kept
            && let Some((form, lines)) = cache.get(key).and_then(code_cache::parts)
            && let Some(unit) = Unit::kept(form, symbols, sources.base(source))
        {
            sources.know_line_lengths(source, lines);
            phases.end(Phase::Parse, start);
            counters.kept += 1;
            counters.nodes += u64::from(unit.node_count());
            return Ok(self.add(unit));
        }
        let options = ParseOptions {
            base_dir: directory.to_vec(),
            home: home.map(<[u8]>::to_vec),
            pipe_operators,
            lints: self.options.lints,
            max_nodes: Some(room / NODE),
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
        let unit = unit.map_err(|errors| match errors.first() {
            Some(first) => syntax_error(first, ErrorKind::UndefinedVariable, sources),
            None => ended.err().unwrap_or_else(unresolved),
        })?;
        if let Some((key, cache)) = kept
            && silent
            && let Some(form) = unit.keep(&self.bench, symbols, sources.base(source))
        {
            cache.put(&key, &code_cache::entry(form, sources.line_lengths(source)));
        }
        phases.end(Phase::Resolve, start);
        Ok(self.add(unit))
    }

    fn emit(&mut self, body: BodyId, symbols: &Interner, code: &mut Code) -> Result<(), Error> {
        let unit = &self.units[body.unit as usize];
        unit.emit(body.body, body.unit, symbols, &mut self.bench, code)
            .map_err(|wrong| too_large(&wrong))
    }

    fn tell(&self, body: BodyId, symbols: &Interner) -> Result<Code, Error> {
        let unit = &self.units[body.unit as usize];
        unit.tell(body.body, body.unit, symbols).map_err(|wrong| too_large(&wrong))
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
