//! The columns: what those that the model does not use would add, and which of its inputs deserve a second look.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{
    autopsy::{Dossier, Investigation},
    model::{
        binned::{Binned, BinnedColumn},
        folds::{Groups as NearCopies, thin},
        learner::{Rows, cross_answers},
        loss::LossKind,
    },
    stats::{
        metric::roc_auc,
        moments,
        testing::{benjamini_hochberg, paired},
    },
    summary::{Column, Feature, MISSING, Plan, Table, Task},
    text::{number, phrase::list},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// Labelled rows that learners see at most.
const LEARNT: usize = 3000;

/// Fewer labelled rows teach nothing.
const FEWEST_ROWS: usize = 300;

/// Folds of the cross-validation.
const FOLDS: usize = 4;

/// A category's levels that a learner tells apart; the others are one.
const LEVELS: usize = 30;

/// Rows of training that are looked at for copies.
const LOOKED_AT: usize = 4000;

/// An input that holds one value on this share of the rows is nearly constant.
const NEARLY_CONSTANT: f64 = 0.99;

/// Inputs whose ranks correlate by this say the same.
const SAME: f64 = 0.99;

/// An input that tells the label this well alone is likely made from it.
const LEAKING: f64 = 0.99;

/// An input with less than this share of the attributions is not used.
const UNUSED: f64 = 0.002;

pub(super) fn study(investigation: &Investigation) -> Study {
    let dossier = &investigation.dossier;
    let mut study = Study::new(Topic::Columns);
    match unused_columns(investigation) {
        Ok((said, table)) => {
            study.says.push(said);
            study.tables.push(table);
            if investigation.diagnosis.top().is_some_and(|top| top.cause.is_of_inputs()) {
                study.limits.push(
                    "Inputs are broken since the onset: a column may only stand in for one of them, and add nothing once it is repaired."
                        .to_owned(),
                );
            }
        }
        Err(why) => study.says.push(format!("What unused columns would add can't be told: {why}.")),
    }
    let review = review(investigation);
    let inputs: std::collections::BTreeSet<&str> = review
        .rows
        .iter()
        .filter_map(|row| match &row[0] {
            Cell::Text(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    study.says.push(if review.rows.is_empty() {
        "No input is dead, redundant, leaking or unused.".to_owned()
    } else {
        let names: Vec<&str> = inputs.into_iter().collect();
        format!("Worth a second look: {}.", list(&names))
    });
    let leaking: Vec<String> = review
        .rows
        .iter()
        .filter(|row| row[1] == Cell::from("leaking"))
        .map(|row| review.line(row)[0].clone())
        .collect();
    if !leaking.is_empty() {
        study.alarm(format!(
            "Training's label is told almost without error by {} alone: likely made from it, and not known when the model answers.",
            list(&leaking)
        ));
    }
    study.tables.push(review);
    if let Some(said) = contradictions(dossier) {
        study.says.push(said);
    }
    study
}

/// A column as codes for a learner.
fn coded(column: &Column, rows: &[usize]) -> Option<Coded> {
    match column {
        Column::Numeric { values, .. } => Some(Coded::Numbers(rows.iter().map(|&row| values[row]).collect())),
        Column::Categorical(codes) => {
            let mut count: BTreeMap<u32, usize> = BTreeMap::new();
            for &row in rows {
                *count.entry(codes[row]).or_default() += 1;
            }
            let mut order: Vec<(u32, usize)> =
                count.into_iter().filter(|(code, _)| *code != MISSING).collect();
            order.sort_by_key(|&(code, rows)| (std::cmp::Reverse(rows), code));
            order.truncate(LEVELS);
            let place = |code: u32| {
                let known = order.iter().position(|(known, _)| *known == code);
                known.unwrap_or(if code == MISSING { order.len() + 1 } else { order.len() }) as u8
            };
            let codes = rows.iter().map(|&row| place(codes[row])).collect();
            Some(Coded::Levels(codes, order.len() as u8 + 2))
        }
        Column::Embedding { .. } | Column::Absent => None,
    }
}

enum Coded {
    Numbers(Vec<f64>),
    Levels(Vec<u8>, u8),
}

impl Coded {
    fn add_to(self, data: &mut Binned) {
        match self {
            Self::Numbers(values) => data.push(&values),
            Self::Levels(codes, bins) => {
                data.columns.push(BinnedColumn { feature: None, codes, bins, ordered: false });
            }
        }
    }
}

/// Whether a column identifies its rows, so that nothing can be learnt from it.
fn is_identity(column: &Column, rows: &[usize]) -> bool {
    let different = match column {
        Column::Categorical(codes) => {
            rows.iter().map(|&row| u64::from(codes[row])).collect::<std::collections::BTreeSet<_>>().len()
        }
        _ => 0,
    };
    2 * different > rows.len()
}

/// What each column of production that the model does not use would add, out of fold.
fn unused_columns(investigation: &Investigation) -> Result<(String, StudyTable), String> {
    let dossier = &investigation.dossier;
    let (plan, sample) = (&*dossier.plan, &dossier.production.sample);
    let kind = LossKind::of(plan);
    let labelled: Vec<usize> = investigation
        .framing
        .after
        .iter()
        .copied()
        .filter(|&row| sample.label.get(row).is_some_and(|label| !label.is_nan()))
        .collect();
    if sample.extra.is_empty() {
        return Err("production holds no column beside inputs and roles".to_owned());
    }
    if labelled.len() < FEWEST_ROWS {
        return Err(format!(
            "{} rows since the onset have a label, and {FEWEST_ROWS} are needed",
            labelled.len()
        ));
    }
    let rows = thin(&labelled, LEARNT);
    let label: Vec<f64> = rows.iter().map(|&row| sample.label[row]).collect();
    let base = Binned::new(plan, sample, &rows);
    let folds = NearCopies::find(&base).folds(FOLDS, plan.seed);
    let losses = |data: Binned| -> Vec<f64> {
        let answers = cross_answers(plan, &Rows::Binned(data), &label, kind, &folds, FOLDS);
        answers.iter().zip(&label).map(|(&answer, &label)| kind.of_answer(label, answer)).collect()
    };
    let without = losses(base.clone());
    let outcomes: Vec<&str> = dossier.breakdown.metrics.iter().map(|m| m.column.as_str()).collect();
    let tried: Vec<_> = sample
        .extra
        .par_iter()
        .filter(|(name, column, _)| {
            let is_version = dossier.breakdown.version.as_deref() == Some(name);
            !outcomes.contains(&name.as_str()) && !is_version && !is_identity(column, &rows)
        })
        .filter_map(|(name, column, _)| {
            let mut data = base.clone();
            coded(column, &rows)?.add_to(&mut data);
            let with = losses(data);
            let gain = paired(&with, &without).ok()?;
            Some((name, gain.difference, gain.error, gain.p()))
        })
        .collect();
    let adjusted = benjamini_hochberg(&tried.iter().map(|(.., p)| *p).collect::<Vec<_>>());
    let mut table = StudyTable::new(
        "unused",
        "Columns of production that the model does not use: what each would add since the onset",
        &[
            ("column", "column", Format::Text),
            ("gain", "loss a row that it takes away", Format::Signed),
            ("share", "of the learner's loss", Format::Share),
            ("q_value", "q", Format::PValue),
        ],
    );
    let mean = moments::mean(&without).unwrap_or(f64::NAN);
    let mut lines: Vec<_> = tried.iter().zip(adjusted).collect();
    lines.sort_by(|a, b| b.0.1.total_cmp(&a.0.1));
    let useful: Vec<&str> = lines
        .iter()
        .filter(|(line, q)| line.1 > 0.0 && *q <= 0.05)
        .map(|(line, _)| line.0.as_str())
        .collect();
    for ((name, gain, error, _), q) in &lines {
        table.push(vec![
            name.as_str().into(),
            Cell::Interval(*gain, (gain - 1.96 * error, gain + 1.96 * error)),
            (gain / mean).into(),
            (*q).into(),
        ]);
    }
    let said = if useful.is_empty() {
        match table.rows.len() {
            1 => "The one column that the model does not use would add nothing beyond noise.".to_owned(),
            n => format!(
                "None of the {n} columns that the model does not use would add anything beyond noise."
            ),
        }
    } else {
        format!("Unused, but predictive: {}.", list(&useful))
    };
    Ok((said, table))
}

/// What is odd about the inputs.
fn review(investigation: &Investigation) -> StudyTable {
    let dossier = &investigation.dossier;
    let mut table = StudyTable::new(
        "review",
        "Inputs that deserve a second look",
        &[
            ("input", "input", Format::Text),
            ("finding", "finding", Format::Text),
            ("detail", "detail", Format::Text),
            ("value", "value", Format::Metric),
        ],
    );
    let training = &dossier.training.sample;
    let rows = thin(&(0..training.rows).collect::<Vec<_>>(), LOOKED_AT);
    let attributed = attributions(investigation);
    for (index, feature) in dossier.plan.features.iter().enumerate() {
        let mut add = |finding: &str, detail: String, value: f64| {
            table.push(vec![feature.name.as_str().into(), finding.into(), detail.into(), value.into()]);
        };
        let Some(column) = training.features.get(index) else { continue };
        let served = dossier.production.sample.features.get(index).unwrap_or(&Column::Absent);
        if investigation.framing.after.iter().all(|&row| served.is_missing(row)) {
            add("unavailable", "production holds no value since the onset".to_owned(), 1.0);
        }
        let most = mode_share(column, &rows);
        if most >= 1.0 {
            add("dead", "training holds one value".to_owned(), most);
        } else if most >= NEARLY_CONSTANT {
            add("nearly constant", format!("one value on {} of training", number::share(most)), most);
        }
        let alone = tells(&dossier.plan, training, column, &rows);
        if let Some(alone) = alone.filter(|alone| *alone >= LEAKING) {
            add("leaking", "it tells training's label alone: likely made from it".to_owned(), alone);
        }
        let share = attributed.as_ref().and_then(|shares| shares.get(index).copied().flatten());
        if let Some(share) = share.filter(|share| *share < UNUSED && most < 1.0) {
            let since = &investigation.framing.after;
            let now = tells(&dossier.plan, &dossier.production.sample, served, &thin(since, LOOKED_AT));
            match now.filter(|now| *now >= 0.6) {
                Some(now) => add(
                    "unused, but predictive",
                    "the answers hardly depend on it; the label does".to_owned(),
                    now,
                ),
                None => add("unused", "the answers hardly depend on it".to_owned(), share),
            }
        }
    }
    for (a, b, value) in twins(&dossier.plan, training, &rows) {
        let detail = format!("says the same as {}", dossier.plan.features[b].name);
        table.push(vec![
            dossier.plan.features[a].name.as_str().into(),
            "redundant".into(),
            detail.into(),
            value.into(),
        ]);
    }
    table
}

/// Each input's share of the surrogate's attributions on training.
fn attributions(investigation: &Investigation) -> Option<Vec<Option<f64>>> {
    let surrogate = investigation.surrogate.as_ref()?;
    let training = &investigation.dossier.training.sample;
    let rows = thin(&(0..training.rows).collect::<Vec<_>>(), 1000);
    let parts = surrogate.parts(training, &rows, 1);
    let mut sizes = vec![None; investigation.dossier.plan.features.len()];
    for (place, &feature) in parts.features.iter().enumerate() {
        sizes[feature] = Some(parts.of(place).iter().map(|value| value.abs()).sum::<f64>());
    }
    let total: f64 = sizes.iter().flatten().sum();
    (total > 0.0).then(|| sizes.into_iter().map(|size| size.map(|size| size / total)).collect())
}

/// The share of the most frequent value, missing ones included.
fn mode_share(column: &Column, rows: &[usize]) -> f64 {
    let mut keys: Vec<u64> = match column {
        Column::Numeric { values, .. } => rows.iter().map(|&row| values[row].to_bits()).collect(),
        Column::Categorical(codes) => rows.iter().map(|&row| u64::from(codes[row])).collect(),
        Column::Embedding { .. } | Column::Absent => return 0.0,
    };
    keys.sort_unstable();
    let most = keys.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
    most as f64 / rows.len().max(1) as f64
}

/// How well a column tells the label alone: the AUC of two classes (of a category by its levels' rates), the rank
/// correlation with a number, the share right of several classes by a category; none where that is not known.
fn tells(plan: &Plan, table: &Table, column: &Column, rows: &[usize]) -> Option<f64> {
    let known: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|&row| table.label.get(row).is_some_and(|label| !label.is_nan()) && !column.is_missing(row))
        .collect();
    if known.len() < 200 {
        return None;
    }
    let label: Vec<f64> = known.iter().map(|&row| table.label[row]).collect();
    let value: Vec<f64> = match column {
        Column::Numeric { values, .. } => known.iter().map(|&row| values[row]).collect(),
        Column::Categorical(codes) => {
            // The mean label of the level on the other half of the rows: its own rows would flatter it.
            let mut halves: [BTreeMap<u32, (f64, f64)>; 2] = [BTreeMap::new(), BTreeMap::new()];
            for (at, &row) in known.iter().enumerate() {
                let sum = halves[at % 2].entry(codes[row]).or_default();
                *sum = (sum.0 + label[at], sum.1 + 1.0);
            }
            let mean = moments::mean(&label).unwrap_or(0.0);
            let rate = |(at, &row): (usize, &usize)| {
                halves[1 - at % 2].get(&codes[row]).map_or(mean, |(sum, rows)| (sum + mean) / (rows + 1.0))
            };
            known.iter().enumerate().map(rate).collect()
        }
        Column::Embedding { .. } | Column::Absent => return None,
    };
    match plan.task {
        Task::Binary => {
            let positive: Vec<bool> = label.iter().map(|&label| label == 1.0).collect();
            roc_auc(&value, &positive).ok().map(|auc| auc.max(1.0 - auc))
        }
        Task::Regression => moments::spearman(&value, &label).ok().map(f64::abs),
        Task::Multiclass => None,
    }
}

/// Pairs of inputs that say the same: ranks that correlate by [`SAME`], or levels one to one; the second is named once.
fn twins(plan: &Plan, table: &Table, rows: &[usize]) -> Vec<(usize, usize, f64)> {
    let same = |a: usize, b: usize| -> Option<f64> {
        match (table.features.get(a)?, table.features.get(b)?) {
            (Column::Numeric { values: x, .. }, Column::Numeric { values: y, .. }) => {
                let both = |&&row: &&usize| x[row].is_finite() && y[row].is_finite();
                let pairs: (Vec<f64>, Vec<f64>) =
                    rows.iter().filter(both).map(|&row| (x[row], y[row])).unzip();
                let r = moments::spearman(&pairs.0, &pairs.1).ok()?;
                (pairs.0.len() * 2 > rows.len() && r.abs() >= SAME).then_some(r)
            }
            (Column::Categorical(x), Column::Categorical(y)) => {
                let pairs: std::collections::BTreeSet<(u32, u32)> =
                    rows.iter().map(|&row| (x[row], y[row])).collect();
                let one = |pick: fn(&(u32, u32)) -> u32| {
                    pairs.iter().map(pick).collect::<std::collections::BTreeSet<_>>().len()
                };
                let (left, right) = (one(|pair| pair.0), one(|pair| pair.1));
                (left > 1 && left == right && pairs.len() == left).then_some(1.0)
            }
            _ => None,
        }
    };
    let kinds: Vec<&Feature> = plan.features.iter().collect();
    let pairs: Vec<(usize, usize)> = (0..kinds.len())
        .flat_map(|a| (a + 1..kinds.len()).map(move |b| (a, b)))
        .filter(|&(a, b)| kinds[a].kind == kinds[b].kind)
        .collect();
    pairs.into_par_iter().filter_map(|(a, b)| Some((b, a, same(a, b)?))).collect()
}

/// Training rows that agree in every input and not in their label.
fn contradictions(dossier: &Dossier) -> Option<String> {
    let training = &dossier.training.sample;
    if dossier.task() == Task::Regression || training.label.is_empty() {
        return None;
    }
    let key = |row: usize| -> Vec<u64> {
        let one = |column: &Column| match column {
            Column::Numeric { values, .. } => values[row].to_bits(),
            Column::Categorical(codes) => u64::from(codes[row]),
            Column::Embedding { .. } | Column::Absent => 0,
        };
        training.features.iter().map(one).collect()
    };
    let mut groups: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for row in (0..training.rows).filter(|&row| !training.label[row].is_nan()) {
        groups.entry(key(row)).or_default().push(row);
    }
    let differ = |rows: &&Vec<usize>| rows.iter().any(|&row| training.label[row] != training.label[rows[0]]);
    let rows: usize = groups.values().filter(differ).map(Vec::len).sum();
    let copies: usize = groups.values().filter(|rows| rows.len() > 1).map(Vec::len).sum();
    Some(if rows > 0 {
        format!(
            "{} of training's rows agree in every input with another one and have another label ({} agree in every input at all).",
            number::share(rows as f64 / training.rows.max(1) as f64),
            number::share(copies as f64 / training.rows.max(1) as f64)
        )
    } else {
        "No training rows that agree in every input have different labels.".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(values: Vec<f64>) -> Column {
        Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() }
    }

    #[test]
    fn the_most_frequent_value_counts_missing_ones_too() {
        let rows: Vec<usize> = (0..4).collect();
        assert!((mode_share(&numeric(vec![f64::NAN, f64::NAN, f64::NAN, 2.0]), &rows) - 0.75).abs() < 1e-12);
        assert!((mode_share(&Column::Categorical(vec![1, 1, 1, 1]), &rows) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_copy_of_the_label_leaks_and_a_copy_of_a_column_is_redundant() {
        let mut dossier = crate::app::fixture::investigation().dossier;
        let data = std::sync::Arc::make_mut(&mut dossier);
        let plan = std::sync::Arc::clone(&data.plan);
        let numbers: Vec<usize> = (0..plan.features.len())
            .filter(|&at| plan.features[at].kind == crate::summary::Kind::Numeric)
            .take(2)
            .collect();
        let table = &mut data.production.sample;
        let rows: Vec<usize> = (0..table.rows).collect();
        let copy = numeric(table.label.clone());
        assert!((tells(&plan, table, &copy, &rows).expect("labels") - 1.0).abs() < 1e-12);
        // scipy.stats.spearmanr(x, 3 * x + 1) = 1
        let values = table.features[numbers[0]].numbers().expect("numbers");
        table.features[numbers[1]] = numeric(values.iter().map(|x| 3.0 * x + 1.0).collect());
        let found = twins(&plan, table, &rows);
        assert!(found.iter().any(|&(b, a, r)| [a, b] == numbers[..] && r > 0.999), "{found:?}");
    }
}
