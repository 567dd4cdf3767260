//! `#[builtin]`: turns a Rust function into a row of the table of builtins.
//!
//! In: a function `fn head(vm: &mut Vm, list: List) -> Answer` with doc comments. Out: the same function and
//! `pub(crate) const HEAD: Builtin`, whose `run` forces and checks the arguments in Nix's order before it calls the function.
//! The generated code names `crate::args::{take, FromArgument, wrong_count}`, so it works only in `frazil-builtins`.
//! Not here: what the parameter types accept (`args.rs` there). Tokens are read by hand: the form is small.
#![forbid(unsafe_code)]

mod item;
mod options;

use proc_macro::TokenStream;

/// Declares a builtin; see the crate's text. Options:
///
/// - `name = "…"`: its name in `builtins` (required),
/// - `cheap`: total on values at hand, so that it may be done instead of suspended,
/// - `global`: also global under its own name (all are global as `__name`),
/// - `feature = "…"`: exists only with this experimental feature,
/// - `contexts = ["…", …]`: the trace line of each argument, instead of
///   `while evaluating the first argument passed to builtins.name`,
/// - `order = [1, 0]`: the order in which arguments are forced and checked, if not from left to right.
#[proc_macro_attribute]
pub fn builtin(options: TokenStream, item: TokenStream) -> TokenStream {
    let result = options::Options::parse(options)
        .and_then(|options| item::Function::parse(item.clone()).map(|function| (options, function)))
        .and_then(|(options, function)| emit(&options, &function));
    match result {
        Ok(row) => {
            let mut all = item;
            all.extend(row);
            all
        }
        Err(text) => format!("::core::compile_error!({text:?});")
            .parse()
            .expect("a macro call with a string literal"),
    }
}

const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];

fn emit(options: &options::Options, function: &item::Function) -> Result<TokenStream, String> {
    let count = function.parameters.len();
    if count > 3 {
        return Err("a builtin has at most three arguments".into());
    }
    let order: Vec<usize> = match &options.order {
        Some(order) => {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            if sorted != (0..count).collect::<Vec<_>>() {
                return Err("`order` must name every argument once".into());
            }
            order.clone()
        }
        None => (0..count).collect(),
    };
    let contexts: Vec<String> = match &options.contexts {
        Some(contexts) if contexts.len() == count => contexts.clone(),
        Some(_) => return Err("`contexts` must have a text for every argument".into()),
        None => ORDINALS[..count]
            .iter()
            .map(|ordinal| {
                format!(
                    "{:?}",
                    format!(
                        "while evaluating the {ordinal} argument passed to builtins.{}",
                        options.name
                    )
                )
            })
            .collect(),
    };
    let name = &function.name;
    let row = name.to_uppercase();
    let slots: String = (0..count).map(|index| format!("a{index},")).collect();
    let mut takes = String::new();
    for index in &order {
        let (ty, context) = (&function.parameters[*index].1, &contexts[*index]);
        takes += &format!("let a{index} = crate::args::take::<{ty}>(vm, a{index}, {context})?;");
    }
    // What stands behind an argument that may be refused is not in the mask: `run` forces it, after that check.
    let mut strict = String::from("0");
    let mut before = String::from("true");
    for index in &order {
        let ty = &function.parameters[*index].1;
        let is_strict = format!("<{ty} as crate::args::FromArgument>::STRICT");
        strict += &format!(" | (({before} && {is_strict}) as u8) << {index}");
        before += &format!(" && !<{ty} as crate::args::FromArgument>::REFUSES");
    }
    let parameters: String =
        function.parameters.iter().map(|(name, _)| format!("{name:?},")).collect();
    let trace_lines: String = function
        .parameters
        .iter()
        .zip(&contexts)
        .map(|((_, ty), context)| {
            format!("if <{ty} as crate::args::FromArgument>::FORCED_IN_CONTEXT {{ {context} }} else {{ \"\" }},")
        })
        .collect();
    let feature = match &options.feature {
        Some(feature) => format!("::core::option::Option::Some({feature:?})"),
        None => "::core::option::Option::None".into(),
    };
    let text = format!(
        "#[doc = \"The row of `builtins.{plain}`.\"]
        pub(crate) const {row}: ::frazil_eval::Builtin = {{
            fn run(vm: &mut ::frazil_eval::Vm, arguments: &[::frazil_eval::Value]) -> ::frazil_eval::Answer {{
                let &[{slots}] = arguments else {{ return crate::args::wrong_count(vm) }};
                {takes}
                {name}(vm, {slots})
            }}
            ::frazil_eval::Builtin {{
                name: {plain:?},
                arity: {count},
                strict: {strict},
                cheap: {cheap},
                global: {global},
                feature: {feature},
                parameters: &[{parameters}],
                contexts: &[{trace_lines}],
                doc: ::core::concat!({doc}),
                run,
            }}
        }};",
        plain = options.name,
        cheap = options.cheap,
        global = options.global,
        doc = function.doc.iter().map(|line| format!("{line}, \"\\n\",")).collect::<String>(),
    );
    text.parse().map_err(|error| format!("the generated row is not Rust: {error}"))
}
