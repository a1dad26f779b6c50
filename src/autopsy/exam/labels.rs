//! Label maturity: the share of the labels that has arrived.

use crate::{
    autopsy::{
        Finding, Observations, Verdict,
        catalogue::{checks, measures},
        exam::{
            context::ExamContext,
            window_split::{display_width, widened},
        },
        label_trust::label_delay,
    },
    cached::cached,
    summary::{Grid, Micros},
    text::{number, time},
};

/// Label maturity by display window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelMaturity {
    /// The windows; none without timestamps.
    pub grid: Option<Grid>,
    /// Share of labelled rows per window.
    pub labelled: Vec<f64>,
    /// Rows with a label.
    pub rows: u64,
    /// The time until which labels have mostly arrived: later windows have less than half of the usual share.
    pub mature_until: Option<Micros>,
}

cached!(struct LabelMaturity { grid, labelled, rows, mature_until });

/// Measures the share of labels that has arrived, window by window.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (LabelMaturity, Observations) {
    let dossier = context.dossier;
    let production = &dossier.production;
    let rows: u64 = production.windows.iter().map(|w| w.answers.labelled).sum();
    let asked: u64 = (0..production.windows.len()).map(|window| production.rows_with_answers(window)).sum();
    let share = rows as f64 / asked.max(1) as f64;
    let (grid, map, of_all) = widened(dossier, display_width(dossier));
    let (mut known, mut all) = (vec![0_u64; of_all.len()], vec![0_u64; of_all.len()]);
    for (at, (totals, &window)) in production.windows.iter().zip(&map).enumerate() {
        known[window] += totals.answers.labelled;
        all[window] += production.rows_with_answers(at);
    }
    let labelled: Vec<f64> = known.iter().zip(&all).map(|(&k, &n)| k as f64 / n.max(1) as f64).collect();
    let mut usual: Vec<f64> = labelled.clone();
    usual.sort_unstable_by(f64::total_cmp);
    let usual = usual.get(usual.len() / 2).copied().unwrap_or(0.0);
    let last = (0..all.len()).rev().find(|&w| all[w] > 0 && labelled[w] >= usual / 2.0);
    let mature_until =
        grid.zip(last).filter(|&(_, w)| w + 1 < all.len() && usual > 0.0).map(|(g, w)| g.span(w).to);
    let mut observations = Observations::default();
    let doubts = dossier.label_doubts.iter();
    observations
        .findings
        .extend(doubts.map(|doubt| Finding::new(&doubt.id, doubt.verdict.clone(), doubt.message.clone())));
    // Labels that arrived but do not match the classes of the predictions are not missing labels.
    if rows > 0 || dossier.label_doubts.is_empty() {
        observations.extend(findings(rows, share, mature_until, label_delay(&production.sample)));
    }
    (LabelMaturity { grid, labelled, rows, mature_until }, observations)
}

/// * `delay`: after which time half of the labels come, and 95 %, in microseconds.
fn findings(rows: u64, share: f64, mature_until: Option<Micros>, delay: Option<(f64, f64)>) -> Observations {
    let (verdict, message) = match mature_until {
        _ if rows == 0 => (
            Verdict::NotApplicable("no production row has a label".to_owned()),
            "No production row has a label: performance can only be estimated, and a changed concept can't be detected."
                .to_owned(),
        ),
        Some(until) => (
            Verdict::Watch,
            format!(
                "{} of the rows are labelled; labels have mostly arrived, but only up to {}.",
                number::share(share),
                time::short(until)
            ),
        ),
        None => (Verdict::Clear, format!("{} of the rows are labelled.", number::share(share))),
    };
    let delay = delay.map(|(half, late)| {
        let [half, late] = [half, late].map(|delay| time::duration(delay as Micros));
        format!(" Half of the labels come within {half} of the answer, 95 % within {late}.")
    });
    let message = message + delay.as_deref().unwrap_or_default();
    let mut observations = Observations::default();
    observations.findings.push(Finding {
        measure: measures::LABELLED.name,
        value: Some(share),
        ..Finding::new(&checks::LABELS_MATURITY, verdict, message)
    });
    observations
}
