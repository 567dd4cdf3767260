//! Parser and compiler behind the machine's `Loader`.
//!
//! In: texts from the machine. Out: bodies and their code. Units live as long as the evaluator: bodies are compiled when
//! they are first entered. Not here: reading files (the machine asks the host).

use crate::render::{warning_at, warning_of};
use frazil_base::{Diagnostic, Interner, Origin, Pos, SourceMap};
use frazil_bytecode::{BodyId, Code};
use frazil_compile::{Bench, CurPos, Environment, Unit};
use frazil_eval::counters::Phase;
use frazil_eval::{Error, ErrorKind, LoadRequest, Loader};
use frazil_syntax::{Lints, ParseOptions, parse};

/// How code is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Thunks are avoided where that shows only in what printing unforced values says.
    pub optimise: bool,
    /// What is done about literals that are not liked.
    pub lints: Lints,
}

impl Default for Options {
    fn default() -> Options {
        Options { optimise: true, lints: Lints::default() }
    }
}

/// What a node may cost on its way from text to code, complaints about it included.
const NODE: usize = 160;

/// See the module's text.
pub(crate) struct CodeLoader {
    options: Options,
    units: Vec<Unit>,
    bench: Bench,
    /// Of all units.
    bytes: usize,
}

impl CodeLoader {
    pub(crate) fn new(options: Options) -> CodeLoader {
        CodeLoader { options, units: Vec::new(), bench: Bench::default(), bytes: 0 }
    }
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
        } = request;
        let text = sources.text(source).unwrap_or_default();
        let options = ParseOptions {
            base_dir: directory.to_vec(),
            home: home.map(<[u8]>::to_vec),
            pipe_operators,
            lints: self.options.lints,
            max_nodes: Some(room / NODE),
        };
        let start = phases.start();
        let parsed = parse(&text, sources.base(source), symbols, &options);
        phases.end(Phase::Parse, start);
        counters.texts += 1;
        counters.nodes += parsed.ast.len() as u64;
        parsed.lints.iter().for_each(|lint| warn(&warning_of(lint, sources)));
        parsed.warnings.iter().for_each(|warning| warn(&warning_at(warning, sources)));
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
        let unit =
            Unit::new(parsed.ast, parsed.root, &environment).map_err(|errors| {
                match errors.first() {
                    Some(first) => syntax_error(first, ErrorKind::UndefinedVariable, sources),
                    None => Error::new(ErrorKind::Syntax, "the text could not be resolved"),
                }
            })?;
        self.bytes += unit.bytes_held();
        phases.end(Phase::Resolve, start);
        self.units.push(unit);
        Ok(BodyId { unit: self.units.len() as u32 - 1, body: 0 })
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
