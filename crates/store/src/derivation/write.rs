//! Writing a derivation as ATerm text.
//!
//! In: a [`Derivation`]. Out: `Derive([outputs],[inputs],[sources],"system","builder",[args],[env])`, appended to a
//! buffer. The text falls into three parts (head: outputs; inputs; tail: the rest), because hashing needs it with
//! other inputs and with blank output paths: `instantiate` recombines the parts instead of writing again.
//!
//! Invariant: no text is pushed byte by byte.

use super::modulo::HashedInput;
use super::{Derivation, InputOutputs, Output};
use crate::hash::base16_into;
use crate::path::{HASH_PART_LEN, MethodError, StoreDir, StorePath};

/// A place in the tail where an output's path stands, or will stand, in the environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Offset in the tail, between the quotes.
    pub(super) at: usize,
    /// Index of the output.
    pub(super) output: usize,
}

/// How long a block is examined at once: two vector registers, whose comparisons become one word of flags.
const BLOCK: usize = 32;
/// How much of a text is escaped at a time.
const PIECE: usize = 128 * BLOCK;

#[inline(always)]
const fn must_escape(b: u8) -> bool {
    // No short circuit, so that the test over a block becomes vector instructions.
    (b == b'"') | (b == b'\\') | (b == b'\n') | (b == b'\r') | (b == b'\t')
}

/// One bit for each byte of a block that must be escaped.
#[inline(always)]
fn flags(block: &[u8; BLOCK]) -> u32 {
    /// Moves the lowest bits of eight bytes side by side into the top byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut tests = [0u8; BLOCK];
    for (test, b) in tests.iter_mut().zip(block) {
        *test = u8::from(must_escape(*b));
    }
    let mut mask = 0;
    for (index, word) in tests.as_chunks::<8>().0.iter().enumerate() {
        mask |= ((u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) as u32) << (index * 8);
    }
    mask
}

/// The same for each byte, for texts too short to be examined in blocks.
const MUST_ESCAPE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = must_escape(byte as u8);
        byte += 1;
    }
    table
};

/// Appends the inside of a string literal.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let clean = blocks.iter().position(|block| flags(block) != 0);
    let is_clean = clean.is_none() && !rest.iter().any(|byte| MUST_ESCAPE[usize::from(*byte)]);
    // Most texts are names and paths.
    if is_clean {
        return out.extend_from_slice(text);
    }
    let (before, after) = text.split_at(clean.unwrap_or(blocks.len()) * BLOCK);
    out.extend_from_slice(before);
    push_escapes(out, after);
}

/// As `push_escaped`, for a text that has escapes soon.
fn push_escapes(out: &mut Vec<u8>, text: &[u8]) {
    // Room for the worst is taken for a piece at a time, so that long texts do not take twice their size.
    for piece in text.chunks(PIECE) {
        let start = out.len();
        out.resize(start + 2 * piece.len() + BLOCK, 0);
        let mut end = start;
        let (blocks, rest) = piece.as_chunks::<BLOCK>();
        for block in blocks {
            end += BLOCK + escape_block(&mut out[end..], block);
        }
        if !rest.is_empty() {
            // What fills the block up needs no escape, and is cut off again.
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            end += rest.len() + escape_block(&mut out[end..], &last);
        }
        out.truncate(end);
    }
}

/// Writes a block with its escapes, and says how many there are. Copies are of whole blocks, which are a few instructions
/// where a copy of the right length would be a call; so there must be room for a block after what is written.
#[inline(always)]
fn escape_block(out: &mut [u8], block: &[u8; BLOCK]) -> usize {
    let mut mask = flags(block);
    out[..BLOCK].copy_from_slice(block);
    if mask == 0 {
        return 0;
    }
    let mut wide = [0; 2 * BLOCK];
    wide[..BLOCK].copy_from_slice(block);
    let mut escapes = 0;
    while mask != 0 {
        let at = mask.trailing_zeros() as usize % BLOCK;
        let letter = match wide[at] {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => other,
        };
        let (escape, after) = out[at + escapes..].split_at_mut(2);
        escape.copy_from_slice(&[b'\\', letter]);
        after[..BLOCK].copy_from_slice(&wide[at + 1..at + 1 + BLOCK]);
        escapes += 1;
        mask &= mask - 1;
    }
    escapes
}

fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends a store path. Hash and name need no escapes; what stands between them may be any byte.
pub(super) fn push_path(out: &mut Vec<u8>, dir: &StoreDir, path: &StorePath) {
    match dir.as_bytes() {
        b"/nix/store" => out.extend_from_slice(b"/nix/store/"),
        dir => {
            push_escaped(out, dir);
            out.push(b'/');
        }
    }
    let base = path.base_name();
    if must_escape(base[HASH_PART_LEN]) {
        push_escaped(out, base);
    } else {
        out.extend_from_slice(base);
    }
}

/// Appends items with commas between.
fn push_list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (i, it) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item(out, it);
    }
    out.push(b']');
}

impl Derivation {
    /// Appends the text of the `.drv` file.
    pub fn write(&self, dir: &StoreDir, out: &mut Vec<u8>) -> Result<(), MethodError> {
        let paths = self.output_paths(dir)?;
        self.write_head(dir, &paths, out);
        self.write_inputs(dir, out);
        self.write_tail(dir, false, out, None);
        Ok(())
    }

    /// The text of the `.drv` file.
    pub fn to_aterm(&self, dir: &StoreDir) -> Result<Vec<u8>, MethodError> {
        let mut out = Vec::with_capacity(1024);
        self.write(dir, &mut out)?;
        Ok(out)
    }

    /// From the beginning to the comma after the outputs. `paths` are those of the outputs in their order; one that is
    /// not known, or not in there, is left blank.
    pub(super) fn write_head(
        &self,
        dir: &StoreDir,
        paths: &[Option<StorePath>],
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(match self.has_dynamic_inputs() {
            true => b"DrvWithVersion(\"xp-dyn-drv\",",
            false => b"Derive(",
        });
        push_list(out, self.outputs.iter().enumerate(), |out, (index, (name, output))| {
            out.push(b'(');
            push_string(out, name);
            out.extend_from_slice(b",\"");
            if let Some(Some(path)) = paths.get(index) {
                push_path(out, dir, path);
            }
            out.extend_from_slice(b"\",\"");
            push_address(out, output);
            out.extend_from_slice(b"\")");
        });
        out.push(b',');
    }

    /// The list of input derivations.
    pub(super) fn write_inputs(&self, dir: &StoreDir, out: &mut Vec<u8>) {
        push_list(out, self.input_drvs.iter(), |out, (path, used)| {
            out.extend_from_slice(b"(\"");
            push_path(out, dir, path);
            out.extend_from_slice(b"\",");
            push_used(out, used);
            out.push(b')');
        });
    }

    /// From the comma after the input derivations to the end. With `slots`, notes where output paths belong;
    /// `masked` leaves those blank.
    pub(super) fn write_tail(
        &self,
        dir: &StoreDir,
        masked: bool,
        out: &mut Vec<u8>,
        slots: Option<&mut Vec<Slot>>,
    ) {
        out.push(b',');
        push_list(out, self.input_srcs.keys(), |out, path| {
            out.push(b'"');
            push_path(out, dir, path);
            out.push(b'"');
        });
        for text in [&self.system, &self.builder] {
            out.push(b',');
            push_string(out, text);
        }
        out.push(b',');
        push_list(out, &self.args, |out, arg| push_string(out, arg));
        out.push(b',');
        let mut found = Vec::new();
        let mut outputs = self.outputs.keys().enumerate().peekable();
        push_list(out, self.env.iter(), |out, (name, value)| {
            out.push(b'(');
            push_string(out, name);
            out.extend_from_slice(b",\"");
            // Both sequences ascend: walking along is cheaper than looking every variable up.
            while outputs.next_if(|(_, o)| o.as_slice() < name).is_some() {}
            match outputs.next_if(|(_, o)| o.as_slice() == name) {
                Some((output, _)) => {
                    found.push(Slot { at: out.len(), output });
                    if !masked {
                        push_escaped(out, value);
                    }
                }
                None => push_escaped(out, value),
            }
            out.extend_from_slice(b"\")");
        });
        out.push(b')');
        if let Some(slots) = slots {
            *slots = found;
        }
    }
}

/// Appends `<method><algo>","<hash>` of an output, without the outer quotes.
fn push_address(out: &mut Vec<u8>, output: &Output) {
    let (method, algorithm) = match output {
        Output::InputAddressed(_) | Output::Deferred => return out.extend_from_slice(b"\",\""),
        Output::Fixed { method, hash } => (method, hash.algorithm()),
        Output::Floating { method, algorithm } | Output::Impure { method, algorithm } => {
            (method, *algorithm)
        }
    };
    out.extend_from_slice(method.prefix().as_bytes());
    out.extend_from_slice(algorithm.name().as_bytes());
    out.extend_from_slice(b"\",\"");
    match output {
        Output::Fixed { hash, .. } => base16_into(hash.bytes(), out),
        Output::Impure { .. } => out.extend_from_slice(b"impure"),
        _ => {}
    }
}

/// Appends `["out"]`, or `(["out"],[("name",…)])` where outputs of outputs are used.
///
/// The chain may be as long as a program makes it, so the stack is explicit.
fn push_used(out: &mut Vec<u8>, used: &InputOutputs) {
    type Rest<'a> = Box<dyn Iterator<Item = (&'a Vec<u8>, &'a InputOutputs)> + 'a>;
    let open = |out: &mut Vec<u8>, used: &InputOutputs| -> bool {
        let nested = !used.dynamic.is_empty();
        if nested {
            out.push(b'(');
        }
        push_list(out, used.outputs.keys(), |out, name| push_string(out, name));
        if nested {
            out.extend_from_slice(b",[");
        }
        nested
    };
    let mut stack: Vec<(Rest<'_>, bool)> = Vec::new();
    if open(out, used) {
        stack.push((Box::new(used.dynamic.iter()), true));
    }
    while let Some((rest, first)) = stack.last_mut() {
        let Some((name, child)) = rest.next() else {
            stack.pop();
            out.extend_from_slice(b"])");
            if !stack.is_empty() {
                out.push(b')');
            }
            continue;
        };
        out.extend_from_slice(if std::mem::take(first) { b"(" } else { b",(" });
        push_string(out, name);
        out.push(b',');
        if open(out, child) {
            stack.push((Box::new(child.dynamic.iter()), true));
        } else {
            out.push(b')');
        }
    }
}

/// Appends the input list of a hash modulo: digests in place of derivations. `inputs` ascends and has no doubles.
pub(super) fn push_hashed_inputs(out: &mut Vec<u8>, inputs: &[HashedInput<'_>]) {
    push_list(out, inputs.chunk_by(|a, b| a.0 == b.0), |out, same| {
        out.extend_from_slice(b"(\"");
        base16_into(&same[0].0, out);
        out.extend_from_slice(b"\",");
        push_list(out, same, |out, (_, output)| push_string(out, output));
        out.push(b')');
    });
}

#[cfg(test)]
mod tests {
    use super::push_escaped;

    /// Byte by byte, as the format says.
    fn plainly(text: &[u8]) -> Vec<u8> {
        let escaped = |b: &u8| match b {
            b'"' | b'\\' => vec![b'\\', *b],
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b'\t' => b"\\t".to_vec(),
            other => vec![*other],
        };
        text.iter().flat_map(escaped).collect()
    }

    #[test]
    fn escapes_are_found_wherever_they_stand() {
        for length in 0..100 {
            for special in [b'"', b'\\', b'\n', b'\r', b'\t', 0, b'!', 0x8a, 0xa2] {
                for at in 0..length {
                    let mut text = vec![b'x'; length];
                    text[at] = special;
                    text[length - 1 - at / 2] = special;
                    let mut out = Vec::new();
                    push_escaped(&mut out, &text);
                    assert_eq!(out, plainly(&text), "{special} at {at} of {length}");
                }
            }
        }
        let texts: [Vec<u8>; 2] = [(0..=255).cycle().take(10_000).collect(), vec![b'\n'; 9_999]];
        for text in texts {
            let mut out = b"before".to_vec();
            push_escaped(&mut out, &text);
            assert_eq!(out, [b"before", &*plainly(&text)].concat());
        }
    }
}
