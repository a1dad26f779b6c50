//! Is it the data's delivery?
//!
//! One file for each kind of check: [`schema`], [`nulls`], [`range`], [`points`] (sentinels and floods of one value),
//! [`spelling`], [`duplicates`], [`volume`], [`swaps`], [`sources`], [`events`]. Shares come from the counts of the pass
//! and are exact; single values, row masks and repeated rows come from the row sample and say so.
//!
//! A share counts as risen when it is one percentage point and a factor of two above the reference, and a two-proportion
//! test with false-discovery control over the features calls it real. The reference is production before the onset
//! where it has enough rows, else training.
//!
//! | signal | what it measures | which way it points |
//! |---|---|---|
//! | `pipeline.null_jump` | largest significant rise of a missing share | feature unavailable; several at once: upstream |
//! | `pipeline.null_count` | ln(1 + features whose missing share rose) | 1: one feature; more: a source |
//! | `pipeline.null_drop` | largest significant fall of a missing share | values are filled in somewhere |
//! | `pipeline.absent` | ln(1 + columns that production lacks) | feature unavailable, schema change |
//! | `pipeline.type_change` | ln(1 + columns whose stored kind of type changed) | upstream schema change |
//! | `pipeline.unreadable` | largest share of values that are no numbers | upstream type change |
//! | `pipeline.fractions` | largest rise of fractions in a column of whole numbers | rescaled, filled with a mean |
//! | `pipeline.outside` | largest rise of values out of training's range | recalibration, sentinel, new users |
//! | `pipeline.unseen` | largest rise of levels that training never held | new users, recoding, spelling |
//! | `pipeline.spelling` | share of one column's values that are known levels spelt differently | upstream or serving format |
//! | `pipeline.sentinel` | largest new point mass out of training's range | upstream default |
//! | `pipeline.mode_jump` | largest rise of one value's share | default flood, frozen; drift moves it less |
//! | `pipeline.bound` | share of a risen value's rows that came from one side of it | 1: cut off there; less: a default |
//! | `pipeline.levels_gone` | largest share of rows whose level is gone | codes merged, cut or replaced |
//! | `pipeline.distinct_lost`, `.distinct_gained` | largest log ratio of distinct numbers on as many rows | coarser; blurred, recomputed |
//! | `pipeline.constant` | ln(1 + features that became constant) | feature unavailable |
//! | `pipeline.same_rows` | largest Jaccard index of two features' faulty rows | one broken join or source |
//! | `pipeline.swap` | how well two columns' values fit each other's place, 0..1 | upstream swap |
//! | `pipeline.copy` | how well a moved column fits another, unmoved column's values, 0..1 | upstream mapping |
//! | `pipeline.duplicates` | rise of the share of repeated rows or ids | upstream replay |
//! | `pipeline.volume` | ln of rows a day after over before the onset | traffic or ingestion changed |
//! | `pipeline.gaps` | share of the windows with a gap or burst of rows | ingestion |
//! | `pipeline.source` | −log10 p of faulty features falling into one source by chance | upstream |
//! | `pipeline.flagged_share` | share of the features with a delivery finding | upstream, when several |
//! | `pipeline.day_one` | largest delivery share that differs from training before the onset | skew from the first day |
//! | `events.model`, `.data`, `.serving`, `.world` | ln of how unlikely such an event so near the onset is by chance | that kind of cause, weakly |
//!
//! A signal is absent when its check could not run: no clock (`volume`, `gaps`), no sources (`source`), a thinned
//! sample (`duplicates`), no column of that kind, no onset inside the log or no events (`events.*`), no rows before the
//! onset (`day_one`).

mod duplicates;
mod events;
mod facts;
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
        Finding, Observations, Step, Subject, Verdict,
        exam::{
            context::ExamContext,
            rowless::{self, NeedsRows},
            window_split::{self, FEWEST_ROWS, Periods},
        },
    },
    summary::Grid,
    text::number,
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
    /// Overall.
    pub verdict: Verdict,
    /// The sentence of the worst finding, or what is fine.
    pub says: String,
}

/// The delivery of the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// The windows; none without a clock.
    pub grid: Option<Grid>,
    /// Rows per window.
    pub volume: Vec<u64>,
    /// Share of rows per window whose id or whole content occurred before; none without a way to tell.
    pub duplicates: Vec<Option<f64>>,
    /// One line a feature, in the order of the plan.
    pub columns: Vec<Delivery>,
    /// Columns that production has and training does not: name and stored type.
    pub new_columns: Vec<(String, String)>,
    /// Per source: its features, and how many of them are flagged.
    pub sources: Vec<(String, Vec<usize>, usize)>,
}

/// What can't be told of a profile.
const NEEDS_ROWS: [NeedsRows; 4] = [
    ("pipeline.mode", "Whether one value has taken over a column"),
    ("pipeline.sentinel", "Whether a sentinel such as −999 has appeared"),
    ("pipeline.spelling", "Whether levels are spelt differently"),
    ("pipeline.swap", "Whether columns were swapped or copied"),
];

/// Looks at how every column arrives.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Pipeline, Observations) {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let (grid, _, volume) = window_split::widened(dossier, window_split::display_width(dossier));
    let mut exam = Observations::default();
    let facts: Vec<Facts> = (0..dossier.plan.features.len())
        .into_par_iter()
        .map(|j| Facts::gather(dossier, framing, periods, j))
        .collect();
    exam.extend(schema::examine(context, &facts));
    if periods.rows_after < FEWEST_ROWS {
        exam.findings.push(too_few(periods));
    } else {
        exam.extend(nulls::examine(&facts));
        exam.extend(range::examine(context, &facts));
        match dossier.without_rows(true, false) {
            Some(because) => exam.extend(rowless::not_applicable(Step::Pipeline, &NEEDS_ROWS, because)),
            None => {
                let of_rows: [&(dyn Fn() -> Observations + Sync); 5] = [
                    &|| points::examine(context, &facts),
                    &|| values::examine(context, &facts),
                    &|| spelling::examine(context, &facts),
                    &|| swaps::examine(context, &facts),
                    &|| sources::same_rows(dossier, framing, &facts),
                ];
                let exams: Vec<Observations> = of_rows.par_iter().map(|exam| exam()).collect();
                exams.into_iter().for_each(|part| exam.extend(part));
            }
        }
    }
    let flagged: Vec<usize> =
        (0..facts.len()).filter(|&j| worst(&exam, j).is_some() || facts[j].moved()).collect();
    let (by_source, blame) = sources::examine(context, &flagged);
    exam.extend(blame);
    let share = if facts.is_empty() { 0.0 } else { flagged.len() as f64 / facts.len() as f64 };
    exam.signal("pipeline.flagged_share", share, &flagged, "pipeline.schema");
    let (repeated, repeats) = duplicates::examine(context, grid);
    exam.extend(repeats);
    exam.extend(volume::examine(context));
    exam.extend(events::examine(context));
    let columns = facts.iter().map(|f| f.delivery(worst(&exam, f.feature))).collect();
    let pipeline = Pipeline {
        grid,
        duplicates: repeated,
        columns,
        new_columns: dossier.production.new_columns.clone(),
        sources: by_source,
        volume,
    };
    (pipeline, exam)
}

/// The most serious flagged finding about a feature.
fn worst(exam: &Observations, feature: usize) -> Option<&Finding> {
    let about = |f: &&Finding| f.subject == Subject::Feature(feature) && f.flagged();
    exam.findings.iter().filter(about).min_by_key(|f| f.verdict != Verdict::Alarm)
}

fn too_few(periods: &Periods) -> Finding {
    let because = format!(
        "{} production rows are too few to tell a broken delivery from chance",
        number::whole(periods.rows_after)
    );
    Finding::new("pipeline.nulls", Step::Pipeline, Verdict::NotApplicable(because.clone()), because)
}
