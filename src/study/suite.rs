//! Expectations of other tools, held against the log: which clause broke, and did it cost loss?

use crate::{
    autopsy::{Dossier, Investigation, scoring::Answers},
    case::{Clause, Rule},
    stats::{interval::two_proportions, moments},
    summary::{Column, MISSING, Table},
    text::{number, phrase::list},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let Some(suite) = &dossier.suite else {
        return Err("the contract names no [snapshots] expectations".to_owned());
    };
    let suite = suite.as_ref().map_err(Clone::clone)?;
    let sample = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, sample);
    let mut table = StudyTable::new(
        "clauses",
        "Clauses, the most broken first",
        &[
            ("column", "column", Format::Text),
            ("clause", "clause", Format::Text),
            ("mostly", "has to hold for", Format::Share),
            ("baseline", "broken before", Format::Share),
            ("production", "broken since", Format::Share),
            ("change", "change (95 %)", Format::Share),
            ("state", "state", Format::Text),
            ("loss", "mean loss where broken", Format::Metric),
            ("elsewhere", "elsewhere", Format::Metric),
        ],
    );
    let mean = |rows: &[usize]| {
        let losses: Vec<f64> = answers.judged_rows(rows).iter().map(|&row| answers.loss(row)).collect();
        moments::mean(&losses).ok()
    };
    let mut lines: Vec<(f64, Vec<Cell>, Option<String>)> = Vec::new();
    for clause in &suite.clauses {
        let Some(broken) = broken(dossier, sample, clause) else {
            lines.push((-1.0, not_checked(clause), None));
            continue;
        };
        let counted =
            |rows: &[usize]| (rows.iter().filter(|&&row| broken[row]).count() as u64, rows.len() as u64);
        let (then, now) = (counted(&investigation.framing.before), counted(&investigation.framing.after));
        let share = |(broken, rows): (u64, u64)| (rows > 0).then(|| broken as f64 / rows as f64);
        let is_broken = share(now).is_some_and(|share| share > 1.0 - clause.mostly);
        let was_broken = share(then).is_some_and(|share| share > 1.0 - clause.mostly);
        let (hit, missed): (Vec<usize>, Vec<usize>) =
            investigation.framing.after.iter().copied().partition(|&row| broken[row]);
        let state = match (was_broken, is_broken) {
            (false, true) => "broken",
            (true, true) => "broken, as before",
            _ => "holds",
        };
        let change = two_proportions(then.0, then.1, now.0, now.1).ok();
        let cells = vec![
            clause.column.as_str().into(),
            words(&clause.rule).into(),
            clause.mostly.into(),
            share(then).into(),
            share(now).into(),
            change.map_or(Cell::Missing, |change| Cell::Interval(change.difference, change.interval)),
            state.into(),
            mean(&hit).into(),
            mean(&missed).into(),
        ];
        let told = is_broken.then(|| format!("{} ({})", clause.column, words(&clause.rule)));
        lines.push((share(now).unwrap_or(0.0), cells, told));
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    let told: Vec<&String> = lines.iter().filter_map(|(.., told)| told.as_ref()).collect();
    let mut study = Study::new(Topic::Suite);
    if told.is_empty() {
        study.says.push(format!("All {} clauses hold.", suite.clauses.len()));
    } else {
        study.alarm(format!(
            "{} of {} clauses {} broken: {}.",
            told.len(),
            suite.clauses.len(),
            if told.len() == 1 { "is" } else { "are" },
            list(&told)
        ));
    }
    lines.into_iter().for_each(|(_, cells, _)| table.push(cells));
    study.tables.push(table);
    if !suite.passed_over.is_empty() {
        study.limits.push(format!(
            "Passed over, since they are not about single values: {}.",
            list(&suite.passed_over)
        ));
    }
    if !sample.is_whole() {
        study.limits.push(format!(
            "Clauses are held against the {} sampled rows.",
            number::count(sample.rows as u64)
        ));
    }
    Ok(study)
}

/// A clause on a column that no snapshot holds, or of a kind that its values can't break.
fn not_checked(clause: &Clause) -> Vec<Cell> {
    let mut cells =
        vec![Cell::from(clause.column.as_str()), words(&clause.rule).into(), clause.mostly.into()];
    cells.extend([
        Cell::Missing,
        Cell::Missing,
        Cell::Missing,
        "not checked".into(),
        Cell::Missing,
        Cell::Missing,
    ]);
    cells
}

fn words(rule: &Rule) -> String {
    match rule {
        Rule::NotNull => "not missing".to_owned(),
        Rule::Exists => "is there".to_owned(),
        Rule::Among(levels) => format!("among {}", list(levels)),
        Rule::Between(Some(low), Some(high)) => {
            format!("between {} and {}", number::value(*low), number::value(*high))
        }
        Rule::Between(Some(low), None) => format!("at least {}", number::value(*low)),
        Rule::Between(None, Some(high)) => format!("at most {}", number::value(*high)),
        Rule::Between(None, None) => "a number".to_owned(),
    }
}

/// Which rows break a clause; none where the column is not among those that were read, or holds values of another kind.
fn broken(dossier: &Dossier, table: &Table, clause: &Clause) -> Option<Vec<bool>> {
    let features = &dossier.plan.features;
    let (column, levels): (&Column, &[String]) =
        match features.iter().position(|feature| feature.name == clause.column) {
            Some(at) => (table.features.get(at)?, &features[at].levels),
            None => {
                let (_, column, levels) = table.extra.iter().find(|(name, ..)| *name == clause.column)?;
                (column, levels)
            }
        };
    let all = |of: &dyn Fn(usize) -> bool| (0..table.rows).map(of).collect::<Vec<bool>>();
    match (&clause.rule, column) {
        (Rule::Exists, column) => Some(all(&|_| matches!(column, Column::Absent))),
        (Rule::NotNull, column) => Some(all(&|row| column.is_missing(row))),
        (Rule::Between(low, high), Column::Numeric { values, .. }) => Some(all(&|row| {
            let x = values[row];
            low.is_some_and(|low| x < low) || high.is_some_and(|high| x > high)
        })),
        (Rule::Among(known), Column::Categorical(codes)) => Some(all(&|row| {
            let code = codes[row];
            code != MISSING && levels.get(code as usize).is_none_or(|level| !known.contains(level))
        })),
        (Rule::Among(known), Column::Numeric { values, .. }) => {
            let known: Vec<f64> = known.iter().filter_map(|text| text.parse().ok()).collect();
            Some(all(&|row| !values[row].is_nan() && !known.contains(&values[row])))
        }
        (Rule::Between(..) | Rule::Among(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, case::Suite};

    #[test]
    fn a_broken_clause_is_named_and_a_strange_column_is_not_checked() {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let numbers = dossier.production.sample.features[0].numbers().expect("numbers").to_vec();
        let since = &investigation.framing.after;
        let high = since.iter().filter(|&&row| numbers[row] > 1.5).count() as f64 / since.len() as f64;
        assert!(high > 0.1, "utilization arrives as a percentage: {high}");
        dossier.suite = Some(Suite::read(
            r#"{"expectations": [
                {"type": "expect_column_values_to_be_between", "kwargs": {"column": "utilization", "max_value": 1.5}},
                {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "region", "value_set": ["north", "south", "east", "west"]}},
                {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "elsewhere"}}]}"#,
        ));
        investigation.dossier = std::sync::Arc::new(dossier);
        let study = study(&investigation).expect("a suite");
        assert_eq!(study.says, ["1 of 3 clauses is broken: utilization (at most 1.5)."]);
        let first = &study.tables[0].rows[0];
        assert!(matches!(first[4], Cell::Number(share) if (share - high).abs() < 1e-12), "{first:?}");
        assert_eq!(
            (&first[6], &study.tables[0].rows[2][6]),
            (&Cell::from("broken"), &Cell::from("not checked"))
        );
    }
}
