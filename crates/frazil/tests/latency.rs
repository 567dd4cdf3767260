//! How long it takes until an evaluation inside of one long builtin notices that it is to end.
//!
//! A measurement, not a test: `cargo test --release -p frazil --test latency -- --ignored --nocapture` prints milliseconds from the
//! call of `cancel` on another thread to the return of the evaluation, the slowest of ten.
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use frazil::host::{FileType, Message};
use frazil::{ErrorKind, Evaluator, Host, HostError, Interrupter, Options, Settings};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Says when a message is traced, and has one large file.
struct Told(Sender<()>, Vec<u8>);

impl Host for Told {
    fn read_file(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Ok(self.1.clone())
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Err(HostError::NotFound)
    }
    fn file_type(&mut self, _: &[u8]) -> Result<Option<FileType>, HostError> {
        Ok(Some(FileType::Regular { executable: false }))
    }
    fn read_link(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn env(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn now(&mut self) -> i64 {
        0
    }
    fn message(&mut self, _: Message, _: &[u8]) {
        let _ = self.0.send(());
    }
    fn is_valid_path(&mut self, _: &[u8]) -> bool {
        false
    }
}

/// What is made beforehand as `it`, and the one long call.
const LONG: [(&str, &str, &str); 10] = [
    ("match", "text 300000 \"a\"", "builtins.match \"((((((a*)*)*)*)*)*)*b\" it"),
    ("split", "text 20000000 \"a\"", "builtins.length (builtins.split \"(a*)*b\" it)"),
    (
        "sort",
        "builtins.genList (x: 0 - x) 4000000",
        "builtins.length (builtins.sort builtins.lessThan it)",
    ),
    (
        "sort of texts",
        "map toString (builtins.genList (x: 0 - x) 2000000)",
        "builtins.length (builtins.sort builtins.lessThan it)",
    ),
    ("fromJSON", "\"[\" + text 8000000 \"1,\" + \"1]\"", "builtins.length (builtins.fromJSON it)"),
    ("toJSON", "builtins.genList (x: x) 8000000", "builtins.stringLength (builtins.toJSON it)"),
    (
        "replaceStrings",
        "text 40000000 \"ab\"",
        "builtins.stringLength (builtins.replaceStrings [ \"a\" \"b\" ] [ \"cd\" \"\" ] it)",
    ),
    (
        "foldl'",
        "builtins.genList (x: x) 4000000",
        "builtins.foldl' (a: b: a + b) 0 (it ++ it ++ it ++ it)",
    ),
    ("hashString", "text 400000000 \"a\"", "builtins.hashString \"sha512\" it"),
    ("hashFile", "null", "builtins.hashFile \"sha512\" /large"),
];

#[test]
#[ignore = "a measurement"]
fn cancelled_within() {
    for (name, before, call) in LONG {
        let mut slowest = Duration::ZERO;
        for round in 0..10 {
            let (send, receive) = channel();
            let interrupter = Interrupter::default();
            let settings = Settings { interrupter: interrupter.clone(), ..Settings::default() };
            let text = format!(
                "let text = n: s: builtins.concatStringsSep \"\" (builtins.genList (_: s) n); it = {before}; in builtins.deepSeq it (builtins.trace \"go\" ({call}))"
            );
            let host = Told(send, vec![b'x'; 400_000_000]);
            let running = std::thread::spawn(move || {
                let mut evaluator =
                    Evaluator::with_host(settings, Box::new(host), Options::default());
                let ended = evaluator.eval_text(text.as_bytes(), b"/").map(drop);
                (Instant::now(), ended.map_err(|error| error.kind()))
            });
            receive.recv().expect("it is traced");
            std::thread::sleep(Duration::from_millis(5 + 3 * round));
            let start = Instant::now();
            interrupter.cancel();
            let (end, ended) = running.join().expect("no panic");
            if ended == Err(ErrorKind::Cancelled) {
                slowest = slowest.max(end.duration_since(start));
            }
        }
        println!("{:8.3} ms  {name}", slowest.as_secs_f64() * 1000.0);
    }
}
