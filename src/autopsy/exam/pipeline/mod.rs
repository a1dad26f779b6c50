//! Data delivery: types, nulls, ranges, duplicates, volume and sources.
//!
//! One file for each kind of check: [`schema`], [`nulls`], [`range`], [`points`] (sentinels and floods of one
//! value), [`filled`] (missing values that became one value), [`spelling`], [`duplicates`], [`volume`], [`swaps`], [`sources`], [`events`]. Shares come from the
//! counts of the pass and are exact; single values, row masks and repeated rows come from the row sample and
//! are marked as such.
//!
//! A share counts as risen when it is one percentage point and a factor of two above the reference, and is
//! significant by a two-proportion test with false-discovery control over the features. The reference is
//! production before the onset where it has enough rows, else training.
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! A signal is absent when its check could not run: no timestamps (`volume`, `gaps`), no sources (`source`),
//! a thinned sample (`duplicates`), no column of that kind, no onset inside the log or no events
//! (`events.*`), no rows before the onset (`day_one`).

mod duplicates;
mod events;
mod facts;
mod filled;
mod nulls;
mod points;
mod range;
mod schema;
mod sources;
mod spelling;
mod swaps;
#[cfg(test)]
mod tests;
mod values;
mod volume;

use rayon::prelude::*;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{ExamName, checks, measures, signals},
        exam::{
            context::ExamContext,
            rowless,
            window_split::{self, FEWEST_ROWS, Periods},
        },
    },
    cached::cached,
    summary::Grid,
    text::{
        number,
        phrase::{list, plural},
    },
};

use facts::Facts;

/// One column's delivery, training against production.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The feature's index in the plan.
    pub feature: usize,
    /// Stored type in training and in production; none when absent.
    pub types: (String, Option<String>),
    /// Share of missing values: training, production before the onset, after it.
    pub missing: (f64, Option<f64>, f64),
    /// Share of values that could not be read as numbers after the onset.
    pub unreadable: f64,
    /// Share outside training's range or levels: before the onset, after it.
    pub outside: (Option<f64>, f64),
    /// The most frequent value after the onset and its share there and in training.
    pub mode: Option<(String, f64, f64)>,
    /// The overall outcome.
    pub verdict: Verdict,
    /// The sentence of the worst finding, or of what is fine.
    pub message: String,
}

cached!(struct Delivery { feature, types, missing, unreadable, outside, mode, verdict, message });

/// The delivery of the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// The windows; none without timestamps.
    pub grid: Option<Grid>,
    /// Rows per window.
    pub volume: Vec<u64>,
    /// Share of rows per window whose id or whole content occurred before; none where it can't be determined.
    pub duplicates: Vec<Option<f64>>,
    /// One line per feature, in the order of the plan.
    pub columns: Vec<Delivery>,
    /// Columns of production that training does not have: name and stored type.
    pub new_columns: Vec<(String, String)>,
    /// Per source: its features, and how many of them are flagged.
    pub sources: Vec<(String, Vec<usize>, usize)>,
}

cached!(struct Pipeline { grid, volume, duplicates, columns, new_columns, sources });

/// Examines the delivery of every column.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Pipeline, Observations) {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let (grid, _, volume) = window_split::widened(dossier, window_split::display_width(dossier));
    let mut observations = Observations::default();
    let gather = |j| Facts::gather(dossier, framing, periods, j);
    let ((repeated, repeats), facts): (_, Vec<Facts>) = rayon::join(
        || duplicates::examine(context, grid),
        || (0..dossier.plan.features.len()).into_par_iter().map(gather).collect(),
    );
    observations.extend(schema::examine(context, &facts));
    if periods.rows_after < FEWEST_ROWS {
        observations.findings.push(too_few(periods));
    } else {
        observations.extend(nulls::examine(&facts));
        observations.extend(range::examine(context, &facts));
        match dossier.without_rows(true, false) {
            Some(because) => observations.extend(rowless::not_applicable(ExamName::Pipeline, because)),
            None => {
                let of_rows: [&(dyn Fn() -> Observations + Sync); 6] = [
                    &|| points::examine(context, &facts),
                    &|| filled::examine(dossier, framing, &facts),
                    &|| values::examine(context, &facts),
                    &|| spelling::examine(context, &facts),
                    &|| swaps::examine(context, &facts),
                    &|| sources::same_rows(dossier, framing, &facts),
                ];
                let exams: Vec<Observations> =
                    of_rows.par_iter().map(|observations| observations()).collect();
                exams.into_iter().for_each(|part| observations.extend(part));
            }
        }
    }
    let delivered_ill: Vec<usize> = (0..facts.len()).filter(|&j| worst(&observations, j).is_some()).collect();
    let flagged: Vec<usize> =
        (0..facts.len()).filter(|&j| delivered_ill.contains(&j) || facts[j].moved()).collect();
    let (by_source, blame) = sources::examine(context, &flagged);
    observations.extend(blame);
    let share = if facts.is_empty() { 0.0 } else { flagged.len() as f64 / facts.len() as f64 };
    observations.findings.push(altered(&facts, &delivered_ill, &flagged, share));
    observations.signal(&signals::PIPELINE_FLAGGED_SHARE, share, &flagged, &checks::PIPELINE_ALTERED);
    observations.extend(repeats);
    observations.extend(volume::examine(context));
    observations.extend(events::examine(context));
    let columns = facts.iter().map(|f| f.delivery(worst(&observations, f.feature))).collect();
    let pipeline = Pipeline {
        grid,
        duplicates: repeated,
        columns,
        new_columns: dossier.production.new_columns.clone(),
        sources: by_source,
        volume,
    };
    (pipeline, observations)
}

/// How many columns arrive altered; that inputs merely moved is no fault of the delivery.
///
/// * `delivered_ill`: the features with a delivery finding.
/// * `flagged`: these, and those that moved; `share`: of all features.
fn altered(facts: &[Facts], delivered_ill: &[usize], flagged: &[usize], share: f64) -> Finding {
    let names = |features: &[usize]| {
        let names: Vec<&str> = features.iter().map(|&j| facts[j].name.as_str()).collect();
        list(&names)
    };
    let moved: Vec<usize> = flagged.iter().copied().filter(|j| !delivered_ill.contains(j)).collect();
    let altered = match delivered_ill.len() {
        0 => format!("None of {} arrives altered", plural(facts.len(), "column")),
        1 => format!("1 of {} arrives altered: {}", plural(facts.len(), "column"), names(delivered_ill)),
        n => format!("{n} of {} arrive altered: {}", plural(facts.len(), "column"), names(delivered_ill)),
    };
    let message = match moved.len() {
        0 => format!("{altered}."),
        n => format!("{altered}; {n} more moved by a PSI of 0.25 or more: {}.", names(&moved)),
    };
    // A single column has a finding of its own.
    let verdict = if delivered_ill.len() < 2 { Verdict::Clear } else { Verdict::Watch };
    Finding {
        measure: measures::ALTERED_COLUMNS.name,
        value: Some(share),
        ..Finding::new(&checks::PIPELINE_ALTERED, verdict, message)
    }
}

/// The most serious flagged finding about a feature.
fn worst(observations: &Observations, feature: usize) -> Option<&Finding> {
    let about = |f: &&Finding| f.subject == Subject::Feature(feature) && f.flagged();
    observations.findings.iter().filter(about).min_by_key(|f| f.verdict != Verdict::Alarm)
}

fn too_few(periods: &Periods) -> Finding {
    let because = format!(
        "{} production rows are too few to tell a broken delivery from chance",
        number::whole(periods.rows_after)
    );
    Finding::new(&checks::PIPELINE_NULLS, Verdict::NotApplicable(because.clone()), because)
}
