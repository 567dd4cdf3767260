//! Sets under construction: nested keys, and the merging of bindings that Nix does while parsing.
//!
//! In: paths with values. Out: sets with one binding per name, laid out in the tree at the end.
//!
//! A set may grow long after it was closed (`a = {…}; … a.b = 1;`), so its bindings are chained until all is read.
//!
//! Invariants
//! - Names in a set are distinct; the later of two is complained about and dropped.
//! - A lookup is constant time: short chains are walked, longer ones are in a table shared by all sets.

use super::{Parser, slice};
use crate::ast::{
    AttrNameKind, AttrSet, Binding, BindingKind, DynamicBinding, Expr, ExprId, SetId,
};
use frazil_base::{Pos, Symbol};
use hashbrown::HashTable;

/// Up to this many bindings a set is searched by walking.
const SHORT: u32 = 12;
/// The end of a chain.
const NOTHING: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Chain {
    first: u32,
    last: u32,
    len: u32,
}

impl Chain {
    const EMPTY: Chain = Chain { first: NOTHING, last: NOTHING, len: 0 };

    /// Puts link `at` at the end.
    fn append<T>(&mut self, links: &mut [Link<T>], at: u32) {
        links[at as usize].next = NOTHING;
        match links.get_mut(self.last as usize) {
            Some(last) => last.next = at,
            None => self.first = at,
        }
        self.last = at;
        self.len += 1;
    }

    /// Puts a new value at the end.
    fn push<T>(&mut self, links: &mut Vec<Link<T>>, value: T) -> u32 {
        let at = links.len() as u32;
        links.push(Link { value, next: NOTHING });
        self.append(links, at);
        at
    }

    /// Takes another chain's links, in constant time.
    fn splice<T>(&mut self, links: &mut [Link<T>], other: Chain) {
        if other.len == 0 {
            return;
        }
        match links.get_mut(self.last as usize) {
            Some(last) => last.next = other.first,
            None => self.first = other.first,
        }
        self.last = other.last;
        self.len += other.len;
    }
}

#[derive(Clone, Copy)]
struct Link<T> {
    value: T,
    next: u32,
}

#[derive(Clone, Copy)]
struct Growing {
    recursive: bool,
    bindings: Chain,
    froms: Chain,
    dynamics: Chain,
}

/// All sets of a text.
#[derive(Default)]
pub(super) struct Sets {
    sets: Vec<Growing>,
    bindings: Vec<Link<(SetId, Binding)>>,
    froms: Vec<Link<ExprId>>,
    dynamics: Vec<Link<DynamicBinding>>,
    /// The bindings of sets that are not short.
    index: HashTable<u32>,
}

fn place(set: SetId, name: Symbol) -> u64 {
    (u64::from(set.0) << 32 | u64::from(name.0))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_mul(0xc2b2_ae3d_27d4_eb4f)
}

impl Sets {
    pub(super) fn open(&mut self, recursive: bool) -> SetId {
        let id = SetId(self.sets.len() as u32);
        self.sets.push(Growing {
            recursive,
            bindings: Chain::EMPTY,
            froms: Chain::EMPTY,
            dynamics: Chain::EMPTY,
        });
        id
    }

    fn set(&mut self, id: SetId) -> &mut Growing {
        &mut self.sets[id.0 as usize]
    }

    pub(super) fn has_dynamic(&self, id: SetId) -> bool {
        self.sets[id.0 as usize].dynamics.len > 0
    }

    /// The binding of `name` in a set.
    pub(super) fn find(&self, id: SetId, name: Symbol) -> Option<Binding> {
        let chain = self.sets[id.0 as usize].bindings;
        if chain.len > SHORT {
            let found = self.index.find(place(id, name), |&at| {
                let (set, binding) = &self.bindings[at as usize].value;
                *set == id && binding.name == name
            })?;
            return Some(self.bindings[*found as usize].value.1);
        }
        let mut at = chain.first;
        while let Some(link) = self.bindings.get(at as usize) {
            if link.value.1.name == name {
                return Some(link.value.1);
            }
            at = link.next;
        }
        None
    }

    /// Adds a binding whose name is new.
    pub(super) fn add(&mut self, id: SetId, binding: Binding) {
        let chain = &mut self.sets[id.0 as usize].bindings;
        let at = chain.push(&mut self.bindings, (id, binding));
        self.index_added(id, at);
    }

    /// Keeps the table in step after a link was appended to a set.
    fn index_added(&mut self, id: SetId, at: u32) {
        let chain = self.sets[id.0 as usize].bindings;
        if chain.len <= SHORT {
            return;
        }
        let mut next = if chain.len == SHORT + 1 { chain.first } else { at };
        while let Some(link) = self.bindings.get(next as usize) {
            let links = &self.bindings;
            self.index.insert_unique(place(id, link.value.1.name), next, |&old| {
                let (set, binding) = &links[old as usize].value;
                place(*set, binding.name)
            });
            next = link.next;
        }
    }

    /// Adds the source of an `inherit (…)` and gives its number.
    pub(super) fn add_from(&mut self, id: SetId, source: ExprId) -> u32 {
        let chain = &mut self.sets[id.0 as usize].froms;
        chain.push(&mut self.froms, source);
        chain.len - 1
    }

    /// The last source of an `inherit (…)`; `inherit` asks for no other.
    pub(super) fn from(&self, id: SetId, _index: u32) -> ExprId {
        let last = self.sets[id.0 as usize].froms.last;
        self.froms.get(last as usize).map_or(ExprId(u32::MAX), |link| link.value)
    }

    fn add_dynamic(&mut self, id: SetId, binding: DynamicBinding) {
        let chain = &mut self.sets[id.0 as usize].dynamics;
        chain.push(&mut self.dynamics, binding);
    }
}

/// A merge of one set into another, in progress.
struct Merge {
    target: SetId,
    source: SetId,
    /// The next binding of the source.
    next: u32,
    /// How many sources of `inherit (…)` the target had before.
    shift: u32,
    /// How many names lead to these sets.
    depth: usize,
}

impl Parser<'_> {
    /// Binds the open names from `names` on, as a path, to `value`.
    pub(super) fn bind(&mut self, set: SetId, names: usize, start: u32, value: ExprId) {
        let pos = self.pos(start);
        let last = self.open_names.len() - 1;
        let mut set = set;
        for at in names..last {
            let found = match self.open_names[at].kind {
                AttrNameKind::Static(name) => self.sets.find(set, name),
                AttrNameKind::Dynamic(_) => None,
            };
            match found.map(|binding| (binding.pos, self.literal_set(&binding))) {
                Some((_, Some(inner))) => set = inner,
                Some((before, None)) => {
                    let path = self.path_from_names(names, at);
                    self.complain_of_duplicate(&path, before, pos);
                    return;
                }
                None => {
                    let inner = self.sets.open(false);
                    let node = self.node(Expr::Set(inner), start, start, self.last_end);
                    self.add_named(set, self.open_names[at].kind, pos, node);
                    set = inner;
                }
            }
        }
        self.bind_last(set, names, pos, value);
    }

    fn bind_last(&mut self, set: SetId, names: usize, pos: Pos, value: ExprId) {
        let last = self.open_names.len() - 1;
        let name = self.open_names[last].kind;
        if let AttrNameKind::Static(symbol) = name {
            if let Some(before) = self.sets.find(set, symbol) {
                let path = self.path_from_names(names, last);
                match (self.literal_set(&before), self.ast.expr(value)) {
                    (Some(target), Expr::Set(source)) => self.merge(target, source, path),
                    _ => self.complain_of_duplicate(&path, before.pos, pos),
                }
                return;
            }
            self.name_lambda(value, symbol);
        }
        self.add_named(set, name, pos, value);
    }

    fn add_named(&mut self, set: SetId, name: AttrNameKind, pos: Pos, value: ExprId) {
        match name {
            AttrNameKind::Static(name) => {
                self.sets.add(set, Binding { name, pos, kind: BindingKind::Plain, value })
            }
            AttrNameKind::Dynamic(name) => {
                let names = matches!(self.ast.expr(value), Expr::Lambda(_));
                self.sets.add_dynamic(set, DynamicBinding { name, value, pos, names });
            }
        }
    }

    /// The set that a binding's value is written as.
    fn literal_set(&self, binding: &Binding) -> Option<SetId> {
        match (binding.kind, self.ast.expr(binding.value)) {
            (BindingKind::Plain, Expr::Set(set)) => Some(set),
            _ => None,
        }
    }

    fn path_from_names(&self, first: usize, last: usize) -> Vec<Symbol> {
        self.open_names[first..=last]
            .iter()
            .filter_map(|name| match name.kind {
                AttrNameKind::Static(symbol) => Some(symbol),
                AttrNameKind::Dynamic(_) => None,
            })
            .collect()
    }

    /// Moves the bindings of `source` into `target`, and so on inside. Whether bindings see each other, `target` says.
    fn merge(&mut self, target: SetId, source: SetId, path: Vec<Symbol>) {
        let mut path = path;
        let mut open = vec![self.start_merge(target, source, path.len())];
        while let Some(merge) = open.last_mut() {
            path.truncate(merge.depth);
            let at = merge.next;
            let Some(&link) = self.sets.bindings.get(at as usize) else {
                let (target, source) = (merge.target, merge.source);
                open.pop();
                self.sets.finish_merge(target, source);
                continue;
            };
            merge.next = link.next;
            let (target, shift) = (merge.target, merge.shift);
            let mut binding = link.value.1;
            path.push(binding.name);
            if let Some(before) = self.sets.find(target, binding.name) {
                match (self.literal_set(&before), self.literal_set(&binding)) {
                    (Some(inner), Some(other)) => {
                        open.push(self.start_merge(inner, other, path.len()));
                    }
                    _ => self.complain_of_duplicate(&path, before.pos, binding.pos),
                }
                continue;
            }
            if let BindingKind::InheritedFrom(index) = &mut binding.kind {
                *index += shift;
            }
            self.sets.bindings[at as usize].value = (target, binding);
            let chain = &mut self.sets.sets[target.0 as usize].bindings;
            chain.append(&mut self.sets.bindings, at);
            self.sets.index_added(target, at);
        }
    }

    fn start_merge(&mut self, target: SetId, source: SetId, depth: usize) -> Merge {
        let chain = self.sets.set(source).bindings;
        if chain.len > SHORT {
            self.sets.forget(source);
        }
        self.sets.set(source).bindings = Chain::EMPTY;
        Merge { target, source, next: chain.first, shift: self.sets.set(target).froms.len, depth }
    }

    /// Lays all sets out in the tree.
    pub(super) fn lay_out_sets(&mut self) {
        let sets = std::mem::take(&mut self.sets);
        let ast = &mut self.ast;
        ast.bindings.reserve(sets.bindings.len());
        ast.dynamics.reserve(sets.dynamics.len());
        ast.sets.reserve(sets.sets.len());
        for set in &sets.sets {
            if !self.looks.go_on() {
                return;
            }
            let starts = (ast.bindings.len(), ast.exprs.len(), ast.dynamics.len());
            let mut at = set.bindings.first;
            while let Some(link) = sets.bindings.get(at as usize)
                && self.looks.go_on()
            {
                ast.bindings.push(link.value.1);
                at = link.next;
            }
            let mut at = set.froms.first;
            while let Some(link) = sets.froms.get(at as usize) {
                ast.exprs.push(link.value);
                at = link.next;
            }
            let mut at = set.dynamics.first;
            while let Some(link) = sets.dynamics.get(at as usize) {
                ast.dynamics.push(link.value);
                at = link.next;
            }
            ast.sets.push(AttrSet {
                recursive: set.recursive,
                bindings: slice(starts.0, ast.bindings.len()),
                froms: slice(starts.1, ast.exprs.len()),
                dynamics: slice(starts.2, ast.dynamics.len()),
            });
        }
    }
}

impl Sets {
    /// Takes the bindings of a set out of the table, before they move to another set.
    fn forget(&mut self, id: SetId) {
        let mut at = self.sets[id.0 as usize].bindings.first;
        while let Some(link) = self.bindings.get(at as usize) {
            let found = self.index.find_entry(place(id, link.value.1.name), |&other| other == at);
            if let Ok(entry) = found {
                entry.remove();
            }
            at = link.next;
        }
    }

    /// Moves what has no name.
    fn finish_merge(&mut self, target: SetId, source: SetId) {
        let Growing { froms, dynamics, .. } = self.sets[source.0 as usize];
        let from = self.set(source);
        from.froms = Chain::EMPTY;
        from.dynamics = Chain::EMPTY;
        let to = &mut self.sets[target.0 as usize];
        to.froms.splice(&mut self.froms, froms);
        to.dynamics.splice(&mut self.dynamics, dynamics);
    }
}
