//! The same for whatever builtins there are, with paths outside in every place of a call.

use super::{FEATURES, FORMS, LINKS, LOOKUPS, Outcome, is_granted, run};
use frazil::{Evaluator, Settings};

/// Whatever builtin there is, called with a path outside in any place, asks for nothing there: also one that is added without being
/// named here.
#[test]
fn no_builtin_at_all_looks_outside() {
    let settings =
        Settings { features: FEATURES.map(String::from).to_vec(), ..Settings::default() };
    let rows = Evaluator::new(settings).vm.builtin_table().to_vec();
    assert!(rows.len() > 100);
    let forms = ["literal", "string", "dots added", "link to a folder by a string", "lookup"];
    let forms = FORMS.into_iter().chain(LOOKUPS).filter(|form| forms.contains(&form.0));
    let paths: Vec<String> = forms
        .map(|form| form.1.replace('@', "/secret"))
        .chain(LINKS.map(|link| link.1.into()))
        .collect();
    assert_eq!(paths.len(), 8);
    let values = [
        "PATH",
        "[ PATH ]",
        "{ path = PATH; url = PATH; name = \"x\"; system = \"x\"; builder = PATH; args = [ PATH ]; fromStore = PATH; fromPath = PATH; type = \"path\"; }",
        "[ { key = PATH; prefix = \"secret\"; path = PATH; name = \"a\"; value = PATH; } ]",
        "\"path:${toString PATH}\"",
    ];
    let others = ["(x: x)", "(a: b: true)", "[ ]", "{ x = 1; }", "\"sha256\""];
    for row in rows {
        let arity = usize::from(row.arity);
        for (place, value) in (0..arity).flat_map(|at| values.map(|value| (at, value))) {
            for way in 0..others.len().pow(arity.saturating_sub(1) as u32) {
                let mut call = format!("builtins.{}", row.name);
                let mut left = way;
                for argument in 0..arity {
                    let other = others[left % others.len()];
                    left /= if argument == place { 1 } else { others.len() };
                    call = format!("{call} ({})", if argument == place { value } else { other });
                }
                let path = &paths[(way + place) % paths.len()];
                let each = if arity < 3 { &paths[..] } else { std::slice::from_ref(path) };
                for path in each {
                    let call = call.replace("PATH", path);
                    let text = format!("let it = {call}; in builtins.deepSeq it it");
                    for restricted in [false, true] {
                        let Outcome { result, seen } = run(restricted, &text);
                        for path in seen.iter().filter(|path| path.starts_with('/')) {
                            assert!(is_granted(path), "{text}: asked for {path}");
                        }
                        let told = result.unwrap_or_else(|(_, told)| told);
                        assert!(!told.contains("SECRET"), "{text}: {told}");
                    }
                }
            }
        }
    }
}
