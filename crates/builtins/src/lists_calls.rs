//! Lists walked with a function: folds, tests, filters and groups. Each is a task that calls once per element.
//!
//! In: a function and a list in weak head normal form. Out: values; Nix's errors for what the function gives.
//! Not here: sorting (`sort.rs`), `map` and `genList`, which call nothing (`lists.rs`).

use crate::args::{FromArgument, Function, Later, List, PlainStr, in_context, take, task};
use frazil_base::{Symbol, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::sort_long;
use frazil_eval::task::line;
use frazil_eval::{Answer, Arguments, Builtin, Error, Held, Next, Step, Task, Value, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[FOLDL_STRICT, ANY, ALL, FILTER, PARTITION, CONCAT_MAP, GROUP_BY];

/// Folds a list from the left, computing each intermediate value: `function (function (function nul a) b) c`.
///
/// ```nix
/// builtins.foldl' (sum: x: sum + x) 0 [ 1 2 3 ]
/// ```
#[builtin(
    name = "foldl'",
    contexts = [
        "while evaluating the first argument passed to builtins.foldlStrict",
        "",
        "while evaluating the third argument passed to builtins.foldlStrict",
    ],
)]
fn foldl_strict(vm: &mut Vm, function: Function, nul: Value, list: List) -> Answer {
    if list.len(vm) == 0 {
        return Ok(nul);
    }
    task(Fold { function: function.0, accumulator: nul, list: list.0, index: 0 })
}

struct Fold {
    function: Value,
    accumulator: Value,
    list: Value,
    /// The next element.
    index: usize,
}

impl Task for Fold {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if !input.is_empty_slot() {
            self.accumulator = input;
        }
        match List(self.list).elements(vm).get(self.index) {
            Some(element) => {
                self.index += 1;
                Ok(Next::Call(self.function, Arguments::two(self.accumulator, *element)))
            }
            None => Ok(Next::Done(self.accumulator)),
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.accumulator);
        tracer.visit(&mut self.list);
    }
}

/// What is made of the answers of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Any,
    All,
    Filter,
    Partition,
}

impl Purpose {
    fn context(self) -> &'static str {
        match self {
            Purpose::Any => {
                "while evaluating the return value of the function passed to builtins.any"
            }
            Purpose::All => {
                "while evaluating the return value of the function passed to builtins.all"
            }
            Purpose::Filter => {
                "while evaluating the return value of the filtering function passed to builtins.filter"
            }
            Purpose::Partition => {
                "while evaluating the return value of the partition function passed to builtins.partition"
            }
        }
    }
}

struct Test {
    purpose: Purpose,
    function: Value,
    list: Value,
    /// The element being tested.
    index: u32,
    /// Elements that passed.
    passed: Held<u32>,
    /// Whether the next answer is the function's.
    calling: bool,
}

impl Test {
    fn run(purpose: Purpose, function: Value, list: Value) -> Answer {
        task(Test { purpose, function, list, index: 0, passed: Held::new(), calling: false })
    }

    fn select(&self, vm: &mut Vm, indices: &[u32]) -> Result<Value, Error> {
        let elements = List(self.list).elements(vm);
        let mut selected = Held::new();
        selected.extend(vm, indices.iter().map(|index| elements[*index as usize]))?;
        vm.long_list(&selected)
    }

    fn finish(&self, vm: &mut Vm) -> Result<Value, Error> {
        let count = List(self.list).len(vm);
        vm.work(count >> 4)?;
        Ok(match self.purpose {
            Purpose::Any => Value::FALSE,
            Purpose::All => Value::TRUE,
            Purpose::Filter if self.passed.len() == count => self.list,
            Purpose::Filter => self.select(vm, &self.passed)?,
            Purpose::Partition => {
                let mut passed = self.passed.iter().copied().peekable();
                let mut failed = Held::with_capacity(vm, count - self.passed.len())?;
                let others = (0..count as u32).filter(|index| passed.next_if_eq(index).is_none());
                failed.as_vec().extend(others);
                let right = self.select(vm, &self.passed)?;
                let wrong = self.select(vm, &failed)?;
                vm.make_attrs(vec![(sym::RIGHT, right), (sym::WRONG, wrong)])
            }
        })
    }
}

impl Task for Test {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if std::mem::take(&mut self.calling) {
            let Some(passed) = input.as_bool() else {
                return Err(in_context(bool::refuse(vm, input), self.purpose.context()).into());
            };
            match self.purpose {
                Purpose::Any if passed => return Ok(Next::Done(Value::TRUE)),
                Purpose::All if !passed => return Ok(Next::Done(Value::FALSE)),
                Purpose::Filter | Purpose::Partition if passed => {
                    self.passed.push(vm, self.index)?;
                }
                _ => {}
            }
            self.index += 1;
        }
        let Some(element) = List(self.list).elements(vm).get(self.index as usize).copied() else {
            return Ok(Next::Done(self.finish(vm)?));
        };
        if self.purpose == Purpose::Partition {
            let element = vm.heap.follow(element);
            if !element.is_whnf() {
                return Ok(Next::Force(element));
            }
        }
        self.calling = true;
        Ok(Next::Call(self.function, Arguments::one(element)))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.list);
    }
}

/// Whether `test` is true of some element; later elements are not looked at.
///
/// ```nix
/// builtins.any (x: x > 2) [ 1 2 3 ]
/// ```
#[builtin(name = "any")]
fn any(vm: &mut Vm, test: Function, list: List) -> Answer {
    if list.len(vm) == 0 {
        return Ok(Value::FALSE);
    }
    Test::run(Purpose::Any, test.0, list.0)
}

/// Whether `test` is true of all elements; those after the first for which it is not are not looked at.
///
/// ```nix
/// builtins.all (x: x > 0) [ 1 2 3 ]
/// ```
#[builtin(name = "all")]
fn all(vm: &mut Vm, test: Function, list: List) -> Answer {
    if list.len(vm) == 0 {
        return Ok(Value::TRUE);
    }
    Test::run(Purpose::All, test.0, list.0)
}

/// The elements of which `test` is true.
///
/// ```nix
/// builtins.filter (x: x > 1) [ 1 2 3 ]
/// ```
#[builtin(name = "filter", order = [1, 0])]
fn filter(vm: &mut Vm, test: Later<Function>, list: List) -> Answer {
    if list.len(vm) == 0 {
        // The function of an empty list is not looked at.
        return Ok(list.0);
    }
    let context = "while evaluating the first argument passed to builtins.filter";
    let test = take::<Function>(vm, test.0, context)?;
    Test::run(Purpose::Filter, test.0, list.0)
}

/// The elements of which `test` is true as `right`, the others as `wrong`.
///
/// ```nix
/// builtins.partition (x: x > 1) [ 1 2 3 ]
/// ```
#[builtin(name = "partition")]
fn partition(_vm: &mut Vm, test: Function, list: List) -> Answer {
    Test::run(Purpose::Partition, test.0, list.0)
}

/// The concatenation of the lists that `function` gives for each element.
///
/// ```nix
/// builtins.concatMap (x: [ x (x * 10) ]) [ 1 2 ]
/// ```
#[builtin(name = "concatMap")]
fn concat_map(_vm: &mut Vm, function: Function, list: List) -> Answer {
    task(ConcatMap { function: function.0, list: list.0, results: Held::new(), total: 0 })
}

struct ConcatMap {
    function: Value,
    list: Value,
    results: Held<Value>,
    total: usize,
}

impl Task for ConcatMap {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if !input.is_empty_slot() {
            let Some(elements) = vm.heap.as_list(input) else {
                let context = "while evaluating the return value of the function passed to builtins.concatMap";
                let mut error = List::refuse(vm, input);
                error.push(line(context, vm.function_pos(self.function)));
                return Err(error.into());
            };
            self.total = self.total.saturating_add(elements.len());
            self.results.push(vm, input)?;
        }
        match List(self.list).elements(vm).get(self.results.len()) {
            Some(element) => Ok(Next::Call(self.function, Arguments::one(*element))),
            None => {
                vm.check_list_length(self.total)?;
                Ok(Next::Done(vm.concat_lists(&self.results)?))
            }
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.list);
        tracer.visit_all(&mut self.results);
    }
}

/// The elements of a list in a set of lists, under the names that `function` gives for them.
///
/// ```nix
/// builtins.groupBy (builtins.substring 0 1) [ "foo" "bar" "baz" ]
/// ```
#[builtin(name = "groupBy")]
fn group_by(vm: &mut Vm, function: Function, list: List) -> Answer {
    if list.len(vm) == 0 {
        return Ok(vm.make_attrs(Vec::new()));
    }
    task(GroupBy { function: function.0, list: list.0, names: Held::new() })
}

struct GroupBy {
    function: Value,
    list: Value,
    /// The name of each element so far, with the element's number.
    names: Held<(Symbol, u32)>,
}

impl Task for GroupBy {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        if !input.is_empty_slot() {
            let Ok(name) = vm.name_symbol(input) else {
                let context = "while evaluating the return value of the grouping function passed to builtins.groupBy";
                return Err(in_context(PlainStr::refuse(vm, input), context).into());
            };
            let number = self.names.len() as u32;
            self.names.push(vm, (name, number))?;
        }
        if let Some(element) = List(self.list).elements(vm).get(self.names.len()) {
            return Ok(Next::Call(self.function, Arguments::one(*element)));
        }
        sort_long(self.names.as_vec(), Ord::cmp, || vm.look())?;
        let mut attrs = Held::new();
        let mut members = Held::new();
        for group in self.names.chunk_by(|a, b| a.0 == b.0) {
            vm.work(1 + (group.len() >> 4))?;
            let elements = List(self.list).elements(vm);
            members.clear();
            members.extend(vm, group.iter().map(|at| elements[at.1 as usize]))?;
            let members = vm.long_list(&members)?;
            attrs.push(vm, (group[0].0, members))?;
        }
        Ok(Next::Done(vm.make_many_attrs(attrs.into_vec())?))
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        tracer.visit(&mut self.function);
        tracer.visit(&mut self.list);
    }
}
