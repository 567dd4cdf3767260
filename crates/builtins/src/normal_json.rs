//! JSON text in Nix's normal form: sorted keys, no white space, numbers as Nix writes them.
//!
//! In: a JSON text of an object. Out: the same as one compact text, or the reference's message.
//! Nesting costs heap, not native stack. Not here: values (`json.rs`).

use frazil_text::json::{Event, Reader, push_string};
use frazil_text::number::{push_int, push_json_float};

/// An array or object with the texts of what is in it.
enum Open {
    Array(Vec<u8>),
    Object(Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>),
}

/// See the module's text.
pub(crate) fn normalise(text: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let mut reader = Reader::new(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = Vec::new();
    while let Some(event) = reader.next_event().map_err(|error| error.message().to_vec())? {
        let mut out = Vec::new();
        match event {
            Event::Null => out.extend_from_slice(b"null"),
            Event::Bool(boolean) => {
                out.extend_from_slice(if boolean { b"true" } else { b"false" });
            }
            Event::Int(int) => push_int(&mut out, int),
            Event::Float(float) => push_json_float(&mut out, float),
            Event::Str(text) => quoted(&mut out, text)?,
            Event::BeginArray => {
                open.push(Open::Array(Vec::new()));
                continue;
            }
            Event::BeginObject => {
                open.push(Open::Object(Vec::new(), Vec::new()));
                continue;
            }
            Event::Key(key) => {
                if let Some(Open::Object(_, next)) = open.last_mut() {
                    *next = key.to_vec();
                }
                continue;
            }
            Event::EndArray | Event::EndObject => match open.pop() {
                Some(Open::Array(elements)) => {
                    out.push(b'[');
                    out.extend_from_slice(&elements);
                    out.push(b']');
                }
                Some(Open::Object(members, _)) => object(&mut out, members)?,
                None => {}
            },
        }
        match open.last_mut() {
            Some(Open::Array(elements)) => {
                if !elements.is_empty() {
                    elements.push(b',');
                }
                elements.extend_from_slice(&out);
            }
            Some(Open::Object(members, key)) => members.push((std::mem::take(key), out)),
            None => root = out,
        }
    }
    if root.first() == Some(&b'{') {
        return Ok(root);
    }
    let found = match root.first() {
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    };
    let text = format!("[json.exception.type_error.302] type must be object, but is {found}");
    Err(text.into_bytes())
}

/// Writes an object; of equal names the last counts.
fn object(out: &mut Vec<u8>, mut members: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), Vec<u8>> {
    members.reverse();
    members.sort_by(|a, b| a.0.cmp(&b.0));
    members.dedup_by(|later, first| later.0 == first.0);
    out.push(b'{');
    for (index, (name, text)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        quoted(out, name)?;
        out.push(b':');
        out.extend_from_slice(text);
    }
    out.push(b'}');
    Ok(())
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Vec<u8>> {
    push_string(out, text).map_err(|error| error.to_string().into_bytes())
}
