//! Joining and replacing: the parts of `concatStringsSep` and `replaceStrings` that may have to force.
//!
//! In: lists in weak head normal form, whose elements may be anything. Out: one string, built in one pass where the elements
//! are strings already, else by a task that forces and coerces them in Nix's order.
//! Not here: the search itself (`frazil_text::replace`), the rows (`strings.rs`).

use crate::args::{in_context, task};
use frazil_base::Pos;
use frazil_eval::heap::Tracer;
use frazil_eval::ops::CoerceMode;
use frazil_eval::task::line;
use frazil_eval::{Answer, Charge, Held, Next, Step, Stop, Task, TraceLine, Value, Vm};
use frazil_text::replace::{Piece, Replacer};

const ELEMENT: &str = "while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep";

/// Bytes that the replacer takes for a pattern.
const REPLACER: usize = 24;

/// How much is written between two looks at what is allowed.
const CHECK_EVERY: usize = 64 << 10;

/// The strings of a list with a separator between them.
pub(crate) fn join_now(vm: &mut Vm, separator: Value, list: Value) -> Answer {
    let elements = vm.heap.as_list(list).unwrap_or_default();
    let count = elements.len();
    let mut out: Held<u8> = Held::new();
    let mut context = 0;
    let mut watch = vm.watch();
    let Some(string) = vm.heap.as_string(&separator) else { return Ok(Value::EMPTY_STRING) };
    // What is a string already is appended as it is found; the task takes over at the first that is not.
    for (index, element) in elements.iter().enumerate() {
        let element = vm.heap.follow(*element);
        let Some(part) = vm.heap.as_string(&element) else {
            return task(JoinTask { separator, list, next: index, out, context });
        };
        if index == 0 {
            if count == 1 && string.context == 0 {
                return Ok(element);
            }
            let guess = count.saturating_mul(part.bytes.len() + string.bytes.len());
            out.reserve(vm, guess.min(1 << 16))?;
        } else {
            out.append(vm, string.bytes)?;
        }
        let added = string.bytes.len() + part.bytes.len();
        out.append(vm, part.bytes)?;
        if part.context != context {
            context = vm.contexts.union(context, part.context);
        }
        watch.work(1 + (added >> 6))?;
    }
    vm.settle(watch)?;
    finish_join(vm, separator, out, context)
}

fn finish_join(vm: &mut Vm, separator: Value, out: Held<u8>, context: u32) -> Answer {
    let own = vm.heap.as_string(&separator).map_or(0, |string| string.context);
    let context = vm.contexts.union(own, context);
    Ok(vm.long_string_from(out.into_vec(), context)?)
}

struct JoinTask {
    separator: Value,
    list: Value,
    next: usize,
    out: Held<u8>,
    context: u32,
}

impl Task for JoinTask {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        let mut answer = input;
        loop {
            let Some(element) = vm.heap.as_list(self.list).unwrap_or_default().get(self.next)
            else {
                let text = std::mem::take(&mut self.out);
                return finish_join(vm, self.separator, text, self.context).map(Next::Done);
            };
            let element = if answer.is_empty_slot() { vm.heap.follow(*element) } else { answer };
            answer = Value::EMPTY;
            if !element.is_whnf() {
                return Ok(Next::Force(element));
            }
            let Some(part) = vm.heap.as_string(&element) else {
                return Ok(crate::coerced::element(
                    element,
                    CoerceMode::INTERPOLATION,
                    ELEMENT,
                    Pos::NONE,
                ));
            };
            if self.next > 0
                && let Some(separator) = vm.heap.as_string(&self.separator)
            {
                self.out.append(vm, separator.bytes)?;
            }
            self.out.append(vm, part.bytes)?;
            self.context = vm.contexts.union(self.context, part.context);
            let added = part.bytes.len();
            vm.work(1 + (added >> 6))?;
            self.next += 1;
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.separator);
        tracer.visit(&mut self.list);
    }
}

/// `text` with patterns replaced; the lists are of one length.
pub(crate) fn replace_now(vm: &mut Vm, from: Value, to: Value, text: Value) -> Answer {
    let mut replace = ReplaceTask { from, to, text, patterns: 0, forcing: Forcing::Nothing };
    match replace.advance(vm)? {
        Next::Done(value) => Ok(value),
        _ => task(replace),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Forcing {
    Nothing,
    Pattern,
    Text,
    Replacement,
}

struct ReplaceTask {
    from: Value,
    to: Value,
    text: Value,
    /// How many patterns are known to be strings.
    patterns: usize,
    forcing: Forcing,
}

impl ReplaceTask {
    fn wrong(vm: &mut Vm, value: Value, context: &str) -> Stop {
        in_context(vm.expected("a string", value), context).into()
    }

    /// Goes on as far as possible; what must be forced comes as [`Next::Force`]. May be called again.
    fn advance(&mut self, vm: &mut Vm) -> Step {
        while let Some(pattern) = vm.heap.as_list(self.from).unwrap_or_default().get(self.patterns)
        {
            let pattern = vm.heap.follow(*pattern);
            if !pattern.is_whnf() {
                self.forcing = Forcing::Pattern;
                return Ok(Next::Force(pattern));
            }
            if !pattern.is_string() {
                let context = "while evaluating one of the strings to replace passed to builtins.replaceStrings";
                return Err(Self::wrong(vm, pattern, context));
            }
            self.patterns += 1;
        }
        self.text = vm.heap.follow(self.text);
        if !self.text.is_whnf() {
            self.forcing = Forcing::Text;
            return Ok(Next::Force(self.text));
        }
        if !self.text.is_string() {
            let context = "while evaluating the third argument passed to builtins.replaceStrings";
            return Err(Self::wrong(vm, self.text, context));
        }
        self.replace(vm)
    }

    fn replace(&mut self, vm: &mut Vm) -> Step {
        let (from, to) = (vm.heap.as_list(self.from), vm.heap.as_list(self.to));
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let Some(subject) = vm.heap.as_string(&self.text) else {
            return Ok(Next::Done(Value::EMPTY_STRING));
        };
        let mut patterns = Held::new();
        // The replacer keeps a few words for each pattern.
        let mut room = Charge::default();
        room.set(vm, from.len() * REPLACER)?;
        patterns.extend(vm, from.iter().map(|pattern| vm.heap.follow(*pattern)))?;
        let texts = patterns.iter().map(|p| vm.heap.as_string(p).map_or(&b""[..], |p| p.bytes));
        let mut out = Held::with_capacity(vm, subject.bytes.len() + 16)?;
        let mut context = subject.context;
        let mut replaced = false;
        let mut watch = vm.watch();
        let contexts = &mut vm.contexts;
        let heap = &vm.heap;
        let mut checked = 0;
        let mut longest = Ok(());
        // Stops at the first replacement that is not a string yet, or (with that value) where it must end.
        let stopped = Replacer::new(texts).run(subject.bytes, |piece| {
            match piece {
                Piece::Kept(bytes) => {
                    if let Err(error) = out.append(&watch, bytes) {
                        longest = Err(error);
                    }
                }
                Piece::Replaced(index) => {
                    replaced = true;
                    let value = heap.follow(to[index]);
                    let Some(replacement) = heap.as_string(&value) else { return Err(value) };
                    if let Err(error) = out.append(&watch, replacement.bytes) {
                        longest = Err(error);
                    }
                    context = contexts.union(context, replacement.context);
                }
                Piece::Tried(count) => longest = watch.work(count),
            }
            if out.len() > checked + CHECK_EVERY {
                if longest.is_ok() {
                    longest = watch.work((out.len() - checked) >> 6);
                }
                checked = out.len();
            }
            if longest.is_err() { Err(Value::NULL) } else { Ok(()) }
        });
        longest?;
        vm.settle(watch)?;
        match stopped {
            Ok(()) if !replaced => Ok(Next::Done(self.text)),
            Ok(()) => Ok(Next::Done(vm.long_string_from(out.into_vec(), context)?)),
            Err(value) if value.is_whnf() => {
                let context = "while evaluating one of the replacement strings passed to builtins.replaceStrings";
                Err(Self::wrong(vm, value, context))
            }
            Err(value) => {
                self.forcing = Forcing::Replacement;
                Ok(Next::Force(value))
            }
        }
    }
}

impl Task for ReplaceTask {
    fn step(&mut self, vm: &mut Vm, _: Value) -> Step {
        self.forcing = Forcing::Nothing;
        self.advance(vm)
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.from);
        tracer.visit(&mut self.to);
        tracer.visit(&mut self.text);
    }
    fn describe(&mut self, _: &mut Vm, _: usize) -> Vec<TraceLine> {
        let text = match self.forcing {
            Forcing::Nothing => return Vec::new(),
            Forcing::Pattern => {
                "while evaluating one of the strings to replace passed to builtins.replaceStrings"
            }
            Forcing::Text => {
                "while evaluating the third argument passed to builtins.replaceStrings"
            }
            Forcing::Replacement => {
                "while evaluating one of the replacement strings passed to builtins.replaceStrings"
            }
        };
        vec![line(text, Pos::NONE)]
    }
}
