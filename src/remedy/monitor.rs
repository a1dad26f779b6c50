//! Alert replay: the windows in which the configured thresholds would have fired.

use crate::{
    autopsy::{Investigation, OnsetKind},
    stats::moments,
    summary::{Grid, Micros},
    text::number,
};

use super::series::{self, Series};

/// Fewer windows before the onset do not tell what is usual.
const FEWEST_WINDOWS: usize = 3;

/// An alert rule, evaluated once per window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertRule {
    /// The headline metric dropped by more than the threshold.
    Performance,
    /// The PSI of an input exceeds the threshold.
    Inputs,
    /// The PSI of the predictions exceeds the threshold.
    Answers,
    /// The mean prediction shifted by more than the threshold.
    AnswerShift,
    /// CPU load or memory in use exceeds the threshold.
    Utilization,
    /// A metric of the business dropped by more than the threshold of performance.
    Business,
    /// The 95 % quantile of the answer time rose by more than the threshold.
    Latency,
    /// Fewer requests than usual came.
    Volume,
    /// Levels that training does not hold.
    Unseen,
    /// More rows lie outside of training than did.
    Outside,
    /// Labels come later than they did.
    LabelDelay,
}

impl AlertRule {
    /// All rules.
    pub const ALL: [Self; 11] = [
        Self::Performance,
        Self::Inputs,
        Self::Answers,
        Self::AnswerShift,
        Self::Utilization,
        Self::Business,
        Self::Latency,
        Self::Volume,
        Self::Unseen,
        Self::Outside,
        Self::LabelDelay,
    ];
}

/// An alert rule, replayed over the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertReplay {
    /// Which rule.
    pub rule: AlertRule,
    /// Describes the rule.
    pub message: String,
    /// Whether it fires, by window; `None` if the window can't be evaluated.
    pub fires: Vec<Option<bool>>,
    /// When it would first have fired for the incident: the end of the first window that fires and reaches the onset.
    pub first: Option<Micros>,
    /// Windows entirely before the onset in which it fires.
    pub false_alarms: usize,
    /// Windows entirely before the onset that can be evaluated.
    pub reference_windows: usize,
}

/// Replays the alert rules of the case over the log.
///
/// A window is evaluated at its end. The performance rule uses the labels known today: a live alert would
/// have been later by the label delay.
#[must_use]
pub fn replay(investigation: &Investigation) -> Vec<AlertReplay> {
    AlertRule::ALL
        .into_iter()
        .filter_map(|rule| {
            let (message, grid, fires) = course(investigation, rule)?;
            let onset = investigation.framing.onset;
            let from = onset.map_or(Micros::MIN, |onset| match onset.kind {
                OnsetKind::FromStart => Micros::MIN,
                OnsetKind::Sudden | OnsetKind::Gradual => onset.at,
            });
            let before = |window: usize| onset.is_none() || grid.span(window).to <= from;
            let has_fired = |window: &usize| fires[*window] == Some(true);
            let first = (0..fires.len())
                .find(|window| has_fired(window) && !before(*window))
                .map(|window| investigation.dossier.seen_at(grid, window));
            Some(AlertReplay {
                rule,
                message,
                first,
                false_alarms: (0..fires.len()).filter(|w| has_fired(w) && before(*w)).count(),
                reference_windows: (0..fires.len()).filter(|&w| fires[w].is_some() && before(w)).count(),
                fires,
            })
        })
        .collect()
}

/// The description of a rule, the windows, and whether it fires in each.
type Course = (String, Grid, Vec<Option<bool>>);

/// Returns the course of a rule; none where the log holds nothing that it watches.
fn course(investigation: &Investigation, rule: AlertRule) -> Option<Course> {
    let thresholds = &investigation.dossier.thresholds;
    let drift = &investigation.drift;
    let watch = series::watch(investigation);
    match rule {
        AlertRule::Performance => {
            let row = investigation.performance.headline_row()?;
            let baseline = row.baseline?.value;
            let limit = thresholds.performance_drop * baseline.abs();
            let points = investigation.performance.course(row.metric)?;
            let fires = points
                .points
                .iter()
                .map(|point| {
                    let estimate = point.estimate?;
                    let worse = crate::autopsy::scoring::worsening(row.metric, baseline, estimate.value);
                    // The rule does not fire if the window's value is not significantly different from the
                    // baseline.
                    let apart = baseline < estimate.interval.0 || baseline > estimate.interval.1;
                    Some(worse >= limit && apart)
                })
                .collect();
            let message = format!(
                "{} worse than {} by {} or more",
                row.metric.name(),
                number::metric(baseline),
                number::share(thresholds.performance_drop)
            );
            Some((message, investigation.performance.grid?, fires))
        }
        AlertRule::Inputs => {
            let fires = (0..drift.rows.len())
                .map(|window| {
                    let known = drift.features.iter().any(|line| line.psi[window].is_some());
                    known.then(|| drift.features.iter().any(|line| line.levels[window] >= 2))
                })
                .collect();
            let message = format!(
                "PSI of any input {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((message, drift.grid?, fires))
        }
        AlertRule::Answers => {
            let line = &drift.answers;
            let fires = (0..line.psi.len())
                .map(|window| line.psi[window].map(|_| line.levels[window] >= 2))
                .collect();
            let message = format!(
                "PSI of the answers {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((message, drift.grid?, fires))
        }
        AlertRule::AnswerShift
        | AlertRule::Utilization
        | AlertRule::Latency
        | AlertRule::Volume
        | AlertRule::Unseen
        | AlertRule::Outside
        | AlertRule::LabelDelay => {
            let (message, (grid, values), limit) = limited(investigation, rule)?;
            let known = values.iter().any(Option::is_some);
            known.then(|| (message, grid, above(&values, limit)))
        }
        AlertRule::Business => {
            let limit = thresholds.performance_drop;
            let grid = investigation.business.iter().find_map(|business| business.grid)?;
            let mut fires: Vec<Option<bool>> = Vec::new();
            for (at, business) in investigation.business.iter().enumerate() {
                let Some((_, values)) = watch.business(at) else { continue };
                fires.resize(values.len().max(fires.len()), None);
                for (window, value) in values.iter().enumerate() {
                    let (Some(value), Some(before)) = (value, business.before) else { continue };
                    let apart = business.course[window]
                        .is_some_and(|one| before.value < one.interval.0 || before.value > one.interval.1);
                    let is = *value >= limit && apart;
                    fires[window] = Some(fires[window].unwrap_or(false) || is);
                }
            }
            let message = format!(
                "any metric of the business worse by {} or more, and significantly so",
                number::share(limit)
            );
            (!fires.is_empty()).then_some((message, grid, fires))
        }
    }
}

/// The rules of one series that fire where it reaches a limit: description, series and limit; none where the log holds nothing
/// of the kind, or the rule is another one.
fn limited(investigation: &Investigation, rule: AlertRule) -> Option<(String, Series, f64)> {
    let thresholds = &investigation.dossier.thresholds;
    let watch = series::watch(investigation);
    match rule {
        AlertRule::AnswerShift => {
            let limit = thresholds.prediction_shift;
            let message = format!("mean answer shifted by {} or more, beyond noise", number::share(limit));
            Some((message, watch.answer_shift()?, limit))
        }
        AlertRule::Utilization => {
            let limit = thresholds.utilization;
            let message = format!("CPU or memory in use {} or more", number::share(limit));
            Some((message, watch.utilization()?, limit))
        }
        AlertRule::Latency => {
            let limit = thresholds.latency_rise;
            let (series, was) = against_usual(investigation, watch.latency()?)?;
            let message = format!(
                "p95 of the answer time {} or more above the usual {} ms",
                number::share(limit),
                number::value(was)
            );
            Some((message, series, limit))
        }
        AlertRule::Volume => {
            let limit = thresholds.volume_drop;
            let message = format!("requests {} or more below the usual number", number::share(limit));
            Some((message, watch.volume()?, limit))
        }
        AlertRule::Unseen => {
            let limit = thresholds.unseen_share;
            let message =
                format!("levels that training does not hold on {} of the rows or more", number::share(limit));
            Some((message, watch.unseen()?, limit))
        }
        AlertRule::Outside => {
            let (grid, values) = watch.outside()?;
            let usual = usual(investigation, grid, &values)?;
            let limit = usual + thresholds.outside_rise;
            let message = format!(
                "{} of the rows or more outside of training, {} usually",
                number::share(limit),
                number::share(usual)
            );
            Some((message, (grid, values), limit))
        }
        AlertRule::LabelDelay => {
            let limit = thresholds.label_delay_rise;
            let (series, was) = against_usual(investigation, watch.label_delay()?)?;
            let message = format!(
                "median delay of the labels {} or more above the usual {} d",
                number::share(limit),
                number::value(was)
            );
            Some((message, series, limit))
        }
        AlertRule::Performance | AlertRule::Inputs | AlertRule::Answers | AlertRule::Business => None,
    }
}

/// The median window before the onset; of all windows where there is no onset, or too few windows before it.
fn usual(investigation: &Investigation, grid: Grid, values: &[Option<f64>]) -> Option<f64> {
    let split = investigation.framing.split();
    let of = |keep: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let kept = values.iter().enumerate().filter(|(window, _)| keep(*window));
        kept.filter_map(|(_, value)| value.filter(|x| x.is_finite())).collect()
    };
    let before = of(&|window| split.is_some_and(|split| grid.span(window).to <= split));
    let all = if before.len() < FEWEST_WINDOWS { of(&|_| true) } else { before };
    moments::median(&all).ok()
}

/// By how much each window lies above the usual one, relative to it, and the usual one.
fn against_usual(investigation: &Investigation, (grid, values): Series) -> Option<(Series, f64)> {
    let was = usual(investigation, grid, &values).filter(|was| *was > 0.0)?;
    let rises = values.iter().map(|value| value.map(|value| value / was - 1.0)).collect();
    Some(((grid, rises), was))
}

/// Whether the value of each window reaches a limit.
fn above(values: &[Option<f64>], limit: f64) -> Vec<Option<bool>> {
    values.iter().map(|value| value.map(|value| value >= limit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    const HOUR: Micros = 3_600_000_000;

    /// The made-up incident with answer times and delays of the labels that grow at the onset.
    fn slowed() -> Investigation {
        let mut investigation = fixture::investigation();
        let onset = fixture::onset();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let late = |at: &Micros| *at >= onset;
        sample.label_time = sample.time.iter().map(|at| at + if late(at) { 60 } else { 20 } * HOUR).collect();
        investigation.dossier = std::sync::Arc::new(dossier);
        let grid = series::watch(&investigation).latency().expect("windows").0;
        let p95 = |window: usize| if grid.span(window).from >= onset { 900.0 } else { 300.0 };
        investigation.serving.latency =
            (0..grid.windows).map(|window| Some((100.0, p95(window), 1000.0))).collect();
        investigation
    }

    fn of(investigation: &Investigation, rule: AlertRule) -> Option<AlertReplay> {
        replay(investigation).into_iter().find(|alert| alert.rule == rule)
    }

    #[test]
    fn slow_answers_and_late_labels_are_rehearsed_against_what_was_usual() {
        let investigation = slowed();
        for rule in [AlertRule::Latency, AlertRule::LabelDelay] {
            let alert = of(&investigation, rule).expect("it is watched");
            assert!(alert.first.is_some_and(|first| first >= fixture::onset()), "{alert:?}");
            assert_eq!(alert.false_alarms, 0, "{}", alert.message);
            assert!(alert.reference_windows > 3, "{}", alert.message);
        }
        let alert = of(&investigation, AlertRule::Latency).expect("it is watched");
        assert_eq!(alert.message, "p95 of the answer time 100 % or more above the usual 300 ms");
        // A contract that bears threefold times does not ring.
        let mut lax = slowed();
        let mut dossier = (*lax.dossier).clone();
        dossier.thresholds.latency_rise = 2.5;
        lax.dossier = std::sync::Arc::new(dossier);
        assert_eq!(of(&lax, AlertRule::Latency).expect("it is watched").first, None);
    }

    #[test]
    fn missing_requests_and_rows_outside_are_rehearsed_and_what_is_not_logged_is_left_out() {
        let mut investigation = fixture::investigation();
        assert!(of(&investigation, AlertRule::LabelDelay).is_none(), "labels have no time");
        let outside = of(&investigation, AlertRule::Outside).expect("support was examined");
        assert!(outside.first.is_some() && outside.false_alarms == 0, "{outside:?}");
        let quiet = of(&investigation, AlertRule::Volume).expect("a clock");
        assert_eq!((quiet.first, quiet.false_alarms), (None, 0), "{quiet:?}");
        let grid = investigation.drift.grid.expect("a clock");
        let onset = grid.window(fixture::onset()).expect("inside");
        investigation.drift.rows[onset + 2] = 0;
        let alert = of(&investigation, AlertRule::Volume).expect("a clock");
        assert!(alert.first.is_some_and(|first| first > fixture::onset()), "{alert:?}");
    }
}
