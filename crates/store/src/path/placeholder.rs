//! Stand-ins for store paths that are not known while evaluating: `/` and the nix32 of a SHA-256.
//!
//! In: an output name, or the derivation that will have it. Out: a text as long as it is unlikely, which the builder
//! (own outputs) or the scheduler (outputs of others) replaces.

use super::StorePath;
use crate::hash::{compress_hash, nix32_into, sha256};

/// What a derivation's own output is called inside it: `builtins.placeholder`.
pub fn hash_placeholder(output: &[u8]) -> Vec<u8> {
    render(&sha256([b"nix-output:", output]))
}

/// The name of an output's store object: the derivation's, and for outputs other than `out` a suffix.
pub fn output_path_name(drv_name: &[u8], output: &[u8]) -> Vec<u8> {
    match output {
        b"out" => drv_name.to_vec(),
        _ => [drv_name, b"-", output].concat(),
    }
}

/// Stands for the output of a derivation whose output path is not known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placeholder([u8; 32]);

impl Placeholder {
    /// For an output of a known derivation: content-addressed, impure, or waiting for such.
    pub fn of_output(drv: &StorePath, output: &[u8]) -> Placeholder {
        let name = output_path_name(drv.derivation_name().unwrap_or(drv.name()), output);
        Placeholder(sha256([b"nix-upstream-output:", drv.hash_part(), b":", &name]))
    }

    /// For an output of a derivation which is itself an output not known yet.
    pub fn of_dynamic_output(self, output: &[u8]) -> Placeholder {
        let mut folded = Vec::with_capacity(32);
        nix32_into(&compress_hash::<20>(&self.0), &mut folded);
        Placeholder(sha256([&b"nix-computed-output:"[..], &folded, b":", output]))
    }

    /// The text.
    pub fn render(&self) -> Vec<u8> {
        render(&self.0)
    }
}

fn render(digest: &[u8; 32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(53);
    out.push(b'/');
    nix32_into(digest, &mut out);
    out
}
