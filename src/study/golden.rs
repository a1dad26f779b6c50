//! The golden set row by row: what flipped, how the log replays day by day, and whether the set still resembles production.

use crate::{
    autopsy::{
        Dossier, Investigation,
        exam::{concept::Cut, integrity::replay, performance::Estimate, rescorer::Rescorer},
        scoring::Answers,
    },
    model::folds::thin,
    stats::interval::wilson,
    summary::{Column, MISSING, Table, Task, Width},
    text::{number, phrase::plural, time},
};

use super::{
    table::{Cell, Column as Head, Format, StudyTable},
    topic::{Study, Topic},
};

/// Inputs shown beside a flipped row; an export of the golden set holds all of them.
const INPUTS: usize = 8;

/// Rows of numbers that are listed: those whose error grew most.
const CHANGED: usize = 50;

/// Rows of the log that are replayed a day.
const REPLAYED_A_DAY: usize = 1000;

/// A region with at least this share of production should be in the golden set …
const COMMON: f64 = 0.02;

/// … with at least this fraction of that share.
const HELD: f64 = 0.25;

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let golden = investigation.golden.as_ref().ok_or("no golden set with labels and both models' answers")?;
    let table = dossier.golden.as_ref().ok_or("the case has no golden set")?;
    let mut study = Study::new(Topic::Golden);
    let mut metrics = StudyTable::new(
        "metrics",
        "At launch and now, on the same rows",
        &[
            ("metric", "metric", Format::Text),
            ("launch", "at launch", Format::Metric),
            ("now", "now", Format::Metric),
            ("worse_by", "worse by", Format::Signed),
        ],
    );
    let cell = |of: Option<Estimate>| of.map_or(Cell::Missing, |of| Cell::Interval(of.value, of.interval));
    for row in &golden.metrics {
        let value = |of: Option<Estimate>| Cell::from(of.map(|of| of.value));
        metrics.push(vec![
            row.metric.name().into(),
            value(row.baseline),
            value(row.production),
            cell(row.loss),
        ]);
    }
    study.tables.push(metrics);
    if let Some(p) = golden.mcnemar_p {
        let said = format!(
            "{} right at launch and wrong now, {} the other way round: exact McNemar p {}.",
            text_of_rows(golden.broken.len()),
            text_of_rows(golden.fixed.len()),
            number::p_value(p)
        );
        if p < 0.01 && golden.broken.len() > golden.fixed.len() {
            study.alarm(said);
        } else {
            study.says.push(said);
        }
        study.tables.push(flips(dossier, table, golden.rows, (&golden.broken, &golden.fixed), p));
    }
    study.tables.push(rows(investigation, table));
    if let Some(by_day) = replayed(investigation) {
        study.says.push(by_day.0);
        study.tables.push(by_day.1);
    } else {
        study.limits.push("The log can't be replayed: the case names no model that runs.".to_owned());
    }
    let (said, regions) = coverage(investigation, table);
    study.says.push(said);
    study.tables.push(regions);
    study.says.push(age(dossier));
    Ok(study)
}

fn text_of_rows(rows: usize) -> String {
    if rows == 1 { "1 row was".to_owned() } else { format!("{} rows were", number::whole(rows as u64)) }
}

/// Who was right when, as counts.
fn flips(
    dossier: &Dossier,
    table: &Table,
    rows: usize,
    (broken, fixed): (&[usize], &[usize]),
    p: f64,
) -> StudyTable {
    let now = Answers::logged(&dossier.plan, table);
    let then = Answers::at_launch(&dossier.plan, table);
    let judged = (0..table.rows).filter(|&row| then.judged(row) && now.judged(row));
    let wrong = judged.filter(|&row| now.wrong(row) > 0.0).count();
    let both_wrong = wrong - broken.len();
    let both_right = rows - both_wrong - broken.len() - fixed.len();
    let mut counts = StudyTable::new(
        "flips",
        format!("Answers at launch against now (exact McNemar p {})", number::p_value(p)),
        &[
            ("at_launch", "at launch", Format::Text),
            ("right", "right now", Format::Count),
            ("wrong", "wrong now", Format::Count),
        ],
    );
    counts.push(vec!["right".into(), both_right.into(), broken.len().into()]);
    counts.push(vec!["wrong".into(), fixed.len().into(), both_wrong.into()]);
    counts
}

/// Whether two answers differ by more than what is lost where one of them is stored with fewer digits.
fn are_apart((then, now): (f64, f64)) -> bool {
    (then - now).abs() > 1e-6 * then.abs().max(now.abs())
}

/// The rows that flipped; of numbers those whose error grew most.
fn rows(investigation: &Investigation, table: &Table) -> StudyTable {
    let dossier = &investigation.dossier;
    let plan = &dossier.plan;
    let (then, now) = (Answers::at_launch(plan, table), Answers::logged(plan, table));
    let listed: Vec<(usize, &'static str)> = match &investigation.golden {
        Some(golden) if dossier.task() != Task::Regression => {
            let named = |rows: &[usize], name| rows.iter().map(move |&row| (row, name)).collect::<Vec<_>>();
            [named(&golden.broken, "broken"), named(&golden.fixed, "mended")].concat()
        }
        _ => {
            let answers = |row: usize| (then.answer_of(row), now.answer_of(row));
            let mut rows: Vec<(usize, f64)> = (0..table.rows)
                .filter(|&row| then.judged(row) && now.judged(row) && are_apart(answers(row)))
                .map(|row| (row, now.wrong(row) - then.wrong(row)))
                .collect();
            rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            rows.truncate(CHANGED);
            let name = |&(row, grown): &(usize, f64)| (row, if grown > 0.0 { "worse" } else { "better" });
            rows.iter().map(name).collect()
        }
    };
    let mut found = StudyTable::new(
        "rows",
        format!("Flipped rows: {}", plural(listed.len(), "row")),
        &[
            ("row", "row", Format::Count),
            ("change", "change", Format::Text),
            ("label", "truth", Format::Value),
            ("launch", "at launch", Format::Value),
            ("now", "now", Format::Value),
        ],
    );
    // Numbers and classes alone have no score.
    let is_scored =
        listed.iter().any(|(row, _)| then.score_of(*row).is_some() || now.score_of(*row).is_some());
    if is_scored {
        found.columns.extend([
            Head::new("launch_score", "score at launch", Format::Metric),
            Head::new("score", "score now", Format::Metric),
        ]);
    }
    let suspects = investigation.diagnosis.top().map_or(&[][..], |top| top.features.as_slice());
    let mut inputs: Vec<usize> = suspects.to_vec();
    inputs.extend((0..plan.features.len()).filter(|feature| !suspects.contains(feature)));
    inputs.truncate(INPUTS);
    found.columns.extend(inputs.iter().map(|&f| {
        Head::new(format!("input {}", plan.features[f].name), plan.features[f].name.as_str(), Format::Value)
    }));
    let answer = |value: f64| match plan.classes.get(value as usize) {
        Some(class) if value >= 0.0 => Cell::from(class.as_str()),
        _ => Cell::from(value),
    };
    for (row, change) in listed {
        let mut cells = vec![
            Cell::from(row + 1),
            change.into(),
            answer(table.label[row]),
            answer(then.answer_of(row)),
            answer(now.answer_of(row)),
        ];
        if is_scored {
            cells.extend([Cell::from(then.score_of(row)), now.score_of(row).into()]);
        }
        cells.extend(inputs.iter().map(|&feature| value_of(dossier, table, feature, row)));
        found.push(cells);
    }
    found
}

/// A value of an input as a cell.
fn value_of(dossier: &Dossier, table: &Table, feature: usize, row: usize) -> Cell {
    match table.features.get(feature) {
        Some(Column::Numeric { values, .. }) => values[row].into(),
        Some(Column::Categorical(codes)) if codes[row] != MISSING => dossier.plan.features[feature]
            .levels
            .get(codes[row] as usize)
            .map_or(Cell::Missing, |level| Cell::from(level.as_str())),
        _ => Cell::Missing,
    }
}

/// The share of logged answers that the artefact does not give again, by day.
fn replayed(investigation: &Investigation) -> Option<(String, StudyTable)> {
    let dossier = &investigation.dossier;
    let artifact = dossier.artifact.as_ref().ok()?;
    let rescorer = Rescorer::Artifact(std::sync::Arc::clone(artifact));
    let sample = &dossier.production.sample;
    let mut days: std::collections::BTreeMap<i64, Vec<usize>> = std::collections::BTreeMap::new();
    for (row, &at) in sample.time.iter().enumerate() {
        days.entry(Width::Day.floor(at)).or_default().push(row);
    }
    let rows: Vec<usize> = days.values().flat_map(|rows| thin(rows, REPLAYED_A_DAY)).collect();
    let differs = replay::row_by_row(dossier, &rescorer, &rows)?;
    let mut table = StudyTable::new(
        "replay",
        "Replay: logged answers that the artefact does not give again, by day",
        &[
            ("day", "day", Format::Text),
            ("rows", "rows replayed", Format::Count),
            ("differ", "differ", Format::Count),
            ("share", "share (95 %)", Format::Share),
        ],
    );
    let mut by_day: std::collections::BTreeMap<i64, (u64, u64)> = std::collections::BTreeMap::new();
    for (row, differs) in differs {
        let day = by_day.entry(Width::Day.floor(sample.time[row])).or_default();
        *day = (day.0 + 1, day.1 + u64::from(differs));
    }
    let worst = by_day.iter().max_by(|a, b| {
        let share = |(rows, differ): &(u64, u64)| *differ as f64 / *rows as f64;
        share(a.1).total_cmp(&share(b.1)).then(b.0.cmp(a.0))
    })?;
    let said = if worst.1.1 == 0 {
        "The artefact gives every logged answer again, on every day.".to_owned()
    } else {
        format!(
            "The artefact does not give the logged answer again in {} of the rows of {}, the worst day.",
            number::share(worst.1.1 as f64 / worst.1.0 as f64),
            time::day(*worst.0)
        )
    };
    for (&day, &(rows, differ)) in &by_day {
        let share = differ as f64 / rows as f64;
        let interval = wilson(differ, rows, 1.959_964).unwrap_or((share, share));
        table.push(vec![time::day(day).into(), rows.into(), differ.into(), Cell::Interval(share, interval)]);
    }
    Some((said, table))
}

/// Regions that are common in production and rare in the golden set.
fn coverage(investigation: &Investigation, golden: &Table) -> (String, StudyTable) {
    let dossier = &investigation.dossier;
    let production = &dossier.production.sample;
    let since = &investigation.framing.after;
    let mut table = StudyTable::new(
        "gaps",
        "Regions that are common in production and rare in the golden set",
        &[
            ("input", "input", Format::Text),
            ("region", "region", Format::Text),
            ("production", "of production", Format::Share),
            ("golden", "of the golden set", Format::Share),
        ],
    );
    let mut uncovered = vec![false; since.len()];
    let all: Vec<usize> = (0..golden.rows).collect();
    for (index, feature) in dossier.plan.features.iter().enumerate() {
        let (Some(served), Some(trusted)) = (production.features.get(index), golden.features.get(index))
        else {
            continue;
        };
        let training = &dossier.training.sample.features;
        let Some(cut) = training.get(index).and_then(|column| Cut::of(feature, column)) else { continue };
        let parts = |column: &Column, rows: &[usize]| -> Vec<usize> {
            if matches!(column, Column::Absent) {
                return Vec::new();
            }
            rows.iter().map(|&row| cut.segment(column, row)).collect()
        };
        let (in_production, in_golden) = (parts(served, since), parts(trusted, &all));
        if in_production.is_empty() || in_golden.is_empty() {
            continue;
        }
        for segment in 0..cut.len() {
            let share = |parts: &[usize]| {
                parts.iter().filter(|part| **part == segment).count() as f64 / parts.len() as f64
            };
            let (common, held) = (share(&in_production), share(&in_golden));
            if common >= COMMON && held < HELD * common {
                let name = cut.name(feature, segment);
                table.push(vec![feature.name.as_str().into(), name.into(), common.into(), held.into()]);
                for (row, part) in uncovered.iter_mut().zip(&in_production) {
                    *row |= *part == segment;
                }
            }
        }
    }
    let gap = uncovered.iter().filter(|row| **row).count() as f64 / since.len().max(1) as f64;
    let said = if table.rows.is_empty() {
        "Every region that is common in production is in the golden set.".to_owned()
    } else {
        format!(
            "{} of the production rows lie in {} that the golden set hardly holds; `coroner report CASE -o DIR --golden N` proposes rows.",
            number::share(gap),
            plural(table.rows.len(), "region")
        )
    };
    (said, table)
}

/// How old the golden set is: by its own clock, else at least.
fn age(dossier: &Dossier) -> String {
    let newest = dossier.golden.as_ref().and_then(|golden| golden.time.iter().copied().max());
    if let (Some(newest), Some((_, to))) = (newest, dossier.period()) {
        return format!(
            "The newest row of the golden set is of {}, {} before the end of the log.",
            time::day(newest),
            time::duration((to - newest).max(0))
        );
    }
    match dossier.period() {
        Some((from, to)) => format!(
            "The golden set holds the answers of launch day, so it is at least as old as the log, {}.",
            time::duration(to - from)
        ),
        None => "The log has no clock, so the age of the golden set is not known.".to_owned(),
    }
}
