//! Several evaluators on several threads, with one cache of compiled code and one interrupter between them.
//!
//! Written to be run under ThreadSanitizer, too (CONTRIBUTING.md says how).

use frazil::host::{CodeCache, CodeKey};
use frazil::{ErrorKind, Evaluator, Options, Settings};
use frazil_hosts::MemoryHost;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct Shared(Mutex<HashMap<CodeKey, Vec<u8>>>);

impl CodeCache for Shared {
    fn get(&self, key: &CodeKey) -> Option<Vec<u8>> {
        self.0.lock().expect("no panic").get(key).cloned()
    }
    fn put(&self, key: &CodeKey, bytes: &[u8]) {
        self.0.lock().expect("no panic").insert(*key, bytes.to_vec());
    }
}

fn world() -> MemoryHost {
    let mut host = MemoryHost::new();
    for number in 0..20 {
        let text = format!(
            "let f = n: if n == 0 then {number} else f (n - 1); set = builtins.listToAttrs (builtins.genList (n: {{ name = \"name${{toString n}}\"; value = f n; }}) 40); in builtins.foldl' (a: b: a + b) 0 (builtins.attrValues set) + builtins.length (builtins.filter builtins.isList (builtins.split \"[0-9]\" (builtins.toJSON set)))"
        );
        host.write(format!("/w/{number}.nix").as_bytes(), text.into_bytes());
    }
    host
}

const PROGRAM: &[u8] = b"builtins.genList (n: import (/w + \"/${toString n}.nix\")) 20";

fn answer(cache: Option<Arc<Shared>>) -> Vec<u8> {
    let options = Options { cache: cache.map(|cache| cache as _), ..Options::default() };
    let mut evaluator = Evaluator::with_host(Settings::default(), Box::new(world()), options);
    let value = evaluator.eval_text(PROGRAM, b"/").expect("it evaluates");
    evaluator.show(value).expect("it evaluates")
}

#[test]
fn evaluators_share_code() {
    let expected = answer(None);
    let cache = Arc::new(Shared::default());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let cache = Arc::clone(&cache);
                scope.spawn(move || {
                    (0..3).map(|_| answer(Some(Arc::clone(&cache)))).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in threads {
            for answer in thread.join().expect("no panic") {
                assert_eq!(answer, expected);
            }
        }
    });
    assert!(!cache.0.lock().expect("no panic").is_empty());
}

/// An evaluator is made on one thread and used on another, again and again.
#[test]
fn evaluators_move() {
    let mut evaluator = Evaluator::new(Settings::default());
    for round in 0..8 {
        evaluator = std::thread::spawn(move || {
            let text = format!("builtins.length (builtins.genList (x: x + {round}) 1000)");
            let value = evaluator.eval_text(text.as_bytes(), b"/").expect("it evaluates");
            assert_eq!(evaluator.show(value).expect("it evaluates"), b"1000");
            evaluator
        })
        .join()
        .expect("no panic");
    }
}

/// One interrupter ends all evaluations, each with limits of its own.
#[test]
fn one_interrupter_for_all() {
    let settings = Settings { max_heap: Some(64 << 20), ..Settings::default() };
    let interrupter = settings.interrupter.clone();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let settings = settings.clone();
                scope.spawn(move || {
                    let text = "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 100";
                    let mut evaluator = Evaluator::new(settings);
                    evaluator
                        .eval_text(text.as_bytes(), b"/")
                        .map(drop)
                        .expect_err("endless")
                        .kind()
                })
            })
            .collect();
        interrupter.cancel();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), ErrorKind::Cancelled);
        }
    });
}
