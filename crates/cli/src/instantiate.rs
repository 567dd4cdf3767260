//! `nix-instantiate`.
//!
//! In: words. Out: on standard output what Nix prints. Without `--strict` parts that are not evaluated show as such; optimised
//! code evaluates some parts early where nothing else shows it, so when such a value is to be printed, all is done again
//! with plain code, silently as far as it was done.

use crate::eval_flags::EvalFlags;
use crate::failure::Failure;
use crate::flags::{Id, Said};
use crate::input::{Input, find_file};
use crate::value::auto_call::AutoArguments;
use crate::value::{derivations, json, select, xml};
use crate::world::World;
use crate::{gc_root, output, stats};
use frazil::stages::eval::counters::Phase;
use frazil::stages::eval::ops::{CoerceMode, CoerceTask};
use frazil::{Error, ErrorKind, ShowOptions, TraceLine, Value, Vm};

/// The form of output.
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
    stdin: bool,
    expressions: bool,
    eval: bool,
    parse: bool,
    find_file: bool,
    read_write: bool,
    dry_run: bool,
    /// Nothing is written, links neither.
    read_only: bool,
    strict: bool,
    no_location: bool,
    no_gc_warning: bool,
    root: Option<Vec<u8>>,
    form: Form,
    paths: Vec<Vec<u8>>,
    operands: Vec<Vec<u8>>,
}

impl Job {
    fn take(&mut self, said: Said) {
        match said {
            Said::Operand(word) if word == b"-" => self.stdin = true,
            Said::Operand(word) => self.operands.push(word),
            Said::Flag(id, values) => self.take_flag(id, values.into_iter().next()),
            Said::Setting(..) => {}
        }
    }

    fn take_flag(&mut self, id: Id, value: Option<Vec<u8>>) {
        match id {
            Id::Eval => self.eval = true,
            Id::Parse => (self.parse, self.eval) = (true, true),
            Id::Strict => self.strict = true,
            Id::Json => self.form = Form::Json,
            Id::Xml => self.form = Form::Xml,
            Id::Raw => self.form = Form::Raw,
            Id::NoLocation => self.no_location = true,
            Id::Expr => self.expressions = true,
            Id::Attr => self.paths.extend(value),
            Id::FindFile => self.find_file = true,
            Id::ReadWrite => self.read_write = true,
            Id::DryRun => self.dry_run = true,
            Id::AddRoot => self.root = value.filter(|path| !path.is_empty()),
            Id::NoGcWarning => self.no_gc_warning = true,
            _ => {}
        }
    }

    fn inputs(&mut self) -> Result<Vec<Input>, Failure> {
        let mut inputs = Vec::new();
        if self.stdin {
            inputs.push(Input::stdin()?);
        } else if self.operands.is_empty() && !self.expressions {
            self.operands.push(b"./default.nix".to_vec());
        }
        for word in self.operands.drain(..) {
            inputs.push(if self.expressions { Input::Text(word) } else { Input::File(word) });
        }
        Ok(inputs)
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
            job.take(said);
        }
    }
    let read_only = (job.eval && !job.read_write) || job.dry_run;
    job.read_only = read_only || flags.read_only;
    let world = World::new(flags, read_only)?;
    if job.find_file {
        return find_files(&job.operands, &world);
    }
    if job.paths.is_empty() {
        job.paths.push(Vec::new());
    }
    let inputs = job.inputs()?;
    if !job.eval && world.lacks_store(job.read_only) {
        output::warn(
            "there is no store that derivations can be written into; their paths are only computed (--store DIR writes them)",
        );
    }
    world.catch_interrupt(true);
    world.start_clock();
    let mut printed = 0;
    let mut optimise = !world.is_unoptimised();
    loop {
        let (mut evaluator, _progress) = world.evaluator(optimise);
        let vm = &mut evaluator.vm;
        let mut pass = Pass { job: &job, world: &world, vm, optimise, done: 0, printed, roots: 0 };
        match pass.run(&inputs) {
            Ok(()) => {
                stats::print_if_asked(&world, &mut evaluator.vm);
                drop_quickly(evaluator);
                return Ok(());
            }
            Err(Stop::Plainly) => {
                printed = pass.done;
                optimise = false;
                world.start_again();
            }
            // The message shows a set or a list, in which optimised code has computed more than Nix would have.
            Err(Stop::Failed(error)) if optimise && wants_plain_code(&error) => {
                printed = pass.done;
                optimise = false;
                world.start_again();
            }
            Err(Stop::Failed(error)) => {
                return Err(Failure::of(&error, &mut evaluator.vm, &world.errors));
            }
            Err(Stop::Failure(failure)) => return Err(failure),
        }
    }
}

/// Whether optimised code has computed more than the error shows in Nix, or would have been shown.
pub(crate) fn wants_plain_code(error: &Error) -> bool {
    error.kind() == ErrorKind::PlainCode || shows_parts(error.message())
}

/// Whether a message shows the parts of a set or list.
pub(crate) fn shows_parts(message: &[u8]) -> bool {
    message.windows(2).any(|pair| pair == b"{ " || pair == b"[ ")
}

/// Whether something is shown as met before: of lists, optimised code shares more than Nix does.
pub(crate) fn says_repeated(text: &[u8]) -> bool {
    const REPEATED: &str = "«repeated»";
    text.windows(REPEATED.len()).any(|part| part == REPEATED.as_bytes())
}

/// The process ends soon: what the evaluator holds goes with it, without being taken apart.
fn drop_quickly(mut evaluator: frazil::Evaluator) {
    evaluator.vm.keep_code();
    std::mem::forget(evaluator);
}

fn find_files(names: &[Vec<u8>], world: &World) -> Result<(), Failure> {
    let (mut evaluator, _progress) = world.evaluator(true);
    for name in names {
        let found = find_file(&mut evaluator.vm, name)
            .map_err(|error| Failure::of(&error, &mut evaluator.vm, &world.errors))?;
        output::print(&[&found, b"\n".as_slice()].concat())?;
    }
    Ok(())
}

/// Why a pass ended early.
enum Stop {
    Failed(Error),
    Failure(Failure),
    /// What is to be printed must be evaluated with plain code.
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

/// One evaluation of all inputs.
struct Pass<'a> {
    job: &'a Job,
    world: &'a World,
    vm: &'a mut Vm,
    optimise: bool,
    /// Texts printed, by this pass or by those before it.
    done: usize,
    /// Texts printed by earlier passes.
    printed: usize,
    /// Links made.
    roots: usize,
}

impl Pass<'_> {
    fn run(&mut self, inputs: &[Input]) -> Result<(), Stop> {
        let arguments = AutoArguments::new(self.world, self.vm)?;
        for input in inputs {
            if self.job.parse {
                let mut tree = input.tree(self.world, self.vm)?;
                tree.push(b'\n');
                self.print(&tree)?;
                continue;
            }
            let root = input.load(self.world, self.vm)?;
            let root = self.vm.force(root)?;
            let root = self.vm.keep(root);
            for path in &self.job.paths {
                let value = self.vm.kept(root);
                let value = select::select(self.vm, &arguments, value, path)?;
                let value = self.vm.force(value)?;
                self.result(&arguments, value)?;
            }
            self.vm.release(root);
        }
        Ok(())
    }

    fn print(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.done += 1;
        if self.done > self.printed {
            output::print(text)?;
        }
        Ok(())
    }

    fn result(&mut self, arguments: &AutoArguments, value: Value) -> Result<(), Stop> {
        if !self.job.eval {
            return self.derivations(arguments, value);
        }
        let value = if arguments.is_empty() { value } else { arguments.call(self.vm, value)? };
        let value = self.vm.force(value)?;
        let shows_unevaluated = !self.job.strict && self.job.form != Form::Raw;
        if shows_unevaluated && self.optimise && (value.is_attrs() || value.is_list()) {
            return Err(Stop::Plainly);
        }
        let start = self.vm.phases.start();
        let done = self.value(value);
        self.vm.phases.end(Phase::Print, start);
        done
    }

    /// Prints a value in the chosen form.
    fn value(&mut self, value: Value) -> Result<(), Stop> {
        let mut text = match self.job.form {
            Form::Raw => {
                let text = coerced(self.vm, value)?;
                return self.print(&text);
            }
            Form::Xml => return self.xml(value),
            Form::Json if self.job.strict => json::strict(self.vm, value)?,
            Form::Json => json::lazy(self.vm, value)?,
            Form::Plain if self.job.strict => {
                let text = self.vm.show(value, ShowOptions::STRICT)?;
                if self.optimise && says_repeated(&text) {
                    return Err(Stop::Plainly);
                }
                text
            }
            Form::Plain => self.vm.show_now(value, ShowOptions::INSTANTIATE),
        };
        text.push(b'\n');
        self.print(&text)
    }

    fn xml(&mut self, value: Value) -> Result<(), Stop> {
        let options = xml::XmlOptions { strict: self.job.strict, location: !self.job.no_location };
        let (text, result) = xml::write(self.vm, value, options);
        self.print(&text)?;
        Ok(result?)
    }

    fn derivations(&mut self, arguments: &AutoArguments, value: Value) -> Result<(), Stop> {
        let found = derivations::find(self.vm, arguments, value)?;
        let mut warned = self.job.no_gc_warning;
        for derivation in &found {
            let path = derivation.drv_path(self.vm)?;
            let output_name = derivation.output(self.vm, &path)?;
            let mut line = match self.job.root.as_ref().filter(|_| !self.job.read_only) {
                Some(root) => {
                    gc_root::link(root, self.roots, &path, &self.world.settings().store_dir)?
                }
                None => path,
            };
            self.roots += 1;
            if output_name != b"out" {
                line.push(b'!');
                line.extend_from_slice(&output_name);
            }
            line.push(b'\n');
            if !std::mem::replace(&mut warned, true) && self.job.root.is_none() {
                output::warn(
                    "you did not specify '--add-root'; the result might be removed by the garbage collector",
                );
            }
            self.print(&line)?;
        }
        Ok(())
    }
}

/// A value as `--raw` prints it.
///
/// # Errors
/// It is no text.
pub(crate) fn coerced(vm: &mut Vm, value: Value) -> Result<Vec<u8>, Error> {
    let task = CoerceTask::new(value, CoerceMode::INTERPOLATION);
    let text = vm.run_task(Box::new(task)).map_err(|mut failed| {
        let text = b"while generating the nix-instantiate output".to_vec();
        failed.push(TraceLine { text, pos: frazil::Pos::NONE, always: false });
        failed
    })?;
    Ok(vm.heap.as_string(&text).map(|text| text.bytes.to_vec()).unwrap_or_default())
}
