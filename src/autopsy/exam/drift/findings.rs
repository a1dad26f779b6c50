//! Findings and signals from the drift of the inputs.
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! "Since the onset" is relative to the rows before it where there are enough, else to training. Signals of
//! the onset are absent when production has too few rows; `drift.day_one_psi` when there are no rows before
//! the onset; `drift.concentration` and `drift.gradual` when nothing drifted; `drift.labels_psi` when no
//! labels have arrived.

use std::fmt::Write as _;

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::{
            context::ExamContext,
            window_split::{FEWEST_ROWS, Periods},
        },
    },
    summary::Bins,
    text::{
        number,
        phrase::{list, plural},
    },
};

use super::{Drift, DriftRow, distance};

/// Minimum rank correlation of two PSI time series for the features to count as moving together.
const TOGETHER: f64 = 0.8;

/// Findings and signals about the inputs and the labels.
pub(super) fn examine(context: &ExamContext<'_>, drift: &Drift) -> Observations {
    let &ExamContext { dossier, ref periods, .. } = context;
    let mut observations = Observations::default();
    if periods.rows_after < FEWEST_ROWS {
        observations.findings.push(too_few(periods));
        return observations;
    }
    let watch = dossier.thresholds.psi_watch;
    let moved = drift.moved(watch);
    observations.findings.push(overview(dossier, periods, drift, &moved));
    observations
        .findings
        .extend(drift.features.iter().filter(|row| row.level > 0).map(|row| one(dossier, row)));
    observations.findings.extend(together(dossier, drift, &moved));
    signals(&mut observations, drift, &moved);
    labels(dossier, periods, &mut observations);
    observations
}

fn too_few(periods: &Periods) -> Finding {
    let because =
        format!("{} production rows are too few to tell drift from noise", number::count(periods.rows_after));
    Finding {
        measure: measures::PSI.name,
        ..Finding::new(&checks::DRIFT_PSI, Verdict::NotApplicable(because.clone()), because)
    }
}

/// One line for all features.
fn overview(dossier: &Dossier, periods: &Periods, drift: &Drift, moved: &[usize]) -> Finding {
    let thresholds = &dossier.thresholds;
    let flagged = drift.features.iter().filter(|row| row.level > 0).count();
    let alarmed = drift.features.iter().filter(|row| row.level > 1).count();
    let features = drift.features.len();
    let largest = drift.features.iter().filter_map(|row| row.distances.psi).fold(0.0, f64::max);
    let mut message = if flagged == 0 {
        format!(
            "No input of {features} moved: the largest PSI is {largest:.2} (watch from {}), and {} rows would show \
             {:.2}.",
            number::value(thresholds.psi_watch),
            number::count(periods.rows_after),
            visible(dossier, periods),
        )
    } else {
        format!(
            "{flagged} of {} moved against training, {alarmed} of them with a PSI of {} or more.",
            plural(features, "input"),
            number::value(thresholds.psi_alarm),
        )
    };
    if flagged > 0 && periods.has_before() {
        let names: Vec<&str> = moved.iter().map(|&j| dossier.feature_name(j)).collect();
        if moved.is_empty() {
            message.push_str(" None of it began at the onset.");
        } else {
            _ = write!(message, " At the onset: {}.", list(&names));
        }
    }
    let verdict = match (alarmed, flagged) {
        (0, 0) => Verdict::Clear,
        (0, _) => Verdict::Watch,
        _ => Verdict::Alarm,
    };
    Finding {
        measure: measures::LARGEST_PSI.name,
        value: Some(largest),
        threshold: Some(thresholds.psi_alarm),
        ..Finding::new(&checks::DRIFT_PSI, verdict, message)
    }
}

/// The 95 % quantile of PSI under no change with ten bins: the smallest PSI that can be detected.
///
/// PSI of equal populations is about `(1/n + 1/m) χ²(B − 1)`; 16.9 is the 95 % quantile for nine degrees of
/// freedom. Source: Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal
/// of Risk Model Validation 14 (2020).
fn visible(dossier: &Dossier, periods: &Periods) -> f64 {
    16.9 * (1.0 / dossier.training.rows.max(1) as f64 + 1.0 / periods.rows_after.max(1) as f64)
}

/// One feature that drifted.
fn one(dossier: &Dossier, row: &DriftRow) -> Finding {
    let name = dossier.feature_name(row.feature);
    let d = &row.distances;
    let psi = d.psi.unwrap_or(0.0);
    let mut message = format!("{name} moved against training: PSI {}", number::psi(psi));
    if let Some(ks) = d.ks {
        _ = write!(message, ", KS {ks:.2}");
    }
    if let Some(v) = d.cramers_v {
        _ = write!(message, ", Cramér's V {v:.2}");
    }
    if d.outside >= 0.01 {
        _ = write!(message, ", {} of its values never seen there", number::share(d.outside));
    }
    match (row.psi_since_onset, row.psi_before) {
        (Some(since), Some(before)) if before > since => {
            _ = write!(message, "; most of it was there before the onset (PSI {})", number::psi(before));
        }
        (Some(since), _) => _ = write!(message, "; against the rows before the onset {}", number::psi(since)),
        _ => {}
    }
    message.push('.');
    Finding {
        subject: Subject::Feature(row.feature),
        measure: measures::PSI.name,
        value: Some(psi),
        threshold: Some(if row.level > 1 {
            dossier.thresholds.psi_alarm
        } else {
            dossier.thresholds.psi_watch
        }),
        ..Finding::new(
            checks::DRIFT_PSI.of(name),
            if row.level > 1 { Verdict::Alarm } else { Verdict::Watch },
            message,
        )
    }
}

/// Features whose PSI time series correlates with the leading one's.
fn together(dossier: &Dossier, drift: &Drift, moved: &[usize]) -> Option<Finding> {
    let (&leader, rest) = moved.split_first()?;
    let along: Vec<usize> = drift
        .moving_with(leader, dossier.thresholds.psi_watch)
        .into_iter()
        .filter(|(feature, rho)| *rho >= TOGETHER && rest.contains(feature))
        .map(|(feature, _)| feature)
        .collect();
    if along.is_empty() {
        return None;
    }
    let names: Vec<&str> = along.iter().map(|&j| dossier.feature_name(j)).collect();
    let source = |j: usize| dossier.plan.features[j].source.as_deref();
    let one_source = source(leader)
        .filter(|s| along.iter().all(|&j| source(j) == Some(s)))
        .map_or_else(String::new, |s| format!(", all delivered by {s}"));
    let message = format!(
        "{} moved in step with {} (rank correlation of PSI by window {TOGETHER} or more){one_source}.",
        list(&names),
        dossier.feature_name(leader),
    );
    Some(Finding {
        measure: measures::FEATURES_IN_STEP.name,
        value: Some(along.len() as f64 + 1.0),
        ..Finding::new(&checks::DRIFT_TOGETHER, Verdict::Watch, message)
    })
}

fn signals(observations: &mut Observations, drift: &Drift, moved: &[usize]) {
    let mut since: Vec<(usize, f64)> =
        drift.features.iter().filter_map(|row| Some((row.feature, row.moved()?))).collect();
    since.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let Some(&(leader, largest)) = since.first() else {
        return;
    };
    let at = &checks::DRIFT_PSI;
    observations.signal(&signals::DRIFT_MOVED_COUNT, (1.0 + moved.len() as f64).ln(), moved, at);
    observations.signal(&signals::DRIFT_MOVED_SHARE, moved.len() as f64 / since.len() as f64, moved, at);
    observations.signal(&signals::DRIFT_MAX_PSI, largest, &[leader], at);
    observations.signal(&signals::DRIFT_SECOND_PSI, since.get(1).map_or(0.0, |s| s.1), &[], at);
    if !moved.is_empty() {
        let total: f64 = since.iter().map(|s| s.1).sum();
        observations.signal(&signals::DRIFT_CONCENTRATION, largest / total, &[leader], at);
        if let Some(gradual) = evenness(&drift.features[leader].psi) {
            observations.signal(&signals::DRIFT_GRADUAL, gradual, &[leader], at);
        }
    }
    let early = drift.features.iter().filter_map(|row| Some((row.feature, row.psi_before?)));
    if let Some((feature, psi)) = early.max_by(|a, b| a.1.total_cmp(&b.1)) {
        observations.signal(&signals::DRIFT_DAY_ONE_PSI, psi, &[feature], at);
    }
    let outside = drift.features.iter().map(|row| (row.feature, row.distances.outside));
    if let Some((feature, share)) = outside.max_by(|a, b| a.1.total_cmp(&b.1)) {
        observations.signal(&signals::DRIFT_EXTREME, share, &[feature], at);
    }
}

/// How evenly a time series rose from its lowest fifth to its highest: the share of the windows strictly
/// between a quarter and three quarters of the rise. Near 0 for a step, a half for a ramp over the whole log.
fn evenness(course: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = course.iter().flatten().copied().collect();
    let mut sorted = known.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (*sorted.get(known.len() / 10)?, *sorted.get(known.len() - 1 - known.len() / 10)?);
    if known.len() < 8 || high <= low {
        return None;
    }
    let between = known.iter().filter(|&&x| (0.25..0.75).contains(&((x - low) / (high - low)))).count();
    Some(between as f64 / known.len() as f64)
}

/// The labels since the onset.
fn labels(dossier: &Dossier, periods: &Periods, observations: &mut Observations) {
    let bins = &dossier.plan.label_bins;
    if *bins == Bins::None || !dossier.production.labels.present {
        return;
    }
    // Labels that have not arrived carry no information on the outcome, so the missing bin is left out.
    let known = |fine: Vec<u64>| {
        let mut coarse = bins.coarsen(&distance::complete(fine, bins, 0));
        coarse.pop();
        coarse
    };
    let before = known(periods.counts_before(&dossier.production.labels));
    let reference = if before.iter().sum::<u64>() >= FEWEST_ROWS {
        before
    } else {
        known(dossier.training.labels.sum(|_| true))
    };
    let after = known(periods.counts_after(&dossier.production.labels));
    let rows: u64 = after.iter().sum();
    let Some(shift) = distance::psi(&reference, &after).filter(|_| rows >= FEWEST_ROWS) else {
        let because = format!("{} labels since the onset are too few", number::count(rows));
        observations.findings.push(Finding::not_applicable(
            &checks::DRIFT_LABELS,
            "Whether the outcome's frequency moved can't be determined",
            because,
        ));
        return;
    };
    // The outcome has far fewer bins than an input, so its PSI stays small: it is compared with noise.
    let verdict = match (shift.p(0.0) <= 1e-4, shift.corrected >= dossier.thresholds.psi_watch) {
        (true, true) => Verdict::Alarm,
        (true, false) if shift.corrected >= 0.01 => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let message = match verdict {
        Verdict::Clear => format!("The outcome is as frequent as before (PSI {:.3}).", shift.corrected),
        _ => format!(
            "The outcome's own frequency moved: PSI {:.3} over {} labels.",
            shift.corrected,
            number::count(rows)
        ),
    };
    observations.findings.push(Finding {
        measure: measures::LABELS_PSI.name,
        value: Some(shift.corrected),
        threshold: Some(dossier.thresholds.psi_watch),
        ..Finding::new(&checks::DRIFT_LABELS, verdict, message)
    });
    observations.signal(&signals::DRIFT_LABELS_PSI, shift.corrected, &[], &checks::DRIFT_LABELS);
}
