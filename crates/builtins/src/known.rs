//! What is kept of a derivation: tens of thousands are known in a large evaluation, so it is kept small.
//!
//! In: outputs and references. Out: the same. Not here: which derivations are known (`store.rs`).

use frazil_store::derivation::HashModulo;
use frazil_store::path::StorePath;

/// An output's name, and its path if that is known.
pub(crate) type KnownOutput = (Vec<u8>, Option<Vec<u8>>);

/// What is kept of a derivation.
pub(crate) struct Known {
    pub(crate) modulo: HashModulo,
    pub(crate) outputs: KnownOutputs,
    pub(crate) references: References,
}

/// Everything a derivation's file refers to.
pub(crate) enum References {
    /// What the elements of this context refer to.
    Of(u32),
    Listed(Box<[StorePath]>),
}

/// Outputs in one piece: for each, its name and its path (empty if it is not known), each after its length.
pub(crate) struct KnownOutputs(Box<[u8]>);

impl KnownOutputs {
    pub(crate) fn new(outputs: &[KnownOutput]) -> KnownOutputs {
        let bytes = |(name, path): &KnownOutput| 8 + name.len() + path.as_ref().map_or(0, Vec::len);
        let mut text = Vec::with_capacity(outputs.iter().map(bytes).sum());
        for (name, path) in outputs {
            for part in [name, path.as_deref().unwrap_or_default()] {
                text.extend_from_slice(&(part.len() as u32).to_le_bytes());
                text.extend_from_slice(part);
            }
        }
        KnownOutputs(text.into())
    }

    /// Names, and paths where these are known.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let name = next_part(&mut rest)?;
            let path = next_part(&mut rest)?;
            Some((name, (!path.is_empty()).then_some(path)))
        })
    }

    pub(crate) fn to_vec(&self) -> Vec<KnownOutput> {
        self.iter().map(|(name, path)| (name.to_vec(), path.map(<[u8]>::to_vec))).collect()
    }
}

fn next_part<'t>(rest: &mut &'t [u8]) -> Option<&'t [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (part, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = after;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::{KnownOutput, KnownOutputs};

    #[test]
    fn outputs_are_given_as_they_were_kept() {
        let outputs: [KnownOutput; 3] = [
            (b"out".to_vec(), Some(b"/nix/store/x-y".to_vec())),
            (Vec::new(), None),
            (b"dev".to_vec(), None),
        ];
        assert_eq!(KnownOutputs::new(&outputs).to_vec(), outputs);
        assert!(KnownOutputs::new(&[]).to_vec().is_empty());
    }
}
