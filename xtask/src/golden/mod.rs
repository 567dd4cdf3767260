//! Golden cases: one Markdown file per case, holding a program and what becomes of it.
//!
//! In:  `tests/golden/SUBJECT/name.md`, a binary.   Out: the blocks that differ, or the same files with their blocks filled in.
//! `document.rs` reads and writes the files, `outputs.rs` says what each kind of block shows and how to get it,
//! `suite.rs` runs many of them, `bless.rs` fills them in.
//!
//! Invariants
//! - A case depends on nothing outside itself and, if it says so, `examples/`: its files are laid out in a folder of their own, printed as `/here`.
//! - Only the blocks present are checked.
//! - What the language means is filled in from a reference Nix, never from our own answer.

mod bless;
mod document;
mod known;
mod outputs;
mod suite;

use std::path::PathBuf;

pub use document::{Block, Document};
pub use known::Known;
pub use outputs::{Driver, Regime, final_error};
pub use suite::{Report, Suite};

use crate::options::Options;
use crate::{Outcome, binary};

/// Where the cases are.
#[must_use]
pub fn folder() -> PathBuf {
    binary::repository().join("tests/golden")
}

/// `cargo xtask golden`.
pub fn command(mut options: Options) -> Outcome {
    let program = options.value("--bin")?;
    let reference = options.value("--from-reference")?;
    let blessing = options.flag("--bless");
    let regimes = Regime::parse(options.value("--regime")?.as_deref().unwrap_or("default"))?;
    let suite = Suite::load(&folder(), &options.operands()?)?;
    if let Some(command) = reference {
        return bless::fill(&suite, &Driver::reference(&command));
    }
    let program = program.map_or_else(binary::beside, Ok)?;
    if blessing {
        return bless::fill(&suite, &Driver::ours(&program, Regime::Default));
    }
    let mut well = true;
    for regime in regimes {
        let report = suite.run(&Driver::ours(&program, regime))?;
        print!("{}", report.text());
        well &= report.is_well();
    }
    Ok(well)
}

/// Every case under every regime named; for tests. The text of what went wrong, if anything did.
pub fn check(program: &str, regime: Regime) -> Result<(), String> {
    let suite = Suite::load(&folder(), &[])?;
    let report = suite.run(&Driver::ours(program, regime))?;
    if report.is_well() { Ok(()) } else { Err(report.text()) }
}
