//! The table of ratios: medians, and the spread of what was seen.
//!
//! In:  samples per command; the first command is ours.   Out: Markdown rows, one per workload and other command.
//! A ratio is ours divided by the other's of the same pair; its spread is the least and the greatest of the pairs.

use super::measure::{Command, Sample};
use super::workload::Workload;

pub(super) fn head() -> &'static str {
    "| workload | command | user+sys | peak memory | time, ours to its | spread | memory, ours to its |\n\
     |---|---|---:|---:|---:|---:|---:|"
}

pub(super) fn rows(workload: &Workload, commands: &[Command], samples: &[Vec<Sample>]) -> String {
    let mut text = String::new();
    for (command, theirs) in commands.iter().zip(samples) {
        let seconds = median(theirs.iter().map(|sample| sample.seconds));
        let peak = median(theirs.iter().map(|sample| sample.peak));
        text += &format!(
            "| {} | {} | {seconds:.3} s | {:.1} MB |",
            workload.name,
            command.name,
            peak / 1e6
        );
        if std::ptr::eq(theirs, &raw const samples[0]) {
            let (least, most) = spread(theirs.iter().map(|sample| sample.seconds));
            text += &format!(" | {least:.3}–{most:.3} s | |\n");
            continue;
        }
        let ratios = |of: fn(&Sample) -> f64| {
            samples[0].iter().zip(theirs).map(move |(ours, its)| of(ours) / of(its))
        };
        let (least, most) = spread(ratios(|sample| sample.seconds));
        let time = median(ratios(|sample| sample.seconds));
        let memory = median(ratios(|sample| sample.peak));
        text += &format!(" {time:.2}× | {least:.2}–{most:.2} | {memory:.2}× |\n");
    }
    text
}

/// The middle one; between the middle two if their number is even.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

fn spread(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::INFINITY, 0.0), |(least, most), number| {
        (f64::min(least, number), f64::max(most, number))
    })
}

#[cfg(test)]
mod tests {
    use super::{median, spread};

    #[test]
    fn the_middle_and_the_ends() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < 1e-9);
        assert_eq!(spread([3.0, 1.0, 2.0].into_iter()), (1.0, 3.0));
    }
}
