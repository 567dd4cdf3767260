//! Derivations the reference implementation wrote into a store: each must be read, written back unchanged, and, with
//! its output paths taken away, instantiated to the same text and path again.

use frazil_store::derivation::{HashModulo, Instantiator, Output};
use frazil_store::{Derivation, StoreDir, StorePath};
use std::collections::BTreeMap;

/// Texts by base name: one line each, since the text itself has no raw newline.
fn fixtures() -> BTreeMap<Vec<u8>, Vec<u8>> {
    let lines =
        include_bytes!("fixtures/derivations.txt").split(|b| *b == b'\n').filter(|l| !l.is_empty());
    let split = |line: &[u8]| {
        let space = line.iter().position(|b| *b == b' ').unwrap();
        (line[..space].to_vec(), line[space + 1..].to_vec())
    };
    let all: BTreeMap<_, _> = lines.map(split).collect();
    assert!(all.len() > 30);
    all
}

/// Instantiates a fixture, and before it everything it uses.
struct Closure {
    texts: BTreeMap<Vec<u8>, Vec<u8>>,
    known: BTreeMap<Vec<u8>, HashModulo>,
    instantiator: Instantiator,
}

impl Closure {
    fn parse(&self, base: &[u8]) -> Derivation {
        let path = StorePath::from_base_name(base).unwrap();
        let dir = StoreDir::default();
        Derivation::parse(&dir, path.derivation_name().unwrap(), &self.texts[base]).unwrap()
    }

    fn check(&mut self, base: &[u8]) {
        if self.known.contains_key(base) {
            return;
        }
        let original = self.parse(base);
        for input in original.input_drvs.keys() {
            self.check(input.base_name());
        }
        let mut drv = original.clone();
        for (_, output) in drv.outputs.iter_mut() {
            if matches!(output, Output::InputAddressed(_)) {
                *output = Output::Deferred;
            }
        }
        let outputs: Vec<_> = drv.outputs.keys().cloned().collect();
        for name in outputs {
            drv.env.remove(&name);
        }
        let known = &self.known;
        let lookup = |p: &StorePath| known.get(p.base_name()).copied();
        let done = self.instantiator.instantiate(&mut drv, lookup).unwrap();
        let shown = String::from_utf8_lossy(base);
        assert_eq!(self.instantiator.text(), &self.texts[base][..], "text of {shown}");
        assert_eq!(done.drv_path.base_name(), base, "path of {shown}");
        assert_eq!(drv, original);
        let again = original.hash_modulo(&StoreDir::default(), lookup).unwrap();
        assert_eq!(again, done.modulo, "hash modulo of {shown}");
        self.known.insert(base.to_vec(), done.modulo);
    }
}

#[test]
fn read_and_written_back() {
    let dir = StoreDir::default();
    for (base, text) in fixtures() {
        let path = StorePath::from_base_name(&base).unwrap();
        let drv = Derivation::parse(&dir, path.derivation_name().unwrap(), &text).unwrap();
        assert_eq!(drv.to_aterm(&dir).unwrap(), text, "{path:?}");
    }
}

#[test]
fn instantiated_again() {
    let mut closure = Closure {
        texts: fixtures(),
        known: BTreeMap::new(),
        instantiator: Instantiator::new(StoreDir::default()),
    };
    for base in closure.texts.keys().cloned().collect::<Vec<_>>() {
        closure.check(&base);
    }
}

#[test]
fn cut_or_damaged_texts_are_errors() {
    let dir = StoreDir::default();
    for (base, text) in fixtures().into_iter().filter(|(_, text)| text.len() < 400) {
        let name = &base[33..base.len() - 4];
        for end in 0..text.len() {
            assert!(Derivation::parse(&dir, name, &text[..end]).is_err());
        }
        for at in 0..text.len() {
            for byte in [b'"', b'\\', b'(', b']', b',', 0, 255] {
                let mut damaged = text.clone();
                damaged[at] = byte;
                // Whatever it says, it says it without panicking.
                if let Ok(drv) = Derivation::parse(&dir, name, &damaged) {
                    drv.to_aterm(&dir).unwrap();
                }
            }
        }
    }
}

#[test]
fn json_form() {
    let dir = StoreDir::default();
    let shown = include_str!("fixtures/derivations.json").trim_end();
    let mut written = String::from("{\"derivations\":{");
    for (i, (base, text)) in fixtures().into_iter().enumerate() {
        let path = StorePath::from_base_name(&base).unwrap();
        let drv = Derivation::parse(&dir, path.derivation_name().unwrap(), &text).unwrap();
        let json = drv.to_json().unwrap();
        assert_eq!(Derivation::from_json(&json).unwrap(), drv);
        for end in (0..json.len()).step_by(7) {
            assert!(Derivation::from_json(&json[..end]).is_err());
        }
        let comma = if i > 0 { "," } else { "" };
        written += &format!(
            "{comma}\"{}\":{}",
            String::from_utf8(base).unwrap(),
            String::from_utf8(json).unwrap()
        );
    }
    written += "},\"version\":4}";
    assert_eq!(written, shown);
}

#[test]
fn large_texts_are_read() {
    let dir = StoreDir::default();
    let mut text = br#"Derive([("out","","","")],[],[],"s","b",["#.to_vec();
    let arg = format!("\"{}\\n\\\"{}\"", "x".repeat(1000), "y".repeat(1000));
    for i in 0..5000 {
        text.extend_from_slice(if i > 0 { b"," } else { b"" });
        text.extend_from_slice(arg.as_bytes());
    }
    text.extend_from_slice(b"],[])");
    let drv = Derivation::parse(&dir, b"n", &text).unwrap();
    assert_eq!(drv.args.len(), 5000);
    assert!(drv.to_aterm(&dir).unwrap() == text);
    assert!(Derivation::parse(&dir, b"n", &text[..text.len() - 1]).is_err());
    let deep = [
        br#"DrvWithVersion("xp-dyn-drv",[],[("/nix/store/00000000000000000000000000000000-a.drv","#
            .as_slice(),
        &br#"([],[("a","#.repeat(100_000),
    ]
    .concat();
    assert!(Derivation::parse(&dir, b"n", &deep).unwrap_err().message.contains("too deep"));
}
