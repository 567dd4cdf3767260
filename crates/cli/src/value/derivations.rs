//! The derivations a value holds: what plain `nix-instantiate` prints.
//!
//! In: a value. Out: paths, with the output where it is not `out`. A derivation is itself; a set is looked through in the order
//! of its names, sets below it only if they ask for it; a list is looked through to its end. Depth costs heap.

use super::auto_call::AutoArguments;
use super::error;
use frazil::stages::base::sym;
use frazil::stages::eval::ops;
use frazil::stages::eval::vm::Handle;
use frazil::{Error, ErrorKind, Pos, Symbol, TraceLine, Value, Vm};
use std::collections::HashSet;

/// A derivation found.
#[derive(Debug)]
pub(crate) struct Found {
    set: Handle,
}

/// A container on the way; its value is part of a kept one or kept itself.
struct Level {
    container: Handle,
    /// Names for a set.
    names: Option<Vec<Symbol>>,
    next: usize,
    combine: bool,
    /// The attribute it is, for traces.
    doing: Option<TraceLine>,
}

struct Search<'a> {
    arguments: &'a AutoArguments,
    found: Vec<Found>,
    done: HashSet<Value>,
    levels: Vec<Level>,
}

/// See the module's text.
///
/// # Errors
/// It holds something else; what the evaluation ends with.
pub(crate) fn find(
    vm: &mut Vm,
    arguments: &AutoArguments,
    value: Value,
) -> Result<Vec<Found>, Error> {
    let mut search =
        Search { arguments, found: Vec::new(), done: HashSet::new(), levels: Vec::new() };
    search.open(vm, value, None)?;
    while search.levels.last().is_some() {
        if let Err(mut failed) = search.step(vm) {
            let lines = search.levels.iter().rev().filter_map(|level| level.doing.clone());
            lines.for_each(|line| failed.push(line));
            return Err(failed);
        }
    }
    Ok(search.found)
}

impl Search<'_> {
    /// Looks into a value whose function, if it is one, is called.
    fn open(&mut self, vm: &mut Vm, value: Value, doing: Option<TraceLine>) -> Result<(), Error> {
        let value = self.arguments.call(vm, value)?;
        let Some(value) = self.not_a_derivation(vm, value)? else { return Ok(()) };
        let names = if value.is_attrs() {
            Some(vm.attrs_sorted(value).into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        } else if value.is_list() {
            None
        } else {
            let text = "expression does not evaluate to a derivation (or a set or list of those)";
            return Err(error(ErrorKind::Type, text));
        };
        let combine = vm.symbols.intern(b"_combineChannels");
        let combine = names.is_some() && vm.attr(value, combine).is_some();
        let container = vm.keep(value);
        self.levels.push(Level { container, names, next: 0, combine, doing });
        Ok(())
    }

    fn step(&mut self, vm: &mut Vm) -> Result<(), Error> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let container = vm.kept(level.container);
        let index = level.next;
        level.next += 1;
        let Some(names) = &level.names else {
            return match vm.heap.as_list(container).and_then(|items| items.get(index).copied()) {
                Some(item) => self.item(vm, item),
                None => self.close(vm),
            };
        };
        let Some(name) = names.get(index).copied() else { return self.close(vm) };
        if !is_plain(vm.symbols.resolve(name)) {
            return Ok(());
        }
        let combine = level.combine;
        let Some(value) = vm.attr(container, name) else { return Ok(()) };
        let text = [b"while evaluating the attribute '", vm.symbols.resolve(name), b"'"].concat();
        let pos = vm.attr_pos(container, name).unwrap_or(Pos::NONE);
        let doing = TraceLine { text, pos, always: false };
        let done = self.attribute(vm, value, combine, &doing);
        done.map_err(|mut failed| {
            failed.push(doing);
            failed
        })
    }

    fn close(&mut self, vm: &mut Vm) -> Result<(), Error> {
        if let Some(level) = self.levels.pop() {
            vm.release(level.container);
        }
        Ok(())
    }

    fn item(&mut self, vm: &mut Vm, item: Value) -> Result<(), Error> {
        match self.not_a_derivation(vm, item)? {
            Some(value) => self.open(vm, value, None),
            None => Ok(()),
        }
    }

    fn attribute(
        &mut self,
        vm: &mut Vm,
        value: Value,
        combine: bool,
        doing: &TraceLine,
    ) -> Result<(), Error> {
        if combine {
            return self.open(vm, value, Some(doing.clone()));
        }
        let Some(value) = self.not_a_derivation(vm, value)? else { return Ok(()) };
        if !value.is_attrs() {
            return Ok(());
        }
        let Some(recurse) = vm.attr(value, sym::RECURSE_FOR_DERIVATIONS) else { return Ok(()) };
        let kept = vm.keep(value);
        let line = "while evaluating the attribute `recurseForDerivations`";
        let recurse = vm.force(recurse).map_err(|failed| with_line(failed, line, Pos::NONE))?;
        let value = vm.kept(kept);
        vm.release(kept);
        match recurse.as_bool() {
            Some(true) => self.open(vm, value, Some(doing.clone())),
            Some(false) => Ok(()),
            None => Err(with_line(vm.expected("a Boolean", recurse), line, Pos::NONE)),
        }
    }

    /// Notes a derivation; anything else is given back, forced.
    fn not_a_derivation(&mut self, vm: &mut Vm, value: Value) -> Result<Option<Value>, Error> {
        let value = vm.force(value)?;
        let kept = vm.keep(value);
        if !is_derivation(vm, value)? {
            let value = vm.kept(kept);
            vm.release(kept);
            return Ok(Some(value));
        }
        // Kept until the end, so that an address stands for one set only.
        if self.done.insert(vm.kept(kept)) {
            let found = Found { set: kept };
            found.name(vm)?;
            self.found.push(found);
        }
        Ok(None)
    }
}

/// Whether Nix looks into attributes of this name.
fn is_plain(name: &[u8]) -> bool {
    let first = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    first && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(byte))
}

/// Whether a forced value is a derivation.
pub(crate) fn is_derivation(vm: &mut Vm, value: Value) -> Result<bool, Error> {
    if !value.is_attrs() {
        return Ok(false);
    }
    let Some(kind) = vm.attr(value, sym::TYPE) else { return Ok(false) };
    let kind = vm.force(kind)?;
    Ok(vm.heap.as_string(&kind).is_some_and(|kind| kind.bytes == b"derivation"))
}

fn with_line(mut failed: Error, text: &str, pos: Pos) -> Error {
    failed.push(TraceLine { text: text.into(), pos, always: false });
    failed
}

impl Found {
    fn text(&self, vm: &mut Vm, name: Symbol, line: &str) -> Result<Option<Vec<u8>>, Error> {
        let set = vm.kept(self.set);
        let Some(value) = vm.attr(set, name) else { return Ok(None) };
        let value = vm.force(value).map_err(|failed| with_line(failed, line, Pos::NONE))?;
        let Some(string) = vm.heap.as_string(&value) else {
            return Err(with_line(vm.expected("a string", value), line, Pos::NONE));
        };
        if string.context != 0 {
            return Err(with_line(vm.context_forbidden(value), line, Pos::NONE));
        }
        Ok(Some(string.bytes.to_vec()))
    }

    fn name(&self, vm: &mut Vm) -> Result<Vec<u8>, Error> {
        let line = "while evaluating the 'name' attribute of a derivation";
        let name = self.text(vm, sym::NAME, line)?;
        name.ok_or_else(|| error(ErrorKind::Type, "derivation name missing"))
    }

    /// The path of the derivation.
    ///
    /// # Errors
    /// It has none, or one that is no derivation's.
    pub(crate) fn drv_path(&self, vm: &mut Vm) -> Result<Vec<u8>, Error> {
        let set = vm.kept(self.set);
        let Some(value) = vm.attr(set, sym::DRV_PATH) else {
            let text = "derivation does not contain a 'drvPath' attribute";
            return Err(error(ErrorKind::Eval, text));
        };
        let pos = vm.attr_pos(set, sym::DRV_PATH).unwrap_or(Pos::NONE);
        let line = "while evaluating the 'drvPath' attribute of a derivation";
        let path = store_path(vm, value).map_err(|failed| with_line(failed, line, pos))?;
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if !name.ends_with(b".drv") {
            let text = [b"store path '", name, b"' is not a valid derivation path"].concat();
            return Err(with_line(error(ErrorKind::Eval, text), line, pos));
        }
        Ok(path)
    }

    /// Which output is meant.
    ///
    /// # Errors
    /// It does not say.
    pub(crate) fn output(&self, vm: &mut Vm, drv_path: &[u8]) -> Result<Vec<u8>, Error> {
        let line = "while evaluating the output name of a derivation";
        let output = self.text(vm, sym::OUTPUT_NAME, line)?.unwrap_or_default();
        if output.is_empty() {
            let text = [b"derivation '", drv_path, b"' lacks an 'outputName' attribute"].concat();
            return Err(error(ErrorKind::Eval, text));
        }
        Ok(output)
    }
}

/// A value as a path of the store.
fn store_path(vm: &mut Vm, value: Value) -> Result<Vec<u8>, Error> {
    let coerce = ops::CoerceTask::new(value, ops::CoerceMode::WEAK);
    let value = vm.run_task(Box::new(coerce))?;
    let string = vm.heap.as_string(&value).map(|string| string.bytes.to_vec());
    let path = string.unwrap_or_default();
    if vm.store_dir().parse(&path).is_err() {
        let text = [b"path '", &*path, b"' is not in the Nix store"].concat();
        return Err(error(ErrorKind::Eval, text));
    }
    Ok(path)
}
