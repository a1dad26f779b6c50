//! Parses texts as numbers, instants and hashes.

use std::borrow::Cow;

use super::{
    NO_TIME,
    calendar::{days_since_1970, month_length, plausible, read_zone},
    date_style::{DateOrder, clock, read_written},
};
use crate::summary::Micros;

/// A number as text: integers without decimals.
#[must_use]
pub fn plain(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e15 { format!("{}", x as i64) } else { format!("{x}") }
}

/// Reads a number in the format of programs, including infinities; NaN if the text is a missing value, none
/// if it is neither.
#[must_use]
pub fn read_number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(x) = text.parse::<f64>() {
        return Some(x);
    }
    if is_missing(text) {
        return Some(f64::NAN);
    }
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(1.0),
        "false" => Some(0.0),
        _ => None,
    }
}

/// Texts that programs write for a missing value, in lower case.
const MISSING_WORDS: [&str; 12] =
    ["", "na", "n/a", "nan", "null", "none", "<na>", "nat", "-nan", "\\n", "nil", "(null)"];

/// Texts that people and spreadsheets write for a missing value, in lower case: those of [`MISSING_WORDS`] need no note.
const MISSING_MARKS: [&str; 31] = [
    "?", "-", "--", "---", "–", "—", ".", "..", "...", "*", "n.a.", "n.a", "n/d", "n.d.", "k.a.", "k. a.",
    "missing", "#n/a", "#na", "#n/a n/a", "#nv", "#null!", "#div/0!", "#value!", "#wert!", "#ref!", "#num!",
    "#name?", "1.#ind", "-1.#ind", "1.#qnan",
];

/// Whether a text stands for a missing value in a column of numbers or instants.
#[must_use]
pub fn is_missing(text: &str) -> bool {
    let text = text.trim();
    // MySQL's zero date, with or without a time of day.
    if text.starts_with("0000-00-00") {
        return true;
    }
    if text.len() > 9 {
        return false;
    }
    let lower = text.to_lowercase();
    MISSING_WORDS.contains(&lower.as_str()) || MISSING_MARKS.contains(&lower.as_str())
}

/// Whether a text stands for a missing value in a way that a reader of the file should be told of.
#[must_use]
pub fn is_missing_mark(text: &str) -> bool {
    is_missing(text) && !MISSING_WORDS.contains(&text.trim().to_lowercase().as_str())
}

/// Reads a list of numbers such as `[0.1, 0.2]`.
pub(super) fn read_vector(text: &str) -> Option<Vec<f32>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    inner.split([',', ' ']).filter(|t| !t.is_empty()).map(|t| t.trim().parse().ok()).collect()
}

/// The instant of a number of seconds, milliseconds, microseconds or nanoseconds since 1970; the unit is
/// inferred from the size.
#[must_use]
pub fn epoch(x: f64) -> Micros {
    let magnitude = x.abs();
    let micros = if magnitude < 1e11 {
        x * 1e6
    } else if magnitude < 1e14 {
        x * 1e3
    } else if magnitude < 1e17 {
        x
    } else {
        x / 1e3
    };
    plausible(micros.round() as Micros)
}

/// [`epoch`] of an integer, without rounding, and the instant of a number such as 20260314 or 20260314063000.
#[must_use]
pub fn epoch_whole(x: i64) -> Micros {
    // A date written as one number, 20260314: as seconds it would be in August 1970.
    let (year, month, day) = (x / 10_000, x / 100 % 100, x % 100);
    if (1900..2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day)
    {
        return plausible(days_since_1970(year, month, day) * 86_400_000_000);
    }
    // An instant written as one number, 20260314063000: as milliseconds it would be after the year 2500.
    if (19_000_101_000_000..22_000_000_000_000).contains(&x)
        && let Some(at) = read_written(&x.to_string(), None)
    {
        return at;
    }
    let micros = match x.unsigned_abs() {
        0..100_000_000_000 => x * 1_000_000,
        100_000_000_000..100_000_000_000_000 => x * 1000,
        100_000_000_000_000..100_000_000_000_000_000 => x,
        _ => x / 1000,
    };
    plausible(micros)
}

/// Reads an instant: ISO 8601 with or without time and zone (UTC if none is given), seconds, milliseconds or
/// microseconds since 1970, or an unambiguous date in another format (`14.03.2026`, `14 Mar 2026`).
#[must_use]
pub fn read_instant(text: &str) -> Option<Micros> {
    read_instant_in(text, None)
}

/// [`read_instant`] that also reads dates whose order of day and month is given (`03/04/2026`).
#[must_use]
pub fn read_instant_in(text: &str, order: Option<DateOrder>) -> Option<Micros> {
    written_instant(text, order).filter(|&at| at != NO_TIME)
}

/// Whether a text has the format of an instant, if only of one that no clock of a log shows (the year 1).
#[must_use]
pub fn is_instant(text: &str) -> bool {
    written_instant(text, None).is_some()
}

/// The instant of a text; [`NO_TIME`] if it is not [`plausible`].
fn written_instant(text: &str, order: Option<DateOrder>) -> Option<Micros> {
    let text = text.trim();
    // Java adds the name of the zone to the offset: 2026-03-01T00:00+01:00[Europe/Berlin].
    let text = text.strip_suffix(']').and_then(|text| text.split_once('[')).map_or(text, |(text, _)| text);
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0, |n: i64, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let date = || {
        let separator = *bytes.get(4)?;
        if !matches!(separator, b'-' | b'/') || bytes.get(7) != Some(&separator) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        ((1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day))
            .then(|| days_since_1970(year, month, day))
    };
    let Some(days) = date() else {
        // Eight or fourteen digits that form a date are read as one; as an epoch they would be in 1970.
        let number = text.parse::<f64>().ok().filter(|x| x.is_finite());
        return read_written(text, order).or_else(|| number.map(epoch));
    };
    let rest = text.get(10..)?;
    match iso_clock(rest).or_else(|| clock(rest)) {
        Some(clock) => Some(plausible(days * 86_400_000_000 + clock)),
        None => in_region(text),
    }
}

/// The instant of a time of day that names its region, as Trino writes it: `2026-03-01 06:30:00.000 Europe/Berlin`. None where
/// the system knows no such region.
fn in_region(text: &str) -> Option<Micros> {
    let (local, region) = text.rsplit_once(' ').filter(|(_, region)| region.contains('/'))?;
    let zone = jiff::tz::TimeZone::get(region).ok()?;
    let local = jiff::Timestamp::from_microsecond(written_instant(local, None)?).ok()?;
    let civil = local.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Some(plausible(zone.to_zoned(civil).ok()?.timestamp().as_microsecond()))
}

/// The time of day of ISO 8601 after a date (`T06:30:00.25+01:00`), minus its zone offset, in microseconds.
fn iso_clock(text: &str) -> Option<Micros> {
    let bytes = text.as_bytes();
    let number = |from: usize| -> Option<i64> {
        let pair = bytes.get(from..from + 2)?;
        pair.iter().try_fold(0, |n: i64, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let (mut micros, mut at) = (0, 0);
    if let Some(b'T' | b't' | b' ') = bytes.first() {
        let (hour, minute) = (number(1)?, number(4)?);
        if bytes.get(3) != Some(&b':') || hour > 24 || minute > 59 {
            return None;
        }
        micros = (hour * 3600 + minute * 60) * 1_000_000;
        at = 6;
        if bytes.get(at) == Some(&b':') {
            micros += number(7).filter(|&s| s <= 60)? * 1_000_000;
            at = 9;
            if let Some(b'.' | b',') = bytes.get(at) {
                at += 1;
                let mut unit = 100_000;
                while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
                    micros += i64::from(digit - b'0') * unit;
                    unit /= 10;
                    at += 1;
                }
            }
        }
    }
    Some(micros - read_zone(text.get(at..)?.trim_start())? * 60_000_000)
}

/// An id without what tools add to it or leave out of it: a number's zero decimals (`123.0`) and leading zeros (`00123`),
/// the brackets and capital letters of a UUID, blanks around it. Ids of two files that differ in these alone are the same.
fn plain_id(text: &str) -> Cow<'_, str> {
    const MOST_DIGITS: usize = 18;
    let text = text.trim();
    let whole =
        text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0')).map_or(text, |(w, _)| w);
    if (1..=MOST_DIGITS).contains(&whole.len()) && whole.bytes().all(|b| b.is_ascii_digit()) {
        let plain = whole.trim_start_matches('0');
        return Cow::Borrowed(if plain.is_empty() { "0" } else { plain });
    }
    let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| if is_dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    if bare.len() == 36 && bare.bytes().enumerate().all(fits) {
        if bare.bytes().any(|b| b.is_ascii_uppercase()) {
            return Cow::Owned(bare.to_ascii_lowercase());
        }
        return Cow::Borrowed(bare);
    }
    Cow::Borrowed(text)
}

/// The hash of an id, by [`plain_id`].
#[must_use]
#[inline(never)]
pub fn id_hash(text: &str) -> u64 {
    hash(plain_id(text).as_bytes())
}

/// A platform-independent hash of bytes (FNV-1a, then the finaliser of `SplitMix64`); never zero.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    mix(folded).max(1)
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): each input bit flips half of the output bits on
/// average.
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        // python: int(datetime.fromisoformat(text).timestamp() * 1e6), UTC where the text has no zone
        let cases = [
            ("2026-03-14", Some(1_773_446_400_000_000)),
            ("2026-03-14T12:30:45.25", Some(1_773_491_445_250_000)),
            ("2026-03-14 12:30:45.250000+01:00", Some(1_773_487_845_250_000)),
            ("2026-03-14T12:30Z", Some(1_773_491_400_000_000)),
            ("2026-03-14 2:30 PM", Some(1_773_498_600_000_000)),
            ("2026-03-14T13:30+01:00[Europe/Berlin]", Some(1_773_491_400_000_000)),
            ("2026-03-14 12:30:00.000 Mars/Olympus", None),
            ("2024-02-29T00:00:00-0530", Some(1_709_184_600_000_000)),
            ("1969-12-31 23:59:59", Some(-1_000_000)),
            ("1773491445", Some(1_773_491_445_000_000)),
            ("1773491445250", Some(1_773_491_445_250_000)),
            ("1773491445250000", Some(1_773_491_445_250_000)),
            ("2023-02-29", None),
            ("2026-13-01", None),
            ("2026-03-14T25:00", None),
            ("14.03.2026", Some(1_773_446_400_000_000)),
            ("14/03/2026", None),
            ("1970-01-01", None),
            ("yesterday", None),
            ("", None),
            ("2026-03-1\u{e9}", None),
        ];
        for (text, want) in cases {
            assert_eq!(read_instant(text), want, "{text}");
        }
    }

    #[test]
    fn an_instant_no_log_holds_is_known_as_one_and_missing() {
        for text in ["0001-01-01 00:00:00", "9999-12-31", "1970-01-01"] {
            assert!(is_instant(text) && read_instant(text).is_none(), "{text}");
        }
        assert!(!is_instant("soon") && is_missing("0000-00-00 00:00:00"));
    }

    #[test]
    fn ids_that_tools_write_otherwise_are_the_same() {
        for (text, want) in [
            ("123.0", "123"),
            ("00123", "123"),
            ("000", "0"),
            (" a-7 ", "a-7"),
            ("1.5", "1.5"),
            ("12345678901234567890", "12345678901234567890"),
            ("{0F8FAD5B-D9CB-469F-A165-70867728950E}", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            ("0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            ("ABC", "ABC"),
            ("", ""),
        ] {
            assert_eq!(plain_id(text), want, "{text}");
        }
    }

    #[test]
    fn texts_for_nothing_are_missing_numbers() {
        for text in ["", "NaN", "NULL", "none", "?", "-", ".", "#DIV/0!", "#NV", "n.a.", "NaT", "\\N"] {
            assert!(read_number(text).is_some_and(f64::is_nan), "{text}");
        }
        assert!(is_missing_mark("?") && !is_missing_mark("NA") && !is_missing_mark("north"));
        assert!(read_number("unknown").is_none());
    }

    #[test]
    fn numbers() {
        assert_eq!(read_number(" 1e3 "), Some(1000.0));
        assert!(read_number("NA").is_some_and(f64::is_nan));
        assert_eq!(read_number("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(read_number("1,5"), None);
        assert_eq!(plain(3.0), "3");
        assert_eq!(plain(-0.5), "-0.5");
    }
}
