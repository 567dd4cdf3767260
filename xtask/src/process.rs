//! Running an outside program to its end, with a limit on its time.
//!
//! In:  program, arguments, a whole environment, a working folder, text for its standard input.
//! Out: status, both output streams, and what it used.
//!
//! Invariants
//! - The environment is exactly what the caller says; nothing is inherited.
//! - A program that outlives its limit is ended by its own handle and reported as such. The limit is a safety net, never a measure.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use wait4::Wait4;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Call {
    /// The program and the arguments that always come first.
    pub program: Vec<OsString>,
    /// The arguments of this call.
    pub args: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(String, OsString)>,
    /// Where it runs.
    pub folder: PathBuf,
    /// What it reads on standard input.
    pub stdin: Vec<u8>,
    /// When it is ended.
    pub limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// The exit status; none if a signal ended it.
    pub status: Option<i32>,
    /// It was ended for outliving its limit.
    pub timed_out: bool,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// What it used, the programs it waited for included.
    pub usage: Usage,
}

/// What a program used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time, the system's share included.
    pub processor: Duration,
    /// The most memory it had at one time, in bytes. What we have when we start it is the least that can be seen.
    pub peak: u64,
}

impl Ran {
    /// It ended by itself with status 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// How it ended, for people.
    #[must_use]
    pub fn ending(&self) -> String {
        match self.status {
            _ if self.timed_out => "ended for taking too long".into(),
            Some(code) => format!("exit status {code}"),
            None => "ended by a signal".into(),
        }
    }
}

/// The words of a call as a shell would see them; `'…'` and `"…"` keep blanks, nothing else is special.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (' ', None) => words.extend(word.take()),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

impl Call {
    /// A call of `program` (words separated by spaces) in `folder` with nothing else set.
    #[must_use]
    pub fn new(program: &str, folder: &Path) -> Self {
        Self {
            program: program.split_whitespace().map(OsString::from).collect(),
            args: Vec::new(),
            env: Vec::new(),
            folder: folder.to_path_buf(),
            stdin: Vec::new(),
            limit: Duration::from_secs(60),
        }
    }

    /// The same call with these arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Runs it to its end.
    pub fn run(&self) -> Result<Ran, String> {
        let [program, first @ ..] = self.program.as_slice() else {
            return Err("no program to run".into());
        };
        let mut child = Command::new(program)
            .args(first)
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        feed(&mut child, self.stdin.clone());
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        collect(child, &stdout, &stderr, Instant::now() + self.limit)
    }
}

/// Writes the input from a thread of its own, so that a program that answers while reading cannot block us.
/// A program may end without reading: that is its business, so errors are not looked at.
fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || stdin.write_all(&input).ok());
    }
}

fn drain(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).ok();
        }
        send.send(bytes).ok();
    });
    receive
}

fn collect(
    mut child: Child,
    stdout: &Receiver<Vec<u8>>,
    stderr: &Receiver<Vec<u8>>,
    until: Instant,
) -> Result<Ran, String> {
    let mut timed_out = false;
    let mut receive = |stream: &Receiver<Vec<u8>>, child: &mut Child| {
        let left = until.saturating_duration_since(Instant::now());
        match stream.recv_timeout(left) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Disconnected) => Vec::new(),
            Err(RecvTimeoutError::Timeout) => {
                timed_out = true;
                child.kill().ok();
                stream.recv_timeout(Duration::from_secs(5)).unwrap_or_default()
            }
        }
    };
    let stdout = receive(stdout, &mut child);
    let stderr = receive(stderr, &mut child);
    let ended = child.wait4().map_err(|error| format!("cannot wait for a program: {error}"))?;
    let used = ended.rusage;
    let usage = Usage { processor: used.utime + used.stime, peak: used.maxrss };
    Ok(Ran { status: ended.status.code(), timed_out, stdout, stderr, usage })
}
