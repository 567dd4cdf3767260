//! The three text encodings of a digest: base16, nix32 and base64.
//!
//! In: bytes, or text of any length. Out: text, or bytes; `None` where a character is not of the alphabet.
//!
//! Invariant: decoders accept what Nix's accept, which is more than the encoders write (base64 may stop early, and
//! contain newlines); whether the decoded length fits an algorithm is `parse`'s business.

const BASE16: &[u8; 16] = b"0123456789abcdef";
/// No `e`, `o`, `u` and `t`, so that store paths spell nothing.
const NIX32: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A decoding table: 255 marks bytes outside the alphabet.
const fn reverse<const N: usize>(alphabet: &[u8; N]) -> [u8; 256] {
    let mut table = [255; 256];
    let mut i = 0;
    while i < N {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table
}

const NIX32_REVERSE: [u8; 256] = reverse(NIX32);
const BASE64_REVERSE: [u8; 256] = reverse(BASE64);

/// Every character is ASCII, so this never replaces anything.
fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends lower-case hexadecimal.
pub fn base16_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len() * 2, 0);
    let (pairs, _) = out[start..].as_chunks_mut::<2>();
    for (pair, b) in pairs.iter_mut().zip(bytes) {
        *pair = [BASE16[usize::from(b >> 4)], BASE16[usize::from(b & 15)]];
    }
}

/// Lower-case hexadecimal.
pub fn base16_encode(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    base16_into(bytes, &mut out);
    ascii(out)
}

/// Hexadecimal of either case, two digits a byte.
pub(super) fn base16_decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|p| Some(digit(p[0])? << 4 | digit(p[1])?)).collect()
}

/// Characters that `bytes` bytes need in nix32.
pub const fn nix32_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Appends nix32: digits of five bits, counted from the end of the bytes.
pub fn nix32_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + nix32_len(bytes.len()), 0);
    // Eight digits are five bytes; store paths (20 bytes) are made of such groups only.
    let (groups, rest) = bytes.as_chunks::<5>();
    let mut end = out.len();
    for group in groups {
        let [a, b, c, d, e] = *group;
        let mut bits = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
        for digit in out[end - 8..end].iter_mut().rev() {
            *digit = NIX32[(bits & 31) as usize];
            bits >>= 5;
        }
        end -= 8;
    }
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    let mut bits = u64::from_le_bytes(word);
    for digit in out[start..end].iter_mut().rev() {
        *digit = NIX32[(bits & 31) as usize];
        bits >>= 5;
    }
}

/// The nix32 digits of a store path's hash.
pub(crate) fn nix32_of_path(hash: &[u8; 20]) -> [u8; 32] {
    let mut out = [0; 32];
    let digits = out.as_chunks_mut::<8>().0.iter_mut().rev();
    for (digits, group) in digits.zip(hash.as_chunks::<5>().0) {
        let [a, b, c, d, e] = *group;
        let mut bits = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
        for digit in digits.iter_mut().rev() {
            *digit = NIX32[(bits & 31) as usize];
            bits >>= 5;
        }
    }
    out
}

/// Nix's base-32.
pub fn nix32_encode(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    nix32_into(bytes, &mut out);
    ascii(out)
}

/// Whether a byte is a nix32 digit.
pub(crate) fn is_nix32_digit(byte: u8) -> bool {
    NIX32_REVERSE[usize::from(byte)] != 255
}

/// Decodes nix32. Bits past the last whole byte make one more byte when they are not zero.
pub fn nix32_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8 + 1);
    for (n, byte) in text.iter().rev().enumerate() {
        let digit = u16::from(NIX32_REVERSE[usize::from(*byte)]);
        if digit == 255 {
            return None;
        }
        let (i, j) = (n * 5 / 8, n * 5 % 8);
        let [low, high] = (digit << j).to_le_bytes();
        if i == out.len() {
            out.push(0);
        }
        out[i] |= low;
        if high != 0 {
            out.push(high);
        }
    }
    Some(out)
}

/// Standard base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            out.push(match i <= chunk.len() {
                true => BASE64[(bits >> (18 - 6 * i) & 63) as usize],
                false => b'=',
            });
        }
    }
    ascii(out)
}

/// Decodes base64 up to the first `=`, ignoring newlines and bits past the last whole byte.
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in text.iter().take_while(|b| **b != b'=').filter(|b| **b != b'\n') {
        let digit = BASE64_REVERSE[usize::from(byte)];
        if digit == 255 {
            return None;
        }
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}
