//! Labels and answers in files of their own, logs in folders, JSON lines.

use super::{Table, Taken, instant, take};

/// Training, production without its labels, and these in a file of their own.
fn with_labels(labels: &Table, id: impl Fn(usize) -> String) -> Taken {
    let production = Table::production().set("id", |row, _| id(row)).drop("label");
    let files = [
        ("training.csv", Table::training().csv()),
        ("production.csv", production.csv()),
        ("labels.csv", labels.csv()),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_bytes()));
    take(&files).expect("they can be read")
}

/// The labels of production, by id.
fn labels(id: impl Fn(usize) -> String) -> Table {
    Table::production().set("id", |row, _| id(row)).only(&["id", "label"])
}

#[test]
fn labels_are_joined_by_an_id_of_any_type() {
    for id in [
        (|row| format!("r{row}")) as fn(usize) -> String,
        |row| (100 + row).to_string(),
        |row| format!("{:08x}", row * 77),
    ] {
        let taken = with_labels(&labels(id), id);
        taken.role("id", "id").role("label", "label");
        assert!(taken.judged() == super::ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn ids_of_which_none_fits_are_said_with_an_example() {
    let taken = with_labels(&labels(|row| row.to_string()), |row| format!("r{row}"));
    assert_eq!(taken.judged(), 0);
    taken.says("nothing is joined").says("such as \"0\"").says("such as \"r0\"");
}

#[test]
fn of_several_labels_of_a_row_the_last_one_counts() {
    let mut table = labels(|row| format!("r{row}"));
    let corrected: Vec<Vec<String>> = table.rows[..50]
        .iter()
        .map(|row| {
            row.iter()
                .map(|value| {
                    if value == "1" {
                        "0"
                    } else if value == "0" {
                        "1"
                    } else {
                        value
                    }
                    .to_owned()
                })
                .collect()
        })
        .collect();
    table.rows.extend(corrected);
    with_labels(&table, |row| format!("r{row}"))
        .says("50 sampled production rows more than once, 50 of them with different labels");
}

#[test]
fn the_time_of_a_label_stands_in_its_file() {
    let table = labels(|row| format!("r{row}")).set("when", |row, _| instant(row + 9));
    with_labels(&table, |row| format!("r{row}")).role("label_time", "when");
}

#[test]
fn json_lines_of_three_libraries() {
    let lines = |table: &Table, quote: bool| -> String {
        let value = |name: &str, value: &str| {
            let bare = value.parse::<f64>().is_ok() && !quote;
            if bare { format!("\"{name}\": {value}") } else { format!("\"{name}\": \"{value}\"") }
        };
        let row = |row: &Vec<String>| {
            let fields: Vec<String> =
                table.names.iter().zip(row).map(|(name, text)| value(name, text)).collect();
            format!("{{{}}}\n", fields.join(", "))
        };
        table.rows.iter().map(row).collect()
    };
    let hole = |table: Table, word: &'static str| {
        table.set("income", move |row, value| if row % 10 == 3 { word.to_owned() } else { value.to_owned() })
    };
    for (word, quote) in [("NaN", false), ("Infinity", false), ("", true)] {
        let text = |table: Table| lines(&hole(table, word), quote);
        let (training, production) = (text(Table::training()), text(Table::production()));
        let files = [("training.jsonl", training.as_bytes()), ("production.jsonl", production.as_bytes())];
        let taken = take(&files).expect("they can be read");
        taken.role("timestamp", "ts").role("score", "score");
        let gone = taken.numbers("income").iter().filter(|x| x.is_nan()).count();
        assert_eq!(gone, super::ROWS / 10, "{word}");
    }
}

#[test]
fn one_json_array_of_objects() {
    let array = |table: &Table, between: &str, end: &str| -> String {
        let row = |row: &Vec<String>| {
            let value = |text: &String| {
                if text.parse::<f64>().is_ok() { text.clone() } else { format!("\"{text}\"") }
            };
            let fields: Vec<String> = table
                .names
                .iter()
                .zip(row)
                .map(|(name, text)| format!("\"{name}\":{between}{}", value(text)))
                .collect();
            format!("{{{}}}", fields.join(&format!(",{between}")))
        };
        format!(
            "[{between}{}{between}]{end}",
            table.rows.iter().map(row).collect::<Vec<_>>().join(&format!(",{between}"))
        )
    };
    for (between, end) in [("", ""), (" ", "\n"), ("\n    ", "\n")] {
        let (training, production) =
            (array(&Table::training(), between, end), array(&Table::production(), between, end));
        let files = [("training.json", training.as_bytes()), ("production.json", production.as_bytes())];
        let taken = take(&files).expect("they can be read");
        taken.role("timestamp", "ts").role("score", "score").says("one JSON array");
        taken.holds("income", &Table::production());
    }
}
