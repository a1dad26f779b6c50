//! The headline metric over time, with its interval, the baseline, the onset and the events.

use plotters::{
    element::{Circle, PathElement, Polygon, Rectangle, Text},
    series::DashedLineSeries,
    style::{Color as _, text_anchor::HPos},
};

use super::{
    Drawing, Face,
    frame::{self, ALARM, Axes, DIM, GOLDEN, PRODUCTION},
};
use crate::{
    autopsy::{Investigation, exam::performance::Estimate},
    case::Event,
    summary::{Grid, Micros, Width},
    text::{number, time},
    wording,
};

/// Converts a time to windows since the grid's start.
pub(super) fn place(grid: Grid, at: Micros) -> f64 {
    (at - grid.start) as f64 / grid.width.micros() as f64
}

/// Formats a tick of the time axis.
pub(super) fn tick(grid: Grid, x: f64) -> String {
    if (x - x.round()).abs() > 1e-6 {
        return String::new();
    }
    let at = grid.start + x.round() as i64 * grid.width.micros();
    match grid.width {
        Width::Hour | Width::SixHours => time::short(at),
        Width::Day | Width::Week | Width::FourWeeks => time::day(at),
    }
}

pub(super) fn draw(investigation: &Investigation, face: Face) -> Option<Drawing> {
    let performance = &investigation.performance;
    let row = performance.headline_row()?;
    let (grid, course) = (performance.grid?, performance.course(row.metric)?);
    let points: Vec<(f64, Estimate)> = course
        .points
        .iter()
        .enumerate()
        .filter_map(|(w, point)| Some((w as f64 + 0.5, point.estimate?)))
        .collect();
    if points.len() < 2 {
        return None;
    }
    let baseline = row.baseline.map(|estimate| estimate.value);
    let ends = points
        .iter()
        .flat_map(|(_, e)| [e.interval.0, e.interval.1])
        .chain(baseline)
        .filter(|x| x.is_finite());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let (low, high) = frame::roomy(low, high);
    let name = row.metric.name();
    let title = format!("{} by {}", crate::text::capital(name), grid.width.noun());
    let onset = investigation.framing.onset;
    let events: Vec<(f64, char, &Event)> = investigation
        .dossier
        .events
        .iter()
        .map(|event| (place(grid, event.at), event))
        .filter(|(x, _)| *x >= 0.0 && *x <= grid.windows as f64)
        .zip('a'..='z')
        .map(|((x, event), letter)| (x, letter, event))
        .collect();
    let described: Vec<String> =
        events.iter().map(|(_, letter, event)| format!("{letter} {}", event.title)).collect();
    let description = format!(
        "{}{}. The band is the 95 % interval of each window.{}",
        wording::change::course(row).unwrap_or_else(|| name.to_owned()),
        onset.map_or_else(String::new, |onset| format!(", onset {}", time::moment(onset.at))),
        if described.is_empty() { String::new() } else { format!(" Events: {}.", described.join(", ")) }
    );
    Drawing::new(face, (860, 320), title.clone(), description, |area| {
        let mut legend = vec![("production", PRODUCTION)];
        if baseline.is_some() {
            legend.push(("baseline", GOLDEN));
        }
        if onset.is_some() {
            legend.push(("onset", ALARM));
        }
        frame::heading(area, &title, &legend)?;
        let axes = Axes {
            x: (0.0, grid.windows as f64, "time (UTC)"),
            y: (low, high, name),
            x_text: &|x| tick(grid, *x),
            y_text: &|y| number::metric(*y),
        };
        let mut chart = axes.draw(area)?;
        if let Some(onset) = onset {
            let (from, to) = (place(grid, onset.interval.0), place(grid, onset.interval.1));
            let band = [(from.max(0.0), low), (to.max(from + 0.02).min(grid.windows as f64), high)];
            chart.draw_series([Rectangle::new(band, ALARM.ink().mix(0.18).filled())])?;
            let at = place(grid, onset.at);
            chart
                .draw_series([PathElement::new(vec![(at, low), (at, high)], ALARM.ink().stroke_width(2))])?;
        }
        // A window without a value interrupts the line: unknown values are not drawn.
        for piece in points.chunk_by(|a, b| b.0 - a.0 < 1.5) {
            let band = piece.iter().map(|(x, e)| (*x, e.interval.1));
            let back = piece.iter().rev().map(|(x, e)| (*x, e.interval.0));
            let outline: Vec<(f64, f64)> = band.chain(back).collect();
            chart.draw_series([Polygon::new(outline, PRODUCTION.ink().mix(0.22))])?;
            let line: Vec<(f64, f64)> = piece.iter().map(|(x, e)| (*x, e.value)).collect();
            chart.draw_series([PathElement::new(line, PRODUCTION.ink().stroke_width(2))])?;
        }
        chart.draw_series(
            points.iter().map(|(x, e)| Circle::new((*x, e.value), 2, PRODUCTION.ink().filled())),
        )?;
        if let Some(baseline) = baseline {
            let ends = [(0.0, baseline), (grid.windows as f64, baseline)];
            chart.draw_series(DashedLineSeries::new(ends, 6, 4, GOLDEN.ink().stroke_width(2)))?;
        }
        for (x, letter, _) in &events {
            let line = [(*x, low), (*x, high)];
            chart.draw_series(DashedLineSeries::new(line, 2, 4, DIM.ink().stroke_width(1)))?;
            let at = (x + 0.004 * grid.windows as f64, high - 0.04 * (high - low));
            chart.draw_series([Text::new(letter.to_string(), at, frame::small(DIM, HPos::Left))])?;
        }
        Ok(())
    })
}
