//! Parts of the rows in both periods: what every metric, and the drift of the inputs, is in each.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier, Investigation,
        exam::window_split::{display_width, widened},
        scoring::{self, Scored},
    },
    stats::{
        Undefined, distance, distribution::normal_two_sided_p, metric::Metric, testing::benjamini_hochberg,
    },
    summary::{FeatureCounts, SnapshotSummary},
    text::time,
};

use super::{
    table::{Cell, Format, StudyTable},
    two_periods::{Period, TwoPeriods},
};

/// Fewer labelled rows on a side show no metric.
const FEWEST_ROWS: usize = 30;

/// Fewer rows on a side show no drift: PSI less its bias is mostly noise below.
const FEWEST_FOR_PSI: usize = 200;

/// A part of the rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) name: String,
    /// Rows of the reference's table.
    pub(super) then: Vec<usize>,
    /// Rows of production under suspicion.
    pub(super) now: Vec<usize>,
}

/// What is measured of a part.
#[derive(Debug, Clone)]
pub(super) struct Measured<'a> {
    pub(super) part: &'a Part,
    pub(super) then: Metrics,
    pub(super) now: Metrics,
    /// The input that moved most within the part, and its PSI less its bias.
    pub(super) moved: Option<(usize, f64)>,
}

pub(super) type Metrics = Vec<(Metric, Result<Scored, Undefined>)>;

/// Every metric of the task on rows that can be judged; nothing where they are too few.
pub(super) fn metrics(period: &Period<'_>, rows: &[usize]) -> Metrics {
    if period.answers.judged_rows(rows).len() < FEWEST_ROWS {
        return Vec::new();
    }
    scoring::score(&period.answers, rows)
}

/// A metric among others.
pub(super) fn value_of(metrics: &Metrics, wanted: Metric) -> Option<Scored> {
    metrics.iter().find(|(metric, _)| *metric == wanted).and_then(|(_, scored)| scored.ok())
}

/// Measures every part.
pub(super) fn measure<'a>(
    dossier: &Dossier,
    periods: &TwoPeriods<'_>,
    parts: &'a [Part],
) -> Vec<Measured<'a>> {
    let one = |part: &'a Part| Measured {
        part,
        then: metrics(&periods.then, &part.then),
        now: metrics(&periods.now, &part.now),
        moved: moved(dossier, periods, part),
    };
    parts.par_iter().map(one).collect()
}

/// The input whose distribution moved most between the periods within a part.
fn moved(dossier: &Dossier, periods: &TwoPeriods<'_>, part: &Part) -> Option<(usize, f64)> {
    if part.then.len() < FEWEST_FOR_PSI || part.now.len() < FEWEST_FOR_PSI {
        return None;
    }
    let plan = &dossier.plan;
    let counted = |period: &Period<'_>, rows: &[usize]| {
        SnapshotSummary::from_table(plan, period.table.take(rows), None)
    };
    let (then, now) = (counted(&periods.then, &part.then), counted(&periods.now, &part.now));
    let psi = |(index, feature): (usize, &crate::summary::Feature)| {
        let coarse = |counts: &FeatureCounts| feature.bins.coarsen(&counts.sum(|_| true));
        let (then, now) = (coarse(then.features.get(index)?), coarse(now.features.get(index)?));
        Some((index, distance::psi_corrected(&then, &now).ok()?))
    };
    plan.features.iter().enumerate().filter_map(psi).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// A scored metric as a cell.
pub(super) fn cell(scored: Option<Scored>) -> Cell {
    scored.map_or(Cell::Missing, |scored| Cell::Interval(scored.value, scored.interval))
}

/// By how much a metric got worse, with its 95 % interval and its standard errors.
pub(super) fn loss(
    metric: Metric,
    then: Option<Scored>,
    now: Option<Scored>,
) -> Option<(f64, (f64, f64), f64)> {
    let (then, now) = (then?, now?);
    let value = scoring::worsening(metric, then.value, now.value);
    let error = then.error.hypot(now.error);
    let half = 1.959_964 * error;
    Some((value, (value - half, value + half), if error > 0.0 { value / error } else { 0.0 }))
}

/// The parts with the headline metric in both periods; the last column is the input that moved most in each.
///
/// Also returns the part that got worse most, beyond noise, of those that are held to a false discovery rate of 5 %.
pub(super) fn summary(
    dossier: &Dossier,
    headline: Metric,
    periods: &TwoPeriods<'_>,
    measured: &[Measured<'_>],
) -> (StudyTable, Option<usize>) {
    let name = headline.name();
    let mut table = StudyTable::new(
        "segments",
        format!("{name} by segment: {}, then {}", periods.then_name, periods.now_name),
        &[
            ("segment", "segment", Format::Text),
            ("rows_baseline", "rows then", Format::Count),
            ("rows", "rows", Format::Count),
            ("share_baseline", "share then", Format::Share),
            ("share", "share", Format::Share),
            ("baseline", "then", Format::Metric),
            ("production", "now", Format::Metric),
            ("worse_by", "worse by", Format::Signed),
            ("q_value", "q", Format::PValue),
            ("moved", "moved most", Format::Text),
            ("psi", "PSI", Format::Metric),
        ],
    );
    let losses: Vec<_> = measured
        .iter()
        .map(|one| loss(headline, value_of(&one.then, headline), value_of(&one.now, headline)))
        .collect();
    let p: Vec<f64> = losses.iter().flatten().map(|(_, _, z)| normal_two_sided_p(*z)).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    let mut worst: Option<(usize, f64)> = None;
    for (at, (one, loss)) in measured.iter().zip(&losses).enumerate() {
        let q = loss.and_then(|_| adjusted.next());
        if let (Some((value, ..)), Some(q)) = (loss, q)
            && *value > 0.0
            && q <= 0.05
            && worst.is_none_or(|(_, most)| *value > most)
        {
            worst = Some((at, *value));
        }
        let share = |rows: usize, of: usize| rows as f64 / of.max(1) as f64;
        let (then, now) = (one.part.then.len(), one.part.now.len());
        table.push(vec![
            one.part.name.as_str().into(),
            then.into(),
            now.into(),
            share(then, periods.then.rows.len()).into(),
            share(now, periods.now.rows.len()).into(),
            cell(value_of(&one.then, headline)),
            cell(value_of(&one.now, headline)),
            loss.map_or(Cell::Missing, |(value, interval, _)| Cell::Interval(value, interval)),
            q.into(),
            one.moved.map_or(Cell::Missing, |(feature, _)| dossier.feature_name(feature).into()),
            one.moved.map(|(_, psi)| psi).into(),
        ]);
    }
    (table, worst.map(|(at, _)| at))
}

/// Every metric of every part, one a line.
pub(super) fn every_metric(periods: &TwoPeriods<'_>, measured: &[Measured<'_>]) -> StudyTable {
    let mut table = StudyTable::new(
        "metrics",
        "Every metric by segment",
        &[
            ("segment", "segment", Format::Text),
            ("metric", "metric", Format::Text),
            ("baseline", periods.then_name, Format::Metric),
            ("production", periods.now_name, Format::Metric),
            ("worse_by", "worse by", Format::Signed),
        ],
    );
    for one in measured {
        for (metric, now) in &one.now {
            let (then, now) = (value_of(&one.then, *metric), now.ok());
            let worse = loss(*metric, then, now);
            table.push(vec![
                one.part.name.as_str().into(),
                metric.name().into(),
                cell(then),
                cell(now),
                worse.map_or(Cell::Missing, |(value, interval, _)| Cell::Interval(value, interval)),
            ]);
        }
    }
    table
}

/// The headline metric of each part by window.
///
/// * `kind`: what a part is, the id and the head of the first column.
pub(super) fn course(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    kind: &str,
    parts: &[Part],
) -> StudyTable {
    let dossier = &investigation.dossier;
    let headline = investigation.performance.headline;
    let mut table = StudyTable::new(
        "course",
        format!("{} by {kind} and window", headline.name()),
        &[
            (kind, kind, Format::Text),
            ("from", "from", Format::Text),
            ("rows", "labelled rows", Format::Count),
            ("value", "value", Format::Metric),
        ],
    );
    let (Some(grid), ..) = widened(dossier, display_width(dossier)) else { return table };
    let sample = &dossier.production.sample;
    let same = std::ptr::eq(periods.then.table, sample);
    for part in parts {
        let mut windows = vec![Vec::new(); grid.windows];
        let before = if same { part.then.as_slice() } else { &[] };
        for &row in before.iter().chain(&part.now) {
            if let Some(window) = sample.time.get(row).and_then(|&at| grid.window(at)) {
                windows[window].push(row);
            }
        }
        for (window, rows) in windows.iter().enumerate() {
            let judged = periods.now.answers.judged_rows(rows);
            if judged.len() < FEWEST_ROWS {
                continue;
            }
            let value = scoring::values(&periods.now.answers, &judged, &[headline]);
            table.push(vec![
                part.name.as_str().into(),
                time::minute(grid.span(window).from).into(),
                judged.len().into(),
                value.first().map_or(Cell::Missing, |&value| value.into()),
            ]);
        }
    }
    table
}
