//! Objects that take long to fill: texts and lists that are copied piece by piece, with a look at whether to go on in between.
//!
//! In: what is to be copied, and the look. Out: the value, or the look's error; then an object is left behind that nothing refers
//! to. No collection happens while one is filled, and its header tells its size from the start, so nobody meets half a one.
//!
//! Not here: how objects are laid out (`object.rs`).

use super::Heap;
use super::object::Kind;
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

    /// A string from bytes that are given up. They are let go of while they are copied, so that they are not held twice.
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
        let mut ended = Ok(());
        let value = self.text_with(Kind::String, tag::STRING, length, context, |to| {
            while !bytes.is_empty() && ended.is_ok() {
                let start = bytes.len().saturating_sub(PIECE);
                let part = &bytes[start..];
                // SAFETY: there is room for all bytes at `to`; the part goes where it was.
                unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), to.add(start), part.len()) };
                bytes.truncate(start);
                bytes.shrink_to_fit();
                ended = look();
            }
        });
        ended.map(|()| value)
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
