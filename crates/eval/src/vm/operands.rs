//! Where the operands of the running code come from.
//!
//! In: the running frame's window, captures and constants. Out: the value an operand names.
//! `unsafe` here: operands were verified when the code was loaded. Not here: the loop (`run.rs`).

use crate::Value;
use frazil_bytecode::Src;

/// Where operands come from, by their two high bits: slots (two quarters), captures, constants. Looked up instead of
/// compared, because which it is cannot be foretold and a wrong guess costs more than a load. Each entry lies as far before
/// the first value as the two bits count, so that an operand is added as it is.
pub(super) struct Operands([*const Value; 4]);

/// Where the numbers of captures and constants begin.
const CAPTURES: usize = 0x8000;
const CONSTANTS: usize = 0xc000;

impl Operands {
    #[inline(always)]
    pub(super) fn new(
        base: *mut Value,
        captures: *const Value,
        constants: *const Value,
    ) -> Operands {
        Operands([base, base, captures.wrapping_sub(CAPTURES), constants.wrapping_sub(CONSTANTS)])
    }
    #[inline(always)]
    pub(super) fn captures(&self) -> *const Value {
        self.0[2].wrapping_add(CAPTURES)
    }
    #[inline(always)]
    pub(super) fn constants(&self) -> *const Value {
        self.0[3].wrapping_add(CONSTANTS)
    }
    /// # Safety
    /// The operand belongs to the running code, which was verified.
    #[inline(always)]
    pub(super) unsafe fn read(&self, src: Src) -> Value {
        // SAFETY: the verifier checked every operand against the window, the captures and the constants.
        unsafe {
            let from = *self.0.get_unchecked(usize::from(src.0 >> 14));
            *from.wrapping_add(usize::from(src.0))
        }
    }
}
