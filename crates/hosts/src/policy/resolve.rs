//! Following links under a policy, component by component.
//!
//! In: a canonical path. Out: the path it leads to, without a link in its folders (nor, if asked, at its end).
//! Every place on the way is judged before anything about it is asked: a link that leads outside is noticed when its
//! target's name is reached, and the target is never looked at. So what the answer tells does not depend on what is there.
//!
//! A refusal names the path that was requested, never a link's target.
//!
//! Not here: what may be done with the place reached (`mod.rs`).

use super::roots::{Roots, Standing};
use crate::path::{canonical, join, parts, pop, shown, split_last};
use frazil_eval::host::{FileType, Host, HostError};
use hashbrown::HashSet;

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// Whether a link at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Follow,
    Keep,
}

/// How a resolution fails.
pub(super) enum Stop {
    /// A place on the way is outside of the roots.
    Outside,
    /// The host's answer.
    Host(HostError),
}

/// Follows links, and remembers which folders were reached without one.
#[derive(Default)]
pub(super) struct Resolver {
    plain: HashSet<Vec<u8>>,
}

impl Resolver {
    /// Forgets what it knows of the files.
    pub(super) fn clear(&mut self) {
        self.plain.clear();
    }

    /// Resolves a request.
    pub(super) fn resolve<H: Host>(
        &mut self,
        host: &mut H,
        roots: &Roots,
        requested: &[u8],
        last: Last,
    ) -> Result<(Vec<u8>, Standing), Stop> {
        let path = canonical(requested).ok_or(Stop::Outside)?;
        let standing = judge(roots, &path)?;
        if last == Last::Keep && self.has_plain_folder(&path) {
            return Ok((path, standing));
        }
        let mut steps = Steps::new(&path);
        while let Some(name) = steps.waiting.pop() {
            if name == b".." {
                pop(&mut steps.at);
                continue;
            }
            let next = join(&steps.at, &name);
            judge(roots, &next)?;
            let is_last = steps.waiting.is_empty();
            if self.plain.contains(&next) || (is_last && last == Last::Keep) {
                steps.at = next;
                continue;
            }
            match host.file_type(&next).map_err(Stop::Host)? {
                Some(FileType::Symlink) => {
                    let target = host.read_link(&next).map_err(Stop::Host)?;
                    steps.follow(&target, requested)?;
                }
                Some(FileType::Directory) => {
                    self.plain.insert(next.clone());
                    steps.at = next;
                }
                // At the end the request itself tells what is wrong with it.
                _ if is_last => steps.at = next,
                _ => return Err(Stop::Host(HostError::NotFound)),
            }
        }
        if steps.at.is_empty() {
            steps.at.push(b'/');
        }
        let standing = judge(roots, &steps.at)?;
        Ok((steps.at, standing))
    }

    fn has_plain_folder(&self, path: &[u8]) -> bool {
        split_last(path).is_none_or(|(folder, _)| folder == b"/" || self.plain.contains(folder))
    }
}

/// Where a resolution is, and the names it still has to go down, the next one last.
struct Steps {
    at: Vec<u8>,
    waiting: Vec<Vec<u8>>,
    links: usize,
}

impl Steps {
    fn new(path: &[u8]) -> Steps {
        let waiting = parts(path).rev().map(<[u8]>::to_vec).collect();
        Steps { at: Vec::new(), waiting, links: 0 }
    }

    fn follow(&mut self, target: &[u8], requested: &[u8]) -> Result<(), Stop> {
        self.links += 1;
        if self.links > MAX_LINKS {
            let text = format!("infinite symlink recursion in path '{}'", shown(requested));
            return Err(Stop::Host(HostError::Io(text)));
        }
        if target.starts_with(b"/") {
            self.at.clear();
        }
        let names = parts(target).rev().filter(|name| *name != b".");
        self.waiting.extend(names.map(<[u8]>::to_vec));
        Ok(())
    }
}

fn judge(roots: &Roots, path: &[u8]) -> Result<Standing, Stop> {
    match roots.standing(path) {
        Standing::Outside => Err(Stop::Outside),
        standing => Ok(standing),
    }
}
