//! Reading `.drv` files.
//!
//! In: any bytes, and the derivation's name (which the text does not hold). Out: a [`Derivation`], or where and why not.
//!
//! Invariants: total; memory is linear in the input; outputs of outputs nest at most [`MAX_DYNAMIC_DEPTH`] deep. Where
//! a fixed output's path does not follow from its hash the file is refused: nothing may rely on a stated path.
//! Input that was not written in Nix's order is accepted, input that says something twice is not.

use super::{Derivation, InputOutputs, Output};
use crate::hash::{Algorithm, Hash};
use crate::path::{Method, StoreDir, StorePath};
use crate::sorted::{Sorted, SortedSet};
use std::fmt;

/// How deep outputs of outputs may nest.
pub const MAX_DYNAMIC_DEPTH: usize = 64;

/// Why a text is not a derivation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Offset of the byte where reading stopped.
    pub at: usize,
    /// What was wrong there.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing derivation at byte {}: {}", self.at, self.message)
    }
}

impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, ParseError>;

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    dir: &'t StoreDir,
}

impl Derivation {
    /// Parses the text of the `.drv` file of a derivation of this name.
    pub fn parse(dir: &StoreDir, name: &[u8], text: &[u8]) -> Result<Derivation> {
        let mut c = Cursor { text, at: 0, dir };
        let mut drv = Derivation { name: name.to_vec(), ..Derivation::default() };
        let dynamic = !c.accept(b"Derive(");
        if dynamic {
            c.expect(b"DrvWithVersion(")?;
            let version = c.string()?;
            if version != b"xp-dyn-drv" {
                return c.fail(format!("unknown version '{}'", String::from_utf8_lossy(&version)));
            }
            c.expect(b",")?;
        }
        drv.outputs = c.map(|c| c.output(name))?;
        c.expect(b",")?;
        drv.input_drvs = c.map(|c| {
            let path = c.store_path()?;
            c.expect(b",")?;
            Ok((path, c.used(dynamic, 0)?))
        })?;
        c.expect(b",")?;
        drv.input_srcs = c.set(Cursor::store_path)?;
        c.expect(b",")?;
        drv.system = c.string()?;
        c.expect(b",")?;
        drv.builder = c.string()?;
        c.expect(b",")?;
        c.list(|c| {
            drv.args.push(c.string()?);
            Ok(())
        })?;
        c.expect(b",")?;
        let env = c.map(|c| {
            let key = c.string()?;
            c.expect(b",")?;
            Ok((key, c.string()?))
        })?;
        drv.env = env.into_iter().collect();
        c.expect(b")")?;
        if c.at != text.len() {
            return c.fail("text after the end");
        }
        Ok(drv)
    }
}

impl Cursor<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(ParseError { at: self.at, message: message.into() })
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn accept(&mut self, token: &[u8]) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &[u8]) -> Result<()> {
        if self.accept(token) {
            return Ok(());
        }
        self.fail(format!("expected string '{}'", String::from_utf8_lossy(token)))
    }

    /// `[item,item,…]`
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.expect(b"[")?;
        if self.accept(b"]") {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.accept(b"]") {
                return Ok(());
            }
            self.expect(b",")?;
        }
    }

    /// `[(key,…),…]`; `entry` reads between the parentheses.
    fn map<K: Ord, V>(
        &mut self,
        mut entry: impl FnMut(&mut Self) -> Result<(K, V)>,
    ) -> Result<Sorted<K, V>> {
        let mut entries = Vec::new();
        self.list(|c| {
            c.expect(b"(")?;
            entries.push(entry(c)?);
            c.expect(b")")
        })?;
        self.without_doubles(entries)
    }

    fn set<K: Ord>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<K>,
    ) -> Result<SortedSet<K>> {
        let mut items = Vec::new();
        self.list(|c| {
            items.push((item(c)?, ()));
            Ok(())
        })?;
        self.without_doubles(items)
    }

    fn without_doubles<K: Ord, V>(&self, entries: Vec<(K, V)>) -> Result<Sorted<K, V>> {
        let count = entries.len();
        let sorted: Sorted<K, V> = entries.into_iter().collect();
        if sorted.len() != count { self.fail("an entry appears twice") } else { Ok(sorted) }
    }

    /// A quoted string. Runs without escapes are copied whole.
    fn string(&mut self) -> Result<Vec<u8>> {
        self.expect(b"\"")?;
        let mut out = Vec::new();
        loop {
            let rest = self.rest();
            let Some(run) = rest.iter().position(|b| matches!(b, b'"' | b'\\')) else {
                return self.fail("unterminated string");
            };
            out.extend_from_slice(&rest[..run]);
            let (quote, escaped) = (rest[run] == b'"', rest.get(run + 1).copied());
            self.at += run + 1;
            if quote {
                return Ok(out);
            }
            out.push(match escaped {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(other) => other,
                None => return self.fail("unterminated string"),
            });
            self.at += 1;
        }
    }

    fn store_path(&mut self) -> Result<StorePath> {
        let text = self.string()?;
        self.dir.parse(&text).or_else(|e| self.fail(e.to_string()))
    }

    /// `["out"]`, or `(["out"],[("name",…)])` in the version that knows outputs of outputs.
    fn used(&mut self, dynamic: bool, depth: usize) -> Result<InputOutputs> {
        let nested = dynamic && self.accept(b"(");
        let mut used = InputOutputs { outputs: self.set(Cursor::string)?, dynamic: Sorted::new() };
        if nested {
            if depth == MAX_DYNAMIC_DEPTH {
                return self.fail("outputs of outputs nest too deep");
            }
            self.expect(b",")?;
            used.dynamic = self.map(|c| {
                let name = c.string()?;
                c.expect(b",")?;
                Ok((name, c.used(dynamic, depth + 1)?))
            })?;
            self.expect(b")")?;
        }
        Ok(used)
    }

    /// `"name","path","<method><algorithm>","hash"`
    fn output(&mut self, drv_name: &[u8]) -> Result<(Vec<u8>, Output)> {
        let name = self.string()?;
        self.expect(b",")?;
        let path = self.string()?;
        self.expect(b",")?;
        let address = self.string()?;
        self.expect(b",")?;
        let hash = self.string()?;
        let output = self.make_output(drv_name, &name, &path, &address, &hash)?;
        Ok((name, output))
    }

    fn make_output(
        &self,
        drv_name: &[u8],
        name: &[u8],
        path: &[u8],
        address: &[u8],
        hash: &[u8],
    ) -> Result<Output> {
        let known = match path {
            [] => None,
            path => Some(self.dir.parse(path).or_else(|e| self.fail(e.to_string()))?),
        };
        if address.is_empty() {
            return match (known, hash) {
                (Some(path), []) => Ok(Output::InputAddressed(path)),
                (None, []) => Ok(Output::Deferred),
                _ => self.fail("an output has a hash but no algorithm"),
            };
        }
        let (method, algorithm) = Method::split_prefix(address);
        let algorithm = Algorithm::parse(algorithm).or_else(|e| self.fail(e.to_string()))?;
        match (known, hash) {
            (None, []) => Ok(Output::Floating { method, algorithm }),
            (None, b"impure") => Ok(Output::Impure { method, algorithm }),
            (Some(path), text) if !text.is_empty() => {
                let hash =
                    Hash::parse_bare(text, algorithm).or_else(|e| self.fail(e.to_string()))?;
                let full = crate::path::output_path_name(drv_name, name);
                let made = self.dir.make_fixed_output_path(method, &hash, &full);
                match made.or_else(|e| self.fail(e.to_string()))? == path {
                    true => Ok(Output::Fixed { method, hash }),
                    false => self.fail("the path of a fixed output does not follow from its hash"),
                }
            }
            _ => self.fail("an output's path does not go with its hash"),
        }
    }
}
