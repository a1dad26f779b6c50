//! The board: what moved and when, one strip each, all on the axis of the metric.

use crate::{
    app::{
        screen::pipeline::whole_windows,
        suspicion::{OF_ANSWERS, OF_OUTCOMES, accusation, suspects, worst_of},
    },
    autopsy::{
        Investigation, Severity, Step,
        catalogue::{CheckSpec, checks},
        exam::drift::{Drift, DriftRow},
    },
    summary::{Grid, fraction},
    text::number,
};

/// Inputs that get a strip at most; what they do not say, Drift does.
const INPUTS: usize = 5;

/// Inputs listed before delivery and service.
const FIRST: usize = 3;

/// Number of windows before the onset needed to estimate their spread.
const FEWEST_WINDOWS: usize = 5;

/// A value so many robust standard deviations from those before the onset goes one shade up; the first is the
/// customary limit of a control chart.
///
/// Source: Shewhart, "Economic Control of Quality of Manufactured Product" (1931).
pub const DEVIATION_EDGES: [f64; 5] = [3.0, 4.5, 6.5, 9.0, 14.0];

/// The scale of a strip's shades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// The population stability index.
    Psi,
    /// Distance from the windows before the onset, in their own spread.
    Deviation,
}

/// What a strip is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A step's own quantity: the screen that shows it.
    Step(Step),
    /// An input.
    Input(usize),
}

/// One strip.
#[derive(Debug, Clone)]
pub struct Strip {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub of: Of,
    /// One value a window.
    pub values: Vec<Option<f64>>,
    /// The scale of the shades.
    pub shade: Shade,
    /// One number a window on that scale.
    pub heat: Vec<Option<f64>>,
    /// How a value reads.
    pub shown: fn(f64) -> String,
    /// The worst outcome of its checks; none without a check.
    pub severity: Option<Severity>,
}

impl Strip {
    /// The value in a window, else the last one known.
    #[must_use]
    pub fn at(&self, window: Option<usize>) -> Option<f64> {
        match window {
            Some(window) => self.values.get(window).copied().flatten(),
            None => self.values.iter().rev().find_map(|value| *value),
        }
    }
}

/// The strips below the metric: answers, labels, delivery and service, then the inputs that stand out most.
///
/// * `drift`: in the windows that are shown.
#[must_use]
pub fn strips(investigation: &Investigation, drift: &Drift) -> Vec<Strip> {
    let Some(grid) = drift.grid else {
        return Vec::new();
    };
    let split = investigation.framing.split().and_then(|at| grid.window(at));
    let counted = Counted::of(investigation, grid);
    let mut strips = Vec::new();
    let mut add = |name: &str, of, values: Vec<Option<f64>>, floor: f64, shown, severity| {
        if values.iter().any(Option::is_some) {
            let heat = deviations(&values, split, floor);
            let name = name.to_owned();
            strips.push(Strip { name, of, values, shade: Shade::Deviation, heat, shown, severity });
        }
    };
    let worst = |asked: &[&'static CheckSpec]| worst_of(investigation, asked);
    let labels = worst(&OF_OUTCOMES);
    add("outcomes", Of::Step(Step::Concept), counted.outcome, 0.01, number::metric, labels);
    let known = worst(&[&checks::LABELS_MATURITY]);
    add("labels known", Of::Step(Step::Pipeline), counted.labelled, 0.05, number::share, known);
    let rows = counted.rows;
    let volume = worst(&[&checks::PIPELINE_VOLUME]);
    add("rows", Of::Step(Step::Pipeline), rows, 0.0, |n| number::count(n.max(0.0) as u64), volume);
    let nulls = worst(&[&checks::PIPELINE_NULLS]);
    add("nulls", Of::Step(Step::Pipeline), counted.nulls, 0.002, number::share, nulls);
    let latency = worst(&[&checks::SERVING_LATENCY]);
    let ms: fn(f64) -> String = |ms| format!("{ms:.0} ms");
    add("p95 latency", Of::Step(Step::Pipeline), counted.latency, 2.0, ms, latency);
    let answers = worst(&OF_ANSWERS);
    let mut all = vec![of_psi("answers".to_owned(), Of::Step(Step::Drift), &drift.answers, answers)];
    all.retain(|strip| strip.values.iter().any(Option::is_some));
    let inputs = suspects(investigation).into_iter().take(INPUTS).filter_map(|feature| {
        let name = investigation.dossier.feature_name(feature).to_owned();
        let row = drift.features.get(feature)?;
        Some(of_psi(name, Of::Input(feature), row, accusation(investigation, feature)))
    });
    let mut inputs: Vec<Strip> = inputs.collect();
    // Where lines are few, the first ones say most: the answers and whom the findings accuse.
    let rest = inputs.split_off(FIRST.min(inputs.len()));
    all.extend(inputs.into_iter().chain(strips).chain(rest));
    all
}

fn of_psi(name: String, of: Of, row: &DriftRow, severity: Option<Severity>) -> Strip {
    Strip {
        name,
        of,
        values: row.psi.clone(),
        shade: Shade::Psi,
        heat: row.psi.clone(),
        shown: number::psi,
        severity,
    }
}

/// What the pass counted, in the windows of a grid.
struct Counted {
    rows: Vec<Option<f64>>,
    labelled: Vec<Option<f64>>,
    /// The share of positives, or the mean of the target; none for several classes.
    outcome: Vec<Option<f64>>,
    nulls: Vec<Option<f64>>,
    latency: Vec<Option<f64>>,
}

impl Counted {
    fn of(investigation: &Investigation, grid: Grid) -> Self {
        let summary = &investigation.dossier.production;
        let n = grid.windows;
        let (mut rows, mut known, mut sum) = (vec![0_u64; n], vec![0_u64; n], vec![0.0; n]);
        let classes = investigation.dossier.plan.classes.len();
        let counts = summary.windows.iter().enumerate();
        let fine = investigation.dossier.grid();
        for (window, totals) in counts {
            let Some(at) = fine.and_then(|fine| grid.window(fine.span(window).from)) else {
                continue;
            };
            rows[at] += totals.rows;
            known[at] += totals.answers.labelled;
            sum[at] += match classes {
                // Label major: the second line of the matrix is the positive class.
                2 => totals.answers.confusion.iter().skip(2).sum::<u64>() as f64,
                _ => totals.answers.label.0,
            };
        }
        let share = |part: &[u64]| part.iter().zip(&rows).map(|(&k, &n)| fraction_of(k, n)).collect();
        let told = classes == 2 || classes == 0;
        let outcome = sum.iter().zip(&known).map(|(&sum, &n)| (told && n > 0).then(|| sum / n as f64));
        let drift = &investigation.drift;
        let matches = |other: Option<Grid>| other == Some(grid);
        let nulls = if matches(drift.grid) { mean_missing(&drift.features, n) } else { Vec::new() };
        let service = &investigation.serving;
        let latency = if matches(investigation.pipeline.grid) {
            service.latency.iter().map(|q| q.map(|(_, p95, _)| p95)).collect()
        } else {
            Vec::new()
        };
        Self {
            labelled: share(&known),
            outcome: outcome.collect(),
            nulls,
            latency,
            rows: whole_windows(investigation, Some(grid), rows.into_iter()),
        }
    }
}

fn fraction_of(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| fraction(part, of))
}

/// The mean share of missing values over the features, window by window.
fn mean_missing(rows: &[DriftRow], windows: usize) -> Vec<Option<f64>> {
    let mean = |window: usize| {
        let known: Vec<f64> =
            rows.iter().filter_map(|row| row.missing.get(window).copied().flatten()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..windows).map(mean).collect()
}

/// How far each window lies from those before the onset, in their robust standard deviations: distances from the median
/// over 1.4826 times the median distance.
///
/// * `split`: the first window since the onset; without one all windows are the measure.
/// * `floor`: the spread is taken to be at least this, so that what hardly varies does not flare up.
fn deviations(values: &[Option<f64>], split: Option<usize>, floor: f64) -> Vec<Option<f64>> {
    let before =
        split.filter(|&split| split >= FEWEST_WINDOWS && split < values.len()).unwrap_or(values.len());
    let mut known: Vec<f64> = values[..before].iter().flatten().copied().filter(|v| v.is_finite()).collect();
    let Some(middle) = median(&mut known) else {
        return vec![None; values.len()];
    };
    let mut apart: Vec<f64> = known.iter().map(|v| (v - middle).abs()).collect();
    let spread = median(&mut apart).map_or(0.0, |spread| 1.4826 * spread);
    // Weekdays differ: a twentieth of the level is never news.
    let spread = spread.max(floor / DEVIATION_EDGES[0]).max(middle.abs() / 20.0 / DEVIATION_EDGES[0]);
    let apart = |value: f64| if spread > 0.0 { (value - middle).abs() / spread } else { 0.0 };
    values.iter().map(|value| value.map(apart)).collect()
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn noise_stays_quiet_and_a_shift_is_seen_from_its_first_window_on() {
        let mut values: Vec<Option<f64>> = (0..20).map(|i| Some(100.0 + f64::from(i * 7 % 5))).collect();
        values.extend([Some(180.0), None, Some(181.0)]);
        let heat = deviations(&values, Some(20), 0.0);
        assert!(heat[..20].iter().flatten().all(|&z| z < DEVIATION_EDGES[0]), "{heat:?}");
        assert!(heat[20].unwrap() > DEVIATION_EDGES[4] && heat[21].is_none(), "{heat:?}");
        let none = deviations(&[Some(0.0); 12], Some(6), 0.002);
        assert!(none.iter().all(|z| *z == Some(0.0)), "{none:?}");
    }

    #[test]
    fn the_accused_input_comes_first() {
        let investigation = fixture::investigation();
        let top = investigation.diagnosis.top().unwrap();
        assert_eq!(suspects(&investigation).first(), top.features.first());
        let strips = strips(&investigation, &investigation.drift);
        assert!(strips.iter().any(|strip| strip.of == Of::Input(top.features[0])));
        assert_eq!(strips[0].name, "answers");
    }
}
