//! "Did you mean": names near another by edit distance.
//!
//! In: a name and candidates. Out: up to five candidates, nearest first, at most distance 2 as in Nix. Bounded work.

/// Candidates within two edits of `name`, nearest first, at most five.
pub fn suggest<'a>(name: &[u8], candidates: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    const LIMIT: usize = 2;
    let mut near: Vec<(usize, &[u8])> = candidates
        .into_iter()
        .take(4096)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= LIMIT && name.len() <= 128)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= LIMIT)
        .collect();
    near.sort();
    near.into_iter().take(5).map(|(_, candidate)| candidate.to_vec()).collect()
}

fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(diagonal + usize::from(x != y));
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_first() {
        let names: [&[u8]; 4] = [b"hello", b"hallo", b"xyz", b"help"];
        assert_eq!(
            suggest(b"hell", names),
            [b"hello".to_vec(), b"help".to_vec(), b"hallo".to_vec()]
        );
    }
}
