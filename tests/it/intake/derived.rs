//! Columns that are outputs under names of their own, or computed from answers and labels; inputs that stand within a text.

use super::{ROWS, Table, instant, take, taken};

#[test]
fn the_answer_is_known_by_its_values() {
    let words = |row: &str| if row == "1" { "grant" } else { "deny" }.to_owned();
    let training = Table::training().set("label", |_, value| words(value)).drop("prediction").drop("score");
    let production = Table::production()
        .set("label", |_, value| words(value))
        .set("prediction", |_, value| words(value))
        .rename("prediction", "ruling")
        .drop("score");
    let known = taken(training.csv(), production.csv());
    known.role("prediction", "ruling").says("on the evidence of its values only");
    assert!(known.accuracy() > 0.7);
    let training = Table::training().drop("prediction").drop("score");
    let production = Table::production().drop("prediction").rename("score", "belief");
    taken(training.csv(), production.csv()).role("score", "belief");
    let other = production.set("again", |row, _| format!("{:.4}", super::unit(row, 70)));
    taken(training.csv(), other.csv()).role("score", "belief");
}

#[test]
fn the_probability_of_the_positive_class_is_known_by_its_name() {
    let of = |table: Table| {
        table
            .derive("prob_0", "score", |_, x| format!("{:.5}", 1.0 - x))
            .derive("prob_1", "score", |_, x| format!("{x:.5}"))
            .drop("score")
            .drop("prediction")
            .csv()
    };
    let known = taken(of(Table::training()), of(Table::production()));
    known.role("score", "prob_1").ignores("prob_0");
}

#[test]
fn a_score_that_only_training_has_is_no_input() {
    let known = taken(Table::training().csv(), Table::production().drop("score").csv());
    known.ignores("score");
    // One that does not go with the answers may be an input that went missing.
    let training = Table::training().set("score", |row, _| format!("{:.4}", super::unit(row, 71)));
    let known = taken(training.csv(), Table::production().drop("score").csv());
    assert!(known.guess.features.iter().any(|name| name == "score"), "{}", known.told());
}

#[test]
fn labels_are_joined_by_ids_of_another_name() {
    let log = Table::production().set("request_id", |row, _| format!("r{row:05}"));
    let labels = log.clone().only(&["request_id", "label"]).rename("request_id", "ref").csv();
    let log = log.drop("label").csv();
    let known = take(&[
        ("training.csv", Table::training().csv().as_bytes()),
        ("production.csv", log.as_bytes()),
        ("labels.csv", labels.as_bytes()),
    ])
    .expect("they can be read");
    known.role("id", "request_id").says("they hold the same values");
    assert_eq!(known.judged(), ROWS);
}

#[test]
fn inputs_in_a_request_as_text_are_features() {
    let table = Table::production();
    let object = |row: usize| {
        let cell = |at: usize| {
            let value = &table.rows[row][at];
            let text = if at == 3 { format!("'{value}'") } else { value.clone() };
            format!("'{}': {text}", table.names[at])
        };
        format!("{{{}}}", (0..4).map(cell).collect::<Vec<_>>().join(", "))
    };
    let line = |row: usize| {
        let answer = &table.rows[row];
        format!(
            "{}\t{}\t{{\"prediction\": {}, \"score\": {}}}\t{}\n",
            instant(row),
            object(row),
            answer[5],
            answer[4],
            answer[6]
        )
    };
    let log: String = (0..ROWS).map(line).collect();
    let known = taken(Table::training().csv(), format!("ts\trequest\tresponse\tlabel\n{log}"));
    known.holds("income", &table).holds("dti", &table).role("score", "score").says("objects as text");
    assert!(known.accuracy() > 0.7);
}

#[test]
fn the_number_of_a_batch_is_no_input() {
    let of =
        |table: Table, from: usize| table.set("batch_id", move |row, _| (from + row / 150).to_string()).csv();
    taken(of(Table::training(), 0), of(Table::production(), 8)).ignores("batch_id");
    let same = taken(of(Table::training(), 0), of(Table::production(), 0));
    assert!(same.guess.features.iter().any(|name| name == "batch_id"), "the same batches on both sides");
}
