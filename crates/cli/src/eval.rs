//! `frazil eval`: one value, printed.
//!
//! In: a file, an expression or standard input; attributes to choose; a function to apply. Out: the value in the chosen form.
//! Errors inside of a value are shown in their place unless the whole value is asked for (`--strict`, `--json`).

use crate::failure::Failure;
use crate::flags::{Id, Said};
use crate::input::Input;
use crate::instantiate::coerced;
use crate::value::auto_call::AutoArguments;
use crate::value::{json, select, xml};
use crate::world::{EvalFlags, World};
use crate::{output, stats, write_to};
use frazil::stages::eval::counters::Phase;
use frazil::{Error, Origin, ShowOptions, Value, Vm};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Form {
    #[default]
    Plain,
    Json,
    Xml,
    Raw,
}

#[derive(Debug, Default)]
struct Job {
    input: Option<Input>,
    paths: Vec<Vec<u8>>,
    apply: Option<Vec<u8>>,
    form: Form,
    strict: bool,
    pretty: bool,
    read_write: bool,
    write_to: Option<Vec<u8>>,
}

impl Job {
    fn take(&mut self, said: Said) -> Result<(), Failure> {
        match said {
            Said::Operand(word) if self.input.is_none() => self.input = Some(Input::file(&word)?),
            Said::Operand(word) => self.paths.push(word),
            Said::Flag(id, values) => self.take_flag(id, values.into_iter().next())?,
            Said::Setting(..) => {}
        }
        Ok(())
    }

    fn take_flag(&mut self, id: Id, value: Option<Vec<u8>>) -> Result<(), Failure> {
        match id {
            Id::ExprValue => self.input = value.map(Input::Text),
            Id::File => self.input = value.map(|name| Input::file(&name)).transpose()?,
            Id::Attr => self.paths.extend(value),
            Id::Apply => self.apply = value,
            Id::Strict => self.strict = true,
            Id::Json => self.form = Form::Json,
            Id::Xml => self.form = Form::Xml,
            Id::Raw => self.form = Form::Raw,
            Id::Pretty => self.pretty = true,
            Id::NoPretty => self.pretty = false,
            Id::ReadWrite => self.read_write = true,
            Id::WriteTo => self.write_to = value,
            _ => {}
        }
        Ok(())
    }
}

/// Runs it.
///
/// # Errors
/// What it ends with.
pub(crate) fn run(said: Vec<Said>) -> Result<(), Failure> {
    let mut flags = EvalFlags::new()?;
    let mut job = Job::default();
    for said in said {
        if !flags.take(&said)? {
            job.take(said)?;
        }
    }
    let input = match job.input.take() {
        Some(input) => input,
        None => Input::file(b"./default.nix")?,
    };
    if job.paths.is_empty() {
        job.paths.push(Vec::new());
    }
    let world = World::new(flags, !job.read_write)?;
    world.catch_interrupt(true);
    world.start_clock();
    let (mut evaluator, _progress) = world.evaluator(true);
    let done = print_all(&job, &world, &mut evaluator.vm, &input);
    let result = match done {
        Ok(()) => {
            stats::print_if_asked(&world, &mut evaluator.vm);
            Ok(())
        }
        Err(Stop::Failed(error)) => Err(Failure::of(&error, &mut evaluator.vm, world.errors)),
        Err(Stop::Failure(failure)) => Err(failure),
    };
    // The process ends soon: what the evaluator holds goes with it, without being taken apart.
    std::mem::forget(evaluator);
    result
}

enum Stop {
    Failed(Error),
    Failure(Failure),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failure(failure)
    }
}

fn print_all(job: &Job, world: &World, vm: &mut Vm, input: &Input) -> Result<(), Stop> {
    let arguments = AutoArguments::new(world, vm)?;
    let root = input.load(world, vm)?;
    let root = vm.force(root)?;
    let root = vm.keep(root);
    for path in &job.paths {
        let value = vm.kept(root);
        let mut value = select::select(vm, &arguments, value, path)?;
        if !arguments.is_empty() {
            value = arguments.call(vm, value)?;
        }
        if let Some(function) = &job.apply {
            value = apply(world, vm, function, value)?;
        }
        let value = vm.force(value)?;
        match &job.write_to {
            Some(path) => write_to::write(vm, value, path).map_err(|trouble| match trouble {
                write_to::Trouble::Error(error) => Stop::Failed(error),
                write_to::Trouble::Failure(failure) => Stop::Failure(failure),
            })?,
            None => {
                let start = vm.phases.start();
                let done = print(job, vm, value);
                vm.phases.end(Phase::Print, start);
                done?;
            }
        }
    }
    Ok(())
}

fn apply(world: &World, vm: &mut Vm, function: &[u8], value: Value) -> Result<Value, Error> {
    let value = vm.keep(value);
    let source = vm.add_source(Origin::String, function.into())?;
    let function = vm.load(source, &world.folder, None, false)?;
    let function = vm.force(function)?;
    let argument = vm.kept(value);
    vm.release(value);
    vm.call(function, &[argument])
}

fn print(job: &Job, vm: &mut Vm, value: Value) -> Result<(), Stop> {
    let mut text = match job.form {
        Form::Raw => {
            let text = coerced(vm, value)?;
            vm.count_output(text.len())?;
            return Ok(output::print(&text)?);
        }
        Form::Json => json::strict(vm, value)?,
        Form::Xml => {
            let options = xml::XmlOptions { strict: true, location: false };
            let (text, result) = xml::write(vm, value, options);
            vm.count_output(text.len())?;
            output::print(&text)?;
            return Ok(result?);
        }
        Form::Plain => {
            let indent = if job.pretty { 2 } else { 0 };
            vm.show(value, ShowOptions { deep: job.strict, indent, ..ShowOptions::EVAL })?
        }
    };
    text.push(b'\n');
    Ok(output::print(&text)?)
}
