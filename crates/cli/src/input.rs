//! What is evaluated: a text, standard input or a file.
//!
//! In: operands as Nix reads them: paths, `<names>` of the search path, `-`. Out: values, or the texts themselves.

use crate::eval_flags::read_stdin;
use crate::failure::Failure;
use crate::world::World;
use frazil::stages::base::{SourceId, Text};
use frazil::stages::eval::ops::canonical_path;
use frazil::stages::syntax;
use frazil::{Error, ErrorKind, Origin, Value, Vm};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// One text to evaluate.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A text of the command line.
    Text(Vec<u8>),
    /// What was on standard input.
    Stdin(Text),
    /// A file, as named.
    File(Vec<u8>),
}

impl Input {
    /// Standard input, read now.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn stdin() -> Result<Input, Failure> {
        Ok(Input::Stdin(read_stdin()?.into()))
    }

    /// A file, or standard input for `-`.
    ///
    /// # Errors
    /// As `stdin`.
    pub(crate) fn file(name: &[u8]) -> Result<Input, Failure> {
        if name == b"-" { Input::stdin() } else { Ok(Input::File(name.to_vec())) }
    }

    /// The folder whose files belong with it.
    pub(crate) fn own_folder(&self, folder: &[u8]) -> Option<Vec<u8>> {
        let Input::File(name) = self else { return None };
        let absolute =
            if name.starts_with(b"/") { name.clone() } else { [folder, b"/", name].concat() };
        let path = canonical_path(&absolute);
        let is_folder = std::fs::metadata(OsStr::from_bytes(&path)).is_ok_and(|meta| meta.is_dir());
        let own = if is_folder { path } else { frazil::stages::eval::ops::parent(&path).to_vec() };
        (own != b"/" && !name.starts_with(b"<")).then_some(own)
    }

    /// Its value, not forced.
    ///
    /// # Errors
    /// It cannot be read; syntax errors and undefined variables.
    pub(crate) fn load(&self, world: &World, vm: &mut Vm) -> Result<Value, Error> {
        let (source, folder) = self.source(world, vm)?;
        vm.load(source, &folder, None, false)
    }

    /// Its tree as Nix prints it; names are resolved first, as Nix does.
    ///
    /// # Errors
    /// As `load`.
    pub(crate) fn tree(&self, world: &World, vm: &mut Vm) -> Result<Vec<u8>, Error> {
        let (source, folder) = self.source(world, vm)?;
        vm.load(source, &folder, None, false)?;
        let parsed = parse(vm, source, &folder);
        Ok(syntax::show(&parsed.ast, parsed.root, &vm.symbols))
    }

    /// The text as a source, and the folder its paths start from.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn source(&self, world: &World, vm: &mut Vm) -> Result<(SourceId, Vec<u8>), Error> {
        match self {
            Input::Text(text) => {
                Ok((vm.add_source(Origin::String, text.as_slice().into())?, world.folder.clone()))
            }
            Input::Stdin(text) => {
                Ok((vm.add_source(Origin::Stdin, text.clone())?, world.folder.clone()))
            }
            Input::File(name) => {
                let path = locate(world, vm, name)?;
                let path = vm.resolve_import(&path)?;
                let real = vm.real_path(&path)?;
                let text = vm.host.read_file(&real).map_err(|error| vm.host_error(&path, error))?;
                let source = vm.add_source(Origin::File(path.as_slice().into()), text.into())?;
                let folder = frazil::stages::eval::ops::parent(&path).to_vec();
                Ok((source, folder))
            }
        }
    }
}

/// Parses a source.
pub(crate) fn parse(vm: &mut Vm, source: SourceId, folder: &[u8]) -> syntax::Parse {
    let text = vm.sources.text(source).unwrap_or_default();
    let options = syntax::ParseOptions {
        base_dir: folder.to_vec(),
        home: if vm.settings.pure { None } else { vm.host.env(b"HOME") },
        pipe_operators: vm.has_feature("pipe-operators"),
        lints: syntax::Lints::default(),
        max_nodes: None,
    };
    syntax::parse(&text, vm.sources.base(source), &mut vm.symbols, &options)
}

/// The absolute path of a file as named on a command line.
fn locate(world: &World, vm: &mut Vm, name: &[u8]) -> Result<Vec<u8>, Error> {
    if let Some(inner) = name.strip_prefix(b"<").and_then(|name| name.strip_suffix(b">"))
        && name.len() > 2
    {
        return find_file(vm, inner);
    }
    if name.starts_with(b"flake:") && !vm.has_feature("flakes") {
        let text = "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it";
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    if is_remote(name) {
        let text = [
            b"cannot fetch '",
            name,
            b"': this program does not fetch files named on the command line",
        ];
        return Err(Error::new(ErrorKind::Unsupported, text.concat()));
    }
    if name.starts_with(b"/") {
        return Ok(canonical_path(name));
    }
    Ok(canonical_path(&[&world.folder, b"/".as_slice(), name].concat()))
}

fn is_remote(name: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 8] = [
        b"http://",
        b"https://",
        b"file://",
        b"channel:",
        b"git://",
        b"s3://",
        b"ssh://",
        b"flake:",
    ];
    SCHEMES.iter().any(|scheme| name.starts_with(scheme))
}

/// Where the search path leads.
///
/// # Errors
/// Nowhere.
pub(crate) fn find_file(vm: &mut Vm, name: &[u8]) -> Result<Vec<u8>, Error> {
    let global = |vm: &mut Vm, name: &[u8]| {
        let name = vm.symbols.intern(name);
        vm.global(name)
    };
    let (Some(find), Some(path)) = (global(vm, b"__findFile"), global(vm, b"__nixPath")) else {
        return Err(Error::new(ErrorKind::Unsupported, "there is no search path"));
    };
    let name = vm.heap.string(name, 0);
    // That the builtin was called is not told of: nobody wrote the call.
    let found = vm
        .call(find, &[path, name])
        .map_err(|error| Error::new(error.kind(), error.message().to_vec()))?;
    let found = vm.heap.as_path(found).map(<[u8]>::to_vec);
    found.ok_or_else(|| Error::new(ErrorKind::Type, "the search path led to no path"))
}
