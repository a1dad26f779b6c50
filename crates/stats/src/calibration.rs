//! Calibration of scores: reliability tables, recalibration, and performance estimated from scores alone.

use super::{
    Undefined,
    linear::{Matrix, logistic},
    ranked::RankedScores,
    require_equal_length, require_finite,
};

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Number of rows.
    pub rows: u64,
    /// Mean score.
    pub score: f64,
    /// Share of positives.
    pub share: f64,
}

/// Returns the mean score and the share of positives in bins of (nearly) equal count, by ascending score.
///
/// Bin `i` ends at row `n (i + 1) / bins` of the sorted rows; rows with equal scores share a bin, so a bin
/// can be larger or missing.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows or bins,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn reliability(score: &[f64], positive: &[bool], bins: usize) -> Result<Vec<ReliabilityBin>, Undefined> {
    reliability_of(&RankedScores::new(score, positive), bins)
}

/// The same of scores that may be sorted already.
///
/// # Errors
///
/// As [`reliability`].
pub fn reliability_of(ranked: &RankedScores<'_>, bins: usize) -> Result<Vec<ReliabilityBin>, Undefined> {
    let order = ranked.order()?;
    if bins == 0 {
        return Err(Undefined::Empty);
    }
    let rows = order.len();
    let bins = bins.min(rows);
    let score = |at: usize| ranked.score()[order[at] as usize];
    let mut table = Vec::with_capacity(bins);
    let mut from = 0;
    for bin in 0..bins {
        let mut to = (rows * (bin + 1) / bins).max(from);
        while to > from && to < rows && score(to) == score(to - 1) {
            to += 1;
        }
        if to > from {
            let n = (to - from) as f64;
            let positives = order[from..to].iter().filter(|&&row| ranked.positive()[row as usize]).count();
            table.push(ReliabilityBin {
                rows: (to - from) as u64,
                score: (from..to).map(score).sum::<f64>() / n,
                share: positives as f64 / n,
            });
        }
        from = to;
    }
    Ok(table)
}

/// A monotone piecewise linear function from scores to values.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Ascending.
    x: Vec<f64>,
    /// Non-descending, parallel to `x`.
    y: Vec<f64>,
}

impl Isotonic {
    /// The fitted value at `x`: linear between the fitted points, constant beyond them.
    #[must_use]
    pub fn predict(&self, x: f64) -> f64 {
        let above = self.x.partition_point(|&point| point <= x);
        if above == 0 {
            return self.y[0];
        }
        let below = above - 1;
        match (self.x.get(above), self.y.get(above)) {
            (Some(&next), Some(&value)) => {
                self.y[below] + (value - self.y[below]) * (x - self.x[below]) / (next - self.x[below])
            }
            _ => self.y[below],
        }
    }
}

/// Fits the non-descending function with the least weighted squared error (pool adjacent violators).
///
/// Rows of equal `x` are pooled first.
///
/// * `weights`: one per row, above 0; none for equal weights.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] with a NaN, an infinity or a weight that is not above 0.
pub fn isotonic(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Result<Isotonic, Undefined> {
    require_equal_length(x.len(), y.len())?;
    require_finite(x)?;
    require_finite(y)?;
    if x.is_empty() {
        return Err(Undefined::Empty);
    }
    if let Some(weights) = weights {
        require_equal_length(weights.len(), x.len())?;
        if weights.iter().any(|w| !w.is_finite() || *w <= 0.0) {
            return Err(Undefined::NotFinite);
        }
    }
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_unstable_by(|&a, &b| x[a].total_cmp(&x[b]).then(a.cmp(&b)));
    let mut points: Vec<Pool> = Vec::new();
    for row in order {
        let weight = weights.map_or(1.0, |w| w[row]);
        match points.last_mut() {
            Some(last) if last.last == x[row] => last.add(y[row], weight),
            _ => points.push(Pool { first: x[row], last: x[row], mean: y[row], weight }),
        }
    }
    let mut pools: Vec<Pool> = Vec::with_capacity(points.len());
    for mut point in points {
        while let Some(last) = pools.pop_if(|last| last.mean >= point.mean) {
            point = last.joined(&point);
        }
        pools.push(point);
    }
    let (mut at, mut values) = (Vec::with_capacity(2 * pools.len()), Vec::with_capacity(2 * pools.len()));
    for pool in &pools {
        at.push(pool.first);
        values.push(pool.mean);
        if pool.last > pool.first {
            at.push(pool.last);
            values.push(pool.mean);
        }
    }
    Ok(Isotonic { x: at, y: values })
}

/// An interval of x with one fitted value.
struct Pool {
    first: f64,
    last: f64,
    mean: f64,
    weight: f64,
}

impl Pool {
    fn add(&mut self, y: f64, weight: f64) {
        self.weight += weight;
        self.mean += (y - self.mean) * weight / self.weight;
    }

    fn joined(&self, next: &Self) -> Self {
        let weight = self.weight + next.weight;
        let mean = (self.mean * self.weight + next.mean * next.weight) / weight;
        Self { first: self.first, last: next.last, mean, weight }
    }
}

/// Fits `P(positive) = sigmoid(a · score + b)` (Platt scaling), usually on log-odds.
///
/// The targets are (p + 1) / (p + 2) for positives and 1 / (n + 2) for negatives, with p positives and n
/// negatives, so that separable rows have a solution too.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::OneClass`] without both classes,
/// [`Undefined::Singular`] when the scores do not vary, [`Undefined::NotFinite`] with a NaN or an infinity.
///
/// Source: Platt, "Probabilistic outputs for support vector machines" (1999); Lin, Lin & Weng, "A note on
/// Platt's probabilistic outputs for support vector machines", Machine Learning 68 (2007).
pub fn platt(score: &[f64], positive: &[bool]) -> Result<(f64, f64), Undefined> {
    require_equal_length(score.len(), positive.len())?;
    require_finite(score)?;
    let positives = positive.iter().filter(|p| **p).count() as f64;
    let negatives = positive.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Err(Undefined::OneClass);
    }
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let targets: Vec<f64> = positive.iter().map(|&p| if p { high } else { low }).collect();
    let fit = logistic(&Matrix::from_columns(&[score])?, &targets, 0.0, None, None)?;
    Ok((fit.coefficients[0], fit.intercept))
}

/// Adjusts a score for a change of the share of positives from `from` to `to` when nothing else changed:
/// Bayes' rule adds the change of the prior's log-odds to the log-odds of the score.
///
/// * `score`: the probability of the positive class; 0 and 1 stay.
/// * `from`, `to`: strictly between 0 and 1.
///
/// # Errors
///
/// [`Undefined::NotFinite`] when an argument is outside its range.
pub fn prior_shift(score: f64, from: f64, to: f64) -> Result<f64, Undefined> {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    if !(0.0..=1.0).contains(&score) || !inside(from) || !inside(to) {
        return Err(Undefined::NotFinite);
    }
    let (up, down) = (score * to / from, (1.0 - score) * (1.0 - to) / (1.0 - from));
    Ok(up / (up + down))
}

/// The expected cells of the confusion matrix, from calibrated scores alone (confidence-based performance
/// estimation).
///
/// It detects neither concept drift nor regions of the input space without training data.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ExpectedConfusion {
    /// Predicted positive, truly positive.
    pub true_positive: f64,
    /// Predicted positive, truly negative.
    pub false_positive: f64,
    /// Predicted negative, truly positive.
    pub false_negative: f64,
    /// Predicted negative, truly negative.
    pub true_negative: f64,
}

impl ExpectedConfusion {
    /// Expected share of correct predictions.
    ///
    /// # Errors
    ///
    /// [`Undefined::Empty`] without rows.
    pub fn accuracy(&self) -> Result<f64, Undefined> {
        let right = self.true_positive + self.true_negative;
        let rows = right + self.false_positive + self.false_negative;
        if rows > 0.0 { Ok(right / rows) } else { Err(Undefined::Empty) }
    }

    /// Expected precision of the positive class.
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when nothing is predicted positive.
    pub fn precision(&self) -> Result<f64, Undefined> {
        let predicted = self.true_positive + self.false_positive;
        if predicted > 0.0 { Ok(self.true_positive / predicted) } else { Err(Undefined::OneClass) }
    }

    /// Expected recall of the positive class.
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when no positive is expected.
    pub fn recall(&self) -> Result<f64, Undefined> {
        let truly = self.true_positive + self.false_negative;
        if truly > 0.0 { Ok(self.true_positive / truly) } else { Err(Undefined::OneClass) }
    }

    /// Expected F1 of the positive class: 2 TP / (predicted positives + expected positives).
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when the positive class is neither predicted nor expected.
    pub fn f1(&self) -> Result<f64, Undefined> {
        let both = 2.0 * self.true_positive + self.false_positive + self.false_negative;
        if both > 0.0 { Ok(2.0 * self.true_positive / both) } else { Err(Undefined::OneClass) }
    }
}

/// Returns the expected confusion matrix, given calibrated scores.
///
/// * `score`: calibrated probabilities of the positive class (see [`isotonic`]), 0..1.
/// * `predicted_positive`: the model's predictions.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows,
/// [`Undefined::NotFinite`] when a score is outside 0..1.
pub fn cbpe_confusion(score: &[f64], predicted_positive: &[bool]) -> Result<ExpectedConfusion, Undefined> {
    require_equal_length(score.len(), predicted_positive.len())?;
    if score.is_empty() {
        return Err(Undefined::Empty);
    }
    let mut expected = ExpectedConfusion::default();
    for (&p, &predicted) in score.iter().zip(predicted_positive) {
        if !(0.0..=1.0).contains(&p) {
            return Err(Undefined::NotFinite);
        }
        if predicted {
            expected.true_positive += p;
            expected.false_positive += 1.0 - p;
        } else {
            expected.false_negative += p;
            expected.true_negative += 1.0 - p;
        }
    }
    Ok(expected)
}

/// Returns the expected ROC AUC, given calibrated scores: each row counts as a positive with the weight of
/// its score.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::OneClass`] when all scores are 0 or all are 1,
/// [`Undefined::NotFinite`] when a score is outside 0..1.
pub fn cbpe_auc(score: &[f64]) -> Result<f64, Undefined> {
    if score.is_empty() {
        return Err(Undefined::Empty);
    }
    if !score.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(Undefined::NotFinite);
    }
    let mut ascending = score.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    let (mut below, mut wins, mut positives, mut from) = (0.0, 0.0, 0.0, 0);
    while from < ascending.len() {
        let score = ascending[from];
        let ties = ascending[from..].iter().take_while(|&&s| s == score).count();
        let (positive, negative) = (ties as f64 * score, ties as f64 * (1.0 - score));
        wins += positive * (below + negative / 2.0);
        below += negative;
        positives += positive;
        from += ties;
    }
    if positives > 0.0 && below > 0.0 { Ok(wins / (positives * below)) } else { Err(Undefined::OneClass) }
}

/// Returns the expected log loss, given calibrated scores: the mean entropy of the scores, in nats.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows, [`Undefined::NotFinite`] when a score is outside 0..1.
pub fn cbpe_log_loss(score: &[f64]) -> Result<f64, Undefined> {
    if score.is_empty() {
        return Err(Undefined::Empty);
    }
    if !score.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(Undefined::NotFinite);
    }
    let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    Ok(score.iter().map(|&p| term(p) + term(1.0 - p)).sum::<f64>() / score.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;
    use proptest::prelude::*;

    #[test]
    fn isotonic_agrees_with_scikit_learn() {
        let (x, y) = ([1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0], [1.0, 3.0, 2.0, 4.0, 3.5, 5.0, 4.0]);
        let fit = isotonic(&x, &y, Some(&[1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 2.0])).unwrap();
        // IsotonicRegression(out_of_bounds='clip').fit(x, y, w).predict([0, 1, 2, 2.5, 3, 4, 4.5, 5, 6, 9])
        let third = 2.666_666_666_666_666_5;
        let want = [1.0, 1.0, third, third, third, 3.9, 3.9, 3.9, 4.0, 4.0];
        for (at, want) in [0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 4.5, 5.0, 6.0, 9.0].into_iter().zip(want) {
            assert_near("isotonic", fit.predict(at), want);
        }
    }

    #[test]
    fn platt_agrees_with_newtons_method() {
        let score = [0.1_f64, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2].map(|p| (p / (1.0 - p)).ln());
        // T = np.where(y == 1, 5 / 6, 1 / 5); 50 x th += solve(X.T @ (X * (m * (1 - m))[:, None]), X.T @ (T - m))
        let (a, b) = platt(&score, &[false, false, true, true, true, true, false]).unwrap();
        assert_near("slope", a, 0.763_112_085_592_139);
        assert_near("intercept", b, 0.505_431_677_321_845_9);
        // Separable rows have a solution, too.
        assert!(platt(&[-1.0, 1.0], &[false, true]).unwrap().0 > 0.0);
    }

    #[test]
    fn expected_performance_agrees_with_scikit_learn() {
        let score = [0.2, 0.7, 0.5, 0.9];
        let expected = cbpe_confusion(&score, &[false, true, true, true]).unwrap();
        assert_near("accuracy", expected.accuracy().unwrap(), 2.9 / 4.0);
        assert_near("precision", expected.precision().unwrap(), 0.7);
        assert_near("recall", expected.recall().unwrap(), 2.1 / 2.3);
        assert_near("f1", expected.f1().unwrap(), 4.2 / 5.3);
        // roc_auc_score([1] * 4 + [0] * 4, np.r_[p, p], sample_weight=np.r_[p, 1 - p])
        assert_near("auc", cbpe_auc(&score).unwrap(), 0.794_117_647_058_823_6);
        // -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean()
        assert_near("log loss", cbpe_log_loss(&score).unwrap(), 0.532_374_219_886_118_8);
    }

    #[test]
    fn a_moved_prior_moves_the_log_odds() {
        let moved = prior_shift(0.3, 0.2, 0.5).unwrap();
        let odds = |p: f64| (p / (1.0 - p)).ln();
        assert_near("log-odds", odds(moved), odds(0.3) + odds(0.5) - odds(0.2));
        assert_eq!(prior_shift(0.0, 0.2, 0.5), Ok(0.0));
        assert_eq!(prior_shift(0.3, 0.0, 0.5), Err(Undefined::NotFinite));
    }

    #[test]
    fn undefined_says_why() {
        assert_eq!(reliability(&[], &[], 10), Err(Undefined::Empty));
        assert_eq!(isotonic(&[], &[], None), Err(Undefined::Empty));
        assert_eq!(isotonic(&[1.0], &[1.0], Some(&[0.0])), Err(Undefined::NotFinite));
        assert_eq!(platt(&[0.3, 0.4], &[true, true]), Err(Undefined::OneClass));
        assert_eq!(platt(&[0.3, 0.3], &[true, false]), Err(Undefined::Singular));
        assert_eq!(cbpe_confusion(&[1.5], &[true]), Err(Undefined::NotFinite));
        assert_eq!(cbpe_auc(&[0.0, 0.0]), Err(Undefined::OneClass));
        assert_eq!(cbpe_log_loss(&[]), Err(Undefined::Empty));
    }

    proptest! {
        #[test]
        fn isotonic_never_falls_and_keeps_the_mean(
            rows in prop::collection::vec((0_u8..15, -50_i32..50), 1..60), at in -2.0..20.0_f64
        ) {
            let x: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let y: Vec<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
            let fit = isotonic(&x, &y, None).unwrap();
            prop_assert!(fit.predict(at) <= fit.predict(at + 0.7));
            let fitted: f64 = x.iter().map(|&x| fit.predict(x)).sum();
            prop_assert!((fitted - y.iter().sum::<f64>()).abs() < 1e-8);
        }

        #[test]
        fn every_row_is_in_one_bin(rows in prop::collection::vec((0_u8..30, any::<bool>()), 1..80), bins in 1_usize..15) {
            let score: Vec<f64> = rows.iter().map(|r| f64::from(r.0) / 30.0).collect();
            let truth: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let table = reliability(&score, &truth, bins).unwrap();
            prop_assert!(table.len() <= bins);
            prop_assert_eq!(table.iter().map(|b| b.rows).sum::<u64>() as usize, rows.len());
            prop_assert!(table.windows(2).all(|w| w[0].score < w[1].score));
        }
    }
}
