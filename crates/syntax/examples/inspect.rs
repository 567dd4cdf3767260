//! Shows what the parser makes of files: `inspect show|tree|tokens|check FILE…`. `-` reads standard input.
//!
//! `show` prints as `nix-instantiate --parse` does; `check` only counts and complains.
#![allow(clippy::disallowed_methods, reason = "an example is a host of its own")]

use frazil_base::{Interner, Origin, SourceMap};
use frazil_syntax::{ParseOptions, parse, show, show_tokens, show_tree};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mode = args.next().unwrap_or_default();
    let mut sources = SourceMap::new();
    let mut symbols = Interner::new();
    let (mut spent, mut bytes, mut nodes, mut failed) = (Duration::ZERO, 0, 0, 0);
    let mut out = std::io::stdout().lock();
    for file in args {
        let (text, origin) = if file == "-" {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text)?;
            (text, Origin::String)
        } else {
            (std::fs::read(&file)?, Origin::File(file.clone().into_bytes().into()))
        };
        let here = if file == "-" {
            std::env::current_dir()?
        } else {
            let file = std::path::absolute(&file)?;
            file.parent().unwrap_or(&file).to_owned()
        };
        let options = ParseOptions {
            base_dir: here.as_os_str().as_encoded_bytes().to_vec(),
            home: Some(b"/root".to_vec()),
            pipe_operators: true,
            ..ParseOptions::default()
        };
        let Ok(id) = sources.add(origin, text.clone().into()) else {
            break;
        };
        let started = Instant::now();
        let parsed = parse(&text, sources.base(id), &mut symbols, &options);
        spent += started.elapsed();
        bytes += text.len();
        nodes += parsed.ast.len();
        if let Some(error) = parsed.errors.first() {
            failed += 1;
            let place = sources.describe(error.pos());
            writeln!(
                out,
                "error: {}\n       at {}:",
                String::from_utf8_lossy(&error.text(&sources)),
                String::from_utf8_lossy(&place)
            )?;
        } else if mode == "show" {
            out.write_all(&show(&parsed.ast, parsed.root, &symbols))?;
            out.write_all(b"\n")?;
        } else if mode == "tree" {
            out.write_all(&show_tree(&parsed.ast, parsed.root, sources.base(id), &symbols))?;
        } else if mode == "tokens" {
            out.write_all(&show_tokens(&text))?;
        }
    }
    if mode == "check" {
        let per_second = bytes as f64 / spent.as_secs_f64() / 1e6;
        writeln!(
            out,
            "{failed} failed, {bytes} bytes, {nodes} nodes, {spent:?}, {per_second:.0} MB/s"
        )?;
    }
    Ok(())
}
