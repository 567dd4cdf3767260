//! The store in a folder: what is written, that it is whole, and that nothing else changes.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests make the files they look at")]

mod scene;

use frazil_eval::host::{FileType, Host, HostError, Ingestion};
use frazil_hosts::{FolderStore, MemoryHost, Policy, PolicyHost, RealHost};
use scene::Scene;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const A: &[u8] = b"/nix/store/00000000000000000000000000000000-a";
const B: &[u8] = b"/nix/store/11111111111111111111111111111111-b";

fn world() -> MemoryHost {
    MemoryHost::new()
        .with_file("/src/f", "text")
        .with_program("/src/bin/run", "#!")
        .with_link("/src/l", "/etc/passwd")
        .with_folder("/src/empty")
}

#[test]
fn texts() {
    let scene = Scene::new("texts");
    let mut host = FolderStore::new(MemoryHost::new(), &scene.path("root"));
    assert!(!host.is_valid_path(A));
    assert_eq!(host.file_type(b"/nix/store"), Ok(None));
    host.store_text(A, b"text", &[]).unwrap();
    host.store_text(A, b"text", &[]).unwrap();
    assert!(host.is_valid_path(A));
    assert!(!host.is_valid_path(B));
    assert_eq!(host.read_file(A), Ok(b"text".to_vec()));
    assert_eq!(host.file_type(A), Ok(Some(FileType::Regular { executable: false })));
    for folder in [&b"/nix"[..], b"/nix/store"] {
        assert_eq!(host.file_type(folder), Ok(Some(FileType::Directory)));
    }
    assert_eq!(host.read_dir(b"/nix/store").unwrap().len(), 1);
    let meta = std::fs::metadata(scene.path("root").join(std::str::from_utf8(&A[1..]).unwrap()));
    let meta = meta.unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.mtime()), (0o444, 1));
}

#[test]
fn trees() {
    let scene = Scene::new("trees");
    let mut host = FolderStore::new(world(), &scene.path(""));
    host.store_tree(A, b"/src", None, Ingestion::Nar).unwrap();
    let wanted = ["bin/", "bin/run = #!", "empty/", "f = text"];
    let name = std::str::from_utf8(&A[1..]).unwrap();
    let path = scene.path(name).join("bin/run");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o555);
    let mut listing = scene.listing(name);
    assert_eq!(listing.pop().as_deref(), Some("l -> /etc/passwd"));
    assert_eq!(listing, wanted);
    assert_eq!(host.read_link(&[A, b"/l"].concat()), Ok(b"/etc/passwd".to_vec()));
    // A stored tree can be stored again, in part.
    let kept = [[A, b"/f"].concat()];
    host.store_tree(B, A, Some(&kept), Ingestion::Nar).unwrap();
    assert_eq!(scene.listing(std::str::from_utf8(&B[1..]).unwrap()), ["f = text"]);
}

#[test]
fn flat_files_and_links_at_the_top() {
    let scene = Scene::new("flat");
    let mut host = FolderStore::new(world(), &scene.path(""));
    host.store_tree(A, b"/src/bin/run", None, Ingestion::Flat).unwrap();
    assert_eq!(host.file_type(A), Ok(Some(FileType::Regular { executable: false })));
    host.store_tree(B, b"/src/l", None, Ingestion::Nar).unwrap();
    assert_eq!(host.file_type(B), Ok(Some(FileType::Symlink)));
    assert!(host.is_valid_path(B));
}

#[test]
fn failures_leave_nothing() {
    let scene = Scene::new("failures");
    let mut host = FolderStore::new(world(), &scene.path(""));
    assert_eq!(host.store_tree(A, b"/no", None, Ingestion::Nar), Err(HostError::NotFound));
    assert!(host.store_tree(A, b"/src", None, Ingestion::Flat).is_err());
    assert_eq!(scene.listing(""), ["nix/", "nix/store/"]);
    for path in [
        &b"/nix/store"[..],
        b"/nix/store/",
        b"/nix/store/x",
        b"/nix/store/../x",
        b"/nix/store/00000000000000000000000000000000-a/b",
        b"/nix/store/00000000000000000000000000000000-a/../../../x",
        b"/elsewhere/00000000000000000000000000000000-a",
        b"x",
    ] {
        let shown = String::from_utf8_lossy(path);
        assert!(host.store_text(path, b"x", &[]).is_err(), "{shown}");
        assert!(host.store_tree(path, b"/src", None, Ingestion::Nar).is_err(), "{shown}");
        assert!(!host.is_valid_path(path), "{shown}");
    }
    assert_eq!(scene.listing(""), ["nix/", "nix/store/"]);
}

#[test]
fn leftovers_do_no_harm() {
    let scene = Scene::new("leftovers");
    for attempt in 1..4 {
        scene.file(&format!("nix/.unfinished-{}-{attempt}/half", std::process::id()), "half");
    }
    let mut host = FolderStore::new(world(), &scene.path(""));
    host.store_tree(A, b"/src", None, Ingestion::Nar).unwrap();
    assert_eq!(host.read_file(&[A, b"/f"].concat()), Ok(b"text".to_vec()));
}

#[test]
fn an_object_stored_by_another_stays() {
    let scene = Scene::new("another");
    let mut one = FolderStore::new(world(), &scene.path(""));
    let mut two = FolderStore::new(world(), &scene.path(""));
    one.store_tree(A, b"/src", None, Ingestion::Nar).unwrap();
    let before = scene.listing("");
    two.store_tree(A, b"/src", None, Ingestion::Nar).unwrap();
    assert_eq!(scene.listing(""), before);
}

#[test]
fn the_inner_store_counts_when_asked() {
    let scene = Scene::new("inner");
    let inner = || MemoryHost::new().with_valid_path(A);
    assert!(!FolderStore::new(inner(), &scene.path("")).is_valid_path(A));
    assert!(FolderStore::new(inner(), &scene.path("")).with_inner_store().is_valid_path(A));
}

#[test]
fn under_a_policy() {
    let scene = Scene::new("under");
    scene.file("src/f", "text").file("secret", "SECRET").link("src/out", "../secret");
    let mut earlier = FolderStore::new(RealHost::new(), &scene.path("root"));
    earlier.store_text(B, b"of an earlier evaluation", &[]).unwrap();
    let store = FolderStore::new(RealHost::new(), &scene.path("root"));
    let mut host = PolicyHost::new(store, Policy::pure().allow(&scene.bytes("src")));
    host.store_tree(A, &scene.bytes("src"), None, Ingestion::Nar).unwrap();
    assert_eq!(host.read_file(&[A, b"/f"].concat()), Ok(b"text".to_vec()));
    // The link was copied as it is; it leads nowhere that is granted.
    assert!(matches!(host.read_file(&[A, b"/out"].concat()), Err(HostError::Forbidden(_))));
    assert!(matches!(host.read_file(B), Err(HostError::Forbidden(_))));
    // Nor is the folder itself granted under its real name.
    assert!(matches!(host.read_file(&scene.bytes("root")), Err(HostError::Forbidden(_))));
}
