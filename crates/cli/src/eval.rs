//! `frazil eval`: values, printed.
//!
//! In: files, expressions or standard input; attributes to choose of each; a function to apply. Out: the values in the chosen
//! form, one after the other. The first operand is a file if no flag names an input; of the others those are files that look
//! like one, and the rest are attributes.
//! Errors inside of a value are shown in their place unless the whole value is asked for (`--strict`, `--json`).

use crate::eval_flags::EvalFlags;
use crate::failure::Failure;
use crate::flags::{Id, Said};
use crate::input::Input;
use crate::instantiate::{coerced, says_repeated, shows_parts, wants_plain_code};
use crate::value::auto_call::AutoArguments;
use crate::value::{json, select, xml};
use crate::world::World;
use crate::{output, stats, write_to};
use frazil::stages::eval::counters::Phase;
use frazil::stages::eval::ops::DeepForceTask;
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
    inputs: Vec<Input>,
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
            Said::Operand(word) if self.inputs.is_empty() || looks_like_file(&word) => {
                self.inputs.push(Input::file(&word)?);
            }
            Said::Operand(word) => self.paths.push(word),
            Said::Flag(id, values) => self.take_flag(id, values.into_iter().next())?,
            Said::Setting(..) => {}
        }
        Ok(())
    }

    fn take_flag(&mut self, id: Id, value: Option<Vec<u8>>) -> Result<(), Failure> {
        match id {
            Id::ExprValue => self.inputs.extend(value.map(Input::Text)),
            Id::File => self.inputs.extend(value.map(|name| Input::file(&name)).transpose()?),
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

fn looks_like_file(word: &[u8]) -> bool {
    word == b"-" || word.contains(&b'/') || word.ends_with(b".nix") || word.starts_with(b"<")
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
    if job.inputs.is_empty() {
        job.inputs.push(Input::file(b"./default.nix")?);
    }
    if job.paths.is_empty() {
        job.paths.push(Vec::new());
    }
    let mut world = World::new(flags, !job.read_write)?;
    world.report_errors(&job.inputs);
    world.catch_interrupt(true);
    world.start_clock();
    let mut printed = 0;
    let mut optimise = !world.is_unoptimised();
    loop {
        let (mut evaluator, _progress) = world.evaluator(optimise);
        let vm = &mut evaluator.vm;
        let mut pass = Pass { job: &job, world: &world, vm, optimise, done: 0, printed };
        let done = pass.print_all();
        let reached = pass.done;
        let result = match done {
            Err(Stop::Plainly) => None,
            Err(Stop::Failed(error)) if optimise && wants_plain_code(&error) => None,
            Ok(()) => {
                stats::print_if_asked(&world, &mut evaluator.vm);
                Some(Ok(()))
            }
            Err(Stop::Failed(error)) => {
                Some(Err(Failure::of(&error, &mut evaluator.vm, &world.errors)))
            }
            Err(Stop::Failure(failure)) => Some(Err(failure)),
        };
        match result {
            Some(result) => {
                evaluator.vm.keep_code();
                // The process ends soon: what the evaluator holds goes with it, without being taken apart.
                std::mem::forget(evaluator);
                return result;
            }
            None => {
                (printed, optimise) = (reached, false);
                world.start_again();
            }
        }
    }
}

enum Stop {
    Failed(Error),
    Failure(Failure),
    /// What is shown depends on what was computed already (an error's set or list) or shared («repeated» lists), of which
    /// optimised code does more than Nix.
    Plainly,
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

/// One evaluation of everything.
struct Pass<'a> {
    job: &'a Job,
    world: &'a World,
    vm: &'a mut Vm,
    optimise: bool,
    /// Values printed, by this pass or by one before it.
    done: usize,
    /// Values printed by an earlier pass.
    printed: usize,
}

impl Pass<'_> {
    fn print_all(&mut self) -> Result<(), Stop> {
        let arguments = AutoArguments::new(self.world, self.vm)?;
        let job = self.job;
        job.inputs.iter().try_for_each(|input| self.print_values(&arguments, input))
    }

    fn print_values(&mut self, arguments: &AutoArguments, input: &Input) -> Result<(), Stop> {
        let (job, world) = (self.job, self.world);
        let vm = &mut *self.vm;
        let root = input.load(world, vm)?;
        let root = vm.force(root)?;
        let root = vm.keep(root);
        for path in &job.paths {
            let vm = &mut *self.vm;
            let value = vm.kept(root);
            let mut value = select::select(vm, arguments, value, path)?;
            if !arguments.is_empty() {
                value = arguments.call(vm, value)?;
            }
            if let Some(function) = &job.apply {
                value = apply(world, vm, function, value)?;
            }
            let value = vm.force(value)?;
            match &job.write_to {
                Some(path) => {
                    write_to::write(vm, value, path).map_err(|trouble| match trouble {
                        write_to::Trouble::Error(error) => Stop::Failed(error),
                        write_to::Trouble::Failure(failure) => Stop::Failure(failure),
                    })?
                }
                None => {
                    let start = vm.phases.start();
                    let done = self.print(value);
                    self.vm.phases.end(Phase::Print, start);
                    done?;
                }
            }
        }
        self.vm.release(root);
        Ok(())
    }

    fn print(&mut self, value: Value) -> Result<(), Stop> {
        let Pass { job, vm, .. } = self;
        let mut text = match job.form {
            Form::Raw => {
                let text = coerced(vm, value)?;
                vm.count_output(text.len())?;
                text
            }
            Form::Json => json::strict(vm, value)?,
            Form::Xml => {
                let options = xml::XmlOptions { strict: true, location: false };
                let (text, result) = xml::write(vm, value, options);
                vm.count_output(text.len())?;
                self.put(&text)?;
                return Ok(result?);
            }
            Form::Plain => {
                let value = if job.strict {
                    // Before showing: shown are errors too, in the place of what failed.
                    vm.run_task(Box::new(DeepForceTask::new(value, Value::EMPTY)))?
                } else {
                    value
                };
                let indent = if job.pretty { 2 } else { 0 };
                let options = ShowOptions { indent, ..ShowOptions::EVAL };
                let text = vm.show(value, options)?;
                let error = text.windows(ERROR.len()).position(|part| part == ERROR);
                if self.optimise
                    && (error.is_some_and(|at| shows_parts(&text[at..])) || says_repeated(&text))
                {
                    return Err(Stop::Plainly);
                }
                text
            }
        };
        if self.job.form != Form::Raw {
            text.push(b'\n');
        }
        self.put(&text)
    }

    /// Prints a text, unless an earlier pass did.
    fn put(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.done += 1;
        if self.done > self.printed {
            output::print(text)?;
        }
        Ok(())
    }
}

/// How an error begins that is shown where a value would stand.
const ERROR: &[u8] = "«error: ".as_bytes();

fn apply(world: &World, vm: &mut Vm, function: &[u8], value: Value) -> Result<Value, Error> {
    let value = vm.keep(value);
    let source = vm.add_source(Origin::String, function.into())?;
    let function = vm.load(source, &world.folder, None, false)?;
    let function = vm.force(function)?;
    let argument = vm.kept(value);
    vm.release(value);
    vm.call(function, &[argument])
}
