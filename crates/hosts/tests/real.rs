//! The system as a host: answers, errors, limits, interruption.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests make the files they look at")]

mod scene;

use frazil_eval::host::{FileType, Host, HostError, Interrupt, Message};
use frazil_hosts::RealHost;
use scene::Scene;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.file("f", "text").file("sub/g", "").link("l", "f").link("dangling", "nowhere");
    scene.link("self", "self");
    scene
}

/// Takes all pieces.
fn taking(pieces: &mut Vec<u8>) -> impl FnMut(&[u8]) -> bool {
    |piece| {
        pieces.extend_from_slice(piece);
        true
    }
}

#[test]
fn files() {
    let scene = scene("files");
    let mut host = RealHost::new();
    assert_eq!(host.read_file(&scene.bytes("f")), Ok(b"text".to_vec()));
    assert_eq!(host.read_file(&scene.bytes("sub/g")), Ok(vec![]));
    assert_eq!(host.file_size(&scene.bytes("f")), Ok(4));
    let mut pieces = Vec::new();
    let size = host.read_file_in_pieces(&scene.bytes("f"), &mut taking(&mut pieces));
    assert_eq!((size, pieces), (Ok(4), b"text".to_vec()));
    for nothing in ["no", "no/no", "f/no"] {
        assert_eq!(host.read_file(&scene.bytes(nothing)), Err(HostError::NotFound), "{nothing}");
        assert_eq!(host.file_type(&scene.bytes(nothing)), Ok(None), "{nothing}");
    }
    assert!(
        matches!(host.read_file(&scene.bytes("l")), Err(HostError::Io(_))),
        "a link is not followed"
    );
    let error = host.read_file(&scene.bytes("sub")).unwrap_err().to_string();
    assert!(error.ends_with(": Is a directory"), "{error}");
    assert!(host.read_file(b"/a\0b").is_err());
}

#[test]
fn a_size_is_remembered_for_one_reading_only() {
    let scene = Scene::new("sizes");
    scene.file("f", "short");
    scene.file("g", "other");
    let mut host = RealHost::new();
    let (f, g) = (scene.bytes("f"), scene.bytes("g"));
    let regular = Ok(Some(FileType::Regular { executable: false }));
    assert_eq!(host.file_type(&f), regular);
    assert_eq!(host.file_size(&f), Ok(5));
    assert_eq!(host.read_file(&f), Ok(b"short".to_vec()));
    scene.file("f", "and longer now");
    assert_eq!(host.read_file(&f), Ok(b"and longer now".to_vec()));
    // What was looked at last is not what is read.
    assert_eq!(host.file_type(&f), regular);
    assert_eq!(host.file_type(&g), regular);
    scene.file("f", "and longer still, to the end");
    assert_eq!(host.read_file(&f), Ok(b"and longer still, to the end".to_vec()));
    assert_eq!(host.file_type(&f), regular);
    assert_eq!(host.file_type(&scene.bytes("sub")), Ok(None));
    scene.file("f", "and the longest of all, to its very end");
    assert_eq!(host.file_size(&f), Ok(39));
}

#[test]
fn large_files_come_whole() {
    let scene = Scene::new("large");
    let text = "0123456789abcdef".repeat(20_000);
    scene.file("f", &text);
    let mut host = RealHost::new();
    assert_eq!(host.read_file(&scene.bytes("f")).unwrap(), text.as_bytes());
    let mut pieces = Vec::new();
    host.read_file_in_pieces(&scene.bytes("f"), &mut taking(&mut pieces)).unwrap();
    assert_eq!(pieces, text.as_bytes());
    // What wants no more gets no more.
    let mut count = 0;
    let fed = host.read_file_in_pieces(&scene.bytes("f"), &mut |_| {
        count += 1;
        false
    });
    assert!(count == 1 && fed.unwrap() < text.len() as u64);
}

#[test]
fn types_and_links() {
    let scene = scene("types");
    scene.file("run", "#!");
    std::fs::set_permissions(scene.path("run"), PermissionsExt::from_mode(0o755)).unwrap();
    let mut host = RealHost::new();
    for (place, kind) in [
        ("f", FileType::Regular { executable: false }),
        ("run", FileType::Regular { executable: true }),
        ("sub", FileType::Directory),
        ("l", FileType::Symlink),
        ("dangling", FileType::Symlink),
        ("self", FileType::Symlink),
    ] {
        assert_eq!(host.file_type(&scene.bytes(place)), Ok(Some(kind)), "{place}");
    }
    assert_eq!(host.file_type(b"/dev/null"), Ok(Some(FileType::Unknown)));
    assert_eq!(host.read_link(&scene.bytes("l")), Ok(b"f".to_vec()));
    assert_eq!(host.read_link(&scene.bytes("no")), Err(HostError::NotFound));
    assert!(matches!(host.read_link(&scene.bytes("f")), Err(HostError::Io(_))));
}

#[test]
fn listings() {
    let scene = scene("listings");
    let mut host = RealHost::new();
    let mut entries = host.read_dir(&scene.bytes("")).unwrap();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<_> = entries.iter().map(|(name, _)| String::from_utf8_lossy(name)).collect();
    assert_eq!(names, ["dangling", "f", "l", "self", "sub"]);
    assert_eq!(entries[4].1, FileType::Directory);
    assert_eq!(host.read_dir(&scene.bytes("no")), Err(HostError::NotFound));
    let path = scene.path("f").display().to_string();
    let wanted = format!("cannot read directory \"{path}\": Not a directory");
    assert_eq!(host.read_dir(path.as_bytes()), Err(HostError::Io(wanted)));
}

#[test]
fn folders_are_remembered_until_told() {
    let scene = scene("remembered");
    let mut host = RealHost::new();
    assert_eq!(host.file_type(&scene.bytes("sub")), Ok(Some(FileType::Directory)));
    std::fs::remove_dir_all(scene.path("sub")).unwrap();
    assert_eq!(host.file_type(&scene.bytes("sub")), Ok(Some(FileType::Directory)));
    host.forget();
    assert_eq!(host.file_type(&scene.bytes("sub")), Ok(None));
}

#[test]
fn size_limit() {
    let scene = scene("limit");
    let mut host = RealHost::new().with_max_file_size(4);
    assert_eq!(host.read_file(&scene.bytes("f")), Ok(b"text".to_vec()));
    scene.file("f", "texts");
    assert!(matches!(host.read_file(&scene.bytes("f")), Err(HostError::Limit(_))));
    let mut none = |_: &[u8]| -> bool { panic!("a file beyond the limit was read") };
    let answer = host.read_file_in_pieces(&scene.bytes("f"), &mut none);
    assert!(matches!(answer, Err(HostError::Limit(_))));
    // What has no end ends at the limit.
    assert!(matches!(host.read_file(b"/dev/zero"), Err(HostError::Limit(_))));
    assert_eq!(host.read_file(b"/dev/null"), Ok(vec![]));
}

#[test]
fn interruption() {
    let flag = Arc::new(AtomicBool::new(false));
    let mut host = RealHost::new().with_cancellation(flag.clone());
    assert_eq!(host.interrupted(), None);
    flag.store(true, Ordering::Relaxed);
    assert_eq!(host.interrupted(), Some(Interrupt::Cancelled));
    assert_eq!(
        RealHost::new().with_deadline(Instant::now()).interrupted(),
        Some(Interrupt::Timeout)
    );
    let far = Instant::now() + Duration::from_secs(1 << 30);
    assert_eq!(RealHost::new().with_deadline(far).interrupted(), None);
}

#[test]
fn messages_time_and_environment() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let mut host = RealHost::new()
        .with_messages(move |kind, text| sink.lock().unwrap().push((kind, text.to_vec())))
        .with_time(9);
    host.message(Message::Warning, b"careful");
    assert_eq!(*seen.lock().unwrap(), [(Message::Warning, b"careful".to_vec())]);
    assert_eq!(host.now(), 9);
    let mut host = RealHost::new();
    assert_eq!(host.now(), host.now());
    assert_eq!(host.env(b"FRAZIL_TEST_NO_SUCH_VARIABLE"), None);
    assert_eq!(host.env(b""), None);
    assert_eq!(host.env(b"A=B"), None);
    for (name, value) in std::env::vars_os().take(3) {
        assert_eq!(host.env(name.as_bytes()), Some(value.into_vec()));
    }
}
