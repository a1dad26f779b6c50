//! What could answer instead of the model: fallbacks that need no model, on rows that they have not seen.

use std::collections::HashMap;

use crate::{
    autopsy::{Investigation, scoring::Answers},
    model::loss::LossKind,
    stats::testing::{MeanDifference, paired},
    summary::{Column, MISSING, Task},
};

use super::{
    backtest::{BacktestAnswers, BacktestData, FEWEST_ROWS, Fold},
    fallback_rule,
};

/// The newest known labels that a level is taken from.
const RECENT: usize = 50;

/// An answer that is given this much more often than before the onset stands in for the model's.
const RISE: f64 = 0.02;

/// Rows that got the substitute answer, to compare fallbacks on.
const FEWEST_SUBSTITUTED: usize = 50;

/// A fallback beside the deployed model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    /// What answers.
    pub name: &'static str,
    /// Its mean loss on the tested rows since the onset.
    pub loss: f64,
    /// Its loss less the deployed model's, paired; below 0 it is better.
    pub against: MeanDifference,
    /// Its mean loss on rows that got the substitute answer, and the deployed one's there.
    pub substituted: Option<(f64, f64)>,
}

/// Answers the test rows of a fold; none where the case does not have what it needs.
type AnswerRule = fn(&BacktestData<'_>, &Fold) -> Option<BacktestAnswers>;

/// All fallbacks, the best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallbacks {
    /// The deployed model's mean loss on the same rows.
    pub deployed: f64,
    /// Rows that they were tested on.
    pub rows: usize,
    /// The answer that stands in for the model's since the onset, and how many tested rows got it.
    pub substitute: Option<(f64, usize)>,
    /// The fallbacks.
    pub all: Vec<Fallback>,
}

/// Measures what could answer instead of the model.
///
/// # Errors
///
/// Why there is nothing to measure, as a clause.
pub fn fallbacks(investigation: &Investigation) -> Result<Fallbacks, String> {
    if let Some(why) = investigation.dossier.without_rows(true, false) {
        return Err(why.to_owned());
    }
    let backtest = BacktestData::new(investigation);
    let folds = backtest.folds();
    if folds.is_empty() {
        return Err(format!("fewer than {FEWEST_ROWS} labelled rows since the onset"));
    }
    let tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.iter().copied()).collect();
    let deployed: Vec<f64> = tested.iter().map(|&row| backtest.logged.loss(row)).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let substitute = substitute(&backtest).filter(|&bits| {
        // An answer that is right more often than others is the model's own, given to easy rows.
        let theirs = |row: &usize| answer(&backtest, *row).to_bits() == bits;
        let losses: Vec<f64> =
            tested.iter().filter(|row| theirs(row)).map(|&row| backtest.logged.loss(row)).collect();
        mean(&losses) > mean(&deployed)
    });
    let got: Vec<bool> =
        tested.iter().map(|&row| substitute == Some(answer(&backtest, row).to_bits())).collect();
    let count = got.iter().filter(|got| **got).count();
    let over = |losses: &[f64]| {
        let kept: Vec<f64> =
            losses.iter().zip(&got).filter(|(_, got)| **got).map(|(loss, _)| *loss).collect();
        kept.iter().sum::<f64>() / kept.len().max(1) as f64
    };
    let rules: [(&'static str, AnswerRule); 4] = [
        ("one answer for all rows", |backtest, fold| fallback_rule::constant(backtest, fold).ok()),
        ("one question on one input", |backtest, fold| fallback_rule::stump(backtest, fold).ok()),
        ("the level of the newest labels", |backtest, fold| Some(recent_level(backtest, fold))),
        ("the entity's own past", entity_past),
    ];
    let mut all = Vec::new();
    for (name, rule) in rules {
        let answers: Option<Vec<BacktestAnswers>> = folds.iter().map(|fold| rule(&backtest, fold)).collect();
        let Some(answers) = answers else { continue };
        let losses: Vec<f64> = folds
            .iter()
            .zip(&answers)
            .flat_map(|(fold, answers)| losses_of(&backtest, fold, answers))
            .collect();
        // Above 0 means that the fallback loses more.
        let Ok(against) = paired(&deployed, &losses) else { continue };
        let substituted = (count >= FEWEST_SUBSTITUTED).then(|| (over(&losses), over(&deployed)));
        all.push(Fallback {
            name,
            loss: losses.iter().sum::<f64>() / losses.len() as f64,
            against,
            substituted,
        });
    }
    all.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    Ok(Fallbacks {
        deployed: deployed.iter().sum::<f64>() / deployed.len() as f64,
        rows: tested.len(),
        substitute: substitute.map(f64::from_bits).filter(|_| count > 0).map(|value| (value, count)),
        all,
    })
}

/// The answer that the loss is taken of.
fn answer(backtest: &BacktestData<'_>, row: usize) -> f64 {
    backtest.kind.answers(backtest.log).get(row).copied().unwrap_or(f64::NAN)
}

/// The bits of the answer whose share rose most since the onset, if it rose enough; classes repeat by nature.
fn substitute(backtest: &BacktestData<'_>) -> Option<u64> {
    if backtest.kind == LossKind::Wrong {
        return None;
    }
    let framing = &backtest.investigation.framing;
    let shares = |rows: &[usize]| -> HashMap<u64, f64> {
        let mut shares = HashMap::new();
        for &row in rows {
            *shares.entry(answer(backtest, row).to_bits()).or_insert(0.0) += 1.0 / rows.len() as f64;
        }
        shares
    };
    let (before, since) = (shares(&framing.before), shares(&framing.after));
    let rise = |(bits, share): (&u64, &f64)| (*bits, share - before.get(bits).copied().unwrap_or(0.0));
    let most = since.iter().map(rise).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (most.1 >= RISE && !f64::from_bits(most.0).is_nan()).then_some(most.0)
}

fn losses_of(backtest: &BacktestData<'_>, fold: &Fold, answers: &BacktestAnswers) -> Vec<f64> {
    let label: Vec<f64> = fold.test.iter().map(|&row| backtest.log.label[row]).collect();
    let judged = Answers {
        task: backtest.plan.task,
        classes: backtest.plan.classes.len(),
        label: &label,
        prediction: &answers.prediction,
        score: if backtest.plan.task == Task::Binary { &answers.score } else { &[] },
        class_scores: &[],
    };
    (0..label.len()).map(|row| judged.loss(row)).collect()
}

/// What labels make an answer: their mean, or the most frequent one of classes.
fn level(kind: LossKind, labels: &[f64], otherwise: f64) -> f64 {
    if kind != LossKind::Wrong {
        // One row of the overall level keeps a probability from 0 and 1.
        return (labels.iter().sum::<f64>() + otherwise) / (labels.len() as f64 + 1.0);
    }
    let mut counts = std::collections::BTreeMap::new();
    for &label in labels {
        *counts.entry(label as u64).or_insert(0_usize) += 1;
    }
    let most = counts.into_iter().max_by_key(|&(class, rows)| (rows, std::cmp::Reverse(class)));
    most.map_or(otherwise, |(class, _)| class as f64)
}

/// The level of all known labels.
fn overall(backtest: &BacktestData<'_>, fold: &Fold) -> f64 {
    let labels: Vec<f64> = fold.known.iter().map(|&row| backtest.log.label[row]).collect();
    let mean = labels.iter().sum::<f64>() / labels.len().max(1) as f64;
    level(backtest.kind, &labels, if backtest.kind == LossKind::Wrong { 0.0 } else { mean })
}

fn recent_level(backtest: &BacktestData<'_>, fold: &Fold) -> BacktestAnswers {
    let newest = &fold.known[fold.known.len().saturating_sub(RECENT)..];
    let labels: Vec<f64> = newest.iter().map(|&row| backtest.log.label[row]).collect();
    let value = level(backtest.kind, &labels, overall(backtest, fold));
    backtest.answered(vec![value; fold.test.len()])
}

/// The known labels of the same entity; the overall level where there are none. None without an entity.
fn entity_past(backtest: &BacktestData<'_>, fold: &Fold) -> Option<BacktestAnswers> {
    let entity = *backtest.dossier.entities.first()?;
    let key = |row: usize| match &backtest.log.extra.get(entity)?.1 {
        Column::Categorical(codes) => {
            codes.get(row).filter(|code| **code != MISSING).map(|&code| u64::from(code))
        }
        Column::Numeric { values, .. } => values.get(row).filter(|x| !x.is_nan()).map(|x| x.to_bits()),
        Column::Embedding { .. } | Column::Absent => None,
    };
    let mut past: HashMap<u64, Vec<f64>> = HashMap::new();
    for &row in &fold.known {
        if let Some(key) = key(row) {
            past.entry(key).or_default().push(backtest.log.label[row]);
        }
    }
    let overall = overall(backtest, fold);
    let of = |&row: &usize| {
        let labels = key(row).and_then(|key| past.get(&key));
        labels.map_or(overall, |labels| level(backtest.kind, labels, overall))
    };
    Some(backtest.answered(fold.test.iter().map(of).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn a_level_is_a_shrunken_mean_or_the_most_frequent_class() {
        assert!((level(LossKind::Log, &[1.0, 1.0, 0.0], 0.4) - 0.6).abs() < 1e-12);
        assert_eq!(level(LossKind::Wrong, &[2.0, 1.0, 2.0], 0.0), 2.0);
        assert_eq!(level(LossKind::Wrong, &[], 3.0), 3.0);
    }

    #[test]
    fn rows_with_the_substitute_answer_are_found_and_a_better_fallback_named() {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        // Since the onset every third row gets 0.999, whatever the truth.
        for &row in investigation.framing.after.iter().step_by(3) {
            (sample.score[row], sample.prediction[row]) = (0.999, 1.0);
        }
        investigation.dossier = std::sync::Arc::new(dossier);
        let measured = fallbacks(&investigation).expect("labels");
        let (value, rows) = measured.substitute.expect("0.999 is given more often");
        assert!(value == 0.999 && rows > measured.rows / 4, "{value} on {rows} of {}", measured.rows);
        let best = &measured.all[0];
        let (theirs, deployed) = best.substituted.expect("enough rows");
        assert!(theirs < deployed, "{theirs} against {deployed}");
        assert!(measured.all.is_sorted_by(|a, b| a.loss <= b.loss));
    }
}
