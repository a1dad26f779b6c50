//! Every metric of both periods, beside what an answer that is always the same would have.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Investigation,
        scoring::{self, Answers},
        view::numbers,
    },
    stats::{metric::Metric, moments},
    summary::Task,
    text::{self, number},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

/// Metrics whose best constant is the mean; the median suits the others of a regression.
const OF_SQUARES: [&str; 4] = ["rmse", "r2", "bias", "mse"];

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let judged = periods.now.judged();
    let before = periods.then.judged();
    if judged.len() < 2 {
        return Err("no production row under suspicion has a label and an answer".to_owned());
    }
    let learnt = if before.len() < 2 { &judged } else { &before };
    let source = if before.len() < 2 { &periods.now } else { &periods.then };
    let label: Vec<f64> = learnt.iter().map(|&row| source.answers.label[row]).collect();
    let mut table = StudyTable::new(
        "metrics",
        "Metrics",
        &[
            ("metric", "metric", Format::Text),
            ("baseline", periods.then_name, Format::Metric),
            ("production", periods.now_name, Format::Metric),
            ("worse_by", "worse by", Format::Signed),
            ("constant", "constant answer", Format::Metric),
            ("better_than_constant", "better than it by", Format::Signed),
        ],
    );
    let constants =
        constants(dossier.task(), dossier.plan.classes.len(), &periods.now.answers, &judged, &label);
    let mut beaten = Vec::new();
    for row in &investigation.performance.metrics {
        let constant = constants.get(row.metric.id()).copied();
        let lead = constant
            .zip(row.production)
            .map(|(constant, now)| scoring::worsening(row.metric, now.value, constant));
        if lead.is_some_and(|lead| lead < 0.0) && !matches!(row.metric, Metric::Bias | Metric::Ece) {
            beaten.push(row.metric.name());
        }
        let estimate = |of: Option<crate::autopsy::exam::performance::Estimate>| {
            of.map_or(Cell::Missing, |of| Cell::Interval(of.value, of.interval))
        };
        table.push(vec![
            row.metric.name().into(),
            estimate(row.baseline),
            estimate(row.production),
            estimate(row.loss),
            constant.into(),
            lead.into(),
        ]);
    }
    let (then, now) = (
        numbers::further(&periods.then.answers, &periods.then.rows),
        numbers::further(&periods.now.answers, &periods.now.rows),
    );
    for (id, value) in &now {
        let was = then.iter().find(|(other, _)| other == id).and_then(|(_, value)| value.ok());
        let sign = if numbers::larger_is_better(id) { 1.0 } else { -1.0 };
        let constant = constants.get(*id).copied();
        let value = value.ok();
        table.push(vec![
            numbers::name(id).into(),
            was.into(),
            value.into(),
            was.zip(value).map(|(was, is)| sign * (was - is)).into(),
            constant.into(),
            constant.zip(value).map(|(constant, is)| sign * (is - constant)).into(),
        ]);
    }
    let mut study = Study::new(Topic::Metrics);
    study.says.push(said(investigation, &beaten));
    study.tables.push(table);
    study.limits.push(match dossier.task() {
        Task::Regression => format!(
            "The constant is the median of the labels of {} (their mean for RMSE, MSE, R² and bias).",
            source_name(&periods, before.len() < 2)
        ),
        Task::Binary | Task::Multiclass => format!(
            "The constant is the most frequent class of {}, and for metrics of scores the classes' shares there.",
            source_name(&periods, before.len() < 2)
        ),
    });
    Ok(study)
}

fn source_name(periods: &TwoPeriods<'_>, same: bool) -> &'static str {
    match if same { periods.now_name } else { periods.then_name } {
        "before" => "the rows before the onset",
        "since the onset" => "the rows since the onset",
        "golden at launch" => "the golden set",
        other => other,
    }
}

fn said(investigation: &Investigation, beaten: &[&str]) -> String {
    let Some(row) = investigation.performance.headline_row() else {
        return "No metric can be measured.".to_owned();
    };
    let value = row.production.map_or_else(|| number::MISSING.to_owned(), |e| number::metric(e.value));
    let named = text::capital(row.metric.name());
    if beaten.is_empty() {
        format!(
            "{named} is {value}; an answer that is always the same would do better in no metric that judges each row's answer."
        )
    } else {
        format!(
            "{named} is {value}; an answer that is always the same would do better in {}.",
            text::phrase::list_up_to(beaten, 6)
        )
    }
}

/// The metrics of a constant answer on the given rows, by their ids.
///
/// * `label`: the labels that the constant is learnt from.
fn constants(
    task: Task,
    classes: usize,
    answers: &Answers<'_>,
    judged: &[usize],
    label: &[f64],
) -> BTreeMap<&'static str, f64> {
    let truth: Vec<f64> = judged.iter().map(|&row| answers.label[row]).collect();
    let rows: Vec<usize> = (0..truth.len()).collect();
    let mut found = BTreeMap::new();
    let mut add =
        |prediction: f64, score: &[f64], class_scores: &[Vec<f64>], wanted: &dyn Fn(&str) -> bool| {
            let prediction = vec![prediction; truth.len()];
            let constant =
                Answers { label: &truth, prediction: &prediction, score, class_scores, ..*answers };
            let metrics = scoring::metrics_of(task, !score.is_empty() || !class_scores.is_empty());
            let values = scoring::values(&constant, &rows, metrics);
            let further = numbers::further(&constant, &rows);
            let leading = metrics.iter().map(|metric| metric.id()).zip(values);
            let all = leading.chain(further.into_iter().map(|(id, value)| (id, value.unwrap_or(f64::NAN))));
            found.extend(all.filter(|(id, value)| value.is_finite() && wanted(id)));
        };
    match task {
        Task::Regression => {
            let mean = moments::mean(label).unwrap_or(f64::NAN);
            add(mean, &[], &[], &|id| OF_SQUARES.contains(&id));
            let median = moments::median(label).unwrap_or(f64::NAN);
            add(median, &[], &[], &|id| !OF_SQUARES.contains(&id));
        }
        Task::Binary | Task::Multiclass => {
            let mut count = vec![0_u64; classes];
            for &class in label {
                count[class as usize] += 1;
            }
            let most = (0..classes).rev().max_by_key(|&class| count[class]).unwrap_or(0) as f64;
            let share =
                |class: usize| count.get(class).map_or(0.0, |&n| n as f64 / label.len().max(1) as f64);
            let scored = judged.iter().any(|&row| answers.score_of(row).is_some());
            let by_class = judged.iter().any(|&row| answers.has_class_scores(row));
            if task == Task::Binary && scored {
                add(most, &vec![share(1); truth.len()], &[], &|_| true);
            } else if by_class {
                let scores: Vec<Vec<f64>> =
                    (0..answers.class_scores.len()).map(|class| vec![share(class); truth.len()]).collect();
                add(most, &[], &scores, &|_| true);
            } else {
                add(most, &[], &[], &|_| true);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary<'a>(label: &'a [f64], prediction: &'a [f64], score: &'a [f64]) -> Answers<'a> {
        Answers { task: Task::Binary, classes: 2, label, prediction, score, class_scores: &[] }
    }

    #[test]
    fn the_constant_is_that_of_scikit_learn() {
        // from sklearn.dummy import DummyClassifier; d = DummyClassifier(strategy="prior").fit(X, [0, 0, 1, 0])
        // log_loss([1, 0, 0, 1, 0], d.predict_proba(X5)) = 0.727126988, brier = 0.2625, accuracy = 0.6, roc_auc = 0.5
        let truth = [1.0, 0.0, 0.0, 1.0, 0.0];
        let answers = binary(&truth, &[1.0; 5], &[0.5; 5]);
        let found = constants(Task::Binary, 2, &answers, &[0, 1, 2, 3, 4], &[0.0, 0.0, 1.0, 0.0]);
        for (id, want) in
            [("accuracy", 0.6), ("log_loss", 0.727_126_988), ("brier", 0.2625), ("roc_auc", 0.5)]
        {
            assert!((found[id] - want).abs() < 1e-8, "{id}: {} for {want}", found[id]);
        }
        assert!((found["matthews"]).abs() < 1e-12);
    }

    #[test]
    fn numbers_have_the_median_and_the_mean() {
        // DummyRegressor(strategy="median").fit(X, [1, 2, 9]): MAE on [2, 4] = 1.0; strategy="mean" (4): MSE = 2.0
        let truth = [2.0, 4.0];
        let prediction = [0.0; 2];
        let answers = Answers {
            task: Task::Regression,
            classes: 0,
            label: &truth,
            prediction: &prediction,
            score: &[],
            class_scores: &[],
        };
        let found = constants(Task::Regression, 0, &answers, &[0, 1], &[1.0, 2.0, 9.0]);
        assert!((found["mae"] - 1.0).abs() < 1e-12 && (found["mse"] - 2.0).abs() < 1e-12, "{found:?}");
        assert!((found["bias"] - 1.0).abs() < 1e-12, "{found:?}");
    }
}
