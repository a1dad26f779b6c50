//! The numbers by version of the model, and whether versions followed each other or answered side by side.

use crate::{
    autopsy::{Investigation, scoring},
    stats::moments,
    summary::{Micros, Width},
    text::{number, phrase::list, time},
};

use super::{
    columns_of::Groups,
    parts,
    periods::TwoPeriods,
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// A version with at least this share of an hour's or a day's rows answered there.
const PRESENT: f64 = 0.05;

/// With at least this share of the windows that hold both, versions answered side by side.
const SIDE_BY_SIDE: f64 = 0.1;

/// The rows of one version.
struct Version<'a> {
    name: &'a str,
    rows: Vec<usize>,
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let Some(column) = &dossier.breakdown.version else {
        return Err("the contract names no [columns] version".to_owned());
    };
    let groups = Groups::of(dossier, column).ok_or_else(|| format!("{column} holds no version"))?;
    let sample = &dossier.production.sample;
    let assigned = groups.assign(dossier, sample);
    let rows = |group: usize| (0..sample.rows).filter(|&row| assigned[row] == Some(group)).collect();
    let mut versions: Vec<Version<'_>> =
        groups.names().iter().enumerate().map(|(at, name)| Version { name, rows: rows(at) }).collect();
    // In the order in which they came.
    versions.sort_by_key(|version| version.rows.first().copied());
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let mut study = Study::new(Topic::Versions);
    study.says.push(succession(investigation, &versions));
    study.tables.push(by_version(investigation, &periods, &versions));
    if let Some((said, table)) = same_windows(investigation, &periods, &versions) {
        study.says.push(said);
        study.tables.push(table);
    }
    Ok(study)
}

fn days(times: &[Micros], rows: &[usize]) -> std::collections::BTreeMap<Micros, usize> {
    let mut days = std::collections::BTreeMap::new();
    for &row in rows {
        if let Some(&at) = times.get(row) {
            *days.entry(Width::Day.floor(at)).or_default() += 1;
        }
    }
    days
}

/// Whether the versions followed each other or answered side by side.
fn succession(investigation: &Investigation, versions: &[Version<'_>]) -> String {
    let times = &investigation.dossier.production.sample.time;
    if versions.len() < 2 {
        return "One version answered all rows.".to_owned();
    }
    if times.is_empty() {
        return format!("{} versions answered; the log has no clock to tell when.", versions.len());
    }
    let by_day: Vec<_> = versions.iter().map(|version| days(times, &version.rows)).collect();
    let mut all: std::collections::BTreeMap<Micros, usize> = std::collections::BTreeMap::new();
    for (day, rows) in by_day.iter().flatten() {
        *all.entry(*day).or_default() += rows;
    }
    let present = |day: &Micros, rows: usize| {
        let own = |days: &std::collections::BTreeMap<Micros, usize>| days.get(day).copied().unwrap_or(0);
        by_day.iter().filter(|days| own(days) as f64 >= PRESENT * rows as f64).count()
    };
    let mixed: Vec<&Micros> =
        all.iter().filter(|(day, rows)| present(day, **rows) > 1).map(|(day, _)| day).collect();
    if mixed.len() as f64 >= SIDE_BY_SIDE * all.len() as f64 && mixed.len() > 1 {
        let (first, last) = (mixed[0], mixed[mixed.len() - 1]);
        return format!(
            "{} versions answered side by side on {} of {} days, {} to {}: a mixture, not a switch.",
            versions.len(),
            mixed.len(),
            all.len(),
            time::day(*first),
            time::day(*last)
        );
    }
    let onset = investigation.framing.split();
    let switches: Vec<String> = versions
        .iter()
        .skip(1)
        .filter_map(|version| {
            let at = *times.get(*version.rows.first()?)?;
            let near = onset.filter(|onset| (onset - at).abs() < Width::Day.micros());
            let beside = near.map_or_else(String::new, |onset| {
                format!(", {} from the onset", time::duration((onset - at).abs()))
            });
            Some(format!("{} at {}{beside}", version.name, time::minute(at)))
        })
        .collect();
    format!("The versions followed each other: a switch to {}.", list(&switches))
}

fn by_version(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    versions: &[Version<'_>],
) -> StudyTable {
    let sample = &investigation.dossier.production.sample;
    let metrics = &investigation.performance.metrics;
    let mut table = StudyTable::new(
        "versions",
        "By version",
        &[
            ("version", "version", Format::Text),
            ("rows", "rows", Format::Count),
            ("share", "share", Format::Share),
            ("first", "first", Format::Text),
            ("last", "last", Format::Text),
            ("mean_answer", "mean answer", Format::Metric),
            ("latency_p95", "p95 ms", Format::Value),
        ],
    );
    table.columns.extend(
        metrics
            .iter()
            .map(|row| super::table::Column::new(row.metric.id(), row.metric.name(), Format::Metric)),
    );
    for version in versions {
        let at = |row: Option<&usize>| {
            row.and_then(|&row| sample.time.get(row)).map_or(Cell::Missing, |&at| time::minute(at).into())
        };
        let answers = if sample.score.is_empty() { &sample.prediction } else { &sample.score };
        let known = |values: &[f64]| -> Vec<f64> {
            let of = version.rows.iter().filter_map(|&row| values.get(row).copied());
            of.filter(|value| value.is_finite()).collect()
        };
        let latency =
            moments::sorted(&known(&sample.latency_ms)).and_then(|sorted| moments::quantile(&sorted, 0.95));
        let own = parts::metrics(&periods.now, &version.rows);
        let mut row = vec![
            version.name.into(),
            version.rows.len().into(),
            Cell::from(version.rows.len() as f64 / sample.rows.max(1) as f64),
            at(version.rows.first()),
            at(version.rows.last()),
            moments::mean(&known(answers)).ok().into(),
            latency.ok().into(),
        ];
        row.extend(metrics.iter().map(|row| parts::cell(parts::value_of(&own, row.metric))));
        table.push(row);
    }
    table
}

/// The versions on the days that each of them answered, so that a change of the days does not look like one of the
/// version.
fn same_windows(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    versions: &[Version<'_>],
) -> Option<(String, StudyTable)> {
    let times = &investigation.dossier.production.sample.time;
    let headline = investigation.performance.headline;
    let by_day: Vec<_> = versions.iter().map(|version| days(times, &version.rows)).collect();
    let shared: std::collections::BTreeSet<Micros> = by_day
        .first()?
        .keys()
        .copied()
        .filter(|day| by_day.iter().all(|days| days.get(day).is_some_and(|rows| *rows >= 10)))
        .collect();
    if versions.len() < 2 || shared.is_empty() {
        return None;
    }
    let mut table = StudyTable::new(
        "same_days",
        format!("On the {} days that every version answered", shared.len()),
        &[
            ("version", "version", Format::Text),
            ("rows", "rows", Format::Count),
            ("value", headline.name(), Format::Metric),
        ],
    );
    let mut found = Vec::new();
    for version in versions {
        let on_shared =
            |row: &&usize| times.get(**row).is_some_and(|at| shared.contains(&Width::Day.floor(*at)));
        let rows: Vec<usize> = version.rows.iter().filter(on_shared).copied().collect();
        let scored = parts::value_of(&parts::metrics(&periods.now, &rows), headline);
        found.extend(scored.map(|scored| (version.name, scored)));
        table.push(vec![version.name.into(), rows.len().into(), parts::cell(scored)]);
    }
    let (first, last) = (found.first()?, found.last()?);
    let worse = scoring::worsening(headline, first.1.value, last.1.value);
    let error = first.1.error.hypot(last.1.error);
    let state = match () {
        () if worse > 1.96 * error => "is worse than",
        () if worse < -1.96 * error => "is better than",
        () => "does as well as",
    };
    let said = format!(
        "On the same days {} {state} {}: {} {} against {}.",
        last.0,
        first.0,
        headline.name(),
        number::metric(last.1.value),
        number::metric(first.1.value)
    );
    Some((said, table))
}
