//! Studies: analyses beside the diagnosis, each made only when it is asked for.
//!
//! A study answers one question with sentences and tables. Command line, console, report and JSON show the same
//! [`Study`]; none of them knows what a table is about. To add one: a file with a function from an [`Investigation`], and a
//! line in [`Topic`].

mod business;
mod chart;
mod classes;
mod columns;
mod course;
mod detection;
mod errors;
mod estimates;
mod fairness;
mod golden;
mod history;
mod importance;
mod joint;
mod metrics;
mod parts;
mod relations;
mod resilience;
mod retraining;
mod rollout;
mod segments;
mod suite;
mod table;
mod text;
mod topic;
mod tuning;
mod versions;

pub use chart::{CHARTS, Chart, Shape};
pub use table::{Cell, Column, Format, StudyTable};
pub use topic::{Study, Topic};

use crate::autopsy::{
    Investigation,
    exam::{column_groups, two_periods},
};

/// Makes a study.
///
/// # Errors
///
/// Why it can't be made of this case, as a clause.
pub fn study(topic: Topic, investigation: &Investigation) -> Result<Study, String> {
    if let Some(why) = investigation.dossier.without_rows(false, false) {
        return Err(why.to_owned());
    }
    match topic {
        Topic::Metrics => metrics::study(investigation),
        Topic::Classes => classes::study(investigation),
        Topic::Golden => golden::study(investigation),
        Topic::Business => business::study(investigation),
        Topic::Segments => segments::study(investigation),
        Topic::Fairness => fairness::study(investigation),
        Topic::Versions => versions::study(investigation),
        Topic::Importance => importance::study(investigation),
        Topic::Columns => Ok(columns::study(investigation)),
        Topic::Estimates => estimates::study(investigation),
        Topic::Errors => errors::study(investigation),
        Topic::Relations => relations::study(investigation),
        Topic::Joint => joint::study(investigation),
        Topic::Course => course::study(investigation),
        Topic::Text => text::study(investigation),
        Topic::Detection => detection::study(investigation),
        Topic::Retraining => retraining::study(investigation),
        Topic::Tuning => tuning::study(investigation),
        Topic::Rollout => rollout::study(investigation),
        Topic::Resilience => Ok(resilience::study(investigation)),
        Topic::Suite => suite::study(investigation),
        Topic::History => history::study(investigation),
    }
}

/// The studies that the case has data for.
///
/// * `long`: also those that fit models, which takes seconds.
#[must_use]
pub fn all(investigation: &Investigation, long: bool) -> Vec<Study> {
    Topic::ALL
        .into_iter()
        .filter(|topic| long || !topic.is_long())
        .filter_map(|topic| study(topic, investigation).ok())
        .collect()
}
