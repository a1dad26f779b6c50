//! A profile: what a pass over a snapshot leaves behind, without the row sample, as one JSON document.
//!
//! It stands in for the snapshot where rows must not leave the building, or where nobody wants to read them again. The
//! document holds the bins in which it was counted, so that other snapshots can be counted in the same ones; profiles
//! of the same bins merge by addition. `docs/profile.md` describes it for people, `docs/schema/profile.schema.json` for
//! programs.

mod check;
mod document;
mod merge;
mod pool;

pub use document::{BinsPart, ColumnPart, FilePart, MomentsPart, Profile, Rare, WindowPart, Windows};
pub use pool::pool;

use super::{
    AnswerCounts, Bins, CategoryBins, Column, Feature, FeatureCounts, Grid, Kind, LatencyHistogram, Moments,
    NumericBins, Plan, ServingCounts, SnapshotSummary, Table, WindowTotals,
};
use document::{AnswersPart, StoredPart};

/// The value of [`Profile::format`].
pub const FORMAT: &str = "coroner profile";

/// The version of the document; it grows when a key changes its meaning or goes away.
pub const VERSION: u32 = 2;

/// Rows that a level or a bin of the reference holds at least, unless the analyst says otherwise.
pub const FEWEST: u64 = 5;

/// More windows than this a profile does not keep: they are widened.
const MOST_WINDOWS: usize = 200;

/// Levels that are not named hold so little of the reference at most where an unknown level still counts as never seen.
const RARE_SHARE: f64 = 0.01;

/// The name of the level that stands for all that a profile does not name.
pub const RARE: &str = "(rare levels)";

/// A document that is no profile, or none that goes with another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It is not JSON, or lacks a key.
    #[error("it can't be read as a profile: {0}")]
    Unreadable(String),
    /// A later version of the program wrote it.
    #[error("it is a profile of version {0}, and this program reads version {VERSION}")]
    Newer(u64),
    /// Its parts contradict each other.
    #[error("its parts contradict each other: {0}")]
    Contradiction(String),
    /// It stands for another snapshot than the case names it for.
    #[error("it is a profile of the {found} snapshot, and [snapshots] {wanted} names it")]
    OtherSnapshot {
        /// The key in `[snapshots]`.
        wanted: String,
        /// What the profile says.
        found: String,
    },
    /// It was counted in other bins than another one.
    #[error("it was counted in other bins than {other}: {what}")]
    OtherBins {
        /// The one that it was held against.
        other: String,
        /// Where they differ.
        what: String,
    },
}

/// What a profile says about itself beside the counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// The program and its version.
    pub program: String,
    /// `training`, `production` or `golden`.
    pub snapshot: String,
    /// Name and version of the model.
    pub model: String,
    /// The columns as they are stored: name and type.
    pub columns: Vec<(String, String)>,
    /// The files that were counted.
    pub files: Vec<FilePart>,
    /// Rows that a named level of the reference holds at least.
    pub fewest_rows: u64,
}

impl Profile {
    /// Writes a summary down, without its sample.
    ///
    /// Where there are more than 200 windows, they are widened.
    ///
    /// * `rare`: what [`pool()`] left unnamed, parallel to the plan's features.
    #[must_use]
    pub fn of(heading: Heading, plan: &Plan, rare: &[Option<Rare>], summary: &SnapshotSummary) -> Self {
        let part = |counts: &FeatureCounts, bins: &Bins| ColumnPart {
            name: String::new(),
            kind: Kind::Numeric,
            whole_numbers: false,
            present: counts.present,
            stored_as: counts.stored_as.clone(),
            bins: BinsPart::of(bins),
            levels: Vec::new(),
            rare_levels: None,
            counts: counts.counts.chunks(counts.bins.max(1)).map(<[u32]>::to_vec).collect(),
            moments: counts.moments.iter().map(MomentsPart::of).collect(),
            unreadable: counts.unreadable.clone(),
        };
        let features = plan.features.iter().zip(&summary.features).enumerate();
        let features = features.map(|(at, (feature, counts))| {
            let known = &feature.levels[..feature.known_levels.min(feature.levels.len())];
            let levels: Vec<String> = known.iter().filter(|level| *level != RARE).cloned().collect();
            let mut part = part(counts, &feature.bins);
            if let BinsPart::Levels { known, .. } = &mut part.bins {
                *known = levels.len();
            }
            ColumnPart {
                name: feature.name.clone(),
                kind: feature.kind,
                whole_numbers: feature.integer,
                levels,
                rare_levels: rare.get(at).cloned().flatten(),
                ..part
            }
        });
        let stored = |(name, stored_as): &(String, String)| StoredPart {
            name: name.clone(),
            stored_as: stored_as.clone(),
        };
        let profile = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: heading.program,
            snapshot: heading.snapshot,
            model: heading.model,
            task: plan.task,
            rows: summary.rows,
            rows_without_time: summary.without_time,
            fewest_rows: heading.fewest_rows,
            files: heading.files,
            columns: heading.columns.iter().map(stored).collect(),
            new_columns: summary.new_columns.iter().map(stored).collect(),
            classes: plan.classes.clone(),
            known_classes: plan.known_classes,
            has_score: plan.has_score,
            windows: summary.grid.map(Windows::of),
            features: features.collect(),
            answers: part(&summary.answers, &plan.answer_bins),
            labels: part(&summary.labels, &plan.label_bins),
            totals: (summary.windows.iter())
                .map(|totals| WindowPart::of(totals, plan.classes.len()))
                .collect(),
        };
        profile.narrowed_to(MOST_WINDOWS)
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// When it is no profile, one of a later version, or one whose parts contradict each other.
    pub fn read(bytes: &[u8]) -> Result<Self, ProfileError> {
        let unreadable = |error: serde_json::Error| ProfileError::Unreadable(error.to_string());
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(unreadable)?;
        if value["format"] != FORMAT {
            return Err(ProfileError::Unreadable(format!("its format is not {FORMAT:?}")));
        }
        match value["version"].as_u64() {
            Some(version) if version > u64::from(VERSION) => return Err(ProfileError::Newer(version)),
            _ => {}
        }
        let profile: Self = serde_json::from_value(value).map_err(unreadable)?;
        profile.check()?;
        Ok(profile)
    }

    /// The document as JSON, a line break at the end.
    #[must_use]
    pub fn json(&self) -> String {
        // Maps with text keys, texts and numbers: serde_json refuses nothing of that.
        let mut text = serde_json::to_string(self).expect("no map has keys that are not text");
        // A line a column, so that people can look at it and version control can compare it.
        for key in ["{\"name\":", "\"answers\":", "\"labels\":", "\"totals\":", "\"features\":", "\"files\":"]
        {
            text = text.replace(&format!(",{key}"), &format!(",\n{key}"));
        }
        text.push('\n');
        text
    }

    /// What is counted and how, as far as the document says; the seed and the bound on the sample are the case's.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let feature = |part: &ColumnPart| {
            let mut levels = part.levels.clone();
            if part.is_open() {
                levels.push(RARE.to_owned());
            }
            let bins = match part.bins.bins() {
                Bins::Categorical(bins) => Bins::Categorical(CategoryBins { known: levels.len(), ..bins }),
                other => other,
            };
            Feature {
                name: part.name.clone(),
                kind: part.kind,
                source: None,
                integer: part.whole_numbers,
                bins,
                known_levels: levels.len(),
                levels,
            }
        };
        Plan {
            task: self.task,
            features: self.features.iter().map(feature).collect(),
            classes: self.classes[..self.known_classes].to_vec(),
            known_classes: self.known_classes,
            answer_bins: self.answers.bins.bins(),
            label_bins: self.labels.bins.bins(),
            has_score: self.has_score,
            seed: 0,
            sample_rows: 1,
        }
    }

    /// The summary, with an empty sample. Classes that the plan does not know yet are appended to it.
    #[must_use]
    pub fn summary(&self, plan: &mut Plan) -> SnapshotSummary {
        let mut place = Vec::with_capacity(self.classes.len());
        for class in &self.classes {
            place.push(plan.classes.iter().position(|c| c == class).unwrap_or_else(|| {
                plan.classes.push(class.clone());
                plan.classes.len() - 1
            }));
        }
        let classes = plan.classes.len();
        let features = self.features.iter().map(|part| {
            let mut counts = part.counts();
            if part.is_open() {
                settle_unknown(&mut counts, &part.bins.bins());
            }
            counts
        });
        let features: Vec<FeatureCounts> = features.collect();
        SnapshotSummary {
            rows: self.rows,
            without_time: self.rows_without_time,
            grid: self.windows.as_ref().map(Windows::grid),
            windows: self.totals.iter().map(|part| part.totals(&place, classes)).collect(),
            sample: without_rows(plan, &features, self.rows),
            features,
            answers: self.answers.counts(),
            labels: self.labels.counts(),
            new_columns: self.new_columns.iter().map(StoredPart::pair).collect(),
            answers_counted_over: Vec::new(),
            weighted: None,
        }
    }

    /// The columns as they are stored: name and type.
    #[must_use]
    pub fn stored_columns(&self) -> Vec<(String, String)> {
        self.columns.iter().map(StoredPart::pair).collect()
    }

    /// Why another profile was counted in other bins, if it was.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<String> {
        if self.task != other.task || self.has_score != other.has_score {
            return Some("the task or the kind of the answers".to_owned());
        }
        let known = |profile: &Self| profile.classes[..profile.known_classes].to_vec();
        if known(self) != known(other) {
            return Some("the classes".to_owned());
        }
        if self.features.len() != other.features.len() {
            return Some("the number of features".to_owned());
        }
        for (ours, theirs) in self.features.iter().zip(&other.features) {
            let same = ours.name == theirs.name
                && ours.kind == theirs.kind
                && ours.bins == theirs.bins
                && ours.levels == theirs.levels;
            if !same {
                return Some(format!("the feature {:?}", ours.name));
            }
        }
        let answers = self.answers.bins != other.answers.bins || self.labels.bins != other.labels.bins;
        answers.then(|| "the bins of the answers or labels".to_owned())
    }
}

/// Counts levels that are not known as the reference's rare ones: a profile that does not name those can't tell them
/// from levels that the reference never held.
///
/// * `counts`: of a feature with [`Rare`] levels, whose bins are `bins`.
pub fn settle_unknown(counts: &mut FeatureCounts, bins: &Bins) {
    let Bins::Categorical(bins) = bins else {
        return;
    };
    for row in counts.counts.chunks_exact_mut(counts.bins.max(1)) {
        row[bins.levels] += std::mem::take(&mut row[bins.unseen()]);
    }
}

/// The sample of a snapshot of which no row was kept: [`Table::is_profile`].
fn without_rows(plan: &Plan, counts: &[FeatureCounts], population: u64) -> Table {
    let column = |(feature, counts): (&Feature, &FeatureCounts)| match feature.kind {
        _ if !counts.present => Column::Absent,
        Kind::Numeric => Column::Numeric { values: Vec::new(), unreadable: Vec::new(), examples: Vec::new() },
        Kind::Categorical => Column::Categorical(Vec::new()),
        Kind::Embedding => Column::Embedding { width: 0, values: Vec::new() },
    };
    Table { population, features: plan.features.iter().zip(counts).map(column).collect(), ..Table::default() }
}

#[cfg(test)]
mod tests;
