//! Under which keys a resolved file and its code are kept.
//!
//! In: a text and everything else its resolved form depends on. Out: keys; equal keys mean equal forms.
//! Not here: the cache (`frazil-hosts` has one in a folder), and the form itself (`frazil-compile`).

use crate::loader::Options;
use frazil_base::{Fingerprint, Interner, Symbol};
use frazil_compile::FORM;
use frazil_eval::host::CodeKey;
use frazil_store::{Algorithm, Hasher};

/// What all files of an evaluator have in common.
#[derive(Debug)]
pub(crate) struct KeyMaker {
    common: Vec<u8>,
    globals: usize,
}

impl KeyMaker {
    pub(crate) fn new(
        options: &Options,
        pipe_operators: bool,
        symbols: &Interner,
        globals: impl Iterator<Item = Symbol>,
    ) -> KeyMaker {
        let mut names: Vec<&[u8]> = globals.map(|name| symbols.resolve(name)).collect();
        names.sort_unstable();
        let mut common = FORM.as_bytes().to_vec();
        let settings = format!("{}{pipe_operators}{:?}", options.optimise, options.lints);
        common.extend_from_slice(settings.as_bytes());
        for name in &names {
            common.push(0);
            common.extend_from_slice(name);
        }
        let digest = hash([common.as_slice()]);
        KeyMaker { common: digest.into(), globals: names.len() }
    }

    /// Whether it is right for this number of globals: they are never exchanged, only added.
    pub(crate) fn is_for(&self, globals: usize) -> bool {
        self.globals == globals
    }

    /// The key of a text whose relative paths start from `directory`.
    pub(crate) fn key(&self, text: &Fingerprint, directory: &[u8], home: Option<&[u8]>) -> CodeKey {
        // Only home paths depend on it.
        let home = home.filter(|_| text[31] & 1 == 1).unwrap_or_default();
        let lengths = [directory.len() as u64, home.len() as u64].map(u64::to_le_bytes);
        hash([&self.common, lengths.as_flattened(), directory, home, text])
    }
}

/// Tells a text from all others. The last bit says whether it may contain home paths.
pub(crate) fn fingerprint(text: &[u8]) -> Fingerprint {
    let mut digest = hash([text]);
    digest[31] = digest[31] & !1 | u8::from(has_tilde(text));
    digest
}

/// Looked for in all of a run, which becomes vector instructions, where a search would stop at any byte.
fn has_tilde(text: &[u8]) -> bool {
    text.chunks(256).any(|run| run.iter().fold(false, |found, byte| found | (*byte == b'~')))
}

/// The key of a text's code, from that of its resolved form.
pub(crate) fn of_code(key: &CodeKey) -> CodeKey {
    key.map(|byte| !byte)
}

/// What is kept of a text: its resolved form or its code, and how long its lines are.
pub(crate) fn entry(mut form: Vec<u8>, lines: &[u8]) -> Vec<u8> {
    form.extend_from_slice(lines);
    form.extend_from_slice(&(lines.len() as u32).to_le_bytes());
    form
}

/// The parts of an `entry`.
pub(crate) fn parts(mut entry: Vec<u8>) -> Option<(Vec<u8>, Box<[u8]>)> {
    let (rest, count) = entry.split_last_chunk()?;
    let end = rest.len();
    let start = end.checked_sub(u32::from_le_bytes(*count) as usize)?;
    let lines = entry[start..end].into();
    entry.truncate(start);
    Some((entry, lines))
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> CodeKey {
    let mut hasher = Hasher::new(Algorithm::Blake3);
    parts.into_iter().for_each(|part| hasher.update(part));
    let mut key = CodeKey::default();
    key.copy_from_slice(hasher.finish().bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_apart() {
        let whole = entry(vec![1, 2, 3], &[4, 5]);
        assert_eq!(parts(whole), Some((vec![1, 2, 3], [4, 5].into())));
        assert_eq!(parts(entry(Vec::new(), &[])), Some((Vec::new(), [].into())));
        assert_eq!(parts(vec![1, 9, 0, 0, 0]), None);
        assert_eq!(parts(vec![0; 3]), None);
    }

    #[test]
    fn a_key_says_all_that_matters() {
        let symbols = Interner::new();
        let maker = |optimise| {
            let options = Options { optimise, ..Options::default() };
            KeyMaker::new(&options, false, &symbols, [Symbol(1), Symbol(2)].into_iter())
        };
        let (plain, x) = (maker(true), fingerprint(b"./x"));
        let key = plain.key(&x, b"/a", Some(b"/home"));
        assert_eq!(key, plain.key(&x, b"/a", Some(b"/other")));
        assert_ne!(key, plain.key(&x, b"/b", Some(b"/home")));
        assert_ne!(key, plain.key(&fingerprint(b"./y"), b"/a", Some(b"/home")));
        assert_ne!(key, maker(false).key(&x, b"/a", Some(b"/home")));
        let tilde = fingerprint(b"~/x");
        assert_ne!(plain.key(&tilde, b"/", Some(b"/h")), plain.key(&tilde, b"/", Some(b"/i")));
        assert_ne!(plain.key(&tilde, b"ab", Some(b"c")), plain.key(&tilde, b"a", Some(b"bc")));
    }
}
