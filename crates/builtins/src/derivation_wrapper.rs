//! `derivation`: the lazy face of `derivationStrict`, a few lines of Nix of our own.
//!
//! In: nothing. Out: a function, loaded when `derivation` is first used. Each output is a set of all attributes with that
//! output's path; nothing is instantiated before a path is asked for. Not here: instantiation (`derivation.rs`).

use frazil_base::Origin;
use frazil_eval::{Answer, Builtin, Value, Vm};

pub(crate) const ROWS: &[Builtin] = &[Builtin {
    name: "derivation",
    arity: 0,
    strict: 0,
    cheap: false,
    global: true,
    feature: None,
    parameters: &[],
    contexts: &[],
    doc: "A package to build: the set of its attributes, of its outputs and of their paths, which are computed when asked for.\n\n```nix\nderivation { name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; }\n```\n",
    run,
}];

fn run(vm: &mut Vm, _: &[Value]) -> Answer {
    let text: &[u8] = include_bytes!("derivation.nix");
    let origin = Origin::Other(b"\xc2\xabnix-internal\xc2\xbb/derivation-internal.nix"[..].into());
    let source = vm.add_source(origin, text.into())?;
    Ok(vm.load(source, b"/", None, false)?)
}
