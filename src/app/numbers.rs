//! The numbers under the cursor, each with the name under which it is explained.

use crate::{
    autopsy::{Investigation, Step, exam::drift::DISTANCES, view::summary::Statistic},
    text::number,
};

use super::{
    Model, Sides,
    screen::{
        concept::{self, segments, share_of_rise},
        diagnosis::{self, account_lines, current},
        drift::{self, CellMeasure, same_onset, window_name},
        feature::{self, Change},
        pipeline, remedy, support,
        triage::{self, board::Shade},
    },
};

/// A number as it stands on the screen, and the name of what explains it.
pub(super) type Named = (String, &'static str);

/// The numbers of what the cursor is on, the most telling first.
pub(super) fn under_cursor(model: &Model) -> Vec<Named> {
    let Some(investigation) = &model.investigation else { return Vec::new() };
    match (model.screen, model.pane()) {
        (Step::Triage, triage::BOARD) => on_board(model),
        (Step::Triage, triage::VERDICT) | (Step::Diagnosis, diagnosis::CAUSES) => cause(model),
        (Step::Pipeline, pipeline::COLUMNS) => column(model),
        (Step::Drift, drift::SAME_ONSET) => {
            let ranked = same_onset(model);
            ranked.get(model.screens.drift.same).map(|of| rho(of.1)).into_iter().collect()
        }
        (Step::Drift, drift::MAP | drift::CELL) => cell(model),
        (Step::Feature, pane) => of_feature(model, pane),
        (Step::Concept, concept::SEGMENTS) => segment(model, investigation),
        (Step::Support, support::REASONS | support::COURSE) => reason(model),
        (Step::Support, support::ROWS) => {
            let rows = support::strangest(model, &investigation.support);
            let row = rows.get(model.screens.support.row);
            row.map(|row| (format!("distance {:.1}", row.distance), "distance to training"))
                .into_iter()
                .collect()
        }
        (Step::Diagnosis, diagnosis::ACCOUNT) => {
            let line = account_lines(model)
                .get(model.screens.diagnosis.line)
                .map(|line| diagnosis::account_says(line));
            line.map(|says| (says, "part of the loss")).into_iter().collect()
        }
        (Step::Remedy, remedy::OFFERS | remedy::DETAIL) => gain(model),
        _ => Vec::new(),
    }
}

fn rho(value: f64) -> Named {
    (format!("ρ {}", number::correlation(value)), "ρ with the loss")
}

/// The value of the strip or the metric under the cursor of the board.
fn on_board(model: &Model) -> Vec<Named> {
    let strips = triage::strips(model);
    let Some(strip) = model.screens.triage.line.checked_sub(1).and_then(|at| strips.get(at)) else {
        return triage::metric(model)
            .map(|metric| (metric.name().to_owned(), metric.name()))
            .into_iter()
            .collect();
    };
    let window = model.at.and_then(|at| model.drift()?.grid?.window(at));
    let Some(value) = strip.at(window) else { return Vec::new() };
    let name = match strip.shade {
        Shade::Psi => "PSI",
        Shade::Deviation => "shade of a strip",
    };
    vec![(format!("{} {}", strip.name, (strip.shown)(value)), name)]
}

fn cause(model: &Model) -> Vec<Named> {
    let Some(cause) = current(model).filter(|_| model.screen == Step::Diagnosis) else { return Vec::new() };
    let mut said = vec![(format!("probability {:.2}", cause.probability), "probability")];
    said.extend(
        cause
            .judged
            .share
            .map(|share| (format!("{} of the loss", number::share(share.value)), "part of the loss")),
    );
    said
}

fn column(model: &Model) -> Vec<Named> {
    let columns = pipeline::columns(model);
    let Some(column) = columns.get(pipeline::column(model)) else { return Vec::new() };
    let before = column.missing.1.map_or_else(|| number::MISSING.to_owned(), number::share);
    let nulls =
        format!("nulls {}, {before}, {}", number::share(column.missing.0), number::share(column.missing.2));
    vec![(nulls, "nulls"), (format!("out {}", number::share(column.outside.1)), "out")]
}

/// The window under the cursor, and the row that it belongs to.
fn cell(model: &Model) -> Vec<Named> {
    let (Some(drift), Some(row)) = (model.drift(), drift::row(model)) else { return Vec::new() };
    let Sides { since, reference, .. } = model.sides();
    let mut said = Vec::new();
    let at = drift::window(model);
    if let (CellMeasure::Psi, Some(at), Some(grid)) = (model.screens.drift.measure, at, drift.grid) {
        let psi = row.psi.get(at).copied().flatten();
        said.extend(
            psi.map(|psi| (format!("PSI {} in {}", number::psi(psi), window_name(&grid, at)), "PSI")),
        );
        said.push((format!("max {}", number::psi(row.max_psi)), "max"));
    }
    let psi = row.distances.psi.map(|psi| format!("PSI {} {since} against {reference}", number::psi(psi)));
    said.extend(psi.map(|said| (said, "PSI of a period")));
    for distance in &DISTANCES {
        let name = distance.measure.name;
        said.extend(
            (distance.value)(&row.distances).map(|value| (format!("{name} {}", number::psi(value)), name)),
        );
    }
    said.extend(row.distances.q_value.map(|q| (format!("q {}", number::p_value(q)), "q value")));
    if row.distances.outside > 0.0 {
        said.push((format!("out {}", number::share(row.distances.outside)), "out"));
    }
    if model.screens.drift.measure == CellMeasure::Missing {
        said.push((format!("nulls {}", number::share(row.distances.missing.1)), "nulls"));
    }
    said.extend(row.follows_loss.map(rho));
    said
}

fn of_feature(model: &Model, pane: usize) -> Vec<Named> {
    let Some(view) = &model.screens.feature.view else { return Vec::new() };
    let line = |statistic| view.summary.iter().find(|line| line.statistic == statistic);
    let value = |statistic: Statistic, name| {
        let value = line(statistic)?.after?;
        Some((format!("{} {}", statistic.name(), statistic.text(value)), name))
    };
    let mut said = Vec::new();
    match pane {
        feature::SHAPE => {
            let outside = view.histogram.as_ref().map_or(0.0, |shown| shown.outside.0 + shown.outside.1);
            said.extend((outside > 0.0).then(|| (format!("out of range {}", number::share(outside)), "out")));
        }
        feature::QUANTILES => {
            let fit = view.quantiles.line();
            said.extend(fit.map(|(_, factor, r2)| {
                (format!("y = {} x, R² {r2:.3}", number::value(factor)), "line through the quantiles")
            }));
        }
        feature::CHECKS => return said,
        _ => {}
    }
    let change = line(Statistic::Median).and_then(|line| Change::of(line, &view.summary));
    said.extend(change.map(|change| (change.message(), "change of a statistic")));
    said.extend([value(Statistic::Psi, "PSI of a period"), value(Statistic::Ks, "KS")].into_iter().flatten());
    let shown = model.screens.feature.attempts.as_ref().and_then(|attempts| attempts.on_screen());
    let share = shown.and_then(|(_, trial)| trial.answer.as_ref().ok()?.share);
    said.extend(share.map(|(share, _)| (format!("{} back", number::share(share)), "share won back")));
    said
}

fn segment(model: &Model, investigation: &Investigation) -> Vec<Named> {
    let segments = segments(model);
    let Some(segment) = segments.get(model.screens.concept.at.min(segments.len().saturating_sub(1))) else {
        return Vec::new();
    };
    let mut said = Vec::new();
    said.extend(segment.rise.map(|(rise, _)| (format!("rise {}", number::signed(rise)), "rise in loss")));
    let share = share_of_rise(investigation, segment);
    said.extend(share.map(|share| (format!("{} of it", number::share(share)), "part of the rise")));
    said.extend(segment.q_value.map(|q| (format!("q {}", number::p_value(q)), "q value")));
    said
}

fn reason(model: &Model) -> Vec<Named> {
    let Some(outside) = support::reason(model) else { return Vec::new() };
    let mut said = vec![(
        format!("{} → {}", number::share(outside.share.0), number::share(outside.share.1)),
        "share of rows outside of training",
    )];
    said.extend(outside.loss.map(|loss| (format!("loss {}", number::metric(loss)), "loss of rows outside")));
    said
}

fn gain(model: &Model) -> Vec<Named> {
    let measured = remedy::current(model).and_then(|offer| offer.basis.measured());
    let Some(measured) = measured else { return Vec::new() };
    let mut said = Vec::new();
    let gain = model.screens.remedy.unit.gain(measured);
    said.extend(gain.map(|gain| (format!("gain {}", number::signed(gain.value)), "gain of a remedy")));
    said.extend(measured.share.map(|share| (format!("{} back", number::share(share)), "share won back")));
    said
}
