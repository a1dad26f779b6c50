//! The numbers of one feature that the screen shows, computed when the cursor comes to it.

use std::sync::Arc;

use crate::{
    app::{Axis, Period, trial::Attempts},
    autopsy::{
        Dossier, Framing,
        exam::drift::Drift,
        view::{
            Ascending,
            categories::{Categories, categories},
            histogram::{self, Histogram, histogram},
            quantiles::{FiveNumbers, Quantiles, compare, quantiles},
            summary::{self, Line, summary},
            timeline::{self, Timeline, timeline},
        },
    },
    summary::Width,
};

/// Quantiles that are compared; enough for a smooth line over the widest pane.
const QUANTILE_POINTS: usize = 101;

/// Levels of a categorical feature that get a line of their own.
const LEVELS: usize = 40;

/// What was asked for when a [`View`] was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) feature: usize,
    pub(super) period: Period,
    pub(super) axis: Option<Axis>,
    pub(super) bins: usize,
    pub(super) width: Option<Width>,
    pub(super) epoch: u64,
    /// The rows: a case that is narrowed has others.
    pub(super) rows: (usize, u64),
    /// The repair that the picture shows, once it is computed.
    pub(super) tried: Option<usize>,
}

/// One feature's numbers, as the screen shows them.
#[derive(Debug, Clone)]
pub struct View {
    pub(super) question: Question,
    /// The values in order, kept for what is asked of the same feature next.
    numbers: Arc<Ascending>,
    /// The feature's index in the plan.
    pub feature: usize,
    /// The axis that the pictures use.
    pub axis: Axis,
    /// The two populations; none for categories and where there is no value.
    pub histogram: Option<Histogram>,
    /// The levels of a categorical feature.
    pub categories: Option<Categories>,
    /// Quantiles of training and of what the picture shows: of the period, or after a repair.
    pub quantiles: Quantiles,
    /// The 5, 50 and 95 % quantiles of training beside those that the picture shows: of the period, or after a repair.
    pub joined: Vec<(f64, f64)>,
    /// Five numbers of the rows before the onset, where the period is another.
    pub before: Option<FiveNumbers>,
    /// The course over time.
    pub timeline: Timeline,
    /// Whether it shows repaired values since the onset.
    pub is_course_repaired: bool,
    /// The statistics.
    pub summary: Vec<Line>,
}

impl View {
    /// Computes what was asked.
    ///
    /// * `dossier`: with what production is held against in place of training.
    /// * `drift`: the drift in the windows that the analyst chose.
    /// * `last`: what was computed before; what does not depend on the change is taken from it.
    /// * `attempts`: the repairs that were tried on the feature.
    pub(super) fn new(
        (dossier, framing): (&Dossier, &Framing),
        drift: &Drift,
        question: Question,
        last: Option<&Self>,
        attempts: Option<&Attempts>,
    ) -> Option<Self> {
        let feature = question.feature;
        let row = drift.features.get(feature)?;
        let period = period(question.period);
        // Other bins or another axis leave all but the histogram as it is.
        let known = last.filter(|view| {
            let Question { axis, bins, .. } = question;
            Question { axis, bins, ..view.question } == question
        });
        let same = last.filter(|view| {
            let of = |question: &Question| (question.feature, question.epoch, question.rows);
            of(&view.question) == of(&question)
        });
        let numbers = same.map_or_else(
            || Arc::new(Ascending::of(dossier, framing, feature)),
            |view| Arc::clone(&view.numbers),
        );
        let served = || quantiles(dossier, &numbers, period, QUANTILE_POINTS);
        let repaired = attempts.filter(|_| question.tried.is_some()).and_then(Attempts::on_screen);
        let before: Vec<f64> = numbers.before.iter().copied().filter(|x| x.is_finite()).collect();
        let asked = question.period != Period::Before;
        let mended: Option<Vec<f64>> = repaired.map(|(_, trial)| {
            let mut numbers: Vec<f64> = trial.numbers.iter().copied().filter(|x| x.is_finite()).collect();
            numbers.sort_unstable_by(f64::total_cmp);
            numbers
        });
        let known_training =
            || numbers.training.iter().copied().filter(|x| x.is_finite()).collect::<Vec<f64>>();
        let quantiles = match (known, mended.filter(|numbers| !numbers.is_empty())) {
            (Some(view), _) => view.quantiles.clone(),
            (None, Some(mended)) => {
                let mut shown = compare(known_training(), mended, QUANTILE_POINTS);
                shown.basis.0.whole = dossier.training.sample.is_whole();
                shown.basis.1.whole = dossier.production.sample.is_whole();
                shown
            }
            (None, None) => served(),
        };
        // A repair gives a value to each row under suspicion, in their order.
        let course = repaired
            .map(|(_, trial)| trial.numbers.as_slice())
            .filter(|values| !values.is_empty() && values.len() == framing.after.len());
        // The axis stays that of the values as served, so that a repair moves over it.
        let axis = question.axis.or(same.map(|view| view.axis)).unwrap_or_else(|| fitting_axis(&quantiles));
        let layout = match axis {
            Axis::Linear => histogram::Axis::Linear,
            Axis::Log => histogram::Axis::Log,
            Axis::Rank => histogram::Axis::Rank,
        };
        Some(Self {
            joined: joined(&quantiles),
            numbers: Arc::clone(&numbers),
            question,
            feature,
            axis,
            histogram: match repaired.filter(|(_, trial)| !trial.numbers.is_empty()) {
                Some((_, trial)) => {
                    histogram::repaired(dossier, feature, &trial.numbers, layout, question.bins)
                }
                None => histogram(dossier, &numbers, period, layout, question.bins),
            },
            categories: known.map_or_else(
                || categories(dossier, framing, feature, LEVELS),
                |view| view.categories.clone(),
            ),
            quantiles,
            before: asked.then(|| FiveNumbers::of(&before)).flatten(),
            is_course_repaired: course.is_some(),
            timeline: match (known, course) {
                (Some(view), _) => view.timeline.clone(),
                (None, Some(values)) => timeline::repaired(dossier, framing, drift, feature, values),
                (None, None) => timeline(dossier, drift, feature),
            },
            summary: match (known, repaired.filter(|(_, trial)| !trial.numbers.is_empty())) {
                (Some(view), _) => view.summary.clone(),
                (None, Some((_, trial))) => {
                    summary::repaired(summary(dossier, framing, row, &numbers), &trial.numbers, trial.psi.1)
                }
                (None, None) => summary(dossier, framing, row, &numbers),
            },
        })
    }
}

const fn period(period: Period) -> crate::autopsy::view::Period {
    match period {
        Period::Since => crate::autopsy::view::Period::After,
        Period::Before => crate::autopsy::view::Period::Before,
        Period::Both => crate::autopsy::view::Period::All,
    }
}

/// The axis on which both populations can be seen: logarithmic (linear near 0 where values reach it) where values span
/// two powers of ten or more, or where the medians lie one apart.
fn fitting_axis(quantiles: &Quantiles) -> Axis {
    /// A change of scale by this much leaves one of the populations a bar at the edge of a linear axis.
    const FAR: f64 = 10.0;
    let (Some(training), Some(production)) = quantiles.five else {
        return Axis::Linear;
    };
    // Of a side that reaches 0 the smallest of its quantiles above it.
    let lowest = |five: &FiveNumbers| [five.p5, five.q1, five.median, five.q3].into_iter().find(|&x| x > 0.0);
    let low = lowest(&training).into_iter().chain(lowest(&production)).reduce(f64::min);
    let high = training.p95.max(production.p95);
    let (a, b) = (training.median.abs(), production.median.abs());
    let apart = a.min(b) > 0.0 && a.max(b) >= FAR * a.min(b);
    let is_wide = low.is_some_and(|low| high > 100.0 * low);
    // Around 0 a logarithm pulls apart what lies together.
    if training.min >= 0.0 && production.min >= 0.0 && (apart || is_wide) { Axis::Log } else { Axis::Linear }
}

/// The 5, 50 and 95 % quantiles of training beside those of the rows that are shown.
fn joined(quantiles: &Quantiles) -> Vec<(f64, f64)> {
    match (quantiles.five.0, quantiles.five.1) {
        (Some(a), Some(b)) => vec![(a.p5, b.p5), (a.median, b.median), (a.p95, b.p95)],
        _ => Vec::new(),
    }
}
