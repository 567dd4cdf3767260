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

/// Derivations with long values, of each kind, and what their text is when it is written in one go.
fn long_derivations() -> Vec<Derivation> {
    let hash = frazil_store::hash::Hash::from_sha256([7; 32]);
    let (method, algorithm) = (frazil_store::path::Method::Nar, hash.algorithm());
    let kinds =
        [Output::Deferred, Output::Fixed { method, hash }, Output::Floating { method, algorithm }];
    let make = |output: Output| {
        let mut drv = Derivation { name: b"long".to_vec(), ..Derivation::default() };
        drv.outputs.insert(b"out".to_vec(), output.clone());
        if output == Output::Deferred {
            drv.outputs.insert(b"lib".to_vec(), output);
        }
        let escapes: Vec<u8> = b"line\n\"".iter().copied().cycle().take(1 << 20).collect();
        drv.env.insert(b"a", &escapes);
        drv.env.insert(b"middle", b"a short one");
        drv.env.insert(b"z", &vec![b'z'; (1 << 20) + 1]);
        drv
    };
    kinds.map(make).into()
}

#[test]
fn long_values_are_written_as_in_one_go() {
    let dir = StoreDir::default();
    for mut drv in long_derivations() {
        let mut instantiator = Instantiator::new(dir.clone());
        let done = instantiator.instantiate(&mut drv, |_| None).unwrap();
        // What is not instantiated is written in one go.
        assert!(instantiator.text() == drv.to_aterm(&dir).unwrap());
        assert_eq!(drv.hash_modulo(&dir, |_| None).unwrap(), done.modulo);
        let mut blank = drv.clone();
        let blanks =
            blank.outputs.iter_mut().filter(|(_, o)| matches!(o, Output::InputAddressed(_)));
        let names: Vec<_> = blanks
            .map(|(name, output)| {
                *output = Output::Deferred;
                name.clone()
            })
            .collect();
        for name in &names {
            blank.env.insert(name, b"");
        }
        let masked = frazil_store::hash::sha256([&*blank.to_aterm(&dir).unwrap()]);
        for (name, path) in drv.outputs.keys().zip(&done.outputs) {
            if names.contains(name) {
                let expected = dir.make_output_path(name, &masked, b"long").unwrap();
                assert_eq!(path.as_ref(), Some(&expected));
            }
        }
    }
}

#[test]
fn a_long_derivation_is_left_wherever_it_is_told_to() {
    let dir = StoreDir::default();
    for drv in long_derivations() {
        let (mut instantiator, mut all) = (Instantiator::new(dir.clone()), 0);
        let count = &mut || {
            all += 1;
            true
        };
        let whole = instantiator.instantiate_while(&mut drv.clone(), |_| None, count).unwrap();
        assert!(all > 15, "it asked {all} times");
        for end in 0..all {
            let (mut again, mut asked) = (drv.clone(), 0);
            let ended = instantiator.instantiate_while(&mut again, |_| None, &mut || {
                asked += 1;
                asked <= end
            });
            assert_eq!(ended, Err(frazil_store::derivation::InstantiateError::Ended));
            assert_eq!(asked, end + 1);
            assert_eq!(instantiator.instantiate(&mut again, |_| None).unwrap(), whole);
        }
    }
}
