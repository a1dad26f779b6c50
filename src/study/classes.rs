//! Class by class: each class against the rest, in both periods, and who is taken for whom.

use crate::{
    autopsy::{
        Investigation,
        view::numbers::{self, ClassNumbers},
    },
    stats::{interval::two_proportions, metric::Confusion, testing::benjamini_hochberg},
    summary::Task,
    text::number,
};

use super::{
    table::{Cell, Column, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::{Period, TwoPeriods},
};

/// More classes than this make a matrix that nobody reads; the table by class holds all of them.
const MATRIX_CLASSES: usize = 24;

/// A fall of a class's recall is named below this false discovery rate.
const SIGNIFICANT: f64 = 0.05;

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if dossier.task() == Task::Regression {
        return Err("the model answers numbers, which have no classes".to_owned());
    }
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let now = numbers::by_class(&periods.now.answers, &periods.now.rows);
    if now.is_empty() {
        return Err("no production row under suspicion has a label and an answer".to_owned());
    }
    let then = numbers::by_class(&periods.then.answers, &periods.then.rows);
    let classes = &dossier.plan.classes;
    let mut study = Study::new(Topic::Classes);
    let falls = falls(&then, &now);
    study.says.push(said(classes, &then, &now, &falls));
    study.tables.push(by_class(classes, &then, &now, &falls, &periods));
    study.tables.extend(matrix("confusion_baseline", periods.then_name, &periods.then, classes));
    study.tables.extend(matrix("confusion", periods.now_name, &periods.now, classes));
    if classes.len() > MATRIX_CLASSES {
        study.limits.push(format!("Confusion matrices are left out for more than {MATRIX_CLASSES} classes."));
    }
    Ok(study)
}

/// The fall of a class's recall.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fall {
    class: usize,
    /// Recall before less recall since.
    value: f64,
    interval: (f64, f64),
    /// Adjusted over the classes.
    q_value: f64,
}

/// The falls of the classes' recall, for those with rows in both periods; above 0 is worse.
fn falls(then: &[ClassNumbers], now: &[ClassNumbers]) -> Vec<Fall> {
    let hits = |numbers: &ClassNumbers| {
        (numbers.counts.recall.unwrap_or(0.0) * numbers.counts.rows as f64).round() as u64
    };
    let mut found: Vec<(Fall, f64)> = then
        .iter()
        .zip(now)
        .enumerate()
        .filter_map(|(class, (then, now))| {
            let test = two_proportions(hits(now), now.counts.rows, hits(then), then.counts.rows).ok()?;
            let fall = Fall { class, value: test.difference, interval: test.interval, q_value: f64::NAN };
            Some((fall, test.p))
        })
        .collect();
    let adjusted = benjamini_hochberg(&found.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    for ((fall, _), q) in found.iter_mut().zip(adjusted) {
        fall.q_value = q;
    }
    found.into_iter().map(|(fall, _)| fall).collect()
}

fn said(classes: &[String], then: &[ClassNumbers], now: &[ClassNumbers], falls: &[Fall]) -> String {
    let worst = falls
        .iter()
        .filter(|fall| fall.value > 0.0 && fall.q_value <= SIGNIFICANT)
        .max_by(|a, b| a.value.total_cmp(&b.value));
    let Some(worst) = worst else {
        return "No class is found significantly less often than before.".to_owned();
    };
    let recall = |of: &[ClassNumbers]| of[worst.class].counts.recall.map_or_else(String::new, number::share);
    let others = falls.iter().filter(|f| f.value > 0.0 && f.q_value <= SIGNIFICANT).count() - 1;
    let beside = match others {
        0 => String::new(),
        1 => "; one more class falls, too".to_owned(),
        _ => format!("; {others} more classes fall, too"),
    };
    format!(
        "Class {} got worse most: the model found {} of its rows and finds {} now ({} to {} points less){beside}.",
        classes[worst.class],
        recall(then),
        recall(now),
        number::tenths(100.0 * worst.interval.0),
        number::tenths(100.0 * worst.interval.1),
    )
}

fn by_class(
    classes: &[String],
    then: &[ClassNumbers],
    now: &[ClassNumbers],
    falls: &[Fall],
    periods: &TwoPeriods<'_>,
) -> StudyTable {
    let title = format!("By class: {}, then {}", periods.then_name, periods.now_name);
    let mut table = StudyTable::new(
        "classes",
        title,
        &[
            ("class", "class", Format::Text),
            ("rows_baseline", "rows then", Format::Count),
            ("rows", "rows", Format::Count),
            ("predicted", "said", Format::Count),
            ("precision_baseline", "precision then", Format::Metric),
            ("precision", "precision", Format::Metric),
            ("recall_baseline", "recall then", Format::Metric),
            ("recall", "recall", Format::Metric),
            ("recall_fall", "recall lost", Format::Signed),
            ("recall_q", "q", Format::PValue),
            ("f1_baseline", "F1 then", Format::Metric),
            ("f1", "F1", Format::Metric),
            ("specificity_baseline", "specificity then", Format::Metric),
            ("specificity", "specificity", Format::Metric),
            ("roc_auc_baseline", "AUC then", Format::Metric),
            ("roc_auc", "AUC", Format::Metric),
        ],
    );
    for (class, name) in classes.iter().enumerate() {
        let (was, is) = (then.get(class), now.get(class));
        let fall = falls.iter().find(|fall| fall.class == class);
        let of = |numbers: Option<&ClassNumbers>, pick: fn(&ClassNumbers) -> Option<f64>| {
            Cell::from(numbers.and_then(pick))
        };
        let rows = |numbers: Option<&ClassNumbers>| Cell::from(numbers.map(|n| n.counts.rows as f64));
        table.push(vec![
            name.as_str().into(),
            rows(was),
            rows(is),
            of(is, |n| Some(n.counts.predicted as f64)),
            of(was, |n| n.counts.precision),
            of(is, |n| n.counts.precision),
            of(was, |n| n.counts.recall),
            of(is, |n| n.counts.recall),
            fall.map_or(Cell::Missing, |fall| Cell::Interval(fall.value, fall.interval)),
            fall.map(|fall| fall.q_value).into(),
            of(was, |n| n.counts.f1),
            of(is, |n| n.counts.f1),
            of(was, |n| n.counts.specificity),
            of(is, |n| n.counts.specificity),
            of(was, |n| n.roc_auc),
            of(is, |n| n.roc_auc),
        ]);
    }
    table
}

/// Truth in rows, answers in columns, as counts.
fn matrix(id: &'static str, name: &str, period: &Period<'_>, classes: &[String]) -> Option<StudyTable> {
    if classes.len() > MATRIX_CLASSES {
        return None;
    }
    let confusion: Confusion = numbers::confusion(&period.answers, &period.judged())?;
    if confusion.rows() == 0 {
        return None;
    }
    let title = format!("Confusion, {name}: truth down, answer across");
    let mut table = StudyTable::new(id, title, &[("truth", "truth", Format::Text)]);
    let answered = |class: &String| Column::new(format!("said {class}"), class.as_str(), Format::Count);
    table.columns.extend(classes.iter().map(answered));
    for (truth, name) in classes.iter().enumerate() {
        let counts = (0..classes.len()).map(|answer| Cell::from(confusion.cell(truth, answer)));
        table.push(std::iter::once(name.as_str().into()).chain(counts).collect());
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::scoring::Answers;

    #[test]
    fn the_class_that_lost_its_recall_is_named() {
        // 200 rows of either class; all are found before, half of class 1 since.
        let label: Vec<f64> = (0..400).map(|row| f64::from(u8::from(row >= 200))).collect();
        let since: Vec<f64> = (0..400).map(|row| f64::from(u8::from(row >= 300))).collect();
        let rows: Vec<usize> = (0..400).collect();
        let of = |prediction: &[f64]| {
            let answers = Answers {
                task: Task::Binary,
                classes: 2,
                label: &label,
                prediction,
                score: &[],
                class_scores: &[],
            };
            numbers::by_class(&answers, &rows)
        };
        let (then, now) = (of(&label), of(&since));
        let falls = falls(&then, &now);
        // statsmodels: confint_proportions_2indep(200, 200, 100, 200, method="newcomb") = (0.4284, 0.5687)
        assert!((falls[1].value - 0.5).abs() < 1e-12, "{falls:?}");
        assert!(
            (falls[1].interval.0 - 0.428).abs() < 2e-3 && (falls[1].interval.1 - 0.569).abs() < 2e-3,
            "{falls:?}"
        );
        assert!(falls[1].q_value < 1e-9 && falls[0].value == 0.0);
        let message = said(&["0".to_owned(), "1".to_owned()], &then, &now, &falls);
        assert!(message.contains("Class 1 got worse") && message.contains("50.0 %"), "{message}");
    }
}
