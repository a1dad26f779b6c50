//! Metrics of the business, in both periods and window by window.

use crate::{
    autopsy::{Investigation, catalogue::checks, exam::performance::Estimate},
    text::time,
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    if investigation.business.is_empty() {
        return Err("the contract names no [metrics] that production holds numbers of".to_owned());
    }
    let mut study = Study::new(Topic::Business);
    study.take(investigation.findings_of(&checks::PERFORMANCE_BUSINESS));
    let mut table = StudyTable::new(
        "metrics",
        "Before and since the onset",
        &[
            ("metric", "metric", Format::Text),
            ("column", "column", Format::Text),
            ("better", "better", Format::Text),
            ("before", "before", Format::Value),
            ("since", "since", Format::Value),
            ("worse_by", "worse by", Format::Value),
            ("z", "standard errors", Format::Metric),
        ],
    );
    let cell = |of: Option<Estimate>| of.map_or(Cell::Missing, |of| Cell::Interval(of.value, of.interval));
    let mut course = StudyTable::new(
        "course",
        "By window",
        &[
            ("metric", "metric", Format::Text),
            ("from", "from", Format::Text),
            ("mean", "mean", Format::Value),
            ("total", "total of the sampled rows", Format::Value),
        ],
    );
    for business in &investigation.business {
        let metric = &business.metric;
        table.push(vec![
            metric.name.as_str().into(),
            metric.column.as_str().into(),
            if metric.better == crate::case::Better::More { "more" } else { "less" }.into(),
            cell(business.before),
            cell(business.since),
            cell(business.loss),
            business.z.into(),
        ]);
        let Some(grid) = business.grid else { continue };
        for (window, mean) in business.course.iter().enumerate() {
            let total = business.totals.get(window).copied().filter(|_| metric.total);
            course.push(vec![
                metric.name.as_str().into(),
                time::minute(grid.span(window).from).into(),
                cell(*mean),
                total.into(),
            ]);
        }
    }
    study.tables.extend([table, course]);
    Ok(study)
}
