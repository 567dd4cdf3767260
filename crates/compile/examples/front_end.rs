//! The front end alone, for measuring it: `front_end parse|resolve|emit LIST`, where LIST names a file a line.
//!
//! In: texts. Out: one line: bytes read, nodes, bodies, and the bytes that stay. `emit` makes the code of every body.
#![allow(clippy::disallowed_methods, reason = "an example is a host of its own")]

use frazil_base::{Interner, Origin, SourceMap, Symbol};
use frazil_bytecode::Code;
use frazil_compile::{Bench, Environment, Unit};
use frazil_syntax::{ParseOptions, parse};
use std::io::Write;

/// Names that are bound without a scope; enough of them for real texts.
const GLOBALS: &str = "abort baseNameOf break builtins derivation derivationStrict dirOf false fetchGit fetchTarball \
    fetchTree fromTOML import isNull map null placeholder removeAttrs scopedImport throw toString true __attrNames \
    __compareVersions __concatLists __concatMap __currentSystem __deepSeq __elem __elemAt __filter __filterSource \
    __foldl' __fromJSON __functionArgs __genericClosure __getAttr __getEnv __hasAttr __head __isAttrs __isList \
    __isString __length __lessThan __listToAttrs __match __mul __nixPath __nixVersion __parseDrvName __pathExists \
    __readDir __readFile __replaceStrings __seq __splitVersion __storeDir __storePath __stringLength __sub __substring \
    __tail __toFile __toJSON __toPath __trace __tryEval __typeOf __unsafeGetAttrPos __currentTime __div __findFile";

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (mode, list) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let mut sources = SourceMap::new();
    let mut symbols = Interner::new();
    let globals: Vec<Symbol> =
        GLOBALS.split_whitespace().map(|name| symbols.intern(name.as_bytes())).collect();
    let mut is_global = vec![false; globals.iter().map(|name| name.index() + 1).max().unwrap_or(0)];
    for name in &globals {
        is_global[name.index()] = true;
    }
    let (mut bytes, mut nodes, mut bodies, mut ops, mut failed) = (0, 0, 0, 0, 0);
    let (mut units, mut bench, mut code) = (Vec::new(), Bench::default(), Code::default());
    for file in std::fs::read_to_string(list)?.lines() {
        let text = std::fs::read(file)?;
        bytes += text.len();
        let origin = Origin::File(file.as_bytes().into());
        let Ok(source) = sources.add(origin, text.into()) else { break };
        let text = sources.text(source).unwrap_or_default();
        let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
        let options = ParseOptions {
            base_dir: directory.as_bytes().to_vec(),
            home: None,
            pipe_operators: false,
            ..ParseOptions::default()
        };
        let parsed = parse(&text, sources.base(source), &mut symbols, &options);
        nodes += parsed.ast.len();
        if !parsed.errors.is_empty() {
            failed += 1;
        } else if mode != "parse" {
            let environment = Environment {
                names: &symbols,
                is_global: &|name| is_global.get(name.index()).copied().unwrap_or_default(),
                locate: &|_| None,
                scope: None,
                optimise: true,
            };
            match Unit::new(parsed.ast, parsed.root, &environment, &mut bench) {
                Ok(unit) => units.push(unit),
                Err(_) => failed += 1,
            }
        }
        sources.set_text_aside(source);
    }
    for (number, unit) in units.iter().enumerate() {
        bodies += unit.body_count();
        for body in 0..if mode == "emit" { unit.body_count() } else { 0 } {
            ops += unit
                .emit(body, number as u32, &symbols, &mut bench, &mut code)
                .map_or(0, |()| code.ops.len());
        }
    }
    let held: usize = units.iter().map(Unit::bytes_held).sum();
    writeln!(
        std::io::stdout(),
        "{bytes} bytes, {nodes} nodes, {bodies} bodies, {ops} instructions, {failed} failed; {held} bytes stay in units, \
         {} in {} symbols",
        symbols.bytes_held(),
        symbols.len()
    )
}
