//! How expressions of each type are made: literals, operators, builtins.

use super::grammar::{Generator, KEYS, Type};
use super::tree::Tree;

const INTS: [&str; 16] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "-5",
    "100",
    "255",
    "4096",
    "9223372036854775807",
    "4611686018427387904",
    "-9223372036854775807",
    "2147483648",
    "1152921504606846975",
];
const FLOATS: [&str; 12] = [
    "0.0",
    "1.0",
    "1.5",
    "-2.5",
    "0.1",
    "3.0e10",
    "1.0e-7",
    "123456.789",
    "9007199254740992.0",
    "1.0e308",
    "-0.5",
    "2.0",
];
const TEXTS: [&str; 16] = [
    "\"\"",
    "\"a\"",
    "\"abc\"",
    "\"a b\"",
    "\"a/b.c\"",
    "\"1.2.3\"",
    "\"x-1.0pre\"",
    "\"\\n\\t\\\"\\\\\"",
    "\"é\"",
    "\"\\${x}\"",
    "''\n  two\n    lines\n''",
    "\"ab,cd,,e\"",
    "\"10\"",
    "\"Z\"",
    "\"foo-bar-1.2\"",
    "''a''\\nb'''c''",
];

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
                Tree::leaf(if small { INTS[self.chance.below(9)] } else { *self.chance.one(&INTS) })
            }
            Type::Float => Tree::leaf(*self.chance.one(&FLOATS)),
            Type::Bool => Tree::leaf(*self.chance.one(&["true", "false"])),
            Type::Text => Tree::leaf(*self.chance.one(&TEXTS)),
            Type::Path => Tree::leaf(*self.chance.one(&["/a", "/a/b", "/x/../y", "/."])),
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
            Type::Int => self.int(depth),
            Type::Float => self.float(depth),
            Type::Bool => self.bool(depth),
            Type::Text => self.text(depth),
            Type::List(of) => self.list(of, depth),
            Type::Attrs(fields) => self.attrs(fields, depth),
            Type::Path => {
                let (path, text) = (self.of(&Type::Path, depth), self.of(&Type::Path, depth));
                Tree::new("§ + (\"/\" + builtins.baseNameOf §)", vec![path, text])
            }
            Type::Null | Type::Function(..) => self.literal(wanted, depth + 1),
        }
    }

    fn int(&mut self, depth: usize) -> Tree {
        let template = *self.chance.one(&[
            "II§ + §",
            "II§ - §",
            "II§ * §",
            "I§ / 3",
            "I-§",
            "IIbuiltins.bitAnd § §",
            "IIbuiltins.bitXor § §",
            "IIbuiltins.bitOr § §",
            "Lbuiltins.length §",
            "Tbuiltins.stringLength §",
            "Nbuiltins.foldl' (p: q: p + q) 0 §",
            "Fbuiltins.ceil §",
            "Fbuiltins.floor §",
            "TTbuiltins.compareVersions § §",
            "IIbuiltins.div § 2 + §",
            "Nbuiltins.foldl' builtins.sub 1 §",
            "IIbuiltins.add § §",
        ]);
        self.fill(template, depth)
    }

    fn float(&mut self, depth: usize) -> Tree {
        let template = *self.chance.one(&[
            "FF§ + §",
            "FI§ - §",
            "IF§ * §",
            "F§ / 4",
            "I§ + 0.5",
            "F-§",
            "F§ * 1.0e10",
            "I§ / 2.0",
        ]);
        self.fill(template, depth)
    }

    fn bool(&mut self, depth: usize) -> Tree {
        let template = *self.chance.one(&[
            "II§ < §",
            "IF§ <= §",
            "TT§ > §",
            "NN§ < §",
            "BB§ && §",
            "BB§ || §",
            "BB§ -> §",
            "B!§",
            "II§ == §",
            "TT§ != §",
            "Nbuiltins.elem 1 §",
            "Nbuiltins.any (p: p > 1) §",
            "Nbuiltins.all (p: p < 5) §",
            "A§ ? a",
            "A§ ? a.b",
            "TTbuiltins.lessThan § §",
            "LL§ == §",
            "AA§ == §",
            "FF§ == §",
            "IF§ == §",
            "Abuiltins.hasAttr \"name\" §",
            "Xbuiltins.isString §",
            "Xbuiltins.isInt §",
            "X§ == null",
            "XX§ == §",
            "X(builtins.tryEval §).success",
            "TTbuiltins.match § § == null || true",
            "Xbuiltins.isAttrs §",
            "FF§ >= §",
        ]);
        self.fill(template, depth)
    }

    fn text(&mut self, depth: usize) -> Tree {
        let template = *self.chance.one(&[
            "TT§ + §", "T\"<${§}>\"", "TT\"${§} ${§}\"", "ItoString §", "FtoString §", "BtoString §", "LtoString §",
            "Tbuiltins.substring 1 2 §", "TIbuiltins.substring 0 (builtins.bitAnd § 3) (toString §)", "Sbuiltins.concatStringsSep \", \" §",
            "Tbuiltins.replaceStrings [ \"a\" \"\" ] [ \"b\" \"-\" ] §", "TTbuiltins.replaceStrings [ § ] [ \"X\" ] §", "Xbuiltins.typeOf §",
            "Jbuiltins.toJSON §", "TbaseNameOf §", "TdirOf §", "Tbuiltins.hashString \"md5\" §", "T''\n  ${§}\n    in\n''",
            "Tbuiltins.elemAt (builtins.split \"(a)|b\" §) 0", "Tbuiltins.toJSON (builtins.match \"(a*)(.*)\" §)",
            "T(builtins.parseDrvName §).name", "Tbuiltins.concatStringsSep \"|\" (builtins.splitVersion §)", "Jbuiltins.toXML §",
            "Tbuiltins.toJSON (builtins.fromJSON (builtins.toJSON §))", "Tbuiltins.concatStringsSep \"\" (builtins.filter builtins.isString (builtins.split \"[a-c]\" §))",
            "PtoString §",
        ]);
        self.fill(template, depth)
    }

    fn list(&mut self, of: &Type, depth: usize) -> Tree {
        let same = list(of.clone());
        match self.chance.below(14) {
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
            11 if *of == Type::Text => self.fill("Abuiltins.attrNames §", depth),
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
        match self.chance.below(8) {
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
            _ => self.literal(&whole, depth + 1),
        }
    }

    /// A template that begins with a letter per child: what type each is of.
    fn fill(&mut self, template: &str, depth: usize) -> Tree {
        let holes = template.matches('§').count();
        let (letters, text) = template.split_at(holes);
        let children = letters.chars().map(|letter| self.of_letter(letter, depth)).collect();
        Tree::new(text, children)
    }

    fn of_letter(&mut self, letter: char, depth: usize) -> Tree {
        let kind = match letter {
            'I' => Type::Int,
            'F' => Type::Float,
            'B' => Type::Bool,
            'T' => Type::Text,
            'P' => Type::Path,
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
