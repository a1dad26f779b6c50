//! Findings on the outcome's frequency: label shift, its exponent, and overdispersion.

use super::{found, not_applicable};
use crate::{
    autopsy::{
        Finding, Observations, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::concept::Concept,
    },
    text::number::{metric, share},
};

/// A day-to-day variance of the outcome above this multiple of chance is reported.
const NOTABLE_DISPERSION: f64 = 2.0;

/// A prior moved if it changed by this many standard errors, and by this much.
const PRIOR_Z: f64 = 5.0;

/// Whether the outcome's frequency changed while P(x given y) did not.
pub(super) fn prior(concept: &Concept) -> bool {
    let Ok(shift) = &concept.label_shift else {
        return false;
    };
    shift.z.abs() >= PRIOR_Z && shift.given_outcome.is_some_and(|(auc, _)| auc < 0.55)
}

pub(super) fn label_shift(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::LABEL_SHIFT_PREVALENCE;
    let shift = match &concept.label_shift {
        Ok(shift) => shift,
        Err(why) => return observations.findings.push(not_applicable(ID, *why)),
    };
    let known = shift.shares.iter().filter_map(|(name, was, is)| Some((name, *was, (*is)?)));
    let moved = known.reduce(|a, b| if (b.2 - b.1).abs() > (a.2 - a.1).abs() { b } else { a });
    let Some((name, was, is)) = moved else { return };
    let given = match shift.given_outcome {
        Some((auc, error)) if (auc - 0.5) < 3.0 * error || auc < 0.55 => {
            format!(" Given the outcome the inputs are as before (AUC {}).", metric(auc))
        }
        Some((auc, _)) => format!(" Given the outcome the inputs differ, too (AUC {}).", metric(auc)),
        None => String::new(),
    };
    let message = format!("The share of {name} went from {} to {}.{given}", share(was), share(is));
    observations.findings.push(Finding {
        measure: measures::OUTCOME_SHARE.name,
        value: Some(is),
        verdict: found(shift.z.abs() >= PRIOR_Z),
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::LABEL_SHIFT_PREVALENCE_Z, shift.z.abs().min(60.0), &[], ID);
    if let Some((auc, _)) = shift.given_outcome {
        observations.signal(&signals::LABEL_SHIFT_GIVEN_OUTCOME_AUC, auc, &[], ID);
    }
    if let Ok(change) = &concept.change
        && let Some((was, is)) = change.prevalence
        && was.min(is) > 0.0
        && was.max(is) < 1.0
        && shift.z.abs() >= PRIOR_Z
    {
        let log_odds = |p: f64| (p / (1.0 - p)).ln();
        let square = |p: f64, n: usize| 1.0 / (p * (1.0 - p) * n.max(1) as f64);
        let error =
            (square(was, concept.rows.0.min(4000)) + square(is, change.change_attribution.rows)).sqrt();
        let difference = change.change_attribution.shift.0 - (log_odds(is) - log_odds(was));
        let z = difference.abs() / error.hypot(change.change_attribution.shift.1);
        observations.signal(&signals::LABEL_SHIFT_MISMATCH, z.min(60.0), &[], ID);
    }
    prior_shift_exponent(concept, observations);
    overdispersion(concept, observations);
    estimated_size(concept, observations);
}

fn prior_shift_exponent(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::LABEL_SHIFT_EXPONENT;
    let Ok(prior_shift_exponent) = concept.prior_shift_exponent else { return };
    let half = 1.96 * prior_shift_exponent.error;
    let may_be =
        |value: f64| (prior_shift_exponent.value - half..=prior_shift_exponent.value + half).contains(&value);
    let meaning = match (may_be(0.0), may_be(1.0)) {
        (true, true) => {
            "too few labels to distinguish changed inputs (0) from a prior that moved on its own (1)"
        }
        (true, false) => "as far as the data show, only the inputs moved",
        (false, true) => "as it would with a prior that moved on its own",
        (false, false) if (0.0..1.0).contains(&prior_shift_exponent.value) => {
            "between changed inputs (0) and a prior that moved on its own (1)"
        }
        (false, false) => "which neither changed inputs (0) nor a prior that moved on its own (1) would do",
    };
    observations.findings.push(Finding {
        measure: measures::PRIOR_EXPONENT.name,
        value: Some(prior_shift_exponent.value),
        interval: Some((prior_shift_exponent.value - half, prior_shift_exponent.value + half)),
        ..Finding::new(
            ID,
            Verdict::Watch,
            format!(
                "Among rows with the same answer the outcome moved {} ± {} times as far as overall: {meaning}.",
                metric(prior_shift_exponent.value),
                metric(half)
            ),
        )
    });
    observations.signal(&signals::LABEL_SHIFT_EXPONENT, prior_shift_exponent.value.clamp(-2.0, 5.0), &[], ID);
}

fn overdispersion(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::LABEL_SHIFT_DAYS;
    let Some(overdispersion) = concept.overdispersion else {
        return;
    };
    let comes_and_goes = overdispersion.dispersion >= NOTABLE_DISPERSION;
    let meaning =
        if comes_and_goes { "the mix of outcomes comes and goes" } else { "the mix of outcomes is steady" };
    observations.findings.push(Finding {
        measure: measures::DAY_DISPERSION.name,
        value: Some(overdispersion.dispersion),
        threshold: Some(NOTABLE_DISPERSION),
        ..Finding::new(
            ID,
            if comes_and_goes { Verdict::Watch } else { Verdict::Clear },
            format!(
                "Over {} days the outcome's frequency varies {:.1} times as much as expected by chance: {meaning}.",
                overdispersion.days, overdispersion.dispersion
            ),
        )
    });
    observations.signal(&signals::LABEL_SHIFT_DAY_SPREAD, overdispersion.dispersion.max(0.1).ln(), &[], ID);
}

pub(super) fn estimated_size(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::LABEL_SHIFT_ESTIMATED;
    let Ok(shift) = &concept.label_shift else { return };
    let (Some(size), Some(weights)) = (shift.estimated_size(), &shift.estimated) else {
        return;
    };
    let message = if weights.weights.iter().any(|w| *w < 0.0) {
        "No mix of outcomes fits the shares of the answers: label shift alone did not cause them.".to_owned()
    } else {
        format!(
            "If it were label shift, the answers would imply a shift of {} of the outcomes (condition number {:.1}).",
            share(size),
            weights.condition
        )
    };
    observations.findings.push(Finding {
        measure: measures::ESTIMATED_SHIFT.name,
        value: Some(size),
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::LABEL_SHIFT_ESTIMATED_SIZE, size, &[], ID);
}
