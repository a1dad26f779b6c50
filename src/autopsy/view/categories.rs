//! The levels of a categorical feature, side by side.

use crate::{
    autopsy::{
        Dossier, Framing,
        exam::{sampled_values::unseen_levels, window_split::Periods},
    },
    summary::{Bins, fraction},
};

/// The subject of a line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// A single level, by its text.
    Known(String),
    /// Training's rarer levels together.
    Other,
    /// Levels that do not occur in training.
    Unseen,
    /// No value.
    Missing,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The level.
    pub level: Level,
    /// Its share of the training rows.
    pub training: f64,
    /// Its share of the production rows before the onset; none without such rows.
    pub before: Option<f64>,
    /// Its share of the production rows since the onset.
    pub after: f64,
}

/// A categorical feature's levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Categories {
    /// The most frequent levels of either side, then the other, unseen and missing ones. Exact.
    pub shares: Vec<Share>,
    /// Levels that do not occur in training, by their share of the sampled rows of the period, most frequent
    /// first.
    pub unseen: Vec<(String, f64)>,
    /// Number of levels in training.
    pub known: usize,
}

/// The levels of one feature; none when it is not categorical.
///
/// * `most`: levels with a line of their own; the others are summed.
#[must_use]
pub fn categories(dossier: &Dossier, framing: &Framing, feature: usize, most: usize) -> Option<Categories> {
    let description = &dossier.plan.features[feature];
    let Bins::Categorical(bins) = &description.bins else {
        return None;
    };
    let periods = Periods::new(dossier, framing);
    let (from, to) = (&dossier.training.features[feature], &dossier.production.features[feature]);
    let complete = |mut counts: Vec<u64>, rows: u64| {
        counts.resize(bins.levels + 3, 0);
        if !to.present {
            counts[bins.levels + 2] = rows;
        }
        counts
    };
    let mut training = from.sum(|_| true);
    training.resize(bins.levels + 3, 0);
    let before = complete(periods.counts_before(to), periods.rows_before);
    let after = complete(periods.counts_after(to), periods.rows_after);
    let totals = [&training, &before, &after].map(|c| c.iter().sum::<u64>());
    let add = |level: Level, at: &[usize]| {
        let sum = |counts: &[u64]| at.iter().map(|&b| counts[b]).sum::<u64>();
        Share {
            level,
            training: fraction(sum(&training), totals[0]),
            before: (totals[1] > 0).then(|| fraction(sum(&before), totals[1])),
            after: fraction(sum(&after), totals[2]),
        }
    };
    let mut order: Vec<usize> = (0..bins.levels).collect();
    let weight = |b: usize| fraction(training[b], totals[0]).max(fraction(after[b], totals[2]));
    order.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(a.cmp(&b)));
    let (shown, rest) = order.split_at(most.min(order.len()));
    let text = |code: usize| description.levels.get(code).cloned().unwrap_or_default();
    let mut shares: Vec<Share> = shown.iter().map(|&b| add(Level::Known(text(b)), &[b])).collect();
    let others: Vec<usize> = rest.iter().copied().chain([bins.levels]).collect();
    shares.extend([
        add(Level::Other, &others),
        add(Level::Unseen, &[bins.unseen()]),
        add(Level::Missing, &[bins.levels + 2]),
    ]);
    Some(Categories {
        shares,
        unseen: unseen_levels(dossier, feature, &framing.after),
        known: description.known_levels,
    })
}
