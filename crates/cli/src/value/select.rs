//! Choosing a part of a value by a path: `a.b."c.d".3`.
//!
//! In: a value and the text of a path. Out: the part, not forced. Functions on the way are called.

use super::auto_call::AutoArguments;
use super::error;
use frazil::stages::eval::ops::suggest;
use frazil::{Error, ErrorKind, Value, Vm};

/// The names of a path.
///
/// # Errors
/// A quote is not closed.
pub(crate) fn split(path: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut names = Vec::new();
    let mut name = Vec::new();
    let mut rest = path.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'.' => names.push(std::mem::take(&mut name)),
            b'"' => loop {
                match rest.next() {
                    Some(b'"') => break,
                    Some(byte) => name.push(*byte),
                    None => {
                        let text = [b"missing closing quote in selection path '", path, b"'"];
                        return Err(error(ErrorKind::Syntax, text.concat()));
                    }
                }
            },
            byte => name.push(*byte),
        }
    }
    if !name.is_empty() {
        names.push(name);
    }
    Ok(names)
}

/// See the module's text.
///
/// # Errors
/// What stands there is not what the path needs, or nothing does; what the evaluation ends with.
pub(crate) fn select(
    vm: &mut Vm,
    arguments: &AutoArguments,
    root: Value,
    path: &[u8],
) -> Result<Value, Error> {
    let mut value = root;
    for name in split(path)? {
        value = arguments.call(vm, value)?;
        value = vm.force(value)?;
        value = match index(&name) {
            Some(index) => element(vm, value, index, path)?,
            None => attribute(vm, value, &name, path)?,
        };
    }
    Ok(value)
}

fn index(name: &[u8]) -> Option<u32> {
    // Digits only: a sign makes it a name.
    let digits = name.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(name).ok()?.parse().ok()).flatten()
}

fn element(vm: &mut Vm, list: Value, index: u32, path: &[u8]) -> Result<Value, Error> {
    let Some(items) = vm.heap.as_list(list) else {
        return Err(wrong(vm, list, "a list", path));
    };
    items.get(index as usize).copied().ok_or_else(|| {
        let text = format!("list index {index} in selection path '");
        error(ErrorKind::MissingAttribute, [text.as_bytes(), path, b"' is out of range"].concat())
    })
}

fn attribute(vm: &mut Vm, set: Value, name: &[u8], path: &[u8]) -> Result<Value, Error> {
    if !set.is_attrs() {
        return Err(wrong(vm, set, "a set", path));
    }
    if name.is_empty() {
        let text = [b"empty attribute name in selection path '", path, b"'"].concat();
        return Err(error(ErrorKind::Eval, text));
    }
    let found = vm.symbols.get(name).and_then(|symbol| vm.attr(set, symbol));
    found.ok_or_else(|| {
        let text = [b"attribute '", name, b"' in selection path '", path, b"' not found"].concat();
        let known = vm.attrs_sorted(set);
        let known = known.iter().map(|(symbol, _)| vm.symbols.resolve(*symbol));
        error(ErrorKind::MissingAttribute, text).with_suggestions(suggest(name, known))
    })
}

fn wrong(vm: &Vm, value: Value, wanted: &str, path: &[u8]) -> Error {
    let found = vm.type_phrase(value);
    let head = b"the expression selected by the selection path '";
    let tail = format!("' should be {wanted} but is {found}");
    error(ErrorKind::Type, [head, path, tail.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_quoted() {
        let names = |path: &str| split(path.as_bytes()).expect("well formed");
        assert_eq!(names("a.b"), [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(names("\"x.y\".z"), [b"x.y".to_vec(), b"z".to_vec()]);
        assert_eq!(names("a."), [b"a".to_vec()]);
        assert_eq!(names("a..b").len(), 3);
        assert!(names("").is_empty());
        assert!(split(b"\"a").is_err());
    }

    #[test]
    fn numbers_are_indices() {
        assert_eq!(index(b"12"), Some(12));
        assert_eq!(index(b"1a"), None);
        assert_eq!(index(b""), None);
        assert_eq!(index(b"99999999999"), None);
    }
}
