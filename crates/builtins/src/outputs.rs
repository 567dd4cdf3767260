//! Stand-ins for outputs: `placeholder` and `outputOf`.
//!
//! In: names of outputs, paths of derivations. Out: paths, or what stands for them until something is built.
//! Not here: how stand-ins are computed (`frazil_store::path`).

use crate::args::{PlainStr, Str, fail, take};
use crate::store::{outputs_of, parse, split_drv};
use frazil_eval::{Answer, Builtin, ContextElement, ErrorKind, Value, Vm};
use frazil_macros::builtin;
use frazil_store::path::{Placeholder, hash_placeholder};

pub(crate) const ROWS: &[Builtin] = &[PLACEHOLDER, OUTPUT_OF];

/// What stands for an output of a derivation inside that derivation.
///
/// ```nix
/// placeholder "out"
/// ```
#[builtin(name = "placeholder", global)]
fn placeholder(vm: &mut Vm, output: PlainStr) -> Answer {
    let text = hash_placeholder(output.bytes(vm));
    Ok(vm.heap.string(&text, 0))
}

/// The path of an output of a derivation, which may itself be the output of one.
///
/// ```nix
/// let drv = derivation { name = "x"; system = "s"; builder = "b"; }; in
/// builtins.outputOf (builtins.unsafeDiscardOutputDependency drv.drvPath) "out"
/// ```
#[builtin(name = "outputOf", feature = "dynamic-derivations", contexts = [
    "while evaluating the first argument to builtins.outputOf",
    "while evaluating the second argument to builtins.outputOf"
])]
fn output_of(vm: &mut Vm, drv: Str, output: Value) -> Answer {
    let context = drv.parts(vm).context;
    let elements: Vec<ContextElement> = vm.contexts.elements(context).cloned().collect();
    let [element] = &*elements else {
        let text = format!(
            "string '{}' has {} entries in its context. It should only have exactly one entry",
            String::from_utf8_lossy(drv.bytes(vm)),
            elements.len()
        );
        return fail(ErrorKind::Eval, text);
    };
    if matches!(element, ContextElement::DrvDeep(_)) {
        let text = format!(
            "string '{}' has a context which refers to a complete source and binary closure. This is not supported at this time",
            String::from_utf8_lossy(drv.bytes(vm))
        );
        return fail(ErrorKind::Eval, text);
    }
    let output =
        take::<PlainStr>(vm, output, "while evaluating the second argument to builtins.outputOf")?;
    let name = output.bytes(vm).to_vec();
    let dir = vm.store_dir();
    // As in Nix, the derivation is looked for in the store, where it is only if it was written there.
    let (ContextElement::Opaque(drv)
    | ContextElement::DrvDeep(drv)
    | ContextElement::Built { drv, .. }) = element;
    let bottom = split_drv(drv).1;
    if !vm.host.is_valid_path(bottom) {
        let text = [b"derivation '", bottom, b"' is not valid"].concat();
        return fail(ErrorKind::Io, text);
    }
    let (drv, text) = match element {
        ContextElement::Opaque(path) => {
            let drv = parse(&dir, path)?;
            let outputs = outputs_of(vm, &drv)?;
            let Some((_, known)) = outputs.iter().find(|(output, _)| *output == name) else {
                let text =
                    [b"derivation '", &**path, b"' does not have an output named '", &*name, b"'"];
                return fail(ErrorKind::Eval, text.concat());
            };
            let text =
                known.clone().unwrap_or_else(|| Placeholder::of_output(&drv, &name).render());
            (path.to_vec(), text)
        }
        ContextElement::Built { drv, output } => {
            let (via, bottom) = split_drv(drv);
            let bottom = parse(&dir, bottom)?;
            let mut steps = via.iter().map(Vec::as_slice).chain([&**output]);
            let first = Placeholder::of_output(&bottom, steps.next().unwrap_or(b"out"));
            let inner = steps.fold(first, |known, step| known.of_dynamic_output(step));
            ([&**output, b"!", &**drv].concat(), inner.of_dynamic_output(&name).render())
        }
        ContextElement::DrvDeep(drv) => (drv.to_vec(), Vec::new()),
    };
    let element = ContextElement::Built { drv: drv.into(), output: name.into() };
    let context = vm.contexts.single(element);
    Ok(vm.heap.string(&text, context))
}
