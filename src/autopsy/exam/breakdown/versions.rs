//! The versions of the model that answered: one after the other, or side by side, and whether one of them does worse.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Verdict,
        catalogue::{checks, measures},
        exam::column_groups::ColumnGroups,
        scoring::Answers,
    },
    stats::testing::{MeanDifference, welch},
    summary::{Micros, Width},
    text::{number, phrase::list, time},
};

/// A version with at least this share of a day's rows answered there.
const PRESENT: f64 = 0.05;

/// With at least this share of the days that hold both, versions answered side by side.
const SIDE_BY_SIDE: f64 = 0.1;

/// A day counts as shared where each version has so many rows.
const SHARED_ROWS: usize = 10;

/// Minimum difference in standard errors to count as real, as for the model's metrics.
const REAL_Z: f64 = 3.2;

/// The rows of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelVersion {
    /// As the log names it.
    pub name: String,
    /// Rows of the production sample, in the order of time.
    pub rows: Vec<usize>,
}

/// How versions followed each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Succession {
    /// One version answered all rows.
    One,
    /// There are several, and no clock to tell when.
    Unknown,
    /// Several answered on so many of the days.
    SideBySide {
        /// Days that hold more than one.
        mixed: usize,
        /// All days.
        days: usize,
        /// The first and the last day that hold more than one.
        between: (Micros, Micros),
    },
    /// One took over from the other: versions but the first, with their first row's time.
    Switch(Vec<(String, Micros)>),
}

/// The versions by `column`, in the order in which they came; none where the log has no such column.
#[must_use]
pub fn versions(dossier: &Dossier, column: &str) -> Option<Vec<ModelVersion>> {
    let groups = ColumnGroups::of(dossier, column)?;
    let sample = &dossier.production.sample;
    let assigned = groups.assign(dossier, sample);
    let rows = |group: usize| (0..sample.rows).filter(|&row| assigned[row] == Some(group)).collect();
    let mut versions: Vec<ModelVersion> = groups
        .names()
        .iter()
        .enumerate()
        .map(|(at, name)| ModelVersion { name: name.clone(), rows: rows(at) })
        .collect();
    versions.sort_by_key(|version| version.rows.first().copied());
    Some(versions)
}

fn days(times: &[Micros], rows: &[usize]) -> BTreeMap<Micros, usize> {
    let mut days = BTreeMap::new();
    for &row in rows {
        if let Some(&at) = times.get(row) {
            *days.entry(Width::Day.floor(at)).or_default() += 1;
        }
    }
    days
}

impl Succession {
    /// Whether the versions followed each other or answered side by side.
    #[must_use]
    pub fn of(dossier: &Dossier, versions: &[ModelVersion]) -> Self {
        let times = &dossier.production.sample.time;
        if versions.len() < 2 {
            return Self::One;
        }
        if times.is_empty() {
            return Self::Unknown;
        }
        let by_day: Vec<_> = versions.iter().map(|version| days(times, &version.rows)).collect();
        let mut all: BTreeMap<Micros, usize> = BTreeMap::new();
        for (day, rows) in by_day.iter().flatten() {
            *all.entry(*day).or_default() += rows;
        }
        let present = |day: &Micros, rows: usize| {
            let own = |days: &BTreeMap<Micros, usize>| days.get(day).copied().unwrap_or(0);
            by_day.iter().filter(|days| own(days) as f64 >= PRESENT * rows as f64).count()
        };
        let mixed: Vec<Micros> =
            all.iter().filter(|(day, rows)| present(day, **rows) > 1).map(|(day, _)| *day).collect();
        if mixed.len() as f64 >= SIDE_BY_SIDE * all.len() as f64 && mixed.len() > 1 {
            let between = (mixed[0], mixed[mixed.len() - 1]);
            return Self::SideBySide { mixed: mixed.len(), days: all.len(), between };
        }
        let first =
            |version: &ModelVersion| Some((version.name.clone(), *times.get(*version.rows.first()?)?));
        Self::Switch(versions.iter().skip(1).filter_map(first).collect())
    }

    /// The switch that is nearest to the onset, with the time between, if it is less than a day.
    fn at_the_onset(&self, framing: &Framing) -> Option<(&str, Micros)> {
        let (Self::Switch(switches), Some(onset)) = (self, framing.split()) else { return None };
        let near = switches.iter().map(|(name, at)| (name.as_str(), onset - at));
        near.filter(|(_, apart)| apart.abs() < Width::Day.micros()).min_by_key(|(_, apart)| apart.abs())
    }

    /// A sentence.
    #[must_use]
    pub fn message(&self, framing: &Framing, versions: usize) -> String {
        match self {
            Self::One => "One version answered all rows.".to_owned(),
            Self::Unknown => format!("{versions} versions answered; the log has no clock to tell when."),
            Self::SideBySide { mixed, days, between } => format!(
                "{versions} versions answered side by side on {mixed} of {days} days, {} to {}: a mixture, not a switch.",
                time::day(between.0),
                time::day(between.1)
            ),
            Self::Switch(switches) => {
                let near = self.at_the_onset(framing);
                let told: Vec<String> = switches
                    .iter()
                    .map(|(name, at)| {
                        let beside =
                            near.filter(|(of, _)| of == name).map_or_else(String::new, |(_, apart)| {
                                let side = if apart < 0 { "after" } else { "before" };
                                format!(", {} {side} the onset", time::duration(apart.abs()))
                            });
                        format!("{name} at {}{beside}", time::minute(*at))
                    })
                    .collect();
                format!("The versions followed each other: a switch to {}.", list(&told))
            }
        }
    }
}

/// The rows of each version on the days that all of them answered, so that a change of the days does not look like one of the
/// version; none without such days.
#[must_use]
pub fn on_shared_days(dossier: &Dossier, versions: &[ModelVersion]) -> Option<(usize, Vec<Vec<usize>>)> {
    let times = &dossier.production.sample.time;
    let by_day: Vec<_> = versions.iter().map(|version| days(times, &version.rows)).collect();
    let shared: BTreeSet<Micros> = by_day
        .first()?
        .keys()
        .copied()
        .filter(|day| by_day.iter().all(|days| days.get(day).is_some_and(|rows| *rows >= SHARED_ROWS)))
        .collect();
    if versions.len() < 2 || shared.is_empty() {
        return None;
    }
    let on_shared = |row: &&usize| times.get(**row).is_some_and(|at| shared.contains(&Width::Day.floor(*at)));
    let rows = versions.iter().map(|version| version.rows.iter().filter(on_shared).copied().collect());
    Some((shared.len(), rows.collect()))
}

/// Whether versions of the model do differently.
pub(super) fn finding(dossier: &Dossier, framing: &Framing, column: &str) -> Finding {
    const WHAT: &str = "Whether versions of the model do differently can't be determined";
    let id = &checks::PERFORMANCE_VERSIONS;
    if let Some(why) = dossier.without_rows(false, false) {
        return Finding::not_applicable(id, WHAT, why);
    }
    let Some(versions) = versions(dossier, column) else {
        return Finding::not_applicable(id, WHAT, format!("production has no column {column}"));
    };
    let succession = Succession::of(dossier, &versions);
    let mut message = succession.message(framing, versions.len());
    let mut verdict = match succession.at_the_onset(framing) {
        Some(_) => Verdict::Watch,
        None => Verdict::Clear,
    };
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let losses = |rows: &[usize]| -> Vec<f64> {
        answers.judged_rows(rows).into_iter().map(|row| answers.loss(row)).collect()
    };
    let mut measured: Option<MeanDifference> = None;
    if let Some((days, rows)) = on_shared_days(dossier, &versions)
        && let [first, .., last] = &rows[..]
        && let Ok(difference) = welch(&losses(first), &losses(last))
    {
        let (old, new) = (&versions[0].name, &versions[versions.len() - 1].name);
        let z = difference.t();
        let state = if z >= REAL_Z {
            verdict = Verdict::Alarm;
            "loses more than"
        } else if z <= -REAL_Z {
            "loses less than"
        } else {
            "does as well as"
        };
        message.push_str(&format!(
            " On the {days} days that all answered {new} {state} {old}: {} of loss a row ({} standard errors).",
            number::signed(difference.difference),
            number::tenths(z)
        ));
        measured = Some(difference);
    }
    Finding {
        measure: measures::VERSION_LOSS.name,
        value: measured.map(|one| one.difference),
        interval: measured.map(|one| {
            let half = 1.959_964 * one.error;
            (one.difference - half, one.difference + half)
        }),
        ..Finding::new(id, verdict, message)
    }
}
