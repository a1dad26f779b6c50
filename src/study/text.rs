//! Columns of free text, and embeddings: what is new in them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    autopsy::{Dossier, Investigation, exam::embedding_similarity},
    model::{binned::Binned, folds::thin, propensity::Propensity},
    stats::{
        moments,
        random::{rng_stream, unit},
        testing::{MeanDifference, welch},
    },
    summary::{Column, Kind, MISSING, Table},
    text::{number, phrase::list, time},
};

use super::{
    periods::TwoPeriods,
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// New terms that are listed, and the fewest rows of one.
const TERMS: usize = 20;
const FEWEST_ROWS: usize = 3;

/// Windows of the course.
const WINDOWS: i64 = 12;

/// Rows of a period that vectors are compared by.
const VECTORS: usize = 2000;

/// Vectors with more entries are projected on so many random directions.
const DIRECTIONS: usize = 48;

/// A number about a text.
type Measure<'a> = &'a dyn Fn(&Described) -> f64;

/// What a text is like.
#[derive(Debug, Clone, PartialEq)]
struct Described {
    /// Its terms: runs of letters and digits, in small letters.
    terms: Vec<String>,
    characters: usize,
    script: &'static str,
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let mut study = Study::new(Topic::Text);
    for name in &dossier.breakdown.text {
        match of_column(investigation, name) {
            Ok((said, tables)) => {
                study.says.extend(said);
                study.tables.extend(tables);
            }
            Err(why) => study.limits.push(format!("{name} can't be studied: {why}.")),
        }
    }
    let vectors: Vec<usize> = (0..dossier.plan.features.len())
        .filter(|&feature| dossier.plan.features[feature].kind == Kind::Embedding)
        .collect();
    for feature in vectors {
        if let Some((said, table)) = of_vectors(investigation, feature) {
            study.says.push(said);
            study.tables.push(table);
        }
    }
    if study.tables.is_empty() && study.limits.is_empty() {
        return Err("the contract names no [columns] text, and no input is an embedding".to_owned());
    }
    study.limits.push("Terms are runs of letters and digits; nothing is known of their meaning.".to_owned());
    Ok(study)
}

/// The texts of a column, row by row.
fn texts<'a>(table: &'a Table, name: &str) -> Option<Vec<Option<&'a str>>> {
    let (_, column, levels) = table.extra.iter().find(|(extra, ..)| extra == name)?;
    let codes = column.codes()?;
    let text = |&code: &u32| levels.get(code as usize).filter(|_| code != MISSING).map(String::as_str);
    Some(codes.iter().map(text).collect())
}

fn described(text: &str) -> Described {
    let terms = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|term| !term.is_empty())
        .map(str::to_lowercase)
        .collect();
    Described { terms, characters: text.chars().count(), script: script(text) }
}

/// The script that most letters of a text are of (by the blocks of Unicode).
fn script(text: &str) -> &'static str {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        let of = match letter as u32 {
            0x41..=0x24F | 0x1E00..=0x1EFF => "Latin",
            0x370..=0x3FF | 0x1F00..=0x1FFF => "Greek",
            0x400..=0x52F => "Cyrillic",
            0x590..=0x5FF => "Hebrew",
            0x600..=0x6FF | 0x750..=0x77F => "Arabic",
            0x900..=0x97F => "Devanagari",
            0xE00..=0xE7F => "Thai",
            0x3040..=0x30FF => "Kana",
            0x4E00..=0x9FFF | 0x3400..=0x4DBF => "Han",
            0xAC00..=0xD7AF | 0x1100..=0x11FF => "Hangul",
            _ => "another",
        };
        *counts.entry(of).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(name, letters)| (letters, std::cmp::Reverse(name)))
        .map_or("no letters", |(name, _)| name)
}

/// What changed in a column of free text.
fn of_column(investigation: &Investigation, name: &str) -> Result<(Vec<String>, Vec<StudyTable>), String> {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let trained = texts(&dossier.training.sample, name).ok_or("training holds no such texts")?;
    let served = texts(sample, name).ok_or("production holds no such texts")?;
    let vocabulary: HashSet<String> =
        trained.iter().flatten().flat_map(|text| described(text).terms).collect();
    if vocabulary.is_empty() {
        return Err("training holds no term".to_owned());
    }
    let rows: Vec<Option<Described>> = served.iter().map(|text| text.map(described)).collect();
    // A text without terms has no unknown ones either.
    let unknown = |one: &Described| {
        let new = one.terms.iter().filter(|term| !vocabulary.contains(*term)).count();
        new as f64 / one.terms.len().max(1) as f64
    };
    let framing = &investigation.framing;
    let of = |measure: &dyn Fn(&Described) -> f64, period: &[usize]| -> Vec<f64> {
        period.iter().filter_map(|&row| rows[row].as_ref()).map(measure).collect()
    };
    let known: Vec<Described> = trained.iter().flatten().map(|text| described(text)).collect();
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
    let length = |one: &Described| one.terms.len() as f64;
    let characters = |one: &Described| one.characters as f64;
    let list_of: [(&str, Measure<'_>); 3] =
        [("share of unknown terms", &unknown), ("terms", &length), ("characters", &characters)];
    for (measure, value) in list_of {
        let (before, since) = (of(value, &framing.before), of(value, &framing.after));
        let learnt: Vec<f64> = known.iter().map(value).collect();
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
        if let Some(change) = change.filter(|change| MeanDifference::t(change).abs() > 4.0) {
            said.push(format!(
                "{name}: the {} went from {} to {}.",
                if measure.starts_with("share") {
                    "mean share of unknown terms".to_owned()
                } else {
                    format!("mean number of {measure}")
                },
                number::metric(moments::mean(reference).unwrap_or(f64::NAN)),
                number::metric(moments::mean(reference).unwrap_or(f64::NAN) + change.difference)
            ));
        }
    }
    let (terms, named) = new_terms(investigation, name, &rows, &vocabulary);
    if said.is_empty() {
        said.push(format!("{name}: its texts are like those before."));
    }
    if !named.is_empty() {
        said.push(format!("{name}: terms that training does not hold: {}.", list(&named)));
    }
    let tables = vec![
        measures,
        terms,
        scripts(investigation, name, &known, &rows),
        by_window(dossier, name, &rows, &unknown),
    ];
    Ok((said, tables))
}

/// Terms that training does not hold, the most frequent since the onset first, and their names.
fn new_terms(
    investigation: &Investigation,
    name: &str,
    rows: &[Option<Described>],
    vocabulary: &HashSet<String>,
) -> (StudyTable, Vec<String>) {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let answers = &periods.now.answers;
    let mut held: HashMap<&str, (usize, Vec<usize>)> = HashMap::new();
    for (rows_of, since) in [(&investigation.framing.before, false), (&investigation.framing.after, true)] {
        for &row in rows_of {
            let Some(one) = &rows[row] else { continue };
            let terms: HashSet<&str> =
                one.terms.iter().map(String::as_str).filter(|term| !vocabulary.contains(*term)).collect();
            for term in terms {
                let of = held.entry(term).or_default();
                if since {
                    of.1.push(row);
                } else {
                    of.0 += 1;
                }
            }
        }
    }
    let mut order: Vec<(&str, usize, Vec<usize>)> = held
        .into_iter()
        .filter(|(_, (_, since))| since.len() >= FEWEST_ROWS)
        .map(|(term, (before, since))| (term, before, since))
        .collect();
    order.sort_by(|a, b| b.2.len().cmp(&a.2.len()).then(a.0.cmp(b.0)));
    order.truncate(TERMS);
    let others = answers.judged_rows(&investigation.framing.after);
    let mean = |rows: &[usize]| {
        let losses: Vec<f64> = answers.judged_rows(rows).iter().map(|&row| answers.loss(row)).collect();
        moments::mean(&losses).ok()
    };
    let overall = mean(&others);
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
    let names = order.iter().map(|(term, ..)| (*term).to_owned()).collect();
    for (term, before, since) in &order {
        let first = since.first().and_then(|row| dossier.production.sample.time.get(*row));
        table.push(vec![
            (*term).into(),
            (*before).into(),
            since.len().into(),
            first.filter(|_| *before == 0).map_or(Cell::Missing, |&at| time::minute(at).into()),
            mean(since).into(),
            overall.into(),
        ]);
    }
    (table, names)
}

fn scripts(
    investigation: &Investigation,
    name: &str,
    known: &[Described],
    rows: &[Option<Described>],
) -> StudyTable {
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
        period.iter().filter_map(|&row| rows[row].as_ref()).map(|one| one.script).collect()
    };
    let parts: [Vec<&'static str>; 3] = [
        known.iter().map(|one| one.script).collect(),
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

fn by_window(
    dossier: &Dossier,
    name: &str,
    rows: &[Option<Described>],
    unknown: &dyn Fn(&Described) -> f64,
) -> StudyTable {
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
    for (one, &at) in rows.iter().zip(&dossier.production.sample.time) {
        let Some(one) = one else { continue };
        let of = &mut sums[(((at - first) / width) as usize).min(WINDOWS as usize - 1)];
        *of = (of.0 + 1, of.1 + unknown(one), of.2 + one.terms.len() as f64);
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

/// How the vectors of a feature moved: in direction, in length, and as a classifier tells them apart.
fn of_vectors(investigation: &Investigation, feature: usize) -> Option<(String, StudyTable)> {
    let dossier = &investigation.dossier;
    let name = dossier.feature_name(feature);
    let (training, production) = (&dossier.training.sample, &dossier.production.sample);
    let framing = &investigation.framing;
    let before_is_enough = framing.before.len() >= 200;
    let reference: (&Table, Vec<usize>) = if before_is_enough {
        (production, thin(&framing.before, VECTORS))
    } else {
        (training, thin(&(0..training.rows).collect::<Vec<_>>(), VECTORS))
    };
    let now = (production, thin(&framing.after, VECTORS));
    let vectors = |(table, rows): &(&Table, Vec<usize>)| -> Option<Vec<Vec<f64>>> {
        let Some(Column::Embedding { width, values }) = table.features.get(feature) else { return None };
        let vector = |row: &usize| -> Vec<f64> {
            values[row * width..(row + 1) * width].iter().map(|&x| f64::from(x)).collect()
        };
        Some(rows.iter().map(vector).filter(|vector| vector.iter().all(|x| x.is_finite())).collect())
    };
    let (then, is) = (vectors(&reference)?, vectors(&now)?);
    let width =
        then.first().map(Vec::len).filter(|width| *width > 0 && is.iter().all(|v| v.len() == *width))?;
    let center: Vec<f64> =
        (0..width).map(|j| then.iter().map(|vector| vector[j]).sum::<f64>() / then.len() as f64).collect();
    let length = |vector: &Vec<f64>| vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    let distance =
        |vector: &Vec<f64>| vector.iter().zip(&center).map(|(x, c)| (x - c).powi(2)).sum::<f64>().sqrt();
    let cosine = |table: &Table, rows: &[usize]| -> Vec<f64> {
        let all = table
            .features
            .get(feature)
            .map_or_else(Vec::new, |c| embedding_similarity::similarity(dossier, feature, c));
        rows.iter().filter_map(|&row| all.get(row).copied()).filter(|x| x.is_finite()).collect()
    };
    let mut table = StudyTable::new(
        "vectors",
        format!("{name}: its vectors"),
        &[
            ("measure", "measure", Format::Text),
            ("baseline", "then", Format::Metric),
            ("production", "since", Format::Metric),
            ("change", "change (95 %)", Format::Signed),
            ("deviations", "in standard deviations", Format::Metric),
        ],
    );
    let mut largest: Option<(&str, f64, f64)> = None;
    for (measure, was, now) in [
        ("cosine similarity to training", cosine(reference.0, &reference.1), cosine(now.0, &now.1)),
        ("length", then.iter().map(length).collect(), is.iter().map(length).collect()),
        (
            "distance from the mean vector",
            then.iter().map(distance).collect(),
            is.iter().map(distance).collect(),
        ),
    ] {
        let Ok(change) = welch(&was, &now) else { continue };
        let spread = moments::deviation(&was).unwrap_or(f64::NAN);
        let (half, size) = (1.96 * change.error, change.difference / spread);
        table.push(vec![
            measure.into(),
            moments::mean(&was).ok().into(),
            moments::mean(&now).ok().into(),
            Cell::Interval(change.difference, (change.difference - half, change.difference + half)),
            size.into(),
        ]);
        if change.t().abs() > 4.0 && largest.is_none_or(|(_, most, _)| size.abs() > most.abs()) {
            largest = Some((measure, size, change.difference));
        }
    }
    let told = classifier(&then, &is, dossier.plan.seed ^ feature as u64);
    let auc = told.as_ref().map_or_else(String::new, |fit| {
        let half = 1.96 * fit.auc_error;
        table.push(vec![
            "AUC of a classifier of the periods".into(),
            0.5.into(),
            Cell::Interval(fit.auc, (fit.auc - half, fit.auc + half)),
            (fit.auc - 0.5).into(),
            Cell::Missing,
        ]);
        format!(
            "; a classifier tells the periods apart with an AUC of {} ± {}",
            number::metric(fit.auc),
            number::metric(half)
        )
    });
    let said = match largest {
        Some((measure, size, _)) => {
            format!("{name}: the {measure} moved by {} standard deviations{auc}.", number::metric(size))
        }
        None => format!("{name}: neither direction nor length of its vectors moved beyond noise{auc}."),
    };
    Some((said, table))
}

/// A classifier of two sets of vectors: on their entries, or on random directions, and on their length.
fn classifier(then: &[Vec<f64>], now: &[Vec<f64>], seed: u64) -> Option<Propensity> {
    let width = then.first()?.len();
    let all: Vec<&Vec<f64>> = then.iter().chain(now).collect();
    let mut columns: Vec<Vec<f64>> = if width <= DIRECTIONS {
        (0..width).map(|j| all.iter().map(|vector| vector[j]).collect()).collect()
    } else {
        (0..DIRECTIONS)
            .map(|direction| {
                let mut generator = rng_stream(seed, direction as u64);
                // Random signs keep distances as well as normal ones do (Achlioptas 2003).
                let signs: Vec<f64> =
                    (0..width).map(|_| if unit(&mut generator) < 0.5 { -1.0 } else { 1.0 }).collect();
                all.iter().map(|vector| vector.iter().zip(&signs).map(|(x, s)| x * s).sum()).collect()
            })
            .collect()
    };
    columns.push(all.iter().map(|vector| vector.iter().map(|x| x * x).sum::<f64>().sqrt()).collect());
    let mut data = Binned { rows: all.len(), columns: Vec::new() };
    columns.iter().for_each(|column| data.push(column));
    let is_second: Vec<bool> = (0..all.len()).map(|at| at >= then.len()).collect();
    Propensity::fit(&data, &is_second, seed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn a_text_is_cut_into_terms_and_its_script_told() {
        let one = described("Refund, REFUND-2 für Straße!");
        assert_eq!(one.terms, ["refund", "refund", "2", "für", "straße"]);
        assert_eq!((one.characters, one.script), (28, "Latin"));
        assert_eq!(
            ["Привет мир", "東京 2", "123", "שלום"].map(script),
            ["Cyrillic", "Han", "no letters", "Hebrew"]
        );
    }

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
        investigation.dossier = std::sync::Arc::new(dossier);
        investigation
    }

    #[test]
    fn a_new_term_is_named_with_its_rows() {
        let investigation = with_queries();
        let study = study(&investigation).expect("texts");
        assert!(
            study.says.iter().any(|said| said == "query: terms that training does not hold: quixloan."),
            "{:?}",
            study.says
        );
        let terms = &study.tables[1];
        let since = investigation.framing.after.iter().filter(|row| row.is_multiple_of(3)).count();
        assert_eq!(terms.rows[0][..3], [Cell::from("quixloan"), Cell::from(0_usize), Cell::from(since)]);
        // A third of the texts holds one unknown term of two.
        let unknown = &study.tables[0].rows[0];
        assert!(matches!(unknown[3], Cell::Number(share) if (share - 1.0 / 6.0).abs() < 0.01), "{unknown:?}");
    }

    #[test]
    fn vectors_that_grow_along_their_direction_are_seen() {
        // sklearn: roc_auc_score of the norms alone is 1 where every norm grows beyond the largest one before.
        let vector = |at: usize, by: f64| -> Vec<f64> {
            (0..4).map(|j| by * (1.0 + ((at * 37 + j * 101) % 997) as f64 / 2000.0)).collect()
        };
        let then: Vec<Vec<f64>> = (0..300).map(|at| vector(at, 1.0)).collect();
        let longer: Vec<Vec<f64>> = (0..300).map(|at| vector(at, 2.0)).collect();
        assert!(classifier(&then, &longer, 1).expect("enough rows").auc > 0.99);
        let same = classifier(&then, &then, 1).expect("enough rows");
        assert!((same.auc - 0.5).abs() < 3.0 * same.auc_error.max(0.02), "{}", same.auc);
    }
}
