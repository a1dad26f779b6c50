//! Figures of a candidate and of a review: the gain day by day, and accuracy by the share of reviewed rows.

use plotters::{
    element::{Circle, PathElement, Polygon},
    series::DashedLineSeries,
    style::Color as _,
};

use super::{
    Drawing, Face,
    frame::{self, Axes, DIM, PRODUCTION, TRAINING},
};
use crate::{
    remedy::{comparison::Comparison, review::Review},
    text::{number, sanitize, time},
};

/// Draws the gain of a candidate with its confidence sequence.
pub(super) fn candidate(comparison: &Comparison, face: Face) -> Option<Drawing> {
    let days: Vec<_> = comparison
        .days
        .iter()
        .enumerate()
        .filter_map(|(at, day)| Some((at as f64, day, day.look.interval?)))
        .collect();
    let (_, last, (low, high)) = *days.last()?;
    if days.len() < 2 {
        return None;
    }
    // The first days have very wide intervals; they may run off the chart.
    let later = &days[days.len() / 2..];
    let ends = later.iter().flat_map(|(_, _, (low, high))| [*low, *high]);
    let (bottom, top) = ends
        .chain([0.0])
        .filter(|x| x.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let (bottom, top) = frame::roomy(bottom, top);
    let measure = sanitize::terminal(comparison.measure.name()).into_owned();
    let title = "The candidate's gain, day by day".to_owned();
    let description = format!(
        "By how much the candidate is better in {measure}, over all rows so far; the band is a 95 % interval that may be checked every day. After {} days it is {} ({} to {}) on {} rows.",
        comparison.days.len(),
        number::signed(last.look.mean),
        number::signed(low),
        number::signed(high),
        number::whole(last.look.rows)
    );
    let end = (comparison.days.len() - 1) as f64;
    let tick = |x: &f64| {
        let day = comparison.days.get(x.round().max(0.0) as usize);
        day.filter(|_| (x - x.round()).abs() < 1e-6).map(|day| time::day(day.day)).unwrap_or_default()
    };
    Drawing::new(face, (860, 280), title.clone(), description, |area| {
        frame::heading(area, &title, &[("better by", TRAINING)])?;
        let unit = format!("better by, {measure}");
        let axes = Axes {
            x: (0.0, end, "day (UTC)"),
            y: (bottom, top, &unit),
            x_text: &tick,
            y_text: &|y| number::metric(*y),
        };
        let mut chart = axes.draw(area)?;
        let kept = |y: f64| y.clamp(bottom, top);
        let upper = days.iter().map(|(x, _, ends)| (*x, kept(ends.1)));
        let lower = days.iter().rev().map(|(x, _, ends)| (*x, kept(ends.0)));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(outline, TRAINING.ink().mix(0.22))])?;
        let zero = [(0.0, 0.0), (end, 0.0)];
        chart.draw_series(DashedLineSeries::new(zero, 5, 4, DIM.ink().stroke_width(1)))?;
        let line: Vec<(f64, f64)> = days.iter().map(|(x, day, _)| (*x, kept(day.look.mean))).collect();
        chart.draw_series([PathElement::new(line.clone(), TRAINING.ink().stroke_width(2))])?;
        chart.draw_series(line.iter().map(|&at| Circle::new(at, 2, TRAINING.ink().filled())))?;
        Ok(())
    })
}

/// Draws the effect of reviewing a share of the rows.
pub(super) fn review(review: &Review, face: Face) -> Option<Drawing> {
    let target = review.target?;
    let first = (0.0, target.now);
    let described = |of: fn(&crate::remedy::review::Coverage) -> f64| -> Vec<(f64, f64)> {
        let rest = review.coverage.iter().map(|at| (at.reviewed, of(at)));
        std::iter::once(first).chain(rest).collect()
    };
    let (doubtful, random) = (described(|at| at.value), described(|at| at.at_random));
    let ends = doubtful.iter().chain(&random).map(|at| at.1).chain([target.baseline]);
    let (low, high) = ends
        .filter(|y| y.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), y| (a.min(y), b.max(y)));
    if doubtful.len() < 3 || low >= high {
        return None;
    }
    let (low, high) = frame::roomy(low, high);
    let name = review.metric.name();
    let title = format!("{} by the share that people review", crate::text::capital(name));
    let description = format!(
        "The most doubtful rows first, against rows drawn at random, both taken to be answered rightly; the dashed line is \
         the baseline, {}. Judged by {} labelled rows.",
        number::metric(target.baseline),
        number::whole(review.labelled)
    );
    Drawing::new(face, (860, 280), title.clone(), description, |area| {
        frame::heading(area, &title, &[("most doubtful first", TRAINING), ("at random", PRODUCTION)])?;
        let axes = Axes {
            x: (0.0, 1.0, "share of the rows that people review"),
            y: (low, high, name),
            x_text: &|x| number::share(*x),
            y_text: &|y| number::metric(*y),
        };
        let mut chart = axes.draw(area)?;
        let baseline = [(0.0, target.baseline), (1.0, target.baseline)];
        chart.draw_series(DashedLineSeries::new(baseline, 5, 4, DIM.ink().stroke_width(1)))?;
        for (points, shade) in [(&random, PRODUCTION), (&doubtful, TRAINING)] {
            chart.draw_series([PathElement::new(points.clone(), shade.ink().stroke_width(2))])?;
            chart.draw_series(points.iter().map(|&at| Circle::new(at, 3, shade.ink().filled())))?;
        }
        Ok(())
    })
}
