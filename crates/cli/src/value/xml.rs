//! XML of a value, for `--xml`.
//!
//! In: a value, whether to force its parts, whether to say where attributes stand. Out: the document as Nix writes it; if
//! forcing fails, as much of it as was written, with all elements closed. The walk has its own stack.

use super::derivations::is_derivation;
use super::json::too_deep;
use frazil::stages::base::sym;
use frazil::stages::eval::Held;
use frazil::stages::eval::vm::Handle;
use frazil::{Error, Origin, Pos, Symbol, Value, Vm};
use std::collections::HashSet;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct XmlOptions {
    /// Parts are forced.
    pub(crate) strict: bool,
    /// Attributes and functions say where they stand.
    pub(crate) location: bool,
}

/// An element that is open.
struct Level {
    element: &'static str,
    container: Option<Handle>,
    names: Vec<Symbol>,
    next: usize,
}

struct Writer<'v> {
    vm: &'v mut Vm,
    options: XmlOptions,
    out: Held<u8>,
    levels: Vec<Level>,
    seen: HashSet<Vec<u8>>,
}

type Attributes<'a> = &'a [(&'a str, Vec<u8>)];

/// See the module's text.
pub(crate) fn write(
    vm: &mut Vm,
    value: Value,
    options: XmlOptions,
) -> (Vec<u8>, Result<(), Error>) {
    let out = b"<?xml version='1.0' encoding='utf-8'?>\n".to_vec().into();
    let mut writer = Writer { vm, options, out, levels: Vec::new(), seen: HashSet::new() };
    writer.open("expr", &[], None, Vec::new());
    let mut result = writer.value(value);
    while result.is_ok() && writer.levels.len() > 1 {
        let is_too_deep = writer.levels.len() / 2 > writer.vm.settings.max_call_depth as usize;
        result =
            if is_too_deep { Err(too_deep()) } else { writer.room(0).and_then(|()| writer.step()) };
    }
    while !writer.levels.is_empty() {
        if let Err(error) = writer.room(0) {
            // What ends the evaluation ends the text, too.
            return (Vec::new(), Err(error));
        }
        writer.close();
    }
    (writer.out.into_vec(), result)
}

/// Bytes that the lines of one value take at most without its text.
const LINES: usize = 8 << 10;

impl Writer<'_> {
    /// Makes room for the lines of one value, with so much text in them.
    fn room(&mut self, text: usize) -> Result<(), Error> {
        let indentation = 2 * self.levels.len();
        self.vm.work(1 + (indentation >> 4))?;
        self.vm.check_output(self.out.len())?;
        self.out.reserve(self.vm, text + 8 * indentation + LINES)
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>, end: &str) {
        let start = self.out.len() + 2 * self.levels.len();
        self.out.as_vec().resize(start, b' ');
        self.out.as_vec().extend_from_slice(format!("<{name}").as_bytes());
        for (name, value) in attributes {
            self.out.as_vec().extend_from_slice(format!(" {name}=\"").as_bytes());
            push_escaped(self.out.as_vec(), value);
            self.out.as_vec().push(b'"');
        }
        self.out.as_vec().extend_from_slice(end.as_bytes());
    }

    fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.tag(name, attributes, " />\n");
    }

    fn open(
        &mut self,
        element: &'static str,
        attributes: Attributes<'_>,
        container: Option<Value>,
        names: Vec<Symbol>,
    ) {
        self.tag(element, attributes, ">\n");
        let container = container.map(|value| self.vm.keep(value));
        self.levels.push(Level { element, container, names, next: 0 });
    }

    fn close(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(container) = level.container {
            self.vm.release(container);
        }
        self.tag(&format!("/{}", level.element), &[], ">\n");
    }

    /// The next part of the innermost open element.
    fn step(&mut self) -> Result<(), Error> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let index = level.next;
        level.next += 1;
        let name = level.names.get(index).copied();
        let container = level.container.map(|handle| self.vm.kept(handle));
        let Some(container) = container else {
            self.close();
            return Ok(());
        };
        if let Some(items) = self.vm.heap.as_list(container) {
            return match items.get(index).copied() {
                Some(item) => self.value(item),
                None => {
                    self.close();
                    Ok(())
                }
            };
        }
        match name.and_then(|name| Some((name, self.vm.attr(container, name)?))) {
            Some((name, value)) => {
                let pos = self.vm.attr_pos(container, name).unwrap_or(Pos::NONE);
                let mut attributes = self.place(pos);
                attributes.push(("name", self.vm.symbols.resolve(name).to_vec()));
                attributes.sort_by_key(|(name, _)| *name);
                self.open("attr", &attributes, None, Vec::new());
                self.value(value)
            }
            None => {
                self.close();
                Ok(())
            }
        }
    }

    fn place(&self, pos: Pos) -> Vec<(&'static str, Vec<u8>)> {
        let sources = &self.vm.sources;
        let Some(at) = sources.locate(pos).filter(|_| self.options.location) else {
            return Vec::new();
        };
        let mut place = vec![
            ("column", at.column.to_string().into_bytes()),
            ("line", at.line.to_string().into_bytes()),
        ];
        if let Some(Origin::File(path)) = sources.origin(at.source) {
            place.push(("path", path.to_vec()));
        }
        place
    }

    fn value(&mut self, value: Value) -> Result<(), Error> {
        let mut value = self.vm.heap.follow(value);
        if self.options.strict {
            value = self.vm.force(value)?;
        }
        if !value.is_whnf() {
            self.empty("unevaluated", &[]);
        } else if value.is_attrs() {
            return self.set(value);
        } else if value.is_list() {
            self.open("list", &[], Some(value), Vec::new());
        } else if value.is_function() {
            self.function(value);
        } else {
            self.scalar(value)?;
        }
        Ok(())
    }

    fn scalar(&mut self, value: Value) -> Result<(), Error> {
        let length = self.vm.heap.as_string(&value).map_or(0, |string| string.bytes.len());
        // A byte is written as six at most, and most as one.
        self.room(if length < LINES { length * 6 } else { length * 2 })?;
        let heap = &self.vm.heap;
        let (name, text) = if let Some(string) = heap.as_string(&value) {
            ("string", string.bytes.to_vec())
        } else if let Some(path) = heap.as_path(value) {
            ("path", path.to_vec())
        } else if let Some(int) = heap.as_int(value) {
            ("int", int.to_string().into_bytes())
        } else if let Some(float) = heap.as_float(value) {
            ("float", six_digits(float).into_bytes())
        } else if let Some(bool) = value.as_bool() {
            ("bool", bool.to_string().into_bytes())
        } else {
            self.empty("null", &[]);
            return Ok(());
        };
        self.empty(name, &[("value", text)]);
        Ok(())
    }

    fn set(&mut self, set: Value) -> Result<(), Error> {
        let kept = self.vm.keep(set);
        let is_derivation = is_derivation(self.vm, set);
        let paths = match is_derivation {
            Ok(true) => {
                Some([self.path_of(kept, sym::DRV_PATH), self.path_of(kept, sym::OUT_PATH)])
            }
            _ => None,
        };
        let set = self.vm.kept(kept);
        self.vm.release(kept);
        is_derivation?;
        let names = self.vm.attrs_sorted(set).into_iter().map(|(name, _)| name).collect();
        let Some([drv, out]) = paths else {
            self.open("attrs", &[], Some(set), names);
            return Ok(());
        };
        let (drv, out) = (drv?, out?);
        let mut attributes = Vec::new();
        attributes.extend(drv.clone().map(|path| ("drvPath", path)));
        attributes.extend(out.map(|path| ("outPath", path)));
        let is_new = drv.is_some_and(|drv| !drv.is_empty() && self.seen.insert(drv));
        self.open("derivation", &attributes, is_new.then_some(set), names);
        if !is_new {
            self.empty("repeated", &[]);
        }
        Ok(())
    }

    fn path_of(&mut self, set: Handle, name: Symbol) -> Result<Option<Vec<u8>>, Error> {
        let set = self.vm.kept(set);
        let Some(value) = self.vm.attr(set, name) else { return Ok(None) };
        let value =
            if self.options.strict { self.vm.force(value)? } else { self.vm.heap.follow(value) };
        let is_string = value.is_whnf();
        Ok(is_string.then(|| self.vm.heap.as_string(&value).map(|s| s.bytes.to_vec())).flatten())
    }

    fn function(&mut self, value: Value) {
        let Some((name, formals, pos)) = self.vm.next_parameter(value) else {
            return self.empty("unevaluated", &[]);
        };
        let formals = formals.cloned();
        let name = name.map(|name| self.vm.symbols.resolve(name).to_vec());
        let place = self.place(pos);
        self.open("function", &place, None, Vec::new());
        let Some(formals) = formals else {
            self.empty("varpat", &[("name", name.unwrap_or_default())]);
            return;
        };
        let mut attributes = Vec::new();
        if formals.ellipsis {
            attributes.push(("ellipsis", b"1".to_vec()));
        }
        attributes.extend(name.map(|name| ("name", name)));
        self.open("attrspat", &attributes, None, Vec::new());
        let resolve = |formal: &frazil::stages::bytecode::Formal| {
            self.vm.symbols.resolve(formal.name).to_vec()
        };
        let mut names: Vec<Vec<u8>> = formals.formals.iter().map(resolve).collect();
        names.sort();
        for name in names {
            self.empty("attr", &[("name", name)]);
        }
    }
}

/// What Nix replaces in attribute values.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\n' => out.extend_from_slice(b"&#xA;"),
            byte => out.push(*byte),
        }
    }
}

/// A float with six significant digits, as C's `%g`.
fn six_digits(float: f64) -> String {
    if !float.is_finite() {
        return if float.is_nan() { "nan".into() } else { format!("{float}") };
    }
    let scientific = format!("{float:.5e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return trim(&format!("{float:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::six_digits;

    #[test]
    fn floats_have_six_digits() {
        let shown = [
            (2.5, "2.5"),
            (0.1 + 0.2, "0.3"),
            (1e6, "1e+06"),
            (123456.0, "123456"),
            (1e-5, "1e-05"),
        ];
        for (float, text) in shown {
            assert_eq!(six_digits(float), text);
        }
    }
}
