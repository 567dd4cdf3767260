//! `frazil dump` and `frazil parse`: what a stage makes of a text.
//!
//! In: a stage's name and a text. Out: tokens, the tree, instructions, or the derivation the text evaluates to.

use crate::eval_flags::EvalFlags;
use crate::failure::Failure;
use crate::flags::{Id, Said};
use crate::input::{Input, parse};
use crate::output;
use crate::tool_host::{ToolHost, Watch};
use crate::value::auto_call::AutoArguments;
use crate::value::derivations;
use crate::world::World;
use frazil::stages::bytecode::{Code, disassemble};
use frazil::stages::compile::{Bench, Environment, Unit};
use frazil::stages::syntax;
use frazil::{Error, ErrorKind, Vm};

/// `frazil dump`.
///
/// # Errors
/// What it ends with.
pub(crate) fn run(said: Vec<Said>) -> Result<(), Failure> {
    let (flags, mut words) = split(said)?;
    if words.is_empty() {
        return Err(Failure::Usage("say what to dump: tokens, ast, bytecode or drv".into()));
    }
    let Word::Operand(what) = words.remove(0) else {
        return Err(Failure::Usage("say what to dump first: tokens, ast, bytecode or drv".into()));
    };
    let mut world = World::new(flags, true)?;
    let input = input(words)?;
    world.report_errors(std::slice::from_ref(&input));
    let stage = match what.as_slice() {
        b"tokens" => tokens,
        b"ast" => tree,
        b"bytecode" => bytecode,
        b"drv" => return derivation(&world, &input),
        other => {
            let other = String::from_utf8_lossy(other);
            return Err(Failure::Usage(format!(
                "'{other}' cannot be dumped: tokens, ast, bytecode, drv can"
            )));
        }
    };
    show(&world, &input, stage)
}

/// `frazil parse`.
///
/// # Errors
/// What it ends with.
pub(crate) fn run_parse(said: Vec<Said>) -> Result<(), Failure> {
    let (flags, words) = split(said)?;
    let mut world = World::new(flags, true)?;
    let input = input(words)?;
    world.report_errors(std::slice::from_ref(&input));
    show(&world, &input, |world, vm, input| {
        let mut tree = input.tree(world, vm)?;
        tree.push(b'\n');
        Ok(tree)
    })
}

enum Word {
    Operand(Vec<u8>),
    Text(Vec<u8>),
}

fn split(said: Vec<Said>) -> Result<(EvalFlags, Vec<Word>), Failure> {
    let mut flags = EvalFlags::new()?;
    let mut words = Vec::new();
    for said in said {
        if flags.take(&said)? {
            continue;
        }
        match said {
            Said::Operand(word) => words.push(Word::Operand(word)),
            Said::Flag(Id::ExprValue, mut values) => words.extend(values.pop().map(Word::Text)),
            _ => {}
        }
    }
    Ok((flags, words))
}

fn input(words: Vec<Word>) -> Result<Input, Failure> {
    let mut words = words.into_iter();
    let input = match words.next() {
        None => Input::file(b"./default.nix")?,
        Some(Word::Text(text)) => Input::Text(text),
        Some(Word::Operand(name)) => Input::file(&name)?,
    };
    match words.next() {
        None => Ok(input),
        Some(_) => Err(Failure::Usage("one text at a time".into())),
    }
}

type Stage = fn(&World, &mut Vm, &Input) -> Result<Vec<u8>, Error>;

fn show(world: &World, input: &Input, stage: Stage) -> Result<(), Failure> {
    let (mut evaluator, _progress) = world.evaluator(true);
    let text = stage(world, &mut evaluator.vm, input)
        .map_err(|error| Failure::of(&error, &mut evaluator.vm, &world.errors))?;
    output::print(&text)
}

fn tokens(world: &World, vm: &mut Vm, input: &Input) -> Result<Vec<u8>, Error> {
    let (source, _) = input.source(world, vm)?;
    Ok(syntax::show_tokens(&vm.sources.text(source).unwrap_or_default()))
}

fn tree(world: &World, vm: &mut Vm, input: &Input) -> Result<Vec<u8>, Error> {
    let (source, folder) = input.source(world, vm)?;
    let parsed = parse(vm, source, &folder);
    check(&parsed.errors, vm, ErrorKind::Syntax)?;
    Ok(syntax::show_tree(&parsed.ast, parsed.root, vm.sources.base(source), &vm.symbols))
}

fn check(
    errors: &[frazil::stages::base::Diagnostic],
    vm: &Vm,
    kind: ErrorKind,
) -> Result<(), Error> {
    match errors.first() {
        Some(first) => Err(Error::new(kind, first.text(&vm.sources)).or_at(first.pos())),
        None => Ok(()),
    }
}

fn bytecode(world: &World, vm: &mut Vm, input: &Input) -> Result<Vec<u8>, Error> {
    let (source, folder) = input.source(world, vm)?;
    let parsed = parse(vm, source, &folder);
    check(&parsed.errors, vm, ErrorKind::Syntax)?;
    let environment = Environment {
        names: &vm.symbols,
        is_global: &|name| vm.global(name).is_some(),
        locate: &|_| None,
        scope: None,
        optimise: !world.is_unoptimised(),
    };
    let unit = match Unit::new(parsed.ast, parsed.root, &environment, &mut Bench::default()) {
        Ok(unit) => unit,
        Err(errors) => {
            check(&errors, vm, ErrorKind::UndefinedVariable)?;
            return Ok(Vec::new());
        }
    };
    let mut out = Vec::new();
    for body in 0..unit.body_count() {
        let code = unit.tell(body, 0, &vm.symbols).map_err(|wrong| {
            Error::new(ErrorKind::SizeLimit, wrong.text(&vm.sources)).or_at(wrong.pos())
        })?;
        if body > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(format!("body {body}: ").as_bytes());
        out.extend_from_slice(text_of(&code, vm).as_bytes());
    }
    Ok(out)
}

fn text_of(code: &Code, vm: &Vm) -> String {
    let name = |symbol| String::from_utf8_lossy(vm.symbols.resolve(symbol)).into_owned();
    let at = |pos| match vm.sources.locate(pos) {
        Some(at) => format!("{}:{}", at.line, at.column),
        None => "?".into(),
    };
    disassemble(code, &name, &at)
}

fn derivation(world: &World, input: &Input) -> Result<(), Failure> {
    let watch = Watch::new();
    watch.keep_texts();
    let mut settings = world.settings().clone();
    settings.write_store = true;
    let host = ToolHost::new(world.host(), &watch);
    let mut evaluator = world.evaluator_with(true, Box::new(host), settings);
    let path = path_of_derivation(world, &mut evaluator.vm, input)
        .map_err(|error| Failure::of(&error, &mut evaluator.vm, &world.errors))?;
    match watch.text(&path) {
        Some(text) => output::print(&text),
        None => {
            Err(Failure::Plain(format!("'{}' was not made here", String::from_utf8_lossy(&path))))
        }
    }
}

fn path_of_derivation(world: &World, vm: &mut Vm, input: &Input) -> Result<Vec<u8>, Error> {
    let arguments = AutoArguments::new(world, vm)?;
    let value = input.load(world, vm)?;
    match derivations::find(vm, &arguments, value)?.first() {
        Some(first) => first.drv_path(vm),
        None => Err(Error::new(ErrorKind::Type, "the expression holds no derivation")),
    }
}
