//! Rows that are joined with production rows by id: which of several rows of one id counts.

use std::collections::HashMap;

use crate::{
    case::SnapshotRole,
    summary::{Table, values::NO_TIME},
    text::number,
};

/// Pairs of a production row and the row of another file that is joined with it, by production row, and a note where a
/// production row has several.
///
/// The first row of an id counts; of labels the one that came last, or that stands last in the file: labels are corrected.
///
/// * `rows`: production rows by the hash of their id.
/// * `shown`: the file, for the note.
pub(super) fn pairs(
    table: &Table,
    rows: &HashMap<u64, usize>,
    role: SnapshotRole,
    shown: &str,
) -> (Vec<(usize, usize)>, Option<String>) {
    let is_label = role == SnapshotRole::Labels;
    let mut pairs: Vec<(usize, usize)> =
        table.id.iter().enumerate().filter_map(|(at, id)| Some((*rows.get(id)?, at))).collect();
    if is_label {
        pairs.retain(|&(_, at)| table.label.get(at).is_some_and(|label| !label.is_nan()));
        let time = |at: usize| table.label_time.get(at).copied().unwrap_or(NO_TIME);
        pairs.sort_unstable_by_key(|&(row, at)| (row, std::cmp::Reverse((time(at), at))));
    } else {
        pairs.sort_unstable();
    }
    let (mut several, mut contrary) = (0_u64, 0_u64);
    for same in pairs.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        several += 1;
        let label = |pair: &(usize, usize)| table.label.get(pair.1).map(|label| label.to_bits());
        contrary += u64::from(same.iter().any(|pair| label(pair) != label(&same[0])));
    }
    pairs.dedup_by_key(|(row, _)| *row);
    let differ = match contrary {
        0 => String::new(),
        rows => format!(", {} of them with different labels", number::count(rows)),
    };
    let which = if is_label { "the last label of each" } else { "the first row of each" };
    let note = (several > 0).then(|| {
        format!(
            "{shown} holds {} sampled production rows more than once{differ}: {which} counts",
            number::count(several)
        )
    });
    (pairs, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_label_of_a_row_counts() {
        let table = Table {
            rows: 5,
            id: vec![7, 8, 7, 8, 9],
            label: vec![0.0, 1.0, 1.0, f64::NAN, 1.0],
            ..Table::default()
        };
        let rows: HashMap<u64, usize> = [(7, 0), (8, 1)].into();
        let (found, note) = pairs(&table, &rows, SnapshotRole::Labels, "labels.csv");
        assert_eq!(found, [(0, 2), (1, 1)]);
        assert!(note.is_some_and(|note| note.contains("1 of them with different labels")));
        let timed = Table { label_time: vec![50, 10, 40, 10, 10], ..table };
        assert_eq!(pairs(&timed, &rows, SnapshotRole::Labels, "labels.csv").0, [(0, 0), (1, 1)]);
        let (first, note) = pairs(&timed, &rows, SnapshotRole::Offline, "offline.csv");
        assert_eq!(first, [(0, 0), (1, 1)]);
        assert!(note.is_some_and(|note| note.contains("first row")));
    }
}
