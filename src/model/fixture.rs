//! Simulated data for the tests of this folder.

use super::{folds::mix, loss::sigmoid};
use crate::summary::{Bins, Column, Feature, Kind, MISSING, Plan, Table, Task};

/// A plan and rows from a known distribution.
pub(crate) struct Planted {
    pub plan: Plan,
    pub table: Table,
}

/// A uniform number that depends on its position only.
pub(super) fn uniform(seed: u64, row: usize, column: u64) -> f64 {
    (mix(mix(seed) ^ (row as u64 * 64 + column)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A normal number that depends on its position only (Box and Muller 1958); it uses two columns.
pub(super) fn normal(seed: u64, row: usize, column: u64) -> f64 {
    let radius = (-2.0 * uniform(seed, row, column).max(1e-12).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(seed, row, column + 1)).cos()
}

/// The true log-odds of one row: a strong effect of `a`, a weak one of `b`, one per level of `kind`; none of
/// `c` and `d`.
pub(super) fn law(a: f64, b: f64, kind: u32) -> f64 {
    let level = [0.0, 1.0, -1.0, 0.5].get(kind as usize).copied().unwrap_or(0.0);
    1.5 * if a.is_nan() { 0.0 } else { a } + 0.8 * b + level - 0.3
}

/// Four numbers (`a` is missing in 3 % of the rows, `b` is correlated with `a`), a category of four levels,
/// the true probability as the model's score, and a label drawn from it.
pub(crate) fn planted(rows: usize, seed: u64) -> Planted {
    let number = |name: &str| Feature {
        name: name.into(),
        kind: Kind::Numeric,
        source: None,
        integer: false,
        bins: Bins::None,
        levels: Vec::new(),
        known_levels: 0,
    };
    let levels: Vec<String> = ["north", "south", "east", "west"].map(String::from).to_vec();
    let category = Feature { kind: Kind::Categorical, known_levels: levels.len(), levels, ..number("kind") };
    let plan = Plan {
        task: Task::Binary,
        features: vec![number("a"), number("b"), number("c"), number("d"), category],
        classes: vec!["0".into(), "1".into()],
        known_classes: 2,
        answer_bins: Bins::None,
        label_bins: Bins::None,
        has_score: true,
        seed: 7,
    };
    let a: Vec<f64> = (0..rows).map(|r| normal(seed, r, 0)).collect();
    let b = (0..rows).map(|r| 0.6 * a[r] + 0.8 * normal(seed, r, 2)).collect();
    let a = (0..rows).map(|r| if uniform(seed, r, 4) < 0.03 { f64::NAN } else { a[r] }).collect();
    let c = (0..rows).map(|r| normal(seed, r, 6)).collect();
    let d = (0..rows).map(|r| (10.0 * uniform(seed, r, 8)).floor()).collect();
    let kinds =
        (0..rows)
            .map(|r| {
                if uniform(seed, r, 9) < 0.01 { MISSING } else { (4.0 * uniform(seed, r, 10).powi(2)) as u32 }
            })
            .collect();
    let numbers = |values: Vec<f64>| Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() };
    let features = vec![numbers(a), numbers(b), numbers(c), numbers(d), Column::Categorical(kinds)];
    let features = features.into();
    let mut table = Table { rows, population: rows as u64, features, ..Table::default() };
    table.time = (0..rows as i64).map(|r| r * 600_000_000).collect();
    answer(&mut table);
    label(&mut table, seed, law);
    Planted { plan, table }
}

/// Updates the predictions of the simulated model for the current rows.
pub(super) fn answer(table: &mut Table) {
    table.score = odds(table, law).into_iter().map(sigmoid).collect();
    table.prediction = table.score.iter().map(|&p| f64::from(u8::from(p > 0.5))).collect();
}

/// Draws labels with log-odds given as a function of `a`, `b` and `kind`.
pub(super) fn label(table: &mut Table, seed: u64, law: impl Fn(f64, f64, u32) -> f64) {
    let drawn = |(r, odds): (usize, f64)| f64::from(u8::from(uniform(seed, r, 20) < sigmoid(odds)));
    table.label = odds(table, law).into_iter().enumerate().map(drawn).collect();
}

fn odds(table: &Table, law: impl Fn(f64, f64, u32) -> f64) -> Vec<f64> {
    let numbers = |j: usize| table.features[j].numbers().expect("a planted number");
    let kinds = table.features[4].codes().expect("the planted category");
    (0..table.rows).map(|r| law(numbers(0)[r], numbers(1)[r], kinds[r])).collect()
}

/// The same beside 145 columns of noise.
pub(super) fn wide(rows: usize, seed: u64) -> Planted {
    let Planted { mut plan, mut table } = planted(rows, seed);
    for column in 0..145 {
        let values = (0..rows).map(|row| normal(seed + 1000 + column, row, 0)).collect();
        plan.features.push(Feature { name: format!("noise {column}"), ..plan.features[2].clone() });
        table.features.push(Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() });
    }
    Planted { plan, table }
}
