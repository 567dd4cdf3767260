//! What an evaluation is given: settings, search path, files, store, messages.
//!
//! In: what the command line said ([`EvalFlags`]) and the environment. Out: [`World`], which makes evaluators, all alike.
//!
//! Layers of the host, from the inside: the system, the folder that derivations are written into, the policy.
//! Not here: what is evaluated.

use crate::config::Config;
use crate::eval_flags::{Argument, EvalFlags};
use crate::failure::{ErrorStyle, Failure, Files, is_within};
use crate::input::Input;
use crate::progress::{self, Progress};
use crate::search_path;
use crate::settings::{cache_folder, lints, settings};
use crate::store_choice::{self, Store};
use crate::tool_host::{ToolHost, Watch};
use frazil::host::{Host, Message};
use frazil::stages::eval::ops::canonical_path;
use frazil::{Evaluator, Options, Settings};
use frazil_hosts::{CodeFolder, FolderStore, Policy, PolicyHost, RealHost};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
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
        settings.write_store = !read_only && !flag && !matches!(store, Store::Nowhere { .. });
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
        if let Some(folder) = &self.cache {
            real = real.with_notes(Arc::clone(folder));
        }
        match &self.store {
            Store::Folder(root) => self.judged(FolderStore::new(real, root)),
            Store::ReadOnly(name) if self.settings.write_store => {
                self.judged(real.with_read_only_store(name))
            }
            Store::ReadOnly(_) | Store::Nowhere { .. } => self.judged(real),
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
