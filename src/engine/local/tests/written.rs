//! Text files in the wild: every formatting gives the same result as the plain file, and a note says how it
//! was read; ambiguous formatting raises a question.

use std::{fmt::Write as _, fs};

use super::*;
use crate::{
    case::ReadRules,
    summary::{Kind, values::DateOrder},
};

/// One row of a small log.
struct Row {
    at: i64,
    income: f64,
    share: f64,
    region: &'static str,
    label: bool,
    score: f64,
}

fn rows() -> Vec<Row> {
    (0..400)
        .map(|i| Row {
            at: i,
            income: 1000.0 + f64::from(i as i32 * 7919 % 90_000) + 0.25,
            share: f64::from(i as i32 * 31 % 100) / 1000.0,
            region: ["north", "Hörde", "Härde"][i as usize % 3],
            label: i % 3 == 0,
            score: f64::from(i as i32 * 13 % 100) / 100.0,
        })
        .collect()
}

/// How a file is formatted.
struct Style {
    separator: char,
    number: fn(f64) -> String,
    share: fn(f64) -> String,
    time: fn(i64) -> String,
}

const PLAIN: Style = Style {
    separator: ',',
    number: |x| x.to_string(),
    share: |x| x.to_string(),
    time: |i| format!("2026-03-{:02} {:02}:00", 1 + i / 24, i % 24),
};

fn comma(x: f64) -> String {
    x.to_string().replace('.', ",")
}

/// Formats `1234.5` as `1,234.5`.
fn grouped(x: f64) -> String {
    let text = x.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let from = whole.len() % 3;
    let mut groups = vec![&whole[..from]];
    groups.extend(whole.as_bytes()[from..].chunks(3).map(|g| std::str::from_utf8(g).expect("digits")));
    groups.retain(|group| !group.is_empty());
    let whole = groups.join(",");
    if rest.is_empty() { whole } else { format!("{whole}.{rest}") }
}

fn text(style: &Style) -> String {
    let mut text = String::new();
    let field = |value: String| {
        if value.contains([style.separator, '"', '\n']) { format!("\"{value}\"") } else { value }
    };
    let mut line = |values: [String; 7]| {
        let joined = values.map(field).join(&style.separator.to_string());
        let _ = writeln!(text, "{joined}");
    };
    line(["ts", "income", "share", "region", "label", "prediction", "score"].map(str::to_owned));
    for row in rows() {
        line([
            (style.time)(row.at),
            (style.number)(row.income),
            (style.share)(row.share),
            row.region.to_owned(),
            u8::from(row.label).to_string(),
            u8::from(row.score > 0.5).to_string(),
            (style.share)(row.score),
        ]);
    }
    text
}

fn of(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> Case {
    fs::write(folder.join(name), bytes).expect("a writable folder");
    let mut case = case(folder, name, name);
    case.columns.id = None;
    case
}

/// Asserts that a file gives the same result as the plain one; returns the notes.
#[track_caller]
fn assert_read_alike(bytes: impl AsRef<[u8]>, what: &str) -> String {
    let folder = folder();
    let want = reading(&of(folder.path(), "plain.csv", text(&PLAIN)));
    let got = reading(&of(folder.path(), "written.csv", bytes));
    assert_eq!(got.plan.features.len(), want.plan.features.len(), "{what}: {:?}", got.notes);
    for (ours, theirs) in [(&got.training, &want.training), (&got.production, &want.production)] {
        assert_same(&ours.sample, &theirs.sample, what);
    }
    got.notes.join("\n")
}

#[test]
fn decimal_commas_are_numbers() {
    let german = Style { separator: ';', number: comma, share: comma, ..PLAIN };
    let notes = assert_read_alike(text(&german), "semicolons and decimal commas");
    assert!(notes.contains("decimal comma") && notes.contains("income"), "{notes}");
    let quoted = Style { number: comma, share: comma, ..PLAIN };
    assert_read_alike(text(&quoted), "commas in quotes");
    let grouped = Style { separator: '\t', number: |x| swap(&grouped(x)), share: comma, ..PLAIN };
    assert_read_alike(text(&grouped), "1.234,25 between tabs");
    let piped = Style { separator: '|', number: |x| format!("{} €", comma(x)), share: comma, ..PLAIN };
    assert_read_alike(text(&piped), "euros between pipes");
}

/// Exchanges points and commas.
fn swap(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '.' {
                ','
            } else if c == ',' {
                '.'
            } else {
                c
            }
        })
        .collect()
}

#[test]
fn money_and_thousands_are_numbers() {
    type Spelling = (&'static str, fn(f64) -> String);
    let styles: [Spelling; 5] = [
        ("dollars", |x| format!("${x}")),
        ("dollars and thousands", |x| format!("$ {}", grouped(x))),
        ("thousands", grouped),
        ("a currency's code", |x| format!("USD {x}")),
        ("apostrophes", |x| grouped(x).replace(',', "'")),
    ];
    for (what, number) in styles {
        let notes = assert_read_alike(text(&Style { number, ..PLAIN }), what);
        assert!(notes.contains("income"), "{what}: {notes}");
    }
    let percent = Style { share: |x| format!("{}%", (x * 1000.0).round() / 10.0), ..PLAIN };
    let notes = assert_read_alike(text(&percent), "percent");
    assert!(notes.contains("percentages are read as fractions of 1 in share, score"), "{notes}");
}

#[test]
fn what_bears_two_readings_is_asked() {
    let folder = folder();
    let whole = Style { number: |x| grouped(x.trunc() * 2.0), share: |x| x.to_string(), ..PLAIN };
    // Thousands separator or three decimals: the file is ambiguous.
    let ambiguous = text(&whole).replace("0.", "0");
    let asked = reading(&of(folder.path(), "asked.csv", &ambiguous)).notes.join("\n");
    assert!(asked.contains("income holds numbers such as") && asked.contains("[read]"), "{asked}");
    for (decimal, first) in [(b'.', 2000.0), (b',', 2.0)] {
        let mut case = of(folder.path(), "asked.csv", &ambiguous);
        case.read.decimal = Some(decimal);
        let got = reading(&case);
        let income = got.training.sample.features[0].numbers().expect("income is a number");
        assert_eq!(income[0], first);
        assert!(!got.notes.join("\n").contains("[read]"), "{:?}", got.notes);
    }
    let days = Style { time: |i| format!("{:02}/{:02}/2026 00:00", 1 + i % 12, 1 + i % 5), ..PLAIN };
    let mut case = of(folder.path(), "days.csv", text(&days));
    assert!(matches!(error(&case), EngineError::NoTimes { .. }));
    case.read = ReadRules { dates: Some(DateOrder::MonthFirst), ..ReadRules::default() };
    assert_eq!(reading(&case).production.rows, 400);
}

#[test]
fn character_sets_keep_levels_apart() {
    let plain = text(&PLAIN);
    let western: Vec<u8> = plain.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
    let notes = assert_read_alike(&western, "Windows-1252");
    assert!(notes.contains("Windows-1252") && notes.contains("Hörde"), "{notes}");
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_read_alike([&[0xff, 0xfe][..], &wide].concat(), "UTF-16");
    assert_read_alike(&wide, "UTF-16 without a mark");
    assert_read_alike([&[0xef, 0xbb, 0xbf][..], plain.as_bytes()].concat(), "UTF-8 with a mark");
    assert_read_alike(plain.replace('\n', "\r\n"), "lines of Windows");
    assert_read_alike(plain.replace('\n', "\r"), "lines of old Macs");
    assert_read_alike(format!("sep=,\n{plain}"), "a named separator");
    let folder = folder();
    let late = [plain.as_bytes(), &b"x".repeat(1 << 21), b"K\xf6ln\n"].concat();
    let refused = error(&of(folder.path(), "late.csv", late)).to_string();
    assert!(refused.contains("late.csv:") && refused.contains("0xf6"), "{refused}");
}

#[test]
fn dates_are_read_as_they_are_written() {
    type Spelling = (&'static str, fn(i64) -> String);
    let styles: [Spelling; 5] = [
        ("day first", |i| format!("{:02}/03/2026 {:02}:00", 1 + i / 24, i % 24)),
        ("month first", |i| {
            format!(
                "3/{}/2026 {}:00 {}",
                1 + i / 24,
                (i + 11) % 12 + 1,
                if i % 24 < 12 { "AM" } else { "PM" }
            )
        }),
        ("points", |i| format!("{}.{}.2026 {:02}:00:00", 1 + i / 24, 3, i % 24)),
        ("names of months", |i| format!("{} Mar 2026 {:02}:00", 1 + i / 24, i % 24)),
        ("a zone", |i| format!("2026-03-{:02}T{:02}:00:00+00:00", 1 + i / 24, i % 24)),
    ];
    for (what, time) in styles {
        let notes = assert_read_alike(text(&Style { time, ..PLAIN }), what);
        assert_eq!(notes.contains("first"), what.contains("first"), "{what}: {notes}");
    }
}

#[test]
fn json_lines_of_other_languages() {
    let folder = folder();
    let line =
        |number: &str| format!("{{\"x\": {number}, \"label\": 1, \"prediction\": 1, \"score\": 0.7}}\n");
    for number in ["NaN", "Infinity", "-Infinity", "null"] {
        let text = line("1.5").repeat(30) + &line(number) + &line("2.5");
        let mut case = of(folder.path(), "log.jsonl", text);
        case.columns.timestamp = None;
        let got = reading(&case);
        let x = got.production.sample.features[0].numbers().expect("a number");
        assert!(x[30].is_nan() && x[31] == 2.5, "{number}: {x:?}");
        assert_eq!(got.plan.features[0].kind, Kind::Numeric);
    }
    let mut case = of(folder.path(), "log.jsonl", line("nil"));
    case.columns.timestamp = None;
    let refused = error(&case);
    assert!(
        refused.to_string().contains("log.jsonl:1") && refused.hints()[0].contains("double quotes"),
        "{refused}"
    );
}

#[test]
fn hints_fit_the_reason() {
    let folder = folder();
    let twice = error(&of(folder.path(), "twice.csv", "a,b,a\n1,2,3\n"));
    assert_eq!(twice.code(), "E114");
    assert!(twice.to_string().contains("\"a\"") && twice.hints()[0].contains("rename or drop"), "{twice}");
    let short = error(&of(folder.path(), "short.csv", format!("{}1,2\n", text(&PLAIN))));
    assert_eq!(short.code(), "E109");
    assert!(short.hints()[0].contains("an open quote, a missing separator"), "{:?}", short.hints());
    let stray = text(&PLAIN).replacen("north", "5\" pipe", 1);
    assert_eq!(reading(&of(folder.path(), "stray.csv", stray)).production.rows, 400);
}

#[test]
fn an_index_is_no_feature() {
    let folder = folder();
    for name in ["", "Unnamed: 0", "__index_level_0__", "...1"] {
        let text = text(&PLAIN);
        let numbered: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(i, line)| format!("{},{line}", if i == 0 { name.to_owned() } else { (i * 3).to_string() }))
            .collect();
        let got = reading(&of(folder.path(), "indexed.csv", numbered.join("\n")));
        let features: Vec<&str> = got.plan.features.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(features, ["income", "share", "region"], "{name:?}");
        assert!(
            got.notes.join("\n").contains("numbers the rows of a data frame"),
            "{name:?}: {:?}",
            got.notes
        );
    }
}

#[test]
fn wild_clocks_are_left_out_and_counted() {
    let folder = folder();
    let plain = text(&PLAIN);
    for (wild, date) in [("2027-03-18 00:00", "2027"), ("1970-03-01 00:00", "1970"), ("2099-01-01", "2099")] {
        let mut case = of(folder.path(), "plain.csv", &plain);
        fs::write(folder.path().join("wild.csv"), plain.replacen("2026-03-02 05:00", wild, 1))
            .expect("writable");
        case.snapshots.production = "wild.csv".to_owned();
        let got = reading(&case);
        assert_eq!(got.production.rows, 399, "{wild}");
        assert!(got.production.grid.is_some_and(|grid| grid.windows < 500), "{wild}");
        let notes = got.notes.join("\n");
        assert!(notes.contains("1 row lies far from all others in time") && notes.contains(date), "{notes}");
    }
}

#[test]
fn classes_in_another_spelling_are_matched_and_told() {
    let folder = folder();
    let plain = text(&PLAIN);
    let spelt = |yes: &str, no: &str| -> String {
        let lines = plain.lines().enumerate().map(|(i, line)| {
            let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            if i > 0 {
                fields[4] = if fields[4] == "1" { yes.to_owned() } else { no.to_owned() };
            }
            fields.join(",") + "\n"
        });
        lines.collect()
    };
    let right = |case: &Case| -> Vec<u64> {
        let got = reading(case);
        assert!(got.notes.join("\n").contains("is read as the class"), "{:?}", got.notes);
        let mut counts = vec![0; 4];
        for window in &got.production.windows {
            counts.iter_mut().zip(&window.answers.confusion).for_each(|(a, b)| *a += b);
        }
        counts
    };
    let want = {
        let mut counts = vec![0; 4];
        for row in rows() {
            counts[2 * usize::from(row.label) + usize::from(row.score > 0.5)] += 1;
        }
        counts
    };
    for (yes, no) in [("Y", "N"), ("True.", "False."), (" yes", " no")] {
        assert_eq!(right(&of(folder.path(), "spelt.csv", spelt(yes, no))), want, "{yes}");
    }
    let mut case = of(folder.path(), "spelt.csv", spelt("bad", "good"));
    case.model.classes =
        [("1".to_owned(), vec!["bad".to_owned()]), ("0".to_owned(), vec!["good".to_owned()])].into();
    assert_eq!(right(&case), want);
}
