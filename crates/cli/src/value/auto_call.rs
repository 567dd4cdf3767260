//! Calling a function with the arguments of the command line.
//!
//! In: a value, and the arguments by name. Out: what the function comes to, or the value itself if it takes no set of named
//! arguments. Functors are called with themselves first.

use super::error;
use crate::eval_flags::Argument;
use crate::world::World;
use frazil::stages::base::sym;
use frazil::{Error, ErrorKind, Origin, Symbol, Value, Vm};

/// The arguments of the command line in one evaluator: a set, kept alive.
pub(crate) struct AutoArguments {
    set: frazil::stages::eval::vm::Handle,
    names: Vec<Symbol>,
}

impl AutoArguments {
    /// Parses the arguments; evaluates none.
    ///
    /// # Errors
    /// Syntax errors and undefined variables.
    pub(crate) fn new(world: &World, vm: &mut Vm) -> Result<AutoArguments, Error> {
        let mut values = Vec::new();
        for (name, argument) in &world.arguments {
            let value = match argument {
                Argument::Text(text) => vm.heap.string(text, 0),
                Argument::Expression(text) => {
                    let source = vm.add_source(Origin::String, text.as_slice().into())?;
                    vm.load(source, &world.folder, None, false)?
                }
            };
            values.push((vm.symbols.intern(name), value));
        }
        let names = values.iter().map(|(name, _)| *name).collect();
        let set = vm.make_attrs(values);
        Ok(AutoArguments { set: vm.keep(set), names })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// See the module's text.
    ///
    /// # Errors
    /// An argument without a value; what the evaluation ends with.
    pub(crate) fn call(&self, vm: &mut Vm, value: Value) -> Result<Value, Error> {
        let mut value = vm.force(value)?;
        loop {
            if value.is_attrs()
                && let Some(functor) = vm.attr(value, sym::FUNCTOR)
            {
                value = vm.call(functor, &[value])?;
                continue;
            }
            let Some(arguments) = self.for_function(vm, value)? else { return Ok(value) };
            return vm.call(value, &[arguments]);
        }
    }

    /// The set to call a function with.
    fn for_function(&self, vm: &mut Vm, function: Value) -> Result<Option<Value>, Error> {
        let given = vm.kept(self.set);
        let Some((info, _)) = vm.function_info(function) else { return Ok(None) };
        let Some(formals) = &info.formals else { return Ok(None) };
        if formals.ellipsis {
            return Ok(Some(given));
        }
        let formals = formals.formals.clone();
        let mut chosen = Vec::new();
        for formal in &formals {
            match vm.attr(given, formal.name) {
                Some(value) => chosen.push((formal.name, value)),
                None if formal.has_default => {}
                None => return Err(missing(vm, formal.name).or_at(formal.pos)),
            }
        }
        Ok(Some(vm.make_attrs(chosen)))
    }
}

fn missing(vm: &Vm, name: Symbol) -> Error {
    let text = [
        b"cannot evaluate a function that has an argument without a value ('".as_slice(),
        vm.symbols.resolve(name),
        b"')\nNix attempted to evaluate a function as a top level expression; in
this case it must have its arguments supplied either by default
values, or passed explicitly with '--arg' or '--argstr'. See
https://nix.dev/manual/nix/stable/language/syntax.html#functions.",
    ];
    error(ErrorKind::Type, text.concat())
}
