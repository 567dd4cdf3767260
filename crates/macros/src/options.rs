//! The options in the parentheses of `#[builtin(…)]`.
//!
//! In: tokens. Out: [`Options`], or what is wrong with them.

use proc_macro::{TokenStream, TokenTree};

/// See `builtin`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) cheap: bool,
    pub(crate) global: bool,
    pub(crate) feature: Option<String>,
    /// Literals as written.
    pub(crate) contexts: Option<Vec<String>>,
    pub(crate) order: Option<Vec<usize>>,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Options, String> {
        let mut options = Options::default();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let TokenTree::Ident(key) = token else {
                return Err(format!("expected the name of an option, found `{token}`"));
            };
            let key = key.to_string();
            let mut value = None;
            if matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=') {
                tokens.next();
                value = tokens.next();
            }
            options.set(&key, value)?;
            match tokens.next() {
                None => break,
                Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => {}
                Some(other) => return Err(format!("expected a comma, found `{other}`")),
            }
        }
        if options.name.is_empty() {
            return Err("`name = \"…\"` is missing".into());
        }
        Ok(options)
    }

    fn set(&mut self, key: &str, value: Option<TokenTree>) -> Result<(), String> {
        match (key, value) {
            ("cheap", None) => self.cheap = true,
            ("global", None) => self.global = true,
            ("name", Some(TokenTree::Literal(text))) => self.name = plain(&text.to_string())?,
            ("feature", Some(TokenTree::Literal(text))) => {
                self.feature = Some(plain(&text.to_string())?);
            }
            ("contexts", Some(TokenTree::Group(group))) => {
                self.contexts = Some(elements(group.stream()));
            }
            ("order", Some(TokenTree::Group(group))) => {
                let numbers = elements(group.stream());
                let numbers: Result<Vec<usize>, _> =
                    numbers.iter().map(|number| number.parse()).collect();
                self.order = Some(numbers.map_err(|_| "`order` is a list of numbers")?);
            }
            _ => return Err(format!("`{key}` is not an option of this form")),
        }
        Ok(())
    }
}

/// The text of a string literal without escapes.
fn plain(literal: &str) -> Result<String, String> {
    literal
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|text| !text.contains('\\'))
        .map(str::to_owned)
        .ok_or_else(|| format!("expected a plain string, found {literal}"))
}

fn elements(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .filter(|token| matches!(token, TokenTree::Literal(_)))
        .map(|token| token.to_string())
        .collect()
}
