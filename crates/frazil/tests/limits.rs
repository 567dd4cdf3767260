//! Every limit ends the evaluation with its own kind of error, which `tryEval` does not catch, and leaves an evaluator that
//! can be used; every long loop of native code notices that it is to end.

use frazil::host::{FileType, Message};
use frazil::{Error, ErrorKind, Evaluator, Host, HostError, Interrupter, Options, Settings};

fn error(settings: Settings, text: &str) -> (Evaluator, Error) {
    let mut evaluator = Evaluator::new(settings);
    let failed = match evaluator.eval_text(text.as_bytes(), b"/") {
        Ok(value) => evaluator.show(value).expect_err(text),
        Err(error) => error,
    };
    (evaluator, failed)
}

fn shown(evaluator: &mut Evaluator, text: &str) -> String {
    let value = evaluator.eval_text(text.as_bytes(), b"/").expect(text);
    String::from_utf8(evaluator.show(value).expect(text)).expect("text")
}

/// The error of a program under a limit, alone and inside of `tryEval`; the evaluator goes on afterwards.
fn ends(settings: &Settings, kind: ErrorKind, text: &str) {
    for text in [text.to_owned(), format!("(builtins.tryEval ({text})).success")] {
        let (mut evaluator, failed) = error(settings.clone(), &text);
        assert_eq!(failed.kind(), kind, "{text}: {failed}");
        assert_eq!(shown(&mut evaluator, "1 + 1"), "2", "after {text}");
        let again = evaluator.eval_text(text.as_bytes(), b"/");
        let again = again.and_then(|value| evaluator.show(value)).expect_err("the limit stands");
        assert_eq!(again.kind(), kind, "{text}, once more");
    }
}

#[test]
fn steps() {
    let settings = Settings { max_steps: Some(20_000), ..Settings::default() };
    ends(
        &settings,
        ErrorKind::StepLimit,
        "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100000)",
    );
    ends(
        &settings,
        ErrorKind::StepLimit,
        "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 40",
    );
    ends(&settings, ErrorKind::StepLimit, "builtins.length (builtins.genList (x: x) 1000000)");
    let (mut evaluator, _) = error(settings, "builtins.length (builtins.genList (x: x) 1000000)");
    // Each evaluation has all of them.
    for _ in 0..20 {
        assert_eq!(
            shown(&mut evaluator, "builtins.length (builtins.genList (x: x) 10000)"),
            "10000"
        );
    }
}

#[test]
fn few_steps_are_counted_exactly() {
    let run = |max_steps| {
        let mut evaluator =
            Evaluator::new(Settings { max_steps: Some(max_steps), ..Settings::default() });
        let text = b"builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100)";
        evaluator.eval_text(text, b"/").map(drop)
    };
    let enough = (0..2000).find(|steps| run(*steps).is_ok()).expect("2000 steps are enough");
    assert!(enough > 100, "{enough}");
    let failed = run(enough - 1).expect_err("one step less is not enough");
    assert_eq!(failed.kind(), ErrorKind::StepLimit);
}

#[test]
fn memory() {
    let settings = Settings { max_heap: Some(16 << 20), ..Settings::default() };
    ends(
        &settings,
        ErrorKind::HeapLimit,
        "let f = n: s: if n == 0 then builtins.stringLength s else f (n - 1) (s + s); in f 40 \"x\"",
    );
    ends(
        &settings,
        ErrorKind::HeapLimit,
        "let f = n: l: if n == 0 then builtins.length l else f (n - 1) (l ++ l); in f 40 [ 1 ]",
    );
    ends(&settings, ErrorKind::HeapLimit, "builtins.length (builtins.genList (x: x) 10000000)");
}

#[test]
fn nested_calls() {
    let settings = Settings { max_call_depth: 100, ..Settings::default() };
    ends(&settings, ErrorKind::CallDepth, "let f = n: 1 + f (n + 1); in f 0");
}

#[test]
fn output() {
    let settings = Settings { max_output: Some(10_000), ..Settings::default() };
    ends(
        &settings,
        ErrorKind::SizeLimit,
        "builtins.trace (builtins.genList (x: 12345678) 10000) 1",
    );
    ends(
        &settings,
        ErrorKind::SizeLimit,
        "builtins.foldl' (a: b: builtins.trace \"0123456789\" (a + b)) 0 (builtins.genList (x: x) 10000)",
    );
    let (mut evaluator, failed) = error(settings, "builtins.genList (x: 12345678) 10000");
    assert_eq!(failed.kind(), ErrorKind::SizeLimit);
    assert_eq!(shown(&mut evaluator, "1 + 1"), "2");
}

/// Files `/0`, `/1`, …, each of which imports the next.
struct Chain;

impl Host for Chain {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        let number = std::str::from_utf8(&path[1..]).ok().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or(HostError::NotFound)?;
        Ok(format!("1 + import /{}", number + 1).into_bytes())
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Err(HostError::NotFound)
    }
    fn file_type(&mut self, _: &[u8]) -> Result<Option<FileType>, HostError> {
        Ok(Some(FileType::Regular { executable: false }))
    }
    fn read_link(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn env(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn now(&mut self) -> i64 {
        0
    }
    fn message(&mut self, _: Message, _: &[u8]) {}
    fn is_valid_path(&mut self, _: &[u8]) -> bool {
        false
    }
}

#[test]
fn imports() {
    let settings = Settings { max_imports: Some(50), ..Settings::default() };
    let mut evaluator = Evaluator::with_host(settings, Box::new(Chain), Options::default());
    for text in ["import /0", "(builtins.tryEval (import /0)).success"] {
        let failed = evaluator.eval_text(text.as_bytes(), b"/").expect_err("too many");
        assert_eq!(failed.kind(), ErrorKind::SizeLimit, "{failed}");
    }
    assert_eq!(shown(&mut evaluator, "1 + 1"), "2");
}

/// Cancels what it is part of as soon as something is traced.
struct Trigger(Interrupter);

impl Host for Trigger {
    fn read_file(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Err(HostError::NotFound)
    }
    fn file_type(&mut self, _: &[u8]) -> Result<Option<FileType>, HostError> {
        Ok(None)
    }
    fn read_link(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }
    fn env(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn now(&mut self) -> i64 {
        0
    }
    fn message(&mut self, _: Message, _: &[u8]) {
        self.0.cancel();
    }
    fn is_valid_path(&mut self, _: &[u8]) -> bool {
        false
    }
}

/// Programs that take hours, or more memory than there is, in one step of native code; what they need is made beforehand.
const LONG: [(&str, &str); 12] = [
    ("null", "builtins.length (builtins.genList (x: x) 2000000000)"),
    (
        "builtins.genList (x: x) 1000",
        "builtins.concatLists (map (x: builtins.genList (x: x) 1000000) it)",
    ),
    (
        "builtins.concatStringsSep \"\" (builtins.genList (x: \"x\") 100000)",
        "builtins.split \"(x*)*y\" it",
    ),
    (
        "{ from = builtins.genList (i: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx${toString i}\") 20000; text = builtins.concatStringsSep \"\" (builtins.genList (x: \"x\") 200000); }",
        "builtins.replaceStrings it.from it.from it.text",
    ),
    (
        "let f = n: if n == 0 then [ ] else let x = f (n - 1); in [ x x ]; in f 45",
        "builtins.toJSON it",
    ),
    (
        "let f = n: if n == 0 then [ ] else let x = f (n - 1); in [ x x ]; in f 45",
        "builtins.toXML it",
    ),
    (
        "let f = n: if n == 0 then [ ] else let x = f (n - 1); in [ x x ]; in [ (f 45) (f 45) ]",
        "builtins.elemAt it 0 == builtins.elemAt it 1",
    ),
    (
        "let f = n: if n == 0 then [ ] else let x = f (n - 1); in [ x x ]; in [ (f 45) (f 45) ]",
        "builtins.elemAt it 0 < builtins.elemAt it 1",
    ),
    ("let f = n: if n == 0 then [ ] else let x = f (n - 1); in [ x x ]; in f 45", "toString it"),
    (
        "{ key = 1; }",
        "builtins.genericClosure { startSet = [ it ]; operator = x: [ { key = x.key + 1; } ]; }",
    ),
    (
        "null",
        "let f = x: f (x + 1); g = x: if x > 5000 then g 0 else g (x + 1); in builtins.foldl' (a: b: builtins.foldl' (a: b: b) 0 (builtins.genList (x: x) 1000000)) 0 (builtins.genList (x: x) 1000000)",
    ),
    ("builtins.genList (x: x) 100000", "builtins.sort (a: b: builtins.deepSeq it (a < b)) it"),
];

#[test]
fn native_loops_are_ended() {
    for (before, program) in LONG {
        let settings = Settings::default();
        let trigger = Trigger(settings.interrupter.clone());
        let mut evaluator = Evaluator::with_host(settings, Box::new(trigger), Options::default());
        let text = format!(
            "let it = {before}; in builtins.deepSeq it (builtins.trace \"go\" ({program}))"
        );
        let failed = evaluator.eval_text(text.as_bytes(), b"/").map(drop).expect_err(program);
        assert_eq!(failed.kind(), ErrorKind::Cancelled, "{program}: {failed}");
        evaluator.vm.interrupter().reset();
        assert_eq!(shown(&mut evaluator, "1 + 1"), "2", "after {program}");
    }
}

#[test]
fn another_thread_ends_an_evaluation() {
    for reason in [ErrorKind::Cancelled, ErrorKind::Timeout] {
        let mut evaluator = Evaluator::new(Settings::default());
        let interrupter = evaluator.vm.interrupter();
        let text = "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 100";
        let running = std::thread::spawn(move || {
            let failed = evaluator.eval_text(text.as_bytes(), b"/").map(drop).expect_err("endless");
            (evaluator, failed)
        });
        match reason {
            ErrorKind::Timeout => interrupter.time_out(),
            _ => interrupter.cancel(),
        }
        let (mut evaluator, failed) = running.join().expect("no panic");
        assert_eq!(failed.kind(), reason);
        interrupter.reset();
        assert_eq!(shown(&mut evaluator, "1 + 1"), "2");
    }
}
