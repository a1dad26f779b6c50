//! Dates in everyday formats: day or month first, month names, 12-hour clocks, two-digit years.

use super::{
    NO_TIME,
    calendar::{days_since_1970, month_length, plausible, read_zone},
};
use crate::summary::Micros;

/// Which of the first two numbers of a date such as `03/04/2026` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `14/03/2026`
    DayFirst,
    /// `03/14/2026`
    MonthFirst,
}

/// The parts of a text that may be a date, with the first two numbers in their original order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct DateParts {
    first: i64,
    second: i64,
    year: i64,
    /// Which of the first two is the day, if the text shows it (a month name, points between the numbers).
    order: Option<DateOrder>,
    /// Microseconds since midnight, minus the zone offset.
    clock: Micros,
}

/// How the names of the months begin, in English, German, French, Spanish, Italian, Portuguese, Dutch and the Scandinavian
/// languages, in lower case.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrz", "mrt", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag", "mei", "maj"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic", "des"],
];

/// How the names of the days of the week begin, in English and German.
const DAYS: [&str; 13] =
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "die", "mit", "don", "fre", "sam", "son"];

fn month_of(name: &str) -> Option<i64> {
    if !name.starts_with(char::is_alphabetic) {
        return None;
    }
    let name = name.to_lowercase();
    let at = MONTHS.iter().position(|starts| starts.iter().any(|start| name.starts_with(start)))?;
    Some(at as i64 + 1)
}

/// Reads an instant in a format other than ISO 8601 or a number (see [`super::read_instant`]).
///
/// * `order`: which of the first two numbers is the day if the text does not show it; without it, such a text
///   is not an instant.
pub(super) fn read_written(text: &str, order: Option<DateOrder>) -> Option<Micros> {
    if let Some(week) = iso_week(text) {
        return Some(week);
    }
    if let Some(latin) = east_asian(text) {
        return super::read_instant(&latin);
    }
    let parts = parts(text)?;
    instant(parts, parts.order.or(order)?)
}

/// Rewrites a date of China, Japan or Korea with the signs of ISO 8601: `2026年3月14日 6時05分`, `2026년 3월 14일 06:05`.
fn east_asian(text: &str) -> Option<String> {
    let (year, rest) = text.trim().split_once(['年', '년'])?;
    let (month, rest) = rest.split_once(['月', '월'])?;
    let (day, clock) = rest.split_once(['日', '일', '号'])?;
    let clock: String = clock
        .trim()
        .chars()
        .map(|sign| match sign {
            '時' | '时' | '点' | '시' | '分' | '분' => ':',
            '秒' | '초' => ' ',
            sign => sign,
        })
        .filter(|sign| *sign != ' ')
        .collect();
    let clock = clock.trim_end_matches(':');
    let parts: Vec<String> = clock.split(':').map(|part| format!("{part:0>2}")).collect();
    let clock = if clock.is_empty() { String::new() } else { format!("T{}", parts.join(":")) };
    let clock = if clock.len() == 3 { format!("{clock}:00") } else { clock };
    let number = |part: &str| part.trim().parse::<u16>().ok();
    Some(format!("{:04}-{:02}-{:02}{clock}", number(year)?, number(month)?, number(day)?))
}

/// Reads a week date of ISO 8601: `2026-W12-4`, `2026W124`; a week without a day is its Monday.
fn iso_week(text: &str) -> Option<Micros> {
    let (year, rest) = text.trim().split_at_checked(4)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest).strip_prefix(['W', 'w'])?;
    let (week, rest) = rest.split_at_checked(2)?;
    let day = rest.strip_prefix('-').unwrap_or(rest);
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok())?;
    let (year, week) = (number(year)?, number(week).filter(|week| (1..=53).contains(week))?);
    let day = if day.is_empty() { 1 } else { number(day).filter(|day| (1..=7).contains(day))? };
    // The first week holds the fourth of January; 1970-01-01 was a Thursday.
    let fourth = days_since_1970(year, 1, 4);
    let monday = fourth - (fourth + 3).rem_euclid(7);
    Some(plausible((monday + (week - 1) * 7 + day - 1) * 86_400_000_000))
}

fn instant(parts: DateParts, order: DateOrder) -> Option<Micros> {
    let (day, month) = match order {
        DateOrder::DayFirst => (parts.first, parts.second),
        DateOrder::MonthFirst => (parts.second, parts.first),
    };
    if !(1..=12).contains(&month) || !(1..=month_length(parts.year, month)).contains(&day) {
        return None;
    }
    Some(plausible(days_since_1970(parts.year, month, day) * 86_400_000_000 + parts.clock))
}

/// Rewrites a date of Unix and Java, whose year stands last: `Mar 14 06:00:00 CET 2026`.
fn year_moved(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (month, day, time, zone, year) = match words[..] {
        [month, day, time, year] => (month, day, time, "", year),
        [month, day, time, zone, year] => (month, day, time, zone, year),
        _ => return None,
    };
    let fits = month_of(month).is_some()
        && time.contains(':')
        && year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("{month} {day} {year} {time} {zone}"))
}

/// Takes a date of SAS apart, which has nothing between its parts: `14MAR2026:06:00:00`.
fn joined_date(text: &str) -> Option<String> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (day, rest) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let (month, rest) = rest.split_at_checked(3)?;
    let (year, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let fits =
        matches!(day.len(), 1 | 2) && digits(day) && month_of(month).is_some() && matches!(year.len(), 2 | 4);
    fits.then(|| format!("{day}-{month}-{year}{rest}"))
}

/// Writes a time of Oracle, whose parts points separate, with colons: `06.00.00.000000 AM`.
fn pointed_clock(text: &str) -> Option<String> {
    let (digits, rest) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let parts: Vec<&str> = digits.split('.').collect();
    let fits = matches!(parts[..], [_, _, _] | [_, _, _, _]) && parts[..3].iter().all(|part| part.len() == 2);
    let fraction = parts.get(3).map(|fraction| format!(".{fraction}")).unwrap_or_default();
    fits.then(|| format!("{}:{}:{}{fraction}{rest}", parts[0], parts[1], parts[2]))
}

fn parts(text: &str) -> Option<DateParts> {
    let mut text = text.trim();
    if let Some((name, rest)) = text.split_once([',', ' '])
        && name.len() >= 3
        && DAYS.iter().any(|day| name.to_ascii_lowercase().starts_with(day))
    {
        text = rest.trim_start();
    }
    let moved = year_moved(text);
    let text = moved.as_deref().unwrap_or(text);
    let whole = |part: &str, most: usize| -> Option<i64> {
        let digits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    // A date as one number: 20260314 or 20260314060000.
    if matches!(text.len(), 8 | 14) && text.bytes().all(|b| b.is_ascii_digit()) {
        let part = |from: usize, to: usize| whole(&text[from..to], 4);
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let clock = if text.len() == 14 { clock_of(part(8, 10)?, part(10, 12)?, part(12, 14)?)? } else { 0 };
        return Some(DateParts { first: day, second: month, year, order: Some(DateOrder::DayFirst), clock });
    }
    // The basic format of ISO 8601: 20260314T060500Z.
    if let Some((date, time)) = text.split_once(['T', 't'])
        && date.len() == 8
        && date.bytes().all(|b| b.is_ascii_digit())
    {
        let part = |from: usize, to: usize| whole(&date[from..to], 4);
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let order = Some(DateOrder::DayFirst);
        return Some(DateParts { first: day, second: month, year, order, clock: basic_clock(time)? });
    }
    let apart = joined_date(text);
    let text = apart.as_deref().unwrap_or(text);
    let end_of_number = text.find(|c: char| !c.is_alphanumeric())?;
    let (one, rest) = text.split_at(end_of_number);
    let separator = rest.chars().next()?;
    if !matches!(separator, '/' | '.' | '-' | ' ') {
        return None;
    }
    // German puts a point behind the day, and Spanish a word: "14. März 2026", "14 de marzo de 2026".
    let rest = rest[1..].trim_start();
    let rest = rest.strip_prefix("de ").unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let (two, rest) = rest.split_at(end);
    let rest = rest.trim_start_matches([',', ' ', '/', '.', '-']);
    let rest = rest.strip_prefix("de ").unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (three, rest) = rest.split_at(end);
    let (first, second, year, order) = match (month_of(one), month_of(two)) {
        (Some(month), None) => (whole(two, 2)?, month, three, Some(DateOrder::DayFirst)),
        (None, Some(month)) if one.len() == 4 => (whole(three, 2)?, month, one, Some(DateOrder::DayFirst)),
        (None, Some(month)) => (whole(one, 2)?, month, three, Some(DateOrder::DayFirst)),
        _ if one.len() == 4 => (whole(three, 2)?, whole(two, 2)?, one, Some(DateOrder::DayFirst)),
        // Dates with points never have the month first.
        _ => (whole(one, 2)?, whole(two, 2)?, three, (separator == '.').then_some(DateOrder::DayFirst)),
    };
    let short = year.len() == 2;
    let year = whole(year, 4).filter(|_| short || year.len() == 4)?;
    let year = match year {
        0..=68 if short => 2000 + year,
        69..=99 if short => 1900 + year,
        year => year,
    };
    Some(DateParts { first, second, year, order, clock: clock(rest)? })
}

fn clock_of(hour: i64, minute: i64, second: i64) -> Option<Micros> {
    let fits = hour <= 24 && minute <= 59 && second <= 60;
    fits.then(|| (hour * 3600 + minute * 60 + second) * 1_000_000)
}

/// The time of day without colons (`060500`, `0605`, each with or without a fraction and a zone), minus its zone offset.
fn basic_clock(text: &str) -> Option<Micros> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (format!("{:0<6.6}", &rest[..end]).parse::<i64>().ok()?, &rest[end..])
        }
        None => (0, rest),
    };
    Some(clock_of(part(0)?, part(2)?, part(4)?)? + fraction - read_zone(rest.trim())? * 60_000_000)
}

/// The time of day after a date, minus its zone offset; midnight if there is none.
pub(super) fn clock(text: &str) -> Option<Micros> {
    let text = text.trim_start_matches([',', ' ', 'T', ':']);
    let text = text.strip_prefix("at ").unwrap_or(text).trim();
    if text.is_empty() {
        return Some(0);
    }
    let pointed = pointed_clock(text);
    let text = pointed.as_deref().unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let mut parts = digits.splitn(3, ':');
    let number = |part: Option<&str>| part.map_or(Some(0), |part| part.parse::<i64>().ok());
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let (second, fraction) = match parts.next() {
        Some(part) => {
            let (second, fraction) = part.split_once(['.', ',']).unwrap_or((part, ""));
            let micros = format!("{fraction:0<6.6}").parse::<i64>().ok()?;
            (second.parse().ok()?, micros)
        }
        None => (0, 0),
    };
    let rest = rest.trim_start();
    let half = rest.get(..2).map(str::to_ascii_lowercase);
    let (hour, rest) = match half.as_deref() {
        Some("am") if (1..=12).contains(&hour) => (hour % 12, &rest[2..]),
        Some("pm") if (1..=12).contains(&hour) => (hour % 12 + 12, &rest[2..]),
        // An hour without minutes is not a time of day.
        _ if !digits.contains(':') => return None,
        _ => (hour, rest),
    };
    let offset = read_zone(rest.trim())?;
    Some(clock_of(hour, minute, second)? + fraction - offset * 60_000_000)
}

/// Evidence on the date order of a column, from its texts.
#[derive(Debug, Clone, Default)]
pub struct DateEvidence {
    /// Texts that are dates with the day first only, with the month first only, and in either order.
    only_day: u64,
    only_month: u64,
    either: u64,
    /// Texts that are not such dates.
    neither: u64,
    example: Option<String>,
    telling: Option<String>,
    /// The last instant under each reading, and the number of steps back in time under each.
    last: [Option<Micros>; 2],
    back: [u64; 2],
}

/// The date order found for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderFound {
    /// The column has no such dates.
    NoDates,
    /// This order: an example, and whether only the order of the rows determines it.
    Clear(DateOrder, String, bool),
    /// Ambiguous: all days are 12 or less, and the rows are in time order either way. With an example.
    Either(String),
}

impl DateEvidence {
    /// Adds a text that is not a missing value.
    pub fn look(&mut self, text: &str) {
        let Some(parts) = parts(text).filter(|parts| parts.order.is_none()) else {
            self.neither += 1;
            return;
        };
        let readings = [instant(parts, DateOrder::DayFirst), instant(parts, DateOrder::MonthFirst)];
        match readings {
            [Some(_), Some(_)] => self.either += 1,
            [Some(_), None] => self.only_day += 1,
            [None, Some(_)] => self.only_month += 1,
            [None, None] => self.neither += 1,
        }
        if readings.iter().filter(|reading| reading.is_some()).count() == 1 {
            self.telling.get_or_insert_with(|| text.trim().to_owned());
        }
        self.example.get_or_insert_with(|| text.trim().to_owned());
        for ((reading, last), back) in readings.into_iter().zip(&mut self.last).zip(&mut self.back) {
            if let Some(now) = reading.filter(|&now| now != NO_TIME) {
                *back += u64::from(last.is_some_and(|last| now < last));
                *last = Some(now);
            }
        }
    }

    /// The date order.
    ///
    /// * `said`: the order given by the user.
    #[must_use]
    pub fn order(&self, said: Option<DateOrder>) -> OrderFound {
        let all = self.only_day + self.only_month + self.either;
        if all == 0 || self.neither > 0 || (self.only_day > 0 && self.only_month > 0) {
            return OrderFound::NoDates;
        }
        let example = self.telling.clone().or_else(|| self.example.clone()).unwrap_or_default();
        if self.only_day > 0 {
            return OrderFound::Clear(DateOrder::DayFirst, example, false);
        }
        if self.only_month > 0 {
            return OrderFound::Clear(DateOrder::MonthFirst, example, false);
        }
        if let Some(said) = said {
            return OrderFound::Clear(said, example, false);
        }
        // A log is written in time order: the wrong reading jumps back where the month changes.
        match (self.back[0], self.back[1]) {
            (0, 1..) => OrderFound::Clear(DateOrder::DayFirst, example, true),
            (1.., 0) => OrderFound::Clear(DateOrder::MonthFirst, example, true),
            _ => OrderFound::Either(example),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::summary::values::read_instant;

    #[test]
    fn dates_of_china_japan_and_korea() {
        let want = read_instant("2026-03-14T06:05:00");
        for text in [
            "2026年3月14日 06:05",
            "2026年03月14日 6時05分",
            "2026年3月14日06时05分00秒",
            "2026년 3월 14일 06:05:00",
        ] {
            assert_eq!(read_written(text, None), want, "{text}");
        }
        assert_eq!(read_written("2026年3月14日", None), read_instant("2026-03-14"));
        assert_eq!(read_written("2026年13月14日", None), None);
    }

    #[test]
    fn dates_as_people_write_them() {
        let iso = |text: &str| read_instant(text);
        for (text, day_first, month_first) in [
            ("14/03/2026 06:00", Some("2026-03-14T06:00"), None),
            ("03/14/2026 6:00 PM", None, Some("2026-03-14T18:00")),
            ("03/04/2026", Some("2026-04-03"), Some("2026-03-04")),
            ("3/4/26 12:05 am", Some("2026-04-03T00:05"), Some("2026-03-04T00:05")),
            ("14-03-2026", Some("2026-03-14"), None),
            ("31/12/99", Some("1999-12-31"), None),
        ] {
            assert_eq!(read_written(text, Some(DateOrder::DayFirst)), day_first.and_then(iso), "{text}");
            assert_eq!(read_written(text, Some(DateOrder::MonthFirst)), month_first.and_then(iso), "{text}");
            assert_eq!(read_written(text, None), None, "{text}");
        }
        for (text, want) in [
            ("14.03.2026 06:00:30", Some("2026-03-14T06:00:30")),
            ("4.3.26", Some("2026-03-04")),
            ("2026.03.14", Some("2026-03-14")),
            ("14 Mar 2026 06:00", Some("2026-03-14T06:00")),
            ("March 14, 2026", Some("2026-03-14")),
            ("Sat, 14 Mar 2026 06:00:00 +0100", Some("2026-03-14T05:00")),
            ("14/Mar/2026:06:00:00 +0000", Some("2026-03-14T06:00")),
            ("14-Mar-26", Some("2026-03-14")),
            ("20260314", Some("2026-03-14")),
            ("20260314060500", Some("2026-03-14T06:05")),
            ("20260314T060500Z", Some("2026-03-14T06:05")),
            ("20260314T0605+0100", Some("2026-03-14T05:05")),
            ("14. März 2026 06:00", Some("2026-03-14T06:00")),
            ("14 janv. 2026", Some("2026-01-14")),
            ("14 de octubre de 2026", Some("2026-10-14")),
            ("2 juil. 2026", Some("2026-07-02")),
            ("Sat Mar 14 06:00:00 CET 2026", Some("2026-03-14T05:00")),
            ("14.03.2026 06:00:30,250", Some("2026-03-14T06:00:30.25")),
            ("2026-W12-4", Some("2026-03-19")),
            ("2026W12", Some("2026-03-16")),
            ("2020-W53-7", Some("2021-01-03")),
            ("2026-W54", None),
            ("31.02.2026", None),
            ("14.03.2026 25:00", None),
            ("1.5", None),
            ("north 1 2026", None),
            ("12-34", None),
        ] {
            assert_eq!(read_written(text, None), want.and_then(iso), "{text}");
        }
    }

    fn order(texts: &[&str]) -> OrderFound {
        let mut evidence = DateEvidence::default();
        texts.iter().for_each(|text| evidence.look(text));
        evidence.order(None)
    }

    #[test]
    fn a_column_tells_its_order_or_that_it_cannot() {
        let clear = |order, text: &str, by_rows| OrderFound::Clear(order, text.to_owned(), by_rows);
        assert_eq!(order(&["03/04/2026", "14/03/2026"]), clear(DateOrder::DayFirst, "14/03/2026", false));
        assert_eq!(order(&["03/04/2026", "03/14/2026"]), clear(DateOrder::MonthFirst, "03/14/2026", false));
        assert_eq!(order(&["03/04/2026", "03/05/2026"]), OrderFound::Either("03/04/2026".to_owned()));
        // The rows are in time order with the day first only.
        assert_eq!(
            order(&["11/03/2026", "12/03/2026", "01/04/2026"]),
            clear(DateOrder::DayFirst, "11/03/2026", true)
        );
        assert_eq!(order(&["14/03/2026", "03/14/2026"]), OrderFound::NoDates);
        assert_eq!(order(&["14/03/2026", "soon"]), OrderFound::NoDates);
        assert_eq!(order(&["14.03.2026"]), OrderFound::NoDates, "it needs no order");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,24}", order in prop_oneof![Just(DateOrder::DayFirst), Just(DateOrder::MonthFirst)]) {
            let _ = read_written(&text, Some(order));
            DateEvidence::default().look(&text);
        }
    }
}
