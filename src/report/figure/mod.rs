//! Figures as SVG, one file a kind. Drawn by plotters in the console's palette; readable on light and on dark pages; the
//! same bytes for the same investigation.

mod bars;
mod calibration;
mod course;
mod frame;
mod heat;
mod histogram;
mod quantiles;
mod residuals;

pub(super) use frame::escaped;
use serde::Serialize;

use crate::autopsy::{Hypothesis, Investigation};

/// A figure's name and what it shows in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// A stable name: `course`, `drift`, `evidence`, `calibration`, `residuals`, `histogram`, `quantiles`.
    pub kind: &'static str,
    /// Where it lies, from the report's folder.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// What it shows, for those who can't see it.
    pub description: String,
}

/// A drawn figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub picture: Picture,
    /// The feature that it is about, if it is about one.
    pub feature: Option<usize>,
    /// The drawing.
    pub svg: String,
}

/// Draws every figure that the investigation has data for.
///
/// * `featured`: the features with figures of their own.
pub(super) fn draw(
    investigation: &Investigation,
    chosen: Option<&Hypothesis>,
    featured: &[usize],
) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |kind: &'static str, feature: Option<(usize, usize)>, drawn: Option<Drawing>| {
        if let Some(drawing) = drawn {
            let name = feature.map_or_else(|| kind.to_owned(), |(place, _)| format!("{kind}-{}", place + 1));
            figures.push(Figure {
                picture: Picture {
                    kind,
                    path: format!("figures/{name}.svg"),
                    title: drawing.title,
                    description: drawing.description,
                },
                feature: feature.map(|(_, feature)| feature),
                svg: drawing.svg,
            });
        }
    };
    add("course", None, course::draw(investigation));
    add("drift", None, heat::draw(investigation));
    add("evidence", None, chosen.and_then(bars::draw));
    add("calibration", None, calibration::draw(investigation));
    add("residuals", None, residuals::draw(investigation));
    for (place, &feature) in featured.iter().enumerate() {
        let at = Some((place, feature));
        add("histogram", at, histogram::draw(investigation, feature));
        add("quantiles", at, quantiles::draw(investigation, feature));
    }
    figures
}

/// One drawing before it has a place.
struct Drawing {
    title: String,
    description: String,
    svg: String,
}

impl Drawing {
    /// Draws a sheet with a text alternative.
    fn new(
        size: (u32, u32),
        title: String,
        description: String,
        paint: impl FnOnce(&frame::Area<'_>) -> frame::Drawn,
    ) -> Option<Self> {
        let svg = frame::sheet(size, &title, &description, paint)?;
        Some(Self {
            title,
            description,
            svg,
        })
    }
}
