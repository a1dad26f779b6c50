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

/// A row of a table as JSON, by a column's name.
fn json(table: &Table, row: usize, name: &str) -> String {
    let at = table.names.iter().position(|known| known == name).expect("a column");
    let text = &table.rows[row][at];
    if text.parse::<f64>().is_ok() { text.clone() } else { format!("\"{text}\"") }
}

/// Writes a row of a table as a line, its time first.
type Line<'a> = dyn Fn(&Table, usize, &str) -> String + 'a;

#[test]
fn objects_within_the_rows_are_columns_by_their_path() {
    // The log of a service, the instances of a batch prediction, an envelope three levels deep.
    let service = |t: &Table, r: usize, ts: &str| {
        format!(
            "{{\"level\":30,{ts}\"input\":{{\"income\":{},\"dti\":{},\"region\":{}}},\"output\":{{\"score\":{},\"prediction\":{}}},\"label\":{}}}\n",
            json(t, r, "income"),
            json(t, r, "dti"),
            json(t, r, "region"),
            json(t, r, "score"),
            json(t, r, "prediction"),
            json(t, r, "label")
        )
    };
    let batch = |t: &Table, r: usize, ts: &str| {
        format!(
            "{{{ts}\"instance\":{{\"income\":{},\"dti\":{}}},\"prediction\":{{\"score\":{},\"class\":{}}},\"label\":{}}}\n",
            json(t, r, "income"),
            json(t, r, "dti"),
            json(t, r, "score"),
            json(t, r, "prediction"),
            json(t, r, "label")
        )
    };
    let envelope = |t: &Table, r: usize, ts: &str| {
        format!(
            "{{{ts}\"event\":{{\"body\":{{\"income\":{},\"dti\":{}}},\"answer\":{{\"score\":{}}}}},\"label\":{}}}\n",
            json(t, r, "income"),
            json(t, r, "dti"),
            json(t, r, "score"),
            json(t, r, "label")
        )
    };
    let forms: [(&Line<'_>, &str, &str); 3] = [
        (&service, "input.income", "output.score"),
        (&batch, "instance.income", "prediction.score"),
        (&envelope, "event.body.income", "event.answer.score"),
    ];
    for (write, income, score) in forms {
        let (training, production) = (Table::training(), Table::production());
        let text = |t: &Table, clock: bool| -> String {
            let ts = |row| if clock { format!("\"ts\":\"{}\",", instant(row)) } else { String::new() };
            (0..t.rows.len()).map(|row| write(t, row, &ts(row))).collect()
        };
        let (training, written) = (text(&training, false), text(&production, true));
        let files = [("training.jsonl", training.as_bytes()), ("production.jsonl", written.as_bytes())];
        let taken = take(&files).expect("they can be read");
        taken.role("timestamp", "ts").role("score", score).role("label", "label");
        taken.holds(income, &production.rename("income", income));
        assert!(taken.judged() == super::ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn a_whole_table_in_one_object_is_refused_with_what_to_write() {
    for text in [
        "{\"columns\":[\"a\",\"b\"],\"data\":[[1,2],[3,4]]}",
        "{\"data\":[{\"a\":1},{\"a\":2}]}",
        "{\"a\":{\"0\":1,\"1\":2},\"b\":{\"0\":1,\"1\":2}}",
    ] {
        let files = [("training.json", text.as_bytes()), ("production.json", text.as_bytes())];
        let error = take(&files).err().expect("no rows");
        assert!(error.contains("holds the whole table"), "{error}");
    }
}

#[test]
fn instants_in_quotes_are_counted_from_1970() {
    for (unit, name) in [(1, "ts"), (1000, "event_time"), (1_000_000, "created_at")] {
        let table = Table::production().set("ts", |row, _| (super::epoch(row) * unit).to_string());
        let line = |t: &Table, row: usize, clock: bool| {
            let ts = if clock { format!("\"{name}\":\"{}\",", t.rows[row][7]) } else { String::new() };
            format!(
                "{{{ts}\"income\":{},\"score\":{},\"prediction\":{},\"label\":{}}}\n",
                json(t, row, "income"),
                json(t, row, "score"),
                json(t, row, "prediction"),
                json(t, row, "label")
            )
        };
        let text =
            |t: &Table, clock: bool| -> String { (0..t.rows.len()).map(|row| line(t, row, clock)).collect() };
        let (training, production) = (text(&Table::training(), false), text(&table, true));
        let files = [("training.jsonl", training.as_bytes()), ("production.jsonl", production.as_bytes())];
        let taken = take(&files).expect("they can be read");
        taken.role("timestamp", name).says("numbers in quotes are read as numbers");
        assert_eq!(taken.dossier.production.sample.time[5], super::epoch(5) as i64 * 1_000_000);
    }
}

#[test]
fn a_column_that_names_the_period_is_no_feature() {
    for (column, before, since) in [
        ("period", "reference", "analysis"),
        ("dataset", "train", "production"),
        ("part", "Training", "Serving"),
    ] {
        let training = Table::training().set(column, |_, _| before.to_owned());
        let production = Table::production().set(column, |_, _| since.to_owned());
        super::taken(training.csv(), production.csv()).ignores(column).role("score", "score");
    }
}

#[test]
fn ids_that_a_tool_wrote_as_floats_or_without_zeros_are_joined() {
    for (own, of_labels) in [
        ((|row| row.to_string()) as fn(usize) -> String, (|row| format!("{row}.0")) as fn(usize) -> String),
        (|row| format!("{row:08}"), |row| row.to_string()),
        (
            |row| format!("0f8fad5b-d9cb-469f-a165-{row:012x}"),
            |row| format!("{{0F8FAD5B-D9CB-469F-A165-{row:012X}}}"),
        ),
    ] {
        let taken = with_labels(&labels(of_labels), own);
        assert!(taken.judged() == super::ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn objects_over_several_lines_are_rows() {
    let spread = |table: &Table| -> String {
        let object = |row: &Vec<String>| {
            let fields = table.names.iter().zip(row).map(|(name, text)| {
                let text = if text.parse::<f64>().is_ok() { text.clone() } else { format!("{text:?}") };
                format!("  {name:?}: {text}")
            });
            format!("{{\n{}\n}}\n", fields.collect::<Vec<_>>().join(",\n"))
        };
        table.rows.iter().map(object).collect()
    };
    let (training, production) = (spread(&Table::training()), spread(&Table::production()));
    let files = [("training.json", training.as_bytes()), ("production.json", production.as_bytes())];
    let taken = take(&files).expect("they can be read");
    taken.holds("income", &Table::production()).says("over several lines");
}
