//! People in the loop: which rows they should look at, what that would win back, and what their labels say.
//!
//! Rows are ordered by the loss that is expected of them: for two classes with a score the probability that the answer is
//! wrong, as the score has it; else the loss that trees learn from the labelled rows, out of fold.

mod bands;
mod expected;
mod queue;
mod returned;

pub use crate::model::support::Reason;
pub use bands::{Band, Coverage, Target};
pub use expected::Expected;
pub use queue::{Queued, Why, propose};
pub use returned::{Basis, Returned};

use crate::{
    autopsy::{Investigation, scoring::Answers},
    stats::metric::Metric,
    summary::Task,
};

/// Rows that a queue holds unless another number is asked for.
pub const QUEUE_ROWS: usize = 200;

/// What a review by people would bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// What the answers are judged by: accuracy, or the mean absolute error of numbers.
    pub metric: Metric,
    /// How the doubtful rows are found.
    pub expected: Expected,
    /// Labelled rows since the onset (all where there is none).
    pub labelled: u64,
    /// The rows in tenths, the most doubtful first.
    pub bands: Vec<Band>,
    /// What reviewing a share of the rows would bring, by ascending share.
    pub coverage: Vec<Coverage>,
    /// How many rows bring the model back to its baseline; none without a baseline or labels.
    pub target: Option<Target>,
    /// Rows to look at first.
    pub queue: Vec<Queued>,
    /// Whether rows that have their label already had to fill the queue.
    pub queue_has_labelled: bool,
    /// What came back from people.
    pub returned: Option<Returned>,
    /// What is assumed and what can't be told, one sentence each.
    pub limits: Vec<String>,
}

/// Measures what a review would bring, and proposes rows for it.
///
/// # Errors
///
/// A sentence that says why the doubtful rows can't be told from the others.
pub fn review(investigation: &Investigation) -> Result<Review, String> {
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, table);
    let rows: Vec<usize> = investigation
        .framing
        .after
        .iter()
        .copied()
        .filter(|&row| !answers.answer_of(row).is_nan())
        .collect();
    let (expected, doubt) = expected::expected(investigation, &answers, &rows)?;
    let judged: Vec<(usize, f64)> = doubt
        .iter()
        .copied()
        .filter(|(row, _)| answers.judged(*row))
        .collect();
    let (queue, queue_has_labelled) = queue::from(investigation, &answers, &doubt, QUEUE_ROWS);
    let mut limits = vec!["reviewers are taken to be right; whatever they get wrong comes off".to_owned()];
    if judged.is_empty() {
        limits.push(
            "no row since the onset has its label yet: what a review would bring can't be told".to_owned(),
        );
    } else if judged.len() < rows.len() {
        limits.push("rows without a label are taken to be like those with one of the same doubt".to_owned());
    }
    if expected == Expected::Learnt {
        limits.push(
            "the model logs no confidence: the expected loss is learnt from the labelled rows".to_owned(),
        );
    }
    Ok(Review {
        metric: bands::metric(&answers),
        expected,
        labelled: judged.len() as u64,
        bands: bands::bands(&answers, &doubt),
        coverage: bands::coverage(&answers, &judged),
        target: bands::target(investigation, &answers, &judged),
        queue,
        queue_has_labelled,
        returned: returned::returned(investigation, &answers, &doubt),
        limits,
    })
}

/// Whether answers are right or wrong; numbers are only nearer or further.
fn is_class(answers: &Answers<'_>) -> bool {
    answers.task != Task::Regression
}

#[cfg(test)]
mod tests;
