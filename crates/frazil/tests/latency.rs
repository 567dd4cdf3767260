//! How long an evaluation inside of one long builtin goes without looking whether it is to end, and how long it takes to end.
//!
//! A measurement, not a test: `cargo test --release -p frazil --test latency -- --ignored --nocapture` prints for each call how long it
//! takes, the longest time between two looks, and the time from `cancel` on another thread to the return, in milliseconds. Of several
//! runs the best is printed: what neighbours on the machine add is not meant. `FRAZIL_LATENCY=WORD` measures the calls with that word
//! in their names, `FRAZIL_ROUNDS=N` runs each so often (3).
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use frazil::host::{FileType, Message};
use frazil::{ErrorKind, Evaluator, Host, HostError, Interrupter, Options, Settings};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

mod long_calls;

/// Says when a message is traced, and has large files.
struct Told(Sender<()>);

impl Host for Told {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        Ok(long_calls::file(path))
    }
    fn read_file_in_pieces(
        &mut self,
        _: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        let piece = vec![b'x'; 64 << 10];
        let count = (0..6400).take_while(|_| sink(&piece)).count();
        Ok((count * piece.len()) as u64)
    }
    fn file_size(&mut self, _: &[u8]) -> Result<u64, HostError> {
        Ok(6400 * (64 << 10))
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Ok((0..500_000).map(|n| (format!("file{n}").into(), FileType::Directory)).collect())
    }
    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        let folder = matches!(path, b"/" | b"/folder");
        Ok(Some(if folder { FileType::Directory } else { FileType::Regular { executable: false } }))
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

/// A run that was started and is inside of the long call, and how to end it.
struct Running {
    thread: std::thread::JoinHandle<(Instant, Option<ErrorKind>)>,
    started: Receiver<()>,
    interrupter: Interrupter,
}

fn start(before: &str, call: &str) -> Running {
    let (send, started) = channel();
    let interrupter = Interrupter::default();
    let settings = Settings { interrupter: interrupter.clone(), ..Settings::default() };
    let text = format!(
        "let text = n: s: if n == 1 then s else let half = text (n / 2) s; in half + half; \
         it = {before}; in builtins.deepSeq it (builtins.trace \"go\" ({call}))"
    );
    let thread = std::thread::spawn(move || {
        let mut evaluator =
            Evaluator::with_host(settings, Box::new(Told(send.clone())), Options::default());
        let shown =
            evaluator.eval_text(text.as_bytes(), b"/").and_then(|value| evaluator.show(value));
        let ended = Instant::now();
        // Giving back what it holds is no part of the evaluation.
        let _ = send.send(());
        (ended, shown.err().map(|error| error.kind()))
    });
    started.recv().expect("it is traced");
    Running { thread, started, interrupter }
}

impl Running {
    /// How long it runs, and the longest time between two looks.
    fn watch(self) -> (Duration, Duration, Option<ErrorKind>) {
        let begin = Instant::now();
        let (mut looks, mut since, mut longest) = (self.interrupter.looks(), begin, Duration::ZERO);
        loop {
            let now = Instant::now();
            let seen = self.interrupter.looks();
            longest = longest.max(now - since);
            if seen != looks {
                (looks, since) = (seen, now);
            }
            if self.started.try_recv().is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        let (end, error) = self.thread.join().expect("no panic");
        (end - begin, longest, error)
    }

    /// How long it takes to end when it is told to after some time.
    fn cancel_after(self, time: Duration) -> Duration {
        std::thread::sleep(time);
        let start = Instant::now();
        self.interrupter.cancel();
        let (end, _) = self.thread.join().expect("no panic");
        end.saturating_duration_since(start)
    }
}

#[test]
#[ignore = "a measurement"]
fn cancelled_within() {
    let wanted = std::env::var("FRAZIL_LATENCY").unwrap_or_default();
    let rounds = std::env::var("FRAZIL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    println!("   takes  between looks  to the end");
    for (name, before, call) in long_calls::LONG {
        if !name.contains(&wanted) {
            continue;
        }
        let (mut takes, mut looks, mut ends) = (Duration::MAX, Duration::MAX, Duration::MAX);
        for _ in 0..rounds {
            let (all, longest, error) = start(before, call).watch();
            if let Some(error) = error {
                println!("{name} fails: {error:?}");
            }
            (takes, looks) = (takes.min(all), looks.min(longest));
            ends = ends.min(start(before, call).cancel_after(takes.mul_f64(0.6)));
        }
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        println!("{:8.0} {:14.1} {:11.1}  {name}", ms(takes), ms(looks), ms(ends));
    }
}
