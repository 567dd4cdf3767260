//! The embedding API: one evaluator, what it is given, what it is asked.
//!
//! In: settings, a host, texts and files. Out: values and their forms. Every method that evaluates may be called again after
//! an error. Not here: command lines, terminals, files of settings (`frazil-cli`).

use crate::loader::{CodeLoader, Options};
use frazil_base::Origin;
use frazil_eval::host::{Host, NoHost};
use frazil_eval::ops::ShowOptions;
use frazil_eval::{Error, Settings, Value, Vm};

/// An evaluator: machine, builtins, parser and compiler together.
pub struct Evaluator {
    /// The machine, for everything this API has no shorthand for.
    pub vm: Vm,
}

impl Evaluator {
    /// An evaluator without access to anything: no files, no environment, no clock.
    pub fn new(settings: Settings) -> Evaluator {
        Evaluator::with_host(settings, Box::new(NoHost), Options::default())
    }

    /// An evaluator that sees the world through `host`.
    pub fn with_host(settings: Settings, host: Box<dyn Host>, options: Options) -> Evaluator {
        let builtins = frazil_builtins::builtins(&settings);
        let mut vm = Vm::new(settings, builtins, Box::new(CodeLoader::new(options)), host);
        vm.internal_files.extend(frazil_builtins::FILES.iter().copied());
        Evaluator { vm }
    }

    /// The value of an expression, in weak head normal form; relative paths start at `directory`.
    ///
    /// # Errors
    /// Syntax errors, undefined variables, and whatever the evaluation ends with.
    pub fn eval_text(&mut self, text: &[u8], directory: &[u8]) -> Result<Value, Error> {
        self.vm.renew();
        let source = self.vm.add_source(Origin::String, text.into())?;
        let value = self.vm.load(source, directory, None, false)?;
        self.vm.force(value)
    }

    /// The value of a file (or a directory's `default.nix`), in weak head normal form.
    ///
    /// # Errors
    /// As `eval_text`, and the host's.
    pub fn eval_file(&mut self, path: &[u8]) -> Result<Value, Error> {
        self.vm.renew();
        let value = self.vm.import(path)?;
        self.vm.force(value)
    }

    /// A value as `nix-instantiate --eval --strict` prints it: everything in it is forced.
    ///
    /// # Errors
    /// Whatever forcing ends with.
    pub fn show(&mut self, value: Value) -> Result<Vec<u8>, Error> {
        self.vm.show(value, ShowOptions::STRICT)
    }
}
