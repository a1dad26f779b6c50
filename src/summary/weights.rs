//! Rows that stand for different numbers of rows: a log that keeps one request in a hundred, and every rare one.
//!
//! A row is drawn with a probability in proportion to its weight (rejection sampling), so that the drawn rows are what an
//! even sample of the world would be: every count, distance, learner and test may treat them as plain rows. The metrics
//! need not lose rows that way: they are those of all rows, weighted.

use super::{Columns, FeatureCounts, Plan, SnapshotSummary, Table, values::mix};

/// The heaviest rows, as a share, whose weight is cut: a single huge weight must not leave nothing of the others.
const CUT: f64 = 0.001;

/// What became of the rows of a snapshot with weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Rows of the sample before.
    pub rows: usize,
    /// The rows that were drawn, by their place among those.
    pub drawn: Vec<usize>,
    /// Rows without a weight above 0, which count nowhere.
    pub without: usize,
}

impl SnapshotSummary {
    /// Draws the sampled rows by their weights and counts the drawn ones anew; none where rows have no weight.
    ///
    /// The counts are then those of sampled rows.
    pub fn draw_by_weight(&mut self, plan: &Plan) -> Option<Drawn> {
        let table = &self.sample;
        if table.weight.is_empty() {
            return None;
        }
        let weight =
            |row: usize| Some(table.weight[row]).filter(|weight| weight.is_finite() && *weight > 0.0);
        let mut known: Vec<f64> = (0..table.rows).filter_map(weight).collect();
        known.sort_unstable_by(f64::total_cmp);
        let without = table.rows - known.len();
        let Some(&most) = known.get(known.len().saturating_sub(1 + (known.len() as f64 * CUT) as usize))
        else {
            return Some(Drawn { rows: table.rows, drawn: Vec::new(), without });
        };
        let seed = mix(plan.seed ^ 0x7765_6967_6874);
        let chance = |row: usize| mix(row as u64 ^ seed) as f64 / u64::MAX as f64;
        let drawn: Vec<usize> =
            (0..table.rows).filter(|&row| weight(row).is_some_and(|w| chance(row) < w / most)).collect();
        let before = table.rows;
        let all: Vec<usize> = (0..table.rows).filter(|&row| weight(row).is_some()).collect();
        let answers = Table { features: Columns::default(), extra: Vec::new(), ..table.take(&all) };
        let rows = Table { weight: Vec::new(), ..table.take(&drawn) };
        let counted = Self::from_table(plan, rows, self.grid.map(|grid| grid.width));
        let as_stored = |of: &[FeatureCounts], counted: Vec<FeatureCounts>| -> Vec<FeatureCounts> {
            let pairs = counted.into_iter().zip(of);
            pairs
                .map(|(counted, before)| FeatureCounts {
                    stored_as: before.stored_as.clone(),
                    infinite: before.infinite,
                    ..counted
                })
                .collect()
        };
        *self = Self {
            without_time: self.without_time,
            features: as_stored(&self.features, counted.features),
            answers: FeatureCounts { stored_as: self.answers.stored_as.clone(), ..counted.answers },
            labels: FeatureCounts { stored_as: self.labels.stored_as.clone(), ..counted.labels },
            new_columns: std::mem::take(&mut self.new_columns),
            weighted: Some(Box::new(answers)),
            rows: counted.rows,
            grid: counted.grid,
            windows: counted.windows,
            answers_counted_over: counted.answers_counted_over,
            sample: counted.sample,
        };
        Some(Drawn { rows: before, drawn, without })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Bins, Task};

    fn summary(weight: Vec<f64>) -> (Plan, SnapshotSummary) {
        let plan = Plan {
            task: Task::Regression,
            features: Vec::new(),
            classes: Vec::new(),
            known_classes: 0,
            answer_bins: Bins::None,
            label_bins: Bins::None,
            has_score: false,
            seed: 3,
        };
        let rows = weight.len();
        let values = vec![1.0; rows];
        let (label, prediction) = (values.clone(), values);
        let table = Table { rows, population: rows as u64, label, prediction, weight, ..Table::default() };
        let summary = SnapshotSummary::from_table(&plan, table, None);
        (plan, summary)
    }

    #[test]
    fn rows_are_drawn_in_proportion_to_their_weight() {
        let weight = |row: usize| if row.is_multiple_of(2) { 1.0 } else { 4.0 };
        let mut weights: Vec<f64> = (0..20_000).map(weight).collect();
        weights[7] = f64::NAN;
        let (plan, mut summary) = summary(weights);
        let drawn = summary.draw_by_weight(&plan).expect("rows have weights");
        assert_eq!((drawn.rows, drawn.without), (20_000, 1));
        let rows = drawn.drawn.len();
        assert!((12_100..12_900).contains(&rows), "{rows}");
        assert_eq!(summary.rows, rows as u64);
        assert_eq!(summary.windows[0].answers.labelled, rows as u64);
        assert_eq!(summary.weighted.as_ref().map(|table| table.rows), Some(19_999));
        assert_eq!(summary.draw_by_weight(&plan), None);
    }

    #[test]
    fn equal_weights_keep_every_row() {
        let (plan, mut summary) = summary(vec![100.0; 500]);
        assert_eq!(summary.draw_by_weight(&plan).map(|drawn| drawn.drawn.len()), Some(500));
    }
}
