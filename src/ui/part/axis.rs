//! Axes: from values to places, and the round numbers that label them.

use crate::summary::Micros;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By their logarithm; values that are not above 0 have no place.
    Log,
    /// By their logarithm on either side of 0, and evenly near it: see [`Axis::even_within`].
    SignedLog,
}

/// What the values are, for the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Plain numbers.
    #[default]
    Number,
    /// Shares, shown as percentages.
    Share,
    /// Instants: microseconds since 1970-01-01 UTC.
    Time,
}

/// A labelled place.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// The value.
    pub at: f64,
    /// Its label.
    pub label: String,
}

/// From where to where, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// The value at the low end.
    pub from: f64,
    /// The value at the high end.
    pub to: f64,
    /// How values are spread.
    pub scale: Scale,
    /// What they are.
    pub unit: Unit,
    /// On a [`Scale::SignedLog`]: up to this distance from 0 values are spread evenly.
    pub even_within: f64,
    /// Labels instead of round numbers, such as the quantiles of a rank axis.
    pub ticks: Option<Vec<Tick>>,
}

impl Axis {
    /// A linear axis of plain numbers.
    #[must_use]
    pub fn linear(from: f64, to: f64) -> Self {
        Self { from, to, ..Self::default() }
    }

    /// A logarithmic axis; both ends above 0.
    #[must_use]
    pub fn log(from: f64, to: f64) -> Self {
        Self { from, to, scale: Scale::Log, ..Self::default() }
    }

    /// A linear axis of shares.
    #[must_use]
    pub fn shares(from: f64, to: f64) -> Self {
        Self { from, to, unit: Unit::Share, ..Self::default() }
    }

    /// An axis of time.
    #[must_use]
    pub fn time(from: Micros, to: Micros) -> Self {
        Self { from: from as f64, to: to as f64, unit: Unit::Time, ..Self::default() }
    }

    /// A linear axis over the finite values, with a little air on both sides.
    #[must_use]
    pub fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extent(values.into_iter().filter(|v| v.is_finite())).unwrap_or((0.0, 1.0));
        // Values that do not vary still get an axis, as wide as they are large.
        let air = if high > low { (high - low) * 0.06 } else { high.abs().max(1.0) * 0.05 };
        Self::linear(low - air, high + air)
    }

    /// A logarithmic axis over the values; where some are not above 0 it is linear near 0, so that none is left out.
    #[must_use]
    pub fn log_around(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        let Some((low, high)) = extent(values.iter().copied()) else {
            return Self::linear(0.0, 1.0);
        };
        if low > 0.0 {
            return Self::log(low / 1.15, high * 1.15);
        }
        let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).filter(|&v| v > 0.0).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        // The smallest common size: a few tiny values must not take half of the axis.
        let Some(&even_within) = sizes.get(sizes.len() / 20) else {
            return Self::around(values);
        };
        let apart = |value: f64, way: f64| way * (even_within * 0.25).max(value.abs() * 0.15);
        Self {
            from: low + apart(low, -1.0),
            to: high + apart(high, 1.0),
            scale: Scale::SignedLog,
            even_within,
            ..Self::default()
        }
    }

    /// The position of a value, 0 at the low end and 1 at the high one; none if it is not on the axis.
    #[must_use]
    pub fn place(&self, value: f64) -> Option<f64> {
        let (from, to, value) = match self.scale {
            Scale::Linear => (self.from, self.to, value),
            Scale::Log if value > 0.0 && self.from > 0.0 && self.to > 0.0 => {
                (self.from.ln(), self.to.ln(), value.ln())
            }
            Scale::Log => return None,
            Scale::SignedLog => {
                let spread = |value: f64| (value / self.even_within).asinh();
                (spread(self.from), spread(self.to), spread(value))
            }
        };
        let place = (value - from) / (to - from);
        place.is_finite().then_some(place)
    }

    /// At most `at_most` labelled places at round values, ascending.
    #[must_use]
    pub fn ticks(&self, at_most: usize) -> Vec<Tick> {
        let inside = |at: f64| self.place(at).is_some_and(|p| (-1e-9..=1.0 + 1e-9).contains(&p));
        if let Some(ticks) = &self.ticks {
            return ticks.iter().filter(|tick| inside(tick.at)).cloned().collect();
        }
        let usable = self.from.is_finite() && self.to.is_finite() && self.from < self.to && at_most > 0;
        if !usable {
            return Vec::new();
        }
        let mut ticks = match (self.unit, self.scale) {
            (Unit::Time, _) => time_ticks(self.from as Micros, self.to as Micros, at_most),
            (_, Scale::Log) => log_ticks(self.from, self.to, at_most),
            (_, Scale::SignedLog) => signed_log_ticks(self, at_most),
            (unit, Scale::Linear) => linear_ticks(self.from, self.to, at_most, unit),
        };
        ticks.retain(|tick| inside(tick.at));
        ticks
    }
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |extent, v| match extent {
        None => Some((v, v)),
        Some((low, high)) => Some((if v < low { v } else { low }, if v > high { v } else { high })),
    })
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(from: f64, to: f64, at_most: usize, unit: Unit) -> Vec<Tick> {
    let raw = (to - from) / at_most as f64;
    let power = 10_f64.powf(raw.log10().floor());
    let Some(step) = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|&s| s >= raw * (1.0 - 1e-9))
    else {
        return Vec::new();
    };
    let (first, last) = ((from / step - 1e-9).ceil(), (to / step + 1e-9).floor());
    if !(first.is_finite() && last.is_finite()) || last - first > 200.0 {
        return Vec::new();
    }
    let count = (last - first) as i32;
    let shown = if unit == Unit::Share { step * 100.0 } else { step };
    let decimals = (-shown.log10().floor()).clamp(0.0, 12.0) as usize;
    let at = |i: i32| (first + f64::from(i)) * step;
    (0..=count).map(|i| Tick { at: at(i), label: label(at(i), decimals, unit) }).collect()
}

/// The label of a tick with a fixed number of decimals; large numbers in thousands, millions and billions.
fn label(value: f64, decimals: usize, unit: Unit) -> String {
    let value = if value.abs() < 1e-12 { 0.0 } else { value };
    let text = match unit {
        Unit::Share => format!("{:.decimals$} %", value * 100.0),
        Unit::Number | Unit::Time => match value.abs() {
            size if size >= 1e15 => format!("{value:.0e}"),
            size if size >= 1e9 => format!("{} G", trimmed(value / 1e9)),
            size if size >= 1e6 => format!("{} M", trimmed(value / 1e6)),
            size if size >= 1e4 => format!("{} k", trimmed(value / 1e3)),
            _ if decimals > 6 => format!("{value:.1e}"),
            _ => format!("{value:.decimals$}"),
        },
    };
    text.replace('-', "−")
}

/// A number with as many decimals as it needs, three at most.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Powers of ten; 2 and 5 times them when there are few.
fn log_ticks(from: f64, to: f64, at_most: usize) -> Vec<Tick> {
    if from <= 0.0 {
        return Vec::new();
    }
    let (low, high) = (from.log10(), to.log10());
    let decades = (high.floor() - low.ceil() + 1.0).max(0.0);
    let every = (decades / at_most as f64).ceil().max(1.0) as i32;
    let mantissas: &[f64] = if decades * 3.0 + 1.0 <= at_most as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut ticks = Vec::new();
    for decade in (low.floor().max(-320.0) as i32)..=(high.ceil().min(320.0) as i32) {
        if decade.rem_euclid(every) != 0 {
            continue;
        }
        for mantissa in mantissas {
            let at = mantissa * 10_f64.powi(decade);
            if at >= from * (1.0 - 1e-9) && at <= to * (1.0 + 1e-9) {
                let decimals = usize::try_from(-decade).unwrap_or(0);
                ticks.push(Tick { at, label: label(at, decimals, Unit::Number) });
            }
        }
    }
    if ticks.len() < 2 { linear_ticks(from, to, at_most.min(4), Unit::Number) } else { ticks }
}

/// 0, and powers of ten on either side of it.
fn signed_log_ticks(axis: &Axis, at_most: usize) -> Vec<Tick> {
    // A little air beyond 0 is no side of its own.
    let sides = [-axis.from, axis.to].into_iter().filter(|&end| end > axis.even_within).count().max(1);
    let each = (at_most.saturating_sub(1) / sides).max(1);
    let side =
        |end: f64| if end > axis.even_within { log_ticks(axis.even_within, end, each) } else { Vec::new() };
    let below = side(-axis.from).into_iter().rev();
    let mut ticks: Vec<Tick> =
        below.map(|tick| Tick { at: -tick.at, label: format!("−{}", tick.label) }).collect();
    ticks.push(Tick { at: 0.0, label: "0".to_owned() });
    ticks.extend(side(axis.to));
    ticks
}

const HOUR: Micros = 3_600_000_000;
const DAY: Micros = 24 * HOUR;

/// Midnights, or round hours within a day or two; weeks and more count from a Monday.
fn time_ticks(from: Micros, to: Micros, at_most: usize) -> Vec<Tick> {
    const STEPS: [Micros; 14] = [
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        4 * DAY,
        7 * DAY,
        14 * DAY,
        28 * DAY,
        56 * DAY,
        112 * DAY,
        364 * DAY,
    ];
    let length = to.saturating_sub(from);
    let fits = |step: &Micros| length / step < at_most as Micros;
    let step = STEPS.into_iter().find(fits).unwrap_or_else(|| (length / at_most as Micros).max(1));
    // Steps of days count from the first midnight, so that the first label is near the beginning.
    let origin = if step >= DAY {
        from.div_euclid(DAY) * DAY + if from.rem_euclid(DAY) > 0 { DAY } else { 0 }
    } else {
        0
    };
    let first = origin + (from - origin).div_euclid(step) * step;
    let mut ticks = Vec::new();
    let mut at = if first < from { first.saturating_add(step) } else { first };
    while at <= to && ticks.len() <= at_most {
        ticks.push(Tick { at: at as f64, label: time_label(at, step, length) });
        at = at.saturating_add(step);
    }
    ticks
}

fn time_label(at: Micros, step: Micros, length: Micros) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(at) else {
        return String::new();
    };
    let civil = instant.to_zoned(jiff::tz::TimeZone::UTC);
    if length > 600 * DAY {
        civil.strftime("%Y-%m").to_string()
    } else if step < DAY && at.rem_euclid(DAY) != 0 {
        civil.strftime("%H:%M").to_string()
    } else {
        civil.strftime("%m-%d").to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis, at_most: usize) -> Vec<String> {
        axis.ticks(at_most).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        assert_eq!(labels(&Axis::linear(0.69, 0.87), 5), ["0.70", "0.75", "0.80", "0.85"]);
        assert_eq!(labels(&Axis::linear(-3.0, 3.0), 3), ["−2", "0", "2"]);
        assert_eq!(labels(&Axis::shares(0.0, 0.09), 3), ["0 %", "5 %"]);
        assert_eq!(labels(&Axis::log(0.004, 220.0), 6), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(&Axis::linear(0.0, 120_000.0), 3), ["0", "50 k", "100 k"]);
    }

    #[test]
    fn time_is_labelled_by_days_and_by_hours() {
        let start = 1_772_409_600_000_000; // 2026-03-02T00:00:00Z
        let axis = Axis::time(start, start + 42 * DAY);
        assert_eq!(labels(&axis, 6), ["03-02", "03-16", "03-30", "04-13"]);
        let axis = Axis::time(start + HOUR / 2, start + DAY);
        assert_eq!(labels(&axis, 5), ["06:00", "12:00", "18:00", "03-03"]);
    }

    #[test]
    fn a_log_axis_has_no_place_for_what_is_not_above_zero() {
        let axis = Axis::log(0.1, 10.0);
        assert_eq!(axis.place(0.0), None);
        assert_eq!(axis.place(-1.0), None);
        assert!((axis.place(1.0).unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_log_axis_around_zero_leaves_no_value_out() {
        let axis = Axis::log_around([0.0, 1.0, 10.0, 1000.0]);
        assert_eq!(axis.scale, Scale::SignedLog);
        let places: Vec<f64> =
            [0.0, 1.0, 10.0, 1000.0].iter().map(|&v| axis.place(v).expect("a place")).collect();
        assert!(places.windows(2).all(|w| w[0] + 0.05 < w[1]) && places[0] >= 0.0, "{places:?}");
        assert_eq!(labels(&axis, 6), ["0", "1", "10", "100", "1000"]);
        assert_eq!(Axis::log_around([0.0, 0.0]).scale, Scale::Linear);
        assert_eq!(Axis::log_around([1.0, 10.0]).scale, Scale::Log);
    }

    proptest! {
        #[test]
        fn ticks_are_few_ascending_and_inside(from in -1e9_f64..1e9, length in 1e-6_f64..1e9, at_most in 1_usize..12) {
            for axis in [Axis::linear(from, from + length), Axis::log(length, length * (2.0 + from.abs()))] {
                let ticks = axis.ticks(at_most);
                prop_assert!(ticks.len() <= at_most.max(4) + 1, "{axis:?} {ticks:?}");
                prop_assert!(ticks.windows(2).all(|w| w[0].at < w[1].at));
                prop_assert!(ticks.iter().all(|t| axis.place(t.at).is_some_and(|p| (-1e-6..=1.000_001).contains(&p))));
            }
        }
    }
}
