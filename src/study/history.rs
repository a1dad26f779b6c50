//! The course of earlier checks.

use crate::{autopsy::Investigation, case::streak};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let runs = &investigation.dossier.runs;
    if runs.is_empty() {
        return Err(
            "no check has been remembered: name a file with [snapshots] history and run `coroner check`"
                .to_owned(),
        );
    }
    let mut study = Study::new(Topic::History);
    match streak(runs) {
        Some((length, first)) => study.alarm(format!(
            "Degraded in the last {length} of {} runs, since the rows until {}.",
            runs.len(),
            first.until.as_deref().unwrap_or("an unknown time")
        )),
        None => study.says.push(format!("The last of {} runs found nothing.", runs.len())),
    }
    let mut table = StudyTable::new(
        "runs",
        "Runs of check, the oldest first",
        &[
            ("until", "rows until", Format::Text),
            ("state", "state", Format::Text),
            ("metric", "metric", Format::Text),
            ("baseline", "baseline", Format::Metric),
            ("value", "value", Format::Metric),
            ("violated", "violated", Format::Text),
        ],
    );
    let text = |text: Option<&String>| text.map_or(Cell::Missing, |text| Cell::from(text.as_str()));
    for run in runs {
        table.push(vec![
            text(run.until.as_ref()),
            if run.degraded { "degraded" } else { "healthy" }.into(),
            text(run.metric.as_ref()),
            run.baseline.into(),
            run.value.into(),
            run.violated.join(", ").into(),
        ]);
    }
    study.tables.push(table);
    Ok(study)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, case::runs_in};

    #[test]
    fn runs_are_listed_with_the_streak() {
        let mut investigation = fixture::investigation();
        assert!(study(&investigation).is_err());
        let mut dossier = (*investigation.dossier).clone();
        dossier.runs = runs_in(
            "{\"degraded\":false,\"until\":\"2026-03-01T00:00:00Z\"}\n{\"degraded\":true,\"until\":\"2026-03-02T00:00:00Z\",\"violated\":[\"a\",\"b\"]}\n",
        );
        investigation.dossier = std::sync::Arc::new(dossier);
        let study = study(&investigation).expect("two runs");
        assert_eq!(
            study.says,
            ["Degraded in the last 1 of 2 runs, since the rows until 2026-03-02T00:00:00Z."]
        );
        assert_eq!(study.tables[0].line(&study.tables[0].rows[1])[5], "a, b");
    }
}
