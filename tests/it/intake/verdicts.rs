//! What is concluded from files as they are: faults that the columns alone do not show, and logs in which nothing happened.

use std::{f64::consts::TAU, sync::Arc};

use coroner::{
    autopsy::{Cause, Investigation, Standing, Verdict, exam::window_split, investigate},
    summary::Width,
};

use super::{Table, epoch, instant, taken, unit};

/// Rows of training, and of the log: 42 days.
const TRAINING: usize = 2000;
const LOG: usize = 3024;

/// The first row of the log with the fault.
const ONSET: usize = 1730;

fn investigated(training: &Table, production: &Table) -> Investigation {
    let taken = taken(training.csv(), production.csv());
    investigate(Arc::new(taken.dossier), &|_| {})
}

/// Training and a log, each with the log-odds that the model answers and the true ones; the rows of the log from the onset on are
/// late.
fn both(logits: impl Fn(usize, f64, bool) -> (f64, f64)) -> (Table, Table) {
    let training = Table::answered(TRAINING, 0, |row, base| logits(row, base, false));
    let log = Table::answered(LOG, SHIFT, |row, base| logits(row + SHIFT, base, row >= ONSET));
    (training, log.set("ts", |row, _| instant(row)))
}

/// The rows of the log are other ones than those of training.
const SHIFT: usize = 50_000;

/// The first cause, and the features that it names.
fn first(investigation: &Investigation) -> (Cause, Standing, Vec<String>) {
    let top = investigation.diagnosis.top().expect("there is always a first one");
    let name = |&feature: &usize| investigation.dossier.plan.features[feature].name.clone();
    (top.cause, top.standing, top.features.iter().map(name).collect())
}

/// What rings.
fn alarms(investigation: &Investigation) -> Vec<String> {
    let alarms = investigation.findings.iter().filter(|finding| finding.verdict == Verdict::Alarm);
    alarms.map(|finding| format!("{}: {}", finding.id, finding.message)).collect()
}

/// The code of a row's region, as in the tables.
fn region(row: usize) -> usize {
    (3.0 * unit(row, 4)) as usize
}

/// What each code of the region weighs.
const REGIONS: [f64; 3] = [-2.0, 1.8, 0.4];

#[test]
fn codes_that_only_the_model_sees_are_skew_of_their_column() {
    // Fitted anew on each batch of five, another order on two of three workers, the value of the request before.
    let batch = |row: usize| {
        let mut known: Vec<usize> = (row / 5 * 5..row / 5 * 5 + 5).map(region).collect();
        known.sort_unstable();
        known.dedup();
        known.iter().position(|&code| code == region(row)).expect("it is one of them")
    };
    let worker = |row: usize| (region(row) + row % 3) % 3;
    let before = |row: usize| region(row - 1);
    for (name, seen) in
        [("batch", &batch as &dyn Fn(usize) -> usize), ("worker", &worker), ("request before", &before)]
    {
        let (training, log) = both(|row, base, late| {
            let code = if late { seen(row) } else { region(row) };
            (base + REGIONS[code], base + REGIONS[region(row)])
        });
        let investigation = investigated(&training, &log);
        let (cause, _, features) = first(&investigation);
        assert_eq!(cause, Cause::TrainingServingSkew, "{name}: {:#?}", alarms(&investigation));
        assert!(features.contains(&"region".to_owned()), "{name}: {features:?}");
    }
}

/// A column that is computed from the time, by a clock that is ahead in late rows.
fn by_the_clock(
    name: &str,
    of: impl Fn(f64) -> f64,
    ahead: f64,
    weighs: impl Fn(f64) -> f64,
) -> Investigation {
    let hours = |row: usize| row as f64 / 3.0;
    let seen = |row: usize, late: bool| of(hours(row) + if late { ahead } else { 0.0 });
    let at = |row: usize| row.checked_sub(SHIFT).unwrap_or(row);
    let (training, log) = both(|row, base, late| {
        (0.6 * base + weighs(seen(at(row), late)), 0.6 * base + weighs(seen(at(row), false)))
    });
    let training = training.set(name, |row, _| seen(row, false).to_string());
    investigated(&training, &log.set(name, |row, _| seen(row, row >= ONSET).to_string()))
}

#[test]
fn what_another_clock_computes_is_skew_of_its_column() {
    let wave = |period: f64| move |x: f64| 2.2 * (x / period * TAU).cos();
    let hour = |hours: f64| hours.rem_euclid(24.0).floor();
    let day = |hours: f64| (hours / 24.0).floor().rem_euclid(7.0);
    let weekday = |day: f64| [1.6, -1.6, 1.2, -1.2, 1.4, -1.7, 0.2][day as usize];
    let found = [
        ("local_hour", by_the_clock("local_hour", hour, -2.0, wave(8.0))),
        ("weekday", by_the_clock("weekday", day, 24.0, weekday)),
        (
            "is_weekend",
            by_the_clock("is_weekend", |h| f64::from(u8::from(day(h) < 2.0)), 24.0, |x| 3.2 * x - 1.6),
        ),
        (
            "day_part",
            by_the_clock("day_part", |h| (h.rem_euclid(24.0) / 24.0 * 1e4).round() / 1e4, 3.0, wave(0.5)),
        ),
    ];
    for (name, investigation) in found {
        let (cause, _, features) = first(&investigation);
        assert_eq!(cause, Cause::TrainingServingSkew, "{name}: {:#?}", alarms(&investigation));
        assert_eq!(features, [name]);
    }
}

#[test]
fn missing_values_that_became_one_value_are_a_fault_of_the_pipeline() {
    let hole = |row: usize| unit(row, 30) < 0.27;
    for (value, fill) in [("-1", "-1"), ("0", "0"), ("-999", "-999"), ("level", "unknown")] {
        let (training, log) = both(|row, base, late| {
            let missing = if hole(row) { 1.0 } else { 0.0 };
            (base + if late && hole(row) { -2.6 } else { missing }, base + missing)
        });
        let with = |table: Table, shift: usize| {
            table.set("bureau", |row, _| match (hole(row + shift), shift > 0 && row >= ONSET) {
                (true, true) => fill.to_owned(),
                (true, false) => String::new(),
                _ if value == "level" => ["gold", "tin"][usize::from(unit(row + shift, 31) < 0.4)].to_owned(),
                _ => (1.0 + 90.0 * unit(row + shift, 31)).round().to_string(),
            })
        };
        let (cause, _, features) = first(&investigated(&with(training, 0), &with(log, SHIFT)));
        assert_eq!(cause, Cause::UpstreamPipeline, "{value}");
        assert_eq!(features, ["bureau"], "{value}");
    }
}

/// A model of numbers.
fn amounts(rows: usize, shift: usize, label: impl Fn(usize, f64) -> f64) -> Table {
    let table = Table::answered(rows, shift, |_, base| (base, base));
    let table =
        table.derive("amount_predicted", "income", |_, x| format!("{:.2}", (x / 30_000.0).exp() * 9.0));
    let noise = |row: usize| (unit(row + shift, 33) + unit(row + shift, 34) - 1.0).exp();
    let table =
        table.derive("amount", "amount_predicted", |row, x| format!("{:.2}", label(row, x * noise(row))));
    table.only(&["income", "dti", "age", "region", "amount_predicted", "amount"])
}

#[test]
fn a_few_huge_values_are_named_and_blame_nothing() {
    for huge in [
        vec![(2100, 3e5)],
        vec![(2000, 9e4), (2600, 4e5)],
        vec![(2200, -2e6)],
        vec![(1900, 1e5), (2500, 1e5)],
    ] {
        let strange =
            |row: usize, x: f64| huge.iter().find(|(at, _)| *at == row).map_or(x, |(_, value)| *value);
        let log = amounts(LOG, SHIFT, strange).set("ts", |row, _| instant(row));
        let investigation = investigated(&amounts(TRAINING, 0, |_, x| x), &log);
        let found: Vec<Cause> = investigation.diagnosis.found().iter().map(|found| found.cause).collect();
        assert_eq!(found, [], "{huge:?}");
        let loss = investigation
            .findings
            .iter()
            .find(|finding| finding.id.to_string() == "performance.loss")
            .expect("there is one");
        assert!(loss.message.contains("One row carries"), "{}", loss.message);
        assert_ne!(loss.verdict, Verdict::Alarm, "{}", loss.message);
    }
}

#[test]
fn where_nothing_happened_nothing_rings() {
    let noise = |table: Table, shift: usize| {
        (0..40).fold(table, |table, column| {
            table.set(&format!("x{column}"), |row, _| format!("{:.4}", unit(row + shift, 200 + column)))
        })
    };
    let tails = |table: Table, shift: usize| {
        let wild = |row: usize, column: u64| (TAU * (unit(row + shift, 300 + column) - 0.5) / 2.0).tan();
        (0..4).fold(table, |table, column| {
            table.set(&format!("x{column}"), |row, _| format!("{:.3}", wild(row, column)))
        })
    };
    let levels = |table: Table, shift: usize| {
        table.set("shop", |row, _| format!("s{:.0}", unit(row + shift, 400).powi(4) * 2000.0))
    };
    let sparse = |table: Table, shift: usize| {
        (0..20).fold(table, |table, column| {
            table.set(&format!("has{column}"), |row, _| {
                u8::from(unit(row + shift, 500 + column) < 0.02).to_string()
            })
        })
    };
    for (name, more) in [
        ("noise", &noise as &dyn Fn(Table, usize) -> Table),
        ("tails", &tails),
        ("levels", &levels),
        ("sparse", &sparse),
    ] {
        let (training, log) = both(|_, base, _| (base, base));
        let investigation = investigated(&more(training, 0), &more(log, SHIFT));
        assert_eq!(first(&investigation).0, Cause::None, "{name}");
        assert_eq!(alarms(&investigation), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn windows_fit_the_rows_of_a_day() {
    // One row in so many minutes, and the width that shows it.
    for (minutes, most) in
        [(10, Width::Week), (20, Width::Week), (60, Width::FourWeeks), (240, Width::FourWeeks)]
    {
        let (training, log) = both(|_, base, _| (base, base));
        let log = log.set("ts", |row, _| (epoch(0) + row as u64 * minutes * 60).to_string());
        let taken = taken(training.csv(), log.csv());
        let width = window_split::display_width(&taken.dossier);
        assert!(width <= most, "{minutes} min: {width:?}");
        let investigation = investigate(Arc::new(taken.dossier), &|_| {});
        let last = investigation.dossier.production.sample.time.last().copied().expect("rows");
        let grid = investigation.drift.grid.expect("there are times");
        assert!(grid.span(grid.windows - 1).from <= last, "no window begins after the last row");
    }
}

#[test]
fn a_day_that_is_counted_otherwise_is_skew_of_its_column() {
    // Numbered from 0 in place of 1, by the local date of another zone, and the same for the minute.
    let date = |hours: f64| {
        let day = (hours / 24.0).floor();
        if day < 31.0 { day + 1.0 } else { day - 30.0 }
    };
    let odd = |x: f64| 2.2 * (x * TAU / 2.0).cos();
    let found = [
        ("day_of_month", by_the_clock("day_of_month", date, -24.0, odd)),
        ("monthday", by_the_clock("monthday", date, 24.0, odd)),
        (
            "minute",
            by_the_clock(
                "minute",
                |h| (h * 60.0).rem_euclid(60.0).round(),
                1.0 / 3.0,
                |x| 2.2 * (x / 60.0 * TAU).cos(),
            ),
        ),
    ];
    for (name, investigation) in found {
        let (cause, _, features) = first(&investigation);
        assert_eq!(cause, Cause::TrainingServingSkew, "{name}: {:#?}", alarms(&investigation));
        assert_eq!(features, [name]);
    }
}
