//! SHA-256, which makes every store path: the fastest implementation there is for the target, behind one small type.
//!
//! In: bytes in chunks of any size. Out: 32 bytes.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod backend {
    use ring::digest::{Context, SHA256};

    #[derive(Clone)]
    pub(super) struct State(Context);

    impl State {
        pub(super) fn new() -> State {
            State(Context::new(&SHA256))
        }

        pub(super) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(super) fn finish(self) -> [u8; 32] {
            let mut out = [0; 32];
            out.copy_from_slice(self.0.finish().as_ref());
            out
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod backend {
    use sha2::Digest;

    #[derive(Clone)]
    pub(super) struct State(sha2::Sha256);

    impl State {
        pub(super) fn new() -> State {
            State(sha2::Sha256::new())
        }

        pub(super) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(super) fn finish(self) -> [u8; 32] {
            self.0.finalize().into()
        }
    }
}

/// A SHA-256 in progress.
#[derive(Clone)]
pub struct Sha256(backend::State);

impl Default for Sha256 {
    fn default() -> Sha256 {
        Sha256::new()
    }
}

impl Sha256 {
    /// One that has seen nothing yet.
    pub fn new() -> Sha256 {
        Sha256(backend::State::new())
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything taken.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

/// SHA-256 of several pieces laid end to end.
pub fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut state = Sha256::new();
    pieces.into_iter().for_each(|piece| state.update(piece));
    state.finish()
}
