//! Parsing and formatting of times. Everything is UTC.

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::summary::Micros;

const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;
const HOUR: Micros = 60 * MINUTE;
const DAY: Micros = 24 * HOUR;

/// Parses a time: RFC 3339 (`2026-03-18T02:00:00+01:00`), the same without a zone (UTC is assumed), with a
/// space instead of the `T`, without seconds, or only a date (midnight).
///
/// Returns `None` if the text is not a time or names one that does not exist.
#[must_use]
pub fn parse(text: &str) -> Option<Micros> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_microsecond());
    }
    // Databases and people write `+0100`, or a zone after a space.
    let civil = text.strip_suffix(" UTC").unwrap_or(text);
    let moment = civil.parse::<civil::DateTime>().ok()?;
    Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// Formats a time as RFC 3339, with fractions of a second only if not zero: `2026-03-14T00:00:00Z`.
#[must_use]
pub fn rfc3339(at: Micros) -> String {
    Timestamp::from_microsecond(at).map_or_else(|_| out_of_range(at), |instant| instant.to_string())
}

/// Formats day and minute without the year, for screens: `03-18 02:00`.
#[must_use]
pub fn short(at: Micros) -> String {
    written(at, "%m-%d %H:%M")
}

/// Formats month and day, for axes: `03-18`.
#[must_use]
pub fn day(at: Micros) -> String {
    written(at, "%m-%d")
}

/// Formats the date: `2026-03-18`.
#[must_use]
pub fn date(at: Micros) -> String {
    written(at, "%Y-%m-%d")
}

/// The date of a time: month, day of the month and day of the year, each from 1; none beyond the calendar's years.
#[must_use]
pub fn calendar(at: Micros) -> Option<(i64, i64, i64)> {
    let date = Timestamp::from_microsecond(at).ok()?.to_zoned(TimeZone::UTC).date();
    Some((i64::from(date.month()), i64::from(date.day()), i64::from(date.day_of_year())))
}

/// Formats date and minute, for reports: `2026-03-18 02:00`.
#[must_use]
pub fn minute(at: Micros) -> String {
    written(at, "%Y-%m-%d %H:%M")
}

/// Formats a time to the minute with its zone: `2026-03-18 02:00 UTC`.
#[must_use]
pub fn moment(at: Micros) -> String {
    format!("{} UTC", minute(at))
}

/// Formats a duration in its largest suitable unit, rounded: `45 s`, `41 min`, `6 h`, `12 d`.
///
/// A unit is used from twice its length on, so that `90 min` does not become `2 h`; whole hours and days are
/// exceptions. The sign of a negative duration is kept.
#[must_use]
pub fn duration(length: Micros) -> String {
    let size = length.unsigned_abs();
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let fits = |unit: Micros| {
        let unit = unit.unsigned_abs();
        size >= 2 * unit || (size >= unit && size.is_multiple_of(unit))
    };
    let (unit, name) = units.into_iter().find(|(unit, _)| fits(*unit)).unwrap_or((SECOND, "s"));
    let unit = unit.unsigned_abs();
    let rounded = size / unit + u64::from(size % unit >= unit / 2);
    let sign = if length < 0 && rounded > 0 { "−" } else { "" };
    format!("{sign}{rounded} {name}")
}

fn written(at: Micros, format: &str) -> String {
    Timestamp::from_microsecond(at)
        .map_or_else(|_| out_of_range(at), |instant| instant.strftime(format).to_string())
}

/// Years before -9999 and after 9999 have no date; their number of microseconds is shown instead.
fn out_of_range(at: Micros) -> String {
    format!("{at} µs")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Micros = 1_773_799_200_000_000; // date -u -d 2026-03-18T02:00:00Z +%s

    #[test]
    fn reads_what_files_write() {
        for text in [
            "2026-03-18T02:00:00Z",
            "2026-03-18T03:00:00+01:00",
            "2026-03-18T03:00:00+0100",
            "2026-03-18 02:00:00",
            "2026-03-18 02:00:00 UTC",
            "2026-03-18 02:00:00Z",
            "2026-03-18T02:00",
            " 2026-03-18T02:00:00.000000Z ",
        ] {
            assert_eq!(parse(text), Some(AT), "{text}");
        }
        assert_eq!(parse("2026-03-18"), Some(AT - 2 * HOUR));
        assert_eq!(parse("1969-12-31T23:59:59.5Z"), Some(-500_000));
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in
            ["", "yesterday", "2026-02-30", "2026-03-18T25:00:00Z", "1773799200", "18.03.2026", "2026"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn writes_for_people() {
        assert_eq!(rfc3339(AT), "2026-03-18T02:00:00Z");
        assert_eq!(short(AT), "03-18 02:00");
        assert_eq!(day(AT), "03-18");
        assert_eq!(date(AT), "2026-03-18");
        assert_eq!(minute(AT), "2026-03-18 02:00");
        assert_eq!(short(Micros::MAX), "9223372036854775807 µs");
    }

    #[test]
    fn durations() {
        for (length, want) in [
            (0, "0 s"),
            (45 * SECOND, "45 s"),
            (41 * MINUTE, "41 min"),
            (90 * MINUTE, "90 min"),
            (HOUR, "1 h"),
            (6 * HOUR + 20 * MINUTE, "6 h"),
            (DAY, "1 d"),
            (47 * HOUR, "47 h"),
            (12 * DAY + 13 * HOUR, "13 d"),
            (-41 * MINUTE, "−41 min"),
            (-1, "0 s"),
            (Micros::MIN, "−106751991 d"),
        ] {
            assert_eq!(duration(length), want, "{length}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(at in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            prop_assert_eq!(parse(&rfc3339(at)), Some(at));
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
