//! A fingerprint of what a resolved file and its code look like and mean: of the sources of the parser, the resolver, the
//! instructions and the symbols.
//! Files kept by another build of the same sources can be used, those of other sources cannot.
#![allow(clippy::disallowed_methods, reason = "a build script reads the sources")]

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

fn main() {
    let mut files = Vec::new();
    for folder in ["src", "../syntax/src", "../bytecode/src", "../base/src"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write(&std::fs::read(&file).unwrap_or_default());
    }
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    println!("cargo::rustc-env=FRAZIL_FORM={version}-{:016x}", hasher.finish());
}

/// The files below a folder; a folder that is missing has none.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
