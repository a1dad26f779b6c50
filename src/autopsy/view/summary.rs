//! The table of one feature's statistics: training, before the onset, after it, and their ratio.

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{drift::DriftRow, sampled_values::finite, window_split::Periods},
    },
    stats::{
        distance::ks,
        moments::{self, quantile},
    },
    summary::{Bins, Column, FeatureCounts, MISSING, Moments, Table, fraction},
    text::number,
};

use super::{Ascending, rows_of_periods};

/// The statistic of a line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Rows of the snapshot.
    Rows,
    /// Share of missing values.
    Missing,
    /// Distinct values as a share of the non-missing ones, in equally many sampled rows of each period.
    Distinct,
    /// Smallest value.
    Min,
    /// 5 % quantile of the sample.
    P5,
    /// Median of the sample.
    Median,
    /// Mean.
    Mean,
    /// Standard deviation.
    Deviation,
    /// 95 % quantile of the sample.
    P95,
    /// Largest value.
    Max,
    /// Kolmogorov-Smirnov distance to training.
    Ks,
    /// PSI against training, bias-corrected.
    Psi,
}

impl Statistic {
    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Missing => "null %",
            Self::Distinct => "distinct %",
            Self::Min => "min",
            Self::P5 => "p5",
            Self::Median => "median",
            Self::Mean => "mean",
            Self::Deviation => "sd",
            Self::P95 => "p95",
            Self::Max => "max",
            Self::Ks => "KS",
            Self::Psi => "PSI",
        }
    }

    /// A value formatted for people; shares in percent.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Rows => number::count(value.max(0.0) as u64),
            Self::Missing | Self::Distinct => number::share(value),
            Self::Ks => number::metric(value),
            Self::Psi => number::psi(value),
            Self::Min | Self::P5 | Self::Median | Self::Mean | Self::Deviation | Self::P95 | Self::Max => {
                number::value(value)
            }
        }
    }
}

/// One line of the table; none where there is nothing to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The statistic.
    pub statistic: Statistic,
    /// In training.
    pub training: Option<f64>,
    /// In production before the onset.
    pub before: Option<f64>,
    /// In production since the onset.
    pub after: Option<f64>,
}

impl Line {
    /// After over before (else over training); none for counts and distances, and where the base is 0.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        if matches!(self.statistic, Statistic::Rows | Statistic::Ks | Statistic::Psi) {
            return None;
        }
        let base = self.before.or(self.training)?;
        (base != 0.0).then_some(self.after? / base).filter(|ratio| ratio.is_finite())
    }
}

/// The table of one feature.
///
/// * `drift`: the feature's line of the drift exam.
#[must_use]
pub fn summary(dossier: &Dossier, framing: &Framing, drift: &DriftRow, numbers: &Ascending) -> Vec<Line> {
    let feature = drift.feature;
    let periods = Periods::new(dossier, framing);
    let (from, to) = (&dossier.training.features[feature], &dossier.production.features[feature]);
    let sides = [
        SummarySide::new(from.sum(|_| true), from.moments_of(|_| true), dossier.training.rows, from),
        SummarySide::new(periods.counts_before(to), periods.moments_before(to), periods.rows_before, to),
        SummarySide::new(periods.counts_after(to), periods.moments_after(to), periods.rows_after, to),
    ];
    let distinct = distinct_shares(dossier, framing, feature);
    let (before, since) = rows_of_periods(dossier, framing);
    let mut lines = vec![
        line(Statistic::Rows, |i| Some([dossier.training.rows, before, since][i] as f64)),
        line(Statistic::Missing, |i| sides[i].missing()),
        line(Statistic::Distinct, |i| distinct[i]),
    ];
    let sorted = [&numbers.training, &numbers.before, &numbers.after].map(|values| finite(values));
    if sorted.iter().any(|v| !v.is_empty()) {
        let at = |i: usize, q: f64| quantile(&sorted[i], q).ok();
        let some = |i: usize| sides[i].moments.n > 0;
        lines.extend([
            line(Statistic::Min, |i| if some(i) { Some(sides[i].moments.min) } else { at(i, 0.0) }),
            line(Statistic::P5, |i| at(i, 0.05)),
            line(Statistic::Median, |i| at(i, 0.5)),
            line(Statistic::Mean, |i| sides[i].moments.mean()),
            line(Statistic::Deviation, |i| sides[i].moments.deviation()),
            line(Statistic::P95, |i| at(i, 0.95)),
            line(Statistic::Max, |i| if some(i) { Some(sides[i].moments.max) } else { at(i, 1.0) }),
        ]);
    }
    if let Bins::Numeric(bins) = &dossier.plan.features[feature].bins {
        let present = |i: usize| sides[i].counts.get(..=bins.edges.len());
        let distance = |i: usize| ks(present(0)?, present(i)?).ok();
        lines.push(line(Statistic::Ks, |i| if i == 0 { None } else { distance(i) }));
    }
    lines.push(line(Statistic::Psi, |i| [None, drift.psi_before, drift.distances.psi][i]));
    lines
}

/// The table with repaired values in place of those since the onset.
///
/// * `numbers`: the repaired values of the sampled rows, NaN where missing.
/// * `psi`: their PSI against training.
#[must_use]
pub fn repaired(mut lines: Vec<Line>, numbers: &[f64], psi: Option<f64>) -> Vec<Line> {
    let mut present: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
    present.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| quantile(&present, q).ok();
    for line in &mut lines {
        line.after = match line.statistic {
            Statistic::Rows => Some(numbers.len() as f64),
            Statistic::Missing => {
                (!numbers.is_empty()).then(|| 1.0 - present.len() as f64 / numbers.len() as f64)
            }
            // A map takes different values to different ones.
            Statistic::Distinct => line.after,
            Statistic::Min => at(0.0),
            Statistic::P5 => at(0.05),
            Statistic::Median => at(0.5),
            Statistic::P95 => at(0.95),
            Statistic::Max => at(1.0),
            Statistic::Mean => moments::mean(&present).ok(),
            Statistic::Deviation => moments::deviation(&present).ok(),
            Statistic::Ks => None,
            Statistic::Psi => psi,
        };
    }
    lines
}

fn line(statistic: Statistic, of: impl Fn(usize) -> Option<f64>) -> Line {
    Line { statistic, training: of(0), before: of(1), after: of(2) }
}

/// One period's counts.
struct SummarySide {
    counts: Vec<u64>,
    moments: Moments,
    rows: u64,
    present: bool,
}

impl SummarySide {
    fn new(counts: Vec<u64>, moments: Moments, rows: u64, column: &FeatureCounts) -> Self {
        Self { counts, moments, rows, present: column.present }
    }

    fn missing(&self) -> Option<f64> {
        let missing = if self.present { self.counts.last().copied().unwrap_or(0) } else { self.rows };
        (self.rows > 0).then(|| fraction(missing, self.rows))
    }
}

/// Distinct values as a share of the non-missing ones, for training, before and after.
///
/// The share falls with the number of rows, so each period is thinned evenly to the size of the smallest one.
fn distinct_shares(dossier: &Dossier, framing: &Framing, feature: usize) -> [Option<f64>; 3] {
    let (training, production) = (&dossier.training.sample, &dossier.production.sample);
    let all: Vec<usize> = (0..training.rows).collect();
    let keys = [
        keys(training, feature, &all),
        keys(production, feature, &framing.before),
        keys(production, feature, &framing.after),
    ];
    let smallest = keys.iter().map(Vec::len).filter(|&n| n > 0).min().unwrap_or(0);
    keys.map(|keys| {
        let mut kept: Vec<u64> =
            (0..smallest).filter_map(|i| keys.get(i * keys.len() / smallest).copied()).collect();
        kept.sort_unstable();
        kept.dedup();
        (!keys.is_empty()).then(|| kept.len() as f64 / smallest as f64)
    })
}

/// One key per row with a value: equal keys are equal values.
fn keys(table: &Table, feature: usize, rows: &[usize]) -> Vec<u64> {
    match &table.features[feature] {
        Column::Numeric { values, .. } => {
            rows.iter().map(|&r| values[r]).filter(|x| !x.is_nan()).map(f64::to_bits).collect()
        }
        Column::Categorical(codes) => {
            rows.iter().map(|&r| codes[r]).filter(|&c| c != MISSING).map(u64::from).collect()
        }
        Column::Embedding { .. } | Column::Absent => Vec::new(),
    }
}
