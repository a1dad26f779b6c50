//! Columns of free text, and embeddings: what is new in them.

use crate::{
    autopsy::{
        Dossier, Investigation,
        catalogue::checks,
        exam::breakdown::{
            texts::{TextColumn, TextTraits},
            vectors::VectorChange,
        },
    },
    stats::{
        moments,
        testing::{MeanDifference, welch},
    },
    summary::Kind,
    text::{number, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

/// New terms that are listed.
const TERMS: usize = 20;

/// Windows of the course.
const WINDOWS: i64 = 12;

/// A number about a text.
type Measure<'a> = &'a dyn Fn(&TextTraits) -> f64;

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let mut study = Study::new(Topic::Text);
    study.take(investigation.findings_of(&checks::SUPPORT_TEXTS));
    study.take(investigation.findings_of(&checks::SUPPORT_VECTORS));
    for name in &dossier.breakdown.text {
        if let Ok(column) = TextColumn::read(dossier, name) {
            let (said, tables) = of_column(investigation, name, &column);
            study.says.extend(said);
            study.tables.extend(tables);
        }
    }
    let embeddings = (0..dossier.plan.features.len())
        .filter(|&feature| dossier.plan.features[feature].kind == Kind::Embedding);
    study.tables.extend(embeddings.filter_map(|feature| of_vectors(investigation, feature)));
    if study.tables.is_empty() && study.says.is_empty() {
        return Err("the contract names no [columns] text, and no input is an embedding".to_owned());
    }
    study.limits.push("Terms are runs of letters and digits; nothing is known of their meaning.".to_owned());
    Ok(study)
}

/// What changed in a column of free text.
fn of_column(
    investigation: &Investigation,
    name: &str,
    column: &TextColumn,
) -> (Vec<String>, Vec<StudyTable>) {
    let rows = &column.production;
    let framing = &investigation.framing;
    let of = |measure: Measure<'_>, period: &[usize]| -> Vec<f64> {
        period.iter().filter_map(|&row| rows[row].as_ref()).map(measure).collect()
    };
    let mut measures = StudyTable::new(
        "texts",
        format!("{name}: what its texts are like"),
        &[
            ("measure", "measure", Format::Text),
            ("training", "training", Format::Metric),
            ("before", "before", Format::Metric),
            ("since", "since", Format::Metric),
            ("change", "change (95 %)", Format::Signed),
        ],
    );
    let mut said = Vec::new();
    let unknown = |one: &TextTraits| column.unknown(one);
    let length = |one: &TextTraits| one.terms.len() as f64;
    let characters = |one: &TextTraits| one.characters as f64;
    let list_of: [(&str, Measure<'_>); 3] =
        [("share of unknown terms", &unknown), ("terms", &length), ("characters", &characters)];
    for (measure, value) in list_of {
        let (before, since) = (of(value, &framing.before), of(value, &framing.after));
        let learnt: Vec<f64> = column.training.iter().map(value).collect();
        let reference = if before.len() >= 30 { &before } else { &learnt };
        let change = welch(reference, &since).ok();
        measures.push(vec![
            measure.into(),
            moments::mean(&learnt).ok().into(),
            moments::mean(&before).ok().into(),
            moments::mean(&since).ok().into(),
            change.map_or(Cell::Missing, |change| {
                let half = 1.96 * change.error;
                Cell::Interval(change.difference, (change.difference - half, change.difference + half))
            }),
        ]);
        let moved = change.filter(|change| MeanDifference::t(change).abs() > 4.0);
        // The share of unknown terms is the finding's.
        if let Some(change) = moved.filter(|_| !measure.starts_with("share")) {
            let was = moments::mean(reference).unwrap_or(f64::NAN);
            said.push(format!(
                "{name}: the mean number of {measure} went from {} to {}.",
                number::metric(was),
                number::metric(was + change.difference)
            ));
        }
    }
    let tables = vec![
        measures,
        new_terms(investigation, name, column),
        scripts(investigation, name, column),
        by_window(&investigation.dossier, name, column),
    ];
    (said, tables)
}

/// Terms that training does not hold, the most frequent since the onset first.
fn new_terms(investigation: &Investigation, name: &str, column: &TextColumn) -> StudyTable {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let answers = &periods.now.answers;
    let mean = |rows: &[usize]| {
        let losses: Vec<f64> = answers.judged_rows(rows).iter().map(|&row| answers.loss(row)).collect();
        moments::mean(&losses).ok()
    };
    let overall = mean(&investigation.framing.after);
    let mut table = StudyTable::new(
        "terms",
        format!("{name}: terms that training does not hold"),
        &[
            ("term", "term", Format::Text),
            ("before", "rows before", Format::Count),
            ("since", "rows since", Format::Count),
            ("first", "first", Format::Text),
            ("loss", "mean loss with it", Format::Metric),
            ("overall", "of all rows", Format::Metric),
        ],
    );
    for (term, before, since) in column.new_terms(&investigation.framing).into_iter().take(TERMS) {
        let first = since.first().and_then(|row| dossier.production.sample.time.get(*row));
        table.push(vec![
            term.into(),
            before.into(),
            since.len().into(),
            first.filter(|_| before == 0).map_or(Cell::Missing, |&at| time::minute(at).into()),
            mean(&since).into(),
            overall.into(),
        ]);
    }
    table
}

fn scripts(investigation: &Investigation, name: &str, column: &TextColumn) -> StudyTable {
    let mut table = StudyTable::new(
        "scripts",
        format!("{name}: the script of most letters"),
        &[
            ("script", "script", Format::Text),
            ("training", "training", Format::Share),
            ("before", "before", Format::Share),
            ("since", "since", Format::Share),
        ],
    );
    let of = |period: &[usize]| {
        period.iter().filter_map(|&row| column.production[row].as_ref()).map(|one| one.script).collect()
    };
    let parts: [Vec<&'static str>; 3] = [
        column.training.iter().map(|one| one.script).collect(),
        of(&investigation.framing.before),
        of(&investigation.framing.after),
    ];
    let mut names: Vec<&'static str> = parts.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    for script in names {
        let share = |part: &Vec<&'static str>| {
            (!part.is_empty())
                .then(|| part.iter().filter(|one| **one == script).count() as f64 / part.len() as f64)
        };
        table.push(vec![
            script.into(),
            share(&parts[0]).into(),
            share(&parts[1]).into(),
            share(&parts[2]).into(),
        ]);
    }
    table
}

fn by_window(dossier: &Dossier, name: &str, column: &TextColumn) -> StudyTable {
    let mut table = StudyTable::new(
        "course",
        format!("{name}: share of unknown terms by window"),
        &[
            ("from", "from", Format::Text),
            ("rows", "rows", Format::Count),
            ("unknown", "unknown terms", Format::Share),
            ("terms", "terms a text", Format::Metric),
        ],
    );
    let Some((first, last)) = dossier.period() else { return table };
    let width = ((last - first) / WINDOWS).max(1);
    let mut sums = vec![(0_usize, 0.0, 0.0); WINDOWS as usize];
    for (one, &at) in column.production.iter().zip(&dossier.production.sample.time) {
        let Some(one) = one else { continue };
        let of = &mut sums[(((at - first) / width) as usize).min(WINDOWS as usize - 1)];
        *of = (of.0 + 1, of.1 + column.unknown(one), of.2 + one.terms.len() as f64);
    }
    for (window, (rows, unknown, terms)) in sums.into_iter().enumerate().filter(|(_, sum)| sum.0 > 0) {
        table.push(vec![
            time::minute(first + window as i64 * width).into(),
            rows.into(),
            (unknown / rows as f64).into(),
            (terms / rows as f64).into(),
        ]);
    }
    table
}

/// How the vectors of a feature moved.
fn of_vectors(investigation: &Investigation, feature: usize) -> Option<StudyTable> {
    let dossier = &investigation.dossier;
    let change = VectorChange::of(dossier, &investigation.framing, feature)?;
    let mut table = StudyTable::new(
        "vectors",
        format!("{}: its vectors", dossier.feature_name(feature)),
        &[
            ("measure", "measure", Format::Text),
            ("baseline", "then", Format::Metric),
            ("production", "since", Format::Metric),
            ("change", "change (95 %)", Format::Signed),
            ("deviations", "in standard deviations", Format::Metric),
        ],
    );
    for one in &change.measures {
        let (difference, half) = (one.change.difference, 1.96 * one.change.error);
        table.push(vec![
            one.name.into(),
            one.means.0.into(),
            one.means.1.into(),
            Cell::Interval(difference, (difference - half, difference + half)),
            one.deviations.into(),
        ]);
    }
    if let Some((auc, error)) = change.auc {
        let half = 1.96 * error;
        table.push(vec![
            "AUC of a classifier of the periods".into(),
            0.5.into(),
            Cell::Interval(auc, (auc - half, auc + half)),
            (auc - 0.5).into(),
            Cell::Missing,
        ]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::fixture,
        autopsy::exam::{breakdown, context::ExamContext},
        summary::Column,
    };

    /// The made-up incident with queries, of which those since the onset hold a new term.
    fn with_queries() -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        dossier.breakdown.text = vec!["query".to_owned()];
        let levels: Vec<String> =
            ["cheap loan", "house loan now", "quixloan cheap"].map(String::from).to_vec();
        let codes = |rows: usize, of: &dyn Fn(usize) -> u32| Column::Categorical((0..rows).map(of).collect());
        let trained = dossier.training.sample.rows;
        dossier.training.sample.extra.push((
            "query".to_owned(),
            codes(trained, &|row| (row % 2) as u32),
            levels.clone(),
        ));
        let first = investigation.framing.after[0];
        let served = dossier.production.sample.rows;
        let of = |row: usize| if row >= first && row.is_multiple_of(3) { 2 } else { (row % 2) as u32 };
        dossier.production.sample.extra.push(("query".to_owned(), codes(served, &of), levels));
        let context = ExamContext::new(&dossier, &investigation.framing);
        investigation.findings.extend(breakdown::of_inputs(&context).findings);
        investigation.dossier = std::sync::Arc::new(dossier);
        investigation
    }

    #[test]
    fn a_new_term_is_named_with_its_rows() {
        let investigation = with_queries();
        let study = study(&investigation).expect("texts");
        let terms = &study.tables[1];
        let since = investigation.framing.after.iter().filter(|row| row.is_multiple_of(3)).count();
        let said = format!("Most rows: quixloan ({}).", number::whole(since as u64));
        assert!(study.alarming[0].ends_with(&said), "{:?}", study.alarming);
        assert_eq!(terms.rows[0][..3], [Cell::from("quixloan"), Cell::from(0_usize), Cell::from(since)]);
        // A third of the texts holds one unknown term of two.
        let unknown = &study.tables[0].rows[0];
        assert!(matches!(unknown[3], Cell::Number(share) if (share - 1.0 / 6.0).abs() < 0.01), "{unknown:?}");
    }
}
