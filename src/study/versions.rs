//! The numbers by version of the model, and whether versions followed each other or answered side by side.

use crate::{
    autopsy::{
        Investigation,
        catalogue::checks,
        exam::breakdown::versions::{self, ModelVersion},
    },
    stats::moments,
    text::time,
};

use super::{
    parts::{self, Part},
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let Some(column) = &dossier.breakdown.version else {
        return Err("the contract names no [columns] version".to_owned());
    };
    let versions = versions::versions(dossier, column).ok_or_else(|| format!("{column} holds no version"))?;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let mut study = Study::new(Topic::Versions);
    study.take(investigation.findings_of(&checks::PERFORMANCE_VERSIONS));
    study.tables.push(by_version(investigation, &periods, &versions));
    study.tables.extend(same_days(investigation, &periods, &versions));
    let part = |version: &ModelVersion| Part {
        name: version.name.clone(),
        then: Vec::new(),
        now: version.rows.clone(),
    };
    let all: Vec<Part> = versions.iter().map(part).collect();
    study.tables.push(parts::course(investigation, &periods, "version", &all));
    Ok(study)
}

fn by_version(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    versions: &[ModelVersion],
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
            version.name.as_str().into(),
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

/// The versions on the days that each of them answered.
fn same_days(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    versions: &[ModelVersion],
) -> Option<StudyTable> {
    let headline = investigation.performance.headline;
    let (days, rows) = versions::on_shared_days(&investigation.dossier, versions)?;
    let mut table = StudyTable::new(
        "same_days",
        format!("On the {days} days that every version answered"),
        &[
            ("version", "version", Format::Text),
            ("rows", "rows", Format::Count),
            ("value", headline.name(), Format::Metric),
        ],
    );
    for (version, rows) in versions.iter().zip(&rows) {
        let scored = parts::value_of(&parts::metrics(&periods.now, rows), headline);
        table.push(vec![version.name.as_str().into(), rows.len().into(), parts::cell(scored)]);
    }
    Some(table)
}
