//! What a host remembers of files from one process to the next, and when it does not.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests make the files they look at")]

mod scene;

use frazil_eval::host::{Fact, Host, Known};
use frazil_hosts::{CodeFolder, FolderStore, Policy, PolicyHost, RealHost, RecordingHost};
use scene::Scene;
use std::sync::Arc;
use std::time::Duration;

/// Enough that it is worth writing.
const FILES: usize = 40;
/// After this long a file may be remembered.
const MOMENTS: Duration = Duration::from_millis(2100);

fn host(scene: &Scene) -> RealHost {
    RealHost::new().with_notes(Arc::new(CodeFolder::new(scene.path("cache"), 64 << 20)))
}

fn name(number: usize) -> String {
    format!("f{number}")
}

/// Remembers of each file its number.
fn remember_all(scene: &Scene) {
    let mut host = host(scene);
    for number in 0..FILES {
        let path = scene.bytes(&name(number));
        host.recall(&path, Fact::Text);
        host.read_file(&path).expect("a file");
        host.remember(&path, Fact::Text, &[number as u8; 32]);
        host.recall(&path, Fact::Archive);
        host.remember(&path, Fact::Archive, &[number as u8 + 100; 32]);
    }
}

fn recall(host: &mut impl Host, scene: &Scene, number: usize) -> Option<Known> {
    host.recall(&scene.bytes(&name(number)), Fact::Text)
}

fn known(number: usize) -> Option<Known> {
    Some(Known { size: 4, hash: [number as u8; 32] })
}

#[test]
fn facts_stay_as_long_as_files_do() {
    let scene = Scene::new("notes");
    for number in 0..FILES {
        scene.file(&name(number), "text");
    }
    std::thread::sleep(MOMENTS);
    remember_all(&scene);
    for number in 0..FILES {
        assert_eq!(recall(&mut host(&scene), &scene, number), known(number), "{number}");
    }
    let first = scene.bytes(&name(0));
    let archive = Some(Known { size: 4, hash: [100; 32] });
    assert_eq!(host(&scene).recall(&first, Fact::Archive), archive, "another fact");
    assert_eq!(recall(&mut RealHost::new(), &scene, 0), None, "a host without notes");
    assert_eq!(recall(&mut host(&scene).with_max_file_size(3), &scene, 0), None, "over the limit");
    assert_eq!(
        recall(&mut RecordingHost::new(host(&scene)), &scene, 0),
        None,
        "it has to be noted"
    );
    assert_eq!(host(&scene).recall(&scene.bytes("cache"), Fact::Text), None, "a folder");
    assert_eq!(host(&scene).recall(&scene.bytes("nothing"), Fact::Text), None);

    let refused = PolicyHost::new(host(&scene), Policy::pure());
    assert_eq!(recall(&mut { refused }, &scene, 0), None, "nothing was granted");
    let mut granted = PolicyHost::new(host(&scene), Policy::pure().allow(&scene.bytes("")));
    assert_eq!(recall(&mut granted, &scene, 0), known(0));
    // The archive of a link is not that of what it leads to.
    scene.link("link", "f0").link("folder", ".");
    for place in ["link", "folder"] {
        for host in [&mut granted as &mut dyn Host, &mut host(&scene)] {
            assert_eq!(host.recall(&scene.bytes(place), Fact::Archive), None, "{place}");
        }
    }
    assert_eq!(granted.recall(&scene.bytes("folder/f0"), Fact::Archive), archive);
    let store = FolderStore::new(host(&scene), &scene.path("store"));
    assert_eq!(recall(&mut { store }, &scene, 0), known(0));

    // Written, with the time of modification set back; replaced; touched; its mode changed; taken away.
    let time =
        std::fs::metadata(scene.path("f1")).and_then(|file| file.modified()).expect("a time");
    let set_back = |place: &str| {
        let file = std::fs::File::options().write(true).open(scene.path(place)).expect("ours");
        file.set_modified(time).expect("ours");
    };
    scene.file("f1", "next");
    set_back("f1");
    scene.file("new", "next");
    set_back("new");
    std::fs::rename(scene.path("new"), scene.path("f2")).expect("ours");
    set_back("f3");
    let mut mode = std::fs::metadata(scene.path("f4")).expect("a file").permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(scene.path("f4"), mode).expect("ours");
    std::fs::remove_file(scene.path("f5")).expect("ours");
    let check = |when: &str| {
        for number in 1..6 {
            assert_eq!(recall(&mut host(&scene), &scene, number), None, "{number} {when}");
        }
        assert_eq!(recall(&mut host(&scene), &scene, 6), known(6), "{when}");
    };
    check("at once");
    std::thread::sleep(MOMENTS);
    check("later");
}

#[test]
fn a_fact_belongs_to_what_was_looked_at_before() {
    let scene = Scene::new("notes-order");
    for number in 0..FILES {
        scene.file(&name(number), "text");
    }
    std::thread::sleep(MOMENTS);
    // Each is written after it was looked at: what is remembered then must not be said of what stands there now.
    let mut writing = host(&scene);
    for number in 0..FILES {
        let path = scene.bytes(&name(number));
        assert_eq!(writing.recall(&path, Fact::Text), None);
        scene.file(&name(number), "next");
        writing.remember(&path, Fact::Text, &[1; 32]);
        // Nobody asked before this one.
        writing.remember(&path, Fact::Text, &[2; 32]);
    }
    drop(writing);
    std::thread::sleep(MOMENTS);
    for number in 0..FILES {
        assert_eq!(recall(&mut host(&scene), &scene, number), None, "{number}");
    }
}

#[test]
fn damaged_notes_say_nothing() {
    let scene = Scene::new("notes-damaged");
    for number in 0..FILES {
        scene.file(&name(number), "text");
    }
    std::thread::sleep(MOMENTS);
    remember_all(&scene);
    let segment = std::fs::read_dir(scene.path("cache")).expect("a folder").next();
    let segment = segment.expect("a file").expect("an entry").path();
    let whole = std::fs::read(&segment).expect("a file");
    for at in (0..whole.len()).step_by(7).chain(whole.len() - 40..whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x11;
        for contents in [&damaged[..], &whole[..at]] {
            std::fs::write(&segment, contents).expect("ours");
            let mut host = host(&scene);
            for number in [0, 7, 20, 39] {
                let got = recall(&mut host, &scene, number);
                assert!(got.is_none() || got == known(number), "{number} at {at}");
            }
        }
    }
}
