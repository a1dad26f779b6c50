//! The time windows in which production is counted.

use super::Micros;
use crate::cached::cached;

const HOUR: Micros = 3_600_000_000;

/// The width of a window. Each width is a whole multiple of the one before, so finer windows add up to coarser ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Width {
    /// One hour.
    #[serde(rename = "1 h")]
    Hour,
    /// Six hours.
    #[serde(rename = "6 h")]
    SixHours,
    /// One day, from midnight UTC.
    #[serde(rename = "1 d")]
    Day,
    /// Seven days, from Monday, midnight UTC.
    #[serde(rename = "7 d")]
    Week,
    /// Four weeks.
    #[serde(rename = "28 d")]
    FourWeeks,
}

cached!(
    enum Width {
        Hour,
        SixHours,
        Day,
        Week,
        FourWeeks,
    }
);

impl Width {
    /// All widths, narrowest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::FourWeeks];

    /// The width in microseconds.
    #[must_use]
    pub const fn micros(self) -> Micros {
        match self {
            Self::Hour => HOUR,
            Self::SixHours => 6 * HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::FourWeeks => 28 * 24 * HOUR,
        }
    }

    /// The name for display: `1 h`, `6 h`, `1 d`, `7 d`, `28 d`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1 h",
            Self::SixHours => "6 h",
            Self::Day => "1 d",
            Self::Week => "7 d",
            Self::FourWeeks => "28 d",
        }
    }

    /// The noun for sentences, as in `PSI by day`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::SixHours => "six hours",
            Self::Day => "day",
            Self::Week => "week",
            Self::FourWeeks => "four weeks",
        }
    }

    /// The next wider width.
    #[must_use]
    pub fn wider(self) -> Option<Self> {
        Self::ALL.into_iter().find(|&w| w > self)
    }

    /// The next narrower width.
    #[must_use]
    pub fn narrower(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|&w| w < self)
    }

    /// The start of the window that contains an instant.
    #[must_use]
    pub fn floor(self, at: Micros) -> Micros {
        // 1970-01-01 was a Thursday; weeks start on Monday, three days earlier.
        let shift = if self >= Self::Week { 3 * 24 * HOUR } else { 0 };
        (at + shift).div_euclid(self.micros()) * self.micros() - shift
    }
}

/// A half-open time interval, from `from` up to but excluding `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Micros,
    /// The first instant after it.
    pub to: Micros,
}

/// Consecutive windows of one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The start of the first window; a multiple of the width.
    pub start: Micros,
    /// The width of a window.
    pub width: Width,
    /// The number of windows.
    pub windows: usize,
}

cached!(struct Grid { start, width, windows });

impl Grid {
    /// The window that contains an instant, if any.
    #[must_use]
    pub fn window(&self, at: Micros) -> Option<usize> {
        let index = (at - self.start).div_euclid(self.width.micros());
        usize::try_from(index).ok().filter(|&i| i < self.windows)
    }

    /// The start and the end of a window.
    #[must_use]
    pub fn span(&self, window: usize) -> Span {
        let from = self.start + window as i64 * self.width.micros();
        Span { from, to: from + self.width.micros() }
    }

    /// The grid of a wider width that covers this one, and the index in it of each window here.
    #[must_use]
    pub fn widened(&self, width: Width) -> (Self, Vec<usize>) {
        let start = width.floor(self.start);
        let place = |w: usize| ((self.span(w).from - start) / width.micros()) as usize;
        let map: Vec<usize> = (0..self.windows).map(place).collect();
        (Self { start, width, windows: map.last().map_or(0, |last| last + 1) }, map)
    }
}
