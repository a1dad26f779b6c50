//! Which of two groups of rows does a row come from? Cross-fitted, so that no row is scored by a model that
//! saw it.

use rayon::prelude::*;

use super::{
    binned::Binned,
    boosted::{Boosted, Loss, Params, Target},
    folds::{Groups, split},
};
use crate::stats::{Undefined, calibration::isotonic, delong::delong};

/// Probabilities are clipped to this range before they become weights, so that no row weighs more than a
/// hundred.
pub const CLIP: (f64, f64) = (0.01, 0.99);

/// Folds of the cross-fit.
const FOLDS: usize = 4;

/// Small trees, to detect which way the rows moved without fitting noise.
const PARAMS: Params = Params {
    trees: 50,
    learning_rate: 0.12,
    leaves: 8,
    depth: 3,
    l2: 5.0,
    min_child_weight: 1.0,
    min_rows: 30,
    patience: None,
};

/// The probability that a row comes from the second group, for every row of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Propensity {
    /// Out of fold, calibrated, clipped to [`CLIP`]; in the order of the rows.
    pub probability: Vec<f64>,
    /// Out-of-fold, uncalibrated log-odds.
    pub raw: Vec<f64>,
    /// The fold of each row; near-duplicate rows share a fold.
    pub folds: Vec<usize>,
    /// How well the two groups can be distinguished: ROC AUC, 0.5 where they are alike.
    pub auc: f64,
    /// Its standard error (`DeLong` 1988), widened for near-duplicate rows.
    pub auc_error: f64,
    /// The effective number of rows when near-duplicates count as one.
    pub effective_rows: f64,
    is_second: Vec<bool>,
}

impl Propensity {
    /// Cross-fits the probability.
    ///
    /// * `data`: the rows of both groups.
    /// * `is_second`: which of them are of the second group.
    ///
    /// # Errors
    ///
    /// [`Undefined::TooFew`] with fewer than 50 rows in a group, [`Undefined::BinMismatch`] when the lengths
    /// differ.
    pub fn fit(data: &Binned, is_second: &[bool], seed: u64) -> Result<Self, Undefined> {
        if data.rows != is_second.len() {
            return Err(Undefined::BinMismatch);
        }
        let second = is_second.iter().filter(|s| **s).count();
        if second.min(data.rows - second) < 50 {
            return Err(Undefined::TooFew);
        }
        let groups = Groups::find(data);
        let folds = groups.folds(FOLDS, seed);
        let y: Vec<f64> = is_second.iter().map(|&s| f64::from(u8::from(s))).collect();
        let raw = cross_fit(data, &folds, FOLDS, &y, Loss::Logistic, &PARAMS)?;
        let auc = delong(&raw, is_second)?;

        let curve = isotonic(&raw, &y, None)?;
        let probability = raw.iter().map(|&s| curve.predict(s).clamp(CLIP.0, CLIP.1)).collect();
        let worth = (groups.effective / data.rows as f64).min(1.0);
        Ok(Self {
            probability,
            raw,
            folds,
            auc: auc.value,
            auc_error: (auc.variance / worth.max(1e-9)).max(0.0).sqrt(),
            effective_rows: groups.effective,
            is_second: is_second.to_vec(),
        })
    }

    /// The difference of the AUC from 0.5 in standard errors.
    #[must_use]
    pub fn z(&self) -> f64 {
        (self.auc - 0.5) / self.auc_error.max(1e-12)
    }

    /// Weights that make the first group look like the second: odds, with mean 1; one per row of the first
    /// group, in the order of the rows.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let first = self.probability.iter().zip(&self.is_second).filter(|(_, second)| !**second);
        let odds: Vec<f64> = first.map(|(p, _)| p / (1.0 - p)).collect();
        let mean = odds.iter().sum::<f64>() / odds.len().max(1) as f64;
        odds.into_iter().map(|w| w / mean).collect()
    }

    /// The effective share of the first group's rows after weighting: `(sum w)² / (n sum w²)`.
    #[must_use]
    pub fn effective_share(&self) -> f64 {
        let weights = self.weights();
        let squares: f64 = weights.iter().map(|w| w * w).sum();
        weights.iter().sum::<f64>().powi(2) / (weights.len() as f64 * squares)
    }
}

/// A fold's rows with their predictions.
type FoldAnswers = (Vec<usize>, Vec<f64>);

/// Raw out-of-fold predictions for every row, from boosted trees.
///
/// # Errors
///
/// As [`Boosted::fit`]; a fold without rows is left out.
pub fn cross_fit(
    data: &Binned,
    folds: &[usize],
    number: usize,
    y: &[f64],
    loss: Loss,
    params: &Params,
) -> Result<Vec<f64>, Undefined> {
    let outputs = if let Loss::Multinomial { classes } = loss { classes.max(1) } else { 1 };
    let fitted: Vec<Result<FoldAnswers, Undefined>> = (0..number)
        .into_par_iter()
        .map(|fold| {
            let (test, learn) = split(folds, fold);
            if test.is_empty() {
                return Ok((test, Vec::new()));
            }
            let target: Vec<f64> = learn.iter().map(|&r| y[r]).collect();
            let model = Boosted::fit(&data.take(&learn), Target::new(&target), loss, params)?;
            let raw = model.raw(&data.take(&test));
            Ok((test, raw))
        })
        .collect();
    let mut raw = vec![0.0; data.rows * outputs];
    for part in fitted {
        let (test, answers) = part?;
        for (row, answer) in test.into_iter().zip(answers.chunks_exact(outputs)) {
            raw[row * outputs..][..outputs].copy_from_slice(answer);
        }
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{binned::Binning, fixture::planted},
        summary::Column,
    };

    fn two_groups(shift: f64) -> (Binned, Vec<bool>) {
        let first = planted(1500, 11);
        let mut second = planted(1500, 12).table;
        if let Column::Numeric { values, .. } = &mut second.features[2] {
            for v in values {
                *v += shift;
            }
        }
        let rows: Vec<usize> = (0..1500).collect();
        let binning = Binning::fit(&first.plan, &first.table, &rows, 32);
        let data = binning.codes(&first.table, &rows).chain(&binning.codes(&second, &rows));
        (data, (0..3000).map(|r| r >= 1500).collect())
    }

    #[test]
    fn groups_of_one_population_are_not_told_apart() {
        let (data, is_second) = two_groups(0.0);
        let propensity = Propensity::fit(&data, &is_second, 1).unwrap();
        assert!(propensity.z().abs() < 3.0, "AUC {} ± {}", propensity.auc, propensity.auc_error);
        assert!(propensity.effective_share() > 0.8, "{}", propensity.effective_share());
    }

    #[test]
    fn a_move_of_one_deviation_is_seen_at_its_known_size() {
        // Two normals one standard deviation apart: AUC = Φ(1/√2) = 0.760
        let (data, is_second) = two_groups(1.0);
        let propensity = Propensity::fit(&data, &is_second, 1).unwrap();
        assert!((propensity.auc - 0.76).abs() < 0.035, "AUC {}", propensity.auc);
        let mean = propensity.probability[1500..].iter().sum::<f64>() / 1500.0;
        assert!(mean > 0.55, "rows of the second group lean to it: {mean}");
    }

    #[test]
    fn repeated_rows_do_not_leak_over_the_folds() {
        // Both groups draw from the same 150 rows with independent labels: random folds would let trees
        // memorise them.
        let (data, _) = two_groups(0.0);
        let rows: Vec<usize> = (0..1200).map(|k| k % 150).collect();
        let is_second: Vec<bool> = (0..1200).map(|k| (k % 150) % 2 == 0).collect();
        let propensity = Propensity::fit(&data.take(&rows), &is_second, 3).unwrap();
        assert!((propensity.auc - 0.5).abs() < 3.0 * propensity.auc_error, "AUC {}", propensity.auc);
        assert!(propensity.effective_rows < 200.0, "{}", propensity.effective_rows);
    }

    #[test]
    fn too_few_rows_are_refused() {
        let (data, is_second) = two_groups(0.0);
        let few: Vec<usize> = (1470..1530).collect();
        let short = Propensity::fit(&data.take(&few), &is_second[1470..1530], 1);
        assert_eq!(short.err(), Some(Undefined::TooFew));
    }
}
