//! The list of cases known to differ, each with its reason.
//!
//! In:  lines `NAME: REASON`; `#` starts a comment.   Out: the reason of a name.
//! Invariant: an entry without a reason is an error, and (see the users of this list) so is one that passes.

use std::collections::BTreeMap;
use std::path::Path;

/// Names and reasons.
#[derive(Debug, Default)]
pub struct Known {
    reasons: BTreeMap<String, String>,
}

impl Known {
    /// Reads a list; a missing file is an empty list.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut reasons = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, reason) = line.split_once(": ").ok_or(format!("'{line}' has no reason"))?;
            reasons.insert(name.trim().to_string(), reason.trim().to_string());
        }
        Ok(Self { reasons })
    }

    /// Why a name differs, if it is known to. `NAME@REGIME` speaks of one regime only.
    #[must_use]
    pub fn reason(&self, name: &str, regime: &str) -> Option<&str> {
        let reason = self.reasons.get(&format!("{name}@{regime}"));
        reason.or_else(|| self.reasons.get(name)).map(String::as_str)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().map(|name| name.split('@').next().unwrap_or(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn reasons_are_asked_for() {
        let known = Known::parse("# why\na/b: because\n").unwrap();
        assert_eq!(known.reason("a/b", "default"), Some("because"));
        assert_eq!(known.names().count(), 1);
        assert!(Known::parse("a/b\n").is_err());
    }
}
