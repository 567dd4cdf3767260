//! Numbers of variable length: seven bits a byte, the last byte without the top bit. Packed trees and stored code consist of them.
//!
//! In: numbers. Out: bytes, and back. Reading past the end gives zeros: what was written here never does that.

use frazil_base::Pos;

/// Stands for the step to no position: the step half the positions back, which is longer than any text.
const NO_POS: u32 = u32::MAX;

/// Bytes that grow, and the position that the next one counts from.
#[derive(Debug, Default)]
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
    /// Where the next position counts from.
    pub pos: u32,
}

impl Writer {
    /// Writes a byte.
    #[inline]
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Writes a number.
    #[inline]
    pub fn number(&mut self, number: u32) {
        self.long(u64::from(number));
    }

    /// Writes a number of up to 64 bits.
    #[inline]
    pub fn long(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Writes the step from the last position to this one.
    #[inline]
    pub fn pos(&mut self, pos: Pos) {
        if !pos.is_some() {
            return self.number(NO_POS);
        }
        let step = pos.0.wrapping_sub(self.pos) as i32;
        self.number((step << 1 ^ step >> 31) as u32);
        self.pos = pos.0;
    }

    /// Writes bytes, and how many they are before them.
    pub fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u32);
        self.bytes.extend_from_slice(text);
    }
}

/// A place in packed bytes, and the position that the next one counts from.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    pos: u32,
}

/// Where a reader is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    at: usize,
    pos: u32,
}

impl<'a> Reader<'a> {
    /// Reads from `at` on; the first position counts from `pos`.
    #[must_use]
    pub fn new(bytes: &'a [u8], at: usize, pos: Pos) -> Self {
        Reader { bytes, at, pos: pos.0 }
    }

    /// Goes on where a reader was.
    #[must_use]
    pub fn at(bytes: &'a [u8], Place { at, pos }: Place) -> Self {
        Reader { bytes, at, pos }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { at: self.at, pos: self.pos }
    }

    /// The next eight bytes, the first lowest, with zeros after the last; stays where it is.
    #[inline(always)]
    pub(crate) fn window(&self) -> u64 {
        match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(window) => u64::from_le_bytes(*window),
            None => last_window(self.bytes, self.at),
        }
    }

    /// Passes so many bytes.
    #[inline(always)]
    pub(crate) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// The next byte.
    #[inline]
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    /// The next number.
    #[inline]
    pub fn number(&mut self) -> u32 {
        let first = self.byte();
        if first < 0x80 {
            return u32::from(first);
        }
        let second = self.byte();
        if second < 0x80 {
            return u32::from(first & 0x7f) | u32::from(second) << 7;
        }
        self.at -= 1;
        self.rest(first) as u32
    }

    /// A number of things that take a byte each at least; `None` if there are not so many bytes.
    #[inline]
    pub fn count(&mut self) -> Option<usize> {
        let count = self.number();
        self.counted(count)
    }

    /// `count`, if there are so many bytes left.
    #[inline]
    pub fn counted(&self, count: u32) -> Option<usize> {
        let count = count as usize;
        (count <= self.bytes.len().saturating_sub(self.at)).then_some(count)
    }

    /// The next number, of up to 64 bits.
    pub fn long(&mut self) -> u64 {
        let first = self.byte();
        if first < 0x80 { u64::from(first) } else { self.rest(first) }
    }

    #[inline]
    fn rest(&mut self, first: u8) -> u64 {
        let (number, at) = rest(self.bytes, self.at, first);
        self.at = at;
        number
    }

    /// The next position.
    #[inline]
    pub fn pos(&mut self) -> Pos {
        let step = self.number();
        if step == NO_POS {
            return Pos::NONE;
        }
        self.pos = self.pos.wrapping_add(step >> 1 ^ (step & 1).wrapping_neg());
        Pos(self.pos)
    }

    /// The next bytes with their length before them.
    #[inline]
    pub fn text(&mut self) -> &'a [u8] {
        let length = self.number() as usize;
        self.run(length)
    }

    /// So many bytes; none if there are not so many.
    #[inline]
    pub fn run(&mut self, length: usize) -> &'a [u8] {
        let text = self.bytes.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        text
    }
}

#[cold]
#[inline(never)]
fn last_window(bytes: &[u8], start: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|at| bytes.get(start + at).copied().unwrap_or(0)))
}

/// The number that begins with `first` and goes on at `at`, and where it ends. Not a method, so that a reader can stay in registers.
#[inline(never)]
fn rest(bytes: &[u8], mut at: usize, first: u8) -> (u64, usize) {
    let mut number = u64::from(first & 0x7f);
    let mut shift = 7;
    loop {
        let byte = bytes.get(at).copied().unwrap_or(0);
        at += 1;
        number |= u64::from(byte & 0x7f).wrapping_shl(shift);
        shift += 7;
        if byte < 0x80 {
            return (number, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX / 3, u32::MAX];
        let mut writer = Writer::default();
        for number in numbers {
            writer.number(number);
            writer.long(u64::from(number) << 32 | 5);
            writer.pos(Pos(number));
            writer.text(&number.to_le_bytes());
        }
        let bytes = writer.bytes;
        let mut reader = Reader::new(&bytes, 0, Pos::NONE);
        for number in numbers {
            assert_eq!(reader.number(), number);
            assert_eq!(reader.long(), u64::from(number) << 32 | 5);
            assert_eq!(reader.pos(), Pos(number));
            assert_eq!(reader.text(), number.to_le_bytes());
        }
        assert_eq!((reader.byte(), reader.number(), reader.text()), (0, 0, &b""[..]));
    }
}
