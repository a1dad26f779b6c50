//! Drift of the predictions: their mean, their concentration on one value, and the model's confidence.
//!
//! [`crate::autopsy::catalogue`] declares the signals: what each measures and which causes it is evidence
//! for.
//!
//! All are absent without predictions or with too few rows; `drift.answers_mean` for several classes,
//! `drift.confidence` for tasks without a probability.

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::{context::ExamContext, window_split::FEWEST_ROWS},
    },
    summary::{Bins, Moments, Task, fraction},
    text::number,
};

use super::{DriftRow, distance};

/// A shift of the mean below this many standard errors is noise.
const NOISE: f64 = 4.0;

/// Findings and signals about the predictions.
pub(super) fn examine(context: &ExamContext<'_>, row: &DriftRow) -> Observations {
    let &ExamContext { dossier, ref periods, .. } = context;
    let mut observations = Observations::default();
    let answers = &dossier.production.answers;
    if !answers.present || periods.rows_after < FEWEST_ROWS {
        let because = if answers.present { "too few production rows" } else { "no answers are logged" };
        observations.findings.push(Finding::not_applicable(
            &checks::DRIFT_ANSWERS,
            "Whether the answers moved can't be determined",
            because,
        ));
        return observations;
    }
    let bins = &dossier.plan.answer_bins;
    let reference = if periods.has_before() {
        AnswerSide {
            counts: periods.counts_before(answers),
            moments: periods.moments_before(answers),
            phrase: "before",
        }
    } else {
        let training = &dossier.training.answers;
        AnswerSide {
            counts: training.sum(|_| true),
            moments: training.moments_of(|_| true),
            phrase: "in training",
        }
    };
    let after = AnswerSide {
        counts: periods.counts_after(answers),
        moments: periods.moments_after(answers),
        phrase: "now",
    };
    let psi = distance::psi(
        &bins.coarsen(&distance::complete(reference.counts.clone(), bins, 0)),
        &bins.coarsen(&after.counts),
    );
    let moved = psi.map_or(0.0, |shift| shift.corrected);
    observations.findings.push(distribution(dossier, row, moved, reference.phrase));
    observations.signal(&signals::DRIFT_ANSWERS_PSI, moved, &[], &checks::DRIFT_ANSWERS);
    center(dossier, &reference, &after, &mut observations);
    one_answer(dossier, &reference, &after, &mut observations);
    confidence(dossier, &reference, &after, &mut observations);
    observations
}

/// The predictions of one period.
struct AnswerSide {
    /// Rows per fine bin.
    counts: Vec<u64>,
    moments: Moments,
    phrase: &'static str,
}

fn distribution(dossier: &Dossier, row: &DriftRow, moved: f64, against: &str) -> Finding {
    let thresholds = &dossier.thresholds;
    let verdict = if moved >= thresholds.psi_alarm {
        Verdict::Alarm
    } else if moved >= thresholds.psi_watch {
        Verdict::Watch
    } else {
        Verdict::Clear
    };
    // If the reference is training itself, this would repeat the same comparison.
    let to_training = row
        .distances
        .psi
        .filter(|_| against != "in training")
        .map_or_else(String::new, |psi| format!(", against training {psi:.2}"));
    let message = if verdict == Verdict::Clear {
        format!("The answers are distributed as {against}: PSI {moved:.2}{to_training}.")
    } else {
        format!("The answers moved: PSI {moved:.2} against those {against}{to_training}.")
    };
    Finding {
        measure: measures::ANSWERS_PSI.name,
        value: Some(moved),
        threshold: Some(thresholds.psi_alarm),
        ..Finding::new(&checks::DRIFT_ANSWERS, verdict, message)
    }
}

/// The mean and the median prediction; the class mix for categorical predictions.
fn center(dossier: &Dossier, reference: &AnswerSide, after: &AnswerSide, observations: &mut Observations) {
    let threshold = dossier.thresholds.prediction_shift;
    let id = &checks::DRIFT_ANSWERS_MEAN;
    if matches!(dossier.plan.answer_bins, Bins::Categorical(_)) && dossier.task() != Task::Binary {
        let mix = total_variation(&reference.counts, &after.counts);
        let verdict = if mix >= threshold { Verdict::Alarm } else { Verdict::Clear };
        let message = format!(
            "The mix of answers differs by {} of the rows from that {}.",
            number::share(mix),
            reference.phrase
        );
        observations.findings.push(Finding {
            measure: measures::ANSWERS_VARIATION.name,
            value: Some(mix),
            threshold: Some(threshold),
            ..Finding::new(id, verdict, message)
        });
        return;
    }
    let (Some(was), Some(is)) = (reference.moments.mean(), after.moments.mean()) else {
        return;
    };
    let (was_sd, is_sd) =
        (reference.moments.deviation().unwrap_or(0.0), after.moments.deviation().unwrap_or(0.0));
    let error = (was_sd.powi(2) / reference.moments.n as f64 + is_sd.powi(2) / after.moments.n as f64).sqrt();
    let relative = relative(was, is, was_sd);
    let median = match (median(dossier, reference), median(dossier, after)) {
        (Some(was), Some(is)) => self::relative(was, is, was_sd),
        _ => 0.0,
    };
    let (shift, which) = if median.abs() > relative.abs() { (median, "median") } else { (relative, "mean") };
    let significant = (is - was).abs() > NOISE * error;
    let verdict = if significant && shift.abs() >= threshold { Verdict::Alarm } else { Verdict::Clear };
    let message = format!(
        "The mean answer is {} now, {} {} ({which} {}{}).",
        number::value(is),
        number::value(was),
        reference.phrase,
        if shift < 0.0 { "−" } else { "+" },
        number::share(shift.abs()),
    );
    observations.findings.push(Finding {
        measure: measures::ANSWERS_SHIFT.name,
        value: Some(shift),
        threshold: Some(threshold),
        ..Finding::new(id, verdict, message)
    });
    if was_sd > 0.0 {
        observations.signal(
            &signals::DRIFT_ANSWERS_MEAN,
            if significant { (is - was) / was_sd } else { 0.0 },
            &[],
            id,
        );
    }
}

/// The relative change; a base near 0 is replaced by a tenth of the standard deviation.
fn relative(was: f64, is: f64, deviation: f64) -> f64 {
    let base = was.abs().max(0.1 * deviation);
    if base > 0.0 { (is - was) / base } else { 0.0 }
}

/// The median from the fine bins: the middle of the bin that contains it.
fn median(dossier: &Dossier, side: &AnswerSide) -> Option<f64> {
    let Bins::Numeric(bins) = &dossier.plan.answer_bins else {
        return None;
    };
    let counts = side.counts.get(..=bins.edges.len())?;
    let half = counts.iter().sum::<u64>().div_ceil(2);
    let mut seen = 0;
    let bin = counts.iter().position(|&c| {
        seen += c;
        half > 0 && seen >= half
    })?;
    let low = bins.edges.get(bin.saturating_sub(1))?;
    let high = bins.edges.get(bin).unwrap_or(low);
    Some(f64::midpoint(*low, *high))
}

/// The total variation distance: half the sum of the absolute differences of the shares.
fn total_variation(a: &[u64], b: &[u64]) -> f64 {
    let (n, m) = (a.iter().sum(), b.iter().sum());
    a.iter().zip(b).map(|(&a, &b)| (fraction(a, n) - fraction(b, m)).abs()).sum::<f64>() / 2.0
}

/// One prediction for all rows, or for many more than before.
fn one_answer(
    dossier: &Dossier,
    reference: &AnswerSide,
    after: &AnswerSide,
    observations: &mut Observations,
) {
    let total: u64 = after.counts.iter().rev().skip(1).sum();
    let reference_total: u64 = reference.counts.iter().rev().skip(1).sum();
    let present = &after.counts[..after.counts.len().saturating_sub(1)];
    let Some((bin, &most)) = present.iter().enumerate().max_by_key(|(bin, c)| (**c, usize::MAX - bin)) else {
        return;
    };
    let now = fraction(most, total);
    let was = fraction(reference.counts.get(bin).copied().unwrap_or(0), reference_total);
    observations.signal(&signals::DRIFT_ANSWERS_MODE, (now - was).max(0.0), &[], &checks::DRIFT_ANSWERS_MODE);
    let single = total > 0 && most == total && was < 1.0;
    let classes = matches!(dossier.plan.answer_bins, Bins::Categorical(_));
    let verdict = if single || (!classes && now - was >= 0.3) {
        Verdict::Alarm
    } else if !classes && now - was >= 0.05 {
        Verdict::Watch
    } else {
        Verdict::Clear
    };
    let message = if single {
        format!(
            "The model gives one and the same answer to every row; {was} {}.",
            reference.phrase,
            was = number::share(was)
        )
    } else {
        format!(
            "The most frequent answer makes up {} of the rows, {} {}.",
            number::share(now),
            number::share(was),
            reference.phrase
        )
    };
    observations.findings.push(Finding {
        measure: measures::MOST_FREQUENT_ANSWER.name,
        value: Some(now),
        threshold: Some(0.3),
        ..Finding::new(&checks::DRIFT_ANSWERS_MODE, verdict, message)
    });
}

/// The model's confidence: the mean of |2 score − 1|, from the fine bins of the score.
fn confidence(
    dossier: &Dossier,
    reference: &AnswerSide,
    after: &AnswerSide,
    observations: &mut Observations,
) {
    let Bins::Numeric(bins) = &dossier.plan.answer_bins else {
        return;
    };
    if !dossier.plan.has_score {
        return;
    }
    let centers: Vec<f64> = (0..=bins.edges.len())
        .map(|bin| {
            let low = bin.checked_sub(1).map_or(0.0, |b| bins.edges[b]);
            f64::midpoint(low, bins.edges.get(bin).copied().unwrap_or(1.0)).clamp(0.0, 1.0)
        })
        .collect();
    let mean = |counts: &[u64]| {
        let total: u64 = counts.iter().take(centers.len()).sum();
        let sum: f64 = counts.iter().zip(&centers).map(|(&c, x)| c as f64 * (2.0 * x - 1.0).abs()).sum();
        (total > 0).then(|| sum / total as f64)
    };
    let (Some(was), Some(is)) = (mean(&reference.counts), mean(&after.counts)) else {
        return;
    };
    let change = is - was;
    let verdict =
        if change.abs() >= dossier.thresholds.prediction_shift { Verdict::Watch } else { Verdict::Clear };
    let trend = match verdict {
        Verdict::Clear => "about as confident as",
        _ if change > 0.0 => "more confident than",
        _ => "less confident than",
    };
    observations.findings.push(Finding {
        measure: measures::CONFIDENCE.name,
        value: Some(is),
        threshold: Some(dossier.thresholds.prediction_shift),
        ..Finding::new(
            &checks::DRIFT_CONFIDENCE,
            verdict,
            format!("The model is {trend} {}: mean confidence {is:.2}, {was:.2} then.", reference.phrase),
        )
    });
    observations.signal(&signals::DRIFT_CONFIDENCE, change, &[], &checks::DRIFT_CONFIDENCE);
}
