//! The forms that values of settings have, and what is said of a value without the form.
//!
//! In: texts. Out: numbers, or the complaint in Nix's words. Not here: which setting has which form (`table.rs`).

/// The form of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `true`, `yes`, `1`, `false`, `no`, `0`
    Bool,
    /// A number of 32 bits, perhaps with a unit: `8`, `4K`.
    Number,
    /// A number of 64 bits, perhaps with a unit.
    Size,
    /// Any text.
    Text,
    /// Words; can be appended to with `extra-`.
    List,
    /// The names of features; a list.
    Features,
    /// One of these words; those that are truth values can be given as flags alone.
    Choice(&'static [&'static str]),
    /// What is said of doubtful forms.
    Lint,
    /// A number, or `auto`.
    Jobs,
    /// A store.
    Store,
    /// Stores; a list.
    Stores,
    /// An absolute path.
    Folder,
}

impl Kind {
    /// Whether values can be appended to.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Kind::List | Kind::Features | Kind::Stores)
    }

    /// Whether `--NAME` means `true` and `--no-NAME` means `false`.
    pub(crate) fn is_switch(self) -> bool {
        match self {
            Kind::Bool => true,
            Kind::Choice(words) => words.contains(&"true"),
            _ => false,
        }
    }

    /// What is wrong with a value of the setting `name`.
    pub(super) fn complaint(self, name: &str, value: &[u8]) -> Option<Refusal> {
        let shown = String::from_utf8_lossy(value);
        let is_right = match self {
            Kind::Text | Kind::List | Kind::Features => true,
            Kind::Bool => matches!(value, b"true" | b"yes" | b"1" | b"false" | b"no" | b"0"),
            Kind::Number => number(value).is_ok_and(|number| u32::try_from(number).is_ok()),
            Kind::Size => number(value).is_ok(),
            Kind::Choice(words) => words.iter().any(|word| word.as_bytes() == value),
            Kind::Lint => matches!(value, b"ignore" | b"warn" | b"fatal"),
            Kind::Jobs => value == b"auto" || plain_number(value).is_some(),
            Kind::Store => is_store(value),
            Kind::Stores => {
                let mut words = value.split(u8::is_ascii_whitespace);
                return words
                    .find(|word| !word.is_empty() && !is_store(word))
                    .map(|word| Refusal::Value(no_store(word)));
            }
            Kind::Folder => value.is_empty() || value.starts_with(b"/"),
        };
        if is_right {
            return None;
        }
        Some(Refusal::Value(match self {
            Kind::Bool => format!("Boolean setting '{name}' has invalid value '{shown}'"),
            Kind::Choice(_) => format!("option '{name}' has invalid value '{shown}'"),
            Kind::Lint => format!(
                "option '{name}' has invalid value '{shown}' (expected 'ignore', 'warn', or 'fatal')"
            ),
            Kind::Jobs => {
                format!("configuration setting '{name}' should be 'auto' or an integer")
            }
            Kind::Store => no_store(value),
            Kind::Folder => {
                return Some(Refusal::Fatal(format!("not an absolute path: \"{shown}\"")));
            }
            _ => format!("setting '{name}' has invalid value '{shown}'"),
        }))
    }
}

/// Why a value is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// Its form is wrong; `--option` only warns of that.
    Value(String),
    /// Nothing goes on.
    Fatal(String),
}

impl Refusal {
    /// The words.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        match self {
            Refusal::Value(text) | Refusal::Fatal(text) => text,
        }
    }
}

/// A number with a unit, as flags take it.
///
/// # Errors
/// What Nix says of one that is none.
pub(crate) fn number(value: &[u8]) -> Result<u64, String> {
    let shown = String::from_utf8_lossy(value);
    let (digits, scale) = match value.split_last() {
        Some((unit, digits)) if unit.is_ascii_alphabetic() => {
            (digits, scale(unit.to_ascii_uppercase())?)
        }
        _ => (value, 1),
    };
    let number = plain_number(digits).and_then(|number| number.checked_mul(scale));
    number.ok_or_else(|| format!("'{shown}' is not an integer"))
}

fn scale(unit: u8) -> Result<u64, String> {
    match unit {
        b'K' => Ok(1 << 10),
        b'M' => Ok(1 << 20),
        b'G' => Ok(1 << 30),
        b'T' => Ok(1 << 40),
        unit => Err(format!("invalid unit specifier '{}'", char::from(unit))),
    }
}

/// Digits and nothing else.
fn plain_number(value: &[u8]) -> Option<u64> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| is_digits)?.parse().ok()
}

/// Whether a text names a store, of a kind known or not.
pub(crate) fn is_store(value: &[u8]) -> bool {
    let name = value.split(|byte| *byte == b'?').next().unwrap_or_default();
    matches!(name, b"" | b"auto" | b"daemon" | b"local")
        || name.contains(&b'/')
        || name.contains(&b':')
}

/// What is said of a text that names none.
pub(crate) fn no_store(value: &[u8]) -> String {
    format!("Cannot parse Nix store '{}'", String::from_utf8_lossy(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        assert_eq!(number(b"5"), Ok(5));
        assert_eq!(number(b"2k"), Ok(2048));
        assert_eq!(number(b"x"), Err("invalid unit specifier 'X'".into()));
        assert_eq!(number(b" 1"), Err("' 1' is not an integer".into()));
        assert_eq!(number(b"99999999999T"), Err("'99999999999T' is not an integer".into()));
    }

    #[test]
    fn stores_have_a_scheme_or_a_path() {
        for store in [&b"auto"[..], b"dummy://", b"/x", b"./x", b"local?root=/x", b""] {
            assert!(is_store(store));
        }
        assert!(!is_store(b"nope"));
    }
}
