//! A profile: the result of a pass over a snapshot, without the row sample, as one JSON document.
//!
//! It replaces the snapshot where rows must not leave the organisation, or should not be read again. The
//! document contains its bins, so that other snapshots can be counted in the same ones; profiles with the
//! same bins merge by addition. `docs/profile.md` describes it for people, `docs/schema/profile.schema.json`
//! for programs.

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

/// The version of the document; it is incremented when a key changes its meaning or is removed.
pub const VERSION: u32 = 2;

/// The default minimum number of rows of a level or bin of the reference.
pub const FEWEST: u64 = 5;

/// The maximum number of windows in a profile; beyond it they are widened.
const MOST_WINDOWS: usize = 200;

/// The maximum share of unnamed levels in the reference for which an unknown level still counts as unseen.
const RARE_SHARE: f64 = 0.01;

/// The name of the level that represents all levels that a profile does not name.
pub const RARE: &str = "(rare levels)";

/// A document that is not a profile, or does not fit another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It is not JSON, or lacks a key.
    #[error("it can't be read as a profile: {0}")]
    Unreadable(String),
    /// It was written by a later version of the program.
    #[error("it is a profile of version {0}, and this program reads version {VERSION}")]
    Newer(u64),
    /// Its parts are inconsistent.
    #[error("its parts contradict each other: {0}")]
    Contradiction(String),
    /// It is a profile of another snapshot than the one the case names.
    #[error("it is a profile of the {found} snapshot, and [snapshots] {wanted} names it")]
    OtherSnapshot {
        /// The key in `[snapshots]`.
        wanted: String,
        /// The snapshot named in the profile.
        found: String,
    },
    /// Its bins differ from those of another profile.
    #[error("it was counted in other bins than {other}: {what}")]
    OtherBins {
        /// The profile that it was compared with.
        other: String,
        /// The difference.
        what: String,
    },
}

/// The metadata of a profile.
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
    /// The minimum number of rows of a named level of the reference.
    pub fewest_rows: u64,
}

impl Profile {
    /// Builds a profile of a summary, without its sample.
    ///
    /// If there are more than 200 windows, they are widened.
    ///
    /// * `rare`: the levels that [`pool()`] left unnamed, parallel to the plan's features.
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
    /// When it is not a profile, has a later version, or its parts are inconsistent.
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

    /// The document as JSON, with a line break at the end.
    ///
    /// # Panics
    ///
    /// Never: maps have text keys, and all values are texts or numbers.
    #[must_use]
    pub fn json(&self) -> String {
        // serde_json never fails on maps with text keys, texts and numbers.
        let mut text = serde_json::to_string(self).expect("no map has keys that are not text");
        // One line per column, for reading and for diffs in version control.
        for key in ["{\"name\":", "\"answers\":", "\"labels\":", "\"totals\":", "\"features\":", "\"files\":"]
        {
            text = text.replace(&format!(",{key}"), &format!(",\n{key}"));
        }
        text.push('\n');
        text
    }

    /// The plan, as far as the document determines it; the seed and the sample size come from the case.
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
        }
    }

    /// The summary, with an empty sample. Classes unknown to the plan are appended to it.
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

    /// How the bins of another profile differ, if they do.
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

/// Counts unknown levels as the reference's rare ones: a profile without their names cannot distinguish them
/// from levels unseen in the reference.
///
/// * `counts`: of a feature with [`Rare`] levels and the bins `bins`.
pub fn settle_unknown(counts: &mut FeatureCounts, bins: &Bins) {
    let Bins::Categorical(bins) = bins else {
        return;
    };
    for row in counts.counts.chunks_exact_mut(counts.bins.max(1)) {
        row[bins.levels] += std::mem::take(&mut row[bins.unseen()]);
    }
}

/// The sample of a snapshot without rows: [`Table::is_profile`].
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
