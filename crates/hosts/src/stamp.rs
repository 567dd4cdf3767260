//! What tells whether a file was written since: its stamp.
//!
//! In: what the system says of a regular file, and the time. Out: a key under which something can be noted about the file's
//! contents; whoever comes to the same key later may take them to be the same.
//!
//! A stamp is device, inode, size, time of modification and time of change. The last one is set by the system to the present at
//! each write and at each setting of the other, and cannot be set back but by setting the clock. It counts in steps of
//! some milliseconds, so that a file may be written twice in one: there is no stamp yet of what was written moments ago. Where
//! the file system does not keep such a time there is none at all.
//!
//! Not here: where notes are kept (`code_folder.rs`). Writes through memory that was mapped before are seen when the system
//! notices them, as everywhere.

use crate::system::as_path;
use frazil_eval::host::Fact;
use frazil_store::{Algorithm, Hasher};
use hashbrown::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whoever writes a file within these nanoseconds of another write might leave its stamp as it was.
const MOMENTS: i128 = 2_000_000_000;

/// See the module's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp([u64; 7]);

fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

impl Stamp {
    /// The stamp of a regular file.
    pub(crate) fn of(file: &Metadata, now: SystemTime) -> Option<Stamp> {
        let now = i128::try_from(now.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()?;
        let changed = nanoseconds(file.ctime(), file.ctime_nsec());
        let latest = changed.max(nanoseconds(file.mtime(), file.mtime_nsec()));
        // Times of whole seconds come from systems that keep no better ones, or none of changes.
        if now - latest < MOMENTS || file.ctime_nsec() == 0 || file.ino() == 0 {
            return None;
        }
        let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        let [modified, modified_rest, changed, changed_rest] = times.map(i64::cast_unsigned);
        let (device, inode, size) = (file.dev(), file.ino(), file.size());
        Some(Stamp([device, inode, size, modified, modified_rest, changed, changed_rest]))
    }

    /// Under which a fact about the file is noted.
    pub(crate) fn key(&self, what: Fact) -> [u8; 20] {
        let mut hasher = Hasher::new(Algorithm::Blake3);
        hasher.update(self.0.map(u64::to_le_bytes).as_flattened());
        hasher.update(match what {
            Fact::Text => b"text",
            Fact::Archive => b"archive",
        });
        let mut key = [0; 20];
        key.copy_from_slice(&hasher.finish().bytes()[..20]);
        key
    }
}

/// Which devices keep the time of change as it is described above.
#[derive(Debug, Default)]
pub(crate) struct Devices(HashMap<u64, bool>);

impl Devices {
    /// Whether the device does on which a file lies.
    pub(crate) fn keep_times(&mut self, path: &[u8], file: &Metadata) -> bool {
        *self.0.entry(file.dev()).or_insert_with(|| keeps_times(path))
    }
}

/// Only file systems of this machine that are known to: what lies on another, or is an image, may bring times from elsewhere.
#[cfg(target_os = "linux")]
fn keeps_times(path: &[u8]) -> bool {
    const EXT: u64 = 0xef53;
    const XFS: u64 = 0x5846_5342;
    const BTRFS: u64 = 0x9123_683e;
    const F2FS: u64 = 0xf2f5_2010;
    const ZFS: u64 = 0x2fc1_2fc1;
    const BCACHEFS: u64 = 0xca45_1a4e;
    const TMPFS: u64 = 0x0102_1994;
    const OVERLAY: u64 = 0x794c_7630;
    const KNOWN: [u64; 8] = [EXT, XFS, BTRFS, F2FS, ZFS, BCACHEFS, TMPFS, OVERLAY];
    // The number is signed and of different widths on different machines.
    rustix::fs::statfs(as_path(path))
        .is_ok_and(|found| KNOWN.contains(&(found.f_type as u32).into()))
}

#[cfg(not(target_os = "linux"))]
fn keeps_times(path: &[u8]) -> bool {
    let _ = as_path(path);
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// A file of our own, taken away at the end.
    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_file(&self.0).ok();
        }
    }

    fn stamp(path: &Path) -> Option<Stamp> {
        let later = SystemTime::now() + Duration::from_secs(10);
        Stamp::of(&fs::symlink_metadata(path).expect("a file"), later)
    }

    /// Changes a file until the system's clock has gone on.
    fn changed(path: &Path, change: impl Fn()) -> Option<Stamp> {
        let before = fs::symlink_metadata(path).expect("a file");
        loop {
            change();
            let after = fs::symlink_metadata(path).expect("a file");
            if (after.ctime(), after.ctime_nsec()) != (before.ctime(), before.ctime_nsec()) {
                return stamp(path);
            }
        }
    }

    #[test]
    fn whatever_changes_a_file_changes_its_stamp() {
        let file =
            Scratch(std::env::temp_dir().join(format!("frazil-stamp-{}", std::process::id())));
        let other = Scratch(file.0.with_extension("other"));
        fs::write(&file.0, "one").expect("ours");
        let first = stamp(&file.0);
        if first.is_none() {
            // The temporary folder keeps times of whole seconds: there is nothing to be seen.
            return;
        }
        assert_eq!(stamp(&file.0), first);
        let time = fs::metadata(&file.0).and_then(|file| file.modified()).expect("a time");
        let set_back = |path: &Path| {
            fs::File::options()
                .write(true)
                .open(path)
                .expect("ours")
                .set_modified(time)
                .expect("ours");
        };
        let second = changed(&file.0, || {
            fs::write(&file.0, "two").expect("ours");
            set_back(&file.0);
        });
        assert_ne!(second, first, "same size, same time of modification");
        let third = changed(&file.0, || {
            fs::write(&other.0, "six").expect("ours");
            set_back(&other.0);
            fs::rename(&other.0, &file.0).expect("ours");
        });
        assert!(third != second && third != first, "another file in its place");
        assert_ne!(
            third.map(|stamp| stamp.key(Fact::Text)),
            third.map(|stamp| stamp.key(Fact::Archive))
        );
    }

    #[test]
    fn what_was_written_moments_ago_has_no_stamp() {
        let file =
            Scratch(std::env::temp_dir().join(format!("frazil-fresh-{}", std::process::id())));
        fs::write(&file.0, "one").expect("ours");
        let meta = fs::symlink_metadata(&file.0).expect("a file");
        let written = UNIX_EPOCH + Duration::from_secs(meta.ctime() as u64);
        assert_eq!(Stamp::of(&meta, written), None);
        assert_eq!(Stamp::of(&meta, written + Duration::from_secs(1)), None);
        // A clock that was set back.
        assert_eq!(Stamp::of(&meta, written - Duration::from_secs(100)), None);
        let ahead = SystemTime::now() + Duration::from_secs(1000);
        fs::File::options()
            .write(true)
            .open(&file.0)
            .expect("ours")
            .set_modified(ahead)
            .expect("ours");
        let meta = fs::symlink_metadata(&file.0).expect("a file");
        assert_eq!(Stamp::of(&meta, written + Duration::from_secs(100)), None);
    }
}
