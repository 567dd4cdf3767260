//! Settings: what nix.conf, NIX_CONFIG and flags say.
//!
//! In: names and values as text. Out: typed answers. A setting nobody knows is a warning, as in Nix; one that does not concern
//! evaluation is checked for its form and kept, but means nothing here.
//!
//! Not here: where the texts come from (`files.rs`), what settings do (`world.rs`).

mod files;
mod table;
mod values;

pub(crate) use files::load;
use table::{FEATURES, OF_FEATURES};
pub(crate) use table::{SETTINGS, find};
pub(crate) use values::{Refusal, is_store, no_store, number};

use std::collections::BTreeMap;

/// The settings of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, Vec<u8>>,
    /// Names nobody knows, in the order in which they were met.
    unknown: Vec<Vec<u8>>,
}

impl Config {
    /// Sets one.
    ///
    /// # Errors
    /// The value has not the form of this setting.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let plain = name.strip_prefix(b"extra-").filter(|_| find(name).is_none());
        let setting = find(plain.unwrap_or(name));
        let Some(setting) = setting.filter(|found| plain.is_none() || found.kind.is_list()) else {
            if !self.unknown.iter().any(|known| known == name) {
                self.unknown.push(name.to_vec());
            }
            return Ok(());
        };
        if let Some(refusal) = setting.kind.complaint(setting.name, value) {
            return Err(refusal);
        }
        match (plain, self.values.get_mut(setting.name)) {
            (Some(_), Some(old)) => {
                old.push(b' ');
                old.extend_from_slice(value);
            }
            _ => {
                self.values.insert(setting.name, value.to_vec());
            }
        }
        Ok(())
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| matches!(text, b"true" | b"yes" | b"1"))
    }

    /// Whether a switch is on, if it was set at all.
    pub(crate) fn switch(&self, name: &str) -> Option<bool> {
        self.text(name).map(|_| self.is_on(name))
    }

    /// The value as it was given.
    pub(crate) fn text(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        number(self.text(name)?).ok()
    }

    /// The words of a list.
    pub(crate) fn list(&self, name: &str) -> Vec<Vec<u8>> {
        let text = self.text(name).unwrap_or_default();
        let words = text.split(u8::is_ascii_whitespace);
        words.filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// Whether a feature is on.
    pub(crate) fn has_feature(&self, feature: &str) -> bool {
        self.list("experimental-features").iter().any(|on| on == feature.as_bytes())
    }

    /// What Nix warns of: settings without their feature, unknown settings and features.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let show = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let ignored = OF_FEATURES
            .iter()
            .filter(|(name, feature)| self.values.contains_key(name) && !self.has_feature(feature));
        let ignored = ignored.map(|(name, feature)| {
            format!(
                "Ignoring setting '{name}' because experimental feature '{feature}' is not enabled"
            )
        });
        let unknown = self.unknown.iter().map(|name| format!("unknown setting '{}'", show(name)));
        let features = self.list("experimental-features").into_iter();
        let strange = features
            .filter(|name| !FEATURES.iter().any(|known| known.as_bytes() == *name))
            .map(|name| match name.as_slice() {
                b"no-url-literals" => "experimental feature 'no-url-literals' has been stabilized and renamed; use 'lint-url-literals = fatal' setting instead".to_string(),
                name => format!("unknown experimental feature '{}'", show(name)),
            });
        ignored.chain(unknown).chain(strange).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_appends() {
        let mut config = Config::default();
        config.set(b"experimental-features", b"flakes").expect("known");
        config.set(b"extra-experimental-features", b"nix-command").expect("known");
        assert_eq!(
            config.list("experimental-features"),
            [b"flakes".to_vec(), b"nix-command".to_vec()]
        );
        assert!(config.warnings().is_empty());
    }

    #[test]
    fn unknown_settings_are_warnings_and_wrong_values_errors() {
        let mut config = Config::default();
        assert_eq!(config.set(b"nope", b"1"), Ok(()));
        assert_eq!(config.warnings(), ["unknown setting 'nope'"]);
        let wrong = "setting 'max-call-depth' has invalid value 'abc'";
        let refused = config.set(b"max-call-depth", b"abc").expect_err("no number");
        assert_eq!(refused.text(), wrong);
        assert!(config.set(b"pure-eval", b"maybe").is_err());
        assert_eq!(config.set(b"extra-max-call-depth", b"1"), Ok(()));
        assert_eq!(
            config.warnings(),
            ["unknown setting 'nope'", "unknown setting 'extra-max-call-depth'"]
        );
    }
}
