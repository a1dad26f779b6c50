//! Fits a ramp and compares it with a step.

use super::shift::mean_shift;
use crate::Undefined;

/// Grid points tried for the start and for the end of a ramp before the best pair is refined.
const GRID: usize = 192;

/// How far the likelihood ratio may fall within a 95 % region of start and end: the chi-square quantile with
/// two degrees of freedom.
const RATIO_95: f64 = 5.991_464_547_107_979;

/// A ramp between two levels, and the best-fitting step for comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp {
    /// The first index after the old level.
    pub start: usize,
    /// The first index of the new level; equal to `start` for a step.
    pub end: usize,
    /// The 95 % interval of the start (first and last index), to one part in 192 of the series.
    pub start_interval: (usize, usize),
    /// The 95 % interval of the end (first and last index), to one part in 192 of the series.
    pub end_interval: (usize, usize),
    /// The old level.
    pub before: f64,
    /// The new level.
    pub after: f64,
    /// The squared error of the ramp.
    pub error: f64,
    /// The first index of the new level of the best step.
    pub step: usize,
    /// The squared error of the best step, never less than that of the ramp.
    pub step_error: f64,
    /// Number of values in the series.
    pub values: usize,
}

impl Ramp {
    /// The likelihood ratio of the ramp against the step, `n (S_step − S_ramp) / S_ramp`, for independent
    /// values; divide it by the dispersion if they are not. When the truth is a step it exceeded 2.4 in 5 %
    /// and 4.9 in 1 % of simulated normal series of 300 values, for steps of 0.3 to 2 standard deviations.
    #[must_use]
    pub fn gain(&self) -> f64 {
        if self.error > 0.0 {
            self.values as f64 * (self.step_error - self.error) / self.error
        } else if self.step_error > 0.0 {
            f64::INFINITY
        } else {
            0.0
        }
    }
}

/// Fits a ramp between two levels; a step is the shortest ramp.
///
/// Tries all pairs of start and end on a grid of 192 splits and refines the best pair to single values.
/// Values before `start` are at the old level, values from `end` on at the new one.
///
/// # Errors
///
/// As [`mean_shift`].
pub fn ramp(values: &[f64]) -> Result<Ramp, Undefined> {
    let step = mean_shift(values)?;
    let n = values.len();
    let sums = Sums::new(values);
    let stride = n.div_ceil(GRID);
    let places: Vec<usize> = (0..n).step_by(stride).chain([n]).collect();
    let mut best = (step.index, step.index, sums.explained(step.index, step.index));
    let mut by_start = vec![0.0_f64; places.len()];
    let mut by_end = vec![0.0_f64; places.len()];
    for (i, &start) in places.iter().enumerate() {
        for (j, &end) in places.iter().enumerate().skip(i) {
            let explained = sums.explained(start, end);
            by_start[i] = by_start[i].max(explained);
            by_end[j] = by_end[j].max(explained);
            // A longer ramp must fit better by more than rounding error.
            if explained > best.2 * (1.0 + 1e-12) {
                best = (start, end, explained);
            }
        }
    }
    let (start, end, explained) = sums.refined(best, stride);
    let error = (sums.spread - explained).max(0.0);
    let allowed = explained - error * RATIO_95 / n as f64;
    let hull = |profile: &[f64], own: usize| {
        let inside = |i: &usize| profile[*i] >= allowed;
        let first = (0..places.len()).find(inside).map_or(own, |i| places[i].min(own));
        let last = (0..places.len()).rev().find(inside).map_or(own, |i| places[i].max(own));
        (first, last)
    };
    let (before, after) = sums.levels(start, end);
    Ok(Ramp {
        start,
        end,
        start_interval: hull(&by_start, start),
        end_interval: hull(&by_end, end),
        before,
        after,
        error,
        step: step.index,
        step_error: if step.error > error { step.error } else { error },
        values: n,
    })
}

/// Running sums of centred values, which give the fit of any ramp in constant time.
struct Sums {
    mean: f64,
    spread: f64,
    /// Sum of the values before each split.
    plain: Vec<f64>,
    /// Sum of position x value before each split, where the value at index i has the position i + ½.
    placed: Vec<f64>,
}

impl Sums {
    fn new(values: &[f64]) -> Self {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (mut plain, mut placed) = (vec![0.0], vec![0.0]);
        let (mut sum, mut moment, mut spread) = (0.0, 0.0, 0.0);
        for (i, x) in values.iter().enumerate() {
            let x = x - mean;
            sum += x;
            moment += (i as f64 + 0.5) * x;
            spread += x * x;
            plain.push(sum);
            placed.push(moment);
        }
        Self { mean, spread, plain, placed }
    }

    fn values(&self) -> usize {
        self.plain.len() - 1
    }

    /// Mean, sum of squares and sum of products with the values for the regressor that is 0 before `start`, 1
    /// from `end` on, and linear in between.
    fn regressor(&self, start: usize, end: usize) -> (f64, f64, f64) {
        let n = self.values();
        let after = (n - end) as f64;
        let mut sum = after;
        let mut squares = after;
        let mut products = self.plain[n] - self.plain[end];
        if end > start {
            let length = (end - start) as f64;
            sum += length / 2.0;
            // Σ ((j + ½) / L)² over j = 0..L−1
            squares += (4.0 * length * length - 1.0) / (12.0 * length);
            let inside = self.plain[end] - self.plain[start];
            products += (self.placed[end] - self.placed[start] - start as f64 * inside) / length;
        }
        let mean = sum / n as f64;
        (mean, squares - sum * mean, products)
    }

    /// The part of the sum of squares that a ramp explains.
    fn explained(&self, start: usize, end: usize) -> f64 {
        let (_, spread, products) = self.regressor(start, end);
        if spread > 1e-9 { products * products / spread } else { 0.0 }
    }

    fn levels(&self, start: usize, end: usize) -> (f64, f64) {
        let (mean, spread, products) = self.regressor(start, end);
        let rise = if spread > 1e-9 { products / spread } else { 0.0 };
        (self.mean - rise * mean, self.mean + rise * (1.0 - mean))
    }

    /// Moves start and end in ever smaller steps while the fit improves.
    fn refined(&self, best: (usize, usize, f64), stride: usize) -> (usize, usize, f64) {
        let (mut start, mut end, mut explained) = best;
        let mut reach = stride;
        while reach > 0 {
            let near = |at: usize| [at.saturating_sub(reach), at, (at + reach).min(self.values())];
            let (mut better, center) = (None, (start, end));
            for s in near(center.0) {
                for e in near(center.1) {
                    let here = if s <= e { self.explained(s, e) } else { 0.0 };
                    if here > explained * (1.0 + 1e-12) {
                        explained = here;
                        better = Some((s, e));
                    }
                }
            }
            match better {
                Some(place) => (start, end) = place,
                None => reach /= 2,
            }
        }
        (start, end, explained)
    }
}
