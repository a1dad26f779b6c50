//! The list of features that Drift, Feature and Concept share: one filter, one order, one cursor.

use crate::{
    autopsy::{Investigation, Severity, exam::drift::DriftRow},
    summary::Kind,
};

use super::{
    Filter,
    suspicion::{accusations, suspects},
};

/// The column by which features are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeatureOrder {
    /// How much the findings accuse it, most first.
    #[default]
    Suspicion,
    /// The largest PSI of a window, largest first.
    MaxPsi,
    /// PSI of all rows since the onset, largest first.
    SinceOnset,
    /// Kolmogorov-Smirnov distance, largest first.
    Ks,
    /// Share of missing values, largest first.
    Missing,
    /// Share outside training's range or levels, largest first.
    Outside,
    /// How well its drift follows the loss, best first.
    FollowsLoss,
    /// The name.
    Name,
}

impl FeatureOrder {
    /// All of them, in the order in which `s` goes through them.
    pub const ALL: [Self; 8] = [
        Self::Suspicion,
        Self::MaxPsi,
        Self::SinceOnset,
        Self::Ks,
        Self::Missing,
        Self::Outside,
        Self::FollowsLoss,
        Self::Name,
    ];

    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspicion => "suspicion",
            Self::MaxPsi => "max PSI of a window",
            Self::SinceOnset => "PSI since onset",
            Self::Ks => "KS",
            Self::Missing => "nulls",
            Self::Outside => "out of range",
            Self::FollowsLoss => "same onset",
            Self::Name => "name",
        }
    }

    /// The next order, round about.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&order| order == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    fn key(self, row: &DriftRow) -> f64 {
        let value = match self {
            Self::MaxPsi => Some(row.max_psi),
            Self::SinceOnset => row.distances.psi,
            Self::Ks => row.distances.ks,
            Self::Missing => Some(row.distances.missing.1),
            Self::Outside => Some(row.distances.outside),
            Self::FollowsLoss => row.follows_loss,
            Self::Suspicion | Self::Name => None,
        };
        value.filter(|v| v.is_finite()).unwrap_or(f64::NEG_INFINITY)
    }
}

/// By what the features are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Not at all.
    #[default]
    None,
    /// By the upstream system.
    Source,
    /// By the kind of value.
    Type,
}

impl Grouping {
    /// How people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no group",
            Self::Source => "source",
            Self::Type => "type",
        }
    }

    /// The next grouping, round about.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::None => Self::Source,
            Self::Source => Self::Type,
            Self::Type => Self::None,
        }
    }
}

/// Which features are listed, in which order, and which one the cursor is on.
#[derive(Debug, Clone, Default)]
pub struct FeatureList {
    /// What narrows the list.
    pub filter: Filter,
    /// The column that sorts it.
    pub order: FeatureOrder,
    /// Whether the order is reversed.
    pub reversed: bool,
    /// What groups it.
    pub grouping: Grouping,
    /// The features that pass, in order, by their index in the plan.
    pub listed: Vec<usize>,
    /// The place of the cursor in [`FeatureList::listed`].
    pub at: usize,
}

impl FeatureList {
    /// The feature under the cursor, by its index in the plan.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        self.listed.get(self.at).copied()
    }

    /// Moves the cursor to a feature; clears the filter when it hides the feature.
    pub fn show(&mut self, feature: usize, investigation: &Investigation) {
        if !self.listed.contains(&feature) {
            self.filter = Filter::default();
            self.refresh(investigation);
        }
        if let Some(at) = self.listed.iter().position(|&f| f == feature) {
            self.at = at;
        }
    }

    /// Lists what passes a filter, if it can be read; a term that is half typed leaves the list as it was.
    pub fn narrow(&mut self, filter: &str, investigation: &Investigation) {
        if let Ok(filter) = Filter::parse(filter) {
            self.filter = filter;
            self.refresh(investigation);
        }
    }

    /// Lists anew, after the filter, the order or the data changed; the cursor stays on its feature.
    pub fn refresh(&mut self, investigation: &Investigation) {
        let here = self.current();
        let drift = &investigation.drift.features;
        let features = &investigation.dossier.plan.features;
        let mut all: Vec<usize> =
            (0..features.len()).filter(|&f| features[f].kind != Kind::Embedding).collect();
        let key = |f: usize| drift.get(f).map_or(f64::NEG_INFINITY, |row| self.order.key(row));
        all.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then_with(|| features[a].name.cmp(&features[b].name)));
        if self.order == FeatureOrder::Suspicion {
            let order = suspects(investigation);
            let mut place = vec![usize::MAX; features.len()];
            order.iter().enumerate().for_each(|(at, &feature)| place[feature] = at);
            all.sort_by_key(|&feature| place[feature]);
        }
        if self.reversed {
            all.reverse();
        }
        self.listed = self.filter.apply(investigation, &all);
        match self.grouping {
            Grouping::None => {}
            Grouping::Source => {
                self.listed.sort_by_key(|&f| features[f].source.clone().unwrap_or("~".into()));
            }
            Grouping::Type => self.listed.sort_by_key(|&f| u8::from(features[f].kind != Kind::Numeric)),
        }
        let kept = here.and_then(|feature| self.listed.iter().position(|&f| f == feature));
        self.at = kept.unwrap_or(0);
    }

    /// The next (or previous) flagged feature's place, round about.
    #[must_use]
    pub fn flagged(&self, investigation: &Investigation, forward: bool) -> Option<usize> {
        let n = self.listed.len();
        let worst = accusations(investigation);
        let flagged = |at: usize| worst.get(self.listed[at]).copied().flatten() >= Some(Severity::Watch);
        (1..=n)
            .map(|d| if forward { (self.at + d) % n } else { (self.at + n - d) % n })
            .find(|&at| flagged(at))
    }
}
