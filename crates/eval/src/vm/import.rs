//! `import`: from a path to the value of the file there, once per file.
//!
//! In: absolute paths. Out: values, cached by the path asked for and by the path found after links and `default.nix`.
//! Not here: coercing the argument, derivations as files (`frazil-builtins`).

use super::Vm;
use crate::counters::Phase;
use crate::heap::Tracer;
use crate::host::{Fact, FileType, HostError, Known};
use crate::ops::{canonical_path, parent};
use crate::{Error, ErrorKind, Next, Step, Task, Value};
use frazil_base::{Origin, SourceId, Symbol, Text};

/// Links followed before giving up.
const MAX_LINKS: usize = 1024;

/// The value of a file as a task (so that an error passes with the file's name).
pub struct ImportTask {
    value: Value,
}

impl ImportTask {
    /// Waits for the value of a file.
    pub fn new(value: Value) -> ImportTask {
        ImportTask { value }
    }
}

impl Task for ImportTask {
    fn step(&mut self, _: &mut Vm, input: Value) -> Step {
        Ok(if input.is_empty_slot() { Next::Force(self.value) } else { Next::Done(input) })
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.value);
    }
}

impl Vm {
    /// The value of a file or of a directory's `default.nix`; possibly a thunk.
    ///
    /// # Errors
    /// The host's; syntax errors and undefined variables.
    pub fn import(&mut self, path: &[u8]) -> Result<Value, Error> {
        if let Some(value) = self.imports.get(path) {
            return Ok(*value);
        }
        let start = self.phases.start();
        let found = self.find_import(path);
        self.phases.end(Phase::Read, start);
        let (found, real) = found?;
        let value = match self.imports.get(&*found) {
            Some(value) => *value,
            None => {
                let value = self.load_file_at(&found, real, None)?;
                self.imports.insert(found.into(), value);
                value
            }
        };
        self.imports.insert(path.into(), value);
        Ok(value)
    }

    /// Reads and loads a file, without any cache. With a scope the value is a function of the scope's set.
    ///
    /// # Errors
    /// As `import`.
    pub fn load_file(&mut self, path: &[u8], scope: Option<&[Symbol]>) -> Result<Value, Error> {
        self.load_file_at(path, None, scope)
    }

    /// As `load_file`, of a file whose real path may be known already.
    fn load_file_at(
        &mut self,
        path: &[u8],
        real: Option<Vec<u8>>,
        scope: Option<&[Symbol]>,
    ) -> Result<Value, Error> {
        self.count_import()?;
        if let Some(text) = self.internal_files.get(path) {
            let text = text.to_vec();
            return Ok(self.load_text(path, text, scope)?.0);
        }
        let start = self.phases.start();
        let real = real.map_or_else(|| self.real_path(path), Ok);
        let known = match &real {
            Ok(real) if scope.is_none() => self.host.recall(real, Fact::Text),
            _ => None,
        };
        self.phases.end(Phase::Read, start);
        let real = real?;
        if let Some(known) = &known
            && let Some(value) = self.load_unread(path, known)
        {
            return Ok(value);
        }
        let start = self.phases.start();
        let text = self.host.read_file(&real).map_err(|error| self.host_error(path, error));
        self.phases.end(Phase::Read, start);
        let (value, source) = self.load_text(path, text?, scope)?;
        if known.is_none()
            && let Some(fingerprint) = self.sources.fingerprint(source)
        {
            self.host.remember(&real, Fact::Text, fingerprint);
        }
        Ok(value)
    }

    fn load_text(
        &mut self,
        path: &[u8],
        text: Vec<u8>,
        scope: Option<&[Symbol]>,
    ) -> Result<(Value, SourceId), Error> {
        let source = self.add_source(Origin::File(path.into()), text.into())?;
        let value = self.load(source, parent(path), scope, true);
        self.sources.set_text_aside(source);
        Ok((value?, source))
    }

    /// Loads a file that the host knows without its text. This succeeds if the loader has kept what became of the text; why it
    /// did not is told when the text is there.
    fn load_unread(&mut self, path: &[u8], known: &Known) -> Option<Value> {
        let origin = Origin::File(path.into());
        let source = self.sources.add_unread(origin, known.size, known.hash).ok()?;
        let value = self.load(source, parent(path), None, true).ok()?;
        self.counters.unread += 1;
        Some(value)
    }

    /// Takes a text in.
    ///
    /// # Errors
    /// All texts together exceed 4 GiB.
    pub fn add_source(&mut self, origin: Origin, text: Text) -> Result<SourceId, Error> {
        self.check_room(text.len())?;
        self.sources
            .add(origin, text)
            .map_err(|full| Error::new(ErrorKind::SizeLimit, full.to_string()))
    }

    /// The file that `import path` reads: links followed, `default.nix` for a directory.
    ///
    /// # Errors
    /// The host's.
    pub fn resolve_import(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        self.find_import(path).map(|(found, _)| found)
    }

    /// As `resolve_import`, and the file's real path if finding it gave that too: nothing is looked at twice.
    fn find_import(&mut self, path: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
        if self.internal_files.contains_key(path) {
            return Ok((path.to_vec(), None));
        }
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            // Links in the folders above are followed to look, but the path keeps them, as it does in Nix.
            let real = self.resolve_parents(&path)?;
            match self.host.file_type(&real).map_err(|error| self.host_error(&path, error))? {
                Some(FileType::Symlink) => path = self.follow_link(&path, &real)?,
                // A `default.nix` that is a link is read, but not followed.
                Some(FileType::Directory) if path == b"/" => {
                    return Ok((b"/default.nix".to_vec(), None));
                }
                Some(FileType::Directory) => return Ok(([&*path, b"/default.nix"].concat(), None)),
                Some(_) => return Ok((path, Some(real))),
                None => return Err(self.host_error(&path, HostError::NotFound)),
            }
        }
        Err(too_many_links(&path))
    }

    /// Where a link at `path` (at `real`, links above it followed) leads, by its text alone.
    fn follow_link(&mut self, path: &[u8], real: &[u8]) -> Result<Vec<u8>, Error> {
        let target = self.host.read_link(real).map_err(|error| self.host_error(path, error))?;
        let joined =
            if target.starts_with(b"/") { target } else { [parent(path), b"/", &*target].concat() };
        Ok(canonical_path(&joined))
    }

    /// A path with all links followed, the last one too.
    ///
    /// # Errors
    /// The host's.
    pub fn real_path(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        let mut path = self.resolve_parents(path)?;
        for _ in 0..MAX_LINKS {
            let kind = self.host.file_type(&path).map_err(|error| self.host_error(&path, error))?;
            if kind != Some(FileType::Symlink) {
                return Ok(path);
            }
            let real = path.clone();
            path = self.follow_link(&real, &real)?;
            path = self.resolve_parents(&path)?;
        }
        Err(too_many_links(&path))
    }

    /// The path with links in all but its last component followed; memoised by directory.
    ///
    /// # Errors
    /// The host's.
    pub fn resolve_parents(&mut self, path: &[u8]) -> Result<Vec<u8>, Error> {
        let directory = parent(path);
        if directory == b"/" {
            return Ok(path.to_vec());
        }
        let name = crate::ops::base_name(path);
        let join = |resolved: &[u8]| match resolved {
            b"/" => [b"/", name].concat(),
            _ => [resolved, b"/", name].concat(),
        };
        if let Some(resolved) = self.resolved.get(directory) {
            return Ok(join(resolved));
        }
        self.resolve_directory(directory).map(|resolved| join(&resolved))
    }

    /// A folder's path with all links followed, which is not known yet.
    fn resolve_directory(&mut self, directory: &[u8]) -> Result<Vec<u8>, Error> {
        // Mostly the folder above is known, and this is a plain one in it.
        if let Some(above) = self.resolved.get(parent(directory))
            && **above != *b"/"
        {
            let here = [&**above, b"/", crate::ops::base_name(directory)].concat();
            if matches!(self.host.file_type(&here), Ok(Some(FileType::Directory))) {
                if here != directory {
                    self.resolved.insert(here.clone().into(), here.clone().into());
                }
                self.resolved.insert(directory.into(), here.clone().into());
                return Ok(here);
            }
        }
        // Components are resolved one by one; a link's target goes in front of those that are left.
        let mut left: Vec<Vec<u8>> = components(directory);
        let mut done: Vec<u8> = Vec::new();
        let mut links = 0;
        while let Some(name) = left.pop() {
            let here = [&*done, b"/", &*name].concat();
            if let Some(known) = self.resolved.get(&*here) {
                done = known.to_vec();
                if done == b"/" {
                    done.clear();
                }
                continue;
            }
            let kind = match self.host.file_type(&here) {
                Ok(kind) => kind,
                // What may not be looked at is left as it stands; using it fails in its own words.
                Err(HostError::Forbidden(_)) => None,
                Err(error) => return Err(self.host_error(&here, error)),
            };
            if kind != Some(FileType::Symlink) {
                if kind == Some(FileType::Directory) {
                    self.resolved.insert(here.clone().into(), here.clone().into());
                }
                done = here;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                let text = [b"infinite symlink recursion in path '", &*here, b"'"];
                return Err(Error::new(ErrorKind::Io, text.concat()));
            }
            let target =
                self.host.read_link(&here).map_err(|error| self.host_error(&here, error))?;
            let joined =
                if target.starts_with(b"/") { target } else { [&*done, b"/", &*target].concat() };
            left.extend(components(&canonical_path(&joined)));
            done.clear();
        }
        if done.is_empty() {
            done.push(b'/');
        }
        self.resolved.insert(directory.into(), done.clone().into());
        Ok(done)
    }

    /// A host's answer in Nix's words.
    pub fn host_error(&self, path: &[u8], error: HostError) -> Error {
        let (kind, text) = match error {
            HostError::NotFound => (ErrorKind::Io, [b"path '", path, b"' does not exist"].concat()),
            HostError::Forbidden(text) => (ErrorKind::Forbidden, text.into_bytes()),
            HostError::Unsupported(text) => (ErrorKind::Unsupported, text.into_bytes()),
            HostError::Io(text) => (ErrorKind::Io, text.into_bytes()),
            HostError::Limit(text) => (ErrorKind::SizeLimit, text.into_bytes()),
        };
        Error::new(kind, text)
    }
}

fn too_many_links(path: &[u8]) -> Error {
    let text = [b"too many symbolic links encountered while traversing the path '", path, b"'"];
    Error::new(ErrorKind::Io, text.concat())
}

/// The components of a path, last first.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .rev()
        .map(<[u8]>::to_vec)
        .collect()
}
