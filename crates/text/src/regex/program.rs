//! The pattern as code for the matcher.
//!
//! In: the tree. Out: instructions, byte sets, and for every branch which bytes each side can begin with.
//! Copies of repeated parts share their group numbers but have counters of their own.
//! Invariants: no native recursion; the state limit of the parser bounds the code.
//! Not here: running it.

use super::bracket::ByteSet;
use super::parse::{Node, NodeId, Tree};

/// Index of an instruction.
pub(super) type Pc = u32;

/// "This loop needs no counter."
pub(super) const NO_COUNTER: u32 = u32::MAX;

/// Programs longer than this get no tables of first bytes.
const FIRSTS_LIMIT: usize = 1_000;

/// Bytes that code takes for a state at most: an instruction with what is known of it, a set, what is left to emit.
pub(super) const BYTES_A_STATE: usize = 160;

/// One step of the matcher.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inst {
    /// This byte.
    Byte(u8),
    /// A byte of this set.
    Set(u32),
    /// As many bytes of this set as lead to success, most first.
    SetLoop(u32),
    /// Remembers the place in a slot.
    Save(u32),
    /// The beginning of the text.
    Begin,
    /// The end of the text.
    End,
    /// Goes on elsewhere.
    Jump(Pc),
    /// Both sides, the longest result wins.
    Alt { left: Pc, right: Pc },
    /// The body, and only without success the exit.
    Loop { body: Pc, exit: Pc, counter: u32 },
    /// A match.
    Accept,
}

/// What can come next from some instruction on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct First {
    /// Bytes that can be taken next.
    pub(super) bytes: ByteSet,
    /// Whether acceptance can be reached without a byte.
    pub(super) accept: bool,
    /// Whether something only the end of the text allows can be reached without a byte.
    pub(super) at_end: bool,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Inst>,
    pub(super) sets: Vec<ByteSet>,
    /// Two for every group.
    pub(super) slots: usize,
    /// For each instruction the two sides it can go to (left/body, right/exit), if it is a branch and tables exist.
    pub(super) firsts: Vec<[First; 2]>,
    /// Index into `firsts` and rank among the branches, for every instruction (`u32::MAX` if it is no branch).
    pub(super) branch: Vec<u32>,
    pub(super) branches: usize,
    /// For every counter the outermost loop with an empty body around it.
    pub(super) counter_scope: Vec<u32>,
    /// The same for every instruction (0: none).
    pub(super) scope: Vec<u32>,
    /// What a match can begin with.
    pub(super) start: First,
    /// Bytes every match begins with.
    pub(super) prefix: Vec<u8>,
}

/// What is left to emit.
enum Task {
    Emit(NodeId),
    Save(u32),
    /// Emits the rest of an alternation: sides from this index on, and jumps to patch.
    Side {
        alt: NodeId,
        next: usize,
        pending: Option<Pc>,
        jumps: Vec<Pc>,
    },
    /// Closes a `*` loop begun here.
    CloseStar(Pc),
    /// Closes a `+` loop with this body.
    ClosePlus {
        body: Pc,
        counter: u32,
    },
    /// Closes an option begun here.
    CloseOption(Pc),
    /// Ends a scope.
    LeaveScope,
    /// The copies of a repetition that are left.
    Copies {
        node: NodeId,
        min: u32,
        max: Option<u32>,
    },
}

struct Compiler<'t> {
    tree: &'t Tree,
    program: Program,
    tasks: Vec<Task>,
    scope: u32,
    scopes: u32,
}

/// Compiles a tree.
pub(super) fn compile(tree: &Tree) -> Program {
    let program = Program {
        code: Vec::new(),
        sets: Vec::new(),
        slots: (tree.groups as usize + 1) * 2,
        firsts: Vec::new(),
        branch: Vec::new(),
        branches: 0,
        counter_scope: Vec::new(),
        scope: Vec::new(),
        start: First::default(),
        prefix: Vec::new(),
    };
    let mut compiler = Compiler { tree, program, tasks: Vec::new(), scope: 0, scopes: 0 };
    compiler.push(Inst::Save(0));
    compiler.tasks.push(Task::Emit(tree.root));
    while let Some(task) = compiler.tasks.pop() {
        compiler.step(task);
    }
    compiler.push(Inst::Save(1));
    compiler.push(Inst::Accept);
    let mut program = compiler.program;
    program.find_branches();
    program.start = Closure::new(program.code.len()).first(&program, 0);
    program.find_prefix();
    program
}

impl Compiler<'_> {
    fn here(&self) -> Pc {
        self.program.code.len() as Pc
    }

    fn push(&mut self, inst: Inst) -> Pc {
        self.program.code.push(inst);
        self.program.scope.push(self.scope);
        self.here() - 1
    }

    fn set(&mut self, set: ByteSet) -> u32 {
        let sets = &mut self.program.sets;
        // Copies of one bracket stand near each other.
        let known = sets.iter().rev().take(8).position(|old| *old == set);
        match known {
            Some(back) => (sets.len() - 1 - back) as u32,
            None => {
                sets.push(set);
                (sets.len() - 1) as u32
            }
        }
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Emit(id) => self.emit(id),
            Task::Save(slot) => {
                self.push(Inst::Save(slot));
            }
            Task::Side { alt, next, pending, jumps } => self.side(alt, next, pending, jumps),
            Task::CloseStar(pc) => {
                self.push(Inst::Jump(pc));
                self.patch_exit(pc);
            }
            Task::ClosePlus { body, counter } => {
                let exit = self.here() + 1;
                self.push(Inst::Loop { body, exit, counter });
            }
            Task::CloseOption(pc) => self.patch_exit(pc),
            Task::LeaveScope => self.scope = 0,
            Task::Copies { node, min, max } => self.copies(node, min, max),
        }
    }

    fn patch_exit(&mut self, pc: Pc) {
        let here = self.here();
        if let Inst::Loop { exit, .. } = &mut self.program.code[pc as usize] {
            *exit = here;
        }
    }

    fn emit(&mut self, id: NodeId) {
        let tree = self.tree;
        match &tree.nodes[id as usize] {
            Node::Byte(byte) => {
                self.push(Inst::Byte(*byte));
            }
            Node::Set(set) => {
                let set = self.set(*set);
                self.push(Inst::Set(set));
            }
            Node::Begin => {
                self.push(Inst::Begin);
            }
            Node::End => {
                self.push(Inst::End);
            }
            Node::Group(inner, number) => {
                self.push(Inst::Save(number * 2));
                self.tasks.push(Task::Save(number * 2 + 1));
                self.tasks.push(Task::Emit(*inner));
            }
            Node::Cat(items) => self.tasks.extend(items.iter().rev().map(|item| Task::Emit(*item))),
            Node::Alt(_) => {
                self.tasks.push(Task::Side { alt: id, next: 0, pending: None, jumps: Vec::new() })
            }
            Node::Plus(node) => self.plus(*node),
            Node::Repeat { node, min, max } => {
                self.tasks.push(Task::Copies { node: *node, min: *min, max: *max });
            }
        }
    }

    /// Emits one side of an alternation; the last one without a branch before it.
    fn side(&mut self, alt: NodeId, next: usize, pending: Option<Pc>, mut jumps: Vec<Pc>) {
        let tree = self.tree;
        let Node::Alt(sides) = &tree.nodes[alt as usize] else { return };
        if let Some(pc) = pending {
            // The side before has just ended.
            jumps.push(self.push(Inst::Jump(0)));
            let here = self.here();
            if let Inst::Alt { right, .. } = &mut self.program.code[pc as usize] {
                *right = here;
            }
        }
        let Some(side) = sides.get(next) else {
            let here = self.here();
            for pc in jumps {
                self.program.code[pc as usize] = Inst::Jump(here);
            }
            return;
        };
        if next + 1 == sides.len() {
            self.tasks.push(Task::Side { alt, next: next + 1, pending: None, jumps });
            self.tasks.push(Task::Emit(*side));
            return;
        }
        let here = self.here();
        let pc = self.push(Inst::Alt { left: here + 1, right: 0 });
        self.tasks.push(Task::Side { alt, next: next + 1, pending: Some(pc), jumps });
        self.tasks.push(Task::Emit(*side));
    }

    /// A counter for a loop whose body can be empty.
    fn counter(&mut self) -> u32 {
        self.program.counter_scope.push(self.scope);
        (self.program.counter_scope.len() - 1) as u32
    }

    /// Enters a scope if this loop needs a counter and is in none yet.
    fn enter_scope(&mut self) {
        if self.scope == 0 {
            self.scopes += 1;
            self.scope = self.scopes;
            self.tasks.push(Task::LeaveScope);
        }
    }

    /// Emits the next copy of a repeated part and leaves the others for later.
    fn copies(&mut self, node: NodeId, min: u32, max: Option<u32>) {
        if min > 0 {
            self.tasks.push(Task::Copies { node, min: min - 1, max: max.map(|max| max - 1) });
            self.tasks.push(Task::Emit(node));
            return;
        }
        match max {
            Some(0) => {}
            None => self.star(node),
            Some(max) => {
                // A body that can be empty only comes back here inside a loop, which has made the scope.
                let counted = self.tree.nullable[node as usize] && self.scope != 0;
                let counter = if counted { self.counter() } else { NO_COUNTER };
                let here = self.here();
                let pc = self.push(Inst::Loop { body: here + 1, exit: 0, counter });
                self.tasks.push(Task::CloseOption(pc));
                self.tasks.push(Task::Copies { node, min: 0, max: Some(max - 1) });
                self.tasks.push(Task::Emit(node));
            }
        }
    }

    /// The set a part of one byte takes.
    fn single(&self, node: NodeId) -> Option<ByteSet> {
        match &self.tree.nodes[node as usize] {
            Node::Byte(byte) => Some(ByteSet::single(*byte)),
            Node::Set(set) => Some(*set),
            _ => None,
        }
    }

    /// A loop over anything but single bytes; its counter if the body can be empty.
    fn loop_counter(&mut self, node: NodeId) -> u32 {
        if !self.tree.nullable[node as usize] {
            return NO_COUNTER;
        }
        self.enter_scope();
        self.counter()
    }

    fn star(&mut self, node: NodeId) {
        if let Some(set) = self.single(node) {
            let set = self.set(set);
            self.push(Inst::SetLoop(set));
            return;
        }
        let counter = self.loop_counter(node);
        let here = self.here();
        let pc = self.push(Inst::Loop { body: here + 1, exit: 0, counter });
        self.tasks.push(Task::CloseStar(pc));
        self.tasks.push(Task::Emit(node));
    }

    /// The body, then a loop back to that same body.
    fn plus(&mut self, node: NodeId) {
        if let Some(set) = self.single(node) {
            let set = self.set(set);
            self.push(Inst::Set(set));
            self.push(Inst::SetLoop(set));
            return;
        }
        let counter = self.loop_counter(node);
        self.tasks.push(Task::ClosePlus { body: self.here(), counter });
        self.tasks.push(Task::Emit(node));
    }
}

impl Program {
    /// Bytes of its own.
    pub(super) fn bytes_held(&self) -> usize {
        self.code.capacity() * size_of::<Inst>()
            + self.sets.capacity() * size_of::<ByteSet>()
            + self.firsts.capacity() * size_of::<[First; 2]>()
            + (self.branch.capacity() + self.scope.capacity() + self.counter_scope.capacity()) * 4
            + self.prefix.capacity()
    }

    /// Ranks the branches and fills the tables of first bytes.
    fn find_branches(&mut self) {
        self.branch = vec![u32::MAX; self.code.len()];
        let mut closure = Closure::new(self.code.len());
        let tables = self.code.len() <= FIRSTS_LIMIT;
        for pc in 0..self.code.len() {
            let sides = match self.code[pc] {
                Inst::Alt { left, right } => (left, right),
                Inst::Loop { body, exit, .. } => (body, exit),
                Inst::SetLoop(_) => (pc as Pc, pc as Pc + 1),
                _ => continue,
            };
            self.branch[pc] = self.branches as u32;
            self.branches += 1;
            if tables {
                let pair = [closure.first(self, sides.0), closure.first(self, sides.1)];
                self.firsts.push(pair);
            }
        }
    }

    /// Collects the bytes every match begins with.
    fn find_prefix(&mut self) {
        let mut pc = 0;
        while let Some(inst) = self.code.get(pc) {
            match inst {
                Inst::Byte(byte) => self.prefix.push(*byte),
                Inst::Save(_) => {}
                _ => break,
            }
            pc += 1;
        }
    }
}

/// Follows everything reachable without a byte.
struct Closure {
    seen: Vec<u32>,
    round: u32,
    stack: Vec<Pc>,
}

impl Closure {
    fn new(len: usize) -> Closure {
        Closure { seen: vec![0; len], round: 0, stack: Vec::new() }
    }

    fn first(&mut self, program: &Program, from: Pc) -> First {
        let mut first = First::default();
        self.round += 1;
        self.stack.push(from);
        while let Some(pc) = self.stack.pop() {
            let at = pc as usize;
            if self.seen.get(at).is_none_or(|round| *round == self.round) {
                continue;
            }
            self.seen[at] = self.round;
            match program.code[at] {
                Inst::Byte(byte) => first.bytes.insert(byte),
                Inst::Set(set) => first.bytes.union(&program.sets[set as usize]),
                Inst::SetLoop(set) => {
                    first.bytes.union(&program.sets[set as usize]);
                    self.stack.push(pc + 1);
                }
                Inst::Save(_) | Inst::Begin => self.stack.push(pc + 1),
                // What follows can only be empty, which `at_end` stands for.
                Inst::End => first.at_end = true,
                Inst::Jump(to) => self.stack.push(to),
                Inst::Alt { left, right } => self.stack.extend([left, right]),
                Inst::Loop { body, exit, .. } => self.stack.extend([body, exit]),
                Inst::Accept => first.accept = true,
            }
        }
        first
    }
}
