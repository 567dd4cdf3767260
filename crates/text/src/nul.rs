//! The complaint about NUL bytes, which no Nix string can hold.
//!
//! In: the text. Out: the reference's message. Not here: who checks (JSON strings are checked by `json`; TOML
//! strings, file contents and others by the caller).

/// The reference's message for a text with NUL bytes.
pub fn message(text: &[u8]) -> Vec<u8> {
    let mut message = b"input string '".to_vec();
    for byte in text {
        match byte {
            0 => message.extend_from_slice("\u{2400}".as_bytes()),
            other => message.push(*other),
        }
    }
    message
        .extend_from_slice(b"' cannot be represented as Nix string because it contains null bytes");
    message
}
