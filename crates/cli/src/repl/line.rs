//! Lines: from a terminal with editing, history, completion and colours, or plainly from standard input.
//!
//! Without a terminal the prompt and the line are printed, as Nix does.

use super::{Session, complete};
use crate::failure::Failure;
use crate::output;
use frazil::stages::syntax::lexer::TokenKind;
use frazil::stages::syntax::{LexemeKind, tokens};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::rc::Rc;

/// Whether somebody types.
pub(super) fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// What was read.
pub(super) enum Read {
    /// A line without its end.
    Line(String),
    /// Ctrl-C.
    Interrupted,
    /// There is no more.
    End,
}

/// Where lines come from.
pub(super) enum Lines {
    /// A terminal.
    Terminal(Box<Editor<Help, DefaultHistory>>, Option<PathBuf>),
    /// Anything else.
    Plain,
}

impl Lines {
    /// Lines of standard input.
    pub(super) fn new(session: &Rc<RefCell<Session>>) -> Lines {
        if !is_terminal() {
            return Lines::Plain;
        }
        let config =
            Config::builder().auto_add_history(false).completion_type(CompletionType::List).build();
        let Ok(mut editor) = Editor::with_config(config) else { return Lines::Plain };
        let color = session.borrow().color;
        editor.set_helper(Some(Help { session: Rc::clone(session), color }));
        let file = history_file();
        if let Some(file) = &file {
            // There is none at first.
            let _ = editor.load_history(file);
        }
        Lines::Terminal(Box::new(editor), file)
    }

    /// The next line.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(super) fn next(&mut self, prompt: &str) -> Result<Read, Failure> {
        match self {
            Lines::Terminal(editor, _) => Ok(match editor.readline(prompt) {
                Ok(line) => Read::Line(line),
                Err(ReadlineError::Interrupted) => Read::Interrupted,
                Err(_) => Read::End,
            }),
            Lines::Plain => {
                let mut line = Vec::new();
                let read = std::io::stdin().lock().read_until(b'\n', &mut line);
                if !matches!(read, Ok(1..)) {
                    output::print(format!("{prompt}\n").as_bytes())?;
                    return Ok(Read::End);
                }
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                let line = String::from_utf8_lossy(&line).into_owned();
                output::print(format!("{prompt}{line}\n").as_bytes())?;
                Ok(Read::Line(line))
            }
        }
    }

    /// Keeps a text for later sessions.
    pub(super) fn remember(&mut self, text: &str) {
        let Lines::Terminal(editor, file) = self else { return };
        let _ = editor.add_history_entry(text);
        if let Some(file) = file {
            if let Some(folder) = file.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            // A history that cannot be kept is no reason to stop.
            let _ = editor.save_history(file);
        }
    }
}

fn history_file() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty());
    let data = data.map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
        Some(PathBuf::from(home).join(".local/share"))
    })?;
    Some(data.join("frazil/repl-history"))
}

/// What the editor asks while a line is typed.
pub(super) struct Help {
    session: Rc<RefCell<Session>>,
    color: bool,
}

impl Helper for Help {}
impl Validator for Help {}
impl Hinter for Help {
    type Hint = String;
}

impl Completer for Help {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(match self.session.try_borrow_mut() {
            Ok(mut session) => complete::candidates(&mut session, line, cursor),
            Err(_) => (cursor, Vec::new()),
        })
    }
}

impl Highlighter for Help {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || line.starts_with(':') {
            return Cow::Borrowed(line);
        }
        Cow::Owned(coloured(line))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }
}

/// A line with colours by kinds of tokens.
fn coloured(line: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for lexeme in tokens(line.as_bytes()) {
        let (Some(gap), Some(text)) =
            (line.get(at..lexeme.start), line.get(lexeme.start..lexeme.end))
        else {
            return line.to_string();
        };
        at = lexeme.end;
        out.push_str(gap);
        match colour(lexeme.kind) {
            Some(code) => out.push_str(&format!("\x1b[{code}m{text}\x1b[0m")),
            None => out.push_str(text),
        }
    }
    out.push_str(line.get(at..).unwrap_or(""));
    out
}

fn colour(kind: LexemeKind) -> Option<&'static str> {
    use TokenKind as T;
    match kind {
        LexemeKind::StringText | LexemeKind::StringEnd => Some("35"),
        LexemeKind::PathText => Some("32"),
        LexemeKind::Token(token) => match token {
            T::Quote | T::IndentedQuote | T::Uri => Some("35"),
            T::Path | T::HomePath | T::SearchPath => Some("32"),
            T::Int | T::Float => Some("36"),
            T::If
            | T::Then
            | T::Else
            | T::Assert
            | T::With
            | T::Let
            | T::In
            | T::Rec
            | T::Inherit => Some("1"),
            T::Invalid => Some("31"),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::coloured;

    #[test]
    fn colours_change_no_text() {
        for line in ["let x = 1; in \"a${x}b\"", "./a/b + 'é' # c", "\"open", ""] {
            let mut plain = coloured(line);
            while let Some(start) = plain.find('\x1b') {
                let end = plain[start..].find('m').map_or(plain.len(), |end| start + end + 1);
                plain.replace_range(start..end, "");
            }
            assert_eq!(plain, line);
        }
    }
}
