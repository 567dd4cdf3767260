//! From words to flags and operands, by Nix's rules.
//!
//! `-ABC` is `-A -B -C`, `-j4` is `-j 4`; a flag takes the words that follow it whatever they look like; after `--` all
//! words are operands, but old commands (`Command::old`) take their own flags even there, each without words; `-` is an
//! operand. `--NAME`, `--no-NAME` and `--extra-NAME` set settings.

use super::{Command, Flag, Id};
use crate::config;
use std::collections::VecDeque;

/// One thing a command line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// A flag with the words it takes.
    Flag(Id, Vec<Vec<u8>>),
    /// A setting, named as a flag.
    Setting(Vec<u8>, Vec<u8>),
    /// Anything else.
    Operand(Vec<u8>),
}

/// What `words` say to `command`.
///
/// # Errors
/// The text of what cannot be understood.
pub(crate) fn parse(command: &Command, words: Vec<Vec<u8>>) -> Result<Vec<Said>, String> {
    let mut words = VecDeque::from(words);
    let mut said = Vec::new();
    let mut flags_ended = false;
    while let Some(word) = words.pop_front() {
        if flags_ended && command.old && word.starts_with(b"-") && word != b"-" {
            said.push(after_the_end(command, &word)?);
            continue;
        }
        if flags_ended || !word.starts_with(b"-") || word == b"-" {
            said.push(Said::Operand(word));
            continue;
        }
        if word == b"--" {
            flags_ended = true;
            continue;
        }
        said.push(match word.strip_prefix(b"--") {
            Some(name) => long(command, name, &mut words)?,
            None => {
                let letter = split_letters(&word, &mut words);
                let found = all(command).find(|flag| letter.is_some() && flag.short == letter);
                let shown = &word[..word.len().min(letter.map_or(word.len(), |_| 2))];
                taken(found.ok_or_else(|| unrecognised(shown))?, shown, &mut words)?
            }
        });
    }
    Ok(said)
}

fn all(command: &Command) -> impl Iterator<Item = &'static Flag> {
    command.flags.iter().flat_map(|(_, flags)| flags.iter())
}

/// What a word that looks like a flag means after `--`.
fn after_the_end(command: &Command, word: &[u8]) -> Result<Said, String> {
    let own = command.flags.first().map_or(&[][..], |(_, flags)| flags);
    let name = word.strip_prefix(b"--");
    let found = own.iter().find(|flag| match name {
        Some(name) => flag.long.iter().any(|long| long.as_bytes() == name),
        None => word.len() == 2 && flag.short == Some(word[1]),
    });
    let unexpected = || format!("unexpected argument '{}'", String::from_utf8_lossy(word));
    taken(found.ok_or_else(unexpected)?, word, &mut VecDeque::new())
}

/// The first letter of `-ABC`; what follows goes back in front of the other words.
fn split_letters(word: &[u8], words: &mut VecDeque<Vec<u8>>) -> Option<u8> {
    let letter = *word.get(1)?;
    if word.len() > 2 {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let mut back = Vec::new();
        for (index, byte) in word.iter().enumerate().skip(2) {
            if byte.is_ascii_alphabetic() {
                back.push(vec![b'-', *byte]);
            } else {
                back.push(word[index..].to_vec());
                break;
            }
        }
        for word in back.into_iter().rev() {
            words.push_front(word);
        }
    }
    Some(letter)
}

fn long(command: &Command, name: &[u8], words: &mut VecDeque<Vec<u8>>) -> Result<Said, String> {
    let word = [b"--", name].concat();
    let found = all(command).find(|flag| flag.long.iter().any(|long| long.as_bytes() == name));
    if let Some(flag) = found {
        return taken(flag, &word, words);
    }
    let not = name.strip_prefix(b"no-").and_then(config::find);
    if let Some(setting) = not.filter(|setting| setting.kind.is_switch()) {
        return Ok(Said::Setting(setting.name.into(), b"false".to_vec()));
    }
    let extra = name.strip_prefix(b"extra-").filter(|_| config::find(name).is_none());
    let setting = config::find(extra.unwrap_or(name)).ok_or_else(|| unrecognised(&word))?;
    if extra.is_some() && !setting.kind.is_list() {
        return Err(unrecognised(&word));
    }
    if setting.kind.is_switch() {
        return Ok(Said::Setting(name.to_vec(), b"true".to_vec()));
    }
    let value = words.pop_front().ok_or_else(|| too_few(&word, 1, 0))?;
    Ok(Said::Setting(name.to_vec(), value))
}

fn taken(flag: &Flag, word: &[u8], words: &mut VecDeque<Vec<u8>>) -> Result<Said, String> {
    let mut values = Vec::new();
    for given in 0..flag.values.len() {
        let Some(value) = words.pop_front() else {
            if matches!(flag.id, Id::Attr | Id::AddRoot) {
                return Err(format!("'{}' requires an argument", String::from_utf8_lossy(word)));
            }
            return Err(too_few(word, flag.values.len(), given));
        };
        values.push(value);
    }
    Ok(Said::Flag(flag.id, values))
}

fn too_few(word: &[u8], needed: usize, given: usize) -> String {
    let word = String::from_utf8_lossy(word);
    format!("flag '{word}' requires {needed} argument(s), but only {given} were given")
}

fn unrecognised(word: &[u8]) -> String {
    format!("unrecognised flag '{}'", String::from_utf8_lossy(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::COMMANDS;

    fn said(words: &[&str]) -> Result<Vec<Said>, String> {
        let command = COMMANDS.iter().find(|command| command.name == "nix-instantiate");
        parse(
            command.expect("declared"),
            words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        )
    }

    #[test]
    fn letters_may_stand_together() {
        let flags = said(&["-vE", "1"]).expect("understood");
        assert_eq!(flags[0], Said::Flag(Id::Verbose, vec![]));
        assert_eq!(flags[1], Said::Flag(Id::Expr, vec![]));
        assert_eq!(flags[2], Said::Operand(b"1".to_vec()));
        assert_eq!(said(&["-j4"]), Ok(vec![Said::Flag(Id::MaxJobs, vec![b"4".to_vec()])]));
    }

    #[test]
    fn settings_are_flags() {
        let set = |name: &str, value: &str| Ok(vec![Said::Setting(name.into(), value.into())]);
        assert_eq!(said(&["--pure-eval"]), set("pure-eval", "true"));
        assert_eq!(said(&["--no-pure-eval"]), set("pure-eval", "false"));
        assert_eq!(said(&["--max-call-depth", "5"]), set("max-call-depth", "5"));
        let option = Said::Flag(Id::Option, vec![b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(said(&["--option", "a", "b"]), Ok(vec![option]));
        let features = said(&["--extra-experimental-features", "x"]);
        assert_eq!(features, set("extra-experimental-features", "x"));
    }

    #[test]
    fn complaints_are_those_of_nix() {
        assert_eq!(said(&["--nope"]), Err("unrecognised flag '--nope'".into()));
        assert_eq!(said(&["-A"]), Err("'-A' requires an argument".into()));
        let few = "flag '--arg' requires 2 argument(s), but only 1 were given";
        assert_eq!(said(&["--arg", "a"]), Err(few.into()));
    }
}
