//! The expected loss of each prediction.

use crate::{
    autopsy::{Investigation, scoring::Answers},
    cached::cached,
    model::{
        binned::Binned,
        folds::Groups,
        learner::{Family, Learner, RowReader, cross_answers},
        loss::LossKind,
    },
    progress::{Counter, Stopped},
    remedy::unavailable::Unavailable,
    summary::{Plan, Task},
};

/// Minimum number of labelled rows for learning the loss.
const FEWEST_ROWS: usize = 200;

/// Cross-validation folds.
const FOLDS: usize = 4;

/// How the expected loss is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Expected {
    /// From the score: the probability that the prediction is wrong.
    Score,
    /// By trees fitted to the loss of labelled rows.
    Learnt,
}

cached!(
    enum Expected {
        Score,
        Learnt,
    }
);

/// How the expected loss was estimated, and its value for each row.
pub(super) type Doubts = (Expected, Vec<(usize, f64)>);

/// Returns the expected loss of every row.
///
/// * `rows`: rows with a prediction.
pub(super) fn expected(
    investigation: &Investigation,
    answers: &Answers<'_>,
    rows: &[usize],
    counter: &Counter<'_>,
) -> Result<Result<Doubts, Unavailable>, Stopped> {
    if rows.is_empty() {
        return Ok(Err("no row since the onset has an answer".into()));
    }
    if answers.task == Task::Binary && rows.iter().all(|&row| answers.score_of(row).is_some()) {
        let doubt = |row: usize| {
            let score = answers.score_of(row).unwrap_or(0.5).clamp(0.0, 1.0);
            if answers.answer_of(row) == 1.0 { 1.0 - score } else { score }
        };
        return Ok(Ok((Expected::Score, rows.iter().map(|&row| (row, doubt(row))).collect())));
    }
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let judged = answers.judged_rows(rows);
    if judged.len() < FEWEST_ROWS {
        let why = format!(
            "the model logs no score, and {} labelled rows since the onset are too few to learn which answers go \
             wrong ({FEWEST_ROWS} are needed)",
            judged.len()
        );
        return Ok(Err(why.into()));
    }
    // The loss is numeric whatever the task.
    let plan = Plan { task: Task::Regression, ..(*dossier.plan).clone() };
    let loss: Vec<f64> = judged.iter().map(|&row| answers.wrong(row)).collect();
    let folds = Groups::find(&Binned::new(&plan, table, &judged)).folds(FOLDS, plan.seed);
    let reader = RowReader::fit(Family::Boosted, &plan, table, &judged);
    let data = reader.read(table, &judged);
    let out_of_fold = cross_answers(&plan, &data, &loss, LossKind::Absolute, &folds, FOLDS);
    counter.check()?;
    let whole = match Learner::fit(&plan, &data, &loss) {
        Ok(learner) => learner.answers(&reader.read(table, rows), LossKind::Absolute),
        Err(why) => return Ok(Err(format!("which answers go wrong can't be learnt: {why}").into())),
    };
    let mut doubt: Vec<(usize, f64)> = rows.iter().copied().zip(whole).collect();
    for (&row, &value) in judged.iter().zip(&out_of_fold) {
        if let Ok(at) = doubt.binary_search_by_key(&row, |(row, _)| *row)
            && value.is_finite()
        {
            doubt[at].1 = value;
        }
    }
    // Trees may predict a negative loss.
    doubt.iter_mut().for_each(|(_, value)| *value = value.max(0.0));
    Ok(Ok((Expected::Learnt, doubt)))
}
