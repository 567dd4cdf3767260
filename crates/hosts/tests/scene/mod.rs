//! A folder of its own for one test, taken away at its end.
//!
//! In: a name. Out: a path without links in it, unique to this process and test.
#![allow(clippy::disallowed_methods, reason = "tests make the files they look at")]
#![allow(dead_code, reason = "every test file uses its part")]

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The folder.
pub(crate) struct Scene(PathBuf);

impl Scene {
    /// Makes a new folder.
    pub(crate) fn new(name: &str) -> Scene {
        let base = std::fs::canonicalize(std::env::temp_dir()).unwrap();
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let folder = base.join(format!("frazil-{name}-{}-{count}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Scene(folder),
                // A leftover of another process with this number.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("cannot make a folder for the test: {error}"),
            }
        }
    }

    /// A path below the folder.
    pub(crate) fn path(&self, place: &str) -> PathBuf {
        if place.is_empty() { self.0.clone() } else { self.0.join(place) }
    }

    /// A path below the folder, as the hosts take it.
    pub(crate) fn bytes(&self, place: &str) -> Vec<u8> {
        self.path(place).as_os_str().as_bytes().to_vec()
    }

    /// Writes a file, and the folders it needs.
    pub(crate) fn file(&self, place: &str, text: &str) -> &Scene {
        let path = self.path(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Makes a folder.
    pub(crate) fn folder(&self, place: &str) -> &Scene {
        std::fs::create_dir_all(self.path(place)).unwrap();
        self
    }

    /// Makes a link.
    pub(crate) fn link(&self, place: &str, target: impl AsRef<std::path::Path>) -> &Scene {
        std::os::unix::fs::symlink(target, self.path(place)).unwrap();
        self
    }

    /// Everything below the folder with what it holds, sorted: to see that nothing has changed.
    pub(crate) fn listing(&self, place: &str) -> Vec<String> {
        let mut waiting = vec![self.path(place)];
        let mut out = Vec::new();
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let meta = std::fs::symlink_metadata(&path).unwrap();
                let shown = path.strip_prefix(self.path(place)).unwrap().display().to_string();
                if meta.is_dir() {
                    out.push(format!("{shown}/"));
                    waiting.push(path);
                } else if meta.is_symlink() {
                    out.push(format!(
                        "{shown} -> {}",
                        std::fs::read_link(&path).unwrap().display()
                    ));
                } else {
                    out.push(format!("{shown} = {}", std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        out.sort();
        out
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
