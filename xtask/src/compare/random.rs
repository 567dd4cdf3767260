//! Generated programs.
use crate::options::Options;
/// Command.
pub fn command(_: Options) -> crate::Outcome {
    Err("not yet".into())
}
