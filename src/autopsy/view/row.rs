//! A row of the log among those of training, value by value.

use crate::{
    autopsy::Dossier,
    summary::{Column, MISSING, Table},
    text::number,
};

/// One value of a row among those of training.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedValue {
    /// The index of the feature.
    pub feature: usize,
    /// The value as text.
    pub text: String,
    /// Of a number, the share of training's rows with a lower one; of rows with the same number, half count.
    pub below: Option<f64>,
    /// The share of training's rows that are as extreme, or of a level or a missing value, that hold it.
    pub share: f64,
}

/// Rows of training that a value is held against at most, evenly over the sample: a screen asks with every key.
const MOST: usize = 4_000;

/// The values of a row of the production sample, the strangest first; empty without a sample of training.
#[must_use]
pub fn among_training(dossier: &Dossier, row: usize) -> Vec<PlacedValue> {
    let (training, sample) = (&dossier.training.sample, &dossier.production.sample);
    if training.rows == 0 || row >= sample.rows {
        return Vec::new();
    }
    let mut placed: Vec<PlacedValue> = (0..dossier.plan.features.len())
        .filter_map(|feature| place(dossier, (training, sample), feature, row))
        .collect();
    placed.sort_by(|a, b| a.share.total_cmp(&b.share));
    placed
}

fn place(
    dossier: &Dossier,
    (training, sample): (&Table, &Table),
    feature: usize,
    row: usize,
) -> Option<PlacedValue> {
    let step = training.rows.div_ceil(MOST);
    let some = || (0..training.rows).step_by(step);
    let share =
        |held: &dyn Fn(usize) -> bool| some().filter(|&row| held(row)).count() as f64 / some().count() as f64;
    match (training.features.get(feature)?, sample.features.get(feature)?) {
        (Column::Numeric { values: known, .. }, Column::Numeric { values, .. }) => {
            let value = *values.get(row)?;
            if !value.is_finite() {
                let share = share(&|row| !known[row].is_finite());
                return Some(PlacedValue { feature, text: "null".to_owned(), below: None, share });
            }
            let lower = share(&|row| known[row] < value);
            let higher = share(&|row| known[row] > value);
            let alike = share(&|row| known[row] == value);
            let present = (lower + alike + higher).max(f64::MIN_POSITIVE);
            let below = (lower + 0.5 * alike) / present;
            let share = (lower.min(higher) + alike) / present;
            Some(PlacedValue { feature, text: number::value(value), below: Some(below), share })
        }
        (Column::Categorical(known), Column::Categorical(codes)) => {
            let code = *codes.get(row)?;
            let level = dossier.plan.features[feature].levels.get(code as usize);
            let text = if code == MISSING { "null" } else { level.map_or("never seen", String::as_str) };
            let share = share(&|row| known[row] == code);
            Some(PlacedValue { feature, text: text.to_owned(), below: None, share })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn the_value_that_training_never_held_comes_first() {
        let dossier = fixture::investigation().dossier;
        let placed = among_training(&dossier, dossier.production.sample.rows - 1);
        assert_eq!(placed.len(), dossier.plan.features.len());
        let first = &placed[0];
        assert_eq!(dossier.feature_name(first.feature), "utilization", "{first:?}");
        assert!(first.share == 0.0 && first.below == Some(1.0), "{first:?}");
        assert!(placed.is_sorted_by(|a, b| a.share <= b.share), "{placed:?}");
    }
}
