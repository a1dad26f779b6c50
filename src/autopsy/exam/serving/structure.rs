//! Fallback, cached and mixed predictions, detected from the exact values of the predictions.

use std::collections::HashMap;

use crate::{
    autopsy::{
        Finding, Observations, Verdict,
        catalogue::{checks, measures, signals},
        exam::{context::ExamContext, window_split::FEWEST_ROWS},
    },
    model::loss::LossKind,
    text::number,
};

use super::{Losses, not_applicable};

/// Rises of one exact prediction's share that are on watch, and that alarm.
const NOTABLE: f64 = 0.02;
const ALARMING: f64 = 0.1;

/// Rise of the share of repeated predictions that is on watch.
const REPEATED: f64 = 0.1;

/// Maximum rows compared per side: the number of repeated values depends on the number of rows.
const MOST_ROWS: usize = 20_000;

pub(super) fn examine(context: &ExamContext<'_>, losses: &Losses) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let kind = LossKind::of(&dossier.plan);
    let answers = kind.answers(&dossier.production.sample);
    let id = &checks::SERVING_ANSWERS;
    let because = if kind == LossKind::Wrong {
        Some("answers are classes, which repeat by nature")
    } else if (framing.before.len() as u64) < FEWEST_ROWS || (framing.after.len() as u64) < FEWEST_ROWS {
        Some("there are too few rows on one side of the onset")
    } else if answers.is_empty() {
        Some("production logs no answers")
    } else {
        None
    };
    if let Some(because) = because {
        observations.findings.push(not_applicable(id, "Fallback answers", because));
        return observations;
    }
    let rows = framing.before.len().min(framing.after.len()).min(MOST_ROWS);
    let before = ColumnValues::of(answers, &framing.before, rows);
    let after = ColumnValues::of(answers, &framing.after, rows);
    let Some((spike, rise)) = after.spike(&before) else {
        return observations;
    };
    let part = losses.concentration(&framing.after, |r| key(answers[r]) == spike);
    let repeated = after.repeated() - before.repeated();
    let verdict = match rise {
        rise if rise >= ALARMING => Verdict::Alarm,
        rise if rise >= NOTABLE || repeated >= REPEATED => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let mut message = if rise >= NOTABLE {
        format!(
            "The answer {} makes up {} more of the rows than before the onset",
            number::value(f64::from_bits(spike)),
            number::share(rise),
        )
    } else {
        "No answer is given more often than before the onset".to_owned()
    };
    if let (Some(part), true) = (part, rise >= NOTABLE) {
        message += ", which hold ";
        message += &number::share((part + after.share(spike)).clamp(0.0, 1.0));
        message += " of the added loss";
    }
    if repeated >= REPEATED {
        message += "; answers that another row also got rose by ";
        message += &number::share(repeated);
    }
    message.push('.');
    observations.findings.push(Finding {
        measure: measures::ANSWER_RISE.name,
        value: Some(rise),
        threshold: Some(ALARMING),
        ..Finding::new(id, verdict, message)
    });
    observations.signal(&signals::SERVING_ANSWER_SPIKE, rise, &[], id);
    if let Some(part) = part {
        observations.signal(
            &signals::SERVING_SPIKE_LOSS,
            if rise >= NOTABLE / 4.0 { part } else { 0.0 },
            &[],
            id,
        );
    }
    observations.signal(&signals::SERVING_REPEATED_ANSWERS, repeated, &[], id);
    observations.signal(
        &signals::SERVING_ANSWER_DISTINCT,
        (after.distinct() / before.distinct()).ln(),
        &[],
        id,
    );
    observations.signal(&signals::SERVING_ANSWER_DIGITS, after.short - before.short, &[], id);
    observations
}

/// Equal keys are equal predictions; rounded to 12 significant digits, as text readers differ in the last
/// ones.
fn key(x: f64) -> u64 {
    if x == 0.0 || !x.is_finite() {
        return (x + 0.0).to_bits();
    }
    let scale = 10.0_f64.powi(11 - x.abs().log10().floor() as i32);
    if scale.is_finite() { ((x * scale).round() / scale).to_bits() } else { x.to_bits() }
}

/// The frequency of each exact prediction.
struct ColumnValues {
    counts: HashMap<u64, u32>,
    rows: f64,
    /// Share of the predictions with at most three decimals.
    short: f64,
}

impl ColumnValues {
    /// * `most`: maximum number of rows, evenly spread.
    fn of(answers: &[f64], rows: &[usize], most: usize) -> Self {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let (mut total, mut short) = (0.0, 0.0);
        for i in 0..most {
            let x = answers[rows[i * rows.len() / most]];
            if x.is_finite() {
                *counts.entry(key(x)).or_default() += 1;
                total += 1.0;
                short += f64::from(u8::from((1000.0 * x - (1000.0 * x).round()).abs() < 1e-9));
            }
        }
        Self { counts, rows: f64::max(total, 1.0), short: short / f64::max(total, 1.0) }
    }

    fn share(&self, key: u64) -> f64 {
        f64::from(self.counts.get(&key).copied().unwrap_or(0)) / self.rows
    }

    /// The prediction whose share rose most against another side, and its rise; the smaller key in case of
    /// ties.
    fn spike(&self, other: &Self) -> Option<(u64, f64)> {
        let rise = |key: &u64| self.share(*key) - other.share(*key);
        self.counts.keys().map(|k| (*k, rise(k))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// Share of the rows whose prediction also occurs in another row.
    fn repeated(&self) -> f64 {
        let several: u32 = self.counts.values().filter(|&&c| c > 1).sum();
        f64::from(several) / self.rows
    }

    fn distinct(&self) -> f64 {
        (self.counts.len() as f64).max(1.0)
    }
}
