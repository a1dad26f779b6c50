//! Columns that a file calls otherwise than training, logs that have none of its columns, files of other programs.

use super::{Table, Taken, refused, take, taken};

/// The rows as JSON lines, each made from the names and texts of a row; numbers stay numbers.
fn lines(table: &Table, row: impl Fn(&dyn Fn(&str) -> String) -> String) -> String {
    let one = |values: &Vec<String>| {
        let value = |name: &str| {
            let text = &values[table.names.iter().position(|known| known == name).expect("a column")];
            if text.parse::<f64>().is_ok() { text.clone() } else { format!("{text:?}") }
        };
        row(&value) + "\n"
    };
    table.rows.iter().map(one).collect()
}

/// Training as CSV, and production as JSON lines.
fn beside(production: &str) -> Taken {
    let training = Table::training().csv();
    let files = [("training.csv", training.as_bytes()), ("production.jsonl", production.as_bytes())];
    take(&files).expect("they can be read")
}

#[test]
fn capitals_blanks_and_punctuation_make_no_other_column() {
    for write in [
        (|name: &str| name.to_uppercase()) as fn(&str) -> String,
        |name| format!(" {name} "),
        |name| name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect(),
    ] {
        let training = Table::training().rename("income", "net_income");
        let mut production = Table::production().rename("income", "net_income");
        production.names.iter_mut().for_each(|name| *name = write(name));
        let taken = taken(training.csv(), production.text(';'));
        taken.role("prediction", "prediction").role("score", "score").role("label", "label");
        taken.holds("net_income", &Table::production().rename("income", "net_income"));
        assert!(taken.judged() == super::ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
    let mut production = Table::production();
    production.names.iter_mut().for_each(|name| *name = name.to_uppercase());
    taken(Table::training().csv(), production.csv()).says("\"INCOME\" as income").says("[read] names");
}

#[test]
fn a_log_with_objects_beside_flat_training() {
    let production = lines(&Table::production(), |value| {
        format!(
            r#"{{"ts":{},"features":{{"income":{},"dti":{},"age":{},"region":{}}},"output":[{{"score":{},"prediction":{}}}],"label":{}}}"#,
            value("ts"),
            value("income"),
            value("dti"),
            value("age"),
            value("region"),
            value("score"),
            value("prediction"),
            value("label")
        )
    });
    let taken = beside(&production);
    taken.role("score", "score").role("prediction", "prediction").holds("income", &Table::production());
    taken.says("\"features.income\" as income");
}

#[test]
fn a_suffix_of_a_join_is_asked_about() {
    let production =
        Table::production().rename("income", "income_x").set("income_y", |row, _| row.to_string());
    let taken = taken(Table::training().csv(), production.csv());
    taken.holds("income", &Table::production()).says("a join seems to have added the suffix");
}

#[test]
fn a_name_that_fits_two_columns_is_not_matched() {
    let production = Table::production().rename("income", "INCOME").set("Income", |row, _| row.to_string());
    let taken = taken(Table::training().csv(), production.csv());
    assert!(taken.guess.names.is_empty(), "{:?}", taken.guess.names);
}

#[test]
fn a_log_with_none_of_the_features_is_refused() {
    let production =
        Table::production().only(&["ts", "score", "prediction", "label"]).set("x", |row, _| row.to_string());
    let told = refused(Table::training().csv(), production.csv());
    assert!(
        told.contains("has none of the features of") && told.contains("income, dti, age, region"),
        "{told}"
    );
}

#[test]
fn a_key_that_holds_an_object_or_a_number_keeps_both() {
    let number = std::cell::Cell::new(0_usize);
    let production = lines(&Table::production(), |value| {
        let row = number.replace(number.get() + 1);
        let income = if row.is_multiple_of(3) {
            format!(r#"{{"amount":{},"currency":"EUR"}}"#, value("income"))
        } else {
            value("income")
        };
        format!(
            r#"{{"ts":{},"income":{income},"dti":{},"age":{},"region":{},"score":{},"prediction":{},"label":{}}}"#,
            value("ts"),
            value("dti"),
            value("age"),
            value("region"),
            value("score"),
            value("prediction"),
            value("label")
        )
    });
    let taken = beside(&production);
    let plain: Vec<f64> =
        Table::production().rows.iter().map(|row| row[0].parse().expect("a number")).collect();
    for (row, (got, want)) in taken.numbers("income").iter().zip(&plain).enumerate() {
        assert!(if row % 3 == 0 { got.is_nan() } else { got == want }, "{row}: {got} {want}");
    }
    let extra = &taken.dossier.production.sample.extra;
    let (_, column, _) =
        extra.iter().find(|(name, ..)| name == "income.amount").expect("a column of its own");
    let amounts = column.numbers().expect("numbers");
    assert!(amounts.iter().zip(&plain).enumerate().all(|(row, (got, want))| (row % 3 == 0) == (got == want)));
}

#[test]
fn files_of_other_programs_are_named_with_what_to_do() {
    for (bytes, want) in [
        (
            &b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0training.csv"[..],
            "unpack it",
        ),
        (b"SQLite format 3\0\x10\0\x01\x01\0@  \0\0\0\x01", "export the table"),
        (b"ORC\x11\x00\x00\x0a\x06\x12\x04\x08\x90\x4e\x50\x00", "write it as Parquet"),
        (b"Obj\x01\x04\x14avro.codec\x08null", "write it as Parquet or JSON lines"),
        (b"BZh91AY&SY\xff\xff\xff\xff\xff\xff", "bunzip2"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "git lfs pull"),
    ] {
        let told =
            take(&[("training.csv", bytes), ("production.csv", b"a\n1\n")]).err().expect("it is no table");
        assert!(told.contains(want) && told.contains("training.csv"), "{told}");
    }
}
