//! Shadow comparison: both models on the same rows.

use super::{
    detail, recommendation,
    result::{Comparison, ComparisonDesign, Day, Gained, Needed, Recommendation, SegmentGain, WindowGain},
    sides::{ALPHA, DAY, FEWEST_ROWS, POWER, Sides, difference, measure, of_row},
};
use crate::{
    autopsy::{Investigation, OnsetKind, exam::concept::Cut, scoring::Answers},
    case::Candidate,
    remedy::unavailable::Unavailable,
    stats::{power, sequential::rows_to_decide, testing::benjamini_hochberg},
    summary::{Micros, Table, Task},
    text::{number, time},
};

/// Windows and segments with fewer rows are skipped.
const GROUP_ROWS: u64 = 50;

/// Compares the candidate's predictions with the logged ones, row by row.
pub(super) fn compare(
    investigation: &Investigation,
    candidate: &Candidate,
) -> Result<Comparison, Unavailable> {
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let incumbent = Answers::logged(&dossier.plan, table);
    let other = Answers {
        prediction: &table.candidate_prediction,
        score: &table.candidate_score,
        class_scores: &[],
        ..incumbent
    };
    let all: Vec<usize> = (0..table.rows).filter(|&row| incumbent.judged(row) && other.judged(row)).collect();
    if all.len() < FEWEST_ROWS {
        return Err(too_few(candidate, table, &incumbent, &other, all.len()).into());
    }
    let scored = |answers: &Answers<'_>| all.iter().all(|&row| answers.score_of(row).is_some());
    let measure = measure(investigation, scored(&incumbent) && scored(&other));
    let sides = Sides {
        less: true,
        rows: all
            .iter()
            .map(|&row| (row, of_row(&measure, &incumbent, row), of_row(&measure, &other, row)))
            .collect(),
    };
    let (since, scope) = scope(investigation, &all);
    let chosen = sides.only(|row| since.is_none_or(|at| table.time[row] >= at));
    let before = since.and_then(|at| sides.only(|row| table.time[row] < at).overall(FEWEST_ROWS as u64));
    let overall = chosen.overall(FEWEST_ROWS as u64).ok_or("too few rows have both answers and a label")?;
    let seed = dossier.plan.seed;
    let gains: Vec<(usize, f64)> = chosen.rows.iter().map(|&(row, a, b)| (row, a - b)).collect();
    let needed = needed(investigation, candidate, &chosen, &overall, &table.time);
    let mut limits = limits(table, &incumbent, &other);
    if candidate.score.is_none() && dossier.task() == Task::Binary && dossier.plan.has_score {
        limits.push(
            "the candidate has no score: ROC AUC, log loss and calibration can't be compared ([candidate] score)"
                .to_owned(),
        );
    }
    let calibration = detail::calibrated(&incumbent, &scope).zip(detail::calibrated(&other, &scope));
    let mut comparison = Comparison {
        name: candidate.name.clone(),
        design: ComparisonDesign::Shadow,
        since,
        metrics: detail::metrics_of_rows(
            &incumbent,
            &other,
            &scope,
            investigation.performance.headline,
            seed,
        ),
        flips: detail::flips(&incumbent, &other, &scope),
        days: days(&chosen, &table.time),
        grid: investigation.performance.grid,
        windows: windows(investigation, &sides),
        segments: segments(investigation, &chosen, needed.difference),
        calibration,
        disagreements: Some(detail::disagreements(&incumbent, &other, table, &gains)),
        latency: detail::latency(&table.latency_ms, &table.candidate_latency_ms, seed),
        measure,
        overall,
        before,
        needed,
        ratio: None,
        recommendation: Recommendation::Hold,
        reasons: Vec::new(),
        limits,
    };
    recommendation::decide(&mut comparison, dossier);
    Ok(comparison)
}

/// Explains why there is nothing to compare.
fn too_few(
    candidate: &Candidate,
    table: &Table,
    incumbent: &Answers<'_>,
    other: &Answers<'_>,
    both: usize,
) -> String {
    let known = |values: &[f64], row: usize| values.get(row).is_some_and(|v| !v.is_nan());
    let answered =
        (0..table.rows).filter(|&row| known(other.prediction, row) || known(other.score, row)).count();
    let labelled = (0..table.rows).filter(|&row| incumbent.judged(row)).count();
    match (&candidate.file, answered, labelled) {
        (Some(file), 0, _) => format!(
            "no id of {file} is among the {} sampled production rows: check [columns] id, and that both files write it in the same way",
            number::whole(table.rows as u64)
        ),
        (None, 0, _) => "the candidate's column holds no readable answer".to_owned(),
        (_, _, 0) => {
            "no production row has its label yet: answers can be compared, but it is not known which are right"
                .to_owned()
        }
        _ => format!(
            "{} rows have both answers and a label; {FEWEST_ROWS} are the fewest that can be compared",
            number::whole(both as u64)
        ),
    }
}

/// Returns the start of the comparison and its rows: the rows since the onset if there are enough of them.
pub(super) fn scope(investigation: &Investigation, all: &[usize]) -> (Option<Micros>, Vec<usize>) {
    let time = &investigation.dossier.production.sample.time;
    let onset = investigation.framing.onset.filter(|onset| {
        onset.kind != OnsetKind::FromStart && time.len() == investigation.dossier.production.sample.rows
    });
    if let Some(onset) = onset {
        let after: Vec<usize> = all.iter().copied().filter(|&row| time[row] >= onset.at).collect();
        // A candidate deployed after the onset has no rows before it.
        if after.len() >= FEWEST_ROWS && after.len() < all.len() {
            return (Some(onset.at), after);
        }
    }
    (None, all.to_vec())
}

pub(super) fn days(sides: &Sides, time: &[Micros]) -> Vec<Day> {
    sides.days(time, ALPHA).into_iter().map(|(day, rows, look)| Day { day, rows, look }).collect()
}

/// Compares both models by window.
pub(super) fn windows(investigation: &Investigation, sides: &Sides) -> Vec<WindowGain> {
    let time = &investigation.dossier.production.sample.time;
    let Some(grid) = investigation.performance.grid else {
        return Vec::new();
    };
    let sums = sides.sums(grid.windows, |row| grid.window(*time.get(row)?));
    sums.iter()
        .enumerate()
        .filter_map(|(window, sum)| Some(WindowGain { window, gained: sides.gained(sum, GROUP_ROWS)? }))
        .collect()
}

/// Compares both models by the levels or quartiles of every feature, largest harm first.
///
/// * `matters`: smaller harms are ignored.
pub(super) fn segments(investigation: &Investigation, sides: &Sides, matters: f64) -> Vec<SegmentGain> {
    let dossier = &investigation.dossier;
    let (training, production) = (&dossier.training.sample, &dossier.production.sample);
    let mut found = Vec::new();
    for (feature, described) in dossier.plan.features.iter().enumerate() {
        let (Some(reference), Some(column)) =
            (training.features.get(feature), production.features.get(feature))
        else {
            continue;
        };
        let Some(cut) = Cut::of(described, reference) else {
            continue;
        };
        let sums = sides.sums(cut.len(), |row| Some(cut.segment(column, row)));
        for (segment, sum) in sums.iter().enumerate() {
            if let Some(gained) = sides.gained(sum, GROUP_ROWS) {
                found.push((feature, cut.name(described, segment), gained));
            }
        }
    }
    let p_values: Vec<f64> = found.iter().map(|(.., gained)| gained.p()).collect();
    let q_values = benjamini_hochberg(&p_values);
    let mut segments: Vec<SegmentGain> = found
        .into_iter()
        .zip(q_values)
        .map(|((feature, name, gained), q_value)| SegmentGain {
            harmed: q_value <= ALPHA && gained.gain <= -matters,
            feature,
            name,
            gained,
            q_value,
        })
        .collect();
    segments.sort_by(|a, b| {
        b.harmed
            .cmp(&a.harmed)
            .then(a.gained.gain.total_cmp(&b.gained.gain))
            .then(a.feature.cmp(&b.feature))
            .then(a.name.cmp(&b.name))
    });
    segments
}

/// Returns the rows and days needed to detect the difference that matters.
pub(super) fn needed(
    investigation: &Investigation,
    candidate: &Candidate,
    sides: &Sides,
    overall: &Gained,
    time: &[Micros],
) -> Needed {
    let (difference, stated) = difference(investigation, candidate.difference, overall.incumbent);
    let deviation = sides.deviation().filter(|deviation| *deviation > 0.0);
    let rows = sides.rows.len() as u64;
    let instants = sides.rows.iter().filter_map(|(row, ..)| time.get(*row));
    let span = instants.clone().max().zip(instants.min()).map(|(to, from)| to - from);
    // Less than a day of data gives no daily rate.
    let a_day = span.filter(|span| *span >= DAY).map(|span| rows as f64 * DAY as f64 / span as f64);
    let rows_in_all = deviation.and_then(|deviation| rows_to_decide(deviation, difference, ALPHA, POWER));
    Needed {
        difference,
        stated,
        rows,
        rows_fixed: deviation.and_then(|d| power::paired_rows(d, difference, ALPHA, POWER).ok()),
        rows_in_all,
        a_day,
        days_left: rows_in_all
            .zip(a_day)
            .map(|(wanted, a_day)| (wanted as f64 - rows as f64).max(0.0) / a_day),
        detectable: deviation.and_then(|d| power::detectable(rows, d, ALPHA, POWER).ok()),
    }
}

/// Returns the limitations of the comparison.
fn limits(table: &Table, incumbent: &Answers<'_>, other: &Answers<'_>) -> Vec<String> {
    let mut limits = Vec::new();
    let answered = |answers: &Answers<'_>, row: usize| !answers.answer_of(row).is_nan();
    let both = (0..table.rows).filter(|&row| answered(incumbent, row) && answered(other, row)).count();
    let labelled = (0..table.rows).filter(|&row| incumbent.judged(row) && other.judged(row)).count();
    if both > labelled {
        limits.push(format!(
            "{} of {} rows with both answers have no label yet; the comparison covers the others",
            number::whole((both - labelled) as u64),
            number::whole(both as u64)
        ));
    }
    if let (Some(first), Some(begin)) = (
        (0..table.rows).find(|&row| answered(other, row)).and_then(|row| table.time.get(row)),
        table.time.first(),
    ) && first > begin
    {
        limits.push(format!("the candidate answers since {} only", time::minute(*first)));
    }
    if !table.is_whole() {
        limits.push(sampled(table));
    }
    limits.push(
        "a shadow's answers were never acted on: what users would have done with them is not in the log"
            .to_owned(),
    );
    limits
}

/// Notes that the sample limits the rows that can be compared.
pub(super) fn sampled(table: &Table) -> String {
    format!(
        "{} of {} production rows are sampled and compared; [sample] rows raises that",
        number::count(table.rows as u64),
        number::count(table.population)
    )
}
