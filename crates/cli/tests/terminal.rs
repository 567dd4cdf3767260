//! The REPL on a terminal: typing, completion, lines that go on, Ctrl-C during an endless evaluation, files loaded again.
//!
//! In: keys, sent to a pseudo-terminal. Out: what the terminal shows. Nothing here sleeps: a key is sent when the program has shown
//! that it waits for one, and what is expected may take a minute. Where no pseudo-terminal can be opened, this says so and passes.
#![allow(clippy::disallowed_methods, reason = "tests write their files")]

use pty_process::blocking::{Command, Pty, open};
use std::io::{Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use xtask::binary::environment;
use xtask::scratch::Scratch;

const PATIENCE: Duration = Duration::from_secs(60);
const PROMPT: &str = "\nnix-repl> ";
const CONTINUED: &str = "\n        > ";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_U: &str = "\x15";
const UP: &str = "\x1b[A";

/// An evaluation that neither ends nor grows.
const ENDLESS: &str = "let l = builtins.genList (x: x) 9000; loop = f: builtins.foldl' (a: _: f a) 0 l; in loop (a: loop (a: loop (a: loop (a: loop (a: a)))))";

struct Terminal {
    keys: Arc<Pty>,
    shown: Receiver<Vec<u8>>,
    /// What was shown and not yet expected, without control sequences.
    text: String,
    /// The start of a control sequence whose end is still to come.
    rest: Vec<u8>,
    child: Child,
}

impl Terminal {
    /// Starts the REPL in a folder; nothing where there are no pseudo-terminals.
    fn start(scratch: &Scratch) -> Option<Terminal> {
        let (keys, screen) = match open() {
            Ok(pair) => pair,
            Err(error) => {
                eprintln!("skipped: no pseudo-terminal can be opened here ({error})");
                return None;
            }
        };
        keys.resize(pty_process::Size::new(24, 100)).expect("a terminal has a size");
        let command = Command::new(env!("CARGO_BIN_EXE_frazil"))
            .arg("repl")
            .current_dir(scratch.path())
            .env_clear()
            .envs(environment(scratch.path()))
            .env("TERM", "xterm");
        let child = command.spawn(screen).expect("the program starts");
        let keys = Arc::new(keys);
        let (sender, shown) = channel();
        let screen = Arc::clone(&keys);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // The end of the program is an error here, on some systems.
            while let Ok(length @ 1..) = (&*screen).read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Terminal { keys, shown, text: String::new(), rest: Vec::new(), child })
    }

    /// Waits until this is shown; what comes before it is forgotten.
    fn expect(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.text.find(text) {
                self.text.drain(..at + text.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(piece) => self.take(&piece),
                Err(ended) => {
                    let why = if ended == RecvTimeoutError::Timeout { "in time" } else { "at all" };
                    let _ = self.child.kill();
                    panic!("{text:?} was not shown {why}; since the last match: {:?}", self.text);
                }
            }
        }
    }

    /// Adds what is shown, without control sequences and carriage returns.
    fn take(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
        let mut at = 0;
        let mut plain = Vec::new();
        while at < self.rest.len() {
            match self.rest[at..] {
                [b'\x1b', b'[', ref inner @ ..] => {
                    let Some(end) = inner.iter().position(|byte| (0x40..=0x7e).contains(byte))
                    else {
                        break;
                    };
                    at += 2 + end;
                }
                [b'\x1b'] => break,
                [b'\x1b', _, ..] => at += 1,
                [b'\r', ..] => {}
                [byte, ..] => plain.push(byte),
                [] => {}
            }
            at += 1;
        }
        self.rest.drain(..at.min(self.rest.len()));
        self.text.push_str(&String::from_utf8_lossy(&plain));
    }

    fn type_keys(&mut self, keys: &str) {
        (&*self.keys).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Types a line at a prompt, waits for an answer and the next prompt.
    fn ask(&mut self, line: &str, answer: &str) {
        self.type_keys(line);
        self.type_keys("\r");
        self.expect(answer);
        self.expect(PROMPT);
    }

    fn end(mut self) -> ExitStatus {
        self.type_keys(CTRL_D);
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program is ours") {
                return status;
            }
            assert!(Instant::now() < end, "the program does not end");
            // What it still shows must be read, or it waits.
            let _ = self.shown.recv_timeout(Duration::from_millis(50));
        }
    }
}

#[test]
fn the_repl_is_driven_by_keys() {
    let scratch = Scratch::new("terminal").expect("a folder of our own");
    let file = scratch.path().join("set.nix");
    std::fs::write(&file, "{ answer = \"first\"; }").expect("a file of our own");
    let Some(mut terminal) = Terminal::start(&scratch) else { return };
    terminal.expect(PROMPT);
    terminal.ask("20 + 22", "\n42\n");

    // Completion of an attribute, and of a name that was bound here.
    terminal.type_keys("builtins.concatStringsS\t");
    terminal.expect("concatStringsSep");
    terminal.ask(" \"-\" [ \"a\" \"b\" ]", "\n\"a-b\"\n");
    terminal.ask("something-long = 1000", "");
    terminal.type_keys("something-\t");
    terminal.expect("something-long");
    terminal.ask(" + 1", "\n1001\n");

    // Lines that go on.
    terminal.type_keys("let q = 7;\r");
    terminal.expect(CONTINUED);
    terminal.ask("in q * 6 + 1", "\n43\n");

    // An endless evaluation is ended, and says where it was.
    terminal.type_keys(&format!("builtins.trace \"started\" ({ENDLESS})\r"));
    terminal.expect("trace: started");
    terminal.type_keys(CTRL_C);
    terminal.expect("error: interrupted by the user");
    terminal.expect("«string»:1:");
    terminal.expect(PROMPT);
    terminal.ask("100 + 4", "\n104\n");

    // Completion gives up on what takes long; Ctrl-C at the prompt drops the line.
    terminal.ask(&format!("slow = {ENDLESS}"), "");
    terminal.type_keys(&format!("slow.\t{CTRL_U}"));
    terminal.ask("100 + 5", "\n105\n");
    terminal.type_keys("1 + thrown-away");
    terminal.expect("thrown-away");
    terminal.type_keys(CTRL_C);
    terminal.expect(PROMPT);
    terminal.ask("2 * 53", "\n106\n");
    terminal.ask(UP, "\n106\n");

    // Errors in the middle: of a value, of a line, of a text that is no expression.
    terminal.ask("[ 1 (throw \"inside\") 3 ]", "«error: inside»");
    terminal.ask("throw (\"bo\" + \"om\")", "error: boom");
    terminal.ask("1 + )", "error: syntax error");
    terminal.ask(":nonsense", "error: unknown command ':nonsense'");

    // A file that changes.
    terminal.ask(":l ./set.nix", "Added 1 variables.");
    terminal.ask("answer", "\n\"first\"\n");
    std::fs::write(&file, "{ answer = \"second\"; more = 1; }").expect("a file of our own");
    terminal.ask(":r", "Added 2 variables.");
    terminal.ask("answer", "\n\"second\"\n");
    assert!(terminal.end().success());
}
