//! Archives: digests of the reference implementation for a known tree, round trips, and hostile input.

use frazil_store::hash::{Algorithm, Hasher, sha256};
use frazil_store::nar::{
    self, Event, MAX_DEPTH, NarError, NarReader, NarWriter, Node, Tree, TreeError, dump,
};
use frazil_store::path::Method;
use frazil_store::{Hash, StoreDir};
use std::io;

/// A tree in memory. Its places are paths into it.
enum Mem {
    File(bool, &'static [u8]),
    Link(&'static [u8]),
    Dir(Vec<(&'static [u8], Mem)>),
}

struct View<'t>(std::marker::PhantomData<&'t ()>);

impl<'t> Tree for View<'t> {
    type Id = &'t Mem;
    type Error = io::Error;

    fn node(&mut self, id: &&'t Mem) -> io::Result<Node<&'t Mem>> {
        Ok(match id {
            Mem::File(executable, bytes) => {
                Node::File { executable: *executable, size: bytes.len() as u64 }
            }
            Mem::Link(target) => Node::Symlink(target.to_vec()),
            Mem::Dir(entries) => {
                Node::Directory(entries.iter().map(|(n, m)| (n.to_vec(), m)).collect())
            }
        })
    }

    fn read(&mut self, id: &&'t Mem, out: &mut dyn io::Write) -> io::Result<()> {
        let Mem::File(_, bytes) = id else { return Ok(()) };
        bytes.chunks(3).try_for_each(|c| out.write_all(c))
    }
}

fn archive(tree: &Mem) -> Vec<u8> {
    dump(&mut View(std::marker::PhantomData), tree, Vec::new()).unwrap()
}

fn sample() -> Mem {
    Mem::Dir(vec![
        (b"x", Mem::File(true, b"#!/bin/sh\n")),
        (b"lnk", Mem::Link(b"a")),
        (
            b"sub",
            Mem::Dir(vec![
                (b"deeper", Mem::Dir(vec![])),
                (b"a.txt", Mem::File(false, b"12345678\n")),
            ]),
        ),
        (b"empty", Mem::File(false, b"")),
        (b"a", Mem::File(false, b"hello")),
    ])
}

fn source_path(tree: &Mem, name: &[u8]) -> String {
    let hash = dump(&mut View(std::marker::PhantomData), tree, Hasher::new(Algorithm::Sha256))
        .unwrap()
        .finish();
    let dir = StoreDir::default();
    let path = dir.make_fixed_output_path(Method::Nar, &hash, name).unwrap();
    String::from_utf8(dir.print(&path)).unwrap()
}

#[test]
fn known_tree() {
    let bytes = archive(&sample());
    assert_eq!(bytes.len(), 1432);
    let hash = Hash::from_sha256(sha256([&bytes[..]]));
    assert_eq!(hash.to_sri(), "sha256-DohWwzcdULw8d24NISNNIw45kCoGfq3iB7xk6L75tgY=");
    assert_eq!(source_path(&sample(), b"fold"), "/nix/store/c80kznm8cmjsc25yyj30csqalk9q1b12-fold");
    let hello = Mem::File(false, b"hello");
    assert_eq!(source_path(&hello, b"lnk"), "/nix/store/bivzpmc85qqiqai5yjc5vnsvd7jsajr0-lnk");
    let script = Mem::File(true, b"#!/bin/sh\n");
    assert_eq!(source_path(&script, b"x"), "/nix/store/mgak6vjivlzagmcn5vvgd8hzq4i8gg39-x");
    let dir = StoreDir::default();
    let flat = Hash::from_sha256(sha256([&b"hello"[..]]));
    let path = dir.make_fixed_output_path(Method::Flat, &flat, b"flat").unwrap();
    assert_eq!(path.base_name(), b"55rlr5xql78vj5r1xpimlfvz0jzzlxn9-flat");
}

/// Reads an archive and writes what it says.
fn copy(bytes: &[u8]) -> Result<Vec<u8>, NarError> {
    let mut reader = NarReader::new(bytes);
    let mut writer = NarWriter::new(Vec::new());
    nar::copy(&mut reader, &mut writer, &mut [0; 5])?;
    writer.finish()
}

#[test]
fn read_and_written_back() {
    for tree in [sample(), Mem::File(false, b""), Mem::Link(b"/x"), Mem::Dir(vec![])] {
        let bytes = archive(&tree);
        assert_eq!(copy(&bytes).unwrap(), bytes);
    }
    // Skipping contents gives the same events.
    let bytes = archive(&sample());
    let mut reader = NarReader::new(&bytes[..]);
    let mut entries = 0;
    while let Some(event) = reader.next_event().unwrap() {
        entries += usize::from(matches!(event, Event::Entry(_)));
    }
    assert_eq!((entries, reader.into_inner().len()), (7, 0));
}

#[test]
fn cut_or_damaged_archives() {
    let bytes = archive(&sample());
    for end in 0..bytes.len() {
        assert!(copy(&bytes[..end]).is_err(), "cut at {end}");
    }
    for at in 0..bytes.len() {
        for byte in [0, 1, b')', b'/', 127, 255] {
            let mut damaged = bytes.clone();
            damaged[at] = byte;
            // What is still read is written back as it was.
            if let Ok(back) = copy(&damaged) {
                assert_eq!(back, damaged);
            }
        }
    }
}

fn nested(depth: usize) -> Vec<u8> {
    let mut writer = NarWriter::new(Vec::new());
    for _ in 0..depth {
        writer.directory().unwrap();
        writer.entry(b"d").unwrap();
    }
    writer.symlink(b"end").unwrap();
    (0..depth).for_each(|_| writer.end_directory().unwrap());
    writer.finish().unwrap()
}

#[test]
fn nar_limits() {
    assert!(copy(&nested(MAX_DEPTH)).is_ok());
    assert!(matches!(copy(&nested(MAX_DEPTH + 1)), Err(NarError::Limit(_))));
    assert!(matches!(copy(&nested(100_000)), Err(NarError::Limit(_))));
    // The word of a length is not believed: nothing of that size is made.
    for tags in [&[b"nix-archive-1".as_slice(), b"(", b"type"][..], &[]] {
        let mut bytes = strings(tags);
        bytes.extend_from_slice(&(1u64 << 30).to_le_bytes());
        assert!(matches!(copy(&bytes), Err(NarError::Limit(_))));
    }
}

fn strings(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
        out.resize(out.len().next_multiple_of(8), 0);
    }
    out
}

#[test]
fn nar_len_overflow() {
    for length in [33u64, 1 << 30, (1 << 63) - 1, 1 << 63, u64::MAX - 7, u64::MAX] {
        let mut bytes = strings(&[b"nix-archive-1", b"(", b"type", b"symlink", b"target"]);
        bytes.extend_from_slice(&length.to_le_bytes());
        assert!(copy(&bytes).is_err());
        let mut bytes = strings(&[b"nix-archive-1", b"(", b"type", b"regular", b"contents"]);
        bytes.extend_from_slice(&length.to_le_bytes());
        assert!(NarReader::new(&bytes[..]).next_event().is_ok());
        assert!(copy(&bytes).is_err());
    }
    for target in [b"".as_slice(), b"a\0b", &[b'x'; 4096]] {
        let bytes =
            strings(&[b"nix-archive-1", b"(", b"type", b"symlink", b"target", target, b")"]);
        assert!(copy(&bytes).is_err());
    }
}

/// A directory of links with these names.
fn links(names: &[&[u8]]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = vec![b"nix-archive-1", b"(", b"type", b"directory"];
    for name in names {
        let entry: [&[u8]; 12] = [
            b"entry", b"(", b"name", name, b"node", b"(", b"type", b"symlink", b"target", b"/etc",
            b")", b")",
        ];
        parts.extend(entry);
    }
    parts.push(b")");
    strings(&parts)
}

/// A link and then a directory of the same name, through which the next file would be written: no name comes twice, also where a
/// system does not tell small letters from capitals (names are marked there, and no archive holds the mark).
#[test]
fn nar_duplicate_symlink() {
    let mut parts: Vec<&[u8]> = vec![b"nix-archive-1", b"(", b"type", b"directory"];
    parts.extend([b"entry".as_slice(), b"(", b"name", b"a", b"node"]);
    parts.extend([b"(".as_slice(), b"type", b"symlink", b"target", b"/etc", b")", b")"]);
    parts.extend([b"entry".as_slice(), b"(", b"name", b"a", b"node", b"(", b"type", b"directory"]);
    parts.extend([b"entry".as_slice(), b"(", b"name", b"passwd", b"node"]);
    parts.extend([b"(".as_slice(), b"type", b"regular", b"contents", b"evil", b")", b")"]);
    parts.extend([b")".as_slice(), b")", b")"]);
    assert!(matches!(copy(&strings(&parts)), Err(NarError::Name(..))));
    assert!(matches!(copy(&links(&[b"a", b"a"])), Err(NarError::Name(..))));
    assert!(copy(&links(&[b"A", b"a"])).is_ok());
    for name in [&b"a~nix~case~hack~1"[..], b"~nix~case~hack~", b"x~nix~case~hack~y"] {
        assert!(matches!(copy(&links(&[b"A", name])), Err(NarError::Name(..))));
    }
}

#[test]
fn names_are_checked() {
    let directory = |names: &[&[u8]]| {
        let mut parts: Vec<&[u8]> = vec![b"nix-archive-1", b"(", b"type", b"directory"];
        for name in names {
            let entry: [&[u8]; 11] = [
                b"entry", b"(", b"name", name, b"node", b"(", b"type", b"symlink", b"target", b"t",
                b")",
            ];
            parts.extend(entry);
            parts.push(b")");
        }
        parts.push(b")");
        strings(&parts)
    };
    assert!(copy(&directory(&[b"a", b"b"])).is_ok());
    let long = [b'n'; 256];
    let bad: [&[&[u8]]; 10] = [
        &[b"b", b"a"],
        &[b"a", b"a"],
        &[b""],
        &[b"."],
        &[b".."],
        &[b"a/b"],
        &[b"/"],
        &[b"a\0"],
        &[b"a~nix~case~hack~1"],
        &[&long],
    ];
    for names in bad {
        assert!(copy(&directory(names)).is_err(), "{names:?}");
    }
}

#[test]
fn the_writer_refuses_nonsense() {
    let twice = Mem::Dir(vec![(b"a", Mem::Link(b"x")), (b"a", Mem::Link(b"y"))]);
    let result = dump(&mut View(std::marker::PhantomData), &twice, Vec::new());
    assert!(matches!(result, Err(TreeError::Nar(NarError::Name(..)))));
    let mut writer = NarWriter::new(Vec::new());
    assert!(writer.entry(b"a").is_err());
    assert!(writer.end_directory().is_err());
    writer.file(false, 2).unwrap();
    assert!(writer.contents(b"abc").is_err());
    assert!(writer.symlink(b"x").is_err());
    writer.contents(b"ab").unwrap();
    assert!(writer.contents(b"c").is_err());
    assert!(writer.file(false, 0).is_err());
    assert!(NarWriter::new(Vec::new()).finish().is_err());
    writer.finish().unwrap();
}
