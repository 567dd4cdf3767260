//! A file that a cache has in resolved form, or in code, means what it means when it is parsed: values, errors with their positions
//! and traces, and warnings, for the program of every golden case.
//!
//! Of the evaluators that start from kept files one has met the names of each before in another order, so that symbols have other
//! numbers than in the evaluator that kept them.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use frazil::host::{CodeCache, CodeKey};
use frazil::{Evaluator, Options, RenderOptions, Settings, ShowOptions, render};
use frazil_hosts::MemoryHost;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct InMemory {
    kept: Mutex<HashMap<CodeKey, Vec<u8>>>,
    found: AtomicU32,
    /// After so many answers it gives none any more.
    answers: Option<u32>,
}

impl CodeCache for InMemory {
    fn get(&self, key: &CodeKey) -> Option<Vec<u8>> {
        if self.answers.is_some_and(|answers| self.found.load(Ordering::Relaxed) >= answers) {
            return None;
        }
        let bytes = self.kept.lock().expect("not poisoned").get(key).cloned();
        self.found.fetch_add(u32::from(bytes.is_some()), Ordering::Relaxed);
        bytes
    }
    fn put(&self, key: &CodeKey, bytes: &[u8]) {
        self.kept.lock().expect("not poisoned").insert(*key, bytes.to_vec());
    }
}

/// The `nix` blocks of all cases below a folder, by the cases' paths.
fn programs(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            programs(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let block = text.split_once("```nix\n").and_then(|(_, rest)| rest.split_once("\n```"));
            if let Some((program, _)) = block {
                into.push((path.display().to_string(), program.to_string()));
            }
        }
    }
}

/// Words that look like names, each once, the last first, as a list of sets: to be met before the program is.
fn names_backwards(program: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names: Vec<&str> = program.split(|c| !is_part(c)).collect();
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    names.reverse();
    let sets: Vec<String> = names.iter().map(|name| format!("{{ \"{name}\" = 1; }}")).collect();
    format!("[ {} ]", sets.join(" "))
}

/// What a program shows or how it fails, with everything that is said on the way.
fn outcome(program: &str, before: &str, optimise: bool, cache: Option<Arc<InMemory>>) -> String {
    // A text must be worth keeping.
    let padded = format!("{program}\n#{}", " ".repeat(200));
    let host = MemoryHost::new().with_file("/dir/main.nix", padded).with_env("HOME", "/home/me");
    let cache = cache.map(|cache| cache as Arc<dyn CodeCache>);
    let options = Options { optimise, cache, ..Options::default() };
    let settings = Settings { max_steps: Some(2_000_000), ..Settings::default() };
    let mut evaluator = Evaluator::with_host(settings, Box::new(host), options);
    evaluator.eval_text(before.as_bytes(), b"/").expect("names");
    let value = evaluator.eval_file(b"/dir/main.nix");
    let shown = value.and_then(|value| evaluator.vm.show(value, ShowOptions::STRICT));
    evaluator.vm.keep_code();
    let text = shown.unwrap_or_else(|error| {
        let options = RenderOptions { show_trace: true, ..RenderOptions::default() };
        render(&error, &evaluator.vm.sources, options, &mut |_| None)
    });
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn kept_files_mean_what_parsed_ones_mean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let mut all = Vec::new();
    programs(&folder, &mut all);
    assert!(all.len() > 700, "only {} programs", all.len());
    let (mut found, mut kept, mut lost) = (0, 0, 0);
    for (case, program) in &all {
        // What this shows depends on the numbers of symbols by its nature: which of several wrong names is told first.
        for optimise in [true, false] {
            let cache = Arc::new(InMemory::default());
            let before = names_backwards(program);
            let plain = outcome(program, &before, optimise, None);
            let keeping = outcome(program, "[ ]", optimise, Some(Arc::clone(&cache)));
            let starting = outcome(program, &before, optimise, Some(Arc::clone(&cache)));
            assert_eq!(starting, plain, "{case} from the cache, optimise: {optimise}");
            let forwards = outcome(program, "[ ]", optimise, None);
            assert_eq!(keeping, forwards, "{case} while keeping, optimise: {optimise}");
            let again = outcome(program, "[ ]", optimise, Some(Arc::clone(&cache)));
            assert_eq!(again, forwards, "{case} from code, optimise: {optimise}");
            found += cache.found.load(Ordering::Relaxed);
            let all = cache.kept.lock().expect("not poisoned").clone();
            kept += all.len();
            // A cache that has forgotten the tree when it is needed. What is told of errors is less then.
            let forgetful = Arc::new(InMemory {
                kept: Mutex::new(all),
                answers: Some(1),
                ..InMemory::default()
            });
            let without = outcome(program, &before, optimise, Some(Arc::clone(&forgetful)));
            if !plain.starts_with("error:") {
                assert_eq!(without, plain, "{case} without its tree, optimise: {optimise}");
                lost += forgetful.found.load(Ordering::Relaxed);
            }
        }
    }
    // Most are kept, the tree and the code: what is not has an error of syntax or a warning, or says where it lies.
    assert!(kept > 2 * all.len(), "only {kept} kept of {} programs", all.len());
    assert!(found as usize >= kept, "{found} found of {kept}");
    assert!(lost as usize > all.len() / 2, "only {lost} lost of {}", all.len());
}
