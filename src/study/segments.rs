//! Segments by hand: every metric, the drift of the inputs and the course of the headline metric in each.

use crate::{
    autopsy::{Dossier, Investigation, cohort::Cohort},
    summary::Table,
    text::number,
};

use super::{
    column_groups::ColumnGroups,
    parts::{self, Part},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if dossier.breakdown.segments.is_empty() {
        return Err("the contract names no [segments]".to_owned());
    }
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let mut all = Vec::new();
    for (name, text) in &dossier.breakdown.segments {
        all.extend(cut(dossier, &periods, name, text)?);
    }
    let measured = parts::measure(dossier, &periods, &all);
    let headline = investigation.performance.headline;
    let (table, worst) = parts::summary(dossier, headline, &periods, &measured);
    let mut study = Study::new(Topic::Segments);
    match worst.map(|at| &measured[at]) {
        Some(worst) => {
            let value = |metrics| {
                parts::value_of(metrics, headline).map_or_else(String::new, |s| number::metric(s.value))
            };
            study.alarm(format!(
                "{} got worse most: {} went from {} to {}.",
                worst.part.name,
                headline.name(),
                value(&worst.then),
                value(&worst.now)
            ));
        }
        None => study.says.push("No segment got worse beyond noise.".to_owned()),
    }
    study.tables.extend([
        table,
        parts::every_metric(&periods, &measured),
        parts::course(investigation, &periods, "segment", &all),
    ]);
    study.limits.push("Segments may overlap; rows without a value are in none.".to_owned());
    Ok(study)
}

/// The parts that one line of `[segments]` asks for.
fn cut(dossier: &Dossier, periods: &TwoPeriods<'_>, name: &str, text: &str) -> Result<Vec<Part>, String> {
    if let Some(groups) = ColumnGroups::of(dossier, text) {
        let assigned = |table: &Table| groups.assign(dossier, table);
        let (then, now) = (assigned(periods.then.table), assigned(periods.now.table));
        let rows = |assigned: &[Option<usize>], rows: &[usize], group: usize| -> Vec<usize> {
            rows.iter().copied().filter(|&row| assigned[row] == Some(group)).collect()
        };
        let part = |(group, level): (usize, &String)| Part {
            name: format!("{name}: {level}"),
            then: rows(&then, &periods.then.rows, group),
            now: rows(&now, &periods.now.rows, group),
        };
        return Ok(groups.names().iter().enumerate().map(part).collect());
    }
    let cohort = Cohort::parse(text, dossier).map_err(|error| format!("[segments] {name}: {error}"))?;
    let inside = |table: &Table, rows: &[usize]| -> Vec<usize> {
        let mut held = vec![false; table.rows];
        for row in cohort.rows(table) {
            held[row] = true;
        }
        rows.iter().copied().filter(|&row| held[row]).collect()
    };
    Ok(vec![Part {
        name: name.to_owned(),
        then: inside(periods.then.table, &periods.then.rows),
        now: inside(periods.now.table, &periods.now.rows),
    }])
}
