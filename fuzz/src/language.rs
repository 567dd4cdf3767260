//! Targets of the language: texts that are parsed, and programs that are evaluated under all limits.

use frazil::{Error, ErrorKind, Evaluator, Options, Settings};
use frazil_base::{Interner, Pos};
use frazil_syntax::{ParseOptions, show, show_tree};

/// A text is read without a panic; if it is a program, what is printed of it is the same program.
pub(crate) fn parse(bytes: &[u8]) {
    let mut symbols = Interner::new();
    let options = ParseOptions { pipe_operators: true, ..ParseOptions::default() };
    let parsed = frazil_syntax::parse(bytes, Pos(1), &mut symbols, &options);
    let tree = show_tree(&parsed.ast, parsed.root, Pos(1), &symbols);
    assert!(!tree.is_empty() || !parsed.errors.is_empty());
    if !parsed.errors.is_empty() {
        return;
    }
    let printed = show(&parsed.ast, parsed.root, &symbols);
    let again = frazil_syntax::parse(&printed, Pos(1), &mut symbols, &options);
    // Nix's own printing of paths and floats cannot always be read again, so only texts that can are compared; what it prints
    // of a selection with a default that is called is read as another program, which may be no program printed again.
    let twice = show(&again.ast, again.root, &symbols);
    let third = frazil_syntax::parse(&twice, Pos(1), &mut symbols, &options);
    if again.errors.is_empty() && !printed.windows(4).any(|word| word == b" or ") {
        assert!(third.errors.is_empty(), "{}", String::from_utf8_lossy(&twice));
        assert_eq!(show(&third.ast, third.root, &symbols), twice);
    }
}

fn limits() -> Settings {
    Settings {
        max_steps: Some(20_000),
        max_heap: Some(16 << 20),
        max_output: Some(1 << 20),
        max_imports: Some(10),
        max_call_depth: 300,
        features: ["flakes", "pipe-operators", "ca-derivations", "dynamic-derivations"]
            .map(String::from)
            .to_vec(),
        ..Settings::default()
    }
}

/// What a program comes to with everything in it forced, or its error.
fn answer(evaluator: &mut Evaluator, text: &[u8]) -> Result<Vec<u8>, Error> {
    let text = [b"builtins.deepSeq (", text, b"\n) (", text, b"\n)"].concat();
    let value = evaluator.eval_text(&text, b"/")?;
    evaluator.show(value)
}

/// A text is evaluated without a panic within its limits, and the evaluator can be used afterwards.
pub(crate) fn eval(bytes: &[u8]) {
    let mut evaluator = Evaluator::new(limits());
    let shown = evaluator.eval_text(bytes, b"/").and_then(|value| evaluator.show(value));
    if let Err(error) = &shown {
        // `throw ""` says nothing; whatever we say ourselves is a message.
        assert!(error.kind() == ErrorKind::Thrown || !error.message().is_empty());
    }
    let after = evaluator.eval_text(b"1 + 1", b"/").and_then(|value| evaluator.show(value));
    match after {
        Ok(two) => assert_eq!(two, b"2"),
        // What names and code hold stays.
        Err(error) => assert_eq!(error.kind(), ErrorKind::HeapLimit),
    }
}

/// A program made by the generator; the bytes are its decisions.
pub(crate) fn generated(bytes: &[u8]) {
    eval(xtask::compare::generated(bytes).as_bytes());
}

/// A generated program comes to the same with a collection at every step and without optimisation.
pub(crate) fn regimes(bytes: &[u8]) {
    let text = xtask::compare::generated(bytes);
    let run = |gc_stress, optimise| {
        let settings = Settings { gc_stress, max_heap: None, ..limits() };
        let options = Options { optimise, ..Options::default() };
        let host = Box::new(frazil::host::NoHost);
        let answer = answer(&mut Evaluator::with_host(settings, host, options), text.as_bytes());
        // Messages may show values, and those as far as they happen to be computed.
        answer.map_err(|error| error.kind())
    };
    let (plain, stressed) = (run(false, true), run(true, false));
    let ended = |answer: &Result<Vec<u8>, ErrorKind>| {
        answer.as_ref().is_err_and(|kind| kind.is_transient())
    };
    // Of lists, optimised code shares more than Nix: the command line starts again without when it shows that.
    let shares = |answer: &Result<Vec<u8>, ErrorKind>| {
        let repeated = "«repeated»".as_bytes();
        answer.as_ref().is_ok_and(|text| text.windows(repeated.len()).any(|part| part == repeated))
    };
    if !ended(&plain) && !ended(&stressed) && !shares(&plain) && !shares(&stressed) {
        assert_eq!(plain, stressed, "{text}");
    }
}

/// A generated program comes to the same in a reference: the command in `FRAZIL_FUZZ_REFERENCE`, which takes `nix-instantiate …`
/// as its arguments. Without that nothing is done.
#[allow(clippy::disallowed_methods, reason = "a reference is a program outside")]
pub(crate) fn differential(bytes: &[u8]) {
    let Some(reference) = std::env::var_os("FRAZIL_FUZZ_REFERENCE") else { return };
    let text = xtask::compare::generated(bytes);
    let Ok(ours) = answer(&mut Evaluator::new(limits()), text.as_bytes()) else { return };
    let mut call = xtask::process::Call::new(&reference.to_string_lossy(), &std::env::temp_dir())
        .args(["nix-instantiate", "--eval", "--strict", "-E", &text]);
    call.env = xtask::binary::environment(&std::env::temp_dir());
    let theirs = call.run().expect("the reference starts");
    if theirs.success() && !ours.contains(&0xab) {
        let theirs = theirs.stdout.strip_suffix(b"\n").unwrap_or(&theirs.stdout);
        assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(theirs), "{text}");
    }
}
