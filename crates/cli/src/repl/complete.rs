//! What a word of the REPL may become.
//!
//! In: a line and the cursor. Out: where the word starts, and candidates: commands after `:`, files for what has a slash, names
//! in scope, attributes of an expression with dots. Evaluating that expression may take a tenth of a second and says nothing.

use super::Session;
use super::commands::COMMANDS;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Time for the evaluation of what stands before the dot.
const BUDGET: Duration = Duration::from_millis(100);
/// More candidates than this help nobody.
const MAX_CANDIDATES: usize = 2000;

/// See the module's text.
pub(super) fn candidates(session: &mut Session, line: &str, cursor: usize) -> (usize, Vec<String>) {
    let before = line.get(..cursor).unwrap_or("");
    if let Some(command) = before.strip_prefix(':').filter(|rest| !rest.contains(' ')) {
        let names = COMMANDS.iter().flat_map(|known| known.names.iter());
        let names = names.filter(|name| name.starts_with(command));
        return (0, names.map(|name| format!(":{name}")).collect());
    }
    let start = word_start(before);
    let word = &before[start..];
    let mut found = if word.contains('/') {
        files(word)
    } else {
        match word.rfind('.') {
            Some(dot) => attributes(session, &word[..dot], &word[dot + 1..]),
            None => names(session, word),
        }
    };
    found.truncate(MAX_CANDIDATES);
    (start, found)
}

fn word_start(before: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || "_-'./~".contains(c);
    before
        .rfind(|c: char| !is_part(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))
}

fn names(session: &Session, prefix: &str) -> Vec<String> {
    let vm = &session.evaluator.vm;
    let scope = session.scope.names(vm);
    let scope =
        scope.iter().map(|name| String::from_utf8_lossy(vm.symbols.resolve(*name)).into_owned());
    let globals = vm.builtin_table().iter().map(|builtin| match builtin.global {
        true => builtin.name.to_string(),
        false => format!("__{}", builtin.name),
    });
    let constants = ["builtins", "true", "false", "null"].map(str::to_string);
    let mut all: Vec<String> =
        scope.chain(globals).chain(constants).filter(|name| name.starts_with(prefix)).collect();
    all.sort();
    all.dedup();
    all
}

fn attributes(session: &mut Session, expression: &str, prefix: &str) -> Vec<String> {
    session.watch.muted.store(true, Ordering::Relaxed);
    session.watch.limit(BUDGET);
    let value = session.value(expression.as_bytes());
    session.watch.no_limit();
    session.watch.muted.store(false, Ordering::Relaxed);
    let Ok(value) = value else { return Vec::new() };
    if !value.is_attrs() {
        return Vec::new();
    }
    let vm = &session.evaluator.vm;
    let names = vm.attrs_sorted(value);
    let names = names.iter().map(|(name, _)| vm.symbols.resolve(*name));
    let names = names.filter(|name| name.starts_with(prefix.as_bytes()));
    names
        .take(MAX_CANDIDATES)
        .map(|name| {
            let mut out = format!("{expression}.").into_bytes();
            frazil::stages::syntax::show::show_attr_name(name, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        })
        .collect()
}

fn files(word: &str) -> Vec<String> {
    let Some(slash) = word.rfind('/') else { return Vec::new() };
    let (folder, prefix) = (&word[..=slash], &word[slash + 1..]);
    let real = match folder.strip_prefix("~/") {
        Some(rest) => {
            let Some(home) = std::env::var_os("HOME") else { return Vec::new() };
            std::path::Path::new(&home).join(rest)
        }
        None => OsStr::from_bytes(folder.as_bytes()).into(),
    };
    let Ok(entries) = std::fs::read_dir(real) else { return Vec::new() };
    let mut found: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let end = if is_folder { "/" } else { "" };
            name.starts_with(prefix).then(|| format!("{folder}{name}{end}"))
        })
        .take(MAX_CANDIDATES)
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::word_start;

    #[test]
    fn words_reach_back_to_what_is_no_name() {
        assert_eq!(word_start("f (a.b"), 3);
        assert_eq!(word_start("abc"), 0);
        assert_eq!(word_start("x + ./fo"), 4);
        assert_eq!(word_start("«é"), "«".len());
    }
}
