//! Where keys may go: the tables under construction and the rules about reopening them.
//!
//! In: paths of keys and values. Out: nodes, or the reference's complaint.
//! Not here: syntax.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fault::Fault;
use super::{Node, NodeId};

/// How a table or array came to be, which decides who may add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Any other value, and arrays in brackets.
    Plain,
    /// A table named only on the way to another one.
    Implicit,
    /// A table made by a dotted key.
    Dotted,
    /// A table with a header.
    Header,
    /// A table in braces.
    Inline,
    /// An array made by double brackets.
    ArrayOfTables,
}

/// The way a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `a.b = …`
    Key,
    /// `[a.b]` or `[[a.b]]`
    Header,
}

/// A path, and where it stands: of a header with its brackets.
pub(super) struct Key {
    pub(super) path: Vec<Vec<u8>>,
    pub(super) place: Range<usize>,
}

/// Bytes that a table takes with its first entry: a node of a tree with room for eleven.
const FIRST_ENTRY: usize = 400;

/// Bytes that a step of a path takes if there is no table yet.
pub(super) const STEP: usize = FIRST_ENTRY + 256;

/// The document under construction.
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    origins: Vec<Origin>,
    /// Where each node is written; of a table its header, or the key that made it.
    places: Vec<Range<usize>>,
    /// About how many bytes it holds.
    pub(super) held: usize,
}

impl Builder {
    /// Starts with the root table as node 0.
    pub(super) fn new() -> Builder {
        let mut builder =
            Builder { nodes: Vec::new(), origins: Vec::new(), places: Vec::new(), held: 0 };
        builder.table(Origin::Header, 0..0);
        builder
    }

    pub(super) fn add(&mut self, node: Node, origin: Origin, place: Range<usize>) -> NodeId {
        // The vectors double.
        self.held += 2 * (size_of::<Node>() + size_of::<Origin>() + size_of::<Range<usize>>());
        if let Node::Str(text) | Node::Timestamp(text) = &node {
            self.held += text.capacity();
        }
        self.nodes.push(node);
        self.origins.push(origin);
        self.places.push(place);
        self.nodes.len() - 1
    }

    pub(super) fn table(&mut self, origin: Origin, place: Range<usize>) -> NodeId {
        self.add(Node::Table(BTreeMap::new()), origin, place)
    }

    /// A table with a header that is in no other.
    pub(super) fn loose_table(&mut self) -> NodeId {
        self.table(Origin::Header, 0..0)
    }

    /// Where a node that has just been completed is written.
    pub(super) fn place(&mut self, node: NodeId, place: Range<usize>) {
        self.places[node] = place;
    }

    /// A mistake because of something that is there already.
    fn clash<T>(
        &self,
        title: &str,
        key: &Key,
        label: &str,
        with: NodeId,
        other: &str,
    ) -> Result<T, Fault> {
        let fault = Fault::new(&format!("toml::insert_value:{title}"), key.place.clone(), label);
        Err(fault.and(self.places[with].clone(), other))
    }

    fn get(&self, table: NodeId, key: &[u8]) -> Option<NodeId> {
        match &self.nodes[table] {
            Node::Table(entries) => entries.get(key).copied(),
            _ => None,
        }
    }

    fn set(&mut self, table: NodeId, key: &[u8], value: NodeId) {
        if let Node::Table(entries) = &mut self.nodes[table] {
            // Leaves are at least half full.
            let entry = if entries.is_empty() { FIRST_ENTRY } else { FIRST_ENTRY / 5 };
            self.held += entry + key.len() + 32;
            entries.insert(key.to_vec(), value);
        }
    }

    /// Goes down one step of a path, making the table if there is none.
    fn step(&mut self, table: NodeId, name: &[u8], key: &Key, way: Way) -> Result<NodeId, Fault> {
        let Some(found) = self.get(table, name) else {
            let origin = if way == Way::Key { Origin::Dotted } else { Origin::Implicit };
            let made = self.table(origin, key.place.clone());
            self.set(table, name, made);
            return Ok(made);
        };
        match (&self.nodes[found], self.origins[found]) {
            (Node::Table(_), Origin::Inline) => {
                let title = " failed to insert a value: inline table is immutable";
                self.clash(title, key, "inserting this", found, "to this table")
            }
            (Node::Table(_), origin) if way == Way::Key && origin != Origin::Dotted => {
                let title = " reopening a table using dotted keys";
                let label = "dotted key cannot reopen a table";
                self.clash(title, key, label, found, "this table is already closed")
            }
            (Node::Table(_), _) => Ok(found),
            (Node::Array(_), Origin::ArrayOfTables) if way == Way::Key => {
                let title = "dotted key cannot reopen an array-of-tables";
                self.clash(title, key, "inserting this", found, "to this array-of-tables.")
            }
            (Node::Array(items), Origin::ArrayOfTables) => {
                Ok(items.last().copied().unwrap_or(found))
            }
            (Node::Array(items), _) if self.are_tables(items) => {
                let title = "inline array of tables are immutable";
                self.clash(title, key, "inserting this", found, "inline array of tables")
            }
            _ => {
                let title = " failed to insert a value, value already exists";
                let other = "non-table value already exists";
                self.clash(title, key, "while inserting this", found, other)
            }
        }
    }

    fn are_tables(&self, items: &[NodeId]) -> bool {
        !items.is_empty() && items.iter().all(|item| matches!(self.nodes[*item], Node::Table(_)))
    }

    /// Goes down all steps but the last, and gives the table and the last key.
    fn parent<'k>(
        &mut self,
        from: NodeId,
        key: &'k Key,
        way: Way,
    ) -> Result<(NodeId, &'k [u8]), Fault> {
        let (last, steps) = match key.path.split_last() {
            Some((last, steps)) => (&last[..], steps),
            None => (&[][..], &key.path[..]),
        };
        let mut table = from;
        for name in steps {
            table = self.step(table, name, key, way)?;
        }
        Ok((table, last))
    }

    /// `path = value`
    pub(super) fn insert(&mut self, from: NodeId, key: &Key, value: NodeId) -> Result<(), Fault> {
        let (table, name) = self.parent(from, key, Way::Key)?;
        if let Some(found) = self.get(table, name) {
            let title = " failed to insert a value, value already exists";
            return self.clash(title, key, "inserting this", found, "but value already exists");
        }
        self.set(table, name, value);
        Ok(())
    }

    /// `[path]`; gives the table.
    pub(super) fn open_table(&mut self, key: &Key) -> Result<NodeId, Fault> {
        let (table, name) = self.parent(0, key, Way::Header)?;
        match self.get(table, name) {
            None => {
                let made = self.table(Origin::Header, key.place.clone());
                self.set(table, name, made);
                Ok(made)
            }
            Some(found) if self.origins[found] == Origin::Implicit => {
                self.origins[found] = Origin::Header;
                self.places[found] = key.place.clone();
                Ok(found)
            }
            Some(found) => {
                let title = " failed to insert a table, table already defined";
                let other = "this table is explicitly defined";
                self.clash(title, key, "inserting this", found, other)
            }
        }
    }

    /// `[[path]]`; gives the new table.
    pub(super) fn open_array_table(&mut self, key: &Key) -> Result<NodeId, Fault> {
        let (table, name) = self.parent(0, key, Way::Header)?;
        let array = match self.get(table, name) {
            None => {
                let made =
                    self.add(Node::Array(Vec::new()), Origin::ArrayOfTables, key.place.clone());
                self.set(table, name, made);
                made
            }
            Some(found) => found,
        };
        if self.origins[array] != Origin::ArrayOfTables {
            let of_tables =
                matches!(&self.nodes[array], Node::Array(items) if self.are_tables(items));
            let (title, other) = if of_tables {
                (
                    " failed to insert a table, inline array of tables is immutable",
                    "this is inline array-of-tables",
                )
            } else {
                (
                    " failed to insert an array of tables, value already exists",
                    "non-table value already exists",
                )
            };
            return self.clash(title, key, "while inserting this", array, other);
        }
        let made = self.table(Origin::Header, key.place.clone());
        if let Node::Array(items) = &mut self.nodes[array] {
            items.push(made);
        }
        Ok(made)
    }
}
