//! The report: the findings and the journal in written form.
//!
//! [`Report::new`] collects all data once into a [`ReportData`] and draws the figures; every output format
//! renders the same data: [`Report::markdown`] for a wiki, [`Report::html`] for mail, [`Report::json`] for
//! programs, [`Report::junit`] for CI, [`Report::chat`] for a channel. This module writes no files: it
//! returns text or (path, bytes) pairs. It reads no clock: every time in a report comes from the data.

pub mod account;
mod alert;
pub mod analyst;
mod chat;
pub mod data;
pub mod figure;
mod html;
pub mod json;
mod junit;
mod markdown;
pub mod measured;
mod monitors;
pub mod remedy;
mod section;
mod sketch;

#[cfg(test)]
mod tests;

pub use alert::Alert;
pub use analyst::Analyst;
pub use data::ReportData;
pub use markdown::{TEMPLATE, TemplateError};
pub use monitors::exposition;

use crate::{
    autopsy::Investigation,
    remedy::{RemedyReport, fitted},
    study::Study,
    text::{self, time},
};

/// File name of the report.
pub const FILE: &str = "report.md";

/// A report, independent of the output format.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its data.
    pub data: ReportData,
    /// Its figures.
    pub figures: Vec<figure::Figure>,
    /// The image format of the figures.
    pub face: figure::Face,
    /// Monitors to install: path and content.
    pub monitors: Vec<(String, String)>,
}

impl Report {
    /// Creates a report with SVG figures.
    #[must_use]
    pub fn new(investigation: &Investigation, analyst: &Analyst) -> Self {
        Self::drawn(investigation, analyst, figure::Face::Svg)
    }

    /// Creates a report with figures in the given image format.
    #[must_use]
    pub fn drawn(investigation: &Investigation, analyst: &Analyst, face: figure::Face) -> Self {
        let figures = figure::draw(
            investigation,
            section::chosen(investigation, analyst),
            &section::featured(investigation, analyst),
            face,
        );
        let features = section::at_fault(investigation, analyst);
        let monitors = fitted::monitors(investigation, features);
        let files = monitors::files(investigation, &monitors);
        Self {
            data: section::build(investigation, analyst, &figures, &monitors, &files),
            figures,
            face,
            monitors: files,
        }
    }

    /// Adds the measurements of remedies.
    #[must_use]
    pub fn with_remedies(mut self, investigation: &Investigation, backtests: &RemedyReport) -> Self {
        let resolution = &mut self.data.resolution;
        resolution.remedies = Some(measured::Remedies::new(investigation, backtests));
        resolution.comparison = remedy::comparison(investigation, backtests);
        resolution.review = Some(remedy::review(investigation, backtests));
        let figures = figure::measured(backtests, self.face);
        let pictures = figures.iter().map(|figure| figure.picture.clone());
        self.data.figures.extend(pictures);
        self.figures.extend(figures);
        self
    }

    /// Adds analyses beside the diagnosis, with the figures of their tables.
    #[must_use]
    pub fn with_studies(mut self, studies: Vec<Study>) -> Self {
        let onset = self.data.detection.onset.as_ref().and_then(|onset| time::parse(&onset.at));
        let figures = figure::studies(&studies, onset, self.face);
        let pictures = figures.iter().map(|figure| figure.picture.clone());
        self.data.figures.extend(pictures);
        self.figures.extend(figures);
        self.data.studies = studies;
        self
    }

    /// Renders the report as markdown by the built-in template.
    ///
    /// # Panics
    ///
    /// Never: the built-in template is tested.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::render(&self.data, "report.md.j2", TEMPLATE).expect("the program's own template is tested")
    }

    /// Renders the report as markdown by another template.
    ///
    /// # Errors
    ///
    /// When the template is invalid: what is wrong and in which line.
    pub fn markdown_by(&self, name: &str, template: &str) -> Result<String, TemplateError> {
        markdown::render(&self.data, name, template)
    }

    /// Returns the files of the report: its text and its figures.
    #[must_use]
    pub fn files(&self, markdown: String) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![(FILE.to_owned(), markdown.into_bytes())];
        files.extend(
            self.figures.iter().map(|figure| (figure.picture.path.clone(), figure.image.bytes().to_vec())),
        );
        files.extend(self.monitors.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
        files
    }

    /// Renders the report as one HTML page with embedded figures.
    ///
    /// * `markdown`: the report's text, from any template.
    #[must_use]
    pub fn html(&self, markdown: &str) -> String {
        html::page(self, markdown)
    }

    /// Renders the checks as `JUnit` XML, for a CI server.
    #[must_use]
    pub fn junit(&self) -> String {
        junit::xml(&self.data)
    }

    /// Renders at most ten lines for a chat channel.
    #[must_use]
    pub fn chat(&self) -> String {
        chat::lines(&self.data)
    }

    /// Renders everything as one JSON object.
    ///
    /// # Panics
    ///
    /// Never: maps have text keys, and `serde_json` writes NaN and infinity as null.
    #[must_use]
    pub fn json(&self) -> String {
        text::json::pretty(&self.data)
    }
}

/// Collects the data of a report.
#[must_use]
pub fn build(investigation: &Investigation, analyst: &Analyst) -> ReportData {
    Report::new(investigation, analyst).data
}
