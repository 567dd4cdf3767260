//! The matcher: backtracking with an explicit stack, and with a memory when it takes long.
//!
//! In: a program, a text, a goal. Out: the captures of the match.
//! Every try of a place answers "was there any success"; a loop leaves its body only on "no", an alternation always
//! tries both sides, and the longest success (the first of equals) is kept aside. Because what follows a place does
//! not depend on the captures, an answer can be remembered: a second visit can only find the same ends again, which
//! never beats the first. Memory is switched on after a number of steps linear in the text.
//! Not here: compiling, the order of matches in a text.

use super::bracket::ByteSet;
use super::memo::{Memo, Place};
use super::program::{First, Inst, NO_COUNTER, Pc, Program};
use super::{Captures, TooComplex};
use crate::KeepGoing;

/// Steps without memory: so many, and so many for every byte of the text.
const FREE_STEPS: usize = 4_096;
const FREE_STEPS_PER_BYTE: usize = 32;

/// Steps between two questions whether to go on.
const ASK_EVERY: usize = 4_096;

/// Bytes that are looked through between two such questions.
const SCAN: usize = 1 << 18;

/// What counts as success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The whole text.
    Whole,
    /// The longest match from a place.
    Longest,
    /// The same, but not the empty one.
    LongestNotEmpty,
}

/// What is left to do when a try has ended.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Put a slot back.
    Slot { slot: u32, old: usize },
    /// Without success: leave the loop here.
    Exit { pc: Pc, position: usize },
    /// The same after putting back a counter.
    CountedExit { pc: Pc, position: usize, old: (usize, u8) },
    /// Without success: give back one byte of a run that began at `low`.
    Shorter { pc: Pc, low: usize, position: usize },
    /// Try the right side whatever the left found.
    Right { pc: Pc, position: usize },
    /// The answer of the left side.
    Join(bool),
    /// Remember the answer.
    Remember(Place),
}

/// One matching of one text.
pub(super) struct Run<'a, 'k> {
    program: &'a Program,
    text: &'a [u8],
    goal: Goal,
    start: usize,
    slots: Vec<usize>,
    /// For every counted loop where it was entered last and how often there.
    counters: Vec<(usize, u8)>,
    stack: Vec<Frame>,
    best: Vec<usize>,
    steps_left: usize,
    memo: Option<Memo>,
    /// Steps since it was asked whether to go on.
    unasked: usize,
    keep_going: KeepGoing<'k>,
}

/// Where to go on, if anywhere.
type Branch = Result<Option<(Pc, usize)>, TooComplex>;

/// How a try ended.
enum Outcome {
    /// Nothing can be better.
    Final,
    /// All is explored; whether something was found.
    Explored(bool),
    /// It takes long: start again with memory.
    TooLong,
}

/// Taking so many frames is about as much work as a step.
const FRAMES_A_STEP: usize = 16;

impl<'a, 'k> Run<'a, 'k> {
    pub(super) fn new(
        program: &'a Program,
        text: &'a [u8],
        goal: Goal,
        keep_going: KeepGoing<'k>,
    ) -> Run<'a, 'k> {
        Run {
            program,
            text,
            goal,
            start: 0,
            slots: Vec::new(),
            counters: Vec::new(),
            stack: Vec::new(),
            best: Vec::new(),
            steps_left: FREE_STEPS.saturating_add(text.len().saturating_mul(FREE_STEPS_PER_BYTE)),
            memo: None,
            unasked: 0,
            keep_going,
        }
    }

    /// The leftmost match from `start` on.
    pub(super) fn search(&mut self, start: usize) -> Result<Option<Captures>, TooComplex> {
        let mut at = start;
        while let Some(candidate) = self.candidate(at)? {
            if let Some(found) = self.at(candidate)? {
                return Ok(Some(found));
            }
            at = candidate + 1;
        }
        Ok(None)
    }

    /// The next place a match could begin.
    fn candidate(&mut self, mut at: usize) -> Result<Option<usize>, TooComplex> {
        let program = self.program;
        if program.prefix.is_empty() && (program.start.accept || program.start.at_end) {
            return Ok((at <= self.text.len()).then_some(at));
        }
        while at < self.text.len() {
            // What begins in this part may end behind it.
            let length = SCAN + program.prefix.len().saturating_sub(1);
            let part = &self.text[at..self.text.len().min(at.saturating_add(length))];
            let found = match program.prefix[..] {
                [] => part.iter().position(|b| program.start.bytes.contains(*b)),
                [byte] => memchr::memchr(byte, part),
                _ => memchr::memmem::find(part, &program.prefix),
            };
            self.count(found.unwrap_or(part.len()) >> 6)?;
            if let Some(offset) = found {
                return Ok(Some(at + offset));
            }
            at += SCAN;
        }
        Ok(None)
    }

    /// The match that begins at `start`.
    pub(super) fn at(&mut self, start: usize) -> Result<Option<Captures>, TooComplex> {
        self.start = start;
        if !self.viable(&self.program.start, start) {
            return Ok(None);
        }
        loop {
            self.count(1 + (self.program.slots + self.program.counter_scope.len()) / 16)?;
            self.reset();
            match self.explore()? {
                Outcome::TooLong => self.remember()?,
                Outcome::Explored(false) => return Ok(None),
                Outcome::Final | Outcome::Explored(true) => {
                    return Ok(Some(Captures { slots: std::mem::take(&mut self.best) }));
                }
            }
        }
    }

    /// Switches the memory on.
    pub(super) fn remember(&mut self) -> Result<(), TooComplex> {
        let has_counters = !self.program.counter_scope.is_empty();
        let (branches, length) = (self.program.branches, self.text.len());
        self.ask(Memo::first_bytes(branches, length, has_counters))?;
        self.memo = Some(Memo::new(branches, length, has_counters));
        Ok(())
    }

    fn reset(&mut self) {
        self.slots.clear();
        self.slots.resize(self.program.slots, usize::MAX);
        self.counters.clear();
        self.counters.resize(self.program.counter_scope.len(), (0, 0));
        self.stack.clear();
        self.best.clear();
    }

    /// Whether anything can come of going on with `first` here.
    fn viable(&self, first: &First, position: usize) -> bool {
        match self.text.get(position) {
            Some(byte) => first.bytes.contains(*byte) || (first.accept && self.goal != Goal::Whole),
            None => first.accept || first.at_end,
        }
    }

    fn side_viable(&self, branch: u32, side: usize, position: usize) -> bool {
        self.program
            .firsts
            .get(branch as usize)
            .is_none_or(|sides| self.viable(&sides[side], position))
    }

    /// Explores everything from the start place.
    fn explore(&mut self) -> Result<Outcome, TooComplex> {
        let mut place = Some((0, self.start));
        loop {
            self.count(1)?;
            let mut found = false;
            if let Some((pc, position)) = place {
                match self.advance(pc, position)? {
                    Outcome::Explored(answer) => found = answer,
                    other => return Ok(other),
                }
            }
            match self.unwind(found)? {
                Ok(next) => place = Some(next),
                Err(answer) => return Ok(Outcome::Explored(answer)),
            }
            if self.steps_left == 0 && self.memo.is_none() {
                return Ok(Outcome::TooLong);
            }
        }
    }

    /// Counts steps, and asks now and then whether to go on.
    fn count(&mut self, steps: usize) -> Result<(), TooComplex> {
        self.unasked += steps;
        if self.unasked < ASK_EVERY { Ok(()) } else { self.ask(0) }
    }

    /// Asks whether to go on, with so many bytes to be taken.
    fn ask(&mut self, more: usize) -> Result<(), TooComplex> {
        let steps = std::mem::take(&mut self.unasked);
        let held = self.stack.capacity() * size_of::<Frame>()
            + self.slots.capacity() * size_of::<usize>() * 2
            + self.memo.as_ref().map_or(0, Memo::bytes_held);
        if (self.keep_going)(steps, held + more) { Ok(()) } else { Err(TooComplex) }
    }

    /// Leaves a frame.
    fn push(&mut self, frame: Frame) -> Result<(), TooComplex> {
        if self.stack.len() == self.stack.capacity() && self.stack.len() >= 1 << 10 {
            // It doubles, and is there twice while it does.
            self.ask(self.stack.capacity() * 2 * size_of::<Frame>())?;
        }
        self.stack.push(frame);
        Ok(())
    }

    /// Takes frames until one has something left to try; else gives the answer of everything.
    #[allow(clippy::type_complexity)]
    fn unwind(&mut self, mut found: bool) -> Result<Result<(Pc, usize), bool>, TooComplex> {
        while let Some(frame) = self.stack.pop() {
            // A text of millions of bytes may leave as many frames that ask for nothing. To take one is little work.
            if self.stack.len().is_multiple_of(FRAMES_A_STEP) {
                self.count(1)?;
            }
            match frame {
                Frame::Slot { slot, old } => self.slots[slot as usize] = old,
                Frame::Exit { pc, position } if !found => return Ok(Ok((pc, position))),
                Frame::Exit { .. } => {}
                Frame::CountedExit { pc, position, old } => {
                    if let Inst::Loop { exit, counter, .. } = self.program.code[pc as usize] {
                        self.counters[counter as usize] = old;
                        if !found {
                            return Ok(Ok((exit, position)));
                        }
                    }
                }
                Frame::Shorter { pc, low, position } if !found => {
                    if let Some(position) = self.shorter(pc, low, position)? {
                        return Ok(Ok((pc + 1, position)));
                    }
                }
                Frame::Shorter { .. } => {}
                Frame::Right { pc, position } => {
                    self.push(Frame::Join(found))?;
                    return Ok(Ok((pc, position)));
                }
                Frame::Join(left) => found |= left,
                Frame::Remember(place) => {
                    let growth = self.memo.as_ref().map_or(0, |memo| memo.growth(place));
                    if growth > 0 {
                        self.ask(growth)?;
                    }
                    if let Some(memo) = &mut self.memo {
                        memo.set(place, found)?;
                    }
                }
            }
        }
        Ok(Err(found))
    }

    /// The next shorter run after which the rest has a chance.
    fn shorter(
        &mut self,
        pc: Pc,
        low: usize,
        mut position: usize,
    ) -> Result<Option<usize>, TooComplex> {
        let branch = self.program.branch[pc as usize];
        while position > low {
            position -= 1;
            self.steps_left = self.steps_left.saturating_sub(1);
            self.count(1)?;
            if self.side_viable(branch, 1, position) {
                if position > low {
                    self.push(Frame::Shorter { pc, low, position })?;
                }
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// Goes forward until the try ends.
    fn advance(&mut self, mut pc: Pc, mut position: usize) -> Result<Outcome, TooComplex> {
        const FAILED: Result<Outcome, TooComplex> = Ok(Outcome::Explored(false));
        let program = self.program;
        loop {
            match program.code[pc as usize] {
                Inst::Byte(byte) => {
                    if self.text.get(position) != Some(&byte) {
                        return FAILED;
                    }
                    position += 1;
                    pc += 1;
                }
                Inst::Set(set) => {
                    if !self.takes(&program.sets[set as usize], position) {
                        return FAILED;
                    }
                    position += 1;
                    pc += 1;
                }
                Inst::Save(slot) => {
                    if !self.stack.is_empty() {
                        self.push(Frame::Slot { slot, old: self.slots[slot as usize] })?;
                    }
                    self.slots[slot as usize] = position;
                    pc += 1;
                }
                Inst::Begin if position == 0 => pc += 1,
                Inst::End if position == self.text.len() => pc += 1,
                Inst::Begin | Inst::End => return FAILED,
                Inst::Jump(to) => pc = to,
                Inst::Accept => return Ok(self.accept(position)),
                Inst::Alt { .. } | Inst::Loop { .. } | Inst::SetLoop(_) => {
                    self.count(1)?;
                    self.steps_left = self.steps_left.saturating_sub(1);
                    if self.memo.is_some() {
                        if let Some(answer) = self.recall(pc, position)? {
                            return Ok(Outcome::Explored(answer));
                        }
                    } else if self.steps_left == 0 {
                        return Ok(Outcome::TooLong);
                    }
                    match self.branch(pc, position)? {
                        Some(next) => (pc, position) = next,
                        None => return FAILED,
                    }
                }
            }
        }
    }

    fn takes(&self, set: &ByteSet, position: usize) -> bool {
        self.text.get(position).is_some_and(|byte| set.contains(*byte))
    }

    /// The remembered answer, or a note to remember it.
    fn recall(&mut self, pc: Pc, position: usize) -> Result<Option<bool>, TooComplex> {
        let scope = self.program.scope[pc as usize];
        let mut values = Vec::new();
        if scope != 0 {
            self.count(self.counters.len() / 4)?;
            for (index, (entered, count)) in self.counters.iter().enumerate() {
                if *count > 0 && *entered == position && self.program.counter_scope[index] == scope
                {
                    values.push((index as u32, *count));
                }
            }
        }
        let Some(memo) = self.memo.as_mut() else { return Ok(None) };
        let branch = self.program.branch[pc as usize];
        let place = Place { branch, counters: memo.counter_id(values), position };
        let known = memo.get(place);
        if known.is_none() {
            self.push(Frame::Remember(place))?;
        }
        Ok(known)
    }

    /// Chooses the first side of a branch and leaves a frame for the other, unless one side has no chance.
    fn branch(&mut self, pc: Pc, position: usize) -> Branch {
        let rank = self.program.branch[pc as usize];
        Ok(match self.program.code[pc as usize] {
            Inst::Alt { left, right } => {
                match (self.side_viable(rank, 0, position), self.side_viable(rank, 1, position)) {
                    (true, true) => {
                        self.push(Frame::Right { pc: right, position })?;
                        Some((left, position))
                    }
                    (true, false) => Some((left, position)),
                    (false, true) => Some((right, position)),
                    (false, false) => None,
                }
            }
            Inst::SetLoop(set) => self.set_loop(pc, set, rank, position)?,
            Inst::Loop { body, exit, counter: NO_COUNTER } => {
                if !self.side_viable(rank, 0, position) {
                    return Ok(Some((exit, position)));
                }
                if self.side_viable(rank, 1, position) {
                    self.push(Frame::Exit { pc: exit, position })?;
                }
                Some((body, position))
            }
            Inst::Loop { body, exit, counter } => {
                let old = self.counters[counter as usize];
                let count = if old.1 > 0 && old.0 == position { old.1 } else { 0 };
                // One empty iteration more than needed, so that groups in it are captured.
                if count >= 2 {
                    return Ok(Some((exit, position)));
                }
                self.push(Frame::CountedExit { pc, position, old })?;
                self.counters[counter as usize] = (position, count + 1);
                Some((body, position))
            }
            _ => None,
        })
    }

    fn set_loop(&mut self, pc: Pc, set: u32, rank: u32, low: usize) -> Branch {
        let set = &self.program.sets[set as usize];
        if self.memo.is_some() {
            // Byte by byte, so that every place is remembered.
            if !self.takes(set, low) {
                return Ok(Some((pc + 1, low)));
            }
            self.push(Frame::Exit { pc: pc + 1, position: low })?;
            return Ok(Some((pc, low + 1)));
        }
        let mut high = low;
        if *set == ByteSet::full() {
            high = self.text.len();
        } else {
            while high < self.text.len() {
                let part = &self.text[high..self.text.len().min(high.saturating_add(SCAN))];
                let run = part.iter().position(|b| !set.contains(*b));
                self.count(run.unwrap_or(part.len()) / 16)?;
                high += run.unwrap_or(part.len());
                if run.is_some() {
                    break;
                }
            }
        }
        self.steps_left = self.steps_left.saturating_sub((high - low) / 16);
        if self.side_viable(rank, 1, high) {
            if high > low {
                self.push(Frame::Shorter { pc, low, position: high })?;
            }
            return Ok(Some((pc + 1, high)));
        }
        Ok(self.shorter(pc, low, high)?.map(|position| (pc + 1, position)))
    }

    /// A success, if the goal says so.
    fn accept(&mut self, position: usize) -> Outcome {
        let fits = match self.goal {
            Goal::Whole => position == self.text.len(),
            Goal::Longest => true,
            Goal::LongestNotEmpty => position > self.start,
        };
        if !fits {
            return Outcome::Explored(false);
        }
        // Slot 1 is the end of the whole match.
        if self.best.get(1).is_none_or(|end| position > *end) {
            self.best.clear();
            self.best.extend_from_slice(&self.slots);
        }
        if position == self.text.len() { Outcome::Final } else { Outcome::Explored(true) }
    }
}
