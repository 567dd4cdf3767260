//! Filling the output blocks of case files.
//!
//! A file without any output block gets `value`, or `error` and `at` if the program fails.
//! Review the difference before committing it; never accept blindly.

use super::document::Document;
use super::outputs::{Driver, Layout};
use super::suite::{Case, Suite};
use crate::Outcome;

const OUTPUTS: [&str; 16] = [
    "value", "lazy", "json", "xml", "parse", "error", "at", "stderr", "trace", "drv", "stdout",
    "tokens", "ast", "bytecode", "stdin", "warn",
];

/// Fills every case of the suite from the driver.
pub(super) fn fill(suite: &Suite, driver: &Driver) -> Outcome {
    let results = suite.each(|case| fill_case(case, driver));
    let (mut written, mut well) = (0, true);
    for (case, result) in suite.cases.iter().zip(results) {
        match result {
            Ok(false) => {}
            Ok(true) => written += 1,
            Err(error) => {
                println!("{}: {error}", case.name);
                well = false;
            }
        }
    }
    println!("golden: {} cases, {written} files changed", suite.cases.len());
    Ok(well)
}

fn fill_case(case: &Case, driver: &Driver) -> Result<bool, String> {
    let mut document = case.document.clone();
    let layout = Layout::new(driver, &case.document)?;
    for kind in wanted(&case.document, &layout)? {
        if !driver.answers(&kind) {
            continue;
        }
        let body = layout.output(&kind)?;
        if kind == "at" && body.is_empty() {
            document.remove("at");
        } else {
            document.set(&kind, body);
        }
    }
    let text = document.render();
    if text == case.document.render() {
        return Ok(false);
    }
    std::fs::write(&case.path, text).map_err(|error| error.to_string())?;
    Ok(true)
}

fn wanted(document: &Document, layout: &Layout) -> Result<Vec<String>, String> {
    let named: Vec<String> = document
        .blocks()
        .filter(|block| OUTPUTS.contains(&block.kind.as_str()) && block.kind != "stdin")
        .map(|block| block.kind.clone())
        .collect();
    if !named.is_empty() {
        return Ok(named);
    }
    if document.block("run").is_some() {
        return Ok(vec!["stdout".into()]);
    }
    let kinds: &[&str] = if layout.succeeds()? { &["value"] } else { &["error", "at"] };
    Ok(kinds.iter().map(ToString::to_string).collect())
}
