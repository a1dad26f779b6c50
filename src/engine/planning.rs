//! Makes the plan of the passes from training rows spread over the snapshot.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{
    EngineError,
    fields::{Field, Stored, StoredColumn},
};
use crate::{
    case::Case,
    summary::{
        Bins, CategoryBins, Column, Feature, Kind, MISSING, NumericBins, Plan, Task, WIDE,
        reservoir::{Sampled, Slot},
        values::{Form, is_missing, plain},
    },
    text::number,
};

/// Rows in the sample of production; the samples of other snapshots are half as large.
pub(super) const SAMPLE_ROWS: usize = crate::case::keys::SAMPLE_ROWS as usize;

/// Rows in the sample of production where snapshots are on a cluster: every row travels.
const TRAVELLING_ROWS: usize = crate::case::keys::TRAVELLING_ROWS as usize;

/// Maximum number of cells (rows x columns) in a sample; wide snapshots keep fewer rows.
const SAMPLE_CELLS: usize = 10_000_000;

/// The same where every cell travels.
const TRAVELLING_CELLS: usize = 2_000_000;

/// Fine bins of all features together, per window; wide snapshots get fewer bins per feature.
const BINS_IN_ALL: usize = 1 << 16;

/// Maximum number of distinct integers for a label to be a class rather than a value.
const MOST_CLASSES: usize = 20;

/// Memory of the program with the smallest case, in bytes; measured, as the two below, by the peaks of
/// docs/performance.md.
const BYTES_ALONE: u64 = 40_000_000;

/// Memory that a column takes whatever the rows: bins, windows, questions of it, in bytes.
const BYTES_A_COLUMN: u64 = 120_000;

/// Memory that a row of production's sample takes for each of its columns, with what is sampled of the other snapshots
/// beside it, in bytes: the values, their ranks and bins, and the learners' copies.
const BYTES_A_CELL: u64 = 320;

/// With fewer rows of production in the sample nothing can be said.
const FEWEST_ROWS: usize = 500;

/// Training rows from which the plan is made.
const SPREAD_ROWS: usize = 100_000;

/// Maximum number of cells (rows x columns) of training from which the plan is made.
const SPREAD_CELLS: usize = 8_000_000;

/// Training rows from which the plan is made, for so many columns.
///
/// # Errors
///
/// [`EngineError::Memory`] when too few fit into the memory of the case.
pub(super) fn spread_rows(case: &Case, columns: usize, file: &str) -> Result<usize, EngineError> {
    let (rows, cells) = match case.remote {
        Some(_) => (TRAVELLING_ROWS, TRAVELLING_CELLS),
        None => (SPREAD_ROWS, SPREAD_CELLS),
    };
    let most = rows.min(cells / columns.max(1)).max(1000);
    Ok(match fitting_rows(case, columns, file)? {
        Some(fitting) => most.min(2 * fitting),
        None => most,
    })
}

/// Rows that a sample of so many columns keeps.
pub(super) fn sample_rows(case: &Case, columns: usize) -> usize {
    let most = asked_rows(case).min(most_cells(case) / columns.max(1)).max(1);
    rows_within(case, columns).map_or(most, |rows| most.min(rows.max(FEWEST_ROWS)))
}

/// Rows of production's sample that the case asks for.
fn asked_rows(case: &Case) -> usize {
    case.sample.rows.unwrap_or(if case.remote.is_some() { TRAVELLING_ROWS } else { SAMPLE_ROWS })
}

/// Cells of a sample at most; whoever names a number of rows lets them travel.
fn most_cells(case: &Case) -> usize {
    if case.remote.is_some() && case.sample.rows.is_none() { TRAVELLING_CELLS } else { SAMPLE_CELLS }
}

/// The case without a bound on memory.
pub(super) fn without_bound(case: &Case) -> Case {
    let mut free = case.clone();
    free.sample.memory = None;
    free
}

/// Rows of a sample that fit into the memory of a case; none where it has no bound.
///
/// # Errors
///
/// [`EngineError::Memory`] when so few fit that nothing could be said.
fn fitting_rows(case: &Case, columns: usize, file: &str) -> Result<Option<usize>, EngineError> {
    let rows = rows_within(case, columns);
    let least = FEWEST_ROWS.min(asked_rows(case));
    match (rows, case.sample.memory) {
        (Some(rows), Some(given)) if rows < least => Err(EngineError::Memory {
            file: file.to_owned(),
            columns,
            needed: BYTES_ALONE + columns as u64 * (BYTES_A_COLUMN + least as u64 * BYTES_A_CELL),
            given,
        }),
        _ => Ok(rows),
    }
}

fn rows_within(case: &Case, columns: usize) -> Option<usize> {
    let columns = columns.max(1) as u64;
    let left = case.sample.memory?.saturating_sub(BYTES_ALONE + columns * BYTES_A_COLUMN);
    Some(usize::try_from(left / (columns * BYTES_A_CELL)).unwrap_or(usize::MAX))
}

/// Makes the plan.
///
/// * `spread`: training rows whose features are numbered like `columns`.
///
/// # Errors
///
/// [`EngineError::PositiveClass`] where training has classes and none is the positive one.
pub(super) fn plan(
    case: &Case,
    spread: Sampled,
    fields: &[Field],
    columns: &[StoredColumn],
    notes: &mut Vec<String>,
) -> Result<Plan, EngineError> {
    let Sampled { table, new_levels, new_classes, .. } = spread;
    let fine = (BINS_IN_ALL / columns.len().max(1)).clamp(24, 256);
    let texts = |slot: Slot| {
        let is_text = fields.iter().any(|field| field.slot == slot && field.form == Form::Code);
        if is_text { new_classes.as_slice() } else { &[] }
    };
    let label = levels_of(&table.label, texts(Slot::Label));
    let answers = levels_of(&table.prediction, texts(Slot::Prediction));
    let (task, classes) = task_and_classes(case, &label, &answers, notes);
    let values: Vec<&Column> = table.features.iter().collect();
    let features: Vec<Feature> = columns
        .par_iter()
        .zip(values)
        .zip(new_levels)
        .map(|((column, values), levels)| feature(case, column, values, levels, fine))
        .collect();
    if features.len() > WIDE {
        notes.push(format!(
            "training has {} inputs: learners take the most telling ones, and of their pairs those that lie side by side or \
             depend most on others are looked at",
            number::count(features.len() as u64)
        ));
    }
    let numeric = |values: &[f64]| Bins::Numeric(NumericBins::from_reference(values.to_vec(), 256));
    let class_bins = Bins::Categorical(CategoryBins { levels: classes.len(), known: classes.len() });
    let mut has_score = task == Task::Binary && case.columns.score.is_some();
    if let Some(told) = no_probabilities(&table.score).filter(|_| has_score) {
        notes.push(format!("training: {told}"));
        has_score = false;
    }
    if let Some(positive) = case.model.positive.as_deref().filter(|_| task == Task::Binary) {
        let mut known: Vec<&str> = label.iter().chain(&answers).map(|(class, _)| class.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let given = known.iter().any(|class| same_class(class, positive));
        if !given && known.len() > 1 {
            return Err(EngineError::PositiveClass {
                positive: positive.to_owned(),
                known: known.into_iter().map(str::to_owned).collect(),
            });
        }
        if !given && !known.is_empty() {
            notes.push(format!("[model] positive is {positive:?}, but no row of training has that class"));
        }
    }
    let answer_bins = match task {
        // If training has no scores, they are counted in bins of one hundredth.
        _ if has_score && table.score.iter().all(|s| s.is_nan()) => {
            numeric(&(0..=100).map(|i| f64::from(i) / 100.0).collect::<Vec<_>>())
        }
        _ if has_score => numeric(&table.score),
        Task::Regression if table.prediction.iter().any(|p| !p.is_nan()) => numeric(&table.prediction),
        Task::Regression => numeric(&table.label),
        Task::Binary | Task::Multiclass => class_bins.clone(),
    };
    let label_bins = if task == Task::Regression { numeric(&table.label) } else { class_bins };
    Ok(Plan {
        task,
        known_classes: classes.len(),
        classes,
        answer_bins,
        label_bins,
        has_score,
        seed: case.sample.seed,
        features,
    })
}

fn feature(case: &Case, column: &StoredColumn, values: &Column, levels: Vec<String>, fine: usize) -> Feature {
    let (kind, bins, levels) = match values {
        Column::Categorical(codes) => {
            let mut rows = vec![0_u64; levels.len()];
            for &code in codes.iter().filter(|code| **code != MISSING) {
                rows[code as usize] += 1;
            }
            let mut order: Vec<(u64, String)> = rows.into_iter().zip(levels).collect();
            order.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            let levels: Vec<String> = order.into_iter().map(|(_, level)| level).collect();
            (Kind::Categorical, Bins::Categorical(CategoryBins::from_reference(levels.len())), levels)
        }
        Column::Embedding { .. } => (Kind::Embedding, Bins::None, Vec::new()),
        Column::Numeric { values, .. } => {
            let bins = NumericBins::from_reference(values.clone(), fine);
            (Kind::Numeric, Bins::Numeric(bins), Vec::new())
        }
        Column::Absent => {
            (Kind::Numeric, Bins::Numeric(NumericBins::from_reference(Vec::new(), fine)), Vec::new())
        }
    };
    Feature {
        name: column.name.clone(),
        kind,
        source: case.source_of(&column.name).map(str::to_owned),
        integer: matches!(column.stored, Stored::Whole | Stored::Boolean),
        bins,
        known_levels: levels.len(),
        levels,
    }
}

/// Determines what the model predicts, and the names of its classes (binary: negative, positive).
///
/// * `label`, `answers`: the distinct texts in training, with their row counts.
fn task_and_classes(
    case: &Case,
    label: &[(String, usize)],
    answers: &[(String, usize)],
    notes: &mut Vec<String>,
) -> (Task, Vec<String>) {
    let levels = if label.is_empty() { answers } else { label };
    let whole = levels.iter().all(|(text, _)| text.parse::<f64>().is_ok_and(|x| x.fract() == 0.0));
    let named = !levels.is_empty() && levels.iter().all(|(text, _)| text.parse::<f64>().is_err());
    let inferred = match levels.len() {
        0 => Task::Regression,
        1 | 2 if whole || named => Task::Binary,
        _ if named => Task::Multiclass,
        n if n <= MOST_CLASSES && whole => Task::Multiclass,
        _ => Task::Regression,
    };
    let mut task = case.model.task.unwrap_or_else(|| {
        notes.push(format!(
            "[model] task is not given: {} of training holds {} values, so the task is taken as {}",
            case.columns.label.as_deref().unwrap_or("the prediction"),
            if levels.len() > 1000 { "many".to_owned() } else { levels.len().to_string() },
            inferred.name()
        ));
        inferred
    });
    if task == Task::Regression {
        return (task, Vec::new());
    }
    if task == Task::Binary && levels.len() > 2 {
        notes.push(format!(
            "[model] task is binary, but the label of training holds {} classes: treated as multiclass",
            levels.len()
        ));
        task = Task::Multiclass;
    }
    let mut classes: Vec<(String, usize)> = levels.to_vec();
    if task == Task::Multiclass || classes.len() < 2 {
        let more = answers.iter().filter(|(text, _)| !label.iter().any(|(l, _)| l == text));
        let room = if task == Task::Binary { 2 - classes.len().min(2) } else { 1000 };
        classes.extend(more.take(room).map(|(text, _)| (text.clone(), 0)).collect::<Vec<_>>());
    }
    if task == Task::Multiclass {
        classes.sort_by(|(a, _), (b, _)| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(x), Ok(y)) => x.total_cmp(&y),
            _ => a.cmp(b),
        });
        classes.dedup_by(|a, b| a.0 == b.0);
        return (task, classes.into_iter().map(|(text, _)| text).collect());
    }
    (task, binary_classes(case.model.positive.as_deref(), &classes))
}

/// Categories with fewer names than this may have numbers for names.
const MANY_NAMES: usize = 20;

/// Returns a note on texts of training that look like numbers with fractions and are read as names.
pub(super) fn texts_of_numbers(case: &Case, plan: &Plan, file: &str) -> Option<String> {
    let is_number = |name: &String| is_missing(name) || name.parse::<f64>().is_ok_and(f64::is_finite);
    let looks_so = |feature: &&Feature| {
        let known = &feature.levels[..feature.known_levels];
        feature.kind == Kind::Categorical
            && !case.columns.categorical.contains(&feature.name)
            && known.len() >= MANY_NAMES
            && known.iter().all(is_number)
            && known.iter().any(|name| name.contains('.'))
    };
    let found: Vec<&str> =
        plan.features.iter().filter(looks_so).map(|feature| feature.name.as_str()).collect();
    let first = found.first()?;
    Some(format!(
        "{file}: {} hold texts that look like numbers, and are read as names. Where they are numbers, write  [read]  numbers = \
         [{first:?}]",
        found.join(", ")
    ))
}

/// Returns a note on scores that cannot be probabilities; `None` if they can.
pub(super) fn no_probabilities(scores: &[f64]) -> Option<String> {
    let known = || scores.iter().copied().filter(|score| score.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    (low < 0.0 || high > 1.0).then(|| {
        format!(
            "the scores lie between {low} and {high} and are not probabilities; they are not used as such, so calibration is not assessed"
        )
    })
}

/// Whether two texts denote the same class.
fn same_class(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}

/// Returns the negative and the positive class of a binary task.
fn binary_classes(positive: Option<&str>, found: &[(String, usize)]) -> Vec<String> {
    const POSITIVE: [&str; 7] = ["1", "true", "yes", "y", "t", "positive", "pos"];
    let same = same_class;
    let given = positive.map(|p| found.iter().find(|(c, _)| same(c, p)).map_or(p, |(c, _)| c.as_str()));
    let usual = || found.iter().find(|(c, _)| POSITIVE.iter().any(|p| same(c, p))).map(|(c, _)| c.as_str());
    let rarer = || {
        let rarest = found.iter().min_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)))?;
        (found.len() > 1).then_some(rarest.0.as_str())
    };
    let opposite = |class: &str| {
        let pairs =
            [("1", "0"), ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("positive", "negative")];
        let pair = pairs.iter().find_map(|&(a, b)| match () {
            () if class.eq_ignore_ascii_case(a) => Some(b),
            () if class.eq_ignore_ascii_case(b) => Some(a),
            () => None,
        });
        pair.map_or_else(|| format!("not {class}"), str::to_owned)
    };
    let positive = given.or_else(usual).or_else(rarer).map(str::to_owned);
    let positive =
        positive.unwrap_or_else(|| found.first().map_or_else(|| "1".to_owned(), |(c, _)| opposite(c)));
    let negative = found.iter().map(|(c, _)| c.as_str()).find(|c| *c != positive);
    vec![negative.map_or_else(|| opposite(&positive), str::to_owned), positive]
}

/// Returns the distinct values of a label or prediction as texts, with their row counts, sorted by text.
fn levels_of(values: &[f64], texts: &[String]) -> Vec<(String, usize)> {
    let mut rows: HashMap<u64, usize> = HashMap::new();
    for x in values.iter().filter(|x| !x.is_nan()) {
        *rows.entry((x + 0.0).to_bits()).or_default() += 1;
    }
    let text = |bits: u64| {
        let x = f64::from_bits(bits);
        texts.get(x as usize).cloned().unwrap_or_else(|| plain(x))
    };
    let mut levels: Vec<(String, usize)> = rows.into_iter().map(|(bits, n)| (text(bits), n)).collect();
    levels.sort_unstable();
    levels
}
