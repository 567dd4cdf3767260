//! The pattern as a tree.
//!
//! In: pattern bytes. Out: nodes in an arena, children before parents.
//! Errors come in the order a left-to-right reader meets them, with the states counted as the reference counts
//! them. Open groups live on a heap stack. Not here: brackets, code.

use super::bracket::{self, ByteSet};
use super::{RegexError, STATE_LIMIT};

/// Bytes that the tree takes for a state at most: a node, or an open group with its vectors.
pub(super) const BYTES_A_STATE: usize = 192;

/// Index of a node.
pub(super) type NodeId = u32;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    Byte(u8),
    Set(ByteSet),
    /// `^`
    Begin,
    /// `$`
    End,
    /// A group with its number.
    Group(NodeId, u32),
    /// One after the other; empty matches nothing.
    Cat(Vec<NodeId>),
    /// At least two sides.
    Alt(Vec<NodeId>),
    /// `+`, whose loop goes back to its first body instead of a copy.
    Plus(NodeId),
    /// `max` of `None` is no limit.
    Repeat {
        node: NodeId,
        min: u32,
        max: Option<u32>,
    },
}

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Whether each node can match the empty text.
    pub(super) nullable: Vec<bool>,
    pub(super) root: NodeId,
    /// Groups without the whole match.
    pub(super) groups: u32,
    /// States it needs.
    pub(super) states: u64,
}

/// An open group or the whole pattern.
struct Open {
    number: u32,
    sides: Vec<NodeId>,
    items: Vec<NodeId>,
    /// Live states before it was opened.
    live_before: u64,
    /// Whether a repetition may follow here.
    repeatable: bool,
    /// Live states of the last item, which is what a copy of it costs.
    last_live: u64,
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    tree: Tree,
    states: u64,
    /// States that only were the model of copies.
    dead: u64,
}

/// Parses a pattern.
pub(super) fn parse(pattern: &[u8]) -> Result<Tree, RegexError> {
    let tree = Tree { nodes: Vec::new(), nullable: Vec::new(), root: 0, groups: 0, states: 0 };
    let mut parser = Parser { pattern, at: 0, tree, states: 0, dead: 0 };
    // The whole match costs its two ends, the accepting state is a third.
    parser.cost(3)?;
    parser.run()?;
    parser.tree.states = parser.states;
    Ok(parser.tree)
}

impl Parser<'_> {
    /// Counts states.
    fn cost(&mut self, states: u64) -> Result<(), RegexError> {
        self.states = self.states.saturating_add(states);
        if self.states > STATE_LIMIT { Err(RegexError::MemoryLimit) } else { Ok(()) }
    }

    fn live(&self) -> u64 {
        self.states.saturating_sub(self.dead)
    }

    fn node(&mut self, node: Node) -> NodeId {
        let of = |id: &NodeId| self.tree.nullable[*id as usize];
        let nullable = match &node {
            Node::Byte(_) | Node::Set(_) => false,
            Node::Begin | Node::End => true,
            Node::Group(inner, _) | Node::Plus(inner) => of(inner),
            Node::Cat(items) => items.iter().all(of),
            Node::Alt(sides) => sides.iter().any(of),
            Node::Repeat { node, min, .. } => *min == 0 || of(node),
        };
        self.tree.nodes.push(node);
        self.tree.nullable.push(nullable);
        // The state limit keeps the count far below the range of ids.
        (self.tree.nodes.len() - 1) as NodeId
    }

    fn open(&self, number: u32, live_before: u64) -> Open {
        Open {
            number,
            sides: Vec::new(),
            items: Vec::new(),
            live_before,
            repeatable: false,
            last_live: 0,
        }
    }

    /// Ends the current side of a group.
    fn end_side(&mut self, group: &mut Open) -> Result<(), RegexError> {
        self.cost(1)?;
        let items = std::mem::take(&mut group.items);
        let side = match items[..] {
            [only] => only,
            _ => self.node(Node::Cat(items)),
        };
        if !group.sides.is_empty() {
            self.cost(2)?;
        }
        group.sides.push(side);
        group.repeatable = false;
        Ok(())
    }

    /// All sides of a group as one node.
    fn sides(&mut self, group: Open) -> NodeId {
        match group.sides[..] {
            [only] => only,
            _ => self.node(Node::Alt(group.sides)),
        }
    }

    /// Adds an item of one state to a group.
    fn add(&mut self, group: &mut Open, node: Node, repeatable: bool) -> Result<(), RegexError> {
        self.cost(1)?;
        let id = self.node(node);
        group.items.push(id);
        group.repeatable = repeatable;
        group.last_live = 1;
        Ok(())
    }

    fn run(&mut self) -> Result<(), RegexError> {
        let mut outer: Vec<Open> = Vec::new();
        let mut group = self.open(0, 0);
        while let Some(&byte) = self.pattern.get(self.at) {
            self.at += 1;
            match byte {
                b'(' => {
                    let before = self.live();
                    self.cost(1)?;
                    self.tree.groups += 1;
                    let inner = self.open(self.tree.groups, before);
                    outer.push(std::mem::replace(&mut group, inner));
                }
                b')' => {
                    let Some(parent) = outer.pop() else { return Err(RegexError::Invalid) };
                    self.end_side(&mut group)?;
                    self.cost(1)?;
                    let closed = std::mem::replace(&mut group, parent);
                    let (number, before) = (closed.number, closed.live_before);
                    let inner = self.sides(closed);
                    let id = self.node(Node::Group(inner, number));
                    group.items.push(id);
                    group.repeatable = true;
                    group.last_live = self.live().saturating_sub(before);
                }
                b'|' => self.end_side(&mut group)?,
                b'*' => {
                    self.repeat(&mut group, |node| Node::Repeat { node, min: 0, max: None }, 1)?
                }
                b'+' => self.repeat(&mut group, Node::Plus, 1)?,
                b'?' => {
                    self.repeat(&mut group, |node| Node::Repeat { node, min: 0, max: Some(1) }, 2)?
                }
                b'{' => self.interval(&mut group)?,
                b'^' => self.add(&mut group, Node::Begin, false)?,
                b'$' => self.add(&mut group, Node::End, false)?,
                b'.' => self.add(&mut group, Node::Set(ByteSet::full()), true)?,
                b'[' => {
                    let (set, end) = bracket::parse(self.pattern, self.at)?;
                    self.at = end;
                    self.add(&mut group, Node::Set(set), true)?;
                }
                b'\\' => {
                    let escaped =
                        self.pattern.get(self.at).filter(|b| b".[()*+?{|^$\\".contains(b));
                    let byte = *escaped.ok_or(RegexError::Invalid)?;
                    self.at += 1;
                    self.add(&mut group, Node::Byte(byte), true)?;
                }
                other => self.add(&mut group, Node::Byte(other), true)?,
            }
        }
        if !outer.is_empty() {
            return Err(RegexError::Invalid);
        }
        self.end_side(&mut group)?;
        self.tree.root = self.sides(group);
        Ok(())
    }

    /// Wraps the last item of a group; `states` is what that adds.
    fn repeat(
        &mut self,
        group: &mut Open,
        wrap: impl FnOnce(NodeId) -> Node,
        states: u64,
    ) -> Result<(), RegexError> {
        if !group.repeatable {
            return Err(RegexError::Invalid);
        }
        self.cost(states)?;
        let node = group.items.pop().ok_or(RegexError::Invalid)?;
        let id = self.node(wrap(node));
        group.items.push(id);
        group.last_live = group.last_live.saturating_add(states);
        Ok(())
    }

    /// `{n}`, `{n,}` and `{n,m}`.
    fn interval(&mut self, group: &mut Open) -> Result<(), RegexError> {
        if !group.repeatable {
            return Err(RegexError::Invalid);
        }
        let min = self.count()?;
        let mut max = Some(min);
        if self.pattern.get(self.at) == Some(&b',') {
            self.at += 1;
            max = if self.pattern.get(self.at) == Some(&b'}') { None } else { Some(self.count()?) };
        }
        if self.pattern.get(self.at) != Some(&b'}') || max.is_some_and(|max| max < min) {
            return Err(RegexError::Invalid);
        }
        self.at += 1;
        // The item itself is only the model of the copies; an open end loops over one more copy.
        let one = group.last_live;
        let optional = max.map_or(one, |max| u64::from(max - min).saturating_mul(one + 1));
        let states = u64::from(min).saturating_mul(one).saturating_add(optional).saturating_add(2);
        self.repeat(group, |node| Node::Repeat { node, min, max }, states)?;
        self.dead += one;
        group.last_live = states;
        Ok(())
    }

    /// A decimal number that fits a signed 32-bit integer.
    fn count(&mut self) -> Result<u32, RegexError> {
        let rest = &self.pattern[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if len == 0 {
            return Err(RegexError::Invalid);
        }
        self.at += len;
        let value = rest[..len]
            .iter()
            .try_fold(0i32, |value, b| value.checked_mul(10)?.checked_add(i32::from(b - b'0')));
        value.and_then(|value| u32::try_from(value).ok()).ok_or(RegexError::Invalid)
    }
}
