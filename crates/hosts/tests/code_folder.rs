//! The cache of resolved files in a folder: what comes back, what damage does, many processes' segments, the limit.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use frazil_eval::host::{CodeCache, CodeKey};
use frazil_hosts::CodeFolder;
use std::path::{Path, PathBuf};

/// A folder of our own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("frazil-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        Folder(path)
    }
    fn cache(&self) -> CodeFolder {
        CodeFolder::new(self.0.clone(), 64 << 20)
    }
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn key(number: u32) -> CodeKey {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_le_bytes());
    key
}

fn bytes(number: u32) -> Vec<u8> {
    vec![number as u8; 2000 + number as usize % 100]
}

/// Enough to be worth a segment.
fn put(cache: &CodeFolder, numbers: std::ops::Range<u32>) {
    numbers.for_each(|number| cache.put(&key(number), &bytes(number)));
    cache.finish();
}

fn assert_has(cache: &CodeFolder, numbers: std::ops::Range<u32>) {
    for number in numbers {
        assert_eq!(cache.get(&key(number)), Some(bytes(number)), "{number}");
    }
}

fn only_file(folder: &Path) -> PathBuf {
    std::fs::read_dir(folder).expect("a folder").next().expect("a file").expect("an entry").path()
}

#[test]
fn what_is_kept_comes_back() {
    let folder = Folder::new("kept");
    put(&folder.cache(), 0..60);
    assert_has(&folder.cache(), 0..60);
    assert_eq!(folder.cache().get(&key(60)), None);
}

#[test]
fn little_is_not_worth_a_file() {
    let folder = Folder::new("little");
    put(&folder.cache(), 0..5);
    assert!(folder.files().is_empty());
}

#[test]
fn a_damaged_file_answers_nothing_wrong() {
    let folder = Folder::new("damaged");
    put(&folder.cache(), 0..40);
    let file = only_file(&folder.0);
    let whole = std::fs::read(&file).expect("a file");
    for at in (0..whole.len()).step_by(997).chain(whole.len() - 200..whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        for contents in [&damaged[..], &whole[..at]] {
            std::fs::write(&file, contents).expect("a file");
            let cache = folder.cache();
            for number in 0..41 {
                let got = cache.get(&key(number));
                assert!(got.is_none() || got == Some(bytes(number)), "{number} at {at}");
            }
        }
    }
}

#[test]
fn many_segments_become_one() {
    let folder = Folder::new("many");
    for round in 0..30 {
        put(&folder.cache(), round * 40..(round + 1) * 40);
    }
    assert!(folder.files().len() <= 9, "{:?}", folder.files());
    assert_has(&folder.cache(), 0..1200);
}

#[test]
fn segments_of_a_size_become_one_at_once() {
    let folder = Folder::new("alike");
    put(&folder.cache(), 0..400);
    put(&folder.cache(), 400..440);
    assert_eq!(folder.files().len(), 2, "a large one is not written again for a small one");
    put(&folder.cache(), 440..480);
    assert_eq!(folder.files().len(), 2);
    put(&folder.cache(), 480..800);
    assert_eq!(folder.files().len(), 1);
    assert_has(&folder.cache(), 0..800);
    // What was put later under the same key is what counts.
    let cache = folder.cache();
    (0..60).for_each(|number| cache.put(&key(number), &bytes(number + 1)));
    (0..60).for_each(|number| cache.put(&key(number), &bytes(number + 2)));
    cache.finish();
    put(&folder.cache(), 800..1600);
    assert_eq!(folder.files().len(), 1);
    assert_eq!(folder.cache().get(&key(3)), Some(bytes(5)));
}

#[test]
fn the_oldest_are_forgotten() {
    let folder = Folder::new("limit");
    let cache = || CodeFolder::new(folder.0.clone(), 1 << 20);
    for round in 0..30 {
        put(&cache(), round * 40..(round + 1) * 40);
        let size: u64 =
            folder.files().iter().map(|file| file.metadata().expect("a file").len()).sum();
        assert!(size <= 1 << 20, "{size} after {round}");
    }
    assert_has(&cache(), 1160..1200);
    assert_eq!(cache().get(&key(0)), None);
}

#[test]
fn threads_and_instances_do_not_disturb_each_other() {
    let folder = Folder::new("threads");
    std::thread::scope(|scope| {
        for worker in 0..4_u32 {
            let folder = &folder;
            scope.spawn(move || {
                for round in 0..10 {
                    let cache = folder.cache();
                    let first = round * 40;
                    for number in first..first + 40 {
                        let got = cache.get(&key(number));
                        assert!(got.is_none() || got == Some(bytes(number)), "{worker}");
                        cache.put(&key(number), &bytes(number));
                    }
                    cache.finish();
                }
            });
        }
    });
    assert_has(&folder.cache(), 0..400);
    let left: Vec<_> = folder.files();
    assert!(left.iter().all(|file| file.extension().is_some()), "{left:?}");
}

#[test]
fn a_folder_that_cannot_be_is_an_empty_cache() {
    let folder = Folder::new("file");
    std::fs::write(&folder.0, "not a folder").expect("a file");
    put(&folder.cache(), 0..60);
    assert_eq!(folder.cache().get(&key(1)), None);
    std::fs::remove_file(&folder.0).ok();
}
