//! The second round: the case as it would be without one of its causes, examined again.
//!
//! Two faults on one log hide each other: what one does to the inputs or the answers makes the signs of the other faint, or looks
//! like signs of a third. So one cause that can be undone is undone on the rows (inputs as the account repairs them, answers by the
//! launch model), and if the log that is left still does worse, all exams run again on it. What they find there is the second cause,
//! with an onset and features of its own.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    model::{
        folds::thin,
        loss::{clipped_logit, sigmoid},
    },
    summary::{Column, Table, Task},
};

use super::{
    Cause, Dossier, Hypothesis, Investigation, Remainder, Stage,
    account::{self, Account, Known, Place},
    catalogue::signals,
    cohort::{recounted, rejoined},
    framing::{frame, frame_at},
    scoring::Answers,
};

/// Rows of either period that are examined again at most.
const MOST_ROWS: usize = 12_000;

/// A cause is undone from this probability of being there on.
const LIKELY: f64 = 0.3;

/// Inputs that fail on the same rows, as this share of the rows of either, fail for one reason.
const SAME_ROWS: f64 = 0.9;

/// The altered inputs of a cause must have this part of the loss for the cause to be undone.
const SMALLEST_PART: f64 = 0.05;

/// The log that is left is examined if it does worse by so many standard errors and by this part of the whole loss; whether that
/// is beyond noise its own exams tell.
const LEFT_Z: f64 = 1.0;
const LEFT_SHARE: f64 = 0.07;

/// Undoes one cause and examines what is left; none where no cause can be undone.
///
/// * `parts`: hears how many stages of the second round are done, and of how many.
pub(super) fn examine(
    first: &Investigation,
    known: &Known<'_>,
    parts: &(dyn Fn(usize, usize) + Sync),
) -> Option<Remainder> {
    let account = first.account.as_ref().ok().filter(|account| account.has_shares())?;
    let (without, features) = undoable(first, account)?;
    let answered = without.is_of_inputs() && has_answers(account);
    let (dossier, border) = undone(known, without, &features, answered)?;
    let (left, lost) = left(&dossier, border, account);
    let others = account.inputs.iter().map(|input| input.feature).filter(|j| !features.contains(j));
    let altered = others.map(|j| cost(account, j)).sum::<f64>() >= SMALLEST_PART;
    let mut remainder = Remainder { without, features, left, altered, answered, causes: Vec::new() };
    if lost || altered || answered {
        let mut second = Investigation::begin(Arc::new(dossier));
        second.is_remainder = true;
        second.framing = frame(&second.dossier);
        if second.framing.split().is_none() {
            second.framing = frame_at(&second.dossier, first.framing.split());
        }
        second.done = Stage::Onset as usize + 1;
        while second.next_stage().is_some() {
            second.advance(&|_, _| ());
            parts(second.done, Stage::ALL.len());
        }
        remainder.causes = second.diagnosis.hypotheses;
        // Where answers were undone, a substitute's stand in the log: another fault of the answers would be the substitute's.
        let is_undone = |cause: Cause| cause == without || without.is_of_answers() && cause.is_of_answers();
        remainder.causes.retain(|cause| !is_undone(cause.cause));
        remainder.causes.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.cause.cmp(&b.cause)));
    }
    Some(remainder)
}

/// The cause to undo, with its altered inputs: a fault of inputs before one of the answers, the one that is about fewer inputs
/// before one that is about the same and more, and the likelier one before others.
fn undoable(investigation: &Investigation, account: &Account) -> Option<(Cause, Vec<usize>)> {
    let hypotheses = &investigation.diagnosis.hypotheses;
    let most = hypotheses.iter().map(|h| h.probability).fold(0.0, f64::max);
    let likely = |h: &&Hypothesis| h.judged.present >= LIKELY || h.probability >= most;
    let cost = |feature: usize| cost(account, feature);
    let of_inputs: Vec<(&Hypothesis, Vec<usize>)> = hypotheses
        .iter()
        .filter(|h| h.cause.is_of_inputs())
        .filter(likely)
        .map(|h| {
            let own = account.inputs.iter().map(|input| input.feature).filter(|j| h.features.contains(j));
            (h, own.collect::<Vec<usize>>())
        })
        .filter(|(_, own)| own.iter().map(|&j| cost(j)).sum::<f64>() >= SMALLEST_PART)
        .collect();
    let is_wider = |(wide, all): &(&Hypothesis, Vec<usize>)| {
        of_inputs.iter().any(|(_, own)| {
            own.len() < all.len()
                && own.iter().all(|j| all.contains(j))
                && !fails_with_others(investigation, own, wide.cause, all)
        })
    };
    // That it is there, and that it is the main cause.
    let likelihood = |(h, _): &&(&Hypothesis, Vec<usize>)| h.judged.present * h.probability;
    let likeliest =
        of_inputs.iter().filter(|of| !is_wider(of)).max_by(|a, b| likelihood(a).total_cmp(&likelihood(b)));
    if let Some((h, own)) = likeliest {
        return Some((h.cause, own.clone()));
    }
    let answers = account
        .lines
        .iter()
        .any(|line| matches!(line.place, Place::Model | Place::Service | Place::Answers) && line.is_found());
    hypotheses
        .iter()
        .filter(|h| answers && h.cause.is_of_answers())
        .filter(likely)
        .max_by(|a, b| a.judged.present.total_cmp(&b.judged.present))
        .map(|h| (h.cause, Vec::new()))
}

/// Whether some inputs of a broken pipeline fail together with others of it, so that nobody would call them a fault of their own: on
/// the same rows, in exchange for each other, or with others of their source.
///
/// * `cause`: the cause that names all of them; only of a pipeline it is to be expected.
/// * `own`: the inputs in question, some of `all`.
fn fails_with_others(investigation: &Investigation, own: &[usize], cause: Cause, all: &[usize]) -> bool {
    let together: Vec<usize> = investigation
        .signals
        .iter()
        .filter(|signal| {
            signal.key == &signals::PIPELINE_SWAP
                || signal.key == &signals::PIPELINE_SAME_ROWS && signal.value >= SAME_ROWS
        })
        .flat_map(|signal| signal.features.iter().copied())
        .collect();
    let features = &investigation.dossier.plan.features;
    let has_sibling = |&j: &usize| {
        let of_its_source =
            |&&k: &&usize| features[j].source.is_some() && features[j].source == features[k].source;
        all.iter().filter(of_its_source).any(|k| !own.contains(k))
    };
    cause == Cause::UpstreamPipeline
        && (own.iter().all(|j| together.contains(j)) || own.iter().all(has_sibling))
}

/// Whether a part of the loss beyond noise arose in the answers.
fn has_answers(account: &Account) -> bool {
    let of_answers = |place: Place| matches!(place, Place::Model | Place::Service | Place::Answers);
    account.lines.iter().any(|line| of_answers(line.place) && line.is_found())
}

/// The share of the loss that an altered input has in the account, or of the headline metric's loss, if that is more.
fn cost(account: &Account, feature: usize) -> f64 {
    let share = |place: Place| {
        let line = account.lines.iter().find(|line| line.place == place);
        line.and_then(|line| line.share).map(|(share, _)| share)
    };
    let part = account.inputs.iter().find(|input| input.feature == feature).map_or(0.0, |input| input.part);
    let of_loss =
        share(Place::Input(feature)).unwrap_or_else(|| share(Place::InputsAndAnswers).unwrap_or(0.0) * part);
    of_loss.max(account.headline.map_or(0.0, |headline| headline.inputs * part))
}

/// The case without a cause, and its first row since the onset; none where nothing is undone.
///
/// * `answered`: whether the answers changed as well, so that what sets them apart from the launch model's must stay.
fn undone(known: &Known<'_>, cause: Cause, features: &[usize], answered: bool) -> Option<(Dossier, usize)> {
    let whole = known.dossier;
    if whole.without_rows(true, true).is_some() {
        return None;
    }
    let (before, since) = (thin(&known.framing.before, MOST_ROWS), thin(&known.framing.after, MOST_ROWS));
    let border = before.len();
    let rows = [before, since.clone()].concat();
    let mut table = whole.production.sample.take(&rows);
    let mut corrected = table.take(&(border..table.rows).collect::<Vec<_>>());
    let answered_anew: Vec<bool> = if cause.is_of_inputs() {
        let (altered, repaired) = account::corrected(known, features, &since)?;
        corrected = repaired;
        altered
    } else {
        let ill = known.yardstick.as_ref().ok().and_then(|yardstick| {
            yardstick
                .ill_served(whole, known.framing, &corrected)
                .ok()
                .filter(|_| cause == Cause::ServingHealth)
        });
        let launch = known.launch?;
        (0..corrected.rows)
            .map(|row| ill.as_ref().is_none_or(|ill| ill[row]) && !launch.model.is_outside(&corrected, row))
            .collect()
    };
    if !answered_anew.contains(&true) {
        return None;
    }
    let served = answered.then(|| table.take(&(border..table.rows).collect::<Vec<_>>()));
    for &j in features {
        put(&mut table.features[j], &corrected.features[j], |row| row.checked_sub(border));
    }
    answer(known, &corrected, &answered_anew, &mut table, border)?;
    if let Some(served) = served {
        keep_apart(known, &served, &answered_anew, &mut table, border)?;
    }
    if !cause.is_of_inputs() {
        let usual = known
            .framing
            .before
            .first()
            .and_then(|&row| whole.production.sample.latency_ms.get(row))
            .copied();
        let late = answered_anew.iter().enumerate().filter(|(_, anew)| **anew).map(|(row, _)| border + row);
        if let (Some(usual), true) = (usual, cause == Cause::ServingHealth) {
            late.for_each(|row| table.latency_ms[row] = usual);
        }
    }
    let width = whole.production.grid.map(|grid| grid.width);
    let mut data = whole.data.with_production(recounted(whole, &whole.production, table, width));
    if !cause.is_of_inputs() {
        data.golden = data.golden.take().map(|golden| Table {
            prediction: golden.launch_prediction.clone(),
            score: golden.launch_score.clone(),
            ..golden
        });
    }
    let place: BTreeMap<usize, usize> = rows.iter().enumerate().map(|(new, &old)| (old, new)).collect();
    for joined in [&mut data.offline, &mut data.reviewed].into_iter().flatten() {
        *joined = rejoined(joined, &place);
    }
    if let Some(offline) = &mut data.offline {
        let at = offline.production_row.clone();
        for &j in features {
            put(&mut offline.table.features[j], &corrected.features[j], |row| at[row].checked_sub(border));
        }
    }
    let mut dossier = Dossier::new(data, whole.artifact.clone());
    dossier.label_doubts.clone_from(&whole.label_doubts);
    Some((dossier, border))
}

/// Puts the launch model's answers, or the artefact's to other inputs, into rows since the onset.
fn answer(
    known: &Known<'_>,
    corrected: &Table,
    anew: &[bool],
    table: &mut Table,
    border: usize,
) -> Option<()> {
    let asked: Vec<usize> = (0..anew.len()).filter(|&row| anew[row]).collect();
    let artefact = known.yardstick.as_ref().ok().filter(|yardstick| yardstick.is_artefact());
    let (prediction, score) = match (artefact, &known.dossier.artifact) {
        (Some(_), Ok(artefact)) => {
            let own = artefact.answer(&known.dossier.plan, corrected, &asked).ok()?;
            (own.prediction, own.score)
        }
        _ => {
            let own = known.launch.filter(|launch| launch.is_faithful())?.model.answers(corrected, &asked);
            (own.prediction, own.score)
        }
    };
    for (into, from) in [(&mut table.prediction, prediction), (&mut table.score, score)] {
        for (&row, value) in asked.iter().zip(from) {
            if let Some(place) = into.get_mut(border + row) {
                *place = value;
            }
        }
    }
    Some(())
}

/// Keeps what sets the logged answers apart from the launch model's to the same inputs: another model, or a service that did not
/// deliver its answer. Scores are moved by as much in log-odds, values by as much, and another class stays.
fn keep_apart(
    known: &Known<'_>,
    served: &Table,
    anew: &[bool],
    table: &mut Table,
    border: usize,
) -> Option<()> {
    let launch = known.launch?;
    let rows: Vec<usize> =
        (0..anew.len()).filter(|&row| anew[row] && !launch.model.is_outside(served, row)).collect();
    let own = launch.model.answers(served, &rows);
    let numbers = known.dossier.task() == Task::Regression;
    for (at, &row) in rows.iter().enumerate() {
        if let (Some(own), Some(logged), Some(place)) =
            (own.score.get(at), served.score.get(row), table.score.get_mut(border + row))
        {
            *place = sigmoid(clipped_logit(*place) + clipped_logit(*logged) - clipped_logit(*own));
        }
        let (own, logged) = (own.prediction[at], served.prediction[row]);
        let place = &mut table.prediction[border + row];
        if numbers {
            *place += logged - own;
        } else if logged != own {
            *place = logged;
        }
    }
    Some(())
}

/// Puts values of one column into another one.
///
/// * `at`: the row of `from` that belongs to a row of `into`; none for a row that keeps its value.
fn put(into: &mut Column, from: &Column, at: impl Fn(usize) -> Option<usize>) {
    match (into, from) {
        (Column::Numeric { values, unreadable, examples }, Column::Numeric { values: from, .. }) => {
            for (row, value) in values.iter_mut().enumerate() {
                if let Some(at) = at(row) {
                    *value = from[at];
                }
            }
            unreadable.clear();
            examples.clear();
        }
        (Column::Categorical(codes), Column::Categorical(from)) => {
            for (row, code) in codes.iter_mut().enumerate() {
                if let Some(at) = at(row) {
                    *code = from[at];
                }
            }
        }
        _ => {}
    }
}

/// The loss that is left as a share of the whole, and whether it is large enough to be examined.
fn left(dossier: &Dossier, border: usize, account: &Account) -> (f64, bool) {
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let judged = answers.judged_rows(&(border..dossier.production.sample.rows).collect::<Vec<_>>());
    let losses: Vec<f64> =
        judged.iter().map(|&row| answers.loss(row)).filter(|loss| loss.is_finite()).collect();
    let n = losses.len().max(1) as f64;
    let mean = losses.iter().sum::<f64>() / n;
    let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / n / n;
    let error = variance.sqrt().hypot(account.before.error);
    let left = mean - account.before.value;
    (left / account.total.value, left > LEFT_Z * error && left > LEFT_SHARE * account.total.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::{
        Judgement, Standing,
        exam::synthetic::{self, Rows},
        investigate,
    };

    fn cause(cause: Cause, probability: f64) -> Hypothesis {
        Hypothesis {
            cause,
            probability,
            judged: Judgement::default(),
            standing: Standing::NotSeen,
            observed: false,
            features: Vec::new(),
            onset: None,
            onset_kind: None,
            evidence_for: Vec::new(),
            evidence_against: Vec::new(),
            would_settle: Vec::new(),
        }
    }

    fn left_of(causes: Vec<Hypothesis>) -> Remainder {
        Remainder {
            without: Cause::FeatureUnavailable,
            features: vec![1],
            left: 0.4,
            altered: false,
            answered: false,
            causes,
        }
    }

    #[test]
    fn the_second_cause_must_be_settled_and_a_false_alarm_is_none() {
        let settled = left_of(vec![cause(Cause::LabelShift, 0.5), cause(Cause::None, 0.2)]);
        assert_eq!(settled.second().map(|h| h.cause), Some(Cause::LabelShift));
        let three = [(Cause::LabelShift, 0.3), (Cause::DataDrift, 0.25), (Cause::ConceptDrift, 0.2)];
        let open = left_of(three.map(|(of, p)| cause(of, p)).to_vec());
        assert!(open.second().is_none() && !open.is_nothing());
        let healthy = left_of(vec![cause(Cause::None, 0.8), cause(Cause::LabelShift, 0.1)]);
        assert!(healthy.second().is_none() && healthy.is_nothing());
        let altered = Remainder { altered: true, ..healthy };
        assert!(!altered.is_nothing(), "another altered input costs something");
    }

    #[test]
    fn two_faults_of_inputs_are_told_apart_each_with_its_feature() {
        let training = Rows::healthy(4_000, 1);
        let mut production = Rows::healthy(8_000, 2);
        let onset = production.first_row(14);
        let odds =
            |income: f64, balance: f64| 1.0 / (1.0 + (1.0 - (income.ln() - 8.0) - balance / 100.0).exp());
        production.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
        let served = production.numbers("balance").clone();
        for (row, &balance) in served.iter().enumerate().skip(onset) {
            let gone = row % 2 == 0;
            let income = &mut production.numbers("income")[row];
            // The model fills a missing income with a low one.
            let read = if gone { 300.0 } else { *income };
            if gone {
                *income = f64::NAN;
            }
            production.score[row] = odds(read, balance);
        }
        let dossier = synthetic::dossier(&training, &production);
        let found = investigate(Arc::new(dossier), &|_| ());
        let remainder = found.remainder.as_ref().expect("altered inputs can be undone");
        assert!(remainder.without.is_of_inputs(), "{:?}", remainder.without);
        let causes: Vec<(Cause, Vec<usize>)> =
            found.diagnosis.found().iter().map(|h| (h.cause, h.features.clone())).collect();
        assert_eq!(causes.len(), 2, "{causes:?}");
        for feature in [0, 1] {
            let own = |(of, features): &(Cause, Vec<usize>)| of.is_of_inputs() && *features == [feature];
            assert!(causes.iter().any(own), "{causes:?}");
        }
    }

    #[test]
    fn without_one_fault_nothing_is_left_of_a_log_with_one() {
        let (dossier, _) = synthetic::with_fault(|rows, onset| {
            rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
            let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
            for row in onset..rows.count {
                rows.score[row] = 1.0 / (1.0 + (1.0 - (income[row].ln() - 8.0) - balance[row] / 100.0).exp());
            }
        });
        let found = investigate(Arc::new(dossier), &|_| ());
        let causes: Vec<Cause> = found.diagnosis.found().iter().map(|h| h.cause).collect();
        assert_eq!(causes.len(), 1, "{causes:?}");
        assert!(found.remainder.is_some_and(|remainder| remainder.left < 0.1));
    }
}
