//! One feature in training and since the onset: overlaid histograms, or the shares of its categories side by side.

use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color as _, text_anchor::HPos},
};

use super::{
    Drawing, Face,
    frame::{self, Axes, DIM, PRODUCTION, TEXT, TRAINING},
};
use crate::{
    autopsy::{
        Investigation,
        view::{
            Ascending, Period,
            categories::{self, Level},
            histogram::{self, Axis},
        },
    },
    report::sketch,
    text::{number, sanitize},
};

/// Equal-width bins.
const BINS: usize = 48;
/// Categories with their own bar.
const LEVELS: usize = 12;

pub(super) fn draw(investigation: &Investigation, feature: usize, face: Face) -> Option<Drawing> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let name = dossier.feature_name(feature);
    if let Some(found) = categories::categories(dossier, framing, feature, LEVELS) {
        return levels(name, &found, face);
    }
    let axis = sketch::axis(investigation, feature);
    let shown =
        histogram::histogram(dossier, &Ascending::of(dossier, framing, feature), Period::After, axis, BINS)?;
    let title = format!("{} in training and {}", sanitize::terminal(name), period(investigation));
    let description = format!(
        "Two overlaid histograms on {} bins; missing: {} of training, {} of production; {} of production lies outside \
         training's range.",
        BINS,
        number::share(shown.missing.0),
        number::share(shown.missing.1),
        number::share(shown.outside.0 + shown.outside.1)
    );
    let peak = shown.peak().max(1e-9);
    let linear = axis == Axis::Linear;
    let (first, last) = (shown.edges[0], shown.edges[BINS]);
    let unit = format!("{name}{}", if linear { "" } else { " (log axis)" });
    let place = |edge: usize| {
        if linear { shown.edges[edge] } else { edge as f64 }
    };
    let tick = |x: &f64| {
        if linear {
            number::value(*x)
        } else {
            let at = x.round().clamp(0.0, BINS as f64) as usize;
            number::value(shown.edges[at])
        }
    };
    let range = if linear { (first, last) } else { (0.0, BINS as f64) };
    Drawing::new(face, (860, 280), title.clone(), description, |area| {
        frame::heading(area, &title, &[("training", TRAINING), ("production", PRODUCTION)])?;
        let unit = sanitize::terminal(&unit);
        let axes = Axes {
            x: (range.0, range.1, &unit),
            y: (0.0, peak * 1.08, "share of rows"),
            x_text: &tick,
            y_text: &|y| number::share(*y),
        };
        let mut chart = axes.draw(area)?;
        for (shares, shade, fill) in
            [(&shown.training, TRAINING, 0.35), (&shown.production, PRODUCTION, 0.35)]
        {
            chart.draw_series(shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(
                |(bin, share)| {
                    Rectangle::new(
                        [(place(bin), 0.0), (place(bin + 1), *share)],
                        shade.ink().mix(fill).filled(),
                    )
                },
            ))?;
            // The outline distinguishes the populations where their fills overlap.
            let mut outline = vec![(place(0), 0.0)];
            for (bin, share) in shares.iter().enumerate() {
                outline.extend([(place(bin), *share), (place(bin + 1), *share)]);
            }
            outline.push((place(BINS), 0.0));
            chart.draw_series([PathElement::new(outline, shade.ink().stroke_width(2))])?;
        }
        Ok(())
    })
}

/// Returns the name of the rows that are compared with training.
pub(super) fn period(investigation: &Investigation) -> &'static str {
    if investigation.framing.split().is_some() { "since the onset" } else { "in production" }
}

fn levels(name: &str, found: &categories::Categories, face: Face) -> Option<Drawing> {
    const LINE: i32 = 30;
    const LEFT: i32 = 220;
    let shares: Vec<_> =
        found.shares.iter().filter(|share| share.training > 0.0 || share.after > 0.0).collect();
    let peak = shares.iter().flat_map(|share| [share.training, share.after]).fold(0.0, f64::max);
    if peak <= 0.0 {
        return None;
    }
    let title = format!("Categories of {}", sanitize::terminal(name));
    let description = format!(
        "Shares of {} categories in training and in production; {} categories of production were never seen in training.",
        shares.len(),
        found.unseen.len()
    );
    let height = 44 + LINE * shares.len() as i32 + 12;
    Drawing::new(face, (860, height as u32), title.clone(), description, |area| {
        frame::heading(area, &title, &[("training", TRAINING), ("production", PRODUCTION)])?;
        for (at, share) in shares.iter().enumerate() {
            let y = 44 + at as i32 * LINE;
            let level = match &share.level {
                Level::Known(text) => sketch::clipped(&sanitize::terminal(text), 26),
                Level::Other => "(rarer ones)".to_owned(),
                Level::Unseen => "(never seen)".to_owned(),
                Level::Missing => "(missing)".to_owned(),
            };
            area.draw(&Text::new(level, (LEFT - 10, y + 12), frame::small(TEXT, HPos::Right)))?;
            for (offset, x, shade) in [(0, share.training, TRAINING), (12, share.after, PRODUCTION)] {
                let end = LEFT + (x / peak * 520.0) as i32;
                let corners = [(LEFT, y + offset), (end.max(LEFT + 1), y + offset + 10)];
                area.draw(&Rectangle::new(corners, shade.ink().filled()))?;
                area.draw(&Text::new(
                    number::share(x),
                    (end + 6, y + offset + 5),
                    frame::small(DIM, HPos::Left),
                ))?;
            }
        }
        Ok(())
    })
}
