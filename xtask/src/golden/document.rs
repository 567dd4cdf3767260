//! A case file: Markdown text and fenced blocks, kept in order so that it can be written back.
//!
//! Invariant: reading and writing a file again changes nothing but the bodies that were replaced.

/// One fenced block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The first word after the fence: `nix`, `file`, `value`, …
    pub kind: String,
    /// The words after it.
    pub words: Vec<String>,
    /// The lines between the fences, each with its newline.
    pub body: String,
}

impl Block {
    /// The bytes the block stands for: the body, or with the word `escaped` what its escapes mean and no last newline.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        if !self.words.iter().any(|word| word == "escaped") {
            return Ok(self.body.clone().into_bytes());
        }
        unescape(self.body.strip_suffix('\n').unwrap_or(&self.body))
    }
}

/// `\n`, `\r`, `\t`, `\\` and `\xHH`.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits).into_owned();
                let value = u8::from_str_radix(&digits, 16);
                out.push(value.map_err(|_| format!("'\\x{digits}' is no byte"))?);
            }
            other => return Err(format!("unknown escape {other:?}")),
        }
    }
    Ok(out)
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Fenced(Block),
}

/// A whole case file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    parts: Vec<Part>,
}

impl Document {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut prose = String::new();
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            let fence = line.len() - line.trim_start_matches('`').len();
            if fence < 3 {
                prose.push_str(line);
                continue;
            }
            let mut words = line[fence..].split_whitespace().map(String::from);
            let kind = words.next().ok_or("a block without a kind")?;
            let closing = "`".repeat(fence);
            let mut body = String::new();
            loop {
                let line = lines.next().ok_or_else(|| format!("the {kind} block never ends"))?;
                if line.trim_end() == closing {
                    break;
                }
                body.push_str(line);
            }
            if !prose.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut prose)));
            }
            parts.push(Part::Fenced(Block { kind, words: words.collect(), body }));
        }
        if !prose.is_empty() {
            parts.push(Part::Text(prose));
        }
        Ok(Self { parts })
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Fenced(block) => {
                    let longest = block.body.lines().map(ticks).max().unwrap_or(0);
                    let fence = "`".repeat(3.max(longest + 1));
                    out.push_str(&fence);
                    out.push_str(&block.kind);
                    for word in &block.words {
                        out.push(' ');
                        out.push_str(word);
                    }
                    out.push('\n');
                    out.push_str(&block.body);
                    out.push_str(&fence);
                    out.push('\n');
                }
            }
        }
        out
    }

    /// All blocks in order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| match part {
            Part::Fenced(block) => Some(block),
            Part::Text(_) => None,
        })
    }

    /// The first block of a kind.
    #[must_use]
    pub fn block(&self, kind: &str) -> Option<&Block> {
        self.blocks().find(|block| block.kind == kind)
    }

    /// Replaces the body of the first block of a kind, or adds one at the end.
    pub fn set(&mut self, kind: &str, body: String) {
        let found = self.parts.iter_mut().find_map(|part| match part {
            Part::Fenced(block) if block.kind == kind => Some(block),
            _ => None,
        });
        if let Some(block) = found {
            block.body = body;
            return;
        }
        self.parts.push(Part::Text("\n".into()));
        let block = Block { kind: kind.into(), words: Vec::new(), body };
        self.parts.push(Part::Fenced(block));
    }

    /// Takes out the blocks of a kind and the blank line before each.
    pub fn remove(&mut self, kind: &str) {
        while let Some(at) = self
            .parts
            .iter()
            .position(|part| matches!(part, Part::Fenced(block) if block.kind == kind))
        {
            self.parts.remove(at);
            if at > 0 && self.parts[at - 1] == Part::Text("\n".into()) {
                self.parts.remove(at - 1);
            }
        }
    }

    /// Complaints about the form: a title, a sentence, an input.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let prose: String = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Fenced(_) => None,
            })
            .collect();
        let mut lines = prose.lines().filter(|line| !line.trim().is_empty());
        let mut out = Vec::new();
        if !lines.next().is_some_and(|line| line.starts_with("# ")) {
            out.push("the first line is not a title".into());
        }
        if lines.next().is_none() {
            out.push("no sentence says what the case shows".into());
        }
        if self.block("nix").is_none() && self.block("run").is_none() {
            out.push("there is neither a nix nor a run block".into());
        }
        out
    }
}

/// Backticks at the start of a line.
fn ticks(line: &str) -> usize {
    line.len() - line.trim_start_matches('`').len()
}

#[cfg(test)]
mod tests {
    use super::Document;

    const CASE: &str = "# A\n\nShows.\n\n```nix\n1\n```\n\n````value\n```\n````\n";

    #[test]
    fn is_written_as_read() {
        assert_eq!(Document::parse(CASE).unwrap().render(), CASE);
        assert!(Document::parse(CASE).unwrap().complaints().is_empty());
    }

    #[test]
    fn blocks_are_replaced_added_and_removed() {
        let mut document = Document::parse(CASE).unwrap();
        document.set("value", "2\n".into());
        document.set("json", "2\n".into());
        document.remove("value");
        assert_eq!(document.render(), "# A\n\nShows.\n\n```nix\n1\n```\n\n```json\n2\n```\n");
    }

    #[test]
    fn escapes_are_bytes() {
        let text = "# A\n\n```nix escaped\n\"\\x00\\r\\n\"\n```\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.block("nix").unwrap().bytes().unwrap(), b"\"\0\r\n\"");
    }

    #[test]
    fn an_open_block_is_an_error() {
        assert!(Document::parse("```nix\n1\n").is_err());
    }
}
