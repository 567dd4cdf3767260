//! How far what an error points at reaches, and what it is called: found by parsing the text once more.
//!
//! In: positions, and a way to get the texts of files. Out: extents and names of bindings. Errors carry one position each; this
//! is done only when one is shown. Not here: how it is shown (`report.rs`).

use frazil_base::{Interner, Origin, Pos, SourceId, SourceMap, Span, Text};
use frazil_syntax::ast::{Expr, ExprId};
use frazil_syntax::{Parse, ParseOptions, parse, tokens};
use std::collections::HashMap;

/// Gets the text of a file.
pub type Fetch<'a> = dyn FnMut(&[u8]) -> Option<Vec<u8>> + 'a;

/// Texts and trees of the sources that an error names, got and made once each.
#[derive(Default)]
pub struct Trees {
    texts: HashMap<SourceId, Option<Text>>,
    trees: HashMap<SourceId, (Parse, Interner)>,
}

/// Texts longer than this are not parsed again.
const LONGEST: usize = 4 << 20;

impl Trees {
    /// The text of a source.
    pub fn text(&mut self, sources: &SourceMap, id: SourceId, fetch: &mut Fetch) -> Option<Text> {
        if let Some(text) = sources.text(id) {
            return Some(text);
        }
        let fetched = self.texts.entry(id).or_insert_with(|| match sources.origin(id)? {
            Origin::File(path) => fetch(path).map(Text::from),
            _ => None,
        });
        fetched.clone()
    }

    /// What stands at a position: the whole expression if it is one, else one token. Nothing where there is no text.
    pub fn extent(&mut self, sources: &SourceMap, pos: Pos, fetch: &mut Fetch) -> Option<Span> {
        let (id, offset) = sources.offset_of(pos)?;
        let text = self.text(sources, id, fetch).filter(|text| text.len() <= LONGEST)?;
        let (tree, _) = self.tree(sources, id, &text);
        let ids = (0..tree.ast.len()).filter_map(|index| u32::try_from(index).ok()).map(ExprId);
        let here = ids.filter(|id| tree.ast.pos(*id) == pos && is_shown_whole(tree.ast.expr(*id)));
        let widest = here.map(|id| tree.ast.span(id)).max_by_key(|span| (span.end, span.start));
        widest.map(|span| without_parentheses(&text, span, offset, pos)).or_else(|| {
            let lexeme = tokens(&text).into_iter().find(|lexeme| lexeme.start == offset)?;
            Some(Span { start: pos, end: pos.offset(lexeme.end - lexeme.start) })
        })
    }

    /// The name of the binding whose value stands at a position, and where that binding is.
    pub fn binding(
        &mut self,
        sources: &SourceMap,
        pos: Pos,
        fetch: &mut Fetch,
    ) -> Option<(Vec<u8>, Pos)> {
        let (id, _) = sources.offset_of(pos)?;
        let text = self.text(sources, id, fetch).filter(|text| text.len() <= LONGEST)?;
        let (tree, names) = self.tree(sources, id, &text);
        let ast = &tree.ast;
        let is_here = |value: ExprId| ast.pos(value) == pos || ast.span(value).start == pos;
        let found = ast.all_bindings().iter().find(|binding| is_here(binding.value))?;
        Some((names.resolve(found.name).to_vec(), found.pos))
    }

    fn tree(&mut self, sources: &SourceMap, id: SourceId, text: &[u8]) -> &(Parse, Interner) {
        self.trees.entry(id).or_insert_with(|| {
            let mut names = Interner::new();
            // Features only make more texts right.
            let options = ParseOptions {
                base_dir: b"/".to_vec(),
                home: Some(b"/".to_vec()),
                pipe_operators: true,
                ..ParseOptions::default()
            };
            let tree = parse(text, sources.base(id), &mut names, &options);
            (tree, names)
        })
    }
}

/// An extent without the parentheses around it, unless they are what stands at the position.
fn without_parentheses(text: &[u8], span: Span, offset: usize, pos: Pos) -> Span {
    let before = (pos.0 - span.start.0) as usize;
    let (mut start, mut end) =
        (offset - before.min(offset), offset + (span.end.0 - pos.0) as usize);
    while start < offset && text.get(start) == Some(&b'(') && text.get(end - 1) == Some(&b')') {
        (start, end) = (start + 1, end - 1);
    }
    let taken = start - (offset - before.min(offset));
    Span { start: span.start.offset(taken), end: pos.offset(end - offset) }
}

/// Whether all of an expression is meant by its start. Where it begins with a keyword or an argument, only that is.
fn is_shown_whole(expr: Expr) -> bool {
    !matches!(
        expr,
        Expr::Error
            | Expr::Lambda(_)
            | Expr::Let { .. }
            | Expr::LegacyLet(_)
            | Expr::With { .. }
            | Expr::If { .. }
            | Expr::Assert { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(text: &str, offset: usize) -> String {
        let mut sources = SourceMap::new();
        let id = sources.add(Origin::String, text.as_bytes().into()).expect("room");
        let base = sources.base(id);
        let span = Trees::default()
            .extent(&sources, base.offset(offset), &mut |_| None)
            .expect("something stands there");
        let at = |pos| sources.offset_of(pos).expect("inside").1;
        let end = if span.end == base.offset(text.len()) { text.len() } else { at(span.end) };
        text[at(span.start)..end].to_string()
    }

    #[test]
    fn expressions_are_meant_whole_and_keywords_alone() {
        assert_eq!(extent("f (a.b.c) 1", 3), "a.b.c");
        assert_eq!(extent("f (a.b.c) 1", 0), "f (a.b.c) 1");
        assert_eq!(extent("1 + (2 * x)", 7), "2 * x");
        assert_eq!(extent("(((throw 1)))", 3), "throw 1");
        assert_eq!(extent("if a then b else c", 0), "if");
        assert_eq!(extent("{ abc = 1; }", 2), "abc");
    }

    #[test]
    fn values_have_the_names_of_their_bindings() {
        let mut sources = SourceMap::new();
        let id =
            sources.add(Origin::String, b"let a = b + 1; b = (x); in a"[..].into()).expect("room");
        let base = sources.base(id);
        let name = |offset| {
            let mut trees = Trees::default();
            trees.binding(&sources, base.offset(offset), &mut |_| None).map(|(name, _)| name)
        };
        assert_eq!(name(8), Some(b"a".to_vec()));
        assert_eq!(name(10), Some(b"a".to_vec()));
        assert_eq!(name(19), Some(b"b".to_vec()));
        assert_eq!(name(0), None);
    }
}
