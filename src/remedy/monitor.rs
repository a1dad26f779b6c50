//! Alerts: what the configured thresholds would have said, window by window.

use crate::{
    autopsy::{Investigation, OnsetKind},
    summary::Micros,
    text::number,
};

/// A rule that rings or keeps quiet once a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The headline metric fell by more than the threshold.
    Performance,
    /// An input's PSI is over the threshold.
    Inputs,
    /// The answers' PSI is over the threshold.
    Answers,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Performance, Self::Inputs, Self::Answers];
}

/// A rule, played over the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// Which rule.
    pub rule: Rule,
    /// The rule in words.
    pub says: String,
    /// Whether it rings, by window; none where the window can't be judged.
    pub rings: Vec<Option<bool>>,
    /// When it would first have rung for the incident: the end of the first ringing window that reaches the onset.
    pub first: Option<Micros>,
    /// Windows wholly before the onset in which it rang: false alarms.
    pub early: usize,
    /// Windows wholly before the onset that it could judge.
    pub quiet: usize,
}

/// Plays the rules of the case's thresholds over the log.
///
/// A window is judged at its end. The performance rule is judged with the labels that are known today: a live alert
/// would have come later by as much as the labels did.
#[must_use]
pub fn rehearse(investigation: &Investigation) -> Vec<Rehearsal> {
    Rule::ALL
        .into_iter()
        .filter_map(|rule| {
            let (says, rings) = play(investigation, rule)?;
            let grid = match rule {
                Rule::Performance => investigation.performance.grid,
                Rule::Inputs | Rule::Answers => investigation.drift.grid,
            }?;
            let onset = investigation.framing.onset;
            let from = onset.map_or(Micros::MIN, |onset| match onset.kind {
                OnsetKind::FromStart => Micros::MIN,
                _ => onset.at,
            });
            let before = |window: usize| onset.is_none() || grid.span(window).to <= from;
            let ringing = |window: &usize| rings[*window] == Some(true);
            let first = (0..rings.len())
                .find(|window| ringing(window) && !before(*window))
                .map(|window| grid.span(window).to);
            Some(Rehearsal {
                rule,
                says,
                first,
                early: (0..rings.len()).filter(|w| ringing(w) && before(*w)).count(),
                quiet: (0..rings.len()).filter(|&w| rings[w].is_some() && before(w)).count(),
                rings,
            })
        })
        .collect()
}

/// The rule in words, and whether it rings in each window.
fn play(investigation: &Investigation, rule: Rule) -> Option<(String, Vec<Option<bool>>)> {
    let thresholds = &investigation.dossier.thresholds;
    let drift = &investigation.drift;
    match rule {
        Rule::Performance => {
            let row = investigation.performance.headline_row()?;
            let baseline = row.baseline?.value;
            let limit = thresholds.performance_drop * baseline.abs();
            let course = investigation.performance.course(row.metric)?;
            let rings = course
                .points
                .iter()
                .map(|point| {
                    let estimate = point.estimate?;
                    let worse = crate::autopsy::scoring::worsening(row.metric, baseline, estimate.value);
                    // A window that can't tell its value from the baseline has nothing to ring about.
                    let apart = baseline < estimate.interval.0 || baseline > estimate.interval.1;
                    Some(worse >= limit && apart)
                })
                .collect();
            let says = format!(
                "{} worse than {} by {} or more",
                row.metric.name(),
                number::metric(baseline),
                number::share(thresholds.performance_drop)
            );
            Some((says, rings))
        }
        Rule::Inputs => {
            let rings = (0..drift.rows.len())
                .map(|window| {
                    let known = drift.features.iter().any(|line| line.psi[window].is_some());
                    known.then(|| drift.features.iter().any(|line| line.levels[window] >= 2))
                })
                .collect();
            let says = format!(
                "PSI of any input {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((says, rings))
        }
        Rule::Answers => {
            let line = &drift.answers;
            let rings = (0..line.psi.len())
                .map(|window| line.psi[window].map(|_| line.levels[window] >= 2))
                .collect();
            let says = format!(
                "PSI of the answers {} or more, and significantly so",
                number::psi(thresholds.psi_alarm)
            );
            Some((says, rings))
        }
    }
}
