//! TOML: `fromTOML`.
//!
//! In: a text. Out: the value of its table. Nothing is forced, so it is one step; nesting costs a stack on the heap.
//! Not here: the text format (`frazil_text::toml`).

use crate::args::{PlainStr, fail};
use crate::bounds::Bounds;
use frazil_base::{Symbol, sym};
use frazil_eval::{Answer, Builtin, Error, ErrorKind, Held, Value, Vm};
use frazil_macros::builtin;
use frazil_text::nul;
use frazil_text::toml::{self, Document, Node, NodeId};

pub(crate) const ROWS: &[Builtin] = &[FROM_TOML];

/// The value that a TOML text stands for.
///
/// ```nix
/// builtins.fromTOML ''
///   x = 1
///   [table]
///   y = "a"
/// ''
/// ```
#[builtin(name = "fromTOML", global, contexts = ["while evaluating the argument passed to builtins.fromTOML"])]
fn from_toml(vm: &mut Vm, text: PlainStr) -> Answer {
    let mut bounds = Bounds::new(vm);
    let parsed = toml::parse_while(text.bytes(vm), &mut |steps, held| bounds.go_on(steps, held));
    let _charged = bounds.end(vm)?;
    let document = match parsed {
        Ok(document) => document,
        Err(error) => {
            return fail(ErrorKind::Eval, format!("while parsing TOML: {error}"));
        }
    };
    if document.has_timestamp() && !vm.has_feature("parse-toml-timestamps") {
        return fail(ErrorKind::Eval, "while parsing TOML: Dates and times are not supported");
    }
    if let Some(text) = document.text_with_nul() {
        let message = [b"while parsing TOML: error: ", &*nul::message(text)].concat();
        return fail(ErrorKind::Eval, message);
    }
    build(vm, &document)
}

/// A table or array whose children are being built.
struct Open {
    children: Held<(Symbol, NodeId)>,
    built: Held<Value>,
    is_table: bool,
}

fn build(vm: &mut Vm, document: &Document) -> Answer {
    let mut open: Held<Open> = Held::new();
    let mut next = Some(document.root());
    loop {
        let mut value = None;
        if let Some(id) = next.take() {
            vm.work(1)?;
            match document.node(id) {
                Some(Node::Array(children)) => {
                    let mut unnamed = Held::new();
                    unnamed.extend(vm, children.iter().map(|id| (sym::EMPTY, *id)))?;
                    open.push(vm, Open { children: unnamed, built: Held::new(), is_table: false })?;
                }
                Some(Node::Table(children)) => {
                    let mut named = Held::with_capacity(vm, children.len())?;
                    for (name, id) in children {
                        vm.work(1)?;
                        let name = vm.symbols.intern(name);
                        named.push(vm, (name, *id))?;
                    }
                    open.push(vm, Open { children: named, built: Held::new(), is_table: true })?;
                }
                Some(node) => value = Some(scalar(vm, node)?),
                None => value = Some(Value::NULL),
            }
        }
        loop {
            let Some(top) = open.last_mut() else { return Ok(value.unwrap_or(Value::NULL)) };
            if let Some(value) = value.take() {
                top.built.push(vm, value)?;
            }
            if let Some((_, id)) = top.children.get(top.built.len()) {
                next = Some(*id);
                break;
            }
            let Some(done) = open.pop() else { return Ok(Value::NULL) };
            value = Some(if done.is_table {
                let names = done.children.iter().map(|child| child.0);
                vm.make_many_attrs(names.zip(done.built.iter().copied()).collect())?
            } else {
                vm.long_list(&done.built)?
            });
        }
    }
}

fn scalar(vm: &mut Vm, node: &Node) -> Result<Value, Error> {
    Ok(match node {
        Node::Bool(boolean) => Value::bool(*boolean),
        Node::Int(int) => vm.heap.int(*int),
        Node::Float(float) => vm.heap.float(*float),
        Node::Str(bytes) => vm.long_string(bytes, 0)?,
        Node::Timestamp(text) => {
            let kind = vm.heap.string(b"timestamp", 0);
            let text = vm.heap.string(text, 0);
            vm.make_attrs(vec![(sym::PRIVATE_TYPE, kind), (sym::VALUE, text)])
        }
        Node::Array(_) | Node::Table(_) => Value::NULL,
    })
}
