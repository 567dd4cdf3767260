//! When long work looks up to see whether it is to go on.
//!
//! In: steps as they are made, and whoever says whether to go on. Out: every few thousand steps the question.
//! The steps cost one subtraction each, so the innermost loops can count them. Used by parser, resolver and packer.

/// Who is asked whether to go on.
pub type KeepGoing<'k> = &'k mut dyn FnMut() -> bool;

/// Steps between two questions: each is a few dozen nanoseconds, so that this is well below a millisecond.
const EVERY: u32 = 1 << 12;

/// Counts the steps.
pub struct Looks<'k> {
    left: u32,
    keep_going: KeepGoing<'k>,
    ended: bool,
}

impl<'k> Looks<'k> {
    /// Bytes of plain text between two questions.
    pub const PIECE: usize = 1 << 18;

    /// Nothing is done yet.
    pub fn new(keep_going: KeepGoing<'k>) -> Looks<'k> {
        Looks { left: EVERY, keep_going, ended: false }
    }

    /// Counts a step, and says whether it is time to [`ask`](Looks::ask).
    #[inline]
    #[must_use]
    pub fn is_due(&mut self) -> bool {
        self.left = self.left.wrapping_sub(1);
        self.left == 0
    }

    /// Counts a step, and asks if it is time to; says whether to go on.
    #[inline]
    #[must_use]
    pub fn go_on(&mut self) -> bool {
        !self.is_due() || self.ask()
    }

    /// Asks whether to go on. Once the answer is no, it stays so.
    #[cold]
    #[inline(never)]
    pub fn ask(&mut self) -> bool {
        self.ended = self.ended || !(self.keep_going)();
        // Whoever counts on all the same is stopped by the next step.
        self.left = if self.ended { 1 } else { EVERY };
        !self.ended
    }

    /// Whether the answer was no.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }
}
