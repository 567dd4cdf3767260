//! `genericClosure`: everything that can be reached from a start, each key once, breadth first.
//!
//! In: a set with `startSet` and `operator`. Out: the list of elements in the order they were found.
//! Keys are told apart by `<`, as Nix does: keys that cannot be compared are an error as soon as there are two.
//! Integers, strings and paths are looked up by hash as long as all keys are of one of these types.

use crate::args::{Attrs, FromArgument, Function, List, in_context, is_functor};
use crate::attrs::missing;
use frazil_base::{Pos, sym};
use frazil_eval::heap::Tracer;
use frazil_eval::ops::LessTask;
use frazil_eval::task::line;
use frazil_eval::{
    Answer, Arguments, Builtin, Charge, Held, Next, Step, Stop, Task, TraceLine, Value, Vm,
};
use frazil_macros::builtin;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

pub(crate) const ROWS: &[Builtin] = &[GENERIC_CLOSURE];

/// The elements of `startSet`, and whatever `operator` gives for each of them and for what it gave, each `key` once.
///
/// ```nix
/// builtins.genericClosure {
///   startSet = [ { key = 1; } ];
///   operator = { key }: if key < 20 then [ { key = key * 2; } ] else [ ];
/// }
/// ```
#[builtin(name = "genericClosure")]
fn generic_closure(vm: &mut Vm, arguments: Attrs) -> Answer {
    let arguments = arguments.0;
    let Some(start) = vm.attr(arguments, sym::START_SET) else {
        let context = "in the attrset passed as argument to builtins.genericClosure";
        return Err(missing(vm, sym::START_SET, context).into());
    };
    let start = vm.heap.follow(start);
    if !start.is_whnf() {
        return Err(Stop::Force(start));
    }
    let Some(elements) = vm.heap.as_list(start) else {
        let context = "while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure";
        return Err(in_context(List::refuse(vm, start), context).into());
    };
    if elements.is_empty() {
        return Ok(start);
    }
    let work = Held::copy_of(vm, elements)?;
    let Some(operator) = vm.attr(arguments, sym::OPERATOR) else {
        let context = "in the attrset passed as argument to builtins.genericClosure";
        return Err(missing(vm, sym::OPERATOR, context).into());
    };
    crate::args::task(Closure {
        operator,
        work,
        taken: 0,
        found: Held::new(),
        keys: Held::new(),
        hashed: HashTable::new(),
        hashed_room: Charge::default(),
        hasher: DefaultHashBuilder::default(),
        hashed_class: None,
        ordered: None,
        element: Value::EMPTY,
        key: Value::EMPTY,
        forced: 0,
        results: Value::EMPTY,
        phase: Phase::Operator,
    })
}

/// Types of keys that are looked up by hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Int,
    String,
    Path,
}

/// What the task waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The operator, forced at the start.
    Operator,
    /// The next element, as a set.
    Element,
    /// Its key.
    Key,
    /// Whether the key is less than that of element number `middle` of the ordered ones; then, whether that is less.
    Less {
        low: usize,
        high: usize,
    },
    Greater {
        low: usize,
        high: usize,
    },
    /// What the operator gives for the element.
    Call,
    /// The elements of that, forced one by one.
    Results,
}

struct Closure {
    operator: Value,
    /// Elements to look at, from `taken` on.
    work: Held<Value>,
    taken: usize,
    found: Held<Value>,
    /// The key of each element found.
    keys: Held<Value>,
    /// Numbers of elements found, by the hash of their keys.
    hashed: HashTable<u32>,
    hashed_room: Charge,
    hasher: DefaultHashBuilder,
    hashed_class: Option<Class>,
    /// Numbers of elements found in ascending order of their keys, once keys are not all of one hashed type.
    ordered: Option<Held<u32>>,
    element: Value,
    key: Value,
    forced: usize,
    results: Value,
    phase: Phase,
}

/// What a key is looked up by.
#[derive(Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Plain<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

/// The part of a key that is hashed and compared, if it is of a type for that.
fn plain<'a>(vm: &'a Vm, key: &'a Value) -> Option<(Class, Plain<'a>)> {
    if let Some(int) = vm.heap.as_int(*key) {
        return Some((Class::Int, Plain::Int(int)));
    }
    if let Some(string) = vm.heap.as_string(key) {
        return Some((Class::String, Plain::Bytes(string.bytes)));
    }
    vm.heap.as_path(*key).map(|path| (Class::Path, Plain::Bytes(path)))
}

impl Closure {
    fn step_element(&mut self, vm: &mut Vm) -> Step {
        let Some(element) = self.work.get(self.taken) else {
            return Ok(Next::Done(vm.long_list(&self.found)?));
        };
        self.phase = Phase::Element;
        let element = vm.heap.follow(*element);
        self.element = element;
        if !element.is_whnf() {
            return Ok(Next::Force(element));
        }
        if !element.is_attrs() {
            return Err(Attrs::refuse(vm, element).into());
        }
        let Some(key) = vm.attr(element, sym::KEY) else {
            return Err(missing(vm, sym::KEY, "").into());
        };
        self.taken += 1;
        self.phase = Phase::Key;
        Ok(Next::Force(key))
    }

    /// The key is known: is it new?
    fn look_up(&mut self, vm: &mut Vm) -> Step {
        if self.ordered.is_none() {
            match plain(vm, &self.key) {
                Some((class, key)) if self.hashed_class.is_none_or(|known| known == class) => {
                    self.hashed_class = Some(class);
                    let hash = self.hasher.hash_one(&key);
                    let same = |number: &u32| {
                        plain(vm, &self.keys[*number as usize]).is_some_and(|known| known.1 == key)
                    };
                    if self.hashed.find(hash, same).is_some() {
                        return self.step_element(vm);
                    }
                    let (len, capacity) = (self.hashed.len(), self.hashed.capacity());
                    self.hashed_room.one_more(vm, len, capacity, size_of::<u32>())?;
                    let (keys, hasher) = (&self.keys, &self.hasher);
                    self.hashed.insert_unique(hash, self.found.len() as u32, |number| {
                        plain(vm, &keys[*number as usize]).map_or(0, |key| hasher.hash_one(key.1))
                    });
                    return self.accept(vm);
                }
                _ => self.order_all(vm)?,
            }
        }
        let high = self.ordered.as_ref().map_or(0, |ordered| ordered.len());
        self.search(vm, 0, high)
    }

    /// Goes over from hashing to an ordered list.
    fn order_all(&mut self, vm: &mut Vm) -> Result<(), Stop> {
        let mut ordered = Held::new();
        ordered.extend(vm, 0..self.found.len() as u32)?;
        let key = |number: &u32| plain(vm, &self.keys[*number as usize]).map(|key| key.1);
        ordered.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        self.hashed = HashTable::new();
        self.hashed_room = Charge::default();
        self.ordered = Some(ordered);
        vm.work(self.found.len())?;
        Ok(())
    }

    fn search(&mut self, vm: &mut Vm, low: usize, high: usize) -> Step {
        let (mut low, mut high) = (low, high);
        while low < high {
            let middle = usize::midpoint(low, high);
            let other = self.key_in_order(middle);
            self.phase = Phase::Less { low, high };
            if self.key.is_list() && other.is_list() {
                return Ok(Next::Task(Box::new(LessTask::new(self.key, other, false))));
            }
            if vm.less_now(self.key, other)? {
                high = middle;
            } else if vm.less_now(other, self.key)? {
                low = middle + 1;
            } else {
                return self.step_element(vm);
            }
        }
        let number = self.found.len() as u32;
        if let Some(ordered) = &mut self.ordered {
            ordered.reserve(vm, 1)?;
            ordered.as_vec().insert(low, number);
        }
        self.accept(vm)
    }

    /// The key at a place of the ordered ones.
    fn key_in_order(&self, at: usize) -> Value {
        let number = self.ordered.as_ref().and_then(|ordered| ordered.get(at));
        number.map_or(Value::NULL, |number| self.keys[*number as usize])
    }

    /// The element is new: it is kept, and the operator asked.
    fn accept(&mut self, vm: &Vm) -> Step {
        self.found.push(vm, self.element)?;
        self.keys.push(vm, self.key)?;
        self.phase = Phase::Call;
        Ok(Next::Call(self.operator, Arguments::one(self.element)))
    }

    fn step_results(&mut self, vm: &mut Vm) -> Step {
        self.phase = Phase::Results;
        while let Some(element) = List(self.results).elements(vm).get(self.forced) {
            let element = vm.heap.follow(*element);
            if !element.is_whnf() {
                return Ok(Next::Force(element));
            }
            self.forced += 1;
        }
        if self.taken > self.work.len() / 2 {
            // What was looked at makes room.
            self.work.as_vec().drain(..self.taken);
            self.taken = 0;
        }
        self.work.append(vm, List(self.results).elements(vm))?;
        self.step_element(vm)
    }
}

impl Task for Closure {
    fn step(&mut self, vm: &mut Vm, input: Value) -> Step {
        match self.phase {
            Phase::Operator => {
                let operator = vm.heap.follow(self.operator);
                if !operator.is_whnf() {
                    return Ok(Next::Force(operator));
                }
                self.operator = operator;
                if !operator.is_function() && !is_functor(vm, operator) {
                    return Err(Function::refuse(vm, operator).into());
                }
                self.step_element(vm)
            }
            Phase::Element => self.step_element(vm),
            Phase::Key => {
                self.key = input;
                self.look_up(vm)
            }
            Phase::Less { low, high } => {
                let middle = usize::midpoint(low, high);
                if input == Value::TRUE {
                    return self.search(vm, low, middle);
                }
                let other = self.key_in_order(middle);
                self.phase = Phase::Greater { low, high };
                Ok(Next::Task(Box::new(LessTask::new(other, self.key, false))))
            }
            Phase::Greater { low, high } => {
                if input == Value::TRUE {
                    return self.search(vm, usize::midpoint(low, high) + 1, high);
                }
                self.step_element(vm)
            }
            Phase::Call => {
                if !input.is_list() {
                    let context = "while evaluating the return value of the `operator` passed to builtins.genericClosure";
                    return Err(in_context(List::refuse(vm, input), context).into());
                }
                (self.results, self.forced) = (input, 0);
                self.step_results(vm)
            }
            Phase::Results => self.step_results(vm),
        }
    }
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        for value in [&mut self.operator, &mut self.element, &mut self.key, &mut self.results] {
            tracer.visit(value);
        }
        tracer.visit_all(&mut self.work[self.taken..]);
        tracer.visit_all(&mut self.found);
        tracer.visit_all(&mut self.keys);
    }
    fn describe(&mut self, vm: &mut Vm, _: usize) -> Vec<TraceLine> {
        let mut shown = |what: &str, value: Value| {
            line([what.as_bytes(), &*vm.show_short(value)].concat(), Pos::NONE)
        };
        match self.phase {
            Phase::Operator => vec![line(
                "while evaluating the 'operator' attribute passed as argument to builtins.genericClosure",
                Pos::NONE,
            )],
            Phase::Element => vec![shown("in genericClosure element ", self.element)],
            Phase::Key => Vec::new(),
            Phase::Less { low, high } | Phase::Greater { low, high } => {
                let middle = usize::midpoint(low, high);
                let other = self
                    .ordered
                    .as_ref()
                    .and_then(|ordered| ordered.get(middle))
                    .and_then(|number| self.found.get(*number as usize));
                let other = other.copied().unwrap_or(Value::NULL);
                vec![shown("with element ", other), shown("while comparing element ", self.element)]
            }
            Phase::Call | Phase::Results => {
                vec![shown("while calling operator on genericClosure element ", self.element)]
            }
        }
    }
}
