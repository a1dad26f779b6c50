//! The case's pulse: one sparkline for each of its vital signs, on one axis of time.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, screen::triage::VITALS},
    autopsy::{
        Investigation,
        catalogue::{CheckSpec, checks},
    },
    summary::Grid,
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            panel::{self, Panel},
            spark::{self, Spark},
            text,
        },
    },
};

/// A vital: its name, its course, its value now, and how it stands.
struct Vital {
    name: &'static str,
    values: Vec<Option<f64>>,
    now: String,
    mark: Sign,
}

/// Small courses of what a service shows.
pub(super) fn vitals(
    model: &Model,
    investigation: &Investigation,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let grid = investigation.pipeline.grid;
    let right = grid.map_or_else(String::new, |grid| format!("{} windows", grid.width.name()));
    let room = panel::draw(&Panel::new("Vitals", &right, model.focused(VITALS)), look, area, buf);
    let onset = grid.zip(investigation.framing.split()).and_then(|(grid, at)| grid.window(at));
    let mature = grid.zip(investigation.labels.mature_until).and_then(|(grid, at)| grid.window(at));
    let all = measured(investigation);
    if all.is_empty() || grid.is_none() {
        text::paragraph(
            "The production log has no clock, so there are no courses.",
            look.style(StyleRole::Dim),
            look,
            room,
            buf,
        );
        return;
    }
    for (y, vital) in (room.top()..room.bottom()).zip(&all) {
        let line = Rect { y, height: 1, ..room };
        text::put(vital.name, look.style(StyleRole::Text), look, (line.x, y), line, buf);
        let x = text::put_right(look.sign(vital.mark), look.style(vital.mark.meaning()), look, y, line, buf);
        let values = Rect { width: x.saturating_sub(line.x + 1), ..line };
        text::put_right(&vital.now, look.style(StyleRole::Text), look, y, values, buf);
        let from = line.x + 15;
        let until = values.right().saturating_sub(10);
        if until > from + 4 {
            let spark = Spark {
                values: &vital.values,
                onset,
                at: None,
                range: None,
                style: look.style(StyleRole::Production),
                immature_from: (vital.name == "labels known").then_some(mature).flatten(),
            };
            spark::draw(&spark, look, Rect { x: from, width: until - from, ..line }, buf);
        }
    }
}

fn measured(investigation: &Investigation) -> Vec<Vital> {
    let pipeline = &investigation.pipeline;
    let last = |values: &[Option<f64>]| values.iter().rev().find_map(|v| *v);
    let mark = |check: &'static CheckSpec| {
        let worst = investigation.findings_of(check).map(|f| &f.verdict).max_by_key(|v| v.severity());
        worst.map_or(Sign::Pending, Sign::from)
    };
    let mut all = Vec::new();
    let mut add = |name, values: Vec<Option<f64>>, message: fn(f64) -> String, mark| {
        if let Some(now) = last(&values) {
            all.push(Vital { name, now: message(now), values, mark });
        }
    };
    add(
        "rows",
        pipeline.volume.iter().map(|&n| Some(n as f64)).collect(),
        |n| number::count(n as u64),
        mark(&checks::PIPELINE_VOLUME),
    );
    add(
        "labels known",
        investigation.labels.labelled.iter().map(|&x| Some(x)).collect(),
        number::share,
        mark(&checks::LABELS_MATURITY),
    );
    add("duplicates", pipeline.duplicates.clone(), number::share, mark(&checks::PIPELINE_DUPLICATES));
    add(
        "worst PSI",
        worst(&investigation.drift.features, investigation.drift.grid),
        number::psi,
        mark(&checks::DRIFT_PSI),
    );
    add("answers' PSI", investigation.drift.answers.psi.clone(), number::psi, mark(&checks::DRIFT_ANSWERS));
    add("null rate", nulls(investigation), number::share, mark(&checks::PIPELINE_NULLS));
    let latency = investigation.serving.latency.iter().map(|q| q.map(|(_, p95, _)| p95)).collect();
    add("p95 latency", latency, |ms| format!("{ms:.0} ms"), mark(&checks::SERVING_LATENCY));
    add("CPU", investigation.serving.cpu.clone(), |x| number::share(x / 100.0), mark(&checks::SERVING_CPU));
    add(
        "memory",
        investigation.serving.memory.clone(),
        |x| number::share(x / 100.0),
        mark(&checks::SERVING_MEMORY),
    );
    all
}

/// The largest PSI of any feature, window by window.
fn worst(rows: &[crate::autopsy::exam::drift::DriftRow], grid: Option<Grid>) -> Vec<Option<f64>> {
    let windows = grid.map_or(0, |grid| grid.windows);
    let at = |window: usize| rows.iter().filter_map(move |row| row.psi.get(window).copied().flatten());
    (0..windows).map(|window| at(window).max_by(f64::total_cmp)).collect()
}

/// The mean share of missing values over the features, window by window.
fn nulls(investigation: &Investigation) -> Vec<Option<f64>> {
    let rows = &investigation.drift.features;
    let windows = investigation.drift.grid.map_or(0, |grid| grid.windows);
    let mean = |window: usize| {
        let known: Vec<f64> =
            rows.iter().filter_map(|row| row.missing.get(window).copied().flatten()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..windows).map(mean).collect()
}
