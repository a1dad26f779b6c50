//! The course of the log: trends of the loss, what the calendar explains, how many requests are answered, values that repeat, and
//! what online detectors would have seen.

use std::collections::BTreeMap;

use crate::{
    autopsy::Investigation,
    model::folds::mix,
    remedy::series,
    stats::{
        distance, moments,
        streaming::{adaptive_window, drift_detection, page_hinkley},
        testing::welch,
        trend::{Trend, mann_kendall},
    },
    summary::{Column, Micros, SnapshotSummary, Task},
    text::{number, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

const HOUR: Micros = 3_600_000_000;
const DAY: Micros = 24 * HOUR;

/// Fewer rows of a window or a part of the week show no mean.
const FEWEST_ROWS: usize = 20;

/// The chance of a false alarm at one look of adaptive windowing.
const ADWIN_LEVEL: f64 = 0.002;

/// Blocks of the trend within a period.
const BLOCKS: usize = 20;

/// Parts of a day that are compared with their like.
const PARTS: i64 = 4;

/// Inputs whose move is held against the calendar.
const INPUTS: usize = 8;

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    if sample.time.len() != sample.rows || sample.rows == 0 {
        return Err("the log has no clock".to_owned());
    }
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let mut study = Study::new(Topic::Course);
    let (said, table) = trends(&periods);
    study.says.extend(said);
    study.tables.extend(table);
    if let Some((said, tables)) = calendar(investigation, &periods) {
        study.says.push(said);
        study.tables.extend(tables);
    }
    let (said, table) = delivery(investigation);
    study.says.push(said);
    study.tables.push(table);
    let (said, table) = repeats(investigation);
    study.says.push(said);
    study.tables.push(table);
    if let Some((said, table)) = detectors(investigation, &periods) {
        study.says.push(said);
        study.tables.push(table);
    }
    study.limits.push(
        "A trend is tested as if blocks were independent; slow waves make it look surer than it is."
            .to_owned(),
    );
    Ok(study)
}

/// Trends of residual and loss within each period.
fn trends(periods: &TwoPeriods<'_>) -> (Vec<String>, Option<StudyTable>) {
    let mut table = StudyTable::new(
        "trends",
        "Trends within the periods, over blocks of rows (Mann and Kendall; slope of Theil and Sen)",
        &[
            ("period", "period", Format::Text),
            ("measure", "measure", Format::Text),
            ("blocks", "blocks", Format::Count),
            ("slope", "a day (95 %)", Format::Value),
            ("z", "z", Format::Metric),
            ("p_value", "p", Format::PValue),
        ],
    );
    let mut said = Vec::new();
    for (name, period) in [(periods.then_name, &periods.then), (periods.now_name, &periods.now)] {
        let judged = period.judged();
        if period.table.time.is_empty() || judged.len() < BLOCKS * FEWEST_ROWS / 2 {
            continue;
        }
        for (measure, of) in [
            ("residual", &(|row| period.answers.residual(row)) as &dyn Fn(usize) -> f64),
            ("loss", &|row| period.answers.loss(row)),
        ] {
            let Some((blocks, trend)) = trend_of(&period.table.time, &judged, of) else { continue };
            table.push(vec![
                name.into(),
                measure.into(),
                blocks.into(),
                Cell::Interval(trend.slope, trend.interval),
                trend.z.into(),
                trend.p.into(),
            ]);
            if trend.p < 0.01 {
                said.push(format!(
                    "The {measure} {} {name}: by {} a day (p {}).",
                    if trend.slope > 0.0 { "rises within" } else { "falls within" },
                    number::value(trend.slope.abs()),
                    number::p_value(trend.p)
                ));
            }
        }
    }
    if said.is_empty() && !table.rows.is_empty() {
        said.push("Neither residual nor loss has a trend within a period.".to_owned());
    }
    let shown = !table.rows.is_empty();
    (said, shown.then_some(table))
}

/// The trend of the means of blocks of rows, per day.
fn trend_of(time: &[Micros], rows: &[usize], of: &dyn Fn(usize) -> f64) -> Option<(usize, Trend)> {
    let first = time[*rows.first()?];
    let (mut at, mut means) = (Vec::new(), Vec::new());
    for block in 0..BLOCKS {
        let rows = &rows[rows.len() * block / BLOCKS..rows.len() * (block + 1) / BLOCKS];
        let values: Vec<f64> = rows.iter().map(|&row| of(row)).filter(|value| value.is_finite()).collect();
        let Ok(mean) = moments::mean(&values) else { continue };
        let middle = rows.iter().map(|&row| (time[row] - first) as f64).sum::<f64>() / rows.len() as f64;
        at.push(middle / DAY as f64);
        means.push(mean);
    }
    mann_kendall(&at, &means).ok().map(|trend| (means.len(), trend))
}

/// The part of the week of an instant: the weekday, Monday first, and a quarter of the day.
fn part_of_week(at: Micros) -> (i64, i64) {
    // 1970-01-01 was a Thursday.
    let day = (at.div_euclid(DAY) + 3).rem_euclid(7);
    (day, at.rem_euclid(DAY) / (DAY / PARTS))
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Each part of the week since the onset against the same part before it.
fn calendar(investigation: &Investigation, periods: &TwoPeriods<'_>) -> Option<(String, Vec<StudyTable>)> {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let framing = &investigation.framing;
    if framing.before.len() < 200 || framing.after.len() < 200 {
        return None;
    }
    let answers = &periods.now.answers;
    let by_part = |rows: &[usize]| -> BTreeMap<(i64, i64), Vec<f64>> {
        let mut parts: BTreeMap<(i64, i64), Vec<f64>> = BTreeMap::new();
        for row in answers.judged_rows(rows) {
            parts.entry(part_of_week(sample.time[row])).or_default().push(answers.loss(row));
        }
        parts
    };
    let (then, now) = (by_part(&framing.before), by_part(&framing.after));
    let mut table = StudyTable::new(
        "calendar",
        "The loss by part of the week, against the same part before the onset",
        &[
            ("weekday", "weekday", Format::Text),
            ("hours", "hours (UTC)", Format::Text),
            ("baseline", "before", Format::Metric),
            ("production", "since", Format::Metric),
            ("change", "change (95 %)", Format::Signed),
            ("rows", "rows", Format::Count),
        ],
    );
    let (mut like, mut weight) = (0.0, 0.0);
    for (&(day, part), losses) in &now {
        let Some(before) = then.get(&(day, part)).filter(|before| before.len() >= FEWEST_ROWS) else {
            continue;
        };
        if losses.len() < FEWEST_ROWS {
            continue;
        }
        let Ok(change) = welch(before, losses) else { continue };
        like += change.difference * losses.len() as f64;
        weight += losses.len() as f64;
        let half = 1.96 * change.error;
        let hours = 24 / PARTS;
        table.push(vec![
            WEEKDAYS[day as usize].into(),
            format!("{} to {}", part * hours, (part + 1) * hours).into(),
            moments::mean(before).unwrap_or(f64::NAN).into(),
            moments::mean(losses).unwrap_or(f64::NAN).into(),
            Cell::Interval(change.difference, (change.difference - half, change.difference + half)),
            losses.len().into(),
        ]);
    }
    let flat = |parts: &BTreeMap<_, Vec<f64>>| parts.values().flatten().copied().collect::<Vec<f64>>();
    let raw = welch(&flat(&then), &flat(&now)).ok()?;
    let said = if weight > 0.0 {
        format!(
            "The mean loss changed by {}; against the same part of the week by {}, so the calendar explains {}.",
            number::signed(raw.difference),
            number::signed(like / weight),
            number::signed(raw.difference - like / weight)
        )
    } else {
        "No part of the week has enough rows on both sides of the onset.".to_owned()
    };
    Some((said, vec![table, inputs_by_calendar(investigation)]))
}

/// The move of the inputs against the rows before the onset, and against as many of them from the same parts of the week.
fn inputs_by_calendar(investigation: &Investigation) -> StudyTable {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let (before, after) = (&investigation.framing.before, &investigation.framing.after);
    let mut of_part: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for &row in before {
        of_part.entry(part_of_week(sample.time[row])).or_default().push(row);
    }
    // A row of the same part of the week for each row since the onset, drawn by the case's seed.
    let alike: Vec<usize> = after
        .iter()
        .filter_map(|&row| {
            let rows = of_part.get(&part_of_week(sample.time[row]))?;
            Some(rows[(mix(dossier.plan.seed ^ row as u64) % rows.len() as u64) as usize])
        })
        .collect();
    let counted = |rows: &[usize]| SnapshotSummary::from_table(&dossier.plan, sample.take(rows), None);
    let (plain, alike, now) = (counted(before), counted(&alike), counted(after));
    let psi = |from: &SnapshotSummary, feature: usize| {
        let bins = &dossier.plan.features[feature].bins;
        let coarse = |summary: &SnapshotSummary| {
            summary.features.get(feature).map(|counts| bins.coarsen(&counts.sum(|_| true)))
        };
        distance::psi_corrected(&coarse(from)?, &coarse(&now)?).ok()
    };
    let mut lines: Vec<(usize, f64, Option<f64>)> = (0..dossier.plan.features.len())
        .filter_map(|feature| Some((feature, psi(&plain, feature)?, psi(&alike, feature))))
        .collect();
    lines.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut table = StudyTable::new(
        "inputs",
        "The inputs that moved most: PSI against all rows before, and against rows of the same parts of the week",
        &[
            ("input", "input", Format::Text),
            ("psi", "against all", Format::Metric),
            ("psi_alike", "against the same weekday and hours", Format::Metric),
        ],
    );
    for (feature, psi, alike) in lines.into_iter().take(INPUTS) {
        table.push(vec![dossier.feature_name(feature).into(), psi.into(), alike.into()]);
    }
    table
}

/// Requests an hour, answers that failed, and the answers of each window against the window before.
fn delivery(investigation: &Investigation) -> (String, StudyTable) {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let drift = &investigation.drift;
    let mut table = StudyTable::new(
        "delivery",
        "Requests and answers by window",
        &[
            ("from", "from", Format::Text),
            ("rows", "rows", Format::Count),
            ("an_hour", "an hour", Format::Value),
            ("busiest_minute", "in the busiest minute (sampled)", Format::Count),
            ("against_usual", "above or below the usual number", Format::Share),
            ("failed", "without an answer", Format::Share),
            ("consecutive_psi", "PSI of the answers to the window before", Format::Metric),
            ("consecutive_input", "input that moved most from the window before", Format::Text),
            ("consecutive_input_psi", "its PSI", Format::Metric),
        ],
    );
    let Some(grid) = drift.grid else {
        return ("The log has no windows.".to_owned(), table);
    };
    let short = series::watch(investigation).volume().map_or_else(Vec::new, |(_, values)| values);
    let answered = |row: usize| {
        let known = |values: &[f64]| values.get(row).is_some_and(|x| x.is_finite());
        known(&sample.prediction) || known(&sample.score)
    };
    let mut rows_of = vec![Vec::new(); grid.windows];
    for (row, &at) in sample.time.iter().enumerate() {
        if let Some(window) = grid.window(at) {
            rows_of[window].push(row);
        }
    }
    let bins = &dossier.plan.answer_bins;
    let (_, map, _) = crate::autopsy::exam::window_split::widened(dossier, grid.width);
    let counts =
        |window: usize| bins.coarsen(&dossier.production.answers.sum(|fine| map.get(fine) == Some(&window)));
    // The input that moved most from one window to the next.
    let moved = |window: usize| {
        let of = |(index, feature): (usize, &crate::summary::Feature)| {
            let counts = dossier.production.features.get(index)?;
            let coarse =
                |window: usize| feature.bins.coarsen(&counts.sum(|fine| map.get(fine) == Some(&window)));
            Some((index, distance::psi_corrected(&coarse(window - 1), &coarse(window)).ok()?))
        };
        let all = dossier.plan.features.iter().enumerate().filter_map(of);
        all.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    };
    let (mut failed_before, mut failed_since) = ((0_usize, 0_usize), (0_usize, 0_usize));
    let split = investigation.framing.split();
    for (window, rows) in rows_of.iter().enumerate() {
        let span = grid.span(window);
        let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
        for &row in rows {
            *minutes.entry(sample.time[row].div_euclid(60_000_000)).or_default() += 1;
        }
        let failed = rows.iter().filter(|row| !answered(**row)).count();
        let sum = if split.is_some_and(|at| span.to <= at) { &mut failed_before } else { &mut failed_since };
        *sum = (sum.0 + failed, sum.1 + rows.len());
        let counted = drift.rows.get(window).copied().unwrap_or(0);
        let psi = (window > 0 && rows.len() >= FEWEST_ROWS)
            .then(|| distance::psi_corrected(&counts(window - 1), &counts(window)).ok())
            .flatten();
        let moved = psi.and_then(|_| moved(window));
        table.push(vec![
            time::minute(span.from).into(),
            counted.into(),
            (counted as f64 / (grid.width.micros() / HOUR) as f64).into(),
            minutes.values().max().copied().unwrap_or(0).into(),
            short.get(window).copied().flatten().map(|short| -short).into(),
            (!rows.is_empty()).then(|| failed as f64 / rows.len() as f64).into(),
            psi.into(),
            moved.map_or(Cell::Missing, |(feature, _)| dossier.feature_name(feature).into()),
            moved.map(|(_, psi)| psi).into(),
        ]);
    }
    let share = |(failed, rows): (usize, usize)| number::share(failed as f64 / rows.max(1) as f64);
    let said = if failed_before.0 + failed_since.0 == 0 {
        "Every request has an answer.".to_owned()
    } else if failed_before.1 == 0 {
        format!("{} of the requests have no answer.", share(failed_since))
    } else {
        format!(
            "{} of the requests have no answer, {} before the onset.",
            share(failed_since),
            share(failed_before)
        )
    };
    (said, table)
}

/// How often a value is that of the row before, beside how often it would be by chance: a frozen column needs no key to show.
fn repeats(investigation: &Investigation) -> (String, StudyTable) {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let mut table = StudyTable::new(
        "repeats",
        "Values that are those of the row before, beyond what chance gives",
        &[
            ("input", "input", Format::Text),
            ("baseline", "before", Format::Share),
            ("production", "since", Format::Share),
            ("longest", "longest run since", Format::Count),
        ],
    );
    let mut lines: Vec<(usize, f64, f64, usize)> = Vec::new();
    for (feature, column) in sample.features.iter().enumerate() {
        let (Some(then), Some(now)) =
            (repeated(column, &investigation.framing.before), repeated(column, &investigation.framing.after))
        else {
            continue;
        };
        lines.push((feature, then.0, now.0, now.1));
    }
    lines.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)).then(a.0.cmp(&b.0)));
    let said = match lines.first() {
        Some((feature, then, now, run)) if now - then > 0.1 => format!(
            "{} repeats the value of the row before in {} of the rows beyond chance, {} before the onset; the longest run holds {} rows.",
            dossier.feature_name(*feature),
            number::share(*now),
            number::share(*then),
            number::whole(*run as u64)
        ),
        Some(_) => "No input repeats the value of the row before more often than it did.".to_owned(),
        None => "There are no rows before the onset to compare repeated values with.".to_owned(),
    };
    for (feature, then, now, run) in lines.into_iter().take(INPUTS) {
        table.push(vec![dossier.feature_name(feature).into(), then.into(), now.into(), run.into()]);
    }
    (said, table)
}

/// The share of rows whose value is that of the row before, less what independent rows of these values give, as a share of what
/// is left; and the longest run.
fn repeated(column: &Column, rows: &[usize]) -> Option<(f64, usize)> {
    let keys: Vec<u64> = match column {
        Column::Numeric { values, .. } => {
            rows.iter().map(|&row| values[row]).filter(|x| !x.is_nan()).map(f64::to_bits).collect()
        }
        Column::Categorical(codes) => rows.iter().map(|&row| u64::from(codes[row])).collect(),
        Column::Embedding { .. } | Column::Absent => return None,
    };
    if keys.len() < 100 {
        return None;
    }
    let same = keys.windows(2).filter(|pair| pair[0] == pair[1]).count() as f64 / (keys.len() - 1) as f64;
    let longest = keys.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
    let mut sorted = keys;
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let chance: f64 = sorted.chunk_by(|a, b| a == b).map(|group| (group.len() as f64 / n).powi(2)).sum();
    (chance < 0.9).then(|| (((same - chance) / (1.0 - chance)).max(0.0), longest))
}

/// What detectors that see one answer after the other would have said.
fn detectors(investigation: &Investigation, periods: &TwoPeriods<'_>) -> Option<(String, StudyTable)> {
    let sample = &investigation.dossier.production.sample;
    let answers = &periods.now.answers;
    let judged = answers.judged_rows(&(0..sample.rows).collect::<Vec<_>>());
    if judged.len() < 200 {
        return None;
    }
    let losses: Vec<f64> = judged.iter().map(|&row| answers.loss(row)).collect();
    let deviation = moments::deviation(&losses).ok().filter(|d| *d > 0.0)?;
    // Tolerance and threshold in standard deviations, as usual for normal data.
    let page = page_hinkley(&losses, 0.1 * deviation, 50.0 * deviation).ok()?;
    let middle = moments::median(&losses).ok()?;
    let is_wrong = |(&row, loss): (&usize, &f64)| match investigation.dossier.task() {
        Task::Regression => *loss > middle,
        Task::Binary | Task::Multiclass => answers.wrong(row) > 0.5,
    };
    let wrong: Vec<bool> = judged.iter().zip(&losses).map(is_wrong).collect();
    let drift = drift_detection(wrong.iter().copied());
    let errors: Vec<f64> = wrong.iter().map(|&wrong| f64::from(u8::from(wrong))).collect();
    let window = adaptive_window(&errors, ADWIN_LEVEL).ok()?;
    let onset = investigation.framing.split();
    let mut table = StudyTable::new(
        "detectors",
        "Online detectors on the judged rows, in the order of the log",
        &[
            ("detector", "detector", Format::Text),
            ("alarm", "alarm", Format::Text),
            ("against_onset", "against the onset", Format::Text),
        ],
    );
    for (name, place) in [
        ("Page-Hinkley on the loss", page),
        ("drift detection method on errors", drift),
        ("adaptive windowing (ADWIN) on errors", window),
    ] {
        let at = place.map(|place| sample.time[judged[place]]);
        let against = match (at, onset) {
            (Some(at), Some(onset)) if at >= onset => {
                Cell::from(format!("{} after", time::duration(at - onset)))
            }
            (Some(at), Some(onset)) => Cell::from(format!("{} before", time::duration(onset - at))),
            _ => Cell::Missing,
        };
        table.push(vec![name.into(), at.map_or(Cell::Missing, |at| time::minute(at).into()), against]);
    }
    let rang = [page, drift, window].iter().flatten().count();
    Some((format!("{rang} of 3 online detectors would have rung."), table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn parts_of_the_week_are_those_of_the_calendar() {
        let at = |text: &str| part_of_week(crate::text::time::parse(text).expect("an instant"));
        assert_eq!(at("2026-03-02T00:00:00Z"), (0, 0));
        assert_eq!(at("2026-03-08T23:59:00Z"), (6, 3));
        assert_eq!(at("1969-12-31T06:00:00Z"), (2, 1));
    }

    #[test]
    fn a_frozen_column_repeats_beyond_chance() {
        let numeric =
            |values: Vec<f64>| Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() };
        let rows: Vec<usize> = (0..400).collect();
        let free = numeric((0..400).map(|t| f64::from(t * 7 % 10)).collect());
        let frozen = numeric((0..400).map(|t| f64::from(t / 20 % 10)).collect());
        assert_eq!(repeated(&free, &rows), Some((0.0, 1)));
        let (share, run) = repeated(&frozen, &rows).expect("enough rows");
        // same = 380 / 399, chance = 0.1: (0.952381 - 0.1) / 0.9
        assert!((share - (380.0 / 399.0 - 0.1) / 0.9).abs() < 1e-12 && run == 20, "{share} {run}");
    }

    #[test]
    fn the_course_of_an_incident_is_told() {
        let study = study(&fixture::investigation()).expect("a clock");
        let ids: Vec<&str> = study.tables.iter().map(|table| table.id).collect();
        assert_eq!(ids, ["trends", "calendar", "inputs", "delivery", "repeats", "detectors"]);
        assert!(study.says.iter().any(|said| said.contains("the calendar explains")), "{:?}", study.says);
        let inputs = &study.tables[2];
        assert_eq!(inputs.rows[0].len(), 3);
    }
}
