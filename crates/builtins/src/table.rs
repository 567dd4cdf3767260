//! The table of builtins: the rows of all subjects, gated by the settings.
//!
//! In: settings. Out: rows for [`frazil_eval::Vm::new`]. A subject that is not named here does not compile (dead code).

use frazil_eval::{Builtin, Settings};

const SUBJECTS: &[&[Builtin]] = &[
    crate::arithmetic::ROWS,
    crate::attrs::ROWS,
    crate::attrs_lists::ROWS,
    crate::closure::ROWS,
    crate::constants::ROWS,
    crate::context::ROWS,
    crate::control::ROWS,
    crate::debug::ROWS,
    crate::derivation::ROWS,
    crate::derivation_wrapper::ROWS,
    crate::fetch::ROWS,
    crate::flakes::ROWS,
    crate::functions::ROWS,
    crate::hashes::ROWS,
    crate::import::ROWS,
    crate::json::ROWS,
    crate::lists::ROWS,
    crate::lists_calls::ROWS,
    crate::outputs::ROWS,
    crate::path_copy::ROWS,
    crate::paths::ROWS,
    crate::regex::ROWS,
    crate::sort::ROWS,
    crate::strings::ROWS,
    crate::toml::ROWS,
    crate::types::ROWS,
    crate::xml::ROWS,
];

/// Rows that pure evaluation leaves out.
const IMPURE: &[&str] = &["currentSystem", "currentTime"];

/// The builtins that exist under these settings.
pub fn builtins(settings: &Settings) -> Vec<Builtin> {
    let feature_on = |feature: &str| {
        // `fetchTree` is unlocked by either of two features, written `a|b`.
        feature.split('|').any(|name| settings.features.iter().any(|on| on == name))
    };
    SUBJECTS
        .iter()
        .copied()
        .flatten()
        .filter(|row| row.feature.is_none_or(feature_on))
        .filter(|row| !(settings.pure && IMPURE.contains(&row.name)))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_well_formed() {
        let mut names = std::collections::HashSet::new();
        for row in SUBJECTS.iter().copied().flatten() {
            assert!(names.insert(row.name), "{} stands in the table twice", row.name);
            assert_eq!(row.parameters.len(), row.arity as usize, "{}", row.name);
            assert_eq!(row.contexts.len(), row.arity as usize, "{}", row.name);
            assert!(!row.doc.trim().is_empty(), "{} has no documentation", row.name);
        }
    }
}
