//! Figures as SVG or, on request, as PNG; one file per kind of figure. They are drawn by plotters in the
//! console's palette. An SVG adapts to light and dark pages, a PNG is light. The same investigation gives the
//! same bytes.

mod backtests;
mod bars;
mod bitmap;
mod calibration;
mod canvas;
mod course;
mod frame;
mod heat;
mod histogram;
mod importance;
mod png;
mod quantiles;
mod residuals;
mod study;

pub(super) use frame::escaped;
pub(super) use png::base64;
use serde::Serialize;

use crate::autopsy::{Hypothesis, Investigation};
use crate::remedy::RemedyReport;
use crate::study::Study;
use crate::summary::Micros;

/// A figure's name and a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Picture {
    /// A stable name: `course`, `drift`, `evidence`, `calibration`, `residuals`, `importance`, `histogram`, `quantiles`, `candidate`,
    /// `review`, `study`.
    pub kind: &'static str,
    /// Its path, relative to the report's folder.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// Text alternative that describes the figure.
    pub description: String,
}

/// A drawn figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Name and description.
    pub picture: Picture,
    /// The feature that it is about, if any.
    pub feature: Option<usize>,
    /// Width and height on the page, in pixels.
    pub size: (u32, u32),
    /// The drawing.
    pub image: Image,
}

/// The image format of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Face {
    /// Vector graphics for light and dark pages.
    #[default]
    Svg,
    /// Pixels on a light background, for readers that can't show SVG.
    Png,
}

impl Face {
    const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// The text of an SVG.
    Svg(String),
    /// The bytes of a PNG file.
    Png(Vec<u8>),
}

impl Image {
    /// Returns the content of the image file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Svg(text) => text.as_bytes(),
            Self::Png(bytes) => bytes,
        }
    }
}

/// Draws every figure that the investigation has data for.
///
/// * `featured`: the features that get their own figures.
pub(super) fn draw(
    investigation: &Investigation,
    chosen: Option<&Hypothesis>,
    featured: &[usize],
    face: Face,
) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |kind: &'static str, feature: Option<(usize, usize)>, drawn: Option<Drawing>| {
        figures.extend(drawn.map(|drawing| drawing.placed(kind, feature, face)));
    };
    add("course", None, course::draw(investigation, face));
    add("drift", None, heat::draw(investigation, face));
    add("evidence", None, chosen.and_then(|cause| bars::draw(cause, face)));
    add("calibration", None, calibration::draw(investigation, face));
    add("residuals", None, residuals::draw(investigation, face));
    add("importance", None, importance::draw(investigation, face));
    for (place, &feature) in featured.iter().enumerate() {
        let at = Some((place, feature));
        add("histogram", at, histogram::draw(investigation, feature, face));
        add("quantiles", at, quantiles::draw(investigation, feature, face));
    }
    figures
}

/// Draws the measurements of remedies.
pub(super) fn measured(backtests: &RemedyReport, face: Face) -> Vec<Figure> {
    let candidate = match &backtests.comparison {
        Some(Ok(comparison)) => backtests::candidate(comparison, face),
        _ => None,
    };
    let review = backtests.review.as_ref().ok().and_then(|review| backtests::review(review, face));
    [("candidate", candidate), ("review", review)]
        .into_iter()
        .filter_map(|(kind, drawn)| Some(drawn?.placed(kind, None, face)))
        .collect()
}

/// Draws the tables of studies that are to be drawn; their paths are `figures/study-STUDY-TABLE`.
pub(super) fn studies(studies: &[Study], onset: Option<Micros>, face: Face) -> Vec<Figure> {
    study::draw(studies, onset, face)
}

/// A figure without a path.
struct Drawing {
    title: String,
    description: String,
    size: (u32, u32),
    image: Image,
}

impl Drawing {
    /// Draws a sheet with a text alternative.
    fn new(
        face: Face,
        size: (u32, u32),
        title: String,
        description: String,
        paint: impl FnOnce(&frame::Area<'_>) -> frame::Drawn,
    ) -> Option<Self> {
        let image = frame::sheet(face, size, &title, &description, paint)?;
        Some(Self { title, description, size, image })
    }

    /// Returns the figure with its kind and path.
    ///
    /// * `feature`: its position among the featured ones, and its index in the plan.
    fn placed(self, kind: &'static str, feature: Option<(usize, usize)>, face: Face) -> Figure {
        let name = feature.map_or_else(|| kind.to_owned(), |(place, _)| format!("{kind}-{}", place + 1));
        Figure { feature: feature.map(|(_, feature)| feature), ..self.named(kind, &name, face) }
    }

    /// Returns the figure with its kind, in a file of this name.
    fn named(self, kind: &'static str, name: &str, face: Face) -> Figure {
        Figure {
            picture: Picture {
                kind,
                path: format!("figures/{name}.{}", face.extension()),
                title: self.title,
                description: self.description,
            },
            feature: None,
            size: self.size,
            image: self.image,
        }
    }
}
