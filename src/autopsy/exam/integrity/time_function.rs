//! A feature that is a function of the time of the day or of the week: a weekday, a weekend's flag, a fraction of the day, its
//! sine, a part of the day in words.
//!
//! The reference rows show the function: the values in every stretch of the period agree. Rows under suspicion are then looked
//! up under the timestamp and under the timestamp moved by whole stretches; where a moved timestamp gives their values and the
//! logged one does not, the feature is computed by a clock that runs off. Own construction.

use crate::{stats::moments::ascend, summary::Column, summary::Micros};

use super::{clock::HOUR, clock::MINUTE, feature_samples::Side};

/// A period that values may repeat after.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Period {
    /// The stretches that it is looked at in.
    stretch: Micros,
    stretches: usize,
    name: &'static str,
}

/// The periods that are tried, the shorter one first: what repeats every day repeats every week.
const PERIODS: [Period; 2] = [
    Period { stretch: 15 * MINUTE, stretches: 96, name: "time of the day" },
    Period { stretch: HOUR, stretches: 168, name: "time of the week" },
];

/// Rows of a stretch from which on it is known.
const FEWEST_ROWS: usize = 4;

/// The share of the rows, and of the stretches, that must agree for a function of the time.
const AGREE: f64 = 0.9;

/// Values of one stretch lie as near to each other as this part of the whole range.
const NARROW: f64 = 0.05;

/// The same for values that are looked up, for rounding.
const TOLERANCE: f64 = 0.01;

/// A moved timestamp must agree with so many more of the rows than the logged one.
const CLEARLY: f64 = 0.1;

/// What a feature is for every stretch of a period.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeFunction {
    period: Period,
    /// The lowest and the highest usual value of each stretch; none where too few rows lie in it.
    values: Vec<Option<(f64, f64)>>,
    /// The distance within which values are the same.
    near: f64,
}

impl TimeFunction {
    /// The function of the time that a feature is in some rows, if it is one.
    pub(super) fn find(side: &Side<'_>, feature: usize) -> Option<Self> {
        PERIODS.into_iter().find_map(|period| Self::of_period(side, feature, period))
    }

    /// What it is a function of, in words.
    pub(super) const fn of(&self) -> &'static str {
        self.period.name
    }

    fn of_period(side: &Side<'_>, feature: usize, period: Period) -> Option<Self> {
        let column = &side.table.features[feature];
        let mut stretches: Vec<Vec<f64>> = vec![Vec::new(); period.stretches];
        for &row in &side.rows {
            if let Some(value) = value(column, row) {
                stretches[period.at(side.table.time[row])].push(value);
            }
        }
        let usual = |values: &mut Vec<f64>| {
            ascend(values);
            // A tenth of the rows on either side may be served late or wrong.
            let cut = values.len() / 10;
            (values.len() >= FEWEST_ROWS).then(|| (values[cut], values[values.len() - 1 - cut]))
        };
        let values: Vec<Option<(f64, f64)>> = stretches.iter_mut().map(usual).collect();
        let known: Vec<(f64, f64)> = values.iter().flatten().copied().collect();
        let (low, high) = known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), span| {
            (low.min(span.0), high.max(span.1))
        });
        let range = high - low;
        let is_category = matches!(column, Column::Categorical(_));
        let most = if is_category { 0.0 } else { NARROW * range };
        let narrow = known.iter().filter(|span| span.1 - span.0 <= most).count() as f64;
        let enough = AGREE * known.len() as f64;
        // A constant agrees with every clock.
        let constant =
            known.iter().filter(|span| span.0 == known[0].0 && span.1 == known[0].1).count() as f64;
        let is_function =
            2 * known.len() > period.stretches && narrow >= enough && constant < enough && range > 0.0;
        let function = Self { period, values, near: if is_category { 0.0 } else { TOLERANCE * range } };
        (is_function && function.agreement(side, feature, 0).is_some_and(|share| share >= AGREE))
            .then_some(function)
    }

    /// By how much the timestamp must be moved to give the values of some rows, and the share of them that it then gives; 0
    /// where the logged one does, none where no clock does.
    pub(super) fn moved(&self, side: &Side<'_>, feature: usize) -> Option<(Micros, f64)> {
        let as_logged = self.agreement(side, feature, 0)?;
        if as_logged >= AGREE {
            return Some((0, as_logged));
        }
        let half = self.period.stretches as i64 / 2;
        let mut best = (0, as_logged);
        // The smallest shift of equally good ones.
        for shift in (1..=half).flat_map(|size| [size, -size]) {
            if let Some(share) = self.agreement(side, feature, shift)
                && share > best.1
            {
                best = (shift, share);
            }
        }
        let (shift, share) = best;
        (share >= AGREE && share - as_logged >= CLEARLY).then_some((shift * self.period.stretch, share))
    }

    /// The share of some rows whose value is the function's, for a clock that is ahead by so many stretches.
    fn agreement(&self, side: &Side<'_>, feature: usize, shift: i64) -> Option<f64> {
        let column = &side.table.features[feature];
        let (mut known, mut same) = (0_usize, 0_usize);
        for &row in &side.rows {
            let at = self.period.at(side.table.time[row] + shift * self.period.stretch);
            let (Some((low, high)), Some(value)) = (self.values[at], value(column, row)) else { continue };
            known += 1;
            same += usize::from(value >= low - self.near && value <= high + self.near);
        }
        (2 * known > side.rows.len()).then(|| same as f64 / known as f64)
    }
}

impl Period {
    /// The stretch that an instant lies in.
    fn at(self, time: Micros) -> usize {
        (time.div_euclid(self.stretch)).rem_euclid(self.stretches as i64) as usize
    }
}

/// A number, or the code of a level; none where it is missing.
fn value(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Numeric { values, .. } => Some(values[row]).filter(|value| value.is_finite()),
        Column::Categorical(_) if column.is_missing(row) => None,
        Column::Categorical(codes) => Some(f64::from(codes[row])),
        Column::Embedding { .. } | Column::Absent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Table;

    /// A row every 37 minutes for five weeks.
    fn side(table: &Table, rows: std::ops::Range<usize>) -> Side<'_> {
        Side { table, rows: rows.collect() }
    }

    fn table(value: impl Fn(usize, Micros) -> f64) -> Table {
        let time: Vec<Micros> = (0..2000).map(|row: Micros| row * 37 * MINUTE).collect();
        let values = time.iter().enumerate().map(|(row, &time)| value(row, time)).collect();
        Table {
            rows: time.len(),
            features: vec![Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() }].into(),
            time,
            ..Table::default()
        }
    }

    fn shifted(value: fn(Micros) -> f64, by: Micros) -> Option<(Micros, f64)> {
        let table = table(|row, time| value(time + if row < 1000 { 0 } else { by }));
        let function = TimeFunction::find(&side(&table, 0..1000), 0)?;
        function.moved(&side(&table, 1000..2000), 0)
    }

    const DAY: Micros = 24 * HOUR;

    fn weekend(time: Micros) -> f64 {
        f64::from(u8::from(time.div_euclid(DAY).rem_euclid(7) < 2))
    }

    fn wave(time: Micros) -> f64 {
        (time.rem_euclid(DAY) as f64 / DAY as f64 * std::f64::consts::TAU).sin()
    }

    #[test]
    fn a_function_of_the_time_is_found_with_its_shift() {
        for (name, value, by) in [
            ("weekend", weekend as fn(Micros) -> f64, DAY),
            ("weekday", |time| time.div_euclid(DAY).rem_euclid(7) as f64, -DAY),
            ("fraction of the day", |time| time.rem_euclid(DAY) as f64 / DAY as f64, 2 * HOUR),
            ("sine", wave, -90 * MINUTE),
        ] {
            let (off, agree) = shifted(value, by).unwrap_or_else(|| panic!("{name} is a function"));
            assert_eq!(off, by, "{name}");
            assert!(agree >= AGREE, "{name}: {agree}");
            assert_eq!(shifted(value, 0).map(|found| found.0), Some(0), "{name}");
        }
    }

    #[test]
    fn what_does_not_follow_the_clock_is_no_function_of_it() {
        for value in [
            (|row, _| (row * 7919 % 1000) as f64) as fn(usize, Micros) -> f64,
            |_, _| 3.0,
            |row, _| f64::from(u8::from(row % 20 == 0)),
            |row, time| wave(time) + (row * 7919 % 1000) as f64 / 500.0,
        ] {
            let table = table(value);
            assert_eq!(TimeFunction::find(&side(&table, 0..1000), 0), None);
        }
    }
}
