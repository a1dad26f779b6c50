//! The outcomes' own mix, window by window, as one more line of the heat map.

use crate::autopsy::{
    Dossier,
    exam::window_split::{FEWEST_ROWS, Periods},
};

use super::{DriftRow, distance};

/// PSI of the classes of labelled rows against the rows before the onset, or against the whole log where there are none.
/// No value where the target is a number: the pass counts no bins of it.
///
/// * `map`: for each counted window its window on the screen, of which there are `windows`.
pub(super) fn row(dossier: &Dossier, periods: &Periods, map: &[usize], windows: usize) -> DriftRow {
    let classes = dossier.plan.classes.len();
    let mut counts = vec![vec![0_u64; classes]; windows];
    let (mut before, mut all, mut after) = (vec![0_u64; classes], vec![0_u64; classes], vec![0_u64; classes]);
    for (window, (totals, &at)) in dossier.production.windows.iter().zip(map).enumerate() {
        // Label major: a line of the matrix is a class.
        for (class, line) in totals.answers.confusion.chunks(classes.max(1)).enumerate().take(classes) {
            let rows: u64 = line.iter().sum();
            counts[at][class] += rows;
            all[class] += rows;
            before[class] += if periods.is_before(window) { rows } else { 0 };
            after[class] += if periods.is_after(window) { rows } else { 0 };
        }
    }
    let enough = |counts: &[u64]| counts.iter().sum::<u64>() >= FEWEST_ROWS;
    let reference = if enough(&before) { &before } else { &all };
    let shift = |counts: &Vec<u64>| {
        let told = enough(counts) && classes > 1;
        told.then(|| distance::psi(reference, counts)).flatten().map(|shift| shift.corrected)
    };
    let psi: Vec<Option<f64>> = counts.iter().map(shift).collect();
    DriftRow {
        feature: usize::MAX,
        levels: vec![0; psi.len()],
        missing: vec![None; psi.len()],
        max_psi: psi.iter().flatten().copied().fold(0.0, f64::max),
        psi_since_onset: enough(&before).then(|| shift(&after)).flatten(),
        psi,
        ..DriftRow::default()
    }
}
