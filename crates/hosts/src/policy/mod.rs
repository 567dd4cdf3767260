//! Pure and restricted evaluation: a host that lets through what a policy grants.
//!
//! In: any host and a [`Policy`]. Out: the same host, seen through it. Refusals are [`HostError::Forbidden`] with the
//! texts of Nix 2.34.
//!
//! Invariants
//! - A path outside of the roots is refused before anything about it is asked of the host within, so a refusal does not tell
//!   what is there; on the way through links each step is judged, and a refusal names only the path requested.
//! - Folders above a root can be passed, and listed as far as they lead to roots; a file above a root (a root named below
//!   a file) is not readable, which is stricter than Nix.
//! - What an evaluation stores or builds becomes readable to it.
//! - The files are assumed not to change under the evaluation: between judging and reading a place, and for folders seen
//!   once, the judgement stands.
//!
//! Not here: that `builtins.currentTime` is absent, or that fetches need hashes, in pure evaluation (builtins do that).

mod resolve;
mod roots;
mod uri;

use crate::path::{below, canonical, join, shown};
use crate::tree;
use frazil_eval::host::{Fact, FileType, Host, HostError, Ingestion, Interrupt, Known, Message};
use resolve::{Last, Resolver, Stop};
use roots::{Roots, Standing};
use uri::Allowed;

/// Which of Nix's modes a policy is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// `pure-eval`: no environment, no time, only the roots and what the evaluation stores.
    Pure,
    /// `restrict-eval`: no environment, only the roots, and only the allowed URIs.
    Restricted,
}

/// What an evaluation is granted.
#[derive(Clone, Debug)]
pub struct Policy {
    mode: Mode,
    roots: Roots,
    uris: Option<Vec<Allowed>>,
}

impl Policy {
    /// A policy that grants nothing. Fetches are not looked at (with hashes, they are pure).
    pub fn pure() -> Policy {
        Policy { mode: Mode::Pure, roots: Roots::default(), uris: None }
    }

    /// A policy that grants nothing, and no fetch.
    pub fn restricted() -> Policy {
        Policy { mode: Mode::Restricted, roots: Roots::default(), uris: Some(Vec::new()) }
    }

    /// Grants a path and everything below it. As in Nix it is taken by name: if a link leads to it or it is one, grant the
    /// place it leads to as well. A path that is not absolute grants nothing.
    #[must_use]
    pub fn allow(mut self, path: &[u8]) -> Policy {
        self.roots.extend(path);
        self
    }

    /// Refuses every URI but the allowed ones. One pattern of `allowed-uris`: an URI, which stands for itself and what is
    /// below it by path segments, or a scheme with its colon.
    #[must_use]
    pub fn allow_uri(mut self, pattern: &[u8]) -> Policy {
        self.uris.get_or_insert_default().push(Allowed::new(pattern));
        self
    }

    fn forbidden_path(&self, requested: &[u8]) -> HostError {
        let mode = match self.mode {
            Mode::Pure => "in pure evaluation mode (use '--impure' to override)",
            Mode::Restricted => "in restricted mode",
        };
        let path = shown(requested);
        HostError::Forbidden(format!("access to absolute path '{path}' is forbidden {mode}"))
    }
}

impl Roots {
    fn extend(&mut self, path: &[u8]) {
        if let Some(root) = canonical(path) {
            self.insert(root);
        }
    }
}

/// A host seen through a policy.
pub struct PolicyHost<H> {
    inner: H,
    policy: Policy,
    resolver: Resolver,
}

impl<H: Host> PolicyHost<H> {
    /// Puts a policy before a host.
    pub fn new(inner: H, policy: Policy) -> PolicyHost<H> {
        PolicyHost { inner, policy, resolver: Resolver::default() }
    }

    /// Grants one more path, and everything below it.
    pub fn allow(&mut self, path: &[u8]) {
        self.policy.roots.extend(path);
    }

    /// Forgets what is known of the files, for an evaluation that is to see them anew.
    pub fn forget(&mut self) {
        self.resolver.clear();
    }

    /// The host within, which is not judged.
    pub fn inner(&mut self) -> &mut H {
        &mut self.inner
    }

    /// The host within, which is not judged.
    pub fn into_inner(self) -> H {
        self.inner
    }

    fn resolve(&mut self, path: &[u8], last: Last) -> Result<(Vec<u8>, Standing), HostError> {
        let found = self.resolver.resolve(&mut self.inner, &self.policy.roots, path, last);
        found.map_err(|stop| match stop {
            Stop::Outside => self.policy.forbidden_path(path),
            Stop::Host(error) => error,
        })
    }

    /// The place of a file that may be read.
    fn readable(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        let (place, standing) = self.resolve(path, Last::Follow)?;
        // Whoever reads a folder is told so by the host; anything else above a root is not granted.
        if standing == Standing::Above && self.inner.file_type(&place)? != Some(FileType::Directory)
        {
            return Err(self.policy.forbidden_path(path));
        }
        Ok(place)
    }

    /// The place of what may be read. A link at the end is not followed: an archive of it is not that of its target.
    fn of_facts(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let (place, standing) = self.resolve(path, Last::Keep).ok()?;
        (standing == Standing::Inside).then_some(place)
    }

    fn check_local(&mut self, path: &[u8]) -> Result<(), HostError> {
        match self.resolve(path, Last::Follow) {
            // That nothing is there is for the fetch to say.
            Ok((_, Standing::Inside)) | Err(HostError::NotFound) => Ok(()),
            Ok(_) => Err(self.policy.forbidden_path(path)),
            Err(error) => Err(error),
        }
    }
}

impl<H: Host> Host for PolicyHost<H> {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        let place = self.readable(path)?;
        self.inner.read_file(&place)
    }

    fn read_file_in_pieces(
        &mut self,
        path: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<u64, HostError> {
        let place = self.readable(path)?;
        self.inner.read_file_in_pieces(&place, sink)
    }

    fn file_size(&mut self, path: &[u8]) -> Result<u64, HostError> {
        let place = self.readable(path)?;
        self.inner.file_size(&place)
    }

    fn recall(&mut self, path: &[u8], what: Fact) -> Option<Known> {
        let place = self.of_facts(path)?;
        self.inner.recall(&place, what)
    }

    fn remember(&mut self, path: &[u8], what: Fact, hash: &[u8; 32]) {
        if let Some(place) = self.of_facts(path) {
            self.inner.remember(&place, what, hash);
        }
    }

    fn read_dir(&mut self, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        let (place, standing) = self.resolve(path, Last::Follow)?;
        let mut entries = self.inner.read_dir(&place)?;
        if standing == Standing::Above {
            let roots = &self.policy.roots;
            entries.retain(|(name, _)| roots.standing(&join(&place, name)) != Standing::Outside);
        }
        Ok(entries)
    }

    fn file_type(&mut self, path: &[u8]) -> Result<Option<FileType>, HostError> {
        match self.resolve(path, Last::Keep) {
            Ok((place, _)) => self.inner.file_type(&place),
            Err(HostError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        let (place, _) = self.resolve(path, Last::Keep)?;
        self.inner.read_link(&place)
    }

    fn env(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&mut self) -> i64 {
        match self.policy.mode {
            Mode::Pure => 0,
            Mode::Restricted => self.inner.now(),
        }
    }

    fn message(&mut self, kind: Message, text: &[u8]) {
        self.inner.message(kind, text);
    }

    fn is_valid_path(&mut self, store_path: &[u8]) -> bool {
        self.inner.is_valid_path(store_path)
    }

    fn store_text(
        &mut self,
        store_path: &[u8],
        text: &[u8],
        references: &[Vec<u8>],
    ) -> Result<(), HostError> {
        self.inner.store_text(store_path, text, references)?;
        self.allow(store_path);
        Ok(())
    }

    fn store_tree(
        &mut self,
        store_path: &[u8],
        source: &[u8],
        filtered: Option<&[Vec<u8>]>,
        how: Ingestion,
    ) -> Result<(), HostError> {
        let (place, standing) = self.resolve(source, Last::Keep)?;
        let moved = filtered.map(|kept| rebased(kept, source, &place));
        if standing == Standing::Above {
            // The host within would copy siblings too; it is given the list of what can be seen from here.
            let seen = tree::list(self, &place, moved.as_deref())?;
            self.inner.store_tree(store_path, &place, Some(&seen), how)?;
        } else {
            self.inner.store_tree(store_path, &place, moved.as_deref(), how)?;
        }
        self.allow(store_path);
        Ok(())
    }

    fn realise(&mut self, drv: &[u8], output: &[u8]) -> Result<Vec<u8>, HostError> {
        let path = self.inner.realise(drv, output)?;
        self.allow(&path);
        Ok(path)
    }

    fn check_uri(&mut self, uri: &[u8]) -> Result<(), HostError> {
        let Some(allowed) = &self.policy.uris else { return self.inner.check_uri(uri) };
        if uri::is_allowed(allowed, uri) {
            return self.inner.check_uri(uri);
        }
        if let Some(path) = uri::local_path(uri) {
            self.check_local(&path)?;
            return self.inner.check_uri(uri);
        }
        let uri = shown(uri);
        Err(HostError::Forbidden(format!("access to URI '{uri}' is forbidden in restricted mode")))
    }

    fn interrupted(&mut self) -> Option<Interrupt> {
        self.inner.interrupted()
    }
}

/// The kept paths of a filter, with the place a source leads to instead of its name.
fn rebased(kept: &[Vec<u8>], source: &[u8], place: &[u8]) -> Vec<Vec<u8>> {
    if source == place {
        return kept.to_vec();
    }
    kept.iter().filter_map(|path| below(source, path).map(|rest| join(place, rest))).collect()
}
