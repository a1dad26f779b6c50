//! Fits of candidate explanations of a change: the gain of each over the corrected score, before and after.

use super::{FEWEST_ROWS, Outcome, PeriodRows};
use crate::{
    model::binned::Binned,
    stats::{
        Undefined,
        linear::{Matrix, logistic, logistic_with_errors, ridge},
    },
};

/// The penalty of the fits, on the scale of the sum over the rows; columns are in standard deviations of the
/// score.
const LAMBDA: f64 = 1.0;

/// Residuals of values are clipped here, in standard deviations, so that single rows do not dominate.
const CUT: f64 = 4.0;

/// Standardises scores.
struct ScoreScale {
    mean: f64,
    spread: f64,
}

impl ScoreScale {
    fn of(&self, score: f64) -> f64 {
        (score - self.mean) / self.spread
    }
}

/// A candidate explanation of the change, in addition to a constant.
pub(super) enum Explanation {
    /// The constant only.
    Constant,
    /// A factor on the whole score.
    Whole,
    /// A factor on one feature's contribution, the feature's bins, and a factor on the rest of the score.
    Part { part: usize, bins: bool, rest: bool },
    /// A factor on each of two contributions, and their features' bins.
    Pair { parts: [usize; 2], bins: bool },
    /// A factor on each contribution, and the bins of the leading features.
    All { leading: Vec<usize> },
}

/// The columns of one period.
struct PeriodDesign {
    /// In standard deviations.
    score: Vec<f64>,
    parts: Vec<Vec<f64>>,
    bins: Vec<Vec<Vec<f64>>>,
}

impl PeriodDesign {
    fn of(period: &PeriodRows<'_>, scale: &ScoreScale, places: &[usize]) -> Self {
        let part = |&j: &usize| period.parts.of(j).into_iter().map(|p| p / scale.spread).collect();
        Self {
            score: period.parts.whole().into_iter().map(|s| scale.of(s)).collect(),
            parts: places.iter().map(part).collect(),
            bins: places.iter().map(|&j| indicators(period.bins, j)).collect(),
        }
    }

    fn matrix(&self, explanation: &Explanation) -> Result<Matrix, Undefined> {
        let mut left = Vec::new();
        let mut columns: Vec<&[f64]> = Vec::new();
        match explanation {
            Explanation::Constant => return Ok(Matrix::zeros(self.score.len(), 0)),
            Explanation::Whole => columns.push(&self.score),
            Explanation::Part { part, bins, rest } => {
                columns.push(&self.parts[*part]);
                if *bins {
                    columns.extend(self.bins[*part].iter().map(Vec::as_slice));
                }
                if *rest {
                    left.extend(self.score.iter().zip(&self.parts[*part]).map(|(s, p)| s - p));
                    columns.push(&left);
                }
            }
            Explanation::Pair { parts, bins } => {
                for &j in parts {
                    columns.push(&self.parts[j]);
                    if *bins {
                        columns.extend(self.bins[j].iter().map(Vec::as_slice));
                    }
                }
            }
            Explanation::All { leading } => {
                columns.extend(self.parts.iter().map(Vec::as_slice));
                for &j in leading {
                    columns.extend(self.bins[j].iter().map(Vec::as_slice));
                }
            }
        }
        Matrix::from_columns(&columns)
    }
}

/// The result of a fit.
pub(super) struct LikelihoodGain {
    pub(super) value: f64,
    /// The same without the penalty for the parameters.
    pub(super) unpriced: f64,
    pub(super) shift: (f64, f64),
    pub(super) factor: f64,
}

impl LikelihoodGain {
    /// The gain of a failed fit.
    pub(super) const NOTHING: Self =
        Self { value: 0.0, unpriced: 0.0, shift: (0.0, f64::INFINITY), factor: 0.0 };
}

/// Both periods with the same corrected score. What an explanation also gains before the change was wrong
/// with the score all along and does not explain the change.
pub(super) struct Fits {
    before: PeriodFit,
    after: PeriodFit,
}

impl Fits {
    pub(super) fn new(
        outcome: Outcome,
        before: &PeriodRows<'_>,
        after: &PeriodRows<'_>,
        places: &[usize],
    ) -> Result<Self, Undefined> {
        if before.y.len().min(after.y.len()) < FEWEST_ROWS {
            return Err(Undefined::TooFew);
        }
        let whole = before.parts.whole();
        let mean = whole.iter().sum::<f64>() / whole.len() as f64;
        let spread = (whole.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / whole.len() as f64).sqrt();
        if spread.is_nan() || spread <= 1e-9 {
            return Err(Undefined::Constant);
        }
        Self::corrected(outcome, before, after, &ScoreScale { mean, spread }, places)
    }

    /// Corrects the score on the rows before the change: a constant and a factor on each contribution.
    fn corrected(
        outcome: Outcome,
        before: &PeriodRows<'_>,
        after: &PeriodRows<'_>,
        scale: &ScoreScale,
        places: &[usize],
    ) -> Result<Self, Undefined> {
        let designs = (PeriodDesign::of(before, scale, places), PeriodDesign::of(after, scale, places));
        let columns = |design: &PeriodDesign| {
            let all: Vec<&[f64]> =
                std::iter::once(&design.score).chain(&design.parts).map(Vec::as_slice).collect();
            Matrix::from_columns(&all)
        };
        let (x, fresh) = (columns(&designs.0)?, columns(&designs.1)?);
        // Contributions that hardly vary must not get huge factors: they are penalised like ten rows.
        let (offsets, noise) = match outcome {
            Outcome::Binary => {
                let model = logistic(&x, before.y, 10.0 * LAMBDA, None, None)?;
                let offset = |x: &Matrix| (0..x.rows()).map(|r| model.log_odds(x.row(r))).collect();
                ((offset(&x), offset(&fresh)), 1.0)
            }
            Outcome::Value => {
                let model = ridge(&x, before.y, 10.0 * LAMBDA, None)?;
                let offsets = (model.predict(&x), model.predict(&fresh));
                let rest: f64 = before.y.iter().zip(&offsets.0).map(|(y, p)| (y - p) * (y - p)).sum();
                let noise = (rest / before.y.len() as f64).sqrt();
                if noise <= 0.0 {
                    return Err(Undefined::Constant);
                }
                (offsets, noise)
            }
        };
        let slope = slope(&designs.1.score, &offsets.1);
        let fit = |y: &[f64], offset, design| PeriodFit::new(outcome, y, offset, noise, slope, design);
        Ok(Self { before: fit(before.y, offsets.0, designs.0), after: fit(after.y, offsets.1, designs.1) })
    }

    /// The gain after the change minus that before it, scaled to equal numbers of rows, minus two per
    /// parameter.
    pub(super) fn gain(&self, explanation: &Explanation) -> LikelihoodGain {
        let (after, price) = self.after.gain(explanation);
        let (before, _) = self.before.gain(explanation);
        let per_row = self.after.y.len() as f64 / self.before.y.len() as f64;
        // Fitting noise gains one per parameter on average, in both periods.
        let unpriced = after.value - price - per_row * (before.value - price).max(0.0);
        LikelihoodGain { value: unpriced - price, unpriced, ..after }
    }
}

/// One period's rows with their corrected score.
struct PeriodFit {
    outcome: Outcome,
    y: Vec<f64>,
    /// Log-odds or values.
    offset: Vec<f64>,
    /// For values: the standard deviation of the residuals before the change.
    noise: f64,
    /// The slope of the corrected score per standard deviation of the score.
    slope: f64,
    /// Twice the log-likelihood without further correction.
    start: f64,
    design: PeriodDesign,
}

impl PeriodFit {
    fn new(
        outcome: Outcome,
        y: &[f64],
        offset: Vec<f64>,
        noise: f64,
        slope: f64,
        design: PeriodDesign,
    ) -> Self {
        let mut fit = Self { outcome, y: y.to_vec(), offset, noise, slope, start: 0.0, design };
        fit.start = match outcome {
            Outcome::Binary => {
                let likelihood = |(y, s): (&f64, &f64)| y * s - s.max(0.0) - (-s.abs()).exp().ln_1p();
                2.0 * fit.y.iter().zip(&fit.offset).map(likelihood).sum::<f64>()
            }
            Outcome::Value => -fit.residuals().iter().map(|r| r * r).sum::<f64>(),
        };
        fit
    }

    /// The residuals of values, in standard deviations of those before the change, clipped.
    fn residuals(&self) -> Vec<f64> {
        let rest = |(y, o): (&f64, &f64)| ((y - o) / self.noise).clamp(-CUT, CUT);
        self.y.iter().zip(&self.offset).map(rest).collect()
    }

    /// The gain in twice the log-likelihood, and the number of parameters. The gain of a failed fit is 0.
    fn gain(&self, explanation: &Explanation) -> (LikelihoodGain, f64) {
        let rows = self.y.len() as f64;
        let Ok(x) = self.design.matrix(explanation) else {
            return (LikelihoodGain::NOTHING, 1.0);
        };
        let parameters = 1.0 + x.columns() as f64;
        let per_slope = if self.slope.abs() > 1e-9 { self.slope } else { 1.0 };
        let first = |coefficients: &[f64]| coefficients.first().map_or(0.0, |c| c / per_slope);
        let gain = match self.outcome {
            Outcome::Binary => {
                // How sure the constant is matters where it is all there is.
                let fitted = if let Explanation::Constant = explanation {
                    logistic_with_errors(&x, &self.y, LAMBDA, Some(&self.offset), None)
                        .map(|(fit, errors)| (fit, errors.intercept))
                } else {
                    logistic(&x, &self.y, LAMBDA, Some(&self.offset), None).map(|fit| (fit, f64::NAN))
                };
                fitted.map(|(fit, error)| LikelihoodGain {
                    value: 2.0 * fit.log_likelihood - self.start,
                    unpriced: 0.0,
                    shift: (fit.intercept, error),
                    factor: first(&fit.coefficients),
                })
            }
            Outcome::Value => {
                let residuals = self.residuals();
                ridge(&x, &residuals, LAMBDA, None).map(|fit| {
                    let left: f64 =
                        fit.predict(&x).iter().zip(&residuals).map(|(p, r)| (r - p) * (r - p)).sum();
                    LikelihoodGain {
                        value: -left - self.start,
                        unpriced: 0.0,
                        shift: (fit.intercept, left.sqrt() / rows),
                        factor: self.noise * first(&fit.coefficients),
                    }
                })
            }
        };
        (gain.unwrap_or(LikelihoodGain::NOTHING), parameters)
    }
}

/// The least-squares slope of `y` on `x`; 0 when `x` does not vary.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().max(1) as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let both: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let square: f64 = x.iter().map(|x| (x - mean_x) * (x - mean_x)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}

/// One indicator column per occupied bin, except the most frequent one, which is the baseline.
fn indicators(bins: &Binned, column: usize) -> Vec<Vec<f64>> {
    let Some(column) = bins.columns.get(column) else {
        return Vec::new();
    };
    let mut counts = vec![0_usize; usize::from(column.bins)];
    for &code in &column.codes {
        counts[usize::from(code)] += 1;
    }
    let fullest = counts.iter().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|f| f.0);
    // Levels beyond the eight most frequent ones are merged into the baseline, as each costs a parameter.
    let mut order: Vec<usize> = (0..counts.len()).filter(|&b| counts[b] > 0 && Some(b) != fullest).collect();
    order.sort_by_key(|&b| (std::cmp::Reverse(counts[b]), b));
    order.truncate(8);
    order
        .into_iter()
        .map(|bin| column.codes.iter().map(|&c| f64::from(u8::from(usize::from(c) == bin))).collect())
        .collect()
}
