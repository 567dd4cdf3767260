//! No builtin reads what a policy does not grant: every builtin that takes a path, in every way to write a path, in pure and in
//! restricted evaluation.
//!
//! The world is in memory and watched: nothing outside of the granted folder may even be asked for. What is said of
//! refused paths must not depend on what is there, and no text may hold the secret.

use frazil::host::{FileType, Message};
use frazil::{ErrorKind, Evaluator, Host, HostError, Options, Settings};
use frazil_hosts::{MemoryHost, Policy, PolicyHost};
use std::sync::{Arc, Mutex};

mod every_builtin;

/// The granted folder.
const GRANTED: &str = "/base/ok";

/// Ways to write the path of the file `/base/no/secret` and of the folder `/base/no`, seen from `/base/ok`; every one leads
/// outside. `@` is what is below `/base/no`: `/secret` or nothing.
const FORMS: [(&str, &str); 14] = [
    ("literal", "/base/no@"),
    ("relative literal", "../no@"),
    ("string", "\"/base/no@\""),
    ("interpolation in a path", "(/base + \"/${\"no\"}@\")"),
    ("interpolation in a string", "\"${toString ../.}/no@\""),
    ("root and string", "(/. + \"/base/no@\")"),
    ("root and string without slash", "(/. + \"base/no@\")"),
    ("dots in a literal", "/base/ok/../no@"),
    ("dots in a string", "\"/base/ok/sub/../../no@\""),
    ("dots added", "(/base/ok + \"/../no@\")"),
    ("link to a folder", "/base/ok/to-folder@"),
    ("link to a folder by a string", "\"/base/ok/to-folder@\""),
    ("link to the root", "/base/ok/to-root/base/no@"),
    ("links over links", "/base/ok/to-links/onwards@"),
];

/// Ways to write a link that is itself granted and leads to the secret file.
const LINKS: [(&str, &str); 3] = [
    ("link", "/base/ok/to-file"),
    ("link by a string", "\"/base/ok/to-file\""),
    ("absolute link", "/base/ok/to-file-abs"),
];

/// Lookups in the search path, which names `/base/no` as `secret`.
const LOOKUPS: [(&str, &str); 3] = [
    ("lookup", "<secret@>"),
    ("own search path", "(builtins.findFile [ { prefix = \"s\"; path = \"/base/no\"; } ] \"s@\")"),
    (
        "search path of dots",
        "(builtins.findFile [ { prefix = \"s\"; path = \"/base/ok/../no\"; } ] \"s@\")",
    ),
];

/// What is done with a file's path.
const FILE_USES: [&str; 22] = [
    "import PATH",
    "builtins.scopedImport { x = 1; } PATH",
    "builtins.readFile PATH",
    "builtins.readFileType PATH",
    "builtins.pathExists PATH",
    "builtins.hashFile \"sha256\" PATH",
    "builtins.path { path = PATH; }",
    "builtins.path { path = PATH; recursive = false; }",
    "builtins.path { path = PATH; name = \"x\"; filter = p: t: true; }",
    "builtins.filterSource (p: t: true) PATH",
    "\"${/. + PATH}\"",
    "builtins.toJSON { x = /. + PATH; }",
    "(derivation { name = \"x\"; builder = \"x\"; system = \"x\"; src = /. + PATH; }).drvPath",
    "(derivation { name = \"x\"; builder = \"x\"; system = \"x\"; args = [ (/. + PATH) ]; __structuredAttrs = true; }).drvPath",
    "builtins.readFile (builtins.toPath PATH)",
    "builtins.storePath PATH",
    "builtins.fetchTarball \"file://${toString PATH}\"",
    "builtins.fetchurl \"file://${toString PATH}\"",
    "builtins.fetchGit { url = \"file://${toString PATH}\"; }",
    "builtins.fetchGit PATH",
    "builtins.fetchMercurial PATH",
    "builtins.concatStringsSep \"\" (map (p: \"${/. + p}\") [ PATH ])",
];

/// What is done with a folder's path `PATH`.
const FOLDER_USES: [&str; 9] = [
    "builtins.readDir PATH",
    "import PATH",
    "builtins.pathExists PATH",
    "builtins.pathExists \"${toString PATH}/\"",
    "builtins.path { path = PATH; }",
    "builtins.filterSource (p: t: builtins.trace p true) PATH",
    "\"${/. + PATH}\"",
    "builtins.readFileType \"${toString PATH}/secret\"",
    "builtins.attrNames (builtins.readDir PATH)",
];

/// What makes further builtins exist.
const FEATURES: [&str; 4] = ["flakes", "fetch-tree", "fetch-closure", "dynamic-derivations"];

/// A host that notes every path it is asked about, and every message.
struct Spy {
    inner: MemoryHost,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Spy {
    fn note(&self, bytes: &[u8]) {
        self.seen.lock().expect("one thread").push(String::from_utf8_lossy(bytes).into_owned());
    }
}

impl Host for Spy {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.note(path);
        self.inner.read_file(path)
    }
    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        self.note(path);
        self.inner.read_dir(path)
    }
    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        self.note(path);
        self.inner.file_type(path)
    }
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.note(path);
        self.inner.read_link(path)
    }
    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.note(b"/base/no: environment");
        self.inner.env(name)
    }
    fn now(&mut self) -> i64 {
        0
    }
    fn message(&mut self, _: Message, text: &[u8]) {
        self.note(&[b"message: ", text].concat());
    }
    fn is_valid_path(&mut self, _: &[u8]) -> bool {
        false
    }
}

fn world() -> MemoryHost {
    MemoryHost::new()
        .with_file("/base/ok/f", "\"inside\"")
        .with_file("/base/ok/sub/g", "inside too")
        .with_file("/base/no/secret", "\"SECRET\"")
        .with_file("/base/no/default.nix", "\"SECRET\"")
        .with_file("/base/no/more/secret", "\"SECRET\"")
        .with_file("/base/okay/secret", "\"SECRET\"")
        .with_file("/etc/passwd", "SECRET")
        .with_link("/base/no/onwards", "../no")
        .with_link("/base/ok/to-file", "../no/secret")
        .with_link("/base/ok/to-file-abs", "/base/no/secret")
        .with_link("/base/ok/to-folder", "../no")
        .with_link("/base/ok/to-root", "/")
        .with_link("/base/ok/to-links", "to-folder")
        .with_env("SECRET", "SECRET")
}

struct Outcome {
    result: Result<String, (ErrorKind, String)>,
    seen: Vec<String>,
}

fn run(restricted: bool, text: &str) -> Outcome {
    let policy = if restricted { Policy::restricted() } else { Policy::pure() };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let host = PolicyHost::new(
        Spy { inner: world(), seen: Arc::clone(&seen) },
        policy.allow(GRANTED.as_bytes()),
    );
    let settings = Settings {
        pure: !restricted,
        restricted,
        features: FEATURES.map(String::from).to_vec(),
        search_path: vec![(b"secret".to_vec(), b"/base/no".to_vec())],
        ..Settings::default()
    };
    let mut evaluator = Evaluator::with_host(settings, Box::new(host), Options::default());
    let result = evaluator
        .eval_text(text.as_bytes(), b"/base/ok")
        .and_then(|value| evaluator.show(value))
        .map(|shown| String::from_utf8_lossy(&shown).into_owned())
        .map_err(|error| {
            let mut told = error.to_string();
            for line in error.trace() {
                told.push_str(&String::from_utf8_lossy(&line.text));
            }
            (error.kind(), told)
        });
    let seen = seen.lock().expect("one thread").clone();
    Outcome { result, seen }
}

/// Whether a path is the granted folder, below it, or above it.
fn is_granted(path: &str) -> bool {
    let below =
        path.strip_prefix(GRANTED).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let above = path == "/" || GRANTED.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    below || above
}

/// Runs a program in both modes; what it says must keep the secret, and it must not ask for what is not granted.
fn check(name: &str, text: &str, allowed: &[&str]) {
    for restricted in [false, true] {
        let Outcome { result, seen } = run(restricted, text);
        for path in seen.iter().filter(|path| path.starts_with('/')) {
            assert!(is_granted(path), "{name}: {text}: asked for {path}");
        }
        let told = match &result {
            Ok(shown) => shown,
            Err((_, told)) => told,
        };
        let messages = seen.iter().filter(|path| path.starts_with("message"));
        for told in messages.chain([told]) {
            assert!(!told.contains("SECRET"), "{name}: {text}: {told}");
        }
        match result {
            Ok(shown) => assert!(allowed.contains(&shown.as_str()), "{name}: {text} gave {shown}"),
            Err((kind, told)) => {
                use ErrorKind::{Eval, Forbidden, Io, Thrown, Type, Unsupported};
                assert!(
                    matches!(kind, Forbidden | Io | Thrown | Eval | Type | Unsupported),
                    "{name}: {text}: {told}"
                );
            }
        }
    }
}

#[test]
fn no_builtin_reads_a_file_outside() {
    for (name, form) in FORMS.into_iter().chain(LOOKUPS) {
        let path = form.replace('@', "/secret");
        for program in FILE_USES {
            check(name, &program.replace("PATH", &path), &["false"]);
        }
    }
}

#[test]
fn no_builtin_looks_into_a_folder_outside() {
    for (name, form) in FORMS.into_iter().chain(LOOKUPS) {
        let path = form.replace('@', "");
        // That a link which is granted is there, and what kind of thing it is, is no secret.
        let allowed: &[&str] =
            if name.contains("link") { &["false", "true", "\"symlink\""] } else { &["false"] };
        for program in FOLDER_USES {
            if name.contains("link")
                && (program.contains("path {")
                    || program.contains("filterSource")
                    || program.contains("${/. + PATH}"))
            {
                continue;
            }
            check(name, &program.replace("PATH", &path), allowed);
        }
    }
}

#[test]
fn no_builtin_reads_through_a_link() {
    for (name, path) in LINKS {
        for program in FILE_USES {
            let text = program.replace("PATH", path);
            for restricted in [false, true] {
                let Outcome { result, seen } = run(restricted, &text);
                for path in seen.iter().filter(|path| path.starts_with('/')) {
                    assert!(is_granted(path), "{name}: {text}: asked for {path}");
                }
                // The link itself may be copied, as a link; what it leads to may not.
                let told = match result {
                    Ok(told) => told,
                    Err((_, told)) => told,
                };
                assert!(!told.contains("SECRET"), "{name}: {text}: {told}");
            }
        }
    }
}

/// The programs do what they are meant to where they may: else the tests above would show nothing.
#[test]
fn the_same_programs_read_inside() {
    let inside = [
        ("/base/ok/f", "import PATH", "\"inside\""),
        ("/base/ok/f", "builtins.readFile PATH", "\"\\\"inside\\\"\""),
        ("\"/base/ok/f\"", "builtins.readFileType PATH", "\"regular\""),
        ("(/. + \"/base/ok/f\")", "builtins.pathExists PATH", "true"),
        ("/base/no/../ok/sub", "builtins.attrNames (builtins.readDir PATH)", "[ \"g\" ]"),
        ("/base", "builtins.attrNames (builtins.readDir PATH)", "[ \"ok\" ]"),
        ("/.", "builtins.attrNames (builtins.readDir PATH)", "[ \"base\" ]"),
    ];
    for (path, program, expected) in inside {
        for restricted in [false, true] {
            let text = program.replace("PATH", path);
            // An absolute path literal is no less granted than any other.
            assert_eq!(run(restricted, &text).result.as_deref().ok(), Some(expected), "{text}");
        }
    }
}

/// A folder above a granted one shows only the way there, to all that list folders.
#[test]
fn restricted_readdir_parent() {
    for text in
        ["builtins.readDir /base", "builtins.readDir ../.", "builtins.readDir \"/base/ok/..\""]
    {
        check("parent", text, &["{ ok = \"directory\"; }"]);
    }
    for text in [
        "builtins.length (builtins.filter (x: x != \"ok\") (builtins.attrNames (builtins.readDir /base)))",
        "builtins.length (builtins.filter (x: x != \"base\") (builtins.attrNames (builtins.readDir /.)))",
    ] {
        check("parent", text, &["0"]);
    }
    let copied = run(true, "builtins.filterSource (p: t: builtins.trace p true) /base");
    for told in copied.seen.iter().filter(|told| told.starts_with("message")) {
        assert!(!told.contains("/base/no") && !told.contains("okay"), "{told}");
    }
}

#[test]
fn neither_environment_nor_time_nor_foreign_code() {
    for text in ["builtins.getEnv \"SECRET\"", "builtins.getEnv \"HOME\""] {
        check("environment", text, &["\"\""]);
    }
    assert!(run(false, "builtins.readFile ~/secret").result.is_err());
    assert!(run(false, "builtins.currentTime").result.is_err());
    assert!(run(false, "builtins.currentSystem").result.is_err());
    for name in ["exec", "importNative"] {
        assert_eq!(run(false, &format!("builtins ? {name}")).result.ok().as_deref(), Some("false"));
    }
}

/// The library grants nothing by itself.
#[test]
fn the_default_host_has_nothing() {
    for program in FILE_USES {
        let mut evaluator = Evaluator::new(Settings::default());
        let text = program.replace("PATH", "/etc/passwd");
        let result = evaluator
            .eval_text(text.as_bytes(), b"/")
            .and_then(|value| evaluator.show(value))
            .map(|shown| String::from_utf8_lossy(&shown).into_owned());
        assert!(result.is_err() || result.as_deref().ok() == Some("false"), "{text}: {result:?}");
    }
}

/// `<nix/fetchurl.nix>` cannot be replaced by what a search path without that prefix holds, nor read from files.
#[test]
fn nix_path_shadow() {
    let Outcome { seen, .. } = run(true, "import <nix/fetchurl.nix>");
    for path in seen.iter().filter(|path| path.starts_with('/')) {
        assert!(is_granted(path), "asked for {path}");
    }
}
