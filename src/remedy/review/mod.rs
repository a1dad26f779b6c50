//! Human review: which rows people should look at, the gain of doing so, and what their labels show.
//!
//! Rows are ordered by expected loss. For binary tasks with a score this is the probability, according to the
//! score, that the prediction is wrong; otherwise the loss predicted out of fold by trees fitted on the
//! labelled rows.

mod bands;
mod expected;
mod queue;
mod returned;

pub use crate::model::support::Reason;
pub use bands::{Band, Coverage, ReviewTarget};
pub use expected::Expected;
pub use queue::{Queued, Why, propose};
pub use returned::{EstimateBasis, Returned};

use crate::{
    autopsy::{Investigation, scoring::Answers},
    cached::cached,
    progress::{Counter, RunControl, Stopped},
    remedy::unavailable::Unavailable,
    stats::metric::Metric,
};

/// Default number of rows in a queue.
pub const QUEUE_ROWS: usize = 200;

/// What a review by people would bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// How predictions are evaluated: accuracy, or the mean absolute error for regression.
    pub metric: Metric,
    /// How the expected loss of a row is estimated.
    pub expected: Expected,
    /// Labelled rows since the onset (all if there is none).
    pub labelled: u64,
    /// The rows in tenths, most doubtful first.
    pub bands: Vec<Band>,
    /// The effect of reviewing a share of the rows, ascending in the share.
    pub coverage: Vec<Coverage>,
    /// How many reviewed rows restore the baseline; `None` without a baseline or labels.
    pub target: Option<ReviewTarget>,
    /// Rows to review first.
    pub queue: Vec<Queued>,
    /// Whether the queue had to be filled up with rows that already have a label.
    pub queue_has_labelled: bool,
    /// The reviewed labels.
    pub returned: Option<Returned>,
    /// Assumptions and limitations, one sentence each.
    pub limits: Vec<String>,
}

cached!(struct Review {
    metric, expected, labelled, bands, coverage, target, queue, queue_has_labelled, returned, limits,
});

/// A band with fewer labelled rows than this has an interval too wide to be useful.
const FEW_IN_BAND: u64 = 30;

/// Number of progress units of [`counted`].
pub(super) const UNITS: usize = 4;

/// Estimates the effect of a review, and proposes rows for it.
///
/// # Errors
///
/// A sentence that explains why doubtful rows can't be identified.
pub fn review(investigation: &Investigation) -> Result<Review, Unavailable> {
    let control = RunControl::default();
    counted(investigation, &Counter::new(&control, UNITS))
        .unwrap_or_else(|stopped| Err(stopped.to_string().into()))
}

/// The same, one progress unit at a time, so that the caller can observe and cancel it.
///
/// # Errors
///
/// [`Stopped`] if it was cancelled.
pub(super) fn counted(
    investigation: &Investigation,
    counter: &Counter<'_>,
) -> Result<Result<Review, Unavailable>, Stopped> {
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, table);
    let rows: Vec<usize> =
        investigation.framing.after.iter().copied().filter(|&row| !answers.answer_of(row).is_nan()).collect();
    let found = counter.run("review: which answers are doubtful", || {
        expected::expected(investigation, &answers, &rows, counter)
    })??;
    let (expected, doubt) = match found {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let judged: Vec<(usize, f64)> = doubt.iter().copied().filter(|(row, _)| answers.judged(*row)).collect();
    let (queue, queue_has_labelled) =
        counter.run("review: the queue", || queue::from(investigation, &answers, &doubt, QUEUE_ROWS))?;
    let target = counter.run("review: how many rows", || bands::target(investigation, &answers, &judged))?;
    let returned = counter
        .run("review: labels that came back", || returned::returned(investigation, &answers, &doubt))?;
    let bands = bands::bands(&answers, &doubt);
    let mut limits = vec!["reviewers are assumed to be right; their errors reduce the gain".to_owned()];
    if judged.is_empty() {
        limits.push(
            "no row since the onset has its label yet: what a review would gain can't be determined"
                .to_owned(),
        );
    } else if judged.len() < rows.len() {
        limits.push("rows without a label are assumed to be like labelled rows of the same doubt".to_owned());
    }
    if expected == Expected::Learnt {
        limits.push(
            "the model logs no confidence: the expected loss is learnt from the labelled rows".to_owned(),
        );
    }
    let few = |band: &Band| band.value.is_none_or(|value| value.rows < FEW_IN_BAND);
    let thin = bands.iter().filter(|band| few(band)).count();
    if thin > 0 && !judged.is_empty() {
        limits.push(format!(
            "{thin} of {} bands hold fewer than {FEW_IN_BAND} labelled rows: their intervals are wide",
            bands.len()
        ));
    }
    Ok(Ok(Review {
        metric: bands::metric(&answers),
        expected,
        labelled: judged.len() as u64,
        bands,
        coverage: bands::coverage(&answers, &judged),
        target,
        queue,
        queue_has_labelled,
        returned,
        limits,
    }))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use super::*;
    use crate::{
        app::fixture,
        autopsy::Investigation,
        remedy::{backtest::BacktestData, golden_refresh},
        summary::{JoinedRows, Table},
    };

    fn found(investigation: &Investigation) -> Review {
        review(investigation).expect("the made-up case logs scores")
    }

    #[test]
    fn bands_and_coverage_are_those_of_the_rows() {
        let review = found(&fixture::investigation());
        assert_eq!(review.expected, Expected::Score);
        assert_eq!(review.bands.len(), 10);
        assert!((review.bands.iter().map(|band| band.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(review.bands.windows(2).all(|pair| pair[0].doubt.1 >= pair[1].doubt.1));
        // More review is never worse, and a complete review makes everything right.
        assert!(review.coverage.windows(2).all(|pair| pair[1].value >= pair[0].value));
        assert_eq!(review.coverage.last().expect("shares").value, 1.0);
        let target = review.target.expect("there is a baseline");
        assert!((0.0..=1.0).contains(&target.share));
        let (low, high) = target.interval.expect("an interval");
        assert!(low <= target.share && target.share <= high);
    }

    #[test]
    fn the_queue_holds_no_row_twice_and_some_at_random() {
        let investigation = fixture::investigation();
        let queue = propose(&investigation, 50).expect("a queue");
        let rows: BTreeSet<usize> = queue.iter().map(|queued| queued.row).collect();
        assert_eq!((queue.len(), rows.len()), (50, 50));
        assert!(rows.iter().all(|row| investigation.framing.after.contains(row)));
        let random: Vec<&Queued> = queue.iter().filter(|queued| queued.why == Why::Random).collect();
        assert_eq!(random.len(), 10);
        assert!(random.iter().all(|queued| queued.weight.is_some() && queued.priority.is_none()));
        assert_eq!(propose(&investigation, 50).expect("a queue"), queue);
        assert!(propose(&investigation, 0).expect("nothing").is_empty());
    }

    /// The synthetic case with reviewed labels for some rows: the true label, or its opposite.
    fn reviewed(rows: &[usize], weight: f64, wrong: bool) -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &dossier.production.sample;
        let label = |&row: &usize| {
            let answer = sample.prediction[row];
            if wrong { 1.0 - answer } else { answer }
        };
        dossier.reviewed = Some(JoinedRows {
            table: Table {
                rows: rows.len(),
                label: rows.iter().map(label).collect(),
                score: vec![weight; rows.len()],
                ..Table::default()
            },
            production_row: rows.to_vec(),
            population: rows.len() as u64,
        });
        investigation.dossier = Arc::new(dossier);
        investigation
    }

    #[test]
    fn rows_that_only_people_labelled_are_learnt_from_and_proposed_for_the_golden_set() {
        let after = fixture::investigation().framing.after.clone();
        let some: Vec<usize> = after.iter().copied().step_by(after.len() / 40).collect();
        let mut investigation = reviewed(&some, f64::NAN, true);
        assert!(investigation.dossier.labelled_by_people().is_empty(), "the log has their labels");
        let mut dossier = (*investigation.dossier).clone();
        for &row in &some {
            dossier.production.sample.label[row] = f64::NAN;
        }
        investigation.dossier = Arc::new(dossier);
        let labels = investigation.dossier.labelled_by_people();
        assert_eq!(labels.iter().map(|(row, _)| *row).collect::<Vec<_>>(), some);
        let backtest = BacktestData::new(&investigation);
        assert_eq!(backtest.reviewed, some);
        let fold = backtest.fold_until_now(vec![*after.last().expect("rows")]);
        let known = backtest.with_reviewed(&fold.known, crate::summary::Micros::MIN..fold.now);
        assert!(known.len() > fold.known.len() && some[..3].iter().all(|row| known.contains(row)));
        assert!(some.iter().all(|row| !backtest.judged.contains(row)), "none is tested on");
        assert_eq!(backtest.joint.label[backtest.first + some[0]], labels[0].1);
        let proposed = golden_refresh::propose(&investigation.dossier, &investigation.framing, 10);
        assert_eq!(proposed[0].reason, golden_refresh::GoldenReason::Reviewed);
        let returned = found(&investigation).returned.expect("labels");
        assert!(
            returned.limits.iter().any(|limit| limit.contains("no other label")),
            "{:?}",
            returned.limits
        );
    }

    #[test]
    fn labels_that_come_back_are_counted() {
        let after = fixture::investigation().framing.after.clone();
        let some: Vec<usize> = after.iter().copied().step_by(after.len() / 60).collect();
        let right = found(&reviewed(&some, 10.0, false)).returned.expect("labels");
        assert_eq!(right.matched, some.len() as u64);
        assert_eq!((right.basis, right.covered), (EstimateBasis::Random, 1.0));
        assert!(right.agreement.expect("classes").value == 1.0);
        let estimate = right.estimate.expect("an estimate");
        assert!(estimate.value == 1.0 && estimate.interval.0 < 1.0 && estimate.interval.0 > 0.9);
        let wrong = found(&reviewed(&some, f64::NAN, true)).returned.expect("labels");
        assert_eq!(wrong.basis, EstimateBasis::Bands);
        assert!(wrong.estimate.expect("an estimate").value < 0.01 && !wrong.limits.is_empty());
    }

    #[test]
    fn a_few_doubtful_rows_do_not_speak_for_all() {
        let investigation = fixture::investigation();
        let queue = propose(&investigation, 40).expect("a queue");
        let some: Vec<usize> =
            queue.iter().filter(|q| q.why != Why::Random).map(|q| q.row).take(12).collect();
        let returned = found(&reviewed(&some, f64::NAN, false)).returned.expect("labels");
        assert!(returned.covered < 1.0, "{}", returned.covered);
        if let Some((low, high)) = returned.bounds {
            assert!(low < high && high <= 1.0);
        }
        let none = found(&reviewed(&[], 1.0, false)).returned.expect("a file");
        assert_eq!((none.matched, none.estimate), (0, None));
        assert!(none.limits[0].contains("no row"));
    }
}
