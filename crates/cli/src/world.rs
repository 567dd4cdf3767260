//! What an evaluation is given: settings, search path, files, store, messages.
//!
//! In: what the command line said ([`EvalFlags`]) and the environment. Out: [`World`], which makes evaluators, all alike.
//!
//! Layers of the host, from the inside: the system, the folder that derivations are written into, the policy.
//! Not here: what is evaluated.

use crate::config::{self, Config, Refusal};
use crate::failure::{ErrorStyle, Failure, Files, When, is_within};
use crate::flags::{Id, Said};
use crate::input::Input;
use crate::progress::{self, Progress};
use crate::search_path;
use crate::store_choice::{self, Store};
use crate::tool_host::{ToolHost, Watch};
use frazil::host::{Host, Message};
use frazil::stages::eval::ops::canonical_path;
use frazil::stages::syntax::{Lint, Lints};
use frazil::{Evaluator, Options, Settings};
use frazil_hosts::{CodeFolder, FolderStore, Policy, PolicyHost, RealHost};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A variable of the environment as bytes.
pub(crate) fn bytes_of(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec)
}

/// The working folder.
pub(crate) fn working_folder() -> Vec<u8> {
    std::env::current_dir()
        .map_or_else(|_| b"/".to_vec(), |folder| folder.into_os_string().into_vec())
}

/// Where an automatic argument comes from.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// An expression.
    Expression(Vec<u8>),
    /// A string.
    Text(Vec<u8>),
}

/// What flags say about evaluation.
#[derive(Debug, Default)]
pub(crate) struct EvalFlags {
    /// Settings from files, the environment and flags.
    pub(crate) config: Config,
    /// The search path was set by a flag, which counts more than NIX_PATH.
    search_path_set: bool,
    /// What flags add to the search path of settings or NIX_PATH.
    search_path_added: Vec<Vec<u8>>,
    /// `-I`, in order.
    pub(crate) include: Vec<Vec<u8>>,
    /// `--arg` and its kin, in order.
    pub(crate) arguments: Vec<(Vec<u8>, Argument)>,
    /// `--store`
    pub(crate) store: Option<Vec<u8>>,
    /// Nothing is written.
    pub(crate) read_only: bool,
    /// Counters are printed.
    pub(crate) stats: bool,
    /// Errors are JSON.
    pub(crate) json_errors: bool,
    /// Colours in messages.
    pub(crate) color: When,
    /// Resolved files are neither looked for nor kept.
    no_code_cache: bool,
}

impl EvalFlags {
    /// Those of the environment.
    ///
    /// # Errors
    /// A file of settings is wrong.
    pub(crate) fn new() -> Result<EvalFlags, Failure> {
        Ok(EvalFlags { config: config::load()?, ..EvalFlags::default() })
    }

    /// Takes a flag if it is one of evaluation.
    ///
    /// # Errors
    /// Its value is wrong.
    pub(crate) fn take(&mut self, said: &Said) -> Result<bool, Failure> {
        match said {
            Said::Setting(name, value) => self.set(name, value)?,
            Said::Flag(id, values) => return self.take_flag(*id, values),
            Said::Operand(_) => return Ok(false),
        }
        Ok(true)
    }

    fn take_flag(&mut self, id: Id, values: &[Vec<u8>]) -> Result<bool, Failure> {
        let value = |index: usize| values.get(index).cloned().unwrap_or_default();
        match id {
            // Nix only warns of values it cannot use here.
            Id::Option => match self.set(&value(0), &value(1)) {
                Err(Refusal::Value(wrong)) => crate::output::warn(&wrong),
                result => result?,
            },
            Id::MaxJobs => self.set(b"max-jobs", &value(0))?,
            Id::Number => drop(config::number(&value(0)).map_err(Failure::Usage)?),
            Id::Include => self.include.push(value(0)),
            Id::Arg => self.argument(value(0), Argument::Expression(value(1))),
            Id::ArgStr => self.argument(value(0), Argument::Text(value(1))),
            Id::ArgFromFile => {
                let text = read_argument(&value(1))?;
                self.argument(value(0), Argument::Text(text));
            }
            Id::ArgFromStdin => {
                let text = read_stdin()?;
                self.argument(value(0), Argument::Text(text));
            }
            Id::Impure => self.config.set(b"pure-eval", b"false")?,
            Id::Timeout => self.set(b"eval-timeout", &value(0))?,
            Id::ShowTrace => self.config.set(b"show-trace", b"true")?,
            Id::Store => self.store = Some(store_choice::named(value(0))?),
            Id::EvalStore => drop(store_choice::named(value(0))?),
            Id::OverrideFlake => self.override_flake()?,
            Id::ReadOnly => self.read_only = true,
            Id::Stats => self.stats = true,
            Id::NoCodeCache => self.no_code_cache = true,
            Id::ErrorFormat => self.json_errors = is_json(&value(0))?,
            Id::Color => {
                let word = value(0);
                self.color = When::from_word(&word).ok_or_else(|| wrong_word("--color", &word))?;
            }
            Id::LogFormat => check_log_format(&value(0))?,
            Id::Verbose | Id::Quiet | Id::Debug | Id::Ignored => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// There are no flakes here to override; Nix does not know the flag without them.
    fn override_flake(&self) -> Result<(), Failure> {
        if self.config.has_feature("flakes") {
            return Ok(());
        }
        let text = "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it";
        Err(Failure::Plain(text.into()))
    }

    fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        if name == b"extra-nix-path" && !self.search_path_set {
            let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            self.search_path_added.extend(words.map(<[u8]>::to_vec));
            return Ok(());
        }
        self.config.set(name, value)?;
        if name == b"nix-path" {
            self.search_path_set = true;
            self.search_path_added.clear();
        }
        Ok(())
    }

    fn argument(&mut self, name: Vec<u8>, argument: Argument) {
        self.arguments.retain(|(known, _)| *known != name);
        self.arguments.push((name, argument));
    }
}

fn wrong_word(flag: &str, word: &[u8]) -> Failure {
    Failure::Usage(format!("'{}' is no value of '{flag}'", String::from_utf8_lossy(word)))
}

fn check_log_format(word: &[u8]) -> Result<(), Failure> {
    match word {
        b"raw" | b"internal-json" | b"bar" | b"bar-with-logs" => Ok(()),
        word => {
            let word = String::from_utf8_lossy(word);
            Err(Failure::Plain(format!("option 'log-format' has an invalid value '{word}'")))
        }
    }
}

fn is_json(word: &[u8]) -> Result<bool, Failure> {
    match word {
        b"json" => Ok(true),
        b"text" => Ok(false),
        word => Err(wrong_word("--error-format", word)),
    }
}

fn read_argument(path: &[u8]) -> Result<Vec<u8>, Failure> {
    let path = PathBuf::from(OsStr::from_bytes(path));
    std::fs::read(&path).map_err(|error| {
        Failure::Plain(format!("opening file \"{}\": {}", path.display(), system_text(&error)))
    })
}

/// What the system says, without Rust's number.
pub(crate) fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}

/// All of standard input.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut text);
    read.map_err(|error| {
        Failure::Plain(format!("reading standard input: {}", system_text(&error)))
    })?;
    Ok(text)
}

/// Messages shown so far, and how many of the next ones were shown by an earlier evaluation already.
#[derive(Debug, Default)]
struct Messages {
    shown: usize,
    skip: usize,
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct World {
    settings: Settings,
    config: Config,
    store: Store,
    messages: Arc<Mutex<Messages>>,
    /// What relative paths start from.
    pub(crate) folder: Vec<u8>,
    /// `--arg` and its kin.
    pub(crate) arguments: Vec<(Vec<u8>, Argument)>,
    /// Counters are printed.
    pub(crate) stats: bool,
    /// How errors are told.
    pub(crate) errors: ErrorStyle,
    /// Set by Ctrl-C.
    pub(crate) cancel: Arc<AtomicBool>,
    /// Which evaluation the clock runs for.
    turn: Arc<AtomicU64>,
    /// Whether unoptimised code was asked for, for everything.
    unoptimised: bool,
    /// Where resolved files are kept.
    cache: Option<Arc<CodeFolder>>,
}

impl Drop for World {
    /// Evaluators are forgotten rather than dropped, and they share the cache.
    fn drop(&mut self) {
        if let Some(cache) = &self.cache {
            cache.finish();
        }
    }
}

impl World {
    /// The world that flags and environment describe. `read_only`: nothing is written whatever the store.
    ///
    /// # Errors
    /// The store named is of no known kind.
    pub(crate) fn new(flags: EvalFlags, read_only: bool) -> Result<World, Failure> {
        let EvalFlags {
            config,
            search_path_set,
            search_path_added,
            include,
            arguments,
            store,
            read_only: flag,
            stats,
            json_errors,
            color,
            no_code_cache,
        } = flags;
        let folder = working_folder();
        for warning in config.warnings() {
            crate::output::warn(&warning);
        }
        let store = store_choice::choose(store, &config)?;
        let mut settings = settings(&config);
        settings.write_store = !read_only && !flag && matches!(store, Store::Folder(_));
        let searched =
            search_path::Said { include, is_set: search_path_set, added: search_path_added };
        settings.search_path = search_path::of(searched, &config, &folder);
        let cancel = settings.interrupter.cancel_flag();
        let errors = ErrorStyle {
            show_trace: config.is_on("show-trace"),
            json: json_errors,
            color: color.applies(),
            report: None,
        };
        let unoptimised = bytes_of("FRAZIL_OPT").is_some_and(|value| value == b"off");
        Ok(World {
            settings,
            config,
            store,
            messages: Arc::default(),
            folder,
            arguments,
            stats,
            errors,
            cancel,
            turn: Arc::default(),
            unoptimised,
            cache: cache_folder().filter(|_| !no_code_cache),
        })
    }

    /// From now on errors are told in our own form: frames of these inputs' folders and of the working folder are the
    /// program's own.
    pub(crate) fn report_errors(&mut self, inputs: &[Input]) {
        let mut own: Vec<Vec<u8>> =
            inputs.iter().filter_map(|input| input.own_folder(&self.folder)).collect();
        let mut libraries: Vec<Vec<u8>> =
            self.settings.search_path.iter().map(|(_, path)| canonical_path(path)).collect();
        libraries.push(self.settings.store_dir.clone());
        libraries.retain(|library| !own.iter().any(|own| is_within(own, library)));
        if self.folder != b"/" {
            own.push(self.folder.clone());
        }
        let folder = self.folder.clone();
        self.errors.report = Some(Files { folder, own, libraries });
    }

    /// From now on Ctrl-C ends the evaluation with an error that says where it was; a second one during the same evaluation
    /// ends the program, if that is wanted.
    pub(crate) fn catch_interrupt(&self, second_ends: bool) {
        use signal_hook::{consts::SIGINT, flag};
        // Where this does not work, Ctrl-C ends the program at once.
        if second_ends {
            let _ = flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&self.cancel));
        }
        let _ = flag::register(SIGINT, Arc::clone(&self.cancel));
    }

    /// From now on the evaluation has the time allowed; an earlier start no longer counts.
    pub(crate) fn start_clock(&self) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(seconds) = self.config.number("eval-timeout") else { return };
        let (turns, interrupter) = (Arc::clone(&self.turn), self.settings.interrupter.clone());
        // Without a thread there is no limit on time; the evaluation is still right.
        let _ = std::thread::Builder::new().name("clock".into()).spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            if turns.load(Ordering::Relaxed) == turn {
                interrupter.time_out();
            }
        });
    }

    /// Whether derivations are meant to be written and there is nowhere to write them.
    pub(crate) fn lacks_store(&self, read_only: bool) -> bool {
        !read_only && self.store == Store::Nowhere { asked: false }
    }

    /// Whether evaluators make unoptimised code whatever they are asked for.
    pub(crate) fn is_unoptimised(&self) -> bool {
        self.unoptimised
    }

    /// The settings of its evaluators.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The next evaluator does all again that the last one did: messages already shown are not shown again.
    pub(crate) fn start_again(&self) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.skip = messages.shown;
        messages.shown = 0;
    }

    /// An evaluator; on a terminal it tells what it does if that takes long, as long as what comes with it lives. An
    /// optimising one may end with `PlainCode`: then another is to start again.
    pub(crate) fn evaluator(&self, optimise: bool) -> (Evaluator, Option<Progress>) {
        let plain_code_at_hand = optimise && !self.unoptimised;
        let settings = Settings { plain_code_at_hand, ..self.settings.clone() };
        if !progress::is_wanted() {
            return (self.evaluator_with(optimise, self.host(), settings), None);
        }
        let watch = Watch::new();
        let host = Box::new(ToolHost::new(self.host(), &watch));
        let evaluator = self.evaluator_with(optimise, host, settings);
        (evaluator, Some(Progress::new(watch)))
    }

    /// An evaluator with another host or other settings.
    pub(crate) fn evaluator_with(
        &self,
        optimise: bool,
        host: Box<dyn Host>,
        settings: Settings,
    ) -> Evaluator {
        let options = Options {
            optimise: optimise && !self.unoptimised,
            lints: lints(&self.config),
            cache: self.cache.clone().map(|cache| cache as _),
        };
        let mut evaluator = Evaluator::with_host(settings, host, options);
        crate::stats::start_if_asked(self, &mut evaluator.vm);
        evaluator
    }

    /// The host of its evaluators.
    pub(crate) fn host(&self) -> Box<dyn Host> {
        let messages = Arc::clone(&self.messages);
        let mut real = RealHost::new().with_messages(move |kind, text| show(&messages, kind, text));
        if let Some(bytes) = self.config.number("max-file-size") {
            real = real.with_max_file_size(bytes);
        }
        match &self.store {
            Store::Folder(root) => self.judged(FolderStore::new(real, root)),
            Store::Nowhere { .. } => self.judged(real),
        }
    }

    fn judged<H: Host + 'static>(&self, host: H) -> Box<dyn Host> {
        let mut policy = if self.settings.restricted {
            Policy::restricted()
        } else if self.settings.pure {
            Policy::pure()
        } else {
            return Box::new(host);
        };
        if self.settings.restricted {
            for (_, path) in &self.settings.search_path {
                policy = policy.allow(path);
                let real = std::fs::canonicalize(OsStr::from_bytes(path));
                if let Ok(real) = real {
                    policy = policy.allow(real.as_os_str().as_bytes());
                }
            }
            for pattern in self.config.list("allowed-uris") {
                policy = policy.allow_uri(&pattern);
            }
        }
        Box::new(PolicyHost::new(host, policy))
    }
}

fn show(messages: &Mutex<Messages>, kind: Message, text: &[u8]) {
    let mut messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
    messages.shown += 1;
    if messages.skip >= messages.shown {
        return;
    }
    crate::output::message(kind, text);
}

fn lints(config: &Config) -> Lints {
    let lint = |name: &str| match config.text(name) {
        Some(b"warn") => Lint::Warn,
        Some(b"fatal") => Lint::Fatal,
        _ => Lint::Ignore,
    };
    let short_paths = match lint("lint-short-path-literals") {
        Lint::Ignore if config.is_on("warn-short-path-literals") => Lint::Warn,
        said => said,
    };
    let absolute_paths = lint("lint-absolute-path-literals");
    Lints { urls: lint("lint-url-literals"), short_paths, absolute_paths }
}

fn settings(config: &Config) -> Settings {
    let mut settings = Settings {
        pure: config.is_on("pure-eval"),
        restricted: config.is_on("restrict-eval"),
        trace_verbose: config.is_on("trace-verbose"),
        abort_on_warn: config.is_on("abort-on-warn") || truth("NIX_ABORT_ON_WARN"),
        import_from_derivation: config.switch("allow-import-from-derivation").unwrap_or(true),
        gc_stress: bytes_of("FRAZIL_GC").is_some_and(|value| value == b"stress"),
        ..Settings::default()
    };
    settings.max_heap =
        config.number("max-heap").map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    settings.max_steps = config.number("max-steps");
    settings.max_imports = config.number("max-imports");
    settings.max_output = config.number("max-output");
    if let Some(depth) = config.number("max-call-depth") {
        settings.max_call_depth = u32::try_from(depth).unwrap_or(u32::MAX);
    }
    let named = ["eval-system", "system"].iter().filter_map(|name| config.text(name));
    let system = named.filter(|text| !text.is_empty()).map(<[u8]>::to_vec).next();
    settings.system = Some(system.unwrap_or_else(|| native_system().into_bytes()));
    let features = config.list("experimental-features").into_iter();
    settings.features = features.filter_map(|name| String::from_utf8(name).ok()).collect();
    if let Some(folder) = bytes_of("NIX_STORE_DIR").filter(|folder| folder.starts_with(b"/")) {
        settings.store_dir = canonical_path(&folder);
    }
    settings
}

fn truth(variable: &str) -> bool {
    bytes_of(variable).is_some_and(|value| matches!(value.as_slice(), b"1" | b"yes" | b"true"))
}

fn native_system() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86" => "i686",
        arch => arch,
    };
    format!("{arch}-{os}")
}

/// Bytes that resolved files may take on disk: five times what all of nixpkgs does.
const CODE_CACHE: u64 = 256 << 20;

/// The folder for resolved files: what FRAZIL_CODE_CACHE names (`off`: none), or `frazil` where a user's caches are.
fn cache_folder() -> Option<Arc<CodeFolder>> {
    let path = |name: &str| bytes_of(name).filter(|path| path.starts_with(b"/"));
    let folder = match bytes_of("FRAZIL_CODE_CACHE") {
        Some(word) if word == b"off" => return None,
        Some(folder) => folder,
        None => match (path("XDG_CACHE_HOME"), path("HOME")) {
            (Some(caches), _) => [&caches, b"/frazil".as_slice()].concat(),
            (None, Some(home)) => [&home, b"/.cache/frazil".as_slice()].concat(),
            (None, None) => return None,
        },
    };
    Some(Arc::new(CodeFolder::new(PathBuf::from(OsStr::from_bytes(&folder)), CODE_CACHE)))
}
