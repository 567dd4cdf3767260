//! The shape of the tree: what reviewers should not have to look for.
//!
//! In:  the working tree.   Out: complaints (which fail) and remarks (which do not), one line each.
//!
//! `edges.rs`: arrows between crates. `sources.rs`: headers, lengths, names, `unsafe`. `documents.rs`: paths named in prose.
//! The form of the golden cases is looked at by `golden`.

mod documents;
mod edges;
mod sources;

use std::path::{Path, PathBuf};

use crate::options::Options;
use crate::{Outcome, binary, golden};

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// These fail.
    pub complaints: Vec<String>,
    /// These are only said.
    pub remarks: Vec<String>,
}

/// `cargo xtask tidy`.
pub fn command(options: Options) -> Outcome {
    options.operands()?;
    let findings = check(&binary::repository())?;
    for remark in &findings.remarks {
        println!("remark: {remark}");
    }
    for complaint in &findings.complaints {
        println!("complaint: {complaint}");
    }
    println!("tidy: {} complaints, {} remarks", findings.complaints.len(), findings.remarks.len());
    Ok(findings.complaints.is_empty())
}

/// Looks at a working tree.
pub fn check(root: &Path) -> Result<Findings, String> {
    let files = files(root)?;
    let mut findings = Findings::default();
    edges::check(root, &files, &mut findings)?;
    sources::check(root, &files, &mut findings)?;
    documents::check(root, &files, &mut findings)?;
    let cases = golden::Suite::load(&root.join("tests/golden"), &[])?;
    findings.complaints.extend(cases.complaints());
    Ok(findings)
}

/// Every file, relative to the root, without what is built or hidden (but `.ci` and `.cargo` are ours).
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut out = Vec::new();
    let mut left = vec![root.to_path_buf()];
    while let Some(folder) = left.pop() {
        let fail = |error| format!("cannot list {}: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let hidden = name.starts_with('.')
                && !matches!(name.as_str(), ".ci" | ".cargo" | ".github" | ".gitignore");
            if hidden || matches!(name.as_str(), "target" | "node_modules") {
                continue;
            }
            if entry.file_type().map_err(fail)?.is_dir() {
                left.push(entry.path());
            } else if let Ok(relative) = entry.path().strip_prefix(root) {
                out.push(relative.to_path_buf());
            }
        }
    }
    out.sort();
    Ok(out)
}
