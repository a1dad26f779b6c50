//! What changed in the outcome given the inputs: one feature's relation to it, or the relation as a whole?
//!
//! A score is a sum of the features' parts ([`super::surrogate::Parts`]). On rows before the change it is corrected to
//! what was true then; after the change several ways to correct it further compete for the log-likelihood: a constant
//! (the outcome became more frequent), a factor on the whole score (everything tells less, or the other way round), or
//! one feature's own part with eight bins of its values. When a feature drifted, its own part explains more than the
//! whole score does; when the concept changed, it is the other way round.

use rayon::prelude::*;

use super::{binned::Binned, surrogate::Parts};
use crate::stats::{
    Undefined,
    linear::{Matrix, logistic, ridge},
};

/// The penalty of the fits, on the scale of the sum over the rows; columns are in deviations of the score.
const LAMBDA: f64 = 1.0;

/// Fewer rows than this on either side can't tell one part of the score from another.
pub const FEWEST_ROWS: usize = 150;

/// Residuals of values are cut off here, in standard deviations, so that single rows don't decide.
const CUT: f64 = 4.0;

/// Features whose bins take part in the fit of everything.
const LEADING: usize = 3;

/// What kind of outcome is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0 or 1; scores are log-odds.
    Binary,
    /// A value; scores are values.
    Value,
}

/// One period's rows.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// The outcome of each row.
    pub y: &'a [f64],
    /// The features' parts of the score.
    pub parts: &'a Parts,
    /// The features in a few bins, in the order of the parts.
    pub bins: &'a Binned,
}

/// How much one feature explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureGain {
    /// The feature's index in the plan.
    pub feature: usize,
    /// Gain of its part of the score and its bins.
    pub alone: f64,
    /// Gain of these and a factor on the rest of the score.
    pub with_rest: f64,
    /// `(alone - whole) / all`: above 0 when the feature explains more than the whole score.
    pub balance: f64,
}

/// The gains in twice the log-likelihood over the corrected score, less two for each parameter (Akaike 1974).
#[derive(Debug, Clone, PartialEq)]
pub struct Anatomy {
    /// Rows after the change.
    pub rows: usize,
    /// Gain of a constant.
    pub constant: f64,
    /// The constant and its standard error, in log-odds or deviations of the residual.
    pub shift: (f64, f64),
    /// Gain of a constant and a factor on the whole score.
    pub whole: f64,
    /// What the factor adds to 1: below 0 the score tells less than before, below -1 the opposite.
    pub factor: f64,
    /// Gain of a factor on every part, and of the bins of the leading features.
    pub all: f64,
    /// Every feature, the largest balance first.
    pub features: Vec<FeatureGain>,
}

impl Anatomy {
    /// The feature with the largest balance.
    #[must_use]
    pub fn lead(&self) -> Option<&FeatureGain> {
        self.features.first()
    }
}

/// Compares the explanations of what changed.
///
/// # Errors
///
/// [`Undefined::TooFew`] with fewer than [`FEWEST_ROWS`] rows in a period, [`Undefined::OneClass`] when a period holds
/// one outcome only, [`Undefined::Constant`] when the score does not vary.
pub fn anatomy(outcome: Outcome, before: &Period<'_>, after: &Period<'_>) -> Result<Anatomy, Undefined> {
    if before.y.len().min(after.y.len()) < FEWEST_ROWS {
        return Err(Undefined::TooFew);
    }
    let whole = before.parts.whole();
    let mean = whole.iter().sum::<f64>() / whole.len() as f64;
    let spread = (whole.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / whole.len() as f64).sqrt();
    if spread.is_nan() || spread <= 1e-9 {
        return Err(Undefined::Constant);
    }
    let scale = Scale { mean, spread };
    let fit = Fit::corrected(outcome, before, after, &scale)?;

    let places = after.parts.features.len();
    let parts: Vec<Vec<f64>> = (0..places)
        .map(|j| after.parts.of(j).into_iter().map(|p| p / spread).collect())
        .collect();
    let score: Vec<f64> = after.parts.whole().into_iter().map(|s| scale.of(s)).collect();
    let bins: Vec<Vec<Vec<f64>>> = (0..places).map(|j| indicators(after.bins, j)).collect();

    let constant = fit.gain(&[]);
    let whole = fit.gain(&[score.as_slice()]);
    let gains: Vec<(f64, f64)> = (0..places)
        .into_par_iter()
        .map(|j| {
            let rest: Vec<f64> = score.iter().zip(&parts[j]).map(|(s, p)| s - p).collect();
            let mut columns: Vec<&[f64]> = vec![&parts[j]];
            columns.extend(bins[j].iter().map(Vec::as_slice));
            let alone = fit.gain(&columns).value;
            columns.push(&rest);
            (alone, fit.gain(&columns).value)
        })
        .collect();
    let mut order: Vec<usize> = (0..places).collect();
    order.sort_by(|&a, &b| gains[b].0.total_cmp(&gains[a].0).then(a.cmp(&b)));
    let mut columns: Vec<&[f64]> = parts.iter().map(Vec::as_slice).collect();
    for &j in order.iter().take(LEADING) {
        columns.extend(bins[j].iter().map(Vec::as_slice));
    }
    // The penalty keeps the fit of everything below some fit of a part at times; all is at least the largest of them.
    let largest = gains.iter().map(|g| g.1).fold(whole.value, f64::max);
    let all = fit.gain(&columns).value.max(largest);

    let mut features: Vec<FeatureGain> = order
        .into_iter()
        .map(|j| FeatureGain {
            feature: after.parts.features[j],
            alone: gains[j].0,
            with_rest: gains[j].1,
            balance: if all > 0.0 {
                (gains[j].0 - whole.value) / all
            } else {
                0.0
            },
        })
        .collect();
    features.sort_by(|a, b| b.balance.total_cmp(&a.balance).then(a.feature.cmp(&b.feature)));
    Ok(Anatomy {
        rows: after.y.len(),
        constant: constant.value,
        shift: constant.shift,
        whole: whole.value,
        factor: whole.factor,
        all,
        features,
    })
}

/// Brings scores onto deviations.
struct Scale {
    mean: f64,
    spread: f64,
}

impl Scale {
    fn of(&self, score: f64) -> f64 {
        (score - self.mean) / self.spread
    }
}

/// A fit's result.
struct Gain {
    value: f64,
    shift: (f64, f64),
    factor: f64,
}

/// The rows after the change, with what the corrected score says of them.
struct Fit<'a> {
    outcome: Outcome,
    y: &'a [f64],
    /// Log-odds or values.
    offset: Vec<f64>,
    /// Values: the standard deviation of the residuals before the change.
    noise: f64,
    /// By how much the corrected score rises per deviation of the score.
    slope: f64,
    /// Twice the log-likelihood without any further correction.
    start: f64,
}

impl<'a> Fit<'a> {
    /// Corrects the score on the rows before the change: a constant and a factor on each part.
    fn corrected(
        outcome: Outcome,
        before: &Period<'_>,
        after: &'a Period<'_>,
        scale: &Scale,
    ) -> Result<Self, Undefined> {
        let columns = |period: &Period<'_>| {
            let mut columns = vec![
                period
                    .parts
                    .whole()
                    .into_iter()
                    .map(|s| scale.of(s))
                    .collect::<Vec<f64>>(),
            ];
            let part = |j| {
                period
                    .parts
                    .of(j)
                    .into_iter()
                    .map(|p: f64| p / scale.spread)
                    .collect()
            };
            columns.extend((0..period.parts.features.len()).map(part));
            Matrix::from_columns(&columns)
        };
        let (x, fresh) = (columns(before)?, columns(after)?);
        // Parts that hardly vary must not be blown up: they pay as much as ten rows would.
        let (offset, noise) = match outcome {
            Outcome::Binary => {
                let model = logistic(&x, before.y, 10.0 * LAMBDA, None, None)?;
                let offset = (0..fresh.rows()).map(|r| model.log_odds(fresh.row(r))).collect();
                (offset, 1.0)
            }
            Outcome::Value => {
                let model = ridge(&x, before.y, 10.0 * LAMBDA, None)?;
                let rest: f64 = before
                    .y
                    .iter()
                    .zip(model.predict(&x))
                    .map(|(y, p)| (y - p) * (y - p))
                    .sum();
                let noise = (rest / before.y.len() as f64).sqrt();
                if noise <= 0.0 {
                    return Err(Undefined::Constant);
                }
                (model.predict(&fresh), noise)
            }
        };
        let slope = slope(&fresh.column(0), &offset);
        let mut fit = Self {
            outcome,
            y: after.y,
            offset,
            noise,
            slope,
            start: 0.0,
        };
        fit.start = match outcome {
            Outcome::Binary => {
                let likelihood = |(y, s): (&f64, &f64)| y * s - s.max(0.0) - (-s.abs()).exp().ln_1p();
                2.0 * fit.y.iter().zip(&fit.offset).map(likelihood).sum::<f64>()
            }
            Outcome::Value => -fit.residuals().iter().map(|r| r * r).sum::<f64>(),
        };
        Ok(fit)
    }

    /// What is left of the values, in deviations of what was left before the change, cut off.
    fn residuals(&self) -> Vec<f64> {
        let rest = |(y, o): (&f64, &f64)| ((y - o) / self.noise).clamp(-CUT, CUT);
        self.y.iter().zip(&self.offset).map(rest).collect()
    }

    /// The gain of a constant and the given columns. A fit that fails explains nothing.
    fn gain(&self, columns: &[&[f64]]) -> Gain {
        let nothing = Gain {
            value: 0.0,
            shift: (0.0, f64::INFINITY),
            factor: 0.0,
        };
        let rows = self.y.len();
        let x = if columns.is_empty() {
            Ok(Matrix::zeros(rows, 0))
        } else {
            Matrix::from_columns(columns)
        };
        let Ok(x) = x else { return nothing };
        let price = 2.0 * (1.0 + columns.len() as f64);
        let per_slope = if self.slope.abs() > 1e-9 { self.slope } else { 1.0 };
        match self.outcome {
            Outcome::Binary => logistic(&x, self.y, LAMBDA, Some(&self.offset), None).map(|fit| Gain {
                value: 2.0 * fit.log_likelihood - self.start - price,
                shift: (fit.intercept, fit.intercept_error),
                factor: fit.coefficients.first().map_or(0.0, |c| c / per_slope),
            }),
            Outcome::Value => {
                let residuals = self.residuals();
                ridge(&x, &residuals, LAMBDA, None).map(|fit| {
                    let left: f64 = fit
                        .predict(&x)
                        .iter()
                        .zip(&residuals)
                        .map(|(p, r)| (r - p) * (r - p))
                        .sum();
                    Gain {
                        value: -left - self.start - price,
                        shift: (fit.intercept, (left / rows as f64 / rows as f64).sqrt()),
                        factor: fit
                            .coefficients
                            .first()
                            .map_or(0.0, |c| c * self.noise / per_slope),
                    }
                })
            }
        }
        .unwrap_or(nothing)
    }
}

/// The slope of `y` over `x` by least squares; 0 when `x` does not vary.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().max(1) as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let both: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let square: f64 = x.iter().map(|x| (x - mean_x) * (x - mean_x)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}

/// One column a bin that some row is in, but the fullest one, which the others are compared with.
fn indicators(bins: &Binned, column: usize) -> Vec<Vec<f64>> {
    let Some(column) = bins.columns.get(column) else {
        return Vec::new();
    };
    let mut counts = vec![0_usize; usize::from(column.bins)];
    for &code in &column.codes {
        counts[usize::from(code)] += 1;
    }
    let fullest = counts
        .iter()
        .enumerate()
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .map(|f| f.0);
    // Levels beyond the eight fullest stay with the fullest: each costs a parameter.
    let mut order: Vec<usize> = (0..counts.len())
        .filter(|&b| counts[b] > 0 && Some(b) != fullest)
        .collect();
    order.sort_by_key(|&b| (std::cmp::Reverse(counts[b]), b));
    order.truncate(8);
    order
        .into_iter()
        .map(|bin| {
            column
                .codes
                .iter()
                .map(|&c| f64::from(u8::from(usize::from(c) == bin)))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            binned::Binning,
            fixture::{label, law, planted},
            surrogate::Surrogate,
        },
        summary::{Table, Task},
    };

    fn examine(changed: impl Fn(f64, f64, u32) -> f64) -> Anatomy {
        let training = planted(3000, 81);
        let surrogate = Surrogate::fit(&training.plan, &training.table).unwrap();
        let rows: Vec<usize> = (0..2500).collect();
        let before = planted(2500, 82).table;
        let mut after = planted(2500, 83).table;
        label(&mut after, 84, changed);
        let binning = Binning::fit(&training.plan, &training.table, &rows, 8);
        let period = |table: &Table| (surrogate.parts(table, &rows, 0), binning.codes(table, &rows));
        let (b, a) = (period(&before), period(&after));
        anatomy(
            Outcome::Binary,
            &Period {
                y: &before.label,
                parts: &b.0,
                bins: &b.1,
            },
            &Period {
                y: &after.label,
                parts: &a.0,
                bins: &a.1,
            },
        )
        .unwrap()
    }

    #[test]
    fn an_unchanged_relation_leaves_nothing_to_explain() {
        let anatomy = examine(law);
        assert!(anatomy.whole.abs() < 15.0 && anatomy.all < 40.0, "{anatomy:?}");
    }

    #[test]
    fn one_inverted_feature_is_named() {
        let anatomy = examine(|a, b, kind| law(a, -b, kind));
        let lead = anatomy.lead().unwrap();
        assert_eq!(lead.feature, 1, "{anatomy:?}");
        assert!(lead.balance > 0.05, "{anatomy:?}");
    }

    #[test]
    fn a_score_that_tells_less_is_a_change_of_the_whole() {
        let anatomy = examine(|a, b, kind| 0.2 * law(a, b, kind));
        assert!(anatomy.lead().unwrap().balance < 0.0, "{anatomy:?}");
        assert!((anatomy.factor + 0.8).abs() < 0.15, "{anatomy:?}");
    }

    #[test]
    fn a_shifted_prior_is_a_constant() {
        let anatomy = examine(|a, b, kind| law(a, b, kind) + 1.0);
        assert!(
            (anatomy.shift.0 - 1.0).abs() < 4.0 * anatomy.shift.1,
            "{anatomy:?}"
        );
        assert!(anatomy.constant > 0.9 * anatomy.all, "{anatomy:?}");
    }

    #[test]
    fn values_are_taken_apart_as_well() {
        let mut training = planted(3000, 85);
        training.plan.task = Task::Regression;
        let value = |table: &Table, sign: f64| -> Vec<f64> {
            let (a, b) = (
                table.features[0].numbers().unwrap(),
                table.features[1].numbers().unwrap(),
            );
            let known = |x: f64| if x.is_nan() { 0.0 } else { x };
            (0..table.rows)
                .map(|r| 30.0 * known(a[r]) + sign * 20.0 * b[r])
                .collect()
        };
        training.table.prediction = value(&training.table, 1.0);
        let surrogate = Surrogate::fit(&training.plan, &training.table).unwrap();
        let rows: Vec<usize> = (0..2500).collect();
        let noisy = |mut y: Vec<f64>, seed| {
            y.iter_mut()
                .enumerate()
                .for_each(|(r, y)| *y += 10.0 * crate::model::fixture::normal(seed, r, 30));
            y
        };
        let (before, after) = (planted(2500, 86).table, planted(2500, 87).table);
        let (y_before, y_after) = (noisy(value(&before, 1.0), 1), noisy(value(&after, -1.0), 2));
        let binning = Binning::fit(&training.plan, &training.table, &rows, 8);
        let period = |table: &Table| (surrogate.parts(table, &rows, 0), binning.codes(table, &rows));
        let (b, a) = (period(&before), period(&after));
        let anatomy = anatomy(
            Outcome::Value,
            &Period {
                y: &y_before,
                parts: &b.0,
                bins: &b.1,
            },
            &Period {
                y: &y_after,
                parts: &a.0,
                bins: &a.1,
            },
        )
        .unwrap();
        assert_eq!(anatomy.lead().unwrap().feature, 1, "{anatomy:?}");
        assert!(anatomy.lead().unwrap().balance > 0.05, "{anatomy:?}");
    }
}
