//! Comparisons with a reference Nix: whole package sets, generated programs, the golden cases.
//!
//! In:  a command that takes `nix-instantiate …` as arguments (the reference), our binary.
//! Out: the first differences, as small as they can be made, and a count.
//!
//! Invariant: the reference is started through one command string and never linked or read.

mod answers;
mod chance;
mod forms;
mod grammar;
mod makers;
mod nixpkgs;
mod random;
mod tree;

use crate::options::Options;
use crate::{Outcome, golden};

/// A program that the bytes decide: the same for the same bytes, and a little different for bytes that differ a little.
#[must_use]
pub fn generated(bytes: &[u8]) -> String {
    let mut chance = chance::Chance::of_bytes(bytes);
    grammar::Generator::new(&mut chance).program().text()
}

/// `cargo xtask compare SUBJECT …`.
pub fn command(mut options: Options) -> Outcome {
    if options.flag("nixpkgs") {
        nixpkgs::command(options)
    } else if options.flag("random") {
        random::command(options)
    } else if options.flag("golden") {
        golden_cases(options)
    } else {
        Err("compare what? nixpkgs, random or golden".into())
    }
}

/// Every golden case through the reference: a case it disagrees with is wrong or says why.
fn golden_cases(mut options: Options) -> Outcome {
    let reference = options.required("--reference")?;
    let suite = golden::Suite::load(&golden::folder(), &options.operands()?)?;
    let report = suite.run(&golden::Driver::reference(&reference))?;
    print!("{}", report.text());
    Ok(report.is_well())
}
