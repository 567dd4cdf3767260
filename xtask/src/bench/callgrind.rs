//! What callgrind wrote, as instructions per part of our program.
//!
//! In:  the text of a profile.   Out: instructions per group and per function.
//!
//! Code is counted where it was written: an inlined function of ours counts for its own file. Code of other crates that is
//! inlined into ours counts for the function it is in. What stands outside (the C library, crates) has groups of its own.

use std::collections::HashMap;

/// Instructions of a run.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) total: u64,
    /// Of these, in our program itself, hash functions left out.
    pub(super) own: u64,
    pub(super) groups: HashMap<String, u64>,
    pub(super) functions: HashMap<String, u64>,
}

/// Numbers that stand for names; a name is said where its number comes first.
#[derive(Default)]
struct Names<'a>(HashMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    /// The name of `(7) name` or `(7)`.
    fn name(&mut self, text: &'a str) -> &'a str {
        match text.split_once(' ') {
            Some((number, name)) => {
                self.0.insert(number, name);
                name
            }
            None => self.0.get(text).copied().unwrap_or(text),
        }
    }
}

impl Profile {
    /// Reads a profile.
    pub(super) fn read(text: &str) -> Self {
        let mut profile = Self::default();
        let (mut files, mut functions) = (Names::default(), Names::default());
        // Where the function began, where the next costs were written, and what is being run.
        let (mut own, mut file, mut function) = ("", "", "");
        let (mut objects, mut is_ours) = (Names::default(), false);
        // The group of the last cost, which holds for many.
        let mut place = ("", "", "");
        let mut group = String::new();
        let mut is_inclusive = false;
        for line in text.lines() {
            match line.split_once('=') {
                Some(("ob", rest)) => is_ours = objects.name(rest).ends_with("/frazil"),
                Some(("cob", rest)) => _ = objects.name(rest),
                Some(("fl", rest)) => {
                    own = files.name(rest);
                    file = own;
                }
                Some(("fi" | "fe", rest)) => file = files.name(rest),
                Some(("cfi" | "cfl", rest)) => _ = files.name(rest),
                Some(("fn", rest)) => function = functions.name(rest),
                Some(("cfn", rest)) => _ = functions.name(rest),
                // The line after it says what the callee cost.
                Some(("calls", _)) => is_inclusive = true,
                _ if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) => {
                    if std::mem::take(&mut is_inclusive) {
                        continue;
                    }
                    let cost = line.rsplit(' ').next().and_then(|cost| cost.parse().ok());
                    let cost: u64 = cost.unwrap_or(0);
                    if place != (own, file, function) {
                        place = (own, file, function);
                        group = self::group(own, file, function);
                    }
                    profile.total += cost;
                    if is_ours && group != HASHES {
                        profile.own += cost;
                    }
                    *profile.groups.entry(group.clone()).or_default() += cost;
                    *profile.functions.entry(function.into()).or_default() += cost;
                }
                _ => {}
            }
        }
        profile
    }
}

/// Parts of names of code that is not ours, and what they are called here.
const OUTSIDE: [(&str, &str); 19] = [
    ("sha2::", HASHES),
    ("sha256", HASHES),
    ("sha1::", HASHES),
    ("md5::", HASHES),
    ("blake3", HASHES),
    ("malloc", "(allocator)"),
    ("calloc", "(allocator)"),
    ("realloc", "(allocator)"),
    ("free", "(allocator)"),
    ("unlink_chunk", "(allocator)"),
    ("mem", "(memory copied, compared, searched)"),
    ("bcmp", "(memory copied, compared, searched)"),
    ("str", "(memory copied, compared, searched)"),
    ("hashbrown", "(hash tables)"),
    ("_dl_", LOADING),
    ("do_lookup_x", LOADING),
    ("check_match", LOADING),
    ("core::", "(standard library)"),
    ("std::", "(standard library)"),
];
/// Hash functions: special instructions of the processor are not there under valgrind, so their share is not that of a real run.
pub(super) const HASHES: &str = "(hash functions)";
const LOADING: &str = "(loading of the program)";

fn group(own: &str, file: &str, function: &str) -> String {
    if let Some(part) = part_of_path(file).or_else(|| part_of_path(own)) {
        return part;
    }
    if let Some(part) = part_of_name(function) {
        return part;
    }
    let found = OUTSIDE.iter().find(|(part, _)| function.contains(part));
    found.map_or("(other)", |(_, name)| name).into()
}

/// `…/crates/eval/src/vm/run.rs` is `eval/vm/run`, two levels below the crate at most.
fn part_of_path(path: &str) -> Option<String> {
    let (before, rest) = path.rsplit_once("crates/")?;
    let (name, inside) = rest.split_once("/src/")?;
    // Other people's crates may stand in a folder of this name, too, as the standard library's do.
    if name.contains('/') || before.contains("library/") || before.contains("registry/") {
        return None;
    }
    let inside = inside.trim_end_matches(".rs");
    let parts = inside.split('/').filter(|part| !matches!(*part, "mod" | "lib")).take(2);
    Some([name].into_iter().chain(parts).collect::<Vec<_>>().join("/"))
}

/// `…frazil_eval::vm::Vm::run…` is `eval/vm`: code of others made for a type of ours.
fn part_of_name(function: &str) -> Option<String> {
    let (_, rest) = function.split_once("frazil_")?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let path = &rest[..end.unwrap_or(rest.len())];
    let is_module = |part: &&str| part.starts_with(|c: char| c.is_ascii_lowercase());
    Some(path.split("::").take_while(is_module).take(2).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Profile, part_of_name};

    #[test]
    fn costs_go_where_the_code_was_written() {
        let text = "events: Ir\nob=(1) /x/frazil\nfl=(1) /x/crates/eval/src/vm/run.rs\nfn=(1) frazil_eval::vm::run\n10 5\n+1 2\nfi=(2) /rustc/library/core/src/x.rs\n3 4\nfe=(1)\ncfi=(3) ./malloc/malloc.c\ncfn=(2) malloc\ncalls=1 3\n* 100\n* 1\nob=(2) /lib/libc.so\nfl=(3)\nfn=(2)\n7 50\nob=(1)\nfl=(1)\nfn=(3) other\nfi=(4) /x/crates/eval/src/heap/space.rs\n1 3\n";
        let profile = Profile::read(text);
        assert_eq!((profile.total, profile.own), (65, 15));
        assert_eq!(profile.groups["eval/vm/run"], 12);
        assert_eq!(profile.groups["eval/heap/space"], 3);
        assert_eq!(profile.groups["(allocator)"], 50);
        assert_eq!(profile.functions["malloc"], 50);
    }

    #[test]
    fn foreign_code_for_our_types_is_ours() {
        let name = "core::ptr::drop_in_place<frazil_syntax::ast::Tree>";
        assert_eq!(part_of_name(name).as_deref(), Some("syntax/ast"));
        assert_eq!(part_of_name("malloc"), None);
    }
}
