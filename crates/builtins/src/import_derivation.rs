//! `import` of a derivation's file in the store: the set that `derivation` would have given, as far as the file tells.
//!
//! In: store paths. Out: a call of a few lines of Nix of our own. Not here: reading derivations (`store.rs`).

use crate::store::{outputs_of, parse};
use frazil_base::{Origin, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::{Answer, Arguments, ContextElement, Next, Step, Stop, Task, Value, Vm};
use frazil_store::path::{Placeholder, StorePath};

/// The derivation in the store that a path is the file of.
pub(crate) fn derivation_at(vm: &mut Vm, path: &[u8]) -> Option<StorePath> {
    if !path.ends_with(b".drv") {
        return None;
    }
    let parsed = parse(&vm.store_dir(), path).ok()?;
    (parsed.derivation_name().is_some() && vm.host.is_valid_path(path)).then_some(parsed)
}

/// The set for a derivation in the store.
pub(crate) fn import_derivation(vm: &mut Vm, path: &[u8], parsed: &StorePath) -> Answer {
    let outputs = outputs_of(vm, parsed)?;
    let mut list = Vec::with_capacity(outputs.len());
    for (output, known) in outputs {
        let element = ContextElement::Built { drv: path.into(), output: output.clone().into() };
        let context = vm.contexts.single(element);
        let known = known.unwrap_or_else(|| Placeholder::of_output(parsed, &output).render());
        let attrs = vec![
            (sym::NAME, vm.heap.string(&output, 0)),
            (sym::PATH, vm.heap.string(&known, context)),
        ];
        list.push(vm.make_attrs(attrs));
    }
    let context = vm.contexts.single(ContextElement::DrvDeep(path.into()));
    let attrs = vec![
        (sym::NAME, vm.heap.string(parsed.derivation_name().unwrap_or_default(), 0)),
        (sym::DRV_PATH, vm.heap.string(path, context)),
        (sym::OUTPUTS, vm.heap.list(&list)),
    ];
    let argument = vm.make_attrs(attrs);
    Err(Stop::Task(Box::new(ImportedDerivation { argument, called: false })))
}

struct ImportedDerivation {
    argument: Value,
    called: bool,
}

impl Task for ImportedDerivation {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if std::mem::replace(&mut self.called, true) {
            return Ok(Next::Done(input));
        }
        let text: &[u8] = include_bytes!("imported.nix");
        let origin =
            Origin::Other("«nix-internal»/imported-drv-to-derivation.nix".as_bytes().into());
        let source = vm.add_source(origin, text.into())?;
        let function = vm.load(source, b"/", None, false)?;
        Ok(Next::Call(function, Arguments::one(self.argument)))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.argument);
    }
}
