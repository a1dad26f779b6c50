//! Errors by their kind: where they gather in both periods, which rows show them best, and whether slow answers are wrong more often.

use rayon::prelude::*;

use crate::{
    autopsy::{Dossier, Investigation, exam::concept::Cut, scoring::Answers},
    stats::{
        interval::two_proportions,
        moments,
        testing::{benjamini_hochberg, cochran_armitage},
    },
    summary::Task,
    text::{number, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::{Period, TwoPeriods},
};

/// Fewer rows of a segment show no rate.
const FEWEST_ROWS: u64 = 40;

/// Patterns of a kind that are listed.
const LISTED: usize = 10;

/// Rows of a kind that are shown.
const SHOWN: usize = 6;

/// Groups of the answer time.
const GROUPS: usize = 5;

/// Whether a row can show an error, and whether it does.
type Shows = Box<dyn Fn(&Answers<'_>, usize) -> Option<bool> + Sync>;

/// A kind of error among the rows that can show it.
struct Kind {
    name: String,
    /// What the rows that can show it are called.
    among: &'static str,
    /// Whether a row can show it, and whether it does.
    of: Shows,
}

/// One segment's rate of an error.
struct Pattern {
    input: usize,
    segment: String,
    then: (u64, u64),
    now: (u64, u64),
    /// The rate in the segment less that of all other rows since the onset, with its interval.
    excess: (f64, (f64, f64)),
    p: f64,
    q: f64,
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let judged = periods.now.judged();
    if judged.len() < 2 * FEWEST_ROWS as usize {
        return Err("too few rows have label and answer".to_owned());
    }
    let kinds = kinds(dossier, &periods, &judged);
    let mut study = Study::new(Topic::Errors);
    let mut counts = StudyTable::new(
        "kinds",
        format!("Kinds of errors: {}, then {}", periods.then_name, periods.now_name),
        &[
            ("kind", "kind", Format::Text),
            ("among", "among", Format::Text),
            ("baseline", "then", Format::Share),
            ("errors", "errors now", Format::Count),
            ("rows", "of", Format::Count),
            ("share", "now", Format::Share),
            ("change", "change (95 %)", Format::Share),
        ],
    );
    let mut patterns = StudyTable::new(
        "patterns",
        "Where they gather: segments with more of them than the other rows",
        &[
            ("kind", "kind", Format::Text),
            ("input", "input", Format::Text),
            ("segment", "segment", Format::Text),
            ("baseline", "then", Format::Share),
            ("share", "now", Format::Share),
            ("excess", "above the other rows (95 %)", Format::Share),
            ("errors", "errors", Format::Count),
            ("q_value", "q", Format::PValue),
        ],
    );
    let mut shown = StudyTable::new(
        "rows",
        "Rows that show them best",
        &[
            ("kind", "kind", Format::Text),
            ("row", "row of the sample", Format::Count),
            ("time", "time", Format::Text),
            ("label", "label", Format::Text),
            ("answer", "answer", Format::Text),
            ("score", "score", Format::Metric),
            ("loss", "loss", Format::Metric),
        ],
    );
    for kind in &kinds {
        let (then, now) =
            (count(kind, &periods.then, &periods.then.judged()), count(kind, &periods.now, &judged));
        let share = |(errors, rows): (u64, u64)| (rows > 0).then(|| errors as f64 / rows as f64);
        let change = two_proportions(then.0, then.1, now.0, now.1).ok();
        counts.push(vec![
            kind.name.as_str().into(),
            kind.among.into(),
            share(then).into(),
            now.0.into(),
            now.1.into(),
            share(now).into(),
            change.map_or(Cell::Missing, |change| Cell::Interval(change.difference, change.interval)),
        ]);
        let found = gathered(dossier, &periods, &judged, kind);
        study.says.push(said(dossier, kind, share(then), share(now), found.first()));
        for pattern in found.iter().take(LISTED) {
            patterns.push(vec![
                kind.name.as_str().into(),
                dossier.feature_name(pattern.input).into(),
                pattern.segment.as_str().into(),
                share(pattern.then).into(),
                share(pattern.now).into(),
                Cell::Interval(pattern.excess.0, pattern.excess.1),
                pattern.now.0.into(),
                pattern.q.into(),
            ]);
        }
        exemplars(dossier, &periods, &judged, kind, &mut shown);
    }
    study.tables.extend([counts, patterns, shown]);
    if let Some((said, table)) = by_answer_time(investigation, &periods, &judged) {
        study.says.push(said);
        study.tables.push(table);
    }
    study.limits.push(
        "A segment is told by one input; errors may gather where several come together (see the slices in Concept)."
            .to_owned(),
    );
    Ok(study)
}

/// The kinds of errors of the task.
fn kinds(dossier: &Dossier, periods: &TwoPeriods<'_>, judged: &[usize]) -> Vec<Kind> {
    let plan = &dossier.plan;
    match dossier.task() {
        Task::Binary => vec![
            Kind {
                name: "false positive".to_owned(),
                among: "negatives",
                of: Box::new(|answers, row| (answers.label[row] < 0.5).then(|| answers.answer_of(row) > 0.5)),
            },
            Kind {
                name: "false negative".to_owned(),
                among: "positives",
                of: Box::new(|answers, row| (answers.label[row] > 0.5).then(|| answers.answer_of(row) < 0.5)),
            },
        ],
        Task::Multiclass => {
            let mut pairs = std::collections::BTreeMap::new();
            for &row in judged {
                let (label, answer) = (periods.now.answers.label[row], periods.now.answers.answer_of(row));
                if label != answer {
                    *pairs.entry((label as usize, answer as usize)).or_insert(0_usize) += 1;
                }
            }
            let mut pairs: Vec<_> = pairs.into_iter().collect();
            pairs.sort_by_key(|&(pair, rows)| (std::cmp::Reverse(rows), pair));
            let name = |class: usize| plan.classes.get(class).map_or("another class", String::as_str);
            let kind = |((label, answer), _): ((usize, usize), usize)| Kind {
                name: format!("{} taken for {}", name(label), name(answer)),
                among: "rows of the class",
                of: Box::new(move |answers: &Answers<'_>, row: usize| {
                    (answers.label[row] as usize == label).then(|| answers.answer_of(row) as usize == answer)
                }),
            };
            pairs.into_iter().take(3).map(kind).collect()
        }
        Task::Regression => {
            // Far off is beyond the 90 % quantile of the errors in the first period.
            let errors = |period: &Period<'_>| -> Vec<f64> {
                period.judged().iter().map(|&row| period.answers.residual(row).abs()).collect()
            };
            let limit = |errors: Vec<f64>| {
                moments::sorted(&errors).and_then(|sorted| moments::quantile(&sorted, 0.9))
            };
            let limit = limit(errors(&periods.then))
                .or_else(|_| limit(errors(&periods.now)))
                .unwrap_or(f64::INFINITY);
            vec![
                Kind {
                    name: format!("too high by more than {}", number::value(limit)),
                    among: "rows",
                    of: Box::new(move |answers, row| Some(answers.residual(row) > limit)),
                },
                Kind {
                    name: format!("too low by more than {}", number::value(limit)),
                    among: "rows",
                    of: Box::new(move |answers, row| Some(answers.residual(row) < -limit)),
                },
            ]
        }
    }
}

/// Errors, and the rows that could show one.
fn count(kind: &Kind, period: &Period<'_>, rows: &[usize]) -> (u64, u64) {
    rows.iter()
        .filter_map(|&row| (kind.of)(&period.answers, row))
        .fold((0, 0), |(errors, rows), error| (errors + u64::from(error), rows + 1))
}

/// The segments with more errors than the other rows since the onset, beyond noise, the largest excess first.
fn gathered(dossier: &Dossier, periods: &TwoPeriods<'_>, judged: &[usize], kind: &Kind) -> Vec<Pattern> {
    let training = &dossier.training.sample.features;
    let then = periods.then.judged();
    let of_input = |(input, feature): (usize, &crate::summary::Feature)| -> Vec<Pattern> {
        let Some(cut) = training.get(input).and_then(|column| Cut::of(feature, column)) else {
            return Vec::new();
        };
        let counted = |period: &Period<'_>, rows: &[usize]| -> Option<Vec<(u64, u64)>> {
            let column = period.table.features.get(input)?;
            if matches!(column, crate::summary::Column::Absent) {
                return None;
            }
            let mut counts = vec![(0, 0); cut.len()];
            for &row in rows {
                if let Some(error) = (kind.of)(&period.answers, row) {
                    let of = &mut counts[cut.segment(column, row)];
                    *of = (of.0 + u64::from(error), of.1 + 1);
                }
            }
            Some(counts)
        };
        let Some(now) = counted(&periods.now, judged) else { return Vec::new() };
        let then = counted(&periods.then, &then).unwrap_or_else(|| vec![(0, 0); cut.len()]);
        let all = now.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let pattern = |segment: usize| {
            let inside = now[segment];
            let rest = (all.0 - inside.0, all.1 - inside.1);
            if inside.1 < FEWEST_ROWS || rest.1 < FEWEST_ROWS {
                return None;
            }
            let excess = two_proportions(rest.0, rest.1, inside.0, inside.1).ok()?;
            Some(Pattern {
                input,
                segment: cut.name(feature, segment),
                then: then[segment],
                now: inside,
                excess: (excess.difference, excess.interval),
                p: excess.p,
                q: 1.0,
            })
        };
        (0..cut.len()).filter_map(pattern).collect()
    };
    let mut found: Vec<Pattern> =
        dossier.plan.features.par_iter().enumerate().flat_map_iter(of_input).collect();
    let q = benjamini_hochberg(&found.iter().map(|pattern| pattern.p).collect::<Vec<_>>());
    found.iter_mut().zip(q).for_each(|(pattern, q)| pattern.q = q);
    found.retain(|pattern| pattern.q <= 0.05 && pattern.excess.0 > 0.0);
    found.sort_by(|a, b| b.excess.0.total_cmp(&a.excess.0).then(a.input.cmp(&b.input)));
    found
}

/// Errors with less than this part of their former share have nearly ceased.
const GONE: f64 = 0.25;

fn said(
    dossier: &Dossier,
    kind: &Kind,
    then: Option<f64>,
    now: Option<f64>,
    worst: Option<&Pattern>,
) -> String {
    let known = |share: Option<f64>| share.map_or_else(|| number::MISSING.to_owned(), number::share);
    let rate = format!("{} among {}: {} then, {} now", kind.name, kind.among, known(then), known(now));
    let gathers = match worst {
        // Of errors that have nearly ceased the place tells nothing.
        _ if then.zip(now).is_some_and(|(then, now)| now < GONE * then) => ".".to_owned(),
        Some(worst) => format!(
            "; most where {} is {}, {} of {}.",
            dossier.feature_name(worst.input),
            worst.segment,
            number::share(worst.now.0 as f64 / worst.now.1 as f64),
            number::count(worst.now.1)
        ),
        None => "; they gather nowhere beyond noise.".to_owned(),
    };
    crate::text::capital(&(rate + &gathers))
}

/// The rows with the largest loss of a kind.
fn exemplars(
    dossier: &Dossier,
    periods: &TwoPeriods<'_>,
    judged: &[usize],
    kind: &Kind,
    table: &mut StudyTable,
) {
    let answers = &periods.now.answers;
    let mut rows: Vec<usize> =
        judged.iter().copied().filter(|&row| (kind.of)(answers, row) == Some(true)).collect();
    rows.sort_by(|&a, &b| answers.loss(b).total_cmp(&answers.loss(a)).then(a.cmp(&b)));
    let text = |value: f64| match dossier.plan.classes.get(value as usize) {
        Some(class) if value >= 0.0 && dossier.task() != Task::Regression => Cell::from(class.as_str()),
        _ => Cell::from(number::value(value)),
    };
    for row in rows.into_iter().take(SHOWN) {
        table.push(vec![
            kind.name.as_str().into(),
            (row + 1).into(),
            periods.now.table.time.get(row).map_or(Cell::Missing, |&at| time::minute(at).into()),
            text(answers.label[row]),
            text(answers.answer_of(row)),
            answers.score_of(row).into(),
            answers.loss(row).into(),
        ]);
    }
}

/// Errors and loss by quantile of the answer time, since the onset.
fn by_answer_time(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    judged: &[usize],
) -> Option<(String, StudyTable)> {
    let latency = &investigation.dossier.production.sample.latency_ms;
    let timed: Vec<usize> =
        judged.iter().copied().filter(|&row| latency.get(row).is_some_and(|ms| ms.is_finite())).collect();
    if timed.len() < GROUPS * FEWEST_ROWS as usize {
        return None;
    }
    let sorted = moments::sorted(&timed.iter().map(|&row| latency[row]).collect::<Vec<_>>()).ok()?;
    let mut edges: Vec<f64> =
        (1..GROUPS).filter_map(|k| moments::quantile(&sorted, k as f64 / GROUPS as f64).ok()).collect();
    edges.dedup();
    let answers = &periods.now.answers;
    let (mut wrong, mut rows, mut loss) =
        (vec![0_u64; edges.len() + 1], vec![0_u64; edges.len() + 1], vec![0.0; edges.len() + 1]);
    // A number is wrong when it is farther off than the median error.
    let errors: Vec<f64> = timed.iter().map(|&row| answers.loss(row)).collect();
    let middle = moments::median(&errors).ok()?;
    for &row in &timed {
        let group = edges.partition_point(|edge| *edge < latency[row]);
        let is_wrong = match investigation.dossier.task() {
            Task::Regression => answers.loss(row) > middle,
            Task::Binary | Task::Multiclass => answers.wrong(row) > 0.5,
        };
        wrong[group] += u64::from(is_wrong);
        rows[group] += 1;
        loss[group] += answers.loss(row);
    }
    let trend = cochran_armitage(&wrong, &rows).ok();
    let mut table = StudyTable::new(
        "answer_time",
        "Errors by quantile of the answer time",
        &[
            ("above", "above ms", Format::Value),
            ("up_to", "up to ms", Format::Value),
            ("rows", "rows", Format::Count),
            ("wrong", "wrong (95 %)", Format::Share),
            ("loss", "mean loss", Format::Metric),
        ],
    );
    for group in 0..rows.len() {
        let share = wrong[group] as f64 / rows[group].max(1) as f64;
        let interval =
            crate::stats::interval::wilson(wrong[group], rows[group], 1.96).unwrap_or((share, share));
        let edge = |at: Option<usize>| at.and_then(|at| edges.get(at).copied());
        table.push(vec![
            edge(group.checked_sub(1)).or_else(|| sorted.first().copied()).into(),
            edge(Some(group)).or_else(|| sorted.last().copied()).into(),
            rows[group].into(),
            Cell::Interval(share, interval),
            (loss[group] / rows[group].max(1) as f64).into(),
        ]);
    }
    let z = trend.unwrap_or(0.0);
    let said = match z {
        z if z > 3.0 => "Slow answers are wrong more often than fast ones",
        z if z < -3.0 => "Fast answers are wrong more often than slow ones",
        _ => "Errors do not depend on the answer time beyond noise",
    };
    Some((format!("{said} (trend {} standard errors).", number::tenths(z)), table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn false_positives_and_negatives_are_told_apart_and_placed() {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let answers = |row: usize, answer: f64, sample: &mut crate::summary::Table| {
            sample.prediction[row] = answer;
            sample.score[row] = if answer > 0.5 { 0.9 } else { 0.1 };
        };
        let region = sample.features[1].codes().expect("a category").to_vec();
        // Every negative of the first region is called positive, and nothing else is wrong.
        for (row, region) in
            region.into_iter().enumerate().filter(|(row, _)| !sample.label[*row].is_nan()).collect::<Vec<_>>()
        {
            answers(row, if region == 0 { 1.0 } else { sample.label[row] }, sample);
        }
        investigation.dossier = std::sync::Arc::new(dossier);
        let study = study(&investigation).expect("labels");
        assert!(
            study.says[0].starts_with("False positive among negatives")
                && study.says[0].contains("region is north"),
            "{:?}",
            study.says
        );
        assert!(study.says[1].contains("gather nowhere"), "{:?}", study.says);
        let patterns = &study.tables[1];
        assert!(patterns.rows.iter().all(|row| row[0] == Cell::from("false positive")));
        assert_eq!(
            (&patterns.rows[0][1], &patterns.rows[0][2]),
            (&Cell::from("region"), &Cell::from("north"))
        );
        assert!(matches!(patterns.rows[0][4], Cell::Number(share) if share == 1.0));
    }
}
