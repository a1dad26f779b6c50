//! Clocks as people write them.

use super::{ROWS, Table, epoch, instant, taken};

/// The instants of production, in microseconds, with another clock.
fn clock(write: impl Fn(usize) -> String) -> Vec<i64> {
    let production = Table::production().set("ts", |row, _| write(row));
    let taken = taken(Table::training().csv(), production.csv());
    taken.role("timestamp", "ts");
    taken.dossier.production.sample.time.clone()
}

fn plain() -> Vec<i64> {
    (0..ROWS).map(|row| epoch(row) as i64 * 1_000_000).collect()
}

/// The parts of a row's instant: day, hour, minute.
fn parts(row: usize) -> (usize, usize, usize) {
    let minutes = row * 20;
    (1 + minutes / 1440, minutes / 60 % 24, minutes % 60)
}

#[test]
fn seconds_and_their_fractions_since_1970() {
    assert_eq!(clock(|row| epoch(row).to_string()), plain());
    assert_eq!(clock(|row| (epoch(row) * 1000).to_string()), plain());
    assert_eq!(clock(|row| (epoch(row) * 1_000_000).to_string()), plain());
    assert_eq!(clock(|row| (epoch(row) * 1_000_000_000).to_string()), plain());
    let halves: Vec<i64> = plain().iter().map(|at| at + 500_000).collect();
    assert_eq!(clock(|row| format!("{}.5", epoch(row))), halves);
}

#[test]
fn twelve_hours_and_two_digits_of_a_year() {
    let half = |row: usize| {
        let (day, hour, minute) = parts(row);
        let of_twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        format!("3/{day}/26 {of_twelve}:{minute:02} {}", if hour < 12 { "AM" } else { "PM" })
    };
    assert_eq!(clock(half), plain());
}

#[test]
fn days_first_with_points_slashes_and_words() {
    let (dotted, slashed) = (
        |row| {
            let (day, hour, minute) = parts(row);
            format!("{day:02}.03.2026 {hour:02}:{minute:02}")
        },
        |row| {
            let (day, hour, minute) = parts(row);
            format!("{day:02}/03/2026 {hour:02}:{minute:02}")
        },
    );
    assert_eq!(clock(dotted), plain());
    assert_eq!(clock(slashed), plain());
    for month in ["März", "mars", "March", "marzo", "Mar"] {
        let written = |row| {
            let (day, hour, minute) = parts(row);
            format!("{day} {month} 2026 {hour:02}:{minute:02}")
        };
        assert_eq!(clock(written), plain(), "{month}");
    }
}

#[test]
fn formats_of_programs() {
    let compact = |row| {
        let (day, hour, minute) = parts(row);
        format!("202603{day:02}T{hour:02}{minute:02}00Z")
    };
    let unix = |row| {
        let (day, hour, minute) = parts(row);
        format!("Mar {day:02} {hour:02}:{minute:02}:00 UTC 2026")
    };
    let java = |row| format!("{}+00:00[Europe/London]", instant(row));
    let logged = |row| format!("{},000", instant(row).replace('T', " "));
    let short = |row| {
        let (day, hour, minute) = parts(row);
        format!("2026-03-{day:02} {hour}:{minute:02}")
    };
    assert_eq!(clock(compact), plain());
    assert_eq!(clock(unix), plain());
    assert_eq!(clock(java), plain());
    assert_eq!(clock(logged), plain());
    assert_eq!(clock(short), plain());
}

#[test]
fn weeks_of_iso_8601() {
    let day_of = |row: usize| parts(row).0;
    // 2026-03-01 was the Sunday of week 9.
    let week = |row| {
        let days = day_of(row) + 5;
        format!("2026-W{:02}-{}", 9 + days / 7, 1 + days % 7)
    };
    let days: Vec<i64> =
        (0..ROWS).map(|row| plain()[0] + (day_of(row) as i64 - 1) * 86_400_000_000).collect();
    assert_eq!(clock(week), days);
}

#[test]
fn offsets_that_change_with_summer_time() {
    let zoned = |row: usize| {
        let hours = if row < ROWS / 2 { 1 } else { 2 };
        let minutes = row * 20 + hours * 60;
        format!(
            "2026-03-{:02}T{:02}:{:02}:00+0{hours}:00",
            1 + minutes / 1440,
            minutes / 60 % 24,
            minutes % 60
        )
    };
    assert_eq!(clock(zoned), plain());
}

#[test]
fn rows_without_a_readable_time_are_left_out_and_told() {
    for nothing in ["", "NaT", "NULL", "0000-00-00 00:00:00", "0001-01-01T00:00:00", "1970-01-01T00:00:00"] {
        let production = Table::production()
            .set("ts", |row, v| if row % 100 == 7 { nothing.to_owned() } else { v.to_owned() });
        let taken = taken(Table::training().csv(), production.csv());
        taken.role("timestamp", "ts").says("12 rows have no readable time");
    }
}

#[test]
fn clocks_far_from_all_others_are_left_out_and_told() {
    for wild in ["2099-12-31T00:00:00", "2027-03-18T00:00:00", "1999-01-01T00:00:00"] {
        let production =
            Table::production().set("ts", |row, v| if row == 500 { wild.to_owned() } else { v.to_owned() });
        taken(Table::training().csv(), production.csv()).says("far from all others");
    }
}

#[test]
fn what_is_named_like_a_time_and_is_none_is_said() {
    let serial = Table::production().set("ts", |row, _| format!("{:.5}", 46_082.0 + row as f64 / 72.0));
    taken(Table::training().csv(), serial.csv()).says("a spreadsheet's days");
    let month = Table::production().set("ts", |_, _| "spring 2026".to_owned());
    taken(Table::training().csv(), month.csv()).says("named like a time");
    let bare = Table::production().rename("ts", "seen").set("seen", |row, _| epoch(row).to_string());
    taken(Table::training().csv(), bare.csv())
        .role("timestamp", "seen")
        .says("on the evidence of its values");
}

#[test]
fn a_second_clock_is_no_feature() {
    let second = |table: Table| table.set("opened", |row, _| instant(row % 700)).csv();
    taken(second(Table::training()), second(Table::production())).role("timestamp", "ts").ignores("opened");
}

#[test]
fn instants_as_one_number() {
    let compact = |row: usize| {
        let (day, hour, minute) = parts(row);
        format!("202603{day:02}{hour:02}{minute:02}00")
    };
    assert_eq!(clock(compact), plain());
    assert_eq!(clock(|row| compact(row)[..8].to_owned() + "T" + &compact(row)[8..] + "Z"), plain());
    assert_eq!(clock(|row| format!("\"{}\"", compact(row)).replace('"', "")), plain());
}

#[test]
fn dates_of_databases_and_statistics_programs() {
    let oracle = |row: usize| {
        let (day, hour, minute) = parts(row);
        let of_twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        format!(
            "{day:02}-MAR-26 {of_twelve:02}.{minute:02}.00.000000 {}",
            if hour < 12 { "AM" } else { "PM" }
        )
    };
    let sas = |row: usize| {
        let (day, hour, minute) = parts(row);
        format!("{day:02}MAR2026:{hour:02}:{minute:02}:00")
    };
    let short_sas = |row: usize| {
        let (day, hour, minute) = parts(row);
        format!("{day:02}mar26:{hour:02}:{minute:02}:00.000")
    };
    let server = |row: usize| format!("{}.0000000", instant(row).replace('T', " "));
    let query = |row: usize| format!("{}.000000 UTC", instant(row).replace('T', " "));
    assert_eq!(clock(oracle), plain());
    assert_eq!(clock(sas), plain());
    assert_eq!(clock(short_sas), plain());
    assert_eq!(clock(server), plain());
    assert_eq!(clock(query), plain());
}

#[test]
fn a_time_of_day_beside_days_is_said() {
    for (day, clock) in [("date", "time"), ("event_date", "event_time"), ("created_on", "at")] {
        let production = Table::production()
            .set(clock, |row, _| instant(row)[11..].to_owned())
            .set("ts", |row, _| instant(row)[..10].to_owned())
            .rename("ts", day);
        let taken = super::taken(Table::training().csv(), production.csv());
        taken.role("timestamp", day).says("an onset is known to the day");
    }
}
