//! The arguments of a tool, taken one by one by name.
//!
//! In:  the words after the command's name.   Out: values of options; what is left are the operands.
//! Invariant: an option nobody asked for is an error, see `operands`.

/// The words not yet taken.
#[derive(Debug)]
pub struct Options {
    words: Vec<String>,
}

impl Options {
    /// Starts with all `words`.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Takes `--name`; true if it was there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// Takes `--name VALUE` or `--name=VALUE`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let assigned = format!("{name}=");
        if let Some(at) = self.words.iter().position(|word| word.starts_with(&assigned)) {
            return Ok(Some(self.words.remove(at)[assigned.len()..].to_string()));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 >= self.words.len() {
            return Err(format!("{name} wants a value"));
        }
        self.words.remove(at);
        Ok(Some(self.words.remove(at)))
    }

    /// Takes `--name VALUE`, which has to be there.
    pub fn required(&mut self, name: &str) -> Result<String, String> {
        self.value(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// Takes `--name NUMBER`, or `default`.
    pub fn number(&mut self, name: &str, default: u64) -> Result<u64, String> {
        match self.value(name)? {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("{name} wants a number, not '{text}'")),
        }
    }

    /// What is left; an unknown option among it is an error.
    pub fn operands(self) -> Result<Vec<String>, String> {
        match self.words.iter().find(|word| word.starts_with("--")) {
            Some(unknown) => Err(format!("there is no option {unknown}")),
            None => Ok(self.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn takes_both_spellings_and_leaves_operands() {
        let words = ["--a", "1", "x", "--b=2", "--c"].map(String::from).to_vec();
        let mut options = Options::new(words);
        assert_eq!(options.value("--a").unwrap().as_deref(), Some("1"));
        assert_eq!(options.number("--b", 0).unwrap(), 2);
        assert!(options.flag("--c"));
        assert_eq!(options.operands().unwrap(), ["x"]);
    }

    #[test]
    fn unknown_options_are_refused() {
        assert!(Options::new(vec!["--nope".into()]).operands().is_err());
    }
}
