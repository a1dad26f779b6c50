//! Values that came to stand for others: missing ones, a default, a sentinel. Rows that hold one count as altered.

use std::collections::BTreeMap;

use crate::{
    autopsy::Dossier,
    stats::moments::{ascend, quantile},
    summary::{Column, Kind, MISSING, Table},
};

use super::period::Periods;

/// Missing values jump when their share rises by this much, and so do levels that training does not know …
const MORE_MISSING: f64 = 0.05;

/// … a number out of the former range by this much …
const MORE_OUTSIDE: f64 = 0.01;

/// … which leaves out this part of the values at either end: an onset is dated with an error, and rows behind it are taken for rows
/// before it …
const ENDS: f64 = 0.005;

/// … and any other value by this much among numbers, or among whole numbers and levels, which repeat by nature.
const MORE_REPEATED: f64 = 0.2;
const MORE_OF_A_LEVEL: f64 = 0.4;

/// A value that was usual jumps as well if it took this part of all others' rows, and so much of all rows.
const OF_OTHERS: f64 = 0.9;
const LEAST_TAKEN: f64 = 0.05;

/// Each counts from so many standard errors on.
const JUMP_Z: f64 = 5.0;

/// A value whose share jumped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Jumped {
    Missing,
    Number(f64),
    Level(u32),
    /// Levels that training does not know: all codes from this one on.
    Unknown(u32),
}

impl Jumped {
    pub(super) fn is_in(self, column: &Column, row: usize) -> bool {
        match (self, column) {
            (Self::Missing, column) => column.is_missing(row),
            (Self::Number(x), Column::Numeric { values, .. }) => values[row] == x,
            (Self::Level(level), Column::Categorical(codes)) => codes[row] == level,
            (Self::Unknown(from), Column::Categorical(codes)) => codes[row] >= from && codes[row] != MISSING,
            _ => false,
        }
    }
}

/// Which value of a feature jumped, if one did.
///
/// * `is`: the rows since the onset.
pub(super) fn jumped(dossier: &Dossier, periods: &Periods, is: &Table, feature: usize) -> Option<Jumped> {
    let described = &dossier.plan.features[feature];
    let was = &periods.before.table;
    let (before, since) = (was.features.get(feature)?, is.features.get(feature)?);
    let share = |column: &Column, rows: usize, what: Jumped| {
        (0..rows).filter(|&row| what.is_in(column, row)).count() as f64 / rows.max(1) as f64
    };
    let rises = |what: Jumped, by: f64| {
        let (p, q) = (share(before, was.rows, what), share(since, is.rows, what));
        let (n, m) = (was.rows as f64, is.rows as f64);
        let both = (p * n + q * m) / (n + m);
        let error = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
        let takes_all = q - p > OF_OTHERS * (1.0 - p) && q - p > LEAST_TAKEN;
        (q - p > by || takes_all) && q - p > JUMP_Z * error
    };
    if rises(Jumped::Missing, MORE_MISSING) {
        return Some(Jumped::Missing);
    }
    let plain = described.kind == Kind::Numeric && !described.integer;
    let usual = if plain { MORE_REPEATED } else { MORE_OF_A_LEVEL };
    match since {
        Column::Numeric { values, .. } => {
            let (was, is) = (sorted(before.numbers()?), sorted(values));
            let (low, high) = (quantile(&was, ENDS).ok()?, quantile(&was, 1.0 - ENDS).ok()?);
            let most = |values: &mut dyn Iterator<Item = &[f64]>| {
                values.max_by_key(|run| run.len()).map(|run| (run[0], run.len()))
            };
            let mut outside = is.chunk_by(|a, b| a == b).filter(|run| run[0] < low || run[0] > high);
            let beyond = is.iter().filter(|x| **x < low || **x > high).count();
            // A population that moves outwards brings many values, what stands for others is one.
            if let Some((x, rows)) = most(&mut outside)
                && 2 * rows > beyond
                && rises(Jumped::Number(x), MORE_OUTSIDE)
            {
                return Some(Jumped::Number(x));
            }
            let (x, _) = most(&mut is.chunk_by(|a, b| a == b))?;
            rises(Jumped::Number(x), usual).then_some(Jumped::Number(x))
        }
        Column::Categorical(codes) => {
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            codes
                .iter()
                .filter(|code| **code != MISSING)
                .for_each(|&code| *counts.entry(code).or_default() += 1);
            let unknown = Jumped::Unknown(described.known_levels as u32);
            if rises(unknown, MORE_MISSING) {
                return Some(unknown);
            }
            let most = counts.into_iter().max_by_key(|&(code, n)| (n, std::cmp::Reverse(code)))?.0;
            rises(Jumped::Level(most), usual).then_some(Jumped::Level(most))
        }
        Column::Embedding { .. } | Column::Absent => None,
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    ascend(&mut sorted);
    sorted
}
