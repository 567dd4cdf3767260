//! Objects that take long to fill: texts and lists that are copied piece by piece, with a look at whether to go on in between.
//!
//! In: what is to be copied, and the look. Out: the value, or the look's error; then an object is left behind that nothing refers
//! to. No collection happens while one is filled, and its header tells its size from the start, so nobody meets half a one.
//!
//! Not here: how objects are laid out (`object.rs`).

use super::Heap;
use super::object::{FRONT, Kind};
use crate::Value;
use crate::value::tag;

/// How many bytes are copied between two looks: to touch so much fresh memory takes less than a millisecond.
pub(crate) const PIECE: usize = 1 << 20;

/// Copies parts one after the other to `to`, with a look after each piece.
///
/// # Safety
/// There is room for all parts at `to`, which is in none of them.
unsafe fn copy_pieces<T: Copy, E>(
    parts: &[&[T]],
    mut to: *mut T,
    look: &mut impl FnMut() -> Result<(), E>,
) -> Result<(), E> {
    for piece in parts.iter().flat_map(|part| part.chunks(PIECE / size_of::<T>())) {
        // SAFETY: as the caller says.
        unsafe {
            std::ptr::copy_nonoverlapping(piece.as_ptr(), to, piece.len());
            to = to.add(piece.len());
        }
        look()?;
    }
    Ok(())
}

/// Moves all bytes up by so many places, from the end, with a look after each piece.
fn move_up<E>(
    bytes: &mut Vec<u8>,
    by: usize,
    look: &mut impl FnMut() -> Result<(), E>,
) -> Result<(), E> {
    let mut end = bytes.len();
    bytes.reserve_exact(by + 8);
    bytes.resize(end + by, 0);
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        bytes.copy_within(start..end, start + by);
        end = start;
        look()?;
    }
    Ok(())
}

impl Heap {
    /// A string made of parts that has more than seven bytes.
    pub(crate) fn long_string_of<E>(
        &mut self,
        parts: &[&[u8]],
        context: u32,
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<Value, E> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut ended = Ok(());
        let value = self.text_with(Kind::String, tag::STRING, length, context, |to| {
            // SAFETY: there is room for `length` bytes, which all parts together have.
            ended = unsafe { copy_pieces(parts, to, &mut look) };
        });
        ended.map(|()| value)
    }

    /// A string from bytes that are given up: long ones become the object, so that they are not held twice.
    pub(crate) fn long_string_from<E>(
        &mut self,
        mut bytes: Vec<u8>,
        context: u32,
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<Value, E> {
        if bytes.len() <= 2 * PIECE {
            return Ok(self.string(&bytes, context));
        }
        let length = bytes.len();
        move_up(&mut bytes, FRONT, &mut look)?;
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.shrink_to_fit();
        match self.space.adopt(bytes) {
            Ok(address) => Ok(self.adopted_text(address, length, context)),
            Err(bytes) => self.long_string_of(&[&bytes[FRONT..FRONT + length]], context, look),
        }
    }

    /// A list made of the elements of parts.
    pub(crate) fn long_list_of<E>(
        &mut self,
        parts: &[&[Value]],
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<Value, E> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut ended = Ok(());
        let value = self.raw_list(length, |to| {
            // SAFETY: there is room for `length` elements, which all parts together have.
            ended = unsafe { copy_pieces(parts, to, &mut look) };
        });
        ended.map(|()| value)
    }
}
