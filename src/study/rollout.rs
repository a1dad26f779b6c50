//! A plan for rolling a candidate out: in which steps, for how many days each, and what must not get worse meanwhile.
//!
//! Where an experiment runs already, its arms are compared day by day and the days are combined (weights of Mantel and
//! Haenszel), so that a ramp, which gives the candidate more rows on later days, is not taken for the candidate's effect.

use crate::{
    autopsy::{Dossier, Investigation, exam::business::numbers_of, scoring::Answers},
    remedy::comparison::strata::{Difference, stratified},
    stats::{moments, power},
    summary::Micros,
    text::number,
};

use super::{
    column_groups::ColumnGroups,
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// The candidate's share of the requests, step by step.
const STEPS: [f64; 6] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0];

/// Days of a step at most.
const LONGEST: f64 = 7.0;

/// Level and power of the comparison at the end of a step.
const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;

/// Fewer rows of a guard show nothing.
const FEWEST_ROWS: usize = 50;

const DAY: Micros = 86_400_000_000;

/// What must not get worse.
struct Guard {
    name: String,
    /// More is worse; NaN where it is not known.
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    /// Worse by this much stops the roll-out.
    limit: f64,
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let guards = guards(investigation);
    if guards.is_empty() {
        return Err(
            "production logs neither losses nor answer times, and the contract names no guard".to_owned()
        );
    }
    let Some((first, last)) = dossier.period().filter(|(first, last)| last - first >= DAY) else {
        return Err("less than a day of log tells no requests a day".to_owned());
    };
    let a_day = dossier.production.rows as f64 / ((last - first) as f64 / DAY as f64);
    let mut study = Study::new(Topic::Rollout);
    let (steps, days, short) = steps(&guards, a_day);
    study.says.push(format!(
        "At {} requests a day the roll-out takes {} days in {} steps; {}.",
        number::count(a_day.round() as u64),
        number::value(days),
        STEPS.len(),
        if short {
            "no step lasts longer than a week, so some see only harm that is larger than the limits"
        } else {
            "each step sees harm of the size of the limits"
        }
    ));
    if dossier.candidate.is_none() {
        study.says.push("The contract names no candidate: the plan holds for any.".to_owned());
    }
    study.tables.extend([steps, guard_table(&guards)]);
    if let Some(candidate) = dossier.candidate.as_ref().filter(|candidate| candidate.arm.is_some()) {
        let arms = arms(dossier, candidate)?;
        let (said, table) = by_day(dossier, &guards, &arms);
        study.says.extend(said);
        study.tables.push(table);
    }
    study.limits.push(format!(
        "Days are for one look at the end of each step ({} level, {} power); looking earlier takes more rows.",
        number::share(ALPHA),
        number::share(POWER)
    ));
    study.limits.push("Each step should hold whole days, and one of them a whole week.".to_owned());
    Ok(study)
}

/// The loss, the answer time, and what the contract names.
fn guards(investigation: &Investigation) -> Vec<Guard> {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, sample);
    let loss =
        (0..sample.rows).map(|row| if answers.judged(row) { answers.loss(row) } else { f64::NAN }).collect();
    let mut all: Vec<(String, Vec<f64>)> = vec![("loss of the model".to_owned(), loss)];
    if !sample.latency_ms.is_empty() {
        all.push(("latency_ms".to_owned(), sample.latency_ms.clone()));
    }
    let candidate = dossier.candidate.as_ref();
    for name in candidate.iter().flat_map(|candidate| &candidate.guard).filter(|name| *name != "latency_ms") {
        all.extend(numbers_of(dossier, sample, name).map(|values| (name.clone(), values)));
    }
    // A candidate runs beside the deployed model as it is now: the rows since the onset.
    let now = &investigation.framing.after;
    let guard = |(name, values): (String, Vec<f64>)| {
        let known: Vec<f64> = now.iter().map(|&row| values[row]).filter(|x| x.is_finite()).collect();
        let (mean, deviation) = (moments::mean(&known).ok()?, moments::deviation(&known).ok()?);
        let limit = dossier.thresholds.performance_drop * mean.abs();
        (known.len() >= FEWEST_ROWS && deviation > 0.0 && limit > 0.0).then_some(Guard {
            name,
            values,
            mean,
            deviation,
            limit,
        })
    };
    all.into_iter().filter_map(guard).collect()
}

/// Rows of the candidate's arm until a guard that is worse by its limit is seen, with the rest of the requests beside it.
fn rows_needed(guard: &Guard, share: f64) -> f64 {
    // The difference's variance is that of the smaller arm times 1 / (1 − share); of the last step, before and after it.
    let beside = if share < 1.0 { 1.0 / (1.0 - share) } else { 2.0 };
    let paired = power::paired_rows(guard.deviation, guard.limit, ALPHA, POWER);
    paired.map_or(f64::INFINITY, |rows| rows as f64 * beside)
}

/// The steps with their days, the days of all of them, and whether a step is too short for the limits.
fn steps(guards: &[Guard], a_day: f64) -> (StudyTable, f64, bool) {
    let mut table = StudyTable::new(
        "steps",
        "Steps of the roll-out",
        &[
            ("share", "candidate's share", Format::Share),
            ("rows_a_day", "its requests a day", Format::Count),
            ("rows", "its requests in the step", Format::Count),
            ("days", "days", Format::Count),
            ("slowest", "slowest guard", Format::Text),
            ("sees", "harm of it that is seen", Format::Value),
        ],
    );
    let (mut all, mut short) = (0.0, false);
    for share in STEPS {
        let needs = guards.iter().map(|guard| (guard, rows_needed(guard, share)));
        let Some((slowest, rows)) = needs.max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        // A morning is no day, and nobody waits longer than a week for a step: then only larger harm is seen.
        let days = (rows / (a_day * share)).ceil().clamp(1.0, LONGEST);
        all += days;
        let seen = a_day * share * days;
        short |= seen < rows;
        table.push(vec![
            share.into(),
            Cell::Number((a_day * share).round()),
            Cell::Number(seen.round()),
            Cell::Number(days),
            slowest.name.as_str().into(),
            (slowest.limit * (rows / seen).sqrt()).into(),
        ]);
    }
    (table, all, short)
}

fn guard_table(guards: &[Guard]) -> StudyTable {
    let mut table = StudyTable::new(
        "guards",
        "Guards: the roll-out stops where one is worse by its limit",
        &[
            ("guard", "guard", Format::Text),
            ("mean", "mean now", Format::Value),
            ("limit", "worse by", Format::Value),
            ("stop_above", "stop above", Format::Value),
        ],
    );
    for guard in guards {
        table.push(vec![
            guard.name.as_str().into(),
            guard.mean.into(),
            guard.limit.into(),
            (guard.mean + guard.limit).into(),
        ]);
    }
    table
}

/// The arm of each row: whether it is the candidate's.
fn arms(dossier: &Dossier, candidate: &crate::case::Candidate) -> Result<Vec<Option<bool>>, String> {
    let name = candidate.arm.as_deref().unwrap_or_default();
    let groups =
        ColumnGroups::of(dossier, name).ok_or_else(|| format!("production holds no column {name}"))?;
    let wanted = candidate.arm_value.as_deref();
    let other = candidate.incumbent_value.as_deref();
    let of = |group: Option<usize>| {
        let value = groups.names().get(group?)?.as_str();
        if Some(value) == wanted {
            Some(true)
        } else {
            other.is_none_or(|other| other == value).then_some(false)
        }
    };
    Ok(groups.assign(dossier, &dossier.production.sample).into_iter().map(of).collect())
}

/// Each guard by arm: over all rows, and day by day.
fn by_day(dossier: &Dossier, guards: &[Guard], arms: &[Option<bool>]) -> (Vec<String>, StudyTable) {
    let time = &dossier.production.sample.time;
    let mut table = StudyTable::new(
        "arms",
        "The candidate's arm less the other one",
        &[
            ("guard", "guard", Format::Text),
            ("pooled", "over all rows (95 %)", Format::Value),
            ("stratified", "day by day (95 %)", Format::Value),
            ("limit", "limit", Format::Value),
            ("state", "state", Format::Text),
        ],
    );
    let mut said = Vec::new();
    for guard in guards {
        let rows: Vec<(i64, bool, f64)> = (0..guard.values.len())
            .filter(|&row| guard.values[row].is_finite())
            .filter_map(|row| Some((time.get(row)?.div_euclid(DAY), arms[row]?, guard.values[row])))
            .collect();
        let pooled: Vec<(i64, bool, f64)> = rows.iter().map(|&(_, arm, value)| (0, arm, value)).collect();
        let (Some(pooled), Some(by_day)) = (stratified(&pooled), stratified(&rows)) else { continue };
        let cell = |of: Difference| {
            Cell::Interval(of.value, (of.value - 1.96 * of.error, of.value + 1.96 * of.error))
        };
        let (low, high) = (by_day.value - 1.96 * by_day.error, by_day.value + 1.96 * by_day.error);
        let state = match (low, high) {
            (low, _) if low > 0.0 && by_day.value >= guard.limit => "breached: stop",
            (_, high) if high < guard.limit => "holds",
            _ => "open: wait",
        };
        if state != "holds" {
            said.push(format!("{}: {state}.", crate::text::capital(&guard.name)));
        }
        if (pooled.value - by_day.value).abs() > 1.96 * by_day.error.max(pooled.error) {
            said.push(format!(
                "{}: over all rows the arms differ by {}, day by day by {}; the days weigh unequally (a ramp), so the second one counts.",
                crate::text::capital(&guard.name),
                number::value(pooled.value),
                number::value(by_day.value)
            ));
        }
        table.push(vec![
            guard.name.as_str().into(),
            cell(pooled),
            cell(by_day),
            guard.limit.into(),
            state.into(),
        ]);
    }
    if said.is_empty() && !table.rows.is_empty() {
        said.push("Every guard holds.".to_owned());
    }
    (said, table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn later_steps_take_fewer_days_and_the_slowest_guard_is_named() {
        let study = study(&fixture::investigation()).expect("losses");
        let days: Vec<f64> = study.tables[0]
            .rows
            .iter()
            .map(|row| if let Cell::Number(days) = row[3] { days } else { f64::NAN })
            .collect();
        assert_eq!(days.len(), STEPS.len());
        assert!(days.iter().all(|days| (1.0..=LONGEST).contains(days)), "{days:?}");
        assert!(days[..5].windows(2).all(|pair| pair[0] >= pair[1]), "{days:?}");
        assert!(!study.tables[1].rows.is_empty());
    }
}
