//! Labels that select, that are yet to come, and that are written as a class until then.

use super::{ROWS, Table, Taken, instant, taken, unit};

/// Production with other labels, by row, score and label.
fn labelled(label: impl Fn(usize, f64, &str) -> String) -> Taken {
    let table = Table::production();
    let at = table.names.iter().position(|name| name == "score").expect("a score");
    let scores: Vec<f64> = table.rows.iter().map(|row| row[at].parse().expect("a number")).collect();
    taken(Table::training().csv(), table.set("label", |row, value| label(row, scores[row], value)).csv())
}

/// The age of a row at the end of the log, from 1 to 0.
fn age(row: usize) -> f64 {
    1.0 - row as f64 / ROWS as f64
}

#[test]
fn sound_and_late_labels_are_not_doubted() {
    labelled(|_, _, label| label.to_owned());
    for late in [0.9, 0.7] {
        let taken = labelled(
            |row, _, label| if row as f64 > late * ROWS as f64 { String::new() } else { label.to_owned() },
        );
        assert!(taken.dossier.label_doubts.is_empty(), "{}", taken.told());
    }
    let fair = labelled(|row, _, label| if unit(row, 40) < 0.5 { String::new() } else { label.to_owned() });
    assert!(fair.dossier.label_doubts.is_empty(), "{}", fair.told());
}

#[test]
fn open_cases_written_as_a_class_are_not_judged() {
    let open = |tau: f64| move |row: usize| unit(row, 41) < 1.0 - (-age(row) / tau).exp();
    for tau in [0.15, 0.25] {
        let known = open(tau);
        let taken = labelled(|row, _, label| if known(row) { label.to_owned() } else { "0".to_owned() });
        taken.says("may not have matured");
        assert!(taken.judged() < ROWS * 4 / 5, "{}", taken.judged());
    }
    let fixed = labelled(|row, _, label| if age(row) > 0.25 { label.to_owned() } else { "0".to_owned() });
    fixed.says("may not have matured");
    let ones = open(0.2);
    labelled(|row, _, label| if ones(row) { label.to_owned() } else { "1".to_owned() })
        .says("may not have matured");
}

#[test]
fn labels_by_the_answer_are_told_and_the_rows_compared_alike() {
    let since = |row: usize| row > 700;
    labelled(|row, score, label| if since(row) && score < 0.5 { String::new() } else { label.to_owned() })
        .says("depends on the answer");
    labelled(|_, score, label| if score < 0.5 { String::new() } else { label.to_owned() })
        .says("In the whole log");
    let thin = labelled(|row, score, label| {
        if since(row) && score < 0.5 && unit(row, 42) < 0.8 { String::new() } else { label.to_owned() }
    });
    thin.says("the same selection");
    let sample = &thin.dossier.production.sample;
    let of = |late: bool, answer: f64| {
        let rows = (0..ROWS).filter(|&row| since(row) == late && sample.prediction[row] == answer);
        let known = rows.clone().filter(|&row| !sample.label[row].is_nan()).count();
        known as f64 / rows.count() as f64
    };
    assert!((of(false, 0.0) - of(true, 0.0)).abs() < 0.12, "{} {}", of(false, 0.0), of(true, 0.0));
    assert!(of(false, 1.0) > 0.9 && of(true, 1.0) > 0.9);
}

#[test]
fn labels_by_the_score_are_told() {
    labelled(|row, score, label| if unit(row, 43) > score { String::new() } else { label.to_owned() })
        .says("depends on");
    labelled(
        |row, score, label| {
            if row > 700 && score < 0.8 && unit(row, 44) < 0.9 { String::new() } else { label.to_owned() }
        },
    )
    .says("depends on");
}

#[test]
fn the_time_at_which_a_label_came_is_a_role() {
    let delay = |row: usize, slow: bool| (if slow { 300 } else { 20 }) + (40.0 * unit(row, 45)) as usize;
    let with = |name: &str, slow: &dyn Fn(&str) -> bool| {
        let table = Table::production();
        let at = table.names.iter().position(|label| label == "label").expect("a label");
        let came: Vec<usize> = (0..ROWS).map(|row| row + delay(row, slow(&table.rows[row][at]))).collect();
        let table = table
            .set("label", |row, value| if came[row] < ROWS { value.to_owned() } else { String::new() })
            .set(name, |row, _| if came[row] < ROWS { instant(came[row]) } else { String::new() });
        taken(Table::training().csv(), table.csv())
    };
    for name in ["label_time", "resolved_at", "outcome_date", "d2"] {
        let taken = with(name, &|label| label == "0");
        taken.role("timestamp", "ts").role("label_time", name).says("at equal age");
        assert!((700..ROWS - 300).contains(&taken.judged()), "{}", taken.judged());
    }
    let alike = with("label_time", &|_| true);
    assert!(!alike.told().contains("equal age"), "{}", alike.told());
}

/// A regression whose labels are what the amount is worth after a while.
fn amounts(grown: impl Fn(usize) -> f64) -> Taken {
    let amount = |table: Table| {
        let table = table.derive("amount_predicted", "income", |_, x| format!("{:.2}", x / 50.0 + 20.0));
        table.only(&["income", "dti", "age", "region", "amount_predicted", "ts"])
    };
    let truth = |x: f64, row: usize| x * (0.7 + 0.6 * unit(row, 61));
    let known = |table: Table, grown: &dyn Fn(usize) -> f64| {
        let label = |row: usize, x: f64| format!("{:.2}", truth(x, row) * grown(row));
        table.derive("amount", "amount_predicted", label)
    };
    let training = known(amount(Table::training().set("ts", |row, _| instant(row))), &|_| 1.0).drop("ts");
    taken(training.csv(), known(amount(Table::production()), &grown).csv())
}

#[test]
fn amounts_that_grow_are_not_judged_while_they_do() {
    for tau in [0.15, 0.25, 0.35] {
        let taken = amounts(|row| 1.0 - (-age(row) / tau).exp());
        taken.role("label", "amount").says("may not have matured");
        assert!(taken.judged() < ROWS * 4 / 5, "{}", taken.judged());
    }
    for sound in [(|_| 1.0) as fn(usize) -> f64, |row| if row > 700 { 0.6 } else { 1.0 }] {
        let taken = amounts(sound);
        assert!(taken.dossier.label_doubts.is_empty(), "{}", taken.told());
    }
}
