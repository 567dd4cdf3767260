//! What this evaluation knows of derivations, and how string contexts become inputs of one.
//!
//! In: derivations as they are instantiated; contexts. Out: hashes modulo, references, stand-ins of unknown outputs, inputs.
//! A derivation that this evaluation did not make is read from the store. Memory holds no values. Not here: the formats
//! (`frazil-store`), the attributes of a derivation (`derivation.rs`).

use crate::args::fail;
use frazil_eval::{ContextElement, Error, ErrorKind, Room, Stop, Vm};
use frazil_store::derivation::{HashModulo, Instantiator};
use frazil_store::path::{Placeholder, StorePath};
use frazil_store::{Derivation, StoreDir, context::MAX_CHAIN};
use hashbrown::{HashMap, HashSet};

/// An output's name, and its path if that is known.
pub(crate) type KnownOutput = (Vec<u8>, Option<Vec<u8>>);

/// What is kept of a derivation.
pub(crate) struct Known {
    pub(crate) modulo: HashModulo,
    /// Outputs, with their paths where these are known.
    pub(crate) outputs: Vec<KnownOutput>,
    /// Everything its file refers to.
    references: Box<[StorePath]>,
}

/// The derivations of an evaluation.
#[derive(Default)]
pub(crate) struct Derivations {
    known: HashMap<StorePath, Known>,
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
        let found = known.outputs.iter().find(|(name, _)| name == output)?;
        if found.1.is_some() {
            return None;
        }
        return Some(Placeholder::of_output(&path, output).render());
    }
    let mut steps = via.iter().map(Vec::as_slice).chain([output]);
    let first = Placeholder::of_output(&path, steps.next()?);
    Some(steps.fold(first, |known, step| known.of_dynamic_output(step)).render())
}

/// An element of a context as an input of a derivation.
enum InputElement {
    Source(StorePath),
    Output(StorePath, Vec<Vec<u8>>, Box<[u8]>),
    Closure(StorePath),
}

fn input_element(dir: &StoreDir, element: &ContextElement) -> Result<InputElement, Stop> {
    Ok(match element {
        ContextElement::Opaque(path) => InputElement::Source(parse(dir, path)?),
        ContextElement::DrvDeep(path) => InputElement::Closure(parse(dir, path)?),
        ContextElement::Built { drv, output } => {
            let (via, bottom) = split_drv(drv);
            InputElement::Output(parse(dir, bottom)?, via, output.clone())
        }
    })
}

/// The element of this number as an input, remembered.
fn known_element<'k>(
    vm: &Vm,
    dir: &StoreDir,
    known: &'k mut Vec<Option<InputElement>>,
    number: u32,
) -> Result<&'k InputElement, Stop> {
    let index = number as usize;
    if known.len() <= index {
        known.resize_with(index + 1, || None);
    }
    let place = &mut known[index];
    Ok(match place {
        Some(element) => element,
        None => place.insert(input_element(dir, vm.contexts.numbered(number))?),
    })
}

fn add_element(
    drv: &mut Derivation,
    element: &InputElement,
    deep: &mut Vec<StorePath>,
) -> Result<(), Stop> {
    match element {
        InputElement::Source(path) => {
            drv.input_srcs.insert(path.clone(), ());
        }
        InputElement::Closure(path) => deep.push(path.clone()),
        InputElement::Output(path, via, output) => {
            if via.len() > MAX_CHAIN || !drv.use_dynamic_output(path, via, output) {
                return fail(ErrorKind::Eval, "a string refers to too long a chain of outputs");
            }
        }
    }
    Ok(())
}

/// Adds what contexts refer to to the inputs of a derivation.
pub(crate) fn add_inputs(vm: &mut Vm, drv: &mut Derivation, contexts: &[u32]) -> Result<(), Stop> {
    let dir = vm.store_dir();
    let mut numbers: Vec<u32> = Vec::new();
    for context in contexts {
        numbers.extend_from_slice(vm.contexts.numbers(*context));
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut deep = Vec::new();
    // Taken out while contexts are looked at, which belong to the machine as well.
    let mut known = std::mem::take(&mut vm.extension::<Derivations>().inputs);
    let mut added = Ok(());
    for number in numbers {
        added = known_element(vm, &dir, &mut known, number)
            .and_then(|element| add_element(drv, element, &mut deep));
        if added.is_err() {
            break;
        }
    }
    vm.extension::<Derivations>().inputs = known;
    added?;
    for path in deep {
        add_closure(vm, drv, path)?;
    }
    Ok(())
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
        let store = vm.extension::<Derivations>();
        if let Some(known) = store.known.get(&path) {
            for (output, _) in &known.outputs {
                drv.use_output(&path, output);
            }
            waiting.extend(known.references.iter().cloned());
        } else if let Some(references) = store.texts.get(&path) {
            waiting.extend(references.iter().cloned());
        }
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
                remember(vm, &dir, path, &drv, modulo, &outputs);
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

fn remember(
    vm: &mut Vm,
    dir: &StoreDir,
    path: StorePath,
    drv: &Derivation,
    modulo: HashModulo,
    outputs: &[Option<StorePath>],
) {
    let print = |path: &Option<StorePath>| path.as_ref().map(|path| dir.print(path));
    let paths = outputs.iter().map(print).chain(std::iter::repeat(None));
    let known = Known {
        modulo,
        outputs: drv.outputs.keys().cloned().zip(paths).collect(),
        references: drv.references().cloned().collect(),
    };
    vm.extension::<Derivations>().known.insert(path, known);
}

/// Finishes a derivation: outputs, text, path. Hands the text to the host if the store is written. Gives the path and the
/// outputs with their paths, where these are known.
pub(crate) fn instantiate(
    vm: &mut Vm,
    drv: &mut Derivation,
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
    vm.extension::<Derivations>().instantiator = Some(instantiator);
    remember(vm, &dir, done.drv_path.clone(), drv, done.modulo, &done.outputs);
    let known = vm.extension::<Derivations>().known.get(&done.drv_path);
    let outputs = known.map(|known| known.outputs.clone()).unwrap_or_default();
    Ok((done.drv_path, outputs))
}

/// The outputs of a derivation, with their paths where these are known.
pub(crate) fn outputs_of<'a>(vm: &'a mut Vm, path: &StorePath) -> Result<&'a [KnownOutput], Stop> {
    learn(vm, path)?;
    Ok(vm.extension::<Derivations>().known.get(path).map_or(&[], |known| &known.outputs))
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
    let store = vm.extension::<Derivations>();
    let references = match (store.texts.get(&object), store.known.get(&object)) {
        (Some(references), _) => references.clone(),
        (None, Some(known)) => known.references.to_vec(),
        (None, None) => return 0,
    };
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
