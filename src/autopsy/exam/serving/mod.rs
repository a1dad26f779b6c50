//! Serving health: slow predictions, overload, fallback or cached predictions, and whether the loss is
//! concentrated there.
//!
//! A slow service with correct predictions is no cause, and a cache with wrong predictions is fast. The exam
//! therefore checks both tails of the latency ([`link`]), the values of the predictions ([`structure`]), and
//! the predictions that differ from the model's ([`unexpected_answers`]).
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! Signals of a role that production lacks are absent; those that compare with the rows before the onset also
//! when there are fewer than 200 of them; those of the loss when too few labels have arrived or the loss is
//! within noise; those of the predictions' values when the predictions are classes.

mod answer_time;
pub mod link;
pub mod structure;
#[cfg(test)]
mod tests;
pub mod unexpected_answers;

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Verdict,
        catalogue::{CheckSpec, ExamName, checks, measures, signals},
        exam::{
            context::ExamContext,
            rowless,
            window_split::{self, FEWEST_ROWS, Periods},
        },
    },
    cached::cached,
    model::loss::LossKind,
    stats::moments::{mean, quantile, variance},
    summary::{Moments, ServingCounts},
    text::number,
};

/// The part of the rise that alarms from which a latency quantile is on watch.
const SLOWER: f64 = 0.5;

/// Share of overloaded windows that is not an accident.
const OVERLOADED: f64 = 0.05;

/// The service's health, window by window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Serving {
    /// Median, 95 % and 99 % quantile of the latency in milliseconds.
    pub latency: Vec<Option<(f64, f64, f64)>>,
    /// Mean CPU load in percent.
    pub cpu: Vec<Option<f64>>,
    /// Mean memory in use in percent.
    pub memory: Vec<Option<f64>>,
}

cached!(struct Serving { latency, cpu, memory });

/// The service's health by display window.
fn course(dossier: &Dossier) -> Serving {
    let (_, map, rows) = window_split::widened(dossier, window_split::display_width(dossier));
    let mut merged = vec![ServingCounts::default(); rows.len()];
    for (window, &to) in dossier.production.windows.iter().zip(&map) {
        merged[to].cpu.merge(&window.serving.cpu);
        merged[to].memory.merge(&window.serving.memory);
    }
    Serving {
        latency: answer_time::by_group(dossier, rows.len(), |window| map.get(window).copied()),
        cpu: merged.iter().map(|m| m.cpu.mean()).collect(),
        memory: merged.iter().map(|m| m.memory.mean()).collect(),
    }
}

/// Examines the service's health, and how the loss depends on it.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Serving, Observations) {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let serving = course(dossier);
    let losses = Losses::new(dossier, framing);
    let mut observations = Observations::default();
    latency(dossier, periods, &mut observations);
    load(dossier, periods, &mut observations);
    if let Some(because) = dossier.without_rows(false, false) {
        observations.extend(rowless::not_applicable(ExamName::Serving, because));
        return (serving, observations);
    }
    observations.extend(link::examine(context, &losses));
    observations.extend(structure::examine(context, &losses));
    (serving, observations)
}

/// The loss of each sampled row, and the mean loss before the onset.
struct Losses {
    /// One per row of the production sample; NaN without a label. Absolute errors are capped at the 99 %
    /// quantile of those before the onset, to limit the influence of single rows.
    rows: Vec<f64>,
    /// The mean before the onset; none with too few labels there.
    before: Option<f64>,
    /// Whether the mean since the onset is significantly above it.
    real: bool,
}

impl Losses {
    fn new(dossier: &Dossier, framing: &Framing) -> Self {
        let sample = &dossier.production.sample;
        let kind = LossKind::of(&dossier.plan);
        let mut rows: Vec<f64> = (0..sample.rows).map(|row| kind.of_row(sample, row)).collect();
        let of = |rows: &[f64], period: &[usize]| -> Vec<f64> {
            period.iter().map(|&r| rows[r]).filter(|l| l.is_finite()).collect()
        };
        let mut known = of(&rows, &framing.before);
        if kind == LossKind::Absolute {
            if known.is_empty() {
                known = of(&rows, &framing.after);
            }
            known.sort_unstable_by(f64::total_cmp);
            if let Ok(most) = quantile(&known, 0.99) {
                rows.iter_mut().filter(|l| **l > most).for_each(|l| *l = most);
            }
        }
        let (before, after) = (of(&rows, &framing.before), of(&rows, &framing.after));
        let enough = before.len() as u64 >= FEWEST_ROWS && after.len() as u64 >= FEWEST_ROWS;
        let compared = || -> Option<(f64, bool)> {
            let (was, is) = (mean(&before).ok()?, mean(&after).ok()?);
            let error =
                variance(&before).ok()? / before.len() as f64 + variance(&after).ok()? / after.len() as f64;
            Some((was, is - was > 3.0 * error.sqrt()))
        };
        let compared = if enough { compared() } else { None };
        Self { rows, before: compared.map(|c| c.0), real: compared.is_some_and(|c| c.1) }
    }

    /// The share of the excess loss since the onset in some of the rows, less the share of these rows.
    ///
    /// None when the loss is within noise.
    fn concentration(&self, after: &[usize], hit: impl Fn(usize) -> bool) -> Option<f64> {
        let base = self.before.filter(|_| self.real)?;
        let (mut all, mut own, mut rows, mut hits) = (0.0, 0.0, 0.0, 0.0);
        for &row in after.iter().filter(|&&r| self.rows[r].is_finite()) {
            let excess = self.rows[row] - base;
            all += excess;
            rows += 1.0;
            if hit(row) {
                own += excess;
                hits += 1.0;
            }
        }
        (all > 0.0 && rows > 0.0).then(|| (own / all - hits / rows).clamp(-1.0, 1.0))
    }
}

/// Latencies since the onset against those before it, from the counts.
fn latency(dossier: &Dossier, periods: &Periods, observations: &mut Observations) {
    let id = &checks::SERVING_LATENCY;
    let periods_of = |window: usize| match () {
        () if periods.is_after(window) => Some(1),
        () if periods.is_before(window) => Some(0),
        () => None,
    };
    let quantiles = answer_time::by_group(dossier, 2, periods_of);
    let Some((median, p95, p99)) = quantiles[1] else {
        observations.findings.push(not_applicable(id, "Answer times", "production logs none (latency_ms)"));
        return;
    };
    let times = format!("{} / {} / {} ms", number::value(median), number::value(p95), number::value(p99));
    let error = answer_time::error_of(dossier, |window| periods.is_after(window));
    let error = error.map(|error| format!(" {error}")).unwrap_or_default();
    let before = quantiles[0].filter(|_| periods.has_before());
    let Some((median_was, p95_was, _)) = before else {
        let message = format!(
            "Median, p95 and p99 of the answer time are {times}; there is nothing before the onset to compare with.{error}"
        );
        observations.findings.push(Finding {
            measure: measures::LATENCY_P95.name,
            value: Some(p95),
            ..Finding::new(id, Verdict::Clear, message)
        });
        return;
    };
    let factor = p95 / p95_was;
    let rise = dossier.thresholds.latency_rise;
    let verdict = if factor >= 1.0 + rise {
        Verdict::Alarm
    } else if factor >= 1.0 + SLOWER * rise {
        Verdict::Watch
    } else {
        Verdict::Clear
    };
    observations.findings.push(Finding {
        measure: measures::LATENCY_P95.name,
        value: Some(p95),
        threshold: Some((1.0 + rise) * p95_was),
        ..Finding::new(
            id,
            verdict,
            format!(
                "Median, p95 and p99 of the answer time are {times}; p95 was {} ms.{error}",
                number::value(p95_was)
            ),
        )
    });
    observations.signal(&signals::SERVING_LATENCY_P95, factor.ln(), &[], id);
    observations.signal(&signals::SERVING_LATENCY_MEDIAN, (median / median_was).ln(), &[], id);
}

/// Windows in which CPU or memory is above the threshold.
fn load(dossier: &Dossier, periods: &Periods, observations: &mut Observations) {
    type Resource = fn(&ServingCounts) -> &Moments;
    let threshold = 100.0 * dossier.thresholds.utilization;
    let resources: [(&'static CheckSpec, &str, Resource); 2] =
        [(&checks::SERVING_CPU, "CPU", |s| &s.cpu), (&checks::SERVING_MEMORY, "Memory", |s| &s.memory)];
    for (id, name, of) in resources {
        let share = |keep: &dyn Fn(usize) -> bool| {
            let means: Vec<f64> = (dossier.production.windows.iter().enumerate())
                .filter(|(w, _)| keep(*w))
                .filter_map(|(_, window)| of(&window.serving).mean())
                .collect();
            let over = means.iter().filter(|&&m| m >= threshold).count();
            (!means.is_empty()).then(|| over as f64 / means.len() as f64)
        };
        let Some(is) = share(&|w| periods.is_after(w)) else {
            observations.findings.push(not_applicable(id, name, "production logs none"));
            continue;
        };
        let was = if periods.has_before() { share(&|w| periods.is_before(w)) } else { None };
        let rise = is - was.unwrap_or(0.0);
        let verdict = match rise >= OVERLOADED {
            true if was.is_some() => Verdict::Alarm,
            true => Verdict::Watch,
            false => Verdict::Clear,
        };
        let before = was.map_or_else(String::new, |was| format!(", {} before", number::share(was)));
        let message =
            format!("{name} is above {threshold:.0} % in {} of the windows{before}.", number::share(is));
        observations.findings.push(Finding {
            measure: measures::OVERLOADED_WINDOWS.name,
            value: Some(is),
            threshold: Some(was.unwrap_or(0.0) + OVERLOADED),
            ..Finding::new(id, verdict, message)
        });
    }
}

fn not_applicable(id: &'static CheckSpec, what: &str, because: &str) -> Finding {
    let message = format!("{what} can't be judged: {because}.");
    Finding::new(id, Verdict::NotApplicable(because.to_owned()), message)
}
