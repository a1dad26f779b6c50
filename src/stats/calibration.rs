//! Scores against what came of them: reliability, recalibration, and performance estimated from scores alone.

use super::{
    Undefined,
    linear::{Matrix, logistic},
    require_equal_length, require_finite,
};

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Rows in it.
    pub rows: u64,
    /// Their mean score.
    pub score: f64,
    /// The share of them that is positive.
    pub share: f64,
}

/// Returns mean score and share of positives over bins of (nearly) equal count, by ascending score.
///
/// Bin `i` ends at row `n (i + 1) / bins` of the sorted rows; equal scores are never parted, so a bin can be larger or
/// missing.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows or bins,
/// [`Undefined::NotFinite`] with a NaN or an infinity.
pub fn reliability(score: &[f64], positive: &[bool], bins: usize) -> Result<Vec<ReliabilityBin>, Undefined> {
    require_equal_length(score.len(), positive.len())?;
    require_finite(score)?;
    if score.is_empty() || bins == 0 {
        return Err(Undefined::Empty);
    }
    let rows = score.len();
    let bins = bins.min(rows);
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_unstable_by(|&a, &b| score[a].total_cmp(&score[b]).then(a.cmp(&b)));
    let mut table = Vec::with_capacity(bins);
    let mut from = 0;
    for bin in 0..bins {
        let mut to = (rows * (bin + 1) / bins).max(from);
        while to > from && to < rows && score[order[to]] == score[order[to - 1]] {
            to += 1;
        }
        if to > from {
            let here = &order[from..to];
            let n = here.len() as f64;
            table.push(ReliabilityBin {
                rows: here.len() as u64,
                score: here.iter().map(|&row| score[row]).sum::<f64>() / n,
                share: here.iter().filter(|&&row| positive[row]).count() as f64 / n,
            });
        }
        from = to;
    }
    Ok(table)
}

/// A monotone step-and-line function from scores to values.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Ascending.
    x: Vec<f64>,
    /// Not descending, parallel to `x`.
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
/// * `weights`: one a row, above 0; none for equal weights.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows, [`Undefined::NotFinite`] with
/// a NaN, an infinity or a weight that is not above 0.
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
            _ => points.push(Pool {
                first: x[row],
                last: x[row],
                mean: y[row],
                weight,
            }),
        }
    }
    let mut pools: Vec<Pool> = Vec::with_capacity(points.len());
    for mut point in points {
        while let Some(last) = pools.pop_if(|last| last.mean >= point.mean) {
            point = last.joined(&point);
        }
        pools.push(point);
    }
    let (mut at, mut values) = (
        Vec::with_capacity(2 * pools.len()),
        Vec::with_capacity(2 * pools.len()),
    );
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

/// A stretch of x with one fitted value.
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
        Self {
            first: self.first,
            last: next.last,
            mean,
            weight,
        }
    }
}

/// Fits `P(positive) = sigmoid(a · score + b)` (Platt scaling), usually on log-odds.
///
/// The outcomes are taken to (p + 1) / (p + 2) and 1 / (n + 2), with p positives and n negatives, so that separable
/// rows have an answer too.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::OneClass`] without both classes,
/// [`Undefined::Singular`] when the scores do not vary, [`Undefined::NotFinite`] with a NaN or an infinity.
///
/// Source: Platt, "Probabilistic outputs for support vector machines" (1999); Lin, Lin & Weng, "A note on Platt's
/// probabilistic outputs for support vector machines", Machine Learning 68 (2007).
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

/// Returns the score after the share of positives moved from `from` to `to` and nothing else did: Bayes' rule adds the
/// change of the prior's log-odds to the score's.
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

/// Expected cells of the confusion matrix, from calibrated scores alone (confidence-based performance estimation).
///
/// It sees neither a changed relation of outcome and inputs nor regions that training never held.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ExpectedConfusion {
    /// Said and truly positive.
    pub true_positive: f64,
    /// Said positive, truly negative.
    pub false_positive: f64,
    /// Said negative, truly positive.
    pub false_negative: f64,
    /// Said and truly negative.
    pub true_negative: f64,
}

impl ExpectedConfusion {
    /// Expected share of right answers.
    ///
    /// # Errors
    ///
    /// [`Undefined::Empty`] without rows.
    pub fn accuracy(&self) -> Result<f64, Undefined> {
        let right = self.true_positive + self.true_negative;
        let rows = right + self.false_positive + self.false_negative;
        if rows > 0.0 {
            Ok(right / rows)
        } else {
            Err(Undefined::Empty)
        }
    }

    /// Expected precision of the positive class.
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when nothing is said positive.
    pub fn precision(&self) -> Result<f64, Undefined> {
        let said = self.true_positive + self.false_positive;
        if said > 0.0 {
            Ok(self.true_positive / said)
        } else {
            Err(Undefined::OneClass)
        }
    }

    /// Expected recall of the positive class.
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when no positive is expected.
    pub fn recall(&self) -> Result<f64, Undefined> {
        let truly = self.true_positive + self.false_negative;
        if truly > 0.0 {
            Ok(self.true_positive / truly)
        } else {
            Err(Undefined::OneClass)
        }
    }

    /// Twice the expected right over expected said plus true.
    ///
    /// # Errors
    ///
    /// [`Undefined::OneClass`] when the positive class is neither said nor expected.
    pub fn f1(&self) -> Result<f64, Undefined> {
        let both = 2.0 * self.true_positive + self.false_positive + self.false_negative;
        if both > 0.0 {
            Ok(2.0 * self.true_positive / both)
        } else {
            Err(Undefined::OneClass)
        }
    }
}

/// Returns the confusion matrix that calibrated scores let expect.
///
/// * `score`: calibrated probabilities of the positive class (see [`isotonic`]), 0..1.
/// * `said_positive`: the model's answers.
///
/// # Errors
///
/// [`Undefined::BinMismatch`] when the lengths differ, [`Undefined::Empty`] without rows, [`Undefined::NotFinite`] when
/// a score is outside 0..1.
pub fn cbpe_confusion(score: &[f64], said_positive: &[bool]) -> Result<ExpectedConfusion, Undefined> {
    require_equal_length(score.len(), said_positive.len())?;
    if score.is_empty() {
        return Err(Undefined::Empty);
    }
    let mut expected = ExpectedConfusion::default();
    for (&p, &said) in score.iter().zip(said_positive) {
        if !(0.0..=1.0).contains(&p) {
            return Err(Undefined::NotFinite);
        }
        if said {
            expected.true_positive += p;
            expected.false_positive += 1.0 - p;
        } else {
            expected.false_negative += p;
            expected.true_negative += 1.0 - p;
        }
    }
    Ok(expected)
}

/// Returns the ROC AUC that calibrated scores let expect: each row is a positive to the degree of its score.
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
    if positives > 0.0 && below > 0.0 {
        Ok(wins / (positives * below))
    } else {
        Err(Undefined::OneClass)
    }
}

/// Returns the log loss that calibrated scores let expect: the mean entropy of the scores, in nats.
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
