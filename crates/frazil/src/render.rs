//! Errors as text. To be written by its owner.

use frazil_base::SourceMap;
use frazil_eval::Error;

/// How errors look.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    /// Whether the whole trace is shown.
    pub show_trace: bool,
}

/// An error as `nix-instantiate` prints it.
pub fn render(error: &Error, sources: &SourceMap, _: RenderOptions) -> Vec<u8> {
    let mut out = Vec::new();
    for line in error.trace() {
        out.extend_from_slice(b"  ");
        out.extend_from_slice(&line.text);
        out.extend_from_slice(b" at ");
        out.extend_from_slice(&sources.describe(line.pos));
        out.push(b'\n');
    }
    out.extend_from_slice(b"error: ");
    out.extend_from_slice(error.message());
    out.extend_from_slice(b"\n at ");
    out.extend_from_slice(&sources.describe(error.pos()));
    out
}
