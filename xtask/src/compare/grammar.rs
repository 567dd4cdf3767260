//! Programs made up at random: well scoped, mostly well typed, so that most of them get somewhere.
//!
//! In:  a `Chance`.   Out: a `Tree`.
//! Types guide the choice; once in a while a wrong one is taken on purpose, for errors are behaviour too.
//!
//! Invariant: no function calls itself, so every program ends.

use super::chance::Chance;
use super::forms;
use super::tree::Tree;

/// What an expression is meant to give.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    Int,
    Float,
    Bool,
    Text,
    Path,
    Null,
    List(Box<Type>),
    Attrs(Vec<(String, Type)>),
    Function(Box<Type>, Box<Type>),
}

pub(super) const KEYS: [&str; 8] = ["a", "b", "c", "name", "x-y", "Z", "outp", "k'"];

/// A generator in the middle of a program.
#[derive(Debug)]
pub(super) struct Generator<'c> {
    pub(super) chance: &'c mut Chance,
    scope: Vec<(String, Type)>,
    fresh: usize,
}

impl<'c> Generator<'c> {
    /// A generator with nothing in scope.
    pub(super) fn new(chance: &'c mut Chance) -> Self {
        Self { chance, scope: Vec::new(), fresh: 0 }
    }

    /// A whole program.
    pub(super) fn program(&mut self) -> Tree {
        let wanted = self.some_type(2);
        let depth = 3 + self.chance.below(4);
        self.of(&wanted, depth)
    }

    pub(super) fn some_type(&mut self, depth: usize) -> Type {
        match self.chance.below(if depth == 0 { 7 } else { 13 }) {
            0 | 1 => Type::Int,
            2 => Type::Float,
            3 => Type::Bool,
            4 | 5 => Type::Text,
            6 => {
                if self.chance.percent(70) {
                    Type::Null
                } else {
                    Type::Path
                }
            }
            7 | 8 => Type::List(Box::new(self.some_type(depth - 1))),
            9..=11 => self.some_attrs(depth - 1),
            _ => {
                let from = self.some_type(depth - 1);
                Type::Function(Box::new(from), Box::new(self.some_type(depth - 1)))
            }
        }
    }

    fn some_attrs(&mut self, depth: usize) -> Type {
        let mut fields: Vec<(String, Type)> = Vec::new();
        for _ in 0..self.chance.below(4) {
            let key = (*self.chance.one(&KEYS)).to_string();
            if !fields.iter().any(|(other, _)| *other == key) {
                fields.push((key, self.some_type(depth)));
            }
        }
        Type::Attrs(fields)
    }

    /// An expression of a type.
    pub(super) fn of(&mut self, wanted: &Type, depth: usize) -> Tree {
        if depth < 4 && self.chance.below(200) == 0 {
            return self.form(forms::WRONG, depth.min(2));
        }
        if depth == 0 || self.chance.percent(12) {
            return self.known(wanted).unwrap_or_else(|| self.literal(wanted, depth));
        }
        if self.chance.percent(45) {
            return self.around(wanted, depth - 1);
        }
        self.made(wanted, depth - 1)
    }

    /// A variable of the type, if there is one.
    fn known(&mut self, wanted: &Type) -> Option<Tree> {
        let fitting: Vec<String> = self
            .scope
            .iter()
            .filter(|(_, kind)| kind == wanted)
            .map(|(name, _)| name.clone())
            .collect();
        if fitting.is_empty() || self.chance.percent(20) {
            return None;
        }
        Some(Tree::leaf(self.chance.one(&fitting).clone()))
    }

    /// Forms that any type can have around it.
    fn around(&mut self, wanted: &Type, depth: usize) -> Tree {
        match self.chance.below(15) {
            0 => {
                let condition = self.of(&Type::Bool, depth);
                let (yes, no) = (self.of(wanted, depth), self.of(wanted, depth));
                Tree::new("if § then § else §", vec![condition, yes, no])
            }
            1 | 2 => self.binding(wanted, depth),
            3 => self.call(wanted, depth),
            4 => self.call_with_formals(wanted, depth),
            5 => self.selection(wanted, depth),
            6 => {
                let (first, second) = (self.of(wanted, depth), self.of(wanted, depth / 2));
                let key = *self.chance.one(&KEYS);
                let missing = if self.chance.percent(50) { "{ }" } else { "(1)" };
                Tree::new(format!("[ § ({missing}.{key} or §) ]"), vec![first, second])
                    .in_head(self.chance.below(2))
            }
            7 => self.in_with(wanted, depth),
            8 => {
                let inner = self.of(wanted, depth);
                let rest = self.of(wanted, depth / 2);
                let test = self.fresh_name();
                Tree::new(
                    format!(
                        "let {test} = builtins.tryEval §; in if {test}.success then {test}.value else §"
                    ),
                    vec![inner, rest],
                )
            }
            9 => {
                let rest = self.of(wanted, depth);
                Tree::new(
                    "if (builtins.tryEval (throw \"t\")).success then null else §",
                    vec![rest],
                )
            }
            10 => {
                let (checked, rest) = (self.of(&Type::Bool, depth / 2), self.of(wanted, depth));
                Tree::new("assert § || true; §", vec![checked, rest])
            }
            11 => {
                let seen = self.some_type(1);
                let (seen, rest) = (self.of(&seen, depth / 2), self.of(wanted, depth));
                let how = if self.chance.percent(50) { "builtins.seq" } else { "builtins.deepSeq" };
                Tree::new(format!("{how} § §"), vec![seen, rest])
            }
            12 => {
                let (item, other) = (self.of(wanted, depth), self.of(wanted, depth / 2));
                Tree::new("[ § § ]", vec![item, other]).in_head(self.chance.below(2))
            }
            13 => {
                let (value, other) = (self.of(wanted, depth), self.of(wanted, depth / 2));
                let key = *self.chance.one(&KEYS);
                Tree::new(
                    format!("({{ \"{key}\" = §; }} // {{ v = §; }}).\"{key}\""),
                    vec![value, other],
                )
            }
            _ => {
                let (start, list) =
                    (self.of(wanted, depth), self.of(&Type::List(Box::new(Type::Int)), depth / 2));
                Tree::new("builtins.foldl' (s: i: s) § §", vec![start, list])
            }
        }
    }

    fn fresh_name(&mut self) -> String {
        self.fresh += 1;
        format!("v{}", self.fresh)
    }

    /// `let`: names that see those before them.
    fn binding(&mut self, wanted: &Type, depth: usize) -> Tree {
        let before = self.scope.len();
        let mut parts = Vec::new();
        for _ in 0..=self.chance.below(2) {
            let kind = self.some_type(1);
            let value = self.of(&kind, depth);
            let name = if self.chance.percent(15) { "x".to_string() } else { self.fresh_name() };
            if parts.iter().any(|(text, _): &(String, Tree)| *text == format!("{name} = ")) {
                continue;
            }
            self.scope.retain(|(other, _)| *other != name || name != "x");
            self.scope.push((name.clone(), kind));
            parts.push((format!("{name} = "), value));
        }
        let body = self.of(wanted, depth);
        self.scope.truncate(before.min(self.scope.len()));
        let bindings: String = parts.iter().map(|(name, _)| format!("{name}§; ")).collect();
        let mut children: Vec<Tree> = parts.into_iter().map(|(_, value)| value).collect();
        children.push(body);
        Tree::new(format!("let {bindings}in §"), children)
    }

    fn call(&mut self, wanted: &Type, depth: usize) -> Tree {
        let from = self.some_type(1);
        let function = Type::Function(Box::new(from.clone()), Box::new(wanted.clone()));
        let (function, argument) = (self.of(&function, depth), self.of(&from, depth));
        if self.chance.percent(15) {
            return Tree::new("{ __functor = self: §; } §", vec![function, argument]);
        }
        Tree::new("§ §", vec![function, argument])
    }

    fn call_with_formals(&mut self, wanted: &Type, depth: usize) -> Tree {
        let (first, second) = (self.some_type(1), self.some_type(1));
        let (a, b, all) = (self.fresh_name(), self.fresh_name(), self.fresh_name());
        let given = self.of(&first, depth);
        let extra = self.of(&second, depth / 2);
        let before = self.scope.len();
        self.scope.push((a.clone(), first));
        let default = self.of(&second, depth / 2);
        self.scope.push((b.clone(), second));
        self.scope.push((format!("{all}.{a}"), self.scope[before].1.clone()));
        let body = self.of(wanted, depth);
        self.scope.truncate(before);
        let argument = if self.chance.percent(50) {
            format!("{{ {a} = §; z = §; }}")
        } else {
            format!("{{ {a} = §; {b} = §; }}")
        };
        Tree::new(
            format!("({all}@{{ {a}, {b} ? §, ... }}: §) {argument}"),
            vec![default, body, given, extra],
        )
    }

    fn selection(&mut self, wanted: &Type, depth: usize) -> Tree {
        let key = (*self.chance.one(&KEYS)).to_string();
        let Type::Attrs(mut fields) = self.some_attrs(1) else {
            return self.literal(wanted, depth);
        };
        fields.retain(|(other, _)| *other != key);
        fields.push((key.clone(), wanted.clone()));
        let set = self.of(&Type::Attrs(fields), depth);
        match self.chance.below(4) {
            0 => Tree::new(format!("builtins.getAttr \"{key}\" §"), vec![set]),
            1 => Tree::new(format!("§.${{\"{key}\"}}"), vec![set]),
            2 => {
                let default = self.of(wanted, depth / 2);
                Tree::new(format!("§.{key} or §"), vec![set, default])
            }
            _ => Tree::new(format!("§.{key}"), vec![set]),
        }
    }

    fn in_with(&mut self, wanted: &Type, depth: usize) -> Tree {
        let kind = self.some_type(1);
        let value = self.of(&kind, depth);
        let name = self.fresh_name();
        self.scope.push((name.clone(), kind));
        let body = self.of(wanted, depth);
        self.scope.pop();
        Tree::new(format!("with {{ {name} = §; }}; §"), vec![value, body])
    }

    /// A function, with its parameter in scope of the body.
    pub(super) fn function(&mut self, from: &Type, to: &Type, depth: usize) -> Tree {
        let name = self.fresh_name();
        self.scope.push((name.clone(), from.clone()));
        let body = self.of(to, depth);
        self.scope.pop();
        Tree::new(format!("{name}: §"), vec![body])
    }
}

impl Tree {
    /// One of the two elements of a list.
    fn in_head(self, at: usize) -> Self {
        Self::new(format!("builtins.elemAt § {at}"), vec![self])
    }
}
