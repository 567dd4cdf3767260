//! `:doc`: the documentation of a builtin or of a function with a `/** … */` comment.
//!
//! In: a value. Out: text, or nothing if it has none. Markdown is shown with its marks of emphasis taken away.

use frazil::stages::syntax::lexer::TokenKind;
use frazil::stages::syntax::{LexemeKind, doc_comment_before, tokens};
use frazil::{Pos, Value, Vm};

/// See the module's text.
pub(super) fn of(vm: &mut Vm, value: Value) -> Option<Vec<u8>> {
    if let Some(id) = value.as_builtin() {
        return Some(builtin(vm, id));
    }
    let (info, pos) = vm.function_info(value)?;
    let name = info.name.map(|name| vm.symbols.resolve(name).to_vec());
    let mut out = match name {
        Some(name) => [b"Function ", &*name, b"\n"].concat(),
        None => b"Function\n".to_vec(),
    };
    out.extend_from_slice("… defined at ".as_bytes());
    out.extend_from_slice(&vm.sources.describe(pos));
    out.extend_from_slice(b"\n\n");
    if let Some(comment) = comment(vm, pos) {
        out.extend_from_slice(plain(&unindented(&comment)).as_bytes());
    }
    Some(out)
}

fn builtin(vm: &Vm, id: u16) -> Vec<u8> {
    let builtin = vm.builtin(id);
    let mut out = format!("Synopsis: builtins.{}", builtin.name);
    for parameter in builtin.parameters {
        out.push(' ');
        out.push_str(parameter);
    }
    out.push_str("\n\n");
    out.push_str(&plain(builtin.doc));
    out.into_bytes()
}

/// The comment before a function, or before the attribute that it is the value of.
fn comment(vm: &mut Vm, pos: Pos) -> Option<String> {
    let (source, offset) = vm.sources.offset_of(pos)?;
    let text = match vm.sources.text(source) {
        Some(text) => text,
        None => match vm.sources.origin(source)? {
            frazil::Origin::File(path) => {
                let path = path.to_vec();
                vm.host.read_file(&path).ok()?.into()
            }
            _ => return None,
        },
    };
    let found = doc_comment_before(&text, offset).or_else(|| {
        let name = attribute_before(text.get(..offset)?)?;
        doc_comment_before(&text, name)
    })?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// Where the attribute path starts whose `=` ends a text.
fn attribute_before(text: &[u8]) -> Option<usize> {
    let lexemes = tokens(text);
    let (last, before) = lexemes.split_last()?;
    if last.kind != LexemeKind::Token(TokenKind::Equal) {
        return None;
    }
    let is_path = |kind| {
        matches!(
            kind,
            LexemeKind::Token(TokenKind::Name | TokenKind::Dot | TokenKind::Or | TokenKind::Quote)
                | LexemeKind::StringText
                | LexemeKind::StringEnd
        )
    };
    before.iter().rev().take_while(|lexeme| is_path(lexeme.kind)).last().map(|lexeme| lexeme.start)
}

/// A comment without the indentation that all its lines share.
fn unindented(comment: &str) -> String {
    let rest = comment.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = rest.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut lines = comment.lines();
    let mut out = lines.next().unwrap_or("").trim().to_string();
    for line in lines {
        out.push('\n');
        out.push_str(line.get(indent..).unwrap_or("").trim_end());
    }
    out.trim().to_string()
}

/// Markdown as plain text.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for line in text.trim().lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        if is_code {
            out.push_str("  ");
            out.push_str(line);
        } else {
            let line = line.trim_start_matches('#').trim_start_matches("**").replace(['`'], "");
            out.push_str(line.strip_prefix(' ').filter(|_| text.contains('#')).unwrap_or(&line));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_lose_their_common_indentation() {
        assert_eq!(
            unindented(" Adds one.\n\n    # Example\n      x\n  "),
            "Adds one.\n\n# Example\n  x"
        );
        assert_eq!(plain("Adds `one`.\n\n```nix\nx\n```"), "Adds one.\n\n  x\n");
    }

    #[test]
    fn attributes_are_found_backwards() {
        assert_eq!(attribute_before(b"{ a.b = "), Some(2));
        assert_eq!(attribute_before(b"{ x = 1; \"a\".b = "), Some(9));
        assert_eq!(attribute_before(b"x: "), None);
    }
}
