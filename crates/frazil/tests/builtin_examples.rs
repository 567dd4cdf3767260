//! Every builtin shows an example, and every example evaluates, or asks for an outside that is not there.
//!
//! In: the documentation of the rows of the table. Out: their examples' values, computed without any access to the outside.

use frazil::{ErrorKind, Evaluator, Settings};

/// The Nix blocks of a text.
fn examples(doc: &str) -> Vec<&str> {
    doc.split("```nix\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn examples_of_builtins_evaluate() {
    let features = ["flakes", "fetch-closure", "dynamic-derivations", "ca-derivations"];
    let settings = Settings {
        system: Some(b"x86_64-linux".to_vec()),
        features: features.map(String::from).to_vec(),
        ..Settings::default()
    };
    let rows = Evaluator::new(settings.clone()).vm.builtin_table().to_vec();
    assert!(rows.len() > 100, "the table is there");
    let mut wrong = Vec::new();
    for row in rows {
        let examples = examples(row.doc);
        if examples.is_empty() {
            wrong.push(format!("{} shows no example", row.name));
        }
        for example in examples {
            let mut evaluator = Evaluator::new(settings.clone());
            let value = evaluator.eval_text(example.as_bytes(), b"/");
            let outside = [ErrorKind::Io, ErrorKind::Unsupported];
            if let Err(error) = value.and_then(|value| evaluator.show(value))
                && !outside.contains(&error.kind())
            {
                wrong.push(format!("{}: {}: {error}", row.name, example.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
