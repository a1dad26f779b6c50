//! A/B comparison: each model on the rows of its own arm.

use super::{
    detail, recommendation,
    result::{Comparison, ComparisonDesign, Measure, Ratio, Recommendation},
    shadow::{days, needed, sampled, segments, windows},
    sides::{DAY, FEWEST_ROWS, Sides, measure, of_row},
    strata::stratified,
};
use crate::{
    autopsy::{Investigation, scoring::Answers},
    case::Candidate,
    remedy::unavailable::Unavailable,
    stats::{distance, power},
    summary::{Column, MISSING, Micros, Table, Task, values::plain},
    text::{number, sanitize::terminal},
};

/// Shares this close to one half count as an even split if the contract states none.
const EVEN: (f64, f64) = (0.45, 0.55);

/// Compares two arms of the log.
pub(super) fn compare(
    investigation: &Investigation,
    candidate: &Candidate,
) -> Result<Comparison, Unavailable> {
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let arms = arms(candidate, table)?;
    let answers = Answers::logged(&dossier.plan, table);
    let (measure, values) = measured(investigation, candidate, table, &answers)?;
    let mut sides = Sides { less: !matches!(measure, Measure::Success(_)), rows: Vec::new() };
    for (row, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        match arms[row] {
            Some(false) => sides.rows.push((row, value, f64::NAN)),
            Some(true) => sides.rows.push((row, f64::NAN, value)),
            None => {}
        }
    }
    // The arms are compared over the period in which both run.
    let time = &table.time;
    let first = sides.rows.iter().find(|(.., b)| b.is_finite()).and_then(|(row, ..)| time.get(*row));
    let since = first.copied().filter(|at| time.first() < Some(at));
    let chosen = sides.only(|row| since.is_none_or(|at| time[row] >= at));
    let overall = chosen.overall(FEWEST_ROWS as u64).ok_or_else(|| {
        let count = |arm: bool| {
            let of = |(_, a, b): &&(usize, f64, f64)| if arm { b.is_finite() } else { a.is_finite() };
            chosen.rows.iter().filter(of).count() as u64
        };
        format!(
            "the arms have {} and {} rows that can be judged; {FEWEST_ROWS} of each are the fewest that can be \
             compared",
            number::whole(count(false)),
            number::whole(count(true))
        )
    })?;
    let members = |arm: bool| -> Vec<usize> {
        let rows = (0..table.rows).filter(|&row| arms[row] == Some(arm));
        rows.filter(|&row| since.is_none_or(|at| time[row] >= at)).collect()
    };
    let (ours, theirs) = (members(false), members(true));
    let judged = |rows: &[usize]| answers.judged_rows(rows);
    let needed = needed(investigation, candidate, &chosen, &overall, time);
    let seed = dossier.plan.seed;
    let of = |values: &[f64], rows: &[usize]| -> Vec<f64> {
        rows.iter().filter_map(|&row| values.get(row).copied()).collect()
    };
    let mut limits = vec![
        "the arms hold different rows: differences between them other than the model are assumed to be chance"
            .to_owned(),
    ];
    if !table.is_whole() {
        limits.push(sampled(table));
    }
    let mut ratio = ratio(candidate, table, &ours, &theirs);
    if ratio.is_uneven() {
        ratio.by_day = by_day(&chosen, time);
    }
    let mut comparison = Comparison {
        name: candidate.name.clone(),
        design: ComparisonDesign::Arms,
        since,
        metrics: detail::metrics_of_arms(&answers, &ours, &theirs, investigation.performance.headline),
        flips: None,
        days: days(&chosen, time),
        grid: investigation.performance.grid,
        windows: windows(investigation, &chosen),
        segments: segments(investigation, &chosen, needed.difference),
        calibration: detail::calibrated(&answers, &judged(&ours))
            .zip(detail::calibrated(&answers, &judged(&theirs))),
        disagreements: None,
        latency: detail::latency(&of(&table.latency_ms, &ours), &of(&table.latency_ms, &theirs), seed),
        ratio: Some(ratio),
        measure,
        overall,
        before: None,
        needed,
        recommendation: Recommendation::Hold,
        reasons: Vec::new(),
        limits,
    };
    recommendation::decide(&mut comparison, dossier);
    Ok(comparison)
}

/// Returns the values of a column as texts, row by row.
fn texts(column: &Column, levels: &[String]) -> Vec<Option<String>> {
    match column {
        Column::Numeric { values, .. } => values.iter().map(|&x| (!x.is_nan()).then(|| plain(x))).collect(),
        Column::Categorical(codes) => {
            codes.iter().map(|&code| levels.get(code as usize).filter(|_| code != MISSING).cloned()).collect()
        }
        Column::Embedding { .. } | Column::Absent => Vec::new(),
    }
}

fn extra<'a>(table: &'a Table, name: &str) -> Option<&'a (String, Column, Vec<String>)> {
    table.extra.iter().find(|(column, ..)| column == name)
}

/// Returns whether each row was in the candidate's arm; `None` for rows in neither arm.
fn arms(candidate: &Candidate, table: &Table) -> Result<Vec<Option<bool>>, Unavailable> {
    let name = candidate.arm.as_deref().unwrap_or_default();
    let wanted = candidate.arm_value.as_deref().unwrap_or_default();
    let texts = extra(table, name).map(|(_, column, levels)| texts(column, levels)).unwrap_or_default();
    let mut values: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    values.sort_unstable();
    values.dedup();
    let shown = || {
        let listed: Vec<String> = values.iter().take(6).map(|value| terminal(value).into_owned()).collect();
        listed.join(", ")
    };
    let missing = |value: &str, key: &str| {
        format!(
            "no row of {} is {} ([candidate] {key}); it holds {}",
            terminal(name),
            terminal(value),
            shown()
        )
    };
    if !values.contains(&wanted) {
        return Err(missing(wanted, "arm_value").into());
    }
    let others: Vec<&str> = values.iter().copied().filter(|value| *value != wanted).collect();
    let incumbent = match (candidate.incumbent_value.as_deref(), others.as_slice()) {
        (Some(value), _) if !values.contains(&value) => {
            return Err(missing(value, "incumbent_value").into());
        }
        (Some(value), _) => value,
        (None, [one]) => one,
        (None, []) => {
            return Err(format!(
                "every row is in the candidate's arm: {} holds nothing else",
                terminal(name)
            )
            .into());
        }
        (None, _) => {
            return Err(format!(
                "{} holds {}: set [candidate] incumbent_value to the deployed model's arm",
                terminal(name),
                shown()
            )
            .into());
        }
    };
    Ok(texts
        .iter()
        .map(|text| match text.as_deref() {
            Some(text) if text == wanted => Some(true),
            Some(text) if text == incumbent => Some(false),
            _ => None,
        })
        .collect())
}

/// Returns the measure and its value for every row.
fn measured(
    investigation: &Investigation,
    candidate: &Candidate,
    table: &Table,
    answers: &Answers<'_>,
) -> Result<(Measure, Vec<f64>), Unavailable> {
    let Some(success) = candidate.success.as_deref() else {
        let scored = answers.task == Task::Binary && table.score.iter().any(|score| !score.is_nan());
        let measure = measure(investigation, scored);
        let values: Vec<f64> = (0..table.rows).map(|row| of_row(&measure, answers, row)).collect();
        if values.iter().all(|value| value.is_nan()) {
            return Err("no production row has its label yet; [candidate] success names a column that shows the outcome of a row sooner"
                .into());
        }
        return Ok((measure, values));
    };
    let values = match extra(table, success) {
        Some((_, Column::Numeric { values, .. }, _)) => values.clone(),
        // Booleans are stored as texts.
        Some((_, column, levels)) => texts(column, levels)
            .iter()
            .map(|text| match text.as_deref() {
                Some("true") => 1.0,
                Some("false") => 0.0,
                _ => f64::NAN,
            })
            .collect(),
        None => {
            return Err(
                format!("{} is a feature or a role, not a measure of success", terminal(success)).into()
            );
        }
    };
    if values.iter().all(|value| value.is_nan()) {
        return Err(format!("{} holds no number", terminal(success)).into());
    }
    Ok((Measure::Success(success.to_owned()), values))
}

/// The gain, day by day and the days combined, with its 95 % interval: days on which the candidate had more rows than usual do
/// not weigh more in one arm than in the other.
fn by_day(chosen: &Sides, time: &[Micros]) -> Option<(f64, (f64, f64))> {
    let rows: Vec<(i64, bool, f64)> = chosen
        .rows
        .iter()
        .filter_map(|&(row, a, b)| {
            let is_candidate = b.is_finite();
            Some((time.get(row)?.div_euclid(DAY), is_candidate, if is_candidate { b } else { a }))
        })
        .collect();
    let difference = stratified(&rows)?;
    let gain = if chosen.less { -difference.value } else { difference.value };
    let half = 1.959_964 * difference.error;
    Some((gain, (gain - half, gain + half)))
}

/// Checks the sizes of the arms, overall and day by day (sample-ratio mismatch).
fn ratio(candidate: &Candidate, table: &Table, ours: &[usize], theirs: &[usize]) -> Ratio {
    let rows = (ours.len() as u64, theirs.len() as u64);
    let observed = rows.1 as f64 / (rows.0 + rows.1).max(1) as f64;
    let even = (EVEN.0..=EVEN.1).contains(&observed).then_some(0.5);
    let expected = candidate.share.or(even);
    let p = expected.and_then(|share| power::goodness_of_fit(&[rows.0, rows.1], &[1.0 - share, share]).ok());
    let day = |row: &usize| table.time.get(*row).map(|at| at.div_euclid(DAY));
    let first = ours.iter().chain(theirs).filter_map(day).min();
    let last = ours.iter().chain(theirs).filter_map(day).max();
    let p_steady = first.zip(last).and_then(|(first, last)| {
        let mut counts = (vec![0_u64; (last - first + 1) as usize], vec![0_u64; (last - first + 1) as usize]);
        ours.iter().filter_map(day).for_each(|at| counts.0[(at - first) as usize] += 1);
        theirs.iter().filter_map(day).for_each(|at| counts.1[(at - first) as usize] += 1);
        distance::chi_square(&counts.0, &counts.1).ok().map(|test| test.p)
    });
    Ratio { rows, expected, p, p_steady, by_day: None }
}
