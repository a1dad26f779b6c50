//! Two features together: how the rows of training and of production lie over the cells that both of them span.

use crate::{
    autopsy::{Dossier, Framing},
    stats::moments,
    summary::{Column, MISSING, Table},
    text::number,
};

/// The cells of two features with the rows that lie in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The labels of the columns: bins of the first feature.
    pub across: Vec<String>,
    /// The labels of the lines: bins of the second feature.
    pub down: Vec<String>,
    /// Shares of the training rows, line by line.
    pub training: Vec<f64>,
    /// Shares of the production rows since the onset, line by line.
    pub production: Vec<f64>,
    /// Rows of the sample of training and of production.
    pub rows: (usize, usize),
}

impl Pair {
    /// The cell that gained most of the rows, and how large the gain is; none without rows.
    #[must_use]
    pub fn largest_gain(&self) -> Option<(usize, f64)> {
        let gains = self.production.iter().zip(&self.training).map(|(is, was)| is - was).enumerate();
        gains.filter(|(_, gain)| *gain > 0.0).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The bins of one feature.
struct Cut {
    labels: Vec<String>,
    /// Upper ends of all bins but the last one; none for levels.
    edges: Vec<f64>,
    /// The bin of each level by its code; empty for numbers.
    levels: Vec<usize>,
}

impl Cut {
    /// Bins of equal count in training, or the most frequent levels; the last one holds what is missing.
    fn of(dossier: &Dossier, feature: usize, most: usize) -> Option<Self> {
        let plan = dossier.plan.features.get(feature)?;
        match dossier.training.sample.features.get(feature)? {
            Column::Numeric { values, .. } => {
                let mut known: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
                known.sort_unstable_by(f64::total_cmp);
                let quantile = |at: usize| moments::quantile(&known, at as f64 / most as f64).ok();
                let mut edges: Vec<f64> = (1..most).filter_map(quantile).collect();
                edges.dedup();
                let mut labels: Vec<String> =
                    edges.iter().map(|&edge| format!("≤ {}", number::value(edge))).collect();
                labels.push(
                    edges
                        .last()
                        .map_or_else(|| "any".to_owned(), |&edge| format!("> {}", number::value(edge))),
                );
                labels.push("missing".to_owned());
                Some(Self { labels, edges, levels: Vec::new() })
            }
            Column::Categorical(codes) => {
                let mut rows = vec![0_usize; plan.levels.len()];
                for &code in codes.iter().filter(|&&code| code != MISSING) {
                    if let Some(rows) = rows.get_mut(code as usize) {
                        *rows += 1;
                    }
                }
                let mut order: Vec<usize> = (0..rows.len()).collect();
                order.sort_by_key(|&level| (std::cmp::Reverse(rows[level]), level));
                let kept = order.len().min(most.saturating_sub(1));
                let mut labels: Vec<String> =
                    order[..kept].iter().map(|&level| plan.levels[level].clone()).collect();
                labels.extend(["other".to_owned(), "missing".to_owned()]);
                let mut levels = vec![kept; rows.len()];
                order[..kept].iter().enumerate().for_each(|(bin, &level)| levels[level] = bin);
                Some(Self { labels, edges: Vec::new(), levels })
            }
            Column::Embedding { .. } | Column::Absent => None,
        }
    }

    /// The bin of a row.
    fn bin(&self, column: &Column, row: usize) -> usize {
        let missing = self.labels.len() - 1;
        match column {
            Column::Numeric { values, .. } => match values.get(row) {
                Some(&x) if x.is_finite() => self.edges.partition_point(|&edge| edge < x),
                _ => missing,
            },
            Column::Categorical(codes) => match codes.get(row) {
                Some(&code) if code != MISSING => {
                    self.levels.get(code as usize).copied().unwrap_or(missing - 1)
                }
                _ => missing,
            },
            Column::Embedding { .. } | Column::Absent => missing,
        }
    }
}

/// Counts two features over each other; none for an embedding and for a column that a snapshot does not have.
///
/// * `most`: bins a feature at most.
#[must_use]
pub fn pair(dossier: &Dossier, framing: &Framing, first: usize, second: usize, most: usize) -> Option<Pair> {
    let (across, down) = (Cut::of(dossier, first, most)?, Cut::of(dossier, second, most)?);
    let counted = |table: &Table, rows: &mut dyn Iterator<Item = usize>| {
        let (a, b) = (table.features.get(first)?, table.features.get(second)?);
        let mut counts = vec![0_usize; across.labels.len() * down.labels.len()];
        let mut all = 0_u32;
        for row in rows {
            counts[down.bin(b, row) * across.labels.len() + across.bin(a, row)] += 1;
            all += 1;
        }
        let shares = counts.into_iter().map(|n| n as f64 / f64::from(all.max(1))).collect::<Vec<f64>>();
        Some((shares, all as usize))
    };
    let (training, before) = counted(&dossier.training.sample, &mut (0..dossier.training.sample.rows))?;
    let (production, after) = counted(&dossier.production.sample, &mut framing.after.iter().copied())?;
    Some(Pair { across: across.labels, down: down.labels, training, production, rows: (before, after) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_add_up_and_a_moved_feature_gains_elsewhere() {
        let investigation = crate::app::fixture::investigation();
        let (dossier, framing) = (&investigation.dossier, &investigation.framing);
        let moved = investigation.diagnosis.top().unwrap().features[0];
        let other = (0..dossier.plan.features.len()).find(|&feature| feature != moved).unwrap();
        let pair = pair(dossier, framing, moved, other, 8).expect("both are counted");
        for shares in [&pair.training, &pair.production] {
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert_eq!(shares.len(), pair.across.len() * pair.down.len());
        }
        assert!(pair.largest_gain().expect("something moved").1 > 0.01);
        assert_eq!(pair.rows.0, dossier.training.sample.rows);
    }
}
