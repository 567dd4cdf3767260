//! `sort`: a stable sort that uses the order it finds, as a task that calls the comparison: short lists by insertion, others by merging.
//!
//! In: a comparison and a list. Out: the sorted list. A comparison that contradicts itself gives some permutation.
//! Lists of integers or of strings under `builtins.lessThan` are sorted natively.

use crate::args::{FromArgument, Function, Later, List, in_context, start, take};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::LessTask;
use frazil_eval::{Answer, Arguments, Builtin, Charge, Error, Held, Next, Step, Task, Value, Vm};
use frazil_macros::builtin;

/// Elements sorted natively without a look at limits.
const PIECE: usize = 1 << 14;

pub(crate) const ROWS: &[Builtin] = &[SORT];

/// A list in ascending order: `less a b` says whether `a` comes before `b`. Equal elements keep their order.
///
/// ```nix
/// builtins.sort builtins.lessThan [ 3 1 2 ]
/// ```
#[builtin(name = "sort", order = [1, 0])]
fn sort(vm: &mut Vm, less: Later<Function>, list: List) -> Answer {
    let count = list.len(vm);
    if count == 0 {
        // The function of an empty list is not looked at.
        return Ok(list.0);
    }
    let context = "while evaluating the first argument passed to builtins.sort";
    let less = take::<Function>(vm, less.0, context)?.0;
    let direct = less.as_builtin().is_some_and(|id| vm.builtin(id).name == "lessThan");
    start(
        vm,
        Sort {
            less,
            direct,
            list: list.0,
            forced: 0,
            elements: Held::new(),
            merged: Vec::new(),
            runs: Vec::new(),
            room: Charge::default(),
            at: 0,
            phase: Phase::Force,
            asking: false,
            paused: false,
        },
    )
}

/// Elements that are put into place one after another, as in Nix; of more, runs are merged.
const SHORT: usize = 16;

/// What is being done.
#[derive(Clone, Copy)]
enum Phase {
    /// Elements are forced one after another.
    Force,
    /// A short list: its element `at` goes down past those that are greater, and is at `to` now.
    Insert { at: usize, to: usize },
    /// The run that starts here is being found; its direction is known from its second element on.
    Scan { start: usize, falling: Option<bool> },
    /// Two neighbouring runs are being merged: the next of the left and of the right.
    Merge { run: usize, left: usize, right: usize },
}

struct Sort {
    less: Value,
    /// The comparison is `builtins.lessThan`.
    direct: bool,
    list: Value,
    forced: usize,
    elements: Held<Value>,
    /// The elements of the round in progress.
    merged: Vec<Value>,
    /// Where each ascending run ends.
    runs: Vec<usize>,
    /// For `merged` and `runs`.
    room: Charge,
    /// While scanning: the element compared with the one before it. While merging: unused.
    at: usize,
    phase: Phase,
    /// Whether the next answer is the comparison's.
    asking: bool,
    /// There was no pair because much was taken over at once: it is to be looked whether to go on.
    paused: bool,
}

impl Sort {
    /// Takes in an answer of the comparison.
    fn answer(&mut self, less: bool) {
        match &mut self.phase {
            Phase::Force => {}
            Phase::Insert { at, to } => {
                if less {
                    self.elements.swap(*to, *to - 1);
                    *to -= 1;
                }
                if !less || *to == 0 {
                    *at += 1;
                    *to = *at;
                }
            }
            Phase::Scan { start, falling } => {
                if *falling.get_or_insert(less) == less {
                    self.at += 1;
                } else {
                    let start = *start;
                    self.end_run(start);
                }
            }
            Phase::Merge { left, right, .. } => {
                let next = if less { &mut *right } else { &mut *left };
                self.merged.push(self.elements[*next]);
                *next += 1;
            }
        }
    }

    /// The run from `start` ends before `at`; a falling one is turned round.
    fn end_run(&mut self, start: usize) {
        if let Phase::Scan { falling: Some(true), .. } = self.phase {
            self.elements[start..self.at].reverse();
        }
        self.runs.push(self.at);
        self.phase = Phase::Scan { start: self.at, falling: None };
        self.at += 1;
    }

    /// The next two elements to compare (the first is asked whether it is less), or nothing if all are in order or it is
    /// `paused`.
    fn next_pair(&mut self) -> Option<(Value, Value)> {
        loop {
            match self.phase {
                Phase::Force if self.elements.len() <= SHORT => {
                    self.phase = Phase::Insert { at: 1, to: 1 };
                }
                Phase::Insert { to, .. } => {
                    let element = self.elements.get(to)?;
                    return Some((*element, self.elements[to - 1]));
                }
                Phase::Force => {
                    self.at = 1;
                    self.phase = Phase::Scan { start: 0, falling: None };
                }
                Phase::Scan { start, .. } => {
                    if self.at < self.elements.len() {
                        return Some((self.elements[self.at], self.elements[self.at - 1]));
                    }
                    if start < self.elements.len() {
                        self.at = self.elements.len();
                        self.end_run(start);
                    }
                    self.start_round();
                }
                Phase::Merge { run, mut left, mut right } => {
                    if self.runs.len() < 2 {
                        return None;
                    }
                    let middle = self.runs[run];
                    // A last run without a neighbour is taken over as it is.
                    let end = self.runs.get(run + 1).copied().unwrap_or(middle);
                    if left < middle && right < end {
                        return Some((self.elements[right], self.elements[left]));
                    }
                    let (next, end_of_it) =
                        if left < middle { (&mut left, middle) } else { (&mut right, end) };
                    let to = end_of_it.min(*next + PIECE);
                    self.merged.extend_from_slice(&self.elements[*next..to]);
                    *next = to;
                    if to < end_of_it {
                        self.phase = Phase::Merge { run, left, right };
                        self.paused = true;
                        return None;
                    }
                    self.next_merge(run + 2, end);
                }
            }
        }
    }

    fn start_round(&mut self) {
        self.merged.clear();
        if self.runs.len() >= 2 {
            self.phase = Phase::Merge { run: 0, left: 0, right: self.runs[0] };
        } else {
            self.phase = Phase::Merge { run: 0, left: 0, right: 0 };
        }
    }

    /// Goes to the pair of runs from `run`, which starts at `start`, or ends the round.
    fn next_merge(&mut self, run: usize, start: usize) {
        if run < self.runs.len() {
            self.phase = Phase::Merge { run, left: start, right: self.runs[run] };
            return;
        }
        std::mem::swap(self.elements.as_vec(), &mut self.merged);
        // Of each two runs the second's end remains; a single last one stays.
        let count = self.runs.len();
        let mut index = 0;
        self.runs.retain(|_| {
            index += 1;
            index % 2 == 0 || index == count
        });
        self.start_round();
    }

    /// Sorts integers or strings without the machine, in pieces: each becomes a run. Says whether they are of these types.
    fn sort_natively(&mut self, vm: &mut Vm) -> Result<bool, Error> {
        let all = |vm: &Vm, is: &dyn Fn(&Value) -> bool| -> Result<bool, Error> {
            for piece in self.elements.chunks(PIECE) {
                if !piece.iter().all(is) {
                    return Ok(false);
                }
                vm.look()?;
            }
            Ok(true)
        };
        let ints = all(vm, &|value| vm.heap.as_int(*value).is_some())?;
        if !ints && !all(vm, &|value| value.is_string())? {
            return Ok(false);
        }
        for piece in self.elements.as_vec().chunks_mut(PIECE) {
            if ints {
                piece.sort_by_key(|value| vm.heap.as_int(*value));
            } else {
                piece.sort_by(|a, b| {
                    let bytes = |value| vm.heap.as_string(value).map(|string| string.bytes);
                    bytes(a).cmp(&bytes(b))
                });
            }
            vm.work(piece.len() * 2)?;
        }
        let count = self.elements.len();
        self.runs = (1..=count.div_ceil(PIECE)).map(|piece| count.min(piece * PIECE)).collect();
        self.start_round();
        Ok(true)
    }

    /// Forces the elements one after another, and takes them in when all are there.
    fn force_elements(&mut self, vm: &mut Vm) -> Result<Option<Value>, Error> {
        let elements = List(self.list).elements(vm);
        while let Some(element) = elements.get(self.forced) {
            let element = vm.heap.follow(*element);
            if !element.is_whnf() {
                return Ok(Some(element));
            }
            self.forced += 1;
            if self.forced.is_multiple_of(PIECE) {
                vm.look()?;
            }
        }
        self.elements.extend(vm, elements.iter().map(|element| vm.heap.follow(*element)))?;
        // As many elements once more while they are merged, half as many places where runs end at first.
        self.room.set(vm, self.elements.len() * (size_of::<Value>() + size_of::<usize>() / 2))?;
        vm.work(self.elements.len() >> 4)?;
        Ok(None)
    }
}

impl Task for Sort {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if std::mem::take(&mut self.asking) && !input.is_empty_slot() {
            let Some(less) = input.as_bool() else {
                let context = "while evaluating the return value of the sorting function passed to builtins.sort";
                return Err(in_context(bool::refuse(vm, input), context).into());
            };
            self.answer(less);
        } else if let Phase::Force = self.phase {
            if let Some(thunk) = self.force_elements(vm)? {
                return Ok(Next::Force(thunk));
            }
            if self.direct {
                self.sort_natively(vm)?;
            }
        }
        loop {
            let Some((a, b)) = self.next_pair() else {
                if std::mem::take(&mut self.paused) {
                    vm.look()?;
                    continue;
                }
                break;
            };
            vm.work(1)?;
            if !self.direct {
                self.asking = true;
                return Ok(Next::Call(self.less, Arguments::two(a, b)));
            }
            if a.is_list() && b.is_list() {
                self.asking = true;
                return Ok(Next::Task(Box::new(LessTask::new(a, b, false))));
            }
            let context = "while evaluating the ordering function passed to builtins.sort";
            let less = vm.less_now(a, b).map_err(|error| in_context(error, context))?;
            self.answer(less);
        }
        Ok(Next::Done(vm.long_list(&self.elements)?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.less);
        tracer.visit(&mut self.list);
        tracer.visit_all(&mut self.elements);
        tracer.visit_all(&mut self.merged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts numbers by `less` without a machine.
    fn sorted(numbers: &[i64], less: impl Fn(i64, i64) -> bool) -> Vec<i64> {
        let value = |number: &i64| Value::small_int(*number).unwrap_or(Value::NULL);
        let number = |value: Value| value.as_small_int().unwrap_or_default();
        let mut sort = Sort {
            less: Value::NULL,
            direct: false,
            list: Value::NULL,
            forced: 0,
            elements: numbers.iter().map(value).collect::<Vec<_>>().into(),
            merged: Vec::new(),
            runs: Vec::new(),
            room: Charge::default(),
            at: 0,
            phase: Phase::Force,
            asking: false,
            paused: false,
        };
        while let Some((a, b)) = sort.next_pair() {
            sort.answer(less(number(a), number(b)));
        }
        sort.elements.iter().map(|value| number(*value)).collect()
    }

    #[test]
    fn sorts_and_is_stable() {
        for length in 0..70usize {
            let numbers: Vec<i64> =
                (0..length).map(|i| (i * 7919 % 31) as i64 * 100 + i as i64).collect();
            let mut expected = numbers.clone();
            expected.sort_by_key(|number| number / 100);
            assert_eq!(sorted(&numbers, |a, b| a / 100 < b / 100), expected);
        }
    }

    #[test]
    fn inconsistent_comparisons_give_permutations() {
        assert_eq!(sorted(&[1, 2, 3, 4, 5], |_, _| true), [5, 4, 3, 2, 1]);
        assert_eq!(sorted(&[3, 1, 2], |_, _| false), [3, 1, 2]);
        let mut odd = sorted(&[5, 3, 9, 1, 1, 7], |a, b| (a + b) % 3 == 0);
        odd.sort_unstable();
        assert_eq!(odd, [1, 1, 3, 5, 7, 9]);
    }
}
