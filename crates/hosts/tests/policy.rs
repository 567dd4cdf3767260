//! What a policy lets through: every kind of request, on every kind of path, in both modes, in memory and on real files.
//!
//! The answers were compared with Nix 2.34's; where ours is stricter, the case says so.
#![cfg(unix)]

mod scene;

use frazil_eval::host::{FileType, Host, HostError, Ingestion};
use frazil_hosts::{MemoryHost, Policy, PolicyHost, RealHost, RecordingHost};
use scene::Scene;

const FILES: [(&str, &str); 5] = [
    ("ok/f", "inside"),
    ("ok/sub/g", "inside too"),
    ("ok-too/f", "a sibling with a longer name"),
    ("no/secret", "SECRET"),
    ("no/sub/h", "SECRET"),
];

/// Links inside the allowed folder `ok`, and outside of it. `@` stands for the folder all of this is in.
const LINKS: [(&str, &str); 14] = [
    ("ok/good", "f"),
    ("ok/good-up", "../ok/f"),
    ("ok/good-abs", "@/ok/sub"),
    ("ok/out", "../no/secret"),
    ("ok/out-abs", "@/no/secret"),
    ("ok/out-dir", "../no"),
    ("ok/out-root", "/"),
    ("ok/out-nothing", "../no/nothing"),
    ("ok/chain", "out-dir/onwards"),
    ("no/onwards", "../hidden-target"),
    ("ok/through", "out-dir/back/f"),
    ("no/back", "../ok"),
    ("ok/dangling", "nowhere"),
    ("ok/self", "self"),
];

const FILE: FileType = FileType::Regular { executable: false };

fn in_memory() -> (MemoryHost, String) {
    let base = "/base".to_owned();
    let mut world = MemoryHost::new();
    for (place, text) in FILES {
        world = world.with_file(format!("{base}/{place}"), text);
    }
    for (place, target) in LINKS {
        world = world.with_link(format!("{base}/{place}"), target.replace('@', &base));
    }
    (world, base)
}

fn on_disk(name: &str) -> (Scene, String) {
    let scene = Scene::new(name);
    let base = scene.path("").display().to_string();
    for (place, text) in FILES {
        scene.file(place, text);
    }
    for (place, target) in LINKS {
        scene.link(place, target.replace('@', &base));
    }
    (scene, base)
}

fn pure() -> Policy {
    Policy::pure()
}

/// Runs a check in both modes, in memory and on real files.
fn everywhere(name: &str, check: impl Fn(&mut dyn Host, &str, &str)) {
    let (memory, memory_base) = in_memory();
    let (_scene, real_base) = on_disk(name);
    let modes = [
        (pure(), "is forbidden in pure evaluation mode (use '--impure' to override)"),
        (Policy::restricted(), "is forbidden in restricted mode"),
    ];
    for (policy, words) in modes {
        let granted = policy.clone().allow(format!("{memory_base}/ok").as_bytes());
        check(&mut PolicyHost::new(memory.clone(), granted), &memory_base, words);
        let granted = policy.allow(format!("{real_base}/ok").as_bytes());
        check(&mut PolicyHost::new(RealHost::new(), granted), &real_base, words);
    }
}

fn refusal(path: &str, words: &str) -> HostError {
    HostError::Forbidden(format!("access to absolute path '{path}' {words}"))
}

/// Every request that tells something of a path.
fn answers(host: &mut dyn Host, path: &[u8]) -> [Result<(), HostError>; 7] {
    [
        host.file_type(path).map(drop),
        host.read_file(path).map(drop),
        host.read_file_in_pieces(path, &mut |_| true).map(drop),
        host.file_size(path).map(drop),
        host.read_dir(path).map(drop),
        host.read_link(path).map(drop),
        host.store_tree(
            b"/nix/store/00000000000000000000000000000000-x",
            path,
            None,
            Ingestion::Nar,
        ),
    ]
}

#[test]
fn refuses_everything_outside() {
    everywhere("outside", |host, base, words| {
        for place in [
            "no",
            "no/secret",
            "no/nothing",
            "no/back",
            "no/back/f",
            "no/onwards",
            "ok-too",
            "ok-too/f",
            "o",
            "okay",
            "ok/../no/secret",
            "ok/../no/../no/secret",
            "ok/./../no//secret",
            "ok/out-dir/secret",
            "ok/out-dir/nothing",
            "ok/out-dir/sub/h",
            "ok/out-dir/back/f",
            "ok/out-dir/onwards",
            "ok/out-root/etc",
            "ok/out-root/etc/passwd",
        ] {
            let path = format!("{base}/{place}");
            for answer in answers(host, path.as_bytes()) {
                assert_eq!(answer, Err(refusal(&path, words)), "{path}");
            }
        }
    });
}

#[test]
fn refuses_what_links_lead_to() {
    everywhere("links", |host, base, words| {
        for place in
            ["out", "out-abs", "out-dir", "out-nothing", "chain", "through", "out-dir/onwards"]
        {
            let path = format!("{base}/ok/{place}");
            let wanted = Err(refusal(&path, words));
            assert_eq!(host.read_file(path.as_bytes()).map(drop), wanted, "{path}");
            assert_eq!(host.read_dir(path.as_bytes()).map(drop), wanted, "{path}");
            assert_eq!(host.file_size(path.as_bytes()).map(drop), wanted, "{path}");
        }
    });
}

#[test]
fn links_in_a_root_are_its_content() {
    everywhere("content", |host, base, _| {
        for place in ["out", "out-dir", "out-root", "dangling", "self", "good"] {
            let path = format!("{base}/ok/{place}");
            assert_eq!(host.file_type(path.as_bytes()), Ok(Some(FileType::Symlink)), "{path}");
        }
        let target = host.read_link(format!("{base}/ok/out").as_bytes());
        assert_eq!(target, Ok(b"../no/secret".to_vec()));
    });
}

#[test]
fn reads_inside() {
    everywhere("inside", |host, base, _| {
        for (place, text) in [
            ("ok/f", "inside"),
            ("ok/sub/g", "inside too"),
            ("ok/good", "inside"),
            ("ok/good-up", "inside"),
            ("ok/good-abs/g", "inside too"),
            ("ok/good-abs/../f", "inside"),
            ("no/../ok/f", "inside"),
        ] {
            let path = format!("{base}/{place}");
            assert_eq!(host.read_file(path.as_bytes()), Ok(text.as_bytes().to_vec()), "{path}");
        }
        let path = format!("{base}/ok/sub");
        assert_eq!(host.read_dir(path.as_bytes()), Ok(vec![(b"g".to_vec(), FILE)]));
        for place in ["nothing", "nothing/below", "f/below", "dangling"] {
            let path = format!("{base}/ok/{place}");
            assert_eq!(host.read_file(path.as_bytes()), Err(HostError::NotFound), "{path}");
        }
        assert_eq!(host.file_type(format!("{base}/ok/f/below").as_bytes()), Ok(None));
        let path = format!("{base}/ok/self");
        let wanted = HostError::Io(format!("infinite symlink recursion in path '{path}'"));
        assert_eq!(host.read_file(path.as_bytes()), Err(wanted));
    });
}

#[test]
fn shows_only_the_way_to_roots() {
    everywhere("ancestors", |host, base, _| {
        let listing = host.read_dir(base.as_bytes());
        assert_eq!(listing, Ok(vec![(b"ok".to_vec(), FileType::Directory)]));
        let mut at = base.to_owned();
        while let Some(slash) = at.rfind('/') {
            assert_eq!(host.file_type(at.as_bytes()), Ok(Some(FileType::Directory)), "{at}");
            let name = at.as_bytes()[slash + 1..].to_vec();
            at.truncate(slash);
            let folder = if at.is_empty() { "/" } else { at.as_str() };
            match host.read_dir(folder.as_bytes()) {
                // Whoever runs the test need not be allowed to list what is above it.
                Err(HostError::Io(_)) => {}
                listing => {
                    assert_eq!(listing, Ok(vec![(name, FileType::Directory)]), "{folder}");
                }
            }
        }
    });
}

#[test]
fn nothing_is_granted_without_roots() {
    for policy in [Policy::pure(), Policy::restricted(), Policy::pure().allow(b"relative")] {
        let (memory, base) = in_memory();
        let mut host = PolicyHost::new(RecordingHost::new(memory), policy);
        for path in ["/", "/nix", &base, &format!("{base}/ok/f"), "relative", "", "/a\0b"] {
            for answer in answers(&mut host, path.as_bytes()) {
                assert!(matches!(answer, Err(HostError::Forbidden(_))), "{path}: {answer:?}");
            }
        }
        assert_eq!(host.env(b"HOME"), None);
        assert_eq!(host.into_inner().requests(), [], "a refused request reached the host within");
    }
}

#[test]
fn a_target_outside_is_never_looked_at() {
    let (memory, base) = in_memory();
    let policy = Policy::restricted().allow(format!("{base}/ok").as_bytes());
    let mut host = PolicyHost::new(RecordingHost::new(memory), policy);
    for (link, _) in LINKS {
        for place in [link.to_owned(), format!("{link}/x")] {
            let path = format!("{base}/{place}");
            for answer in answers(&mut host, path.as_bytes()) {
                let text = answer.map_or_else(|error| error.to_string(), |()| String::new());
                assert!(!text.contains("SECRET") && !text.contains("hidden-target"), "{text}");
            }
        }
    }
    let inside = format!("{base}/ok");
    for path in host.inner().dependencies() {
        let path = String::from_utf8_lossy(path).into_owned();
        assert!(inside.starts_with(&path) || path.starts_with(&inside), "{path} was looked at");
    }
}

#[test]
fn grants_at_run_time() {
    let (memory, base) = in_memory();
    let mut host = PolicyHost::new(memory, Policy::pure());
    let path = format!("{base}/no/secret");
    assert!(host.read_file(path.as_bytes()).is_err());
    host.allow(path.as_bytes());
    assert_eq!(host.read_file(path.as_bytes()), Ok(b"SECRET".to_vec()));
    assert!(host.read_file(format!("{base}/no/sub/h").as_bytes()).is_err());
}

#[test]
fn what_is_stored_is_readable() {
    let (memory, base) = in_memory();
    let policy = Policy::pure().allow(format!("{base}/ok/sub").as_bytes());
    let mut host = PolicyHost::new(memory, policy);
    let other = b"/nix/store/11111111111111111111111111111111-other";
    host.inner().write(other, b"SECRET".to_vec());
    let path = b"/nix/store/00000000000000000000000000000000-text";
    assert!(matches!(host.read_file(path), Err(HostError::Forbidden(_))));
    host.store_text(path, b"text", &[]).unwrap();
    assert_eq!(host.read_file(path), Ok(b"text".to_vec()));
    assert!(matches!(host.read_file(other), Err(HostError::Forbidden(_))));
    let listing = host.read_dir(b"/nix/store").unwrap();
    assert_eq!(listing, [(b"00000000000000000000000000000000-text".to_vec(), FILE)]);
}

#[test]
fn a_tree_above_a_root_has_only_what_is_seen() {
    let (memory, base) = in_memory();
    let policy = Policy::restricted().allow(format!("{base}/ok/sub").as_bytes());
    let mut host = PolicyHost::new(memory, policy);
    let path = b"/nix/store/00000000000000000000000000000000-base";
    host.store_tree(path, base.as_bytes(), None, Ingestion::Nar).unwrap();
    let mut memory = host.into_inner();
    let names = |listing: Vec<(Vec<u8>, FileType)>| {
        listing.into_iter().map(|(name, _)| String::from_utf8(name).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(memory.read_dir(path).unwrap()), ["ok"]);
    let ok = [&path[..], b"/ok"].concat();
    assert_eq!(names(memory.read_dir(&ok).unwrap()), ["sub"]);
}

#[test]
fn a_file_above_a_root_is_not_readable() {
    // Nix reads it: there, whatever is above a root is allowed.
    let memory = MemoryHost::new().with_file("/a/f", "SECRET");
    let mut host = PolicyHost::new(memory, Policy::restricted().allow(b"/a/f/below"));
    assert_eq!(host.read_file(b"/a/f"), Err(refusal("/a/f", "is forbidden in restricted mode")));
    assert_eq!(host.read_file(b"/a/f/below"), Err(HostError::NotFound));
}

#[test]
fn a_root_behind_a_link_is_taken_by_name() {
    let memory = MemoryHost::new().with_file("/real/f", "x").with_link("/alias", "/real");
    let policy = Policy::restricted().allow(b"/alias");
    let mut host = PolicyHost::new(memory, policy);
    assert_eq!(host.file_type(b"/alias"), Ok(Some(FileType::Symlink)));
    assert!(matches!(host.read_file(b"/alias/f"), Err(HostError::Forbidden(_))));
    host.allow(b"/real");
    assert_eq!(host.read_file(b"/alias/f"), Ok(b"x".to_vec()));
}

#[test]
fn uris() {
    let (memory, base) = in_memory();
    let policy = Policy::restricted()
        .allow(format!("{base}/ok").as_bytes())
        .allow_uri(b"https://example.org/a")
        .allow_uri(b"github:");
    let mut host = PolicyHost::new(memory.clone(), policy);
    let allowed = [
        "https://example.org/a/b",
        "github:a/b",
        &format!("file://{base}/ok/f"),
        &format!("{base}/ok/good"),
    ];
    for uri in allowed {
        assert_eq!(host.check_uri(uri.as_bytes()), Ok(()), "{uri}");
    }
    let uri = "https://example.org.evil/a";
    let wanted =
        HostError::Forbidden(format!("access to URI '{uri}' is forbidden in restricted mode"));
    assert_eq!(host.check_uri(uri.as_bytes()), Err(wanted));
    for place in ["no/secret", "ok/out", "ok/../no/secret"] {
        let path = format!("{base}/{place}");
        let wanted = Err(refusal(&path, "is forbidden in restricted mode"));
        assert_eq!(host.check_uri(path.as_bytes()), wanted);
        assert!(host.check_uri(format!("file://{path}").as_bytes()).is_err(), "{path}");
    }
    assert_eq!(PolicyHost::new(memory, Policy::pure()).check_uri(uri.as_bytes()), Ok(()));
}

#[test]
fn time_and_environment() {
    let memory = MemoryHost::new().with_time(5).with_env("HOME", "/");
    let mut host = PolicyHost::new(memory.clone(), Policy::restricted());
    assert_eq!((host.now(), host.env(b"HOME")), (5, None));
    let mut host = PolicyHost::new(memory, Policy::pure());
    assert_eq!((host.now(), host.env(b"HOME")), (0, None));
}
