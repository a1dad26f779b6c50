//! Proposes production rows for the golden set: new behaviour and rare cases that it does not cover yet.

use std::collections::BTreeSet;

use crate::{
    autopsy::{Dossier, Framing, scoring::Answers},
    summary::{Bins, Column, MISSING, Task},
};

/// A region with at least this share of production should be in the golden set.
const COMMON: f64 = 0.02;

/// A region is a gap if its share of the golden set is less than this fraction of its share of production.
const HELD: f64 = 0.25;

/// Why a row is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoldenReason {
    /// People have labelled it.
    Reviewed,
    /// It holds a category never seen in training, or a number out of training's range.
    NewRegion,
    /// It lies in a region that is common in production and rare in the golden set.
    Gap,
    /// The model was wrong by a wide margin.
    Wrong,
    /// The model was uncertain.
    Uncertain,
}

impl GoldenReason {
    /// All reasons, in the order in which they alternate.
    pub const ALL: [Self; 5] = [Self::Reviewed, Self::NewRegion, Self::Gap, Self::Wrong, Self::Uncertain];

    /// The name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reviewed => "labelled by people",
            Self::NewRegion => "new region",
            Self::Gap => "gap in the golden set",
            Self::Wrong => "wrong answer",
            Self::Uncertain => "uncertain answer",
        }
    }
}

/// A proposed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldenProposal {
    /// The row of the production sample.
    pub row: usize,
    /// The reason.
    pub reason: GoldenReason,
    /// The input that shows it, by its index in the plan; `None` if the prediction does.
    pub feature: Option<usize>,
}

/// Proposes rows since the onset (all rows if there is none). The reasons alternate, and each row appears
/// once.
///
/// * `most`: maximum number of rows.
#[must_use]
pub fn propose(dossier: &Dossier, framing: &Framing, most: usize) -> Vec<GoldenProposal> {
    let mut queues = [
        reviewed(dossier, &framing.after),
        new_regions(dossier, &framing.after),
        gaps(dossier, &framing.after),
        wrong(dossier, &framing.after),
        uncertain(dossier, &framing.after),
    ]
    .map(Vec::into_iter);
    let mut taken = BTreeSet::new();
    let mut proposals = Vec::new();
    loop {
        let before = proposals.len();
        for queue in &mut queues {
            if proposals.len() >= most {
                return proposals;
            }
            proposals.extend(queue.find(|proposal| taken.insert(proposal.row)));
        }
        if proposals.len() == before {
            return proposals;
        }
    }
}

/// Returns rows that only people have labelled, those that the model got wrong first: nothing else says what is right there.
fn reviewed(dossier: &Dossier, rows: &[usize]) -> Vec<GoldenProposal> {
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let mut labelled = dossier.labelled_by_people();
    let since: BTreeSet<usize> = rows.iter().copied().collect();
    labelled.retain(|(row, _)| since.contains(row));
    labelled.sort_by_key(|&(row, label)| (answers.answer_of(row) == label, row));
    let proposal = |(row, _)| GoldenProposal { row, reason: GoldenReason::Reviewed, feature: None };
    labelled.into_iter().map(proposal).collect()
}

/// Returns the rows with the most inputs outside the values of training.
fn new_regions(dossier: &Dossier, rows: &[usize]) -> Vec<GoldenProposal> {
    let sample = &dossier.production.sample;
    let ranges: Vec<Option<(f64, f64)>> = dossier
        .training
        .features
        .iter()
        .map(|counts| {
            let moments = counts.moments_of(|_| true);
            (moments.n > 0).then_some((moments.min, moments.max))
        })
        .collect();
    let outside = |feature: usize, row: usize| match &sample.features[feature] {
        Column::Numeric { values, .. } => ranges
            .get(feature)
            .copied()
            .flatten()
            .is_some_and(|(low, high)| values[row] < low || values[row] > high),
        Column::Categorical(codes) => {
            codes[row] != MISSING && codes[row] as usize >= dossier.plan.features[feature].known_levels
        }
        Column::Embedding { .. } | Column::Absent => false,
    };
    let mut found: Vec<(usize, GoldenProposal)> = rows
        .iter()
        .filter_map(|&row| {
            let mut features = (0..sample.features.len()).filter(|&feature| outside(feature, row));
            let feature = features.next()?;
            let proposal = GoldenProposal { row, reason: GoldenReason::NewRegion, feature: Some(feature) };
            Some((1 + features.count(), proposal))
        })
        .collect();
    found.sort_by_key(|(count, proposal)| (usize::MAX - count, proposal.row));
    found.into_iter().map(|(_, proposal)| proposal).collect()
}

/// Returns rows in coarse bins that are common in production and rare in the golden set, widest gap first.
fn gaps(dossier: &Dossier, rows: &[usize]) -> Vec<GoldenProposal> {
    let Some(golden) = dossier.golden.as_ref().filter(|golden| golden.rows > 0) else {
        return Vec::new();
    };
    let sample = &dossier.production.sample;
    let mut gaps: Vec<(f64, usize, Vec<usize>)> = Vec::new();
    for (feature, description) in dossier.plan.features.iter().enumerate() {
        let bins = description.bins.coarse();
        let (Some(served), Some(held)) = (sample.features.get(feature), golden.features.get(feature)) else {
            continue;
        };
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); bins];
        for &row in rows {
            if let Some(bin) = bin_of(&description.bins, served, row) {
                members[bin].push(row);
            }
        }
        let mut known = vec![0_usize; bins];
        for row in 0..golden.rows {
            if let Some(bin) = bin_of(&description.bins, held, row) {
                known[bin] += 1;
            }
        }
        for (members, known) in members.into_iter().zip(known) {
            let share = members.len() as f64 / rows.len().max(1) as f64;
            let held = known as f64 / golden.rows as f64;
            if share >= COMMON && held < HELD * share {
                gaps.push((share - held, feature, members));
            }
        }
    }
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    // One row of each gap in turn, so that the widest gap does not take all places.
    let longest = gaps.iter().map(|(_, _, rows)| rows.len()).max().unwrap_or(0);
    (0..longest)
        .flat_map(|at| {
            gaps.iter().filter_map(move |(_, feature, rows)| {
                Some(GoldenProposal {
                    row: *rows.get(at)?,
                    reason: GoldenReason::Gap,
                    feature: Some(*feature),
                })
            })
        })
        .collect()
}

/// Returns the coarse bin of a row's value; `None` for missing or uncounted values.
fn bin_of(bins: &Bins, column: &Column, row: usize) -> Option<usize> {
    match (bins, column) {
        (Bins::Numeric(bins), Column::Numeric { values, .. }) if values[row].is_finite() => {
            let fine = bins.edges.partition_point(|&edge| edge <= values[row]);
            bins.coarse_of.get(fine).map(|&coarse| usize::from(coarse))
        }
        (Bins::Categorical(bins), Column::Categorical(codes)) => {
            let code = codes[row] as usize;
            (code < bins.levels).then_some(code)
        }
        _ => None,
    }
}

/// Returns labelled rows by loss, highest first; for classification only wrong predictions.
fn wrong(dossier: &Dossier, rows: &[usize]) -> Vec<GoldenProposal> {
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let classes = dossier.task() != Task::Regression;
    let mut judged: Vec<(f64, usize)> = answers
        .judged_rows(rows)
        .into_iter()
        .filter(|&row| !classes || answers.wrong(row) > 0.0)
        .map(|row| (answers.loss(row), row))
        .filter(|(loss, _)| loss.is_finite())
        .collect();
    judged.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let proposal = |(_, row)| GoldenProposal { row, reason: GoldenReason::Wrong, feature: None };
    judged.into_iter().map(proposal).collect()
}

/// Returns rows with a score closest to one half, unlabelled rows first, since their labels are the most
/// informative.
fn uncertain(dossier: &Dossier, rows: &[usize]) -> Vec<GoldenProposal> {
    if dossier.task() != Task::Binary {
        return Vec::new();
    }
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let mut scored: Vec<(bool, f64, usize)> = rows
        .iter()
        .filter_map(|&row| Some((answers.judged(row), (answers.score_of(row)? - 0.5).abs(), row)))
        .filter(|(_, distance, _)| *distance < 0.1)
        .collect();
    scored.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let proposal = |(_, _, row)| GoldenProposal { row, reason: GoldenReason::Uncertain, feature: None };
    scored.into_iter().map(proposal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn reasons_take_turns_and_no_row_comes_twice() {
        let investigation = fixture::investigation();
        let proposals = propose(&investigation.dossier, &investigation.framing, 40);
        assert_eq!(proposals.len(), 40);
        let rows: BTreeSet<usize> = proposals.iter().map(|p| p.row).collect();
        assert_eq!(rows.len(), 40);
        assert!(rows.iter().all(|row| investigation.framing.after.contains(row)));
        // Since the onset utilization is outside training's range.
        let first = proposals[0];
        assert_eq!((first.reason, first.feature), (GoldenReason::NewRegion, Some(0)));
        assert!(proposals.iter().any(|p| p.reason != GoldenReason::NewRegion));
    }

    #[test]
    fn nothing_is_proposed_where_nothing_is_asked() {
        let investigation = fixture::investigation();
        assert!(propose(&investigation.dossier, &investigation.framing, 0).is_empty());
    }
}
