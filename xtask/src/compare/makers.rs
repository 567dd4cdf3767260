//! How expressions of each type are made: literals, operators, builtins.
//!
//! In:  a type, the forms of `forms.rs`.   Out: a tree.

use super::forms;
use super::grammar::{Generator, KEYS, Type};
use super::tree::Tree;

fn list(of: Type) -> Type {
    Type::List(Box::new(of))
}

impl Generator<'_> {
    /// The plainest expression of a type.
    pub(super) fn literal(&mut self, wanted: &Type, depth: usize) -> Tree {
        let depth = depth.saturating_sub(1);
        match wanted {
            Type::Int => {
                let small = self.chance.percent(90);
                let ints = if small { &forms::INTS[..9] } else { &forms::INTS[..] };
                Tree::leaf(*self.chance.one(ints))
            }
            Type::Float => Tree::leaf(*self.chance.one(&forms::FLOATS)),
            Type::Bool => Tree::leaf(*self.chance.one(&["true", "false"])),
            Type::Text => Tree::leaf(*self.chance.one(&forms::TEXTS)),
            Type::Path => Tree::leaf(*self.chance.one(&["/a", "/a/b", "/x/../y", "/a/."])),
            Type::Null => Tree::leaf("null"),
            Type::List(of) => {
                let length = self.chance.below(4);
                let items = (0..length).map(|_| (String::new(), self.of(of, depth))).collect();
                Tree::many("[ ", items, " ", "]")
            }
            Type::Attrs(fields) => self.set(fields, depth),
            Type::Function(from, to) => self.function(from, to, depth),
        }
    }

    fn set(&mut self, fields: &[(String, Type)], depth: usize) -> Tree {
        let mut parts = Vec::new();
        for (key, kind) in fields {
            let value = self.of(kind, depth);
            let name = match self.chance.below(6) {
                0 => format!("\"{key}\" = "),
                1 => format!("${{\"{key}\" + \"\"}} = "),
                _ => format!("{key} = "),
            };
            parts.push((name, value));
        }
        let open = if self.chance.percent(15) { "rec { " } else { "{ " };
        if self.chance.percent(10) {
            parts.push(("lazy = ".into(), Tree::leaf("[ 1 ]")));
        }
        Tree::many(open, parts, "; ", "}")
    }

    /// An operator or a builtin that gives the type.
    pub(super) fn made(&mut self, wanted: &Type, depth: usize) -> Tree {
        match wanted {
            Type::Int => self.form(forms::INT, depth),
            Type::Float => self.form(forms::FLOAT, depth),
            Type::Bool => self.form(forms::BOOL, depth),
            Type::Text => self.form(forms::TEXT, depth),
            Type::List(of) => self.list(of, depth),
            Type::Attrs(fields) => self.attrs(fields, depth),
            Type::Path => {
                let (path, text) = (self.of(&Type::Path, depth), self.of(&Type::Path, depth));
                Tree::new("§ + (\"/\" + builtins.baseNameOf §)", vec![path, text])
            }
            Type::Null | Type::Function(..) => self.literal(wanted, depth + 1),
        }
    }

    fn list(&mut self, of: &Type, depth: usize) -> Tree {
        let same = list(of.clone());
        match self.chance.below(17) {
            0 | 1 => {
                let (left, right) = (self.of(&same, depth), self.of(&same, depth));
                Tree::new("§ ++ §", vec![left, right])
            }
            2 | 3 => {
                let from = self.some_type(1);
                let (function, items) =
                    (self.function(&from, of, depth), self.of(&list(from), depth));
                Tree::new("map § §", vec![function, items])
            }
            4 => {
                let (test, items) = (self.function(of, &Type::Bool, depth), self.of(&same, depth));
                Tree::new("builtins.filter § §", vec![test, items])
            }
            5 => {
                let (function, length) =
                    (self.function(&Type::Int, of, depth), self.chance.below(5));
                Tree::new(format!("builtins.genList § {length}"), vec![function])
            }
            6 => {
                let (function, items) =
                    (self.function(&Type::Int, &same, depth), self.of(&list(Type::Int), depth));
                Tree::new("builtins.concatMap § §", vec![function, items])
            }
            7 => {
                let (head, rest) = (self.of(of, depth), self.of(&same, depth));
                Tree::new("builtins.tail ([ § ] ++ §)", vec![head, rest])
            }
            8 => {
                let (one, two) = (self.of(&same, depth), self.of(&same, depth));
                Tree::new("builtins.concatLists [ § § ]", vec![one, two])
            }
            9 => {
                let (test, items) = (self.function(of, &Type::Bool, depth), self.of(&same, depth));
                let side = if self.chance.percent(50) { "right" } else { "wrong" };
                Tree::new(format!("(builtins.partition § §).{side}"), vec![test, items])
            }
            10 if matches!(of, Type::Int | Type::Float | Type::Text) => {
                let items = self.of(&same, depth);
                let order =
                    *self.chance.one(&["builtins.lessThan", "(p: q: p > q)", "(p: q: false)"]);
                Tree::new(format!("builtins.sort {order} §"), vec![items])
            }
            11 if *of == Type::Text => self.form(forms::TEXTS_LIST, depth),
            14 if *of == Type::Int => self.form(forms::INTS_LIST, depth),
            15 => {
                let (key, value) = (self.of(&Type::Text, depth), self.of(of, depth));
                Tree::new("(builtins.groupBy (p: §) [ § ]).a or [ ]", vec![key, value])
            }
            16 => {
                let value = self.of(of, depth);
                Tree::new(
                    "map (s: s.v) (builtins.genericClosure { startSet = [ { key = 1; v = §; } ]; operator = s: if s.key > 3 then [ ] else [ (s // { key = s.key + 1; }) { key = 2; v = 0; } ]; })",
                    vec![value],
                )
            }
            12 => {
                let value = self.of(of, depth);
                Tree::new("builtins.attrValues { b = §; }", vec![value])
            }
            13 => {
                let value = self.of(of, depth);
                Tree::new("builtins.catAttrs \"a\" [ { a = §; } { b = 1; } ]", vec![value])
            }
            _ => self.literal(&same, depth),
        }
    }

    fn attrs(&mut self, fields: &[(String, Type)], depth: usize) -> Tree {
        let whole = Type::Attrs(fields.to_vec());
        let key = *self.chance.one(&KEYS);
        match self.chance.below(13) {
            0 | 1 => {
                let cut = self.chance.below(fields.len() + 1);
                let left = self.of(&Type::Attrs(fields[..cut].to_vec()), depth);
                let right = self.of(&Type::Attrs(fields[cut..].to_vec()), depth);
                Tree::new("§ // §", vec![left, right])
            }
            2 if !fields.iter().any(|(name, _)| name == key) => {
                let (set, extra) = (self.of(&whole, depth), self.of(&Type::Int, 0));
                Tree::new(
                    format!("removeAttrs (§ // {{ \"{key}\" = §; }}) [ \"{key}\" \"nothing\" ]"),
                    vec![set, extra],
                )
            }
            3 => {
                let set = self.of(&whole, depth);
                Tree::new("builtins.mapAttrs (n: v: v) §", vec![set])
            }
            4 => {
                let parts: Vec<(String, Tree)> = fields
                    .iter()
                    .map(|(name, kind)| {
                        (format!("{{ name = \"{name}\"; value = "), self.of(kind, depth))
                    })
                    .collect();
                let closed = Tree::many("[ ", parts, "; } ", "]");
                Tree::new("builtins.listToAttrs §", vec![closed])
            }
            5 => {
                let set = self.of(&whole, depth);
                Tree::new("(s: builtins.intersectAttrs s s) §", vec![set])
            }
            6 => {
                let set = self.of(&whole, depth);
                Tree::new("builtins.zipAttrsWith (n: vs: builtins.head vs) [ § ]", vec![set])
            }
            7 => {
                let set = self.of(&whole, depth);
                Tree::new(
                    "builtins.head (builtins.partition (s: s ? a || true) [ § ]).right",
                    vec![set],
                )
            }
            8 => {
                let (set, other) = (self.of(&whole, depth), self.of(&Type::Int, depth / 2));
                Tree::new("({ p.q = §; p.\"${\"r\"}\".s = §; }).p.q", vec![set, other])
            }
            9 => self.inherited(fields, depth),
            10 => {
                let set = self.of(&whole, depth);
                Tree::new(
                    "let s = §; in builtins.listToAttrs (map (n: { name = n; value = s.${n}; }) (builtins.attrNames s))",
                    vec![set],
                )
            }
            11 => {
                let set = self.of(&whole, depth);
                Tree::new("({ ... }@s: s) §", vec![set])
            }
            _ => self.literal(&whole, depth + 1),
        }
    }

    /// A set whose attributes are inherited.
    fn inherited(&mut self, fields: &[(String, Type)], depth: usize) -> Tree {
        let set = self.of(&Type::Attrs(fields.to_vec()), depth);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let open = if self.chance.percent(30) { "rec {" } else { "{" };
        Tree::new(format!("{open} inherit (§) {}; }}", names.join(" ")), vec![set])
    }

    /// One of `forms`.
    pub(super) fn form(&mut self, forms: &[&str], depth: usize) -> Tree {
        let form = *self.chance.one(forms);
        self.fill(form, depth)
    }

    /// A template that begins with a letter per child: what type each is of.
    fn fill(&mut self, template: &str, depth: usize) -> Tree {
        let holes = template.matches('§').count();
        let (letters, text) = template.split_at(holes);
        let children = letters.chars().map(|letter| self.of_letter(letter, depth)).collect();
        Tree::new(text, children)
    }

    fn of_letter(&mut self, letter: char, depth: usize) -> Tree {
        if let Some(texts) = texts_of(letter) {
            let other = letter != 'R' && self.chance.percent(25);
            return if other {
                self.of(&Type::Text, depth)
            } else {
                Tree::leaf(*self.chance.one(texts))
            };
        }
        let kind = match letter {
            'I' => Type::Int,
            'F' => Type::Float,
            'B' => Type::Bool,
            'T' => Type::Text,
            'P' => Type::Path,
            'C' => {
                let result = Type::Function(Box::new(Type::Int), Box::new(Type::Bool));
                Type::Function(Box::new(Type::Int), Box::new(result))
            }
            'N' => list(Type::Int),
            'S' => list(Type::Text),
            'L' => match self.chance.below(3) {
                0 => list(Type::Float),
                1 => list(Type::Bool),
                _ => list(Type::Text),
            },
            'A' => Type::Attrs(vec![("a".into(), Type::Int), ("name".into(), Type::Text)]),
            'J' => match self.chance.below(4) {
                0 => list(Type::Float),
                1 => Type::Attrs(vec![("b".into(), Type::Float), ("a".into(), Type::Text)]),
                2 => Type::Text,
                _ => Type::Int,
            },
            _ => self.some_type(2),
        };
        self.of(&kind, depth)
    }
}

/// The texts that a letter of a form stands for.
fn texts_of(letter: char) -> Option<&'static [&'static str]> {
    Some(match letter {
        'R' => &forms::PATTERNS,
        'O' => &forms::DOCUMENTS,
        'Y' => &forms::TABLES,
        'K' => &forms::KEYS,
        'V' => &forms::VERSIONS,
        'D' => &forms::WITH_CONTEXT,
        _ => return None,
    })
}
