//! The function below `#[builtin]`: its documentation, name and parameters.
//!
//! In: the tokens of a function item. Out: [`Function`]. The body is not looked at.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// A function as the row needs it.
pub(crate) struct Function {
    pub(crate) name: String,
    /// Names and types, without the machine.
    pub(crate) parameters: Vec<(String, String)>,
    /// Literals, one for each line of documentation.
    pub(crate) doc: Vec<String>,
}

impl Function {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Function, String> {
        let mut doc = Vec::new();
        let mut name = None;
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    if let Some(TokenTree::Group(attribute)) = tokens.next() {
                        doc.extend(doc_line(attribute.stream()));
                    }
                }
                TokenTree::Ident(ident) if ident.to_string() == "fn" => {
                    name = tokens.next().map(|name| name.to_string());
                }
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Parenthesis && name.is_some() =>
                {
                    let name = name.take().unwrap_or_default();
                    if doc.is_empty() {
                        return Err(format!("`{name}` needs a doc comment"));
                    }
                    return Ok(Function { name, parameters: parameters(&group)?, doc });
                }
                _ => {}
            }
        }
        Err("`#[builtin]` stands before a function".into())
    }
}

/// The literal of `doc = "…"`, without the space that follows `///`.
fn doc_line(attribute: TokenStream) -> Option<String> {
    let mut tokens = attribute.into_iter();
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(key)), Some(_), Some(TokenTree::Literal(text)))
            if key.to_string() == "doc" =>
        {
            Some(text.to_string().replacen("\" ", "\"", 1))
        }
        _ => None,
    }
}

fn parameters(group: &Group) -> Result<Vec<(String, String)>, String> {
    let mut all: Vec<Vec<TokenTree>> = vec![Vec::new()];
    let mut depth = 0i32;
    for token in group.stream() {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth -= 1,
                ',' if depth == 0 => {
                    all.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        all.last_mut().expect("one from the start").push(token);
    }
    all.retain(|parameter| !parameter.is_empty());
    if all.is_empty() {
        return Err("the first parameter is `vm: &mut Vm`".into());
    }
    all.drain(1..)
        .map(|tokens| {
            let colon = tokens
                .iter()
                .position(
                    |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':'),
                )
                .filter(|colon| *colon > 0)
                .ok_or("a parameter is `name: Type`")?;
            let name = tokens[colon - 1].to_string();
            let ty: TokenStream = tokens[colon + 1..].iter().cloned().collect();
            Ok((name.trim_start_matches('_').to_owned(), ty.to_string()))
        })
        .collect()
}
