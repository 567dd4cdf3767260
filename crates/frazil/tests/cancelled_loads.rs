//! An evaluation that is cancelled while a large file is read, parsed and resolved ends in the middle of that.
//!
//! Time says nothing in a test: what is counted is how often the evaluation looked whether it is to end.

use frazil::host::{FileType, Message};
use frazil::{ErrorKind, Evaluator, Host, HostError, Interrupter, Options, Settings};

/// Has one large file, and cancels when it is read if that is wanted.
struct OneFile {
    text: Vec<u8>,
    cancel: Option<Interrupter>,
}

impl Host for OneFile {
    fn read_file(&mut self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        if let Some(interrupter) = &self.cancel {
            interrupter.cancel();
        }
        Ok(self.text.clone())
    }
    fn read_dir(&mut self, _: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        Ok(Vec::new())
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

/// Imports a file; how that ended, and how often it was looked whether to go on.
fn import(text: &str, cancel: bool) -> (Option<ErrorKind>, u64) {
    let interrupter = Interrupter::default();
    let settings = Settings { interrupter: interrupter.clone(), ..Settings::default() };
    let host = OneFile { text: text.into(), cancel: cancel.then(|| interrupter.clone()) };
    let mut evaluator = Evaluator::with_host(settings, Box::new(host), Options::default());
    let value = evaluator.eval_text(b"import /file.nix", b"/");
    (value.err().map(|error| error.kind()), interrupter.looks())
}

#[test]
fn a_large_file_is_left_in_the_middle() {
    let texts = [
        format!("x: [{}]", " x".repeat(200_000)),
        format!("x: {{ {} }}", (0..20_000).map(|n| format!("a{n} = [ x ];")).collect::<String>()),
        format!("x: \"{}\"", "text ".repeat(2_000_000)),
    ];
    for text in &texts {
        let (ended, all) = import(text, false);
        assert_eq!(ended, None);
        let (ended, looks) = import(text, true);
        assert_eq!(ended, Some(ErrorKind::Cancelled));
        assert!(looks + 20 < all, "it looked {looks} times, {all} times without an end");
    }
}

#[test]
fn the_evaluator_loads_again_after_that() {
    let text = format!("[{}]", " 1".repeat(200_000));
    let interrupter = Interrupter::default();
    let settings = Settings { interrupter: interrupter.clone(), ..Settings::default() };
    let mut evaluator = Evaluator::new(settings);
    interrupter.cancel();
    let failed = evaluator.eval_text(text.as_bytes(), b"/").expect_err("it is cancelled");
    assert_eq!(failed.kind(), ErrorKind::Cancelled);
    interrupter.reset();
    let length = format!("builtins.length {text}");
    let value = evaluator.eval_text(length.as_bytes(), b"/").expect("nothing is wrong with it");
    assert_eq!(evaluator.show(value).expect("a number"), b"200000");
}
