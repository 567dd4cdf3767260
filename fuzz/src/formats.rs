//! Targets of the formats: what is read is written back as it was, and nothing is believed.

use frazil::{Evaluator, Settings};
use frazil_store::hash::{Algorithm, Format};
use frazil_store::nar::{self, NarError, NarReader, NarWriter};
use frazil_store::{Derivation, Hash, StoreDir};
use frazil_text::json::{Event as Json, Reader};
use frazil_text::regex::Regex;

/// The text of a derivation: what is read is written the same.
pub(crate) fn aterm(bytes: &[u8]) {
    let dir = StoreDir::default();
    let Ok(drv) = Derivation::parse(&dir, b"name", bytes) else { return };
    let Ok(text) = drv.to_aterm(&dir) else { return };
    let again = Derivation::parse(&dir, b"name", &text).expect("what was written can be read");
    assert_eq!(again.to_aterm(&dir).ok(), Some(text));
}

/// A derivation as JSON.
pub(crate) fn derivation_json(bytes: &[u8]) {
    let Ok(drv) = Derivation::from_json(bytes) else { return };
    let Ok(text) = drv.to_json() else { return };
    let again = Derivation::from_json(&text).expect("what was written can be read");
    assert_eq!(again.to_json().ok(), Some(text));
}

fn copy(bytes: &[u8]) -> Result<(Vec<u8>, usize), NarError> {
    let mut reader = NarReader::new(bytes);
    let mut writer = NarWriter::new(Vec::new());
    nar::copy(&mut reader, &mut writer, &mut [0; 64])?;
    let left = reader.into_inner().len();
    Ok((writer.finish()?, left))
}

/// An archive: what is read is written the same.
pub(crate) fn nar(bytes: &[u8]) {
    if let Ok((written, left)) = copy(bytes) {
        assert_eq!(written, bytes[..bytes.len() - left]);
    }
}

/// What a cache says of a store path.
pub(crate) fn narinfo(bytes: &[u8]) {
    let _ = frazil_store::narinfo::NarInfo::parse(&StoreDir::default(), bytes);
}

/// JSON: events are balanced; a value that is read, written and read is the same.
pub(crate) fn json(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut open = 0u32;
    loop {
        match reader.next_event() {
            Ok(Some(Json::BeginArray | Json::BeginObject)) => open += 1,
            Ok(Some(Json::EndArray | Json::EndObject)) => open = open.checked_sub(1).expect("open"),
            Ok(Some(_)) => {}
            Ok(None) => break assert_eq!(open, 0),
            Err(error) => {
                assert!(!error.message().is_empty());
                return;
            }
        }
    }
    let settings = Settings { max_heap: Some(64 << 20), ..Settings::default() };
    let mut evaluator = Evaluator::new(settings);
    let Ok(text) = nix_string(bytes) else { return };
    let program = format!(
        "let j = builtins.fromJSON {text}; in builtins.toJSON j == builtins.toJSON (builtins.fromJSON (builtins.toJSON j))"
    );
    let same =
        evaluator.eval_text(program.as_bytes(), b"/").and_then(|value| evaluator.show(value));
    assert!(same.as_deref().is_ok_and(|same| same == b"true") || same.is_err(), "{text}");
}

/// A text as a literal of the language.
fn nix_string(bytes: &[u8]) -> Result<String, std::str::Utf8Error> {
    let text = std::str::from_utf8(bytes)?;
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$")))
}

/// TOML: a total function, also when it is told to end anywhere.
pub(crate) fn toml(bytes: &[u8]) {
    let whole = frazil_text::toml::parse(bytes);
    if let Err(error) = &whole {
        assert!(!error.message().is_empty());
    }
    let mut left = bytes.first().map_or(0, |byte| usize::from(*byte) / 16);
    let _ = frazil_text::toml::parse_while(bytes, &mut |_, _| {
        left = left.saturating_sub(1);
        left > 0
    });
}

/// A pattern up to the first line end, and a text: matches lie in the text, and end within their steps.
pub(crate) fn regex(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (pattern, text) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let Ok(regex) = Regex::new(pattern) else { return };
    let mut left = 200_000usize;
    let mut go_on = |steps: usize, held: usize| {
        left = left.saturating_sub(steps);
        left > 0 && held < 16 << 20
    };
    if let Ok(Some(found)) = regex.full_match_while(text, &mut go_on) {
        assert_eq!(found.span(), 0..text.len());
    }
    let mut end = 0;
    let mut matches = regex.find_iter(text);
    while let Some(Ok(found)) = matches.next_while(&mut go_on) {
        assert!(found.span().start >= end && found.span().end <= text.len());
        for group in found.groups().flatten() {
            assert!(group.start <= group.end && group.end <= text.len());
        }
        end = found.span().end;
    }
}

/// The text of a hash: what is read comes back from every form.
pub(crate) fn hash(bytes: &[u8]) {
    for algorithm in [None, Some(Algorithm::Sha256), Some(Algorithm::Sha512)] {
        let Ok(hash) = Hash::parse_any(bytes, algorithm) else { continue };
        for format in [Format::Base16, Format::Nix32, Format::Base64, Format::Sri] {
            let text = hash.to_prefixed(format);
            assert_eq!(Hash::parse_any(text.as_bytes(), None), Ok(hash), "{text}");
        }
    }
}

/// A store path: what is read is printed the same.
pub(crate) fn store_path(bytes: &[u8]) {
    let dir = StoreDir::default();
    if let Ok(path) = dir.parse(bytes) {
        assert_eq!(dir.print(&path), bytes);
    }
}
