//! Where keys may go: the tables under construction and the rules about reopening them.
//!
//! In: paths of keys and values. Out: nodes, or the reference's complaint.
//! Not here: syntax.

use std::collections::BTreeMap;

use super::{Fault, Node, NodeId, clash, fault};

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

/// The document under construction.
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    origins: Vec<Origin>,
    /// Where in the text the line begins that is being read.
    pub(super) line_start: usize,
    /// Where the line of each node began.
    pub(super) places: Vec<usize>,
}

impl Builder {
    /// Starts with the root table as node 0.
    pub(super) fn new() -> Builder {
        let mut builder =
            Builder { nodes: Vec::new(), origins: Vec::new(), line_start: 0, places: Vec::new() };
        builder.table(Origin::Header);
        builder
    }

    pub(super) fn add(&mut self, node: Node, origin: Origin) -> NodeId {
        self.nodes.push(node);
        self.origins.push(origin);
        self.places.push(self.line_start);
        self.nodes.len() - 1
    }

    pub(super) fn table(&mut self, origin: Origin) -> NodeId {
        self.add(Node::Table(BTreeMap::new()), origin)
    }

    fn get(&self, table: NodeId, key: &[u8]) -> Option<NodeId> {
        match &self.nodes[table] {
            Node::Table(entries) => entries.get(key).copied(),
            _ => None,
        }
    }

    fn set(&mut self, table: NodeId, key: &[u8], value: NodeId) {
        if let Node::Table(entries) = &mut self.nodes[table] {
            entries.insert(key.to_vec(), value);
        }
    }

    /// Goes down one step of a path, making the table if there is none.
    fn step(&mut self, table: NodeId, key: &[u8], way: Way) -> Result<NodeId, Fault> {
        let Some(found) = self.get(table, key) else {
            let origin = if way == Way::Key { Origin::Dotted } else { Origin::Implicit };
            let made = self.table(origin);
            self.set(table, key, made);
            return Ok(made);
        };
        match (&self.nodes[found], self.origins[found]) {
            (Node::Table(_), Origin::Inline) => {
                fault("toml::insert_value: failed to insert a value: inline table is immutable")
            }
            (Node::Table(_), origin) if way == Way::Key && origin != Origin::Dotted => {
                fault("toml::insert_value: reopening a table using dotted keys")
            }
            (Node::Table(_), _) => Ok(found),
            (Node::Array(_), Origin::ArrayOfTables) if way == Way::Key => {
                fault("toml::insert_value:dotted key cannot reopen an array-of-tables")
            }
            (Node::Array(items), origin) => match items.last() {
                Some(last) if origin == Origin::ArrayOfTables => Ok(*last),
                Some(last) if matches!(self.nodes[*last], Node::Table(_)) => {
                    fault("toml::insert_value:inline array of tables are immutable")
                }
                _ => clash(
                    "toml::insert_value: failed to insert a value, value already exists",
                    found,
                ),
            },
            _ => clash("toml::insert_value: failed to insert a value, value already exists", found),
        }
    }

    /// Goes down all steps but the last, and gives the table and the last key.
    fn parent<'k>(
        &mut self,
        from: NodeId,
        path: &'k [Vec<u8>],
        way: Way,
    ) -> Result<(NodeId, &'k [u8]), Fault> {
        let (last, steps) = match path.split_last() {
            Some((last, steps)) => (&last[..], steps),
            None => (&[][..], path),
        };
        let mut table = from;
        for key in steps {
            table = self.step(table, key, way)?;
        }
        Ok((table, last))
    }

    /// `path = value`
    pub(super) fn insert(
        &mut self,
        from: NodeId,
        path: &[Vec<u8>],
        value: NodeId,
    ) -> Result<(), Fault> {
        let (table, key) = self.parent(from, path, Way::Key)?;
        if let Some(found) = self.get(table, key) {
            return clash(
                "toml::insert_value: failed to insert a value, value already exists",
                found,
            );
        }
        self.set(table, key, value);
        Ok(())
    }

    /// `[path]`; gives the table.
    pub(super) fn open_table(&mut self, path: &[Vec<u8>]) -> Result<NodeId, Fault> {
        let (table, key) = self.parent(0, path, Way::Header)?;
        match self.get(table, key) {
            None => {
                let made = self.table(Origin::Header);
                self.set(table, key, made);
                Ok(made)
            }
            Some(found) if self.origins[found] == Origin::Implicit => {
                self.origins[found] = Origin::Header;
                Ok(found)
            }
            Some(found) => {
                clash("toml::insert_value: failed to insert a table, table already defined", found)
            }
        }
    }

    /// `[[path]]`; gives the new table.
    pub(super) fn open_array_table(&mut self, path: &[Vec<u8>]) -> Result<NodeId, Fault> {
        let (table, key) = self.parent(0, path, Way::Header)?;
        let array = match self.get(table, key) {
            None => {
                let made = self.add(Node::Array(Vec::new()), Origin::ArrayOfTables);
                self.set(table, key, made);
                made
            }
            Some(found) => found,
        };
        if self.origins[array] != Origin::ArrayOfTables {
            let of_tables = match &self.nodes[array] {
                Node::Array(items) => {
                    items.first().is_some_and(|first| matches!(self.nodes[*first], Node::Table(_)))
                }
                _ => false,
            };
            return fault(if of_tables {
                "toml::insert_value: failed to insert a table, inline array of tables is immutable"
            } else {
                "toml::insert_value: failed to insert an array of tables, value already exists"
            });
        }
        let made = self.table(Origin::Header);
        if let Node::Array(items) = &mut self.nodes[array] {
            items.push(made);
        }
        Ok(made)
    }
}
