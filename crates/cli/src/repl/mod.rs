//! `frazil repl`: evaluation line by line.
//!
//! In: lines of a terminal or of standard input, files to load. Out: what `nix repl` prints; when standard input is no terminal,
//! the prompts and lines too, as Nix does. An expression that is not complete goes on in the next line.
//!
//! A reader follows a line: `line` (reading, completing, highlighting), `commands` (what is asked), `scope` (names and values),
//! `docs` (`:doc`).

mod commands;
mod complete;
mod docs;
mod line;
mod scope;

use crate::eval_flags::EvalFlags;
use crate::failure::{self, Failure};
use crate::flags::{Id, Said};
use crate::input::Input;
use crate::output;
use crate::tool_host::{ToolHost, Watch};
use crate::value::auto_call::AutoArguments;
use crate::world::World;
use commands::Outcome;
use frazil::{Error, Evaluator};
use line::Lines;
use scope::Scope;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

const PROMPT: &str = "nix-repl> ";
const CONTINUED: &str = "        > ";

/// Everything between two lines.
pub(crate) struct Session {
    world: World,
    evaluator: Evaluator,
    arguments: AutoArguments,
    scope: Scope,
    /// What was loaded, to be loaded again.
    loaded: Vec<Input>,
    watch: Arc<Watch>,
    show_trace: bool,
    color: bool,
}

/// Why a line was not done.
pub(crate) enum Trouble {
    /// It goes on in the next line.
    Incomplete,
    /// The evaluation failed.
    Error(Error),
    /// Anything else, as text.
    Text(String),
    /// Nothing can go on.
    Failure(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

/// Runs it.
///
/// # Errors
/// The command line is wrong, or standard output is closed.
pub(crate) fn run(said: Vec<Said>) -> Result<(), Failure> {
    let mut flags = EvalFlags::new()?;
    let mut inputs = Vec::new();
    for said in said {
        if flags.take(&said)? {
            continue;
        }
        match said {
            Said::Operand(name) => inputs.push(Input::File(name)),
            Said::Flag(Id::File, mut values) => inputs.extend(values.pop().map(Input::File)),
            Said::Flag(Id::ExprValue, mut values) => inputs.extend(values.pop().map(Input::Text)),
            _ => {}
        }
    }
    let color = flags.color.applies_to_stdout();
    let mut world = World::new(flags, true)?;
    // Scripts see what Nix says; people what helps them.
    if line::is_terminal() {
        world.report_errors(&inputs);
    }
    let session = Session::new(world, inputs, color)?;
    session.run()
}

impl Session {
    fn new(world: World, loaded: Vec<Input>, color: bool) -> Result<Session, Failure> {
        let watch = Watch::new();
        world.catch_interrupt(false);
        let (mut evaluator, arguments) = fresh(&world, &watch)?;
        let scope = Scope::new(&mut evaluator.vm);
        let show_trace = world.errors.show_trace;
        Ok(Session { world, evaluator, arguments, scope, loaded, watch, show_trace, color })
    }

    fn run(mut self) -> Result<(), Failure> {
        output::complain(
            format!(
                "Frazil {} (Nix {})\nType :? for help.\n",
                env!("CARGO_PKG_VERSION"),
                crate::NIX_VERSION
            )
            .as_bytes(),
        );
        self.load_all()?;
        let session = Rc::new(RefCell::new(self));
        let mut lines = Lines::new(&session);
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { PROMPT } else { CONTINUED };
            match lines.next(prompt)? {
                line::Read::Line(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                line::Read::Interrupted => {
                    text.clear();
                    continue;
                }
                line::Read::End => break,
            }
            let mut session = session.borrow_mut();
            let vm = &mut session.evaluator.vm;
            vm.interrupter().reset();
            vm.renew();
            session.world.start_clock();
            match session.line(text.as_bytes()) {
                Ok(Outcome::Quit) => return Ok(()),
                Ok(Outcome::Done) => {}
                Err(Trouble::Incomplete) => continue,
                Err(Trouble::Failure(Failure::Silent)) => return Err(Failure::Silent),
                Err(trouble) => session.complain(trouble),
            }
            lines.remember(text.trim_end());
            text.clear();
            output::print(b"\n")?;
        }
        Ok(())
    }

    /// Shows what went wrong.
    fn complain(&mut self, trouble: Trouble) {
        let text = match trouble {
            Trouble::Incomplete => return,
            Trouble::Text(text) => format!("error: {text}\n").into_bytes(),
            Trouble::Failure(failure) => failure.text("frazil repl", false),
            Trouble::Error(error) => {
                let style = failure::ErrorStyle {
                    show_trace: self.show_trace,
                    ..self.world.errors.clone()
                };
                let mut text = failure::text(&error, &mut self.evaluator.vm, &style);
                text.push(b'\n');
                text
            }
        };
        output::complain(&text);
    }

    /// Loads all files into an empty scope; what cannot be loaded is told and left out.
    fn load_all(&mut self) -> Result<(), Failure> {
        for input in self.loaded.clone() {
            match self.load(&input) {
                Ok(()) => {}
                Err(Trouble::Failure(failure)) => return Err(failure),
                Err(trouble) => self.complain(trouble),
            }
        }
        Ok(())
    }

    /// Puts the attributes of a file into the scope.
    fn load(&mut self, input: &Input) -> Result<(), Trouble> {
        let vm = &mut self.evaluator.vm;
        let value = input.load(&self.world, vm)?;
        let value = self.arguments.call(vm, value)?;
        self.add(value)
    }

    /// Everything anew: files as they are now.
    fn reload(&mut self) -> Result<(), Trouble> {
        let (mut evaluator, arguments) = fresh(&self.world, &self.watch)?;
        self.scope = Scope::new(&mut evaluator.vm);
        self.evaluator = evaluator;
        self.arguments = arguments;
        for input in self.loaded.clone() {
            if let Input::File(name) = &input {
                let name = String::from_utf8_lossy(name);
                output::complain(format!("Loading \"{name}\"...\n").as_bytes());
            }
            self.load(&input)?;
        }
        Ok(())
    }
}

fn fresh(world: &World, watch: &Arc<Watch>) -> Result<(Evaluator, AutoArguments), Failure> {
    let host = ToolHost::new(world.host(), watch);
    // What is printed tells which lists are the same, and optimised code shares more of them than Nix does.
    let mut evaluator = world.evaluator_with(false, Box::new(host), world.settings().clone());
    match AutoArguments::new(world, &mut evaluator.vm) {
        Ok(arguments) => Ok((evaluator, arguments)),
        Err(error) => Err(Failure::of(&error, &mut evaluator.vm, &world.errors)),
    }
}
