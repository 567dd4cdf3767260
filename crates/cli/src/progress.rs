//! One line on a terminal that says what a long evaluation is doing.
//!
//! In: a [`Watch`]. Out: after half a second, on standard error, files read, the last of them, time and memory, renewed five times
//! a second. Nothing when standard error is no terminal. Whoever prints clears the line first.

use crate::tool_host::Watch;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(500);
const NEXT: Duration = Duration::from_millis(200);
/// The least width of a terminal that is counted on.
const WIDTH: usize = 79;

/// Whether the line stands on the terminal now.
static SHOWN: Mutex<bool> = Mutex::new(false);
/// Whether any line was ever asked for: printing without one takes no lock.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The line, as long as this lives.
pub(crate) struct Progress {
    ended: Arc<AtomicBool>,
}

/// Whether standard error is a place for such a line.
pub(crate) fn is_wanted() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

impl Progress {
    /// Shows it from now on.
    pub(crate) fn new(watch: Arc<Watch>) -> Progress {
        IN_USE.store(true, Ordering::Relaxed);
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        let start = Instant::now();
        // The thread ends by itself; it holds nothing that needs an end.
        let _ = std::thread::Builder::new().name("progress".into()).spawn(move || {
            std::thread::sleep(FIRST);
            while !flag.load(Ordering::Relaxed) {
                let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
                if flag.load(Ordering::Relaxed) {
                    break;
                }
                let line = line(&watch, start.elapsed());
                let mut err = std::io::stderr().lock();
                let _ = write!(err, "\r\x1b[K{line}").and_then(|()| err.flush());
                *shown = true;
                drop(shown);
                std::thread::sleep(NEXT);
            }
        });
        Progress { ended }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        clear();
    }
}

/// Takes the line away, for something that is to be printed.
pub(crate) fn clear() {
    if !IN_USE.load(Ordering::Relaxed) {
        return;
    }
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *shown) {
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(b"\r\x1b[K").and_then(|()| err.flush());
    }
}

fn line(watch: &Watch, time: Duration) -> String {
    let files = watch.files.load(Ordering::Relaxed);
    let memory = resident().map_or_else(String::new, |bytes| format!(", {} MiB", bytes >> 20));
    let head = format!("evaluating: {:.1} s{memory}, {files} files, ", time.as_secs_f64());
    let last = String::from_utf8_lossy(&watch.last_file()).into_owned();
    let last: String = last.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let room = WIDTH.saturating_sub(head.chars().count());
    let length = last.chars().count();
    if length <= room {
        return head + &last;
    }
    let tail: String = last.chars().skip(length + 1 - room.max(1)).collect();
    format!("{head}…{tail}")
}

/// Memory in use, where the system says so in a file.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits() {
        let watch = Watch::new();
        let text = line(&watch, Duration::from_millis(1500));
        assert!(text.starts_with("evaluating: 1.5 s"), "{text}");
        assert!(text.chars().count() <= WIDTH);
    }
}
