//! Two distributions against each other: quantile against quantile, or both cumulative; and probability against outcome.

use crate::ui::{
    look::{Look, StyleRole},
    part::{
        axis::{Axis, Scale, Unit},
        chart::{Chart, Point, Series},
        dots::Stroke,
    },
};

/// Pairs of quantiles: training's on the horizontal axis, production's on the vertical, with the line of equality.
///
/// * `pairs`: ascending, (training, production) at the same shares.
/// * `fit`: the equation of a straight line through them, written into the picture.
#[must_use]
pub fn quantile_plot(pairs: &[(f64, f64)], scale: Scale, fit: &[String], look: &Look) -> Chart {
    let axis = |values: &mut dyn Iterator<Item = f64>| match scale {
        Scale::Linear => Axis::around(values),
        Scale::Log | Scale::SignedLog => Axis::log_around(values),
    };
    let x = axis(&mut pairs.iter().map(|pair| pair.0));
    let y = axis(&mut pairs.iter().flat_map(|pair| [pair.0, pair.1]));
    let equal = Series {
        points: diagonal(&x),
        style: look.style(StyleRole::Training),
        stroke: Stroke::Dotted,
        marker: None,
    };
    let points = pairs.iter().map(|&(training, production)| Point::new(training, production)).collect();
    let pairs =
        Series { points, style: look.style(StyleRole::Production), stroke: Stroke::Solid, marker: None };
    let notes = fit.iter().map(|line| (line.clone(), look.style(StyleRole::Text)));
    let legend = (format!("{} y = x", look.pick('┈', '.')), look.style(StyleRole::Training));
    Chart { x, y, series: vec![equal, pairs], notes: notes.chain([legend]).collect(), ..Chart::default() }
}

/// Points on the line of equality over an axis, close enough to look straight on a logarithmic scale.
fn diagonal(x: &Axis) -> Vec<Point> {
    const STEPS: u32 = 48;
    let at = |i: u32| {
        let t = f64::from(i) / f64::from(STEPS);
        match x.scale {
            Scale::Linear => x.from + (x.to - x.from) * t,
            Scale::Log => (x.from.ln() + (x.to.ln() - x.from.ln()) * t).exp(),
            Scale::SignedLog => {
                let spread = |value: f64| (value / x.even_within).asinh();
                x.even_within * (spread(x.from) + (spread(x.to) - spread(x.from)) * t).sinh()
            }
        }
    };
    (0..=STEPS).map(|i| Point::new(at(i), at(i))).collect()
}

/// Both cumulative distributions.
///
/// * `training`, `production`: (value, share of rows at or below it), ascending.
/// * `names`: what the two are called.
#[must_use]
pub fn cumulative_plot(
    training: &[(f64, f64)],
    production: &[(f64, f64)],
    names: [&str; 2],
    scale: Scale,
    look: &Look,
) -> Chart {
    let values = || training.iter().chain(production).map(|point| point.0);
    let x = match scale {
        Scale::Linear => Axis::around(values()),
        Scale::Log | Scale::SignedLog => Axis::log_around(values()),
    };
    let series = |points: &[(f64, f64)], meaning, stroke| Series {
        points: points.iter().map(|&(value, share)| Point::new(value, share)).collect(),
        style: look.style(meaning),
        stroke,
        marker: None,
    };
    Chart {
        x,
        y: Axis { unit: Unit::Share, ..Axis::linear(0.0, 1.0) },
        series: vec![
            series(training, StyleRole::Training, Stroke::Dotted),
            series(production, StyleRole::Production, Stroke::Solid),
        ],
        notes: vec![
            (format!("{} {}", look.pick('┈', '.'), names[0]), look.style(StyleRole::Training)),
            (format!("{} {}", look.pick('─', '*'), names[1]), look.style(StyleRole::Production)),
        ],
        ..Chart::default()
    }
}

/// One bin of a calibration plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of positive outcomes.
    pub observed: f64,
    /// The 95 % interval of that share.
    pub interval: Option<(f64, f64)>,
}

/// One side of a calibration plot.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its name in the legend.
    pub name: &'a str,
    /// Its bins, ascending.
    pub bins: &'a [Calibration],
    /// What it is, for its colour.
    pub meaning: StyleRole,
    /// Whether its bins are marked on a solid line; else the line is dashed.
    pub marked: bool,
}

/// Observed against predicted probability, before and after, with the line of perfect calibration.
#[must_use]
pub fn calibration_plot(
    before: &[Calibration],
    after: &[Calibration],
    notes: &[String],
    look: &Look,
) -> Chart {
    let before = Side { name: "before", bins: before, meaning: StyleRole::Golden, marked: false };
    let after = Side { name: "after", bins: after, meaning: StyleRole::Production, marked: true };
    calibration_of([before, after], notes, look)
}

/// Observed against predicted probability of two sides, the second one on top.
#[must_use]
pub fn calibration_of(sides: [Side<'_>; 2], notes: &[String], look: &Look) -> Chart {
    let values = sides.iter().flat_map(|side| side.bins).flat_map(|bin| [bin.predicted, bin.observed]);
    let top = values.filter(|v| v.is_finite()).fold(0.0, |top, v| if v > top { v } else { top });
    let axis = Axis::linear(0.0, if top > 0.0 { (top * 1.05).min(1.0) } else { 1.0 });
    let mut all = vec![Series {
        points: diagonal(&axis),
        style: look.style(StyleRole::Dim),
        stroke: Stroke::Dotted,
        marker: None,
    }];
    let mut legend = vec![(format!("{} perfect", look.pick('┈', '.')), look.style(StyleRole::Dim))];
    for side in sides.iter().filter(|side| !side.bins.is_empty()) {
        let style = look.style(side.meaning);
        let point =
            |bin: &Calibration| Point { interval: bin.interval, ..Point::new(bin.predicted, bin.observed) };
        let (stroke, marker, sign) = if side.marked {
            (Stroke::Solid, Some('●'), look.pick('●', 'o'))
        } else {
            (Stroke::Dashed, None, look.pick('╌', '-'))
        };
        all.push(Series { points: side.bins.iter().map(point).collect(), style, stroke, marker });
        legend.push((format!("{sign} {}", side.name), style));
    }
    legend.extend(notes.iter().map(|note| (note.clone(), look.style(StyleRole::Text))));
    Chart { x: axis.clone(), y: axis, series: all, notes: legend, ..Chart::default() }
}
