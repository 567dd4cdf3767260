//! What this evaluation knows of derivations, and how string contexts become inputs of one.
//!
//! In: derivations as they are instantiated; contexts. Out: hashes modulo, references, stand-ins of unknown outputs, inputs.
//! A derivation that this evaluation did not make is read from the store. Memory holds no values. Not here: the formats
//! (`frazil-store`), the attributes of a derivation (`derivation.rs`), how what is known of one is kept (`known.rs`).

use crate::args::fail;
use crate::known::{Known, KnownOutput, KnownOutputs, References};
use frazil_eval::{ContextElement, Error, ErrorKind, Room, Stop, Vm};
use frazil_store::derivation::Instantiator;
use frazil_store::path::{Placeholder, StorePath};
use frazil_store::{Derivation, StoreDir, context::MAX_CHAIN};
use hashbrown::{HashMap, HashSet};

/// The derivations of an evaluation.
#[derive(Default)]
pub(crate) struct Derivations {
    /// Boxed, since half of a table that grows is empty.
    known: HashMap<StorePath, Box<Known>>,
    instantiator: Option<Instantiator>,
    /// Elements of contexts as inputs, by the element's number.
    inputs: Vec<Option<InputElement>>,
    /// References of the texts made by `toFile`.
    pub(crate) texts: HashMap<StorePath, Vec<StorePath>>,
}

/// The parts of a context element's derivation: the one at the bottom, and the outputs that lead from it.
pub(crate) fn split_drv(drv: &[u8]) -> (Vec<Vec<u8>>, &[u8]) {
    match drv.iter().rposition(|byte| *byte == b'!') {
        None => (Vec::new(), drv),
        Some(at) => {
            // The outermost output comes first in the text, the derivation's own first in the list.
            let via = drv[..at].split(|byte| *byte == b'!').rev().map(<[u8]>::to_vec).collect();
            (via, &drv[at + 1..])
        }
    }
}

/// Parses a store path that a context holds.
pub(crate) fn parse(dir: &StoreDir, path: &[u8]) -> Result<StorePath, Stop> {
    dir.parse(path).map_err(|error| Error::new(ErrorKind::Eval, error.message()).into())
}

/// What stands for an output while its path is not known; `None` if it is known.
pub(crate) fn output_placeholder(vm: &mut Vm, drv: &[u8], output: &[u8]) -> Option<Vec<u8>> {
    let dir = vm.store_dir();
    let (via, bottom) = split_drv(drv);
    let path = dir.parse(bottom).ok()?;
    if via.is_empty() {
        let known = vm.extension::<Derivations>().known.get(&path)?;
        let found = known.outputs.iter().find(|(name, _)| *name == output)?;
        if found.1.is_some() {
            return None;
        }
        return Some(Placeholder::of_output(&path, output).render());
    }
    let mut steps = via.iter().map(Vec::as_slice).chain([output]);
    let first = Placeholder::of_output(&path, steps.next()?);
    Some(steps.fold(first, |known, step| known.of_dynamic_output(step)).render())
}

/// An element of a context as an input of a derivation: the store object, and what of it is meant.
struct InputElement {
    path: StorePath,
    kind: InputKind,
}

enum InputKind {
    Source,
    /// An output of the derivation.
    Output,
    /// An output that outputs lead to. The element tells by which, since this is rare.
    Chain,
    Closure,
}

impl Derivations {
    fn input_element(
        &self,
        dir: &StoreDir,
        element: &ContextElement,
    ) -> Result<InputElement, Stop> {
        let (text, kind) = match element {
            ContextElement::Opaque(path) => (&**path, InputKind::Source),
            ContextElement::DrvDeep(path) => (&**path, InputKind::Closure),
            ContextElement::Built { drv, .. } => match drv.iter().rposition(|byte| *byte == b'!') {
                None => (&**drv, InputKind::Output),
                Some(at) => (&drv[at + 1..], InputKind::Chain),
            },
        };
        let path = parse(dir, text)?;
        // One text for all who name a known derivation.
        let path = self.known.get_key_value(&path).map_or(path, |(known, _)| known.clone());
        Ok(InputElement { path, kind })
    }

    /// The element of this number as an input, remembered.
    fn input(&mut self, vm: &Vm, dir: &StoreDir, number: u32) -> Result<&InputElement, Stop> {
        let index = number as usize;
        if self.inputs.len() <= index {
            self.inputs.resize_with(index + 1, || None);
        }
        let input = match self.inputs[index].take() {
            Some(input) => input,
            None => self.input_element(dir, vm.contexts.numbered(number))?,
        };
        Ok(self.inputs[index].insert(input))
    }

    /// Everything that a derivation, or a text, refers to, ascending.
    fn references(&self, vm: &Vm, path: &StorePath) -> Option<Vec<StorePath>> {
        if let Some(references) = self.texts.get(path) {
            return Some(references.clone());
        }
        let context = match &self.known.get(path)?.references {
            References::Listed(paths) => return Some(paths.to_vec()),
            References::Of(context) => *context,
        };
        let input = |number: u32| self.inputs.get(number as usize)?.as_ref();
        let inputs = vm.contexts.numbers(context).filter_map(input);
        let mut paths: Vec<StorePath> = inputs.map(|input| input.path.clone()).collect();
        paths.sort_unstable();
        paths.dedup();
        Some(paths)
    }
}

fn add_element(
    drv: &mut Derivation,
    input: &InputElement,
    element: &ContextElement,
    deep: &mut Vec<StorePath>,
) -> Result<(), Stop> {
    match (&input.kind, element) {
        (InputKind::Closure, _) => deep.push(input.path.clone()),
        (InputKind::Output | InputKind::Chain, ContextElement::Built { drv: text, output }) => {
            let chain = matches!(input.kind, InputKind::Chain);
            let via = if chain { split_drv(text).0 } else { Vec::new() };
            if via.len() > MAX_CHAIN || !drv.use_dynamic_output(&input.path, &via, output) {
                return fail(ErrorKind::Eval, "a string refers to too long a chain of outputs");
            }
        }
        _ => {
            drv.input_srcs.insert(input.path.clone(), ());
        }
    }
    Ok(())
}

/// Adds what contexts refer to to the inputs of a derivation. Gives the context of all of it, if that tells all references.
pub(crate) fn add_inputs(
    vm: &mut Vm,
    drv: &mut Derivation,
    contexts: &[u32],
) -> Result<Option<u32>, Stop> {
    let dir = vm.store_dir();
    let mut numbers: Vec<u32> = Vec::new();
    for context in contexts {
        numbers.extend(vm.contexts.numbers(*context));
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut deep = Vec::new();
    // Taken out while contexts are looked at, which belong to the machine as well.
    let mut known = std::mem::take(vm.extension::<Derivations>());
    let mut added = Ok(());
    for number in &numbers {
        added = known
            .input(vm, &dir, *number)
            .and_then(|input| add_element(drv, input, vm.contexts.numbered(*number), &mut deep));
        if added.is_err() {
            break;
        }
    }
    *vm.extension::<Derivations>() = known;
    added?;
    if deep.is_empty() {
        return Ok(Some(vm.contexts.of_numbers(&numbers)));
    }
    for path in deep {
        add_closure(vm, drv, path)?;
    }
    Ok(None)
}

/// Adds a derivation with everything it refers to, and all outputs of every derivation among that.
fn add_closure(vm: &mut Vm, drv: &mut Derivation, start: StorePath) -> Result<(), Stop> {
    let dir = vm.store_dir();
    if !vm.host.is_valid_path(&dir.print(&start)) {
        let text = [b"path '", &*dir.print(&start), b"' is not valid"].concat();
        return fail(ErrorKind::Io, text);
    }
    let mut waiting = vec![start];
    let mut seen = HashSet::new();
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        if path.is_derivation() {
            learn(vm, &path)?;
        }
        if let Some(known) = vm.extension::<Derivations>().known.get(&path) {
            for (output, _) in known.outputs.iter() {
                drv.use_output(&path, output);
            }
        }
        waiting.extend(references_of(vm, &path).unwrap_or_default());
        drv.input_srcs.insert(path, ());
    }
    Ok(())
}

/// Makes sure that a derivation is known, reading it and what it needs from the store if this evaluation did not make it.
pub(crate) fn learn(vm: &mut Vm, path: &StorePath) -> Result<(), Stop> {
    let dir = vm.store_dir();
    let mut waiting: Vec<(StorePath, Option<Box<Derivation>>)> = vec![(path.clone(), None)];
    while let Some((path, read)) = waiting.pop() {
        if vm.extension::<Derivations>().known.contains_key(&path) {
            continue;
        }
        match read {
            // Its inputs are known by now.
            Some(drv) => {
                let known = &vm.extension::<Derivations>().known;
                let lookup = |input: &StorePath| known.get(input).map(|known| known.modulo);
                let modulo = drv.hash_modulo(&dir, lookup);
                let modulo =
                    modulo.map_err(|error| Error::new(ErrorKind::Eval, error.to_string()))?;
                let outputs = drv.output_paths(&dir).unwrap_or_default();
                let references = References::Listed(drv.references().cloned().collect());
                let outputs = KnownOutputs::new(&printed(&dir, &drv, &outputs));
                let known = Known { modulo, outputs, references };
                vm.extension::<Derivations>().known.insert(path, Box::new(known));
            }
            None => {
                let drv = Box::new(read_drv(vm, &dir, &path)?);
                let inputs: Vec<StorePath> = drv.input_drvs.keys().cloned().collect();
                waiting.push((path, Some(drv)));
                waiting.extend(inputs.into_iter().map(|input| (input, None)));
            }
        }
    }
    Ok(())
}

/// Everything that a derivation or a text of this evaluation refers to, ascending; nothing is known of other store objects.
fn references_of(vm: &mut Vm, path: &StorePath) -> Option<Vec<StorePath>> {
    let known = std::mem::take(vm.extension::<Derivations>());
    let references = known.references(vm, path);
    *vm.extension::<Derivations>() = known;
    references
}

fn read_drv(vm: &mut Vm, dir: &StoreDir, path: &StorePath) -> Result<Derivation, Stop> {
    let whole = dir.print(path);
    if !vm.host.is_valid_path(&whole) {
        let text = [b"derivation '", &*whole, b"' is not valid"].concat();
        return fail(ErrorKind::Io, text);
    }
    let text = vm.host.read_file(&whole).map_err(|error| vm.host_error(&whole, error))?;
    let name = path.derivation_name().unwrap_or(path.name());
    Derivation::parse(dir, name, &text).map_err(|error| {
        let text =
            format!("error parsing derivation '{}': {error}", String::from_utf8_lossy(&whole));
        Error::new(ErrorKind::Eval, text).into()
    })
}

/// The outputs of a derivation, with their paths where these are known.
fn printed(dir: &StoreDir, drv: &Derivation, paths: &[Option<StorePath>]) -> Vec<KnownOutput> {
    let print = |path: &Option<StorePath>| path.as_ref().map(|path| dir.print(path));
    let paths = paths.iter().map(print).chain(std::iter::repeat(None));
    drv.outputs.keys().cloned().zip(paths).collect()
}

/// Finishes a derivation: outputs, text, path. Hands the text to the host if the store is written. Gives the path and the
/// outputs with their paths, where these are known. `context` is what `add_inputs` gave.
pub(crate) fn instantiate(
    vm: &mut Vm,
    drv: &mut Derivation,
    context: Option<u32>,
) -> Result<(StorePath, Vec<KnownOutput>), Stop> {
    let dir = vm.store_dir();
    let known = &vm.extension::<Derivations>().known;
    let unknown = drv.input_drvs.keys().filter(|input| !known.contains_key(*input));
    for input in unknown.cloned().collect::<Vec<StorePath>>() {
        learn(vm, &input)?;
    }
    let watch = vm.watch();
    let store = vm.extension::<Derivations>();
    let mut instantiator =
        store.instantiator.take().unwrap_or_else(|| Instantiator::new(dir.clone()));
    let known = &store.known;
    let lookup = |input: &StorePath| known.get(input).map(|known| known.modulo);
    let mut ended = Ok(());
    let done = instantiator.instantiate_while(drv, lookup, &mut || {
        ended = watch.look();
        ended.is_ok()
    });
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            // Its buffers may be large: who waits for the end does not wait for them to be given back.
            store.instantiator = Some(instantiator);
            ended?;
            return fail(ErrorKind::Eval, error.to_string());
        }
    };
    if vm.settings.write_store {
        let references: Vec<Vec<u8>> = drv.references().map(|path| dir.print(path)).collect();
        let path = dir.print(&done.drv_path);
        let written = vm.host.store_text(&path, instantiator.text(), &references);
        written.map_err(|error| vm.host_error(&path, error))?;
    }
    let outputs = printed(&dir, drv, &done.outputs);
    let references = context
        .map_or_else(|| References::Listed(drv.references().cloned().collect()), References::Of);
    let known = Known { modulo: done.modulo, outputs: KnownOutputs::new(&outputs), references };
    let store = vm.extension::<Derivations>();
    store.instantiator = Some(instantiator);
    store.known.insert(done.drv_path.clone(), Box::new(known));
    Ok((done.drv_path, outputs))
}

/// The outputs of a derivation, with their paths where these are known.
pub(crate) fn outputs_of(vm: &mut Vm, path: &StorePath) -> Result<Vec<KnownOutput>, Stop> {
    learn(vm, path)?;
    let known = vm.extension::<Derivations>().known.get(path);
    Ok(known.map(|known| known.outputs.to_vec()).unwrap_or_default())
}

/// An experimental feature that is off, in Nix's words.
pub(crate) fn need_feature(vm: &Vm, feature: &str, why: &str) -> Result<(), Stop> {
    if vm.has_feature(feature) {
        return Ok(());
    }
    fail(
        ErrorKind::Eval,
        format!(
            "experimental Nix feature '{feature}' is disabled{why}; add '--extra-experimental-features {feature}' to enable it"
        ),
    )
}

/// The context of a text read from a file in the store: the references of its store object that occur in it.
pub(crate) fn references_in(vm: &mut Vm, file: &[u8], text: &[u8]) -> u32 {
    let dir = vm.store_dir();
    let Ok((object, _)) = dir.parse_prefix(file) else { return 0 };
    let Some(references) = references_of(vm, &object) else { return 0 };
    let occurs = |path: &StorePath| {
        text.windows(path.hash_part().len()).any(|window| window == path.hash_part())
    };
    let found: Vec<ContextElement> = references
        .iter()
        .filter(|path| occurs(path))
        .map(|path| ContextElement::Opaque(dir.print(path).into()))
        .collect();
    vm.contexts.of(found)
}
