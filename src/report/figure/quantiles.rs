//! Quantile-quantile plot of one feature: production against training.

use plotters::{
    element::{Circle, PathElement},
    style::Color as _,
};

use super::{
    Drawing, Face,
    frame::{self, Axes, DIM, PRODUCTION},
    histogram::period,
};
use crate::{
    autopsy::{
        Investigation,
        view::{Ascending, Period, quantiles},
    },
    text::{number, sanitize},
};

/// Number of quantiles.
const POINTS: usize = 99;

pub(super) fn draw(investigation: &Investigation, feature: usize, face: Face) -> Option<Drawing> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let shown =
        quantiles::quantiles(dossier, &Ascending::of(dossier, framing, feature), Period::After, POINTS);
    let points = shown.points();
    let name = sanitize::terminal(dossier.feature_name(feature)).into_owned();
    let ends = |values: &[f64]| Some((*values.first()?, *values.last()?));
    let (x, y) = (ends(&shown.training)?, ends(&shown.production)?);
    if points.len() < 3 {
        return None;
    }
    let (x_range, y_range) = (frame::roomy(x.0, x.1), frame::roomy(y.0.min(x.0), y.1.max(x.1)));
    let title = format!("Quantiles of {name}");
    let line = shown.line().map_or_else(String::new, |(offset, factor, r2)| {
        format!(
            " A straight line fits with R² {}: production = {} + {} × training.",
            number::metric(r2),
            number::value(offset),
            number::value(factor)
        )
    });
    let description = format!(
        "{POINTS} quantiles of {name} {} against those of training; where the populations agree they lie on the dashed diagonal.{line}",
        period(investigation)
    );
    Drawing::new(face, (420, 360), title.clone(), description, |area| {
        frame::heading(area, &title, &[])?;
        let axes = Axes {
            x: (x_range.0, x_range.1, "training"),
            y: (y_range.0, y_range.1, "production"),
            x_text: &|x| number::value(*x),
            y_text: &|y| number::value(*y),
        };
        let mut chart = axes.draw(area)?;
        let (low, high) = (x_range.0.max(y_range.0), x_range.1.min(y_range.1));
        if high > low {
            chart.draw_series(plotters::series::DashedLineSeries::new(
                [(low, low), (high, high)],
                5,
                4,
                DIM.ink().stroke_width(1),
            ))?;
        }
        chart.draw_series([PathElement::new(points.clone(), PRODUCTION.ink().stroke_width(1))])?;
        chart.draw_series(points.iter().map(|&at| Circle::new(at, 3, PRODUCTION.ink().filled())))?;
        Ok(())
    })
}
