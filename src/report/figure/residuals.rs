//! The mean residual by window: outcome minus prediction.

use plotters::{
    element::{Circle, PathElement, Polygon},
    series::DashedLineSeries,
    style::Color as _,
};

use super::{
    Drawing, Face, course,
    frame::{self, ALARM, Axes, DIM, PRODUCTION},
};
use crate::{
    autopsy::{Investigation, scoring::Answers},
    summary::Task,
    text::number,
};

/// Minimum number of labelled rows in a window.
const LEAST: usize = 30;

pub(super) fn draw(investigation: &Investigation, face: Face) -> Option<Drawing> {
    let dossier = &investigation.dossier;
    let grid = investigation.performance.grid.or(investigation.drift.grid)?;
    let table = &dossier.production.sample;
    if dossier.task() == Task::Multiclass || table.time.len() != table.rows {
        return None;
    }
    let answers = Answers::logged(&dossier.plan, table);
    let mut windows: Vec<Vec<f64>> = vec![Vec::new(); grid.windows];
    let all: Vec<usize> = (0..table.rows).collect();
    for row in answers.judged_rows(&all) {
        let residual = answers.residual(row);
        if let Some(window) = grid.window(table.time[row]).filter(|_| residual.is_finite()) {
            windows[window].push(residual);
        }
    }
    let points: Vec<(f64, f64, f64)> = windows
        .iter()
        .enumerate()
        .filter(|(_, residuals)| residuals.len() >= LEAST)
        .map(|(window, residuals)| {
            let n = residuals.len() as f64;
            let mean = residuals.iter().sum::<f64>() / n;
            let variance = residuals.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
            (window as f64 + 0.5, mean, 1.96 * (variance / n).sqrt())
        })
        .collect();
    if points.len() < 2 {
        return None;
    }
    let reach = points.iter().map(|(_, mean, half)| mean.abs() + half).fold(1e-9, f64::max) * 1.08;
    let title = "Residuals".to_owned();
    let worst = points.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).map_or(0.0, |point| point.1);
    let description = format!(
        "Mean of outcome less answer by {}, with its 95 % interval; 0 is right on average. The mean furthest from 0 is {}.",
        grid.width.noun(),
        number::signed(worst)
    );
    Drawing::new(face, (860, 260), title.clone(), description, |area| {
        frame::heading(area, &title, &[("outcome − answer", PRODUCTION)])?;
        let axes = Axes {
            x: (0.0, grid.windows as f64, "time (UTC)"),
            y: (-reach, reach, "mean residual"),
            x_text: &|x| course::tick(grid, *x),
            y_text: &|y| number::metric(*y),
        };
        let mut chart = axes.draw(area)?;
        let zero = [(0.0, 0.0), (grid.windows as f64, 0.0)];
        chart.draw_series(DashedLineSeries::new(zero, 5, 4, DIM.ink().stroke_width(1)))?;
        if let Some(onset) = investigation.framing.onset {
            let at = course::place(grid, onset.at);
            let line = vec![(at, -reach), (at, reach)];
            chart.draw_series([PathElement::new(line, ALARM.ink().stroke_width(2))])?;
        }
        for piece in points.chunk_by(|a, b| b.0 - a.0 < 1.5) {
            let upper = piece.iter().map(|(x, mean, half)| (*x, mean + half));
            let lower = piece.iter().rev().map(|(x, mean, half)| (*x, mean - half));
            let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
            chart.draw_series([Polygon::new(outline, PRODUCTION.ink().mix(0.22))])?;
            let line: Vec<(f64, f64)> = piece.iter().map(|(x, mean, _)| (*x, *mean)).collect();
            chart.draw_series([PathElement::new(line, PRODUCTION.ink().stroke_width(2))])?;
        }
        chart.draw_series(
            points.iter().map(|(x, mean, _)| Circle::new((*x, *mean), 2, PRODUCTION.ink().filled())),
        )?;
        Ok(())
    })
}
