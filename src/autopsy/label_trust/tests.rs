use std::sync::Arc;

use super::{
    ripeness::{Bin, ripening_age},
    *,
};
use crate::{
    autopsy::exam::synthetic::{self, Rows},
    summary::values::NO_TIME,
};

fn bins(ratio: impl Fn(f64) -> f64) -> Vec<Bin> {
    (0..40)
        .map(|i| 29.5 - f64::from(i) * 29.5 / 40.0)
        .map(|age| Bin { age, ratio: ratio(age), expected: 40.0 })
        .collect()
}

#[test]
fn labels_that_ripen_are_told_from_a_step_and_from_nothing() {
    let noise = |age: f64| 1.0 + 0.1 * (age * 7.3).sin();
    let ripe = ripening_age(&bins(|age| noise(age) * (1.0 - (-age / 6.0).exp())), 30.0);
    assert!(ripe.is_some_and(|(age, _)| (15.0..22.6).contains(&age)), "{ripe:?}");
    assert_eq!(ripening_age(&bins(noise), 30.0), None);
    // The world changed half way: fewer positives, but not ever fewer.
    assert_eq!(ripening_age(&bins(|age| noise(age) * if age < 12.0 { 0.4 } else { 1.0 }), 30.0), None);
    // Nothing at all in the last week: a fixed delay.
    let fixed = ripening_age(&bins(|age| noise(age) * if age < 7.0 { 0.0 } else { 1.0 }), 30.0);
    assert!(fixed.is_some_and(|(age, _)| (6.0..8.0).contains(&age)), "{fixed:?}");
    // The world changed, and behind the change the newest labels have not come.
    let both = |age: f64| noise(age) * if age < 12.0 { 1.6 } else { 1.0 } * (1.0 - (-age / 2.0).exp());
    let both = ripening_age(&bins(both), 30.0);
    assert!(both.is_some_and(|(age, _)| (4.0..9.0).contains(&age)), "{both:?}");
    // A slow decline that does not reach nothing.
    assert_eq!(ripening_age(&bins(|age| noise(age) * (0.6 + 0.4 * age / 30.0)), 30.0), None);
}

/// A sound case whose production labels `label` may change: row, rows, score, label.
fn synthetic(label: impl Fn(usize, usize, f64, f64) -> f64) -> Dossier {
    let mut production = Rows::healthy(4000, 3);
    let (count, score) = (production.count, production.score.clone());
    for (row, value) in production.label.iter_mut().enumerate() {
        *value = label(row, count, score[row], *value);
    }
    settle_labels(synthetic::dossier(&Rows::healthy(2000, 4), &production))
}

#[test]
fn sound_labels_are_left_alone() {
    let dossier = synthetic(|_, _, _, truth| truth);
    assert!(dossier.label_doubts.is_empty(), "{:?}", dossier.label_doubts);
    // Labels that are missing at the end for all alike are late, not picked.
    let late = synthetic(|row, count, _, truth| if row * 10 > count * 9 { f64::NAN } else { truth });
    assert!(late.label_doubts.is_empty(), "{:?}", late.label_doubts);
}

#[test]
fn open_cases_written_as_negative_are_not_judged() {
    let dossier = synthetic(|row, count, _, truth| {
        let age = (count - row) as f64 / count as f64 * 30.0;
        let come = (row as f64 * 0.618).fract() < 1.0 - (-age / 5.0_f64).exp();
        if come { truth } else { 0.0 }
    });
    let [doubt] = &dossier.label_doubts[..] else { panic!("{:?}", dossier.label_doubts) };
    assert_eq!(doubt.id.to_string(), "labels.ripeness");
    let sample = &dossier.production.sample;
    let judged = sample.label.iter().filter(|label| !label.is_nan()).count();
    assert!((500..2800).contains(&judged), "{judged}");
    let counted: u64 = dossier.production.windows.iter().map(|w| w.answers.labelled).sum();
    assert_eq!(counted, judged as u64);
}

#[test]
fn labels_for_one_answer_only_are_told_and_that_answer_is_compared() {
    let dossier =
        synthetic(|row, count, score, truth| if row * 2 > count && score < 0.5 { f64::NAN } else { truth });
    let [doubt] = &dossier.label_doubts[..] else { panic!("{:?}", dossier.label_doubts) };
    assert_eq!(doubt.id.to_string(), "labels.selection");
    assert!(
        doubt.message.contains("Since") && doubt.message.contains("answered 0 are not judged"),
        "{}",
        doubt.message
    );
    for table in [&dossier.training.sample, &dossier.production.sample] {
        let judged = (0..table.rows).filter(|&row| !table.label[row].is_nan());
        assert!(judged.clone().count() > 100 && judged.into_iter().all(|row| table.prediction[row] == 1.0));
    }
}

#[test]
fn a_score_of_the_other_class_is_told() {
    let mut production = Rows::healthy(4000, 3);
    let dossier = |rows: &Rows| {
        let mut dossier = synthetic::dossier(&Rows::healthy(2000, 4), rows);
        let turned: Vec<f64> = rows.score.iter().map(|score| 1.0 - score).collect();
        dossier.production.sample.score = turned;
        settle_labels(dossier)
    };
    let turned = dossier(&production);
    assert!(
        turned.label_doubts.iter().any(|doubt| doubt.id == "labels.score_side"),
        "{:?}",
        turned.label_doubts
    );
    assert!(turned.production.sample.label.iter().all(|label| !label.is_nan()));
    let late = {
        let mut dossier = synthetic::dossier(&Rows::healthy(2000, 4), &production);
        let half = dossier.production.sample.rows / 2;
        dossier.production.sample.score[half..].iter_mut().for_each(|score| *score = 1.0 - *score);
        settle_labels(dossier)
    };
    assert!(
        late.label_doubts.iter().any(|doubt| doubt.message.contains("answers since")),
        "{:?}",
        late.label_doubts
    );
    production.label.iter_mut().for_each(|label| *label = f64::NAN);
    assert!(
        dossier(&production).label_doubts.iter().any(|doubt| doubt.id == "labels.score_side"),
        "without labels, too"
    );
}

#[test]
fn labels_in_other_words_are_no_measure() {
    let mut dossier = synthetic::dossier(&Rows::healthy(2000, 4), &Rows::healthy(4000, 3));
    // Production labels of two classes that nobody answers.
    let plan = Arc::make_mut(&mut dossier.plan);
    plan.classes.extend(["good".to_owned(), "bad".to_owned()]);
    let plan = Arc::clone(&dossier.plan);
    for label in &mut dossier.production.sample.label {
        *label += 2.0;
    }
    dossier.production.recount_labels(&plan);
    let settled = settle_labels(dossier);
    let [doubt] = &settled.label_doubts[..] else { panic!("{:?}", settled.label_doubts) };
    assert_eq!((doubt.id.to_string().as_str(), &doubt.verdict), ("labels.vocabulary", &Verdict::Alarm));
    assert!(
        doubt.message.contains("\"good\", \"bad\"") && doubt.message.contains("[model] classes"),
        "{}",
        doubt.message
    );
    assert!(settled.production.sample.label.iter().all(|label| label.is_nan()));
    assert!(settled.training.sample.label.iter().all(|label| !label.is_nan()));
}

#[test]
fn a_class_that_is_reported_sooner_is_not_judged_before_its_age() {
    let dossier = synthetic(|row, count, _, truth| {
        let age = (count - row) as f64 / count as f64 * 30.0;
        // Positive labels come within a day or two, the others after ten.
        if age > 10.0 || (truth == 1.0 && age > 1.0) { truth } else { f64::NAN }
    });
    let [doubt] = &dossier.label_doubts[..] else { panic!("{:?}", dossier.label_doubts) };
    assert!(doubt.message.contains("reported sooner"), "{}", doubt.message);
    let sample = &dossier.production.sample;
    let judged = sample.label.iter().filter(|label| !label.is_nan()).count();
    assert!((2400..2800).contains(&judged), "{judged}");
    // Late for both alike: nothing is taken away.
    let alike = synthetic(|row, count, _, truth| if row * 3 > count * 2 { f64::NAN } else { truth });
    assert!(alike.label_doubts.is_empty(), "{:?}", alike.label_doubts);
    // A fair half of the young rows is nothing to doubt.
    let half =
        synthetic(|row, count, _, truth| if row * 3 > count * 2 && row % 2 == 0 { f64::NAN } else { truth });
    assert!(half.label_doubts.is_empty(), "{:?}", half.label_doubts);
}

#[test]
fn labels_by_the_score_are_said() {
    let dossier = synthetic(
        |_, _, score, truth| {
            if (score * 7919.0).fract() < (score * 1.6).min(1.0) { truth } else { f64::NAN }
        },
    );
    let doubt = dossier.label_doubts.iter().find(|doubt| doubt.message.contains("depends on"));
    assert!(doubt.is_some(), "{:?}", dossier.label_doubts);
}

#[test]
fn the_periods_are_made_the_same_selection() {
    // Since the half, one in ten of the rows answered 0 has a label; before, all have.
    let dossier = synthetic(
        |row, count, score, truth| {
            if row * 2 > count && score < 0.5 && row % 10 > 0 { f64::NAN } else { truth }
        },
    );
    let doubt = dossier.label_doubts.iter().find(|doubt| doubt.message.contains("depends on"));
    assert!(doubt.is_some_and(|doubt| doubt.message.contains("ince")), "{:?}", dossier.label_doubts);
    let sample = &dossier.production.sample;
    let judged = |late: bool, high: bool| {
        let rows = (0..sample.rows)
            .filter(|&row| (row * 2 > sample.rows) == late && (sample.score[row] >= 0.5) == high);
        let labelled = rows.clone().filter(|&row| !sample.label[row].is_nan()).count();
        labelled as f64 / rows.count() as f64
    };
    let (before, since) =
        (judged(false, false) / judged(false, true), judged(true, false) / judged(true, true));
    assert!((before / since - 1.0).abs() < 0.6 && before < 0.4, "{before} {since}");
}

#[test]
fn labels_are_compared_at_equal_age_where_their_time_is_known() {
    let timed = |slow: i64| {
        let mut dossier = synthetic::dossier(&Rows::healthy(2000, 4), &Rows::healthy(4000, 3));
        let sample = &mut dossier.production.sample;
        let (first, last) = (sample.time[0], sample.time[sample.rows - 1]);
        let part = (last - first) / 40;
        sample.label_time = vec![NO_TIME; sample.rows];
        for row in 0..sample.rows {
            let came = sample.time[row] + part * if sample.label[row] == 1.0 { 1 } else { slow };
            if came <= last {
                sample.label_time[row] = came;
            } else {
                sample.label[row] = f64::NAN;
            }
        }
        settle_labels(dossier)
    };
    let dossier = timed(12);
    let [doubt] = &dossier.label_doubts[..] else { panic!("{:?}", dossier.label_doubts) };
    assert!(doubt.message.contains("at equal age"), "{}", doubt.message);
    let sample = &dossier.production.sample;
    let judged: Vec<usize> = (0..sample.rows).filter(|&row| !sample.label[row].is_nan()).collect();
    let youngest = judged.last().copied().unwrap_or_default() as f64 / sample.rows as f64;
    assert!((0.68..0.72).contains(&youngest), "{youngest}");
    assert!(timed(1).label_doubts.is_empty(), "all labels come alike");
}

#[test]
fn other_words_since_a_day_are_not_judged() {
    let mut dossier = synthetic::dossier(&Rows::healthy(2000, 4), &Rows::healthy(4000, 3));
    let plan = Arc::make_mut(&mut dossier.plan);
    plan.classes.extend(["good".to_owned(), "bad".to_owned()]);
    let plan = Arc::clone(&dossier.plan);
    let late = dossier.production.sample.rows / 2;
    for label in &mut dossier.production.sample.label[late..] {
        *label += 2.0;
    }
    dossier.production.recount_labels(&plan);
    let settled = settle_labels(dossier);
    let [doubt] = &settled.label_doubts[..] else { panic!("{:?}", settled.label_doubts) };
    assert!(doubt.message.contains("all since") && doubt.message.contains("50"), "{}", doubt.message);
    let label = &settled.production.sample.label;
    assert!(
        label[..late].iter().all(|label| !label.is_nan()) && label[late..].iter().all(|label| label.is_nan())
    );
}
