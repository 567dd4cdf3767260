//! A folder of our own for the time of one run, removed afterwards.
//!
//! Invariants
//! - Its name is unique among processes and within one.
//! - The path is canonical, so that it can be found in what a program prints.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The folder; dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A new empty folder under the system's folder for such things.
    pub fn new(purpose: &str) -> Result<Self, String> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("frazil-{purpose}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::remove_dir_all(&path).ok();
        let fail = |error| format!("cannot make {}: {error}", path.display());
        std::fs::create_dir_all(&path).map_err(fail)?;
        Ok(Self { path: path.canonicalize().map_err(fail)? })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).ok();
    }
}
