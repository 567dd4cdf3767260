//! Sorting that looks in between whether to go on.
//!
//! In: items, their order, the look. Out: the items in order, equal ones as they were. Pieces are sorted and then merged, two by
//! two, so that no step is as long as the data. Not here: sorting by a function of the program (`frazil-builtins`).

use std::cmp::Ordering;

/// Items sorted, or taken in order, between two looks.
const PIECE: usize = 1 << 14;

/// Sorts `items` by `order`, keeping equal ones in order.
///
/// # Errors
/// The look's; then they are in some order.
pub fn sort_long<T: Copy, E>(
    items: &mut Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
    mut look: impl FnMut() -> Result<(), E>,
) -> Result<(), E> {
    if items.len() <= PIECE {
        items.sort_by(order);
        return Ok(());
    }
    for piece in items.chunks_mut(PIECE) {
        piece.sort_by(&order);
        look()?;
    }
    let mut merged = Vec::with_capacity(items.len());
    let mut run = PIECE;
    while run < items.len() {
        for pair in items.chunks(run * 2) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (Some(a), Some(b)) = (left.first(), right.first()) {
                let from = if order(b, a).is_lt() { &mut right } else { &mut left };
                merged.push(from[0]);
                *from = &from[1..];
                if merged.len().is_multiple_of(PIECE) {
                    look()?;
                }
            }
            for piece in left.chunks(PIECE).chain(right.chunks(PIECE)) {
                merged.extend_from_slice(piece);
                look()?;
            }
        }
        std::mem::swap(items, &mut merged);
        merged.clear();
        run *= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_is_stable() {
        let mut seed = 1u64;
        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 7] {
            let mut items: Vec<(u64, usize)> = (0..length)
                .map(|at| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (seed >> 52, at)
                })
                .collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let mut looks = 0;
            let sorted = sort_long(
                &mut items,
                |a, b| a.0.cmp(&b.0),
                || {
                    looks += 1;
                    Ok::<(), ()>(())
                },
            );
            assert!(sorted.is_ok() && items == expected);
            assert_eq!(looks > 0, length > PIECE);
        }
    }

    #[test]
    fn ends_when_told() {
        let mut items: Vec<u32> = (0..4 * PIECE as u32).rev().collect();
        assert_eq!(sort_long(&mut items, u32::cmp, || Err("enough")), Err("enough"));
    }
}
