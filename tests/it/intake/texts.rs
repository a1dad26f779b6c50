//! Numbers, encodings and layouts of text files.

use super::{ROWS, Table, refused, taken, unit};

/// Training and production with a column written otherwise, separated by semicolons.
fn written(name: &str, write: impl Fn(f64) -> String) -> super::Taken {
    let of = |table: Table| table.derive(name, name, |_, x| write(x)).text(';');
    taken(of(Table::training()), of(Table::production()))
}

/// `1234.5` with a separator of thousands and a decimal sign.
fn grouped(x: f64, thousands: char, decimal: char) -> String {
    let plain = format!("{x:.2}");
    let (whole, cents) = plain.split_once('.').expect("cents");
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    format!("{text}{decimal}{cents}")
}

#[test]
fn numbers_as_a_german_spreadsheet_writes_them() {
    written("income", |x| grouped(x, '.', ',')).holds("income", &Table::production()).says("decimal comma");
}

#[test]
fn numbers_as_a_french_spreadsheet_writes_them() {
    written("income", |x| grouped(x, '\u{202f}', ',') + " €").holds("income", &Table::production());
}

#[test]
fn numbers_as_a_swedish_spreadsheet_writes_them() {
    written("income", |x| grouped(x, '\u{a0}', ',') + " kr").holds("income", &Table::production());
}

#[test]
fn numbers_as_a_swiss_spreadsheet_writes_them() {
    written("income", |x| "CHF ".to_owned() + &grouped(x, '’', '.')).holds("income", &Table::production());
}

#[test]
fn numbers_that_a_spreadsheet_keeps_as_texts() {
    written("income", |x| format!("'{x:.2}")).holds("income", &Table::production()).says("quotation signs");
    written("income", |x| format!("'{}", grouped(x, ',', '.'))).holds("income", &Table::production());
    written("dti", |x| format!("'{x:.4}")).holds("dti", &Table::production());
}

#[test]
fn percentages_are_fractions() {
    let taken = written("dti", |x| format!("{:.2} %", x * 100.0));
    taken.holds("dti", &Table::production()).says("percentages are read as fractions");
}

#[test]
fn a_mark_for_a_missing_value_is_missing_and_told() {
    for mark in ["?", "-", ".", "#DIV/0!", "#NV", "n.a."] {
        let of = |table: Table| {
            table
                .set("income", |row, value| if row % 9 == 4 { mark.to_owned() } else { value.to_owned() })
                .csv()
        };
        let taken = taken(of(Table::training()), of(Table::production()));
        taken.says("stand for a missing value").says(&format!("income ({mark:?})"));
        assert_eq!(taken.numbers("income").iter().filter(|x| x.is_nan()).count(), (ROWS + 4) / 9, "{mark}");
    }
}

#[test]
fn words_of_programs_for_nothing_are_missing() {
    for word in ["NA", "NaN", "null", "None", "N/A", "<NA>", ""] {
        let of = |table: Table| {
            table
                .set("income", |row, value| if row % 9 == 4 { word.to_owned() } else { value.to_owned() })
                .csv()
        };
        let taken = taken(of(Table::training()), of(Table::production()));
        assert!(taken.numbers("income").iter().any(|x| x.is_nan()), "{word}");
    }
}

#[test]
fn a_unit_behind_every_number_is_asked_about() {
    written("age", |x| format!("{x} yrs")).says("followed by \"yrs\"");
    written("income", |x| format!("{:.3}k", x / 1000.0)).says("followed by \"k\"");
}

#[test]
fn a_word_among_numbers_is_named_with_its_key() {
    let of = |table: Table| {
        table.set("income", |row, v| if row == 7 { "unknown".to_owned() } else { v.to_owned() }).csv()
    };
    taken(of(Table::training()), of(Table::production()))
        .says("\"unknown\" is not")
        .says("numbers = [\"income\"]");
}

#[test]
fn titles_and_comments_before_the_header_are_skipped() {
    for before in ["# exported by hand\n# all rows\n", "Scoring export\n\n", "Scoring export,,\nMarch\n"] {
        let text = |table: Table| before.to_owned() + &table.csv();
        let taken = taken(text(Table::training()), text(Table::production()));
        taken.holds("income", &Table::production()).says("before the header");
    }
}

#[test]
fn a_separator_at_the_end_of_lines_is_no_column() {
    let in_all = |table: Table| table.csv().replace('\n', ",\n");
    taken(in_all(Table::training()), in_all(Table::production())).holds("income", &Table::production());
    let in_rows = |table: Table| {
        let text = table.csv();
        let (header, rows) = text.split_once('\n').expect("a header");
        format!("{header}\n{}", rows.replace('\n', ",\n"))
    };
    taken(in_rows(Table::training()), in_rows(Table::production())).holds("income", &Table::production());
}

#[test]
fn names_of_rows_without_a_header_are_the_index() {
    let text = |table: Table| {
        let text = table.csv();
        let (header, rows) = text.split_once('\n').expect("a header");
        let rows: Vec<String> =
            rows.lines().enumerate().map(|(at, row)| format!("\"{}\",{row}\n", at + 1)).collect();
        format!("{header}\n{}", rows.concat())
    };
    let taken = taken(text(Table::training()), text(Table::production()));
    taken.holds("income", &Table::production()).ignores("Unnamed: 0");
}

#[test]
fn a_header_that_is_repeated_is_left_out() {
    let text = |table: Table| {
        let text = table.csv();
        let header = text.lines().next().expect("a header").to_owned();
        text.lines()
            .enumerate()
            .map(|(at, line)| if at == 600 { format!("{line}\n{header}\n") } else { format!("{line}\n") })
            .collect::<String>()
    };
    let taken = taken(Table::training().csv(), text(Table::production()));
    taken.holds("income", &Table::production()).says("repeat the header");
}

#[test]
fn a_file_without_a_header_is_refused() {
    let rows = |table: Table| table.csv().split_once('\n').expect("a header").1.to_owned();
    let told = refused(rows(Table::training()), rows(Table::production()));
    assert!(told.contains("names of the columns are expected"), "{told}");
}

#[test]
fn a_blank_behind_every_separator_is_no_value() {
    let text = |table: Table| table.csv().replace(',', ", ");
    let taken = taken(text(Table::training()), text(Table::production()));
    taken.holds("income", &Table::production()).says("a blank follows every separator");
    assert!(taken.accuracy() > 0.7);
}

#[test]
fn names_in_single_quotes_are_refused() {
    let text = |table: Table| {
        let text = table.csv();
        let (header, rows) = text.split_once('\n').expect("a header");
        format!("'{}'\n{rows}", header.replace(',', "','"))
    };
    assert!(refused(text(Table::training()), text(Table::production())).contains("single quotes"));
}

/// The text in a character set of two bytes a character, little end first.
fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn character_sets_are_told_from_the_bytes() {
    let town = |table: Table| {
        table.set("region", |_, v| if v == "north" { "Hörde".to_owned() } else { v.to_owned() })
    };
    let (training, production) = (town(Table::training()).csv(), town(Table::production()).csv());
    let latin = |text: &str| -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
    };
    taken(wide(&training), wide(&production)).holds("income", &Table::production()).says("UTF-16");
    taken(latin(&training), latin(&production)).holds("income", &Table::production()).says("Hörde");
    let marked = |text: &str| ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    taken(marked(&training), marked(&production)).holds("income", &Table::production());
}

#[test]
fn numbers_of_the_rows_are_no_features() {
    let of = |table: Table, from: usize| {
        table
            .set("order_no", |row, _| (from + row * 3 + usize::from(unit(row, 9) > 0.5)).to_string())
            .set("checksum", |row, _| format!("{:016x}", (unit(row + from, 8) * 1e15) as u64))
            .csv()
    };
    taken(of(Table::training(), 10), of(Table::production(), 90_000)).ignores("order_no").ignores("checksum");
}

#[test]
fn decimal_commas_are_no_separators() {
    let commas = |table: Table| table.text(';').replace('.', ",");
    let only = |table: Table| table.only(&["income", "dti", "score"]);
    // As many commas as semicolons in every row.
    let pairs = |table: Table| {
        let table =
            only(table).derive("label", "score", |row, p| format!("{:.4}", p + super::unit(row, 90) / 9.0));
        table.rename("score", "prediction")
    };
    let taken = taken(commas(pairs(Table::training())), {
        let production = pairs(Table::production()).set("ts", |row, _| super::instant(row));
        commas(production)
    });
    taken.holds("income", &Table::production()).role("label", "label").role("timestamp", "ts");
}

#[test]
fn numbers_in_scientific_notation_with_a_comma() {
    for write in [
        (|x: f64| format!("{x:.6E}").replace('.', ",")) as fn(f64) -> String,
        |x| format!("{x:.6e}").replace('.', ","),
        |x| format!("{x:.2}").replace('.', ","),
    ] {
        let table = |table: Table| table.derive("income", "income", |_, x| write(x)).text('\t');
        let files =
            [("training.tsv", table(Table::training())), ("production.tsv", table(Table::production()))];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_bytes()));
        super::take(&files).expect("they can be read").holds("income", &Table::production());
    }
}

#[test]
fn a_counter_that_goes_on_in_the_log_is_no_feature() {
    for (name, size) in [("batch", 20), ("shard", 7), ("epoch_no", 40)] {
        let numbered =
            |table: Table, from: usize| table.set(name, |row, _| ((from + row) / size).to_string());
        let taken =
            taken(numbered(Table::training(), 0).csv(), numbered(Table::production(), super::ROWS).csv());
        taken.ignores(name);
    }
    // A number that comes again is an input.
    let again = |table: Table| table.set("batch", |row, _| (row % 60).to_string());
    let taken = taken(again(Table::training()).csv(), again(Table::production()).csv());
    assert!(taken.guess.features.iter().any(|name| name == "batch"), "{}", taken.told());
}

#[test]
fn decimal_commas_in_quotes_beside_semicolons() {
    // R's write.csv2 with names of rows, a spreadsheet that quotes every field, numbers in quotes only.
    let comma = |value: &str| value.replace('.', ",");
    for (corner, all) in [("\"\";", true), ("", true), ("", false)] {
        let text = |table: &Table| {
            let quoted = |value: &str| {
                let is_number = value.parse::<f64>().is_ok();
                if all || is_number {
                    format!("\"{}\"", if is_number { comma(value) } else { value.to_owned() })
                } else {
                    value.to_owned()
                }
            };
            let header: Vec<String> = table
                .names
                .iter()
                .map(|name| if all { format!("\"{name}\"") } else { name.clone() })
                .collect();
            let mut text = format!("{corner}{}\n", header.join(";"));
            for (number, row) in table.rows.iter().enumerate() {
                let fields: Vec<String> = row.iter().map(|value| quoted(value)).collect();
                let name = if corner.is_empty() { String::new() } else { format!("\"{}\";", number + 1) };
                text += &format!("{name}{}\n", fields.join(";"));
            }
            text
        };
        let taken = taken(text(&Table::training()), text(&Table::production()));
        taken.role("timestamp", "ts").role("score", "score").says("decimal comma").ignores("Unnamed: 0");
        taken.holds("income", &Table::production()).holds("dti", &Table::production());
    }
}

#[test]
fn tables_of_r_with_blanks_between_the_fields() {
    // With names of rows, without, and with texts in quotes that hold a blank.
    for (names, place) in [(true, "south"), (false, "south"), (true, "\"the south\"")] {
        let text = |table: &Table| {
            let mut text = table.names.join(" ") + "\n";
            for (number, row) in table.rows.iter().enumerate() {
                let fields: Vec<String> = row
                    .iter()
                    .map(|value| if value == "south" { place.to_owned() } else { value.clone() })
                    .collect();
                let name = if names { format!("\"{}\" ", number + 1) } else { String::new() };
                text += &format!("{name}{}\n", fields.join(" "));
            }
            text
        };
        let taken = taken(text(&Table::training()), text(&Table::production()));
        taken.role("timestamp", "ts").role("label", "label").says("blanks separate");
        taken.holds("income", &Table::production());
    }
}

#[test]
fn numbers_as_an_indian_spreadsheet_writes_them() {
    let lakh = |x: f64| {
        let plain = format!("{:.2}", x * 100.0);
        let (whole, cents) = plain.split_once('.').expect("cents");
        let (mut rest, last) = whole.split_at(whole.len().saturating_sub(3));
        let mut groups = vec![last];
        while !rest.is_empty() {
            let (before, two) = rest.split_at(rest.len().saturating_sub(2));
            groups.push(two);
            rest = before;
        }
        groups.reverse();
        format!("{}.{cents}", groups.join(","))
    };
    let plain = Table::production().derive("income", "income", |_, x| format!("{:.2}", x * 100.0));
    for name in ["", "Rs. ", "Rs ", "₹", "INR "] {
        written("income", |x| format!("{name}{}", lakh(x))).holds("income", &plain);
    }
}

#[test]
fn a_line_of_units_below_the_header_is_no_row() {
    let below = |table: &Table, lines: usize| {
        let text = table.csv();
        let (header, rows) = text.split_once('\n').expect("a header");
        let units: Vec<String> = table.names.iter().map(|name| format!("{name} in EUR")).collect();
        format!("{header}\n{}{rows}", (units.join(",") + "\n").repeat(lines))
    };
    for lines in [1, 2] {
        let taken = taken(below(&Table::training(), lines), below(&Table::production(), lines));
        taken.role("timestamp", "ts").holds("income", &Table::production()).says("below the header");
    }
    // A first row of texts alone is a row.
    let words = |table: Table| table.set("income", |row, _| ["low", "high"][row % 2].to_owned()).csv();
    let taken = taken(words(Table::training()), words(Table::production()));
    assert!(!taken.told().contains("below the header"), "{}", taken.told());
}

#[test]
fn a_remark_of_an_export_is_named_in_the_error() {
    let told = refused(Table::training().csv(), Table::production().csv() + "(1200 rows affected)\n");
    assert!(told.contains("(1200 rows affected)") && told.contains("production.csv:1202"), "{told}");
}
