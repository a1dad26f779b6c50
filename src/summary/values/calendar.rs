//! Days, months and zones.

use super::NO_TIME;
use crate::summary::Micros;

/// Returns the instant, unless it is outside the years 1900 to 2200 or exactly 1970-01-01T00:00:00: missing
/// times are often written like that, and one such row would stretch the windows over decades.
#[must_use]
pub fn plausible(micros: Micros) -> Micros {
    const FIRST: Micros = -2_208_988_800_000_000;
    const LAST: Micros = 7_258_118_400_000_000;
    if micros != 0 && (FIRST..LAST).contains(&micros) { micros } else { NO_TIME }
}

/// The offset of a zone from UTC in minutes: none written, `Z`, `UTC`, `+01:00`, `-0530`, `+02`, `UTC+1`, and the
/// abbreviations that have one meaning.
pub(super) fn read_zone(zone: &str) -> Option<i64> {
    const NAMED: [(&str, i64); 16] = [
        ("UTC", 0),
        ("GMT", 0),
        ("WET", 0),
        ("WEST", 60),
        ("CET", 60),
        ("MEZ", 60),
        ("CEST", 120),
        ("MESZ", 120),
        ("EET", 120),
        ("EEST", 180),
        ("EST", -300),
        ("EDT", -240),
        ("PST", -480),
        ("PDT", -420),
        ("JST", 540),
        ("AEST", 600),
    ];
    if let Some((_, minutes)) = NAMED.iter().find(|(name, _)| *name == zone) {
        return Some(*minutes);
    }
    let zone = zone.strip_prefix("UTC").or_else(|| zone.strip_prefix("GMT")).unwrap_or(zone);
    Some(match zone.as_bytes() {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let figures: Vec<i64> =
                rest.iter().filter(|&&b| b != b':').map(|b| i64::from(*b) - i64::from(b'0')).collect();
            let minutes = match figures.as_slice() {
                _ if figures.iter().any(|d| !(0..=9).contains(d)) => return None,
                [a] => a * 60,
                [a, b] => (a * 10 + b) * 60,
                [a, b, c, d] => (a * 10 + b) * 60 + c * 10 + d,
                _ => return None,
            };
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    })
}

/// The number of days in a month.
pub(super) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, *chrono-Compatible Low-Level Date
/// Algorithms*).
pub(super) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
