//! The world in memory: answers, storing, depth.

use super::*;

fn world() -> MemoryHost {
    MemoryHost::new()
        .with_file("/a/file", "text")
        .with_program("/a/run", "#!")
        .with_link("/a/link", "file")
        .with_link("/l", "/a")
        .with_link("/loop", "loop")
        .with_folder("/empty")
        .with_env("HOME", "/home")
        .with_time(7)
}

#[test]
fn answers_like_a_system() {
    let mut host = world();
    assert_eq!(host.read_file(b"/a/file").unwrap(), b"text");
    assert_eq!(host.read_file(b"/l/file").unwrap(), b"text");
    assert_eq!(host.file_size(b"/a/file"), Ok(4));
    assert_eq!(host.read_link(b"/l/link").unwrap(), b"file");
    assert!(matches!(host.read_file(b"/a/link"), Err(HostError::Io(_))));
    assert!(matches!(host.read_file(b"/loop/x"), Err(HostError::Io(_))));
    assert_eq!(host.read_file(b"/no"), Err(HostError::NotFound));
    assert_eq!(host.file_type(b"/"), Ok(Some(FileType::Directory)));
    assert_eq!(host.file_type(b"/l"), Ok(Some(FileType::Symlink)));
    assert_eq!(host.file_type(b"/a/run"), Ok(Some(FileType::Regular { executable: true })));
    assert_eq!(host.file_type(b"/a/file/x"), Ok(None));
    assert_eq!(host.read_dir(b"/empty"), Ok(vec![]));
    let names: Vec<_> = host.read_dir(b"/a").unwrap().into_iter().map(|e| e.0).collect();
    assert_eq!(names, [b"file".to_vec(), b"link".to_vec(), b"run".to_vec()]);
    assert_eq!(host.env(b"HOME"), Some(b"/home".to_vec()));
    assert_eq!(host.env(b"USER"), None);
    assert_eq!(host.now(), 7);
}

#[test]
fn keeps_messages() {
    let mut host = world();
    host.message(Message::Trace, b"one");
    host.message(Message::Warning, b"two");
    assert_eq!(host.take_messages().len(), 2);
    assert!(host.messages().is_empty());
}

#[test]
fn stores_texts_and_trees() {
    let mut host = world();
    let path = b"/nix/store/00000000000000000000000000000000-a";
    assert!(!host.is_valid_path(path));
    host.store_tree(path, b"/a", None, Ingestion::Nar).unwrap();
    assert!(host.is_valid_path(path));
    assert_eq!(host.read_file(&join(path, b"file")).unwrap(), b"text");
    assert_eq!(host.read_link(&join(path, b"link")).unwrap(), b"file");
    let kept = [b"/a/run".to_vec()];
    let path = b"/nix/store/00000000000000000000000000000000-b";
    host.store_tree(path, b"/a", Some(&kept), Ingestion::Nar).unwrap();
    assert_eq!(host.read_dir(path).unwrap().len(), 1);
    let path = b"/nix/store/00000000000000000000000000000000-c";
    host.store_text(path, b"x", &[]).unwrap();
    assert_eq!(host.read_file(path).unwrap(), b"x");
}

#[test]
fn replaces_a_folder_by_a_file() {
    let mut host = world();
    host.write(b"/a", b"now a file".to_vec());
    assert_eq!(host.file_type(b"/a/file"), Ok(None));
    assert_eq!(host.read_file(b"/a").unwrap(), b"now a file");
}

#[test]
fn deep_trees_cost_no_stack() {
    let deep = b"/d".repeat(800);
    let mut host = MemoryHost::new().with_folder("/nix/store");
    host.write(&[&deep[..], b"/f"].concat(), b"x".to_vec());
    host.store_tree(b"/nix/store/t", b"/d", None, Ingestion::Nar).unwrap();
    let copy = [b"/nix/store/t", &deep[2..], b"/f"].concat();
    assert_eq!(host.read_file(&copy).unwrap(), b"x");
}
