//! Reads all data of a case, in order.

use std::{collections::HashSet, sync::Arc};

use super::{Engine, EngineError, PassControl, profiled::ProfileEngine};
use crate::{
    case::{Breakdown, Case, CaseData, SnapshotRole},
    summary::{Column, Drawn, JoinedRows, MISSING, Table, Task, values::NO_TIME},
    text::number,
};

/// Minimum number of distinct entities in a sample, and of rows per entity on average.
const FEWEST_ENTITIES: usize = 10;
const ROWS_PER_ENTITY: f64 = 1.5;

/// Reads a case: checks the contract against the snapshots' columns, makes the plan and all passes.
///
/// Returns the results of the passes, and the bytes of the deployed model if the case names one.
///
/// # Errors
///
/// When a file that the case names cannot be read, when a role names no column, or when the caller cancels
/// the pass.
pub fn read(
    engine: &dyn Engine,
    case: &Case,
    control: &PassControl<'_>,
) -> Result<(CaseData, Option<Vec<u8>>), EngineError> {
    let engine = &ProfileEngine::open(engine, case)?;
    let mut schemas = Vec::new();
    for (role, named) in case.named_snapshots() {
        schemas.push(engine.schema(case, role)?.schema(role, named));
    }
    let mut notes = case.notes.clone();
    let settled = settled(engine, case, &mut notes);
    let case = settled.as_ref().unwrap_or(case);
    notes.extend(case.check_columns(&schemas)?);
    let mut plan = engine.plan(case, control, &mut notes)?;
    let mut summarise = |role: SnapshotRole| engine.summarise(case, role, &mut plan, control, &mut notes);
    let mut training = summarise(SnapshotRole::Training)?;
    let mut production = summarise(SnapshotRole::Production)?;
    let golden = case.snapshots.golden.as_ref().map(|_| summarise(SnapshotRole::Golden)).transpose()?;
    let mut join =
        |role: SnapshotRole| engine.join(case, role, &mut plan, &production.sample.id, control, &mut notes);
    let mut offline = join(SnapshotRole::Offline)?;
    let candidate = join(SnapshotRole::Candidate)?;
    let mut reviewed = join(SnapshotRole::Reviewed)?;
    let labels = join(SnapshotRole::Labels)?;
    let predictions = join(SnapshotRole::Predictions)?;
    if let Some(candidate) = candidate {
        add_candidate_answers(&mut production.sample, &candidate);
    }
    if let Some(predictions) = predictions {
        notes.push(format!(
            "{} brings the answers to {} of the {} sampled production rows",
            SnapshotRole::Predictions.named(case).unwrap_or_default(),
            number::count(predictions.production_row.len() as u64),
            number::count(production.sample.rows as u64)
        ));
        add_answers(&mut production.sample, &predictions);
        production.recount_answers(&plan);
    }
    if let Some(labels) = labels {
        notes.push(format!(
            "{} brings the labels of {} of the {} sampled production rows",
            SnapshotRole::Labels.named(case).unwrap_or_default(),
            number::count(labels.production_row.len() as u64),
            number::count(production.sample.rows as u64)
        ));
        add_labels(&mut production.sample, &labels);
        production.recount_labels(&plan);
    }
    for (role, snapshot) in
        [(SnapshotRole::Training, &mut training), (SnapshotRole::Production, &mut production)]
    {
        if let Some(drawn) = snapshot.draw_by_weight(&plan) {
            notes.push(told_of_weights(case, role, &drawn));
            if role == SnapshotRole::Production && !drawn.drawn.is_empty() {
                offline = offline.map(|joined| redrawn(&joined, &drawn));
                reviewed = reviewed.map(|joined| redrawn(&joined, &drawn));
            }
        }
    }
    if plan.task != Task::Regression {
        for window in training.windows.iter_mut().chain(&mut production.windows) {
            let met = window.answers.confusion.len().isqrt();
            window.answers.widen_confusion(met, plan.classes.len());
        }
    }
    let events = engine.events(case, &mut notes)?;
    let artifact = engine.artifact(case)?;
    let files = engine.hashes(case, control)?;
    let data = CaseData {
        title: case.title(),
        entities: entities(&production.sample, &case.breakdown()),
        plan: Arc::new(plan),
        training,
        production,
        golden: golden.map(|summary| summary.sample),
        offline,
        candidate: case.candidate.clone(),
        reviewed,
        events,
        thresholds: case.thresholds,
        bounds: case.bounds.clone(),
        breakdown: case.breakdown(),
        costs: case.costs.clone(),
        suite: suite(case),
        runs: earlier_runs(case),
        notes,
        files,
        origins: engine.origins(),
    };
    Ok((data, artifact))
}

/// Returns a corrected case if the contract declares a probability as the prediction of a label with two
/// classes: the column becomes the score. `None` if no correction is needed.
fn settled(engine: &dyn Engine, case: &Case, notes: &mut Vec<String>) -> Option<Case> {
    let columns = &case.columns;
    let (prediction, label) = (columns.prediction.as_ref()?, columns.label.as_ref()?);
    if !matches!(case.model.task, None | Some(Task::Binary)) || !columns.scores.is_empty() {
        return None;
    }
    let asked: Vec<&str> = [Some(prediction), Some(label), columns.score.as_ref()]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let snapshots = [SnapshotRole::Training, SnapshotRole::Production]
        .map(|role| engine.peek_at(case, role, &asked).ok());
    let find = |name: &String| snapshots.iter().flatten().find_map(|peek| peek.column(name));
    if !find(label)?.is_two_classes() || !find(prediction)?.is_probability() {
        return None;
    }
    let mut settled = case.clone();
    match &columns.score {
        None => {
            settled.columns.score = settled.columns.prediction.take();
            notes.push(format!(
                "{prediction} holds fractions between 0 and 1 beside a label of two classes: it is taken for the score"
            ));
        }
        Some(score) if find(score)?.is_two_classes() => {
            settled.columns.score.clone_from(&columns.prediction);
            settled.columns.prediction.clone_from(&columns.score);
            notes.push(format!(
                "{prediction} holds fractions and {score} two classes: they are taken for score and prediction"
            ));
        }
        Some(_) => {
            settled.columns.prediction = None;
            notes.push(format!(
                "{prediction} holds fractions between 0 and 1, not the classes of {label}: the class is derived from the score"
            ));
        }
    }
    Some(settled)
}

/// Joined rows whose production rows were drawn, with the places that these have now.
fn redrawn(joined: &JoinedRows, drawn: &Drawn) -> JoinedRows {
    let now = |row: usize| drawn.drawn.binary_search(&row).ok();
    let kept: Vec<(usize, usize)> =
        (0..).zip(&joined.production_row).filter_map(|(at, &row)| Some((at, now(row)?))).collect();
    let rows: Vec<usize> = kept.iter().map(|&(at, _)| at).collect();
    JoinedRows {
        table: joined.table.take(&rows),
        production_row: kept.iter().map(|&(_, row)| row).collect(),
        population: joined.population,
    }
}

/// What weights do to a snapshot.
fn told_of_weights(case: &Case, role: SnapshotRole, drawn: &Drawn) -> String {
    let (file, column) =
        (role.named(case).unwrap_or_default(), case.columns.weight.as_deref().unwrap_or_default());
    if drawn.drawn.is_empty() {
        return format!("{file}: no row has a weight above 0 in {column}, so every row counts as one");
    }
    let left_out = match drawn.without {
        0 => String::new(),
        rows => format!("; {} rows without a weight above 0 count nowhere", number::count(rows as u64)),
    };
    format!(
        "{file}: metrics are weighted by {column}; everything else is told from {} of the {} sampled rows, drawn in proportion to \
         their weight{left_out}",
        number::count(drawn.drawn.len() as u64),
        number::count(drawn.rows as u64),
    )
}

/// Gives the sampled rows the labels that stand in a file of their own; a row that has one keeps it.
fn add_labels(sample: &mut Table, labels: &JoinedRows) {
    sample.label.resize(sample.rows, f64::NAN);
    let times = &labels.table.label_time;
    if !times.is_empty() {
        sample.label_time.resize(sample.rows, NO_TIME);
    }
    for (at, (&row, &label)) in labels.production_row.iter().zip(&labels.table.label).enumerate() {
        if sample.label[row].is_nan() {
            sample.label[row] = label;
            if let Some(&time) = times.get(at) {
                sample.label_time[row] = time;
            }
        }
    }
}

/// Gives the sampled rows the answers that stand in a file of their own; a row that has one keeps it.
fn add_answers(sample: &mut Table, predictions: &JoinedRows) {
    let rows = sample.rows;
    let fill = |values: &mut Vec<f64>, joined: &[f64]| {
        if joined.is_empty() {
            return;
        }
        values.resize(rows, f64::NAN);
        for (&row, &value) in predictions.production_row.iter().zip(joined) {
            if values[row].is_nan() {
                values[row] = value;
            }
        }
    };
    fill(&mut sample.prediction, &predictions.table.prediction);
    fill(&mut sample.score, &predictions.table.score);
    sample
        .class_scores
        .resize(sample.class_scores.len().max(predictions.table.class_scores.len()), Vec::new());
    for (values, joined) in sample.class_scores.iter_mut().zip(&predictions.table.class_scores) {
        fill(values, joined);
    }
}

/// Gives the sampled rows the answers of a candidate that stand in a file of their own.
fn add_candidate_answers(sample: &mut Table, candidate: &JoinedRows) {
    let spread = |values: &[f64]| {
        let mut spread = Vec::new();
        if !values.is_empty() {
            spread.resize(sample.rows, f64::NAN);
            for (&row, &value) in candidate.production_row.iter().zip(values) {
                spread[row] = value;
            }
        }
        spread
    };
    let answers = spread(&candidate.table.prediction);
    let scores = spread(&candidate.table.score);
    let latency = spread(&candidate.table.latency_ms);
    sample.candidate_prediction = answers;
    sample.candidate_score = scores;
    sample.candidate_latency_ms = latency;
}

/// Returns the expectations that the contract names, or why they can't be read.
fn suite(case: &Case) -> Option<Result<crate::case::Suite, String>> {
    let named = case.snapshots.expectations.as_deref()?;
    let told = |why: String| format!("{named} {why}");
    let text = std::fs::read_to_string(case.locate(named));
    let suite = text
        .map_err(|error| format!("can't be read: {error}"))
        .and_then(|text| crate::case::Suite::read(&text));
    Some(suite.map_err(told))
}

/// Returns the outcomes of earlier checks; none where the contract names no file of them, or there is none yet.
#[must_use]
pub fn earlier_runs(case: &Case) -> Vec<crate::case::Run> {
    let file = case.snapshots.history.as_deref().map(|named| case.locate(named));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    text.map_or_else(Vec::new, |text| crate::case::runs_in(&text))
}

/// Returns the extra columns whose values repeat often enough to identify a persistent entity: an account, a
/// device. What the contract calls a text, a group, a version or a metric repeats, too, and is none.
fn entities(sample: &Table, breakdown: &Breakdown) -> Vec<usize> {
    let is_other = |name: &String| {
        let metrics = breakdown.metrics.iter().map(|metric| &metric.column);
        breakdown
            .text
            .iter()
            .chain(&breakdown.groups)
            .chain(&breakdown.version)
            .chain(metrics)
            .any(|n| n == name)
    };
    let repeats = |column: &Column| {
        let keys: Vec<u64> = match column {
            Column::Categorical(codes) => {
                codes.iter().filter(|c| **c != MISSING).map(|&c| u64::from(c)).collect()
            }
            Column::Numeric { values, .. } if values.iter().all(|x| x.is_nan() || x.fract() == 0.0) => {
                values.iter().filter(|x| !x.is_nan()).map(|x| x.to_bits()).collect()
            }
            _ => return false,
        };
        let different = keys.iter().collect::<HashSet<_>>().len();
        different >= FEWEST_ENTITIES && keys.len() as f64 >= ROWS_PER_ENTITY * different as f64
    };
    let columns = sample.extra.iter().enumerate();
    columns
        .filter(|(_, (name, column, _))| repeats(column) && !is_other(name))
        .map(|(index, _)| index)
        .collect()
}
