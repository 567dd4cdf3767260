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

/// Copies a folder with all that is in it.
///
/// # Panics
/// When a file cannot be read or written.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder of our own");
    for entry in std::fs::read_dir(from).expect("the tree is there").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_tree(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a file of the tree");
        }
    }
}
